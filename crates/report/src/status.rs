//! Mail about the state of the desk: whether somebody wants it, and one to each who does at every step of an incident and about
//! maintenance. It says what the status page says, in the language of whoever reads it.

use standfast_desk::{
    Error as DeskError, StatusMail, StatusNotice, StatusTold, UNREACHED, enqueue_call, enqueue_mail,
    next_subscriptions, subscription_link,
};
use standfast_domain::{IncidentUpdateId, JobId, Language, MailId, SubscriptionId, SubscriptionKind, Time};
use standfast_store::job::{self, Claimed};
use standfast_store::mail::{self, MailRow};
use standfast_store::subscription::{self, SubscriptionRow};
use standfast_store::{Lane, Tx};

use crate::letter::{Brief, Words};
use crate::run::{Failure, post};
use crate::say::Say;
use crate::{Error, Reports};

/// Subscriptions of one unit.
const AT_ONCE: i64 = 200;
/// What keys of these mails begin with.
const PREFIX: &str = "status:";
/// Most characters of a subject that come from what was told.
const MOST_CHARACTERS: usize = 70;

/// Whose mail it is, for mail of this kind: it carries the link by which it is ended (RFC 8058).
pub(crate) fn subscriber(dedupe: &str) -> Option<SubscriptionId> {
    dedupe.strip_prefix(PREFIX)?.split(':').next()?.parse().ok()
}

fn key(id: SubscriptionId, what: &str) -> String {
    format!("{PREFIX}{id}:{what}")
}

impl Reports {
    /// Does the job `status_mail`: asks one, or tells some and puts the rest on the list again.
    pub(crate) async fn write_of_status(&self, claim: &Claimed) -> Result<(), Failure> {
        let inconsistent = |_| Error::Desk(DeskError::Inconsistent("job payload"));
        match serde_json::from_str(&claim.payload).map_err(inconsistent)? {
            StatusMail::Confirm { subscription } => self.ask(claim, subscription).await,
            StatusMail::Tell { notice, after } => self.tell(claim, notice, after).await,
        }
    }

    async fn ask(&self, claim: &Claimed, id: SubscriptionId) -> Result<(), Failure> {
        let read = move |rd: &mut standfast_store::Rd| subscription::find(rd, id).map_err(Error::from);
        let row = self.desk.store().read(read).await?;
        let mail = row.filter(|row| row.kind == SubscriptionKind::Mail).map(|row| {
            let (say, desk) = (Say(row.language), self.desk.settings().name.as_str());
            let title = say.text("status.confirm.title", &[("desk", desk)]);
            let letter = Brief {
                subject: title.clone(),
                title,
                lines: vec![say.text("status.confirm.text", &[("desk", desk)])],
                link: subscription_link(&self.desk, id),
                open: say.text("status.confirm.open", &[]),
                why: say.text("status.confirm.why", &[]),
                end: None,
            };
            self.mail(&row, &format!("confirm-{}", row.asked_at.0), letter.words(), None)
        });
        let (job, claim) = (JobId(self.desk.id()), claim.clone());
        let unit = move |tx: &mut Tx| {
            if let Some(mail) = &mail {
                post(tx, job, mail)?;
            }
            job::complete(tx, &claim).map_err(Error::from)
        };
        Ok(self.desk.store().write(Lane::Background, 0, unit).await?)
    }

    /// One unit writes the mails and calls of some subscriptions, and where it goes on: each is told once, whatever dies.
    async fn tell(
        &self,
        claim: &Claimed,
        notice: StatusNotice,
        after: Option<SubscriptionId>,
    ) -> Result<(), Failure> {
        let told = notice.told(&self.desk).await.map_err(Error::from)?;
        let some = next_subscriptions(&self.desk, after, AT_ONCE).await.map_err(Error::from)?;
        let (mut mails, mut calls) = (Vec::new(), Vec::new());
        for row in some.iter().filter(|_| told.is_some()) {
            let Some(told) = &told else { continue };
            match row.kind {
                SubscriptionKind::Webhook => calls.push((JobId(self.desk.id()), row.id)),
                SubscriptionKind::Mail => {
                    let follows = self.first_of(row, told).await?;
                    let words = self.told_words(row, notice, told).words();
                    mails.push((JobId(self.desk.id()), self.mail(row, &notice.key(), words, follows)));
                }
            }
        }
        let (next, now) = (JobId(self.desk.id()), self.desk.now());
        let after = some.last().map(|row| row.id);
        let claim = claim.clone();
        let unit = move |tx: &mut Tx| {
            for (job, mail) in &mails {
                post(tx, *job, mail)?;
            }
            for (job, id) in &calls {
                enqueue_call(tx, *job, *id, Some(notice), now)?;
            }
            if after.is_some() {
                enqueue_mail(tx, next, StatusMail::Tell { notice, after }, now)?;
            }
            job::complete(tx, &claim).map_err(Error::from)
        };
        Ok(self.desk.store().write(Lane::Background, 0, unit).await?)
    }

    /// The first mail about the same incident: mail programs show them as one conversation.
    async fn first_of(&self, row: &SubscriptionRow, told: &StatusTold) -> Result<Option<MailId>, Error> {
        let StatusTold::Incident(incident, update) = told else { return Ok(None) };
        let earlier: Vec<IncidentUpdateId> =
            incident.updates.iter().rev().map(|one| one.id).take_while(|id| *id != update.id).collect();
        let id = row.id;
        let read = move |rd: &mut standfast_store::Rd| {
            for update in earlier {
                let key = key(id, &StatusNotice::Incident { update }.key());
                if let Some(mail) = mail::find_keyed(rd, &key)? {
                    return Ok(Some(mail.id));
                }
            }
            Ok::<_, Error>(None)
        };
        self.desk.store().read(read).await
    }

    /// Ends the job of a mail that no server takes, and in the end the subscription.
    pub(crate) async fn give_up(
        &self,
        claim: &Claimed,
        mail: MailId,
        id: SubscriptionId,
        problem: String,
    ) -> Result<(), Failure> {
        let (claim, now) = (claim.clone(), self.desk.now());
        let unit = move |tx: &mut Tx| {
            mail::save(tx, mail, None, Some(&problem))?;
            match subscription::find(tx, id)? {
                Some(row) if row.confirmed_at.is_none() => drop(subscription::remove(tx, id)?),
                _ => subscription::failed(tx, id, now.minus(UNREACHED), now)?,
            }
            job::complete(tx, &claim).map_err(Error::from)
        };
        Ok(self.desk.store().write(Lane::Background, 0, unit).await?)
    }

    fn mail(&self, row: &SubscriptionRow, what: &str, words: Words, follows: Option<MailId>) -> MailRow {
        MailRow { follows, ..words.mail(&self.desk, key(row.id, what), row.address.clone()) }
    }

    fn told_words(&self, row: &SubscriptionRow, notice: StatusNotice, told: &StatusTold) -> Brief {
        let settings = self.desk.settings();
        let (say, desk) = (Say(row.language), settings.name.as_str());
        // As on the pages: nobody knows where a reader is.
        let (zone, name) = match row.language {
            Language::Chinese => ("Asia/Shanghai", "北京时间"),
            Language::English => ("UTC", "UTC"),
        };
        let clock = |time: Time| format!("{} ({name})", say.clock(time, zone));
        let (title, lines, anchor) = match told {
            StatusTold::Incident(incident, update) => {
                let text = update.text(row.language);
                let phase = say.text(&format!("status.phase.{}", update.phase.as_str()), &[]);
                let since = say.text("status.since", &[("time", &clock(incident.starts_at))]);
                (phase, vec![text.to_owned(), since], format!("#i{}", incident.id))
            }
            StatusTold::Maintenance(window) => {
                let key = match notice {
                    StatusNotice::CalledOff { .. } => "status.maintenance.off",
                    _ => "status.maintenance",
                };
                let span = say.text(
                    "status.span",
                    &[("from", &clock(window.starts_at)), ("until", &clock(window.ends_at))],
                );
                let own = match row.language {
                    Language::Chinese => window.text.chinese.clone(),
                    Language::English => window.text.en.clone(),
                };
                let help = say.text("status.maintenance.help", &[]);
                let lines = [own, span, help].into_iter().filter(|line| !line.is_empty()).collect();
                (say.text(key, &[]), lines, String::new())
            }
        };
        let first = lines.first().and_then(|line: &String| line.lines().next()).unwrap_or_default();
        let short: String = first.chars().take(MOST_CHARACTERS).collect();
        Brief {
            subject: say.text("status.subject", &[("desk", desk), ("what", &title), ("text", &short)]),
            title,
            lines,
            link: format!("{}/status{anchor}", settings.public_url),
            open: say.text("status.open", &[]),
            why: say.text("status.why", &[("desk", desk)]),
            end: Some((say.text("status.end", &[]), subscription_link(&self.desk, row.id))),
        }
    }
}
