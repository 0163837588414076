//! Everything that speaks HTTP: the API, live sockets, the users' pages, built-in files, and the protection in front
//! of them.
//!
//! ```text
//! accept loop (server, line) -> router (route) -> passage: who, how much, how long -> handler (api, live, pages)
//!                                                 passage: problem documents, headers, metrics <- answer
//! relay -> hub (live) -> mailboxes -> sockets
//! ```

mod api;
pub mod app;
mod asset;
pub mod body;
mod bucket;
pub mod config;
pub mod credential;
mod gate;
mod headers;
mod limit;
mod line;
mod live;
mod metric;
pub mod network;
mod operation;
mod outgoing;
pub mod outside;
mod pages;
mod passage;
pub mod problem;
pub mod route;
pub mod server;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use api::openapi;
pub use app::App;
pub use bucket::{Bucket, BucketSettings, PutError};
pub use config::{Config, Rate, Rates};
pub use outgoing::Outgoing;
pub use outside::PublicOnly;
pub use pages::{CopyPlaces, keep_status_copy};
pub use server::{Ending, Lines, ServeError, serve};

/// The origin of an address: scheme and authority, without path and slash.
fn origin(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return String::new() };
    format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
}
