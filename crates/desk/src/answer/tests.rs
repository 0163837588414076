use standfast_domain::{Role, State};
use standfast_store::store_test;

use crate::testing::{TestDesk, answer, visitor};
use crate::{Answer, Error, Then, conversation, detail, note, reply};

store_test! {
    async fn a_reply_reaches_the_customer_and_a_note_does_not(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let receipt = desk.ask(&visitor(1), "c1", "My swap failed").await;
        let id = receipt.request_id;
        note(&desk, &agent, id, answer("n1", "Looks like slippage", 0)).await.unwrap();
        desk.pass(5);
        let done = reply(&desk, &agent, id, answer("a1", "Please raise the slippage.", 2)).await.unwrap();
        assert_eq!((done.seq, done.replayed), (3, false));
        let again = reply(&desk, &agent, id, answer("a1", "Please raise the slippage.", 2)).await.unwrap();
        assert_eq!((again.seq, again.replayed), (3, true));
        let talk = conversation(&desk, &visitor(1), receipt.number, 0, 50).await.unwrap();
        let texts: Vec<_> = talk.entries.iter().filter_map(|e| e.text.as_deref()).collect();
        assert_eq!(texts, ["My swap failed", "Please raise the slippage."]);
        let theirs = &talk.entries[1].author;
        assert_eq!((theirs.name.as_deref(), theirs.id.as_deref()), (Some("mei"), None));
        let (talk, _) = detail(&desk, &agent, id).await.unwrap();
        assert_eq!(talk.request.summary.state, State::Waiting);
        assert_eq!(talk.request.summary.assignee_id, Some(agent.id), "who answers first takes it");
        assert!(talk.request.first_reply_at.is_some());
    }

    async fn a_reply_on_an_outdated_view_is_refused_and_shown_what_it_missed(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let receipt = desk.ask(&visitor(1), "c1", "My swap failed").await;
        desk.ask(&visitor(1), "c2", "Never mind, it worked").await;
        match reply(&desk, &agent, receipt.request_id, answer("a1", "Please raise it.", 1)).await {
            Err(Error::OutdatedView { missed, last_seq }) => {
                assert_eq!(last_seq, 2);
                assert_eq!(missed[0].text.as_deref(), Some("Never mind, it worked"));
            }
            other => panic!("{other:?}"),
        }
        reply(&desk, &agent, receipt.request_id, answer("a1", "Glad to hear.", 2)).await.unwrap();
    }

    async fn nobody_can_ask_for_a_secret(store) {
        let desk = TestDesk::new(&store);
        let admin = desk.agent("root", Role::Admin).await;
        let receipt = desk.ask(&visitor(1), "c1", "My swap failed").await;
        for text in ["Please send me your recovery phrase", "请把您的助记词发给我"] {
            let refused = reply(&desk, &admin, receipt.request_id, answer("a1", text, 1)).await;
            assert!(matches!(refused, Err(Error::AsksForSecret)), "{text}");
            let refused = note(&desk, &admin, receipt.request_id, answer("n1", text, 1)).await;
            assert!(matches!(refused, Err(Error::AsksForSecret)), "{text}");
        }
        let warning = "Never share your recovery phrase with anybody, also not with us.";
        reply(&desk, &admin, receipt.request_id, answer("a1", warning, 1)).await.unwrap();
    }

    async fn what_comes_after_a_reply_is_chosen_with_it(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        for (n, then, state) in
            [(1, Then::Waiting, State::Waiting), (2, Then::Solved, State::Solved), (3, Then::OnHold, State::OnHold), (4, Then::Open, State::Open)]
        {
            let receipt = desk.ask(&visitor(n), "c1", "My swap failed").await;
            let one = Answer { then, ..answer(&format!("a{n}"), "Done.", 1) };
            reply(&desk, &agent, receipt.request_id, one).await.unwrap();
            let (talk, _) = detail(&desk, &agent, receipt.request_id).await.unwrap();
            assert_eq!(talk.request.summary.state, state);
        }
    }

    async fn an_analyst_writes_nothing(store) {
        let desk = TestDesk::new(&store);
        let analyst = desk.agent("ana", Role::Analyst).await;
        let receipt = desk.ask(&visitor(1), "c1", "My swap failed").await;
        let refused = reply(&desk, &analyst, receipt.request_id, answer("a1", "Hello", 1)).await;
        assert!(matches!(refused, Err(Error::Forbidden)));
    }
}
