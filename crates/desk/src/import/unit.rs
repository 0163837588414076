//! Writing a past request, inside a unit of work.

use standfast_domain::{
    AgentId, Author, Channel, CustomerId, EntryKind, Event, Resolution, State, Time, Transition,
};
use standfast_store::customer::{self, CustomerRow};
use standfast_store::request::RequestRow;
use standfast_store::resolution::{self, RatingRow, ResolutionRow};
use standfast_store::{Tx, imported};

use super::draft::{By, Draft, Rating, Words};
use super::{Importer, Outcome};
use crate::draft::json_list;
use crate::record::{NewEntry, Record};
use crate::triage::note_risk;
use crate::{Desk, Error, chain, fold};

/// Kind of the identities by which customers of other systems are known again.
const IDENTITY: &str = "import";

/// Something that happened, in the order in which it is told when several things have one time.
enum Happening<'a> {
    Words(&'a Words),
    Assigned(AgentId),
    Solved,
    Rated(&'a Rating),
    Ended,
}

impl Happening<'_> {
    const fn order(&self) -> u8 {
        match self {
            Self::Words(_) => 0,
            Self::Assigned(_) => 1,
            Self::Solved => 2,
            Self::Rated(_) => 3,
            Self::Ended => 4,
        }
    }
}

impl Draft {
    pub(super) fn write(&self, tx: &mut Tx, desk: &Desk, importer: &Importer) -> Result<Outcome, Error> {
        let customer = self.customer(tx)?;
        let mut record = Record::new(self.row(customer));
        let mut rated = None;
        for (at, happening) in self.happenings() {
            match happening {
                Happening::Words(words) => self.say(desk, &mut record, words)?,
                Happening::Assigned(agent) => {
                    record.row.assignee_id = Some(agent);
                    let event = Event::Assigned { agent_id: Some(agent), team_id: None };
                    record.tell(desk.entropy(), at, Author::System, event)?;
                }
                Happening::Solved => {
                    let from = record.step(Transition::Solve, at)?;
                    let by = self.agent.map_or(Author::System, Author::Agent);
                    record.tell(desk.entropy(), at, by, Event::State { from, to: State::Solved })?;
                }
                Happening::Rated(rating) => rated = Some(self.rate(desk, &mut record, rating)?),
                Happening::Ended => {
                    let end = if self.spam { Transition::Spam } else { Transition::Close };
                    let from = record.step(end, at)?;
                    let to = record.row.state;
                    record.tell(desk.entropy(), at, Author::System, Event::State { from, to })?;
                }
            }
        }
        record.row.first_reply_at = self.answered_at;
        let row = record.save_quietly(tx, desk.keys(), self.now)?;
        if let (Some(seq), Some(rating)) = (rated, &self.rating) {
            self.keep_rating(tx, &row, importer, rating, seq)?;
        }
        let history = (self.untold, self.bot_answered_at);
        imported::insert(tx, row.id, (&importer.source, &self.key), history, self.now)?;
        Ok(Outcome::Imported)
    }

    /// What happened, in the order of time. Nothing comes before the first words, and nothing but a rating after the end.
    fn happenings(&self) -> Vec<(Time, Happening<'_>)> {
        let mut all: Vec<(Time, Happening<'_>)> =
            self.words.iter().map(|words| (words.at, Happening::Words(words))).collect();
        if let Some(agent) = self.agent {
            let at = self.answered_at.or(self.solved_at).unwrap_or(self.created_at);
            all.push((at, Happening::Assigned(agent)));
        }
        if let Some(at) = self.solved_at {
            all.push((at, Happening::Solved));
        }
        if let Some(rating) = &self.rating {
            all.push((rating.at, Happening::Rated(rating)));
        }
        all.push((self.closed_at, Happening::Ended));
        all.sort_by_key(|(at, happening)| (*at, happening.order()));
        all
    }

    /// Whose it is: the customer that the source named before, or a new one.
    fn customer(&self, tx: &mut Tx) -> Result<CustomerId, Error> {
        if let Some(subject) = &self.customer
            && let Some(known) = customer::hold_identity(tx, IDENTITY, subject)?
        {
            customer::seen(tx, known, self.created_at)?;
            return Ok(known);
        }
        let row = CustomerRow {
            id: self.customer_id,
            name: self.customer_name.clone(),
            email: None,
            language: self.language,
            verified: false,
            first_seen_at: self.created_at,
        };
        customer::insert(tx, &row)?;
        if let Some(subject) = &self.customer {
            customer::add_identity(tx, IDENTITY, subject, row.id, self.now)?;
        }
        Ok(row.id)
    }

    fn row(&self, customer_id: CustomerId) -> RequestRow {
        RequestRow {
            id: self.request_id,
            number: self.number,
            customer_id,
            customer_name: None,
            customer_verified: false,
            state: State::Open,
            kind: self.kind.code.to_owned(),
            urgency: self.kind.urgency,
            at_risk: self.kind.at_risk,
            channel: self.channel,
            language: self.language,
            subject: self.subject(),
            chain: None,
            fields: "{}".to_owned(),
            context: self.context.json.clone(),
            identifiers: "[]".to_owned(),
            tags: self.tags.clone(),
            team_id: None,
            assignee_id: None,
            merged_into: None,
            previous_id: None,
            created_at: self.created_at,
            updated_at: self.created_at,
            waiting_since: Some(self.created_at),
            first_reply_at: None,
            solved_at: None,
            closed_at: None,
            reopen_count: self.reopen_count,
            follow_up_count: 0,
            last_seq: 0,
            last_text: String::new(),
            last_author: String::new(),
            customer_read_seq: 0,
            link_generation: 0,
            head: chain::START.to_vec(),
            head_mac: Vec::new(),
        }
    }

    fn say(&self, desk: &Desk, record: &mut Record, words: &Words) -> Result<(), Error> {
        let is_first = record.row.last_seq == 0;
        let (author, channel) = match words.by {
            By::Customer => (Author::Customer(record.row.customer_id), self.channel),
            By::Agent(id) => (Author::Agent(id), Channel::Console),
            By::System => (Author::System, Channel::Import),
        };
        let is_customer = words.by == By::Customer;
        let kind = if words.public { EntryKind::Text } else { EntryKind::Note };
        let entry = NewEntry {
            kind,
            author,
            channel,
            text: Some(words.text.clone()),
            event: None,
            attachments: None,
            identifiers: json_list(&words.findings.identifiers)?,
            client_id: None,
            intake: self.intake.clone().filter(|_| is_first),
        };
        record.append(desk.entropy(), words.at, entry)?;
        if is_customer {
            fold::add_identifiers(&mut record.row, &words.findings.identifiers)?;
            note_risk(desk, record, &words.findings, words.at)?;
            record.row.follow_up_count += i64::from(!is_first);
        }
        if matches!(words.by, By::Agent(_)) && words.public && record.row.state == State::Open {
            record.step(Transition::Reply, words.at)?;
        }
        Ok(())
    }

    /// Tells of a rating; returns the entry's sequence number.
    fn rate(&self, desk: &Desk, record: &mut Record, rating: &Rating) -> Result<i64, Error> {
        let customer = Author::Customer(record.row.customer_id);
        let event = Event::Rated { episode: 1, score: rating.score, reason: None };
        let entry = NewEntry {
            channel: self.channel,
            text: rating.comment.clone(),
            identifiers: json_list(&rating.findings.identifiers)?,
            ..NewEntry::event(customer, event)
        };
        let seq = record.append(desk.entropy(), rating.at, entry)?;
        fold::add_identifiers(&mut record.row, &rating.findings.identifiers)?;
        note_risk(desk, record, &rating.findings, rating.at)?;
        Ok(seq)
    }

    /// Keeps a rating for the figures. Nobody is asked anything, and nothing is put on anybody's list.
    fn keep_rating(
        &self,
        tx: &mut Tx,
        row: &RequestRow,
        importer: &Importer,
        rating: &Rating,
        seq: i64,
    ) -> Result<(), Error> {
        let agent_id = row.assignee_id.unwrap_or(importer.stand_in);
        let claimed_at = self.solved_at.unwrap_or(self.closed_at);
        let claim = ResolutionRow {
            request_id: row.id,
            episode: 1,
            state: Resolution::Claimed,
            agent_id,
            claimed_at,
            asked_at: None,
            decided_by: None,
            decided_at: None,
        };
        resolution::put(tx, &claim)?;
        let kept = RatingRow {
            request_id: row.id,
            episode: 1,
            score: rating.score,
            reason: None,
            seq,
            agent_id,
            channel: self.channel,
            created_at: rating.at,
            changed_at: rating.at,
        };
        resolution::put_rating(tx, &kept).map_err(Error::from)
    }
}
