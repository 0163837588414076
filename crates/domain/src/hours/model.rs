//! The same, found slowly: every minute is asked what the clock on the wall shows, and what is written down for that. What
//! [`Hours`] says must be what this says.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::{Channel, Day, Language, ScheduleId, Time};

const MINUTE: i64 = 60_000_000;

/// Zones with all kinds of clocks: none that change, half and quarter hours, half an hour of daylight saving, changes for
/// Ramadan, a day that was skipped, changes at midnight.
const ZONES: &[&str] = &[
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/St_Johns",
    "America/Santiago",
    "Asia/Beirut",
    "Pacific/Chatham",
];

/// What is written down for a minute of the clock.
fn is_open_by_the_clock(schedule: &Schedule, shown: CivilMinute) -> bool {
    let exception = schedule.exceptions.iter().find(|one| one.from <= shown && shown < one.until);
    if let Some(exception) = exception {
        return exception.open;
    }
    [0, 1].into_iter().any(|ago| {
        let day = shown.day().plus(-ago);
        let weekday = match schedule.days.iter().find(|special| special.date == day) {
            Some(special) if special.kind == DayKind::Holiday => return false,
            Some(special) => special.like.or(Weekday::new(1)).unwrap(),
            None => Weekday::of(day),
        };
        let week = if schedule.seasons.is_empty() { &schedule.week } else { week(schedule, day) };
        let minute = shown.0 - day.0 * DAY;
        week.iter().filter(|interval| interval.weekday == weekday).any(|interval| {
            let (opens, closes) = (interval.opens.minutes(), interval.closes.minutes());
            let closes = if closes <= opens { closes + DAY } else { closes };
            opens <= minute && minute < closes
        })
    })
}

/// The week of a date.
fn week(schedule: &Schedule, day: Day) -> &Vec<Interval> {
    let parts = |day: Day, yearly: bool| {
        let date: jiff::civil::Date = day.to_string().parse().unwrap();
        (if yearly { 0 } else { date.year() }, date.month(), date.day())
    };
    let within = |season: &&Season| {
        let [from, until, date] = [season.from, season.until, day].map(|day| parts(day, season.yearly));
        if from <= until { from <= date && date <= until } else { from <= date || date <= until }
    };
    let season = |yearly| schedule.seasons.iter().filter(move |s| s.yearly == yearly).find(within);
    season(false).or(season(true)).map_or(&schedule.week, |season| &season.week)
}

/// What the clock of a zone shows.
fn shown(zone: &TimeZone, at: Time) -> CivilMinute {
    let offset = zone.to_offset(Timestamp::from_microsecond(at.0).unwrap());
    CivilMinute((at.0 + i64::from(offset.seconds()) * 1_000_000).div_euclid(MINUTE))
}

/// Whether it is open in each minute from an instant on.
fn minutes(schedule: &Schedule, from: Time, count: i64) -> Vec<bool> {
    let zone = TimeZone::get(&schedule.zone).unwrap();
    (0..count)
        .map(|minute| is_open_by_the_clock(schedule, shown(&zone, Time(from.0 + minute * MINUTE))))
        .collect()
}

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn of(weekday: u8, opens: &str, closes: &str) -> Interval {
    Interval {
        weekday: Weekday::new(weekday).unwrap(),
        opens: TimeOfDay::parse(opens).unwrap(),
        closes: TimeOfDay::parse(closes).unwrap(),
    }
}

fn daily(opens: &str, closes: &str) -> Vec<Interval> {
    (1..=7).map(|weekday| of(weekday, opens, closes)).collect()
}

fn plain(zone: &str, week: Vec<Interval>) -> Schedule {
    Schedule { zone: zone.to_owned(), week, seasons: Vec::new(), days: Vec::new(), exceptions: Vec::new() }
}

fn worked_out(schedule: &Schedule) -> Hours {
    schedule.check().unwrap();
    Hours::new(schedule, Day::parse("2009-01-01").unwrap(), Day::parse("2040-01-01").unwrap()).unwrap()
}

fn interval() -> impl Strategy<Value = Interval> {
    let time = || prop_oneof![0..1_440_u16, (0..48_u16).prop_map(|half| half * 30)];
    (1..=7_u8, time(), prop_oneof![time(), Just(1_440)]).prop_map(|(weekday, opens, closes)| Interval {
        weekday: Weekday::new(weekday).unwrap(),
        opens: TimeOfDay::new(opens).unwrap(),
        closes: TimeOfDay::new(closes).unwrap(),
    })
}

/// Schedules around a day, of which some make no sense.
fn any_schedule(day: i64) -> impl Strategy<Value = Schedule> {
    let near = move || (day - 12..day + 12).prop_map(Day);
    let week = || proptest::collection::vec(interval(), 0..6);
    let season = (near(), 0..20_i64, any::<bool>(), week()).prop_map(|(from, days, yearly, week)| Season {
        name: "Season".to_owned(),
        from,
        until: from.plus(days),
        yearly,
        week,
    });
    let special =
        (near(), any::<bool>(), proptest::option::of(1..=7_u8)).prop_map(|(date, holiday, like)| {
            SpecialDay {
                date,
                kind: if holiday { DayKind::Holiday } else { DayKind::WorkDay },
                name: "Day".to_owned(),
                like: like.and_then(Weekday::new),
            }
        });
    let exception =
        (near(), 0..1_440_i64, 0..4_000_i64, any::<bool>()).prop_map(|(day, from, length, open)| Exception {
            from: CivilMinute(day.0 * DAY + from),
            until: CivilMinute(day.0 * DAY + from + length),
            open,
            reason: "Reason".to_owned(),
        });
    (
        zone(),
        week(),
        proptest::collection::vec(season, 0..3),
        proptest::collection::vec(special, 0..6),
        proptest::collection::vec(exception, 0..4),
    )
        .prop_map(|(zone, week, seasons, days, exceptions)| Schedule {
            zone,
            week,
            seasons,
            days,
            exceptions,
        })
}

/// One of the odd ones, or any that there is.
fn zone() -> impl Strategy<Value = String> {
    let all: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let odd = proptest::sample::select(ZONES).prop_map(str::to_owned);
    prop_oneof![odd, proptest::sample::select(all)]
}

/// Takes away what makes no sense, until everything does.
fn sensible(mut schedule: Schedule) -> Schedule {
    while let Err(wrong) = schedule.check() {
        match wrong.part {
            "week" => drop(schedule.week.remove(wrong.place)),
            "seasons" => drop(schedule.seasons.remove(wrong.place)),
            "days" => drop(schedule.days.remove(wrong.place)),
            "exceptions" => drop(schedule.exceptions.remove(wrong.place)),
            part => panic!("{part}"),
        }
    }
    schedule
}

/// Days around which clocks change somewhere, or on which a year ends, and any others.
fn beginning() -> impl Strategy<Value = i64> {
    let changes = [
        "2011-12-28",
        "2026-03-08",
        "2026-03-28",
        "2026-10-24",
        "2026-10-31",
        "2026-04-04",
        "2026-10-03",
        "2026-02-14",
        "2026-03-21",
        "2027-12-30",
        "2028-02-27",
        "2009-01-03",
        "2036-11-01",
    ];
    prop_oneof![
        proptest::sample::select(changes.map(|day| Day::parse(day).unwrap().0).to_vec()),
        14_300..24_800_i64,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_answer_is_that_of_the_minutes(
        (day, schedule) in beginning().prop_flat_map(|day| (Just(day), any_schedule(day))),
        asked in proptest::collection::vec((0..8_640_i64, 0..MINUTE, 0..8_640_i64, 0..MINUTE), 12),
    ) {
        let schedule = sensible(schedule);
        // Beginning before the days that are looked at, as the desk's do.
        let hours = Hours::new(&schedule, Day(day - 40), Day(day + 40)).unwrap();
        let start = Day(day - 1).start();
        let slow = minutes(&schedule, start, 8_640);
        for (minute, open) in (0..).zip(&slow) {
            prop_assert_eq!(hours.is_open(Time(start.0 + minute * MINUTE)), *open, "{}", Time(start.0 + minute * MINUTE));
        }
        for (one, one_micros, other, other_micros) in asked {
            let (from, until) = (Time(start.0 + one * MINUTE + one_micros), Time(start.0 + other * MINUTE + other_micros));
            let mut open = 0;
            let mut minute = one;
            while minute <= other {
                let (begin, end) = (start.0 + minute * MINUTE, start.0 + (minute + 1) * MINUTE);
                if slow[usize::try_from(minute).unwrap()] {
                    open += (end.min(until.0) - begin.max(from.0)).max(0);
                }
                minute += 1;
            }
            prop_assert_eq!(i64::try_from(hours.business_time_between(from, until).as_micros()).unwrap(), open);
            let next = |wanted: bool| {
                let later = (one + 1..8_640).find(|minute| slow[usize::try_from(*minute).unwrap()] == wanted);
                let now = slow[usize::try_from(one).unwrap()] == wanted;
                if now { Some(from) } else { later.map(|minute| Time(start.0 + minute * MINUTE)) }
            };
            if let Some(opens) = next(true) {
                prop_assert_eq!(hours.next_open(from), Some(opens));
            }
            if let Some(closes) = next(false) {
                prop_assert_eq!(hours.next_close(from), closes);
            }
            let (spans, gaps) = (hours.open_between(from, until), hours.gaps(from, until));
            let length = |spans: &[(Time, Time)]| spans.iter().map(|(a, b)| b.0 - a.0).sum::<i64>();
            prop_assert_eq!(length(&spans), open);
            prop_assert_eq!(length(&spans) + length(&gaps), (until.0 - from.0).max(0));
        }
    }

    #[test]
    fn what_passes_the_check_is_without_overlap(
        schedule in any_schedule(20_500),
    ) {
        let mut minutes = vec![0_u8; usize::try_from(7 * DAY).unwrap()];
        let mut is_empty = false;
        for interval in &schedule.week {
            is_empty |= interval.opens == interval.closes;
            let (opens, closes) = (interval.opens.minutes(), interval.closes.minutes());
            let closes = if closes <= opens { closes + DAY } else { closes };
            for minute in opens..closes {
                let minute = (i64::from(interval.weekday.number() - 1) * DAY + minute) % (7 * DAY);
                minutes[usize::try_from(minute).unwrap()] += 1;
            }
        }
        let wrong = schedule.check().err().filter(|wrong| wrong.part == "week").map(|wrong| wrong.reason);
        prop_assert_eq!(wrong.is_some(), is_empty || minutes.iter().any(|times| *times > 1), "{:?}", wrong);
        if let Err(wrong) = schedule.check() {
            prop_assert!(["empty", "overlap", "twice"].contains(&wrong.reason), "{}", wrong);
        }
    }

    /// A table of changed and removed schedules says of every minute what the version of that minute says.
    #[test]
    fn a_changed_schedule_stays_what_it_was(
        changes in proptest::collection::vec((0..2_i64, 0..20_000_i64, proptest::option::weighted(0.8, any_schedule(20_510)), any::<bool>()), 1..6),
        asked in proptest::collection::vec((0..28_800_i64, any::<bool>()), 20),
    ) {
        let start = Day(20_500).start();
        let mut versions: Vec<ScheduleVersion> = changes
            .into_iter()
            .map(|(id, minute, schedule, chinese)| ScheduleVersion {
                id: ScheduleId(id),
                from: Time(start.0 + minute * MINUTE),
                // Two that are never rivals.
                coverage: Coverage {
                    languages: if id == 1 { vec![Language::Chinese] } else { Vec::new() },
                    channels: if id == 1 && chinese { vec![Channel::Widget] } else { Vec::new() },
                    ..Coverage::default()
                },
                schedule: schedule.map(sensible),
            })
            .collect();
        versions.sort_by_key(|version| (version.id, version.from));
        versions.dedup_by_key(|version| (version.id, version.from));
        // What was taken away does not come back.
        let mut gone = std::collections::BTreeSet::new();
        versions.retain(|version| !gone.contains(&version.id) && (version.schedule.is_some() || gone.insert(version.id)));
        let table = Timetable::new(&versions, Day(20_400), Day(20_560)).unwrap();
        for (minute, chinese) in asked {
            let came = Time(start.0 + minute * MINUTE);
            let language = if chinese { Language::Chinese } else { Language::English };
            let asker = Asker { language, region: "", channel: Channel::Widget };
            let latest = |id: i64, at: Time| {
                versions.iter().rev().find(|version| version.id == ScheduleId(id) && version.from <= at)
            };
            let meant = [1, 0].into_iter().find(|id| {
                latest(*id, came).is_some_and(|version| version.schedule.is_some() && version.coverage.covers(&asker))
            });
            let found = table.find(&asker, came);
            prop_assert_eq!(found.map(|found| found.id.0), meant);
            let Some(Attendance { id, hours, .. }) = found else { continue };
            for later in [0, 1, 700, 3_000] {
                let at = Time(came.0 + later * MINUTE);
                let mut last = versions.iter().rev().filter(|version| version.id == id && version.from <= at);
                let schedule = last.find_map(|version| version.schedule.as_ref()).unwrap();
                let zone = TimeZone::get(&schedule.zone).unwrap();
                prop_assert_eq!(hours.is_open(at), is_open_by_the_clock(schedule, shown(&zone, at)));
            }
        }
    }
}

/// The zones with the oddest clocks: half an hour of daylight saving, changes around Ramadan, a day that was skipped. The others
/// are looked at around their changes, by the property above.
#[test]
fn a_whole_year_minute_by_minute() {
    for zone in ["Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"] {
        let year = if zone == "Pacific/Apia" { 2011 } else { 2026 };
        let day = |text: &str| Day::parse(&format!("{year}-{text}")).unwrap();
        let mut week = daily("22:30", "02:15");
        week.extend([
            of(1, "03:00", "12:00"),
            of(1, "13:00", "18:00"),
            of(7, "02:20", "02:40"),
            of(6, "09:00", "12:30"),
        ]);
        let mut schedule = plain(zone, week);
        schedule.seasons.push(Season {
            name: "Winter".to_owned(),
            from: day("12-20"),
            until: day("01-10"),
            yearly: true,
            week: daily("00:00", "24:00"),
        });
        schedule.days.push(SpecialDay {
            date: day("10-01"),
            kind: DayKind::Holiday,
            name: String::new(),
            like: None,
        });
        schedule.days.push(SpecialDay {
            date: day("10-10"),
            kind: DayKind::WorkDay,
            name: String::new(),
            like: Weekday::new(1),
        });
        let hours = worked_out(&schedule);
        let from = day("01-01").start();
        let slow = minutes(&schedule, from, 365 * DAY);
        let mut open = 0;
        for (minute, is_open) in (0..).zip(&slow) {
            let at = Time(from.0 + minute * MINUTE);
            assert_eq!(hours.is_open(at), *is_open, "{zone} {at}");
            if minute % 1_000 == 0 {
                assert_eq!(hours.business_time_between(from, at).as_secs(), open * 60, "{zone} {at}");
            }
            open += u64::from(*is_open);
        }
    }
}

#[test]
fn when_clocks_change() {
    // Berlin, 2026-03-29: 02:00 becomes 03:00. 2026-10-25: 03:00 becomes 02:00.
    let hours = worked_out(&plain("Europe/Berlin", daily("01:30", "02:30")));
    let spring = hours.open_between(at("2026-03-29T00:00:00Z"), at("2026-03-29T12:00:00Z"));
    assert_eq!(
        spring,
        [(at("2026-03-29T00:30:00Z"), at("2026-03-29T01:00:00Z"))],
        "half an hour does not exist"
    );
    let autumn = hours.open_between(at("2026-10-24T22:00:00Z"), at("2026-10-25T12:00:00Z"));
    let twice = [
        (at("2026-10-24T23:30:00Z"), at("2026-10-25T00:30:00Z")),
        (at("2026-10-25T01:00:00Z"), at("2026-10-25T01:30:00Z")),
    ];
    assert_eq!(autumn, twice, "the half hour that comes twice counts twice");
    // Samoa had no 2011-12-30.
    let hours = worked_out(&plain("Pacific/Apia", daily("09:00", "17:00")));
    let days = hours.open_between(at("2011-12-29T10:00:00Z"), at("2011-12-31T10:00:00Z"));
    let expected = [
        (at("2011-12-29T19:00:00Z"), at("2011-12-30T03:00:00Z")),
        (at("2011-12-30T19:00:00Z"), at("2011-12-31T03:00:00Z")),
    ];
    assert_eq!(days, expected, "from the 29th to the 31st");
    // Lord Howe goes back by half an hour: 2026-04-05 02:00 becomes 01:30.
    let hours = worked_out(&plain("Australia/Lord_Howe", daily("00:00", "24:00")));
    let (from, until) = (at("2026-04-04T13:00:00Z"), at("2026-04-05T13:30:00Z"));
    assert_eq!(hours.business_time_between(from, until).as_secs(), 88_200, "a day of 24 h 30 min");
}

#[test]
fn make_up_working_days_and_holidays() {
    let weekdays = (1..=5).map(|day| of(day, "09:00", "18:00")).collect();
    let mut schedule = plain("Asia/Shanghai", weekdays);
    let special = |date: &str, kind| SpecialDay {
        date: Day::parse(date).unwrap(),
        kind,
        name: String::new(),
        like: None,
    };
    schedule.days = vec![special("2026-10-01", DayKind::Holiday), special("2026-10-10", DayKind::WorkDay)];
    let hours = worked_out(&schedule);
    assert!(!hours.is_open(at("2026-10-01T04:00:00Z")), "a Thursday that is a holiday");
    assert!(hours.is_open(at("2026-10-10T04:00:00Z")), "a Saturday that is worked");
    assert_eq!(hours.next_open(at("2026-10-10T11:00:00Z")), Some(at("2026-10-12T01:00:00Z")));
    assert_eq!(hours.next_close(at("2026-10-10T04:00:00Z")), at("2026-10-10T10:00:00Z"));
}

#[test]
fn closed_this_afternoon() {
    let mut schedule = plain("Asia/Singapore", daily("09:00", "18:00"));
    schedule.exceptions.push(Exception {
        from: CivilMinute::parse("2026-11-28T13:00").unwrap(),
        until: CivilMinute::parse("2026-11-28T18:00").unwrap(),
        open: false,
        reason: "Office move".to_owned(),
    });
    let hours = worked_out(&schedule);
    assert!(hours.is_open(at("2026-11-28T04:59:59.999999Z")));
    assert!(!hours.is_open(at("2026-11-28T05:00:00Z")));
    assert_eq!(hours.next_open(at("2026-11-28T05:00:00Z")), Some(at("2026-11-29T01:00:00Z")));
}

#[test]
fn gaps_of_the_week() {
    let weekdays = (1..=5).map(|day| of(day, "09:00", "18:00")).chain([of(6, "22:00", "02:00")]).collect();
    let mut schedule = plain("Asia/Shanghai", weekdays);
    schedule.days.push(SpecialDay {
        date: Day::parse("2026-10-01").unwrap(),
        kind: DayKind::Holiday,
        name: String::new(),
        like: None,
    });
    let gaps = schedule.week_gaps(Day::parse("2026-09-28").unwrap());
    let text = |gap: &WeekGap| format!("{} {} {}", gap.weekday.number(), gap.from, gap.until);
    let gaps: Vec<String> = gaps.iter().map(text).collect();
    // The holiday is one Thursday of four, and no gap of every week.
    let expected: Vec<String> = (1..=5)
        .flat_map(|day| [format!("{day} 00:00 09:00"), format!("{day} 18:00 24:00")])
        .chain(["6 00:00 22:00".to_owned(), "7 02:00 24:00".to_owned()])
        .collect();
    assert_eq!(gaps, expected);
    let days = schedule.opened(Day::parse("2026-10-01").unwrap(), 2);
    assert_eq!((days[0].spans.len(), days[1].spans.len()), (0, 1));
}

#[test]
fn never_and_always_open() {
    let never = worked_out(&plain("UTC", Vec::new()));
    assert_eq!(
        (never.is_open(at("2026-01-01T00:00:00Z")), never.next_open(at("2026-01-01T00:00:00Z"))),
        (false, None)
    );
    let always = worked_out(&plain("America/New_York", daily("00:00", "24:00")));
    assert_eq!(always.opens_count(), 1, "one span for all years");
    assert!(always.gaps(at("2020-01-01T00:00:00Z"), at("2039-01-01T00:00:00Z")).is_empty());
}

#[test]
fn the_most_specific_schedule_is_meant() {
    use Language::{Chinese, English};

    let version = |id, languages: &[Language], regions: &[&str], channels: &[Channel]| ScheduleVersion {
        id: ScheduleId(id),
        from: Time(0),
        coverage: Coverage {
            languages: languages.to_vec(),
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
            channels: channels.to_vec(),
        },
        schedule: Some(plain("UTC", daily("09:00", "18:00"))),
    };
    let chinese = [Language::Chinese];
    let versions = [
        version(1, &[], &[], &[]),
        version(2, &[], &[], &[Channel::Widget]),
        version(3, &[], &["SG", "MY"], &[]),
        version(4, &chinese, &[], &[]),
        version(5, &[], &["SG"], &[Channel::Widget]),
        version(6, &chinese, &[], &[Channel::Page]),
    ];
    let table = Timetable::new(&versions, Day(20_000), Day(20_100)).unwrap();
    let meant = |language, region, channel| {
        table.find(&Asker { language, region, channel }, Day(20_050).start()).map(|found| found.id.0)
    };
    for (language, region, channel, expected) in [
        (English, "", Channel::Api, 1),
        (English, "DE", Channel::Widget, 2),
        (English, "SG", Channel::Api, 3),
        (English, "SG", Channel::Widget, 5),
        (Chinese, "", Channel::Widget, 4),
        (Chinese, "MY", Channel::Widget, 4),
        (Chinese, "SG", Channel::Widget, 5),
        (Chinese, "SG", Channel::Page, 6),
    ] {
        assert_eq!(meant(language, region, channel), Some(expected), "{language:?} {region} {channel:?}");
    }
    assert!(versions[2].coverage.rivals(&version(9, &[], &["MY", "ID"], &[]).coverage));
    assert!(!versions[2].coverage.rivals(&version(9, &[], &["ID"], &[]).coverage));
    assert!(
        !versions[1].coverage.rivals(&versions[2].coverage),
        "one names the channel, the other the region"
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let check = |change: &dyn Fn(&mut Schedule)| {
        let mut schedule = plain("Europe/Berlin", vec![of(1, "09:00", "18:00")]);
        change(&mut schedule);
        schedule.check().map_err(|wrong| (wrong.part, wrong.reason))
    };
    let day = |text: &str| Day::parse(text).unwrap();
    let season = |from: &str, until: &str, yearly| Season {
        name: String::new(),
        from: day(from),
        until: day(until),
        yearly,
        week: Vec::new(),
    };
    assert_eq!(check(&|_| {}), Ok(()));
    assert_eq!(check(&|s| s.zone = "Europe/Bonn".to_owned()), Err(("zone", "unknown")));
    assert_eq!(check(&|s| s.week.push(of(2, "09:00", "09:00"))), Err(("week", "empty")));
    assert_eq!(check(&|s| s.week.push(of(1, "17:59", "19:00"))), Err(("week", "overlap")));
    assert_eq!(check(&|s| s.week.push(of(1, "18:00", "19:00"))), Ok(()), "touching is not overlapping");
    assert_eq!(
        check(&|s| s.week.push(of(7, "22:00", "09:01"))),
        Err(("week", "overlap")),
        "from Sunday into Monday"
    );
    assert_eq!(check(&|s| s.week.push(of(7, "22:00", "09:00"))), Ok(()));
    assert_eq!(
        check(&|s| s.seasons.push(season("2026-08-01", "2026-07-01", false))),
        Err(("seasons", "before_start"))
    );
    assert_eq!(
        check(&|s| s.seasons =
            vec![season("2026-12-20", "2027-01-05", true), season("2026-01-05", "2026-02-01", true)]),
        Err(("seasons", "overlap"))
    );
    assert_eq!(
        check(&|s| s.seasons =
            vec![season("2026-06-01", "2026-08-31", true), season("2026-07-01", "2026-07-09", false)]),
        Ok(()),
        "what comes every year gives way"
    );
}
