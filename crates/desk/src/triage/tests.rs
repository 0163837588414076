use std::time::Duration;

use standfast_domain::{FalseClaim, Role, Turn};
use standfast_store::{outbox, params, request, store_test};

use super::*;
use crate::testing::{TestDesk, answer, intake, tamper, visitor};
use crate::{
    FollowUp, InboxQuery, Intake, Receipt, View, detail, follow_up, inbox, merge, note, receive, relay,
    retype, verify,
};

/// What the desk would read at a start.
async fn load(desk: &TestDesk) {
    let unit_desk = desk.desk.clone();
    desk.store().read(move |rd| relay::load_from(rd, &unit_desk)).await.unwrap();
}

/// The outbox, as far as it was handed on.
struct Feed {
    cursor: outbox::Cursor,
    read: i64,
}

impl Feed {
    async fn new(desk: &TestDesk) -> Self {
        let cursor = desk.store().read(outbox::head).await.unwrap();
        Self { cursor, read: written(desk).await }
    }

    /// Hands on what was committed since the last time. Whatever else runs on the same PostgreSQL may hold it back for a moment.
    async fn follow(&mut self, desk: &TestDesk) {
        for _ in 0..200 {
            let (unit_desk, from) = (desk.desk.clone(), self.cursor);
            let read = desk.store().read(move |rd| {
                let (events, next) = outbox::read_after(rd, &from, 500)?;
                for event in &events {
                    relay::note(rd, &unit_desk, event)?;
                }
                Ok::<_, Error>((i64::try_from(events.len()).unwrap(), next))
            });
            let (count, next) = read.await.unwrap();
            (self.cursor, self.read) = (next, self.read + count);
            if self.read == written(desk).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the outbox was not handed on within ten seconds");
    }
}

async fn written(desk: &TestDesk) -> i64 {
    let read =
        desk.store().read(|rd| rd.query_one("SELECT count(*) FROM outbox", params![], |row| row.get(0)));
    read.await.unwrap()
}

fn theft(client_id: &str, text: &str) -> Intake {
    Intake { kind: Some("theft".into()), join: crate::Join::New, ..intake(client_id, text) }
}

async fn claim_again(desk: &TestDesk, receipt: &Receipt, client_id: &str) {
    let words =
        FollowUp {
            client_id: client_id.into(), text: "有人把我的币转走了！".into(), ..FollowUp::default()
        };
    assert!(follow_up(desk, &visitor(1), receipt.number, words).await.unwrap().receipt.at_risk);
}

async fn turn(desk: &TestDesk, receipt: &Receipt) -> Turn {
    let id = receipt.request_id;
    desk.store().read(move |rd| request::find(rd, id)).await.unwrap().unwrap().turn()
}

async fn held(desk: &TestDesk) -> i64 {
    let sql = "SELECT count(*) FROM false_claim WHERE restored_by IS NULL";
    desk.store().read(move |rd| rd.query_one(sql, params![], |row| row.get(0))).await.unwrap()
}

store_test! {
    async fn who_claims_falsely_is_doubted_however_often_their_words_bring_it_back(store) {
        let desk = TestDesk::new(&store);
        let mei = desk.agent("mei", Role::Agent).await;
        // One request, again and again.
        let one = receive(&desk, &visitor(1), theft("a", "被盗了")).await.unwrap().receipt;
        for (round, expected) in [Turn::AtRisk, Turn::Doubted, Turn::Doubted].into_iter().enumerate() {
            dismiss_claim(&desk, &mei, one.request_id, FalseClaim::Queue).await.unwrap();
            desk.pass(1);
            claim_again(&desk, &one, &format!("a{round}")).await;
            assert_eq!(turn(&desk, &one).await, expected, "round {round}");
        }
        // Another one, too.
        let other = receive(&desk, &visitor(1), theft("b", "被盗了")).await.unwrap().receipt;
        assert_eq!(turn(&desk, &other).await, Turn::Doubted);
        assert_eq!(held(&desk).await, 3);
        // Moved out by mistake, it stands where it stood, with what was held against its customer before.
        dismiss_claim(&desk, &mei, one.request_id, FalseClaim::Queue).await.unwrap();
        crate::undo_dismissal(&desk, &mei, one.request_id).await.unwrap();
        assert_eq!((turn(&desk, &one).await, held(&desk).await), (Turn::Doubted, 3));
        assert!(verify(&desk).await.unwrap().faults.is_empty());
        // Somebody has looked: nothing that this request claimed was false.
        put_at_risk(&desk, &mei, one.request_id).await.unwrap();
        assert_eq!((turn(&desk, &one).await, held(&desk).await), (Turn::AtRisk, 0));
        let next = receive(&desk, &visitor(1), theft("c", "被盗了")).await.unwrap().receipt;
        assert_eq!(turn(&desk, &next).await, Turn::AtRisk);
        assert!(verify(&desk).await.unwrap().faults.is_empty());
        tamper(&store, "UPDATE false_claim SET restored_by = (SELECT max(id) FROM agent)").await;
        desk.agent("ana", Role::Agent).await;
        tamper(&store, "UPDATE false_claim SET restored_by = (SELECT max(id) FROM agent)").await;
        assert_eq!(verify(&desk).await.unwrap().faults.len(), 1, "who took it back is in the record");
    }

    async fn what_a_customer_never_claimed_is_not_held_against_them(store) {
        let desk = TestDesk::new(&store);
        let mei = desk.agent("mei", Role::Agent).await;
        let new = async |id: &str, text: &str| {
            let new = Intake { join: crate::Join::New, ..intake(id, text) };
            receive(&desk, &visitor(1), new).await.unwrap().receipt
        };
        // A slip of the hand, a type that was wrong, and a phrase that was pasted.
        let (one, two) = (new("a", "转账没到账").await, new("b", "兑换失败").await);
        put_at_risk(&desk, &mei, one.request_id).await.unwrap();
        retype(&desk, &mei, two.request_id, "theft").await.unwrap();
        let phrase = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
        let three = new("c", phrase).await;
        for receipt in [&one, &two, &three] {
            assert_eq!(turn(&desk, receipt).await, Turn::AtRisk);
            dismiss_claim(&desk, &mei, receipt.request_id, FalseClaim::Question).await.unwrap();
            assert_eq!(turn(&desk, receipt).await, Turn::Ordinary);
        }
        assert_eq!(held(&desk).await, 0);
        desk.pass(1);
        // By words it is a claim; by a phrase in the same request it is none again.
        claim_again(&desk, &one, "a1").await;
        assert_eq!(turn(&desk, &one).await, Turn::AtRisk);
        dismiss_claim(&desk, &mei, one.request_id, FalseClaim::NothingLost).await.unwrap();
        desk.pass(1);
        let words = FollowUp { client_id: "a2".into(), text: phrase.into(), ..FollowUp::default() };
        follow_up(&desk, &visitor(1), one.number, words).await.unwrap();
        dismiss_claim(&desk, &mei, one.request_id, FalseClaim::Question).await.unwrap();
        assert_eq!((turn(&desk, &one).await, held(&desk).await), (Turn::Ordinary, 1));
        assert!(verify(&desk).await.unwrap().faults.is_empty());
        tamper(&store, "DELETE FROM false_claim").await;
        assert_eq!(verify(&desk).await.unwrap().faults.len(), 1, "the one claim");
    }

    async fn a_doubt_outlives_another_type_and_a_merge(store) {
        let desk = TestDesk::new(&store);
        let mei = desk.agent("mei", Role::Agent).await;
        for id in ["a", "b"] {
            let claim = receive(&desk, &visitor(1), theft(id, "被盗了")).await.unwrap().receipt;
            dismiss_claim(&desk, &mei, claim.request_id, FalseClaim::Queue).await.unwrap();
        }
        let ordinary = Intake { join: crate::Join::New, ..intake("c", "兑换失败") };
        let ordinary = receive(&desk, &visitor(1), ordinary).await.unwrap().receipt;
        let doubted = receive(&desk, &visitor(1), theft("d", "被盗了")).await.unwrap().receipt;
        for kind in ["swap", "leak"] {
            retype(&desk, &mei, doubted.request_id, kind).await.unwrap();
            assert_eq!(turn(&desk, &doubted).await, Turn::Doubted, "{kind}");
        }
        merge(&desk, &mei, doubted.request_id, ordinary.number).await.unwrap();
        assert_eq!(turn(&desk, &ordinary).await, Turn::Doubted);
        // With one that nobody doubts, nobody is doubted.
        let other = receive(&desk, &visitor(1), theft("e", "被盗了")).await.unwrap().receipt;
        put_at_risk(&desk, &mei, other.request_id).await.unwrap();
        merge(&desk, &mei, other.request_id, ordinary.number).await.unwrap();
        assert_eq!(turn(&desk, &ordinary).await, Turn::AtRisk);
        assert!(verify(&desk).await.unwrap().faults.is_empty());
    }

    async fn how_urgent_the_next_words_are_follows_what_was_committed(store) {
        let desk = TestDesk::new(&store);
        let mei = desk.agent("mei", Role::Agent).await;
        load(&desk).await;
        let mut feed = Feed::new(&desk).await;
        let claim = receive(&desk, &visitor(1), theft("a", "被盗了")).await.unwrap().receipt;
        dismiss_claim(&desk, &mei, claim.request_id, FalseClaim::Queue).await.unwrap();
        assert!(!desk.is_at_risk(claim.number));
        // As another process of the desk remembers it.
        desk.numbers().note(claim.number, claim.request_id, true);
        feed.follow(&desk).await;
        assert!(!desk.is_at_risk(claim.number));
        put_at_risk(&desk, &mei, claim.request_id).await.unwrap();
        desk.numbers().note(claim.number, claim.request_id, false);
        feed.follow(&desk).await;
        assert!(desk.is_at_risk(claim.number));
        // What is not committed did not happen.
        tamper(&store, "ALTER TABLE outbox RENAME TO outbox_away").await;
        dismiss_claim(&desk, &mei, claim.request_id, FalseClaim::Queue).await.unwrap_err();
        assert!(desk.is_at_risk(claim.number));
    }

    async fn a_false_claim_leaves_the_lane_is_told_and_comes_back_by_a_key_or_by_words(store) {
        let desk = TestDesk::new(&store);
        let mei = desk.agent("mei", Role::Agent).await;
        let analyst = desk.agent("ana", Role::Analyst).await;
        load(&desk).await;
        let mut feed = Feed::new(&desk).await;
        let earlier = desk.ask(&visitor(1), "c", "转账没到账").await;
        desk.pass(1);
        let claim = receive(&desk, &visitor(2), theft("c", "币价跌了，我亏了很多")).await.unwrap().receipt;
        desk.pass(1);
        let later = desk.ask(&visitor(3), "c", "兑换失败").await;
        feed.follow(&desk).await;
        let place = |id| desk.board().place(id, crate::Asks { channel: None, language: None, closed: None, now: desk.now() }).map(|(place, _)| place);
        assert!(claim.at_risk);
        assert_eq!((place(claim.request_id), place(earlier.request_id)), (Some(1), Some(2)));

        assert!(matches!(dismiss_claim(&desk, &analyst, claim.request_id, FalseClaim::Trade).await, Err(Error::Forbidden)));
        dismiss_claim(&desk, &mei, claim.request_id, FalseClaim::Trade).await.unwrap();
        dismiss_claim(&desk, &mei, claim.request_id, FalseClaim::Queue).await.unwrap();
        feed.follow(&desk).await;
        let (talk, _) = detail(&desk, &mei, claim.request_id).await.unwrap();
        assert!(!talk.request.summary.at_risk);
        let told: Vec<_> = talk.entries.iter().filter_map(|entry| entry.event.clone()).collect();
        assert_eq!(told, [Event::NotAtRisk { reason: FalseClaim::Trade }], "once");
        let places = [earlier.request_id, claim.request_id, later.request_id].map(place);
        assert_eq!(places, [Some(1), Some(2), Some(3)], "as long as it has waited");
        let counted = claims(&desk, &mei).await.unwrap();
        assert_eq!((counted.claimed, counted.moved_out, counted.moved_back), (1, 1, 0));
        assert_eq!(counted.reasons, [ReasonCount { reason: FalseClaim::Trade, count: 1 }]);
        assert!(!desk.is_at_risk(claim.number), "the next message stands in the ordinary line at the door");

        // By a key.
        put_at_risk(&desk, &mei, claim.request_id).await.unwrap();
        put_at_risk(&desk, &mei, claim.request_id).await.unwrap();
        feed.follow(&desk).await;
        assert_eq!(place(claim.request_id), Some(1));
        let counted = claims(&desk, &mei).await.unwrap();
        assert_eq!((counted.claimed, counted.moved_out, counted.moved_back), (1, 0, 1));

        // By words that claim it again, however often somebody found that it is not so.
        for round in 0..3 {
            dismiss_claim(&desk, &mei, claim.request_id, FalseClaim::NothingLost).await.unwrap();
            let words = crate::FollowUp { client_id: format!("again{round}"), text: "有人把我的币转走了！".into(), ..Default::default() };
            let receipt = follow_up(&desk, &visitor(2), claim.number, words).await.unwrap().receipt;
            assert!(receipt.at_risk, "a claim is never refused");
        }
        dismiss_claim(&desk, &mei, claim.request_id, FalseClaim::Question).await.unwrap();
        let calm = crate::FollowUp { client_id: "calm".into(), text: "好的，谢谢".into(), ..Default::default() };
        assert!(!follow_up(&desk, &visitor(2), claim.number, calm).await.unwrap().receipt.at_risk);
        // A type of such requests that an agent gives is the word of a person, too.
        retype(&desk, &mei, claim.request_id, "leak").await.unwrap();
        assert!(detail(&desk, &mei, claim.request_id).await.unwrap().0.request.summary.at_risk);
        assert!(verify(&desk).await.unwrap().faults.is_empty());
    }

    async fn what_stands_beside_the_record_is_made_again_from_it(store) {
        let desk = TestDesk::new(&store);
        let mei = desk.agent("mei", Role::Agent).await;
        let claim = receive(&desk, &visitor(2), theft("c", "被盗了吗？")).await.unwrap().receipt;
        dismiss_claim(&desk, &mei, claim.request_id, FalseClaim::Question).await.unwrap();
        assert!(verify(&desk).await.unwrap().faults.is_empty());
        for (change, back) in [
            ("UPDATE false_claim SET reason = 'queue'", "UPDATE false_claim SET reason = 'question'"),
            ("UPDATE false_claim SET restored_at = 1", "UPDATE false_claim SET restored_at = NULL"),
            ("UPDATE false_claim SET seq = seq + 1", "UPDATE false_claim SET seq = seq - 1"),
            ("DELETE FROM false_claim", ""),
        ] {
            tamper(&store, change).await;
            let faults = verify(&desk).await.unwrap().faults;
            assert_eq!(faults.len(), 1, "{change}");
            assert!(faults[0].what.contains("false claim"), "{change}: {faults:?}");
            if !back.is_empty() { tamper(&store, back).await; }
        }
    }

    async fn whoever_claimed_falsely_twice_stands_in_the_lane_behind_the_others(store) {
        let desk = TestDesk::new(&store);
        let mei = desk.agent("mei", Role::Agent).await;
        let mut claimed = Vec::new();
        let turn = |id| store.read(move |rd| request::find(rd, id).map(|row| row.unwrap().turn()));
        for number in 0..3 {
            let receipt = receive(&desk, &visitor(1), theft(&format!("c{number}"), "被盗了")).await.unwrap().receipt;
            let expected = if number < 2 { Turn::AtRisk } else { Turn::Doubted };
            assert_eq!(turn(receipt.request_id).await.unwrap(), expected, "claim {number}");
            if number < 2 { dismiss_claim(&desk, &mei, receipt.request_id, FalseClaim::Queue).await.unwrap(); }
            claimed.push(receipt);
            desk.pass(1);
        }
        let doubted = claimed[2].request_id;
        assert!(claimed[2].at_risk && claimed[2].next.code == "at_risk", "told what everybody in the lane is told");
        let other = receive(&desk, &visitor(2), theft("c", "我的钱包被盗")).await.unwrap().receipt;
        let ordinary = desk.ask(&visitor(3), "c", "转账没到账").await;
        let lane = inbox(&desk, &mei, InboxQuery { view: View::AtRisk, limit: 9, ..Default::default() }).await.unwrap();
        assert_eq!(lane.items.iter().map(|item| item.id).collect::<Vec<_>>(), [other.request_id, doubted]);
        load(&desk).await;
        let place = |id| desk.board().place(id, crate::Asks { channel: None, language: None, closed: None, now: desk.now() }).unwrap().0;
        assert_eq!((place(other.request_id), place(doubted)), (1, 2));
        assert!(place(ordinary.request_id) > 2);
        // A note changes nothing, and a secret is no claim.
        note(&desk, &mei, doubted, answer("n", "查看中", 99)).await.unwrap();
        assert_eq!(turn(doubted).await.unwrap(), Turn::Doubted);
        // Moved out by mistake and back, it stands where it stood, and nothing more is held against anybody.
        dismiss_claim(&desk, &mei, doubted, FalseClaim::Trade).await.unwrap();
        assert_eq!(turn(doubted).await.unwrap(), Turn::Ordinary);
        crate::undo_dismissal(&desk, &mei, doubted).await.unwrap();
        assert_eq!(turn(doubted).await.unwrap(), Turn::Doubted);
        dismiss_claim(&desk, &mei, other.request_id, FalseClaim::Trade).await.unwrap();
        crate::undo_dismissal(&desk, &mei, other.request_id).await.unwrap();
        assert_eq!(turn(other.request_id).await.unwrap(), Turn::AtRisk);
        // There is nothing to be undone: neither where it is in the lane, nor where nobody has moved it out.
        crate::undo_dismissal(&desk, &mei, doubted).await.unwrap();
        crate::undo_dismissal(&desk, &mei, ordinary.request_id).await.unwrap();
        assert_eq!((turn(doubted).await.unwrap(), turn(ordinary.request_id).await.unwrap()), (Turn::Doubted, Turn::Ordinary));
        assert!(verify(&desk).await.unwrap().faults.is_empty());
        // Somebody who looks lifts the doubt.
        put_at_risk(&desk, &mei, doubted).await.unwrap();
        assert_eq!(turn(doubted).await.unwrap(), Turn::AtRisk);
        // Moved back, an earlier claim is no false one any more.
        put_at_risk(&desk, &mei, claimed[0].request_id).await.unwrap();
        let next = receive(&desk, &visitor(1), theft("c8", "被盗了")).await.unwrap().receipt;
        assert_eq!(turn(next.request_id).await.unwrap(), Turn::AtRisk);
        dismiss_claim(&desk, &mei, next.request_id, FalseClaim::Queue).await.unwrap();
        // After a quarter of a year nothing is held against anybody.
        desk.clock.advance(HELD_AGAINST + Duration::from_hours(1));
        let after = receive(&desk, &visitor(1), theft("c9", "被盗了")).await.unwrap().receipt;
        assert_eq!(turn(after.request_id).await.unwrap(), Turn::AtRisk);
        assert!(verify(&desk).await.unwrap().faults.is_empty());
        let rows = store.read(|rd| rd.query_one("SELECT count(*) FROM false_claim WHERE restored_at IS NULL", params![], |row| row.get::<i64>(0)));
        assert_eq!(rows.await.unwrap(), 2);
    }
}
