use std::time::Duration;

use standfast_domain::roster::{Need, Profile};
use standfast_domain::{Interval, Role, Schedule, Time, TimeOfDay, Transition, Weekday};
use standfast_store::{Lane, Rd, outbox, promise as stored, store_test};

use super::*;
use crate::testing::{TestDesk, intake, visitor};
use crate::{
    AgentCaller, Answer, Intake, PersonWish, Receipt, ScheduleWish, ShiftWish, StatusWait, Then,
    add_schedule, add_shifts, change_person, publish_shifts, receive, reply, status,
};

/// Every day from when until when, by the clocks of Shanghai.
fn wish(name: &str, languages: &[Language], (opens, closes): (&str, &str)) -> ScheduleWish {
    let time = |text| TimeOfDay::parse(text).unwrap();
    let day =
        |day| Interval { weekday: Weekday::new(day).unwrap(), opens: time(opens), closes: time(closes) };
    let schedule = Schedule {
        zone: "Asia/Shanghai".to_owned(),
        week: (1..=7).map(day).collect(),
        seasons: Vec::new(),
        days: Vec::new(),
        exceptions: Vec::new(),
    };
    let coverage = standfast_domain::Coverage { languages: languages.to_vec(), ..Default::default() };
    ScheduleWish { name: name.to_owned(), coverage, schedule }
}

async fn answer(desk: &TestDesk, agent: &AgentCaller, receipt: &Receipt, then: Then) {
    let words = Answer {
        client_id: format!("a{}{}", receipt.request_id, receipt.seq),
        text: "请看这里".to_owned(),
        seen_seq: 1_000,
        then,
        ..Answer::default()
    };
    reply(desk, agent, receipt.request_id, words).await.unwrap();
}

async fn of(desk: &TestDesk, receipt: &Receipt) -> Vec<(PromiseRow, Option<(Time, String)>)> {
    let id = receipt.request_id;
    desk.store().read(move |rd| stored::list_of_request(rd, id).map_err(Error::from)).await.unwrap()
}

/// What the relay would tell the board, at once.
async fn relay(desk: &TestDesk, cursor: &mut outbox::Cursor) {
    let (told, from) = (desk.desk.clone(), *cursor);
    let read = move |rd: &mut Rd| {
        let (events, next) = outbox::read_after(rd, &from, 100)?;
        for event in &events {
            crate::relay::note(rd, &told, event)?;
        }
        Ok::<_, Error>(next)
    };
    *cursor = desk.store().read(read).await.unwrap();
}

/// Tells the board until so many wait: on PostgreSQL, what others do at the same time holds commits back for a moment.
async fn until_line_is(count: u32, desk: &TestDesk, cursor: &mut outbox::Cursor) {
    for _ in 0..500 {
        relay(desk, cursor).await;
        if desk.board().waiting(crate::Asks::of(Channel::Api, Language::Chinese, None, desk.now())).count
            == count
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the line does not become {count}");
}

store_test! {
    async fn a_promise_is_made_when_a_wait_begins_and_ends_with_a_persons_answer(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let first = desk.ask(&visitor(1), "c1", "转账没到账").await;
        let begun = desk.now();
        assert_eq!((first.place, first.expected), (Some(1), None));
        desk.pass(3);
        let joined = desk.ask(&visitor(1), "c2", "还是没有").await;
        assert_eq!(joined.request_id, first.request_id);
        let made = of(&desk, &first).await;
        assert_eq!(made.len(), 1, "who waits already is promised nothing anew");
        let (promise, ended) = &made[0];
        assert_eq!((promise.made_at, promise.p80, promise.model_p80, ended), (begun, None, None, &None));
        desk.pass(4);
        answer(&desk, &agent, &joined, Then::Waiting).await;
        let answered = desk.now();
        desk.pass(1);
        let again = desk.ask(&visitor(1), "c3", "谢谢，还有一个问题").await;
        desk.pass(1);
        answer(&desk, &agent, &again, Then::Solved).await;
        let made = of(&desk, &first).await;
        let ends: Vec<_> = made.iter().map(|(_, ended)| ended.clone().unwrap()).collect();
        assert_eq!(ends, [(answered, "answered".to_owned()), (desk.now(), "answered".to_owned())]);
        // The same words once more are the same receipt, and no promise.
        let replayed = receive(&desk, &visitor(1), intake("c3", "谢谢，还有一个问题")).await.unwrap();
        assert!(replayed.replayed);
        assert_eq!(of(&desk, &first).await.len(), 2);
    }

    async fn a_wait_that_ends_without_an_answer_says_so(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let receipt = desk.ask(&visitor(1), "c1", "转账没到账").await;
        desk.pass(1);
        crate::transition(&desk, &agent, receipt.request_id, Transition::Spam, None).await.unwrap();
        let made = of(&desk, &receipt).await;
        assert_eq!(made[0].1, Some((desk.now(), "spam".to_owned())));
    }

    async fn a_wait_that_goes_on_in_another_request_takes_along_what_was_said(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let one = desk.ask(&visitor(1), "c1", "转账没到账").await;
        answer(&desk, &agent, &one, Then::Waiting).await;
        desk.pass(1);
        let apart = Intake { join: crate::Join::New, ..intake("c2", "还有一笔没到") };
        let two = receive(&desk, &visitor(1), apart).await.unwrap().receipt;
        let began = desk.now();
        desk.pass(1);
        crate::merge(&desk, &agent, two.request_id, one.number).await.unwrap();
        assert_eq!(of(&desk, &two).await, []);
        let both = of(&desk, &one).await;
        assert_eq!((both.len(), both[1].0.made_at, &both[1].1), (2, began, &None), "it is waited on");
        desk.pass(1);
        answer(&desk, &agent, &Receipt { seq: 9, ..one.clone() }, Then::Waiting).await;
        assert_eq!(of(&desk, &one).await[1].1, Some((desk.now(), "answered".to_owned())));
        assert!(crate::verify(&desk).await.unwrap().faults.is_empty());
    }

    async fn what_is_said_comes_from_the_desk_and_is_kept_over_a_restart(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let mut cursor = desk.store().read(|rd| outbox::head(rd).map_err(Error::from)).await.unwrap();
        desk.board().set_present(1, 1, desk.now());
        // One after the other, each answered after six minutes.
        let mut last = None;
        for who in 1..=12 {
            let receipt = desk.ask(&visitor(who), "c", "转账没到账").await;
            until_line_is(1, &desk, &mut cursor).await;
            desk.pass(6);
            answer(&desk, &agent, &receipt, Then::Waiting).await;
            until_line_is(0, &desk, &mut cursor).await;
            last = Some(receipt);
        }
        let last = last.unwrap();
        let wait = last.expected.unwrap();
        // Waits that are all alike are as much at the half as above it.
        assert!((300..=360).contains(&wait.low_seconds) && wait.high_seconds == 360, "{wait:?}");
        assert!(last.next.text.ends_with(" 6 分钟后回复。") || last.next.text.ends_with("5–6 分钟后回复。"), "{}", last.next.text);
        let (promise, _) = of(&desk, &last).await.remove(0);
        assert_eq!((promise.p80, promise.place, promise.present), (Some(360), 1, 1));
        assert_eq!(promise.p50, Some(i64::from(wait.low_seconds)));
        assert!((promise.model_p80.unwrap() - 360.0).abs() < 1.0);
        // Another process, and this one after a restart, say the same once agents are there again.
        let other = TestDesk::node(&store, 1);
        other.clock.advance(desk.now().since(other.now()));
        let reloaded = other.desk.clone();
        other.store().read(move |rd| crate::relay::load_from(rd, &reloaded)).await.unwrap();
        let asked = |desk: &TestDesk| desk.board().waiting(crate::Asks::of(Channel::Api, Language::Chinese, None, desk.now()));
        assert_eq!(asked(&other).expected, None, "nobody is there");
        other.board().set_present(1, 1, other.now());
        assert_eq!(asked(&other).expected, asked(&desk).expected);
        assert!(asked(&other).expected.is_some());
        // Yesterday's pace says nothing.
        other.pass(4 * 60);
        assert_eq!(asked(&other).expected, None);
    }

    async fn what_is_said_depends_on_language_hours_and_roster_and_is_the_same_everywhere(store) {
        let desk = TestDesk::new(&store);
        let (lead, mei) = (desk.agent("lead", Role::Lead).await, desk.agent("mei", Role::Agent).await);
        let ann = desk.agent("ann", Role::Agent).await;
        for (agent, languages) in [(&mei, vec![Language::Chinese]), (&ann, vec![Language::English])] {
            let profile = Profile { languages, ..Profile::default() };
            change_person(&desk, &lead, agent.id, 0, PersonWish { profile, contract: None }).await.unwrap();
        }
        // It is 20:00 in Shanghai on a Saturday: Chinese is open, English from nine in the morning.
        for (name, language, hours) in [("中文", Language::Chinese, ("00:00", "24:00")), ("English", Language::English, ("09:00", "18:00"))] {
            add_schedule(&desk, &lead, &wish(name, &[language], hours)).await.unwrap();
        }
        let mut cursor = desk.store().read(|rd| outbox::head(rd).map_err(Error::from)).await.unwrap();
        crate::set_present(&desk, &[mei.id].into());
        for who in 1..=8 {
            let receipt = desk.ask(&visitor(who), "c", "转账没到账").await;
            until_line_is(1, &desk, &mut cursor).await;
            desk.pass(3 + u64::from(who));
            answer(&desk, &mei, &receipt, Then::Waiting).await;
            until_line_is(0, &desk, &mut cursor).await;
        }
        let asks_in = |language| asks(&desk, &Asker { language, region: "", channel: Channel::Page }, desk.now());
        let said = |language| desk.board().waiting(asks_in(language)).expected;
        let chinese = said(Language::Chinese);
        assert!(chinese.is_some() && said(Language::English).is_none(), "no roster says who is there in the morning");
        let told = status(&desk).await.unwrap();
        let waits = |at: usize| told.hours[at].waits.clone();
        assert_eq!(waits(0), [StatusWait { language: Language::Chinese, people: Some(1), expected: chinese }]);
        assert_eq!(waits(1), [StatusWait { language: Language::English, people: Some(0), expected: None }]);
        assert_eq!(told.expected, None, "it depends on who asks");
        assert!(crate::is_attended(&desk, Language::Chinese) && !crate::is_attended(&desk, Language::English));

        // From nine in the morning ann is to be there; a draft is nobody's word.
        let shift = ShiftWish {
            agent: Some(ann.id),
            starts_at: Time::parse("2026-11-22T01:00:00Z").unwrap(),
            ends_at: Time::parse("2026-11-22T09:00:00Z").unwrap(),
            need: Need::default(),
        };
        add_shifts(&desk, &lead, vec![shift.clone()]).await.unwrap();
        crate::load_capacity(&desk).await.unwrap();
        assert_eq!(said(Language::English), None);
        publish_shifts(&desk, &lead, (shift.starts_at, shift.ends_at), None).await.unwrap();
        crate::load_capacity(&desk).await.unwrap();
        let wait = said(Language::English).unwrap();
        let closed = shift.starts_at.since(desk.now()).as_secs();
        assert!(u64::from(wait.low_seconds) >= closed + 300 && u64::from(wait.high_seconds) <= closed + 3 * 3_600, "{wait:?} {closed}");
        assert!(wait.low_seconds < wait.high_seconds, "a point a day ahead is false precision: {wait:?}");
        assert_eq!(status(&desk).await.unwrap().hours[1].waits[0].expected, Some(wait));
        let receipt = receive(&desk, &visitor(20), Intake { language: Some(Language::English), channel: Some(Channel::Page), ..intake("c", "My transfer is late") }).await.unwrap().receipt;
        assert_eq!(receipt.expected, Some(wait));
        assert_eq!(said(Language::Chinese), chinese);

        // It is open, and nobody is there who knows the language.
        desk.pass(14 * 60);
        assert_eq!((said(Language::English), desk.board().waiting(asks_in(Language::English)).agents_present), (None, 0));
    }

    async fn figures_are_counted_by_channel_hour_and_length(store) {
        let desk = TestDesk::new(&store);
        let analyst = desk.agent("an", Role::Analyst).await;
        let from = desk.now();
        let receipt = desk.ask(&visitor(1), "c1", "转账没到账").await;
        let id = receipt.request_id;
        // Forty promises of ten minutes, of which thirty were kept.
        desk.store()
            .write::<_, Error, _>(Lane::Ordinary, 0, move |tx| {
                for at in 1..=40 {
                    let made_at = from.plus(Duration::from_secs(at));
                    stored::insert(tx, &PromiseRow {
                        request_id: id, made_at, channel: Channel::Widget, at_risk: at % 4 == 0, place: 1, present: 1,
                        p50: Some(300), p80: Some(600), model_p50: Some(300.0), model_p80: Some(600.0), closed: 0, model: MODEL,
                    })?;
                    let after = if at <= 20 { 200 } else if at <= 30 { 500 } else { 700 };
                    stored::end(tx, id, made_at, made_at.plus(Duration::from_secs(after)), "answered")?;
                }
                Ok(())
            })
            .await
            .unwrap();
        desk.pass(60);
        let found = promise_figures(&desk, &analyst, from, desk.now(), "Asia/Shanghai").await.unwrap();
        let total = found.total;
        assert_eq!((total.made, total.unknown, total.kept, total.broken, total.undecided), (41, 1, 30, 10, 0));
        assert_eq!((total.share, total.half, total.small), (Some(0.75), Some(0.5), false));
        // Wilson (1927), worked out by hand.
        assert!((total.low.unwrap() - 0.598_060).abs() < 1e-5 && (total.high.unwrap() - 0.858_129).abs() < 1e-5, "{total:?}");
        let codes = |groups: &[PromiseGroup]| groups.iter().map(|g| (g.code.clone(), g.count.made)).collect::<Vec<_>>();
        assert_eq!(codes(&found.channels), [("api".to_owned(), 1), ("widget".to_owned(), 40)]);
        assert_eq!(codes(&found.hours), [("20".to_owned(), 41)]);
        assert_eq!(codes(&found.lanes), [("at_risk".to_owned(), 10), ("ordinary".to_owned(), 31)]);
        let lengths: Vec<_> = found.lengths.iter().map(|l| (l.from_seconds, l.until_seconds, l.count.kept)).collect();
        assert_eq!(lengths, [(300, Some(900), 30)]);
        let later = promise_figures(&desk, &analyst, desk.now(), desk.now(), "UTC").await.unwrap();
        assert_eq!((later.total.made, later.total.share, later.total.small), (0, None, true));
        let agent = desk.agent("mei", Role::Agent).await;
        assert!(matches!(promise_figures(&desk, &agent, from, desk.now(), "UTC").await, Err(Error::Forbidden)));
        let asked = promise_figures(&desk, &analyst, from, desk.now(), "Mars/Olympus").await;
        assert!(matches!(asked, Err(Error::Invalid { field: "zone", .. })));
        let asked = promise_figures(&desk, &analyst, from, from.minus(Duration::from_secs(1)), "UTC").await;
        assert!(matches!(asked, Err(Error::Invalid { field: "until", .. })));
    }
}
