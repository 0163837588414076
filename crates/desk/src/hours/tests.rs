use standfast_domain::{DayKind, Interval, Role, SpecialDay, TimeOfDay, Weekday};
use standfast_store::store_test;

use super::*;
use crate::testing::{TestDesk, visitor};

fn week(opens: &str, closes: &str) -> Vec<Interval> {
    let of = |day| Interval {
        weekday: Weekday::new(day).unwrap(),
        opens: TimeOfDay::parse(opens).unwrap(),
        closes: TimeOfDay::parse(closes).unwrap(),
    };
    (1..=7).map(of).collect()
}

fn wish(name: &str, languages: &[Language], (opens, closes): (&str, &str)) -> ScheduleWish {
    ScheduleWish {
        name: name.to_owned(),
        coverage: Coverage { languages: languages.to_vec(), ..Coverage::default() },
        schedule: Schedule {
            zone: "Asia/Shanghai".to_owned(),
            week: week(opens, closes),
            seasons: Vec::new(),
            days: Vec::new(),
            exceptions: Vec::new(),
        },
    }
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> (&'static str, &'static str) {
    match result {
        Err(Error::Invalid { field, reason }) => (field, reason),
        Err(Error::Schedule(wrong)) => (wrong.part, wrong.reason),
        other => panic!("{other:?}"),
    }
}

async fn lead(desk: &TestDesk) -> AgentCaller {
    desk.agent("lead", Role::Lead).await
}

const CHINESE: Asker<'static> = Asker { language: Language::Chinese, region: "", channel: Channel::Widget };
const ENGLISH: Asker<'static> = Asker { language: Language::English, region: "", channel: Channel::Widget };

store_test! {
    async fn of_two_processes_that_save_rival_hours_at_once_one_is_refused(store) {
        // SQLite belongs to one process.
        if store.directory().is_some() {
            return;
        }
        let second = store.reopen();
        let (desk, other) = (TestDesk::new(&store), TestDesk::node(&second, 1));
        let lead = lead(&desk).await;
        for round in 0..10 {
            let all = wish(&format!("Round {round}"), &[], ("09:00", "18:00"));
            let (one, two) = tokio::join!(add_schedule(&desk, &lead, &all), add_schedule(&other, &lead, &all));
            let (kept, refused) = match (one, two) {
                (Ok(kept), Err(refused)) | (Err(refused), Ok(kept)) => (kept, refused),
                both => panic!("{both:?}"),
            };
            let is_rival = matches!(refused, Error::Invalid { field: "coverage", reason: "rival" });
            assert!(is_rival || matches!(refused, Error::ChangedMeanwhile), "{refused:?}");
            remove_schedule(&desk, &lead, kept.id, kept.version).await.unwrap();
        }
        second.close().await;
    }

    async fn hours_are_entered_changed_and_taken_away(store) {
        let desk = TestDesk::new(&store);
        let lead = lead(&desk).await;
        assert_eq!(opening(&desk, &CHINESE, desk.now()), None, "nobody knows");
        let first = add_schedule(&desk, &lead, &wish("所有人", &[], ("09:00", "18:00"))).await.unwrap();
        assert_eq!(first.version, 1);
        // 2026-11-21 12:00 UTC is 20:00 in Shanghai.
        let now = opening(&desk, &CHINESE, desk.now()).unwrap();
        assert_eq!((now.is_open, now.opens_at), (false, Time::parse("2026-11-22T01:00:00Z")));
        assert_eq!(now.text(Language::Chinese), "现在是休息时间，11月22日周日 09:00（UTC+8）开始有客服值守。");
        assert_eq!(now.text(Language::English), "We are closed now and open again on Sunday 22 November at 09:00 (UTC+8).");
        desk.pass(60);
        let all_day = wish("中文", &[Language::Chinese], ("00:00", "24:00"));
        add_schedule(&desk, &lead, &all_day).await.unwrap();
        assert_eq!(refused(add_schedule(&desk, &lead, &all_day).await), ("coverage", "rival"));
        let now = opening(&desk, &CHINESE, desk.now()).unwrap();
        assert_eq!((now.is_open, now.closes_at), (true, None), "never closed");
        assert!(!opening(&desk, &ENGLISH, desk.now()).unwrap().is_open);
        // Who has seen an older version is told.
        let later = wish("所有人", &[], ("09:00", "23:00"));
        let changed = change_schedule(&desk, &lead, first.id, 1, &later).await.unwrap();
        assert_eq!(changed.version, 2);
        let late = change_schedule(&desk, &lead, first.id, 1, &later).await;
        assert!(matches!(late, Err(Error::OutdatedVersion { version: 2 })));
        assert!(matches!(remove_schedule(&desk, &lead, first.id, 1).await, Err(Error::OutdatedVersion { .. })));
        assert!(opening(&desk, &ENGLISH, desk.now()).unwrap().is_open);
        // What was before the change stays what it was: an hour ago it was closed, and a year ago too.
        let hour_ago = desk.now().minus(Duration::from_mins(30));
        let table = timetable(&desk);
        let hours = table.find(&ENGLISH, hour_ago).unwrap().hours;
        assert!(!hours.is_open(hour_ago) && hours.is_open(desk.now()));
        assert!(table.find(&ENGLISH, Time::parse("2020-01-01T00:00:00Z").unwrap()).is_some(), "the first one holds for all time");
        assert!(table.find(&CHINESE, hour_ago).is_some_and(|found| found.id == first.id), "the second one did not hold yet");
        remove_schedule(&desk, &lead, first.id, 2).await.unwrap();
        assert_eq!(opening(&desk, &ENGLISH, desk.now()), None);
        assert!(timetable(&desk).find(&ENGLISH, hour_ago).is_some(), "who came before is still measured by it");
        assert!(matches!(remove_schedule(&desk, &lead, first.id, 3).await, Err(Error::NotFound)));
        let names: Vec<String> = list_schedules(&desk, &lead).await.unwrap().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["中文"]);
        let agent = desk.agent("agent", Role::Agent).await;
        assert!(matches!(add_schedule(&desk, &agent, &later).await, Err(Error::Forbidden)));
        assert_eq!(list_schedules(&desk, &agent).await.unwrap().len(), 1);
    }

    async fn another_process_hears_of_changes(store) {
        let (one, other) = (TestDesk::node(&store, 0), TestDesk::node(&store, 1));
        let lead = lead(&one).await;
        add_schedule(&one, &lead, &wish("Everybody", &[], ("00:00", "24:00"))).await.unwrap();
        assert_eq!(opening(&other, &ENGLISH, other.now()), None);
        load_hours(&other).await.unwrap();
        assert!(opening(&other, &ENGLISH, other.now()).unwrap().is_open);
    }

    async fn what_makes_no_sense_or_is_secret_is_not_kept(store) {
        let desk = TestDesk::new(&store);
        let lead = lead(&desk).await;
        assert_eq!(refused(add_schedule(&desk, &lead, &wish("", &[], ("09:00", "18:00"))).await), ("name", "missing"));
        assert_eq!(refused(add_schedule(&desk, &lead, &wish("x", &[], ("09:00", "09:00"))).await), ("week", "empty"));
        let phrase = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
        let kept = add_schedule(&desk, &lead, &wish(phrase, &[], ("09:00", "18:00"))).await.unwrap();
        assert!(!kept.name.contains("abandon"), "{}", kept.name);
    }

    async fn gaps_name_those_for_whom_nobody_is_there(store) {
        let desk = TestDesk::new(&store);
        let lead = lead(&desk).await;
        assert!(hours_gaps(&desk, &lead).await.unwrap().is_empty(), "a desk without hours has no gaps");
        add_schedule(&desk, &lead, &wish("中文", &[Language::Chinese], ("00:00", "24:00"))).await.unwrap();
        let gaps = hours_gaps(&desk, &lead).await.unwrap();
        assert_eq!(gaps.len(), 1);
        assert_eq!((gaps[0].schedule_id, gaps[0].audiences[0].language), (None, "en"), "nobody knows for English");
        let night = wish("English", &[Language::English], ("09:00", "02:00"));
        let preview = preview_schedule(&desk, &lead, None, &night).await.unwrap();
        assert_eq!((preview.days.len(), preview.days[1].spans.len()), (28, 2), "past midnight");
        assert_eq!(preview.days[0].date.to_string(), "2026-11-21");
        assert_eq!(preview.gaps.len(), 1);
        let spans: Vec<_> = preview.gaps[0].gaps.iter().map(|gap| (gap.from.to_string(), gap.until.to_string())).collect();
        assert_eq!(spans, vec![("02:00".to_owned(), "09:00".to_owned()); 7]);
        // 17:00 UTC is tomorrow in Shanghai.
        desk.pass(5 * 60);
        let preview = preview_schedule(&desk, &lead, None, &night).await.unwrap();
        assert_eq!(preview.days[0].date.to_string(), "2026-11-22");
    }

    async fn anybody_is_told_when_it_is_open_in_the_next_two_weeks(store) {
        let desk = TestDesk::new(&store);
        let lead = lead(&desk).await;
        let mut english = wish("English", &[Language::English], ("22:00", "02:00"));
        let day = Day::parse("2026-11-23").unwrap();
        english.schedule.days.push(SpecialDay { date: day, kind: DayKind::Holiday, name: "internal".into(), like: None });
        add_schedule(&desk, &lead, &english).await.unwrap();
        add_schedule(&desk, &lead, &wish("中文", &[Language::Chinese], ("00:00", "24:00"))).await.unwrap();
        let view = crate::status(&desk).await.unwrap();
        let of = |name: &str| view.hours.iter().find(|hours| hours.name == name).unwrap();
        let days: Vec<_> = of("English").coming.iter().map(|day| {
            let spans: Vec<_> = day.spans.iter().map(|(from, until)| format!("{from}–{until}")).collect();
            (day.date.to_string(), spans.join(" "))
        }).collect();
        // 20:00 in Shanghai; what begins on Sunday evening ends on the holiday, on which nothing begins.
        let expected = [("2026-11-21", "00:00–02:00 22:00–24:00"), ("2026-11-22", "00:00–02:00 22:00–24:00"), ("2026-11-23", "00:00–02:00"), ("2026-11-24", "22:00–24:00")];
        assert_eq!(days[..4], expected.map(|(date, spans)| (date.to_owned(), spans.to_owned())));
        assert_eq!((days.len(), days[13].0.as_str()), (14, "2026-12-04"));
        let at = |text: &str| Time::parse(text).unwrap();
        let spans = &of("English").ahead;
        assert_eq!(spans.len(), 13, "fourteen evenings but for the holiday");
        assert_eq!((spans[0].opens_at, spans[0].closes_at), (at("2026-11-21T14:00:00Z"), Some(at("2026-11-21T18:00:00Z"))));
        assert_eq!(spans[2].opens_at, at("2026-11-24T14:00:00Z"));
        // Around the clock it is open from now on, and does not close where the two weeks end.
        assert_eq!(of("中文").ahead, [crate::StatusSpan { opens_at: desk.now(), closes_at: None }]);
        assert!(!serde_json::to_string(&view).unwrap().contains("internal"), "what a day is called is for the desk");
    }

    async fn a_receipt_says_when_somebody_is_there(store) {
        let desk = TestDesk::new(&store);
        let lead = lead(&desk).await;
        let receipt = desk.ask(&visitor(1), "m1", "转账没有到账").await;
        assert_eq!(receipt.opening, None);
        add_schedule(&desk, &lead, &wish("所有人", &[], ("09:00", "18:00"))).await.unwrap();
        let receipt = desk.ask(&visitor(2), "m2", "转账没有到账").await;
        assert!(receipt.opening.is_some_and(|opening| !opening.is_open));
        assert_eq!(receipt.next.code, "closed");
        assert!(receipt.next.text.contains("11月22日周日 09:00（UTC+8）"), "{}", receipt.next.text);
    }
}
