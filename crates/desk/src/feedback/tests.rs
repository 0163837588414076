use std::time::Duration;

use standfast_domain::{Event, Resolution, Role, Score, State, Transition};
use standfast_store::store_test;

use crate::command::Then;
use crate::testing::{TestDesk, answer, visitor};
use crate::{
    AgentCaller, Answer, Cause, Complaint, Customer, Error, FeedbackReceipt, FollowUp, Rate, Receipt,
    ReviewChange, ReviewState, Solved, answer_solved, change_agent, change_review, complain, conversation,
    detail, erase_customer, feedback_summary, follow_up, merge, own_feedback, rate, reply, request_feedback,
    reviews, transition, verify, work,
};

const PHRASE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";

async fn solved(desk: &TestDesk, agent: &AgentCaller, asked: &Receipt, client_id: &str) {
    let seen = detail(desk, agent, asked.request_id).await.unwrap().0.request.summary.last_seq;
    let words = Answer { then: Then::Solved, ..answer(client_id, "The transfer arrived.", seen) };
    reply(desk, agent, asked.request_id, words).await.unwrap();
}

async fn say(
    desk: &TestDesk,
    who: &Customer,
    asked: &Receipt,
    client_id: &str,
    solved: bool,
    text: &str,
) -> Result<FeedbackReceipt, Error> {
    let said = Solved { client_id: client_id.into(), solved, text: text.into(), channel: None };
    answer_solved(desk, who, asked.number, said).await
}

async fn give(
    desk: &TestDesk,
    who: &Customer,
    asked: &Receipt,
    client_id: &str,
    score: i64,
    comment: &str,
) -> Result<FeedbackReceipt, Error> {
    let score = Score::new(score).unwrap();
    let given =
        Rate { client_id: client_id.into(), score, reason: None, comment: comment.into(), channel: None };
    rate(desk, who, asked.number, given).await
}

async fn states(
    desk: &TestDesk,
    agent: &AgentCaller,
    asked: &Receipt,
) -> Vec<(i64, Resolution, Option<String>)> {
    let found = request_feedback(desk, agent, asked.request_id).await.unwrap().items;
    found.into_iter().map(|one| (one.episode, one.state, one.decided_by)).collect()
}

async fn do_jobs(desk: &TestDesk) {
    while work(desk).await.unwrap() > 0 {}
}

async fn state(desk: &TestDesk, who: &Customer, asked: &Receipt) -> State {
    conversation(desk, who, asked.number, 0, 200).await.unwrap().request.state
}

store_test! {
    async fn a_claim_is_confirmed_by_its_customer_once(store) {
        let desk = TestDesk::new(&store);
        let (agent, who) = (desk.agent("mei", Role::Agent).await, visitor(1));
        let asked = desk.ask(&who, "c1", "My transfer is pending").await;
        let before = own_feedback(&desk, &who, asked.number).await.unwrap();
        assert_eq!((before.episode, before.may_answer, before.may_rate), (None, false, false));
        assert!(matches!(say(&desk, &who, &asked, "y0", true, "").await, Err(Error::NotSolved)));
        assert!(matches!(give(&desk, &who, &asked, "r0", 5, "").await, Err(Error::NotSolved)));
        solved(&desk, &agent, &asked, "a1").await;
        let open = own_feedback(&desk, &who, asked.number).await.unwrap();
        assert_eq!((open.episode, open.state), (Some(1), Some(Resolution::Claimed)));
        assert!(open.may_answer && open.may_rate && !open.asked_again && open.rating.is_none());
        desk.pass(5);
        let said = say(&desk, &who, &asked, "y1", true, "").await.unwrap();
        assert_eq!(said.feedback.state, Some(Resolution::Confirmed));
        let again = say(&desk, &who, &asked, "y1", true, "").await.unwrap();
        assert!(again.replayed && again.seq == said.seq && !said.replayed);
        let other = say(&desk, &who, &asked, "y2", true, "").await.unwrap();
        assert_eq!(other.seq, said.seq, "nothing new, so nothing written");
        assert_eq!(states(&desk, &agent, &asked).await, [(1, Resolution::Confirmed, Some("customer".to_owned()))]);
        let talk = conversation(&desk, &who, asked.number, 0, 50).await.unwrap();
        let last = talk.entries.last().unwrap();
        assert_eq!(last.event, Some(Event::Resolution { episode: 1, state: Resolution::Confirmed }));
        assert_eq!((last.author.kind.as_str(), talk.request.state), ("customer", State::Solved));
        // Silence and agents do not overrule the customer.
        desk.pass(60 * 24 * 40);
        do_jobs(&desk).await;
        assert_eq!(states(&desk, &agent, &asked).await[0].1, Resolution::Confirmed);
        assert!(matches!(say(&desk, &who, &asked, "y3", false, "").await, Err(Error::FeedbackOver)));
        assert!(matches!(say(&desk, &visitor(2), &asked, "y4", true, "").await, Err(Error::NotFound)));
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn a_no_opens_the_request_again_with_its_words(store) {
        let desk = TestDesk::new(&store);
        let (agent, who) = (desk.agent("mei", Role::Agent).await, visitor(1));
        let asked = desk.ask(&who, "c1", "My transfer is pending").await;
        solved(&desk, &agent, &asked, "a1").await;
        for _ in 0..2 {
            let said = say(&desk, &who, &asked, "n1", false, "It is still not there").await.unwrap();
            assert_eq!(said.feedback.state, Some(Resolution::Repudiated));
            assert!(!said.feedback.may_answer && said.feedback.may_rate);
            assert_eq!(said.receipt.unwrap().state, State::Open);
        }
        let talk = conversation(&desk, &who, asked.number, 0, 50).await.unwrap();
        assert_eq!(talk.request.state, State::Open);
        let words: Vec<_> = talk.entries.iter().filter_map(|entry| entry.text.as_deref()).collect();
        assert_eq!(words, ["My transfer is pending", "The transfer arrived.", "It is still not there"]);
        assert!(desk.board().place(asked.request_id, crate::asks_anyhow(&desk, desk.now())).is_none(), "the relay does not run here");
        // Solved once more, it is asked about once more.
        solved(&desk, &agent, &asked, "a2").await;
        let customer = Some("customer".to_owned());
        let expected = [(2, Resolution::Claimed, None), (1, Resolution::Repudiated, customer.clone())];
        assert_eq!(states(&desk, &agent, &asked).await, expected);
        // Whoever just writes says no as well.
        let more = FollowUp { client_id: "c9".into(), text: "And another thing".into(), ..FollowUp::default() };
        follow_up(&desk, &who, asked.number, more).await.unwrap();
        assert_eq!(states(&desk, &agent, &asked).await[0], (2, Resolution::Repudiated, customer));
        assert!(matches!(say(&desk, &who, &asked, "y9", true, "").await, Err(Error::NotSolved)));
        assert_eq!(detail(&desk, &agent, asked.request_id).await.unwrap().0.request.reopen_count, 2);
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn agents_take_their_claims_back_but_not_their_customers_words(store) {
        let desk = TestDesk::new(&store);
        let (agent, who) = (desk.agent("mei", Role::Agent).await, visitor(1));
        let asked = desk.ask(&who, "c1", "My transfer is pending").await;
        transition(&desk, &agent, asked.request_id, Transition::Solve, None).await.unwrap();
        transition(&desk, &agent, asked.request_id, Transition::Reopen, None).await.unwrap();
        assert_eq!(states(&desk, &agent, &asked).await, [(1, Resolution::Repudiated, Some("agent".to_owned()))]);
        solved(&desk, &agent, &asked, "a1").await;
        // A further answer to what is called solved asks the same question anew, not a second one.
        desk.pass(60);
        solved(&desk, &agent, &asked, "a2").await;
        assert_eq!(states(&desk, &agent, &asked).await[0], (2, Resolution::Claimed, None));
        say(&desk, &who, &asked, "y1", true, "").await.unwrap();
        solved(&desk, &agent, &asked, "a3").await;
        assert_eq!(states(&desk, &agent, &asked).await[0].1, Resolution::Confirmed);
        reply(&desk, &agent, asked.request_id, answer("a4", "One more hint.", 99)).await.unwrap();
        assert_eq!(states(&desk, &agent, &asked).await[0].1, Resolution::Confirmed);
        // What is solved and becomes open by a merge is not solved.
        let other = crate::receive(&desk, &who, crate::Intake { join: crate::Join::New, ..crate::testing::intake("c2", "And my swap") }).await.unwrap().receipt;
        solved(&desk, &agent, &asked, "a5").await;
        merge(&desk, &agent, other.request_id, asked.number).await.unwrap();
        assert_eq!(states(&desk, &agent, &asked).await[0], (3, Resolution::Repudiated, Some("agent".to_owned())));
        assert!(matches!(say(&desk, &who, &other, "y2", true, "").await, Err(Error::RequestClosed)));
    }

    async fn silence_is_asked_about_once_and_then_taken_for_consent(store) {
        let desk = TestDesk::new(&store);
        let (agent, who) = (desk.agent("mei", Role::Agent).await, visitor(1));
        let asked = desk.ask(&who, "c1", "My transfer is pending").await;
        solved(&desk, &agent, &asked, "a1").await;
        let hours = |hours| desk.clock.advance(Duration::from_hours(hours));
        let asked_again = async || own_feedback(&desk, &who, asked.number).await.unwrap().asked_again;
        hours(71);
        do_jobs(&desk).await;
        assert!(!asked_again().await);
        hours(1);
        do_jobs(&desk).await;
        assert!(asked_again().await);
        let updated = detail(&desk, &agent, asked.request_id).await.unwrap().0.request.summary.updated_at;
        assert_eq!(desk.now().since(updated), Duration::from_hours(72), "asking is no news");
        hours(24 * 7 - 1);
        do_jobs(&desk).await;
        assert_eq!(states(&desk, &agent, &asked).await, [(1, Resolution::Claimed, None)]);
        assert_eq!(state(&desk, &who, &asked).await, State::Closed, "closing does not wait for the answer");
        hours(1);
        do_jobs(&desk).await;
        assert_eq!(states(&desk, &agent, &asked).await, [(1, Resolution::Assumed, Some("system".to_owned()))]);
        let (talk, _) = detail(&desk, &agent, asked.request_id).await.unwrap();
        let events: Vec<_> = talk.entries.into_iter().filter_map(|entry| entry.event).collect();
        assert!(events.contains(&Event::AskedAgain { episode: 1 }));
        assert_eq!(events.last(), Some(&Event::Resolution { episode: 1, state: Resolution::Assumed }));
        // A late no counts, and opens what the clock has closed.
        say(&desk, &who, &asked, "n1", false, "").await.unwrap();
        assert_eq!(state(&desk, &who, &asked).await, State::Open);
        assert_eq!(states(&desk, &agent, &asked).await[0].1, Resolution::Repudiated);
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn a_further_answer_starts_the_wait_anew(store) {
        let desk = TestDesk::new(&store);
        let (agent, who) = (desk.agent("mei", Role::Agent).await, visitor(1));
        let asked = desk.ask(&who, "c1", "My transfer is pending").await;
        solved(&desk, &agent, &asked, "a1").await;
        desk.clock.advance(Duration::from_hours(70));
        solved(&desk, &agent, &asked, "a2").await;
        for hours in [2, 69] {
            desk.clock.advance(Duration::from_hours(hours));
            do_jobs(&desk).await;
            assert!(!own_feedback(&desk, &who, asked.number).await.unwrap().asked_again);
        }
        desk.clock.advance(Duration::from_hours(1));
        do_jobs(&desk).await;
        assert!(own_feedback(&desk, &who, asked.number).await.unwrap().asked_again);
    }

    async fn ratings_can_be_corrected_for_a_day(store) {
        let desk = TestDesk::new(&store);
        let (agent, lead, who) = (desk.agent("mei", Role::Agent).await, desk.agent("lin", Role::Lead).await, visitor(1));
        let asked = desk.ask(&who, "c1", "My transfer is pending").await;
        solved(&desk, &agent, &asked, "a1").await;
        give(&desk, &who, &asked, "r1", 1, "").await.unwrap();
        let given = give(&desk, &who, &asked, "r2", 2, "Nobody read what I wrote").await.unwrap();
        let rating = given.feedback.rating.unwrap();
        assert_eq!((rating.score.get(), rating.comment.as_deref()), (2, Some("Nobody read what I wrote")));
        let found = reviews(&desk, &lead, false, None, 50).await.unwrap();
        assert_eq!((found.open, found.items.len()), (1, 1));
        let found = &found.items[0];
        assert_eq!((found.cause, found.state, found.agent_id), (Cause::LowRating, ReviewState::Open, Some(agent.id)));
        assert_eq!(found.rating.as_ref().unwrap().score.get(), 2);
        assert!(matches!(reviews(&desk, &agent, false, None, 50).await, Err(Error::Forbidden)));
        // Who thinks better of it before anybody looked leaves nothing to look at.
        let given = give(&desk, &who, &asked, "r3", 4, "").await.unwrap();
        assert_eq!(given.feedback.rating.unwrap().comment.as_deref(), Some("Nobody read what I wrote"));
        assert_eq!(reviews(&desk, &lead, false, None, 50).await.unwrap().items, []);
        let wrong = Rate { client_id: "r4".into(), score: Score::new(5).unwrap(), reason: Some("slow".into()), comment: String::new(), channel: None };
        assert!(matches!(rate(&desk, &who, asked.number, wrong.clone()).await, Err(Error::Invalid { field: "reason", .. })));
        let fits = Rate { reason: Some("fast".into()), ..wrong };
        let given = rate(&desk, &who, asked.number, fits).await.unwrap();
        assert_eq!(given.feedback.rating.unwrap().reason.as_deref(), Some("fast"));
        desk.clock.advance(Duration::from_hours(25));
        assert!(matches!(give(&desk, &who, &asked, "r5", 1, "").await, Err(Error::FeedbackOver)));
        assert!(!own_feedback(&desk, &who, asked.number).await.unwrap().may_rate);
        // All of it stands in the record, of which agents see this.
        let (talk, _) = detail(&desk, &agent, asked.request_id).await.unwrap();
        let scores: Vec<_> = talk.entries.iter().filter_map(|entry| match &entry.event {
            Some(Event::Rated { score, .. }) => Some(score.get()),
            _ => None,
        }).collect();
        assert_eq!(scores, [1, 2, 4, 5]);
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn a_complaint_is_looked_at_by_somebody_else(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let (lead, other) = (desk.agent("lin", Role::Lead).await, desk.agent("wei", Role::Lead).await);
        let who = visitor(1);
        let asked = desk.ask(&who, "c1", "My transfer is pending").await;
        reply(&desk, &lead, asked.request_id, answer("a0", "Please wait.", 1)).await.unwrap();
        solved(&desk, &agent, &asked, "a1").await;
        let words = Complaint { client_id: "k1".into(), text: "I was told off".into(), channel: None };
        let first = complain(&desk, &who, asked.number, words.clone()).await.unwrap();
        let again = complain(&desk, &who, asked.number, words).await.unwrap();
        assert!(again.replayed && again.seq == first.seq);
        // Neither the agent nor the lead who answered before see that it is there.
        for involved in [&agent, &lead] {
            let (talk, _) = detail(&desk, involved, asked.request_id).await.unwrap();
            let entry = talk.entries.iter().find(|entry| entry.seq == first.seq).unwrap();
            assert_eq!((&entry.event, &entry.text, entry.author.kind.as_str()), (&None, &None, "system"));
        }
        assert_eq!(reviews(&desk, &lead, false, None, 50).await.unwrap().items, []);
        let found = reviews(&desk, &other, false, None, 50).await.unwrap();
        let review = &found.items[0];
        assert_eq!((found.open, review.cause, review.text.as_deref()), (1, Cause::Complaint, Some("I was told off")));
        let (talk, _) = detail(&desk, &other, asked.request_id).await.unwrap();
        assert_eq!(talk.entries.iter().find(|entry| entry.seq == first.seq).unwrap().event, Some(Event::Complained));
        let own = conversation(&desk, &who, asked.number, 0, 50).await.unwrap().entries;
        assert_eq!(own.iter().find(|entry| entry.seq == first.seq).unwrap().text.as_deref(), Some("I was told off"));
        // Taken, noted, done.
        let wish = |state, note: &str| ReviewChange { state, note: Some(note.to_owned()).filter(|note| !note.is_empty()) };
        assert!(matches!(change_review(&desk, &lead, review.id, wish(Some(ReviewState::Taken), "")).await, Err(Error::NotFound)));
        assert!(matches!(change_review(&desk, &agent, review.id, wish(Some(ReviewState::Taken), "")).await, Err(Error::Forbidden)));
        let taken = change_review(&desk, &other, review.id, wish(Some(ReviewState::Taken), "")).await.unwrap();
        assert_eq!((taken.state, taken.taken_by), (ReviewState::Taken, Some(other.id)));
        let noted = change_review(&desk, &other, review.id, wish(None, &format!("Talked to both. {PHRASE}"))).await.unwrap();
        assert!(noted.note.as_ref().unwrap().contains("redacted") && !noted.note.unwrap().contains("sausage"));
        change_review(&desk, &other, review.id, wish(Some(ReviewState::Done), "")).await.unwrap();
        let done = reviews(&desk, &other, true, None, 50).await.unwrap();
        assert_eq!((done.open, done.items.len(), done.items[0].state), (0, 1, ReviewState::Done));
        // Whoever answers the complaint afterwards may still see it.
        reply(&desk, &other, asked.request_id, answer("a2", "I am sorry for that.", 99)).await.unwrap();
        assert_eq!(reviews(&desk, &other, true, None, 50).await.unwrap().items.len(), 1);
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn every_complaint_is_reached_however_many_there_are(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let (lead, other) = (desk.agent("lin", Role::Lead).await, desk.agent("wei", Role::Lead).await);
        let complaint = |id: &str, text: &str| Complaint { client_id: id.into(), text: text.into(), channel: None };
        let mut expected = Vec::new();
        for number in 1..=6_u8 {
            let who = visitor(number);
            let asked = desk.ask(&who, "c1", "My transfer is pending").await;
            // The first three are about the lead, who may not see them: they must not take the room of the others.
            let by = if number <= 3 { &lead } else { &agent };
            solved(&desk, by, &asked, "a1").await;
            if number % 2 == 0 {
                complain(&desk, &who, asked.number, complaint("k1", "I was told off")).await.unwrap();
            } else {
                give(&desk, &who, &asked, "r1", 1, "Bad").await.unwrap();
            }
            expected.push((number % 2 == 1, asked.request_id));
        }
        let all = async |caller: &AgentCaller, limit: i64| {
            let (mut found, mut cursor) = (Vec::new(), None);
            loop {
                let page = reviews(&desk, caller, false, cursor, limit).await.unwrap();
                assert!(page.items.len() <= usize::try_from(limit).unwrap() && found.len() <= 6);
                found.extend(page.items.iter().map(|one| (one.cause == Cause::LowRating, one.request.id)));
                cursor = page.next;
                if cursor.is_none() {
                    return (found, page.open);
                }
            }
        };
        let (mut first, mut theirs) = (expected.clone(), expected[3..].to_vec());
        // Complaints first, each oldest first.
        first.sort_by_key(|(is_rating, _)| *is_rating);
        theirs.sort_by_key(|(is_rating, _)| *is_rating);
        for limit in [1, 2, 4, 50] {
            assert_eq!(all(&other, limit).await, (first.clone(), 6), "pages of {limit}");
            assert_eq!(all(&lead, limit).await, (theirs.clone(), 3), "pages of {limit}");
        }
    }

    async fn more_words_join_the_complaint_that_nobody_is_done_with(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let (lead, other) = (desk.agent("lin", Role::Lead).await, desk.agent("wei", Role::Lead).await);
        let who = visitor(1);
        let asked = desk.ask(&who, "c1", "My transfer is pending").await;
        solved(&desk, &agent, &asked, "a1").await;
        let say = async |id: &str, text: &str| {
            let words = Complaint { client_id: id.into(), text: text.into(), channel: None };
            complain(&desk, &who, asked.number, words).await.unwrap();
        };
        for (id, text) in [("k1", "I was told off"), ("k2", "And nobody answers"), ("k3", "Hello?")] {
            say(id, text).await;
        }
        let found = reviews(&desk, &lead, false, None, 50).await.unwrap();
        assert_eq!((found.open, found.items.len()), (1, 1));
        assert_eq!(found.items[0].text.as_deref(), Some("I was told off\n\nAnd nobody answers\n\nHello?"));
        // The lead takes it and answers; what the customer says then may be about the lead, and is for somebody else.
        let id = found.items[0].id;
        let wish = |state| ReviewChange { state: Some(state), note: None };
        change_review(&desk, &lead, id, wish(ReviewState::Taken)).await.unwrap();
        reply(&desk, &lead, asked.request_id, answer("a2", "Please calm down.", 99)).await.unwrap();
        say("k4", "Now the lead as well").await;
        assert_eq!(reviews(&desk, &lead, false, None, 50).await.unwrap().items, []);
        let theirs = reviews(&desk, &other, false, None, 50).await.unwrap().items;
        assert_eq!((theirs.len(), theirs[0].state, theirs[0].taken_by), (1, ReviewState::Open, None));
        assert!(theirs[0].text.as_deref().unwrap().ends_with("Now the lead as well"));
        // After it is done, the next complaint begins anew, with its own words alone.
        change_review(&desk, &other, id, wish(ReviewState::Done)).await.unwrap();
        say("k5", "Once more").await;
        let next = reviews(&desk, &other, false, None, 50).await.unwrap().items;
        assert_eq!((next.len(), next[0].text.as_deref(), next[0].id == id), (1, Some("Once more"), false));
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn on_a_desk_of_one_a_complaint_reaches_that_one(store) {
        let desk = TestDesk::new(&store);
        let (only, who) = (desk.agent("mei", Role::Admin).await, visitor(1));
        let lead = desk.agent("lin", Role::Lead).await;
        let asked = desk.ask(&who, "c1", "My transfer is pending").await;
        solved(&desk, &only, &asked, "a1").await;
        let words = Complaint { client_id: "k1".into(), text: "I was told off".into(), channel: None };
        complain(&desk, &who, asked.number, words).await.unwrap();
        assert_eq!(reviews(&desk, &only, false, None, 50).await.unwrap().open, 0);
        let away = crate::AgentChange { disabled: Some(true), ..crate::AgentChange::default() };
        change_agent(&desk, Some(&only), lead.id, away).await.unwrap();
        assert_eq!(reviews(&desk, &only, false, None, 50).await.unwrap().open, 1);
    }

    async fn secrets_in_comments_are_never_written_and_go_first(store) {
        let desk = TestDesk::new(&store);
        let (agent, who) = (desk.agent("mei", Role::Agent).await, visitor(1));
        let asked = desk.ask(&who, "c1", "My transfer is pending").await;
        solved(&desk, &agent, &asked, "a1").await;
        let given = give(&desk, &who, &asked, "r1", 5, &format!("Thanks, my words are {PHRASE}")).await.unwrap();
        assert_eq!(given.secret.unwrap().kinds, ["recovery_phrase"]);
        let comment = given.feedback.rating.unwrap().comment.unwrap();
        assert!(comment.contains("redacted") && !comment.contains("sausage"), "{comment}");
        let talk = conversation(&desk, &who, asked.number, 0, 50).await.unwrap();
        assert!(talk.request.at_risk && talk.request.state == State::Open);
        // Piece by piece, with comments between messages.
        let other = visitor(2);
        let asked = desk.ask(&other, "c1", "My transfer is pending").await;
        solved(&desk, &agent, &asked, "b1").await;
        give(&desk, &other, &asked, "r2", 4, "legal winner thank year wave sausage").await.unwrap();
        let more = FollowUp { client_id: "c2".into(), text: "worth useful legal winner thank yellow".into(), ..FollowUp::default() };
        follow_up(&desk, &other, asked.number, more).await.unwrap();
        let (talk, _) = detail(&desk, &agent, asked.request_id).await.unwrap();
        assert!(talk.entries.iter().all(|entry| !entry.text.as_deref().unwrap_or_default().contains("winner")));
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn erasing_a_customer_erases_comments_and_complaints(store) {
        let desk = TestDesk::new(&store);
        let (agent, lead, who) = (desk.agent("mei", Role::Agent).await, desk.agent("lin", Role::Lead).await, visitor(1));
        let asked = desk.ask(&who, "c1", "My transfer is pending").await;
        solved(&desk, &agent, &asked, "a1").await;
        give(&desk, &who, &asked, "r1", 1, "You know my name").await.unwrap();
        let words = Complaint { client_id: "k1".into(), text: "I was told off".into(), channel: None };
        complain(&desk, &who, asked.number, words).await.unwrap();
        let customer = detail(&desk, &agent, asked.request_id).await.unwrap().1.customer.id;
        erase_customer(&desk, &lead, customer, "privacy".into()).await.unwrap();
        do_jobs(&desk).await;
        let found = reviews(&desk, &lead, false, None, 50).await.unwrap().items;
        assert_eq!(found.len(), 2, "that it was said, and the score, stay");
        assert!(found.iter().all(|one| one.text.is_none()));
        let rating = found.iter().find_map(|one| one.rating.as_ref()).unwrap();
        assert_eq!((rating.score.get(), &rating.comment), (1, &None));
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn figures_count_each_claim_where_it_was_made(store) {
        let desk = TestDesk::new(&store);
        let (agent, analyst) = (desk.agent("mei", Role::Agent).await, desk.agent("ana", Role::Analyst).await);
        let begin = desk.now();
        let mut requests = Vec::new();
        for number in 1..=4 {
            let asked = desk.ask(&visitor(number), "c1", "My transfer is pending").await;
            solved(&desk, &agent, &asked, &format!("a{number}")).await;
            desk.pass(60);
            requests.push((visitor(number), asked));
        }
        let end = desk.now();
        let (one, two, three) = (&requests[0], &requests[1], &requests[2]);
        say(&desk, &one.0, &one.1, "y", true, "").await.unwrap();
        give(&desk, &one.0, &one.1, "r", 5, "").await.unwrap();
        say(&desk, &two.0, &two.1, "n", false, "").await.unwrap();
        give(&desk, &two.0, &two.1, "r", 2, "").await.unwrap();
        transition(&desk, &agent, three.1.request_id, Transition::Reopen, None).await.unwrap();
        let found = feedback_summary(&desk, &analyst, begin, end).await.unwrap();
        let total = found.total;
        assert_eq!((total.asked, total.responses, total.satisfied, total.scores), (4, 2, 1, [0, 1, 0, 0, 1]));
        assert_eq!((total.claimed, total.confirmed, total.assumed), (1, 1, 0));
        assert_eq!((total.repudiated, total.repudiated_by_customer), (2, 1));
        assert_eq!(found.agents.len(), 1);
        assert_eq!((found.agents[0].agent_id, found.agents[0].figures), (agent.id, total));
        assert_eq!(found.types.iter().map(|one| one.figures.asked).sum::<i64>(), 4);
        let first = feedback_summary(&desk, &analyst, begin, begin.plus(Duration::from_mins(1))).await.unwrap();
        assert_eq!((first.total.asked, first.total.satisfied), (1, 1));
        assert!(matches!(feedback_summary(&desk, &agent, begin, end).await, Err(Error::Forbidden)));
        assert!(matches!(feedback_summary(&desk, &analyst, end, begin).await, Err(Error::Invalid { .. })));
    }
}
