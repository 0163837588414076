use standfast_domain::{DriverKind, Resolution, Role, State};
use standfast_store::{Store, store_test};

use super::*;
use crate::feedback::{Solved, answer_solved};
use crate::testing::{TestDesk, intake, visitor};
use crate::{
    Customer, DriverCommand, FollowUp, InboxQuery, LinkCommand, Receipt, View, add_driver, conversation,
    detail, follow_up, merge, receive, transition, verify, work,
};

struct Told {
    desk: TestDesk,
    lead: AgentCaller,
    incident: DriverId,
}

impl Told {
    async fn new(store: &Store) -> Self {
        let desk = TestDesk::new(store);
        let lead = desk.agent("lead", Role::Lead).await;
        let command = DriverCommand {
            kind: DriverKind::Incident,
            title: "A node".to_owned(),
            note: String::new(),
            starts_at: desk.now(),
            ends_at: None,
            scope: std::collections::BTreeMap::new(),
        };
        let incident = add_driver(&desk, &lead, "d1", &command).await.unwrap().id;
        Self { desk, lead, incident }
    }

    async fn tell(&self, phase: IncidentPhase, english: &str) {
        let command =
            IncidentCommand { phase, text_zh: format!("{english}（中文）"), text_en: english.to_owned() };
        tell_incident(&self.desk, &self.lead, self.incident, &command).await.unwrap();
    }

    async fn link(&self, asked: &[&Receipt]) -> IncidentRequests {
        let numbers = asked.iter().map(|one| one.number).collect();
        let command = LinkCommand::Named(numbers);
        link_requests(&self.desk, &self.lead, self.incident, &command).await.unwrap()
    }

    async fn do_jobs(&self) {
        while work(&self.desk).await.unwrap() > 0 {}
    }

    async fn counts(&self) -> (i64, i64, i64, i64, i64) {
        let all = list_incident_requests(&self.desk, &self.lead, self.incident).await.unwrap();
        (all.linked, all.told, all.asked, all.solved, all.not_solved)
    }

    async fn state(&self, asked: &Receipt) -> State {
        detail(&self.desk, &self.lead, asked.request_id).await.unwrap().0.request.summary.state
    }

    /// What the desk itself has written to the customer.
    async fn words(&self, who: &Customer, asked: &Receipt) -> Vec<String> {
        let all = conversation(&self.desk, who, asked.number, 0, 50).await.unwrap();
        let said = all.entries.into_iter().filter(|entry| entry.author.kind == "system");
        said.filter_map(|entry| entry.text).collect()
    }

    async fn says(&self, who: &Customer, asked: &Receipt, solved: bool) {
        let said = Solved { client_id: "s1".to_owned(), solved, ..Solved::default() };
        answer_solved(&self.desk, who, asked.number, said).await.unwrap();
    }

    async fn is_whole(&self) {
        assert!(verify(&self.desk).await.unwrap().is_sound());
    }
}

store_test! {
    async fn one_step_reaches_every_request_once_in_its_language(store) {
        let told = Told::new(&store).await;
        let (first, second) = (visitor(1), visitor(2));
        let english = told.desk.ask(&first, "a", "My transfer on TRON has not arrived for two hours").await;
        let chinese = told.desk.ask(&second, "b", "我的波场转账两个小时了还没有到账").await;
        let other = told.desk.ask(&visitor(3), "c", "How do I change the language?").await;
        told.link(&[&english]).await;
        told.do_jobs().await;
        assert_eq!(told.words(&first, &english).await, Vec::<String>::new(), "nothing was said yet");
        told.tell(IncidentPhase::Investigating, "TRON is late.").await;
        told.do_jobs().await;
        // Whoever is linked later hears how far it is; whoever is linked again hears nothing twice.
        told.link(&[&english, &chinese]).await;
        told.do_jobs().await;
        told.do_jobs().await;
        let (said, heard) = (told.words(&first, &english).await, told.words(&second, &chinese).await);
        assert_eq!((said.len(), heard.len()), (1, 1));
        assert!(said[0].starts_with("TRON is late.\n\nWe write this to everybody"), "{said:?}");
        assert!(heard[0].starts_with("TRON is late.（中文）\n\n这条消息"), "{heard:?}");
        assert_eq!(told.state(&english).await, State::Open, "a message to all is no answer to one");
        assert_eq!(told.counts().await, (2, 2, 0, 0, 0));
        assert_eq!(told.words(&visitor(3), &other).await, Vec::<String>::new());
        told.is_whole().await;
    }

    async fn the_end_asks_and_whoever_says_no_stands_where_they_stood(store) {
        let told = Told::new(&store).await;
        let people = [visitor(1), visitor(2), visitor(3), visitor(4)];
        let mut asked = Vec::new();
        for (at, who) in people.iter().enumerate() {
            asked.push(told.desk.ask(who, &format!("m{at}"), "My transfer on TRON has not arrived").await);
            told.desk.pass(1);
        }
        let mut leaked = intake("risk", "Somebody moves my coins right now");
        leaked.kind = Some("theft".to_owned());
        let at_risk = receive(&told.desk, &visitor(5), leaked).await.unwrap().receipt;
        assert!(at_risk.at_risk);
        told.link(&[&asked[0], &asked[1], &asked[2], &at_risk]).await;
        told.desk.pass(60);
        told.tell(IncidentPhase::Resolved, "TRON works again.").await;
        told.do_jobs().await;
        assert_eq!(told.counts().await, (4, 4, 3, 0, 0));
        assert_eq!(told.state(&asked[0]).await, State::Solved);
        assert_eq!(told.state(&at_risk).await, State::Open, "what is at risk is never called solved for many");
        assert_eq!(told.state(&asked[3]).await, State::Open);
        let said = told.words(&people[0], &asked[0]).await;
        assert!(said[0].contains("Please look whether your own problem is solved, too"), "{said:?}");

        told.says(&people[0], &asked[0], true).await;
        told.says(&people[1], &asked[1], false).await;
        let more = FollowUp {
            client_id: "m9".to_owned(),
            text: "Still nothing here".to_owned(),
            ..FollowUp::default()
        };
        follow_up(&told.desk, &people[2], asked[2].number, more).await.unwrap();
        assert_eq!(told.counts().await, (4, 4, 3, 1, 2));
        for (at, more) in [(1, "says no"), (2, "writes again")] {
            let request = detail(&told.desk, &told.lead, asked[at].request_id).await.unwrap().0.request;
            assert_eq!(request.summary.state, State::Open, "{more}");
            assert_eq!(request.summary.waiting_since, Some(request.summary.created_at), "{more}: as before");
            assert!(request.summary.urgency.0 <= 2, "{more}: {:?}", request.summary.urgency);
        }
        let all = list_incident_requests(&told.desk, &told.lead, told.incident).await.unwrap();
        let answers: Vec<_> = all.items.iter().map(|one| one.resolution).collect();
        assert_eq!(answers[..2], [Some(Resolution::Repudiated); 2], "what is not solved first");
        told.is_whole().await;
    }

    async fn who_says_nothing_is_asked_again_and_nothing_ends_silently(store) {
        let told = Told::new(&store).await;
        let who = visitor(1);
        let asked = told.desk.ask(&who, "a", "My transfer on TRON has not arrived").await;
        told.link(&[&asked]).await;
        told.tell(IncidentPhase::Resolved, "TRON works again.").await;
        told.do_jobs().await;
        told.desk.pass(60 * 73);
        told.do_jobs().await;
        let feedback = crate::own_feedback(&told.desk, &who, asked.number).await.unwrap();
        assert!(feedback.asked_again && feedback.may_answer);
        // It comes back: nobody had confirmed it, so the request waits again.
        told.tell(IncidentPhase::Identified, "It is back.").await;
        told.do_jobs().await;
        assert_eq!(told.state(&asked).await, State::Open);
        assert_eq!(told.words(&who, &asked).await.len(), 2);
        told.is_whole().await;
    }

    async fn what_was_merged_taken_away_or_is_over_hears_nothing_twice(store) {
        let told = Told::new(&store).await;
        let who = visitor(1);
        let first = told.desk.ask(&who, "a", "My transfer on TRON has not arrived").await;
        let mut other = intake("b", "And a swap failed as well");
        other.join = crate::Join::New;
        let second = receive(&told.desk, &who, other).await.unwrap().receipt;
        let gone = told.desk.ask(&visitor(2), "c", "Nothing arrives on TRON").await;
        let over = told.desk.ask(&visitor(3), "d", "Nothing arrives on TRON either").await;
        told.link(&[&first, &second, &gone, &over]).await;
        merge(&told.desk, &told.lead, first.request_id, second.number).await.unwrap();
        unlink_request(&told.desk, &told.lead, told.incident, gone.request_id).await.unwrap();
        transition(&told.desk, &told.lead, over.request_id, standfast_domain::Transition::Close, None).await.unwrap();
        told.tell(IncidentPhase::Investigating, "TRON is late.").await;
        told.do_jobs().await;
        assert_eq!(told.words(&who, &second).await.len(), 1);
        assert_eq!(told.words(&visitor(2), &gone).await.len(), 0);
        assert_eq!(told.words(&visitor(3), &over).await.len(), 0);
        let again = unlink_request(&told.desk, &told.lead, told.incident, gone.request_id).await;
        assert!(matches!(again, Err(Error::NotFound)), "{again:?}");
        told.is_whole().await;
    }

    async fn many_are_taken_from_a_view_by_who_may_tell_the_public(store) {
        let told = Told::new(&store).await;
        let agent = told.desk.agent("agent", Role::Agent).await;
        let one = told.desk.ask(&visitor(1), "a", "My transfer on TRON has not arrived").await;
        told.desk.ask(&visitor(2), "b", "Nothing arrives on TRON").await;
        told.desk.ask(&visitor(3), "c", "How do I change the language?").await;
        unlink_request(&told.desk, &told.lead, told.incident, one.request_id).await.unwrap_err();
        told.link(&[&one]).await;
        unlink_request(&told.desk, &agent, told.incident, one.request_id).await.unwrap();
        let query = InboxQuery { view: View::All, text: Some("tron".to_owned()), ..InboxQuery::default() };
        let many = LinkCommand::View(query);
        let refused = link_requests(&told.desk, &agent, told.incident, &many).await;
        assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
        let all = link_requests(&told.desk, &told.lead, told.incident, &many).await.unwrap();
        assert_eq!(all.linked, 1, "what somebody took away comes back only by name");
        let named = LinkCommand::Named(vec![one.number]);
        assert_eq!(link_requests(&told.desk, &agent, told.incident, &named).await.unwrap().linked, 2);
    }

    async fn the_job_goes_on_where_it_was_cut_off(store) {
        let told = Told::new(&store).await;
        let mut asked = Vec::new();
        for at in 0..5 {
            asked.push(told.desk.ask(&visitor(at), &format!("m{at}"), "Nothing arrives on TRON").await);
        }
        told.link(&asked.iter().collect::<Vec<_>>()).await;
        told.tell(IncidentPhase::Investigating, "TRON is late.").await;
        // As if a worker had died after two of them: what it wrote is noted with it.
        let (driver, desk) = (told.incident, told.desk.desk.clone());
        let update = store.read(move |rd| incident::list(rd, driver, 1).map_err(Error::from)).await.unwrap().remove(0);
        for one in &asked[..2] {
            delivery::tell(&desk, &update, one.request_id).await.unwrap();
        }
        assert_eq!(told.counts().await, (5, 2, 0, 0, 0));
        told.do_jobs().await;
        assert_eq!(told.counts().await, (5, 5, 0, 0, 0));
        for (at, one) in asked.iter().enumerate() {
            assert_eq!(told.words(&visitor(u8::try_from(at).unwrap()), one).await.len(), 1);
        }
    }
}
