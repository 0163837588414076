use standfast_domain::{Interval, Language, Role, Schedule, TimeOfDay, Weekday};
use standfast_store::store_test;

use super::*;
use crate::testing::{TestDesk, intake, try_tamper, visitor};
use crate::{AgentCaller, Intake, ScheduleWish, add_schedule, list_schedules, receive, verify};

async fn minutes(desk: &TestDesk, count: u64, present: u32) {
    desk.board().set_present(present, present, desk.now());
    let boot = desk.id();
    for minute in 0..count {
        put_down(desk, boot, i64::try_from(minute * 60).unwrap()).await.unwrap();
        desk.pass(1);
    }
    load_online(desk).await.unwrap();
}

async fn always_open(desk: &TestDesk) -> AgentCaller {
    let lead = desk.agent("lead", Role::Lead).await;
    let time = |text| TimeOfDay::parse(text).unwrap();
    let day = |n| Interval { weekday: Weekday::new(n).unwrap(), opens: time("00:00"), closes: time("24:00") };
    let schedule = Schedule {
        zone: "Asia/Shanghai".to_owned(),
        week: (1..=7).map(day).collect(),
        seasons: Vec::new(),
        days: Vec::new(),
        exceptions: Vec::new(),
    };
    let wish =
        ScheduleWish {
            name: "所有人".to_owned(), coverage: standfast_domain::Coverage::default(), schedule
        };
    add_schedule(desk, &lead, &wish).await.unwrap();
    lead
}

store_test! {
    async fn the_rate_is_what_was_put_down(store) {
        let desk = TestDesk::new(&store);
        let lead = always_open(&desk).await;
        minutes(&desk, 6, 2).await;
        minutes(&desk, 3, 0).await;
        // It is not there for ten minutes, then it is again.
        desk.pass(10);
        minutes(&desk, 1, 1).await;
        let view = online(&desk, &lead, 7).await.unwrap();
        assert_eq!(view.since, Time::parse("2026-11-21T12:00:00Z"));
        let all = &view.items[0];
        assert_eq!((all.kept.promised, all.kept.online, all.kept.away, all.kept.technical), (20, 7, 3, 10));
        assert_eq!((all.days.len(), all.days[6].date.to_string()), (7, "2026-11-21".to_owned()));
        assert_eq!(all.days[6].kept, all.kept);
        // 12:00 UTC on a Saturday is 20:00 in Shanghai.
        assert_eq!(all.week[5 * 24 + 20], all.kept);
        assert_eq!((all.wins[0].gap, all.wins[0].minutes), (standfast_domain::Gap::Technical, 10));
        // A start after a crash reads the same.
        let again = TestDesk::new(&store);
        crate::load_hours(&again).await.unwrap();
        again.pass(20);
        load_online(&again).await.unwrap();
        assert_eq!(again.shared.online.course(), desk.shared.online.course());
        let agent = desk.agent("agent", Role::Agent).await;
        assert!(matches!(online(&desk, &agent, 7).await, Err(Error::Forbidden)));
        for days in [0, 91] {
            assert!(online(&desk, &lead, days).await.is_err());
        }
    }

    async fn who_was_promised_nothing_is_late_once_it_was_open_for_longer_than_the_plan_wants(store) {
        let desk = TestDesk::new(&store);
        let lead = always_open(&desk).await;
        // For English it is closed until nine in the morning.
        let mut english = list_schedules(&desk, &lead).await.unwrap().remove(0).schedule;
        let nine = TimeOfDay::parse("09:00").unwrap();
        english.week.iter_mut().for_each(|day| day.opens = nine);
        english.week.iter_mut().for_each(|day| day.closes = TimeOfDay::parse("18:00").unwrap());
        let coverage = standfast_domain::Coverage { languages: vec![Language::English], ..Default::default() };
        let wish = ScheduleWish { name: "English".to_owned(), coverage, schedule: english };
        add_schedule(&desk, &lead, &wish).await.unwrap();
        let intake = Intake { language: Some(Language::English), ..intake("c", "My transfer is late") };
        let receipt = receive(&desk, &visitor(1), intake).await.unwrap().receipt;
        assert_eq!(receipt.expected, None);
        minutes(&desk, 65, 1).await;
        let kept = |view: &OnlineView, name: &str| view.items.iter().find(|one| one.name == name).unwrap().kept;
        let view = online(&desk, &lead, 7).await.unwrap();
        assert_eq!((kept(&view, "所有人").online, kept(&view, "所有人").full), (65, 0), "it is closed for whoever waits");
        desk.ask(&visitor(2), "c", "转账没到账").await;
        minutes(&desk, 65, 1).await;
        let view = online(&desk, &lead, 7).await.unwrap();
        // Up to an hour is within; one of two is more than one in five.
        assert_eq!((kept(&view, "所有人").online, kept(&view, "所有人").full), (65 + 61, 4));
        let rows = store.read(|rd| online::list_after(rd, 128, 9)).await.unwrap();
        assert_eq!(rows.iter().map(|row| (row.sample.waiting, row.sample.late)).collect::<Vec<_>>(), [(2, 1), (2, 1)]);
        assert!(verify(&desk).await.unwrap().ledger.faults.is_empty());
    }

    async fn a_minute_is_put_down_once_by_each_process(store) {
        let (one, other) = (TestDesk::node(&store, 0), TestDesk::node(&store, 1));
        one.board().set_present(1, 1, one.now());
        for desk in [&one, &other, &one, &other] {
            put_down(desk, 1, 0).await.unwrap();
        }
        let rows = store.read::<_, Error, _>(|rd| Ok(online::list_after(rd, 0, 10)?)).await.unwrap();
        let seen: Vec<_> = rows.iter().map(|row| (row.seq, row.sample.node, row.sample.present)).collect();
        assert_eq!(seen, [(1, 0, 1), (2, 1, 0)]);
    }

    async fn a_ledger_that_was_altered_does_not_verify(store) {
        let desk = TestDesk::new(&store);
        minutes(&desk, 5, 0).await;
        let found = verify(&desk).await.unwrap();
        assert!(found.is_sound());
        assert_eq!(found.ledger, LedgerCheck { minutes: 5, faults: Vec::new() });
        // The engine refuses; whoever owns it can make it forget that.
        assert!(try_tamper(&store, "UPDATE online_minute SET present = 1 WHERE seq = 3").await.is_err());
        crate::testing::tamper(&store, match store.dialect() {
            standfast_store::Dialect::Sqlite => "DROP TRIGGER online_minute_kept",
            standfast_store::Dialect::Postgres => "DROP TRIGGER online_minute_kept ON online_minute",
        }).await;
        crate::testing::tamper(&store, "UPDATE online_minute SET present = 1 WHERE seq = 3").await;
        let found = verify(&desk).await.unwrap();
        assert_eq!((found.ledger.faults.clone(), found.is_sound()), (vec![3], false));
    }
}

store_test! {
    async fn a_test_message_without_a_receipt_is_a_technical_gap_and_sealed(store) {
        let desk = TestDesk::new(&store);
        let lead = always_open(&desk).await;
        minutes(&desk, 2, 1).await;
        for milliseconds in [35, Sample::NO_RECEIPT, 40] {
            desk.shared.probe.end(Sample::minute_of(desk.now()), milliseconds);
            minutes(&desk, 1, 1).await;
        }
        let kept = online(&desk, &lead, 7).await.unwrap().items[0].kept;
        assert_eq!((kept.promised, kept.online, kept.technical), (5, 4, 1));
        let rows = store.read(|rd| online::list_after(rd, 0, 9)).await.unwrap();
        let probes: Vec<_> = rows.iter().map(|row| row.sample.probe).collect();
        assert_eq!(probes, [None, None, Some(35), Some(-1), Some(40)]);
        assert!(verify(&desk).await.unwrap().ledger.faults.is_empty());
        // Neither number can stand for the other: a row says which it has.
        let sample = rows[2].sample;
        let moved = Sample { rostered: sample.probe, probe: None, ..sample };
        assert_ne!(seal(desk.keys(), &rows[1].seal, 3, &moved), seal(desk.keys(), &rows[1].seal, 3, &sample));
        let other = Sample { probe: Some(36), ..sample };
        assert_ne!(seal(desk.keys(), &rows[1].seal, 3, &other), seal(desk.keys(), &rows[1].seal, 3, &sample));
    }
}

store_test! {
    async fn a_minute_is_put_down_with_its_own_test_message_whatever_the_phase(store) {
        let desk = TestDesk::new(&store);
        let minute = Sample::minute_of(desk.now());
        let probe = &desk.shared.probe;
        let rows = || store.read(|rd| online::list_after(rd, 0, 9));
        // It fails, which takes until well into the minute.
        probe.begin(minute);
        assert!(!put_down(&desk, 1, 60).await.unwrap());
        desk.clock.advance(Duration::from_secs(20));
        assert!(!put_down(&desk, 1, 80).await.unwrap());
        probe.end(minute, Sample::NO_RECEIPT);
        assert!(put_down(&desk, 1, 85).await.unwrap());
        // The next one, which is well, has not been sent when the minute begins.
        desk.clock.advance(Duration::from_secs(40));
        assert!(!put_down(&desk, 1, 120).await.unwrap());
        probe.begin(minute + 1);
        probe.end(minute + 1, 7);
        assert!(put_down(&desk, 1, 125).await.unwrap());
        // Whoever sends none any more, or hears nothing, holds nobody up.
        desk.clock.advance(Duration::from_secs(60 + 44));
        probe.begin(minute + 2);
        assert!(!put_down(&desk, 1, 224).await.unwrap());
        desk.clock.advance(Duration::from_secs(1));
        assert!(put_down(&desk, 1, 225).await.unwrap());
        desk.pass(2);
        assert!(put_down(&desk, 1, 345).await.unwrap());
        let put: Vec<_> = rows().await.unwrap().iter().map(|row| (row.sample.minute - minute, row.sample.probe)).collect();
        assert_eq!(put, [(0, Some(Sample::NO_RECEIPT)), (1, Some(7)), (2, None), (4, None)]);
    }
}
