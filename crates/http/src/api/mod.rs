//! The REST API, one file for each noun. Handlers extract, make one call, and answer; shapes that callers send are
//! here, shapes that they get are the desk's views.

mod activity;
mod agent;
mod alarm;
pub(crate) mod attachment;
mod conversation;
mod customer;
mod desk;
mod document;
mod driver;
mod feedback;
mod hours;
mod identity;
mod inbox;
mod incident;
mod insight;
mod job;
mod maintenance;
mod planning;
mod probe;
pub(crate) mod report;
mod request;
mod roster;
mod session;
pub(crate) mod status;
mod surge;
mod token;
mod types;
mod wallboard;
mod work;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use standfast_desk::{Join, Then};
use standfast_domain::{Permission, TokenScope};
use utoipa::ToSchema;

pub use document::openapi;
pub(crate) use insight::export::progress::Exports;

use crate::route::{Access, Class, Route, Takes};

/// The routes of the API.
pub(crate) fn routes() -> Vec<Route> {
    let customer = Access::Customer;
    let reads = Access::Agent(Permission::ReadRequests);
    let works = Access::Agent(Permission::WorkRequests);
    let either = Access::Either(Permission::ReadRequests);
    let erases = Access::Agent(Permission::EraseTexts);
    let manages = Access::Agent(Permission::ManageAgents);
    let repairs = Access::Agent(Permission::ManageJobs);
    let explains = Access::Agent(Permission::ManageDrivers);
    let issues = Access::Agent(Permission::ManageTokens);
    let reviews = Access::Agent(Permission::ReviewFeedback);
    let figures = Access::Agent(Permission::ReadInsight);
    let mut routes = vec![
        Route::get("/api/v1/openapi.json", Access::Public, document::serve),
        Route::get("/api/v1/desk", Access::Public, desk::show),
        Route::post("/api/v1/requests", customer, request::create).counts(Class::Free),
        Route::get("/api/v1/requests", customer, request::list).queues(),
        Route::get("/api/v1/requests/{number}", customer, request::show).queues(),
        Route::post("/api/v1/requests/{number}/messages", customer, request::follow).counts(Class::Free),
        Route::post("/api/v1/requests/{number}/read", customer, request::read),
        Route::get("/api/v1/requests/{number}/feedback", customer, feedback::show).queues(),
        Route::post("/api/v1/requests/{number}/resolution", customer, feedback::resolve).counts(Class::Free),
        Route::post("/api/v1/requests/{number}/rating", customer, feedback::rate).counts(Class::Free),
        Route::post("/api/v1/requests/{number}/complaint", customer, feedback::object).counts(Class::Free),
        Route::post("/api/v1/uploads", either, attachment::create).takes(Takes::Upload).counts(Class::Upload),
        Route::get("/api/v1/attachments/{id}", either, attachment::open).queues(),
        Route::post("/api/v1/identify", customer, identity::identify),
        Route::post("/api/v1/session", Access::Public, session::sign_in).counts(Class::SignIn),
        Route::get("/api/v1/session", reads, session::show),
        Route::delete("/api/v1/session", reads, session::sign_out),
        Route::get("/api/v1/console/inbox", reads, inbox::show),
        Route::get("/api/v1/console/requests/{id}", reads, conversation::show),
        Route::get("/api/v1/console/requests/{id}/entries", reads, conversation::entries),
        Route::post("/api/v1/console/requests/{id}/read", reads, conversation::read),
        Route::post("/api/v1/console/requests/{id}/reply", works, conversation::reply),
        Route::post("/api/v1/console/requests/{id}/notes", works, conversation::note),
        Route::post("/api/v1/console/requests/{id}/assign", works, work::assign),
        Route::post("/api/v1/console/requests/{id}/type", works, work::retype),
        Route::post("/api/v1/console/requests/{id}/tags", works, work::tag),
        Route::post("/api/v1/console/requests/{id}/transition", works, work::transit),
        Route::post("/api/v1/console/requests/{id}/not-at-risk", works, work::dismiss),
        Route::delete("/api/v1/console/requests/{id}/not-at-risk", works, work::undismiss),
        Route::post("/api/v1/console/requests/{id}/at-risk", works, work::at_risk),
        Route::post("/api/v1/console/requests/{id}/merge", works, work::merge),
        Route::post("/api/v1/console/requests/{id}/erase", erases, work::erase),
        Route::get("/api/v1/console/requests/{id}/feedback", reads, feedback::of_request),
        Route::get("/api/v1/console/feedback/reviews", reviews, feedback::reviews),
        Route::patch("/api/v1/console/feedback/reviews/{id}", reviews, feedback::change),
        Route::get("/api/v1/console/feedback/summary", figures, feedback::summary),
        Route::get("/api/v1/console/customers/{id}", reads, customer::show),
        Route::post("/api/v1/console/customers/{id}/erase", erases, customer::erase),
        Route::get("/api/v1/console/agents", reads, agent::list),
        Route::post("/api/v1/console/agents", manages, agent::add).rests(),
        Route::patch("/api/v1/console/agents/{id}", manages, agent::change),
        Route::get("/api/v1/console/teams", reads, agent::list_teams),
        Route::get("/api/v1/console/types/model", figures, types::model),
        Route::get("/api/v1/console/types/novel", figures, types::novel),
        Route::get("/api/v1/console/jobs/dead", repairs, job::list_dead),
        Route::post("/api/v1/console/jobs/{id}/retry", repairs, job::retry).rests(),
        Route::get("/api/v1/console/drivers", reads, driver::list),
        Route::post("/api/v1/console/drivers", explains, driver::add).rests(),
        Route::put("/api/v1/console/drivers/{id}", explains, driver::change).rests(),
        Route::delete("/api/v1/console/drivers/{id}", explains, driver::remove).rests(),
        Route::get("/api/v1/console/active-users", reads, activity::list),
        Route::get("/api/v1/console/active-users/{day}", reads, activity::show),
        Route::post("/api/v1/console/active-users/csv", explains, activity::upload)
            .takes(Takes::Table)
            .rests(),
        Route::get("/api/v1/console/tokens", issues, token::list),
        Route::post("/api/v1/console/tokens", issues, token::add).rests(),
        Route::delete("/api/v1/console/tokens/{id}", issues, token::revoke),
        Route::post("/api/v1/ping", Access::Public, activity::count).counts(Class::Ping),
    ];
    routes.extend(rooms());
    routes.extend(machines());
    routes
}

/// What single rooms bring with them.
fn rooms() -> Vec<Route> {
    let mut routes = vec![probe::route(), wallboard::route()];
    routes.extend(alarm::routes());
    routes.extend(hours::routes());
    routes.extend(incident::routes());
    routes.extend(maintenance::routes());
    routes.extend(planning::routes());
    routes.extend(roster::routes());
    routes.extend(status::routes());
    routes.extend(surge::routes());
    routes.extend(insight::routes());
    routes
}

/// What other systems call.
fn machines() -> [Route; 6] {
    let tells = Access::Machine(TokenScope::Drivers);
    let counts = Access::Machine(TokenScope::ActiveUsers);
    let asks = Access::Machine(TokenScope::Insight);
    [
        Route::put("/api/v1/drivers/{external_id}", tells, driver::put).rests(),
        Route::delete("/api/v1/drivers/{external_id}", tells, driver::withdraw).rests(),
        Route::post("/api/v1/hooks/drivers", Access::Signed(TokenScope::Drivers), driver::hook).rests(),
        Route::put("/api/v1/active-users", counts, activity::put).takes(Takes::Table).rests(),
        Route::get("/api/v1/insight/catalogue", asks, insight::machine::catalogue),
        Route::post("/api/v1/insight/query", asks, insight::machine::query),
    ]
}

/// Whether words may join an open request about the same matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JoinWish {
    /// They join it, if there is one.
    #[default]
    Auto,
    /// They start a request of their own.
    New,
}

impl From<JoinWish> for Join {
    fn from(wish: JoinWish) -> Self {
        match wish {
            JoinWish::Auto => Self::Auto,
            JoinWish::New => Self::New,
        }
    }
}

/// What becomes of the request after a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ThenWish {
    /// Wait for the user.
    #[default]
    Waiting,
    /// It is solved.
    Solved,
    /// Wait for something outside.
    OnHold,
    /// It stays with the desk.
    Open,
}

impl From<ThenWish> for Then {
    fn from(wish: ThenWish) -> Self {
        match wish {
            ThenWish::Waiting => Self::Waiting,
            ThenWish::Solved => Self::Solved,
            ThenWish::OnHold => Self::OnHold,
            ThenWish::Open => Self::Open,
        }
    }
}

/// Context as host apps pass it, with values of any kind, as the desk keeps it: texts.
pub(crate) fn flat(context: BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let text = |value| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    };
    context.into_iter().filter_map(|(key, value)| Some((key, text(value)?))).collect()
}

/// A member that may be absent, null or set, which are three different things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wish<T> {
    /// Absent: it stays as it is.
    #[default]
    Stays,
    /// Null, or set.
    Becomes(Option<T>),
}

impl<T> Wish<T> {
    /// As use cases take it.
    #[expect(clippy::option_option, reason = "the desk takes it so")]
    pub(crate) fn into_option(self) -> Option<Option<T>> {
        match self {
            Self::Stays => None,
            Self::Becomes(value) => Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Wish<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Becomes)
    }
}
