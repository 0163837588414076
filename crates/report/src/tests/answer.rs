//! Mail about answers.

use std::ops::Not as _;

use standfast_desk::{
    Answer, answer_mail, ask_answer_mail, conversation, end_answer_mail, erase_customer, follow_up, merge,
    read_by_customer, reply, stop_answer_mail, verify, work as work_of_desk,
};
use standfast_desk::{FollowUp, Join, Receipt};
use standfast_domain::{MailId, RequestId};
use standfast_store::mail::{self, MailRow};
use standfast_store::{Error as StoreError, Rd, entry, params, request};

use super::alarm::header;
use super::*;

const ADDRESS: &str = "Lena@wallet.example";

fn customer(number: u8) -> Customer {
    Customer::Visitor(Visitor::new(&secret(number)).unwrap())
}

impl Bench {
    async fn asks(&self, who: &Customer, client_id: &str) -> Receipt {
        let intake = Intake {
            client_id: client_id.to_owned(),
            text: "转账没有到账".to_owned(),
            join: Join::New,
            ..Intake::default()
        };
        receive(&self.desk, who, intake).await.unwrap().receipt
    }

    async fn wants(&self, who: &Customer, receipt: &Receipt, address: &str) {
        let language = Language::English;
        ask_answer_mail(&self.desk, who, receipt.number, address.to_owned(), language).await.unwrap();
    }

    /// Answers, and waits until it is clear whether the customer looks.
    async fn answers(&self, agent: &AgentCaller, id: RequestId, client_id: &str) -> i64 {
        let answer = Answer {
            client_id: client_id.to_owned(),
            text: "It arrived in block 7.".to_owned(),
            seen_seq: i64::MAX,
            ..Answer::default()
        };
        let seq = reply(&self.desk, agent, id, answer).await.unwrap().seq;
        self.clock.advance(Duration::from_mins(1));
        seq
    }

    async fn row(&self, id: RequestId, seq: i64) -> Option<MailRow> {
        let key = format!("answer_mail:{id}:{seq}");
        self.desk.store().read(move |rd: &mut Rd| mail::find_keyed(rd, &key)).await.unwrap()
    }

    /// Whether a text stands anywhere in the tables that keep mail.
    async fn is_kept(&self, text: &str) -> bool {
        let text = format!("%{text}%");
        let read = move |rd: &mut Rd| {
            rd.query_one(
                "SELECT (SELECT count(*) FROM answer_mail WHERE address LIKE $1) + (SELECT count(*) FROM mail \
                 WHERE recipient LIKE $1 OR subject LIKE $1 OR body_text LIKE $1 OR body_html LIKE $1)",
                params![text],
                |row| row.get::<i64>(0),
            )
        };
        self.desk.store().read::<_, StoreError, _>(read).await.unwrap() > 0
    }

    async fn stop(&self, mail: &str) {
        let link = header(mail, "List-Unsubscribe").unwrap().trim_matches(['<', '>']);
        let token = link.strip_prefix("https://desk.test/mail/stop/").unwrap();
        stop_answer_mail(&self.desk, token).await.unwrap();
    }
}

/// The text of a mail as it is read, without the ends of its encoded lines.
fn read(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=")
}

store_test! {
    async fn an_answer_that_nobody_has_seen_is_told_once_without_its_words(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let (agent, lena) = (bench.somebody("mei", Role::Agent).await, customer(1));
        let asked = bench.asks(&lena, "a").await;
        let other = bench.asks(&customer(2), "a").await;
        bench.wants(&lena, &asked, ADDRESS).await;
        let seq = bench.answers(&agent, asked.request_id, "r1").await;
        bench.answers(&agent, other.request_id, "r1").await;
        bench.work(Some(&mailer)).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 1, "to whom wants it");
        let text = read(&mails[0]);
        assert_eq!(header(&text, "To"), Some(ADDRESS));
        assert!(text.contains(&asked.number.to_string()) && text.contains(&format!("https://desk.test{}", asked.link)), "{text}");
        assert_eq!(header(&text, "List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
        for word in ["block 7", "转账", "report.", "{", "mei"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
        // Of what was sent the desk keeps that it was, and neither the way in nor where to.
        assert!(bench.row(asked.request_id, seq).await.unwrap().sent_at.is_some());
        let token = asked.link.rsplit('/').next().unwrap();
        assert!(!bench.is_kept(token).await);
        // The record says that it went out, to the desk alone, and verifies.
        let events = async || {
            let read = move |rd: &mut Rd| entry::list_after(rd, asked.request_id, 0, false, 100);
            let all = bench.desk.store().read::<_, StoreError, _>(read).await.unwrap();
            all.into_iter().filter_map(|one| one.event.filter(|event| event.contains("told_by_mail")).map(|event| (event, one.visible))).collect::<Vec<_>>()
        };
        assert_eq!(events().await, [(format!("{{\"type\":\"told_by_mail\",\"seq\":{seq}}}"), false)]);
        assert_eq!(verify(&bench.desk).await.unwrap().faults, []);
        // Another answer of the same streak is not told; one after they have looked is, and one after they have written.
        bench.answers(&agent, asked.request_id, "r2").await;
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 1, "one for a streak");
        let last = conversation(&bench.desk, &lena, asked.number, 0, 100).await.unwrap().request.last_seq;
        read_by_customer(&bench.desk, &lena, asked.number, last).await.unwrap();
        bench.work(Some(&mailer)).await;
        bench.answers(&agent, asked.request_id, "r3").await;
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 2);
        let more = FollowUp { client_id: "b".to_owned(), text: "而且".to_owned(), ..FollowUp::default() };
        follow_up(&bench.desk, &lena, asked.number, more).await.unwrap();
        bench.answers(&agent, asked.request_id, "r4").await;
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 3);
    }

    async fn who_looks_at_once_is_sent_nothing_and_who_ends_it_neither(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let (agent, lena) = (bench.somebody("mei", Role::Agent).await, customer(1));
        let asked = bench.asks(&lena, "a").await;
        bench.wants(&lena, &asked, ADDRESS).await;
        let seq = bench.answers(&agent, asked.request_id, "r1").await;
        read_by_customer(&bench.desk, &lena, asked.number, seq).await.unwrap();
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 0, "they were there");
        // What is decided and not sent yet is looked at again when it is: without a server it waits.
        let seq = bench.answers(&agent, asked.request_id, "r2").await;
        bench.reports.work(None).await.unwrap();
        assert!(bench.row(asked.request_id, seq).await.is_some());
        end_answer_mail(&bench.desk, &lena, asked.number).await.unwrap();
        bench.clock.advance(Duration::from_hours(1));
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 0);
        assert_eq!(bench.row(asked.request_id, seq).await.unwrap().problem.as_deref(), Some("no longer wanted"));
        let none = answer_mail(&bench.desk, &lena, asked.number).await.unwrap().unwrap();
        assert_eq!((none.address, dead_jobs(&bench.desk, &bench.somebody("ada", Role::Admin).await).await.unwrap().len()), (None, 0));
        // Not another customer's.
        let foreign = ask_answer_mail(&bench.desk, &customer(2), asked.number, ADDRESS.to_owned(), Language::English).await;
        assert!(matches!(foreign, Err(standfast_desk::Error::NotFound)));
    }

    async fn stopping_holds_for_good_and_for_every_request(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let (agent, lead) = (bench.somebody("mei", Role::Agent).await, bench.somebody("lin", Role::Lead).await);
        let (lena, troll) = (customer(1), customer(2));
        let (asked, other) = (bench.asks(&lena, "a").await, bench.asks(&troll, "a").await);
        bench.wants(&lena, &asked, ADDRESS).await;
        bench.wants(&troll, &other, ADDRESS).await;
        bench.answers(&agent, asked.request_id, "r1").await;
        bench.work(Some(&mailer)).await;
        let mail = read(&server.mails()[0]);
        for forged in ["", "AAAA", &"A".repeat(43)] {
            assert!(matches!(stop_answer_mail(&bench.desk, forged).await, Err(standfast_desk::Error::NotFound)), "{forged}");
        }
        // Also when everything about its owner was erased before.
        let whose = bench.desk.store().read(move |rd: &mut Rd| request::find(rd, asked.request_id)).await.unwrap().unwrap();
        erase_customer(&bench.desk, &lead, whose.customer_id, "asked for".to_owned()).await.unwrap();
        while work_of_desk(&bench.desk).await.unwrap() > 0 {}
        assert!(bench.is_kept("wallet.example").await, "the other one's");
        bench.stop(&mail).await;
        bench.stop(&mail).await;
        assert!(!bench.is_kept("wallet.example").await);
        bench.answers(&agent, other.request_id, "r1").await;
        bench.wants(&troll, &other, &ADDRESS.to_uppercase().replace("WALLET.EXAMPLE", "wallet.example")).await;
        bench.answers(&agent, other.request_id, "r2").await;
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 1, "whoever enters it");
        // Nobody is told that it was stopped.
        assert!(answer_mail(&bench.desk, &troll, other.number).await.unwrap().unwrap().address.is_some());
    }

    async fn erasing_a_customer_takes_the_address_with_it(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let (agent, lead, lena) = (bench.somebody("mei", Role::Agent).await, bench.somebody("lin", Role::Lead).await, customer(1));
        let asked = bench.asks(&lena, "a").await;
        bench.wants(&lena, &asked, ADDRESS).await;
        let seq = bench.answers(&agent, asked.request_id, "r1").await;
        bench.reports.work(None).await.unwrap();
        assert!(bench.row(asked.request_id, seq).await.is_some() && bench.is_kept("wallet.example").await);
        let whose = bench.desk.store().read(move |rd: &mut Rd| request::find(rd, asked.request_id)).await.unwrap().unwrap();
        erase_customer(&bench.desk, &lead, whose.customer_id, "asked for".to_owned()).await.unwrap();
        assert!(!bench.is_kept("wallet.example").await);
        bench.clock.advance(Duration::from_hours(1));
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 0, "what was on its way goes nowhere");
    }

    async fn an_address_gets_ten_a_day_whoever_entered_it(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let agent = bench.somebody("mei", Role::Agent).await;
        let mut last = None;
        for number in 1..=12 {
            let troll = customer(number);
            let asked = bench.asks(&troll, "a").await;
            bench.wants(&troll, &asked, ADDRESS).await;
            bench.answers(&agent, asked.request_id, "r1").await;
            bench.work(Some(&mailer)).await;
            last = Some(asked);
        }
        assert_eq!(server.mails().len(), 10);
        bench.clock.advance(Duration::from_hours(24));
        bench.answers(&agent, last.unwrap().request_id, "r2").await;
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 11, "the next day");
    }

    async fn an_address_that_no_server_takes_is_told_on_the_page_and_no_work_for_anybody(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let (agent, admin) = (bench.somebody("mei", Role::Agent).await, bench.somebody("ada", Role::Admin).await);
        let (lena, lars) = (customer(1), customer(2));
        let (asked, other) = (bench.asks(&lena, "a").await, bench.asks(&lars, "a").await);
        bench.wants(&lena, &asked, "refused@wallet.example").await;
        bench.answers(&agent, asked.request_id, "r1").await;
        bench.work(Some(&mailer)).await;
        assert!(answer_mail(&bench.desk, &lena, asked.number).await.unwrap().unwrap().is_refused);
        assert!(dead_jobs(&bench.desk, &admin).await.unwrap().is_empty());
        // Corrected, it is told of the next answer.
        let last = conversation(&bench.desk, &lena, asked.number, 0, 100).await.unwrap().request.last_seq;
        read_by_customer(&bench.desk, &lena, asked.number, last).await.unwrap();
        bench.wants(&lena, &asked, ADDRESS).await;
        assert!(answer_mail(&bench.desk, &lena, asked.number).await.unwrap().unwrap().is_refused.not());
        bench.answers(&agent, asked.request_id, "r2").await;
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 1);
        // A server that takes nothing now is tried again, and is in the end for somebody to look at.
        bench.wants(&lars, &other, "later@wallet.example").await;
        bench.answers(&agent, other.request_id, "r1").await;
        for _ in 0..6 {
            bench.work(Some(&mailer)).await;
            bench.clock.advance(Duration::from_hours(1));
        }
        let dead = dead_jobs(&bench.desk, &admin).await.unwrap();
        assert_eq!(dead.iter().map(|job| (job.kind.as_str(), job.error.contains("451"))).collect::<Vec<_>>(), [("mail", true)]);
        // A server that refuses the desk says nothing of the address; what comes next is told all the same.
        let leo = customer(3);
        let asked = bench.asks(&leo, "a").await;
        bench.wants(&leo, &asked, "relayed@wallet.example").await;
        for (n, id) in ["r1", "r2"].into_iter().enumerate() {
            bench.answers(&agent, asked.request_id, id).await;
            bench.work(Some(&mailer)).await;
            assert!(answer_mail(&bench.desk, &leo, asked.number).await.unwrap().unwrap().is_refused.not());
            assert_eq!(dead_jobs(&bench.desk, &admin).await.unwrap().len(), 2 + n);
        }
    }

    async fn the_same_mail_is_sent_again_under_the_same_id_by_whoever_comes_after_a_crash(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let (agent, lena) = (bench.somebody("mei", Role::Agent).await, customer(1));
        let asked = bench.asks(&lena, "a").await;
        bench.wants(&lena, &asked, ADDRESS).await;
        let seq = bench.answers(&agent, asked.request_id, "r1").await;
        // Both are claimed once by a process that dies: its leases end.
        for _ in 0..2 {
            let now = bench.desk.now();
            let claim = move |tx: &mut standfast_store::Tx| {
                standfast_store::job::claim(tx, standfast_store::job::Crew::Reports, now, Duration::from_mins(5), 1)
            };
            let claimed = bench.desk.store().write(standfast_store::Lane::Background, 0, claim).await.unwrap();
            assert_eq!(claimed.len(), 1);
            bench.clock.advance(Duration::from_mins(6));
            bench.reports.work(if bench.row(asked.request_id, seq).await.is_some() { Some(&mailer) } else { None }).await.unwrap();
        }
        bench.work(Some(&mailer)).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 1);
        let id: MailId = bench.row(asked.request_id, seq).await.unwrap().id;
        assert!(header(&mails[0], "Message-ID").unwrap().starts_with(&format!("<{id}.mail@")), "{}", mails[0]);
    }

    async fn a_merged_request_takes_its_address_along(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let (agent, lena) = (bench.somebody("mei", Role::Agent).await, customer(1));
        let (first, second) = (bench.asks(&lena, "a").await, bench.asks(&lena, "b").await);
        bench.wants(&lena, &second, ADDRESS).await;
        merge(&bench.desk, &agent, second.request_id, first.number).await.unwrap();
        bench.answers(&agent, first.request_id, "r1").await;
        bench.work(Some(&mailer)).await;
        let mails = server.mails();
        assert!(mails.len() == 1 && read(&mails[0]).contains(&first.link), "{mails:?}");
        assert!(answer_mail(&bench.desk, &lena, second.number).await.unwrap().is_none());
    }
}
