//! Use cases: entering, changing and removing reports, having one made, and having what was made.

use standfast_desk::{AgentCaller, Error as DeskError};
use standfast_domain::report::{Definition, Format, Period};
use standfast_domain::{JobId, Permission, ReportId, ReportRunId, Time};
use standfast_guard::{Context, screen};
use standfast_insight::{check_definition, zone};
use standfast_store::job::{self, NewJob};
use standfast_store::report::{self, ReportRow, RunRow};
use standfast_store::{Lane, Tx, mail};

use crate::view::{ReportView, RunView, definition};
use crate::{Error, Made, Reports, address};

/// Longest name, in characters.
const NAME: usize = 100;
/// Most recipients.
const MOST_RECIPIENTS: usize = 50;
/// Most reports of a desk.
const MOST_REPORTS: usize = 200;
/// Most runs of an answer.
const MOST_RUNS: u32 = 30;

/// Who asks: somebody on the desk, or nobody for a command of the operator.
pub type Caller<'a> = Option<&'a AgentCaller>;

fn require(caller: Caller<'_>) -> Result<(), DeskError> {
    caller.map_or(Ok(()), |caller| caller.require(Permission::ReadInsight))
}

/// A name and a definition after all checks: safe to store.
#[derive(Clone)]
struct Checked {
    name: String,
    definition: String,
    next_at: Option<Time>,
}

impl Reports {
    fn check(&self, name: &str, definition: &Definition) -> Result<Checked, Error> {
        let name = name.trim();
        if name.is_empty() {
            return Err(Error::invalid("name", "missing"));
        }
        if name.chars().count() > NAME {
            return Err(Error::invalid("name", "too_long"));
        }
        if name.contains(char::is_control) {
            return Err(Error::invalid("name", "malformed"));
        }
        let name = screen(name, &Context::default()).text;
        check_definition(definition)?;
        let mut definition = definition.clone();
        if definition.recipients.len() > MOST_RECIPIENTS {
            return Err(Error::invalid("recipients", "too_many"));
        }
        for recipient in &mut definition.recipients {
            *recipient = address::check(recipient).ok_or(Error::invalid("recipients", "malformed"))?;
        }
        definition.recipients.sort();
        definition.recipients.dedup();
        if definition.attached.contains(&Format::Pdf) && self.desk.settings().browser.is_none() {
            return Err(Error::NoSuchFormat("pdf"));
        }
        let zone = zone(&definition.zone)?;
        let next_at = definition.schedule.as_ref().and_then(|schedule| schedule.next(&zone, self.desk.now()));
        let text = serde_json::to_string(&definition);
        let definition = text.map_err(|_| DeskError::Inconsistent("definition of a report"))?;
        Ok(Checked { name, definition, next_at })
    }

    /// Lists the reports, by name.
    pub async fn list(&self, caller: Caller<'_>) -> Result<Vec<ReportView>, Error> {
        require(caller)?;
        let rows = self.desk.store().read(|rd| report::list(rd).map_err(Error::from)).await?;
        rows.into_iter().map(ReportView::new).collect()
    }

    /// The report with this name.
    pub async fn find_named(&self, caller: Caller<'_>, name: &str) -> Result<ReportView, Error> {
        require(caller)?;
        let name = name.to_owned();
        let row =
            self.desk.store().read(move |rd| report::find_named(rd, &name).map_err(Error::from)).await?;
        ReportView::new(row.ok_or(DeskError::NotFound)?)
    }

    /// Enters a report. The same call with the same name and definition enters it once.
    pub async fn add(
        &self,
        caller: Caller<'_>,
        name: &str,
        definition: &Definition,
    ) -> Result<ReportView, Error> {
        require(caller)?;
        let checked = self.check(name, definition)?;
        let (id, now, created_by) =
            (ReportId(self.desk.id()), self.desk.now(), caller.map(|caller| caller.id));
        let row = self
            .desk
            .store()
            .write(Lane::Ordinary, 0, move |tx| {
                if report::list(tx)?.len() >= MOST_REPORTS {
                    return Err(Error::invalid("name", "too_many"));
                }
                let Checked { name, definition, next_at } = checked.clone();
                let row = ReportRow {
                    id,
                    name,
                    definition,
                    next_at,
                    created_by,
                    created_at: now,
                    updated_at: now,
                    removed_at: None,
                    version: 1,
                };
                if report::insert(tx, &row)? {
                    return Ok(row);
                }
                let known =
                    report::find_named(tx, &row.name)?.filter(|known| known.definition == row.definition);
                known.ok_or(Error::NameTaken)
            })
            .await?;
        ReportView::new(row)
    }

    /// Makes a report what is said, if nobody has changed it since the caller saw it. A schedule begins anew from now.
    pub async fn change(
        &self,
        caller: Caller<'_>,
        id: ReportId,
        seen: i64,
        name: &str,
        definition: &Definition,
    ) -> Result<ReportView, Error> {
        require(caller)?;
        let checked = self.check(name, definition)?;
        let now = self.desk.now();
        let row = self
            .desk
            .store()
            .write(Lane::Ordinary, id.0, move |tx| {
                let mut row = present(tx, id)?;
                let namesake = report::find_named(tx, &checked.name)?;
                if namesake.is_some_and(|other| other.id != id) {
                    return Err(Error::NameTaken);
                }
                row.name.clone_from(&checked.name);
                row.definition.clone_from(&checked.definition);
                (row.next_at, row.updated_at) = (checked.next_at, now);
                if row.version != seen || !report::save(tx, &row)? {
                    return Err(DeskError::ChangedMeanwhile.into());
                }
                row.version += 1;
                Ok(row)
            })
            .await?;
        ReportView::new(row)
    }

    /// Removes a report. What was made of it is kept as long as it would have been.
    pub async fn remove(&self, caller: Caller<'_>, id: ReportId) -> Result<(), Error> {
        require(caller)?;
        let now = self.desk.now();
        let unit = move |tx: &mut Tx| {
            let mut row = present(tx, id)?;
            (row.removed_at, row.next_at) = (Some(now), None);
            if report::save(tx, &row)? { Ok(()) } else { Err(DeskError::ChangedMeanwhile.into()) }
        };
        self.desk.store().write(Lane::Ordinary, id.0, unit).await
    }

    /// Makes a report that need not be entered, for looking at it.
    pub async fn preview(
        &self,
        caller: Caller<'_>,
        name: &str,
        definition: &Definition,
        period: Option<&str>,
    ) -> Result<Made, Error> {
        require(caller)?;
        let checked = self.check(name, definition)?;
        self.make(&checked.name, definition, period).await
    }

    /// Has a report made now; to the recipients too if `send`. The same client id has it made once.
    pub async fn run(
        &self,
        caller: Caller<'_>,
        id: ReportId,
        client_id: &str,
        period: Option<&str>,
        send: bool,
    ) -> Result<RunView, Error> {
        require(caller)?;
        if client_id.is_empty() || client_id.len() > 100 || client_id.contains(char::is_control) {
            return Err(Error::invalid("client_id", "malformed"));
        }
        let view = self.find(id).await?;
        let now = self.desk.now();
        let period = period_of(&view.definition, period, now)?.to_string();
        let ids = (ReportRunId(self.desk.id()), JobId(self.desk.id()));
        let row = RunRow {
            id: ids.0,
            report_id: id,
            occasion: format!("hand:{client_id}"),
            period,
            is_sent: send,
            requested_by: caller.map(|caller| caller.id),
            created_at: now,
            made_at: None,
            problem: None,
        };
        let unit = move |tx: &mut Tx| {
            if !report::insert_run(tx, &row)? {
                let known = report::find_occasion(tx, id, &row.occasion)?;
                return known.ok_or(Error::Desk(DeskError::Inconsistent("run of a report")));
            }
            enqueue_run(tx, ids.1, &row)?;
            Ok(row.clone())
        };
        let row = self.desk.store().write(Lane::Ordinary, id.0, unit).await?;
        Ok(RunView::new(row, &[], Vec::new()))
    }

    async fn find(&self, id: ReportId) -> Result<ReportView, Error> {
        let row = self.desk.store().read(move |rd| report::find(rd, id).map_err(Error::from)).await?;
        ReportView::new(row.filter(|row| row.removed_at.is_none()).ok_or(DeskError::NotFound)?)
    }

    /// The latest runs of a report, with their files and mails.
    pub async fn runs(&self, caller: Caller<'_>, id: ReportId) -> Result<Vec<RunView>, Error> {
        require(caller)?;
        self.find(id).await?;
        self.desk
            .store()
            .read(move |rd| {
                let files = report::list_files(rd, id)?;
                let mut views = Vec::new();
                for run in report::list_runs(rd, id, MOST_RUNS)? {
                    let mails = mail::list_of(rd, run.id)?;
                    views.push(RunView::new(run, &files, mails));
                }
                Ok(views)
            })
            .await
    }

    /// A file of a run: its bytes and what to call it.
    pub async fn file(
        &self,
        caller: Caller<'_>,
        id: ReportRunId,
        format: Format,
    ) -> Result<(Vec<u8>, String), Error> {
        require(caller)?;
        let found = self.desk.store().read(move |rd| {
            let run = report::find_run(rd, id)?;
            let bytes = report::read_file(rd, id, format.as_str())?;
            let report = run.as_ref().map(|run| report::find(rd, run.report_id)).transpose()?.flatten();
            Ok::<_, Error>(run.zip(bytes).zip(report))
        });
        let ((run, bytes), report) = found.await?.ok_or(DeskError::NotFound)?;
        Ok((bytes, file_name(&report.name, &run.period, format)))
    }
}

/// What a file is called: letters and digits of the name, and the period.
pub(crate) fn file_name(name: &str, period: &str, format: Format) -> String {
    let clean: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let clean = clean.trim_matches('-').replace("..", "-");
    format!("{clean}-{}.{}", period.replace("..", "_"), format.as_str())
}

fn present(tx: &mut Tx, id: ReportId) -> Result<ReportRow, Error> {
    let row = report::find(tx, id)?.filter(|row| row.removed_at.is_none());
    Ok(row.ok_or(DeskError::NotFound)?)
}

/// The period that is meant: that of a code (see [`Period::parse`]), or the definition's own.
pub fn period_of(wanted: &Definition, period: Option<&str>, now: Time) -> Result<Period, Error> {
    let zone = zone(&wanted.zone)?;
    match period {
        Some(text) => Period::parse(text, &zone, now).map_err(|fault| Error::invalid("period", fault.code())),
        None => Ok(Period::last(wanted.period, &zone, now)),
    }
}

/// The payload of the job that makes a run.
pub(crate) fn enqueue_run(tx: &mut Tx, id: JobId, run: &RunRow) -> Result<(), Error> {
    let payload = format!("{{\"run\":\"{}\"}}", run.id);
    let job = NewJob {
        id,
        kind: "report",
        payload: &payload,
        run_at: run.created_at,
        dedupe: None,
        now: run.created_at,
    };
    Ok(job::enqueue(tx, &job)?)
}

/// What a report's row defines.
pub(crate) fn defined(row: &ReportRow) -> Result<Definition, Error> {
    definition(&row.definition)
}
