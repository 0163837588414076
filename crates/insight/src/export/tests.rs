//! What the views of the schema `reporting` and the dashboard made for them say is what the facts say.

use std::collections::BTreeMap;

use serde_json::Value;
use standfast_domain::{AgentId, RequestId, TeamId, Time};
use standfast_store::handling::{self, Handled};
use standfast_store::imported::{self, Untold};
use standfast_store::{Error, Store, params, testing};

use super::*;
use crate::keep::tests::{Dice, add, people, request, write};
use crate::{Dimension, Figure, Grouping, Insight, Measure, Query, Settings};

/// Times of asking: before, and after all that was written.
const FROM: &str = "2025-10-01T00:00:00Z";
const NOW: &str = "2026-02-01T12:00:00Z";

/// Requests as hosts and people leave them, some of them imported.
async fn fill(store: &Store) {
    write(store, people).await;
    let mut dice = Dice(7);
    let mut rows: Vec<_> = (1..=300).map(|number| request(&mut dice, number)).collect();
    let said = [
        r#"{"region":"uk","app_version":"v2.14.0 (1234)"}"#,
        r#"{"region":" zh-CN ","app_version":"2.14.0-beta"}"#,
        r#"{"region":"","country":"de","app_version":"1.2.3.4.5"}"#,
        r#"{"region":"Mars","app_version":"dev"}"#,
        r#"{"country":"en_US","app_version":"1234567"}"#,
        r#"{"app_version":"7."}"#,
        "{\"app_version\":\"7.2\",\"memo\":\"x\"}",
        "{}",
    ];
    for (row, context) in rows.iter_mut().zip(said.iter().cycle()).step_by(3) {
        (*context).clone_into(&mut row.context);
    }
    for row in rows.iter_mut().step_by(11) {
        r#"{"app_version":"9.1"}"#.clone_into(&mut row.fields);
    }
    let ids: Vec<RequestId> = rows.iter().map(|row| row.id).collect();
    let came: Vec<Time> = rows.iter().map(|row| row.created_at).collect();
    add(store, rows).await;
    let handled: Vec<RequestId> = ids.iter().copied().step_by(3).collect();
    write(store, move |tx| {
        for (number, request_id) in (0_i64..).zip(handled.iter().copied()) {
            let done = Handled {
                request_id,
                replies: 1,
                replied_by: Some(AgentId(1)),
                solved_at: None,
                agent_id: Some(AgentId(1)),
                team_id: Some(TeamId(1)),
                reply_seq: Some(2),
                worked_s: (number % 2 == 0).then_some(60 * number),
            };
            handling::add(tx, &done)?;
            for team in 0..number % 4 {
                let passed =
                    Handled { replies: 0, replied_by: None, team_id: Some(TeamId(team % 2)), ..done };
                handling::add(tx, &passed)?;
            }
        }
        Ok(())
    })
    .await;
    write(store, move |tx| {
        for (number, (id, came)) in (0_u8..).zip(ids.iter().zip(&came).step_by(5)) {
            let bot = (number % 2 == 0).then_some(Time(came.0 + i64::from(number) * 7_000_000));
            imported::insert(tx, *id, ("old", &[number]), (Untold(i64::from(number % 16)), bot), Time(0))?;
        }
        Ok(())
    })
    .await;
}

/// The rows of a query, as JSON.
async fn rows(store: &Store, sql: &str) -> Vec<Value> {
    let sql: &'static str = Box::leak(format!("SELECT row_to_json(q)::text FROM ({sql}) q").into_boxed_str());
    let texts = store.read(move |rd| rd.query(sql, params![], |row| row.get::<String>(0)));
    let texts: Result<Vec<String>, Error> = texts.await;
    let texts = texts.unwrap_or_else(|error| panic!("{sql}: {error}"));
    texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// The SQL of the dashboard's panels by their titles, its macros replaced as Grafana does.
fn panels() -> BTreeMap<String, String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate/grafana/requests.json");
    let board: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let annotations = board["annotations"]["list"].as_array().unwrap();
    let marks = annotations.iter().map(|one| (one["name"].clone(), one["target"]["rawSql"].clone()));
    let panels = board["panels"].as_array().unwrap();
    let all =
        panels.iter().map(|one| (one["title"].clone(), one["targets"][0]["rawSql"].clone())).chain(marks);
    let plain = |sql: &str| {
        let mut sql = sql
            .replace("$__timeFrom()", &format!("'{FROM}'"))
            .replace("$__timeTo()", &format!("'{NOW}'"))
            .replace("now()", &format!("'{NOW}'::timestamptz"));
        for column in ["created_at", "rated_at", "starts_at"] {
            sql = sql
                .replace(
                    &format!("$__timeFilter({column})"),
                    &format!("{column} BETWEEN '{FROM}' AND '{NOW}'"),
                )
                .replace(
                    &format!("$__timeGroupAlias({column}, '1d')"),
                    &format!(
                        "to_char(date_trunc('day', {column} AT TIME ZONE 'UTC'), 'YYYY-MM-DD') AS \"time\""
                    ),
                );
        }
        assert!(!sql.contains("$__"), "{sql}");
        sql
    };
    all.map(|(title, sql)| (title.as_str().unwrap().to_owned(), plain(sql.as_str().unwrap()))).collect()
}

struct Desk {
    insight: Insight,
    now: Time,
}

impl Desk {
    async fn open(store: &Store) -> Self {
        let settings =
            Settings { snapshot: None, every: std::time::Duration::from_mins(15), threads: 2, at_once: 1 };
        let insight = Insight::new(store.clone(), standfast_domain::SeededEntropy::new(1), settings);
        let (stop, stopping) = tokio::sync::watch::channel(false);
        let keeping = tokio::spawn({
            let insight = insight.clone();
            async move { insight.keep(stopping).await }
        });
        while insight.facts().is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stop.send(true).unwrap();
        keeping.await.unwrap();
        Self { insight, now: Time::parse(NOW).unwrap() }
    }

    /// Figures by the codes of their groups, and of all.
    async fn ask(&self, measure: Measure, group: &[Grouping]) -> (BTreeMap<Vec<String>, Figure>, Figure) {
        let mut query = Query::new(measure, self.now);
        query.group = group.to_vec();
        let answer = self.insight.answer(query).await.unwrap();
        let code = |axis: usize, place: usize| answer.axes[axis].1[place].code.clone();
        let cells = answer.cells.iter().map(|cell| {
            let codes = cell.at.iter().enumerate().map(|(axis, place)| code(axis, *place)).collect();
            (codes, cell.figure.clone())
        });
        (cells.filter(|(_, figure)| figure.n() > 0).collect(), answer.total.clone())
    }
}

/// Counts by two members of each row.
fn counted(rows: &[Value], [first, second]: [&str; 2]) -> BTreeMap<Vec<String>, Figure> {
    let code = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let count = |row: &Value| Figure::Count { n: row["requests"].as_u64().unwrap() };
    rows.iter().map(|row| (vec![code(row, first), code(row, second)], count(row))).collect()
}

#[test]
fn the_dashboard_says_what_the_facts_say() {
    testing::on_postgres(|store| async move {
        fill(&store).await;
        let (desk, panels) = (Desk::open(&store).await, panels());
        let panel = async |title: &str| rows(&store, &panels[title]).await;
        let by = Grouping::By;
        let day = Grouping::Step(crate::Step::Day);

        let (_, Figure::Count { n }) = desk.ask(Measure::Requests, &[]).await else { panic!() };
        assert_eq!(panel("Requests").await[0]["requests"], n);
        assert!(n > 150, "{n}");
        let (_, Figure::Share { met, .. }) = desk.ask(Measure::AtRisk, &[]).await else { panic!() };
        assert_eq!(panel("Assets at risk").await[0]["requests"], met);
        let (_, Figure::Spread(spread)) = desk.ask(Measure::FirstResponse, &[]).await else { panic!() };
        assert_eq!(panel("Median first response").await[0]["seconds"], spread.percentiles.unwrap()[0]);
        let level = Measure::ServiceLevel { within: 3_600 };
        let (_, Figure::Share { n, met }) = desk.ask(level, &[]).await else { panic!() };
        let share = panel("Answered within an hour").await[0]["share"].as_f64().unwrap();
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let expected = met as f64 / n as f64;
        assert!((share - expected).abs() < 1e-12, "{share} {expected}");
        for (title, dimension, name) in [
            ("Requests by day and type", Dimension::Type, "metric"),
            ("Requests by channel", Dimension::Channel, "metric"),
        ] {
            let (cells, _) = desk.ask(Measure::Requests, &[day, by(dimension)]).await;
            assert_eq!(counted(&panel(title).await, ["time", name]), cells, "{title}");
        }
        let (cells, _) =
            desk.ask(Measure::Requests, &[by(Dimension::Region), by(Dimension::AppVersion)]).await;
        assert_eq!(counted(&panel("Regions and versions").await, ["region", "app_version"]), cells);
        // The end of a day is the beginning of the next.
        let open = panel("Open requests").await;
        let (cells, _) = desk.ask(Measure::Backlog, &[day]).await;
        let mut compared = 0;
        for (codes, figure) in &cells {
            let next: jiff::civil::Date = codes[0].parse().unwrap();
            let next = next.tomorrow().unwrap().to_string();
            if let Some(row) = open.iter().find(|row| row["time"].as_str().unwrap().starts_with(&next)) {
                assert_eq!(row["open"], figure.n(), "{next}");
                compared += 1;
            }
        }
        assert!(compared > 20, "{compared}");
        for title in ["Ratings", "Events"] {
            assert!(panel(title).await.is_empty(), "{title}");
        }
    });
}

#[test]
fn the_views_know_what_is_known() {
    testing::on_postgres(|store| async move {
        fill(&store).await;
        let views = rows(&store, "SELECT * FROM reporting.request").await;
        let views: BTreeMap<i64, Value> =
            views.into_iter().map(|row| (row["id"].as_i64().unwrap(), row)).collect();
        let facts = store
            .read(|rd| standfast_store::fact::list_between(rd, RequestId(0), RequestId(i64::MAX), 999))
            .await
            .unwrap();
        let handled = rows(&store, "SELECT * FROM reporting.handling").await;
        let handled: BTreeMap<i64, Value> =
            handled.into_iter().map(|row| (row["request_id"].as_i64().unwrap(), row)).collect();
        let bots = rows(&store, "SELECT * FROM reporting.bot_reply").await;
        let bots: BTreeMap<i64, Value> =
            bots.into_iter().map(|row| (row["request_id"].as_i64().unwrap(), row)).collect();
        assert_eq!((views.len(), facts.len(), bots.len()), (300, 300, 30));
        assert!(handled.len() > 20, "{}", handled.len());
        for row in facts {
            let view = &views[&row.id.0];
            for ((name, _), cell) in COLUMNS.iter().zip(data(row.clone(), false)) {
                match (*name, cell) {
                    (
                        "type" | "channel" | "language" | "region" | "app_version" | "state" | "counting"
                        | "origin",
                        Datum::Text(text),
                    ) => {
                        assert_eq!(view[name], text, "{name} of {}", row.context);
                    }
                    (
                        "customer_id" | "response_seconds" | "replies" | "follow_ups" | "reopens"
                        | "transfers",
                        Datum::Int(number),
                    ) => {
                        assert_eq!(view[name].as_i64(), number, "{name}");
                    }
                    ("bot_response_seconds", Datum::Int(seconds)) => {
                        let told = bots.get(&row.id.0).and_then(|view| view["response_seconds"].as_i64());
                        assert_eq!(told, seconds, "{name}");
                    }
                    ("handling_seconds", Datum::Int(seconds)) => {
                        let told = handled.get(&row.id.0).and_then(|view| view["worked_seconds"].as_i64());
                        assert_eq!(told, seconds, "{name}");
                    }
                    ("tier", Datum::Text(tier)) if tier != "unknown" => {
                        let told = handled.get(&row.id.0).and_then(|view| view["tier"].as_str());
                        assert_eq!(told.unwrap_or("first"), tier, "{name}");
                    }
                    ("at_risk" | "answer_known" | "solution_known" | "words_known", Datum::Flag(is)) => {
                        assert_eq!(view[name], is, "{name}");
                    }
                    ("created_at" | "ended_at", Datum::Time(time)) => {
                        let shown = view[name].as_str().map(|text| Time::parse(text).unwrap());
                        assert_eq!(shown, time, "{name}");
                    }
                    _ => {}
                }
            }
        }
        for view in ["rating", "agent", "event", "active_users", "handling"] {
            rows(&store, &format!("SELECT * FROM reporting.{view}")).await;
        }
    });
}
