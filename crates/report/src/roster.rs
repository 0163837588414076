//! Mail to people about their own shifts: what is published for the next four weeks, and what of it, and of later ones, is new. It says when they work,
//! and nothing of anybody else.

use std::fmt::Write as _;

use standfast_desk::{Error as DeskError, RosterLetter, RosterNotice, ShiftNews, roster_letter};
use standfast_domain::{JobId, Time};
use standfast_store::job::{self, Claimed};
use standfast_store::mail::MailRow;
use standfast_store::{Lane, Tx};

use crate::html::escape;
use crate::letter::Words;
use crate::run::{Failure, post};
use crate::say::Say;
use crate::{Error, Reports};

impl Reports {
    /// Writes the mail of a notice, in one unit with the end of its job.
    pub(crate) async fn write_of_roster(&self, claim: &Claimed) -> Result<(), Failure> {
        let inconsistent = |_| Error::Desk(DeskError::Inconsistent("job payload"));
        let notice: RosterNotice = serde_json::from_str(&claim.payload).map_err(inconsistent)?;
        let told = roster_letter(&self.desk, notice).await.map_err(Error::from)?;
        let mail = told.map(|told| (JobId(self.desk.id()), self.roster_mail(claim.id, notice, told)));
        let claim = claim.clone();
        let unit = move |tx: &mut Tx| {
            if let Some((job, mail)) = &mail {
                post(tx, *job, mail)?;
            }
            job::complete(tx, &claim).map_err(Error::from)
        };
        Ok(self.desk.store().write(Lane::Background, 0, unit).await?)
    }

    fn roster_mail(&self, job: JobId, notice: RosterNotice, told: RosterLetter) -> MailRow {
        let settings = self.desk.settings();
        let words = words(&told, &settings.name, &settings.public_url);
        words.mail(&self.desk, format!("roster:{}:{job}", notice.agent), told.address)
    }
}

fn words(told: &RosterLetter, desk: &str, public_url: &str) -> Words {
    let say = Say(told.language);
    let values = [("desk", desk), ("zone", told.zone.as_str())];
    let [subject, title, why] =
        ["subject", "title", "why"].map(|part| say.text(&format!("roster.{part}"), &values));
    let sentence = say.text(if told.shifts.is_empty() { "roster.none" } else { "roster.shifts" }, &values);
    let rest = say.text("roster.rest", &[]);
    let open = say.text("roster.open", &[]);
    let link = format!("{public_url}/console/roster/mine");
    let mut text = format!("{title}\n{sentence}\n\n");
    let mut html = format!(
        "<div style=\"font:14px/22px sans-serif;color:#141d1d;max-width:640px\"><h1 style=\"font-size:20px;margin:0\">{}</h1>\
         <p style=\"margin:4px 0 12px\">{}</p><table style=\"border-collapse:collapse\">",
        escape(&title),
        escape(&sentence)
    );
    for (starts_at, ends_at, news) in &told.shifts {
        let when = span(say, (*starts_at, *ends_at), &told.zone);
        let news = match news {
            ShiftNews::Known => String::new(),
            ShiftNews::New => say.text("roster.new", &[]),
            ShiftNews::Changed => say.text("roster.changed", &[]),
            ShiftNews::CalledOff => say.text("roster.called_off", &[]),
        };
        let mark = if news.is_empty() { String::new() } else { format!(" [{news}]") };
        let _ = writeln!(text, "- {when}{mark}");
        let _ = write!(
            html,
            "<tr><td style=\"padding:4px 16px 4px 0\">{}</td><td style=\"padding:4px 0\"><b>{}</b></td></tr>",
            escape(&when),
            escape(&news)
        );
    }
    let _ = write!(text, "\n{rest}\n\n{open}: {link}\n\n-- \n{why}\n");
    let _ = write!(
        html,
        "</table><p>{}</p><p><a href=\"{}\">{}</a></p><p style=\"color:#566364;font-size:12px\">{}</p></div>",
        escape(&rest),
        escape(&link),
        escape(&open),
        escape(&why)
    );
    Words { subject, text, html }
}

/// "Mon 23 Nov 2026 08:00–16:00"; of a shift over midnight the end with its day.
fn span(say: Say, (starts_at, ends_at): (Time, Time), zone: &str) -> String {
    let (from, until) = (say.clock(starts_at, zone), say.clock(ends_at, zone));
    match (from.rsplit_once(' '), until.rsplit_once(' ')) {
        (Some((day, _)), Some((other, clock))) if day == other => format!("{from}–{clock}"),
        _ => format!("{from} – {until}"),
    }
}
