//! Reports on both engines, and mail to a real SMTP server (`tests/smtp_server.py`, Debian's python3-aiosmtpd).

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use standfast_desk::{
    AgentCaller, AlarmSettings, Customer, Desk, Intake, Keys, NewAgent, Recipient, Settings, Visitor,
    add_agent, dead_jobs, receive,
};
use standfast_domain::report::{Definition, Every, Format, LastPeriod, Schedule, Section};
use standfast_domain::{FrozenClock, Language, Role, SeededEntropy, Time};
use standfast_insight::{Insight, Settings as InsightSettings};
use standfast_store::{Store, store_test};
use tokio::sync::watch;

mod alarm;
mod answer;
mod hours;
mod roster;
mod status;
mod surge;

use crate::{Error, MailSettings, Mailer, Reports, Security};

/// A desk with a clock that stands still, its facts, and its reports.
struct Bench {
    desk: Desk,
    clock: Arc<FrozenClock>,
    reports: Reports,
    _keeping: watch::Sender<bool>,
}

impl Bench {
    async fn new(store: &Store, asked: u8) -> Self {
        Self::with(store, asked, Settings::default()).await
    }

    /// With people who are told of alarms.
    async fn telling(store: &Store, asked: u8, recipients: Vec<Recipient>) -> Self {
        let alarms = AlarmSettings { recipients, ..AlarmSettings::default() };
        Self::with(store, asked, Settings { alarms, ..Settings::default() }).await
    }

    async fn with(store: &Store, asked: u8, settings: Settings) -> Self {
        let clock = FrozenClock::at(Time::parse("2026-11-18T09:30:00Z").unwrap());
        let settings = Settings {
            name: "Harbor <Wallet>".to_owned(),
            public_url: "https://desk.test".to_owned(),
            mail: true,
            ..settings
        };
        let entropy = SeededEntropy::new(1);
        let desk = Desk::new(store.clone(), Keys::new(&[9; 32]), settings, clock.clone(), entropy.clone(), 0);
        for number in 0..asked {
            let visitor = Customer::Visitor(Visitor::new(&secret(number)).unwrap());
            let intake = Intake {
                client_id: "a".to_owned(),
                text: "转账没有到账".to_owned(),
                kind: Some("pending".to_owned()),
                ..Intake::default()
            };
            receive(&desk, &visitor, intake).await.unwrap();
            clock.advance(Duration::from_mins(7));
        }
        // A Sunday.
        clock.set(Time::parse("2026-11-22T12:00:00Z").unwrap());
        let settings =
            InsightSettings { snapshot: None, every: Duration::from_hours(1), threads: 1, at_once: 1 };
        let insight = Insight::new(store.clone(), entropy, settings);
        let (keeping, stopping) = watch::channel(false);
        tokio::spawn({
            let insight = insight.clone();
            async move { insight.keep(stopping).await }
        });
        while insight.facts().is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let reports = Reports::new(desk.clone(), insight);
        Self { desk, clock, reports, _keeping: keeping }
    }

    /// The same desk in another process.
    fn another_desk(&self, store: &Store) -> Desk {
        let keys = Keys::new(&[9; 32]);
        let settings = self.desk.settings().clone();
        Desk::new(store.clone(), keys, settings, self.clock.clone(), SeededEntropy::new(2), 1)
    }

    async fn somebody(&self, name: &str, role: Role) -> AgentCaller {
        let new = NewAgent {
            email: format!("{name}@desk.test"),
            name: name.to_owned(),
            role: Some(role),
            password: "correct horse".to_owned(),
            ..NewAgent::default()
        };
        let view = add_agent(&self.desk, None, new).await.unwrap();
        AgentCaller { id: view.id, name: view.name, role }
    }

    /// Works until nothing is due.
    async fn work(&self, mailer: Option<&Mailer>) {
        while self.reports.work(mailer).await.unwrap() > 0 {}
    }

    fn at(&self, time: &str) {
        self.clock.set(Time::parse(time).unwrap());
    }
}

/// A visitor secret: 32 bytes in base64url.
fn secret(number: u8) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 63)]);
    format!("{}{}{}", digit(number), digit(number >> 6), "A".repeat(41))
}

fn definition() -> Definition {
    let ranking = Section::Ranking { measure: "requests".to_owned(), dimension: "type".to_owned(), most: 5 };
    Definition {
        sections: vec![
            Section::Overview {
                measures: vec![
                    "requests".to_owned(),
                    "service_level:600".to_owned(),
                    "contact_rate".to_owned(),
                ],
            },
            Section::Course { measure: "requests".to_owned() },
            Section::Movements { most: 5 },
            Section::Why { dimension: "app_version".to_owned() },
            Section::Effects { most: 3 },
            ranking,
            Section::Week {},
            Section::Backlog {},
            Section::Satisfaction {},
        ],
        filter: [("language".to_owned(), vec!["zh-CN".to_owned()])].into(),
        period: LastPeriod::LastWeek,
        zone: "Asia/Shanghai".to_owned(),
        language: Language::English,
        recipients: vec!["lead@wallet.example".to_owned()],
        attached: vec![Format::Html, Format::Xlsx],
        schedule: Some(Schedule { every: Every::Week { weekday: 1 }, at: "08:30".to_owned() }),
    }
}

/// The forms that are kept of a run of a desk with this browser.
async fn kept(store: &Store, browser: &str) -> Vec<Format> {
    let bench =
        Bench::with(store, 0, Settings { browser: Some(browser.into()), ..Settings::default() }).await;
    let wish = Definition { schedule: None, ..definition() };
    let report = bench.reports.add(None, "Monday", &wish).await.unwrap();
    bench.reports.run(None, report.id, "c1", Some("2026-W46"), false).await.unwrap();
    bench.work(None).await;
    let runs = bench.reports.runs(None, report.id).await.unwrap();
    runs[0].files.iter().map(|file| file.format).collect()
}

store_test! {
    async fn a_report_says_what_the_figures_say(store) {
        let bench = Bench::new(&store, 12).await;
        let made = bench.reports.make("A <b>report", &definition(), Some("2026-W47")).await.unwrap();
        let html = String::from_utf8(bench.reports.write(&made, Format::Html).await.unwrap()).unwrap();
        for part in [
            "A &lt;b&gt;report", "Harbor &lt;Wallet&gt;", "Week 47 of 2026, 16 Nov 2026 – 22 Nov 2026",
            "<span class=\"value\">12</span>", "small sample", "The period is not over yet.", "There is no complete earlier period to compare with: ", "no comparison", "<svg class=\"plot\"",
            "Left out: 0 spam, 0 merged, 0 test requests.", "Only Language: ", "needs the active users of every day",
            "https://desk.test/console/insight/overview?from=2026-11-16&amp;to=2026-11-22&amp;zone=Asia%2FShanghai&amp;where=language%2Czh-CN",
            "https://desk.test/console/insight/satisfaction?from=2026-11-16&amp;to=2026-11-22&amp;zone=Asia%2FShanghai&amp;where=language%2Czh-CN",
        ] {
            assert!(html.contains(part), "{part}");
        }
        for bad in ["<script", "NaN", "report.c", "report.m", "report.n", "figure.m", "figure.v", "figure.d", "{", "href=\"javascript"] {
            let body = html.split("</style>").nth(1).unwrap();
            assert!(!body.contains(bad), "{bad}: {}", &body[body.find(bad).unwrap().saturating_sub(80)..][..160]);
        }
        let csv = String::from_utf8(bench.reports.write(&made, Format::Csv).await.unwrap()).unwrap();
        assert!(csv.starts_with('\u{FEFF}') && csv.contains("Requests,12,12,"), "{csv}");
        assert!(csv.contains("2026-11-18,12,12,,"), "all on the Wednesday there: {csv}");
        assert!(csv.contains("no comparison,small sample,requests\n"), "each row with its unit: {csv}");
        assert_eq!(&bench.reports.write(&made, Format::Xlsx).await.unwrap()[..2], b"PK");
        assert!(matches!(bench.reports.write(&made, Format::Pdf).await, Err(Error::NoSuchFormat("pdf"))));

        let chinese = Definition { language: Language::Chinese, ..definition() };
        let made = bench.reports.make("周报", &chinese, None).await.unwrap();
        assert_eq!(made.period, "2026-W46", "the last whole week, in Shanghai");
        let html = String::from_utf8(bench.reports.write(&made, Format::Html).await.unwrap()).unwrap();
        assert!(html.contains("<html lang=\"zh-CN\">") && html.contains("2026年第46周（2026年11月9日至2026年11月15日）"));
        for (period, field) in [("2026-W99", "period"), ("2027-01", "period")] {
            let error = bench.reports.make("x", &chinese, Some(period)).await.unwrap_err();
            assert!(error.to_string().starts_with(field), "{error}");
        }
    }

    async fn what_takes_days_to_be_known_is_of_the_latest_period_that_is_old_enough(store) {
        let bench = Bench::new(&store, 12).await;
        let measures = ["repeat_contact:7", "repeat_contact:30", "requests"].map(str::to_owned).to_vec();
        let wish = Definition { sections: vec![Section::Overview { measures }], ..definition() };
        let page = async || {
            let made = bench.reports.make("x", &wish, Some("2026-W47")).await.unwrap();
            let texts = bench.reports.write(&made, Format::Html).await.unwrap();
            (String::from_utf8(texts).unwrap(), String::from_utf8(bench.reports.write(&made, Format::Csv).await.unwrap()).unwrap())
        };
        // The week is not over.
        let (html, csv) = page().await;
        assert!(html.contains("of Week 45 of 2026, 2 Nov 2026 – 8 Nov 2026: the latest that has been over for 7 days"), "{html}");
        assert!(html.contains("of Week 42 of 2026, 12 Oct 2026 – 18 Oct 2026: the latest that has been over for 30 days"));
        assert!(csv.contains("of Week 45 of 2026") && csv.contains("Requests,12,12,"), "{csv}");
        // Over for a week: to the day in the report's zone.
        bench.at("2026-11-29T15:59:59Z");
        assert!(page().await.0.contains("of Week 46 of 2026"));
        bench.at("2026-11-29T16:00:00Z");
        let (html, csv) = page().await;
        assert!(!html.contains("has been over for 7 days"), "its own: {html}");
        assert!(csv.contains(",0,12,0,"), "nobody of the twelve came back: {csv}");
    }

    async fn what_was_made_is_there_as_a_document_where_one_can_be_printed(store) {
        assert_eq!(kept(&store, "/usr/bin/chromium").await, [Format::Csv, Format::Html, Format::Pdf, Format::Xlsx]);
    }

    async fn a_browser_that_fails_leaves_the_other_forms(store) {
        assert_eq!(kept(&store, "/bin/false").await, [Format::Csv, Format::Html, Format::Xlsx]);
    }

    async fn people_enter_change_and_remove_reports(store) {
        let bench = Bench::new(&store, 0).await;
        let (lead, agent) = (bench.somebody("mei", Role::Lead).await, bench.somebody("lin", Role::Agent).await);
        let (reports, lead) = (&bench.reports, Some(&lead));
        assert!(matches!(reports.add(Some(&agent), "x", &definition()).await, Err(Error::Desk(standfast_desk::Error::Forbidden))));
        let mut wish = definition();
        wish.recipients = vec!["B@Wallet.example".to_owned(), "a@wallet.example".to_owned(), "B@wallet.EXAMPLE".to_owned()];
        let report = reports.add(lead, " Monday ", &wish).await.unwrap();
        assert_eq!(report.definition.recipients, ["B@wallet.example", "a@wallet.example"]);
        assert_eq!(report.next_at, Time::parse("2026-11-23T00:30:00Z"), "half past eight on Monday in Shanghai");
        assert_eq!(reports.add(lead, "Monday", &wish).await.unwrap(), report, "a double click enters it once");
        assert!(matches!(reports.add(lead, "Monday", &definition()).await, Err(Error::NameTaken)));

        for (field, wrong) in [
            ("recipients", Definition { recipients: vec!["nobody".to_owned()], ..definition() }),
            ("zone", Definition { zone: "Mars/Base".to_owned(), ..definition() }),
            ("sections", Definition { sections: Vec::new(), ..definition() }),
            ("measure", Definition { sections: vec![Section::Course { measure: "mean".to_owned() }], ..definition() }),
            ("filter", Definition { filter: [("mood".to_owned(), vec!["x".to_owned()])].into(), ..definition() }),
            ("schedule", Definition { schedule: Some(Schedule { every: Every::Day {}, at: "25:00".to_owned() }), ..definition() }),
        ] {
            let error = reports.add(lead, "Other", &wrong).await.unwrap_err();
            assert!(error.to_string().starts_with(field), "{field}: {error}");
        }

        let changed = reports.change(lead, report.id, 1, "Tuesday", &Definition { schedule: None, ..wish.clone() }).await.unwrap();
        let late = reports.change(lead, report.id, 1, "Wednesday", &wish).await;
        assert!(matches!(late, Err(Error::Desk(standfast_desk::Error::ChangedMeanwhile))), "somebody else was first");
        assert_eq!(changed.version, 2);
        assert_eq!((changed.name.as_str(), changed.next_at), ("Tuesday", None));
        assert!(reports.find_named(None, "Monday").await.is_err());
        reports.remove(lead, report.id).await.unwrap();
        assert!(reports.list(lead).await.unwrap().is_empty());
        assert!(reports.remove(lead, report.id).await.is_err());
        reports.add(lead, "Tuesday", &definition()).await.unwrap();
    }

    async fn a_schedule_makes_it_once_and_catches_up_once(store) {
        let bench = Bench::new(&store, 3).await;
        let report = bench.reports.add(None, "Monday", &definition()).await.unwrap();
        bench.work(None).await;
        assert!(bench.reports.runs(None, report.id).await.unwrap().is_empty(), "not before its time");
        // Two processes at the same moment.
        bench.at("2026-11-23T00:30:00Z");
        let other = Reports::new(bench.desk.clone(), bench.reports.insight.clone());
        let (first, second) = tokio::join!(bench.reports.work(None), other.work(None));
        first.unwrap();
        second.unwrap();
        bench.work(None).await;
        let runs = bench.reports.runs(None, report.id).await.unwrap();
        assert_eq!(runs.iter().map(|run| run.period.as_str()).collect::<Vec<_>>(), ["2026-W47"]);
        assert!(runs[0].made_at.is_some() && runs[0].is_scheduled);
        assert_eq!(runs[0].files.iter().map(|file| file.format).collect::<Vec<_>>(), [Format::Csv, Format::Html, Format::Xlsx]);
        assert_eq!(runs[0].mails.len(), 1);
        // Three weeks without a process: the last one is made, and the next comes on time.
        bench.at("2026-12-15T10:00:00Z");
        bench.work(None).await;
        let runs = bench.reports.runs(None, report.id).await.unwrap();
        assert_eq!(runs.iter().map(|run| run.period.as_str()).collect::<Vec<_>>(), ["2026-W50", "2026-W47"]);
        let next = bench.reports.find_named(None, "Monday").await.unwrap().next_at;
        assert_eq!(next, Time::parse("2026-12-21T00:30:00Z"));

        let by_hand = bench.reports.run(None, report.id, "c1", Some("2026-11"), false).await.unwrap();
        let again = bench.reports.run(None, report.id, "c1", Some("2026-11"), false).await.unwrap();
        assert_eq!(by_hand.id, again.id);
        bench.work(None).await;
        let runs = bench.reports.runs(None, report.id).await.unwrap();
        assert_eq!((runs.len(), runs[0].mails.len()), (3, 0), "by hand it is sent to nobody");
        let (bytes, name) = bench.reports.file(None, by_hand.id, Format::Html).await.unwrap();
        assert_eq!(name, "Monday-2026-11.html");
        assert!(String::from_utf8(bytes).unwrap().contains("November 2026"));
        // Files go with age; that they were made stays.
        bench.at("2027-04-01T00:00:00Z");
        bench.work(None).await;
        let runs = bench.reports.runs(None, report.id).await.unwrap();
        assert!(runs.iter().filter(|run| run.id == by_hand.id).all(|run| run.files.is_empty() && run.made_at.is_some()));
    }

    async fn mail_reaches_a_server_and_a_refusal_is_seen(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 3).await;
        let mut wish = definition();
        wish.recipients = ["lead", "refused", "later"].map(|name| format!("{name}@wallet.example")).to_vec();
        (wish.language, wish.schedule) = (Language::Chinese, None);
        let report = bench.reports.add(None, "周一报告", &wish).await.unwrap();
        bench.reports.run(None, report.id, "c1", Some("2026-W47"), true).await.unwrap();
        bench.work(Some(&mailer)).await;

        let mails = server.mails();
        assert_eq!(mails.len(), 1);
        let mail = &mails[0];
        for part in [
            "To: lead@wallet.example", "From: \"Harbor Support\" <reports@wallet.example>", "Message-ID: <",
            ".mail@wallet.example>", "multipart/mixed", "multipart/alternative", "text/plain", "text/html",
            "filename*0*=utf-8''", "spreadsheetml.sheet", "Subject: =?utf-8?b?",
        ] {
            assert!(mail.contains(part), "{part} in {}", &mail[..2_000.min(mail.len())]);
        }
        let runs = bench.reports.runs(None, report.id).await.unwrap();
        let states: Vec<_> = runs[0].mails.iter().map(|mail| (mail.recipient.as_str(), mail.sent_at.is_some(), mail.problem.clone())).collect();
        let refused = |code: &str| Some(format!("the mail server refused it with code {code}"));
        assert_eq!(states, [
            ("later@wallet.example", false, refused("451")),
            ("lead@wallet.example", true, None),
            ("refused@wallet.example", false, refused("550")),
        ]);
        let admin = bench.somebody("admin", Role::Admin).await;
        let dead = dead_jobs(&bench.desk, &admin).await.unwrap();
        assert_eq!(dead.len(), 1, "what a server refuses for good is not sent to it again: {dead:?}");
        // The other is tried again, later each time, and then waits for a person; whoever has got it gets it no second time.
        for _ in 0..8 {
            bench.clock.advance(Duration::from_hours(2));
            bench.work(Some(&mailer)).await;
        }
        assert_eq!(server.mails().len(), 1);
        let dead = dead_jobs(&bench.desk, &admin).await.unwrap();
        assert_eq!(dead.iter().map(|job| job.kind.as_str()).collect::<Vec<_>>(), ["mail", "mail"]);
        assert!(dead.iter().all(|job| !job.error.contains('@')), "no addresses among errors: {dead:?}");
    }
}

#[tokio::test]
async fn a_page_is_printed_with_its_characters() {
    let page = "<!doctype html><html lang='zh-CN'><meta charset='utf-8'><p>\u{4e2d}\u{6587}\u{62a5}\u{544a}</p></html>";
    let entropy = SeededEntropy::new(std::process::id().into());
    let bytes = crate::pdf::print(Path::new("/usr/bin/chromium"), page.as_bytes(), &*entropy).await.unwrap();
    assert!(bytes.starts_with(b"%PDF-") && bytes.len() > 3_000, "{} bytes", bytes.len());
    let missing = crate::pdf::print(Path::new("/no/such/browser"), page.as_bytes(), &*entropy).await;
    assert!(matches!(missing, Err(Error::File(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_is_protected_and_a_stranger_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let authority = certificates(folder.path());
    let user = || Some(("desk".to_owned(), "correct horse".to_owned()));
    for (mode, security) in [("starttls", Security::StartTls), ("tls", Security::Tls)] {
        let server = Smtp::start(Some((folder.path(), mode)));
        let ours = std::fs::read(&authority).unwrap();
        let settings =
            |authorities, credentials| MailSettings { credentials, authorities, ..server.settings(security) };
        Mailer::new(&settings(Some(ours.clone()), user())).unwrap().probe().await.unwrap();
        let stranger = Mailer::new(&settings(None, user())).unwrap().probe().await.unwrap_err();
        assert!(!stranger.is_final, "{mode}: {stranger:?}");
        let wrong = Some(("desk".to_owned(), "wrong".to_owned()));
        let refusal = Mailer::new(&settings(Some(ours), wrong)).unwrap().probe().await.unwrap_err();
        assert!(refusal.text.contains("535"), "{mode}: {refusal:?}");
    }
    let nobody = Mailer::new(&MailSettings { port: 1, ..settings_of(1, Security::None) }).unwrap();
    let refusal = nobody.probe().await.unwrap_err();
    assert_eq!((refusal.text.as_str(), refusal.is_final), ("the mail server could not be reached", false));
}

fn settings_of(port: u16, security: Security) -> MailSettings {
    MailSettings {
        host: "localhost".to_owned(),
        port,
        security,
        credentials: None,
        from: "Harbor Support <reports@wallet.example>".to_owned(),
        authorities: None,
    }
}

/// An SMTP server in a process of its own.
struct Smtp {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Smtp {
    fn start(tls: Option<(&Path, &str)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp_server.py");
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).arg(folder.path()).stdout(Stdio::piped());
        if let Some((certificates, mode)) = tls {
            command.args([certificates.join("server.pem"), certificates.join("server.key")]).arg(mode);
        }
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("the SMTP server starts: apt-get install python3-aiosmtpd");
        Self { process, port, folder }
    }

    fn settings(&self, security: Security) -> MailSettings {
        settings_of(self.port, security)
    }

    fn mailer(&self, security: Security, authorities: Option<Vec<u8>>) -> Mailer {
        Mailer::new(&MailSettings { authorities, ..self.settings(security) }).unwrap()
    }

    /// What it took, the first first.
    fn mails(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> =
            files.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
        files.sort();
        files.iter().map(|path| String::from_utf8(std::fs::read(path).unwrap()).unwrap()).collect()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An authority and a certificate for localhost, by openssl; returns the authority's file.
fn certificates(folder: &Path) -> PathBuf {
    let script = "set -e
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=Test \
            -keyout ca.key -out ca.pem -addext basicConstraints=critical,CA:TRUE
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout server.key -out server.csr
        printf 'subjectAltName=DNS:localhost\\nbasicConstraints=CA:FALSE\\n' > ext
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out server.pem";
    let made =
        Command::new("sh").args(["-c", script]).current_dir(folder).stderr(Stdio::null()).status().unwrap();
    assert!(made.success(), "openssl");
    folder.join("ca.pem")
}
