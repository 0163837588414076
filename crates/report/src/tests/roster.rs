//! Mail about people's own shifts.

use standfast_desk::{
    PersonWish, ROSTER_MAIL, ShiftWish, add_shifts, change_person, change_roster_mail, change_shift,
    publish_shifts, remove_shift,
};
use standfast_domain::roster::{Contract, Need, Profile};
use standfast_store::job;

use super::*;

fn at(text: &str) -> Time {
    Time::parse(&format!("2026-11-{text}:00Z")).unwrap()
}

fn shift(agent: &AgentCaller, from: &str, until: &str) -> ShiftWish {
    ShiftWish { agent: Some(agent.id), starts_at: at(from), ends_at: at(until), need: Need::default() }
}

/// The mails to somebody, in the order in which they came, decoded.
fn to(server: &Smtp, name: &str) -> Vec<String> {
    let address = format!("To: {name}@desk.test");
    server.mails().into_iter().filter(|mail| mail.contains(&address)).collect()
}

store_test! {
    async fn people_are_told_of_their_own_shifts_once(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let desk = &bench.desk;
        let lead = bench.somebody("lin", Role::Lead).await;
        let (mei, bo) = (bench.somebody("mei", Role::Agent).await, bench.somebody("bo", Role::Agent).await);
        let contract = Contract {
            zone: "Asia/Shanghai".to_owned(),
            least_week: 0,
            most_week: 48 * 60,
            most_stretch: 600,
            least_rest: 480,
            most_days: 6,
            available: Vec::new(),
        };
        let wish = PersonWish { profile: Profile::default(), contract: Some(contract) };
        change_person(desk, &lead, mei.id, 0, wish).await.unwrap();
        let wishes = vec![shift(&mei, "23T01:00", "23T09:00"), shift(&mei, "24T14:00", "24T22:00"), shift(&bo, "23T08:00", "23T16:00")];
        let added = add_shifts(desk, &lead, wishes).await.unwrap();
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 0, "a draft is nobody's business");
        publish_shifts(desk, &lead, (at("23T00:00"), at("30T00:00")), None).await.unwrap();
        // Who plans goes on changing things, and that is one mail.
        bench.at("2026-11-22T12:03:00Z");
        remove_shift(desk, &lead, added[1].id, 2, None).await.unwrap();
        bench.work(Some(&mailer)).await;
        assert_eq!(server.mails().len(), 0, "it is waited a little");
        bench.at("2026-11-22T12:05:01Z");
        bench.work(Some(&mailer)).await;
        assert_eq!((to(&server, "mei").len(), to(&server, "bo").len(), server.mails().len()), (1, 1, 2));
        let all = desk.store().read(|rd| {
            Ok::<_, Error>(rd.query("SELECT recipient, subject, body_text, body_html FROM mail ORDER BY id", standfast_store::params![], |row| {
                Ok([row.get::<String>(0)?, row.get::<String>(1)?, row.get::<String>(2)?, row.get::<String>(3)?])
            }).map_err(standfast_desk::Error::from)?)
        }).await.unwrap();
        let [_, subject, text, html] = all.iter().find(|mail| mail[0] == "mei@desk.test").unwrap();
        assert_eq!(subject, "Harbor <Wallet>: your shifts");
        // By the clock of their contract: nine to five in Shanghai, and over midnight with both days.
        assert!(text.contains("23 Nov 2026 09:00–17:00 [new]"), "{text}");
        assert!(text.contains("24 Nov 2026 22:00 – 25 Nov 2026 06:00 [called off]"), "{text}");
        assert!(text.contains("https://desk.test/console/roster/mine") && html.contains("Harbor &lt;Wallet&gt;"));
        for words in [subject, text, html] {
            assert!(!words.contains("report.") && !words.contains('{'), "{words}");
        }
        // Handed to somebody else: both are told, and what was called off is not told again.
        bench.at("2026-11-22T13:00:00Z");
        let moved = ShiftWish { agent: Some(bo.id), ..shift(&mei, "24T01:00", "24T09:00") };
        change_shift(desk, &lead, added[0].id, 2, moved, None).await.unwrap();
        // Who does not want it is not written to.
        assert!(!change_roster_mail(desk, &bo, false).await.unwrap().enabled);
        bench.at("2026-11-22T13:06:00Z");
        bench.work(Some(&mailer)).await;
        assert_eq!((to(&server, "mei").len(), to(&server, "bo").len()), (2, 1));
        assert!(!desk.store().read(|rd| job::is_listed(rd, ROSTER_MAIL).map_err(standfast_desk::Error::from)).await.unwrap());
        assert!(change_roster_mail(desk, &bo, true).await.unwrap().enabled);
    }

    async fn what_is_published_for_later_is_told_and_takes_nothing_away(store) {
        let server = Smtp::start(None);
        let mailer = server.mailer(Security::None, None);
        let bench = Bench::new(&store, 0).await;
        let desk = &bench.desk;
        let lead = bench.somebody("lin", Role::Lead).await;
        let mei = bench.somebody("mei", Role::Agent).await;
        let later = |day: &str| ShiftWish {
            starts_at: Time::parse(&format!("2026-12-{day}T08:00:00Z")).unwrap(),
            ends_at: Time::parse(&format!("2026-12-{day}T16:00:00Z")).unwrap(),
            ..shift(&mei, "22T11:00", "22T19:00")
        };
        let wishes = vec![shift(&mei, "22T11:00", "22T19:00"), later("28")];
        add_shifts(desk, &lead, wishes).await.unwrap();
        publish_shifts(desk, &lead, (at("22T00:00"), later("31").ends_at), None).await.unwrap();
        bench.at("2026-11-22T12:06:00Z");
        bench.work(Some(&mailer)).await;
        add_shifts(desk, &lead, vec![later("29")]).await.unwrap();
        publish_shifts(desk, &lead, (later("29").starts_at, later("29").ends_at), None).await.unwrap();
        bench.at("2026-11-22T12:20:00Z");
        bench.work(Some(&mailer)).await;
        let all = desk.store().read(|rd| {
            Ok::<_, Error>(rd.query("SELECT body_text FROM mail ORDER BY id", standfast_store::params![], |row| row.get::<String>(0)).map_err(standfast_desk::Error::from)?)
        }).await.unwrap();
        let [first, second] = all.as_slice() else { panic!("{all:?}") };
        // The one that goes on, and the new one after five weeks.
        assert!(first.contains("22 Nov 2026 11:00–19:00 [new]") && first.contains("28 Dec 2026 08:00–16:00 [new]"), "{first}");
        // What is known of later is not said again, and not said to be gone.
        assert!(second.contains("22 Nov 2026 11:00–19:00\n") && second.contains("29 Dec 2026 08:00–16:00 [new]"), "{second}");
        assert!(!second.contains("28 Dec") && second.contains("within these four weeks"), "{second}");
    }
}
