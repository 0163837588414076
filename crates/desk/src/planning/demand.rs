//! What came, half hour by half hour of the desk's clock, and the days that are known to be unlike others.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Serialize;
use standfast_domain::{Day, DriverKind, Language, Time, Timetable, Weekday};
use standfast_insight::{Demand, day_start};
use standfast_science::forecast::{self as science, Series, Spread};
use standfast_store::driver::DriverRow;
use utoipa::ToSchema;

use super::{AHEAD, DAY, half_hour};
use crate::Error;

/// How far back it is looked, and events are ahead.
pub(super) const PAST: Duration = Duration::from_hours(24 * 7 * 60);
/// Days that an event lasts at most: what lasts longer is not what makes a day special.
const LONGEST_EVENT: i64 = 7;
/// Days of the last so many that a kind may have, or it is usual.
const LOOKED_AT: usize = 112;
const MOST_SHARE: usize = 5;
/// A language with at least so many in a half hour has a forecast of its own; with fewer, its share of all
/// (`docs/dev/science.md`).
const OWN: f64 = 2.0;
/// Weeks whose requests say how they are shared among languages, and how many answers they take.
const SHARES: usize = 8 * 7;

/// What makes a day unlike others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Special {
    /// A holiday of the opening hours.
    Holiday,
    /// A make-up working day (调休).
    WorkDay,
    /// A version of the app comes out.
    Release,
    /// Something does not work.
    Incident,
    /// Marketing.
    Campaign,
    /// A token is listed or taken off.
    Listing,
    /// A fork or an upgrade of a chain.
    Fork,
    /// The price of an asset moves far.
    Price,
    /// Anything else that was entered.
    Event,
}

impl Special {
    pub(super) const ALL: [Self; 9] = [
        Self::Holiday,
        Self::WorkDay,
        Self::Release,
        Self::Incident,
        Self::Campaign,
        Self::Listing,
        Self::Fork,
        Self::Price,
        Self::Event,
    ];

    const fn of(kind: DriverKind) -> Self {
        match kind {
            DriverKind::Release => Self::Release,
            DriverKind::Incident => Self::Incident,
            DriverKind::Campaign => Self::Campaign,
            DriverKind::Listing => Self::Listing,
            DriverKind::Fork => Self::Fork,
            DriverKind::Price => Self::Price,
            DriverKind::Article | DriverKind::Webinar | DriverKind::Other => Self::Event,
        }
    }

    pub(super) fn number(self) -> u16 {
        Self::ALL
            .iter()
            .position(|one| *one == self)
            .and_then(|at| u16::try_from(at).ok())
            .unwrap_or_default()
    }
}

/// What came so far.
pub(super) struct Past {
    /// The Monday with which it begins.
    pub(super) first: Day,
    /// Today, which is not over and no part of the series.
    pub(super) today: Day,
    /// All languages together.
    pub(super) all: Series,
    /// Of each language that occurs.
    languages: Vec<(Language, Series)>,
    /// What came today, by half hour.
    pub(super) came_today: Vec<f64>,
    /// What makes days special, of the past and to come.
    pub(super) special: BTreeMap<Day, Vec<Special>>,
    /// Answers that a request takes, on average.
    pub(super) answers: f64,
    /// The share with assets at risk.
    pub(super) at_risk: f64,
}

/// What is expected from today's midnight on, of a language.
#[derive(Clone)]
pub(super) struct Lane {
    pub(super) language: Language,
    today: Day,
    mean: Vec<Option<f64>>,
    pub(super) spread: Spread,
}

impl Lane {
    /// How many are expected in a half hour of the clock.
    pub(super) fn expected(&self, (day, half): (Day, usize)) -> f64 {
        let days = usize::try_from(day.0 - self.today.0).ok();
        days.and_then(|days| self.mean.get(days * DAY + half)).copied().flatten().unwrap_or(0.0)
    }
}

impl Past {
    pub(super) fn new(
        demand: &Demand,
        table: &Timetable,
        events: &[DriverRow],
        zone: &TimeZone,
        now: Time,
    ) -> Result<Self, Error> {
        let (today, _) = half_hour(now, zone);
        let time = |second: u32| Time(i64::from(second) * 1_000_000);
        let begins = demand.rows.first().map_or(today, |row| half_hour(time(row.second), zone).0);
        // From a Monday on; the days before the first request are not known.
        let first = begins.plus(1 - i64::from(Weekday::of(begins).number()));
        let days = usize::try_from(today.0 - first.0).unwrap_or(0);
        let unknown = usize::try_from(begins.0 - first.0).unwrap_or(0) * DAY;
        let empty = || vec![0.0; days * DAY];
        let (mut all, mut came_today) = (empty(), vec![0.0; DAY]);
        let mut languages: Vec<(Language, Vec<f64>)> = Language::ALL.map(|one| (one, empty())).into();
        let tags: Vec<Option<Language>> = demand.languages.iter().map(|tag| Language::parse(tag)).collect();
        let (mut answers, mut answered, mut at_risk, mut counted) = (0.0, 0.0, 0.0, 0.0);
        let recent =
            u32::try_from(now.minus(Duration::from_hours(24 * SHARES as u64)).0 / 1_000_000).unwrap_or(0);
        for row in &demand.rows {
            let (day, half) = half_hour(time(row.second), zone);
            let place = usize::try_from(day.0 - first.0).unwrap_or(0) * DAY + half;
            if let Some(count) = all.get_mut(place) {
                *count += 1.0;
            } else if let Some(count) = came_today.get_mut(half).filter(|_| day == today) {
                *count += 1.0;
            }
            let language = tags.get(row.language as usize).copied().flatten().unwrap_or_default();
            let own = languages.iter_mut().find(|(one, _)| *one == language);
            if let Some(count) = own.and_then(|(_, counts)| counts.get_mut(place)) {
                *count += 1.0;
            }
            if row.second >= recent {
                counted += 1.0;
                at_risk += f64::from(u8::from(row.at_risk));
                if row.replies > 0 {
                    answered += 1.0;
                    answers += f64::from(row.replies);
                }
            }
        }
        let special = special_days(table, events, zone, first, today);
        let mark = |(day, kinds): (&Day, &Vec<Special>)| {
            let day = usize::try_from(day.0 - first.0).unwrap_or(0);
            kinds.iter().map(move |kind| science::Special { day, kind: kind.number() }).collect::<Vec<_>>()
        };
        let marks: Vec<science::Special> = special.iter().flat_map(mark).collect();
        let series = |counts: Vec<f64>| {
            let known =
                counts.into_iter().enumerate().map(|(at, count)| Some(count).filter(|_| at >= unknown));
            let series =
                Series::new(DAY, known.collect()).ok_or(Error::Inconsistent("counts of half hours"))?;
            Ok::<_, Error>(series.knowing(marks.clone()))
        };
        let languages = languages.into_iter().filter(|(_, counts)| counts.iter().any(|count| *count > 0.0));
        let languages = languages.map(|(one, counts)| Ok((one, series(counts)?)));
        Ok(Self {
            first,
            today,
            languages: languages.collect::<Result<_, Error>>()?,
            all: series(all)?,
            came_today,
            answers: if answered > 0.0 { answers / answered } else { 1.0 },
            at_risk: if counted > 0.0 { at_risk / counted } else { 0.0 },
            special,
        })
    }

    /// The first moment of today.
    pub(super) fn today_starts(&self, zone: &TimeZone) -> Time {
        day_start(self.today, zone)
    }

    /// Weeks that are known.
    pub(super) fn weeks(&self) -> usize {
        self.all.counts().iter().filter(|count| count.is_some()).count() / self.all.week()
    }

    /// What is expected of each language; nothing while too little is known.
    pub(super) fn lanes(&self) -> Option<Vec<Lane>> {
        let slots = AHEAD * self.all.week();
        let all = science::forecast(&self.all, slots)?;
        let recent = |series: &Series| -> f64 {
            series.counts().iter().rev().take(SHARES * DAY).flatten().sum::<f64>().max(0.0)
        };
        let total = recent(&self.all).max(1.0);
        let slots_seen = self.all.counts().len().clamp(1, SHARES * DAY);
        let lane = |(language, series): &(Language, Series)| {
            let share = recent(series) / total;
            #[expect(clippy::cast_precision_loss, reason = "half hours of eight weeks")]
            let busy = recent(series) / slots_seen as f64;
            let own = if busy >= OWN { science::forecast(series, slots) } else { None };
            let shared = || science::Forecast {
                mean: all.mean.iter().map(|mean| mean.map(|mean| mean * share)).collect(),
                spread: all.spread,
            };
            let science::Forecast { mean, spread } = own.unwrap_or_else(shared);
            Lane { language: *language, today: self.today, mean, spread }
        };
        Some(self.languages.iter().map(lane).collect())
    }
}

/// Which days are unlike others, and why. A kind that every fifth day has is usual, and none.
fn special_days(
    table: &Timetable,
    events: &[DriverRow],
    zone: &TimeZone,
    first: Day,
    today: Day,
) -> BTreeMap<Day, Vec<Special>> {
    let mut days: BTreeMap<Day, Vec<Special>> = BTreeMap::new();
    let mut note = |day: Day, kind: Special| {
        let kinds = days.entry(day).or_default();
        if !kinds.contains(&kind) {
            kinds.push(kind);
            kinds.sort_unstable();
        }
    };
    let last = today.plus(i64::try_from(AHEAD * 7).unwrap_or(0));
    for unlike in table.unlike(day_start(first, zone), day_start(last, zone)) {
        // Hours of a day alone do not make it another one, nor does a Sunday that is like a Sunday.
        let (day, _) = half_hour(unlike.from, zone);
        let own = i64::from(Weekday::of(day).number());
        let is_sunday = (own + i64::from(unlike.like)) % 7 == 0;
        if unlike.like > 0 && unlike.until.since(unlike.from) >= Duration::from_hours(20) {
            note(day, if is_sunday { Special::Holiday } else { Special::WorkDay });
        }
    }
    for event in events {
        let (begins, _) = half_hour(event.starts_at, zone);
        let (ends, _) = half_hour(event.ends_at.map_or(event.starts_at, |ends| Time(ends.0 - 1)), zone);
        // What ended as it began is a moment, also at midnight.
        let last = ends.max(begins);
        if last.0 - begins.0 < LONGEST_EVENT {
            for day in begins.0..=last.0 {
                note(Day(day), Special::of(event.kind));
            }
        }
    }
    let looked_at = i64::try_from(LOOKED_AT).unwrap_or(0);
    let since = first.max(today.plus(-looked_at));
    let length = usize::try_from(today.0 - since.0).unwrap_or(0).max(1);
    let is_usual = |kind: Special| {
        let has = days.range(since..today).filter(|(_, kinds)| kinds.contains(&kind)).count();
        has * MOST_SHARE > length
    };
    let usual: Vec<Special> = Special::ALL.into_iter().filter(|kind| is_usual(*kind)).collect();
    for kinds in days.values_mut() {
        kinds.retain(|kind| !usual.contains(kind));
    }
    days.retain(|day, kinds| !kinds.is_empty() && *day >= first);
    days
}
