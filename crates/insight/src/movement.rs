//! What moved between two periods: the count, and the count of each value of some dimensions.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use standfast_science::effect::{Effect, Verdict, compare_periods};

use crate::daily::{Daily, Days, days_of, length};
use crate::decomposition::Period;
use crate::dimension::Dimension;
use crate::effect::correct;
use crate::error::Error;
use crate::facts::Facts;
use crate::query::Query;
use crate::scan::side_by_side;

/// Longest period, in days.
const MOST_DAYS: usize = 366;
/// Most dimensions that are looked at.
const MOST_DIMENSIONS: usize = 6;
/// Of so few requests in both periods together nothing is told.
const FEWEST: u64 = 10;
/// Most values of one dimension, those with most requests: whoever writes a thousand versions hides none of the others.
const MOST_VALUES: usize = 100;
/// The smallest change worth knowing.
const WORTHWHILE: f64 = 0.15;

/// What is asked.
#[derive(Clone, Debug)]
pub struct MovementWish {
    /// The filter, the zone and the time; nothing else of it matters.
    pub query: Query,
    /// Whose values are looked at; none for the count alone.
    pub dimensions: Vec<Dimension>,
    /// The period before.
    pub earlier: Period,
    /// The period after, of days that are over.
    pub later: Period,
}

/// How a count moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Movement {
    /// Requests of all days of the period before.
    pub before: u64,
    /// Requests of all days of the period after.
    pub after: u64,
    /// What can be said of the change, like for like: see [`compare_periods`]. Its sides count the days compared alone.
    pub effect: Effect,
}

/// How the count of one value of a dimension moved.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueMovement {
    /// The dimension.
    pub dimension: Dimension,
    /// The value's code.
    pub code: String,
    /// How it moved; the verdict is corrected.
    pub movement: Movement,
    /// The test, corrected for all values that were looked at (Benjamini & Hochberg); `None` where there is none.
    pub q: Option<f64>,
}

/// What moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Movements {
    /// All requests together, tested once and not corrected.
    pub total: Movement,
    /// The values of either period that were looked at: those found to have moved first, and of these those that moved by most
    /// requests.
    pub values: Vec<ValueMovement>,
    /// Values with fewer than ten requests in both periods together, and those beyond the hundred most frequent of a dimension.
    pub left_out: usize,
}

impl MovementWish {
    fn check(&self, daily: &Daily) -> Result<(), Error> {
        for (field, period) in [("earlier", self.earlier), ("later", self.later)] {
            if period.until < period.from {
                return Err(Error::invalid(field, "before_start"));
            }
            if period.until >= daily.today() {
                return Err(Error::invalid(field, "in_future"));
            }
            if length(period.days()) > MOST_DAYS {
                return Err(Error::invalid(field, "out_of_range"));
            }
        }
        if self.earlier.until >= self.later.from {
            return Err(Error::invalid("later", "overlaps"));
        }
        if self.dimensions.len() > MOST_DIMENSIONS {
            return Err(Error::invalid("dimensions", "too_many"));
        }
        Ok(())
    }
}

/// Two periods, and on which of their days the desk was open.
struct Sides<'a> {
    daily: &'a Daily<'a>,
    earlier: Days,
    later: Days,
    open: Counts<bool>,
}

/// Something of each day of the earlier and of the later period.
type Counts<T> = (Vec<T>, Vec<T>);

impl<'a> Sides<'a> {
    fn new(daily: &'a Daily<'a>, wish: &MovementWish) -> Result<Self, Error> {
        let (earlier, later) = (wish.earlier.days(), wish.later.days());
        let open = |days: Days| {
            let mut open = daily.open(days)?;
            // Of days before the first whole one it is not known how many requests they had.
            let first = daily.first().unwrap_or(days.1);
            let unknown = length((days.0, first.min(days.1)));
            open.iter_mut().take(unknown).for_each(|open| *open = false);
            Ok::<_, Error>(open)
        };
        Ok(Self { daily, earlier, later, open: (open(earlier)?, open(later)?) })
    }

    fn counts(&self, group: Option<Dimension>) -> Result<BTreeMap<String, Counts<u64>>, Error> {
        let of = |days: Days| self.daily.counts(days, &self.daily.query.filter, group);
        let (before, after) = (length(self.earlier), length(self.later));
        let between = length((self.earlier.1, self.later.0));
        // Periods that are near each other are counted at once.
        if between <= before.max(after) {
            let split = |(code, counts): (String, Vec<u64>)| {
                let later = counts.iter().skip(before + between).take(after).copied().collect();
                (code, (counts.into_iter().take(before).collect(), later))
            };
            return Ok(of((self.earlier.0, self.later.1))?.into_iter().map(split).collect());
        }
        let mut both = BTreeMap::new();
        for (code, counts) in of(self.earlier)? {
            both.insert(code, (counts, vec![0; after]));
        }
        for (code, counts) in of(self.later)? {
            both.entry(code).or_insert_with(|| (vec![0; before], Vec::new())).1 = counts;
        }
        Ok(both)
    }

    fn movement(&self, counts: &Counts<u64>) -> Result<Movement, Error> {
        let earlier = days_of(self.earlier.0, &counts.0, &self.open.0, None);
        let later = days_of(self.later.0, &counts.1, &self.open.1, None);
        let effect = compare_periods(&earlier, &later, WORTHWHILE)
            .map_err(|_| Error::invalid("later", "out_of_range"))?;
        Ok(Movement { before: counts.0.iter().sum(), after: counts.1.iter().sum(), effect })
    }
}

/// Answers it. A value that is gone, or new, is among it.
pub fn movements(facts: &Facts, wish: &MovementWish, threads: usize) -> Result<Movements, Error> {
    // What is counted is little: each count is left to one thread, and several go on at the same time.
    let daily = Daily { facts, query: &wish.query, exposure: None, threads: 1 };
    wish.check(&daily)?;
    let sides = Sides::new(&daily, wish)?;
    let groups: Vec<_> = [None].into_iter().chain(wish.dimensions.iter().copied().map(Some)).collect();
    let (mut total, mut counted, mut left_out) = (None, Vec::new(), 0);
    for (group, counts) in groups.iter().zip(side_by_side(&groups, threads, |group| sides.counts(*group))) {
        let mut counts = counts?;
        match group {
            None => total = counts.remove(""),
            Some(dimension) => {
                let (mut most, others) = most_of(*dimension, counts);
                counted.append(&mut most);
                left_out += others;
            }
        }
    }
    let none = || (vec![0; sides.open.0.len()], vec![0; sides.open.1.len()]);
    let total = sides.movement(&total.unwrap_or_else(none))?;
    let test = |(dimension, code, counts): &Counted| {
        let movement = sides.movement(counts)?;
        Ok(ValueMovement { dimension: *dimension, code: code.clone(), movement, q: None })
    };
    let tested = side_by_side(&counted, threads, test);
    let mut values = tested.into_iter().collect::<Result<Vec<_>, Error>>()?;
    correct(values.iter_mut().map(|value| (&mut value.movement.effect, &mut value.q)));
    values.sort_by_key(|ValueMovement { movement, .. }| {
        let is_found = matches!(movement.effect.verdict, Verdict::Fewer | Verdict::More);
        (!is_found, Reverse(movement.after.abs_diff(movement.before)))
    });
    Ok(Movements { total, values, left_out })
}

/// A value of a dimension, and its requests of each day.
type Counted = (Dimension, String, Counts<u64>);

/// The values that either period has, those with most requests first, and how many of them are left out.
fn most_of(dimension: Dimension, counts: BTreeMap<String, Counts<u64>>) -> (Vec<Counted>, usize) {
    let of = counts.len();
    let sum = |counts: &Counts<u64>| counts.0.iter().chain(&counts.1).sum::<u64>();
    let mut most: Vec<(u64, Counted)> =
        counts.into_iter().map(|(code, counts)| (sum(&counts), (dimension, code, counts))).collect();
    most.retain(|(requests, _)| *requests >= FEWEST);
    most.sort_by_key(|(requests, _)| Reverse(*requests));
    most.truncate(MOST_VALUES);
    let left_out = of - most.len();
    (most.into_iter().map(|(_, counted)| counted).collect(), left_out)
}
