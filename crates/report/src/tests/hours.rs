//! Figures in opening hours.

use std::collections::BTreeMap;
use std::time::Duration;

use standfast_desk::{Customer, Intake, ScheduleWish, Visitor, add_schedule, receive};
use standfast_domain::report::{Definition, Format, Section};
use standfast_domain::{Coverage, Interval, Role, Schedule, TimeOfDay, Weekday};
use standfast_store::store_test;

use super::{Bench, definition, secret};
use crate::Reports;

store_test! {
    async fn a_report_knows_the_opening_hours(store) {
        let bench = Bench::new(&store, 0).await;
        let admin = bench.somebody("admin", Role::Admin).await;
        let all_day = |day| Interval {
            weekday: Weekday::new(day).unwrap(),
            opens: TimeOfDay::parse("00:00").unwrap(),
            closes: TimeOfDay::parse("24:00").unwrap(),
        };
        let schedule = Schedule {
            zone: "Asia/Shanghai".to_owned(),
            week: (1..=7).map(all_day).collect(),
            seasons: Vec::new(),
            days: Vec::new(),
            exceptions: Vec::new(),
        };
        let wish = ScheduleWish { name: "All".to_owned(), coverage: Coverage::default(), schedule };
        add_schedule(&bench.desk, &admin, &wish).await.unwrap();
        bench.at("2026-11-23T02:00:00Z");
        for number in 0..2 {
            let visitor = Customer::Visitor(Visitor::new(&secret(number)).unwrap());
            let intake = Intake { client_id: "a".to_owned(), text: "转账没有到账".to_owned(), ..Intake::default() };
            receive(&bench.desk, &visitor, intake).await.unwrap();
        }
        bench.at("2026-11-23T08:00:00Z");
        while bench.reports.insight.facts().unwrap().len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let wish = Definition {
            sections: vec![Section::Overview { measures: vec!["first_response_open".to_owned()] }],
            filter: BTreeMap::new(),
            ..definition()
        };
        // As in a process of its own, which has read no hours yet.
        let reports = Reports::new(bench.another_desk(&store), bench.reports.insight.clone());
        for reports in [&bench.reports, &reports] {
            let made = reports.make("x", &wish, Some("2026-W48")).await.unwrap();
            let csv = String::from_utf8(reports.write(&made, Format::Csv).await.unwrap()).unwrap();
            assert!(csv.contains("First response in opening hours,,2,") && !csv.contains("do not meet"), "{csv}");
        }
    }
}
