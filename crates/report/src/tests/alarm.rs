//! Mail about alarms.

use standfast_desk::{ALARM_MAIL, Happened, Notice};
use standfast_domain::{
    AlarmId, AlarmKind, AlarmState, Dimension, DriverId, DriverKind, DriverSource, JobId, MailId, Scope,
};
use standfast_store::alarm::{self as alarms, AlarmRow};
use standfast_store::driver::{self, DriverRow};
use standfast_store::job::{self, Crew, NewJob};
use standfast_store::mail::{self, MailRow};
use standfast_store::{Lane, Rd, Tx};

use super::*;
use crate::mailer::Letter;

const ID: AlarmId = AlarmId(77);

fn recipient(name: &str, language: Language, zone: &str) -> Recipient {
    Recipient { address: format!("{name}@wallet.example"), language, zone: zone.to_owned() }
}

fn at(time: &str) -> Time {
    Time::parse(time).unwrap()
}

fn alarm() -> (AlarmRow, DriverRow) {
    let scope = Scope(
        [(Dimension::Type, "swap"), (Dimension::AppVersion, "7.2.0\u{202E}<b>")]
            .map(|(dimension, value)| (dimension, [value.to_owned()].into()))
            .into(),
    );
    let segment = serde_json::to_string(&scope).unwrap();
    let (started_at, raised_at) = (at("2026-11-22T11:40:00Z"), at("2026-11-22T12:00:00Z"));
    let row = AlarmRow {
        id: ID,
        kind: AlarmKind::Surge,
        state: AlarmState::Open,
        segment: segment.clone(),
        within: "{}".to_owned(),
        share: 1.0,
        started_at,
        raised_at,
        updated_at: raised_at,
        ended_at: None,
        observed: 31,
        expected: 1.26,
        minutes: 15,
        score: 9.0,
        course_at: started_at,
        course: "[]".to_owned(),
        driver_id: DriverId(78),
        agent_id: None,
        decided_at: None,
        reason: None,
    };
    let draft = DriverRow {
        id: row.driver_id,
        kind: DriverKind::Incident,
        title: "swap".to_owned(),
        note: String::new(),
        starts_at: started_at,
        ends_at: None,
        scope: segment,
        source: DriverSource::Alarm,
        external_id: None,
        agent_id: None,
        token_id: None,
        created_at: raised_at,
        updated_at: raised_at,
        removed_at: None,
        draft: true,
        version: 1,
    };
    (row, draft)
}

impl Bench {
    /// What the watcher's unit does: the alarm and the notice of it.
    async fn raise(&self) {
        let (row, draft) = alarm();
        self.notice(Happened::Raised, move |tx| {
            driver::insert(tx, &draft)?;
            alarms::insert(tx, &row)
        })
        .await;
    }

    async fn end(&self) {
        let (mut row, _) = alarm();
        (row.ended_at, row.updated_at) = (Some(at("2026-11-22T12:30:00Z")), at("2026-11-22T13:31:00Z"));
        self.notice(Happened::Ended, move |tx| alarms::save_course(tx, &row)).await;
    }

    async fn notice(
        &self,
        what: Happened,
        unit: impl Fn(&mut Tx) -> Result<(), standfast_store::Error> + Send + Sync + 'static,
    ) {
        let (id, now) = (JobId(self.desk.id()), self.desk.now());
        let payload = serde_json::to_string(&Notice { alarm: ID, what }).unwrap();
        let write = move |tx: &mut Tx| {
            unit(tx)?;
            let job = NewJob { id, kind: ALARM_MAIL, payload: &payload, run_at: now, dedupe: None, now };
            job::enqueue(tx, &job)
        };
        self.desk.store().write(Lane::Background, 0, write).await.unwrap();
    }

    async fn mail_to(&self, what: &str, name: &str) -> Option<MailRow> {
        let key = format!("alarm:{ID}:{what}:{name}@wallet.example");
        self.desk.store().read(move |rd: &mut Rd| mail::find_keyed(rd, &key)).await.unwrap()
    }

    /// A worker that claims the next job and dies.
    async fn claim_and_die(&self) {
        let now = self.desk.now();
        let claim = move |tx: &mut Tx| job::claim(tx, Crew::Reports, now, Duration::from_mins(5), 1);
        let claimed = self.desk.store().write(Lane::Background, 0, claim).await.unwrap();
        assert_eq!(claimed.len(), 1);
    }
}

/// The value of a header, unfolded.
fn header<'a>(mail: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("{name}: ");
    mail.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix(start.as_str()))
}

store_test! {
    async fn each_recipient_hears_of_an_alarm_once_and_of_its_end(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let told = vec![
            recipient("lead", Language::English, "Asia/Shanghai"),
            recipient("mei", Language::Chinese, "UTC"),
            recipient("refused", Language::English, "UTC"),
        ];
        let bench = Bench::telling(&store, 0, told.clone()).await;
        bench.raise().await;
        bench.work(Some(&mailer)).await;
        let english = bench.mail_to("raised", "lead").await.unwrap();
        assert_eq!(english.subject, "Harbor <Wallet>: alarm: Swap or slippage · 7.2.0<b>, 31 requests in 20 min, about 1.3 expected");
        for part in [
            "More requests than expected: ", "Since: 22 Nov 2026 19:40 (Asia/Shanghai)", "State: nobody has decided yet",
            "https://desk.test/console/alarms#alarm-77", "-- \n",
        ] {
            assert!(english.body_text.contains(part), "{part}: {}", english.body_text);
        }
        assert!(english.body_html.contains("7.2.0&lt;b&gt;") && !english.body_html.contains("<b>"), "{}", english.body_html);
        let chinese = bench.mail_to("raised", "mei").await.unwrap();
        assert!(chinese.subject.contains("20 分钟内 31 个工单，通常约 1.3 个"), "{}", chinese.subject);
        for text in [&english.body_text, &english.body_html, &chinese.body_text, &chinese.body_html] {
            assert!(!text.contains("report.") && !text.contains("alarm.") && !text.contains('{'), "{text}");
        }

        let mails = server.mails();
        assert_eq!(mails.len(), 2, "each once, and whom the server refuses not at all");
        let first = mails.iter().find(|mail| mail.contains("To: lead@wallet.example")).unwrap();
        let id = header(first, "Message-ID").unwrap().to_owned();
        assert_eq!(id, format!("<{}.mail@wallet.example>", english.id));
        assert!(first.contains("multipart/alternative") && first.contains("text/html"), "{first}");
        let admin = bench.somebody("admin", Role::Admin).await;
        let dead = dead_jobs(&bench.desk, &admin).await.unwrap();
        assert_eq!(dead.iter().map(|job| (job.kind.as_str(), job.error.contains("550"))).collect::<Vec<_>>(), [("mail", true)]);

        // Somebody who was entered meanwhile was not told that it began.
        let mut more = told;
        more.push(recipient("late", Language::English, "UTC"));
        let later = Bench::telling(&store, 0, more).await;
        later.clock.set(at("2026-11-22T13:31:00Z"));
        later.end().await;
        later.work(Some(&mailer)).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 4);
        let last = mails[2..].iter().find(|mail| mail.contains("To: lead@wallet.example")).unwrap();
        assert_eq!((header(last, "In-Reply-To"), header(last, "References")), (Some(id.as_str()), Some(id.as_str())));
        let over = later.mail_to("ended", "lead").await.unwrap();
        assert!(over.subject.starts_with("Harbor <Wallet>: over: ") && over.body_text.contains("Until: 22 Nov 2026 20:30"), "{over:?}");
        assert!(later.mail_to("ended", "late").await.is_none());
    }

    async fn mail_of_an_alarm_outlives_a_server_that_is_down_and_a_process_that_dies(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::telling(&store, 0, vec![recipient("lead", Language::English, "UTC")]).await;
        bench.raise().await;
        // It dies before it has written the mail, and the next before it has sent it.
        bench.claim_and_die().await;
        assert_eq!(bench.reports.work(Some(&mailer)).await.unwrap(), 0, "until its lease ends it may be alive");
        bench.clock.advance(Duration::from_mins(6));
        assert_eq!(bench.reports.work(Some(&mailer)).await.unwrap(), 1);
        assert!(server.mails().is_empty());
        bench.claim_and_die().await;
        bench.clock.advance(Duration::from_mins(6));
        // The server is down.
        let nobody = Mailer::new(&settings_of(1, Security::None)).unwrap();
        bench.work(Some(&nobody)).await;
        let waiting = bench.mail_to("raised", "lead").await.unwrap();
        assert_eq!((waiting.sent_at, waiting.problem.as_deref()), (None, Some("the mail server could not be reached")));
        bench.clock.advance(Duration::from_mins(2));
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 1, "it is up again");
        assert!(bench.mail_to("raised", "lead").await.unwrap().sent_at.is_some());
        bench.clock.advance(Duration::from_hours(3));
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 1);
    }

    async fn a_mail_that_was_taken_before_the_process_died_is_known_as_the_same(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::telling(&store, 0, vec![recipient("lead", Language::English, "UTC")]).await;
        bench.raise().await;
        assert_eq!(bench.reports.work(Some(&mailer)).await.unwrap(), 1, "written");
        let mail = bench.mail_to("raised", "lead").await.unwrap();
        bench.claim_and_die().await;
        let letter = Letter {
            id: crate::run::message_id(MailId(mail.id.0)),
            follows: None,
            to: mail.recipient,
            subject: mail.subject,
            text: mail.body_text,
            html: mail.body_html,
            enclosures: Vec::new(),
        };
        mailer.send(letter).await.unwrap();
        bench.clock.advance(Duration::from_mins(6));
        bench.work(Some(&mailer)).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 2);
        assert_eq!(header(&mails[0], "Message-ID"), header(&mails[1], "Message-ID"));
        assert!(header(&mails[0], "Message-ID").is_some());
    }
}
