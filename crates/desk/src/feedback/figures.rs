//! What customers said, counted: numerators and denominators, of one cohort. Rates and intervals are made of them elsewhere.

use std::collections::BTreeMap;

use serde::Serialize;
use standfast_domain::{AgentId, Permission, Resolution, Time};
use standfast_store::resolution::{self, Tally};
use utoipa::ToSchema;

use crate::{AgentCaller, Desk, Error};

/// Counts of what became of requests that were called solved in a stretch of time. Each time is counted where it began,
/// whenever the answer came, so that `asked` is the denominator of everything; what was called solved lately has had less
/// time to be answered, which `claimed` shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedbackFigures {
    /// How often a request was called solved, and its customer asked about it.
    pub asked: i64,
    /// How many of these were rated.
    pub responses: i64,
    /// How often each score was given, from 1 to 5.
    pub scores: [i64; 5],
    /// Ratings of 4 and 5; with `responses` the CSAT.
    pub satisfied: i64,
    /// Nobody has said anything yet.
    pub claimed: i64,
    /// The customer said that it is solved.
    pub confirmed: i64,
    /// The customer was asked twice and said nothing.
    pub assumed: i64,
    /// It was not solved.
    pub repudiated: i64,
    /// How many of these the customer repudiated; agents took back the others.
    pub repudiated_by_customer: i64,
}

impl FeedbackFigures {
    fn add(&mut self, tally: &Tally) {
        let count = tally.count;
        self.asked += count;
        if let Some(score) = tally.score {
            self.responses += count;
            let place = usize::try_from(score.get() - 1).ok();
            if let Some(place) = place.and_then(|place| self.scores.get_mut(place)) {
                *place += count;
            }
            if score.is_satisfied() {
                self.satisfied += count;
            }
        }
        match tally.state {
            Resolution::Claimed => self.claimed += count,
            Resolution::Confirmed => self.confirmed += count,
            Resolution::Assumed => self.assumed += count,
            Resolution::Repudiated => {
                self.repudiated += count;
                if tally.decided_by.as_deref() == Some("customer") {
                    self.repudiated_by_customer += count;
                }
            }
        }
    }
}

/// Figures about what one agent answered last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentFigures {
    /// Who.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// What was said.
    #[serde(flatten)]
    pub figures: FeedbackFigures,
}

/// Figures about requests of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TypeFigures {
    /// Code of the type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What was said.
    #[serde(flatten)]
    pub figures: FeedbackFigures,
}

/// What customers said of what was called solved in a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedbackSummary {
    /// From then on.
    #[schema(value_type = String, format = DateTime)]
    pub from: Time,
    /// Before then.
    #[schema(value_type = String, format = DateTime)]
    pub until: Time,
    /// All of it.
    pub total: FeedbackFigures,
    /// By who had answered last.
    pub agents: Vec<AgentFigures>,
    /// By the type that the requests have now.
    pub types: Vec<TypeFigures>,
}

/// Counts what customers said of what was called solved from `from` on and before `until`.
pub async fn feedback_summary(
    desk: &Desk,
    caller: &AgentCaller,
    from: Time,
    until: Time,
) -> Result<FeedbackSummary, Error> {
    caller.require(Permission::ReadInsight)?;
    if until < from {
        return Err(Error::invalid("until", "malformed"));
    }
    let tallies =
        desk.store().read(move |rd| resolution::tally(rd, from, until).map_err(Error::from)).await?;
    let mut total = FeedbackFigures::default();
    let mut agents: BTreeMap<AgentId, FeedbackFigures> = BTreeMap::new();
    let mut types: BTreeMap<String, FeedbackFigures> = BTreeMap::new();
    for tally in &tallies {
        total.add(tally);
        agents.entry(tally.agent_id).or_default().add(tally);
        types.entry(tally.kind.clone()).or_default().add(tally);
    }
    let agents = agents.into_iter().map(|(agent_id, figures)| AgentFigures { agent_id, figures });
    let types = types.into_iter().map(|(kind, figures)| TypeFigures { kind, figures });
    Ok(FeedbackSummary { from, until, total, agents: agents.collect(), types: types.collect() })
}
