//! Mail about the state of the desk.

use std::collections::BTreeMap;

use standfast_desk::{
    DriverCommand, Error as DeskError, IncidentCommand, MaintenanceCommand, MaintenanceText, StatusNotice,
    SubscribeCommand, add_driver, confirm_subscription, end_subscription, find_subscription,
    plan_maintenance, subscribe, tell_incident,
};
use standfast_domain::{DriverId, DriverKind, IncidentPhase, SubscriptionId, SubscriptionKind};
use standfast_store::mail::{self, MailRow};
use standfast_store::{Rd, subscription};

use super::alarm::header;
use super::*;

/// Number and token of a subscription's link.
type Link = (SubscriptionId, String);

impl Bench {
    async fn subscribes(&self, name: &str, language: Language) -> Option<Link> {
        let address = format!("{name}@wallet.example");
        let kind = SubscriptionKind::Mail;
        subscribe(&self.desk, SubscribeCommand { kind, address: address.clone(), language }).await.unwrap();
        let read = move |rd: &mut Rd| subscription::find_of(rd, kind, &address);
        let id = self.desk.store().read(read).await.unwrap()?.id;
        let link = standfast_desk::subscription_link(&self.desk, id);
        Some((id, link.rsplit('/').next().unwrap().to_owned()))
    }

    async fn confirmed(&self, name: &str, language: Language) -> Link {
        let link = self.subscribes(name, language).await.unwrap();
        confirm_subscription(&self.desk, link.0, &link.1).await.unwrap();
        link
    }

    async fn told(&self, id: SubscriptionId, notice: StatusNotice) -> Option<MailRow> {
        let key = format!("status:{id}:{}", notice.key());
        self.desk.store().read(move |rd: &mut Rd| mail::find_keyed(rd, &key)).await.unwrap()
    }

    async fn incident(&self, lead: &AgentCaller) -> DriverId {
        let command = DriverCommand {
            kind: DriverKind::Incident,
            title: "our own words".to_owned(),
            note: String::new(),
            starts_at: self.desk.now(),
            ends_at: None,
            scope: BTreeMap::new(),
        };
        add_driver(&self.desk, lead, "d1", &command).await.unwrap().id
    }

    async fn tells(
        &self,
        lead: &AgentCaller,
        id: DriverId,
        phase: IncidentPhase,
        text: &str,
    ) -> StatusNotice {
        let command =
            IncidentCommand { phase, text_zh: format!("{text}（中文）"), text_en: text.to_owned() };
        let told = tell_incident(&self.desk, lead, id, &command).await.unwrap();
        StatusNotice::Incident { update: told[0].id }
    }
}

store_test! {
    async fn nobody_is_told_before_they_said_yes_and_everybody_once_a_step(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let lead = bench.somebody("lead", Role::Lead).await;
        let (english, chinese) = (bench.confirmed("lena", Language::English).await, bench.confirmed("mei", Language::Chinese).await);
        let silent = bench.subscribes("silent", Language::English).await.unwrap();
        bench.work(Some(&mailer)).await;
        let asked = server.mails();
        assert_eq!(asked.len(), 3, "each is asked");
        let first = asked.iter().find(|mail| mail.contains("To: silent@wallet.example")).unwrap();
        assert!(first.contains(&format!("/status/subscriptions/{}/", silent.0)), "{first}");
        assert_eq!(header(first, "List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
        let id = bench.incident(&lead).await;
        let one = bench.tells(&lead, id, IncidentPhase::Investigating, "TRON is late <b>").await;
        bench.work(Some(&mailer)).await;
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 5);
        let mail = bench.told(english.0, one).await.unwrap();
        assert_eq!(mail.subject, "[Harbor <Wallet>] Looking into it: TRON is late <b>");
        assert!(mail.body_text.contains("https://desk.test/status#i") && !mail.body_text.contains("our own words"), "{}", mail.body_text);
        assert!(mail.body_html.contains("TRON is late &lt;b&gt;") && !mail.body_html.contains("late <b>"), "{}", mail.body_html);
        let mail = bench.told(chinese.0, one).await.unwrap();
        assert!(mail.subject.contains("排查中：TRON is late <b>（中文）") && mail.body_text.contains("北京时间"), "{mail:?}");
        for text in [&mail.body_text, &mail.body_html] {
            assert!(!text.contains("report.") && !text.contains('{'), "{text}");
        }
        assert!(bench.told(silent.0, one).await.is_none());

        // Whoever leaves hears nothing more, by nobody else's word.
        let wrong = end_subscription(&bench.desk, english.0, &chinese.1).await;
        assert!(matches!(wrong, Err(DeskError::NotFound)));
        end_subscription(&bench.desk, english.0, &english.1).await.unwrap();
        let two = bench.tells(&lead, id, IncidentPhase::Resolved, "It works again").await;
        bench.work(Some(&mailer)).await;
        assert!(bench.told(english.0, two).await.is_none());
        let last = bench.told(chinese.0, two).await.unwrap();
        assert_eq!(last.follows, bench.told(chinese.0, one).await.map(|mail| mail.id), "one conversation");
        assert_eq!(server.mails().len(), 6);
    }

    async fn asking_twice_sends_one_mail_and_says_nothing_of_who_is_known(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let first = bench.subscribes("lena", Language::English).await.unwrap();
        assert_eq!(bench.subscribes("lena", Language::Chinese).await.unwrap().0, first.0);
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 1, "whoever fills a mailbox gets one through in ten minutes");
        bench.clock.advance(Duration::from_mins(11));
        bench.subscribes("lena", Language::Chinese).await;
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 2);
        confirm_subscription(&bench.desk, first.0, &first.1).await.unwrap();
        bench.clock.advance(Duration::from_mins(11));
        bench.subscribes("lena", Language::English).await;
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 2);
        let found = find_subscription(&bench.desk, first.0, &first.1).await.unwrap();
        assert_eq!((found.is_confirmed, found.language), (true, Language::Chinese));
    }

    async fn maintenance_is_announced_and_called_off_by_mail(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let admin = bench.somebody("admin", Role::Admin).await;
        let (english, _) = bench.confirmed("lena", Language::English).await;
        let command = MaintenanceCommand {
            client_id: "m1".to_owned(),
            starts_at: Some(bench.desk.now().plus(Duration::from_hours(24))),
            ends_at: bench.desk.now().plus(Duration::from_hours(25)),
            text: MaintenanceText { chinese: "更换磁盘".to_owned(), en: "New disks".to_owned() },
        };
        let window = plan_maintenance(&bench.desk, None, command).await.unwrap().id;
        bench.work(Some(&mailer)).await;
        let mail = bench.told(english, StatusNotice::Announced { window }).await.unwrap();
        assert_eq!(mail.subject, "[Harbor <Wallet>] Planned maintenance: New disks");
        assert!(mail.body_text.contains("23 Nov 2026 12:00 (UTC) to 23 Nov 2026 13:00 (UTC)"), "{}", mail.body_text);
        standfast_desk::end_maintenance(&bench.desk, &admin, window).await.unwrap();
        bench.work(Some(&mailer)).await;
        assert!(bench.told(english, StatusNotice::CalledOff { window }).await.is_some());

        // One that goes on and is ended by whoever runs the machine is told as well.
        let now = MaintenanceCommand {
            client_id: "m2".to_owned(),
            starts_at: None,
            ends_at: bench.desk.now().plus(Duration::from_hours(1)),
            text: MaintenanceText { chinese: "更换磁盘".to_owned(), en: "New disks".to_owned() },
        };
        plan_maintenance(&bench.desk, None, now).await.unwrap();
        bench.work(Some(&mailer)).await;
        let told = server.mails().len();
        assert_eq!(standfast_desk::stop_maintenance(&bench.desk).await.unwrap(), 1);
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), told + 1);
    }

    async fn an_address_that_no_server_takes_is_nobodys_work_and_forgotten(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let (admin, lead) = (bench.somebody("admin", Role::Admin).await, bench.somebody("lead", Role::Lead).await);
        bench.subscribes("refused", Language::English).await.unwrap();
        bench.work(Some(&mailer)).await;
        let kind = SubscriptionKind::Mail;
        let address = "refused@wallet.example";
        let of = || bench.desk.store().read(move |rd: &mut Rd| subscription::find_of(rd, kind, address));
        assert_eq!(of().await.unwrap(), None);
        // One that was confirmed is given three days.
        let link = bench.confirmed("refused", Language::English).await;
        let id = bench.incident(&lead).await;
        bench.tells(&lead, id, IncidentPhase::Investigating, "TRON is late").await;
        bench.work(Some(&mailer)).await;
        assert!(!find_subscription(&bench.desk, link.0, &link.1).await.unwrap().is_off);
        bench.clock.advance(Duration::from_hours(24 * 3 + 1));
        bench.tells(&lead, id, IncidentPhase::Identified, "A node was behind").await;
        bench.work(Some(&mailer)).await;
        assert!(find_subscription(&bench.desk, link.0, &link.1).await.unwrap().is_off);
        assert_eq!(dead_jobs(&bench.desk, &admin).await.unwrap(), []);
    }
}
