use proptest::prelude::*;

use jiff::tz::TimeZone;

use super::*;
use crate::{Channel, Day, Hours, Interval, Language, Schedule, TimeOfDay, Weekday};

/// 2026-03-02, a Monday, at 00:00 UTC.
const MONDAY: i64 = 1_772_409_600 / 60;

fn hours(opens: &str, closes: &str) -> Hours {
    let time = |text| TimeOfDay::parse(text).unwrap();
    let day = |n| Interval { weekday: Weekday::new(n).unwrap(), opens: time(opens), closes: time(closes) };
    let schedule = Schedule {
        zone: "UTC".to_owned(),
        week: (1..=7).map(day).collect(),
        seasons: Vec::new(),
        days: Vec::new(),
        exceptions: Vec::new(),
    };
    Hours::new(&schedule, Day::parse("2026-03-01").unwrap(), Day::parse("2026-04-01").unwrap()).unwrap()
}

fn sample(minute: i64, present: i64) -> Sample {
    let minute = MONDAY + minute;
    Sample {
        minute,
        node: 1,
        boot: 7,
        up: (minute - MONDAY) * 60,
        present,
        waiting: 0,
        late: 0,
        rostered: None,
        probe: None,
        services: None,
    }
}

/// To everybody.
fn all(hours: &Hours) -> Vec<Promised<'_>> {
    vec![Promised { hours, services: Service::all().collect() }]
}

fn kept(samples: &[Sample]) -> Kept {
    let mut course = Course::default();
    course.extend(samples);
    course.kept(&all(&hours("00:00", "24:00")), Time(MONDAY * MINUTE), Time((MONDAY + 1_440) * MINUTE))
}

#[test]
fn each_minute_is_what_was_seen_of_it() {
    let mut samples: Vec<_> = (0..10).map(|minute| sample(minute, i64::from(minute != 3))).collect();
    (samples[5].waiting, samples[5].late) = (5, 1);
    (samples[6].waiting, samples[6].late) = (5, 2);
    let expected = Kept { promised: 10, online: 8, away: 1, full: 1, ..Kept::default() };
    assert_eq!(kept(&samples), expected, "one in five may be late, two in five may not");
    assert_eq!(expected.rate(), Some(0.8));
    assert_eq!(Kept::default().rate(), None, "nothing promised is nothing kept or broken");
}

#[test]
fn only_what_was_promised_counts() {
    let mut course = Course::default();
    course.extend(&(0..1_440).map(|minute| sample(minute, i64::from(minute >= 600))).collect::<Vec<_>>());
    let day = (Time(MONDAY * MINUTE), Time((MONDAY + 1_440) * MINUTE));
    let kept = course.kept(&all(&hours("09:00", "17:00")), day.0, day.1);
    assert_eq!(kept, Kept { promised: 480, online: 420, away: 60, ..Kept::default() });
}

#[test]
fn a_crash_counts_and_a_new_start_is_another_one() {
    let (mut samples, mut after) = (vec![sample(0, 1)], sample(6, 1));
    (after.boot, after.up) = (8, 1);
    samples.push(after);
    assert_eq!(kept(&samples), Kept { promised: 7, online: 2, technical: 5, ..Kept::default() });
}

#[test]
fn a_process_that_could_not_write_was_not_there() {
    // It went on running, and its clock did not jump.
    assert_eq!(
        kept(&[sample(0, 1), sample(6, 1)]),
        Kept { promised: 7, online: 2, technical: 5, ..Kept::default() }
    );
}

#[test]
fn minutes_that_a_clock_skipped_never_were() {
    let mut after = sample(60, 1);
    after.up = 60;
    assert_eq!(kept(&[sample(0, 1), after]), Kept { promised: 2, online: 2, ..Kept::default() });
    // Five minutes without a word, then the clock was put forward by the rest.
    after.up = 6 * 60;
    assert_eq!(
        kept(&[sample(0, 1), after]),
        Kept { promised: 7, online: 2, technical: 5, ..Kept::default() }
    );
}

#[test]
fn a_clock_that_is_put_back_changes_nothing() {
    let mut samples: Vec<_> = (0..60).map(|minute| sample(minute, 1)).collect();
    let mut back = sample(30, 0);
    back.up = 60 * 60;
    samples.push(back);
    assert_eq!(kept(&samples), Kept { promised: 60, online: 60, ..Kept::default() });
}

#[test]
fn people_of_several_processes_count_together() {
    let beside = |minute, present| Sample { node: 2, boot: 9, ..sample(minute, present) };
    let samples = [sample(0, 0), beside(0, 1), sample(1, 0), beside(1, 0), sample(2, 0), sample(3, 1)];
    assert_eq!(kept(&samples), Kept { promised: 4, online: 2, away: 2, ..Kept::default() });
    // One that writes a little later.
    assert_eq!(
        kept(&[sample(0, 0), sample(1, 1), beside(0, 1)]),
        Kept { promised: 2, online: 2, ..Kept::default() }
    );
}

#[test]
fn who_cannot_be_reached_from_outside_is_not_online() {
    let probed = |minute, present, probe| Sample { probe, ..sample(minute, present) };
    let samples = [
        probed(0, 1, None),
        probed(1, 1, Some(40)),
        probed(2, 1, Some(Sample::NO_RECEIPT)),
        Sample { waiting: 2, late: 2, ..probed(3, 1, Some(Sample::NO_RECEIPT)) },
        // Whom nobody would have answered is not missed for that reason.
        probed(4, 0, Some(Sample::NO_RECEIPT)),
    ];
    let expected = Kept { promised: 5, online: 2, technical: 2, away: 1, ..Kept::default() };
    assert_eq!(kept(&samples), expected);
}

#[test]
fn hours_are_those_of_the_clock_on_the_wall() {
    let mut course = Course::default();
    course.extend(&(0..1_440).map(|minute| sample(minute, i64::from(minute != 61))).collect::<Vec<_>>());
    let day = (Time(MONDAY * MINUTE), Time((MONDAY + 1_440) * MINUTE));
    let zone = TimeZone::get("Asia/Kathmandu").unwrap();
    let week = course.kept_by_hour(&all(&hours("00:00", "24:00")), &zone, day.0, day.1);
    // 01:01 UTC is 06:46 in Kathmandu; the day there begins at 05:45, and goes on until 05:45 on Tuesday.
    assert_eq!(week[6], Kept { promised: 60, online: 59, away: 1, ..Kept::default() });
    assert_eq!((week[4].promised, week[5].promised, week[24 + 5].promised), (0, 15, 45));
    assert_eq!(week.iter().map(|kept| kept.promised).sum::<u32>(), 1_440);
}

#[test]
fn a_roster_tells_those_who_are_missing_from_those_who_were_not_to_be_there() {
    let mut course = Course::default();
    let rostered = |minute, present, rostered| Sample { rostered, ..sample(minute, present) };
    course.extend(&[
        rostered(0, 0, None),
        rostered(1, 0, Some(0)),
        rostered(2, 0, Some(2)),
        rostered(3, 1, Some(2)),
        rostered(4, 3, Some(2)),
        rostered(5, 1, Some(0)),
    ]);
    let day = (Time(MONDAY * MINUTE), Time((MONDAY + 1_440) * MINUTE));
    let expected = Kept { promised: 6, online: 3, away: 1, unrostered: 1, missing: 1, ..Kept::default() };
    assert_eq!(course.kept(&all(&hours("00:00", "24:00")), day.0, day.1), expected);
    // Of the second process nobody knew when the first one told; and it has the same roster.
    course.extend(&[Sample { node: 2, boot: 9, ..rostered(3, 1, Some(2)) }]);
    let week = course.covered(&TimeZone::UTC, day.0, day.1);
    assert_eq!(week[0], Covered { rostered: 6, covered: 4 }, "more than were to be there cover no more");
    assert_eq!(week.iter().filter(|part| part.rostered > 0).count(), 1);
    let hour = course.staffed(&TimeZone::UTC, day.0, day.1);
    assert_eq!(
        hour[0],
        Staffed { minutes: 6, planned: 4, rostered: 6, present: 6 },
        "here all who were there count"
    );
    assert_eq!(hour.iter().filter(|part| part.minutes > 0).count(), 1, "what nobody put down is not told");
    let kathmandu = TimeZone::get("Asia/Kathmandu").unwrap();
    assert_eq!(course.staffed(&kathmandu, day.0, day.1)[5], hour[0], "05:45 there");
    assert_eq!(course.covered(&kathmandu, day.0, day.1)[11], week[0], "05:45 there");
}

#[test]
fn announced_maintenance_is_the_reason_of_what_was_lost_in_it() {
    let mut course = Course::default();
    course.extend(&[sample(0, 1), sample(1, 1), sample(5, 1), sample(6, 0)]);
    course.excuse(Time((MONDAY + 1) * MINUTE), Time((MONDAY + 5) * MINUTE));
    let hours = hours("00:00", "24:00");
    let day = (Time(MONDAY * MINUTE), Time((MONDAY + 1_440) * MINUTE));
    let expected = Kept { promised: 7, online: 3, maintenance: 3, away: 1, ..Kept::default() };
    assert_eq!(course.kept(&all(&hours), day.0, day.1), expected);
    // Another process, which tells a little later, had somebody there in the midst of it.
    course.extend(&[Sample { node: 2, boot: 9, ..sample(3, 1) }]);
    assert_eq!(course.kept(&all(&hours), day.0, day.1), Kept { online: 4, maintenance: 2, ..expected });
}

proptest! {
    /// Whatever is taken away from a ledger, the rate gets no better; and every minute is one of its kinds.
    #[test]
    fn taking_samples_away_never_helps(
        present in proptest::collection::vec(0..3_i64, 2..200),
        taken in proptest::collection::vec(any::<proptest::sample::Index>(), 0..40),
    ) {
        let all: Vec<_> = (0..).zip(&present).map(|(minute, present)| sample(minute, *present)).collect();
        let mut fewer = all.clone();
        for index in taken {
            // Both ends stay: what lies beyond them is not known to anybody.
            if fewer.len() > 2 {
                fewer.remove(1 + index.index(fewer.len() - 2));
            }
        }
        let (all, fewer) = (kept(&all), kept(&fewer));
        prop_assert_eq!(all.promised, fewer.promised);
        prop_assert!(fewer.online <= all.online);
        for kept in [all, fewer] {
            let lost: u32 = Gap::ALL.iter().map(|gap| kept.lost(*gap)).sum();
            prop_assert_eq!(kept.online + lost, kept.promised);
        }
    }
}

/// What is known of each service, as far as it is not as in a quiet minute with one person who knows both languages.
fn told(minute: i64, change: impl Fn(&mut Services)) -> Sample {
    let mut services = Services::default();
    for language in Language::ALL {
        *services.spoken_mut(language).unwrap() = Spoken { present: 1, free: 1, rostered: 1 };
    }
    change(&mut services);
    Sample { rostered: Some(1), services: Some(services), ..sample(minute, 1) }
}

#[test]
fn each_service_is_what_was_seen_of_it() {
    let english = |channel| Service::of(Language::English, channel);
    let mut course = Course::default();
    course.extend(&[
        told(0, |_| {}),
        // Who is there knows no English, and nobody who does was to be there; then somebody was.
        told(1, |services| *services.spoken_mut(Language::English).unwrap() = Spoken::default()),
        told(2, |services| services.spoken_mut(Language::English).unwrap().present = 0),
        told(3, |services| services.set_broken(Channel::Widget)),
        told(4, |services| services.add(english(Channel::Page), Queued { waiting: 9, late: 2 })),
        // Whoever is there is kept for assets at risk.
        told(5, |services| services.spoken_mut(Language::Chinese).unwrap().free = 0),
        // One in five is late over all, but all of these write in English by the API.
        Sample {
            waiting: 10,
            late: 2,
            ..told(6, |services| {
                services.add(english(Channel::Api), Queued { waiting: 2, late: 2 });
                services.add(Service::of(Language::Chinese, Channel::Api), Queued { waiting: 8, late: 0 });
            })
        },
        // From before services were told apart.
        sample(7, 0),
    ]);
    let hours = hours("00:00", "24:00");
    let day = (Time(MONDAY * MINUTE), Time((MONDAY + 1_440) * MINUTE));
    let of = |language, channel| {
        let services = vec![Service::of(language, channel)];
        course.kept(&[Promised { hours: &hours, services }], day.0, day.1)
    };
    let quiet = Kept { promised: 8, online: 7, away: 1, ..Kept::default() };
    let chinese = Kept { online: 6, full: 1, ..quiet };
    let (page, widget, api) = (Channel::Page, Channel::Widget, Channel::Api);
    assert_eq!(of(Language::Chinese, page), chinese);
    assert_eq!(of(Language::Chinese, api), chinese);
    assert_eq!(of(Language::Chinese, widget), Kept { online: 5, technical: 1, ..chinese });
    let english = Kept { online: 5, unrostered: 1, missing: 1, ..quiet };
    assert_eq!(of(Language::English, widget), Kept { online: 4, technical: 1, ..english });
    assert_eq!(of(Language::English, page), Kept { online: 4, full: 1, ..english });
    assert_eq!(of(Language::English, api), Kept { online: 4, full: 1, ..english });
    // A promise to all of them is kept when it is kept to each.
    let whole = course.kept(&all(&hours), day.0, day.1);
    assert_eq!(
        whole,
        Kept { promised: 8, online: 1, unrostered: 1, missing: 1, away: 1, full: 3, technical: 1, ..quiet }
    );
    let lost = course.lost_by_hour(&all(&hours), &TimeZone::UTC, day.0, day.1);
    let lost: Vec<_> = lost.iter().map(|(loss, week)| (loss.gap, loss.services.len(), week[0])).collect();
    assert_eq!(
        lost,
        [
            (Gap::Unrostered, 3, 1),
            (Gap::Missing, 3, 1),
            (Gap::Away, 0, 1),
            (Gap::Full, 3, 1),
            (Gap::Full, 1, 1),
            (Gap::Full, 1, 1),
            (Gap::Technical, 2, 1)
        ]
    );
}

#[test]
fn a_minute_counts_once_whatever_hours_promise_it() {
    let mut course = Course::default();
    course.extend(&[told(0, |_| {}), told(1, |services| services.set_broken(Channel::Widget))]);
    let (always, late) = (hours("00:00", "24:00"), hours("00:01", "24:00"));
    let of = |hours, channel| Promised { hours, services: vec![Service::of(Language::English, channel)] };
    let day = (Time(MONDAY * MINUTE), Time((MONDAY + 1_440) * MINUTE));
    let both = [of(&always, Channel::Page), of(&late, Channel::Widget)];
    let expected = Kept { promised: 2, online: 1, technical: 1, ..Kept::default() };
    assert_eq!(course.kept(&both, day.0, day.1), expected);
    assert_eq!(course.kept(&both[..1], day.0, day.1), Kept { online: 2, technical: 0, ..expected });
}

#[test]
fn what_was_seen_of_services_is_kept_as_text() {
    let full = told(0, |services| {
        services.spoken_mut(Language::Chinese).unwrap().present = 12;
        services.add(Service::of(Language::Chinese, Channel::Page), Queued { waiting: 4, late: 1 });
        services.add(Service::of(Language::English, Channel::Phone), Queued { waiting: 1, late: 0 });
        services.set_broken(Channel::Widget);
    });
    let full = full.services.unwrap();
    assert_eq!(full.text(), "1 zh-CN:12,1,1 en:1,1,1 zh-CN.page:4,1 en.page:1,0 -widget");
    for services in [full, Services::default()] {
        assert_eq!(Services::parse(&services.text()), Some(services));
    }
    for broken in ["", "2 en:1,1,1", "1 en:1,1", "1 fr:1,1,1", "1 en.page:1", "1 -door", "1 en:1,1,x", "1 en"]
    {
        assert_eq!(Services::parse(broken), None, "{broken}");
    }
}

#[test]
fn who_cannot_be_reached_from_half_of_the_places_is_not_online() {
    let mut course = Course::default();
    let none = Sample::NO_RECEIPT;
    // Of a minute that was not put down yet.
    course.probed(MONDAY + 1, none);
    course.extend(&(0..6).map(|minute| told(minute, |_| {})).collect::<Vec<_>>());
    course.extend(&[Sample { probe: Some(40), ..told(6, |_| {}) }]);
    for (minute, found) in [(2, 70), (2, none), (3, 70), (3, none), (3, 30), (4, 9), (6, none), (-3, none)] {
        course.probed(MONDAY + minute, found);
    }
    let hours = hours("00:00", "24:00");
    let online = |minute: i64| {
        let (from, until) = (Time((MONDAY + minute) * MINUTE), Time((MONDAY + minute + 1) * MINUTE));
        course.kept(&all(&hours), from, until).online
    };
    // One of one; one of two; one of three; none; nobody asked; one of two, the desk itself among them.
    assert_eq!([1, 2, 3, 4, 5, 6].map(online), [0, 0, 1, 1, 1, 0]);
    course.probed(MONDAY + 9, none);
    course.forget(MONDAY + 2);
    course.extend(&[told(9, |_| {})]);
    let week = course.kept(&all(&hours), Time(0), Time(i64::MAX / 2));
    assert_eq!(
        week,
        Kept { promised: 8, online: 3, technical: 5, ..Kept::default() },
        "what lies ahead is remembered"
    );
}

proptest! {
    /// In whatever order processes tell of a minute, it comes to the same.
    #[test]
    fn the_order_of_processes_does_not_matter(
        seen in proptest::collection::vec((0..3_u16, 0..2_u16, 0..3_u16, any::<bool>()), 2..5),
        turn in any::<proptest::sample::Index>(),
    ) {
        let samples: Vec<_> = (1..).zip(&seen).map(|(node, (present, free, late, broken))| Sample {
            node,
            ..told(1, |services| {
                *services.spoken_mut(Language::English).unwrap() =
                    Spoken { present: *present, free: *present.min(free), rostered: 1 };
                services.add(Service::of(Language::English, Channel::Api), Queued { waiting: 3, late: *late });
                if *broken {
                    services.set_broken(Channel::Page);
                }
            })
        }).collect();
        let mut turned = samples.clone();
        turned.rotate_left(turn.index(samples.len()));
        let (mut one, mut other) = (Course::default(), Course::default());
        one.extend(&[told(0, |_| {})]);
        one.extend(&samples);
        // Others come after the next minute.
        other.extend(&[told(0, |_| {}), turned[0], told(2, |_| {})]);
        other.extend(&turned[1..]);
        let hours = hours("00:00", "24:00");
        let (from, until) = (Time(MONDAY * MINUTE), Time((MONDAY + 2) * MINUTE));
        for service in Service::all() {
            let promised = [Promised { hours: &hours, services: vec![service] }];
            prop_assert_eq!(one.kept(&promised, from, until), other.kept(&promised, from, until));
        }
    }
}
