use std::time::Duration;

use standfast_domain::{Role, State, TeamId, Transition};
use standfast_store::handling::{self, HandlingRow};
use standfast_store::{Dialect, store_test};

use crate::testing::{TestDesk, answer, intake, tamper, visitor};
use crate::{
    Answer, Assignment, Error, InboxQuery, Intake, Join, Then, View, add_team, assign, conversation, detail,
    erase, inbox, merge, receive, reply, retype, tag, transition, verify, work,
};

store_test! {
    async fn the_inbox_shows_risk_first_then_who_waits_longest(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let calm = desk.ask(&visitor(1), "c1", "My swap failed").await;
        desk.pass(1);
        let later = desk.ask(&visitor(2), "c1", "Balance is zero").await;
        desk.pass(1);
        let theft = Intake { kind: Some("theft".into()), ..intake("c1", "my money is gone") };
        let theft = receive(&desk, &visitor(3), theft).await.unwrap().receipt;
        let query = |view| InboxQuery { view, limit: 2, ..InboxQuery::default() };
        let page = inbox(&desk, &agent, query(View::Unassigned)).await.unwrap();
        let numbers: Vec<_> = page.items.iter().map(|r| r.number).collect();
        assert_eq!(numbers, [theft.number, calm.number]);
        assert_eq!((page.counts.unassigned, page.counts.at_risk, page.counts.mine), (3, 1, 0));
        let next = InboxQuery { cursor: page.next, ..query(View::Unassigned) };
        let page = inbox(&desk, &agent, next).await.unwrap();
        assert_eq!(page.items.iter().map(|r| r.number).collect::<Vec<_>>(), [later.number]);
        assert_eq!(page.next, None);
        let found = InboxQuery { text: Some("BALANCE".into()), ..query(View::All) };
        assert_eq!(inbox(&desk, &agent, found).await.unwrap().items[0].number, later.number);
        let found = InboxQuery { text: Some(calm.number.to_string().to_lowercase()), ..query(View::All) };
        assert_eq!(inbox(&desk, &agent, found).await.unwrap().items[0].number, calm.number);
        assign(&desk, &agent, calm.request_id, Assignment { agent: Some(Some(agent.id)), team: None }).await.unwrap();
        assert_eq!(inbox(&desk, &agent, query(View::Mine)).await.unwrap().items.len(), 1);
        transition(&desk, &agent, calm.request_id, Transition::Solve, None).await.unwrap();
        assert_eq!(inbox(&desk, &agent, query(View::Mine)).await.unwrap().items.len(), 0);
        assert_eq!(inbox(&desk, &agent, query(View::Done)).await.unwrap().items[0].number, calm.number);
        let anywhere = InboxQuery { text: Some(calm.number.to_string()), ..query(View::Unassigned) };
        assert_eq!(inbox(&desk, &agent, anywhere).await.unwrap().items[0].number, calm.number);
    }

    async fn changes_stand_in_the_record(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let receipt = desk.ask(&visitor(1), "c1", "My swap failed").await;
        let id = receipt.request_id;
        retype(&desk, &agent, id, "swap").await.unwrap();
        tag(&desk, &agent, id, vec!["Slippage".into(), "slippage".into()], vec![]).await.unwrap();
        transition(&desk, &agent, id, Transition::Hold, None).await.unwrap();
        let (talk, _) = detail(&desk, &agent, id).await.unwrap();
        assert_eq!((talk.request.summary.kind.as_str(), talk.request.summary.tags.clone()), ("swap", vec!["slippage".to_owned()]));
        assert_eq!(talk.entries.len(), 4);
        let seen = conversation(&desk, &visitor(1), receipt.number, 0, 50).await.unwrap();
        assert_eq!(seen.entries.len(), 2, "the customer sees the words and that it is on hold");
        let nobody = Assignment { agent: None, team: Some(Some(TeamId(5))) };
        assert!(matches!(assign(&desk, &agent, id, nobody).await, Err(Error::Invalid { .. })));
        assert!(matches!(transition(&desk, &agent, id, Transition::Hold, None).await, Err(Error::Transition(_))));
    }

    async fn merged_requests_go_on_in_one(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let one = desk.ask(&who, "c1", "My swap failed").await;
        reply(&desk, &agent, one.request_id, answer("a1", "Which pair?", 1)).await.unwrap();
        let two = receive(&desk, &who, Intake { join: Join::New, ..intake("c2", "swap again") }).await.unwrap().receipt;
        merge(&desk, &agent, two.request_id, one.number).await.unwrap();
        let (source, _) = detail(&desk, &agent, two.request_id).await.unwrap();
        let (target, _) = detail(&desk, &agent, one.request_id).await.unwrap();
        assert_eq!((source.request.summary.state, source.request.merged_into), (State::Merged, Some(one.number)));
        assert_eq!(target.request.summary.state, State::Open, "who waited there waits here");
        let more = crate::FollowUp { client_id: "c3".into(), text: "ETH to USDC".into(), ..crate::FollowUp::default() };
        let went = crate::follow_up(&desk, &who, two.number, more).await.unwrap().receipt;
        assert_eq!(went.number, one.number);
        // Who has only the link of the merged one is led on; nobody is led anywhere else.
        let link = crate::Customer::Link(two.request_id);
        assert_eq!(crate::merged_link(&desk, &link, two.number).await.unwrap(), Some(one.link.clone()));
        assert_eq!(crate::merged_link(&desk, &who, two.number).await.unwrap(), Some(one.link.clone()));
        assert_eq!(crate::merged_link(&desk, &who, one.number).await.unwrap(), None);
        assert!(matches!(crate::merged_link(&desk, &link, one.number).await, Err(Error::NotFound)));
        assert!(matches!(crate::merged_link(&desk, &visitor(2), two.number).await, Err(Error::NotFound)));
        let three = receive(&desk, &who, Intake { join: Join::New, ..intake("c4", "a third") }).await.unwrap().receipt;
        merge(&desk, &agent, one.request_id, three.number).await.unwrap();
        assert_eq!(crate::merged_link(&desk, &link, two.number).await.unwrap(), Some(three.link), "over two steps");
        let stranger = desk.ask(&visitor(2), "c1", "mine").await;
        assert!(matches!(merge(&desk, &agent, stranger.request_id, one.number).await, Err(Error::CannotMerge)));
        assert!(matches!(merge(&desk, &agent, one.request_id, one.number).await, Err(Error::CannotMerge)));
        assert!(verify(&desk).await.unwrap().faults.is_empty());
    }

    async fn an_erased_text_is_gone_and_the_rest_verifies(store) {
        let desk = TestDesk::new(&store);
        let (agent, lead) = (desk.agent("mei", Role::Agent).await, desk.agent("lea", Role::Lead).await);
        let receipt = desk.ask(&visitor(1), "c1", "my passport number is 4711").await;
        let id = receipt.request_id;
        assert!(matches!(erase(&desk, &agent, id, 1, "privacy".into()).await, Err(Error::Forbidden)));
        erase(&desk, &lead, id, 1, "privacy".into()).await.unwrap();
        let (talk, _) = detail(&desk, &agent, id).await.unwrap();
        assert!(!format!("{talk:?}").contains("4711"));
        assert_eq!(talk.entries[0].erased.as_ref().map(|e| e.reason.as_str()), Some("privacy"));
        assert!(matches!(erase(&desk, &lead, id, 9, "privacy".into()).await, Err(Error::NotFound)));
        assert!(verify(&desk).await.unwrap().faults.is_empty());
        assert!(work(&desk).await.unwrap() >= 1, "the scrubbing job runs");
    }

    async fn a_silent_solved_request_is_closed_by_the_clock(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let receipt = desk.ask(&visitor(1), "c1", "My swap failed").await;
        transition(&desk, &agent, receipt.request_id, Transition::Solve, None).await.unwrap();
        work(&desk).await.unwrap();
        let (talk, _) = detail(&desk, &agent, receipt.request_id).await.unwrap();
        assert_eq!(talk.request.summary.state, State::Solved);
        desk.clock.advance(Duration::from_hours(24 * 7 + 1));
        work(&desk).await.unwrap();
        let (talk, _) = detail(&desk, &agent, receipt.request_id).await.unwrap();
        assert_eq!(talk.request.summary.state, State::Closed);
    }

    async fn what_was_recognised_in_erased_words_goes_with_them(store) {
        let desk = TestDesk::new(&store);
        let (who, lead) = (visitor(1), desk.agent("lead", Role::Lead).await);
        let address = |n: char| format!("0x{}", n.to_string().repeat(40));
        let receipt = desk.ask(&who, "c1", &format!("my address is {} and hers {}", address('1'), address('2'))).await;
        desk.ask(&who, "c2", &format!("once more, mine: {}", address('1'))).await;
        let known = |d: crate::RequestDetail| d.identifiers.into_iter().map(|i| i.value).collect::<Vec<_>>();
        let before = known(crate::detail(&desk, &lead, receipt.request_id).await.unwrap().0.request);
        assert_eq!(before.len(), 2, "{before:?}");
        let asks = erase(&desk, &lead, receipt.request_id, 1, "please send us your recovery phrase".into()).await;
        assert!(matches!(asks, Err(Error::AsksForSecret)));
        erase(&desk, &lead, receipt.request_id, 1, "privacy".into()).await.unwrap();
        let after = known(crate::detail(&desk, &lead, receipt.request_id).await.unwrap().0.request);
        assert_eq!(after, [address('1')]);
    }

    async fn what_agents_did_adds_up_and_can_be_made_again(store) {
        let desk = TestDesk::new(&store);
        let (mei, lin) = (desk.agent("mei", Role::Agent).await, desk.agent("lin", Role::Lead).await);
        let (chain, risk) = (add_team(&desk, "chain".into()).await.unwrap(), add_team(&desk, "risk".into()).await.unwrap());
        let one = desk.ask(&visitor(1), "c1", "My swap failed").await.request_id;
        let two = desk.ask(&visitor(2), "c1", "Balance is zero").await.request_id;
        let untouched = desk.ask(&visitor(3), "c1", "Where is the fee shown?").await;
        desk.ask(&visitor(3), "c2", "I mean the network fee").await;
        let give = async |id, agent: Option<Option<standfast_domain::AgentId>>, team: Option<Option<TeamId>>| {
            assign(&desk, &lin, id, Assignment { agent, team }).await.unwrap();
        };
        // To a team, from there to somebody in it, back to nobody and to the same person again: no transfer.
        give(one, None, Some(Some(chain))).await;
        give(one, Some(Some(mei.id)), None).await;
        give(one, Some(None), None).await;
        give(one, Some(Some(mei.id)), None).await;
        reply(&desk, &mei, one, Answer { worked: Some(95), ..answer("a1", "Which pair?", 99) }).await.unwrap();
        // To another person, and to another team and person at once.
        give(one, Some(Some(lin.id)), None).await;
        give(one, Some(Some(mei.id)), Some(Some(risk))).await;
        let solved = Answer { then: Then::Solved, worked: Some(30), ..answer("a2", "It went through", 99) };
        desk.pass(5);
        reply(&desk, &lin, one, solved).await.unwrap();
        let first_solved = desk.desk.now();
        desk.pass(5);
        desk.ask(&visitor(1), "c2", "It did not").await;
        let reopened = desk.desk.now();
        desk.pass(5);
        transition(&desk, &mei, one, Transition::Solve, None).await.unwrap();
        transition(&desk, &mei, one, Transition::Close, None).await.unwrap();
        transition(&desk, &mei, one, Transition::Reopen, None).await.unwrap();
        // Whoever answers what nobody has gets it.
        reply(&desk, &mei, two, answer("a3", "It is a matter of minutes", 99)).await.unwrap();

        let ids = [one, two, untouched.request_id];
        let read = async || {
            let read = store.read(move |rd| ids.iter().map(|id| handling::find(rd, *id)).collect::<Result<Vec<_>, _>>());
            read.await.unwrap()
        };
        let found = read().await;
        let expected = HandlingRow {
            reply_count: 2,
            first_agent_id: Some(mei.id),
            solved_count: 2,
            first_solved_at: Some(first_solved),
            agent_id: Some(mei.id),
            team_id: Some(risk),
            transfer_count: 2,
            escalation_count: 1,
            first_reply_seq: Some(6),
            worked_s: Some(95 + 30),
        };
        assert_eq!(found[0], Some(expected));
        let answered = HandlingRow { reply_count: 1, first_agent_id: Some(mei.id), agent_id: Some(mei.id), first_reply_seq: Some(2), ..HandlingRow::default() };
        assert_eq!(found[1], Some(answered));
        assert_eq!(found[2], None, "customers' words write nothing here");
        let (talk, _) = detail(&desk, &mei, one).await.unwrap();
        assert_eq!(talk.request.tier, 2, "it went to another team once");
        assert_eq!(detail(&desk, &mei, two).await.unwrap().0.request.tier, 1);
        assert_eq!(talk.request.reopen_count, 2, "by words after it was solved, and by an agent after it was closed");

        let facts = store.read(move |rd| standfast_store::fact::list(rd, &[one])).await.unwrap();
        assert_eq!(facts[0].reopened_at, Some(reopened), "for the first time");

        // An answer that its customer never came back for. What a client counted while nobody was there is not believed.
        let facts = async |id| store.read(move |rd| standfast_store::fact::list(rd, &[id])).await.unwrap().remove(0);
        assert!(facts(two).await.unread && !facts(one).await.unread && !facts(untouched.request_id).await.unread);
        transition(&desk, &mei, two, Transition::Hold, Some(u32::MAX)).await.unwrap();
        let number = detail(&desk, &mei, two).await.unwrap().0.request.summary.number;
        crate::read_by_customer(&desk, &visitor(2), number, 99).await.unwrap();
        let two = facts(two).await;
        assert_eq!((two.unread, two.worked_s), (false, Some(4 * 3_600)));

        // The migration makes the same of the entries.
        let text = include_str!("../../../store/migrations/0004_handling.sql");
        let (_, backfill) = text.split_once("{clustered};").unwrap();
        let members = match store.dialect() {
            Dialect::Sqlite => ["json_extract(event, '$.agent_id')", "json_extract(event, '$.team_id')"],
            Dialect::Postgres => ["(event::json ->> 'agent_id')", "(event::json ->> 'team_id')"],
        };
        let backfill = backfill.replace("{event.agent_id}", members[0]).replace("{event.team_id}", members[1]);
        tamper(&store, "DELETE FROM handling").await;
        tamper(&store, backfill.trim().trim_end_matches(';')).await;
        let text = include_str!("../../../store/migrations/0019_measures.sql");
        let (_, backfill) = text.split_once("worked_s BIGINT;").unwrap();
        tamper(&store, backfill.split_once(';').unwrap().0.trim()).await;
        // But for what no entry says.
        let told = found.iter().map(|row| row.map(|row| HandlingRow { worked_s: None, ..row })).collect::<Vec<_>>();
        assert_eq!(read().await, told);
    }
}
