//! What the model says of each request that comes in.

use std::sync::Arc;

use serde::Serialize;
use standfast_domain::{Author, Time};
use standfast_science::classify::{Answer, Model};
use standfast_store::prediction::{self, Arrival, PredictionRow};
use standfast_store::{Error as StoreError, Lane, Rd, Tx, label, outbox, setting};
use tokio::task::JoinSet;

use super::view::{Advice, advice};
use super::{beginning, settable};
use crate::record::{Record, change};
use crate::triage::doubt;
use crate::work::enter_type;
use crate::{Desk, Error};

/// Most events of one reading.
const PAGE: u32 = 1_024;
/// Setting that holds how far the outbox was looked at. Kept only after everything before it is written.
const PLACE: &str = "types.place";

/// Classifies the requests that came in since the last look; whether there are more. Without a model nothing is looked at:
/// the first one then judges what has come in the meantime, as far as the outbox goes back.
pub(super) async fn classify(desk: &Desk) -> Result<bool, Error> {
    let Some((version, model)) = desk.shared.types.model() else { return Ok(false) };
    let page = desk.store().read(read).await?;
    if page.arrivals.is_empty() && page.next == page.from {
        return Ok(false);
    }
    let (arrivals, now) = (page.arrivals, desk.now());
    let judging = tokio::task::spawn_blocking(move || {
        arrivals.iter().filter_map(|arrival| judge(&model, version, arrival, now)).collect::<Vec<_>>()
    });
    let judged = judging.await.map_err(|_| Error::Inconsistent("classification ended early"))?;
    metrics::counter!("standfast_classified_total")
        .increment(u64::try_from(judged.len()).unwrap_or_default());
    let mut units = JoinSet::new();
    for verdict in judged {
        let (unit_desk, id, verdict) = (desk.clone(), verdict.request_id, Arc::new(verdict));
        units.spawn(async move {
            let store = unit_desk.store().clone();
            store.write(Lane::Background, id.0, move |tx| keep(tx, &unit_desk, &verdict, now)).await
        });
    }
    while let Some(kept) = units.join_next().await {
        kept.map_err(|_| Error::Inconsistent("classification ended early"))??;
    }
    let place = page.next.to_string();
    desk.store()
        .write(Lane::Background, 0, move |tx| setting::put(tx, PLACE, &place).map_err(Error::from))
        .await?;
    Ok(page.full)
}

struct Page {
    arrivals: Vec<Arrival>,
    from: outbox::Cursor,
    next: outbox::Cursor,
    full: bool,
}

fn read(rd: &mut Rd) -> Result<Page, Error> {
    let place = setting::get(rd, PLACE)?.and_then(|place| outbox::Cursor::parse(&place));
    let tail = outbox::tail(rd)?;
    let from = place.unwrap_or(tail);
    let (events, next) = match outbox::read_after(rd, &from, PAGE) {
        Err(StoreError::CursorLost) => outbox::read_after(rd, &tail, PAGE)?,
        result => result?,
    };
    let full = events.len() >= PAGE as usize;
    let mut arrivals = Vec::new();
    for event in events.iter().filter(|event| event.seq == 1 && event.kind == change::ENTRY) {
        arrivals.extend(prediction::find_arrival(rd, event.request_id)?);
    }
    Ok(Page { arrivals, from, next, full })
}

/// A candidate as it is kept.
#[derive(Serialize)]
struct RunnerUp<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    confidence: f64,
}

/// What the model says; nothing where the words were erased meanwhile.
fn judge(model: &Model, version: i64, arrival: &Arrival, now: Time) -> Option<PredictionRow> {
    let prediction = model.predict(beginning(arrival.text.as_deref()?));
    let (best, others) = prediction.top.split_first()?;
    let others: Vec<RunnerUp<'_>> =
        others.iter().map(|one| RunnerUp { kind: one.code, confidence: rounded(one.probability) }).collect();
    Some(PredictionRow {
        request_id: arrival.request_id,
        kind: best.code.to_owned(),
        confidence: rounded(best.probability),
        runners_up: serde_json::to_string(&others).ok()?,
        unsure: prediction.answer == Answer::Unsure,
        applied: false,
        model_version: version,
        created_at: now,
    })
}

/// A probability in thousandths: more digits would say more than is known.
fn rounded(probability: f32) -> f64 {
    (f64::from(probability) * 1_000.0).round() / 1_000.0
}

/// Writes a prediction and what follows from it. Whoever finds one there already changes nothing: another process was
/// first, or this one ended before it had noted its place.
fn keep(tx: &mut Tx, desk: &Desk, verdict: &PredictionRow, now: Time) -> Result<(), Error> {
    let mut record = Record::lock(tx, verdict.request_id)?;
    let settled = label::find(tx, verdict.request_id)?.is_some();
    let to = settable(&record.row.kind, &verdict.kind, verdict.confidence, verdict.unsure)
        .filter(|_| !settled && record.row.state.is_active());
    let row = PredictionRow { applied: to.is_some(), ..verdict.clone() };
    if !prediction::insert(tx, &row)? {
        return Ok(());
    }
    if let Some(to) = to {
        // A prediction makes nobody wait longer.
        let (urgency, was_at_risk) = (record.row.urgency, record.row.at_risk);
        enter_type(desk, &mut record, to, Author::System, now)?;
        record.row.urgency = record.row.urgency.min(urgency);
        if !was_at_risk {
            doubt(tx, &mut record.row, now)?;
        }
        record.save(tx, desk.keys(), now)?;
    } else if record.row.state.is_active() && advice(&record.row.kind, settled, &row) != Advice::None {
        // Consoles that show the request learn that there is a question.
        outbox::append(tx, verdict.request_id, record.row.last_seq, change::ROW, "", now)?;
    }
    Ok(())
}
