//! What callers see of predictions, models and groups.

use serde::{Deserialize, Serialize};
use standfast_domain::{Permission, RequestId, RequestNumber, Time, request_type};
use standfast_science::classify::FEWEST_STORIES;
use standfast_store::model::{self, ModelRow};
use standfast_store::prediction::PredictionRow;
use utoipa::ToSchema;

use super::training::{FEWEST, latest_attempt};
use super::{OTHER, STRONG};
use crate::{AgentCaller, Desk, Error};

/// What the model all but rules out is nothing to choose from.
const LEAST: f64 = 0.02;

/// A type that a request may be of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CandidateView {
    /// Code of the type.
    #[serde(rename = "type")]
    pub kind: String,
    /// How probable it is, from 0 to 1.
    pub confidence: f64,
}

/// What the agent is asked to do about the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Nothing: somebody settled it, or the model agrees.
    None,
    /// The desk set the type by itself; nobody has settled it yet.
    Applied,
    /// No type was chosen, and no one is sure: choose.
    Choose,
    /// The model sees another type than the request has: look.
    Suggest,
}

/// What the model said of a request when it came in.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PredictionView {
    /// The most probable types, the most probable first, at most three. What fits nowhere is not
    /// among them, nor what the model all but rules out.
    pub candidates: Vec<CandidateView>,
    /// Whether even the first is not probable enough to be named.
    pub unsure: bool,
    /// What the agent is asked to do.
    pub advice: Advice,
    /// The model that said so.
    pub model_version: i64,
}

/// What the agent is asked to do about a request of type `kind`; `settled` says whether an agent has said what it is.
pub(super) fn advice(kind: &str, settled: bool, p: &PredictionRow) -> Advice {
    let is_other = p.kind == OTHER || request_type(&p.kind).is_none();
    match () {
        () if settled => Advice::None,
        () if p.applied && kind == p.kind => Advice::Applied,
        () if kind == OTHER && (p.unsure || is_other) => Advice::Choose,
        () if kind == OTHER => Advice::Suggest,
        () if !p.unsure && !is_other && kind != p.kind && p.confidence >= STRONG => Advice::Suggest,
        () => Advice::None,
    }
}

impl PredictionView {
    /// From its row.
    pub(crate) fn new(row: &PredictionRow, kind: &str, settled: bool) -> Self {
        let best = CandidateView { kind: row.kind.clone(), confidence: row.confidence };
        let others: Vec<CandidateView> = serde_json::from_str(&row.runners_up).unwrap_or_default();
        let mut candidates: Vec<CandidateView> = std::iter::once(best).chain(others).collect();
        candidates
            .retain(|one| one.kind != OTHER && one.confidence >= LEAST && request_type(&one.kind).is_some());
        let advice = match advice(kind, settled, row) {
            // There is nothing to choose from.
            Advice::Choose if candidates.is_empty() => Advice::None,
            advice => advice,
        };
        Self { candidates, unsure: row.unsure, advice, model_version: row.model_version }
    }
}

/// How many labels there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LabelCount {
    /// Types that agents settled.
    pub agents: u32,
    /// Types that customers chose, and with which an agent solved the request.
    pub customers: u32,
}

/// How many labels taught a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TypeLabels {
    /// Code of the type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Labels.
    pub labels: u32,
}

/// A share with its 95 % interval (Wilson).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MeasuredShare {
    /// How many.
    pub part: u64,
    /// Of how many.
    pub whole: u64,
    /// The share.
    pub share: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Too few to rely on.
    pub small: bool,
}

/// Two models on the same labels, which neither has learned from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ComparisonView {
    /// The version that was in use.
    pub previous: i64,
    /// Labels.
    pub labels: u32,
    /// Share that the one in use named rightly.
    pub previous_accuracy: f64,
    /// Share that the new one named rightly.
    pub accuracy: f64,
    /// Labels that only the one in use named rightly.
    pub only_previous: u32,
    /// Labels that only the new one named rightly.
    pub only_new: u32,
    /// The probability of such a difference between equally good models (`McNemar`, exact).
    pub p_value: f64,
}

/// How good a model is, as it is kept with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Metrics {
    /// What there was to learn from, including what was held back.
    pub labels: LabelCount,
    /// The types that it knows.
    pub types: Vec<TypeLabels>,
    /// How many different stories it learned from: texts that resemble each other are one. 0 of a model that was trained before they were
    /// counted.
    #[serde(default)]
    pub stories: u32,
    /// Different stories that were held back, on which the shares below were counted: one label of each, and no story is on both sides.
    pub held_back: u32,
    /// Share whose most probable type is the right one.
    pub accuracy: Option<MeasuredShare>,
    /// Mean of the F1 of every type.
    pub macro_f1: f64,
    /// Share that it is sure of.
    pub answered: Option<MeasuredShare>,
    /// Share of right ones among those.
    pub precision: Option<MeasuredShare>,
    /// By how much probabilities are off on average (expected calibration error, 15 bins of equal width).
    pub calibration_error: f64,
    /// From which probability on it is sure; null when it never is, because there are too few different stories
    /// ([`stories_needed`](ModelView::stories_needed)), or because nine in ten of them were not right at any probability.
    pub threshold: Option<f64>,
    /// How it compares with the model that was in use.
    pub comparison: Option<ComparisonView>,
}

/// A trained model.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TrainedModel {
    /// Its number.
    pub version: i64,
    /// When it was trained.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Time,
    /// Whether it took over.
    pub accepted: bool,
    /// How good it is.
    #[serde(flatten)]
    pub metrics: Metrics,
}

/// The model of types, and what came of the latest training.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelView {
    /// The model in use; null while there are too few labels.
    pub in_use: Option<TrainedModel>,
    /// The latest one, when it was worse than the one in use and did not take over.
    pub rejected: Option<TrainedModel>,
    /// What there was to learn from at the latest training.
    pub labels: LabelCount,
    /// With fewer labels in all nothing is trained.
    pub labels_needed: u32,
    /// With fewer different stories that were examined above a probability, no request is called sure.
    pub stories_needed: u32,
    /// When training was last tried.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub tried_at: Option<Time>,
}

/// Requests that are alike and that no model could name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NovelGroup {
    /// How many.
    pub size: u32,
    /// When the first came.
    #[schema(value_type = String, format = DateTime)]
    pub first_at: Time,
    /// When the last came.
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Time,
    /// Words that are typical of them; each stands in two of them at least.
    pub words: Vec<String>,
    /// The latest of them, at most 50, the latest first.
    #[schema(value_type = Vec<String>)]
    pub requests: Vec<RequestId>,
    /// Three of them, as lists show them.
    pub examples: Vec<NovelExample>,
}

/// One of the requests of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NovelExample {
    /// Id.
    #[schema(value_type = String)]
    pub id: RequestId,
    /// The number that the customer knows it by.
    #[schema(value_type = String, example = "K7M-39Q-X24J")]
    pub number: RequestNumber,
    /// Beginning of the first text.
    pub subject: String,
}

/// Groups of recent requests that no model could name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NovelView {
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Time,
    /// How many requests no model could name, those in no group too; at most 1,000.
    pub unsure: u32,
    /// The groups, the largest first.
    pub items: Vec<NovelGroup>,
}

/// The model of types, for those who look after the desk.
pub async fn type_model(desk: &Desk, caller: &AgentCaller) -> Result<ModelView, Error> {
    caller.require(Permission::ReadInsight)?;
    let (models, attempt) =
        desk.store().read(|rd| Ok::<_, Error>((model::list(rd)?, latest_attempt(rd)?))).await?;
    let in_use = models.iter().find(|row| row.accepted).map(trained).transpose()?;
    let rejected = models.first().filter(|row| !row.accepted).map(trained).transpose()?;
    Ok(ModelView {
        in_use,
        rejected,
        labels: attempt.map(|attempt| attempt.labels).unwrap_or_default(),
        labels_needed: u32::try_from(FEWEST).unwrap_or(u32::MAX),
        stories_needed: FEWEST_STORIES,
        tried_at: attempt.map(|attempt| Time(attempt.at)),
    })
}

fn trained(row: &ModelRow) -> Result<TrainedModel, Error> {
    let metrics = serde_json::from_str(&row.metrics).map_err(|_| Error::Inconsistent("json"))?;
    Ok(TrainedModel { version: row.version, made_at: row.made_at, accepted: row.accepted, metrics })
}
