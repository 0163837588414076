use std::collections::BTreeMap;
use std::time::Duration;

use standfast_domain::{DriverKind, Level, Reserves, Role, SurgeCause, SurgeRules, TokenKind, TokenScope};
use standfast_insight::Insight;
use standfast_store::{Rd, job, store_test, surge as stored};

use base64::Engine as _;

use super::watch::look;
use super::*;
use crate::testing::{TestDesk, answer, visitor};
use crate::{Customer, NewToken, add_team, add_token, detail, own_feedback, reply, status, verify, work};

/// A plan that a test can reach with a handful of requests: one that waits is busy, at an hour each.
fn plan() -> SurgePlan {
    let rules = SurgeRules { busy: 1.0, surge: 3.0, storm: 6.0, leave: 0.5, up_minutes: 2, down_minutes: 3 };
    let answer = SurgeText {
        chinese: "节点升级中，转账会在 2 小时内到账。".into(),
        en: "Nodes are being upgraded; transfers arrive within 2 hours.".into(),
    };
    SurgePlan {
        within_minutes: 60,
        rules,
        surge: SurgeActions {
            banner: Some(SurgeText::default()),
            answer: Some(answer.clone()),
            ..SurgeActions::default()
        },
        storm: SurgeActions {
            banner: Some(SurgeText { chinese: "咨询很多。".into(), en: "So many.".into() }),
            answer: Some(answer),
            help_first: true,
            promise_hours: Some(8),
            pause_asking: true,
            pause_reports: true,
            ..SurgeActions::default()
        },
        ..SurgePlan::default()
    }
}

/// So many minutes, each looked at.
async fn minutes(desk: &TestDesk, count: u32) {
    for _ in 0..count {
        desk.pass(1);
        look(desk, 1).await.unwrap();
    }
}

fn levels(view: &SurgeView) -> Vec<(String, Level)> {
    view.changes.iter().rev().map(|change| (change.kind.clone(), change.to)).collect()
}

store_test! {
    async fn a_level_is_held_acted_on_and_let_go_of_with_reasons(store) {
        let (desk, other) = (TestDesk::new(&store), TestDesk::node(&store, 1));
        let (lead, agent) = (desk.agent("lin", Role::Lead).await, desk.agent("mei", Role::Agent).await);
        let until = desk.now().plus(Duration::from_hours(2));
        assert!(matches!(hold_surge(&desk, &agent, Level::Storm, until, "x", None).await, Err(Error::Forbidden)));
        assert!(matches!(choose_surge_plan(&desk, &agent, 0, plan()).await, Err(Error::Forbidden)));
        for (until, reason) in [(desk.now(), "x"), (desk.now().plus(Duration::from_hours(25)), "x"), (until, " \n")] {
            assert!(matches!(hold_surge(&desk, &lead, Level::Storm, until, reason, None).await, Err(Error::Invalid { .. })));
        }
        let chosen = choose_surge_plan(&desk, &lead, 0, plan()).await.unwrap();
        assert_eq!((chosen.version, chosen.level, chosen.plan), (1, Level::Normal, plan()));
        assert!(matches!(choose_surge_plan(&desk, &lead, 0, plan()).await, Err(Error::OutdatedVersion { version: 1 })));

        let held = hold_surge(&desk, &lead, Level::Storm, until, "The fork is at noon.", None).await.unwrap();
        assert_eq!((held.level, held.seen), (Level::Storm, Level::Normal));
        assert_eq!(status(&desk).await.unwrap().level, Level::Storm);
        refresh(&other).await.unwrap();
        assert_eq!(other.surge().notice(Language::English).as_deref(), Some("So many."));
        minutes(&desk, 5).await;
        assert_eq!(desk.surge().level().0, Level::Storm, "whatever is seen");

        let released = release_surge(&desk, &lead, "It was calm.", None).await.unwrap();
        assert_eq!((released.level, &released.hold), (Level::Normal, &None));
        assert_eq!(desk.surge().notice(Language::English), None);
        assert_eq!(levels(&released), [("held".into(), Level::Storm), ("released".into(), Level::Normal)]);
        let [surge] = released.surges.as_slice() else { panic!("{:?}", released.surges) };
        assert_eq!((surge.peak, surge.ended_at), (Level::Storm, Some(desk.now())));
        assert_eq!(released.changes[1].reason, "The fork is at noon.");
        // Nothing to let go of is nothing to write.
        assert_eq!(release_surge(&desk, &lead, "again", None).await.unwrap().changes.len(), 2);

        let soon = desk.now().plus(Duration::from_mins(3));
        hold_surge(&desk, &lead, Level::Busy, soon, "Lunch.", None).await.unwrap();
        minutes(&desk, 4).await;
        let view = surge_view(&desk, &agent).await.unwrap();
        assert_eq!((view.level, &view.hold), (Level::Normal, &None));
        assert_eq!(levels(&view).last(), Some(&("expired".into(), Level::Normal)));
    }

    async fn the_line_makes_the_level_once_a_minute_by_one_process(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        choose_surge_plan(&desk, &lead, 0, plan()).await.unwrap();
        // How long an answer takes is not known: then the line alone says nothing.
        let mut waiting = Vec::new();
        for number in 1..=8 {
            let receipt = desk.ask(&visitor(number), "c", "转账没到账").await;
            waiting.push(receipt.request_id);
            desk.board().apply(receipt.request_id, "+", desk.now());
        }
        assert_eq!(surge_view(&desk, &lead).await.unwrap().measured.waiting, 8, "what is so now, before any look");
        minutes(&desk, 3).await;
        let view = surge_view(&desk, &lead).await.unwrap();
        assert_eq!((view.level, view.measured.load), (Level::Normal, None));
        // Five answers of an hour each, by one person.
        let mut at = desk.now().minus(Duration::from_hours(8));
        for id in 100..=105_i64 {
            desk.board().apply(standfast_domain::RequestId(id), "+", at);
        }
        for id in 100..=105_i64 {
            at = at.plus(Duration::from_hours(1));
            desk.board().apply(standfast_domain::RequestId(id), "-", at);
            desk.board().answered(at, standfast_domain::RequestId(id), lead.id);
        }
        desk.board().set_present(1, 1, desk.now());
        minutes(&desk, 1).await;
        look(&desk, 1).await.unwrap();
        assert_eq!(surge_view(&desk, &lead).await.unwrap().level, Level::Normal, "a minute is looked at once");
        desk.pass(1);
        look(&desk, 2).await.unwrap();
        assert_eq!(surge_view(&desk, &lead).await.unwrap().level, Level::Normal, "another process has not the lease");
        look(&desk, 1).await.unwrap();
        let view = surge_view(&desk, &lead).await.unwrap();
        assert_eq!((view.level, view.measured.waiting), (Level::Storm, 8), "{view:?}");
        assert_eq!(view.changes[0].causes, [standfast_domain::SurgeCause::Load]);
        // The line empties: one level at a time.
        for id in waiting {
            desk.board().apply(id, "-", desk.now());
        }
        minutes(&desk, 9).await;
        let view = surge_view(&desk, &lead).await.unwrap();
        let moved: Vec<_> = view.changes.iter().rev().map(|change| change.to).collect();
        assert_eq!(moved, [Level::Storm, Level::Surge, Level::Busy, Level::Normal]);
    }

    async fn people_at_other_processes_have_several_in_hand_as_well(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        let profile = standfast_domain::roster::Profile { at_once: 4, ..Default::default() };
        let wish = crate::PersonWish { profile, contract: None };
        crate::change_person(&desk, &lead, lead.id, 0, wish).await.unwrap();
        // Five answers of an hour each; eight wait.
        let mut at = desk.now().minus(Duration::from_hours(8));
        for id in 100..=105_i64 {
            desk.board().apply(standfast_domain::RequestId(id), "+", at);
        }
        for id in 100..=105_i64 {
            at = at.plus(Duration::from_hours(1));
            desk.board().apply(standfast_domain::RequestId(id), "-", at);
            desk.board().answered(at, standfast_domain::RequestId(id), lead.id);
        }
        for id in 1..=8 {
            desk.board().apply(standfast_domain::RequestId(id), "+", desk.now());
        }
        // This process has no console open, another one ten.
        desk.board().set_present(0, 0, desk.now());
        let minute = standfast_domain::Sample::minute_of(desk.now());
        let elsewhere = standfast_domain::Sample { minute, node: 9, boot: 1, up: 60, present: 10, waiting: 8, late: 0, rostered: None, probe: None, services: None };
        crate::put_down_past(&desk, vec![elsewhere]).await.unwrap();
        crate::load_online(&desk).await.unwrap();
        let seen = watch::measure(&desk, &plan(), desk.now());
        assert_eq!((seen.present, seen.handling_seconds), (10, Some(3_600.0)));
        assert!((seen.load.unwrap() - 0.2).abs() < 1e-9, "{seen:?}");
        // One of its own, who has one in hand at a time.
        desk.board().set_present(1, 1, desk.now());
        let seen = watch::measure(&desk, &plan(), desk.now());
        assert!((seen.load.unwrap() - 8.0 / 41.0).abs() < 1e-9, "{seen:?}");
    }

    async fn what_somebody_else_holds_is_replaced_only_by_who_has_seen_it(store) {
        let desk = TestDesk::new(&store);
        let (lin, bo) = (desk.agent("lin", Role::Lead).await, desk.agent("bo", Role::Lead).await);
        let (until, later) = (desk.now().plus(Duration::from_hours(2)), desk.now().plus(Duration::from_hours(3)));
        hold_surge(&desk, &lin, Level::Storm, until, "The fork is at noon.", None).await.unwrap();
        let held = |result: Result<SurgeView, Error>| match result {
            Err(Error::HeldByOther(hold)) => (hold.agent_id, hold.level, hold.until, hold.reason),
            other => panic!("{other:?}"),
        };
        let seen = held(hold_surge(&desk, &bo, Level::Busy, later, "Lunch.", None).await);
        assert_eq!(seen, (lin.id, Level::Storm, until, "The fork is at noon.".into()));
        held(release_surge(&desk, &bo, "over", None).await);
        held(release_surge(&desk, &bo, "over", Some(later)).await);
        assert_eq!(surge_view(&desk, &bo).await.unwrap().level, Level::Storm);
        let replaced = hold_surge(&desk, &bo, Level::Busy, later, "Lunch.", Some(until)).await.unwrap();
        assert_eq!(replaced.hold.map(|hold| hold.agent_id), Some(bo.id));
        held(hold_surge(&desk, &lin, Level::Storm, until, "x", Some(until)).await);
        // Whoever holds it changes it, and what is over is in nobody's way.
        hold_surge(&desk, &bo, Level::Surge, until, "Longer lunch.", None).await.unwrap();
        desk.pass(121);
        hold_surge(&desk, &lin, Level::Storm, desk.now().plus(Duration::from_hours(1)), "x", None).await.unwrap();
    }

    async fn a_clock_that_ran_ahead_does_not_stop_the_watch(store) {
        let (desk, ahead) = (TestDesk::new(&store), TestDesk::node(&store, 1));
        let lead = desk.agent("lin", Role::Lead).await;
        ahead.pass(180);
        let (at, marks) = (ahead.now(), level::Marks::new(&ahead));
        let measured = level::Measured { at, load: None, waiting: 0, present: 0, handling_seconds: None };
        let looked = desk.store().write(standfast_store::Lane::Background, 0, move |tx| {
            let mut held = level::read(tx)?;
            held.standing.measured = Some(measured);
            level::write(tx, held, &plan(), &level::Why::Seen(Vec::new()), measured, marks)?;
            standfast_store::lease::hold(tx, "surge", 9, at, at.plus(Duration::from_secs(150))).map_err(Error::from)
        });
        assert!(looked.await.unwrap(), "it has the lease for three hours");
        let until = desk.now().plus(Duration::from_mins(3));
        hold_surge(&desk, &lead, Level::Busy, until, "Lunch.", None).await.unwrap();
        minutes(&desk, 4).await;
        let view = surge_view(&desk, &lead).await.unwrap();
        let looked = desk.store().read(|rd| Ok::<_, Error>(level::read(rd)?.standing.measured)).await.unwrap();
        assert_eq!((view.level, view.hold, looked.unwrap().at), (Level::Normal, None, desk.now()));
    }

    async fn at_each_level_customers_read_what_was_chosen_and_risk_is_untouched(store) {
        let desk = TestDesk::new(&store);
        let (lead, agent) = (desk.agent("lin", Role::Lead).await, desk.agent("mei", Role::Agent).await);
        let team = add_team(&desk, "Everybody".into()).await.unwrap();
        let until = desk.now().plus(Duration::from_hours(5));
        let mut chosen = plan();
        chosen.storm.answer_types = vec!["pending".into()];
        chosen.storm.team = Some(SurgeTeam { team_id: team, types: vec!["pending".into()] });
        choose_surge_plan(&desk, &lead, 0, chosen).await.unwrap();
        let usual = desk.ask(&visitor(1), "c1", "转账没到账").await;
        assert_eq!(usual.next.code, "queue");
        hold_surge(&desk, &lead, Level::Surge, until, "x", None).await.unwrap();
        let told = desk.ask(&visitor(2), "c2", "转账没到账").await;
        assert_eq!(told.next.code, "surge");
        assert!(told.next.text.ends_with("目前大多数用户的问题可以这样解决：节点升级中，转账会在 2 小时内到账。"), "{}", told.next.text);
        assert!(desk.surge().notice(Language::Chinese).unwrap().contains("比平时慢很多"));
        assert_eq!(desk.surge().help(Language::Chinese, None), None);

        hold_surge(&desk, &lead, Level::Storm, until, "x", None).await.unwrap();
        assert!(desk.surge().help(Language::English, None).is_some() && desk.surge().pauses_reports());
        let typed = |client_id: &str, kind: &str| crate::Intake { kind: Some(kind.into()), ..crate::testing::intake(client_id, "转账一直没有确认") };
        let promised = crate::receive(&desk, &visitor(3), typed("c3", "pending")).await.unwrap().receipt;
        assert!(promised.next.text.contains("承诺在 8 小时内回复"), "{}", promised.next.text);
        let (id, at) = (promised.request_id, desk.now());
        let due = desk.store().read(move |rd| stored::find_promise(rd, id, at)).await.unwrap();
        assert_eq!(due, Some(at.plus(Duration::from_hours(8))));
        assert_eq!(detail(&desk, &agent, id).await.unwrap().0.request.summary.team_id, Some(team));
        // What puts assets at risk is told what it always is, goes to nobody else, and stays in front.
        let risk = crate::receive(&desk, &visitor(4), typed("c4", "theft")).await.unwrap().receipt;
        assert_eq!((risk.next.code.as_str(), risk.at_risk), ("at_risk", true));
        let summary = detail(&desk, &agent, risk.request_id).await.unwrap().0.request.summary;
        assert_eq!((summary.team_id, summary.at_risk), (None, true));
        let other = crate::receive(&desk, &visitor(5), typed("c5", "fee")).await.unwrap().receipt;
        assert_eq!(detail(&desk, &agent, other.request_id).await.unwrap().0.request.summary.team_id, None);
        // What helps with one type is not said to help with another.
        assert!(promised.next.text.contains("节点升级中") && !other.next.text.contains("节点升级中"), "{}", other.next.text);
        assert_eq!(desk.surge().help(Language::English, Some("fee")), None);
        // Nobody is promised less than is expected.
        let wait = |hours: u32| standfast_domain::Wait { low_seconds: 60, high_seconds: hours * 3_600 + 1 };
        let promise = |hours| desk.surge().promise(Some(wait(hours)));
        assert_eq!([promise(7), promise(8), promise(30)], [8, 9, 31].map(|hours| Some(Duration::from_hours(hours))));
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn while_nobody_is_to_be_there_nothing_is_too_much(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        // At noon of a Saturday it is closed, for those who have hours; for others there are none.
        let week = |day| standfast_domain::Interval {
            weekday: standfast_domain::Weekday::new(day).unwrap(),
            opens: standfast_domain::TimeOfDay::parse("09:00").unwrap(),
            closes: standfast_domain::TimeOfDay::parse("18:00").unwrap(),
        };
        let schedule = standfast_domain::Schedule {
            zone: "UTC".to_owned(),
            week: (1..=5).map(week).collect(),
            seasons: Vec::new(),
            days: Vec::new(),
            exceptions: Vec::new(),
        };
        let coverage = standfast_domain::Coverage { regions: ["CN".to_owned()].into(), ..Default::default() };
        let wish = crate::ScheduleWish { name: "All".to_owned(), coverage, schedule };
        crate::add_schedule(&desk, &lead, &wish).await.unwrap();
        desk.board().apply(standfast_domain::RequestId(7), "+", desk.now());
        let seen = watch::measure(&desk, &plan(), desk.now());
        assert_eq!((seen.waiting, seen.load), (1, Some(0.0)));
        let monday = desk.now().plus(Duration::from_hours(48));
        assert_eq!(watch::measure(&desk, &plan(), monday).load, None, "how long an answer takes is not known");
    }

    async fn asking_again_waits_until_the_storm_is_over(store) {
        let desk = TestDesk::new(&store);
        let (lead, agent) = (desk.agent("lin", Role::Lead).await, desk.agent("mei", Role::Agent).await);
        let who = visitor(1);
        let asked = desk.ask(&who, "c1", "转账没到账").await;
        let words = crate::Answer { then: crate::Then::Solved, ..answer("a1", "已经到账。", 1_000) };
        reply(&desk, &agent, asked.request_id, words).await.unwrap();
        choose_surge_plan(&desk, &lead, 0, plan()).await.unwrap();
        desk.clock.advance(desk.settings().feedback.ask_again + Duration::from_mins(1));
        hold_surge(&desk, &lead, Level::Storm, desk.now().plus(Duration::from_hours(1)), "x", None).await.unwrap();
        while work(&desk).await.unwrap() > 0 {}
        let asked_again = async || own_feedback(&desk, &who, asked.number).await.unwrap().asked_again;
        assert!(!asked_again().await);
        release_surge(&desk, &lead, "over", None).await.unwrap();
        desk.pass(31);
        while work(&desk).await.unwrap() > 0 {}
        assert!(asked_again().await, "nobody is forgotten");
    }

    async fn people_are_called_out_when_it_rises_and_not_when_it_falls(store) {
        let desk = TestDesk::new(&store);
        let (lead, mei) = (desk.agent("lin", Role::Lead).await, desk.agent("mei", Role::Agent).await);
        let ana = desk.agent("ana", Role::Analyst).await;
        let mut chosen = plan();
        chosen.busy.call_out = vec![ana.id];
        let refused = choose_surge_plan(&desk, &lead, 0, chosen.clone()).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "call_out", .. })), "she may not answer");
        chosen.busy.call_out = vec![mei.id];
        chosen.storm.call_out = vec![lead.id, mei.id];
        choose_surge_plan(&desk, &lead, 0, chosen).await.unwrap();
        let calls = || desk.store().read(|rd: &mut Rd| {
            Ok::<_, Error>(rd.query("SELECT payload FROM job WHERE kind = 'surge_mail' ORDER BY id", standfast_store::params![], |row| row.get::<String>(0))?)
        });
        let until = desk.now().plus(Duration::from_hours(1));
        for (level, count) in [(Level::Storm, 1), (Level::Busy, 1), (Level::Surge, 2)] {
            hold_surge(&desk, &lead, level, until, "x", None).await.unwrap();
            assert_eq!(calls().await.unwrap().len(), count, "{level:?}");
        }
        let payloads = calls().await.unwrap();
        let first: CallOut = serde_json::from_str(&payloads[0]).unwrap();
        let later: CallOut = serde_json::from_str(&payloads[1]).unwrap();
        assert_eq!((first.level, first.agents.len()), (Level::Storm, 2));
        assert_eq!((later.surge, later.agents), (first.surge, vec![mei.id]), "the same surge: nobody gets a second mail");
        assert!(desk.store().read(|rd| job::is_listed(rd, SURGE_MAIL)).await.unwrap());
    }

    async fn afterwards_it_says_what_came_what_was_promised_and_what_was_kept(store) {
        let desk = TestDesk::new(&store);
        let (lead, agent) = (desk.agent("lin", Role::Lead).await, desk.agent("mei", Role::Agent).await);
        choose_surge_plan(&desk, &lead, 0, plan()).await.unwrap();
        // A week before: two in the same hour, one the day after, and one that turned out to be spam.
        for (number, minutes, is_spam) in [(1, 0, false), (2, 10, false), (3, 5, true), (4, 60 * 24, false)] {
            desk.pass(minutes);
            let asked = desk.ask(&visitor(number), "c", "余额不对").await;
            if is_spam {
                crate::transition(&desk, &agent, asked.request_id, standfast_domain::Transition::Spam, None).await.unwrap();
            }
        }
        desk.clock.advance(Duration::from_hours(24 * 6) - Duration::from_mins(15));
        let until = desk.now().plus(Duration::from_hours(20));
        let going = hold_surge(&desk, &lead, Level::Storm, until, "fork", None).await.unwrap();
        let id = going.surges[0].id;
        let mut asked = Vec::new();
        for number in 11..=15 {
            desk.pass(1);
            asked.push(desk.ask(&visitor(number), "c", "转账没到账").await);
        }
        crate::receive(&desk, &visitor(20), crate::Intake { kind: Some("theft".into()), ..crate::testing::intake("c", "钱被转走了") }).await.unwrap();
        // One in time, one too late; three wait.
        reply(&desk, &agent, asked[0].request_id, answer("a0", "请看这里", 1_000)).await.unwrap();
        desk.clock.advance(Duration::from_hours(8));
        reply(&desk, &agent, asked[1].request_id, answer("a1", "请看这里", 1_000)).await.unwrap();
        assert!(matches!(surge_report(&desk, &agent, id).await, Err(Error::Forbidden)));
        let report = surge_report(&desk, &lead, id).await.unwrap();
        assert_eq!((report.came, report.answered, report.surge.ended_at), (6, 2, None));
        assert_eq!((report.usual, report.weeks), (Some(2.0), 1), "before that there was no desk");
        // A history that was imported first does not make the desk older: its first request is of two years ago.
        crate::testing::tamper(&store, "UPDATE request SET created_at = created_at - 63072000000000 WHERE id = (SELECT min(id) FROM request)").await;
        let imported = surge_report(&desk, &lead, id).await.unwrap();
        assert_eq!((imported.usual, imported.weeks), (Some(1.0), 1));
        let SurgePromises { made, kept, broken, undecided } = report.promised;
        assert_eq!((made, kept, broken, undecided), (5, 1, 3, 1), "at the eighth hour there is still this moment for the last one");
        assert_eq!((report.types[0].code.as_str(), report.types[0].count), ("other", 5));
        assert!(report.types[1].at_risk);
        release_surge(&desk, &lead, "over", None).await.unwrap();
        desk.pass(60);
        let over = surge_report(&desk, &lead, id).await.unwrap();
        assert_eq!((over.came, over.until), (6, report.until));
        assert_eq!(over.changes.iter().map(|change| change.kind.as_str()).collect::<Vec<_>>(), ["held", "released"]);
        assert!(matches!(surge_report(&desk, &lead, standfast_domain::SurgeId(1)).await, Err(Error::NotFound)));
    }

    async fn a_plan_that_makes_no_sense_is_refused_with_the_place(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        let text = |chinese: &str, en: &str| Some(SurgeText { chinese: chinese.into(), en: en.into() });
        let change = |change: fn(&mut SurgePlan)| { let mut plan = plan(); change(&mut plan); plan };
        for (wrong, place, reason) in [
            (change(|plan| plan.within_minutes = 0), "within_minutes", "out_of_range"),
            (change(|plan| plan.rules.surge = 0.5), "surge", "out_of_range"),
            (change(|plan| plan.storm.promise_hours = Some(0)), "promise_hours", "out_of_range"),
            (change(|plan| plan.storm.team = Some(SurgeTeam { team_id: TeamId(99), types: vec![] })), "team_id", "unknown"),
            (change(|plan| plan.busy.call_out = vec![AgentId(99)]), "call_out", "unknown"),
            (change(|plan| plan.busy.help_first = true), "answer", "missing"),
            (SurgePlan { busy: SurgeActions { answer: text("请稍候", ""), ..SurgeActions::default() }, ..plan() }, "answer", "missing"),
            (SurgePlan { busy: SurgeActions { banner: text(&"字".repeat(301), "x"), ..SurgeActions::default() }, ..plan() }, "banner", "too_long"),
        ] {
            match preview_surge(&desk, &lead, wrong.clone(), Level::Busy).await {
                Err(Error::Invalid { field, reason: said }) => assert_eq!((field, said), (place, reason)),
                other => panic!("{place}: {other:?}"),
            }
            assert!(choose_surge_plan(&desk, &lead, 0, wrong).await.is_err());
        }
        let asks = || SurgeActions { banner: text("请稍候。", "Send us your recovery phrase"), ..SurgeActions::default() };
        let places = [("busy", SurgePlan { busy: asks(), ..plan() }), ("storm", SurgePlan { storm: asks(), ..plan() })];
        for (level, wrong) in places {
            match choose_surge_plan(&desk, &lead, 0, wrong).await {
                Err(Error::AsksForSecretIn(place)) => assert_eq!(place, format!("plan.{level}.banner.en")),
                other => panic!("{level}: {other:?}"),
            }
        }
        let shown = preview_surge(&desk, &lead, plan(), Level::Storm).await.unwrap();
        assert_eq!(shown.notice, text("咨询很多。", "So many."));
        assert!(shown.help.is_some() && shown.receipt.en.contains("within 8 hours"), "{shown:?}");
        let busy = preview_surge(&desk, &lead, plan(), Level::Busy).await.unwrap();
        assert_eq!((busy.notice, busy.help), (None, None));
        assert_eq!(surge_view(&desk, &lead).await.unwrap().version, 0, "looking changes nothing");
    }

    async fn figures_of_other_systems_and_events_speak_for_a_level(store) {
        let desk = TestDesk::new(&store);
        let (lead, admin) = (desk.agent("lin", Role::Lead).await, desk.agent("robin", Role::Admin).await);
        let new = |scopes: &[TokenScope]| NewToken { name: "feed".into(), kind: TokenKind::Webhook, scopes: scopes.to_vec() };
        let machine = async |scopes: &[TokenScope]| {
            let (token, key) = add_token(&desk, &admin, new(scopes)).await.unwrap();
            let key = base64::engine::general_purpose::STANDARD.decode(key.strip_prefix("whsec_").unwrap()).unwrap();
            let timestamp = (desk.now().millis() / 1_000).to_string();
            let mac = crate::machine::sign(&key, "m1", &timestamp, b"{}");
            let signatures = format!("v1,{}", base64::engine::general_purpose::STANDARD.encode(mac));
            let signature = crate::Signature { id: "m1", timestamp: &timestamp, signatures: &signatures };
            let machine = crate::authenticate_webhook(&desk, signature, b"{}").await.unwrap();
            assert_eq!(machine.scope(), format!("t:{}", token.id));
            machine
        };
        let (feed, other) = (machine(&[TokenScope::Signals]).await, machine(&[TokenScope::Drivers]).await);
        let price = |value: f64, minutes: u64| SignalCommand {
            source: "price:BTC".into(), value, at: Some(desk.now().minus(Duration::from_mins(minutes))),
        };
        assert!(matches!(tell_signal(&desk, &other, price(-9.0, 0)).await, Err(Error::Forbidden)));
        for wrong in [SignalCommand { source: "a b".into(), ..price(1.0, 0) }, price(f64::NAN, 0), SignalCommand { at: Some(desk.now().plus(Duration::from_mins(9))), ..price(1.0, 0) }] {
            assert!(matches!(tell_signal(&desk, &feed, wrong).await, Err(Error::Invalid { .. })));
        }
        let signal = SurgeSignal { source: "price:BTC".into(), is_above: false, threshold: -8.0, level: Level::Surge, minutes: 10 };
        let expected = SurgeExpected { level: Level::Busy, kinds: vec![DriverKind::Fork] };
        let wrong = SurgePlan { signals: vec![SurgeSignal { source: String::new(), ..signal.clone() }], ..plan() };
        assert!(matches!(choose_surge_plan(&desk, &lead, 0, wrong).await, Err(Error::Invalid { field: "source", .. })));
        let chosen = SurgePlan { signals: vec![signal], expected, ..plan() };
        choose_surge_plan(&desk, &lead, 0, chosen).await.unwrap();
        tell_signal(&desk, &feed, price(-3.0, 0)).await.unwrap();
        assert!((tell_signal(&desk, &feed, price(-9.0, 5)).await.unwrap().value + 3.0).abs() < 1e-9, "what is older changes nothing");
        minutes(&desk, 3).await;
        assert_eq!(surge_view(&desk, &lead).await.unwrap().level, Level::Normal);
        tell_signal(&desk, &feed, price(-9.0, 0)).await.unwrap();
        minutes(&desk, 2).await;
        let view = surge_view(&desk, &lead).await.unwrap();
        assert_eq!((view.level, view.changes[0].causes.as_slice()), (Level::Surge, [SurgeCause::Signal].as_slice()));
        assert_eq!((view.signals[0].source.as_str(), view.signals.len()), ("price:BTC", 1));
        // After ten minutes the figure says nothing any more; after three more it has fallen by one level, then by another.
        minutes(&desk, 8 + 3 + 3).await;
        assert_eq!(surge_view(&desk, &lead).await.unwrap().level, Level::Normal);
        let fork = crate::DriverCommand {
            kind: DriverKind::Fork, title: "Fork".into(), note: String::new(), starts_at: desk.now().plus(Duration::from_mins(5)),
            ends_at: Some(desk.now().plus(Duration::from_mins(90))), scope: BTreeMap::new(),
        };
        crate::add_driver(&desk, &lead, "f1", &fork).await.unwrap();
        minutes(&desk, 4).await;
        assert_eq!(surge_view(&desk, &lead).await.unwrap().level, Level::Normal);
        minutes(&desk, 2).await;
        let view = surge_view(&desk, &lead).await.unwrap();
        assert_eq!((view.level, view.changes[0].causes.as_slice()), (Level::Busy, [SurgeCause::Expected].as_slice()));
        minutes(&desk, 90).await;
        assert_eq!(surge_view(&desk, &lead).await.unwrap().level, Level::Normal);
    }

    async fn the_size_of_a_peak_is_learned_from_earlier_ones_of_its_kind(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        let agent = desk.agent("mei", Role::Agent).await;
        let hour = Duration::from_hours(1);
        // Ten requests in the same hour of each of eight weeks, and thirty in the three of them in which there was a fork.
        let mut number = 0_u32;
        for week in 0..8_u32 {
            let is_fork = week >= 5;
            if is_fork {
                let fork = crate::DriverCommand {
                    kind: DriverKind::Fork, title: format!("fork {week}"), note: String::new(), starts_at: desk.now(),
                    ends_at: Some(desk.now().plus(hour)), scope: BTreeMap::new(),
                };
                crate::add_driver(&desk, &lead, &format!("f{week}"), &fork).await.unwrap();
            }
            for _ in 0..if is_fork { 30 } else { 10 } {
                number += 1;
                let who = Customer::Visitor(crate::Visitor::new(&secret(number)).unwrap());
                desk.ask(&who, "c", "转账没到账").await;
            }
            desk.clock.advance(hour * 24 * 7);
        }
        let ahead = crate::DriverCommand {
            kind: DriverKind::Fork, title: "next".into(), note: String::new(), starts_at: desk.now().plus(hour), ends_at: None, scope: BTreeMap::new(),
        };
        crate::add_driver(&desk, &lead, "next", &ahead).await.unwrap();
        let settings = standfast_insight::Settings { snapshot: None, every: Duration::MAX, threads: 1, at_once: 1 };
        let insight = Insight::new(desk.store().clone(), desk.entropy().clone(), settings);
        let (_stop, stopping) = tokio::sync::watch::channel(false);
        let kept = insight.clone();
        tokio::spawn(async move { kept.keep(stopping).await });
        let all = async {
            while !insight.facts().is_ok_and(|facts| facts.len() >= number as usize) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), all).await.unwrap();
        assert!(matches!(surge_peaks(&desk, &insight, &agent).await, Err(Error::Forbidden)));
        let peaks = surge_peaks(&desk, &insight, &lead).await.unwrap();
        assert_eq!(peaks.ahead.iter().map(|peak| peak.title.as_str()).collect::<Vec<_>>(), ["next"]);
        assert_eq!(peaks.ahead[0].until, desk.now().plus(hour * 7));
        let [fork] = peaks.kinds.as_slice() else { panic!("{:?}", peaks.kinds) };
        assert_eq!((fork.kind, fork.n), (DriverKind::Fork, 3));
        // Against ten: 30.5/10.5, and of the last one the median of 10, 10, 30, 30 is 20: 30.5/20.5.
        let size = fork.size.unwrap();
        let mean = ((30.5_f64 / 10.5).ln() * 2.0 + (30.5_f64 / 20.5).ln()) / 3.0;
        assert!((size.ratio - mean.exp()).abs() < 1e-9 && size.low < size.ratio && size.ratio < size.high, "{size:?}");
    }
}

/// The secret of a visitor.
fn secret(number: u32) -> String {
    let mut bytes = [0_u8; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

store_test! {
    async fn who_is_reserved_sees_and_gets_only_what_is_at_risk_at_every_level(store) {
        let desk = TestDesk::new(&store);
        let (lead, mei) = (desk.agent("lin", Role::Lead).await, desk.agent("mei", Role::Agent).await);
        let (yan, ana) = (desk.agent("yan", Role::Agent).await, desk.agent("ana", Role::Analyst).await);
        let reserve = |people, agents: &[&AgentCaller]| Reserve { people, agents: agents.iter().map(|agent| agent.id).collect() };
        let choose = async |version, reserves: Reserves| {
            choose_surge_plan(&desk, &lead, version, SurgePlan { reserve: reserves, ..plan() }).await
        };
        for (wrong, field, reason) in [
            (Reserves { busy: reserve(101, &[]), ..Reserves::default() }, "people", "out_of_range"),
            (Reserves { busy: reserve(1, &[&mei, &mei]), ..Reserves::default() }, "agents", "out_of_range"),
            (Reserves { busy: reserve(1, &[&ana]), ..Reserves::default() }, "agents", "unknown"),
        ] {
            let refused = choose(0, wrong).await;
            assert!(matches!(refused, Err(Error::Invalid { field: f, reason: r }) if (f, r) == (field, reason)), "{refused:?}");
        }
        let theft = desk.ask(&visitor(1), "c", "我的钱包被盗了").await;
        let pending = desk.ask(&visitor(2), "c", "转账没到账").await;
        let mine = desk.ask(&visitor(3), "c", "兑换失败").await;
        let to = |agent: &AgentCaller| crate::Assignment { agent: Some(Some(agent.id)), team: None };
        crate::assign(&desk, &lead, mine.request_id, to(&mei)).await.unwrap();
        let stored = async || desk.store().read::<_, Error, _>(|rd| Ok(standfast_store::surge::find_plan(rd)?.unwrap().plan)).await.unwrap();
        // A plan without a reserve is one that the version before reads.
        choose(0, Reserves::default()).await.unwrap();
        assert!(!stored().await.contains("reserve"));
        choose(1, Reserves { normal: reserve(1, &[&mei]), storm: reserve(2, &[&yan, &mei]), ..Reserves::default() }).await.unwrap();
        crate::set_present(&desk, &[lead.id, mei.id, yan.id].into_iter().collect());

        let sees = async |agent: &AgentCaller, view| {
            let page = crate::inbox(&desk, agent, crate::InboxQuery { view, limit: 50, ..Default::default() }).await.unwrap();
            let counts = page.counts;
            let count = match view { crate::View::All => counts.all, crate::View::Unassigned => counts.unassigned, _ => counts.mine };
            assert_eq!(count, i64::try_from(page.items.len()).unwrap(), "{view:?}");
            (page.items.iter().map(|item| item.number).collect::<Vec<_>>(), counts.reserved)
        };
        assert_eq!(sees(&mei, crate::View::Unassigned).await, (vec![theft.number], true));
        assert_eq!(sees(&mei, crate::View::All).await, (vec![theft.number], true));
        assert_eq!(sees(&mei, crate::View::Mine).await, (vec![mine.number], true), "what is in hand stays");
        assert_eq!(sees(&yan, crate::View::Unassigned).await, (vec![theft.number, pending.number], false));
        assert_eq!(surge_view(&desk, &yan).await.unwrap().reserved, [mei.id]);
        let refused = crate::assign(&desk, &lead, pending.request_id, to(&mei)).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "agent_id", reason: "reserved" })), "{refused:?}");
        crate::assign(&desk, &mei, mine.request_id, to(&mei)).await.unwrap();
        crate::assign(&desk, &lead, theft.request_id, to(&mei)).await.unwrap();
        crate::assign(&desk, &lead, pending.request_id, to(&yan)).await.unwrap();

        // At another level others are kept, of those who are there.
        hold_surge(&desk, &lead, Level::Storm, desk.now().plus(Duration::from_hours(1)), "fork", None).await.unwrap();
        assert_eq!(surge_view(&desk, &lead).await.unwrap().reserved, [mei.id, yan.id]);
        crate::set_present(&desk, &[mei.id, yan.id].into_iter().collect());
        assert_eq!(surge_view(&desk, &lead).await.unwrap().reserved, [yan.id], "one is left for everybody else");
        crate::set_present(&desk, &[mei.id].into_iter().collect());
        assert!(surge_view(&desk, &lead).await.unwrap().reserved.is_empty());
        assert!(!sees(&mei, crate::View::All).await.1);
        hold_surge(&desk, &lead, Level::Busy, desk.now().plus(Duration::from_hours(1)), "over", None).await.unwrap();
        crate::set_present(&desk, &[lead.id, mei.id, yan.id].into_iter().collect());
        assert!(surge_view(&desk, &lead).await.unwrap().reserved.is_empty());
    }
}
