//! What came, half hour by half hour of the desk's clock, and the days that are known to be unlike others.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Serialize;
use standfast_domain::planning::Settings;
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
/// Days before today of which it is kept what came: of who waits since the desk closed last (`need::LEAD`; clocks may change).
const CAME: usize = 8;

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
    /// A chain splits.
    Fork,
    /// A network is upgraded.
    Upgrade,
    /// Locked tokens can be sold from now on.
    Unlock,
    /// The price of an asset moves far.
    Price,
    /// Anything else that was entered.
    Event,
}

impl Special {
    pub(super) const ALL: [Self; 11] = [
        Self::Holiday,
        Self::WorkDay,
        Self::Release,
        Self::Incident,
        Self::Campaign,
        Self::Listing,
        Self::Fork,
        Self::Upgrade,
        Self::Unlock,
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
            DriverKind::Upgrade => Self::Upgrade,
            DriverKind::Unlock => Self::Unlock,
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
    /// Of each language that occurs, and of its groups of types.
    languages: Vec<(Language, Series, Vec<Series>)>,
    /// What came today, by half hour.
    pub(super) came_today: Vec<f64>,
    /// What makes days special, of the past and to come.
    pub(super) special: BTreeMap<Day, Vec<Special>>,
    /// Answers that a request takes, on average.
    pub(super) answers: f64,
    /// The share with assets at risk.
    pub(super) at_risk: f64,
    /// How many came of late in each language, of each group of types, and how many of them with assets at risk.
    risks: BTreeMap<(Language, usize), [f64; 2]>,
}

/// What is expected from today's midnight on, and what came in the days before it, of a language.
#[derive(Clone)]
pub(super) struct Lane {
    pub(super) language: Language,
    today: Day,
    mean: Vec<Option<f64>>,
    /// Of each group of types; together they are the language.
    groups: Vec<Vec<f64>>,
    /// What came up to today's midnight, and of each group of types.
    came: Vec<f64>,
    groups_came: Vec<Vec<f64>>,
    pub(super) spread: Spread,
}

impl Lane {
    /// How many are expected in a half hour of the clock; of the days before today, how many came.
    pub(super) fn expected(&self, (day, half): (Day, usize)) -> f64 {
        let Ok(days) = usize::try_from(day.0 - self.today.0) else {
            return self.before(&self.came, (day, half));
        };
        self.mean.get(days * DAY + half).copied().flatten().unwrap_or(0.0)
    }

    /// The same of each group of types.
    pub(super) fn expected_of_groups(&self, (day, half): (Day, usize)) -> Vec<f64> {
        let Ok(days) = usize::try_from(day.0 - self.today.0) else {
            return self.groups_came.iter().map(|came| self.before(came, (day, half))).collect();
        };
        self.groups.iter().map(|means| means.get(days * DAY + half).copied().unwrap_or(0.0)).collect()
    }

    /// How many came in a half hour before today.
    fn before(&self, came: &[f64], (day, half): (Day, usize)) -> f64 {
        let back = usize::try_from(self.today.0 - day.0).ok().map(|days| days * DAY);
        let place = back.and_then(|back| (came.len() + half).checked_sub(back));
        place.and_then(|place| came.get(place)).copied().unwrap_or(0.0)
    }

    /// Of the first slots, today's, so many times as many.
    pub(super) fn multiply(&mut self, factors: &[f64]) {
        for (mean, factor) in self.mean.iter_mut().zip(factors) {
            *mean = mean.map(|mean| mean * factor);
        }
        for means in &mut self.groups {
            for (mean, factor) in means.iter_mut().zip(factors) {
                *mean *= factor;
            }
        }
    }
}

impl Past {
    pub(super) fn new(
        demand: &Demand,
        table: &Timetable,
        events: &[DriverRow],
        (settings, zone): (&Settings, &TimeZone),
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
        let parts = settings.group_count();
        let group: Vec<usize> = demand.types.iter().map(|code| settings.group_of(code)).collect();
        let mut languages: Vec<(Language, Vec<f64>, Vec<Vec<f64>>)> =
            Language::ALL.map(|one| (one, empty(), vec![empty(); parts])).into();
        let tags: Vec<Option<Language>> = demand.languages.iter().map(|tag| Language::parse(tag)).collect();
        let (mut answers, mut answered, mut at_risk, mut counted) = (0.0, 0.0, 0.0, 0.0);
        let mut risks: BTreeMap<(Language, usize), [f64; 2]> = BTreeMap::new();
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
            let group = group.get(row.kind as usize).copied().unwrap_or(parts - 1);
            if let Some((_, counts, groups)) = languages.iter_mut().find(|(one, ..)| *one == language) {
                let of_group = groups.get_mut(group).and_then(|counts| counts.get_mut(place));
                for count in counts.get_mut(place).into_iter().chain(of_group) {
                    *count += 1.0;
                }
            }
            if row.second >= recent {
                let [came, risk] = risks.entry((language, group)).or_insert([0.0, 0.0]);
                *came += 1.0;
                *risk += f64::from(u8::from(row.at_risk));
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
        let languages =
            languages.into_iter().filter(|(_, counts, _)| counts.iter().any(|count| *count > 0.0));
        let languages = languages.map(|(one, counts, groups)| {
            let groups = groups.into_iter().map(series).collect::<Result<Vec<_>, Error>>()?;
            Ok((one, series(counts)?, groups))
        });
        Ok(Self {
            first,
            today,
            languages: languages.collect::<Result<_, Error>>()?,
            all: series(all)?,
            came_today,
            answers: if answered > 0.0 { answers / answered } else { 1.0 },
            at_risk: if counted > 0.0 { at_risk / counted } else { 0.0 },
            special,
            risks,
        })
    }

    /// The share with assets at risk of a language, and of a group of types in it.
    pub(super) fn at_risk_of(&self, language: Language, group: Option<usize>) -> f64 {
        let own = self
            .risks
            .iter()
            .filter(|((one, of), _)| *one == language && group.is_none_or(|group| group == *of));
        let [came, risk] = own.fold([0.0, 0.0], |[came, risk], (_, [more, at])| [came + more, risk + at]);
        if came > 0.0 { risk / came } else { 0.0 }
    }

    /// How many came of late in each language, of each group of types.
    pub(super) fn recent(&self) -> impl Iterator<Item = (Language, usize, f64)> {
        self.risks.iter().map(|((language, group), [came, _])| (*language, *group, *came))
    }

    /// The first moment of today.
    pub(super) fn today_starts(&self, zone: &TimeZone) -> Time {
        day_start(self.today, zone)
    }

    /// The moment up to which it is forecast how many come.
    pub(super) fn forecast_ends(&self, zone: &TimeZone) -> Time {
        day_start(self.today.plus(i64::try_from(AHEAD * 7).unwrap_or(0)), zone)
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
        let slots_seen = self.all.counts().len().clamp(1, SHARES * DAY);
        let part = |series: &Series, of: &Series, whole: &science::Forecast| {
            let share = recent(series) / recent(of).max(1.0);
            #[expect(clippy::cast_precision_loss, reason = "half hours of eight weeks")]
            let busy = recent(series) / slots_seen as f64;
            let own = if busy >= OWN { science::forecast(series, slots) } else { None };
            let shared = || science::Forecast {
                mean: whole.mean.iter().map(|mean| mean.map(|mean| mean * share)).collect(),
                spread: whole.spread,
            };
            own.unwrap_or_else(shared)
        };
        let last = |series: &Series| -> Vec<f64> {
            let counts = series.counts();
            let skipped = counts.len().saturating_sub(CAME * DAY);
            counts.iter().skip(skipped).map(|count| count.unwrap_or(0.0)).collect()
        };
        let lane = |(language, series, of_groups): &(Language, Series, Vec<Series>)| {
            let whole = part(series, &self.all, &all);
            let groups = match of_groups.as_slice() {
                [_] => vec![whole.mean.iter().map(|mean| mean.unwrap_or(0.0)).collect()],
                many => {
                    let parts: Vec<_> = many.iter().map(|one| part(one, series, &whole).mean).collect();
                    reconciled(&whole.mean, &parts)
                }
            };
            let science::Forecast { mean, spread } = whole;
            let groups_came = of_groups.iter().map(last).collect();
            Lane {
                language: *language,
                today: self.today,
                mean,
                groups,
                came: last(series),
                groups_came,
                spread,
            }
        };
        Some(self.languages.iter().map(lane).collect())
    }
}

/// Parts that add up to the whole, half hour by half hour: each keeps its share of their sum (top-down reconciliation; Hyndman &
/// Athanasopoulos 2021, "Forecasting: Principles and Practice", chapter 11).
fn reconciled(whole: &[Option<f64>], parts: &[Vec<Option<f64>>]) -> Vec<Vec<f64>> {
    let at = |part: &Vec<Option<f64>>, slot: usize| part.get(slot).copied().flatten().unwrap_or(0.0);
    let sums: Vec<f64> = (0..whole.len()).map(|slot| parts.iter().map(|part| at(part, slot)).sum()).collect();
    let fit = |part: &Vec<Option<f64>>| {
        let slots = whole.iter().zip(&sums).enumerate();
        let scaled = |(slot, (whole, sum)): (usize, (&Option<f64>, &f64))| {
            if *sum > 0.0 { at(part, slot) * whole.unwrap_or(0.0) / sum } else { 0.0 }
        };
        slots.map(scaled).collect()
    };
    parts.iter().map(fit).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_to_the_whole() {
        let parts = vec![vec![Some(1.0), Some(0.0), Some(3.0)], vec![Some(3.0), Some(0.0), None]];
        assert_eq!(
            reconciled(&[Some(8.0), Some(2.0), Some(1.5)], &parts),
            [[2.0, 0.0, 1.5], [6.0, 0.0, 0.0]]
        );
    }
}
