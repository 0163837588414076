//! A request's record inside a unit of work: append entries, then save row, seal and outbox in one go.

use std::sync::Arc;

use standfast_domain::{
    AgentId, Author, Channel, CustomerId, Entropy, EntryKind, Event, QueueKey, RequestId, State, TeamId,
    Time, Transition, Turn,
};
use standfast_store::entry::{self, EntryRow};
use standfast_store::handling::{self, Handled};
use standfast_store::request::{self, RequestRow};
use standfast_store::{Tx, false_claim, outbox, promise};

use crate::seal::{self, Sealed};
use crate::{Error, Keys, chain};

/// What the outbox says of a change, beside the request and the sequence number.
pub(crate) mod change {
    /// A new entry.
    pub(crate) const ENTRY: &str = "entry";
    /// An entry was erased.
    pub(crate) const ERASED: &str = "erased";
    /// Somebody has read up to a sequence number.
    pub(crate) const READ: &str = "read";
    /// A customer who waited got an answer from the agent named in the data.
    pub(crate) const ANSWERED: &str = "answered";
    /// An alarm, named in the data, to which the request belongs has changed.
    pub(crate) const ALARM: &str = "alarm";
    /// Something in the row changed without an entry.
    pub(crate) const ROW: &str = "row";
}

/// Most seconds of work that one reply, note or step is believed.
const LONGEST_WORK: u32 = 4 * 3_600;

/// The first characters of a text, for lists, on one line.
pub(crate) fn beginning(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(text.len().min(4 * most));
    let mut room = most;
    for word in text.split_whitespace() {
        for c in (!line.is_empty()).then_some(' ').into_iter().chain(word.chars()) {
            if room == 0 {
                without_part_of_mark(&mut line);
                return line;
            }
            line.push(c);
            room -= 1;
        }
    }
    line
}

/// A mark that says what stood in a text is shown whole or not at all.
fn without_part_of_mark(line: &mut String) {
    const OPEN: &str = "⟦redacted:";
    let Some((at, last)) = line.rfind('⟦').and_then(|at| Some((at, line.get(at..)?))) else { return };
    if !last.contains('⟧') && (last.starts_with(OPEN) || OPEN.starts_with(last)) {
        line.truncate(at);
    }
}

/// What is to be appended.
#[derive(Clone, Debug)]
pub(crate) struct NewEntry {
    pub(crate) kind: EntryKind,
    pub(crate) author: Author,
    pub(crate) channel: Channel,
    pub(crate) text: Option<String>,
    pub(crate) event: Option<Event>,
    pub(crate) attachments: Option<String>,
    pub(crate) identifiers: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) intake: Option<String>,
}

impl NewEntry {
    /// An entry that tells what happened.
    pub(crate) fn event(author: Author, event: Event) -> Self {
        Self {
            kind: EntryKind::Event,
            author,
            channel: Channel::Console,
            text: None,
            event: Some(event),
            attachments: None,
            identifiers: None,
            client_id: None,
            intake: None,
        }
    }
}

/// What decides in which lists a request stands, and where: all that [`request::advance`] leaves alone.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    customer: CustomerId,
    active: bool,
    queue_key: QueueKey,
    team: Option<TeamId>,
    assignee: Option<AgentId>,
    merged_into: Option<RequestId>,
}

impl Place {
    fn of(row: &RequestRow) -> Self {
        Self {
            customer: row.customer_id,
            active: row.state.is_active(),
            queue_key: row.queue_key(),
            team: row.team_id,
            assignee: row.assignee_id,
            merged_into: row.merged_into,
        }
    }
}

/// A request that this unit holds and changes. Nothing is written before [`Record::save`].
pub(crate) struct Record {
    pub(crate) row: RequestRow,
    /// Where it stood when it was taken hold of; nowhere while it is new.
    was: Option<Place>,
    /// Of a row that was there: what its seal must fit.
    sealed: Option<Sealed>,
    /// Since when the customer waited when it was taken hold of.
    was_since: Option<Time>,
    was_turn: Turn,
    was_solved: bool,
    /// When this unit called it solved, also when it has gone on since.
    called_solved: Option<Time>,
    entries: Vec<EntryRow>,
    changes: Vec<(i64, &'static str, String)>,
    answered_by: Option<AgentId>,
    /// Seconds that somebody had it in hand for this.
    worked: Option<i64>,
}

impl Record {
    /// A new request.
    pub(crate) fn new(row: RequestRow) -> Self {
        Self {
            row,
            was: None,
            sealed: None,
            was_since: None,
            was_turn: Turn::Ordinary,
            was_solved: false,
            called_solved: None,
            entries: Vec::new(),
            changes: Vec::new(),
            answered_by: None,
            worked: None,
        }
    }

    /// Whether the request is made by this unit.
    pub(crate) const fn is_new(&self) -> bool {
        self.was.is_none()
    }

    /// Takes hold of a request.
    pub(crate) fn lock(tx: &mut Tx, id: RequestId) -> Result<Self, Error> {
        Ok(Self::of(request::lock(tx, id)?.ok_or(Error::NotFound)?))
    }

    /// A request whose row this unit holds already.
    pub(crate) fn of(row: RequestRow) -> Self {
        let (was_since, was_turn) = (row.waiting_since.filter(|_| waits(&row)), row.turn());
        let was_solved = row.state == State::Solved;
        let sealed = Some(Sealed::of(&row));
        Self { was: Some(Place::of(&row)), sealed, was_since, was_turn, was_solved, ..Self::new(row) }
    }

    /// Appends an entry and returns its sequence number.
    pub(crate) fn append(
        &mut self,
        entropy: &Arc<dyn Entropy>,
        now: Time,
        new: NewEntry,
    ) -> Result<i64, Error> {
        let visible = match (new.kind, &new.event) {
            (EntryKind::Text, _) => true,
            (EntryKind::Event, Some(event)) => event.is_visible(),
            _ => false,
        };
        self.append_as(entropy, now, new, visible)
    }

    fn append_as(
        &mut self,
        entropy: &Arc<dyn Entropy>,
        now: Time,
        new: NewEntry,
        visible: bool,
    ) -> Result<i64, Error> {
        let salt = entropy.bytes::<16>();
        let seq = self.row.last_seq + 1;
        let event = new.event.as_ref().map(serde_json::to_string).transpose();
        let mut entry = EntryRow {
            request_id: self.row.id,
            seq,
            kind: new.kind,
            author: new.author,
            visible,
            channel: new.channel,
            text: new.text,
            event: event.map_err(|_| Error::Inconsistent("event"))?,
            attachments: new.attachments,
            identifiers: new.identifiers,
            client_id: new.client_id,
            intake: new.intake,
            created_at: now,
            salt: Some(salt.to_vec()),
            commitment: Vec::new(),
            chain: Vec::new(),
            erased_at: None,
            erased_reason: None,
        };
        entry.commitment = chain::commitment(&salt, &entry).to_vec();
        entry.chain = chain::link(&self.row.head, &entry).to_vec();
        self.row.head.clone_from(&entry.chain);
        self.row.last_seq = seq;
        self.row.updated_at = now.max(self.row.updated_at);
        if let (EntryKind::Text, Some(text)) = (entry.kind, &entry.text) {
            self.row.last_text = beginning(text, 140);
            entry.author.kind().clone_into(&mut self.row.last_author);
        }
        self.entries.push(entry);
        self.changes.push((seq, change::ENTRY, String::new()));
        Ok(seq)
    }

    /// Appends an event.
    pub(crate) fn tell(
        &mut self,
        entropy: &Arc<dyn Entropy>,
        now: Time,
        author: Author,
        event: Event,
    ) -> Result<i64, Error> {
        self.append(entropy, now, NewEntry::event(author, event))
    }

    /// Appends an event about what the customer does not see.
    pub(crate) fn tell_desk(
        &mut self,
        entropy: &Arc<dyn Entropy>,
        now: Time,
        author: Author,
        event: Event,
    ) -> Result<i64, Error> {
        self.append_as(entropy, now, NewEntry::event(author, event), false)
    }

    /// Moves the request on; the clocks of the row follow the state.
    pub(crate) fn step(&mut self, transition: Transition, now: Time) -> Result<State, Error> {
        let from = self.row.state;
        let to = from.after(transition)?;
        self.enter(to, now);
        if matches!(from, State::Solved | State::Closed) && to == State::Open {
            self.row.reopen_count += 1;
        }
        Ok(from)
    }

    /// Puts the request into a state; the clocks of the row follow.
    pub(crate) fn enter(&mut self, to: State, now: Time) {
        self.row.state = to;
        self.row.updated_at = now.max(self.row.updated_at);
        match to {
            State::Open => {
                self.row.waiting_since.get_or_insert(now);
                self.row.solved_at = None;
                self.row.closed_at = None;
            }
            State::Waiting | State::OnHold => {
                self.row.waiting_since = None;
                // Solved before, and taken up again by who answered once more.
                self.row.solved_at = None;
                self.row.closed_at = None;
            }
            State::Solved => {
                self.row.waiting_since = None;
                self.row.solved_at = Some(now);
                self.called_solved = Some(now).filter(|_| !self.was_solved);
            }
            State::Closed | State::Merged | State::Spam => {
                self.row.waiting_since = None;
                self.row.closed_at = Some(now);
            }
        }
    }

    /// Notes that a customer who waited got an answer, which is what the expected wait is measured from.
    pub(crate) fn answered(&mut self, by: AgentId) {
        if self.was_since.is_some() {
            self.answered_by = Some(by);
        }
    }

    /// Notes for how many seconds somebody had the request in hand, as their client tells. Nobody has one request in hand for
    /// more than [`LONGEST_WORK`] without doing anything about it: a client that says so was left alone.
    pub(crate) fn worked(&mut self, seconds: Option<u32>) {
        self.worked = seconds.map(|seconds| i64::from(seconds.min(LONGEST_WORK)));
    }

    /// Notes a change that is no entry.
    pub(crate) fn change(&mut self, seq: i64, kind: &'static str, data: String) {
        self.changes.push((seq, kind, data));
    }

    /// As [`Record::save`], and the outbox says one thing only: that there is something about this request. What is past
    /// is news to nobody who listens, and the facts need no more.
    pub(crate) fn save_quietly(mut self, tx: &mut Tx, keys: &Keys, now: Time) -> Result<RequestRow, Error> {
        self.changes.clear();
        self.save(tx, keys, now)
    }

    /// Writes the row with its seal, the entries, and what the outbox says of it.
    pub(crate) fn save(mut self, tx: &mut Tx, keys: &Keys, now: Time) -> Result<RequestRow, Error> {
        self.row.head_mac = self.seal(keys);
        match self.was {
            None => request::insert(tx, &self.row)?,
            Some(was) if was == Place::of(&self.row) => request::advance(tx, &self.row)?,
            Some(_) => request::save(tx, &self.row)?,
        }
        for entry in &self.entries {
            entry::insert(tx, entry)?;
        }
        if let Some(handled) = self.handled() {
            handling::add(tx, &handled)?;
        }
        if let Some(since) = self.was_since.filter(|since| self.row.waiting_since != Some(*since)) {
            let outcome = if self.answered_by.is_some() { "answered" } else { self.row.state.as_str() };
            promise::end(tx, self.row.id, since, now, outcome)?;
        }
        if self.was.is_some() && self.row.at_risk && !self.was_turn.is_at_risk() {
            false_claim::restore(tx, self.row.id, now)?;
        }
        let queue = self.queue_change();
        if self.changes.is_empty() {
            self.changes.push((self.row.last_seq, change::ROW, String::new()));
        }
        let last = self.changes.len() - 1;
        for (at, (seq, kind, mut data)) in self.changes.into_iter().enumerate() {
            if at == last && data.is_empty() {
                queue.clone_into(&mut data);
            }
            outbox::append(tx, self.row.id, seq, kind, &data, now)?;
        }
        if let Some(by) = self.answered_by {
            outbox::append(tx, self.row.id, self.row.last_seq, change::ANSWERED, &by.to_string(), now)?;
        }
        Ok(self.row)
    }

    /// The seal that the row gets. One that was broken stays broken: what somebody did to a row past the desk must not
    /// become right by the next words that are written.
    fn seal(&self, keys: &Keys) -> Vec<u8> {
        if self.sealed.as_ref().is_none_or(|sealed| sealed.fits(keys)) {
            return seal::mac(keys, &self.row).to_vec();
        }
        tracing::error!(request.id = %self.row.id, "a request's row was altered past the desk");
        metrics::counter!("standfast_broken_seals_total").increment(1);
        seal::BROKEN.to_vec()
    }

    /// What agents did to the request by this; nothing when it was a customer who wrote.
    fn handled(&self) -> Option<Handled> {
        let replies = self.entries.iter().filter(|entry| entry.kind == EntryKind::Text);
        let mut by = replies.filter_map(|entry| match entry.author {
            Author::Agent(id) => Some((id, entry.seq)),
            Author::Customer(_) | Author::System => None,
        });
        let (replied_by, reply_seq) = by.next().unzip();
        let (agent_id, team_id) = (self.row.assignee_id, self.row.team_id);
        let had = self.was.map_or((None, None), |was| (was.assignee, was.team));
        let is_moved = had != (agent_id, team_id);
        let is_worked = self.worked.is_some();
        (replied_by.is_some() || is_moved || self.called_solved.is_some() || is_worked).then(|| Handled {
            request_id: self.row.id,
            replies: i64::try_from(by.count()).unwrap_or(i64::MAX - 1) + i64::from(replied_by.is_some()),
            replied_by,
            solved_at: self.called_solved,
            agent_id,
            team_id,
            reply_seq,
            worked_s: self.worked,
        })
    }

    /// How the queue changes by this: it joins it with `+`, with `!` at risk, with `?` behind others who are; `v` puts it back from
    /// there among the others, and with `-` it leaves the queue.
    fn queue_change(&self) -> &'static str {
        let turn = self.row.turn();
        match (waits(&self.row), self.was_since.is_some()) {
            (true, true) if turn == self.was_turn => "",
            (true, true) if turn == Turn::Ordinary => "v",
            (true, _) => match turn {
                Turn::AtRisk => "!",
                Turn::Doubted => "?",
                Turn::Ordinary => "+",
            },
            (false, true) => "-",
            (false, false) => "",
        }
    }
}

/// Whether the customer of this request waits for the desk.
pub(crate) fn waits(row: &RequestRow) -> bool {
    row.state == State::Open && row.waiting_since.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_show_the_first_characters_on_one_line() {
        for (text, most, shown) in [
            ("", 3, ""),
            ("  a\n\tb  c ", 9, "a b c"),
            ("转账没有到账", 4, "转账没有"),
            ("转账 没有\n到账", 4, "转账 没"),
            ("ab cd", 3, "ab "),
            ("ab cd", 5, "ab cd"),
            ("key ⟦redacted:private_key⟧ gone", 26, "key ⟦redacted:private_key⟧"),
            ("key ⟦redacted:private_key⟧ gone", 25, "key "),
            ("key ⟦redacted:private_key⟧ gone", 7, "key "),
            ("what ⟦is this", 8, "what ⟦is"),
        ] {
            assert_eq!(beginning(text, most), shown, "{text:?}");
        }
    }
}
