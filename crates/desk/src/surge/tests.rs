use std::time::Duration;

use standfast_domain::{Level, Role, SurgeRules};
use standfast_store::{Rd, job, store_test, surge as stored};

use super::watch::look;
use super::*;
use crate::testing::{TestDesk, answer, visitor};
use crate::{add_team, detail, own_feedback, reply, status, verify, work};

/// A plan that a test can reach with a handful of requests: one that waits is busy, at an hour each.
fn plan() -> SurgePlan {
    let rules = SurgeRules { busy: 1.0, surge: 3.0, storm: 6.0, leave: 0.5, up_minutes: 2, down_minutes: 3 };
    let answer = SurgeText { chinese: "节点升级中，转账会在 2 小时内到账。".into(), en: "Nodes are being upgraded; transfers arrive within 2 hours.".into() };
    SurgePlan {
        within_minutes: 60,
        rules,
        surge: SurgeActions { banner: Some(SurgeText::default()), answer: Some(answer.clone()), ..SurgeActions::default() },
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
        assert!(matches!(hold_surge(&desk, &agent, Level::Storm, until, "x").await, Err(Error::Forbidden)));
        assert!(matches!(choose_surge_plan(&desk, &agent, 0, plan()).await, Err(Error::Forbidden)));
        for (until, reason) in [(desk.now(), "x"), (desk.now().plus(Duration::from_hours(25)), "x"), (until, " \n")] {
            assert!(matches!(hold_surge(&desk, &lead, Level::Storm, until, reason).await, Err(Error::Invalid { .. })));
        }
        let chosen = choose_surge_plan(&desk, &lead, 0, plan()).await.unwrap();
        assert_eq!((chosen.version, chosen.level, chosen.plan), (1, Level::Normal, plan()));
        assert!(matches!(choose_surge_plan(&desk, &lead, 0, plan()).await, Err(Error::OutdatedVersion { version: 1 })));

        let held = hold_surge(&desk, &lead, Level::Storm, until, "The fork is at noon.").await.unwrap();
        assert_eq!((held.level, held.seen), (Level::Storm, Level::Normal));
        assert_eq!(status(&desk).await.unwrap().level, Level::Storm);
        refresh(&other).await.unwrap();
        assert_eq!(other.surge().notice(Language::English).as_deref(), Some("So many."));
        minutes(&desk, 5).await;
        assert_eq!(desk.surge().level().0, Level::Storm, "whatever is seen");

        let released = release_surge(&desk, &lead, "It was calm.").await.unwrap();
        assert_eq!((released.level, released.hold), (Level::Normal, None));
        assert_eq!(desk.surge().notice(Language::English), None);
        assert_eq!(levels(&released), [("held".into(), Level::Storm), ("released".into(), Level::Normal)]);
        let [surge] = released.surges.as_slice() else { panic!("{:?}", released.surges) };
        assert_eq!((surge.peak, surge.ended_at), (Level::Storm, Some(desk.now())));
        assert_eq!(released.changes[1].reason, "The fork is at noon.");
        // Nothing to let go of is nothing to write.
        assert_eq!(release_surge(&desk, &lead, "again").await.unwrap().changes.len(), 2);

        let soon = desk.now().plus(Duration::from_mins(3));
        hold_surge(&desk, &lead, Level::Busy, soon, "Lunch.").await.unwrap();
        minutes(&desk, 4).await;
        let view = surge_view(&desk, &agent).await.unwrap();
        assert_eq!((view.level, view.hold), (Level::Normal, None));
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
        minutes(&desk, 3).await;
        let view = surge_view(&desk, &lead).await.unwrap();
        assert_eq!((view.level, view.measured.unwrap().load), (Level::Normal, None));
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
        desk.board().set_present(1, desk.now());
        minutes(&desk, 1).await;
        look(&desk, 1).await.unwrap();
        assert_eq!(surge_view(&desk, &lead).await.unwrap().level, Level::Normal, "a minute is looked at once");
        desk.pass(1);
        look(&desk, 2).await.unwrap();
        assert_eq!(surge_view(&desk, &lead).await.unwrap().level, Level::Normal, "another process has not the lease");
        look(&desk, 1).await.unwrap();
        let view = surge_view(&desk, &lead).await.unwrap();
        assert_eq!((view.level, view.measured.unwrap().waiting), (Level::Storm, 8), "{view:?}");
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

    async fn at_each_level_customers_read_what_was_chosen_and_risk_is_untouched(store) {
        let desk = TestDesk::new(&store);
        let (lead, agent) = (desk.agent("lin", Role::Lead).await, desk.agent("mei", Role::Agent).await);
        let team = add_team(&desk, "Everybody".into()).await.unwrap();
        let until = desk.now().plus(Duration::from_hours(5));
        let mut chosen = plan();
        chosen.storm.team = Some(SurgeTeam { team_id: team, types: vec!["pending".into()] });
        choose_surge_plan(&desk, &lead, 0, chosen).await.unwrap();
        let usual = desk.ask(&visitor(1), "c1", "转账没到账").await;
        assert_eq!(usual.next.code, "queue");
        hold_surge(&desk, &lead, Level::Surge, until, "x").await.unwrap();
        let told = desk.ask(&visitor(2), "c2", "转账没到账").await;
        assert_eq!(told.next.code, "surge");
        assert!(told.next.text.ends_with("目前大多数用户的问题可以这样解决：节点升级中，转账会在 2 小时内到账。"), "{}", told.next.text);
        assert!(desk.surge().notice(Language::Chinese).unwrap().contains("远多于平时"));
        assert_eq!(desk.surge().help(Language::Chinese), None);

        hold_surge(&desk, &lead, Level::Storm, until, "x").await.unwrap();
        assert!(desk.surge().help(Language::English).is_some() && desk.surge().pauses_reports());
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
        assert!(verify(&desk).await.unwrap().is_sound());
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
        hold_surge(&desk, &lead, Level::Storm, desk.now().plus(Duration::from_hours(1)), "x").await.unwrap();
        while work(&desk).await.unwrap() > 0 {}
        let asked_again = async || own_feedback(&desk, &who, asked.number).await.unwrap().asked_again;
        assert!(!asked_again().await);
        release_surge(&desk, &lead, "over").await.unwrap();
        desk.pass(31);
        while work(&desk).await.unwrap() > 0 {}
        assert!(asked_again().await, "nobody is forgotten");
    }

    async fn people_are_called_out_when_it_rises_and_not_when_it_falls(store) {
        let desk = TestDesk::new(&store);
        let (lead, mei) = (desk.agent("lin", Role::Lead).await, desk.agent("mei", Role::Agent).await);
        let mut chosen = plan();
        chosen.busy.call_out = vec![mei.id];
        chosen.storm.call_out = vec![lead.id, mei.id];
        choose_surge_plan(&desk, &lead, 0, chosen).await.unwrap();
        let calls = || desk.store().read(|rd: &mut Rd| {
            Ok::<_, Error>(rd.query("SELECT payload FROM job WHERE kind = 'surge_mail' ORDER BY id", standfast_store::params![], |row| row.get::<String>(0))?)
        });
        let until = desk.now().plus(Duration::from_hours(1));
        for (level, count) in [(Level::Storm, 1), (Level::Busy, 1), (Level::Surge, 2)] {
            hold_surge(&desk, &lead, level, until, "x").await.unwrap();
            assert_eq!(calls().await.unwrap().len(), count, "{level:?}");
        }
        let payloads = calls().await.unwrap();
        let first: CallOut = serde_json::from_str(&payloads[0]).unwrap();
        let later: CallOut = serde_json::from_str(&payloads[1]).unwrap();
        assert_eq!((first.level, first.agents.len()), (Level::Storm, 2));
        assert_eq!((later.surge, later.agents), (first.surge, vec![mei.id]), "the same surge: nobody gets a second mail");
        assert!(desk.store().read(|rd| job::is_listed(rd, SURGE_MAIL)).await.unwrap());
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
        let asks = SurgeActions { banner: text("请把助记词发给我们核实", ""), ..SurgeActions::default() };
        let wrong = SurgePlan { busy: asks, ..plan() };
        assert!(matches!(choose_surge_plan(&desk, &lead, 0, wrong).await, Err(Error::AsksForSecret)));
        let shown = preview_surge(&desk, &lead, plan(), Level::Storm).await.unwrap();
        assert_eq!(shown.notice, text("咨询很多。", "So many."));
        assert!(shown.help.is_some() && shown.receipt.en.contains("within 8 hours"), "{shown:?}");
        let busy = preview_surge(&desk, &lead, plan(), Level::Busy).await.unwrap();
        assert_eq!((busy.notice, busy.help), (None, None));
        assert_eq!(surge_view(&desk, &lead).await.unwrap().version, 0, "looking changes nothing");
    }
}
