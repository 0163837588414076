//! Visitors for whom the wallet's backend vouches.

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use standfast_desk::{Customer, CustomerView, own_requests};
use utoipa::ToSchema;

use crate::app::App;
use crate::body::Json;
use crate::credential::CustomerCaller;
use crate::problem::Problem;

/// The wallet backend's proof.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proof {
    /// A short-lived JWT, signed by the wallet's backend (HS256).
    token: String,
}

/// Who the visitor turned out to be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Identified {
    /// The customer.
    customer: CustomerView,
}

/// Makes the visitor a known customer; open conversations go on.
#[utoipa::path(
    post, path = "/api/v1/identify", tag = "help", operation_id = "identify", request_body = Proof,
    responses((status = 200, description = "The customer", body = Identified))
)]
pub(crate) async fn identify(
    State(app): State<App>,
    CustomerCaller(customer): CustomerCaller,
    Json(proof): Json<Proof>,
) -> Result<Answer<Identified>, Problem> {
    // A link opens one request to whoever holds it; that makes nobody its customer.
    let Customer::Visitor(visitor) = customer else { return Err(Problem::new("forbidden")) };
    let before = own_requests(&app.desk, &Customer::Visitor(visitor.clone())).await?;
    let customer = standfast_desk::identify(&app.desk, &visitor, &proof.token).await?;
    if let Some(before) = before.first().map(|request| request.customer.id).filter(|id| *id != customer.id) {
        app.hub.changed_hands(before);
    }
    Ok(Answer(Identified { customer }))
}
