//! How many people use the demo's app each day, as the wallet's analyst would upload it.

use std::fmt::Write as _;

use standfast_domain::{Day, Language, Time};

use super::calendar::DAYS;
use super::draw::Draw;
use super::release::shares;
use super::story::{Content, platform};

/// Users of the first day and of the last.
const FIRST: f64 = 40_000.0;
const LAST: f64 = 55_000.0;
/// The app is opened more at weekends; from Monday.
const WEEKDAYS: [f64; 7] = [1.0, 0.99, 0.99, 1.0, 1.01, 1.05, 1.04];
/// What a campaign adds.
const CAMPAIGN: f64 = 1.06;
/// Days differ by so much for no reason that anybody knows.
const NOISE: u64 = 100;

/// How much larger the app is on a day, counted from 1, than on the first.
pub(super) fn growth(day: u32) -> f64 {
    1.0 + (LAST / FIRST - 1.0) * f64::from(day.saturating_sub(1)) / f64::from(DAYS - 1)
}

/// The table of all days before today: version, region and platform.
pub(super) fn table(content: &Content, now: Time, draw: &Draw) -> String {
    let today = Day::of(now);
    let mut table = String::from("day,app_version,region,platform,users\n");
    for day in 1..DAYS {
        let date = today.plus(i64::from(day) - i64::from(DAYS));
        // 1970-01-01 was a Thursday.
        let weekday = usize::try_from((date.0 + 3).rem_euclid(7)).unwrap_or_default();
        let campaign = content.mix.campaigns.iter().any(|[first, last]| (*first..=*last).contains(&day));
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let noise = 0.99 + draw.below(NOISE * 2) as f64 / 10_000.0;
        let total = FIRST
            * growth(day)
            * WEEKDAYS.get(weekday).copied().unwrap_or(1.0)
            * if campaign { CAMPAIGN } else { 1.0 }
            * noise;
        write_day(&mut table, content, date, f64::from(day), total);
    }
    table
}

fn write_day(table: &mut String, content: &Content, date: Day, day: f64, total: f64) {
    let versions = shares(&content.mix.releases, day + 0.5);
    for language in Language::ALL {
        let regions = content.names.regions.of(language);
        let all: f64 = regions.values().sum();
        for (region, weight) in regions {
            for (platform, part) in platforms(content, language) {
                for (release, share) in content.mix.releases.iter().zip(&versions) {
                    // The two languages are equally frequent, as among those who ask.
                    let users = (total * 0.5 * weight / all * part * share).round();
                    if users >= 1.0 {
                        let _ = writeln!(table, "{date},{},{region},{platform},{users}", release.version);
                    }
                }
            }
        }
    }
}

/// The share of each platform among the devices of those who speak a language.
fn platforms(content: &Content, language: Language) -> Vec<(&'static str, f64)> {
    let devices = content.names.devices.of(language);
    ["android", "harmonyos", "ios"]
        .into_iter()
        .map(|name| {
            #[expect(clippy::cast_precision_loss, reason = "a handful of devices")]
            let share = devices.iter().filter(|device| platform(device) == name).count() as f64
                / devices.len() as f64;
            (name, share)
        })
        .filter(|(_, share)| *share > 0.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_app_grows_from_forty_to_fifty_five_thousand_a_day() {
        let content = Content::load().unwrap();
        let now = Time::parse("2026-11-21T15:20:00Z").unwrap();
        let table = table(&content, now, &Draw::new(5));
        let mut days: BTreeMap<&str, f64> = BTreeMap::new();
        let mut rows = 0;
        for line in table.lines().skip(1) {
            let (day, rest) = line.split_once(',').unwrap();
            *days.entry(day).or_default() += rest.rsplit(',').next().unwrap().parse::<f64>().unwrap();
            rows += 1;
        }
        assert_eq!(days.len(), 89, "every day but today, which is not over");
        assert_eq!(days.last_key_value().unwrap().0, &"2026-11-20");
        let users: Vec<f64> = days.into_values().collect();
        assert!((39_000.0..43_000.0).contains(&users[0]), "{}", users[0]);
        assert!((53_000.0..59_000.0).contains(&users[88]), "{}", users[88]);
        assert!(rows < standfast_desk::MOST_ROWS, "{rows}");
        println!("{rows} rows, {} bytes", table.len());
    }
}
