//! A flood of claims that are false, beside a few that are true.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use standfast_domain::{FalseClaim, MOST_AHEAD, Role, Turn};
use standfast_store::{request, store_test};

use super::dismiss_claim;
use crate::testing::{TestDesk, answer, intake};
use crate::{
    AgentCaller, Asks, Customer, InboxQuery, Intake, Receipt, View, Visitor, inbox, receive, relay, reply,
    verify,
};

/// Customers whose claims were found to be false twice, and how many claims each of them makes in the flood.
const KNOWN: u32 = 30;
const CLAIMS_OF_KNOWN: u32 = 5;
/// Customers of whom nothing is known, who claim falsely once each.
const NEW: u32 = 120;
/// Claims of one more, who opens a request for each.
const CLAIMS_OF_ONE: u32 = 60;
/// Customers who tell the truth.
const TRUE: u32 = 12;

/// What somebody in the flood is, and by that whose words they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    Known(u32),
    New(u32),
    One,
    True(u32),
}

impl Who {
    fn customer(self) -> Customer {
        let (kind, number) = match self {
            Self::Known(number) => (1, number),
            Self::New(number) => (2, number),
            Self::One => (3, 0),
            Self::True(number) => (4, number),
        };
        let mut secret = [kind; 32];
        secret[..4].copy_from_slice(&number.to_be_bytes());
        Customer::Visitor(Visitor::new(&URL_SAFE_NO_PAD.encode(secret)).unwrap())
    }
}

fn claim(client_id: &str) -> Intake {
    Intake {
        kind: Some("theft".into()),
        join: crate::Join::New,
        ..intake(client_id, "someone stole all my USDT")
    }
}

/// Everybody of the flood, those who tell the truth evenly among the others.
fn everybody() -> Vec<(Who, String)> {
    let known = (0..KNOWN * CLAIMS_OF_KNOWN).map(|n| (Who::Known(n % KNOWN), format!("flood{n}")));
    let new = (0..NEW).map(|n| (Who::New(n), "flood".to_owned()));
    let one = (0..CLAIMS_OF_ONE).map(|n| (Who::One, format!("flood{n}")));
    let mut all: Vec<_> = known.chain(new).chain(one).collect();
    // 7 and the number of the others have no divisor in common: every one of them has another place.
    let (others, step) = (all.len(), 7);
    all = (0..others).map(|n| all[n * step % others].clone()).collect();
    for n in 0..TRUE {
        let at = (n as usize + 1) * others / TRUE as usize + n as usize;
        all.insert(at, (Who::True(n), "true".to_owned()));
    }
    all
}

/// All at once.
async fn pour(desk: &TestDesk) -> Vec<(Who, Receipt)> {
    let mut tasks = tokio::task::JoinSet::new();
    for (who, client_id) in everybody() {
        let desk = desk.desk.clone();
        tasks.spawn(async move {
            let received = receive(&desk, &who.customer(), claim(&client_id)).await;
            (who, received.unwrap_or_else(|error| panic!("{who:?} was refused: {error}")).receipt)
        });
    }
    tasks.join_all().await
}

/// Makes some customers known for two false claims each.
async fn make_known(desk: &TestDesk, mei: &AgentCaller) {
    for n in 0..KNOWN {
        for client_id in ["first", "second"] {
            let who = Who::Known(n).customer();
            let receipt = receive(desk, &who, claim(client_id)).await.unwrap().receipt;
            dismiss_claim(desk, mei, receipt.request_id, FalseClaim::Queue).await.unwrap();
        }
    }
    desk.pass(60);
}

store_test! {
    async fn a_flood_refuses_no_true_claim_and_who_is_known_for_false_ones_stands_behind_them(store) {
        let desk = TestDesk::new(&store);
        let mei = desk.agent("mei", Role::Agent).await;
        make_known(&desk, &mei).await;
        let poured = pour(&desk).await;
        let of = |wanted: fn(&Who) -> bool| poured.iter().filter(move |(who, _)| wanted(who)).map(|(_, receipt)| receipt);
        for (who, receipt) in &poured {
            assert!(receipt.at_risk && receipt.next.code == "at_risk", "{who:?}: {receipt:?}");
        }
        // Before the true ones stand those alone of whom nobody can know better, each with a few claims at the most.
        let ahead = usize::try_from(NEW + TRUE + MOST_AHEAD).unwrap();
        let (unit_desk, now) = (desk.desk.clone(), desk.now());
        desk.store().read(move |rd| relay::load_from(rd, &unit_desk)).await.unwrap();
        let asks = Asks { channel: None, language: None, closed: None, now };
        let place = |receipt: &Receipt| desk.board().place(receipt.request_id, asks).unwrap().0 as usize;
        assert!(of(|who| matches!(who, Who::True(_))).all(|receipt| place(receipt) <= ahead));
        assert!(of(|who| matches!(who, Who::Known(_))).all(|receipt| place(receipt) > ahead));
        let of_one: Vec<_> = of(|who| *who == Who::One).filter(|receipt| place(receipt) <= ahead).collect();
        assert_eq!(of_one.len(), MOST_AHEAD as usize, "who opens a request for each claim has no more of them ahead");

        // One person works through the lane from its beginning, while whoever is known for it goes on claiming.
        let mut waiting: BTreeSet<_> = of(|who| matches!(who, Who::True(_))).map(|receipt| receipt.request_id).collect();
        for look in 0..ahead {
            let query = InboxQuery { view: View::AtRisk, limit: 1, ..Default::default() };
            let first = inbox(&desk, &mei, query).await.unwrap().items[0].id;
            if waiting.remove(&first) {
                reply(&desk, &mei, first, answer("r", "Revoke the approval first, then move what is left.", 99)).await.unwrap();
            } else {
                dismiss_claim(&desk, &mei, first, FalseClaim::Queue).await.unwrap();
            }
            let more = Who::Known(u32::try_from(look).unwrap() % KNOWN).customer();
            assert!(receive(&desk, &more, claim(&format!("more{look}"))).await.unwrap().receipt.at_risk);
            desk.pass(1);
        }
        assert!(waiting.is_empty(), "all of them were reached within {ahead} looks: {waiting:?}");
        // Nobody was thrown out unseen: what is known to be doubtful waits for whoever has time.
        let left = desk.store().read(request::list_waiting).await.unwrap();
        let doubted = left.iter().filter(|(_, _, turn, _)| *turn == Turn::Doubted).count();
        let expected = KNOWN * CLAIMS_OF_KNOWN + (CLAIMS_OF_ONE - MOST_AHEAD) + NEW + TRUE + MOST_AHEAD;
        assert_eq!(doubted, expected as usize);
        assert!(verify(&desk).await.unwrap().is_sound());
    }
}
