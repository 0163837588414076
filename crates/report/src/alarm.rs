//! Mail about alarms: one to each recipient when an alarm is raised, and one when it is over. It says what the console's card
//! says, and no words of customers.

use std::fmt::Write as _;

use standfast_desk::{AlarmView, Error as DeskError, Happened, Notice, Recipient, alarm_name};
use standfast_domain::{AlarmKind, JobId, Time};
use standfast_store::job::{self, Claimed};
use standfast_store::mail::{self, MailRow};
use standfast_store::{Lane, Tx};

use crate::html::escape;
use crate::letter::Words;
use crate::run::{Failure, post};
use crate::say::Say;
use crate::{Error, Reports};

impl Reports {
    /// Writes the mails of a notice, in one unit with the end of its job. Only whoever was told that it began is told that it is
    /// over.
    pub(crate) async fn write_of_alarm(&self, claim: &Claimed) -> Result<(), Failure> {
        let inconsistent = |_| Error::Desk(DeskError::Inconsistent("job payload"));
        let notice: Notice = serde_json::from_str(&claim.payload).map_err(inconsistent)?;
        let alarm = notice.alarm(&self.desk).await.map_err(Error::from)?;
        let mut mails = Vec::new();
        for recipient in alarm.iter().flat_map(|_| &self.desk.settings().alarms.recipients) {
            let Some(alarm) = &alarm else { continue };
            let first = key(&notice, Happened::Raised, recipient);
            let before =
                self.desk.store().read(move |rd| mail::find_keyed(rd, &first).map_err(Error::from)).await?;
            if notice.what == Happened::Ended && before.is_none() {
                continue;
            }
            let words = self.alarm_words(alarm, notice.what, recipient);
            let mail = MailRow {
                follows: before.map(|mail| mail.id),
                ..words.mail(&self.desk, key(&notice, notice.what, recipient), recipient.address.clone())
            };
            mails.push((JobId(self.desk.id()), mail));
        }
        let claim = claim.clone();
        let unit = move |tx: &mut Tx| {
            for (job, mail) in &mails {
                post(tx, *job, mail)?;
            }
            job::complete(tx, &claim).map_err(Error::from)
        };
        Ok(self.desk.store().write(Lane::Background, 0, unit).await?)
    }

    fn alarm_words(&self, alarm: &AlarmView, what: Happened, recipient: &Recipient) -> Words {
        let settings = self.desk.settings();
        words(alarm, what, recipient, &settings.name, &settings.public_url)
    }
}

/// The same alarm, event and address: one mail.
fn key(notice: &Notice, what: Happened, recipient: &Recipient) -> String {
    format!("alarm:{}:{}:{}", notice.alarm, what.as_str(), recipient.address)
}

fn words(alarm: &AlarmView, what: Happened, recipient: &Recipient, desk: &str, public_url: &str) -> Words {
    let say = Say(recipient.language);
    let name = alarm_name(recipient.language, &alarm.segment);
    let event = what.as_str();
    let sentence = sentence(say, alarm, &recipient.zone);
    let subject =
        say.text(&format!("alarm.subject.{event}"), &[("desk", desk), ("name", &name), ("more", &sentence)]);
    let clock = |time: Time| format!("{} ({})", say.clock(time, &recipient.zone), recipient.zone);
    let mut facts = vec![
        (say.text("alarm.requests", &[]), say.counted(alarm.observed)),
        (say.text("alarm.expected", &[]), expected(alarm.expected)),
        (say.text("alarm.since", &[]), clock(alarm.started_at)),
    ];
    if let Some(ended) = alarm.ended_at {
        facts.push((say.text("alarm.until", &[]), clock(ended)));
    }
    facts.push((
        say.text("alarm.noticed", &[]),
        say.text(&format!("alarm.kind.{}", alarm.kind.as_str()), &[]),
    ));
    facts.push((say.text("alarm.state", &[]), state(say, alarm)));
    // The console shows it where it stands by then, under what goes on or what was before.
    let link = format!("{public_url}/console/alarms#alarm-{}", alarm.id);
    let open = say.text("alarm.open", &[]);
    let why = say.text("alarm.why", &[("desk", desk)]);

    let title = say.text(&format!("alarm.title.{event}"), &[("name", &name)]);
    let mut text = format!("{title}\n{sentence}\n\n");
    let mut html = format!(
        "<div style=\"font:14px/22px sans-serif;color:#141d1d;max-width:640px\">\
         <h1 style=\"font-size:20px;margin:0\">{}</h1><p style=\"margin:4px 0 12px\">{}</p>\
         <table style=\"border-collapse:collapse\">",
        escape(&title),
        escape(&sentence)
    );
    for (label, value) in &facts {
        let _ = writeln!(text, "{label}: {value}");
        let _ = write!(
            html,
            "<tr><th scope=\"row\" style=\"padding:4px 16px 4px 0;text-align:left;font-weight:400;color:#566364\">{}</th>\
             <td style=\"padding:4px 0\">{}</td></tr>",
            escape(label),
            escape(value)
        );
    }
    let _ = write!(text, "\n{open}: {link}\n\n-- \n{why}\n");
    let _ = write!(
        html,
        "</table><p><a href=\"{}\">{}</a></p><p style=\"color:#566364;font-size:12px\">{}</p></div>",
        escape(&link),
        escape(&open),
        escape(&why)
    );
    Words { subject, text, html }
}

/// How many requests in which time, and how many were to be expected.
fn sentence(say: Say, alarm: &AlarmView, zone: &str) -> String {
    if alarm.kind == AlarmKind::Burst {
        // What came before and after is of other words: a time that grows would say nothing.
        let (observed, time) = (say.counted(alarm.observed), say.clock(alarm.started_at, zone));
        return say.text("alarm.more.burst", &[("observed", &observed), ("time", &time)]);
    }
    let until = alarm.ended_at.unwrap_or(alarm.updated_at);
    let minutes = ((until.0 - alarm.started_at.0) / 60_000_000).max(1);
    say.text(
        "alarm.more",
        &[
            ("observed", &say.counted(alarm.observed)),
            ("minutes", &say.counted(minutes)),
            ("expected", &expected(alarm.expected)),
        ],
    )
}

/// As precisely as is worth saying: as the console says it.
fn expected(value: f64) -> String {
    if value < 0.1 {
        "<0.1".to_owned()
    } else if value >= 9.5 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

fn state(say: Say, alarm: &AlarmView) -> String {
    say.text(&format!("alarm.state.{}", alarm.state.as_str()), &[])
}
