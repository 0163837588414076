//! What a change between two periods is made of: more users, other users, or users who ask more often.

use standfast_domain::Day;
use standfast_science::decomposition::{self as science, Parts};
use standfast_science::effect::{self, Effect, Verdict, compare_days, like_for_like};
use standfast_science::interval::{Rate, RateRatio};

use crate::daily::{Daily, days_of, length, real};
use crate::dimension::Dimension;
use crate::error::Error;
use crate::exposure::{self, Exposure};
use crate::facts::Facts;
use crate::query::Query;

/// Shortest period: one of each weekday.
const LEAST_DAYS: usize = 7;
/// Longest.
const MOST_DAYS: usize = 366;
/// The smallest change worth knowing.
const WORTHWHILE: f64 = 0.15;

/// Days in a row, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first.
    pub from: Day,
    /// The last.
    pub until: Day,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct ChangeWish {
    /// The filter, the zone and the time; nothing else of it matters.
    pub query: Query,
    /// What segments are made of.
    pub dimension: Dimension,
    /// The period before.
    pub earlier: Period,
    /// The period after.
    pub later: Period,
    /// A weekday counts only when both have it, and then equally often. Without, both have the same length, and a day counts
    /// unless the desk was closed on it or on its counterpart.
    pub like_for_like: bool,
}

/// One segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The value's code.
    pub code: String,
    /// Requests and user-days of the period before; days where users are not known.
    pub before: Rate,
    /// Of the period after.
    pub after: Rate,
    /// What it adds to the change.
    pub parts: Parts,
    /// How its rate changed, with a test; `None` when it cannot be compared.
    pub rate: Option<RateRatio>,
    /// The test, corrected for all segments; `None` where the days compared are too few for one.
    pub q: Option<f64>,
}

/// The change and what it is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Users are known on the days compared: the change is split. Otherwise counts are compared, and all of it is `rate`.
    pub has_users: bool,
    /// Users are known by the dimension that segments are made of. Otherwise all of them could have asked about each: their mix is not
    /// known, and what it adds is part of `rate`.
    pub has_mix: bool,
    /// Days of each period that were compared.
    pub days: usize,
    /// Between which days of each period those lie that the verdict is of, those on which users are not known among them.
    pub compared: Option<[(Day, Day); 2]>,
    /// Open days of each period that are not among these, each row of days by its first and its last: the other one has no such weekday
    /// left for them, or was closed on the day that they stand against.
    pub without_partner: [Vec<(Day, Day)>; 2],
    /// Days of the later period that could be compared and are left out, because users are not known on them or on their like.
    /// The whole change with its interval is that of all days.
    pub days_left_out: usize,
    /// Requests of the period before, on these days.
    pub before: u64,
    /// Requests of the period after.
    pub after: u64,
    /// The whole change, with its interval.
    pub effect: Effect,
    /// The parts of the whole change.
    pub parts: Parts,
    /// The segments, those first whose mix and rate explain most.
    pub segments: Vec<Segment>,
}

impl Period {
    pub(crate) fn days(self) -> (Day, Day) {
        (self.from, self.until.plus(1))
    }
}

impl ChangeWish {
    fn check(&self, daily: &Daily) -> Result<(), Error> {
        for (field, period) in [("earlier", self.earlier), ("later", self.later)] {
            if period.until < period.from {
                return Err(Error::invalid(field, "before_start"));
            }
            if period.until >= daily.today() {
                return Err(Error::invalid(field, "in_future"));
            }
            if length(period.days()) < LEAST_DAYS {
                return Err(Error::invalid(field, "too_short"));
            }
            if length(period.days()) > MOST_DAYS {
                return Err(Error::invalid(field, "out_of_range"));
            }
            if daily.first().is_none_or(|first| period.from < first) {
                return Err(Error::invalid(field, "before_history"));
            }
        }
        if self.earlier.until >= self.later.from {
            return Err(Error::invalid("later", "overlaps"));
        }
        if !self.like_for_like && length(self.earlier.days()) != length(self.later.days()) {
            return Err(Error::invalid("later", "lengths_differ"));
        }
        Ok(())
    }
}

/// One period, by segment.
struct Side<'a> {
    daily: &'a Daily<'a>,
    wish: &'a ChangeWish,
    period: Period,
    open: Vec<bool>,
    counts: Vec<u64>,
    /// Places of the days that are compared.
    chosen: Vec<usize>,
}

impl<'a> Side<'a> {
    fn new(daily: &'a Daily<'a>, wish: &'a ChangeWish, period: Period) -> Result<Self, Error> {
        let counts = daily.counts(period.days(), &wish.query.filter, None)?.remove("").unwrap_or_default();
        Ok(Self { daily, wish, period, open: daily.open(period.days())?, counts, chosen: Vec::new() })
    }

    /// The chosen ones of a number for each day.
    fn pick<T: Copy>(&self, numbers: &[T]) -> Vec<T> {
        self.chosen.iter().filter_map(|place| numbers.get(*place).copied()).collect()
    }

    /// The users of the chosen days, of a value where it is a version, a region or a platform; of everybody where it is anything else,
    /// which all of them could have asked about.
    fn users(&self, value: Option<&str>) -> Option<u64> {
        let value = value.map(|code| (self.wish.dimension, code));
        let users = self.daily.users(self.period.days(), &self.wish.query.filter, value);
        self.pick(&users).into_iter().sum()
    }

    /// The first and the last of the chosen days.
    fn compared(&self) -> Option<(Day, Day)> {
        Some((self.day(*self.chosen.iter().min()?), self.day(*self.chosen.iter().max()?)))
    }

    fn day(&self, place: usize) -> Day {
        self.period.from.plus(i64::try_from(place).unwrap_or(0))
    }

    /// Open days that are not chosen, those that follow each other as one.
    fn without_partner(&self) -> Vec<(Day, Day)> {
        let mut rows: Vec<(Day, Day)> = Vec::new();
        let open = self.open.iter().enumerate().filter(|(_, open)| **open);
        for (place, _) in open.filter(|(place, _)| !self.chosen.contains(place)) {
            let day = self.day(place);
            match rows.last_mut() {
                Some((_, last)) if last.plus(1) == day => *last = day,
                _ => rows.push((day, day)),
            }
        }
        rows
    }

    /// Leaves out, of the chosen days, those on which users are not known.
    fn keep_known(&mut self) {
        let users = self.daily.users(self.period.days(), &self.wish.query.filter, None);
        for (place, (open, users)) in self.open.iter_mut().zip(users).enumerate() {
            *open &= users.is_some() && self.chosen.contains(&place);
        }
    }

    fn days(&self, users: bool) -> Vec<effect::Day> {
        let users = users.then(|| self.daily.users(self.period.days(), &self.wish.query.filter, None));
        days_of(self.period.from, &self.counts, &self.open, users.as_deref())
    }
}

/// Answers it. Segments that had no request in either period are not among it.
pub fn decompose(
    facts: &Facts,
    wish: &ChangeWish,
    exposure: Option<&dyn Exposure>,
    threads: usize,
) -> Result<Change, Error> {
    let daily = Daily { facts, query: &wish.query, exposure, threads };
    wish.check(&daily)?;
    let mut earlier = Side::new(&daily, wish, wish.earlier)?;
    let mut later = Side::new(&daily, wish, wish.later)?;
    choose(&mut earlier, &mut later);
    let without_partner = [earlier.without_partner(), later.without_partner()];
    let compared = earlier.compared().zip(later.compared()).map(|(one, other)| [one, other]);
    let out_of_range = |_| Error::invalid("later", "out_of_range");
    let chosen = |side: &Side| side.pick(&side.days(false));
    let effect = compare_days(&chosen(&earlier), &chosen(&later), WORTHWHILE).map_err(out_of_range)?;
    let all = later.chosen.len();
    let has_users = choose_known(&mut earlier, &mut later);
    let (codes, segments) = segments(&earlier, &later, has_users)?;
    let dispersion = effect.estimate.map_or(1.0, |estimate| estimate.inflation());
    let found =
        science::decompose(&segments, dispersion).map_err(|_| Error::invalid("dimension", "out_of_range"))?;
    let is_tested = !matches!(effect.verdict, Verdict::TooShort { .. }) && later.chosen.len() >= LEAST_DAYS;
    let segment = |one: science::Contribution| {
        let (code, rates) = (codes.get(one.segment)?, segments.get(one.segment)?);
        Some(Segment {
            code: code.clone(),
            before: rates.before,
            after: rates.after,
            parts: one.parts,
            rate: one.rate,
            q: one.rate.filter(|_| is_tested).map(|_| one.q),
        })
    };
    Ok(Change {
        has_users,
        has_mix: has_users && exposure::has_users(wish.dimension),
        days: later.chosen.len(),
        compared,
        without_partner,
        days_left_out: all.saturating_sub(later.chosen.len()),
        before: found.before,
        after: found.after,
        effect,
        parts: found.parts,
        segments: found.segments.into_iter().filter_map(segment).collect(),
    })
}

/// Chooses the days that are compared.
fn choose(earlier: &mut Side, later: &mut Side) {
    if earlier.wish.like_for_like {
        (earlier.chosen, later.chosen) = like_for_like(&earlier.days(false), &later.days(false));
    } else {
        let both = earlier.open.iter().zip(&later.open).map(|(one, other)| *one && *other);
        let chosen: Vec<usize> = both.enumerate().filter(|(_, open)| *open).map(|(place, _)| place).collect();
        (earlier.chosen, later.chosen) = (chosen.clone(), chosen);
    }
}

/// Whether users are known on the chosen days. Where they are known on most of them alone (those of yesterday come late), these are
/// chosen.
fn choose_known(earlier: &mut Side, later: &mut Side) -> bool {
    let known = |side: &Side| side.users(None).is_some_and(|users| users > 0);
    if known(earlier) && known(later) {
        return true;
    }
    let (open, chosen) =
        ((earlier.open.clone(), later.open.clone()), (earlier.chosen.clone(), later.chosen.clone()));
    earlier.keep_known();
    later.keep_known();
    choose(earlier, later);
    if later.chosen.len() * 2 > chosen.1.len() && known(earlier) && known(later) {
        return true;
    }
    (earlier.open, later.open) = open;
    (earlier.chosen, later.chosen) = chosen;
    false
}

/// The users of values of whom nobody asked in either period: they are users all the same. Has no code.
fn silent(earlier: &Side, later: &Side, segments: &[science::Segment]) -> science::Segment {
    let rest = |side: &Side, own: fn(&science::Segment) -> Rate| {
        let all = real(side.users(None).unwrap_or(0));
        let known: f64 = segments.iter().map(|segment| own(segment).exposure).sum();
        Rate { count: 0, exposure: (all - known).max(0.0) }
    };
    science::Segment {
        before: rest(earlier, |segment| segment.before),
        after: rest(later, |segment| segment.after),
    }
}

/// The codes of all segments, and their requests and users.
fn segments(
    earlier: &Side,
    later: &Side,
    has_users: bool,
) -> Result<(Vec<String>, Vec<science::Segment>), Error> {
    let (daily, wish) = (earlier.daily, earlier.wish);
    let by_value = |side: &Side| daily.counts(side.period.days(), &wish.query.filter, Some(wish.dimension));
    let (one, other) = (by_value(earlier)?, by_value(later)?);
    let mut codes: Vec<String> = one.keys().chain(other.keys()).cloned().collect();
    codes.sort_unstable();
    codes.dedup();
    let rate = |side: &Side, counts: Option<&Vec<u64>>, code: &str| {
        let count = counts.map_or(0, |counts| side.pick(counts).into_iter().sum());
        let users = has_users.then(|| side.users(Some(code))).flatten();
        let days = u64::try_from(side.chosen.len()).unwrap_or(0);
        Rate { count, exposure: real(users.unwrap_or(if has_users { 0 } else { days })) }
    };
    let rates = |code: &String| science::Segment {
        before: rate(earlier, one.get(code), code),
        after: rate(later, other.get(code), code),
    };
    let mut segments: Vec<science::Segment> = codes.iter().map(rates).collect();
    if has_users && exposure::has_users(wish.dimension) {
        segments.push(silent(earlier, later, &segments));
    }
    Ok((codes, segments))
}
