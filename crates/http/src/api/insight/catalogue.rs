//! What can be asked: measures with their definitions, dimensions with their values, steps of time.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;
use standfast_desk::{has_words, list_agents, list_teams};
use standfast_domain::{Time, request_type};
use standfast_insight::{Dimension, Facts, Measure, Step, TimeBase, Unit};
use utoipa::ToSchema;

use crate::api::desk::Texts;
use crate::app::App;
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Most values of a dimension that the catalogue lists.
const MOST_VALUES: usize = 2_000;

/// What kind of number a measure gives.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UnitView {
    /// Requests.
    Requests,
    /// Customers.
    Customers,
    /// Messages.
    Messages,
    /// Transfers.
    Transfers,
    /// Requests for each customer.
    RequestsPerCustomer,
    /// A share: numerator of denominator.
    Share,
    /// Seconds.
    Seconds,
    /// Seconds of opening hours.
    OpenSeconds,
    /// Requests for each thousand users and day.
    PerThousandUserDays,
}

impl From<Unit> for UnitView {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Requests => Self::Requests,
            Unit::Customers => Self::Customers,
            Unit::Messages => Self::Messages,
            Unit::Transfers => Self::Transfers,
            Unit::RequestsPerCustomer => Self::RequestsPerCustomer,
            Unit::Share => Self::Share,
            Unit::Seconds => Self::Seconds,
            Unit::OpenSeconds => Self::OpenSeconds,
            Unit::PerThousandUserDays => Self::PerThousandUserDays,
        }
    }
}

/// Which time a measure goes by.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimeBaseView {
    /// A request counts where it came; durations are calendar time.
    Created,
    /// Coming counts where it came, ending where it ended.
    CreatedAndEnded,
    /// What is the case at an instant.
    Instant,
}

/// A measure as it is defined.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeasureView {
    /// Code.
    #[schema(example = "first_response")]
    code: &'static str,
    /// Name.
    name: Texts,
    /// How it is made.
    formula: Texts,
    /// What it leaves out, and why.
    leaves_out: Texts,
    /// What kind of number it gives.
    unit: UnitView,
    /// Which time it goes by.
    time_base: TimeBaseView,
    /// Parameters that it takes, with their usual values.
    parameters: BTreeMap<&'static str, u32>,
}

/// A value of a dimension.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValueView {
    /// Code, for filters.
    code: String,
    /// Name, where it is not what hosts or people wrote.
    name: Option<Texts>,
}

/// Something to filter and to group by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DimensionView {
    /// Code.
    #[schema(example = "channel")]
    code: &'static str,
    /// Name.
    name: Texts,
    /// Values that requests have, or can have: at most 2,000, those that most requests have.
    values: Vec<ValueView>,
}

/// A step of time to group by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepView {
    /// Code.
    #[schema(example = "day")]
    code: &'static str,
    /// Name.
    name: Texts,
}

/// What can be asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CatalogueView {
    /// Measures.
    measures: Vec<MeasureView>,
    /// Dimensions.
    dimensions: Vec<DimensionView>,
    /// Steps of time.
    steps: Vec<StepView>,
    /// Requests that the figures are of, of every kind.
    requests: usize,
    /// When the first of them came; null while there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Time>,
    /// Since when requests come regularly: what lies before is no period to compare with.
    history: HistoryView,
}

/// When the first request came of the day from which requests come regularly; null while there is none.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryView {
    /// Of all requests.
    #[schema(value_type = Option<String>, format = DateTime)]
    all: Option<Time>,
    /// Of those that came to this desk.
    #[schema(value_type = Option<String>, format = DateTime)]
    desk: Option<Time>,
    /// Of those that were imported.
    #[schema(value_type = Option<String>, format = DateTime)]
    imported: Option<Time>,
}

impl HistoryView {
    fn new(facts: &Facts) -> Self {
        let of = |origin: &str| facts.history(&[(Dimension::Origin, vec![origin.to_owned()])], &[]);
        Self { all: facts.history(&[], &[]), desk: of("desk"), imported: of("imported") }
    }
}

fn measure_view(measure: Measure) -> MeasureView {
    let text = |part: &str| Texts::of(&format!("figure.measure.{}.{part}", measure.code()));
    MeasureView {
        code: measure.code(),
        name: text("name"),
        formula: text("formula"),
        leaves_out: text("leaves_out"),
        unit: measure.unit().into(),
        time_base: match measure.time_base() {
            TimeBase::Created => TimeBaseView::Created,
            TimeBase::CreatedAndEnded => TimeBaseView::CreatedAndEnded,
            TimeBase::Instant => TimeBaseView::Instant,
        },
        parameters: match measure {
            Measure::ServiceLevel { within } => BTreeMap::from([("within", within)]),
            Measure::RepeatContact { days } | Measure::Reopened { days } => BTreeMap::from([("days", days)]),
            _ => BTreeMap::new(),
        },
    }
}

/// Names of people and teams by their ids.
pub(super) type People = BTreeMap<String, String>;

fn value_view(dimension: Dimension, code: String, agents: &People, teams: &People) -> ValueView {
    let key = format!("figure.value.{}.{code}", dimension.code());
    let common = format!("figure.value.any.{code}");
    let own = |people: &People| people.get(&code).map(|name| Texts::pair([name, name]));
    let name = match dimension {
        Dimension::Type => request_type(&code).map(|kind| Texts::pair(kind.title)),
        Dimension::Agent | Dimension::FirstAgent | Dimension::SolvedBy => own(agents),
        Dimension::Team => own(teams),
        _ => None,
    };
    let name = name.or_else(|| [key, common].iter().find(|key| has_words(key)).map(|key| Texts::of(key)));
    ValueView { code, name }
}

/// Tells what can be measured, with the definition of each measure, and what can be filtered and grouped by.
#[utoipa::path(
    get, path = "/api/v1/console/insight/catalogue", tag = "insight", operation_id = "insight_catalogue",
    responses((status = 200, description = "Measures, dimensions and steps", body = CatalogueView))
)]
pub(crate) async fn list(State(app): State<App>, agent: SignedIn) -> Result<Answer<CatalogueView>, Problem> {
    let agents = list_agents(&app.desk, Some(&agent.caller)).await?;
    let agents: People = agents.into_iter().map(|one| (one.id.to_string(), one.name)).collect();
    let teams = list_teams(&app.desk, &agent.caller).await?;
    let teams: People = teams.into_iter().map(|one| (one.id.to_string(), one.name)).collect();
    CatalogueView::new(&app, &agents, &teams).await.map(Answer)
}

impl CatalogueView {
    /// What can be asked now, with these names for agents and teams.
    pub(super) async fn new(app: &App, agents: &People, teams: &People) -> Result<Self, Problem> {
        let (requests, since, history) = {
            let facts = app.insight.facts()?;
            (facts.len(), facts.since(), HistoryView::new(&facts))
        };
        let dimension = |(dimension, codes): (Dimension, Vec<String>)| DimensionView {
            code: dimension.code(),
            name: Texts::of(&format!("figure.dimension.{}", dimension.code())),
            values: codes.into_iter().map(|code| value_view(dimension, code, agents, teams)).collect(),
        };
        let step = |step: Step| StepView {
            code: step.code(),
            name: Texts::of(&format!("figure.step.{}", step.code())),
        };
        Ok(Self {
            measures: Measure::ALL.into_iter().map(measure_view).collect(),
            dimensions: app.insight.values(MOST_VALUES).await?.into_iter().map(dimension).collect(),
            steps: Step::ALL.into_iter().map(step).collect(),
            requests,
            since,
            history,
        })
    }
}
