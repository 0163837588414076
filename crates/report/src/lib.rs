//! Reports: the figures of a period as a page, a workbook and rows; made on time, sent once, kept for download. And mail:
//! this is the one place from which the desk sends any.
//!
//! ```text
//! Definition ─> Insight::report ─> compose (words) ─> Page ─> html · csv · xlsx · pdf
//!     │                                                         │
//! schedule ─> run (jobs "report", "mail") ────────────> kept ─> mail
//!                          alarm (job "alarm_mail") ──> words ──^
//!                        status (job "status_mail") ──> words ──^
//!                        roster (job "roster_mail") ──> words ──^
//!                        answer (job "answer_mail") ──> key ────^ words when it is sent
//! ```

mod address;
mod alarm;
mod answer;
mod compose;
mod draw;
mod error;
mod events;
mod html;
mod letter;
mod mailer;
mod make;
mod page;
mod pdf;
mod reports;
mod roster;
mod rows;
mod run;
mod say;
mod status;
mod surge;
mod table;
#[cfg(test)]
mod tests;
mod view;

pub use address::check as check_address;
pub use error::Error;
pub use mailer::{MailSettings, MailSettingsError, Mailer, Refusal, Security};
pub use make::{Made, Reports};
pub use reports::{Caller, period_of};
pub use rows::{Cell, RowBook};
pub use run::post;
pub use table::harmless;
pub use view::{ReportView, RunFileView, RunMailView, RunView};
