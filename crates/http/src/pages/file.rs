//! Files of a request, for the browsers that may see the request.

use axum::extract::{Path, State};
use axum::response::Response;
use standfast_desk::{Error, Reader, open_attachment};
use standfast_domain::{AttachmentId, RequestNumber};

use super::tracking::reach;
use super::visit::Visit;
use crate::api;
use crate::app::App;
use crate::problem::Problem;

/// `GET /t/{number}/files/{id}`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let lost = || Problem::new("not_found");
    let number = number.parse::<RequestNumber>().map_err(|_| lost())?;
    let id = id.parse::<AttachmentId>().map_err(|_| lost())?;
    let reach = reach(&app, &visit, number).await?.ok_or_else(lost)?;
    match open_attachment(&app.desk, &Reader::Customer(reach.customer), id).await {
        Ok(download) => Ok(api::attachment::inert(download)),
        Err(Error::NotFound | Error::Unauthenticated) => Err(lost()),
        Err(error) => Err(error.into()),
    }
}
