use std::sync::atomic::{AtomicI64, Ordering};

use standfast_domain::roster::{Need, Profile};
use standfast_domain::{
    Gap, Interval, Kept, Language, Role, Schedule, Spoken, TimeOfDay, TokenKind, TokenScope, Weekday,
};
use standfast_store::store_test;

use super::*;
use crate::machine::MachineCaller;
use crate::testing::{TestDesk, intake, try_tamper, visitor};
use crate::{
    AgentCaller, Intake, NewToken, PersonWish, ScheduleWish, ShiftWish, add_schedule, add_shifts, add_token,
    authenticate_machine, change_person, list_schedules, load_capacity, publish_shifts, receive, status,
    verify,
};

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

    async fn a_minute_that_several_hours_promise_counts_once_on_the_wallboard(store) {
        let desk = TestDesk::new(&store);
        let lead = always_open(&desk).await;
        let schedule = list_schedules(&desk, &lead).await.unwrap().remove(0).schedule;
        let coverage = standfast_domain::Coverage { languages: vec![Language::English], ..Default::default() };
        let wish = ScheduleWish { name: "English".to_owned(), coverage, schedule };
        add_schedule(&desk, &lead, &wish).await.unwrap();
        minutes(&desk, 6, 2).await;
        minutes(&desk, 3, 0).await;
        let public = status(&desk).await.unwrap();
        assert_eq!(public.hours.iter().map(|hours| hours.days[89].promised).collect::<Vec<_>>(), [9, 9]);
        let seen = crate::wallboard(&desk, &lead).await.unwrap();
        assert_eq!((seen.promised_minutes, seen.online_minutes), (9, 6));
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
        assert_eq!(found.ledger, LedgerCheck { minutes: 5, ..LedgerCheck::default() });
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

/// A part of a schedule, or of all of them.
fn part(parts: &[OnlinePart], language: Option<Language>, channel: Option<Channel>) -> Kept {
    let is_it = |one: &&OnlinePart| (one.language, one.channel) == (language, channel);
    parts.iter().find(is_it).unwrap().kept
}

store_test! {
    async fn who_knows_no_english_keeps_no_promise_in_english(store) {
        let desk = TestDesk::new(&store);
        let lead = always_open(&desk).await;
        let (mei, ann) = (desk.agent("mei", Role::Agent).await, desk.agent("ann", Role::Agent).await);
        for (agent, languages) in [(&mei, vec![Language::Chinese]), (&ann, vec![Language::English])] {
            let profile = Profile { languages, ..Profile::default() };
            change_person(&desk, &lead, agent.id, 0, PersonWish { profile, contract: None }).await.unwrap();
        }
        load_capacity(&desk).await.unwrap();
        let boot = desk.id();
        let minutes = async |there: &[&AgentCaller], count: u64| {
            crate::set_present(&desk, &there.iter().map(|agent| agent.id).collect());
            for _ in 0..count {
                put_down(&desk, boot, desk.clock().monotonic().as_secs().cast_signed()).await.unwrap();
                desk.pass(1);
            }
            load_online(&desk).await.unwrap();
        };
        minutes(&[&mei, &ann], 2).await;
        minutes(&[&mei], 3).await;
        minutes(&[], 1).await;
        let view = online(&desk, &lead, 7).await.unwrap();
        let kept = view.items[0].kept;
        assert_eq!(kept, Kept { promised: 6, online: 2, away: 4, ..Kept::default() }, "to everybody");
        let page = Some(Channel::Page);
        let chinese = Kept { promised: 6, online: 5, away: 1, ..Kept::default() };
        assert_eq!(part(&view.items[0].parts, Some(Language::Chinese), page), chinese);
        assert_eq!(part(&view.items[0].parts, Some(Language::English), page), kept);
        assert_eq!(part(&view.parts, Some(Language::Chinese), None), chinese);
        assert_eq!(part(&view.parts, None, Some(Channel::Widget)), kept);
        assert_eq!(view.parts.len(), 5, "no hours name a region");
        let win = &view.items[0].wins[0];
        assert_eq!((win.gap, &win.languages[..], win.minutes), (Gap::Away, &[Language::English][..], 3));
        // Anybody may know.
        let public = status(&desk).await.unwrap();
        let of = |language| public.hours[0].services.iter().find(|one| (one.language, one.channel) == (language, Channel::Widget)).unwrap().online;
        assert_eq!([Language::Chinese, Language::English].map(of), [5, 2]);
        // A shift in English is missed by nobody who is there in Chinese.
        let starts_at = Time(desk.now().0 / 1_800_000_000 * 1_800_000_000);
        let ends_at = starts_at.plus(Duration::from_hours(6));
        let wish = ShiftWish { agent: Some(ann.id), starts_at, ends_at, need: Need::default() };
        add_shifts(&desk, &lead, vec![wish]).await.unwrap();
        publish_shifts(&desk, &lead, (starts_at, ends_at), None).await.unwrap();
        minutes(&[&mei], 1).await;
        minutes(&[&ann], 1).await;
        let view = online(&desk, &lead, 7).await.unwrap();
        let english = Kept { promised: 8, online: 3, missing: 1, away: 4, ..Kept::default() };
        assert_eq!(part(&view.parts, Some(Language::English), None), english);
        let chinese = Kept { promised: 8, online: 6, unrostered: 1, away: 1, ..Kept::default() };
        assert_eq!(part(&view.parts, Some(Language::Chinese), None), chinese);
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn a_channel_on_which_words_do_not_get_through_is_not_online(store) {
        let desk = TestDesk::new(&store);
        let lead = always_open(&desk).await;
        minutes(&desk, 1, 1).await;
        let channels = &desk.shared.channels;
        // One in five is no sign of a fault yet; what a caller did wrong is none at all.
        for _ in 0..4 {
            channels.note(Channel::Page, &Ok(()));
            channels.note::<()>(Channel::Api, &Err(Error::NotFound));
        }
        crate::note_refused(&desk, Channel::Page);
        minutes(&desk, 1, 1).await;
        // Three of four that the desk could not write.
        channels.note(Channel::Api, &Ok(()));
        for _ in 0..3 {
            channels.note::<()>(Channel::Api, &Err(Error::Store(standfast_store::Error::NotFound)));
        }
        minutes(&desk, 1, 1).await;
        // It is another minute.
        minutes(&desk, 1, 1).await;
        // Nobody hands on what was committed.
        channels.handed_on(desk.clock().monotonic());
        minutes(&desk, 2, 1).await;
        let view = online(&desk, &lead, 7).await.unwrap();
        let of = |channel| part(&view.parts, None, Some(channel));
        let kept = Kept { promised: 6, online: 6, ..Kept::default() };
        assert_eq!(of(Channel::Page), kept);
        assert_eq!(of(Channel::Api), Kept { online: 5, technical: 1, ..kept });
        assert_eq!(of(Channel::Widget), Kept { online: 5, technical: 1, ..kept });
        assert_eq!(view.items[0].kept, Kept { online: 4, technical: 2, ..kept });
    }

    async fn what_came_through_the_desk_counts_for_its_channel(store) {
        let desk = TestDesk::new(&store);
        desk.ask(&visitor(1), "c", "转账没到账").await;
        crate::note_refused(&desk, Channel::Api);
        let broken = |desk: &TestDesk| desk.shared.channels.broken(desk.clock().monotonic());
        assert_eq!(broken(&desk), [Channel::Api], "one of two");
        for who in 2..=4 {
            desk.ask(&visitor(who), "c", "转账没到账").await;
        }
        assert!(broken(&desk).is_empty(), "one of five");
    }
}

async fn machine(desk: &TestDesk, scope: TokenScope) -> MachineCaller {
    let admin = desk.agent(&format!("admin-{}", desk.id()), Role::Admin).await;
    let new = NewToken { name: "probe".to_owned(), kind: TokenKind::Bearer, scopes: vec![scope] };
    let (_, secret) = add_token(desk, &admin, new).await.unwrap();
    authenticate_machine(desk, &secret).await.unwrap()
}

store_test! {
    async fn what_other_places_found_enters_the_ledger_once_also_afterwards(store) {
        let desk = TestDesk::new(&store);
        let lead = always_open(&desk).await;
        let begun = desk.now();
        minutes(&desk, 6, 1).await;
        let (probe, other) = (machine(&desk, TokenScope::Probes).await, machine(&desk, TokenScope::Signals).await);
        let word = |minute: u64, took| ProbeWord { at: begun.plus(Duration::from_secs(minute * 60 + 20)), took };
        assert!(matches!(tell_probes(&desk, &other, "sg", &[]).await, Err(Error::Forbidden)));
        for place in ["", "新加坡", "a b", &"x".repeat(61)] {
            assert!(matches!(tell_probes(&desk, &probe, place, &[]).await, Err(Error::Invalid { field: "place", .. })), "{place}");
        }
        let failures = [word(1, None), word(2, None), word(3, Some(80)), word(60, None)];
        let told = tell_probes(&desk, &probe, "sg", &failures).await.unwrap();
        assert_eq!(told, ProbesTold { added: 3, known: 0, left_out: 1 }, "nobody knows what is to come");
        // Somebody who would rather that it had been otherwise.
        let told = tell_probes(&desk, &probe, "sg", &[word(1, Some(5)), word(2, Some(5)), word(4, Some(9))]).await.unwrap();
        assert_eq!(told, ProbesTold { added: 1, known: 2, left_out: 0 });
        load_online(&desk).await.unwrap();
        let view = online(&desk, &lead, 7).await.unwrap();
        assert_eq!(view.items[0].kept, Kept { promised: 6, online: 4, technical: 2, ..Kept::default() });
        let place = OnlinePlace { name: "sg".to_owned(), last_at: Time(Sample::minute_of(begun) * 60_000_000 + 240_000_000), sent: 4, failed: 2 };
        assert_eq!(view.places, [place]);
        // Other places reached it.
        for place in ["fra", "nyc"] {
            // A token is good for one place.
            let many = tell_probes(&desk, &probe, place, &[word(1, Some(30))]).await;
            assert!(matches!(many, Err(Error::Invalid { field: "place", reason: "taken" })), "{many:?}");
            let own = machine(&desk, TokenScope::Probes).await;
            tell_probes(&desk, &own, place, &[word(1, Some(30))]).await.unwrap();
        }
        load_online(&desk).await.unwrap();
        let kept = online(&desk, &lead, 7).await.unwrap().items[0].kept;
        assert_eq!((kept.online, kept.technical), (5, 1));
        // Another start reads the same, and so does another process.
        let again = TestDesk::node(&store, 1);
        crate::load_hours(&again).await.unwrap();
        again.pass(7);
        load_online(&again).await.unwrap();
        assert_eq!(online(&again, &lead, 7).await.unwrap().items[0].kept, kept);
        let found = verify(&desk).await.unwrap();
        assert_eq!((found.ledger.probes, found.is_sound()), (6, true));
        crate::testing::tamper(&store, match store.dialect() {
            standfast_store::Dialect::Sqlite => "DROP TRIGGER online_probe_kept",
            standfast_store::Dialect::Postgres => "DROP TRIGGER online_probe_kept ON online_probe",
        }).await;
        crate::testing::tamper(&store, "UPDATE online_probe SET probe_ms = 5 WHERE seq = 2").await;
        let found = verify(&desk).await.unwrap();
        assert_eq!((found.ledger.probe_faults.clone(), found.is_sound()), (vec![2], false));
    }

    async fn rows_from_before_verify_as_they_did(store) {
        let desk = TestDesk::new(&store);
        minutes(&desk, 1, 1).await;
        let row = store.read(online::last).await.unwrap().unwrap();
        let spoken = row.sample.services.unwrap().spoken(Language::English);
        assert_eq!(spoken, Spoken { present: 1, free: 1, rostered: 0 });
        let sealed = |sample: &Sample, numbers: &[i64], text: &str| {
            let all = [1, sample.minute, sample.node, sample.boot, sample.up, sample.present, sample.waiting, sample.late];
            let mut bytes: Vec<u8> = all.iter().chain(numbers).flat_map(|number| number.to_be_bytes()).collect();
            bytes.extend(text.bytes());
            desk.keys().minute_mac(&bytes)
        };
        for (rostered, probe, numbers) in [(None, None, &[][..]), (Some(3), None, &[3]), (None, Some(40), &[-1, 40]), (Some(3), Some(40), &[3, 40])] {
            let sample = Sample { rostered, probe, services: None, ..row.sample };
            assert_eq!(seal(desk.keys(), &[], 1, &sample), sealed(&sample, numbers, ""), "{numbers:?}");
        }
        assert_eq!(row.seal, sealed(&row.sample, &[-1, i64::MIN], "1 zh-CN:1,1,0 en:1,1,0"));
    }

    async fn a_clock_that_jumps_makes_no_minute_twice_and_loses_none(store) {
        let first = TestDesk::new(&store);
        let lead = always_open(&first).await;
        let clock = Arc::new(Jumping { now: AtomicI64::new(first.now().0), up: AtomicI64::new(0) });
        let desk = first.at(clock.clone(), Arc::new(standfast_domain::Ids::new(clock.clone(), 0)));
        desk.board().set_present(1, 1, desk.now());
        let mut watch = Minutes::new(&desk);
        let mut live = async |minutes: i64| {
            for _ in 0..minutes * 4 {
                clock.pass(15);
                watch.look(&desk).await;
            }
            (online(&desk, &lead, 7).await.unwrap().items[0].kept, verify(&desk).await.unwrap().ledger)
        };
        let jump = |minutes: i64| clock.now.fetch_add(minutes * 60_000_000, Ordering::SeqCst);
        let online = |count| Kept { promised: count, online: count, ..Kept::default() };
        // What is seen in the first half minute says nothing.
        assert_eq!(live(10).await.0, online(11));
        // Half an hour ahead: these minutes never were.
        jump(30);
        assert_eq!(live(5).await.0, online(17), "the one in which it jumped has two halves");
        // All the way back: what is known stays, and what was skipped is known once it is lived through.
        jump(-45);
        let (kept, ledger) = live(20).await;
        assert_eq!((kept, ledger.minutes, ledger.faults.len()), (online(27), 27, 0));
        jump(25);
        let (kept, ledger) = live(5).await;
        assert_eq!((kept, ledger.minutes, ledger.faults.len()), (online(32), 32, 0));
        // It hangs for three minutes, the first of which was put down, and its clock jumps by an hour meanwhile.
        clock.pass(180);
        jump(60);
        assert_eq!(live(1).await.0, Kept { promised: 36, online: 34, technical: 2, ..Kept::default() });
    }
}

/// A clock that can be put wrong.
#[derive(Debug)]
struct Jumping {
    now: AtomicI64,
    up: AtomicI64,
}

impl Jumping {
    fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
        self.up.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl standfast_domain::Clock for Jumping {
    fn now(&self) -> Time {
        Time(self.now.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.up.load(Ordering::SeqCst).unsigned_abs())
    }
}
