//! Figures as they are told: what is measured, what it is of, and how well it is known.

use serde::Serialize;
use standfast_insight::{Askers, Figure, Level, Measure, PERCENTS, Spread, Turnover};
use utoipa::ToSchema;

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
    /// Open at the beginning. Absent by two groupings of time, and by one that comes again and again: such a group has many.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    /// Came.
    opened: u64,
    /// Ended.
    closed: u64,
    /// Open at the end: before, and opened, less closed. Absent where `before` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
}

/// A figure. Members that do not belong to its measure are absent.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct FigureView {
    /// Of how many requests it is: so many are behind it.
    n: u64,
    /// It says little, because chance alone moves it: of fewer than thirty requests; a rate of fewer than twenty; a share
    /// whose interval is 30 percentage points wide or more.
    small: bool,
    /// The number itself; for durations the median; null where there is nothing to divide by.
    value: Option<f64>,
    /// Of a share or rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    numerator: Option<u64>,
    /// Of a share or rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    denominator: Option<u64>,
    /// Where its 95 % interval begins: of a share (Wilson's), of durations that of the median (order statistics), of requests per
    /// customer that of the mean.
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

fn net(opened: u64, closed: u64) -> Option<f64> {
    quotient(opened, 1).zip(quotient(closed, 1)).map(|(opened, closed)| opened - closed)
}

impl FigureView {
    pub(super) fn new(figure: &Figure, measure: Measure) -> Self {
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
                low: figure.interval().map(|(low, _)| low),
                high: figure.interval().map(|(_, high)| high),
                ..plain
            },
            Figure::Customers(Askers { n, customers, often }) => match measure {
                Measure::RequestsPerCustomer => {
                    let often = often.iter().map(|(requests, customers)| OftenView {
                        requests: *requests,
                        customers: *customers,
                    });
                    let (low, high) = figure.interval().unzip();
                    Self { low, high, often: Some(often.collect()), ..ratio(*n, *customers, 1.0) }
                }
                _ => Self { value: quotient(*customers, 1), ..plain },
            },
            Figure::Backlog { n, ages } => {
                Self { value: quotient(*n, 1), percentiles: ages.map(PercentilesView::new), ..plain }
            }
            Figure::Level(Level { open, times, .. }) => Self { value: quotient(*open, *times), ..plain },
            Figure::Flow(flow) => Self {
                flow: Some(FlowView {
                    before: Some(flow.before),
                    opened: flow.opened,
                    closed: flow.closed,
                    after: Some(flow.after),
                }),
                value: net(flow.opened, flow.closed),
                ..plain
            },
            Figure::Turnover(Turnover { opened, closed }) => Self {
                flow: Some(FlowView { before: None, opened: *opened, closed: *closed, after: None }),
                value: net(*opened, *closed),
                ..plain
            },
        }
    }
}
