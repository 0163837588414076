//! What moved between two periods of whole days: the count, and the count of each value of some dimensions. By the one test that every
//! change of a count is told by ([`crate::compare`]).

use standfast_domain::Time;

use crate::comparison::{Movers, Window, compare_in, movers_in};
use crate::daily::{Daily, day_start, length};
use crate::decomposition::Period;
use crate::difference::Difference;
use crate::dimension::Dimension;
use crate::error::Error;
use crate::facts::Facts;
use crate::measure::Measure;
use crate::query::Query;

/// Longest period, in days.
const MOST_DAYS: usize = 366;
/// Most dimensions that are looked at.
const MOST_DIMENSIONS: usize = 6;

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

/// What moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Movements {
    /// Requests of the period before.
    pub before: u64,
    /// Requests of the period after.
    pub after: u64,
    /// The change of all together, tested once and not corrected; none where there is nothing to compare with.
    pub change: Option<Difference>,
    /// The values of either period.
    pub movers: Movers,
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

    /// The first moment of a period, and the one after its last.
    fn times(&self, period: Period) -> (Time, Time) {
        let (first, end) = period.days();
        (day_start(first, &self.query.zone), day_start(end, &self.query.zone))
    }
}

/// Answers it. A value that is gone, or new, is among it.
pub fn movements(facts: &Facts, wish: &MovementWish, threads: usize) -> Result<Movements, Error> {
    wish.check(&Daily { facts, query: &wish.query, exposure: None, threads: 1 })?;
    let (earlier, later) = (wish.times(wish.earlier), wish.times(wish.later));
    let query = Query {
        measure: Measure::Requests,
        from: Some(later.0),
        until: Some(later.1),
        group: Vec::new(),
        ..wish.query.clone()
    };
    let window = Window::of(facts, &query, earlier.0, threads)?;
    let all = compare_in(window.as_ref(), facts, &query, earlier, None, threads)?;
    Ok(Movements {
        before: all.before.total.n(),
        after: all.now.total.n(),
        change: all.change,
        movers: movers_in(window.as_ref(), facts, &query, earlier, &wish.dimensions, threads)?,
    })
}
