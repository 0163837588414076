//! One report of the demonstration, which can be made at once.

use std::collections::BTreeMap;

use anyhow::Context as _;
use standfast_desk::Desk;
use standfast_domain::report::{Definition, Every, Format, LastPeriod, Schedule, Section};
use standfast_domain::{Language, ReportId};
use standfast_store::report::{self, ReportRow};
use standfast_store::{Error, Lane};

/// What a product lead gets on Monday.
fn monday() -> Definition {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    let ranking = |dimension: &str| Section::Ranking {
        measure: "requests".to_owned(),
        dimension: dimension.to_owned(),
        most: 8,
    };
    Definition {
        sections: vec![
            Section::Overview {
                measures: words(&[
                    "requests",
                    "contact_rate",
                    "customers",
                    "first_response",
                    "service_level",
                    "one_contact",
                    "reopened",
                    "backlog",
                ]),
            },
            Section::Course { measure: "requests".to_owned() },
            Section::Movements { most: 8 },
            Section::Why { dimension: "app_version".to_owned() },
            Section::Effects { most: 4 },
            ranking("type"),
            ranking("app_version"),
            ranking("chain"),
            Section::Week {},
            Section::Backlog {},
            Section::Satisfaction {},
        ],
        filter: BTreeMap::new(),
        period: LastPeriod::LastWeek,
        zone: "Asia/Shanghai".to_owned(),
        language: Language::Chinese,
        recipients: words(&["lead@harbor.example"]),
        attached: vec![Format::Html, Format::Xlsx],
        schedule: Some(Schedule { every: Every::Week { weekday: 1 }, at: "08:30".to_owned() }),
    }
}

/// Enters it.
pub(crate) async fn enter(desk: &Desk) -> anyhow::Result<()> {
    let wanted = monday();
    let now = desk.now();
    let zone = standfast_insight::zone(&wanted.zone)?;
    let row = ReportRow {
        id: ReportId(desk.id()),
        name: "周一报告".to_owned(),
        definition: serde_json::to_string(&wanted).context("report")?,
        next_at: wanted.schedule.as_ref().and_then(|schedule| schedule.next(&zone, now)),
        created_by: None,
        created_at: now,
        updated_at: now,
        removed_at: None,
        version: 1,
    };
    let entered: Result<bool, Error> =
        desk.store().write(Lane::Ordinary, 0, move |tx| report::insert(tx, &row)).await;
    entered?;
    Ok(())
}
