//! The facts as one table, a row for each request: what a team would load into a database of its own to ask it about the past.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context as _, anyhow};
use standfast_insight::{COLUMNS, Datum, data};

use super::desk::Maker;

/// Files that are written side by side.
const PARTS: usize = 2;

/// What the questions need of the columns that the export has ([`COLUMNS`]): the name here, the name there, and the type.
const TAKEN: [(&str, &str, &str); 19] = [
    ("id", "id", "BIGINT"),
    ("customer_id", "customer_id", "BIGINT"),
    ("created", "created_at", "INTEGER"),
    ("type", "type", "TEXT"),
    ("counting", "counting", "TEXT"),
    ("channel", "channel", "TEXT"),
    ("region", "region", "TEXT"),
    ("platform", "platform", "TEXT"),
    ("app_version", "app_version", "TEXT"),
    ("at_risk", "at_risk", "BOOLEAN"),
    ("team_id", "team_id", "INTEGER"),
    ("agent_id", "agent_id", "INTEGER"),
    ("first_agent_id", "first_agent_id", "INTEGER"),
    ("response_seconds", "response_seconds", "INTEGER"),
    ("first_resolution_seconds", "first_resolution_seconds", "INTEGER"),
    ("full_resolution_seconds", "full_resolution_seconds", "INTEGER"),
    ("ended", "ended_at", "INTEGER"),
    ("replies", "replies", "INTEGER"),
    ("reopens", "reopens", "INTEGER"),
];

/// And what stands behind them: the rating, which the export has not.
const RATED: [(&str, &str); 2] = [("score", "INTEGER"), ("reason", "TEXT")];

/// The table into which rows are read.
pub(crate) fn create() -> String {
    let taken = TAKEN.iter().map(|(name, _, kind)| (*name, *kind));
    let columns: Vec<_> = taken.chain(RATED).map(|(name, kind)| format!("{name} {kind}")).collect();
    format!("CREATE TABLE stage ({})", columns.join(", "))
}

/// Makes the table that is asked of the one that was read: in the order of time, and with how soon each customer came back
/// with the same type, which each question would have to find anew else.
pub(crate) const FINISH: &str = "CREATE TABLE fact AS SELECT *, lead(created) OVER (PARTITION BY customer_id, type, counting \
     ORDER BY created, id) - created AS next_seconds FROM stage ORDER BY created";

/// A row as CSV writes it; nothing is an empty cell.
fn line(maker: &Maker, number: usize, places: &[usize]) -> String {
    let fact = maker.request(number).into_fact();
    let rated = [
        fact.score.map(|score| score.get().to_string()).unwrap_or_default(),
        fact.reason.clone().unwrap_or_default(),
    ];
    // Whose first it is, none of the questions asks.
    let data = data(fact, false);
    let cells = places.iter().filter_map(|place| data.get(*place)).map(|datum| match datum {
        Datum::Int(value) => value.map(|value| value.to_string()).unwrap_or_default(),
        Datum::Time(time) => time.map(|time| (time.0 / 1_000_000).to_string()).unwrap_or_default(),
        Datum::Flag(is) => is.to_string(),
        Datum::Text(text) => text.clone(),
    });
    cells.chain(rated).collect::<Vec<_>>().join(",")
}

/// Writes the rows of a desk beside it as CSV, which no value of it needs quotes in.
pub(crate) fn write(maker: Maker, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let place = |name: &str| COLUMNS.iter().position(|(column, _)| *column == name);
    let places: Vec<usize> = TAKEN.iter().filter_map(|(_, name, _)| place(name)).collect();
    anyhow::ensure!(places.len() == TAKEN.len(), "the export has other columns now");
    let share = maker.requests.div_ceil(PARTS);
    let paths: Vec<_> = (0..PARTS).map(|part| folder.join(format!("table-{part}.csv"))).collect();
    thread::scope(|scope| {
        let part = |(part, path): (usize, &PathBuf)| {
            let (path, places) = (path.clone(), &places);
            scope.spawn(move || {
                let mut file =
                    BufWriter::new(File::create(&path).with_context(|| path.display().to_string())?);
                for number in part * share..((part + 1) * share).min(maker.requests) {
                    writeln!(file, "{}", line(&maker, number, places))?;
                }
                file.flush()?;
                anyhow::Ok(())
            })
        };
        let writers: Vec<_> = paths.iter().enumerate().map(part).collect();
        writers
            .into_iter()
            .try_for_each(|writer| writer.join().map_err(|_| anyhow!("writing a table failed"))?)
    })?;
    Ok(paths)
}
