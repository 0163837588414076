//! The online rate as leads see it: by schedule, day and hour of the week, and what would raise it most.

use jiff::tz::TimeZone;
use serde::Serialize;
use standfast_domain::{
    Channel, Course, Coverage, Day, Gap, Kept, Language, Loss, Permission, Promised, Sample, ScheduleId,
    Service, Time, Timetable,
};
use standfast_store::online;
use utoipa::ToSchema;

use super::{DAYS, MINUTES_A_DAY};
use crate::hours::{ScheduleView, current_schedules};
use crate::{AgentCaller, Desk, Error, timetable};

const MINUTE: i64 = 60_000_000;
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
    /// In which languages; all when none is named.
    pub languages: Vec<Language>,
    /// By which channels; all when none is named.
    pub channels: Vec<Channel>,
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

/// A part of those for whom somebody was promised, and what was kept of that. A minute is kept when somebody could answer for each
/// language by each channel that is in the part and was promised.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OnlinePart {
    /// Those of one language; null for all of them.
    pub language: Option<Language>,
    /// Those who come by one channel; null for all of them.
    pub channel: Option<Channel>,
    /// Those of one region, an empty one for all that no hours name; null for everybody.
    pub region: Option<String>,
    /// Its minutes.
    pub kept: Kept,
    /// The online rate, from 0 to 1; null where nothing was promised.
    pub rate: Option<f64>,
}

/// A place that sends test messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OnlinePlace {
    /// What whoever runs it calls it.
    pub name: String,
    /// The last minute of which it has told.
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Time,
    /// Minutes of which it has told in the days that were asked for.
    pub sent: i64,
    /// Of those, minutes in which no receipt came.
    pub failed: i64,
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
    /// All minutes. One is kept when somebody could answer everybody for whom these hours are meant.
    pub kept: Kept,
    /// The online rate, from 0 to 1; null where nothing was promised.
    pub rate: Option<f64>,
    /// By language and channel, of those for whom these hours are meant.
    pub parts: Vec<OnlinePart>,
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
    /// All schedules together, by language, by channel, and by region where schedules name any.
    pub parts: Vec<OnlinePart>,
    /// Places from which test messages came.
    pub places: Vec<OnlinePlace>,
}

/// The online rate of the last `days` days (1–90), today included as far as it has come.
pub async fn online(desk: &Desk, caller: &AgentCaller, days: u32) -> Result<OnlineView, Error> {
    caller.require(Permission::ReadInsight)?;
    if !(1..=MOST_DAYS).contains(&i64::from(days)) {
        return Err(Error::invalid("days", "out_of_range"));
    }
    let schedules = current_schedules(desk).await?;
    let (course, table, now) = (desk.shared.online.course(), timetable(desk), desk.now());
    let since = Sample::minute_of(now) - i64::from(days) * MINUTES_A_DAY;
    let places =
        desk.store().read(move |rd| online::list_probe_places(rd, since).map_err(Error::from)).await?;
    let made = tokio::task::spawn_blocking(move || {
        let days = i64::from(days);
        let of = |schedule: ScheduleView| {
            let (_, hours) = table.hours(schedule.id)?;
            let services = table.services(schedule.id, now);
            Some(kept(&course, schedule, &Promised { hours, services }, now, days))
        };
        let items = schedules.into_iter().filter_map(of).collect();
        (course.begins(), items, parts(&course, &table, now, days))
    });
    let (since, items, parts) = made.await.map_err(|_| Error::Inconsistent("the online rate"))?;
    let place = |(name, last, sent, failed)| OnlinePlace { name, last_at: Time(last * MINUTE), sent, failed };
    Ok(OnlineView { since, days, items, parts, places: places.into_iter().map(place).collect() })
}

/// All schedules together, by language, by channel and by region.
fn parts(course: &Course, table: &Timetable, now: Time, days: i64) -> Vec<OnlinePart> {
    let zone = table.zone(now).and_then(|zone| TimeZone::get(zone).ok()).unwrap_or(TimeZone::UTC);
    let from = midnights(&zone, now, days).first().map_or(now, |(_, from, _)| *from);
    let mut regions = table.regions(now);
    let has_regions = !regions.is_empty();
    regions.push(String::new());
    let of = |language: Option<Language>, channel: Option<Channel>, region: Option<&String>| {
        let named = region.map_or(regions.as_slice(), std::slice::from_ref);
        let promised = table.promised(named, now, |service| {
            language.is_none_or(|one| one == service.language())
                && channel.is_none_or(|one| one == service.channel())
        });
        let kept = course.kept(&promised, from, now);
        OnlinePart { language, channel, region: region.cloned(), kept, rate: kept.rate() }
    };
    let mut channels: Vec<Channel> = Service::all().map(Service::channel).collect();
    channels.sort_unstable_by_key(|channel| channel.as_str());
    channels.dedup();
    let mut parts: Vec<_> = Language::ALL.into_iter().map(|one| of(Some(one), None, None)).collect();
    parts.extend(channels.into_iter().map(|one| of(None, Some(one), None)));
    parts.extend(regions.iter().filter(|_| has_regions).map(|one| of(None, None, Some(one))));
    parts
}

/// What was kept today of all that was promised to anybody, on the clock of the hours that are the most general: a minute for which
/// several hours promise somebody counts once.
pub(crate) fn kept_today(course: &Course, table: &Timetable, now: Time) -> Kept {
    let zone = table.zone(now).and_then(|zone| TimeZone::get(zone).ok()).unwrap_or(TimeZone::UTC);
    let mut regions = table.regions(now);
    regions.push(String::new());
    let from = midnights(&zone, now, 1).first().map_or(now, |(_, from, _)| *from);
    course.kept(&table.promised(&regions, now, |_| true), from, now)
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
    promised: &Promised<'_>,
    zone: &str,
    now: Time,
    days: i64,
) -> Vec<(Day, Kept)> {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let promised = std::slice::from_ref(promised);
    let of = |(date, from, until): (Day, Time, Time)| (date, course.kept(promised, from, until));
    midnights(&zone, now, days).into_iter().map(of).collect()
}

/// The same of each service, all days together.
pub(crate) fn services_kept(
    course: &Course,
    promised: &Promised<'_>,
    zone: &str,
    now: Time,
    days: i64,
) -> Vec<(Service, Kept)> {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let from = midnights(&zone, now, days).first().map_or(now, |(_, from, _)| *from);
    let of = |service: &Service| {
        let own = Promised { hours: promised.hours, services: vec![*service] };
        (*service, course.kept(&[own], from, now))
    };
    promised.services.iter().map(of).collect()
}

fn kept(
    course: &Course,
    schedule: ScheduleView,
    promised: &Promised<'_>,
    now: Time,
    days: i64,
) -> OnlineSchedule {
    let name = &schedule.schedule.zone;
    let zone = TimeZone::get(name).unwrap_or(TimeZone::UTC);
    let from = midnights(&zone, now, days).first().map_or(now, |(_, from, _)| *from);
    let parts = services_kept(course, promised, name, now, days);
    let days = days_kept(course, promised, name, now, days);
    let mut kept = Kept::default();
    for (_, day) in &days {
        kept += *day;
    }
    let part = |(service, kept): (Service, Kept)| OnlinePart {
        language: Some(service.language()),
        channel: Some(service.channel()),
        region: None,
        kept,
        rate: kept.rate(),
    };
    let (services, promised) = (&promised.services, std::slice::from_ref(promised));
    let lost = course.lost_by_hour(promised, &zone, from, now);
    OnlineSchedule {
        id: schedule.id,
        name: schedule.name,
        coverage: schedule.coverage,
        week: course.kept_by_hour(promised, &zone, from, now),
        zone: schedule.schedule.zone,
        kept,
        rate: kept.rate(),
        parts: parts.into_iter().map(part).collect(),
        days: days.into_iter().map(|(date, kept)| OnlineDay { date, kept }).collect(),
        wins: wins(&lost, services, kept.promised),
    }
}

/// The stretches of neighbouring hours of a day, the reason, and those whom it concerned, for which most was lost.
fn wins(lost: &[(Loss, Vec<u32>)], promised: &[Service], all: u32) -> Vec<Win> {
    let mut wins = Vec::new();
    for (loss, week) in lost {
        let (languages, channels) = named(&loss.services, promised);
        for (weekday, day) in (1..).zip(week.chunks(24)) {
            let mut hour = 0_u8;
            for stretch in day.chunk_by(|one, other| (*one > 0) == (*other > 0)) {
                let (from_hour, minutes) = (hour, stretch.iter().sum());
                hour += u8::try_from(stretch.len()).unwrap_or(24);
                if minutes > 0 {
                    let points = f64::from(minutes) / f64::from(all);
                    let (languages, channels) = (languages.clone(), channels.clone());
                    let (gap, until_hour) = (loss.gap, hour);
                    wins.push(Win {
                        gap,
                        languages,
                        channels,
                        weekday,
                        from_hour,
                        until_hour,
                        minutes,
                        points,
                    });
                }
            }
        }
    }
    wins.sort_by_key(|win| std::cmp::Reverse(win.minutes));
    wins.truncate(3);
    wins
}

/// Some of the services that were promised, in as few words as say it: by language alone or by channel alone where that is enough.
fn named(some: &[Service], promised: &[Service]) -> (Vec<Language>, Vec<Channel>) {
    let languages: Vec<_> =
        Language::ALL.into_iter().filter(|one| some.iter().any(|own| own.language() == *one)).collect();
    let channels: Vec<_> =
        Channel::ALL.into_iter().filter(|one| some.iter().any(|own| own.channel() == *one)).collect();
    let count = |is_named: &dyn Fn(&&Service) -> bool| promised.iter().filter(is_named).count();
    if some.len() == count(&|one| languages.contains(&one.language())) {
        (languages, Vec::new())
    } else if some.len() == count(&|one| channels.contains(&one.channel())) {
        (Vec::new(), channels)
    } else {
        (languages, channels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_together_is_won_together() {
        let all: Vec<_> = Service::all().collect();
        let english: Vec<_> = all.iter().filter(|one| one.language() == Language::English).copied().collect();
        let hours = |hours: &[(usize, u32)]| {
            let mut week = vec![0; 7 * 24];
            for (hour, minutes) in hours {
                week[*hour] = *minutes;
            }
            week
        };
        let loss = |gap, services: &[Service]| Loss { gap, services: services.to_vec() };
        let all_lost = [
            // Saturdays from 22 to 24 nobody was there who knows English; on a Monday the desk was not; a page was.
            (loss(Gap::Away, &english), hours(&[(5 * 24 + 22, 30), (5 * 24 + 23, 30)])),
            (loss(Gap::Technical, &[]), hours(&[(3, 5)])),
            (loss(Gap::Technical, &[Service::of(Language::English, Channel::Page)]), hours(&[(30, 2)])),
        ];
        let win = |gap, languages, channels, weekday, from_hour, minutes: u32| Win {
            gap,
            languages,
            channels,
            weekday,
            from_hour,
            until_hour: if from_hour == 22 { 24 } else { from_hour + 1 },
            minutes,
            points: f64::from(minutes) / 10_080.0,
        };
        let expected = [
            win(Gap::Away, vec![Language::English], vec![], 6, 22, 60),
            win(Gap::Technical, vec![], vec![], 1, 3, 5),
            win(Gap::Technical, vec![Language::English], vec![Channel::Page], 2, 6, 2),
        ];
        assert_eq!(wins(&all_lost, &all, 10_080), expected);
        let chats: Vec<_> = all.iter().filter(|one| one.channel() == Channel::Widget).copied().collect();
        assert_eq!(named(&chats, &all), (vec![], vec![Channel::Widget]));
        // Of hours that are for chats alone, those in English are all that is in English.
        assert_eq!(named(&chats[1..], &chats), (vec![Language::English], vec![]));
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
