use std::collections::BTreeSet;

use standfast_domain::roster::{Rule, Step, SwapState, TimeOffState};
use standfast_domain::{Language, Role};
use standfast_store::store_test;

use super::*;
use crate::testing::TestDesk;

/// 2026-11-23 is a Monday; it is Saturday the 21st at noon.
fn time(text: &str) -> Time {
    Time::parse(&format!("2026-11-{text}:00Z")).unwrap()
}

fn wish(agent: Option<&AgentCaller>, from: &str, until: &str) -> ShiftWish {
    ShiftWish {
        agent: agent.map(|agent| agent.id),
        starts_at: time(from),
        ends_at: time(until),
        need: Need::default(),
    }
}

fn contract() -> Contract {
    Contract {
        zone: "UTC".to_owned(),
        least_week: 20 * 60,
        most_week: 40 * 60,
        most_stretch: 10 * 60,
        least_rest: 11 * 60,
        most_days: 5,
        available: Vec::new(),
    }
}

fn agreed() -> PersonWish {
    PersonWish { profile: Profile::default(), contract: Some(contract()) }
}

struct Team {
    lead: AgentCaller,
    ann: AgentCaller,
    bo: AgentCaller,
}

async fn team(desk: &TestDesk) -> Team {
    let team = Team {
        lead: desk.agent("lead", Role::Lead).await,
        ann: desk.agent("ann", Role::Agent).await,
        bo: desk.agent("bo", Role::Agent).await,
    };
    for agent in [&team.ann, &team.bo] {
        change_person(desk, &team.lead, agent.id, 0, agreed()).await.unwrap();
    }
    team
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> (&'static str, &'static str) {
    match result {
        Err(Error::Invalid { field, reason }) => (field, reason),
        other => panic!("{other:?}"),
    }
}

fn rules<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<Rule> {
    match result {
        Err(Error::AgainstRules(broken)) => broken.iter().map(|one| one.rule).collect(),
        other => panic!("{other:?}"),
    }
}

fn week() -> (Time, Time) {
    (time("23T00:00"), time("30T00:00"))
}

async fn seen(desk: &TestDesk, caller: &AgentCaller) -> RosterView {
    roster(desk, caller, week().0, week().1).await.unwrap()
}

/// Adds a shift and publishes the week.
async fn published(desk: &TestDesk, team: &Team, wish: ShiftWish) -> ShiftView {
    let added = add_shifts(desk, &team.lead, vec![wish]).await.unwrap().remove(0);
    publish_shifts(desk, &team.lead, week(), None).await.unwrap();
    ShiftView { published: true, version: 2, ..added }
}

store_test! {
    async fn people_are_entered_by_version_and_contracts_are_told_to_few(store) {
        let desk = TestDesk::new(&store);
        let team = team(&desk).await;
        let analyst = desk.agent("analyst", Role::Analyst).await;
        let people = list_people(&desk, &team.ann).await.unwrap();
        let told: Vec<_> = people.iter().map(|one| (one.name.as_str(), one.version, one.contract.is_some())).collect();
        assert_eq!(told, [("ann", 1, true), ("bo", 1, false), ("lead", 0, false)], "an analyst does not answer");
        assert!(list_people(&desk, &team.lead).await.unwrap()[1].contract.is_some());
        assert!(matches!(change_person(&desk, &team.ann, team.ann.id, 1, agreed()).await, Err(Error::Forbidden)));
        let late = change_person(&desk, &team.lead, team.ann.id, 0, agreed()).await;
        assert!(matches!(late, Err(Error::OutdatedVersion { version: 1 })));
        assert_eq!(refused(change_person(&desk, &team.lead, analyst.id, 0, agreed()).await), ("agent_id", "unknown"));
        let nowhere = PersonWish { contract: Some(Contract { zone: "Mars".to_owned(), ..contract() }), ..agreed() };
        assert_eq!(refused(change_person(&desk, &team.lead, team.ann.id, 1, nowhere).await), ("zone", "unknown"));
        let three = Profile { at_once: 3, skills: vec!["swap".to_owned(), "pending".to_owned()], ..Profile::default() };
        let changed = change_person(&desk, &team.lead, team.ann.id, 1, PersonWish { profile: three, contract: None }).await.unwrap();
        assert_eq!((changed.version, changed.contract, changed.profile.skills), (2, None, vec!["pending".to_owned(), "swap".to_owned()]));
        // The board goes by it: at once here, by a reading elsewhere.
        let other = TestDesk::node(&store, 1);
        load_capacity(&other).await.unwrap();
        for desk in [&desk, &other] {
            assert_eq!((desk.shared.capacity.of(team.ann.id), desk.shared.capacity.of(team.lead.id)), (3, 1));
        }
    }

    async fn drafts_break_rules_and_are_seen_by_those_who_plan(store) {
        let desk = TestDesk::new(&store);
        let team = team(&desk).await;
        let wishes = vec![wish(Some(&team.ann), "23T14:00", "23T22:00"), wish(Some(&team.ann), "24T06:00", "24T14:00"), wish(None, "24T08:00", "24T16:00")];
        add_shifts(&desk, &team.lead, wishes).await.unwrap();
        let view = seen(&desk, &team.lead).await;
        assert_eq!((view.shifts.len(), view.shifts.iter().any(|shift| shift.published)), (3, false));
        let broken: Vec<_> = view.violations.iter().map(|one| (one.rule, one.found, one.limit)).collect();
        assert_eq!(broken, [(Rule::Rest, Some(480), Some(660))]);
        assert_eq!(seen(&desk, &team.ann).await.shifts, []);
        assert!(matches!(add_shifts(&desk, &team.ann, vec![]).await, Err(Error::Forbidden)));
        assert!(matches!(publish_shifts(&desk, &team.ann, week(), None).await, Err(Error::Forbidden)));
        // Outdated, over, crooked, nobody.
        let late = view.shifts[0].clone();
        let moved = change_shift(&desk, &team.lead, late.id, 1, wish(Some(&team.ann), "23T08:00", "23T16:00"), None).await.unwrap();
        assert_eq!(moved.version, 2);
        assert!(matches!(change_shift(&desk, &team.lead, late.id, 1, wish(None, "23T08:00", "23T16:00"), None).await, Err(Error::OutdatedVersion { version: 2 })));
        assert!(matches!(remove_shift(&desk, &team.lead, late.id, 1, None).await, Err(Error::OutdatedVersion { version: 2 })));
        assert_eq!(refused(add_shifts(&desk, &team.lead, vec![wish(None, "20T08:00", "20T16:00")]).await), ("ends_at", "out_of_range"));
        assert_eq!(refused(add_shifts(&desk, &team.lead, vec![wish(None, "23T08:05", "23T16:00")]).await), ("starts_at", "malformed"));
        let nobody = AgentCaller { id: AgentId(7), ..team.ann.clone() };
        assert_eq!(refused(add_shifts(&desk, &team.lead, vec![wish(Some(&nobody), "23T08:00", "23T16:00")]).await), ("agent_id", "unknown"));
        // A plan takes the place of the drafts of its week.
        let plan = vec![wish(Some(&team.bo), "25T08:00", "25T16:00")];
        assert_eq!(refused(replace_drafts(&desk, &team.lead, (week().0, time("25T00:00")), plan.clone()).await), ("starts_at", "out_of_range"));
        replace_drafts(&desk, &team.lead, week(), plan).await.unwrap();
        assert_eq!(seen(&desk, &team.lead).await.shifts.len(), 1);
    }

    async fn publishing_keeps_to_the_rules_or_gives_a_reason(store) {
        let desk = TestDesk::new(&store);
        let team = team(&desk).await;
        let wishes = vec![wish(Some(&team.ann), "23T14:00", "23T22:00"), wish(Some(&team.ann), "24T06:00", "24T14:00")];
        add_shifts(&desk, &team.lead, wishes).await.unwrap();
        assert_eq!(rules(publish_shifts(&desk, &team.lead, week(), None).await), [Rule::Rest]);
        assert_eq!(seen(&desk, &team.ann).await.shifts, [], "all or none");
        let done = publish_shifts(&desk, &team.lead, week(), Some("Fork at night; she agreed")).await.unwrap();
        assert_eq!((done.count, done.violations.len()), (2, 1));
        assert_eq!(seen(&desk, &team.ann).await.shifts.len(), 2);
        let kept = desk.store().read(|rd| shift::list_exceptions(rd, 9)).await.unwrap();
        assert_eq!((kept.len(), kept[0].1, kept[0].2.as_str()), (1, team.lead.id, "Fork at night; she agreed"));
        // What was broken for a reason does not stand in the way of what comes later.
        add_shifts(&desk, &team.lead, vec![wish(Some(&team.ann), "26T08:00", "26T16:00")]).await.unwrap();
        assert_eq!(publish_shifts(&desk, &team.lead, week(), None).await.unwrap().count, 1);
        // Nobody is in two places, whatever the reason.
        add_shifts(&desk, &team.lead, vec![wish(Some(&team.ann), "26T12:00", "26T18:00")]).await.unwrap();
        let twice = publish_shifts(&desk, &team.lead, week(), Some("Because")).await;
        assert!(rules(twice).contains(&Rule::Overlap));
        assert_eq!(publish_shifts(&desk, &team.lead, (time("23T00:00"), time("24T00:00")), None).await.unwrap().count, 0);
    }

    async fn what_was_published_changes_at_once_and_within_the_rules(store) {
        let desk = TestDesk::new(&store);
        let team = team(&desk).await;
        published(&desk, &team, wish(Some(&team.ann), "23T08:00", "23T16:00")).await;
        let second = published(&desk, &team, wish(Some(&team.bo), "23T16:00", "24T00:00")).await;
        let to_ann = wish(Some(&team.ann), "23T16:00", "24T00:00");
        let rule = rules(change_shift(&desk, &team.lead, second.id, 2, to_ann.clone(), None).await);
        assert_eq!(rule, [Rule::Stretch]);
        let changed = change_shift(&desk, &team.lead, second.id, 2, to_ann, Some("Bo is ill")).await.unwrap();
        assert_eq!((changed.agent_id, changed.version, changed.published), (Some(team.ann.id), 3, true));
        remove_shift(&desk, &team.lead, second.id, 3, None).await.unwrap();
        assert_eq!(seen(&desk, &team.bo).await.shifts.len(), 1);
        assert!(matches!(remove_shift(&desk, &team.lead, second.id, 4, None).await, Err(Error::NotFound)));
        // What is over was as it was.
        let first = seen(&desk, &team.lead).await.shifts.remove(0);
        desk.clock.set(time("23T16:00"));
        assert_eq!(refused(remove_shift(&desk, &team.lead, first.id, 2, None).await), ("ends_at", "out_of_range"));
    }

    async fn two_decisions_at_once_do_not_put_anybody_in_two_places(store) {
        let (desk, other) = (TestDesk::new(&store), TestDesk::node(&store, 1));
        let team = team(&desk).await;
        let one = published(&desk, &team, wish(None, "23T08:00", "23T16:00")).await;
        let two = published(&desk, &team, wish(None, "23T12:00", "23T18:00")).await;
        let give = |desk: &TestDesk, shift: ShiftView| {
            let (desk, lead) = (desk.desk.clone(), team.lead.clone());
            let wish = ShiftWish { agent: Some(team.ann.id), starts_at: shift.starts_at, ends_at: shift.ends_at, need: Need::default() };
            tokio::spawn(async move { change_shift(&desk, &lead, shift.id, 2, wish, None).await })
        };
        let both = [give(&desk, one), give(&other, two)];
        let mut won = 0;
        for task in both {
            match task.await.unwrap() {
                Ok(_) => won += 1,
                other => assert!(rules(other).contains(&Rule::Overlap)),
            }
        }
        assert_eq!(won, 1);
        let hers = seen(&desk, &team.ann).await.shifts.iter().filter(|shift| shift.agent_id == Some(team.ann.id)).count();
        assert_eq!(hers, 1);
    }

    async fn time_off_is_asked_for_and_decided(store) {
        let desk = TestDesk::new(&store);
        let team = team(&desk).await;
        let shift = published(&desk, &team, wish(Some(&team.ann), "24T08:00", "24T16:00")).await;
        let ask = |agent: Option<&AgentCaller>, from: &str, until: &str| TimeOffWish {
            agent: agent.map(|agent| agent.id), starts_at: time(from), ends_at: time(until), note: "Moving house".to_owned(), reason: None,
        };
        let step = |step, version| TimeOffStep { step, version, release: false, reason: None };
        let asked = ask_time_off(&desk, &team.ann, ask(None, "24T00:00", "25T00:00")).await.unwrap();
        assert_eq!((asked.state, asked.shifts.as_slice()), (TimeOffState::Asked, &[shift.id][..]));
        assert_eq!(refused(ask_time_off(&desk, &team.ann, ask(None, "24T12:00", "26T00:00")).await), ("starts_at", "overlap"));
        assert!(matches!(ask_time_off(&desk, &team.ann, ask(Some(&team.bo), "24T00:00", "25T00:00")).await, Err(Error::Forbidden)));
        assert_eq!(list_time_off(&desk, &team.bo).await.unwrap(), [], "nobody else's affair");
        assert_eq!(list_time_off(&desk, &team.lead).await.unwrap(), std::slice::from_ref(&asked));
        assert!(matches!(step_time_off(&desk, &team.bo, asked.id, step(Step::Withdraw, 1)).await, Err(Error::NotFound)));
        assert!(matches!(step_time_off(&desk, &team.ann, asked.id, step(Step::Approve, 1)).await, Err(Error::Forbidden)));
        // A shift lies in it: it becomes open, or there is a reason.
        assert_eq!(rules(step_time_off(&desk, &team.lead, asked.id, step(Step::Approve, 1)).await), [Rule::TimeOff]);
        let approved = step_time_off(&desk, &team.lead, asked.id, TimeOffStep { release: true, ..step(Step::Approve, 1) }).await.unwrap();
        assert_eq!((approved.state, approved.version, approved.shifts.len()), (TimeOffState::Approved, 2, 0));
        let view = seen(&desk, &team.lead).await;
        assert_eq!((view.shifts[0].agent_id, view.time_off.len()), (None, 1));
        assert_eq!(seen(&desk, &team.bo).await.time_off, []);
        assert_eq!(seen(&desk, &team.ann).await.time_off.len(), 1);
        // From then on the rules know of it.
        let again = change_shift(&desk, &team.lead, shift.id, 3, wish(Some(&team.ann), "24T08:00", "24T16:00"), None).await;
        assert_eq!(rules(again), [Rule::TimeOff]);
        let withdrawn = step_time_off(&desk, &team.ann, asked.id, step(Step::Withdraw, 2)).await.unwrap();
        assert_eq!(withdrawn.state, TimeOffState::Withdrawn);
        assert_eq!(refused(step_time_off(&desk, &team.ann, asked.id, step(Step::Withdraw, 3)).await), ("step", "out_of_range"));
        // Over before anybody decided: it cannot come true any more, waits for nobody, and can be ended.
        let late = ask_time_off(&desk, &team.bo, ask(None, "22T00:00", "23T00:00")).await.unwrap();
        let other = ask_time_off(&desk, &team.lead, ask(None, "22T00:00", "23T00:00")).await.unwrap();
        let taken = ask_time_off(&desk, &team.lead, ask(Some(&team.ann), "22T00:00", "23T00:00")).await.unwrap();
        desk.clock.set(time("23T08:00"));
        assert_eq!(list_time_off(&desk, &team.lead).await.unwrap(), std::slice::from_ref(&other));
        assert_eq!(refused(step_time_off(&desk, &team.lead, late.id, step(Step::Approve, 1)).await), ("step", "out_of_range"));
        assert_eq!(step_time_off(&desk, &team.bo, late.id, step(Step::Withdraw, 1)).await.unwrap().state, TimeOffState::Withdrawn);
        assert_eq!(step_time_off(&desk, &team.lead, other.id, step(Step::Decline, 1)).await.unwrap().state, TimeOffState::Declined);
        assert_eq!(refused(step_time_off(&desk, &team.ann, taken.id, step(Step::Withdraw, 1)).await), ("step", "out_of_range"), "what was taken was taken");
        // Whoever plans enters it for somebody else, and it is agreed with that; where shifts lie in it there is a reason.
        let his = published(&desk, &team, wish(Some(&team.bo), "27T08:00", "27T16:00")).await;
        let ill = ask(Some(&team.bo), "27T00:00", "28T00:00");
        assert_eq!(rules(ask_time_off(&desk, &team.lead, ill.clone()).await), [Rule::TimeOff]);
        let ill = TimeOffWish { reason: Some("He is ill".to_owned()), ..ill };
        assert_eq!(ask_time_off(&desk, &team.lead, ill).await.unwrap().shifts, [his.id]);
        let entered = ask_time_off(&desk, &team.lead, ask(Some(&team.bo), "24T00:00", "25T00:00")).await.unwrap();
        assert_eq!((entered.agent_id, entered.state), (team.bo.id, TimeOffState::Approved));
    }

    async fn shifts_change_hands_when_all_agree_and_rules_allow(store) {
        let desk = TestDesk::new(&store);
        let team = team(&desk).await;
        let hers = published(&desk, &team, wish(Some(&team.ann), "24T08:00", "24T16:00")).await;
        let his = published(&desk, &team, wish(Some(&team.bo), "26T08:00", "26T16:00")).await;
        let swap = |to: Option<&AgentCaller>, in_return: Option<&ShiftView>| SwapWish {
            shift: (hers.id, 2), to: to.map(|to| to.id), in_return: in_return.map(|shift| (shift.id, shift.version)),
        };
        let step = |step, version| SwapStep { step, version, reason: None };
        assert!(matches!(ask_swap(&desk, &team.bo, swap(Some(&team.lead), None)).await, Err(Error::Forbidden)));
        assert_eq!(refused(ask_swap(&desk, &team.ann, swap(Some(&team.ann), None)).await), ("to_agent_id", "own"));
        assert_eq!(refused(ask_swap(&desk, &team.ann, swap(None, Some(&his))).await), ("return_shift_id", "unknown"));
        let asked = ask_swap(&desk, &team.ann, swap(Some(&team.bo), Some(&his))).await.unwrap();
        assert_eq!((asked.state, asked.in_return.as_ref().map(|shift| shift.id)), (SwapState::Asked, Some(his.id)));
        assert_eq!(refused(ask_swap(&desk, &team.ann, swap(None, None)).await), ("shift_id", "asked"));
        let other = desk.agent("cy", Role::Agent).await;
        assert_eq!(list_swaps(&desk, &other).await.unwrap(), []);
        assert!(matches!(step_swap(&desk, &other, asked.id, step(Step::Accept, 1)).await, Err(Error::NotFound)));
        assert!(matches!(step_swap(&desk, &team.ann, asked.id, step(Step::Accept, 1)).await, Err(Error::Forbidden)));
        assert_eq!(refused(step_swap(&desk, &team.lead, asked.id, step(Step::Approve, 1)).await), ("step", "out_of_range"));
        let accepted = step_swap(&desk, &team.bo, asked.id, step(Step::Accept, 1)).await.unwrap();
        assert_eq!(accepted.state, SwapState::Accepted);
        let late = step_swap(&desk, &team.lead, asked.id, step(Step::Decline, 1)).await;
        assert!(matches!(late, Err(Error::OutdatedVersion { version: 2 })));
        let done = step_swap(&desk, &team.lead, asked.id, step(Step::Approve, 2)).await.unwrap();
        assert_eq!((done.state, done.shift.agent_id, done.in_return.unwrap().agent_id), (SwapState::Approved, Some(team.bo.id), Some(team.ann.id)));
        // Whoever cannot is not asked in vain, and is told nothing of the other's contract.
        let late = published(&desk, &team, wish(Some(&team.ann), "24T18:00", "24T22:00")).await;
        let give = SwapWish { shift: (late.id, 2), to: Some(team.bo.id), in_return: None };
        assert_eq!(refused(ask_swap(&desk, &team.ann, give).await), ("to_agent_id", "against_rules"));
        // Offered to all: bo is told which of his rules stands in the way, cy takes it.
        let offered = ask_swap(&desk, &team.ann, SwapWish { shift: (late.id, 2), to: None, in_return: None }).await.unwrap();
        assert_eq!(rules(step_swap(&desk, &team.bo, offered.id, step(Step::Accept, 1)).await), [Rule::Rest]);
        assert_eq!(list_swaps(&desk, &other).await.unwrap().len(), 1);
        step_swap(&desk, &other, offered.id, step(Step::Accept, 1)).await.unwrap();
        // The shift is changed meanwhile: nobody has agreed to that.
        change_shift(&desk, &team.lead, late.id, 2, wish(Some(&team.ann), "24T17:00", "24T22:00"), None).await.unwrap();
        let lapsed = step_swap(&desk, &team.lead, offered.id, step(Step::Approve, 2)).await.unwrap();
        assert_eq!((lapsed.state, lapsed.shift.agent_id), (SwapState::Lapsed, Some(team.ann.id)));
    }

    async fn what_somebody_loses_is_held_against_the_rules_as_well(store) {
        let desk = TestDesk::new(&store);
        let team = team(&desk).await;
        // With the middle one they are one stretch; without it there is a rest of three hours.
        published(&desk, &team, wish(Some(&team.ann), "24T08:00", "24T11:00")).await;
        let middle = published(&desk, &team, wish(Some(&team.ann), "24T11:00", "24T14:00")).await;
        published(&desk, &team, wish(Some(&team.ann), "24T14:00", "24T17:00")).await;
        assert_eq!(rules(remove_shift(&desk, &team.lead, middle.id, 2, None).await), [Rule::Rest]);
        for agent in [None, Some(&team.bo)] {
            let given = change_shift(&desk, &team.lead, middle.id, 2, wish(agent, "24T11:00", "24T14:00"), None).await;
            assert_eq!(rules(given), [Rule::Rest]);
        }
        let moved = change_shift(&desk, &team.lead, middle.id, 2, wish(Some(&team.ann), "27T11:00", "27T14:00"), None).await;
        assert_eq!(rules(moved), [Rule::Rest]);
        let offer = SwapWish { shift: (middle.id, 2), to: Some(team.bo.id), in_return: None };
        assert_eq!(rules(ask_swap(&desk, &team.ann, offer).await), [Rule::Rest]);
        let ask = TimeOffWish { agent: None, starts_at: time("24T11:00"), ends_at: time("24T14:00"), note: String::new(), reason: None };
        let asked = ask_time_off(&desk, &team.ann, ask).await.unwrap();
        let step = TimeOffStep { step: Step::Approve, version: 1, release: true, reason: None };
        assert_eq!(rules(step_time_off(&desk, &team.lead, asked.id, step).await), [Rule::Rest]);
        // With a reason it goes, and is kept.
        remove_shift(&desk, &team.lead, middle.id, 2, Some("Lunch was agreed")).await.unwrap();
        let kept = desk.store().read(|rd| shift::list_exceptions(rd, 9)).await.unwrap();
        assert_eq!((kept.len(), kept[0].2.as_str()), (1, "Lunch was agreed"));
    }

    async fn wishes_that_lapsed_stand_in_nobodys_way(store) {
        let desk = TestDesk::new(&store);
        let team = team(&desk).await;
        let begun = published(&desk, &team, wish(Some(&team.ann), "23T08:00", "23T16:00")).await;
        let changed = published(&desk, &team, wish(Some(&team.ann), "25T08:00", "25T16:00")).await;
        let ahead = published(&desk, &team, wish(Some(&team.ann), "26T08:00", "26T16:00")).await;
        let offer = |shift: &ShiftView| SwapWish { shift: (shift.id, 2), to: None, in_return: None };
        let mut ids = Vec::new();
        for shift in [&begun, &changed, &ahead] {
            ids.push(ask_swap(&desk, &team.ann, offer(shift)).await.unwrap().id);
        }
        change_shift(&desk, &team.lead, changed.id, 2, wish(Some(&team.ann), "25T09:00", "25T16:00"), None).await.unwrap();
        desk.clock.set(time("23T09:00"));
        // However many have lapsed, what can be decided is found.
        let now = desk.now();
        let open = desk.store().read(move |rd| standfast_store::swap::list_open(rd, now, 1)).await.unwrap();
        assert_eq!(open.iter().map(|row| row.id).collect::<Vec<_>>(), ids[2..]);
        let told = |views: Vec<SwapView>| views.into_iter().map(|view| (view.id, view.state)).collect::<Vec<_>>();
        for caller in [&team.lead, &team.bo] {
            assert_eq!(told(list_swaps(&desk, caller).await.unwrap()), [(ids[2], SwapState::Asked)]);
        }
        let hers = told(list_swaps(&desk, &team.ann).await.unwrap());
        assert_eq!(hers, [(ids[2], SwapState::Asked), (ids[1], SwapState::Lapsed), (ids[0], SwapState::Lapsed)]);
        // Of what lapsed, she can ask anew.
        ask_swap(&desk, &team.ann, SwapWish { shift: (changed.id, 3), to: None, in_return: None }).await.unwrap();
    }

    async fn whoever_answers_no_more_has_no_shifts_to_come(store) {
        let desk = TestDesk::new(&store);
        let team = team(&desk).await;
        let past = published(&desk, &team, wish(Some(&team.bo), "23T00:00", "23T04:00")).await;
        let going = published(&desk, &team, wish(Some(&team.bo), "23T16:00", "23T22:00")).await;
        published(&desk, &team, wish(Some(&team.bo), "25T08:00", "25T16:00")).await;
        published(&desk, &team, wish(Some(&team.ann), "25T08:00", "25T16:00")).await;
        add_shifts(&desk, &team.lead, vec![wish(Some(&team.bo), "26T08:00", "26T16:00")]).await.unwrap();
        desk.clock.set(time("23T18:00"));
        let admin = desk.agent("admin", Role::Admin).await;
        let gone = crate::AgentChange { disabled: Some(true), ..crate::AgentChange::default() };
        crate::change_agent(&desk, Some(&admin), team.bo.id, gone).await.unwrap();
        let has = |view: &RosterView| view.shifts.iter().map(|shift| shift.agent_id).collect::<Vec<_>>();
        let view = seen(&desk, &team.lead).await;
        assert_eq!(has(&view), [Some(team.bo.id), None, None, Some(team.ann.id), None], "{view:?}");
        assert_eq!(view.shifts[0].id, past.id, "what is over stays as it was");
        // Where nobody is now, somebody is looked for; and the draft can be published.
        let today = roster_now(&desk, &team.lead, BTreeSet::new()).await.unwrap();
        assert_eq!(today.open.iter().map(|shift| shift.id).collect::<Vec<_>>(), [going.id]);
        assert_eq!(desk.store().read(move |rd| shift::count_at(rd, time("25T09:00"))).await.unwrap(), Some(1));
        assert_eq!(publish_shifts(&desk, &team.lead, week(), None).await.unwrap().count, 1);
        let again = add_shifts(&desk, &team.lead, vec![wish(Some(&team.bo), "27T08:00", "27T16:00")]).await;
        assert_eq!(refused(again), ("agent_id", "unknown"));
        assert_eq!(refused(add_shifts(&desk, &team.lead, vec![ShiftWish { agent: Some(AgentId(77)), ..wish(None, "27T08:00", "27T16:00") }]).await), ("agent_id", "unknown"));
        // An analyst answers nobody either.
        let analyst = crate::AgentChange { role: Some(Role::Analyst), ..crate::AgentChange::default() };
        crate::change_agent(&desk, Some(&admin), team.ann.id, analyst).await.unwrap();
        assert_eq!(has(&seen(&desk, &team.lead).await)[2..], [None; 3]);
    }

    async fn open_shifts_are_taken_when_a_lead_agrees(store) {
        let desk = TestDesk::new(&store);
        let team = team(&desk).await;
        let open = published(&desk, &team, wish(None, "24T08:00", "24T16:00")).await;
        let take = SwapWish { shift: (open.id, 2), to: None, in_return: None };
        let ann = ask_swap(&desk, &team.ann, take.clone()).await.unwrap();
        assert_eq!((ann.state, ann.to_agent_id), (SwapState::Accepted, Some(team.ann.id)));
        let bo = ask_swap(&desk, &team.bo, take).await.unwrap();
        let step = |step| SwapStep { step, version: 1, reason: None };
        assert!(matches!(step_swap(&desk, &team.ann, ann.id, step(Step::Approve)).await, Err(Error::Forbidden)));
        let done = step_swap(&desk, &team.lead, bo.id, step(Step::Approve)).await.unwrap();
        assert_eq!(done.shift.agent_id, Some(team.bo.id));
        assert_eq!(step_swap(&desk, &team.lead, ann.id, step(Step::Approve)).await.unwrap().state, SwapState::Lapsed);
    }

    async fn calendars_have_secret_addresses(store) {
        let desk = TestDesk::new(&store);
        let team = team(&desk).await;
        let shift = published(&desk, &team, wish(Some(&team.ann), "24T08:00", "24T16:00")).await;
        let english = ShiftWish { need: Need { language: Some(Language::English), skill: Some("withdrawal".to_owned()) }, ..wish(Some(&team.ann), "26T08:00", "26T16:00") };
        let second = published(&desk, &team, english).await;
        add_shifts(&desk, &team.lead, vec![wish(Some(&team.ann), "27T08:00", "27T16:00")]).await.unwrap();
        let token = |address: &CalendarAddress| address.url.strip_prefix("http://desk.test/api/v1/roster/calendar/").unwrap().strip_suffix(".ics").unwrap().to_owned();
        let address = calendar_address(&desk, &team.ann).await.unwrap();
        let text = shift_calendar(&desk, &token(&address)).await.unwrap();
        let calendar: icalendar::Calendar = text.parse().unwrap();
        assert_eq!((calendar.events().count(), text.matches("STATUS:CONFIRMED").count()), (2, 2), "no drafts: {text}");
        let uid = format!("UID:shift-{}@desk.test\r\n", shift.id);
        for line in [uid.as_str(), "DTSTART:20261124T080000Z\r\n", "DTEND:20261124T160000Z\r\n", "SEQUENCE:1\r\n", "SUMMARY:Harbor Wallet: on duty\r\n", "VERSION:2.0\r\n", "DTSTAMP:20261121T120000Z\r\n"] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(text.contains("DESCRIPTION:English · Deposit to an exchange did not arrive\r\n"), "{text}");
        remove_shift(&desk, &team.lead, second.id, 2, None).await.unwrap();
        let text = shift_calendar(&desk, &token(&address)).await.unwrap();
        assert!(text.contains("STATUS:CANCELLED") && text.contains("SEQUENCE:2\r\n"), "{text}");
        // Another one voids it, and nobody makes one up.
        let renewed = renew_calendar(&desk, &team.ann).await.unwrap();
        assert_eq!(renewed, calendar_address(&desk, &team.ann).await.unwrap());
        shift_calendar(&desk, &token(&renewed)).await.unwrap();
        for wrong in [token(&address), String::new(), "AAAA".to_owned(), "A".repeat(32)] {
            assert!(matches!(shift_calendar(&desk, &wrong).await, Err(Error::NotFound)), "{wrong}");
        }
    }

    async fn the_day_shows_who_is_missing_and_what_could_be_done(store) {
        let desk = TestDesk::new(&store);
        let team = team(&desk).await;
        change_person(&desk, &team.lead, team.lead.id, 0, agreed()).await.unwrap();
        desk.agent("cy", Role::Agent).await;
        let early = published(&desk, &team, wish(Some(&team.ann), "23T08:00", "23T16:00")).await;
        published(&desk, &team, wish(Some(&team.bo), "23T10:00", "23T14:00")).await;
        desk.clock.set(time("23T08:04"));
        let now = roster_now(&desk, &team.lead, BTreeSet::new()).await.unwrap();
        let there = |view: &NowView| view.people.iter().map(|one| (one.agent_id, format!("{:?}", one.attendance))).collect::<Vec<_>>();
        assert_eq!(there(&now), [(team.ann.id, "Due".to_owned())]);
        assert_eq!((now.has_roster, now.next_change, now.advice.len()), (true, Some(time("23T10:00")), 0));
        desk.clock.set(time("23T08:20"));
        let now = roster_now(&desk, &team.lead, BTreeSet::from([team.lead.id])).await.unwrap();
        assert_eq!(there(&now), [(team.ann.id, "Missing".to_owned()), (team.lead.id, "Extra".to_owned())]);
        let advice: Vec<_> = now.advice.iter().map(|one| (one.agent_id, format!("{:?}", one.remedy), one.shift_id, one.starts_at)).collect();
        assert_eq!(advice, [(team.bo.id, "ComeEarlier".to_owned(), early.id, time("23T08:15")), (team.lead.id, "CallIn".to_owned(), early.id, time("23T08:15"))]);
        assert!(matches!(roster_now(&desk, &team.ann, BTreeSet::new()).await, Err(Error::Forbidden)));
    }
}
