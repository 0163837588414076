//! When people ask: the rhythm of hours, days and weeks, and the days on which everybody has the same trouble.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use standfast_domain::{Day, Language, Time, zone_of_region};

use super::draw::Draw;
use super::story::{Content, Story, Surge};
use super::users::growth;

/// How far back the demo goes, in days; the last one is today and not over yet.
pub(super) const DAYS: u32 = 90;
pub(super) const DAY: Duration = Duration::from_hours(24);
const DAY_MICROS: i64 = 86_400_000_000;
/// Nothing of the ordinary mix happens in the last minutes: those are taken care of by [`RECENT`], which brings as many as usual.
const QUIET: Duration = Duration::from_mins(68);

/// Of the stories that are told at length, each is told as often as so many short ones.
const AT_LENGTH: f64 = 4.0;

/// Somebody asks: when, which story, by its index, and from where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrival {
    pub(super) at: Time,
    pub(super) story: usize,
    /// Code of the region, whose clock says when people sleep.
    pub(super) region: String,
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

/// Something new that no type covers: each in its own words, one every so many minutes up to now. A demo of few requests has none
/// of it.
const NEW: New = New { every: 305, from: 1_000 };

struct New {
    every: u64,
    from: usize,
}

struct Rising {
    kind: &'static str,
    requests: u64,
    every: u64,
    last: u64,
    from: usize,
}

/// The day of UTC on which `at` falls: days since 1970, and the weekday from Monday.
pub(super) fn day_of(at: Time) -> (i64, usize) {
    let day = at.0.div_euclid(DAY_MICROS);
    (day, weekday(day))
}

/// The weekday of a day since 1970, from Monday: 1970-01-01 was a Thursday.
fn weekday(day: i64) -> usize {
    usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default()
}

/// The clock of a region.
pub(super) struct Clock {
    zone: TimeZone,
}

impl Clock {
    pub(super) fn of(region: &str) -> anyhow::Result<Self> {
        let name = zone_of_region(region).context("a region without a clock")?;
        Ok(Self { zone: TimeZone::get(name).context(name)? })
    }

    /// What the clock shows at `at`, in microseconds since its 1970 began.
    pub(super) fn shows(&self, at: Time) -> i64 {
        let seconds =
            Timestamp::from_microsecond(at.0).map_or(0, |instant| self.zone.to_offset(instant).seconds());
        at.0 + i64::from(seconds) * 1_000_000
    }

    /// When the clock shows so; of what it skips or shows twice, a moment beside it.
    fn moment(&self, shown: i64) -> Time {
        let first = 2 * shown - self.shows(Time(shown));
        Time(first + shown - self.shows(Time(first)))
    }
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

/// Draws who asks when and from where, in order of time.
pub(super) fn arrivals(
    content: &Content,
    count: usize,
    now: Time,
    draw: &Draw,
) -> anyhow::Result<Vec<Arrival>> {
    let mix = &content.mix;
    let types: Vec<(&str, f64)> = mix.types.iter().map(|(code, weight)| (code.as_str(), *weight)).collect();
    let days: Vec<Vec<f64>> = (1..=DAYS).map(|day| weights_of(&types, &mix.surges, day)).collect();
    let shelves = Shelves { stories: &content.stories };
    let places = Places::new(content)?;
    let mut arrivals = Vec::with_capacity(count);
    for (seconds, kind) in RECENT.iter().take(count) {
        let language = language(draw);
        let at = now.minus(Duration::from_secs(*seconds)).minus(draw.minutes(0.01, 0.9));
        let story = shelves.draw(kind, language, draw)?;
        arrivals.push(Arrival { at, story, region: places.draw(language, draw)?.region.to_owned() });
    }
    for turn in (0..RISING.requests).filter(|_| count >= RISING.from) {
        let language = language(draw);
        let ago = Duration::from_secs(RISING.last + turn * RISING.every);
        let at = now.minus(ago).minus(draw.minutes(0.01, 1.2));
        let story = shelves.draw(RISING.kind, language, draw)?;
        arrivals.push(Arrival { at, story, region: places.draw(language, draw)?.region.to_owned() });
    }
    let new = (0..).zip(&content.stories).filter(|(_, story)| story.is_new && count >= NEW.from);
    let new: Vec<(usize, &Story)> = new.collect();
    let all = u64::try_from(new.len())?;
    for (turn, (story, told)) in (0..all).zip(new) {
        // Languages stand one after the other, and alternate when they are told.
        let turn = 1 + (turn * 7) % all;
        let at = now.minus(Duration::from_mins(NEW.every * turn)).minus(draw.minutes(1.0, 120.0));
        let region = places.draw(told.language, draw)?.region.to_owned();
        arrivals.push(Arrival { at, story, region });
    }
    while arrivals.len() < count {
        let language = language(draw);
        let place = places.draw(language, draw)?;
        let first = place.clock.shows(now).div_euclid(DAY_MICROS) - i64::from(DAYS) + 1;
        let total = |day: usize, weights: &[f64]| {
            let weekday = weekday(first + i64::try_from(day).unwrap_or_default());
            let size = growth(u32::try_from(day + 1).unwrap_or_default());
            size * weights.iter().sum::<f64>() * mix.weekdays.get(weekday).copied().unwrap_or(1.0)
        };
        let day = draw.weighed(days.iter().enumerate().map(|(day, weights)| total(day, weights)));
        let weights = days.get(day).context("a day")?;
        let kind = types.get(draw.weighed(weights.iter().copied())).context("a type")?.0;
        let hour = draw.weighed(mix.hours.of(language).iter().copied());
        let midnight = (first + i64::try_from(day)?) * DAY_MICROS;
        let within = i64::try_from(draw.below(3_600_000_000))?;
        let at = place.clock.moment(midnight + i64::try_from(hour)? * 3_600_000_000 + within);
        // What is left of today has not happened yet, and the first day is as long as today is.
        if at >= now.minus(QUIET) || at < beginning(now) {
            continue;
        }
        let story = shelves.draw(kind, language, draw)?;
        arrivals.push(Arrival { at, story, region: place.region.to_owned() });
    }
    arrivals.sort_unstable();
    Ok(arrivals)
}

fn language(draw: &Draw) -> Language {
    if draw.percent(50) { Language::Chinese } else { Language::English }
}

/// A region, how many of those who speak a language live there, and its clock.
struct Place<'a> {
    region: &'a str,
    weight: f64,
    clock: Clock,
}

/// Where people live, by their language.
struct Places<'a> {
    chinese: Vec<Place<'a>>,
    english: Vec<Place<'a>>,
}

impl<'a> Places<'a> {
    fn new(content: &'a Content) -> anyhow::Result<Self> {
        let of = |language| -> anyhow::Result<Vec<Place<'a>>> {
            let regions = content.names.regions.of(language).iter();
            let place = |(region, weight): (&'a String, &f64)| {
                Ok(Place { region, weight: *weight, clock: Clock::of(region)? })
            };
            regions.map(place).collect()
        };
        Ok(Self { chinese: of(Language::Chinese)?, english: of(Language::English)? })
    }

    fn draw(&self, language: Language, draw: &Draw) -> anyhow::Result<&Place<'a>> {
        let places = match language {
            Language::Chinese => &self.chinese,
            Language::English => &self.english,
        };
        places.get(draw.weighed(places.iter().map(|place| place.weight))).context("a region")
    }
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
        let fits = |story: &Story| story.kind == kind && story.language == language && !story.is_new;
        let fitting: Vec<(usize, f64)> = (0..)
            .zip(self.stories)
            .filter(|(_, story)| fits(story))
            .map(|(at, story)| (at, if story.is_short { 1.0 } else { AT_LENGTH }))
            .collect();
        let drawn = fitting.get(draw.weighed(fitting.iter().map(|(_, weight)| *weight)));
        drawn.map(|(at, _)| *at).with_context(|| format!("no story of type {kind} in {}", language.as_str()))
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
        let made = arrivals(&content, 5_000, now, &Draw::new(3)).unwrap();
        assert_eq!(made.len(), 5_000);
        assert!(made.is_sorted() && made.iter().all(|a| a.at >= beginning(now) && a.at < now));
        let chinese = made.iter().filter(|a| content.stories[a.story].language == Language::Chinese);
        assert!((2_300..2_700).contains(&chinese.count()));
        // Days 52 to 54 have a release with a fault.
        let crashes = |from: i64, to: i64| {
            made.iter()
                .filter(|a| content.stories[a.story].kind == "app")
                .filter(|a| {
                    let clock = Clock::of(&a.region).unwrap();
                    let day = |at: Time| clock.shows(at).div_euclid(DAY_MICROS);
                    (from..=to).contains(&(day(a.at) - day(now) + i64::from(DAYS)))
                })
                .count()
        };
        assert!(crashes(52, 54) * 2 > crashes(55, 63), "{} {}", crashes(52, 54), crashes(55, 63));
        assert!(made.iter().filter(|a| now.since(a.at) < Duration::from_mins(15)).count() >= 3);
    }

    #[test]
    fn everywhere_people_sleep_by_their_own_clock() {
        let content = Content::load().unwrap();
        let now = Time::parse("2026-11-21T15:20:00Z").unwrap();
        let made = arrivals(&content, 5_000, now, &Draw::new(3)).unwrap();
        for language in Language::ALL {
            for region in content.names.regions.of(language).keys() {
                let clock = Clock::of(region).unwrap();
                let hours = |from: i64, to: i64| {
                    let own = made.iter().filter(|a| a.region == *region);
                    let hour = |a: &Arrival| clock.shows(a.at).rem_euclid(DAY_MICROS) / 3_600_000_000;
                    own.filter(|a| (from..to).contains(&hour(a))).count()
                };
                // From 2 to 6 in the morning hardly anybody is awake; from 10 to 14 everybody is.
                let (night, day) = (hours(2, 6), hours(10, 14));
                assert!(day > 3 * night, "{region}: {day} by day, {night} at night");
            }
        }
    }

    #[test]
    fn a_clock_shows_what_it_is_asked_for() {
        let clock = Clock::of("US").unwrap();
        // The night in which New York's clocks went back, hour by hour, and the one in which they went forward.
        for day in ["2026-11-01", "2026-03-08"] {
            let midnight = Time::parse(&format!("{day}T00:00:00Z")).unwrap();
            for hour in (4..24).map(|hour| midnight.0 + hour * 3_600_000_000) {
                assert_eq!(clock.shows(clock.moment(hour)), hour, "{hour}");
            }
        }
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
        assert_eq!(day_of(saturday).1, 5);
        assert_eq!(day_of(saturday.plus(Duration::from_hours(9))).1, 6);
    }
}
