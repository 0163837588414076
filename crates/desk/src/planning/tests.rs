use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use standfast_domain::planning::HourCost;
use standfast_domain::roster::{Contract, Need, Profile};
use standfast_domain::{DriverKind, FrozenClock, Ids, Role};
use standfast_insight::Insight;
use standfast_store::{Store, store_test};
use tokio::sync::watch as signal;

use super::*;
use crate::testing::{TestDesk, intake};
use crate::{
    DriverCommand, Intake, PersonWish, ShiftWish, add_driver, change_person, receive, replace_drafts,
};

/// From eight to eight, one every half hour; the clock of the test is at 2026-11-21T12:00Z, a Saturday.
const A_DAY: u64 = 24;
const WEEKS: u64 = 6;

struct Past {
    desk: TestDesk,
    insight: Insight,
    _stop: signal::Sender<bool>,
    lead: AgentCaller,
}

impl Past {
    async fn new(store: &Store, weeks: u64) -> Self {
        Self::of(store, weeks, &["swap"]).await
    }

    /// Of these types in turn.
    async fn of(store: &Store, weeks: u64, types: &[&str]) -> Self {
        let desk = TestDesk::new(store);
        let settings =
            standfast_insight::Settings { snapshot: None, every: Duration::MAX, threads: 1, at_once: 1 };
        let insight = Insight::new(store.clone(), desk.entropy().clone(), settings);
        let (stop, stopping) = signal::channel(false);
        let kept = insight.clone();
        tokio::spawn(async move { kept.keep(stopping).await });
        let lead = desk.agent("lead", Role::Lead).await;
        let midnight = Time(desk.now().0 - 12 * 60 * MINUTE);
        let mut count = 0;
        for day in (1..=weeks * 7).rev() {
            // A release, five weeks ago, three times as many.
            for turn in 0..if day == 35 { 3 * A_DAY } else { A_DAY } {
                let minute = 8 * 60 + (turn % A_DAY) * 30 + 5 + turn / A_DAY;
                let at = midnight.minus(Duration::from_hours(24 * day)).plus(Duration::from_mins(minute));
                ask_of(&desk, at, count, types[count % types.len()]).await;
                count += 1;
            }
        }
        let past = Self { desk, insight, _stop: stop, lead };
        past.settled(count).await;
        past
    }

    /// So many requests are among the facts.
    async fn settled(&self, count: usize) {
        let all = async {
            while !self.insight.facts().is_ok_and(|facts| facts.len() >= count) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), all).await.expect("facts");
    }

    fn facts(&self) -> Facts {
        self.insight.facts().unwrap()
    }

    async fn forecast(&self) -> ForecastView {
        forecast(&self.desk, &self.lead, &self.facts(), &ForecastWish::default()).await.unwrap()
    }

    async fn release(&self, at: Time) {
        let command = DriverCommand {
            kind: DriverKind::Release,
            title: "A version".to_owned(),
            note: String::new(),
            starts_at: at,
            ends_at: None,
            scope: std::collections::BTreeMap::new(),
        };
        add_driver(&self.desk, &self.lead, &format!("e{}", at.0), &command).await.unwrap();
    }
}

/// Everybody asks once: what somebody asks again may join what is open.
fn visitor_of(number: usize) -> crate::Customer {
    let mut secret = [7; 32];
    secret[..8].copy_from_slice(&number.to_be_bytes());
    crate::Customer::Visitor(
        crate::Visitor::new(&base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret)).unwrap(),
    )
}

async fn ask(desk: &TestDesk, at: Time, number: usize) {
    ask_of(desk, at, number, "swap").await;
}

async fn ask_of(desk: &TestDesk, at: Time, number: usize, kind: &str) -> standfast_domain::RequestId {
    let clock = FrozenClock::at(at);
    let node = desk.at(clock.clone(), Arc::new(Ids::new(clock, 31)));
    let mut command: Intake =
        intake(&format!("c{number}"), &format!("A question, number {number}, of its own"));
    command.kind = Some(kind.to_owned());
    receive(&node, &visitor_of(number), command).await.unwrap().receipt.request_id
}

fn monday() -> Day {
    Day::parse("2026-11-23").unwrap()
}

/// Hours of people.
fn seen_hours(people: &[u32]) -> f64 {
    f64::from(people.iter().sum::<u32>()) / 2.0
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> (&'static str, &'static str) {
    match result {
        Err(Error::Invalid { field, reason }) => (field, reason),
        other => panic!("{other:?}"),
    }
}

store_test! {
    async fn of_two_processes_that_save_at_once_one_is_told(store) {
        // SQLite belongs to one process.
        if store.directory().is_some() {
            return;
        }
        let second = store.reopen();
        let (desk, other) = (TestDesk::new(&store), TestDesk::node(&second, 1));
        let lead = desk.agent("lead", Role::Lead).await;
        for version in 0..20 {
            let save = |desk, share| change_planning(desk, &lead, version, Settings { share, ..Settings::default() });
            let both: [_; 2] = tokio::join!(save(&desk, 80), save(&other, 90)).into();
            let saved = both.iter().filter(|one| one.is_ok()).count();
            let told = both.iter().filter(|one| matches!(one, Err(Error::OutdatedVersion { .. }))).count();
            assert_eq!((saved, told), (1, 1), "{both:?}");
        }
        second.close().await;
    }

    async fn what_comes_is_forecast_and_special_days_are_known(store) {
        let past = Past::new(&store, WEEKS).await;
        past.release(past.desk.now().minus(Duration::from_hours(24 * 35))).await;
        past.release(past.desk.now().plus(Duration::from_hours(48))).await;
        let view = past.forecast().await;
        assert_eq!((view.weeks >= 5, view.needs, view.days.len()), (true, 4, 42));
        // Two weeks before, and today with what came until noon: nothing did.
        let today = &view.days[14];
        assert_eq!(today.day, Day::parse("2026-11-21").unwrap());
        assert_eq!(today.came.as_ref().map(Vec::len), Some(25));
        assert_eq!(view.days[13].came.as_ref().unwrap().iter().sum::<u32>(), 24);
        let total = |day: usize| view.days[day].total.unwrap()[0];
        assert!((total(15) - 24.0).abs() < 2.0, "{}", total(15));
        let night = view.days[15].expected[4].unwrap();
        assert!(night < 0.1 && (view.days[15].expected[20].unwrap() - 1.0).abs() < 0.2);
        // The day of a release has more, and says why.
        assert_eq!(view.days[16].special, [Special::Release]);
        assert!(total(16) > 40.0, "{}", total(16));
        let effect = view.effects.iter().find(|effect| effect.kind == Special::Release).unwrap();
        assert!(effect.days == 1 && effect.factor > 2.0 && effect.low < 3.0 && effect.high > 3.0, "{effect:?}");
        assert!(view.score.unwrap().wape < 0.2);
        // Nobody came all morning: of the rest of the day as much is expected as the past says of such mornings.
        let now = view.today.unwrap();
        assert_eq!((now.over, now.came), (24, 0.0));
        assert!(now.expected > 6.0 && now.rest <= now.rest_before);
        let none = ForecastWish { only: vec![(standfast_insight::Dimension::Type, vec!["app".to_owned()])] };
        let none = forecast(&past.desk, &past.lead, &past.facts(), &none).await.unwrap();
        assert_eq!((none.weeks, none.today, none.score), (0, None, None));
        let agent = past.desk.agent("ann", Role::Agent).await;
        let asked = forecast(&past.desk, &agent, &past.facts(), &ForecastWish::default()).await;
        assert!(matches!(asked, Err(Error::Forbidden)));
    }

    async fn what_came_over_the_weekend_is_planned_for_and_plans_say_what_they_cannot(store) {
        let past = Past::new(&store, WEEKS).await;
        let (desk, lead) = (&past.desk, &past.lead);
        let weekday = |day| standfast_domain::Interval {
            weekday: Weekday::new(day).unwrap(),
            opens: standfast_domain::TimeOfDay::parse("09:00").unwrap(),
            closes: standfast_domain::TimeOfDay::parse("18:00").unwrap(),
        };
        let schedule = standfast_domain::Schedule {
            zone: "Asia/Singapore".to_owned(),
            week: (1..=5).map(weekday).collect(),
            seasons: Vec::new(),
            days: Vec::new(),
            exceptions: Vec::new(),
        };
        // Hours that name regions are hours as well; nine in Singapore is one by UTC.
        let coverage = standfast_domain::Coverage { regions: ["SG".to_owned()].into(), ..Default::default() };
        let wish = crate::ScheduleWish { name: "Office".to_owned(), coverage, schedule };
        crate::add_schedule(desk, lead, &wish).await.unwrap();
        let settings = Settings { shrinkage: 0, starts: vec![0, 960], length: 480, ..planning(desk, lead).await.unwrap().settings };
        assert_eq!(settings.zone, "Asia/Singapore");
        let settings = Settings { zone: "UTC".to_owned(), ..settings };
        change_planning(desk, lead, 0, settings.clone()).await.unwrap();
        let need = async |weeks| super::need(desk, lead, &past.facts(), monday().plus(7), weeks).await.unwrap().lanes.remove(0).need;
        let one = need(1).await;
        // From Friday 18:00 in Singapore on some sixty have come; on Tuesday it is those of one evening.
        assert!(one[2] >= 3 && one[2] >= one[48 + 2] + 2, "{:?}", &one[..72]);
        assert_eq!(one[0], 0, "closed");
        let two = super::need(desk, lead, &past.facts(), monday(), 2).await.unwrap().lanes.remove(0).need;
        assert_eq!(two[336..], one[..], "a Monday is a Monday, also in the second week");
        // On the Monday itself it is those who really came.
        let known = past.facts().len();
        for day in [21, 22] {
            let midnight = Time::parse(&format!("2026-11-{day}T00:00:00Z")).unwrap();
            for turn in 0..usize::try_from(A_DAY).unwrap() {
                let minutes = 8 * 60 + 5 + 30 * u64::try_from(turn).unwrap();
                ask(desk, midnight.plus(Duration::from_mins(minutes)), known + (day - 21) * 24 + turn).await;
            }
        }
        past.settled(known + 48).await;
        let saturday = desk.now();
        desk.clock.set(Time::parse("2026-11-23T02:10:00Z").unwrap());
        let today = super::need(desk, lead, &past.facts(), monday(), 1).await.unwrap().lanes.remove(0).need;
        assert!(today[2] >= 3 && today[2] >= today[48 + 2] + 2, "{:?}", &today[..72]);
        let day = course(desk, lead, &past.facts(), std::collections::BTreeSet::new()).await.unwrap();
        assert!(day.halves[2].need >= 3 && day.halves[2].need >= day.halves[48 + 2].need + 2, "{:?}", &day.halves[..8]);
        desk.clock.set(saturday);

        // One person may rest as little as they like: planning would have them work on from the evening into the night.
        let ann = desk.agent("ann", Role::Agent).await;
        let contract = Contract {
            zone: "UTC".to_owned(),
            least_week: 0,
            most_week: 60 * 60,
            most_stretch: 600,
            least_rest: 0,
            most_days: 7,
            available: Vec::new(),
        };
        let wish = PersonWish { profile: Profile::default(), contract: Some(contract) };
        change_person(desk, lead, ann.id, 0, wish).await.unwrap();
        let all_day = crate::list_schedules(desk, lead).await.unwrap().remove(0);
        crate::remove_schedule(desk, lead, all_day.id, all_day.version).await.unwrap();
        let plan = plan_shifts(desk, lead, &past.facts(), monday(), 1).await.unwrap();
        for (slot, at) in half_hours(plan.from, plan.until).enumerate() {
            let told: u32 = plan.short.iter().filter(|short| short.starts_at <= at && at < short.ends_at).map(|short| short.missing).sum();
            assert_eq!(told, plan.need[slot].saturating_sub(plan.planned[slot]), "{at}");
        }
        let touch = plan.shifts.iter().any(|one| plan.shifts.iter().any(|next| one.ends_at == next.starts_at));
        assert!(!plan.shifts.is_empty() && !touch, "{:?}", plan.shifts);
    }

    async fn planning_takes_few_turns_at_a_time(store) {
        let past = Past::new(&store, 5).await;
        let turns = past.desk.shared.planning.clone();
        let held = turns.acquire_many(2).await.unwrap();
        let facts = past.facts();
        let ask = need(&past.desk, &past.lead, &facts, monday(), 1);
        let waits = tokio::time::timeout(Duration::from_millis(200), ask).await;
        assert!(waits.is_err(), "until somebody is done");
        drop(held);
        past.forecast().await;
        assert_eq!(turns.available_permits(), 2);
    }

    async fn people_are_planned_for_what_comes(store) {
        let past = Past::new(&store, WEEKS).await;
        let (desk, lead) = (&past.desk, &past.lead);
        let view = planning(desk, lead).await.unwrap();
        assert_eq!((view.version, view.handling.answers), (0, 0));
        let settings = Settings { starts: vec![480, 720], shrinkage: 0, hour_cost: HourCost::new(20.5), ..view.settings };
        let changed = change_planning(desk, lead, 0, settings.clone()).await.unwrap();
        assert_eq!((changed.version, &changed.settings), (1, &settings));
        assert!(matches!(change_planning(desk, lead, 0, settings.clone()).await, Err(Error::OutdatedVersion { version: 1 })));
        let bad = Settings { share: 10, ..settings };
        assert_eq!(refused(change_planning(desk, lead, 1, bad).await), ("share", "out_of_range"));

        let need = need(desk, lead, &past.facts(), monday(), 1).await.unwrap();
        assert!(need.is_known && need.lanes.len() == 1 && need.lanes[0].need.len() == 336);
        let lane = &need.lanes[0];
        // One every half hour of four minutes: one person is enough of four times out of five.
        assert!(lane.need.iter().all(|need| (1..=2).contains(need)), "{:?}", &lane.need[..48]);
        assert_eq!(need.planned, vec![0; 336]);
        assert_eq!(refused(super::need(desk, lead, &past.facts(), monday().plus(1), 1).await), ("from", "malformed"));
        assert_eq!(refused(super::need(desk, lead, &past.facts(), monday().plus(-14), 1).await), ("from", "out_of_range"));
        // Of the week that goes on, Saturday and Sunday are left.
        let rest = super::need(desk, lead, &past.facts(), monday().plus(-7), 1).await.unwrap();
        assert_eq!((rest.planned.len(), rest.lanes[0].need.len()), (96, 96));

        // Nobody has a contract.
        let nobody = plan_shifts(desk, lead, &past.facts(), monday(), 1).await;
        assert_eq!(refused(nobody), ("people", "missing"));
        let contract = Contract {
            zone: "UTC".to_owned(),
            least_week: 32 * 60,
            most_week: 40 * 60,
            most_stretch: 600,
            least_rest: 660,
            most_days: 5,
            available: Vec::new(),
        };
        let mut agents = Vec::new();
        for name in ["ann", "bo", "cy"] {
            let agent = desk.agent(name, Role::Agent).await;
            let wish = PersonWish { profile: Profile::default(), contract: Some(contract.clone()) };
            change_person(desk, lead, agent.id, 0, wish).await.unwrap();
            agents.push(agent);
        }
        let plan = plan_shifts(desk, lead, &past.facts(), monday(), 1).await.unwrap();
        // Two shifts a day are 14; a fifteenth gives somebody hours.
        assert_eq!((plan.people, plan.under.len()), (3, 0));
        let number = plan.shifts.len();
        assert!((14..=15).contains(&number), "{number}");
        // At night there is no shift, and it says so.
        let night = plan.short.iter().find(|short| short.starts_at == plan.from).unwrap();
        assert_eq!(night.why.get("no_shift"), Some(&3));
        assert_eq!(refused(plan_shifts(desk, lead, &past.facts(), monday().plus(-7), 1).await), ("from", "out_of_range"));
        let wish = |shift: &PlannedShift| ShiftWish {
            agent: Some(shift.agent_id),
            starts_at: shift.starts_at,
            ends_at: shift.ends_at,
            need: Need::default(),
        };
        let wishes = || plan.shifts.iter().map(wish).collect::<Vec<_>>();
        let drafts = replace_drafts(desk, lead, (plan.from, plan.until), wishes()).await.unwrap();
        assert_eq!(drafts.len(), number);
        // Accepted again they are the same, not twice as many; and they are what the need is held against.
        replace_drafts(desk, lead, (plan.from, plan.until), wishes()).await.unwrap();
        let now = super::need(desk, lead, &past.facts(), monday(), 1).await.unwrap();
        assert_eq!(now.planned, plan.planned);
        // Drafts are not published: to the day they bring nobody.
        assert_eq!((&now.missing_published, now.missing_published == now.missing), (&need.missing, false));
        let seen = crate::roster(desk, lead, plan.from, plan.until).await.unwrap();
        assert_eq!((seen.shifts.len(), seen.violations.len()), (number, 0));

        // Groups of types are planned by themselves: all of these are swaps, which nobody but ann knows.
        let settings = || Settings { starts: vec![480, 720], shrinkage: 0, ..Settings::default() };
        let group = |name: &str, code: &str| standfast_domain::planning::TypeGroup { name: name.to_owned(), types: vec![code.to_owned()] };
        let swaps = Settings { groups: vec![group("Security", "theft"), group("Swaps", "swap")], ..settings() };
        change_planning(desk, lead, 1, swaps).await.unwrap();
        for (agent, skill) in [(1, "app"), (2, "theft")] {
            let wish = PersonWish { profile: Profile { skills: vec![skill.to_owned()], ..Profile::default() }, contract: Some(contract.clone()) };
            change_person(desk, lead, agents[agent].id, 1, wish).await.unwrap();
        }
        let grouped = super::need(desk, lead, &past.facts(), monday(), 1).await.unwrap();
        assert_eq!((grouped.groups.as_slice(), grouped.lanes.len()), (["Security", "Swaps"].map(str::to_owned).as_slice(), 4));
        let of = |group: Option<usize>| grouped.lanes.iter().find(|lane| lane.group == group).unwrap();
        assert_eq!(of(None).need, need.lanes[0].need, "the language needs what it needs");
        // Swaps are all there is, but at night they are rare and wait for whoever knows them next.
        assert!((0..336).all(|at| of(Some(1)).need[at] == if of(None).expected[at] < 0.1 { 0 } else { of(None).need[at] }));
        assert_eq!((of(Some(0)).need.iter().sum::<u32>(), of(Some(2)).need.iter().sum::<u32>()), (0, 0));
        let ann = seen_hours(&of(Some(1)).able);
        assert!(ann < seen_hours(&grouped.planned) && ann > 0.0, "{ann}");
        let by_group = plan_shifts(desk, lead, &past.facts(), monday(), 1).await.unwrap();
        let short = by_group.short.iter().find(|short| short.groups == ["Swaps"]).unwrap();
        assert_eq!((short.able, short.languages.len()), (1, 1));
        let asked = WhatIfWish { monday: monday(), people: 0, bot: 0, reserved: None, peaks: Vec::new() };
        let parts = what_if(desk, lead, &past.facts(), asked).await.unwrap();
        let [security, swaps, others] = parts.lanes.as_slice() else { panic!("{:?}", parts.lanes.len()) };
        assert_eq!((security.now.requests[2], others.now.requests[2], swaps.group), (0.0, 0.0, Some(1)));
        // Alone with what she knows she keeps less of the promise than all together would.
        assert!(swaps.now.within[1] < parts.now.within[1] && (security.share + swaps.share + others.share - 1.0).abs() < 1e-9);
        let costs = change_planning(desk, lead, 2, Settings { hour_cost: HourCost::new(20.5), ..settings() }).await.unwrap();
        assert_eq!(costs.settings.hour_cost, HourCost::new(20.5));
        let kept = store.read(|rd| standfast_store::setting::get(rd, super::SETTING)).await.unwrap().unwrap();
        let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(kept["settings"]["hour_cost"].as_u64(), Some(21), "a process of the version before reads it");

        // What would happen with one fewer, and with a storm.
        let wish = |people: i32, peaks: Vec<PeakWish>| WhatIfWish { monday: monday(), people, bot: 0, reserved: None, peaks };
        let ask = async |wish: WhatIfWish| what_if(desk, lead, &past.facts(), wish).await;
        // A new desk reserves one person from busy on; here nobody is, to begin with.
        let nobody = crate::SurgePlan { reserve: standfast_domain::Reserves::default(), ..crate::SurgePlan::default() };
        crate::choose_surge_plan(desk, lead, 0, nobody.clone()).await.unwrap();
        let same = ask(wish(0, Vec::new())).await.unwrap();
        assert_eq!((same.people, &same.now), (3, &same.changed));
        let hours = 8.0 * f64::from(u32::try_from(number).unwrap());
        assert!((same.now.cost.unwrap()[1] - hours * 20.5).abs() < 1e-6);
        let last = WhatIfWish { monday: monday().plus(-7), ..wish(0, Vec::new()) };
        assert_eq!(refused(ask(last).await), ("from", "out_of_range"));
        let fewer = ask(wish(-2, Vec::new())).await.unwrap();
        assert!(fewer.changed.within[1] < fewer.now.within[1] && fewer.changed.hours[1] < fewer.now.hours[1]);
        let at = |hours: u64| plan.from.plus(Duration::from_hours(hours));
        let storm = PeakWish { starts_at: at(80), ends_at: at(92), factor: 12.0 };
        let stormy = ask(wish(0, vec![storm])).await.unwrap();
        assert!(stormy.changed.days[3][1] < stormy.now.days[3][1] && stormy.changed.requests[1] > stormy.now.requests[1]);
        let outside = PeakWish { starts_at: at(80), ends_at: at(400), factor: 2.0 };
        assert_eq!(refused(ask(wish(0, vec![outside])).await), ("peaks", "out_of_range"));
        for (wrong, field) in [
            (wish(-501, Vec::new()), "people"),
            (WhatIfWish { bot: 101, ..wish(0, Vec::new()) }, "bot"),
            (WhatIfWish { reserved: Some(101), ..wish(0, Vec::new()) }, "reserved"),
            (wish(0, vec![PeakWish { factor: f64::NAN, ..storm }]), "factor"),
            (wish(0, vec![PeakWish { factor: 100.5, ..storm }]), "factor"),
        ] {
            assert_eq!(refused(ask(wrong).await), (field, "out_of_range"));
        }
        // Who is reserved is what the surge plan says, unless something else is entered.
        assert_eq!((same.reserved, same.is_by_plan), ([0; 4], true));
        let mut reserves = nobody;
        reserves.reserve.normal.people = 1;
        reserves.reserve.storm.people = 2;
        crate::choose_surge_plan(desk, lead, 1, reserves).await.unwrap();
        let kept = ask(wish(0, vec![storm])).await.unwrap();
        assert_eq!((kept.reserved, kept.is_by_plan), ([1, 0, 0, 2], true));
        let none = ask(WhatIfWish { reserved: Some(0), ..wish(0, vec![storm]) }).await.unwrap();
        assert_eq!((none.reserved, none.is_by_plan, none.changed), ([0; 4], false, stormy.changed));
        // The week as it is rostered is the same, whatever is asked.
        assert_eq!((none.planned, kept.planned), ([1, 0, 0, 2], [1, 0, 0, 2]));
        assert_eq!(none.now, kept.now);
        assert_ne!(none.now, stormy.now, "it is played with the plan that holds");
    }

    async fn services_that_take_longer_take_more_people(store) {
        // As many swaps as questions about the app, in turn; of each some were answered of late, a question in 25 minutes.
        let past = Past::of(&store, 5, &["swap", "app"]).await;
        let (desk, lead) = (&past.desk, &past.lead);
        let ann = desk.agent("ann", Role::Agent).await;
        let known = past.facts().len();
        let midnight = Time(desk.now().0 - 12 * 60 * MINUTE);
        for number in 0..120_usize {
            let (day, turn) = (number as u64 / 15 + 1, number as u64 % 15);
            let at = midnight.minus(Duration::from_hours(24 * day)).plus(Duration::from_mins(30 * turn));
            let (kind, seconds) = if number % 2 == 0 { ("swap", 50 + turn) } else { ("app", 1_490 + turn) };
            let id = ask_of(desk, at, known + number, kind).await;
            let clock = FrozenClock::at(at.plus(Duration::from_secs(seconds)));
            let node = desk.at(clock.clone(), Arc::new(Ids::new(clock, 30)));
            crate::reply(&node, &ann, id, crate::testing::answer("a1", "It is done", 1)).await.unwrap();
        }
        past.settled(known + 120).await;
        let group = standfast_domain::planning::TypeGroup { name: "Swaps".to_owned(), types: vec!["swap".to_owned()] };
        let settings = Settings { shrinkage: 0, groups: vec![group], ..planning(desk, lead).await.unwrap().settings };
        let handling = change_planning(desk, lead, 0, settings.clone()).await.unwrap().handling;
        let of = |group| handling.lanes.iter().find(|lane| lane.group == Some(group) && lane.answers > 0).unwrap();
        assert_eq!((handling.answers, of(0).answers, of(1).answers), (120, 60, 60));
        assert!((of(0).seconds - 57.0).abs() < 1.0 && (of(1).seconds - 1_497.0).abs() < 1.0, "{handling:?}");
        assert!((handling.seconds - 777.0).abs() < 1.0);
        // As few as these come as their share of all, every half hour.
        let need = super::need(desk, lead, &past.facts(), monday(), 1).await.unwrap();
        let lane = |group| need.lanes.iter().find(|lane| lane.group == group).unwrap();
        let (swaps, others, all) = (lane(Some(0)), lane(Some(1)), lane(None));
        assert!((swaps.expected[20] - 0.5).abs() < 0.1 && (others.expected[20] - 0.5).abs() < 0.1);
        assert_eq!((swaps.need[20], others.need[20]), (1, 2));
        assert!((0..336).all(|at| all.need[at] >= swaps.need[at].max(others.need[at])), "more are never fewer");
        // What if, and peaks against people, go by the same.
        for day in 23..=29 {
            let at = |hour: i64| Time(Time::parse(&format!("2026-11-{day}T00:00:00Z")).unwrap().0 + hour * 60 * MINUTE);
            let shift = ShiftWish { agent: Some(ann.id), starts_at: at(8), ends_at: at(20), need: Need::default() };
            crate::add_shifts(desk, lead, vec![shift]).await.unwrap();
        }
        let asked = WhatIfWish { monday: monday(), people: 0, bot: 0, reserved: Some(0), peaks: Vec::new() };
        let parts = what_if(desk, lead, &past.facts(), asked).await.unwrap().lanes;
        assert!(parts[0].now.within[1] > parts[1].now.within[1] + 0.1, "{:?} {:?}", parts[0].now.within, parts[1].now.within);
        let told = staffing(desk, lead, &past.facts(), (desk.now().minus(Duration::from_hours(1)), desk.now()), "UTC").await.unwrap();
        assert!((told.handling - 777.0).abs() < 10.0, "{}", told.handling);
        // What is entered is entered for all.
        let entered = Settings { handling: Some(600), ..settings };
        change_planning(desk, lead, 1, entered).await.unwrap();
        let need = super::need(desk, lead, &past.facts(), monday(), 1).await.unwrap();
        assert_eq!(need.lanes[1].need, need.lanes[2].need);
    }

    async fn some_of_a_tier_are_there_while_the_desk_is_open(store) {
        let past = Past::new(&store, WEEKS).await;
        let (desk, lead) = (&past.desk, &past.lead);
        let tiers = vec![standfast_domain::planning::TierRule { tier: 2, least: 1 }];
        let settings = Settings { share: 50, within: 3_600, shrinkage: 0, starts: vec![480, 960], ..Settings::default() };
        change_planning(desk, lead, 0, settings.clone()).await.unwrap();
        let before = need(desk, lead, &past.facts(), monday(), 1).await.unwrap();
        assert_eq!((before.tiers.len(), &before.need), (0, &vec![1; 336]));
        let changed = change_planning(desk, lead, 1, Settings { tiers: tiers.clone(), ..settings }).await.unwrap();
        assert_eq!(changed.settings.tiers, tiers);
        let kept = store.read(|rd| standfast_store::setting::get(rd, super::SETTING)).await.unwrap().unwrap();
        let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(kept["settings"].get("tiers"), None, "a process of the version before reads the settings");
        let contract = Contract { zone: "UTC".to_owned(), least_week: 0, most_week: 40 * 60, most_stretch: 600, least_rest: 660, most_days: 5, available: Vec::new() };
        let mut agents = Vec::new();
        for (name, tier) in [("ann", 1), ("bo", 2), ("cy", 1), ("di", 1), ("eve", 1)] {
            let agent = desk.agent(name, Role::Agent).await;
            let profile = Profile { tier, ..Profile::default() };
            change_person(desk, lead, agent.id, 0, PersonWish { profile, contract: Some(contract.clone()) }).await.unwrap();
            agents.push(agent.id);
        }
        let listed = crate::list_agents(desk, None).await.unwrap();
        let tier = |name: &str| listed.iter().find(|one| one.name == name).unwrap().tier;
        assert_eq!((tier("bo"), tier("ann"), tier("lead")), (2, 1, 1));
        // One is enough for the work, and is of the tier when that is bo.
        let plan = plan_shifts(desk, lead, &past.facts(), monday(), 1).await.unwrap();
        let bo = plan.shifts.iter().filter(|shift| shift.agent_id == agents[1]).count();
        assert_eq!((plan.shifts.len(), bo), (14, 5), "the work is planned as it would be");
        let (short, of_work): (Vec<_>, Vec<_>) = plan.short.iter().partition(|short| short.tier == Some(2));
        let minutes = |short: &[&Shortage]| short.iter().map(|one| (one.ends_at.0 - one.starts_at.0) / MINUTE).sum::<i64>();
        assert_eq!(minutes(&short), (7 * 24 - 5 * 8) * 60);
        assert!(short.iter().all(|one| one.able == 1 && one.missing == 1 && one.languages.is_empty() && one.groups.is_empty()));
        assert!(short.iter().any(|one| one.why.contains_key("week") || one.why.contains_key("rest") || one.why.contains_key("days_in_row")), "{short:?}");
        assert!(of_work.iter().all(|one| one.why.contains_key("no_shift") && !one.languages.is_empty()), "at night nobody can");
        let wish = |shift: &PlannedShift| ShiftWish { agent: Some(shift.agent_id), starts_at: shift.starts_at, ends_at: shift.ends_at, need: Need::default() };
        let drafts = plan.shifts.iter().map(wish).collect();
        replace_drafts(desk, lead, (plan.from, plan.until), drafts).await.unwrap();
        // The cover of the week says the same.
        let after = need(desk, lead, &past.facts(), monday(), 1).await.unwrap();
        let [of] = after.tiers.as_slice() else { panic!("{:?}", after.tiers) };
        assert_eq!((of.tier, &of.need, of.able.iter().sum::<u32>()), (2, &vec![1; 336], 5 * 16));
        assert_eq!(of.missing.iter().sum::<u32>(), 336 - 5 * 16);
        assert_eq!(after.missing, plan.missing);
        assert!(after.missing.iter().zip(&of.missing).all(|(all, of)| all >= of));

        // Today ann is there alone: somebody of the tier is missing, and who could come is bo, not cy.
        let noon = desk.now();
        let shift = ShiftWish { agent: Some(agents[0]), starts_at: noon.minus(Duration::from_hours(4)), ends_at: noon.plus(Duration::from_hours(9)), need: Need::default() };
        crate::add_shifts(desk, lead, vec![shift]).await.unwrap();
        crate::publish_shifts(desk, lead, (noon.minus(Duration::from_hours(12)), noon.plus(Duration::from_hours(12))), Some("long")).await.unwrap();
        let day = course(desk, lead, &past.facts(), [agents[0]].into()).await.unwrap();
        assert_eq!((day.halves[25].need, day.halves[25].there, day.halves[25].missing), (1, 1, 1));
        let [gap] = day.gaps.as_slice() else { panic!("{:?}", day.gaps) };
        assert_eq!((gap.parts.len(), gap.parts[0].tier, gap.parts[0].need, gap.parts[0].there), (1, Some(2), 1, 0));
        assert!(!gap.advice.is_empty() && gap.advice.iter().all(|one| one.agent_id == agents[1]), "{:?}", gap.advice);
        assert_eq!(day.spare, [], "ann does the work");
    }

    async fn the_day_is_held_against_its_plan(store) {
        let past = Past::new(&store, WEEKS).await;
        let (desk, lead) = (&past.desk, &past.lead);
        let mut agents = Vec::new();
        for name in ["ann", "bo", "cy", "di"] {
            let agent = desk.agent(name, Role::Agent).await;
            change_person(desk, lead, agent.id, 0, PersonWish { profile: Profile::default(), contract: None }).await.unwrap();
            agents.push(agent);
        }
        // A promise that one person keeps.
        let easy = Settings { share: 50, within: 3_600, shrinkage: 0, ..Settings::default() };
        change_planning(desk, lead, 0, easy).await.unwrap();
        // Saturday noon: two are there and four were to be, of whom one is not; nobody comes after four.
        let shift = |who: usize, from: &str, until: &str| ShiftWish {
            agent: Some(agents[who].id),
            starts_at: Time::parse(&format!("2026-11-{from}:00Z")).unwrap(),
            ends_at: Time::parse(&format!("2026-11-{until}:00Z")).unwrap(),
            need: Need::default(),
        };
        let wishes = vec![
            shift(0, "21T08:00", "21T16:00"),
            shift(1, "21T08:00", "21T16:00"),
            shift(2, "21T08:00", "21T16:00"),
            shift(3, "22T06:00", "22T10:00"),
        ];
        crate::add_shifts(desk, lead, wishes).await.unwrap();
        let (from, until) = (desk.now().minus(Duration::from_hours(12)), desk.now().plus(Duration::from_hours(48)));
        crate::publish_shifts(desk, lead, (from, until), None).await.unwrap();
        let there = || std::collections::BTreeSet::from([agents[0].id, agents[1].id]);
        let day = course(desk, lead, &past.facts(), there()).await.unwrap();
        assert_eq!((day.is_known, day.came, day.halves.len()), (true, 0, 96));
        assert!(day.expected > 6.0, "{}", day.expected);
        let now = day.halves[24];
        assert_eq!((now.rostered, now.there, now.need >= 1, now.missing), (3, 2, true, 0));
        let tomorrow = day.halves[60];
        assert!(now.expected <= now.planned && (tomorrow.expected - tomorrow.planned).abs() < 1e-9);
        // One of the two is one too many.
        let [free] = day.spare.as_slice() else { panic!("{:?}", day.spare) };
        assert_eq!((free.agent_id, free.starts_at, free.ends_at), (agents[0].id, Time(desk.now().0 + 30 * MINUTE), desk.now().plus(Duration::from_hours(4))));
        assert!(free.there >= free.need && free.need == 1);
        // From four on nobody is there: somebody stays, and whoever has no shift is called in.
        let gap = &day.gaps[0];
        let [part] = gap.parts.as_slice() else { panic!("{:?}", gap.parts) };
        assert_eq!((gap.starts_at, part.starts_at, part.ends_at, part.there), (desk.now().plus(Duration::from_hours(4)), gap.starts_at, gap.ends_at, 0));
        assert!(part.languages.is_empty() && part.groups.is_empty(), "it is all there is");
        let told: Vec<_> = gap.advice.iter().map(|one| (one.remedy, one.agent_id)).collect();
        assert_eq!(told[0], (CourseRemedy::Stay, agents[0].id));
        assert!(told.iter().all(|(_, agent)| *agent != agents[2].id), "whoever is not there cannot stay: {told:?}");
        // Alone nobody can be spared, and agreed hours are given.
        let alone = std::collections::BTreeSet::from([agents[0].id]);
        assert_eq!(course(desk, lead, &past.facts(), alone).await.unwrap().spare, []);
        let agreed = Contract { zone: "UTC".to_owned(), least_week: 8 * 60, most_week: 40 * 60, most_stretch: 600, least_rest: 660, most_days: 5, available: Vec::new() };
        for agent in &agents[..2] {
            let wish = PersonWish { profile: Profile::default(), contract: Some(agreed.clone()) };
            change_person(desk, lead, agent.id, 1, wish).await.unwrap();
        }
        assert_eq!(course(desk, lead, &past.facts(), there()).await.unwrap().spare, []);
        // The day has just begun: nothing was expected until now, and that has no sign.
        desk.clock.set(Time::parse("2026-11-21T00:05:00Z").unwrap());
        let day = course(desk, lead, &past.facts(), there()).await.unwrap();
        assert_eq!((day.is_known, day.came, day.expected.to_bits()), (true, 0, 0));
        let refused = course(desk, &agents[0], &past.facts(), there()).await;
        assert!(matches!(refused, Err(Error::Forbidden)));
    }
}

store_test! {
    async fn peaks_are_held_against_the_people_who_were_there(store) {
        let past = Past::new(&store, 2).await;
        let (now, day) = (past.desk.now(), Duration::from_hours(24));
        let (from, known) = (now.minus(day * 14), now.minus(day * 7));
        let ask = async |from, until, zone| {
            staffing(&past.desk, &past.lead, &past.facts(), (from, until), zone).await
        };
        let view = ask(from, now, "UTC").await.unwrap();
        assert_eq!((view.from, view.hours.len()), (None, 0), "nobody has put down who was there");
        // Two were to be there all the time; on Mondays from ten to eleven nobody was.
        let minute = |time: Time| time.0.div_euclid(MINUTE);
        let is_alone = |at: i64| {
            let (day, half) = half_hour(Time(at * MINUTE), &TimeZone::UTC);
            Weekday::of(day).number() == 1 && half / 2 == 10
        };
        let samples = (minute(known)..=minute(now)).map(|at| standfast_domain::Sample {
            minute: at,
            node: 1,
            boot: 1,
            up: (at - minute(known)) * 60,
            present: if is_alone(at) { 0 } else { 2 },
            waiting: 0,
            late: 0,
            rostered: Some(2),
            probe: None,
            services: None,
        });
        crate::put_down_past(&past.desk, samples.collect()).await.unwrap();
        crate::load_online(&past.desk).await.unwrap();
        let view = ask(from, now, "UTC").await.unwrap();
        assert_eq!((view.from, view.until, view.has_roster), (Some(known), now, true));
        let hour = |requests, present, needed, is_short| HourStaffing {
            requests,
            rostered: Some(2.0),
            present: Some(present),
            needed: Some(needed),
            is_short,
        };
        assert_eq!(view.hours[9], hour(2.0, 2.0, 1, false), "one every half hour");
        assert_eq!(view.hours[10], hour(2.0, 0.0, 1, true), "Monday at ten");
        assert_eq!(view.hours[3], hour(0.0, 2.0, 1, false), "an open desk has somebody");
        assert_eq!(view.hours.iter().filter(|hour| hour.is_short).count(), 1);
        let shanghai = ask(from, now, "Asia/Shanghai").await.unwrap();
        assert_eq!(shanghai.hours[18], view.hours[10], "eight hours later on the clock there");
        assert!(ask(now, from, "UTC").await.is_err());
        assert!(ask(from, now, "Mars/Phobos").await.is_err());
    }
}
