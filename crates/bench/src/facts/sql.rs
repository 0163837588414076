//! The questions in SQL, over one table with a row for each request (`table.rs`): what somebody would write who had no
//! engine for them. Days are cut by whole numbers, which is faster everywhere than asking for the date in a zone.

use standfast_domain::Time;
use standfast_insight::Measure;

use crate::facts::question::{AHEAD, Ask, DAY, Question};

/// Whose SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
    DuckDb,
}

/// Percentiles, as the desk tells them.
const PERCENTS: &str = "0.5, 0.75, 0.9, 0.95";
const WEEK: i64 = 7 * DAY;

/// A question in SQL, with how many of its last columns are figures.
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) figures: usize,
}

impl Dialect {
    fn div(self, number: &str, by: i64) -> String {
        let slash = if self == Self::DuckDb { "//" } else { "/" };
        format!("(({number}) {slash} {by})")
    }

    /// What a second is grouped by.
    fn step(self, second: &str, code: &str) -> String {
        let local = format!("{second} + {AHEAD}");
        match code {
            "day" => self.div(&local, DAY),
            // The first day of 1970 was a Thursday; weeks begin on Monday.
            "week" => self.div(&format!("{local} + {}", 3 * DAY), WEEK),
            "hour_of_day" => format!("({} % 24)", self.div(&local, 3_600)),
            "hour_of_week" => format!("({} % 168)", self.div(&local, 3_600)),
            "month" => match self {
                Self::Sqlite => format!("strftime('%Y-%m', {local}, 'unixepoch')"),
                Self::Postgres => {
                    format!("date_trunc('month', to_timestamp({local}) AT TIME ZONE 'UTC')::text")
                }
                Self::DuckDb => {
                    format!("date_trunc('month', make_timestamp(({local}) * 1000000::BIGINT))::VARCHAR")
                }
            },
            dimension => column(dimension).to_owned(),
        }
    }
}

/// The column of a dimension.
fn column(dimension: &str) -> &str {
    match dimension {
        "team" => "team_id",
        "agent" => "agent_id",
        "first_agent" => "first_agent_id",
        other => other,
    }
}

/// The question in this SQL; nothing where its definition needs more than one statement over one table.
pub(crate) fn sql(question: &Question, now: Time, dialect: Dialect) -> Option<Sql> {
    let Ask::Of(measure) = question.ask else { return None };
    let (from, until) = question.range(now);
    let second = until - 1;
    let mut filter = "counting = 'counted'".to_owned();
    for (dimension, codes) in question.filter {
        let values: Vec<_> = codes
            .iter()
            .map(|code| if *code == "yes" { "true".to_owned() } else { format!("'{code}'") })
            .collect();
        filter = format!("{filter} AND {} IN ({})", column(dimension.code()), values.join(", "));
    }
    let came = format!("{filter} AND created >= {from} AND created < {until}");
    let keys: Vec<_> = question.group.iter().map(|code| dialect.step("created", code)).collect();
    let grouped = |figures: &str, condition: &str, count: usize| {
        let (select, group) = if keys.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("{}, ", keys.join(", ")), format!(" GROUP BY {}", keys.join(", ")))
        };
        let text = format!("SELECT {select}{figures} FROM fact WHERE {came}{condition}{group}");
        Some(Sql { text, figures: count })
    };
    let share = |condition: String, met: &str| {
        grouped(&format!("count(*), sum(CASE WHEN {met} THEN 1 ELSE 0 END)"), &condition, 2)
    };
    let solved_for_a_week = format!(" AND created + first_resolution_seconds <= {}", second - WEEK);
    match measure {
        Measure::Requests => grouped("count(*)", "", 1),
        Measure::Rated => grouped("count(*)", " AND score IS NOT NULL", 1),
        Measure::Customers => grouped("count(*), count(DISTINCT customer_id)", "", 2),
        Measure::RequestsPerCustomer => Some(Sql {
            text: format!(
                "SELECT n, count(*) FROM (SELECT count(*) AS n FROM fact WHERE {came} GROUP BY customer_id) AS asked GROUP BY n"
            ),
            figures: 2,
        }),
        Measure::FirstResponse => Some(spread(dialect, &keys, "response_seconds", &came)),
        Measure::FullResolution => Some(spread(dialect, &keys, "full_resolution_seconds", &came)),
        Measure::ServiceLevel { within } => share(
            format!(" AND created <= {}", second - i64::from(within)),
            &format!("response_seconds <= {within}"),
        ),
        Measure::OneContact => share(solved_for_a_week, "replies = 1 AND reopens = 0"),
        Measure::Reopened { .. } => share(solved_for_a_week, "reopens > 0"),
        Measure::RepeatContact { days } => {
            let window = i64::from(days) * DAY;
            share(format!(" AND created <= {}", second - window), &format!("next_seconds <= {window}"))
        }
        Measure::Satisfied => share(" AND score IS NOT NULL".to_owned(), "score >= 4"),
        Measure::Backlog | Measure::Flow => Some(stock(measure, question, dialect, &filter, (from, until))),
        _ => None,
    }
}

/// Percentiles. Each engine takes them by its own rule, which may be the next value to ours; SQLite has none, so that its
/// rows are numbered, by our rule.
fn spread(dialect: Dialect, keys: &[String], value: &str, came: &str) -> Sql {
    let names: Vec<_> = (0..keys.len()).map(|place| format!("k{place}")).collect();
    let list: Vec<_> = keys.iter().zip(&names).map(|(key, name)| format!("{key} AS {name}, ")).collect();
    let (list, names) = (list.concat(), names.join(", "));
    let text = match dialect {
        Dialect::Sqlite => {
            let at = |share: f64| {
                format!("max(CASE WHEN place = 1 + CAST({share} * (known - 1) + 1e-9 AS INTEGER) THEN v END)")
            };
            format!(
                "SELECT {names}, count(*), count(v), {}, {}, {}, {} FROM (SELECT *, \
                 row_number() OVER (PARTITION BY {names} ORDER BY v IS NULL, v) AS place, \
                 count(v) OVER (PARTITION BY {names}) AS known \
                 FROM (SELECT {list}{value} AS v FROM fact WHERE {came})) GROUP BY {names}",
                at(0.5),
                at(0.75),
                at(0.9),
                at(0.95)
            )
        }
        Dialect::Postgres => format!(
            "SELECT {names}, n, known, p[1]::bigint, p[2]::bigint, p[3]::bigint, p[4]::bigint FROM (SELECT {list}count(*) AS n, \
             count({value}) AS known, percentile_disc(ARRAY[{PERCENTS}]) WITHIN GROUP (ORDER BY {value}) AS p FROM fact WHERE {came} GROUP BY {names}) AS s"
        ),
        Dialect::DuckDb => format!(
            "SELECT {names}, n, known, p[1], p[2], p[3], p[4] FROM (SELECT {list}count(*) AS n, count({value}) AS known, \
             quantile_disc({value}, [{PERCENTS}]) AS p FROM fact WHERE {came} GROUP BY {names})"
        ),
    };
    Sql { text, figures: 6 }
}

/// What came and what ended in each step, and what of it is open at its end.
fn stock(
    measure: Measure,
    question: &Question,
    dialect: Dialect,
    filter: &str,
    (from, until): (i64, i64),
) -> Sql {
    let code = question.group.first().copied().unwrap_or("day");
    let (came, ended) = (dialect.step("created", code), dialect.step("ended", code));
    let first = dialect.step(&from.to_string(), code);
    if measure == Measure::Flow {
        let text = format!(
            "SELECT step, sum(came), sum(went) FROM (SELECT {came} AS step, 1 AS came, 0 AS went FROM fact WHERE {filter} \
             AND created >= {from} AND created < {until} UNION ALL SELECT {ended}, 0, 1 FROM fact WHERE {filter} \
             AND created < {until} AND ended >= {from} AND ended < {until}) AS moved GROUP BY step"
        );
        return Sql { text, figures: 2 };
    }
    let text = format!(
        "SELECT step, CAST(sum(change) OVER (ORDER BY step) AS BIGINT) FROM (SELECT step, sum(change) AS change FROM (\
         SELECT CASE WHEN created < {from} THEN {first} ELSE {came} END AS step, 1 AS change FROM fact WHERE {filter} \
         AND created < {until} AND (ended IS NULL OR ended >= {from}) UNION ALL SELECT {ended}, -1 FROM fact WHERE {filter} \
         AND created < {until} AND ended >= {from} AND ended < {until}) AS moved GROUP BY step) AS steps"
    );
    Sql { text, figures: 1 }
}
