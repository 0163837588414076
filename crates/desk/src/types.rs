//! Types of requests, learned from what agents settle.
//!
//! ```text
//! outbox -> arrival: the model's word on each new request -> prediction, and perhaps another type
//! agents settle types -> label -> training (a job) -> model, in use when it is not worse
//! requests that no model could name -> novelty: groups with their typical words
//! ```
//!
//! Nothing of this is in the way of a customer's words: it follows the outbox, in the background lane. `docs/dev/types.md`
//! says which labels count and what a prediction may do.

mod arrival;
mod novelty;
mod training;
mod view;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use standfast_domain::{RequestType, Time, request_type};
use standfast_science::classify::Model;
use standfast_store::model;
use tokio::sync::watch;

use crate::{Desk, Error};

pub use novelty::novel_requests;
pub use view::{
    Advice, CandidateView, ComparisonView, LabelCount, MeasuredShare, ModelView, NovelExample, NovelGroup,
    NovelView, PredictionView, TrainedModel, type_model,
};

pub(crate) use training::{schedule_training, train_types};

/// The type of what fits nowhere.
pub(crate) const OTHER: &str = "other";
/// So probable must a type be for the desk to doubt what the customer chose.
const STRONG: f64 = 0.9;
/// So probable must a type that puts a request first be for the desk to set it without being asked: one that is wrong
/// makes everybody else wait.
const VERY_SURE: f64 = 0.95;
/// Most characters of a text that are looked at.
const MOST_CHARACTERS: usize = 2_000;

/// Between two looks at the outbox.
const PAUSE: Duration = Duration::from_secs(1);
/// The same where more is known to be there: bounds what classification takes from a busy desk.
const BREATH: Duration = Duration::from_millis(100);
/// After a failure.
const RECOVER: Duration = Duration::from_secs(5);
/// How often a newer model is looked for: another process may have trained it.
const LOOK: Duration = Duration::from_secs(5);
/// How often it is asked whether training is due.
const ASK: Duration = Duration::from_mins(1);

/// What a process keeps of this.
#[derive(Debug, Default)]
pub(crate) struct Types {
    model: RwLock<Option<InUse>>,
    groups: tokio::sync::Mutex<Option<(Time, Arc<NovelView>)>>,
}

/// The model in use, with its number in the store.
#[derive(Clone, Debug)]
struct InUse {
    version: i64,
    /// Nothing when this program cannot read it; it is trained anew then.
    model: Option<Arc<Model>>,
}

/// Classifies new requests, has models trained and takes them into use, until `stop` changes.
pub async fn classify_requests(desk: Desk, mut stop: watch::Receiver<bool>) {
    let (mut looked, mut asked) = (None, None);
    while !*stop.borrow() {
        let pause = match turn(&desk, &mut looked, &mut asked).await {
            Ok(true) => BREATH,
            Ok(false) => PAUSE,
            Err(error) => {
                tracing::warn!(%error, "new requests could not be classified yet");
                RECOVER
            }
        };
        let _ = tokio::time::timeout(pause, stop.changed()).await;
    }
}

/// One look at everything; whether there is more.
async fn turn(
    desk: &Desk,
    looked: &mut Option<Duration>,
    asked: &mut Option<Duration>,
) -> Result<bool, Error> {
    let now = desk.clock().monotonic();
    let is_over = |last: &Option<Duration>, every| last.is_none_or(|last| now.saturating_sub(last) >= every);
    if is_over(looked, LOOK) {
        load_model(desk).await?;
        *looked = Some(now);
    }
    if is_over(asked, ASK) {
        schedule_training(desk).await?;
        *asked = Some(now);
    }
    arrival::classify(desk).await
}

/// Takes the latest accepted model into use, if it is not already.
pub(crate) async fn load_model(desk: &Desk) -> Result<(), Error> {
    let known = desk.shared.types.model.read().as_ref().map(|in_use| in_use.version);
    let newer = desk.store().read(move |rd| {
        let version = model::version_in_use(rd)?.filter(|version| Some(*version) != known);
        let Some(version) = version else { return Ok::<_, Error>(None) };
        Ok(model::bytes(rd, version)?.map(|bytes| (version, bytes)))
    });
    let Some((version, bytes)) = newer.await? else { return Ok(()) };
    let read = tokio::task::spawn_blocking(move || Model::from_bytes(&bytes)).await;
    let model = match read.map_err(|_| Error::Inconsistent("a model could not be read"))? {
        Ok(model) => Some(Arc::new(model)),
        Err(error) => {
            tracing::warn!(version, %error, "the model of types is not used");
            None
        }
    };
    tracing::info!(version, usable = model.is_some(), "a model of types is in use");
    *desk.shared.types.model.write() = Some(InUse { version, model });
    Ok(())
}

impl Types {
    /// The model in use and its number, if there is one that can be used.
    fn model(&self) -> Option<(i64, Arc<Model>)> {
        let in_use = self.model.read().clone()?;
        Some((in_use.version, in_use.model?))
    }
}

/// The beginning of a text, as far as it is looked at.
fn beginning(text: &str) -> &str {
    text.char_indices().nth(MOST_CHARACTERS).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// The type that the desk may set by itself: nobody has chosen one, the model is sure, and what would put the request
/// first is very sure.
fn settable(kind: &str, predicted: &str, confidence: f64, unsure: bool) -> Option<&'static RequestType> {
    let to = request_type(predicted).filter(|to| to.code != OTHER)?;
    (kind == OTHER && !unsure && (!to.at_risk || confidence >= VERY_SURE)).then_some(to)
}

#[cfg(test)]
mod tests;
