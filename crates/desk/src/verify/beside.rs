//! Whether the tables beside a record say what the record says: what became of claims that a request was solved, how it was
//! rated, and the type that an agent settled.
//!
//! These rows have no seal of their own. Whatever changes them leaves an entry or moves the request on, and entries and the state
//! of the request are sealed: so they are made again from the entries, and compared. One thing entries do not tell: the state
//! after an answer, where it is *waiting* or what it was before. Both are followed until a later entry, or the state that the
//! request has now, tells which it was.

use standfast_domain::{AgentId, Author, EntryKind, Event, RequestId, Resolution, State, Time, Verdict};
use standfast_store::entry::EntryRow;
use standfast_store::false_claim::{self, FalseClaimRow};
use standfast_store::label::{self, LabelRow};
use standfast_store::request::RequestRow;
use standfast_store::resolution::{self, RatingRow, ResolutionRow};
use standfast_store::{Rd, imported};

use crate::Error;
use crate::feedback::{claimed, decided};
use crate::triage::{first_kind, is_by_claim};

/// Most courses that are followed at once. Each answer whose outcome is not told can double them, and the next entry halves
/// them again; they are a handful.
const MOST_COURSES: usize = 256;

/// What stands beside the records of some requests.
pub(super) struct Beside {
    resolutions: Vec<ResolutionRow>,
    ratings: Vec<RatingRow>,
    labels: Vec<LabelRow>,
    false_claims: Vec<FalseClaimRow>,
    imported: Vec<(RequestId, Time)>,
}

impl Beside {
    /// Of the requests after `after` up to `until`.
    pub(super) fn read(rd: &mut Rd, after: RequestId, until: RequestId) -> Result<Self, Error> {
        Ok(Self {
            resolutions: resolution::list_between(rd, after, until)?,
            ratings: resolution::list_ratings_between(rd, after, until)?,
            labels: label::list_between(rd, after, until)?,
            false_claims: false_claim::list_between(rd, after, until)?,
            imported: imported::list_between(rd, after, until)?,
        })
    }

    /// What does not fit the record of a request, which is whole; and whether all of it could be compared.
    pub(super) fn check(&self, row: &RequestRow, entries: &[EntryRow]) -> (Vec<&'static str>, bool) {
        let resolutions: Vec<_> = self.resolutions.iter().filter(|one| one.request_id == row.id).collect();
        let ratings: Vec<_> = self.ratings.iter().filter(|one| one.request_id == row.id).collect();
        let label = self.labels.iter().find(|one| one.request_id == row.id);
        let imported_at = self.imported.iter().find(|(id, _)| *id == row.id).map(|(_, at)| *at);
        let mut faults = Vec::new();
        // Whom an imported rating is about where nobody was assigned is told nowhere else.
        let stand_in = resolutions.first().map(|first| first.agent_id);
        let courses = follow(row, entries, imported_at, stand_in);
        let is_compared = courses.as_ref().is_some_and(|courses| !courses.is_empty());
        debug_assert!(is_compared || courses.is_none(), "a whole record can be followed: {}", row.number);
        if let Some(mut courses) = courses.filter(|courses| !courses.is_empty()) {
            courses.retain(|course| course.resolutions.iter().eq(resolutions.iter().copied()));
            if courses.is_empty() {
                faults.push("resolution is not what the record says");
            } else if !courses.iter().any(|course| course.is_rated_as(&ratings)) {
                faults.push("rating is not what the record says");
            }
        }
        if !is_settled_as(row, entries, label) {
            faults.push("label is not what the record says");
        }
        let false_claims = self.false_claims.iter().filter(|one| one.request_id == row.id);
        if !are_claimed_as(row, entries, false_claims) {
            faults.push("false claim is not what the record says");
        }
        (faults, is_compared)
    }
}

/// Whether each claim that was found to be false stands beside the record as its entry tells it, and all of them but for one that
/// still holds came back. A move out of the lane that was no false claim may stand there, too: once all of them did.
fn are_claimed_as<'a>(
    row: &RequestRow,
    entries: &[EntryRow],
    rows: impl Iterator<Item = &'a FalseClaimRow>,
) -> bool {
    let told: Vec<_> = entries.iter().filter_map(|entry| Some((entry, event_of(entry)?))).collect();
    let events: Vec<_> = told.iter().map(|(entry, event)| (entry.author, event.clone())).collect();
    let kind = first_kind(&row.kind, &events);
    let mut moves = told.iter().enumerate().filter_map(|(at, (entry, event))| match (event, entry.author) {
        (Event::NotAtRisk { reason }, Author::Agent(agent)) => {
            let is_claim = events.get(..at).is_some_and(|before| is_by_claim(kind, before));
            Some(((entry.seq, agent, *reason, entry.created_at), is_claim))
        }
        _ => None,
    });
    let looked = |one: &FalseClaimRow, by| {
        entries.iter().any(|entry| entry.seq > one.seq && entry.author == Author::Agent(by))
    };
    let (mut stands, mut is_known) = (false, false);
    for one in rows {
        let known = (one.seq, one.agent_id, one.reason, one.at);
        // The first that has to stand here, or does.
        let next = moves.find(|(told, is_claim)| *is_claim || *told == known);
        if stands || next.is_none_or(|(told, _)| told != known) {
            return false;
        }
        if one.restored_by.is_some_and(|by| one.restored_at.is_none() || !looked(one, by)) {
            return false;
        }
        (stands, is_known) = (one.restored_at.is_none(), true);
    }
    let later: Vec<bool> = moves.map(|(_, is_claim)| is_claim).collect();
    // What was moved out once more had come back.
    let is_out = !row.at_risk && later.is_empty();
    !later.contains(&true) && (!is_known || stands == is_out)
}

/// A rating made again.
#[derive(Clone, PartialEq, Eq)]
struct Rated {
    row: RatingRow,
    /// Entries that may hold its words: whether one that was erased had any is not known any more.
    seqs: Vec<i64>,
}

/// One course that things may have taken.
#[derive(Clone, PartialEq, Eq)]
struct Course {
    request: RequestId,
    state: State,
    /// Whoever answered, and the state before: the next entry tells the state after.
    telling: Option<(Author, State)>,
    /// The customer wrote on what was solved: that it is open again is told next.
    written: bool,
    resolutions: Vec<ResolutionRow>,
    ratings: Vec<Rated>,
}

/// The courses that fit the entries and end where the request is; nothing when there are too many to follow.
fn follow(
    row: &RequestRow,
    entries: &[EntryRow],
    imported_at: Option<Time>,
    stand_in: Option<AgentId>,
) -> Option<Vec<Course>> {
    // What came with an import happened before it, and nobody claimed anything to this desk then.
    let past = imported_at.map_or(0, |at| entries.partition_point(|entry| entry.created_at < at));
    let (past, own) = entries.split_at_checked(past).unwrap_or((&[], entries));
    let mut courses = vec![Course::imported(row.id, past, stand_in)];
    let mut replier = past.iter().filter_map(reply_by).next_back();
    for entry in own {
        let mut next: Vec<Course> = Vec::new();
        for course in courses.into_iter().flat_map(|course| course.after(entry, replier)) {
            if !next.contains(&course) {
                next.push(course);
            }
        }
        courses = next;
        replier = reply_by(entry).or(replier);
        if courses.len() > MOST_COURSES {
            return None;
        }
    }
    courses.retain(|course| course.state == row.state && course.telling.is_none() && !course.written);
    Some(courses)
}

fn reply_by(entry: &EntryRow) -> Option<AgentId> {
    match (entry.kind, entry.author) {
        (EntryKind::Text, Author::Agent(agent)) => Some(agent),
        _ => None,
    }
}

fn event_of(entry: &EntryRow) -> Option<Event> {
    serde_json::from_str(entry.event.as_deref()?).ok()
}

impl Course {
    /// What an import left; a new request where there was none.
    fn imported(id: RequestId, past: &[EntryRow], stand_in: Option<AgentId>) -> Self {
        let mut course = Self {
            request: id,
            state: State::Open,
            telling: None,
            written: false,
            resolutions: Vec::new(),
            ratings: Vec::new(),
        };
        let (mut solved, mut ended, mut agent) = (None, None, stand_in);
        for entry in past {
            match event_of(entry) {
                Some(Event::State { to, .. }) => {
                    course.state = to;
                    let end = if to == State::Solved { &mut solved } else { &mut ended };
                    *end = Some(entry.created_at);
                }
                Some(Event::Assigned { agent_id: Some(by), .. }) => agent = Some(by),
                _ => {}
            }
        }
        let mut rated = past.iter().filter(|entry| matches!(event_of(entry), Some(Event::Rated { .. })));
        if let (Some(entry), Some(agent), Some(at)) = (rated.next_back(), agent, solved.or(ended)) {
            course.resolutions.extend(claimed(id, None, State::Open, agent, at));
            course.rate(entry);
        }
        course
    }

    /// What an entry makes of it: several courses where that is not told, none where it does not fit.
    fn after(mut self, entry: &EntryRow, replier: Option<AgentId>) -> Vec<Self> {
        let (now, event) = (entry.created_at, event_of(entry));
        if let Some((by, from)) = self.telling.take() {
            let to = match event {
                Some(Event::State { from: told, to }) if told == from && entry.author == by => to,
                _ => return Vec::new(),
            };
            if to == State::Solved {
                self.claim(from, by, None, now);
            } else if from == State::Solved {
                self.decide(Verdict::Withdrawn, "agent", now);
            }
            self.state = to;
            return vec![self];
        }
        let is_told =
            matches!(event, Some(Event::State { .. } | Event::AtRisk { .. } | Event::Erased { .. }));
        if self.written && !is_told {
            return Vec::new();
        }
        match (entry.kind, entry.author, event) {
            (EntryKind::Text, Author::Customer(_), _) => self.write(),
            (EntryKind::Text, Author::Agent(_), _) => return self.answer(entry.author, now),
            (_, author, Some(Event::State { from, to })) => {
                if from != self.state {
                    return Vec::new();
                }
                self.step(author, from, to, replier, now);
            }
            (_, _, Some(Event::MergedInto { .. })) => self.state = State::Merged,
            (_, _, Some(Event::Resolution { episode, state })) => {
                return self.heard(episode, state, now).into_iter().collect();
            }
            (_, _, Some(Event::AskedAgain { .. })) => {
                if let Some(last) = self.resolutions.last_mut() {
                    last.asked_at = Some(now);
                }
            }
            (_, _, Some(Event::Rated { .. })) => self.rate(entry),
            _ => {}
        }
        vec![self]
    }

    fn write(&mut self) {
        match self.state {
            State::Solved => self.written = true,
            State::Waiting | State::OnHold => self.state = State::Open,
            State::Open | State::Closed | State::Merged | State::Spam => {}
        }
    }

    /// After an answer: told by the next entry, else waiting or what it was.
    fn answer(self, by: Author, now: Time) -> Vec<Self> {
        let from = self.state;
        let told = Self { telling: Some((by, from)), ..self.clone() };
        let mut waiting = Self { state: State::Waiting, ..self.clone() };
        let mut same = self;
        if from == State::Solved {
            waiting.decide(Verdict::Withdrawn, "agent", now);
            same.claim(from, by, None, now);
        }
        vec![told, waiting, same]
    }

    fn step(&mut self, by: Author, from: State, to: State, replier: Option<AgentId>, now: Time) {
        match (by, to) {
            (Author::Agent(_), State::Solved) => self.claim(from, by, replier, now),
            (Author::Agent(_), State::Open) => self.decide(Verdict::Withdrawn, "agent", now),
            (Author::System, State::Open) if self.written => self.decide(Verdict::No, "customer", now),
            _ => {}
        }
        self.written = false;
        self.state = to;
    }

    fn claim(&mut self, from: State, by: Author, replier: Option<AgentId>, now: Time) {
        let Author::Agent(by) = by else { return };
        let agent = replier.unwrap_or(by);
        if let Some(fresh) = claimed(self.request, self.resolutions.last(), from, agent, now) {
            self.put(fresh);
        }
    }

    fn decide(&mut self, verdict: Verdict, by: &str, now: Time) {
        if let Some(decided) = self.resolutions.last().and_then(|last| decided(last, verdict, by, now)) {
            self.put(decided);
        }
    }

    fn put(&mut self, row: ResolutionRow) {
        self.resolutions.retain(|known| known.episode != row.episode);
        self.resolutions.push(row);
    }

    /// With what became known; none when it cannot have.
    fn heard(mut self, episode: i64, state: Resolution, now: Time) -> Option<Self> {
        let (verdict, by) = match state {
            Resolution::Confirmed => (Verdict::Yes, "customer"),
            Resolution::Repudiated => (Verdict::No, "customer"),
            Resolution::Assumed => (Verdict::Silence, "system"),
            Resolution::Claimed => return None,
        };
        self.decide(verdict, by, now);
        let last = self.resolutions.last()?;
        ((last.episode, last.state) == (episode, state)).then_some(self)
    }

    fn rate(&mut self, entry: &EntryRow) {
        let Some(Event::Rated { episode, score, reason }) = event_of(entry) else { return };
        let Some(about) = self.resolutions.iter().find(|one| one.episode == episode) else { return };
        let fresh = RatingRow {
            request_id: entry.request_id,
            episode,
            score,
            reason,
            seq: entry.seq,
            agent_id: about.agent_id,
            channel: entry.channel,
            created_at: entry.created_at,
            changed_at: entry.created_at,
        };
        let Some(known) = self.ratings.iter_mut().find(|known| known.row.episode == episode) else {
            self.ratings.push(Rated { row: fresh, seqs: vec![entry.seq] });
            return;
        };
        // A correction without words leaves those that were given before.
        if entry.text.is_some() {
            known.seqs.clear();
        }
        if entry.text.is_some() || entry.erased_at.is_some() {
            known.seqs.push(entry.seq);
        }
        let RatingRow { agent_id, created_at, .. } = known.row;
        known.row = RatingRow { agent_id, created_at, ..fresh };
    }

    fn is_rated_as(&self, kept: &[&RatingRow]) -> bool {
        let mut made: Vec<&Rated> = self.ratings.iter().collect();
        made.sort_by_key(|one| one.row.episode);
        made.len() == kept.len()
            && made.iter().zip(kept).all(|(made, kept)| {
                let seq = kept.seq;
                made.seqs.contains(&seq) && RatingRow { seq, ..made.row.clone() } == **kept
            })
    }
}

/// Whether a label is the type that an agent gave last, or the type that the request had when an agent confirmed it. Of a
/// confirmation nothing else is in the record.
fn is_settled_as(row: &RequestRow, entries: &[EntryRow], label: Option<&LabelRow>) -> bool {
    let turns: Vec<(&EntryRow, String, String)> = entries
        .iter()
        .filter_map(|entry| match event_of(entry) {
            Some(Event::Retyped { from, to }) => Some((entry, from, to)),
            _ => None,
        })
        .collect();
    let by_agent = turns.iter().rfind(|(entry, ..)| matches!(entry.author, Author::Agent(_)));
    let Some(label) = label else { return by_agent.is_none() };
    if let Some((entry, _, to)) = by_agent {
        if label.created_at < entry.created_at {
            return false;
        }
        if label.created_at == entry.created_at {
            return label.kind == *to && entry.author == Author::Agent(label.agent_id);
        }
    }
    let mut held = turns.first().map_or(row.kind.as_str(), |(_, from, _)| from);
    for (entry, _, to) in &turns {
        if entry.created_at > label.created_at || (entry.created_at == label.created_at && held == label.kind)
        {
            break;
        }
        held = to;
    }
    held == label.kind
}
