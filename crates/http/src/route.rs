//! The table of every route: method, path, who may call it, what kind of answer it gives, how much it may take.
//!
//! A route cannot be served unless it is a [`Route`] of [`table`]: the router, the checks of credentials, the limits,
//! the response headers, the security part of the OpenAPI document and the test that visits every route as everybody
//! are all made from this one list.
//!
//! Pages add theirs by `pages::routes() -> Vec<Route>`, which [`table`] appends:
//!
//! ```ignore
//! pub fn routes() -> Vec<Route> {
//!     vec![
//!         Route::get("/contact", Access::Public, form::show).area(Area::Page),
//!         Route::post("/contact", Access::Public, form::send).area(Area::Page).takes(Takes::Files),
//!     ]
//! }
//! ```
//!
//! - Handlers are axum handlers over `State<App>`; `app.desk` is the desk, `app.config` the settings of this server.
//! - Extractors for everybody: `network::Peer` (network of the caller), `problem::Tongue` (language by
//!   `Accept-Language`); pages decide over `?lang=` and cookies themselves and are `Access::Public`.
//! - Errors: return `Result<Response, Problem>`; `Problem::from(desk::Error)`. For routes of [`Area::Page`] problems
//!   are shown by `pages::problem(&Desk, &Problem, Language) -> Response` (status and headers are put right afterwards), which
//!   is also what 404 and 405 outside of `/api` use.
//! - Security headers and CSP come from the route's [`Area`]; a handler may set `Cache-Control` itself, else it is
//!   `no-store`.
//! - [`Takes`] bounds the body before the handler sees it.

use std::convert::Infallible;

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;
use standfast_domain::{Permission, TokenScope};

use crate::app::App;
use crate::{api, asset, live, operation, pages, passage};

/// Who may call a route. Checked before the handler runs; the handler finds the caller by an extractor of
/// [`crate::credential`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Everybody.
    Public,
    /// A customer: `Authorization: Visitor …` or `Authorization: Link …`.
    Customer,
    /// Somebody on the desk with this permission, by session cookie; unsafe methods from the own origin only.
    Agent(Permission),
    /// A customer, or somebody on the desk with this permission.
    Either(Permission),
    /// Another system with a machine token that is good for this: `Authorization: Bearer …`.
    Machine(TokenScope),
    /// Another system that signs its call with a key that is good for this; checked over the whole body.
    Signed(TokenScope),
    /// Whoever runs the machine: from the machine itself, or with the operator's token.
    Operator,
}

/// What kind of thing a route answers with, which decides over its headers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Area {
    /// Data for programs.
    Api,
    /// A user's page, rendered by the server.
    Page,
    /// The agents' console.
    Console,
    /// What host pages load: scripts and word lists.
    Widget,
    /// The demonstration of a host page.
    Demo,
}

/// What a request body may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// Nothing is read.
    Nothing,
    /// JSON or a plain form: at most [`crate::server::SMALL_BODY`] bytes.
    Small,
    /// A table of active users, or a calendar: at most [`crate::server::TABLE_BODY`] bytes.
    Table,
    /// A multipart form with as many files as a message may have.
    Files,
    /// One file; the desk cuts it off at its limit.
    Upload,
}

/// Which limit a call counts against.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Class {
    /// None: cheap, or limited by its own handler.
    Free,
    /// Reading.
    Read,
    /// Files.
    Upload,
    /// Attempts to sign in.
    SignIn,
    /// Pings of the app.
    Ping,
}

/// One route.
pub struct Route {
    /// Method. `GET` answers `HEAD` too.
    pub method: Method,
    /// Path in axum's notation, such as `/api/v1/requests/{number}`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What kind of thing it answers with.
    pub area: Area,
    /// What it takes.
    pub takes: Takes,
    /// Which limit it counts against.
    pub class: Class,
    /// Whether it pauses during maintenance.
    pub rests: bool,
    /// Whether customers who call it stand in line behind those who have something to say.
    pub queues: bool,
    pub(crate) handler: MethodRouter<App, Infallible>,
}

impl Route {
    fn new<H, T>(method: Method, filter: MethodFilter, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let takes = if method.is_safe() { Takes::Nothing } else { Takes::Small };
        let handler = on(filter, handler);
        Self {
            method,
            path,
            access,
            area: Area::Api,
            takes,
            class: Class::Read,
            rests: false,
            queues: false,
            handler,
        }
    }

    /// A route for `GET` (and `HEAD`).
    pub fn get<H, T>(path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Self::new(Method::GET, MethodFilter::GET, path, access, handler)
    }

    /// A route for `POST`.
    pub fn post<H, T>(path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Self::new(Method::POST, MethodFilter::POST, path, access, handler)
    }

    /// A route for `PUT`.
    pub fn put<H, T>(path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Self::new(Method::PUT, MethodFilter::PUT, path, access, handler)
    }

    /// A route for `PATCH`.
    pub fn patch<H, T>(path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Self::new(Method::PATCH, MethodFilter::PATCH, path, access, handler)
    }

    /// A route for `DELETE`.
    pub fn delete<H, T>(path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Self::new(Method::DELETE, MethodFilter::DELETE, path, access, handler)
    }

    /// Sets what kind of thing it answers with; [`Area::Api`] unless said.
    #[must_use]
    pub fn area(mut self, area: Area) -> Self {
        self.area = area;
        self
    }

    /// Sets what it takes; [`Takes::Small`] unless said, [`Takes::Nothing`] for `GET`.
    #[must_use]
    pub fn takes(mut self, takes: Takes) -> Self {
        self.takes = takes;
        self
    }

    /// Sets which limit it counts against; [`Class::Read`] unless said.
    #[must_use]
    pub fn counts(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    /// Has it pause during maintenance: for what changes the desk itself, never for what helps anybody.
    #[must_use]
    pub fn rests(mut self) -> Self {
        self.rests = true;
        self
    }

    /// Has customers who call it stand in line when the desk is crowded: for what they read of their requests.
    #[must_use]
    pub fn queues(mut self) -> Self {
        self.queues = true;
        self
    }

    /// What the passage to the handler needs to know.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            path: self.path,
            access: self.access,
            area: self.area,
            takes: self.takes,
            class: self.class,
            rests: self.rests,
            queues: self.queues,
        }
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.path, self.access)
    }
}

/// A route without its handler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Terms {
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) area: Area,
    pub(crate) takes: Takes,
    pub(crate) class: Class,
    pub(crate) rests: bool,
    pub(crate) queues: bool,
}

/// Every route that the server has.
#[must_use]
pub fn table() -> Vec<Route> {
    let mut table = Vec::new();
    table.extend(api::routes());
    table.extend(api::report::routes());
    table.extend(live::routes());
    table.extend(operation::routes());
    table.extend(asset::routes());
    table.extend(pages::routes());
    table
}

/// The router made of the table. There is no other way to a handler.
pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in table() {
        let terms = route.terms();
        let passage = from_fn_with_state((app.clone(), terms), passage::pass);
        router = router.route(route.path, route.handler.route_layer(passage));
    }
    let lost = |path: &'static str| {
        let terms = Terms {
            path,
            access: Access::Public,
            area: Area::Page,
            takes: Takes::Nothing,
            class: Class::Read,
            rests: false,
            queues: false,
        };
        from_fn_with_state((app.clone(), terms), passage::pass)
    };
    router
        .method_not_allowed_fallback(axum::handler::Handler::layer(passage::wrong_method, lost("(method)")))
        .fallback(axum::handler::Handler::layer(passage::nothing_here, lost("(none)")))
        .with_state(app)
}
