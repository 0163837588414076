//! Reports as callers see them.

use serde::Serialize;
use standfast_domain::report::{Definition, Format};
use standfast_domain::{AgentId, MailId, ReportId, ReportRunId, Time};
use standfast_store::mail::MailRow;
use standfast_store::report::{FileRow, ReportRow, RunRow};
use utoipa::ToSchema;

use crate::Error;

/// A report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportView {
    /// Id.
    #[schema(value_type = String)]
    pub id: ReportId,
    /// How people and the command name it.
    pub name: String,
    /// What it says, for whom and when.
    pub definition: Definition,
    /// When its schedule makes it next; null where there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Time>,
    /// Who entered it; null for what a command entered.
    #[schema(value_type = Option<String>)]
    pub created_by: Option<AgentId>,
    /// When it was entered.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When it was changed last.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Time,
    /// Counts its changes; whoever changes it says which one was seen.
    pub version: i64,
}

impl ReportView {
    pub(crate) fn new(row: ReportRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            name: row.name,
            definition: definition(&row.definition)?,
            next_at: row.next_at,
            created_by: row.created_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}

/// Reads a definition as the store keeps it.
pub(crate) fn definition(text: &str) -> Result<Definition, Error> {
    serde_json::from_str(text)
        .map_err(|_| standfast_desk::Error::Inconsistent("definition of a report").into())
}

/// A file of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunFileView {
    /// Its form.
    pub format: Format,
    /// Bytes.
    pub size: i64,
}

/// A mail of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunMailView {
    /// Id.
    #[schema(value_type = String)]
    pub id: MailId,
    /// To whom.
    pub recipient: String,
    /// When a server took it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Time>,
    /// What was wrong at the last attempt; more are made until it is among the failed jobs.
    pub problem: Option<String>,
}

/// A report that was made, or is being made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunView {
    /// Id.
    #[schema(value_type = String)]
    pub id: ReportRunId,
    /// Code of the period, such as `2026-W47`.
    pub period: String,
    /// Whether the schedule made it.
    pub is_scheduled: bool,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When it was made; null while it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub made_at: Option<Time>,
    /// Why the last attempt failed.
    pub problem: Option<String>,
    /// Its files, while they are kept.
    pub files: Vec<RunFileView>,
    /// Its mails.
    pub mails: Vec<RunMailView>,
}

impl RunView {
    pub(crate) fn new(row: RunRow, files: &[FileRow], mails: Vec<MailRow>) -> Self {
        let own = files.iter().filter(|file| file.run_id == row.id);
        let file =
            |file: &FileRow| Some(RunFileView { format: Format::parse(&file.format)?, size: file.size });
        let mail = |mail: MailRow| RunMailView {
            id: mail.id,
            recipient: mail.recipient,
            sent_at: mail.sent_at,
            problem: mail.problem,
        };
        Self {
            id: row.id,
            period: row.period,
            is_scheduled: row.occasion.starts_with("schedule:"),
            created_at: row.created_at,
            made_at: row.made_at,
            problem: row.problem,
            files: own.filter_map(file).collect(),
            mails: mails.into_iter().map(mail).collect(),
        }
    }
}
