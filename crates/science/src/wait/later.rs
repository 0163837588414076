//! The wait of somebody for whom nobody is there yet: how far the line has come by then, by those who are to be there.
//!
//! What a line needs does not depend on when it is worked at, so that time runs by the work that is done: the wait at a place with a
//! steady number of people, in seconds times people, is over when so much has been worked (a change of time, as for a queue whose
//! servers come and go: Massey 2002, *The analysis of queues with time-varying rates*, 4). Who of those ahead needs somebody who knows
//! which language is not known, so that the lower figure is reckoned with everybody, and the upper one with those alone who can
//! answer whoever asks.

use super::Range;
use super::curve::LONGEST;

/// How many people are to be there when, in seconds.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Staffing {
    /// From when on how many, in order; nobody before the first, and with the last it is over.
    steps: Vec<(f64, u32)>,
}

impl Staffing {
    /// One person for each stretch of time, from when until when.
    #[must_use]
    pub fn new(stretches: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let changes = |(from, until): (f64, f64)| [(from, 1_i32), (until, -1)];
        let mut changes: Vec<_> =
            stretches.into_iter().filter(|(from, until)| from < until).flat_map(changes).collect();
        changes.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        let mut steps: Vec<(f64, u32)> = Vec::with_capacity(changes.len());
        let mut people = 0;
        for at_once in changes.chunk_by(|one, other| one.0.total_cmp(&other.0).is_eq()) {
            people += at_once.iter().map(|(_, change)| change).sum::<i32>();
            steps.extend(at_once.first().map(|(at, _)| (*at, u32::try_from(people).unwrap_or(0))));
        }
        Self { steps }
    }

    /// Whether nobody is to be there at all, as far as is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Stretches with somebody that are not over at a time: from when, until when, how many.
    fn attended(&self, from: f64) -> impl Iterator<Item = (f64, f64, u32)> {
        let ends = self.steps.iter().skip(1).map(|(at, _)| *at).chain([f64::INFINITY]);
        let stretches =
            self.steps.iter().zip(ends).map(move |((at, people), end)| (at.max(from), end, *people));
        stretches.filter(move |(_, end, people)| *end > from && *people > 0)
    }

    /// When somebody is there first, from a time on.
    #[must_use]
    pub fn first(&self, from: f64) -> Option<f64> {
        self.attended(from).next().map(|(at, ..)| at)
    }

    /// When so much has been worked from a time on, in seconds times people. `None` when it is not, as far as is known.
    #[must_use]
    pub fn worked(&self, from: f64, work: f64) -> Option<f64> {
        let mut left = work;
        for (at, end, people) in self.attended(from) {
            let (needs, has) = (left / f64::from(people), end - at);
            if needs <= has {
                return Some(at + needs);
            }
            left -= has * f64::from(people);
        }
        None
    }

    /// How many are there between two times on average while anybody is, to the nearest whole number. `None` where nobody is.
    #[must_use]
    pub fn usual(&self, from: f64, until: f64) -> Option<u32> {
        let stretches = self.attended(from).filter(|(at, ..)| *at < until);
        let (mut time, mut work) = (0.0, 0.0);
        for (at, end, people) in stretches {
            let length = end.min(until) - at;
            time += length;
            work += length * f64::from(people);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the mean of whole numbers from 1 on"
        )]
        (time > 0.0).then(|| (work / time).round().max(1.0) as u32)
    }
}

/// The desk is closed for whoever asks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Later<'a> {
    /// When it opens for them.
    pub opens: f64,
    /// Everybody who is to be there.
    pub everybody: &'a Staffing,
    /// Those of them who can answer whoever asks.
    pub able: &'a Staffing,
}

impl Later<'_> {
    /// How many people the line is reckoned with.
    pub(super) fn agents(self, now: f64) -> Option<u32> {
        self.everybody.usual(now, now + LONGEST)
    }

    /// The wait from the opening on, for whom the line comes to `line` with so many people, and an answer alone to `own`. `None`
    /// where nobody is to be there for it, and when it is more than a day from now.
    pub(super) fn range(self, now: f64, agents: u32, line: Range, own: Range) -> Option<Range> {
        let wait = |people: &Staffing, line: f64, own: f64| {
            let done = people.worked(now, line * f64::from(agents))?;
            let turn = self.able.first(done)?;
            let end = if turn > done { turn + own } else { done };
            let end = end.max(self.able.first(self.opens)? + own);
            (end - now <= LONGEST).then_some(end - self.opens)
        };
        let p50 = wait(self.everybody, line.p50, own.p50)?;
        let p80 = wait(self.able, line.p80, own.p80)?;
        Some(Range { p50, p80: p80.max(p50) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: f64 = 3_600.0;

    fn staffing(shifts: &[(f64, f64)]) -> Staffing {
        Staffing::new(shifts.iter().map(|(from, until)| (from * HOUR, until * HOUR)))
    }

    #[test]
    fn work_is_done_by_those_who_are_there() {
        let people = staffing(&[(1.0, 3.0), (2.0, 4.0), (6.0, 7.0), (5.0, 5.0)]);
        let worked = |work: f64| people.worked(0.0, work * HOUR).map(|at| at / HOUR);
        for (work, at) in [(0.5, 1.5), (1.0, 2.0), (2.0, 2.5), (3.0, 3.0), (4.0, 4.0), (4.5, 6.5), (5.0, 7.0)]
        {
            assert!((worked(work).unwrap() - at).abs() < 1e-9, "{work}: {:?}", worked(work));
        }
        assert_eq!(worked(5.01), None);
        assert_eq!(people.first(0.0), Some(HOUR));
        assert_eq!(people.first(4.5 * HOUR), Some(6.0 * HOUR));
        assert_eq!(people.first(7.0 * HOUR), None);
        // One for two hours, two for one, one for one: five hours of work in four.
        assert_eq!(people.usual(0.0, 24.0 * HOUR), Some(1));
        assert_eq!(people.usual(2.0 * HOUR, 3.0 * HOUR), Some(2));
        assert_eq!(people.usual(4.0 * HOUR, 6.0 * HOUR), None);
        assert!(staffing(&[]).is_empty() && staffing(&[]).worked(0.0, 1.0).is_none());
    }

    #[test]
    fn a_line_that_is_worked_off_meanwhile_costs_nobody_time() {
        let own = Range { p50: 300.0, p80: 600.0 };
        let line = Range { p50: 2.0 * HOUR, p80: 3.0 * HOUR };
        let night = staffing(&[(0.0, 8.0), (8.0, 16.0), (8.0, 16.0)]);
        let of = |able: &Staffing, opens: f64, line: Range| {
            Later { opens: opens * HOUR, everybody: &night, able }.range(0.0, 1, line, own)
        };
        assert_eq!(of(&night, 8.0, line), Some(own), "everything else is done by then");
        // Two knew the language, from the morning on: the upper figure is theirs alone.
        let able = staffing(&[(8.0, 16.0)]);
        let found = of(&able, 8.0, line).unwrap();
        assert!((found.p50 - own.p50).abs() < 1e-9 && (found.p80 - 3.0 * HOUR).abs() < 1e-9, "{found:?}");
        // Nobody who knows it is there before noon.
        let late = staffing(&[(12.0, 16.0)]);
        let found = of(&late, 8.0, line).unwrap();
        assert!((found.p50 - 4.0 * HOUR - own.p50).abs() < 1e-9, "{found:?}");
        assert_eq!(of(&staffing(&[]), 8.0, line), None, "nobody at all");
        assert_eq!(of(&night, 17.0, line), None, "the roster ends before it opens");
        let long = Range { p50: 10.0 * HOUR, p80: 40.0 * HOUR };
        assert_eq!(of(&night, 8.0, long), None);
    }
}
