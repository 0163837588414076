use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use parking_lot::Mutex;
use standfast_domain::{AlarmKind, FrozenClock, Ids, Role, SeededEntropy};
use standfast_insight::Insight;
use standfast_store::{Store, store_test};
use tokio::sync::watch as signal;

use super::watch::Watcher;
use super::*;
use crate::testing::{TestDesk, intake};
use crate::{Intake, receive, work};

/// Requests of a day in the weeks before: every 72 minutes one, in turn of three types and two versions.
const A_DAY: u64 = 20;
const WEEKS: u64 = 5;

/// A desk with some weeks behind it, in which nothing happened.
struct Past {
    desk: TestDesk,
    insight: Insight,
    stop: signal::Sender<bool>,
    count: Mutex<u32>,
}

impl Past {
    async fn new(store: &Store, weeks: u64) -> Self {
        let desk = TestDesk::new(store);
        let settings =
            standfast_insight::Settings { snapshot: None, every: Duration::MAX, threads: 1, at_once: 1 };
        let insight = Insight::new(store.clone(), desk.entropy().clone(), settings);
        let (stop, stopping) = signal::channel(false);
        let kept = insight.clone();
        tokio::spawn(async move { kept.keep(stopping).await });
        let past = Self { desk, insight, stop, count: Mutex::new(0) };
        let now = past.desk.now();
        for back in (1..=weeks * 7 * A_DAY).rev() {
            let at = now.minus(Duration::from_mins(72 * back));
            let kind = ["pending", "swap", "app"][usize::try_from(back % 3).unwrap()];
            let version = if back % 4 < 2 { "7.1.0" } else { "7.2.0" };
            past.ask_at(at, kind, version, &format!("An ordinary question, number {back}, of no kind")).await;
        }
        past
    }

    /// Somebody asks, at a time.
    async fn ask_at(&self, at: Time, kind: &str, version: &str, text: &str) -> RequestId {
        let number = {
            let mut count = self.count.lock();
            *count += 1;
            *count
        };
        let clock = FrozenClock::at(at.plus(Duration::from_millis(u64::from(number % 50_000))));
        let desk = self.desk.at(clock.clone(), std::sync::Arc::new(Ids::new(clock, 31)));
        let mut command: Intake = intake(&format!("c{number}"), text);
        command.kind = Some(kind.to_owned());
        command.context = std::collections::BTreeMap::from([("app_version".to_owned(), version.to_owned())]);
        let who = visitor_of(number);
        receive(&desk, &who, command).await.unwrap().receipt.request_id
    }

    async fn settled(&self, rows: usize) {
        let all = async {
            while !self.insight.facts().is_ok_and(|facts| facts.len() >= rows) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), all).await.expect("facts");
    }

    /// Everything that was asked is among the facts, and the watcher looks.
    async fn look(&self, watcher: &mut Watcher) {
        let count = usize::try_from(*self.count.lock()).unwrap();
        self.settled(count).await;
        watcher.turn().await.unwrap();
    }

    /// `n` requests, one a minute, while the clock goes on.
    async fn surge(&self, n: u64, kind: &str, version: &str, text: impl Fn(u64) -> String) {
        for turn in 0..n {
            self.desk.pass(1);
            self.ask_at(self.desk.now(), kind, version, &text(turn)).await;
        }
        self.desk.pass(2);
    }

    async fn alarms(&self, caller: &AgentCaller) -> AlarmList {
        list_alarms(&self.desk, caller, None).await.unwrap()
    }
}

impl Drop for Past {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

fn visitor_of(number: u32) -> crate::Customer {
    let mut secret = [0; 32];
    secret[..4].copy_from_slice(&number.to_be_bytes());
    let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret);
    crate::Customer::Visitor(crate::Visitor::new(&text).unwrap())
}

fn watcher(past: &Past) -> Watcher {
    Watcher::new(past.desk.desk.clone(), past.insight.clone())
}

fn segment(view: &AlarmView) -> String {
    serde_json::to_string(&view.segment).unwrap()
}

fn other_words(turn: u64) -> String {
    let words = [
        "mirror", "candle", "harbour", "violin", "garden", "window", "marble", "saddle", "thunder", "pepper",
    ];
    let word = |n: u64| words[usize::try_from(n % 10).unwrap()];
    format!("{} {} {} {}", word(turn), word(turn * 3 + 1), word(turn * 7 + 2), word(turn / 3 + 5))
}

store_test! {
    async fn a_surge_is_one_alarm_a_lead_makes_an_incident_of_it_and_it_ends(store) {
        let past = Past::new(&store, WEEKS).await;
        let lead = past.desk.agent("lin", Role::Lead).await;
        let agent = past.desk.agent("mei", Role::Agent).await;
        let analyst = past.desk.agent("ana", Role::Analyst).await;
        let mut one = watcher(&past);
        past.look(&mut one).await;
        let before = past.alarms(&agent).await;
        assert_eq!((before.items.len(), before.waiting), (0, 0), "weeks of nothing are no alarm");
        assert_eq!(before.watch.state, WatchState::Watching);
        assert!(before.watch.series >= 6, "{:?}", before.watch);

        past.surge(15, "swap", "7.2.0", other_words).await;
        past.look(&mut one).await;
        let found = past.alarms(&agent).await;
        assert_eq!((found.items.len(), found.waiting), (1, 1), "total, type and version are one cause: {found:?}");
        let alarm = &found.items[0];
        assert_eq!(segment(alarm), r#"{"app_version":["7.2.0"],"type":["swap"]}"#);
        assert!(alarm.observed >= 8 && alarm.expected < 1.0, "{alarm:?}");
        assert!(alarm.course.iter().map(|point| i64::from(point.observed)).sum::<i64>() >= alarm.observed);
        let detail = find_alarm(&past.desk, &agent, alarm.id).await.unwrap();
        assert!(detail.requests.len() >= 8 && detail.requests.iter().all(|request| request.kind == "swap"));
        let draft = alarm.incident.clone().unwrap();
        assert_eq!(draft.kind, DriverKind::Incident);
        assert_eq!(draft.title, "工单增多：闪兑或滑点问题 · 7.2.0 / More requests: Swap or slippage · 7.2.0");
        assert_eq!(alarm.title.english, "More requests: Swap or slippage · 7.2.0");
        let events = async |caller| crate::list_drivers(&past.desk, caller, None, None).await.unwrap().len();
        assert_eq!(events(&lead).await, 0, "a draft is no event yet");
        assert!(crate::find_driver(&past.desk, &lead, draft.id).await.is_err());

        // It goes on: the same alarm, more requests; another process finds nothing to do, and one that takes over nothing new.
        past.surge(6, "swap", "7.2.0", |turn| other_words(turn + 40)).await;
        let other = TestDesk::node(&store, 1);
        other.clock.set(past.desk.now());
        let mut two = Watcher::new(other.desk.clone(), past.insight.clone());
        past.look(&mut one).await;
        two.turn().await.unwrap();
        let more = past.alarms(&agent).await;
        assert_eq!(more.items.len(), 1);
        assert!(more.items[0].observed > alarm.observed);
        past.desk.pass(3);
        other.clock.set(past.desk.now());
        two.turn().await.unwrap();
        assert_eq!(past.alarms(&agent).await.items.len(), 1, "after a restart it is the same alarm");

        // Who may do what.
        assert!(matches!(dismiss_alarm(&past.desk, &agent, alarm.id, DismissReason::Known).await, Err(Error::Forbidden)));
        assert!(matches!(acknowledge_alarm(&past.desk, &analyst, alarm.id).await, Err(Error::Forbidden)));
        assert_eq!(acknowledge_alarm(&past.desk, &agent, alarm.id).await.unwrap().state, AlarmState::Acknowledged);
        let mut command = DriverCommand {
            kind: DriverKind::Release,
            title: "兑换失败".to_owned(),
            note: String::new(),
            starts_at: draft.starts_at,
            ends_at: None,
            scope: std::collections::BTreeMap::new(),
        };
        assert!(matches!(confirm_alarm(&past.desk, &lead, alarm.id, &command).await, Err(Error::Invalid { field: "kind", .. })));
        command.kind = DriverKind::Incident;
        let confirmed = confirm_alarm(&past.desk, &lead, alarm.id, &command).await.unwrap();
        assert_eq!((confirmed.state, confirmed.agent_id), (AlarmState::Incident, Some(lead.id)));
        assert_eq!(confirmed.incident.unwrap().title, "兑换失败");
        assert_eq!(events(&lead).await, 1);
        assert!(matches!(confirm_alarm(&past.desk, &lead, alarm.id, &command).await, Err(Error::AlarmDecided)));
        assert_eq!(past.alarms(&agent).await.waiting, 0);

        // Quiet: an hour of what is usual ends it, and the incident with it.
        past.desk.pass(75);
        past.look(&mut one).await;
        let over = past.alarms(&agent).await;
        let ended = over.items[0].ended_at.expect("over");
        assert!(ended > alarm.raised_at && ended < past.desk.now());
        assert_eq!(over.items[0].incident.clone().unwrap().ends_at, Some(ended));
    }

    async fn a_part_that_is_seen_first_becomes_the_whole(store) {
        let past = Past::new(&store, WEEKS).await;
        let agent = past.desk.agent("mei", Role::Agent).await;
        let mut one = watcher(&past);
        past.look(&mut one).await;
        past.surge(9, "swap", "7.2.0", other_words).await;
        past.look(&mut one).await;
        let first = past.alarms(&agent).await.items;
        assert_eq!((first.len(), segment(&first[0]).as_str()), (1, r#"{"app_version":["7.2.0"],"type":["swap"]}"#));
        for turn in 0..30_u64 {
            past.surge(1, "swap", if turn % 2 == 0 { "7.2.0" } else { "7.1.0" }, |_| other_words(turn + 50)).await;
        }
        past.look(&mut one).await;
        let all = past.alarms(&agent).await.items;
        assert_eq!((all.len(), segment(&all[0]).as_str()), (1, r#"{"type":["swap"]}"#));
        assert_eq!(all[0].id, first[0].id);
        assert!(all[0].incident.clone().unwrap().title.ends_with("More requests: Swap or slippage"), "{all:?}");
        assert!(all[0].observed >= 36, "{all:?}");
    }

    async fn parts_and_the_whole_that_are_found_in_one_look_are_one_alarm(store) {
        let past = Past::new(&store, WEEKS).await;
        let agent = past.desk.agent("mei", Role::Agent).await;
        // Everything rises, and the versions by themselves tell it before the total does.
        for turn in 0..40_u64 {
            let (kind, version) = (["pending", "swap", "app"][usize::try_from(turn % 3).unwrap()], if turn % 4 < 2 { "7.1.0" } else { "7.2.0" });
            past.surge(1, kind, version, |_| other_words(turn)).await;
        }
        let count = usize::try_from(*past.count.lock()).unwrap();
        past.settled(count).await;
        let (mut one, now) = (watcher(&past), past.desk.now());
        let (mut learned, mut risen) = one.look(now.0.div_euclid(60_000_000) - 1).await.unwrap().unwrap();
        let segments = learned.series.segments().to_vec();
        risen.retain(|risen| segments[risen.series].0[2].is_some());
        assert_eq!(risen.len(), 2);
        one.act(&mut learned, risen, now).await.unwrap();
        let all = past.alarms(&agent).await.items;
        let names: Vec<String> = all.iter().map(segment).collect();
        assert_eq!(names, ["{}"]);
        assert!(all[0].ended_at.is_none() && all[0].observed >= 30, "{all:?}");
    }

    async fn what_comes_elsewhere_widens_no_alarm(store) {
        let past = Past::new(&store, WEEKS).await;
        let agent = past.desk.agent("mei", Role::Agent).await;
        let mut one = watcher(&past);
        past.look(&mut one).await;
        past.surge(15, "swap", "7.2.0", other_words).await;
        past.look(&mut one).await;
        let first = past.alarms(&agent).await.items;
        assert_eq!((first.len(), segment(&first[0]).as_str()), (1, r#"{"app_version":["7.2.0"],"type":["swap"]}"#));
        // Six of another type, nearly the same words, within minutes.
        for turn in 0..6_u64 {
            past.desk.pass(1);
            let text = format!("Ledger will not pair over bluetooth since the update, number {turn}");
            past.ask_at(past.desk.now(), "hardware", "7.1.0", &text).await;
        }
        past.desk.pass(2);
        past.look(&mut one).await;
        let all = past.alarms(&agent).await.items;
        let names: Vec<String> = all.iter().map(segment).collect();
        assert!(names.contains(&segment(&first[0])) && !names.contains(&"{}".to_owned()), "{names:?}");
        let other = all.iter().find(|alarm| alarm.id != first[0].id).expect("the other cause has its own alarm");
        assert!(all.len() == 2 && segment(other).contains("hardware"), "{names:?}");
    }

    async fn all_requests_are_counted_beside_what_other_alarms_explain(store) {
        let past = Past::new(&store, WEEKS).await;
        let agent = past.desk.agent("mei", Role::Agent).await;
        let mut one = watcher(&past);
        past.look(&mut one).await;
        past.surge(20, "swap", "7.2.0", other_words).await;
        past.look(&mut one).await;
        let swap = past.alarms(&agent).await.items;
        assert_eq!(swap.len(), 1, "{swap:?}");
        // Within five minutes 24 of everything else.
        let begun = past.desk.now();
        for turn in 0..24_u64 {
            let (kind, version) = (["pending", "app"][usize::try_from(turn % 2).unwrap()], if turn % 4 < 2 { "7.1.0" } else { "7.2.0" });
            past.ask_at(past.desk.now(), kind, version, &other_words(turn + 60)).await;
            if turn % 5 == 4 {
                past.desk.pass(1);
            }
        }
        past.desk.pass(2);
        past.look(&mut one).await;
        let all = past.alarms(&agent).await.items;
        let whole: Vec<_> = all.iter().filter(|alarm| alarm.id != swap[0].id).collect();
        assert!(!whole.is_empty(), "{all:?}");
        for alarm in whole {
            assert!(alarm.observed <= 26, "those of the swap alarm are counted there: {alarm:?}");
            assert!(alarm.started_at >= begun.minus(Duration::from_mins(3)), "it began then: {alarm:?}");
            let detail = find_alarm(&past.desk, &agent, alarm.id).await.unwrap();
            assert!(detail.requests.iter().all(|request| request.kind != "swap"), "{detail:?}");
        }
    }

    async fn alike_words_of_a_rare_type_are_an_alarm_before_counts_tell(store) {
        let past = Past::new(&store, WEEKS).await;
        let lead = past.desk.agent("lin", Role::Lead).await;
        let mut one = watcher(&past);
        past.look(&mut one).await;
        let texts = [
            "App crashes when I open the swap page after the update",
            "the app crashes when i open the swap page after update",
            "Hi, app crashes when I open the swap page after the update 7.2",
            "App crashes when I open the swap page after the update, help",
        ];
        for text in texts {
            past.desk.pass(35);
            past.ask_at(past.desk.now(), "app", "7.1.0", text).await;
        }
        past.desk.pass(2);
        past.look(&mut one).await;
        let found = past.alarms(&lead).await;
        assert_eq!(found.items.len(), 1, "{found:?}");
        let alarm = &found.items[0];
        assert_eq!((alarm.kind, alarm.observed), (AlarmKind::Burst, 4), "raised at the third, and grown by the fourth");
        // It grows while such words keep coming, and holds those requests.
        for more in ["!", " please", " now", " again"] {
            past.desk.pass(5);
            past.ask_at(past.desk.now(), "app", "7.1.0", &format!("{}{more}", texts[0])).await;
        }
        past.ask_at(past.desk.now(), "app", "7.1.0", "Where do I see the fee before I confirm a transfer").await;
        past.desk.pass(2);
        past.look(&mut one).await;
        let grown = past.alarms(&lead).await;
        assert_eq!((grown.items.len(), grown.items[0].observed), (1, 8), "{grown:?}");
        let detail = find_alarm(&past.desk, &lead, alarm.id).await.unwrap();
        assert_eq!(detail.requests.len(), 8);
        let dismissed = dismiss_alarm(&past.desk, &lead, alarm.id, DismissReason::FalseAlarm).await.unwrap();
        assert_eq!((dismissed.state, dismissed.incident), (AlarmState::Dismissed, None));
        let after = past.alarms(&lead).await;
        assert_eq!((after.watch.raised, after.watch.false_alarms, after.waiting), (1, 1, 0));
    }

    async fn alike_words_that_pause_are_one_alarm_until_nobody_has_written_so_for_two_hours(store) {
        let past = Past::new(&store, WEEKS).await;
        let lead = past.desk.agent("lin", Role::Lead).await;
        let mut one = watcher(&past);
        past.look(&mut one).await;
        let mut ask = async |minutes, text: &str| {
            past.desk.pass(minutes);
            past.ask_at(past.desk.now(), "app", "7.1.0", text).await;
            past.desk.pass(2);
            past.look(&mut one).await;
            past.alarms(&lead).await
        };
        let text = "App crashes when I open the swap page after the update";
        ask(35, text).await;
        ask(35, &format!("Hello, {text}")).await;
        let raised = ask(35, &format!("{text}!")).await;
        assert_eq!((raised.items.len(), raised.items[0].observed), (1, 3), "{raised:?}");
        let again = ask(60, &format!("{text}, please")).await;
        assert_eq!((again.items.len(), again.items[0].observed), (1, 4), "{again:?}");
        assert_eq!(again.items[0].ended_at, None, "{again:?}");
        let later = ask(130, &format!("{text}, help")).await;
        assert_eq!(later.items.len(), 1);
        assert!(later.items[0].ended_at.is_some(), "{later:?}");
        ask(35, &format!("{text} now")).await;
        ask(35, &format!("{text} again")).await;
        // Known words have to come more often to stand out.
        let wave = ask(10, &format!("Hi! {text}")).await;
        assert_eq!(wave.items.len(), 2, "{wave:?}");
        assert_eq!(wave.items[0].ended_at, None);
        assert!(wave.items[0].started_at > later.items[0].ended_at.unwrap());
    }

    async fn a_young_desk_says_that_it_is_learning(store) {
        let past = Past::new(&store, 2).await;
        let agent = past.desk.agent("mei", Role::Agent).await;
        assert_eq!(past.alarms(&agent).await.watch.state, WatchState::Off, "nobody has looked yet");
        let mut one = watcher(&past);
        past.surge(20, "swap", "7.2.0", other_words).await;
        past.look(&mut one).await;
        let found = past.alarms(&agent).await;
        assert_eq!((found.items.len(), found.watch.state), (0, WatchState::Learning));
    }

    async fn a_webhook_is_told_and_told_again_when_it_fails(store) {
        let mut past = Past::new(&store, WEEKS).await;
        let hook = Arc::new(Hook::default());
        past.desk = with_webhook(&store, &past.desk, hook.clone());
        let lead = past.desk.agent("lin", Role::Lead).await;
        let mut one = watcher(&past);
        past.look(&mut one).await;
        past.surge(15, "swap", "7.2.0", other_words).await;
        past.look(&mut one).await;
        let mailed = |rd: &mut standfast_store::Rd| standfast_store::job::is_listed(rd, ALARM_MAIL);
        assert!(store.read(mailed).await.unwrap(), "mail is on the list as soon as the alarm is there");
        *hook.status.lock() = 503;
        work(&past.desk).await.unwrap();
        *hook.status.lock() = 204;
        past.desk.pass(1);
        work(&past.desk).await.unwrap();
        let calls = hook.calls.lock().clone();
        assert_eq!(calls.len(), 2, "tried, and tried again");
        assert_eq!(calls[0].0, calls[1].0, "as the same message");
        let (id, timestamp, signature, body) = &calls[1];
        let mac = crate::machine::sign(&[5; 32], id, timestamp, body);
        assert_eq!(*signature, format!("v1,{}", base64::engine::general_purpose::STANDARD.encode(mac)));
        let message: serde_json::Value = serde_json::from_slice(body).unwrap();
        assert_eq!(message["type"], "alarm.raised");
        assert_eq!(message["data"]["segment"]["type"][0], "swap");
        assert!(!message.to_string().contains("mirror"), "no words of customers");
        let alarm = past.alarms(&lead).await.items[0].id;
        dismiss_alarm(&past.desk, &lead, alarm, DismissReason::Expected).await.unwrap();
        work(&past.desk).await.unwrap();
        let last: serde_json::Value = serde_json::from_slice(&hook.calls.lock()[2].3).unwrap();
        assert_eq!((&last["type"], &last["data"]["reason"]), (&"alarm.decided".into(), &"expected".into()));
    }
}

/// Id, time, signature and body.
type Call = (String, String, String, Vec<u8>);

/// Somebody who is called.
#[derive(Debug)]
struct Hook {
    status: Mutex<u16>,
    calls: Mutex<Vec<Call>>,
}

impl Default for Hook {
    fn default() -> Self {
        Self { status: Mutex::new(200), calls: Mutex::default() }
    }
}

impl Post for Hook {
    fn post(&self, url: &str, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Posting {
        assert_eq!(url, "https://ops.example/hook");
        let value = |name: &str| headers.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        let call = (value("webhook-id"), value("webhook-timestamp"), value("webhook-signature"), body);
        self.calls.lock().push(call);
        let status = *self.status.lock();
        Box::pin(async move { Ok(status) })
    }
}

/// The same desk, of an operator who has set a webhook and a recipient.
fn with_webhook(store: &Store, desk: &TestDesk, by: Arc<dyn Post>) -> TestDesk {
    let webhook = Webhook { url: "https://ops.example/hook".to_owned(), key: vec![5; 32], by };
    let recipient = Recipient {
        address: "oncall@wallet.example".to_owned(),
        language: standfast_domain::Language::English,
        zone: "UTC".to_owned(),
    };
    let settings = crate::Settings {
        alarms: AlarmSettings {
            webhook: Some(webhook),
            recipients: vec![recipient],
            ..AlarmSettings::default()
        },
        ..desk.settings().clone()
    };
    let clock = desk.clock.clone();
    let entropy = SeededEntropy::new(77);
    let new = Desk::new(store.clone(), crate::Keys::new(&[9; 32]), settings, clock.clone(), entropy, 2);
    TestDesk { desk: new, clock }
}
