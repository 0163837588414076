//! Mail that calls people out.

use standfast_desk::{CallOut, SURGE_MAIL};
use standfast_domain::{AgentId, JobId, Level, SurgeId};
use standfast_store::job::{self, NewJob};
use standfast_store::mail::{self, MailRow};
use standfast_store::{Lane, Rd, Tx};

use super::*;

impl Bench {
    /// What the unit of the level does.
    async fn call_out(&self, level: Level, agents: &[AgentId]) {
        let (id, now) = (JobId(self.desk.id()), self.desk.now());
        let call = CallOut { surge: SurgeId(7), level, at: now, agents: agents.to_vec() };
        let payload = serde_json::to_string(&call).unwrap();
        let write = move |tx: &mut Tx| {
            let job = NewJob { id, kind: SURGE_MAIL, payload: &payload, run_at: now, dedupe: None, now };
            job::enqueue(tx, &job)
        };
        self.desk.store().write(Lane::Background, 0, write).await.unwrap();
    }

    async fn call_to(&self, agent: AgentId) -> Option<MailRow> {
        let key = format!("surge:7:{agent}");
        self.desk.store().read(move |rd: &mut Rd| mail::find_keyed(rd, &key)).await.unwrap()
    }
}

store_test! {
    async fn people_are_called_out_once_in_a_surge(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 2).await;
        let (mei, lin) = (bench.somebody("mei", Role::Agent).await, bench.somebody("lin", Role::Lead).await);
        bench.call_out(Level::Surge, &[mei.id, AgentId(99)]).await;
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 1, "nobody who is not there");
        bench.call_out(Level::Storm, &[mei.id, lin.id]).await;
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 2, "whoever was called is not called again");
        let mail = bench.call_to(lin.id).await.unwrap();
        assert!(mail.subject.starts_with("Harbor <Wallet>") && mail.sent_at.is_some(), "{}", mail.subject);
        assert!(mail.body_text.contains("https://desk.test/console/unassigned"), "{}", mail.body_text);
        assert!(mail.body_html.contains("Harbor &lt;Wallet&gt;"), "{}", mail.body_html);
        for text in [&mail.subject, &mail.body_text, &mail.body_html] {
            assert!(!text.contains("report.") && !text.contains('{') && !text.contains("转账"), "{text}");
        }
        // While reports pause, people are called all the same.
        let plan = standfast_desk::SurgePlan { storm: standfast_desk::SurgeActions { pause_reports: true, ..Default::default() }, ..Default::default() };
        standfast_desk::choose_surge_plan(&bench.desk, &lin, 0, plan).await.unwrap();
        let until = bench.desk.now().plus(Duration::from_hours(1));
        standfast_desk::hold_surge(&bench.desk, &lin, Level::Storm, until, "x", None).await.unwrap();
        assert!(bench.desk.surge().pauses_reports());
        let ana = bench.somebody("ana", Role::Analyst).await;
        bench.call_out(Level::Storm, &[ana.id]).await;
        bench.work(Some(&mailer)).await;
        assert!(bench.call_to(ana.id).await.unwrap().sent_at.is_some());
        // A report that is due waits, and is made when that is over.
        bench.reports.add(Some(&lin), "Monday", &definition()).await.unwrap();
        bench.at("2026-11-23T00:31:00Z");
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 3);
        standfast_desk::release_surge(&bench.desk, &lin, "over", None).await.unwrap();
        bench.work(Some(&mailer)).await;
        let mails = server.mails();
        assert!(mails.len() == 4 && mails.iter().any(|mail| mail.contains("To: lead@wallet.example")));
    }
}
