//! The queue as it is now, kept in memory from the outbox: places, and what is expected of the wait.

use std::collections::BTreeSet;
use std::time::Duration;

use parking_lot::Mutex;
use standfast_domain::{AgentId, Channel, LONGEST_WAIT, Language, Line, RequestId, Time, Turn, Wait, said};
use standfast_science::wait::{self, Expected, Later, Outlook, Range, Staffing, Standing};
use standfast_store::promise::Kept;

use crate::Opening;

/// Which model makes the promises: another number for another model, so that each is known by its own record.
pub(crate) const MODEL: i64 = 1;
/// Answers by which one that is told twice is known again.
const REMEMBERED: usize = 4_096;
/// Handling times below which no average is made of them.
const FEW: usize = 5;
/// Hours of a day that are told apart by what is learned.
const HOURS: i64 = 6;

/// What anybody may know of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// How many wait for the desk.
    pub count: u32,
    /// What the next one has to expect; `None` when unknown.
    pub expected: Option<Wait>,
    /// How many agents are there to answer; those alone who know the language of whoever asks, where that is known.
    pub agents_present: u32,
}

/// Who asks how long it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asks {
    /// By which channel, where that is known.
    pub channel: Option<Channel>,
    /// In which language, where that is known.
    pub language: Option<Language>,
    /// How long the desk will be closed for them; `None` when nobody knows.
    pub closed: Option<Duration>,
    /// The time now.
    pub now: Time,
}

impl Asks {
    /// Somebody who asks. This is where it enters that the desk is closed: for them, until it opens.
    #[must_use]
    pub fn of(channel: Channel, language: Language, opening: Option<&Opening>, now: Time) -> Self {
        let closed = match opening.filter(|opening| !opening.is_open) {
            Some(closed) => closed.opens_at.map(|opens| opens.since(now)),
            None => Some(Duration::ZERO),
        };
        Self { channel: Some(channel), language: Some(language), closed, now }
    }
}

/// How many of those who are there know a language; everybody does of whom nothing is known.
pub(crate) type Knowing = [(Language, u32); Language::ALL.len()];

/// Who will be there within the next day, by the roster that was published.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ahead {
    everybody: Staffing,
    knowing: Vec<(Language, Staffing)>,
    /// How many of those who wait they have in hand at a time.
    at_once: u32,
}

impl Ahead {
    /// By whose shift is when, which languages they know, and how many of those who wait they have in hand at a time.
    pub(crate) fn new(shifts: &[(Time, Time, Vec<Language>)], at_once: u32) -> Self {
        let staffing = |language: Option<Language>| {
            let knows = |known: &[Language]| language.is_none_or(|language| known.contains(&language));
            let able = shifts.iter().filter(|(_, _, known)| knows(known));
            Staffing::new(able.map(|(from, until, _)| (seconds(*from), seconds(*until))))
        };
        let knowing = Language::ALL.map(|language| (language, staffing(Some(language)))).to_vec();
        Self { everybody: staffing(None), knowing, at_once }
    }

    /// For somebody who asks in a language, and for whom the desk opens at a time. Nothing where there is no roster.
    fn later(&self, language: Option<Language>, opens: f64) -> Option<Later<'_>> {
        let known = self.knowing.iter().find(|(known, _)| Some(*known) == language);
        let able = known.map_or(&self.everybody, |(_, staffing)| staffing);
        (!self.everybody.is_empty()).then_some(Later { opens, everybody: &self.everybody, able })
    }
}

/// A place in line, and what was made of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Outlined {
    /// The place, from 1.
    pub(crate) place: u32,
    /// How many agents are there.
    pub(crate) present: u32,
    /// What the model says; `None` when unknown.
    pub(crate) model: Option<Range>,
    /// What is said of it.
    pub(crate) said: Option<Wait>,
}

/// The queue in memory. It is derived: losing it costs a reading of the store at the next start.
#[derive(Debug, Default)]
pub struct Board {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    line: Line,
    outlook: Outlook,
    /// How many of those who wait an agent who is there has in hand at a time; 0 while nobody has said so.
    at_once: u32,
    /// How many of those who are there take nothing but what is at risk.
    reserved: u32,
    /// How many of those who are there know which language; nothing while nobody has said so.
    knowing: Option<Knowing>,
    /// Who will be there.
    ahead: Ahead,
    /// The latest answers that were learned from: each is told at the start, by the outbox, or by both, and not always in order.
    learned: BTreeSet<(Time, RequestId)>,
    /// Answers up to then are not learned from any more.
    forgotten: Time,
    /// The last stretch of time for which housekeeping was put on the list.
    slot: i64,
}

/// Something that happened in the last hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    /// So many agents were there.
    Present(u32),
    /// A request joined the line, at risk or not.
    Joined(RequestId, bool),
    /// It left the line.
    Left(RequestId),
    /// It was answered.
    Answered(RequestId, AgentId),
}

/// Seconds since 1970.
fn seconds(time: Time) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "microseconds of this century are known to a microsecond")]
    let micros = time.0 as f64;
    micros / 1e6
}

/// Waits that go alike: those of a channel, by hours of the day; and what is at risk in it, which goes first and takes longer, and
/// is too rare to be told apart by hours.
fn group(channel: Channel, at_risk: bool, at: Time) -> u16 {
    let place = Channel::ALL.iter().position(|known| *known == channel).unwrap_or_default();
    let parts = 24 / HOURS;
    let part = if at_risk { parts } else { at.0.div_euclid(3_600_000_000 * HOURS).rem_euclid(parts) };
    u16::try_from(place).unwrap_or_default() * 5 + u16::try_from(part).unwrap_or_default()
}

impl Board {
    /// Everybody who waits, as the store has it at the start; what happened in the last hours, in order; and the answers that
    /// there is something to learn from.
    pub(crate) fn load(
        &self,
        waiting: impl IntoIterator<Item = (RequestId, Turn, Time)>,
        happened: impl IntoIterator<Item = (Time, Happened)>,
        kept: &[Kept],
    ) {
        let mut state = self.state.lock();
        let present = state.outlook.pace().agents();
        state.line = Line::new();
        for (id, turn, since) in waiting {
            state.line.join(id, turn, since);
        }
        // Those since then are told by the store, too: none may count twice.
        state.outlook = Outlook::new();
        (state.learned, state.forgotten) = (BTreeSet::new(), Time(0));
        for (at, what) in happened {
            state.happened(at, what);
        }
        // Who is there now is told by the sockets, which may have done so already.
        let now = state.outlook.pace().now();
        state.outlook.pace().present(now, present);
        for kept in kept {
            state.learn(kept);
        }
    }

    /// Takes over what the outbox says of a request's place (see `Record::queue_change`).
    pub(crate) fn apply(&self, id: RequestId, change: &str, at: Time) {
        let mut state = self.state.lock();
        match change {
            "+" | "!" | "?" => {
                let turn = match change {
                    "!" => Turn::AtRisk,
                    "?" => Turn::Doubted,
                    _ => Turn::Ordinary,
                };
                state.line.join(id, turn, at);
                state.happened(at, Happened::Joined(id, turn.is_at_risk()));
            }
            "v" => state.line.put(id, Turn::Ordinary),
            "-" => {
                state.line.leave(id);
                state.happened(at, Happened::Left(id));
            }
            _ => {}
        }
    }

    /// How many agents are there to answer.
    pub(crate) fn present(&self) -> u32 {
        self.state.lock().outlook.agents()
    }

    /// How many of those who are there know a language.
    pub(crate) fn speakers(&self, language: Language) -> u32 {
        self.state.lock().there(Some(language))
    }

    /// Whether a request waits with assets at risk.
    pub(crate) fn is_at_risk(&self, id: RequestId) -> bool {
        self.state.lock().line.is_at_risk(id)
    }

    /// A customer who waited was answered.
    pub(crate) fn answered(&self, at: Time, id: RequestId, by: AgentId) {
        self.state.lock().happened(at, Happened::Answered(id, by));
    }

    /// What came of a promise.
    pub(crate) fn learn(&self, kept: &Kept) {
        self.state.lock().learn(kept);
    }

    /// How many agents are there to answer, as the live sockets know it, and how many conversations they have in hand at a time
    /// together. The model has one number for all of them: the mean, to the nearest one.
    pub fn set_present(&self, present: u32, at_once: u32, now: Time) {
        let mut state = self.state.lock();
        state.happened(now, Happened::Present(present));
        state.at_once = (at_once + present / 2).checked_div(present).unwrap_or(0);
        state.knowing = None;
    }

    /// How many of those who are there know which language.
    pub(crate) fn set_knowing(&self, knowing: Knowing) {
        self.state.lock().knowing = Some(knowing);
    }

    /// Who will be there.
    pub(crate) fn set_ahead(&self, ahead: Ahead) {
        self.state.lock().ahead = ahead;
    }

    /// Whether it makes no difference for who is there in which language somebody asks.
    pub(crate) fn is_one_language(&self) -> bool {
        let state = self.state.lock();
        let knows = |language| state.there(Some(language)) > 0;
        state.outlook.agents() == 0 || Language::ALL.into_iter().all(knows)
    }

    /// How many of those who are there take nothing but what is at risk.
    pub(crate) fn set_reserved(&self, reserved: u32) {
        self.state.lock().reserved = reserved;
    }

    /// Whether a stretch of time begins: true once for each.
    pub(crate) fn begins(&self, slot: i64) -> bool {
        let mut state = self.state.lock();
        std::mem::replace(&mut state.slot, slot) != slot
    }

    /// The queue as anybody may see it.
    pub fn waiting(&self, asks: Asks) -> Waiting {
        let mut state = self.state.lock();
        let place = state.line.next_place(Turn::Ordinary);
        let outlined = state.expect(place, false, asks);
        Waiting {
            count: state.line.len(),
            expected: outlined.said,
            agents_present: state.there(asks.language),
        }
    }

    /// How many wait.
    pub fn count(&self) -> u32 {
        self.state.lock().line.len()
    }

    /// How many wait, how many of them each of those present has in hand at a time, and how long an answer takes on average: of
    /// late, or else when somebody was there last; nothing while too few were seen.
    pub(crate) fn at_work(&self, now: Time) -> (u32, u32, Option<Duration>) {
        let mut state = self.state.lock();
        let (waiting, at_once) = (state.line.len(), state.at_once.max(1));
        let pace = state.outlook.pace();
        let seen = [false, true].map(|is_later| pace.handling(seconds(now), is_later));
        let times = seen.iter().find(|times| times.len() >= FEW);
        #[expect(clippy::cast_precision_loss, reason = "at most a few hundred handling times")]
        let mean = times.map(|times| Duration::from_secs_f64(times.iter().sum::<f64>() / times.len() as f64));
        (waiting, at_once, mean)
    }

    /// The place of a request that waits, and what to expect.
    pub fn place(&self, id: RequestId, asks: Asks) -> Option<(u32, Option<Wait>)> {
        let mut state = self.state.lock();
        let place = state.line.place(id)?;
        let at_risk = state.line.is_at_risk(id);
        Some((place, state.expect(place, at_risk, asks).said))
    }

    /// The place that a request gets that joins now (or has already), and what to expect.
    pub fn place_of(&self, id: RequestId, turn: Turn, asks: Asks) -> (u32, Option<Wait>) {
        let outlined = self.outlined(id, turn, asks);
        (outlined.place, outlined.said)
    }

    /// As [`Board::place_of`], with what it was made of.
    pub(crate) fn outlined(&self, id: RequestId, turn: Turn, asks: Asks) -> Outlined {
        let mut state = self.state.lock();
        let place = match state.line.place(id) {
            Some(place) if !turn.is_at_risk() => place,
            Some(place) => place.min(state.line.next_place(turn)),
            None => state.line.next_place(turn),
        };
        state.expect(place, turn.is_at_risk(), asks)
    }
}

impl State {
    fn happened(&mut self, at: Time, what: Happened) {
        let (at, pace) = (seconds(at), self.outlook.pace());
        match what {
            Happened::Present(agents) => pace.present(at, agents),
            Happened::Joined(id, at_risk) => pace.joined(at, id.0, at_risk),
            Happened::Left(id) => pace.left(at, id.0),
            Happened::Answered(id, by) => pace.answered(at, id.0, by.0),
        }
    }

    fn learn(&mut self, kept: &Kept) {
        let is_late = kept.ended_at <= self.forgotten;
        if kept.model != MODEL || is_late || !self.learned.insert((kept.ended_at, kept.request_id)) {
            return;
        }
        if self.learned.len() > REMEMBERED
            && let Some((oldest, _)) = self.learned.pop_first()
        {
            self.forgotten = oldest;
        }
        let wait = seconds(kept.ended_at) - seconds(kept.made_at);
        let closed = u32::try_from(kept.closed.max(0)).unwrap_or(u32::MAX);
        let wait = wait - f64::from(closed);
        let model = Range { p50: kept.model_p50, p80: kept.model_p80 };
        self.outlook.learn(model, group(kept.channel, kept.at_risk, kept.made_at), wait, |wait| {
            if closed == 0 {
                return f64::from(said(wait));
            }
            // As it was said to somebody for whom the desk was closed, without that time.
            let later = Wait::later(closed, wait, wait);
            later.map_or(wait, |later| f64::from(later.high_seconds.saturating_sub(closed)))
        });
    }

    fn expect(&mut self, place: u32, at_risk: bool, asks: Asks) -> Outlined {
        let ahead = place.saturating_sub(1);
        let first = self.line.at_risk();
        let standing = if at_risk {
            Standing { at_risk: ahead, ordinary: self.line.len().saturating_sub(first) }
        } else {
            Standing { at_risk: first.min(ahead), ordinary: ahead.saturating_sub(first) }
        };
        let present = self.outlook.agents();
        let expected = self.outlook_for(standing, at_risk, asks);
        let closed = asks.closed.map_or(u32::MAX, whole_seconds);
        let said = |expected: Expected| {
            let Range { p50, p80 } = expected.corrected;
            if closed > 0 {
                Wait::later(closed, p50, p80)
            } else {
                Some(Wait::between(p50, p80)).filter(|wait| wait.high_seconds <= LONGEST_WAIT)
            }
        };
        Outlined {
            place,
            present,
            model: expected.map(|expected| expected.model),
            said: expected.and_then(said),
        }
    }

    /// What is known of a wait; nothing while nobody is there who knows the language, and of a time for which there is no roster.
    fn outlook_for(&mut self, standing: Standing, is_at_risk: bool, asks: Asks) -> Option<Expected> {
        let (closed, there) = (asks.closed?, self.there(asks.language));
        if closed.is_zero() && there == 0 {
            return None;
        }
        let later = if closed.is_zero() {
            None
        } else {
            Some(self.ahead.later(asks.language, seconds(asks.now.plus(closed)))?)
        };
        self.outlook.expected(wait::Asks {
            now: seconds(asks.now),
            standing,
            is_at_risk,
            later,
            group: asks.channel.map(|channel| group(channel, is_at_risk, asks.now)),
            // Whoever answers from the inbox answers one after the other, unless it is said otherwise of them.
            at_once: if closed.is_zero() { self.at_once } else { self.ahead.at_once }.max(1),
            reserved: self.reserved,
        })
    }

    /// How many are there who know a language; everybody where it is not known which one.
    fn there(&self, language: Option<Language>) -> u32 {
        let present = self.outlook.agents();
        let known = self.knowing.iter().flatten().find(|(known, _)| Some(*known) == language);
        known.map_or(present, |(_, count)| (*count).min(present))
    }
}

/// A length of time in seconds, rounded up.
fn whole_seconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(request: i64, minute: i64) -> Kept {
        let made_at = Time(minute * 60_000_000);
        Kept {
            request_id: RequestId(request),
            channel: Channel::Page,
            at_risk: false,
            made_at,
            ended_at: made_at.plus(Duration::from_mins(5)),
            model_p50: 200.0,
            model_p80: 400.0,
            closed: 0,
            model: MODEL,
        }
    }

    #[test]
    fn answers_are_learned_from_once_in_whatever_order_they_are_told() {
        let board = Board::default();
        board.load([], [], &[kept(1, 10), kept(2, 20)]);
        // Told once more; by another process, late; two at the same moment.
        for answer in [kept(2, 20), kept(3, 15), kept(4, 20), kept(3, 15)] {
            board.learn(&answer);
        }
        let learned: Vec<i64> = board.state.lock().learned.iter().map(|(_, id)| id.0).collect();
        assert_eq!(learned, [1, 3, 2, 4]);
        for request in 0..i64::try_from(REMEMBERED).unwrap() {
            board.learn(&kept(100 + request, 30 + request));
        }
        let count = || board.state.lock().learned.len();
        assert_eq!(count(), REMEMBERED, "what is remembered does not grow");
        board.learn(&kept(1, 10));
        assert!(
            !board.state.lock().learned.contains(&(kept(1, 10).ended_at, RequestId(1))),
            "what is long past is not told anew"
        );
    }
}
