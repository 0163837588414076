//! Whether promises are kept, counted: by channel, by hour of the day, and by how long was promised.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use standfast_domain::{Permission, Time};
use standfast_science::interval::share;
use standfast_store::promise::{self, Tally};
use utoipa::ToSchema;

use crate::{AgentCaller, Desk, Error};

/// So much of it is read at a time: what is kept of it in memory is a few numbers.
const PART: Duration = Duration::from_hours(24 * 7);
/// Longest stretch of time that is counted at once, in days.
const MOST_DAYS: i64 = 400;
/// Ends of the lengths by which promises are told apart, in minutes of the upper figure.
const LENGTHS: [i64; 5] = [5, 15, 60, 240, 1_440];

/// Promises of some kind. Each that was made is one of: unknown, kept, broken, or undecided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct PromiseCount {
    /// How often somebody began to wait.
    pub made: i64,
    /// How many of these were told that it is unknown.
    pub unknown: i64,
    /// A person answered by the upper figure.
    pub kept: i64,
    /// Nobody had by then, whatever came later.
    pub broken: i64,
    /// Still waiting within what was said, or ended within it without an answer.
    pub undecided: i64,
    /// The share kept of those that are decided: 0.8 is what was promised. Null without any.
    pub share: Option<f64>,
    /// Its 95 % interval begins here (Wilson) …
    pub low: Option<f64>,
    /// … and ends here.
    pub high: Option<f64>,
    /// The share answered by the lower figure, of those for which it is decided: 0.5 is what was promised.
    pub half: Option<f64>,
    /// Of fewer than thirty, or hardly known: chance alone moves it.
    pub small: bool,
}

/// Promises of one value.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PromiseGroup {
    /// Code of a channel, an hour of the day from 0 to 23, or `at_risk` and `ordinary`.
    pub code: String,
    /// Their count.
    #[serde(flatten)]
    pub count: PromiseCount,
}

/// Promises of about the same length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Length {
    /// The upper figure was longer than this, in seconds …
    pub from_seconds: i64,
    /// … and this at most; null: as long as may be.
    pub until_seconds: Option<i64>,
    /// Their count.
    #[serde(flatten)]
    pub count: PromiseCount,
}

/// Whether promises of a stretch of time were kept.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PromiseFigures {
    /// Made from then on.
    #[schema(value_type = String, format = DateTime)]
    pub from: Time,
    /// Made before then.
    #[schema(value_type = String, format = DateTime)]
    pub until: Time,
    /// Time zone of the hours.
    pub zone: String,
    /// All of them.
    pub total: PromiseCount,
    /// By channel.
    pub channels: Vec<PromiseGroup>,
    /// By hour of the day in which they were made.
    pub hours: Vec<PromiseGroup>,
    /// Those with assets at risk, and others.
    pub lanes: Vec<PromiseGroup>,
    /// By how long was promised.
    pub lengths: Vec<Length>,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    made: i64,
    unknown: i64,
    kept: i64,
    broken: i64,
    kept_half: i64,
    broken_half: i64,
}

impl Sum {
    fn add(&mut self, tally: &Tally) {
        self.made += tally.made;
        self.unknown += if tally.p80.is_none() { tally.made } else { 0 };
        self.kept += tally.kept;
        self.broken += tally.broken;
        self.kept_half += tally.kept_half;
        self.broken_half += tally.broken_half;
    }

    fn count(self) -> PromiseCount {
        let of = |kept: i64, broken: i64| share(kept.unsigned_abs(), (kept + broken).unsigned_abs());
        let known = of(self.kept, self.broken);
        PromiseCount {
            made: self.made,
            unknown: self.unknown,
            kept: self.kept,
            broken: self.broken,
            undecided: self.made - self.unknown - self.kept - self.broken,
            share: known.map(|known| known.share),
            low: known.map(|known| known.interval.low),
            high: known.map(|known| known.interval.high),
            half: of(self.kept_half, self.broken_half).map(|half| half.share),
            small: known.is_none_or(|known| known.small),
        }
    }
}

/// All that is counted, part by part.
#[derive(Default)]
struct Sums {
    total: Sum,
    channels: BTreeMap<&'static str, Sum>,
    lanes: BTreeMap<&'static str, Sum>,
    by_hour: BTreeMap<i8, Sum>,
    lengths: [Sum; LENGTHS.len() + 1],
}

impl Sums {
    fn add(&mut self, tally: &Tally, hours: &TimeZone) {
        self.total.add(tally);
        self.channels.entry(tally.channel.as_str()).or_default().add(tally);
        let lane = if tally.at_risk { "at_risk" } else { "ordinary" };
        self.lanes.entry(lane).or_default().add(tally);
        if let Ok(at) = Timestamp::from_microsecond(tally.slot.0) {
            self.by_hour.entry(at.to_zoned(hours.clone()).hour()).or_default().add(tally);
        }
        let place = tally.p80.map(|p80| LENGTHS.iter().filter(|end| p80 > **end * 60).count());
        if let Some(sum) = place.and_then(|place| self.lengths.get_mut(place)) {
            sum.add(tally);
        }
    }
}

/// Promises of several kinds, counted together.
pub(crate) fn count_promises<'a>(tallies: impl Iterator<Item = &'a Tally>) -> PromiseCount {
    let mut sum = Sum::default();
    tallies.for_each(|tally| sum.add(tally));
    sum.count()
}

/// Counts the promises made from `from` on and before `until`, as they stand now, by hours of a time zone.
pub async fn promise_figures(
    desk: &Desk,
    caller: &AgentCaller,
    from: Time,
    until: Time,
    zone: &str,
) -> Result<PromiseFigures, Error> {
    caller.require(Permission::ReadInsight)?;
    if until < from || until.since(from).as_secs() > MOST_DAYS.unsigned_abs() * 86_400 {
        return Err(Error::invalid("until", "malformed"));
    }
    let hours = TimeZone::get(zone).map_err(|_| Error::invalid("zone", "unknown"))?;
    let now = desk.now();
    let mut sums = Sums::default();
    let mut part = from;
    while part < until {
        let end = part.plus(PART).min(until);
        let tallies =
            desk.store().read(move |rd| promise::tally(rd, part, end, now).map_err(Error::from)).await?;
        for tally in &tallies {
            sums.add(tally, &hours);
        }
        part = end;
    }
    let Sums { total, channels, lanes, by_hour, lengths } = sums;
    let group = |(code, sum): (String, Sum)| PromiseGroup { code, count: sum.count() };
    let named = |sums: BTreeMap<&str, Sum>| -> Vec<PromiseGroup> {
        sums.into_iter().map(|(code, sum)| group((code.to_owned(), sum))).collect()
    };
    let ends = LENGTHS.map(|minutes| minutes * 60);
    let lengths = lengths.into_iter().enumerate().map(|(place, sum)| Length {
        from_seconds: place.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0),
        until_seconds: ends.get(place).copied(),
        count: sum.count(),
    });
    Ok(PromiseFigures {
        from,
        until,
        zone: zone.to_owned(),
        total: total.count(),
        channels: named(channels),
        hours: by_hour.into_iter().map(|(hour, sum)| group((hour.to_string(), sum))).collect(),
        lanes: named(lanes),
        lengths: lengths.filter(|length| length.count.made > 0).collect(),
    })
}
