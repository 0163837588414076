//! Figures: what is measured, the answers, and the requests behind them.

pub(crate) mod dashboard;
pub(crate) mod decomposition;
pub(crate) mod effect;
pub(crate) mod export;
mod finding;
pub(crate) mod machine;
pub(crate) mod movement;
pub(crate) mod survival;

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use standfast_desk::{RequestSummary, has_words, list_agents, list_requests, list_teams};
use standfast_domain::{Time, request_type};
use standfast_insight::{
    After, Askers, Dimension, Error, Figure, Grouping, MOST_BEHIND, Measure, PERCENTS, Part, Query,
    Selection, Spread, Step, TimeBase, Unit, zone,
};
use utoipa::ToSchema;

use super::desk::Texts;
use crate::app::App;
use crate::body::{Json, within};
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Most values of a dimension that the catalogue lists.
const MOST_VALUES: usize = 2_000;
/// Most values of one filter.
const MOST_CODES: usize = 500;

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
    /// Requests for each customer.
    RequestsPerCustomer,
    /// A share: numerator of denominator.
    Share,
    /// Seconds.
    Seconds,
    /// Requests for each thousand users and day.
    PerThousandUserDays,
}

impl From<Unit> for UnitView {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Requests => Self::Requests,
            Unit::Customers => Self::Customers,
            Unit::Messages => Self::Messages,
            Unit::RequestsPerCustomer => Self::RequestsPerCustomer,
            Unit::Share => Self::Share,
            Unit::Seconds => Self::Seconds,
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
    /// Values that requests can have or have had, at most 2,000.
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
            Measure::RepeatContact { days } => BTreeMap::from([("days", days)]),
            _ => BTreeMap::new(),
        },
    }
}

/// Names of people and teams by their ids.
type People = BTreeMap<String, String>;

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
pub(crate) async fn catalogue(
    State(app): State<App>,
    agent: SignedIn,
) -> Result<Answer<CatalogueView>, Problem> {
    let agents = list_agents(&app.desk, Some(&agent.caller)).await?;
    let agents: People = agents.into_iter().map(|one| (one.id.to_string(), one.name)).collect();
    let teams = list_teams(&app.desk, &agent.caller).await?;
    let teams: People = teams.into_iter().map(|one| (one.id.to_string(), one.name)).collect();
    Ok(Answer(CatalogueView::new(&app, &agents, &teams)?))
}

impl CatalogueView {
    /// What can be asked now, with these names for agents and teams.
    fn new(app: &App, agents: &People, teams: &People) -> Result<Self, Problem> {
        let facts = app.insight.facts()?;
        let dimension = |(dimension, codes): (Dimension, Vec<String>)| DimensionView {
            code: dimension.code(),
            name: Texts::of(&format!("figure.dimension.{}", dimension.code())),
            values: codes
                .into_iter()
                .take(MOST_VALUES)
                .map(|code| value_view(dimension, code, agents, teams))
                .collect(),
        };
        let step = |step: Step| StepView {
            code: step.code(),
            name: Texts::of(&format!("figure.step.{}", step.code())),
        };
        Ok(Self {
            measures: Measure::ALL.into_iter().map(measure_view).collect(),
            dimensions: app.insight.values()?.into_iter().map(dimension).collect(),
            steps: Step::ALL.into_iter().map(step).collect(),
            requests: facts.len(),
            since: facts.since(),
        })
    }
}

/// A question.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Code of the measure.
    #[schema(example = "service_level")]
    measure: String,
    /// Seconds, for `service_level`.
    #[schema(minimum = 1, example = 3600)]
    within: Option<u32>,
    /// Days, for `repeat_contact`: 1, 7 or 30.
    days: Option<u32>,
    /// Codes of the values that are let through, by code of the dimension. Requests that do not count (spam, merged,
    /// tests) are let through by `counting` alone.
    #[serde(default)]
    #[schema(example = json!({"channel": ["widget"]}))]
    filter: BTreeMap<String, Vec<String>>,
    /// Only requests that came at this time or later, to the second.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// Only requests that came before this time.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
    /// Time zone in which days begin, by its IANA name; UTC unless said.
    #[schema(example = "Asia/Shanghai")]
    zone: Option<String>,
    /// Up to two dimensions or steps.
    #[serde(default)]
    #[schema(max_items = 2, example = json!(["day", "channel"]))]
    group: Vec<String>,
}

/// A filter as the facts take it.
fn filter(
    field: &'static str,
    wish: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<(Dimension, Vec<String>)>, Problem> {
    let read = |(code, values): (&String, &Vec<String>)| {
        if values.len() > MOST_CODES {
            return Err(Problem::invalid(field, "too_many"));
        }
        let dimension = Dimension::parse(code).ok_or(Problem::invalid(field, "unknown"))?;
        Ok((dimension, values.clone()))
    };
    wish.iter().map(read).collect()
}

impl Asked {
    fn query(&self, app: &App) -> Result<Query, Problem> {
        let measure = Measure::parse(&self.measure, self.within, self.days)?;
        let mut query = Query::new(measure, app.desk.now());
        query.filter = filter("filter", &self.filter)?;
        let grouping = |code: &String| Grouping::parse(code).ok_or(Problem::invalid("group", "unknown"));
        query.group = self.group.iter().map(grouping).collect::<Result<_, _>>()?;
        (query.from, query.until) = (self.from, self.until);
        query.zone = zone(self.zone.as_deref().unwrap_or("UTC"))?;
        Ok(query)
    }
}

/// A number of customers who asked so often.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OftenView {
    /// How often.
    requests: u32,
    /// How many customers.
    customers: u64,
}

/// Durations in seconds that so many of a hundred do not exceed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PercentilesView {
    p50: u32,
    p75: u32,
    p90: u32,
    p95: u32,
}

impl PercentilesView {
    const fn new([p50, p75, p90, p95]: [u32; PERCENTS.len()]) -> Self {
        Self { p50, p75, p90, p95 }
    }
}

/// What flows in and out of the open requests.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlowView {
    /// Open at the beginning.
    before: u64,
    /// Came.
    opened: u64,
    /// Ended.
    closed: u64,
    /// Open at the end: before, and opened, less closed.
    after: u64,
}

/// A figure. Members that do not belong to its measure are absent.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct FigureView {
    /// Of how many requests it is.
    n: u64,
    /// Of fewer than thirty: chance alone moves it.
    small: bool,
    /// The number itself; for durations the median; null where there is nothing to divide by.
    value: Option<f64>,
    /// Of a share or rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    numerator: Option<u64>,
    /// Of a share or rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    denominator: Option<u64>,
    /// Of a share: where its 95 % interval begins (Wilson's).
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    /// Where it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
    /// Of durations, or of the ages of what is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    percentiles: Option<PercentilesView>,
    /// Requests without a duration, because it has not ended yet: percentiles are of the others alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<u64>,
    /// How many customers asked how often.
    #[serde(skip_serializing_if = "Option::is_none")]
    often: Option<Vec<OftenView>>,
    /// What flows.
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<FlowView>,
}

#[expect(clippy::cast_precision_loss, reason = "figures for reading; both counts stand beside the quotient")]
fn quotient(numerator: u64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}

impl FigureView {
    fn new(figure: &Figure, measure: Measure) -> Self {
        let plain = Self { n: figure.n(), small: figure.is_small(), ..Self::default() };
        let ratio = |numerator, denominator: u64, scale: f64| Self {
            value: quotient(numerator, denominator).map(|value| value * scale),
            numerator: Some(numerator),
            denominator: Some(denominator),
            ..Self { n: figure.n(), small: figure.is_small(), ..Self::default() }
        };
        match figure {
            Figure::Count { n } => Self { value: quotient(*n, 1), ..plain },
            Figure::Sum { sum, .. } => Self { value: quotient(*sum, 1), ..plain },
            Figure::Share { n, met } => {
                let (low, high) = figure.interval().unzip();
                Self { low, high, ..ratio(*met, *n, 1.0) }
            }
            Figure::Rate { n, user_days: Some(days) } => ratio(*n, *days, 1_000.0),
            Figure::Rate { n, user_days: None } => Self { numerator: Some(*n), ..plain },
            Figure::Spread(Spread { percentiles, pending, .. }) => Self {
                value: percentiles.map(|[median, ..]| f64::from(median)),
                percentiles: percentiles.map(PercentilesView::new),
                pending: Some(*pending),
                ..plain
            },
            Figure::Customers(Askers { n, customers, often }) => match measure {
                Measure::RequestsPerCustomer => {
                    let often = often.iter().map(|(requests, customers)| OftenView {
                        requests: *requests,
                        customers: *customers,
                    });
                    Self { often: Some(often.collect()), ..ratio(*n, *customers, 1.0) }
                }
                _ => Self { value: quotient(*customers, 1), ..plain },
            },
            Figure::Backlog { n, ages } => {
                Self { value: quotient(*n, 1), percentiles: ages.map(PercentilesView::new), ..plain }
            }
            Figure::Flow(flow) => {
                let net = quotient(flow.opened, 1).zip(quotient(flow.closed, 1));
                let flow = FlowView {
                    before: flow.before,
                    opened: flow.opened,
                    closed: flow.closed,
                    after: flow.after,
                };
                Self { value: net.map(|(opened, closed)| opened - closed), flow: Some(flow), ..plain }
            }
        }
    }
}

/// A group of an axis.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberView {
    /// Code.
    #[schema(example = "2026-11-21")]
    code: String,
    /// Of time: where it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// Of time: where it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
    /// Of time: seconds of it that are in the range.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
    /// Of time: whether the range cuts something of it off, so that it holds less than others.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<bool>,
}

/// An axis of the answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AxisView {
    /// Code of the dimension or step.
    code: &'static str,
    /// Its groups.
    members: Vec<MemberView>,
}

/// A figure and where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CellView {
    /// The place of its group on each axis, from 0.
    at: Vec<usize>,
    /// The figure.
    figure: FigureView,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnswerView {
    /// Code of the measure.
    measure: &'static str,
    /// What kind of number it is.
    unit: UnitView,
    /// What was grouped by.
    axes: Vec<AxisView>,
    /// Cells in which there is something.
    cells: Vec<CellView>,
    /// All together, which is not always their sum.
    total: FigureView,
    /// Requests that pass the filter and are not counted, by why: spam, merged, test.
    excluded: BTreeMap<&'static str, u64>,
    /// Requests that count but do not meet the measure's own condition: too young, or not ended.
    left_out: u64,
    /// The range.
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    /// Its end.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
}

/// Answers a question: a measure of the requests that a filter lets through, by up to two groupings.
#[utoipa::path(
    post, path = "/api/v1/console/insight/query", tag = "insight", operation_id = "insight_query",
    request_body = Asked,
    responses((status = 200, description = "The answer", body = AnswerView))
)]
pub(crate) async fn query(
    State(app): State<App>,
    _agent: SignedIn,
    Json(asked): Json<Asked>,
) -> Result<Answer<AnswerView>, Problem> {
    AnswerView::to(&app, &asked).await.map(Answer)
}

impl AnswerView {
    /// Answers a question, whoever asks.
    async fn to(app: &App, asked: &Asked) -> Result<Self, Problem> {
        let query = asked.query(app)?;
        let measure = query.measure;
        let answer = app.insight.answer(query).await?;
        let member = |member: standfast_insight::Member| MemberView {
            code: member.code,
            from: member.span.map(|span| span.from),
            until: member.span.map(|span| span.until),
            seconds: member.span.map(|span| span.seconds),
            cut: member.span.map(|span| span.is_cut),
        };
        let axis = |(grouping, members): (Grouping, Vec<_>)| AxisView {
            code: grouping.code(),
            members: members.into_iter().map(member).collect(),
        };
        let cell = |cell: standfast_insight::Cell| CellView {
            at: cell.at,
            figure: FigureView::new(&cell.figure, measure),
        };
        Ok(Self {
            measure: measure.code(),
            unit: measure.unit().into(),
            axes: answer.axes.into_iter().map(axis).collect(),
            cells: answer.cells.into_iter().map(cell).collect(),
            total: FigureView::new(&answer.total, measure),
            excluded: answer.excluded.into_iter().collect(),
            left_out: answer.left_out,
            from: answer.from,
            until: answer.until,
        })
    }
}

/// Which of a figure's requests.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartWish {
    /// All that its `n` counts; of a flow, those that came.
    #[default]
    All,
    /// Of a share, those in the numerator; of durations, those that have one; of a flow, those that ended.
    Met,
    /// Of a share or of durations, the others; of a flow, those that were open at the end.
    Unmet,
}

impl From<PartWish> for Part {
    fn from(wish: PartWish) -> Self {
        match wish {
            PartWish::All => Self::All,
            PartWish::Met => Self::Met,
            PartWish::Unmet => Self::Unmet,
        }
    }
}

/// A question, and the cell of its answer whose requests are wanted.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowsWish {
    /// The question.
    query: Asked,
    /// Codes of the cell's groups, one for each axis; none for the total.
    #[serde(default)]
    #[schema(example = json!(["2026-11-21", "widget"]))]
    cell: Vec<String>,
    /// Which of them.
    #[serde(default)]
    part: PartWish,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, at most 200.
    #[serde(default = "fifty")]
    #[schema(minimum = 1, maximum = 200)]
    limit: usize,
}

const fn fifty() -> usize {
    50
}

/// The requests behind a figure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowsView {
    /// Requests in the order in which they came.
    items: Vec<RequestSummary>,
    /// Where the page ended, if there are more.
    next: Option<String>,
}

/// Lists the requests behind a figure, in the order in which they came.
#[utoipa::path(
    post, path = "/api/v1/console/insight/rows", tag = "insight", operation_id = "insight_rows",
    request_body = RowsWish,
    responses((status = 200, description = "A page of requests", body = RowsView))
)]
pub(crate) async fn rows(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<RowsWish>,
) -> Result<Answer<RowsView>, Problem> {
    within("limit", wish.limit, 1..=MOST_BEHIND.min(200))?;
    let after = match wish.cursor.as_deref() {
        Some(text) => {
            Some(After::parse(text).ok_or(Error::Invalid { field: "cursor", reason: "malformed" })?)
        }
        None => None,
    };
    let selection = Selection { cell: wish.cell, part: wish.part.into(), after, limit: wish.limit };
    let page = app.insight.behind(wish.query.query(&app)?, selection).await?;
    let ids = page.rows.into_iter().map(|row| row.id).collect();
    let items = list_requests(&app.desk, &agent.caller, ids).await?;
    Ok(Answer(RowsView { items, next: page.next.map(|next| next.to_string()) }))
}
