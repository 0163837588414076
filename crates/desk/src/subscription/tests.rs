use std::sync::Arc;

use hmac::{KeyInit as _, Mac as _};
use parking_lot::Mutex;
use standfast_domain::{FrozenClock, SeededEntropy};
use standfast_store::{Store, store_test};

use super::*;
use crate::{Fetching, Keys, Outside, Posting, Settings};

/// A call that was made.
#[derive(Clone, Debug)]
struct Called {
    url: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Called {
    fn header(&self, name: &str) -> &str {
        &self.headers.iter().find(|(known, _)| *known == name).unwrap().1
    }
}

/// Systems of others, which answer what the test says.
#[derive(Debug, Default)]
struct Others {
    calls: Mutex<Vec<Called>>,
    answer: Mutex<u16>,
    /// Whoever is called at an address that ends so answers only when it is told to.
    hangs: Mutex<Option<(&'static str, Arc<tokio::sync::Notify>)>>,
}

impl Outside for Others {
    fn check(&self, url: &str) -> Result<(), &'static str> {
        if url.starts_with("https://") { Ok(()) } else { Err("the address does not begin with https://") }
    }

    fn post(&self, url: &str, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Posting {
        let body = String::from_utf8(body).unwrap();
        self.calls.lock().push(Called { url: url.to_owned(), headers, body });
        let answer = *self.answer.lock();
        let hangs = self.hangs.lock().clone().filter(|(end, _)| url.ends_with(end));
        Box::pin(async move {
            if let Some((_, go_on)) = hangs {
                go_on.notified().await;
            }
            if answer == 0 { Err("nobody answers at the address") } else { Ok(answer) }
        })
    }

    fn get(&self, _: &str, _: usize) -> Fetching {
        Box::pin(async { Err("nothing is fetched here") })
    }
}

struct Bench {
    desk: Desk,
    clock: Arc<FrozenClock>,
    others: Arc<Others>,
}

impl Bench {
    fn new(store: &Store) -> Self {
        let clock = FrozenClock::at(Time::parse("2026-11-21T12:00:00Z").unwrap());
        let others = Arc::new(Others { answer: Mutex::new(200), ..Others::default() });
        let settings = Settings {
            public_url: "https://desk.test".to_owned(),
            outside: Some(others.clone()),
            ..Settings::default()
        };
        let keys = Keys::new(&[9; 32]);
        let desk = Desk::new(store.clone(), keys, settings, clock.clone(), SeededEntropy::new(1), 0);
        Self { desk, clock, others }
    }

    async fn subscribes(&self, url: &str) -> Result<String, Error> {
        let (kind, address) = (SubscriptionKind::Webhook, url.to_owned());
        let command = SubscribeCommand { kind, address, language: Language::English };
        Ok(subscribe(&self.desk, command).await?.unwrap())
    }

    async fn work(&self) {
        while make_calls(&self.desk, || false).await.unwrap() > 0 {}
    }

    fn calls(&self) -> Vec<Called> {
        self.others.calls.lock().clone()
    }

    /// The link in the last call, opened.
    async fn confirms(&self) -> SubscriptionId {
        let body: serde_json::Value = serde_json::from_str(&self.calls().last().unwrap().body).unwrap();
        let link = body["data"]["link"].as_str().unwrap().to_owned();
        let [token, id] = [0, 1].map(|part| link.rsplit('/').nth(part).unwrap().to_owned());
        let id = id.parse().unwrap();
        confirm_subscription(&self.desk, id, &token).await.unwrap();
        id
    }

    /// What the crate `report` does when there is something to tell.
    async fn announce(&self, id: SubscriptionId, window: i64) {
        let command = crate::MaintenanceCommand {
            client_id: format!("m{window}"),
            starts_at: None,
            ends_at: self.desk.now().plus(Duration::from_hours(1)),
            text: crate::MaintenanceText::default(),
        };
        let window = crate::plan_maintenance(&self.desk, None, command).await.unwrap().id;
        let (job, now) = (JobId(self.desk.id()), self.desk.now());
        let notice = Some(StatusNotice::Announced { window });
        let unit = move |tx: &mut Tx| call::enqueue(tx, job, id, notice, now);
        self.desk.store().write(Lane::Background, 0, unit).await.unwrap();
    }
}

store_test! {
    async fn a_webhook_is_called_signed_once_it_was_confirmed(store) {
        let bench = Bench::new(&store);
        let refused = bench.subscribes("http://hooks.example/").await;
        assert!(matches!(refused, Err(Error::Invalid { field: "address", .. })), "{refused:?}");
        let first = bench.subscribes("https://hooks.example/a").await.unwrap();
        bench.work().await;
        // Whoever asks for the same soon after gets nothing; later, another key, because the first may be in wrong hands.
        assert!(bench.subscribes("https://hooks.example/a").await.is_err());
        bench.clock.advance(Duration::from_mins(11));
        let key = bench.subscribes("https://hooks.example/a").await.unwrap();
        assert_ne!(first, key);
        bench.work().await;
        let id = bench.confirms().await;
        assert!(bench.subscribes("https://hooks.example/a").await.is_err(), "the key of one that is used is shown to nobody");
        bench.announce(id, 1).await;
        bench.work().await;
        let calls = bench.calls();
        assert_eq!(calls.len(), 3);
        let last = &calls[2];
        assert_eq!(last.url, "https://hooks.example/a");
        assert!(last.body.contains("\"type\":\"maintenance.announced\""), "{}", last.body);
        let key = STANDARD.decode(key.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
        let signed = format!("{}.{}.{}", last.header("webhook-id"), last.header("webhook-timestamp"), last.body);
        mac.update(signed.as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(last.header("webhook-signature"), expected);
    }

    async fn what_takes_nothing_is_tried_again_and_given_up_after_three_days(store) {
        let bench = Bench::new(&store);
        bench.subscribes("https://hooks.example/a").await.unwrap();
        bench.work().await;
        let id = bench.confirms().await;
        *bench.others.answer.lock() = 500;
        bench.announce(id, 1).await;
        for _ in 0..8 {
            bench.work().await;
            bench.clock.advance(Duration::from_mins(10));
        }
        let ids: std::collections::BTreeSet<_> =
            bench.calls()[1..].iter().map(|call| call.header("webhook-id").to_owned()).collect();
        assert_eq!((bench.calls().len(), ids.len()), (6, 1), "five times, as the same message");
        let is_off = async || {
            let read = move |rd: &mut Rd| subscription::find(rd, id);
            let row = bench.desk.store().read::<_, standfast_store::Error, _>(read).await.unwrap().unwrap();
            row.off_at.is_some()
        };
        assert!(!is_off().await, "not for an hour");
        bench.clock.advance(Duration::from_hours(24 * 3));
        *bench.others.answer.lock() = 0;
        bench.announce(id, 2).await;
        bench.work().await;
        assert!(is_off().await);
        bench.announce(id, 3).await;
        bench.work().await;
        assert_eq!(bench.calls().len(), 7, "nobody is called any more");
        // It is there again: whoever has the link says so.
        let token = bench.desk.keys().subscription_token(id);
        confirm_subscription(&bench.desk, id, &token).await.unwrap();
        *bench.others.answer.lock() = 204;
        bench.announce(id, 4).await;
        bench.work().await;
        assert_eq!(bench.calls().len(), 8);
        assert!(!is_off().await);
    }

    async fn whoever_only_asks_keeps_nobody_from_subscribing(store) {
        let bench = Bench::new(&store);
        // One host is asked a few times at most, however the port and the case are written.
        for url in ["https://hooks.example/0", "https://HOOKS.example/1", "https://hooks.example:8443/2", "https://hooks.example/3", "https://hooks.example/4"] {
            bench.subscribes(url).await.unwrap();
        }
        let sixth = bench.subscribes("https://hooks.example/5").await;
        assert!(matches!(sixth, Err(Error::Invalid { field: "address", reason: "too_many" })), "{sixth:?}");
        for number in 0..MOST_ASKED {
            bench.subscribes(&format!("https://h{number}.example/")).await.unwrap();
        }
        let rows = bench.desk.store().read::<_, standfast_store::Error, _>(|rd| subscription::list_unconfirmed(rd, SubscriptionKind::Webhook, 9_999)).await.unwrap();
        assert_eq!((rows.len(), rows[0].address.as_str()), (MOST_ASKED, "https://h0.example/"), "the oldest gave way");
        // What there is to tell goes before all questions.
        let (id, now) = (rows[0].id, bench.desk.now());
        let token = bench.desk.keys().subscription_token(id);
        confirm_subscription(&bench.desk, id, &token).await.unwrap();
        bench.announce(id, 1).await;
        let claim = |tx: &mut Tx| job::claim(tx, job::Crew::Calls, Time(i64::MAX - 1), Duration::ZERO, 1);
        let first = bench.desk.store().write::<_, standfast_store::Error, _>(Lane::Background, 0, claim).await.unwrap();
        assert_eq!((first[0].kind.as_str(), now), (CALL, bench.desk.now()));
    }

    async fn a_list_that_cannot_be_read_breaks_no_call_off(store) {
        let bench = Bench::new(&store);
        let go_on = Arc::new(tokio::sync::Notify::new());
        *bench.others.hangs.lock() = Some(("/slow", go_on.clone()));
        bench.subscribes("https://hooks.example/slow").await.unwrap();
        let rename = async |sql: &'static str| {
            let unit = move |tx: &mut Tx| tx.execute(sql, standfast_store::params![]);
            bench.desk.store().write::<_, standfast_store::Error, _>(Lane::Background, 0, unit).await.unwrap();
        };
        let desk = bench.desk.clone();
        let mut calls = tokio::spawn(async move { make_calls(&desk, || false).await });
        let begun = async {
            while bench.calls().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), begun).await.expect("a call");
        rename("ALTER TABLE job RENAME TO job_away").await;
        // The list is looked at again every three seconds.
        let early = tokio::time::timeout(Duration::from_secs(5), &mut calls).await;
        assert!(early.is_err(), "a call is under way: {early:?}");
        rename("ALTER TABLE job_away RENAME TO job").await;
        go_on.notify_one();
        let ended = tokio::time::timeout(Duration::from_secs(30), calls).await.expect("an end").unwrap();
        assert!(ended.is_err(), "{ended:?}");
        // What came of it was written: nobody is called again.
        bench.clock.advance(Duration::from_hours(1));
        bench.work().await;
        assert_eq!(bench.calls().len(), 1);
    }

    async fn an_address_that_was_given_up_can_be_asked_anew(store) {
        let bench = Bench::new(&store);
        bench.subscribes("https://hooks.example/a").await.unwrap();
        bench.work().await;
        let id = bench.confirms().await;
        let off = move |tx: &mut Tx| {
            subscription::failed(tx, id, Time(0), Time(1))?;
            subscription::failed(tx, id, Time(2), Time(3))
        };
        assert!(bench.subscribes("https://hooks.example/a").await.is_err());
        bench.desk.store().write::<_, standfast_store::Error, _>(Lane::Background, 0, off).await.unwrap();
        bench.clock.advance(Duration::from_mins(11));
        bench.subscribes("https://hooks.example/a").await.unwrap();
        bench.work().await;
        assert_ne!(bench.confirms().await, id);
    }

    async fn what_nobody_confirms_is_forgotten(store) {
        let bench = Bench::new(&store);
        bench.subscribes("https://hooks.example/a").await.unwrap();
        let count = async || {
            let read = |rd: &mut Rd| subscription::count(rd, SubscriptionKind::Webhook);
            bench.desk.store().read::<_, standfast_store::Error, _>(read).await.unwrap()
        };
        assert_eq!(count().await, 1);
        bench.clock.advance(UNCONFIRMED + Duration::from_mins(1));
        while crate::work(&bench.desk).await.unwrap() > 0 {}
        assert_eq!(count().await, 0);
    }
}
