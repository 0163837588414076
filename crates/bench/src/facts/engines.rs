//! The same questions, asked of others: SQLite and PostgreSQL in SQL, and DuckDB, the engine for figures that one would
//! otherwise take. Each has the same table (`table.rs`) and as many threads as the facts, but for SQLite, which has one.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use standfast_domain::Time;
use tokio::time::Instant;

use super::THREADS;
use super::question::{Numbers, QUESTIONS};
use super::sql::{Dialect, Sql, sql};
use super::table;
use crate::latency::Latencies;

/// Runs [`SCRIPT`]; made by `scripts/bench`.
const PYTHON: &str = ".cache/duckdb/bin/python";
const SCRIPT: &str = "crates/bench/src/facts/ask_duckdb.py";

/// What came of a question.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) latencies: Latencies,
    pub(crate) rows: Vec<Numbers>,
}

/// The answers to all questions; none to those that SQL is not asked.
pub(crate) type All = Vec<Option<Told>>;

/// Asks every question in turns, once more than is counted: the first time warms caches.
fn turns(
    now: Time,
    dialect: Dialect,
    rounds: usize,
    mut ask: impl FnMut(&Sql) -> anyhow::Result<Vec<Numbers>>,
) -> anyhow::Result<All> {
    let asked = QUESTIONS.iter().map(|question| (question.name, sql(question, now, dialect)));
    let mut all: Vec<_> = asked.map(|(name, sql)| (name, sql.map(|sql| (sql, Told::default())))).collect();
    for round in 0..=rounds {
        for (name, one) in &mut all {
            let Some((sql, told)) = one else { continue };
            let begun = Instant::now();
            told.rows = ask(sql).with_context(|| format!("{name}: {}", sql.text))?;
            if round > 0 {
                told.latencies.note(begun);
            }
        }
    }
    Ok(all.into_iter().map(|(_, one)| one.map(|(_, told)| told)).collect())
}

/// SQLite, with all of the table in its cache.
pub(crate) fn sqlite(path: &Path, rows: &[PathBuf], now: Time, rounds: usize) -> anyhow::Result<All> {
    let _ = fs::remove_file(path);
    let mut connection = rusqlite::Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA cache_size = -6000000; PRAGMA temp_store = MEMORY;",
    )?;
    connection.execute_batch(&table::create())?;
    let transaction = connection.transaction()?;
    for file in rows {
        for line in BufReader::new(fs::File::open(file)?).lines() {
            let line = line?;
            let cells: Vec<_> = line.split(',').map(cell).collect();
            let places = vec!["?"; cells.len()].join(", ");
            let mut insert = transaction.prepare_cached(&format!("INSERT INTO stage VALUES ({places})"))?;
            insert.execute(rusqlite::params_from_iter(cells))?;
        }
    }
    transaction.execute_batch(table::FINISH)?;
    transaction.commit()?;
    connection.execute_batch("DROP TABLE stage; CREATE INDEX fact_created ON fact (created); ANALYZE;")?;
    turns(now, Dialect::Sqlite, rounds, |sql| {
        let mut statement = connection.prepare_cached(&sql.text)?;
        let keys = statement.column_count() - sql.figures;
        let rows = statement
            .query_map([], |row| (keys..keys + sql.figures).map(|place| row.get(place)).collect())?;
        Ok(rows.collect::<Result<Vec<Numbers>, _>>()?)
    })
}

/// A cell of CSV as SQLite takes it.
fn cell(text: &str) -> rusqlite::types::Value {
    match text {
        "" => rusqlite::types::Value::Null,
        "true" => 1.into(),
        "false" => 0.into(),
        // A version such as 2.1 is a word.
        _ => text.parse::<i64>().map_or_else(|_| text.to_owned().into(), Into::into),
    }
}

/// PostgreSQL, on one more process for each question than it begins with.
pub(crate) fn postgres(url: &str, rows: &[PathBuf], now: Time, rounds: usize) -> anyhow::Result<All> {
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    client.batch_execute(&table::create())?;
    for file in rows {
        let mut into = client.copy_in("COPY stage FROM STDIN (FORMAT csv)")?;
        std::io::copy(&mut fs::File::open(file)?, &mut into)?;
        into.finish()?;
    }
    client.batch_execute(table::FINISH)?;
    client.batch_execute("DROP TABLE stage; CREATE INDEX fact_created ON fact (created)")?;
    client.batch_execute("VACUUM (FREEZE, ANALYZE) fact")?;
    client.batch_execute(&format!(
        "SET max_parallel_workers_per_gather = {}; SET work_mem = '256MB'; SET jit = off",
        THREADS - 1
    ))?;
    turns(now, Dialect::Postgres, rounds, |sql| {
        let rows = client.query(&sql.text, &[])?;
        let figures = |row: &postgres::Row| {
            (row.len() - sql.figures..row.len())
                .map(|place| row.try_get(place))
                .collect::<Result<Numbers, _>>()
        };
        Ok(rows.iter().map(figures).collect::<Result<_, _>>()?)
    })
}

/// What the script is told.
#[derive(Serialize)]
struct Job<'a> {
    database: &'a Path,
    threads: usize,
    /// Statements that make the table, when the database is not there yet.
    make: Vec<String>,
    rounds: usize,
    /// SQL, and how many of its last columns are figures.
    questions: Vec<(String, usize)>,
}

/// What it tells.
#[derive(Deserialize)]
struct Done {
    version: String,
    /// Milliseconds of each turn, and the rows of the last, of each question.
    answers: Vec<(Vec<f64>, Vec<Numbers>)>,
}

/// Whether DuckDB is there.
pub(crate) fn has_duckdb() -> bool {
    Path::new(PYTHON).exists()
}

/// DuckDB, from its Python package in a process of its own, on a database that is made of `rows` where there is none yet.
/// Its version, and its answers; what fetching them into Python takes counts.
pub(crate) fn duckdb(
    database: &Path,
    rows: impl FnOnce() -> anyhow::Result<Vec<PathBuf>>,
    now: Time,
    rounds: usize,
) -> anyhow::Result<(String, All)> {
    let files = if database.exists() { Vec::new() } else { rows()? };
    let copies = files.iter().map(|file| format!("COPY stage FROM '{}' (FORMAT csv)", file.display()));
    let finish = [table::FINISH.to_owned(), "DROP TABLE stage".to_owned()];
    let make = [table::create()].into_iter().chain(copies).chain(finish).collect();
    let asked: Vec<_> = QUESTIONS.iter().map(|question| sql(question, now, Dialect::DuckDb)).collect();
    let questions = asked.iter().flatten().map(|sql| (sql.text.clone(), sql.figures)).collect();
    let job = Job { database, threads: THREADS, make, rounds, questions };
    let mut child = Command::new(PYTHON).arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    serde_json::to_writer(child.stdin.take().context("the script's input")?, &job)?;
    let mut text = String::new();
    child.stdout.take().context("the script's output")?.read_to_string(&mut text)?;
    anyhow::ensure!(child.wait()?.success(), "{SCRIPT} failed");
    for file in files {
        fs::remove_file(file)?;
    }
    let Done { version, answers } = serde_json::from_str(&text)?;
    let mut answers = answers.into_iter();
    let told = |(ms, rows): (Vec<f64>, Vec<Numbers>)| {
        let mut latencies = Latencies::default();
        for ms in ms {
            latencies.put(ms);
        }
        Told { latencies, rows }
    };
    Ok((version, asked.iter().map(|sql| sql.as_ref().and_then(|_| answers.next()).map(told)).collect()))
}

/// Of fewer values percentiles other than the median are not compared.
const FEW: i64 = 500;

/// Whether both say the same. Percentiles, behind the two counts of a row of six, are taken by rules that differ by one
/// place in the order of values: they may differ by a few in a hundred. Of few values neighbours lie further apart: there the median
/// alone is compared, on which the rules agree.
pub(crate) fn same(ours: &[Numbers], theirs: &[Numbers]) -> bool {
    let sorted = |rows: &[Numbers]| {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        rows
    };
    let near = |one: &Option<i64>, other: &Option<i64>| match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() * 20 <= one.abs().max(20),
        _ => one == other,
    };
    let row = |one: &Numbers, other: &Numbers| {
        let exact = if one.len() == 6 { 2 } else { one.len() };
        let known = one.get(1).copied().flatten().unwrap_or(0);
        let compared = if one.len() == 6 && known < FEW { 3 } else { one.len() };
        one.len() == other.len()
            && one.iter().zip(other).take(exact).all(|(one, other)| one == other)
            && one.iter().zip(other).take(compared).skip(exact).all(|(one, other)| near(one, other))
    };
    ours.len() == theirs.len() && sorted(ours).iter().zip(&sorted(theirs)).all(|(one, other)| row(one, other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_told_in_any_order_and_percentiles_may_be_a_place_apart() {
        let row = |numbers: &[i64]| numbers.iter().map(|number| Some(*number)).collect::<Numbers>();
        assert!(same(&[row(&[1, 2]), row(&[3, 4])], &[row(&[3, 4]), row(&[1, 2])]));
        assert!(!same(&[row(&[1, 2])], &[row(&[1, 3])]));
        assert!(!same(&[row(&[1, 2])], &[]));
        assert!(same(&[row(&[900, 800, 100, 200, 300, 400])], &[row(&[900, 800, 101, 200, 300, 399])]));
        assert!(!same(&[row(&[900, 800, 100, 200, 300, 400])], &[row(&[900, 800, 100, 200, 300, 500])]));
        assert!(same(&[row(&[9, 8, 100, 200, 300, 400])], &[row(&[9, 8, 100, 200, 300, 500])]));
        assert!(!same(&[row(&[9, 8, 100, 200, 300, 400])], &[row(&[9, 7, 100, 200, 300, 400])]));
        assert!(!same(&[row(&[9, 8, 100, 200, 300, 400])], &[row(&[9, 8, 120, 200, 300, 400])]));
    }
}
