//! Reports: what they say and when, what was made of them, and the files.

use standfast_domain::{AgentId, ReportId, ReportRunId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// A report as the store keeps it. The definition is still JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the columns are explained in migrations/0006_reports.sql and 0020_versions.sql"
)]
pub struct ReportRow {
    pub id: ReportId,
    pub name: String,
    pub definition: String,
    pub next_at: Option<Time>,
    pub created_by: Option<AgentId>,
    pub created_at: Time,
    pub updated_at: Time,
    pub removed_at: Option<Time>,
    pub version: i64,
}

/// A report that was made, or is being made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0006_reports.sql")]
pub struct RunRow {
    pub id: ReportRunId,
    pub report_id: ReportId,
    pub occasion: String,
    pub period: String,
    pub is_sent: bool,
    pub requested_by: Option<AgentId>,
    pub created_at: Time,
    pub made_at: Option<Time>,
    pub problem: Option<String>,
}

/// A file of a run, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Of which run.
    pub run_id: ReportRunId,
    /// `html`, `csv`, `xlsx` or `pdf`.
    pub format: String,
    /// Bytes.
    pub size: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, definition, next_at, created_by, created_at, updated_at, removed_at, version FROM report ",
            $rest
        )
    };
}

macro_rules! select_run {
    ($rest:literal) => {
        concat!(
            "SELECT id, report_id, occasion, period, is_sent, requested_by, created_at, made_at, problem ",
            "FROM report_run ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<ReportRow, Error> {
    Ok(ReportRow {
        id: row.get(0)?,
        name: row.get(1)?,
        definition: row.get(2)?,
        next_at: row.get(3)?,
        created_by: row.get(4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
        removed_at: row.get(7)?,
        version: row.get(8)?,
    })
}

fn run_row(row: &Row<'_>) -> Result<RunRow, Error> {
    Ok(RunRow {
        id: row.get(0)?,
        report_id: row.get(1)?,
        occasion: row.get(2)?,
        period: row.get(3)?,
        is_sent: row.get(4)?,
        requested_by: row.get(5)?,
        created_at: row.get(6)?,
        made_at: row.get(7)?,
        problem: row.get(8)?,
    })
}

/// The reports that are not removed, by name.
pub fn list(rd: &mut Rd) -> Result<Vec<ReportRow>, Error> {
    rd.query(select!("WHERE removed_at IS NULL ORDER BY name, id"), params![], row)
}

/// The report with this id, removed ones too.
pub fn find(rd: &mut Rd, id: ReportId) -> Result<Option<ReportRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// The report with this name.
pub fn find_named(rd: &mut Rd, name: &str) -> Result<Option<ReportRow>, Error> {
    rd.query_opt(select!("WHERE name = $1 AND removed_at IS NULL"), params![name], row)
}

/// The reports whose schedule is due at `now`.
pub fn list_due(rd: &mut Rd, now: Time) -> Result<Vec<ReportRow>, Error> {
    rd.query(
        select!(
            "WHERE removed_at IS NULL AND next_at IS NOT NULL AND next_at <= $1 ORDER BY next_at, id LIMIT 50"
        ),
        params![now],
        row,
    )
}

/// Writes a new report. False when there is one with this id or name already.
pub fn insert(tx: &mut Tx, r: &ReportRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO report (id, name, definition, next_at, created_by, created_at, updated_at, removed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        params![
            r.id,
            r.name,
            r.definition,
            r.next_at,
            r.created_by,
            r.created_at,
            r.updated_at,
            r.removed_at
        ],
    )?;
    Ok(written == 1)
}

/// Writes back everything of a report that can change, over the version that the row has. False when somebody else has
/// changed it since.
pub fn save(tx: &mut Tx, r: &ReportRow) -> Result<bool, Error> {
    let written = tx.execute(
        "UPDATE report SET name = $2, definition = $3, next_at = $4, updated_at = $5, removed_at = $6, \
         version = version + 1 WHERE id = $1 AND version = $7",
        params![r.id, r.name, r.definition, r.next_at, r.updated_at, r.removed_at, r.version],
    )?;
    Ok(written == 1)
}

/// Moves a due schedule on. False when another process was first, or somebody changed the schedule meanwhile.
pub fn move_on(tx: &mut Tx, id: ReportId, was: Time, next: Option<Time>) -> Result<bool, Error> {
    let moved = tx.execute(
        "UPDATE report SET next_at = $3 WHERE id = $1 AND next_at = $2 AND removed_at IS NULL",
        params![id, was, next],
    )?;
    Ok(moved == 1)
}

/// Writes a new run. False when the same occasion has made one already.
pub fn insert_run(tx: &mut Tx, r: &RunRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO report_run (id, report_id, occasion, period, is_sent, requested_by, created_at, made_at, problem) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        params![
            r.id,
            r.report_id,
            r.occasion,
            r.period,
            r.is_sent,
            r.requested_by,
            r.created_at,
            r.made_at,
            r.problem
        ],
    )?;
    Ok(written == 1)
}

/// The run with this id.
pub fn find_run(rd: &mut Rd, id: ReportRunId) -> Result<Option<RunRow>, Error> {
    rd.query_opt(select_run!("WHERE id = $1"), params![id], run_row)
}

/// The run that an occasion made.
pub fn find_occasion(rd: &mut Rd, report: ReportId, occasion: &str) -> Result<Option<RunRow>, Error> {
    rd.query_opt(select_run!("WHERE report_id = $1 AND occasion = $2"), params![report, occasion], run_row)
}

/// The latest runs of a report.
pub fn list_runs(rd: &mut Rd, report: ReportId, limit: u32) -> Result<Vec<RunRow>, Error> {
    rd.query(select_run!("WHERE report_id = $1 ORDER BY id DESC LIMIT $2"), params![report, limit], run_row)
}

/// Notes that a run is made, or why it is not; queued.
pub fn save_run(
    tx: &mut Tx,
    id: ReportRunId,
    made_at: Option<Time>,
    problem: Option<&str>,
) -> Result<(), Error> {
    tx.run("UPDATE report_run SET made_at = $2, problem = $3 WHERE id = $1", params![id, made_at, problem])
}

/// Keeps a file of a run, in place of the one before; queued.
pub fn put_file(tx: &mut Tx, run: ReportRunId, format: &str, bytes: &[u8]) -> Result<(), Error> {
    tx.run(
        "INSERT INTO report_file (run_id, format, size, bytes) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (run_id, format) DO UPDATE SET size = excluded.size, bytes = excluded.bytes",
        params![run, format, i64::try_from(bytes.len()).unwrap_or(i64::MAX), bytes],
    )
}

/// The files of the latest runs of a report.
pub fn list_files(rd: &mut Rd, report: ReportId) -> Result<Vec<FileRow>, Error> {
    rd.query(
        "SELECT f.run_id, f.format, f.size FROM report_file f JOIN report_run r ON r.id = f.run_id \
         WHERE r.report_id = $1 ORDER BY f.run_id DESC, f.format",
        params![report],
        |row| Ok(FileRow { run_id: row.get(0)?, format: row.get(1)?, size: row.get(2)? }),
    )
}

/// The bytes of a file.
pub fn read_file(rd: &mut Rd, run: ReportRunId, format: &str) -> Result<Option<Vec<u8>>, Error> {
    rd.query_opt(
        "SELECT bytes FROM report_file WHERE run_id = $1 AND format = $2",
        params![run, format],
        |row| row.get(0),
    )
}

/// Removes files of runs older than `before`, at most so many; returns how many.
pub fn trim_files(tx: &mut Tx, before: Time, limit: u32) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM report_file WHERE run_id IN \
         (SELECT r.id FROM report_run r JOIN report_file f ON f.run_id = r.id WHERE r.created_at < $1 \
          ORDER BY r.id LIMIT $2)",
        params![before, limit],
    )
}
