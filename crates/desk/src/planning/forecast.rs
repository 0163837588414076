//! How many will come: by day and half hour, with what came until now.

use serde::Serialize;
use standfast_domain::{Day, Permission, Time};
use standfast_insight::{Dimension, Facts, day_start};
use standfast_science::forecast::{self as science, Forecast, Spread};
use utoipa::ToSchema;

use super::demand::Special;
use super::{DAY, Ground, blocking, ground, half_hour};
use crate::{AgentCaller, Desk, Error};

/// Days before today that are shown, days ahead, and days that are scored.
const BEFORE: usize = 14;
const AHEAD: usize = 28;
const SCORED: usize = 28;
/// Days from which it is learned how much of a busy morning lasts.
pub(super) const LEARNED: usize = 56;

/// Of which requests a forecast is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForecastWish {
    /// Of these channels, languages and types alone; of all where none are named.
    pub only: Vec<(Dimension, Vec<String>)>,
}

/// How many will come.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ForecastView {
    /// The time zone of its days.
    pub zone: String,
    /// Whole weeks that are known; with fewer than `needs` there is no forecast.
    pub weeks: u32,
    /// Weeks that a forecast needs.
    pub needs: u32,
    /// Two weeks before today, with what was expected on the evening before, and four weeks from today on.
    pub days: Vec<ForecastDay>,
    /// The day as it goes; null where there is no forecast.
    pub today: Option<Today>,
    /// What special days have more or less, by kind.
    pub effects: Vec<SpecialEffect>,
    /// How good the forecasts of the last four weeks were, each made on the evening before; null where there were none.
    pub score: Option<ForecastScore>,
}

/// A day, in half hours of the clock.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ForecastDay {
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// Its first moment.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// How many are expected; null where nothing is.
    pub expected: Vec<Option<f64>>,
    /// In eight of ten half hours there are so many or more …
    pub low: Vec<Option<f64>>,
    /// … and so many or fewer.
    pub high: Vec<Option<f64>>,
    /// What came; null for what is to come.
    pub came: Option<Vec<u32>>,
    /// Of the whole day: expected, and the bounds of eight of ten days.
    pub total: Option<[f64; 3]>,
    /// What makes it unlike others.
    pub special: Vec<Special>,
}

/// The day as it goes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Today {
    /// Half hours that are over.
    pub over: u32,
    /// How many were expected in them.
    pub expected: f64,
    /// How many came in them.
    pub came: f64,
    /// How many were expected in the rest of the day this morning.
    pub rest_before: f64,
    /// How many are expected in it now.
    pub rest: f64,
}

/// What special days of a kind have.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct SpecialEffect {
    /// The kind.
    pub kind: Special,
    /// So many times as many as usual.
    pub factor: f64,
    /// In nineteen of twenty such days it is above this …
    pub low: f64,
    /// … and below this.
    pub high: f64,
    /// Days that it was learned from; of none, that nothing is known yet.
    pub days: u32,
}

/// How good forecasts were.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct ForecastScore {
    /// Days that were scored.
    pub days: u32,
    /// The sum of what it was off by, half hour by half hour, over the sum of what came.
    pub wape: f64,
    /// The same of somebody who knows the true mean of every half hour: no forecast is better.
    pub floor: f64,
    /// The share of half hours between the two bounds: eight of ten are meant to be.
    pub covered: f64,
}

/// How many will come.
pub async fn forecast(
    desk: &Desk,
    caller: &AgentCaller,
    facts: &Facts,
    wish: &ForecastWish,
) -> Result<ForecastView, Error> {
    caller.require(Permission::ManageRoster)?;
    let ground = ground(desk, facts, &wish.only).await?;
    blocking(move || Ok(view(&ground))).await
}

fn view(ground: &Ground) -> ForecastView {
    let past = &ground.past;
    let made = science::forecast(&past.all, AHEAD * DAY);
    let before = if made.is_some() { science::days(&past.all, LEARNED) } else { Vec::new() };
    let mut days: Vec<ForecastDay> =
        (0..BEFORE).rev().filter_map(|back| day_before(ground, made.as_ref(), &before, back)).collect();
    days.extend((0..AHEAD).map(|ahead| day_ahead(ground, made.as_ref(), ahead)));
    let kind = |number: u16| Special::ALL.get(usize::from(number)).copied();
    let effects = science::effects(&past.all).into_iter().filter_map(|effect| {
        let science::Effect { factor, low, high, days, .. } = effect;
        Some(SpecialEffect { kind: kind(effect.kind)?, factor, low, high, days })
    });
    ForecastView {
        zone: ground.settings.zone.clone(),
        weeks: u32::try_from(past.weeks()).unwrap_or(u32::MAX),
        needs: u32::try_from(science::LEAST_WEEKS).unwrap_or(u32::MAX),
        days,
        today: made.as_ref().map(|made| today(ground, made, &before)),
        effects: if made.is_some() { effects.collect() } else { Vec::new() },
        score: made.as_ref().and_then(|made| score(&before, made.spread)),
    }
}

/// A day that is over; the days of the past are known backwards from yesterday on.
fn day_before(
    ground: &Ground,
    made: Option<&Forecast>,
    before: &[Vec<(Option<f64>, Option<f64>)>],
    back: usize,
) -> Option<ForecastDay> {
    let past = &ground.past;
    let day = past.today.plus(-1 - i64::try_from(back).ok()?);
    let from = usize::try_from(day.0 - past.first.0).ok()? * DAY;
    let counts = past.all.counts().get(from..from + DAY)?;
    let expected: Vec<Option<f64>> = match before.get(back) {
        Some(day) => day.iter().map(|(mean, _)| *mean).collect(),
        None => vec![None; DAY],
    };
    let came = counts.iter().map(|count| whole(count.unwrap_or(0.0))).collect();
    Some(shape(ground, day, &expected, made.map(|made| made.spread), Some(came)))
}

fn day_ahead(ground: &Ground, made: Option<&Forecast>, ahead: usize) -> ForecastDay {
    let day = ground.past.today.plus(i64::try_from(ahead).unwrap_or(0));
    let mean = made.and_then(|made| made.mean.get(ahead * DAY..(ahead + 1) * DAY));
    let expected = mean.map_or_else(|| vec![None; DAY], <[_]>::to_vec);
    let came = (ahead == 0).then(|| {
        let (_, now) = half_hour(ground.now, &ground.zone);
        ground.past.came_today.iter().take(now + 1).map(|count| whole(*count)).collect()
    });
    shape(ground, day, &expected, made.map(|made| made.spread), came)
}

fn shape(
    ground: &Ground,
    day: Day,
    expected: &[Option<f64>],
    spread: Option<Spread>,
    came: Option<Vec<u32>>,
) -> ForecastDay {
    let spread = spread.unwrap_or_default();
    let bound = |chance: f64| {
        expected.iter().map(|mean| mean.map(|mean| spread.quantile(mean, chance))).collect::<Vec<_>>()
    };
    let of_days = Spread { slot: spread.day, day: spread.day };
    let sum: f64 = expected.iter().flatten().sum();
    let is_known = expected.iter().any(Option::is_some);
    ForecastDay {
        day,
        starts_at: day_start(day, &ground.zone),
        low: bound(0.1),
        high: bound(0.9),
        total: is_known.then(|| [sum, of_days.quantile(sum, 0.1), of_days.quantile(sum, 0.9)]),
        expected: expected.iter().map(|mean| mean.map(rounded)).collect(),
        came,
        special: ground.past.special.get(&day).cloned().unwrap_or_default(),
    }
}

/// What is expected of the rest of the day, when its first part was busier or calmer.
fn today(ground: &Ground, made: &Forecast, before: &[Vec<(Option<f64>, Option<f64>)>]) -> Today {
    let (_, now) = half_hour(ground.now, &ground.zone);
    let learned: Vec<[f64; 4]> = before.iter().map(|day| parts_of(day, now)).collect();
    let expected =
        |from: usize, until: usize| -> f64 { made.mean.iter().take(until).skip(from).flatten().sum() };
    let came: f64 = ground.past.came_today.iter().take(now).sum();
    let until_now = (expected(0, now), came);
    let rest: Vec<Option<f64>> = made.mean.iter().take(DAY).skip(now).copied().collect();
    let revised = science::rest_of_day(&learned, until_now, &rest);
    Today {
        over: u32::try_from(now).unwrap_or(0),
        expected: rounded(until_now.0),
        came,
        rest_before: rounded(expected(now, DAY)),
        rest: rounded(revised.iter().flatten().sum()),
    }
}

/// Of a day that is over, expected and seen of the part until a half hour, and of the rest.
pub(super) fn parts_of(day: &[(Option<f64>, Option<f64>)], now: usize) -> [f64; 4] {
    let mut sums = [0.0; 4];
    for (at, (mean, came)) in day.iter().enumerate() {
        let place = if at < now { 0 } else { 2 };
        for (sum, value) in sums.iter_mut().skip(place).take(2).zip([mean, came]) {
            *sum += value.unwrap_or(0.0);
        }
    }
    sums
}

fn score(before: &[Vec<(Option<f64>, Option<f64>)>], spread: Spread) -> Option<ForecastScore> {
    let (mut off, mut came, mut floor, mut covered, mut slots) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let mut days = 0;
    for day in before.iter().take(SCORED) {
        let pairs: Vec<(f64, f64)> =
            day.iter().filter_map(|(mean, count)| Some(((*mean)?, (*count)?))).collect();
        days += u32::from(!pairs.is_empty());
        for (mean, count) in pairs {
            off += (count - mean).abs();
            came += count;
            floor += science::poisson_error(count);
            slots += 1.0;
            let bounds = spread.quantile(mean, 0.1)..=spread.quantile(mean, 0.9);
            covered += f64::from(u8::from(bounds.contains(&count)));
        }
    }
    (came > 0.0).then(|| ForecastScore {
        days,
        wape: off / came,
        floor: floor / came,
        covered: covered / slots,
    })
}

pub(super) fn whole(count: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of requests")]
    let count = count.max(0.0).min(f64::from(u32::MAX)) as u32;
    count
}

fn rounded(mean: f64) -> f64 {
    (mean * 100.0).round() / 100.0
}
