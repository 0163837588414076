//! What customers answer: whether it is solved, how good the help was, and what was wrong with how it was handled.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_domain::{
    Author, Channel, EntryKind, Event, REASONS_HIGH, REASONS_LOW, RequestId, RequestNumber, Resolution,
    Score, State, Time, Transition, Verdict,
};
use standfast_guard::may_be_piece;
use standfast_store::resolution::{self, RatingRow, ResolutionRow};
use standfast_store::{Lane, Rd, Tx, entry, receipt};
use utoipa::ToSchema;

use super::claim::decide;
use super::review;
use super::{FeedbackView, RatingView};
use crate::caller::Customer;
use crate::command::FollowUp;
use crate::conversation::own;
use crate::draft::{check_client_id, plain, says_nothing};
use crate::evidence::screen_with_earlier;
use crate::incident::go_up;
use crate::receipt::{ReceiptKey, is_late};
use crate::receive::{follow_up, hold};
use crate::record::{NewEntry, Record};
use crate::screening::Findings;
use crate::triage::note_risk;
use crate::view::{Receipt, SecretNotice};
use crate::{Desk, Error};

/// So long after it was called solved, a customer may say whether it is, and how good the help was.
const ANSWERABLE: Duration = Duration::from_hours(24 * 30);

/// Whether a request is really solved, as its customer says.
#[derive(Clone, Default)]
pub struct Solved {
    /// Made by the client; the same id is the same answer.
    pub client_id: String,
    /// Yes or no.
    pub solved: bool,
    /// Words that go with a no: they become a message.
    pub text: String,
    /// By which way it came.
    pub channel: Option<Channel>,
}

/// A rating, or the correction of one.
#[derive(Clone)]
pub struct Rate {
    /// Made by the client; the same id is the same rating.
    pub client_id: String,
    /// From 1 to 5.
    pub score: Score,
    /// Code of a reason; see [`Score::reasons`].
    pub reason: Option<String>,
    /// The customer's words; a correction without any leaves those given before.
    pub comment: String,
    /// By which way it came.
    pub channel: Option<Channel>,
}

/// A complaint about how a request was handled.
#[derive(Clone, Default)]
pub struct Complaint {
    /// Made by the client; the same id is the same complaint.
    pub client_id: String,
    /// The customer's words.
    pub text: String,
    /// By which way it came.
    pub channel: Option<Channel>,
}

/// That an answer was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedbackReceipt {
    /// Sequence number of the entry in the request's record.
    pub seq: i64,
    /// What the customer is asked, and has answered, now.
    pub feedback: FeedbackView,
    /// Set when secrets were found in the words and removed.
    pub secret: Option<SecretNotice>,
    /// The receipt of the words that went with a no.
    pub receipt: Option<Receipt>,
    /// Whether the same client id had been answered already; nothing was written now.
    #[serde(skip)]
    pub replayed: bool,
}

/// What is kept for whoever asks again.
#[derive(Serialize, Deserialize)]
struct Kept {
    seq: i64,
    secret: Option<SecretNotice>,
}

/// What a customer is asked about a request, and has answered.
pub async fn own_feedback(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
) -> Result<FeedbackView, Error> {
    let (caller, unit_desk) = (caller.clone(), desk.clone());
    desk.store()
        .read(move |rd| {
            let row = own(rd, &caller, number)?;
            view(rd, &unit_desk, row.id, row.state)
        })
        .await
}

/// Says whether a request is solved. A no opens it again, and its words are taken in as a message.
pub async fn answer_solved(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
    command: Solved,
) -> Result<FeedbackReceipt, Error> {
    desk.settings().limits.check_text(&command.text)?;
    let verdict = if command.solved { Verdict::Yes } else { Verdict::No };
    let said = Said::new(desk, &command.client_id, "", command.channel, Deed::Answer(verdict))?;
    let mut answered = write(desk, caller, number, said).await?;
    if !command.solved && !says_nothing(&command.text) {
        // The one path of a customer's words, with a receipt of its own: what is repeated writes neither twice.
        let message = FollowUp {
            client_id: command.client_id,
            text: command.text,
            channel: command.channel,
            ..FollowUp::default()
        };
        let received = follow_up(desk, caller, number, message).await?;
        answered.secret.clone_from(&received.receipt.secret);
        answered.receipt = Some(received.receipt);
    }
    Ok(answered)
}

/// Rates the help of the latest episode, or corrects the rating while that is allowed.
pub async fn rate(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
    command: Rate,
) -> Result<FeedbackReceipt, Error> {
    if command.reason.as_deref().is_some_and(|reason| !command.score.reasons().contains(&reason)) {
        return Err(Error::invalid("reason", "unknown"));
    }
    let deed = Deed::Rate(command.score, command.reason);
    let said = Said::new(desk, &command.client_id, &command.comment, command.channel, deed)?;
    write(desk, caller, number, said).await
}

/// Complains about how a request was handled. Somebody who did not handle it looks at it.
pub async fn complain(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
    command: Complaint,
) -> Result<FeedbackReceipt, Error> {
    if says_nothing(&command.text) {
        return Err(Error::invalid("text", "missing"));
    }
    let said = Said::new(desk, &command.client_id, &command.text, command.channel, Deed::Complain)?;
    write(desk, caller, number, said).await
}

/// What a customer does.
#[derive(Clone)]
enum Deed {
    Answer(Verdict),
    Rate(Score, Option<String>),
    Complain,
}

/// What a customer says, after all checks that need no database; safe to store, but for `raw`.
#[derive(Clone)]
struct Said {
    client_id: String,
    /// Before screening: never written.
    raw: String,
    text: Option<String>,
    findings: Findings,
    channel: Channel,
    deed: Deed,
    now: Time,
}

impl Said {
    fn new(
        desk: &Desk,
        client_id: &str,
        text: &str,
        channel: Option<Channel>,
        deed: Deed,
    ) -> Result<Self, Error> {
        check_client_id(client_id)?;
        desk.settings().limits.check_text(text)?;
        let mut findings = Findings::default();
        let screened = findings.text(&plain(text));
        Ok(Self {
            client_id: client_id.to_owned(),
            raw: text.to_owned(),
            text: (!says_nothing(text)).then_some(screened),
            findings,
            channel: channel.unwrap_or(Channel::Api),
            deed,
            now: desk.now(),
        })
    }
}

async fn write(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
    said: Said,
) -> Result<FeedbackReceipt, Error> {
    let known = desk.numbers().find(desk, number).await?;
    // A space of its own: a message under the same id is another thing.
    let key = ReceiptKey::new(Some(known.id), &format!("f:{}", caller.scope()), &said.client_id);
    let lane = if known.at_risk || said.findings.exposed() { Lane::AtRisk } else { Lane::Ordinary };
    let said = Arc::new(said);
    let attempt = || {
        let (desk, caller, key, said) = (desk.clone(), caller.clone(), key.clone(), said.clone());
        let store = desk.store().clone();
        async move {
            store.write(lane, known.id.0, move |tx| take(tx, &desk, &caller, known.id, &key, &said)).await
        }
    };
    match attempt().await {
        Err(error) if is_late(&error) => attempt().await,
        result => result,
    }
}

/// One attempt, inside a unit of work.
fn take(
    tx: &mut Tx,
    desk: &Desk,
    caller: &Customer,
    id: RequestId,
    key: &ReceiptKey,
    said: &Said,
) -> Result<FeedbackReceipt, Error> {
    let held = hold(tx, caller, id, key)?;
    if let Some(body) = held.answer {
        let kept: Kept = serde_json::from_str(&body).map_err(|_| Error::Inconsistent("receipt"))?;
        let feedback = view(tx, desk, id, held.row.state)?;
        return Ok(FeedbackReceipt {
            seq: kept.seq,
            feedback,
            secret: kept.secret,
            receipt: None,
            replayed: true,
        });
    }
    let mut record = Record::of(held.row);
    if matches!(record.row.state, State::Merged | State::Spam) {
        return Err(Error::RequestClosed);
    }
    let mut findings = said.findings.clone();
    let mut text = said.text.clone();
    if text.is_some() && (may_be_piece(&said.raw) || said.findings.may_hold_key()) {
        text = Some(screen_with_earlier(tx, desk, (&said.raw, &[]), &mut record, &mut findings, said.now)?);
    }
    let seq = match &said.deed {
        Deed::Answer(verdict) => settle(tx, desk, &mut record, *verdict, said)?,
        Deed::Rate(score, reason) => {
            note_rating(tx, desk, &mut record, (*score, reason.clone()), text, said)?
        }
        Deed::Complain => {
            let seq = tell(desk, &mut record, Event::Complained, text, said)?;
            let about = entry::find_last_replier(tx, id)?.or(record.row.assignee_id);
            review::open_complaint(tx, desk, id, seq, about, said.now)?;
            seq
        }
    };
    if findings.exposed() {
        note_risk(desk, &mut record, &findings, said.now)?;
        // Whoever shows a secret, wherever, needs help now.
        reopen(desk, &mut record, said.now)?;
    }
    let secret = findings.notice(record.row.language);
    let row = record.save(tx, desk.keys(), said.now)?;
    let kept = Kept { seq, secret };
    let body = serde_json::to_string(&kept).map_err(|_| Error::Inconsistent("receipt"))?;
    receipt::insert(tx, key.as_bytes(), id, seq, &body, said.now)?;
    let feedback = view(tx, desk, id, row.state)?;
    Ok(FeedbackReceipt { seq, feedback, secret: kept.secret, receipt: None, replayed: false })
}

/// The episode that can be spoken of: the latest, for as long as that is of use.
fn current(rd: &mut Rd, id: RequestId, now: Time) -> Result<ResolutionRow, Error> {
    let last = resolution::find_last(rd, id)?.ok_or(Error::NotSolved)?;
    if now.since(last.claimed_at) > ANSWERABLE { Err(Error::FeedbackOver) } else { Ok(last) }
}

/// Takes a yes or a no. One that says nothing new leaves the record as it is.
fn settle(
    tx: &mut Tx,
    desk: &Desk,
    record: &mut Record,
    verdict: Verdict,
    said: &Said,
) -> Result<i64, Error> {
    let last = current(tx, record.row.id, said.now)?;
    if last.state.after(verdict).is_none() {
        return Err(Error::NotSolved);
    }
    let Some(decided) = decide(tx, record.row.id, verdict, "customer", said.now)? else {
        return Ok(record.row.last_seq);
    };
    let event = Event::Resolution { episode: decided.episode, state: decided.state };
    let seq = tell(desk, record, event, None, said)?;
    if decided.state == Resolution::Repudiated {
        reopen(desk, record, said.now)?;
        go_up(tx, record)?;
    }
    Ok(seq)
}

/// Opens what was solved or closed; anything else is open already.
fn reopen(desk: &Desk, record: &mut Record, now: Time) -> Result<(), Error> {
    if matches!(record.row.state, State::Solved | State::Closed) {
        let from = record.step(Transition::Reopen, now)?;
        record.tell(desk.entropy(), now, Author::System, Event::State { from, to: State::Open })?;
    }
    Ok(())
}

/// Takes a rating or its correction; a low one waits for somebody to look at it.
fn note_rating(
    tx: &mut Tx,
    desk: &Desk,
    record: &mut Record,
    (score, reason): (Score, Option<String>),
    comment: Option<String>,
    said: &Said,
) -> Result<i64, Error> {
    let (id, now) = (record.row.id, said.now);
    let ResolutionRow { episode, agent_id, .. } = current(tx, id, now)?;
    let before = resolution::find_rating(tx, id, episode)?;
    if before.as_ref().is_some_and(|before| !is_correctable(desk, before, now)) {
        return Err(Error::FeedbackOver);
    }
    let is_silent = comment.is_none();
    let seq = tell(desk, record, Event::Rated { episode, score, reason: reason.clone() }, comment, said)?;
    let row = RatingRow {
        request_id: id,
        episode,
        score,
        reason,
        // A correction without words leaves those that were given before.
        seq: before.as_ref().filter(|_| is_silent).map_or(seq, |before| before.seq),
        agent_id,
        channel: said.channel,
        created_at: before.map_or(now, |before| before.created_at),
        changed_at: now,
    };
    resolution::put_rating(tx, &row)?;
    review::follow_rating(tx, desk, &row, now)?;
    Ok(seq)
}

fn is_correctable(desk: &Desk, rating: &RatingRow, now: Time) -> bool {
    now.since(rating.created_at) <= desk.settings().feedback.correct
}

/// Appends what the customer did, with the words that go with it.
fn tell(
    desk: &Desk,
    record: &mut Record,
    event: Event,
    text: Option<String>,
    said: &Said,
) -> Result<i64, Error> {
    let entry = NewEntry {
        kind: EntryKind::Event,
        channel: said.channel,
        text,
        client_id: Some(said.client_id.clone()),
        ..NewEntry::event(Author::Customer(record.row.customer_id), event)
    };
    record.append(desk.entropy(), said.now, entry)
}

/// What the customer of a request in this state is asked, and has answered.
fn view(rd: &mut Rd, desk: &Desk, id: RequestId, state: State) -> Result<FeedbackView, Error> {
    let now = desk.now();
    let last = resolution::find_last(rd, id)?;
    let rating = match &last {
        Some(last) => resolution::find_rating(rd, id, last.episode)?,
        None => None,
    };
    let goes_on = !matches!(state, State::Merged | State::Spam);
    let in_time = goes_on && last.as_ref().is_some_and(|last| now.since(last.claimed_at) <= ANSWERABLE);
    let correctable = rating.as_ref().is_none_or(|rating| is_correctable(desk, rating, now));
    let is_done = matches!(state, State::Solved | State::Closed);
    let owned = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    Ok(FeedbackView {
        episode: last.as_ref().map(|last| last.episode),
        state: last.as_ref().map(|last| last.state),
        asked_again: last.as_ref().is_some_and(|last| last.asked_at.is_some()),
        may_answer: in_time && is_done,
        may_rate: in_time && correctable,
        rating: rating.map(|row| RatingView::new(rd, id, row)).transpose()?,
        reasons_low: owned(REASONS_LOW),
        reasons_high: owned(REASONS_HIGH),
    })
}
