//! What agents write: replies to the customer, and notes among themselves.

use std::sync::Arc;

use standfast_domain::{Author, Channel, EntryKind, Event, Permission, RequestId, State, Transition};
use standfast_guard::solicits;
use standfast_store::{Lane, Tx, entry, receipt};

use crate::answer_mail::note_answer;
use crate::attachment::bind;
use crate::caller::hex;
use crate::command::{Answer, Then};
use crate::draft::{check_client_id, json_list, plain, says_nothing};
use crate::evidence::look_after_reply;
use crate::feedback::{Claim, claim, withdraw};
use crate::receipt::{ReceiptKey, is_late};
use crate::record::{NewEntry, Record};
use crate::screening::Findings;
use crate::triage::{is_ahead, let_next_ahead};
use crate::view::EntryView;
use crate::work::schedule_close;
use crate::{AgentCaller, Desk, Error};

/// Most missed entries that come back with a refused reply.
const MOST_MISSED: i64 = 50;

/// Where an answer stands in the record.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Answered {
    /// Sequence number of the entry.
    pub seq: i64,
    /// Head of the record's chain after it, as hexadecimal digits.
    pub head: String,
    /// Whether the same client id had written it already.
    #[serde(skip_deserializing, default)]
    pub replayed: bool,
}

/// Replies to the customer. Refused when something visible came in that the agent had not seen, and when the text
/// asks for a secret.
pub async fn reply(
    desk: &Desk,
    agent: &AgentCaller,
    id: RequestId,
    answer: Answer,
) -> Result<Answered, Error> {
    write(desk, agent, id, answer, EntryKind::Text).await
}

/// Writes a note that only agents see.
pub async fn note(
    desk: &Desk,
    agent: &AgentCaller,
    id: RequestId,
    answer: Answer,
) -> Result<Answered, Error> {
    write(desk, agent, id, answer, EntryKind::Note).await
}

async fn write(
    desk: &Desk,
    agent: &AgentCaller,
    id: RequestId,
    answer: Answer,
    kind: EntryKind,
) -> Result<Answered, Error> {
    agent.require(Permission::WorkRequests)?;
    check_client_id(&answer.client_id)?;
    let limits = &desk.settings().limits;
    if says_nothing(&answer.text) && answer.attachments.is_empty() {
        return Err(Error::invalid("text", "missing"));
    }
    if answer.text.len() > limits.text_bytes {
        return Err(Error::invalid("text", "too_long"));
    }
    if answer.attachments.len() > limits.uploads_per_message {
        return Err(Error::invalid("attachments", "too_many"));
    }
    if solicits(&answer.text).is_some() {
        tracing::warn!(agent.id = %agent.id, request.id = %id, "an agent's text asked for a secret and was stopped");
        metrics::counter!("standfast_solicitations_stopped_total").increment(1);
        return Err(Error::AsksForSecret);
    }
    let mut findings = Findings::default();
    let text = findings.text(&plain(&answer.text));
    let key = ReceiptKey::new(Some(id), &agent.scope(), &answer.client_id);
    let (desk, agent, now) = (desk.clone(), agent.clone(), desk.now());
    let store = desk.store().clone();
    let unit = Arc::new(Unit { desk, agent, answer, kind, text, findings, now });
    let attempt = || {
        let (unit, key) = (unit.clone(), key.clone());
        store.write(Lane::Ordinary, id.0, move |tx| {
            if let Some(body) = receipt::find(tx, key.as_bytes())? {
                let answered: Answered =
                    serde_json::from_str(&body).map_err(|_| Error::Inconsistent("receipt"))?;
                return Ok(Answered { replayed: true, ..answered });
            }
            let answered = unit.write(tx, id)?;
            let body = serde_json::to_string(&answered).map_err(|_| Error::Inconsistent("receipt"))?;
            receipt::insert(tx, key.as_bytes(), id, answered.seq, &body, unit.now)?;
            Ok(answered)
        })
    };
    match attempt().await {
        Err(error) if is_late(&error) => attempt().await,
        result => result,
    }
}

struct Unit {
    desk: Desk,
    agent: AgentCaller,
    answer: Answer,
    kind: EntryKind,
    text: String,
    findings: Findings,
    now: standfast_domain::Time,
}

impl Unit {
    fn write(&self, tx: &mut Tx, id: RequestId) -> Result<Answered, Error> {
        let mut record = Record::lock(tx, id)?;
        let was_ahead = is_ahead(&record.row);
        let is_reply = self.kind == EntryKind::Text;
        if is_reply {
            self.refuse_blind(tx, &record)?;
        }
        let mut findings = self.findings.clone();
        let files = bind(tx, &self.agent.scope(), &self.answer.attachments, &mut findings)?;
        let author = Author::Agent(self.agent.id);
        let entry = NewEntry {
            kind: self.kind,
            author,
            channel: Channel::Console,
            text: Some(self.text.clone()),
            event: None,
            attachments: files.json()?,
            identifiers: json_list(&findings.identifiers)?,
            client_id: Some(self.answer.client_id.clone()),
            intake: None,
        };
        let seq = record.append(self.desk.entropy(), self.now, entry)?;
        record.worked(self.answer.worked);
        files.bind(tx, id, seq)?;
        look_after_reply(tx, &self.desk, &record, &files, self.now)?;
        if is_reply {
            self.move_on(tx, &mut record)?;
            note_answer(tx, &self.desk, id, self.now)?;
        }
        let row = record.save(tx, self.desk.keys(), self.now)?;
        if was_ahead {
            let_next_ahead(tx, &self.desk, &row, self.now)?;
        }
        Ok(Answered { seq, head: hex(&row.head), replayed: false })
    }

    /// A reply must not be written past something that the agent has not seen.
    fn refuse_blind(&self, tx: &mut Tx, record: &Record) -> Result<(), Error> {
        if self.answer.seen_seq >= record.row.last_seq {
            return Ok(());
        }
        let missed = entry::list_after(tx, record.row.id, self.answer.seen_seq, false, MOST_MISSED)?;
        // Own events, such as having just taken the request, are no news to the one who caused them.
        let news =
            missed.iter().any(|e| e.kind != EntryKind::Event && e.author != Author::Agent(self.agent.id));
        if !news {
            return Ok(());
        }
        let customer = record.row.customer_name.clone();
        let missed = missed
            .iter()
            .map(|row| EntryView::new(&self.desk, row, customer.as_deref()).for_whole_desk())
            .collect();
        Err(Error::OutdatedView { missed, last_seq: record.row.last_seq })
    }

    /// The state after a reply, and what is measured from it.
    fn move_on(&self, tx: &mut Tx, record: &mut Record) -> Result<(), Error> {
        let author = Author::Agent(self.agent.id);
        record.answered(self.agent.id);
        if record.row.first_reply_at.is_none() {
            record.row.first_reply_at = Some(self.now);
        }
        let from = record.step(Transition::Reply, self.now)?;
        match self.answer.then {
            Then::Waiting => {}
            Then::Open => record.enter(State::Open, self.now),
            Then::OnHold => drop(record.step(Transition::Hold, self.now)?),
            Then::Solved => {
                record.step(Transition::Solve, self.now)?;
                schedule_close(tx, &self.desk, record.row.id, self.now)?;
            }
        }
        let to = record.row.state;
        if to == State::Solved {
            claim(tx, &self.desk, &record.row, &Claim { from, by: author, replied: true, now: self.now })?;
        } else if from == State::Solved {
            withdraw(tx, record.row.id, self.now)?;
        }
        if to != State::Waiting && to != from {
            record.tell(self.desk.entropy(), self.now, author, Event::State { from, to })?;
        }
        if record.row.assignee_id.is_none() {
            record.row.assignee_id = Some(self.agent.id);
            let event = Event::Assigned { agent_id: Some(self.agent.id), team_id: record.row.team_id };
            record.tell(self.desk.entropy(), self.now, author, event)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
