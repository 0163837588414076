//! Customers, as agents see them.

use axum::Json as Answer;
use axum::extract::State;
use standfast_desk::{CustomerPanel, customer_panel};
use standfast_domain::CustomerId;

use crate::app::App;
use crate::body::Path;
use crate::credential::SignedIn;
use crate::problem::Problem;

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
