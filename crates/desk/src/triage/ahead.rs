//! Further claims of somebody who has a few that wait already.

use standfast_domain::{FalseClaim, MOST_AHEAD, Role, Turn};
use standfast_store::{request, store_test};

use super::{dismiss_claim, put_at_risk};
use crate::testing::{TestDesk, answer, intake, visitor};
use crate::{Intake, Receipt, receive, reply, undo_dismissal, verify};

async fn new(desk: &TestDesk, client_id: &str, text: &str) -> Receipt {
    let new = Intake { join: crate::Join::New, ..intake(client_id, text) };
    receive(desk, &visitor(1), new).await.unwrap().receipt
}

async fn claims(desk: &TestDesk, count: u32) -> Vec<Receipt> {
    let mut receipts = Vec::new();
    for n in 0..count {
        receipts.push(new(desk, &format!("claim{n}"), "someone stole all my USDT").await);
        desk.pass(1);
    }
    receipts
}

async fn turn(desk: &TestDesk, receipt: &Receipt) -> Turn {
    let id = receipt.request_id;
    desk.store().read(move |rd| request::find(rd, id)).await.unwrap().unwrap().turn()
}

store_test! {
    async fn the_next_claim_moves_up_when_one_before_it_is_looked_at(store) {
        let desk = TestDesk::new(&store);
        let mei = desk.agent("mei", Role::Agent).await;
        let all = claims(&desk, MOST_AHEAD + 2).await;
        let (ahead, behind) = all.split_at(MOST_AHEAD as usize);
        for receipt in behind {
            assert_eq!(turn(&desk, receipt).await, Turn::Doubted);
        }
        // What was false makes no room; a look at a true one does, for one.
        dismiss_claim(&desk, &mei, ahead[0].request_id, FalseClaim::Question).await.unwrap();
        assert_eq!(turn(&desk, &behind[0]).await, Turn::Doubted);
        reply(&desk, &mei, ahead[1].request_id, answer("r", "Move what is left first.", 99)).await.unwrap();
        assert_eq!(turn(&desk, &behind[0]).await, Turn::AtRisk);
        assert_eq!(turn(&desk, &behind[1]).await, Turn::Doubted, "one look, one place");
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn what_nobody_claimed_and_what_was_looked_at_takes_no_place(store) {
        let desk = TestDesk::new(&store);
        let mei = desk.agent("mei", Role::Agent).await;
        let phrase = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
        for n in 0..MOST_AHEAD {
            new(&desk, &format!("phrase{n}"), phrase).await;
            let other = new(&desk, &format!("other{n}"), "转账没到账").await;
            put_at_risk(&desk, &mei, other.request_id).await.unwrap();
        }
        let claim = new(&desk, "claim", "someone stole all my USDT").await;
        assert_eq!(turn(&desk, &claim).await, Turn::AtRisk);
    }

    async fn what_was_moved_out_by_mistake_comes_back_to_its_place(store) {
        let desk = TestDesk::new(&store);
        let mei = desk.agent("mei", Role::Agent).await;
        let first = claims(&desk, 1).await.remove(0);
        dismiss_claim(&desk, &mei, first.request_id, FalseClaim::Question).await.unwrap();
        for n in 0..MOST_AHEAD {
            new(&desk, &format!("more{n}"), "someone stole all my USDT").await;
        }
        undo_dismissal(&desk, &mei, first.request_id).await.unwrap();
        assert_eq!(turn(&desk, &first).await, Turn::AtRisk);
    }
}
