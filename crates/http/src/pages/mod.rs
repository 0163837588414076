//! The user's pages: rendered here, in the languages of the desk. They need no script; two of them have one of ours, which keeps
//! state and waiting time as they are now.
//!
//! One file per page, with its handler and its template's data; [`frame`] is what stands around all of them, [`visit`]
//! who looks, [`form`] and [`submission`] what is sent. Private pages are never kept in caches, and no page ever says
//! whether a request that somebody may not see exists.

mod answer_mail;
mod coming;
mod contact;
mod feed;
mod feedback;
mod file;
mod form;
mod frame;
mod landing;
mod problems;
mod record;
mod reference;
mod status;
mod status_copy;
mod style;
mod submission;
mod subscription;
mod taken_out;
mod text;
mod tracking;
mod visit;
mod words;

#[cfg(test)]
mod tests;

use crate::route::{Access, Area, Class, Route, Takes};

pub(crate) use frame::notice;
pub(crate) use problems::problem;
pub use status_copy::{CopyPlaces, keep_status_copy};

/// The routes of the pages. Forms count their limits themselves: what was typed is shown again when one is reached.
pub(crate) fn routes() -> Vec<Route> {
    let form = |route: Route| route.takes(Takes::Files).counts(Class::Free);
    let routes = vec![
        Route::get("/", Access::Public, landing::show),
        Route::get("/contact", Access::Public, contact::show),
        form(Route::post("/contact", Access::Public, contact::send)),
        Route::get("/t", Access::Public, tracking::find),
        Route::get("/t/{number}", Access::Public, tracking::show).queues(),
        form(Route::post("/t/{number}", Access::Public, tracking::reply)),
        Route::post("/t/{number}/feedback", Access::Public, feedback::send).counts(Class::Free),
        Route::post("/t/{number}/mail", Access::Public, answer_mail::send).counts(Class::Free),
        Route::get("/t/{number}/{token}", Access::Public, tracking::open).queues(),
        Route::get("/t/{number}/files/{id}", Access::Public, file::show).queues(),
        Route::get("/status", Access::Public, status::show),
        Route::get("/status.atom", Access::Public, feed::show_atom),
        Route::get("/status.rss", Access::Public, feed::show_rss),
        Route::post("/status/subscriptions", Access::Public, subscription::ask).counts(Class::SignIn),
        Route::get("/status/subscriptions/{id}/{token}", Access::Public, subscription::show),
        Route::post("/status/subscriptions/{id}/{token}", Access::Public, subscription::decide),
        Route::get("/mail/stop/{token}", Access::Public, answer_mail::ask_stop),
        Route::post("/mail/stop/{token}", Access::Public, answer_mail::stop),
        Route::get("/docs/api", Access::Public, reference::show),
        Route::get("/docs/problems", Access::Public, problems::list),
        Route::get("/docs/problems/{code}", Access::Public, problems::explain),
        Route::get("/page.css", Access::Public, style::sheet).counts(Class::Free),
        Route::get("/follow.js", Access::Public, style::follow).counts(Class::Free),
        Route::get("/icon.svg", Access::Public, style::favicon).counts(Class::Free),
        Route::get("/robots.txt", Access::Public, style::robots).counts(Class::Free),
    ];
    let mut routes: Vec<_> = routes.into_iter().map(|route| route.area(Area::Page)).collect();
    // Other pages show these two.
    routes.extend([
        Route::get("/status.json", Access::Public, status::json).area(Area::Widget),
        Route::get("/status.svg", Access::Public, status::badge).area(Area::Widget),
    ]);
    routes
}
