//! When people ask: the rhythm of hours, days and weeks, and the days on which everybody has the same trouble.

use std::time::Duration;

use anyhow::Context as _;
use standfast_domain::{Day, Language, Time};

use super::draw::Draw;
use super::story::{Mix, Story, Surge};
use super::users::growth;

/// How far back the demo goes, in days; the last one is today and not over yet.
pub(super) const DAYS: u32 = 90;
pub(super) const DAY: Duration = Duration::from_hours(24);
const DAY_MICROS: i64 = 86_400_000_000;
/// Nothing of the ordinary mix happens in the last minutes: those are taken care of by [`RECENT`], which brings as many as usual.
const QUIET: Duration = Duration::from_mins(68);

/// Somebody asks: when, and which story, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrival {
    pub(super) at: Time,
    pub(super) story: usize,
}

/// Seconds ago and the type, so that whoever opens the desk at whatever hour finds somebody who just wrote.
const RECENT: [(u64, &str); 7] = [
    (95, "pending"),
    (250, "theft"),
    (560, "balance"),
    (830, "leak"),
    (1_500, "deposit"),
    (2_340, "failed"),
    (4_020, "impersonation"),
];

/// Something rises just now: so many ask about this type, one every so many seconds, the last so many seconds ago. A demo of
/// few requests has none of it.
const RISING: Rising = Rising { kind: "swap", requests: 24, every: 85, last: 200, from: 1_000 };

struct Rising {
    kind: &'static str,
    requests: u64,
    every: u64,
    last: u64,
    from: usize,
}

/// How many hours a language's day is ahead of UTC.
const fn offset(language: Language) -> Duration {
    match language {
        Language::Chinese => Duration::from_hours(8),
        Language::English => Duration::ZERO,
    }
}

/// The day on which `at` falls where the language is spoken: days since 1970, and the weekday from Monday.
pub(super) fn day_of(at: Time, language: Language) -> (i64, usize) {
    let day = at.plus(offset(language)).0.div_euclid(DAY_MICROS);
    // 1970-01-01 was a Thursday.
    (day, usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default())
}

/// When the demo begins: what is older does not exist.
pub(super) fn beginning(now: Time) -> Time {
    now.minus(DAY * DAYS)
}

/// The day of the demo at `at`, as `mix.json` counts: [`DAYS`] begins at today's midnight in UTC, and halves are noons.
pub(super) fn day_at(at: Time, now: Time) -> f64 {
    let since = at.0 - Day::of(now).plus(-i64::from(DAYS)).start().0;
    #[expect(clippy::cast_precision_loss, reason = "microseconds of some months")]
    let days = since as f64 / DAY_MICROS as f64;
    days
}

/// The moment that a day of the demo, with its fraction, means.
pub(super) fn moment(day: f64, now: Time) -> Time {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "microseconds of some months"
    )]
    let micros = (day * DAY_MICROS as f64).round() as i64;
    Time(Day::of(now).plus(-i64::from(DAYS)).start().0 + micros)
}

/// Draws who asks when, in order of time.
pub(super) fn arrivals(
    mix: &Mix,
    stories: &[Story],
    count: usize,
    now: Time,
    draw: &Draw,
) -> anyhow::Result<Vec<Arrival>> {
    let types: Vec<(&str, f64)> = mix.types.iter().map(|(code, weight)| (code.as_str(), *weight)).collect();
    let days: Vec<Vec<f64>> = (1..=DAYS).map(|day| weights_of(&types, &mix.surges, day)).collect();
    let shelves = Shelves { stories };
    let mut arrivals = Vec::with_capacity(count);
    for (seconds, kind) in RECENT.iter().take(count) {
        let language = language(draw);
        let at = now.minus(Duration::from_secs(*seconds)).minus(draw.minutes(0.01, 0.9));
        arrivals.push(Arrival { at, story: shelves.draw(kind, language, draw)? });
    }
    for turn in (0..RISING.requests).filter(|_| count >= RISING.from) {
        let language = language(draw);
        let ago = Duration::from_secs(RISING.last + turn * RISING.every);
        let at = now.minus(ago).minus(draw.minutes(0.01, 1.2));
        arrivals.push(Arrival { at, story: shelves.draw(RISING.kind, language, draw)? });
    }
    while arrivals.len() < count {
        let language = language(draw);
        let (today, _) = day_of(now, language);
        let total = |day: usize, weights: &[f64]| {
            let weekday = today - i64::from(DAYS) + 1 + i64::try_from(day).unwrap_or_default() + 3;
            let weekday = usize::try_from(weekday.rem_euclid(7)).unwrap_or_default();
            let size = growth(u32::try_from(day + 1).unwrap_or_default());
            size * weights.iter().sum::<f64>() * mix.weekdays.get(weekday).copied().unwrap_or(1.0)
        };
        let day = draw.weighed(days.iter().enumerate().map(|(day, weights)| total(day, weights)));
        let weights = days.get(day).context("a day")?;
        let kind = types.get(draw.weighed(weights.iter().copied())).context("a type")?.0;
        let hour = draw.weighed(mix.hours.of(language).iter().copied());
        let midnight = (today - i64::from(DAYS) + 1 + i64::try_from(day)?) * DAY_MICROS;
        let within = i64::try_from(draw.below(3_600_000_000))?;
        let at = Time(midnight + i64::try_from(hour)? * 3_600_000_000 + within).minus(offset(language));
        // What is left of today has not happened yet, and the first day is as long as today is.
        if at >= now.minus(QUIET) || at < beginning(now) {
            continue;
        }
        arrivals.push(Arrival { at, story: shelves.draw(kind, language, draw)? });
    }
    arrivals.sort_unstable();
    Ok(arrivals)
}

fn language(draw: &Draw) -> Language {
    if draw.percent(50) { Language::Chinese } else { Language::English }
}

/// The weight of each type on a day, counted from 1.
fn weights_of(types: &[(&str, f64)], surges: &[Surge], day: u32) -> Vec<f64> {
    let factor = |code: &str| -> f64 {
        let on = |surge: &&Surge| surge.is_on(code, f64::from(day));
        surges.iter().filter(on).map(|surge| surge.factor).product()
    };
    types.iter().map(|(code, weight)| weight * factor(code)).collect()
}

struct Shelves<'a> {
    stories: &'a [Story],
}

impl Shelves<'_> {
    fn draw(&self, kind: &str, language: Language, draw: &Draw) -> anyhow::Result<usize> {
        let fits = |story: &Story| story.kind == kind && story.language == language;
        let fitting: Vec<usize> =
            self.stories.iter().enumerate().filter(|(_, s)| fits(s)).map(|(at, _)| at).collect();
        draw.pick(&fitting)
            .copied()
            .with_context(|| format!("no story of type {kind} in {}", language.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::story::Content;
    use super::*;

    #[test]
    fn the_rhythm_is_that_of_the_mix() {
        let content = Content::load().unwrap();
        let now = Time::parse("2026-11-21T15:20:00Z").unwrap();
        let made = arrivals(&content.mix, &content.stories, 5_000, now, &Draw::new(3)).unwrap();
        assert_eq!(made.len(), 5_000);
        assert!(made.is_sorted() && made.iter().all(|a| a.at >= beginning(now) && a.at < now));
        let chinese = made.iter().filter(|a| content.stories[a.story].language == Language::Chinese);
        assert!((2_300..2_700).contains(&chinese.clone().count()));
        // Between 3 and 5 in the morning hardly anybody in China is awake; at 10 everybody is.
        let hour =
            |a: &&Arrival| a.at.plus(offset(Language::Chinese)).0.rem_euclid(DAY_MICROS) / 3_600_000_000;
        let night = chinese.clone().filter(|a| hour(a) == 4).count();
        let noon = chinese.filter(|a| hour(a) == 10).count();
        assert!(noon > 6 * night, "{noon} {night}");
        // Days 52 to 54 have a release with a fault.
        let crashes = |from: i64, to: i64| {
            made.iter()
                .filter(|a| content.stories[a.story].kind == "app")
                .filter(|a| {
                    let story = &content.stories[a.story];
                    let (today, _) = day_of(now, story.language);
                    (from..=to).contains(&(day_of(a.at, story.language).0 - today + i64::from(DAYS)))
                })
                .count()
        };
        assert!(crashes(52, 54) * 2 > crashes(55, 63), "{} {}", crashes(52, 54), crashes(55, 63));
        assert!(made.iter().filter(|a| now.since(a.at) < Duration::from_mins(15)).count() >= 3);
    }

    #[test]
    fn days_are_counted_up_to_today() {
        let now = Time::parse("2026-11-21T15:20:00Z").unwrap();
        assert_eq!(moment(90.5, now), Time::parse("2026-11-21T12:00:00Z").unwrap());
        assert!((day_at(moment(51.4, now), now) - 51.4).abs() < 1e-9);
    }

    #[test]
    fn weekdays_are_counted_from_monday() {
        let saturday = Time::parse("2026-11-21T15:20:00Z").unwrap();
        assert_eq!(day_of(saturday, Language::English).1, 5);
        // Midnight has passed in China.
        assert_eq!(day_of(saturday.plus(Duration::from_hours(1)), Language::Chinese).1, 6);
    }
}
