//! What moved between two periods: the count, and the count of each value of some dimensions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use standfast_science::effect::{self as science, Effect, Verdict, compare_periods};

use crate::daily::{Daily, Days, days_of, length};
use crate::decomposition::Period;
use crate::dimension::Dimension;
use crate::effect::correct;
use crate::error::Error;
use crate::facts::Facts;
use crate::query::Query;

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

/// A period, and on which of its days the desk was open.
struct Side<'a> {
    daily: &'a Daily<'a>,
    days: Days,
    open: Vec<bool>,
}

impl<'a> Side<'a> {
    fn new(daily: &'a Daily<'a>, period: Period) -> Result<Self, Error> {
        let days = period.days();
        let mut open = daily.open(days)?;
        // Of days before the first whole one it is not known how many requests they had.
        let first = daily.first().unwrap_or(days.1);
        let unknown = length((days.0, first.min(days.1)));
        open.iter_mut().take(unknown).for_each(|open| *open = false);
        Ok(Self { daily, days, open })
    }

    fn counts(&self, group: Option<Dimension>) -> Result<BTreeMap<String, Vec<u64>>, Error> {
        self.daily.counts(self.days, &self.daily.query.filter, group)
    }

    fn days(&self, counts: Option<&Vec<u64>>) -> Vec<science::Day> {
        let none = vec![0; self.open.len()];
        days_of(self.days.0, counts.unwrap_or(&none), &self.open, None)
    }
}

/// Answers it. A value that is gone, or new, is among it.
pub fn movements(facts: &Facts, wish: &MovementWish, threads: usize) -> Result<Movements, Error> {
    let daily = Daily { facts, query: &wish.query, exposure: None, threads };
    wish.check(&daily)?;
    let (earlier, later) = (Side::new(&daily, wish.earlier)?, Side::new(&daily, wish.later)?);
    let (one, other) = (earlier.counts(None)?, later.counts(None)?);
    let total = movement((&earlier, one.get("")), (&later, other.get("")))?;
    let (mut values, mut left_out) = (Vec::new(), 0);
    for dimension in &wish.dimensions {
        let (mut found, others) = of_dimension(&earlier, &later, *dimension)?;
        values.append(&mut found);
        left_out += others;
    }
    correct(values.iter_mut().map(|value| (&mut value.movement.effect, &mut value.q)));
    values.sort_by_key(|ValueMovement { movement, .. }| {
        let is_found = matches!(movement.effect.verdict, Verdict::Fewer | Verdict::More);
        (!is_found, Reverse(movement.after.abs_diff(movement.before)))
    });
    Ok(Movements { total, values, left_out })
}

type Counted<'a> = (&'a Side<'a>, Option<&'a Vec<u64>>);

fn movement(earlier: Counted, later: Counted) -> Result<Movement, Error> {
    let sum = |(_, counts): Counted| counts.map_or(0, |counts| counts.iter().sum());
    let days = |(side, counts): Counted| side.days(counts);
    let effect = compare_periods(&days(earlier), &days(later), WORTHWHILE)
        .map_err(|_| Error::invalid("later", "out_of_range"))?;
    Ok(Movement { before: sum(earlier), after: sum(later), effect })
}

/// The values of a dimension that either period has, and how many of them are left out.
fn of_dimension(
    earlier: &Side,
    later: &Side,
    dimension: Dimension,
) -> Result<(Vec<ValueMovement>, usize), Error> {
    let (one, other) = (earlier.counts(Some(dimension))?, later.counts(Some(dimension))?);
    let codes: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let sum = |counts: &BTreeMap<String, Vec<u64>>, code: &str| -> u64 {
        counts.get(code).map_or(0, |counts| counts.iter().sum())
    };
    let mut most: Vec<(u64, &String)> =
        codes.iter().map(|code| (sum(&one, code) + sum(&other, code), *code)).collect();
    most.retain(|(requests, _)| *requests >= FEWEST);
    most.sort_by_key(|(requests, _)| Reverse(*requests));
    most.truncate(MOST_VALUES);
    let value = |(_, code): &(u64, &String)| {
        let movement = movement((earlier, one.get(*code)), (later, other.get(*code)))?;
        Ok(ValueMovement { dimension, code: (*code).clone(), movement, q: None })
    };
    let values = most.iter().map(value).collect::<Result<Vec<_>, Error>>()?;
    Ok((values, codes.len() - most.len()))
}
