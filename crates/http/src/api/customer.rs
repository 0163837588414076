//! Customers, as agents see them.

use axum::Json as Answer;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use standfast_desk::{CustomerPanel, customer_panel, erase_customer};
use standfast_domain::CustomerId;
use utoipa::ToSchema;

use crate::app::App;
use crate::body::{Json, Path};
use crate::credential::SignedIn;
use crate::problem::Problem;

/// The erasure of a customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EraseCustomerWish {
    /// Why: `privacy`, or words. The customer is told it.
    #[schema(example = "privacy", min_length = 1)]
    reason: String,
}

/// Shows a customer with the latest requests.
#[utoipa::path(
    get, path = "/api/v1/console/customers/{id}", tag = "console", operation_id = "customer",
    params(("id" = String, Path, description = "Id of the customer", example = "61093405593337858")),
    responses((status = 200, description = "The customer", body = CustomerPanel))
)]
pub(crate) async fn show(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<CustomerId>,
) -> Result<Answer<CustomerPanel>, Problem> {
    Ok(Answer(customer_panel(&app.desk, &agent.caller, id).await?))
}

/// Erases a customer: name, address, and all that the customer has sent so far.
///
/// Name and address are gone at once; texts, files and answers follow within seconds, also when the desk is stopped
/// meanwhile. What agents wrote stays, and the records still verify. Doing it again does no harm.
#[utoipa::path(
    post, path = "/api/v1/console/customers/{id}/erase", tag = "console", operation_id = "erase_customer",
    params(("id" = String, Path, description = "Id of the customer", example = "61093405593337858")),
    request_body = EraseCustomerWish, responses((status = 204, description = "The name is gone; the words follow"))
)]
pub(crate) async fn erase(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<CustomerId>,
    Json(wish): Json<EraseCustomerWish>,
) -> Result<StatusCode, Problem> {
    erase_customer(&app.desk, &agent.caller, id, wish.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
