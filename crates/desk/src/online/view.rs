//! The online rate as leads see it: by schedule, day and hour of the week, and what would raise it most.

use jiff::tz::TimeZone;
use serde::Serialize;
use standfast_domain::{Course, Coverage, Day, Gap, Hours, Kept, Permission, ScheduleId, Time};
use utoipa::ToSchema;

use super::DAYS;
use crate::hours::{ScheduleView, current_schedules};
use crate::{AgentCaller, Desk, Error, timetable};

/// Most days of an answer.
const MOST_DAYS: i64 = DAYS - 1;

/// A day and what was kept of its promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OnlineDay {
    /// The date in the zone of the hours.
    #[schema(value_type = String, format = Date)]
    pub date: Day,
    /// Its minutes.
    pub kept: Kept,
}

/// What would raise the rate most: the hours of the week and the reason for which most of the promise was lost.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Win {
    /// Why nobody could answer.
    pub gap: Gap,
    /// Day of the week, 1 for Monday.
    pub weekday: u8,
    /// The first hour of the stretch, and the one after the last: from 0 to 24.
    pub from_hour: u8,
    /// See `from_hour`.
    pub until_hour: u8,
    /// Minutes that were lost there.
    pub minutes: u32,
    /// By how much the rate would have been higher without that: 0.01 is one point.
    pub points: f64,
}

/// Hours and what was kept of them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OnlineSchedule {
    /// Id of the hours.
    #[schema(value_type = String)]
    pub id: ScheduleId,
    /// What they are called.
    pub name: String,
    /// For whom they are.
    pub coverage: Coverage,
    /// Their time zone.
    pub zone: String,
    /// All minutes.
    pub kept: Kept,
    /// The online rate, from 0 to 1; null where nothing was promised.
    pub rate: Option<f64>,
    /// Day by day.
    pub days: Vec<OnlineDay>,
    /// By hour of the week on the clock of the zone: 24 of Monday first, 168 in all.
    pub week: Vec<Kept>,
    /// What would raise it most, the most first; at most three.
    pub wins: Vec<Win>,
}

/// The online rate.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OnlineView {
    /// Since when minutes are put down; what was before is not known. Null while none are.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Time>,
    /// Days that were asked for.
    pub days: u32,
    /// By schedule, the most general first.
    pub items: Vec<OnlineSchedule>,
}

/// The online rate of the last `days` days (1–90), today included as far as it has come.
pub async fn online(desk: &Desk, caller: &AgentCaller, days: u32) -> Result<OnlineView, Error> {
    caller.require(Permission::ReadInsight)?;
    if !(1..=MOST_DAYS).contains(&i64::from(days)) {
        return Err(Error::invalid("days", "out_of_range"));
    }
    let schedules = current_schedules(desk).await?;
    let (course, table, now) = (desk.shared.online.course(), timetable(desk), desk.now());
    let items = tokio::task::spawn_blocking(move || {
        let of = |schedule: ScheduleView| {
            let (_, hours) = table.hours(schedule.id)?;
            Some(kept(&course, schedule, hours, now, i64::from(days)))
        };
        (course.begins(), schedules.into_iter().filter_map(of).collect())
    });
    let (since, items) = items.await.map_err(|_| Error::Inconsistent("the online rate"))?;
    Ok(OnlineView { since, days, items })
}

/// The beginnings of the last days on the clock of a zone, and the end of today.
fn midnights(zone: &TimeZone, now: Time, days: i64) -> Vec<(Day, Time, Time)> {
    let start = |day: Day| {
        let date: jiff::civil::Date = day.to_string().parse().ok()?;
        Some(Time(date.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond()))
    };
    let offset = jiff::Timestamp::from_microsecond(now.0).map_or(0, |at| zone.to_offset(at).seconds());
    let today = Day::of(Time(now.0 + i64::from(offset) * 1_000_000));
    (1 - days..=0)
        .filter_map(|ago| {
            let day = today.plus(ago);
            Some((day, start(day)?, start(day.plus(1))?))
        })
        .collect()
}

/// What was kept of the last days, today included as far as it has come.
pub(crate) fn days_kept(
    course: &Course,
    hours: &Hours,
    zone: &str,
    now: Time,
    days: i64,
) -> Vec<(Day, Kept)> {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let of = |(date, from, until): (Day, Time, Time)| (date, course.kept(hours, from, until));
    midnights(&zone, now, days).into_iter().map(of).collect()
}

fn kept(course: &Course, schedule: ScheduleView, hours: &Hours, now: Time, days: i64) -> OnlineSchedule {
    let zone = TimeZone::get(&schedule.schedule.zone).unwrap_or(TimeZone::UTC);
    let from = midnights(&zone, now, days).first().map_or(now, |(_, from, _)| *from);
    let days = days_kept(course, hours, &schedule.schedule.zone, now, days);
    let mut kept = Kept::default();
    for (_, day) in &days {
        kept += *day;
    }
    let week = course.kept_by_hour(hours, &zone, from, now);
    OnlineSchedule {
        id: schedule.id,
        name: schedule.name,
        coverage: schedule.coverage,
        zone: schedule.schedule.zone,
        kept,
        rate: kept.rate(),
        days: days.into_iter().map(|(date, kept)| OnlineDay { date, kept }).collect(),
        wins: wins(&week, kept.promised),
        week,
    }
}

/// The stretches of neighbouring hours of a day, and the reason, for which most was lost.
fn wins(week: &[Kept], promised: u32) -> Vec<Win> {
    let mut wins = Vec::new();
    for gap in Gap::ALL {
        for (weekday, day) in (1..).zip(week.chunks(24)) {
            let mut hour = 0_u8;
            for stretch in day.chunk_by(|one, other| (one.lost(gap) > 0) == (other.lost(gap) > 0)) {
                let (from_hour, minutes) = (hour, stretch.iter().map(|kept| kept.lost(gap)).sum());
                hour += u8::try_from(stretch.len()).unwrap_or(24);
                if minutes > 0 {
                    let points = f64::from(minutes) / f64::from(promised);
                    wins.push(Win { gap, weekday, from_hour, until_hour: hour, minutes, points });
                }
            }
        }
    }
    wins.sort_by_key(|win| std::cmp::Reverse(win.minutes));
    wins.truncate(3);
    wins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_together_is_won_together() {
        let mut week = vec![Kept { promised: 60, online: 60, ..Kept::default() }; 7 * 24];
        // Saturdays from 22 to 24, half of it; a crash on a Monday.
        for hour in [5 * 24 + 22, 5 * 24 + 23] {
            (week[hour].online, week[hour].away) = (30, 30);
        }
        (week[3].online, week[3].technical) = (55, 5);
        let wins = wins(&week, 168 * 60);
        let away = Win {
            gap: Gap::Away,
            weekday: 6,
            from_hour: 22,
            until_hour: 24,
            minutes: 60,
            points: 60.0 / 10_080.0,
        };
        let crash = Win {
            gap: Gap::Technical,
            weekday: 1,
            from_hour: 3,
            until_hour: 4,
            minutes: 5,
            points: 5.0 / 10_080.0,
        };
        assert_eq!(wins, [away, crash]);
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let zone = TimeZone::get("America/New_York").unwrap();
        // The clocks were put back on 1 November 2026: that day has 25 hours.
        let days = midnights(&zone, Time::parse("2026-11-02T04:30:00Z").unwrap(), 2);
        let [(first, _, _), (second, from, until)] = days.as_slice() else { panic!("{days:?}") };
        assert_eq!(
            (first.to_string(), second.to_string()),
            ("2026-10-31".to_owned(), "2026-11-01".to_owned())
        );
        assert_eq!(until.since(*from).as_secs(), 25 * 3_600);
    }
}
