//! Reports on time: schedules that are due become runs, runs become files and mails, mails are sent. Each step is one unit
//! of work, so that a process that dies in between leaves either all of it or nothing.

use std::time::Duration;

use serde::Deserialize;
use standfast_desk::{
    ALARM_MAIL, ANSWER_MAIL, Error as DeskError, ROSTER_MAIL, STATUS_MAIL, SURGE_MAIL, note_told,
    subscription_link,
};
use standfast_domain::report::{Format, Period};
use standfast_domain::{JobId, MailId, ReportRunId};
use standfast_insight::zone;
use standfast_store::job::{self, Claimed, Crew, NewJob};
use standfast_store::mail::{self, MailRow};
use standfast_store::report::{self, RunRow};
use standfast_store::{Lane, Rd, Tx, subscription};
use tokio::sync::watch;

use crate::mailer::{Enclosure, Letter, Mailer, Refusal};
use crate::make::Made;
use crate::reports::{defined, enqueue_run, file_name};
use crate::{Error, Reports, answer, letter, status};

/// Longer than a server may be silent at every step of a mail.
const LEASE: Duration = Duration::from_mins(5);
/// Without anything due, schedules and jobs are looked at this often.
const IDLE: Duration = Duration::from_secs(3);
/// Files and the words of mails are kept this long.
const KEPT: Duration = Duration::from_hours(24 * 90);
/// Larger files are not kept and not attached.
const LARGEST: usize = 10 << 20;

#[derive(Deserialize)]
struct RunPayload {
    run: ReportRunId,
}

#[derive(Deserialize)]
struct MailPayload {
    mail: MailId,
}

impl Reports {
    /// Makes reports on time and sends mail until `stop` changes. Without a mailer mails wait.
    pub async fn keep(self, mailer: Option<Mailer>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let pause = match self.work(mailer.as_ref()).await {
                Ok(0) => IDLE,
                Ok(_) => Duration::ZERO,
                Err(error) => {
                    tracing::warn!(%error, "reports could not be looked at");
                    IDLE
                }
            };
            let _ = tokio::time::timeout(pause, stop.changed()).await;
        }
    }

    /// Does one thing that is due; how many were done.
    pub async fn work(&self, mailer: Option<&Mailer>) -> Result<usize, Error> {
        let begun = self.begin_due().await?;
        let now = self.desk.now();
        let unit = move |tx: &mut Tx| job::claim(tx, Crew::Reports, now, LEASE, 1).map_err(Error::from);
        let claimed = self.desk.store().write(Lane::Background, 0, unit).await?;
        for claim in &claimed {
            if let Err(failure) = self.perform(claim, mailer).await {
                self.fail(claim, failure).await?;
            }
        }
        Ok(begun + claimed.len())
    }

    /// Does a job of one of the kinds of this crate.
    async fn perform(&self, claim: &Claimed, mailer: Option<&Mailer>) -> Result<(), Failure> {
        let inconsistent = |_| Error::Desk(DeskError::Inconsistent("job payload"));
        if claim.kind == "report" {
            let payload: RunPayload = serde_json::from_str(&claim.payload).map_err(inconsistent)?;
            return self.make_run(claim, payload.run).await;
        }
        if claim.kind == ALARM_MAIL {
            return self.write_of_alarm(claim).await;
        }
        if claim.kind == STATUS_MAIL {
            return self.write_of_status(claim).await;
        }
        if claim.kind == SURGE_MAIL {
            return self.write_of_surge(claim).await;
        }
        if claim.kind == ROSTER_MAIL {
            return self.write_of_roster(claim).await;
        }
        if claim.kind == ANSWER_MAIL {
            return self.write_of_answer(claim).await;
        }
        let payload: MailPayload = serde_json::from_str(&claim.payload).map_err(inconsistent)?;
        self.send(claim, payload.mail, mailer).await
    }

    /// Notes a failure where people see it, and lets the job be tried later unless that cannot help.
    async fn fail(&self, claim: &Claimed, failure: Failure) -> Result<(), Error> {
        let Failure { run, mail, text, is_final } = failure;
        tracing::warn!(job.id = %claim.id, job.kind = claim.kind, reason = text, "a job failed");
        metrics::counter!("standfast_jobs_failed_total").increment(1);
        let (claim, now) = (claim.clone(), self.desk.now());
        let unit = move |tx: &mut Tx| {
            if let Some(run) = run {
                report::save_run(tx, run, None, Some(&text))?;
            }
            if let Some(mail) = mail {
                mail::save(tx, mail, None, Some(&text))?;
            }
            let put_back = if is_final { job::give_up } else { job::fail };
            put_back(tx, &claim, &text, now).map_err(Error::from)
        };
        self.desk.store().write(Lane::Background, 0, unit).await
    }

    /// Turns schedules that are due into runs, and moves them on. However many times were missed, the last one is made.
    async fn begin_due(&self) -> Result<usize, Error> {
        if self.desk.surge().pauses_reports() {
            return Ok(0);
        }
        let now = self.desk.now();
        let due = self.desk.store().read(move |rd| report::list_due(rd, now).map_err(Error::from)).await?;
        let mut begun = 0;
        for row in due {
            let (Some(was), Ok(wanted)) = (row.next_at, defined(&row)) else { continue };
            let (Ok(zone), Some(schedule)) = (zone(&wanted.zone), wanted.schedule.as_ref()) else { continue };
            let at = schedule.latest(&zone, now).unwrap_or(was).max(was);
            let next = schedule.next(&zone, now);
            let period = Period::last(wanted.period, &zone, at).to_string();
            let ids = (ReportRunId(self.desk.id()), JobId(self.desk.id()));
            let run = RunRow {
                id: ids.0,
                report_id: row.id,
                occasion: format!("schedule:{period}"),
                period,
                is_sent: true,
                requested_by: None,
                created_at: now,
                made_at: None,
                problem: None,
            };
            let unit = move |tx: &mut Tx| {
                // Another process may have been first; and a period that was made is not made again.
                if report::move_on(tx, run.report_id, was, next)? && report::insert_run(tx, &run)? {
                    enqueue_run(tx, ids.1, &run)?;
                    return Ok(1);
                }
                Ok::<_, Error>(0)
            };
            begun += self.desk.store().write(Lane::Background, row.id.0, unit).await?;
        }
        Ok(begun)
    }

    /// Makes the files of a run and, where it is sent, the mails.
    async fn make_run(&self, claim: &Claimed, id: ReportRunId) -> Result<(), Failure> {
        let of = |error: Error| Failure { run: Some(id), ..Failure::from(error) };
        let read = self.desk.store().read(move |rd| {
            let run = report::find_run(rd, id)?.ok_or(DeskError::NotFound)?;
            let row = report::find(rd, run.report_id)?.ok_or(DeskError::NotFound)?;
            Ok::<_, Error>((run, row))
        });
        let (run, row) = read.await.map_err(of)?;
        let wanted = defined(&row).map_err(of)?;
        let made = self.make(&row.name, &wanted, Some(&run.period)).await.map_err(of)?;
        let files = self.files(&made, &wanted.attached).await.map_err(of)?;
        let attached: Vec<Format> = wanted
            .attached
            .iter()
            .copied()
            .filter(|wanted| files.iter().any(|(kept, _)| kept == wanted))
            .collect();
        let names: Vec<String> =
            attached.iter().map(|format| file_name(&row.name, &run.period, *format)).collect();
        let words = letter::words(&made.page, &names);
        let recipients = if run.is_sent { wanted.recipients } else { Vec::new() };
        let now = self.desk.now();
        let mails: Vec<(JobId, MailRow)> = recipients
            .into_iter()
            .map(|recipient| {
                let mail = MailRow {
                    run_id: Some(id),
                    formats: attached.iter().map(|format| format.as_str()).collect::<Vec<_>>().join(","),
                    ..words.clone().mail(&self.desk, format!("report:{id}:{recipient}"), recipient)
                };
                (JobId(self.desk.id()), mail)
            })
            .collect();
        let claim = claim.clone();
        let unit = move |tx: &mut Tx| {
            for (format, bytes) in &files {
                report::put_file(tx, id, format.as_str(), bytes)?;
            }
            for (job, mail) in &mails {
                post(tx, *job, mail)?;
            }
            report::save_run(tx, id, Some(now), None)?;
            report::trim_files(tx, now.minus(KEPT), 200)?;
            mail::trim_bodies(tx, now.minus(KEPT))?;
            job::complete(tx, &claim).map_err(Error::from)
        };
        self.desk.store().write(Lane::Background, 0, unit).await.map_err(of)
    }

    /// Every form that this desk can make, and what is to be attached, which must not fail.
    async fn files(&self, made: &Made, attached: &[Format]) -> Result<Vec<(Format, Vec<u8>)>, Error> {
        let mut formats = self.formats();
        formats.extend(attached);
        formats.sort_unstable();
        formats.dedup();
        let mut files = Vec::with_capacity(formats.len());
        for format in formats {
            match self.write(made, format).await {
                Ok(bytes) if bytes.len() <= LARGEST => files.push((format, bytes)),
                Ok(_) => {}
                // Of the forms only this one needs another program.
                Err(error) if format == Format::Pdf && !attached.contains(&format) => {
                    tracing::warn!(%error, "a report is kept without its PDF");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(files)
    }

    /// A mail, with the files that are attached to it.
    async fn with_files(&self, id: MailId) -> Result<(MailRow, Vec<Enclosure>), Error> {
        let read = move |rd: &mut Rd| {
            let mail = mail::find(rd, id)?.ok_or(DeskError::NotFound)?;
            let mut files = Vec::new();
            if let Some(run_id) = mail.run_id
                && let Some(run) = report::find_run(rd, run_id)?
                && let Some(row) = report::find(rd, run.report_id)?
            {
                for format in mail.formats.split(',').filter_map(Format::parse) {
                    if let Some(bytes) = report::read_file(rd, run_id, format.as_str())? {
                        let name = file_name(&row.name, &run.period, format);
                        files.push(Enclosure { name, media_type: format.media_type(), bytes });
                    }
                }
            }
            Ok::<_, Error>((mail, files))
        };
        self.desk.store().read(read).await
    }

    /// Sends a mail, unless it was sent. A process that dies between the server's word and the commit sends it again, under
    /// the same Message-ID.
    async fn send(&self, claim: &Claimed, id: MailId, mailer: Option<&Mailer>) -> Result<(), Failure> {
        let of = |text: String| Failure { run: None, mail: Some(id), text, is_final: false };
        let (mail, enclosures) = self.with_files(id).await.map_err(|error| of(error.to_string()))?;
        let mut sent_at = mail.sent_at;
        let subscriber = status::subscriber(&mail.dedupe);
        let answer = answer::answer_of(&mail.dedupe);
        let is_sent_now = sent_at.is_none();
        if is_sent_now {
            let mailer = mailer.ok_or_else(|| of("no mail server is set (mail.host)".to_owned()))?;
            let letter = match answer {
                Some(about) => self.answer_to_send(id, about).await.map_err(|error| of(error.to_string()))?,
                None => Some(Letter {
                    id: message_id(id),
                    follows: mail.follows.map(message_id),
                    unsubscribe: subscriber.map(|id| subscription_link(&self.desk, id)),
                    to: mail.recipient,
                    subject: mail.subject,
                    text: mail.body_text,
                    html: mail.body_html,
                    enclosures,
                }),
            };
            let Some(letter) = letter else { return self.drop_answer(claim, id, None).await };
            let to = letter.to.clone();
            let refused = |refusal: Refusal| Failure { is_final: refusal.is_final, ..of(refusal.text) };
            if let Err(refusal) = mailer.send(letter).await {
                return match (subscriber, answer) {
                    (_, Some((request, _))) if refusal.is_of_address => {
                        self.drop_answer(claim, id, Some((request, to, refusal))).await
                    }
                    // Anybody may have typed that address: it is no work for whoever looks after the desk.
                    (Some(subscriber), _) if refusal.is_final || claim.attempt >= job::ATTEMPTS => {
                        self.give_up(claim, id, subscriber, refusal.text).await
                    }
                    (_, Some((request, seq))) if refusal.is_final || claim.attempt >= job::ATTEMPTS => {
                        self.untell(request, seq).await?;
                        Err(refused(refusal))
                    }
                    _ => Err(refused(refusal)),
                };
            }
            metrics::counter!("standfast_mails_sent_total").increment(1);
            sent_at = Some(self.desk.now());
        }
        let (claim, desk, now) = (claim.clone(), self.desk.clone(), self.desk.now());
        let unit = move |tx: &mut Tx| {
            mail::save(tx, id, sent_at, None)?;
            if let Some((request, seq)) = answer.filter(|_| is_sent_now) {
                match note_told(tx, &desk, request, seq, now) {
                    // It is sent, whatever has become of the request.
                    Ok(()) | Err(DeskError::NotFound) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            if let Some(subscriber) = subscriber {
                subscription::arrived(tx, subscriber)?;
            }
            job::complete(tx, &claim).map_err(Error::from)
        };
        let shard = answer.map_or(0, |(request, _)| request.0);
        self.desk.store().write(Lane::Background, shard, unit).await.map_err(|error| of(error.to_string()))
    }
}

/// Puts a mail on the way, in the unit that decides about it: once for each key. For everybody who has something to say by
/// mail.
pub fn post(tx: &mut Tx, job: JobId, mail: &MailRow) -> Result<(), Error> {
    if mail::insert(tx, mail)? {
        let payload = format!("{{\"mail\":\"{}\"}}", mail.id);
        let new = NewJob {
            id: job,
            kind: "mail",
            payload: &payload,
            run_at: mail.created_at,
            dedupe: None,
            now: mail.created_at,
        };
        job::enqueue(tx, &new)?;
    }
    Ok(())
}

/// The Message-ID of a mail, but for its domain: the same whenever it is sent again.
pub(crate) fn message_id(id: MailId) -> String {
    format!("{id}.mail")
}

/// A failure, and where people look for it.
pub(crate) struct Failure {
    run: Option<ReportRunId>,
    mail: Option<MailId>,
    text: String,
    /// Trying again does not help.
    is_final: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { run: None, mail: None, text: error.to_string(), is_final: false }
    }
}
