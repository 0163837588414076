//! A desk over a fresh store, with a clock that stands still, for this crate's own tests.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use standfast_domain::{FrozenClock, Role, SeededEntropy, Time};
use standfast_store::{Error as StoreError, Lane, Store, params};

use crate::{
    AgentCaller, Answer, Customer, Desk, HostKey, Intake, Keys, NewAgent, Receipt, Settings, Visitor,
    add_agent, receive,
};

/// A desk and its clock.
pub(crate) struct TestDesk {
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<FrozenClock>,
}

impl std::ops::Deref for TestDesk {
    type Target = Desk;
    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl TestDesk {
    pub(crate) fn new(store: &Store) -> Self {
        Self::node(store, 0)
    }

    /// One of several processes on a database.
    pub(crate) fn node(store: &Store, node: u8) -> Self {
        let clock = FrozenClock::at(Time::parse("2026-11-21T12:00:00Z").unwrap());
        let entropy = SeededEntropy::new(1 + u64::from(node));
        let settings = Settings {
            name: "Harbor Wallet".to_owned(),
            public_url: "http://desk.test".to_owned(),
            files: std::env::temp_dir().join(format!(
                "standfast-desk-test-{}",
                standfast_domain::OsEntropy::shared().bytes::<8>().map(|b| format!("{b:02x}")).concat()
            )),
            host_keys: vec![HostKey { issuer: "wallet".to_owned(), secret: vec![7; 32] }],
            ping: true,
            ..Settings::default()
        };
        let desk = Desk::new(store.clone(), Keys::new(&[9; 32]), settings, clock.clone(), entropy, node);
        Self { desk, clock }
    }

    pub(crate) fn pass(&self, minutes: u64) {
        self.clock.advance(Duration::from_mins(minutes));
    }

    /// An agent with a role; the password is `correct horse`.
    pub(crate) async fn agent(&self, name: &str, role: Role) -> AgentCaller {
        let new = NewAgent {
            email: format!("{name}@desk.test"),
            name: name.to_owned(),
            role: Some(role),
            password: "correct horse".to_owned(),
            ..NewAgent::default()
        };
        let view = add_agent(&self.desk, None, new).await.unwrap();
        AgentCaller { id: view.id, name: view.name, role }
    }

    /// Words of a visitor under a client id.
    pub(crate) async fn ask(&self, who: &Customer, client_id: &str, text: &str) -> Receipt {
        receive(&self.desk, who, intake(client_id, text)).await.unwrap().receipt
    }
}

impl Drop for TestDesk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.desk.settings().files);
    }
}

/// A visitor with a number.
pub(crate) fn visitor(number: u8) -> Customer {
    Customer::Visitor(Visitor::new(&URL_SAFE_NO_PAD.encode([number; 32])).unwrap())
}

pub(crate) fn intake(client_id: &str, text: &str) -> Intake {
    Intake { client_id: client_id.to_owned(), text: text.to_owned(), ..Intake::default() }
}

pub(crate) fn answer(client_id: &str, text: &str, seen_seq: i64) -> Answer {
    Answer { client_id: client_id.to_owned(), text: text.to_owned(), seen_seq, ..Answer::default() }
}

/// Does something to the database past the desk.
pub(crate) async fn tamper(store: &Store, sql: &str) {
    try_tamper(store, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Tries to.
pub(crate) async fn try_tamper(store: &Store, sql: &str) -> Result<(), StoreError> {
    let sql: &'static str = Box::leak(sql.to_owned().into_boxed_str());
    store.write(Lane::Ordinary, 0, move |tx| tx.execute(sql, params![]).map(drop)).await
}
