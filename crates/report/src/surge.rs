//! Mail that calls people out when a level begins: one to each of them in a surge. It says how things stand, and no words of
//! customers.

use std::fmt::Write as _;

use standfast_desk::{CallOut, Error as DeskError, called_out};
use standfast_domain::{AgentId, JobId, Language};
use standfast_store::job::{self, Claimed};
use standfast_store::mail::MailRow;
use standfast_store::{Lane, Tx};

use crate::html::escape;
use crate::letter::Words;
use crate::run::{Failure, post};
use crate::say::Say;
use crate::{Error, Reports};

impl Reports {
    /// Writes the mails of a call, in one unit with the end of its job.
    pub(crate) async fn write_of_surge(&self, claim: &Claimed) -> Result<(), Failure> {
        let inconsistent = |_| Error::Desk(DeskError::Inconsistent("job payload"));
        let call: CallOut = serde_json::from_str(&claim.payload).map_err(inconsistent)?;
        let people = called_out(&self.desk, call.agents.clone()).await.map_err(Error::from)?;
        let mails: Vec<_> =
            people.into_iter().map(|person| (JobId(self.desk.id()), self.call(&call, person))).collect();
        let claim = claim.clone();
        let unit = move |tx: &mut Tx| {
            for (job, mail) in &mails {
                post(tx, *job, mail)?;
            }
            job::complete(tx, &claim).map_err(Error::from)
        };
        Ok(self.desk.store().write(Lane::Background, 0, unit).await?)
    }

    fn call(&self, call: &CallOut, (agent, address, language): (AgentId, String, Language)) -> MailRow {
        let settings = self.desk.settings();
        let waiting = self.desk.board().count();
        let words = words(Say(language), call, waiting, &settings.name, &settings.public_url);
        // Once for each person in a surge, however high it goes.
        words.mail(&self.desk, format!("surge:{}:{agent}", call.surge), address)
    }
}

fn words(say: Say, call: &CallOut, waiting: u32, desk: &str, public_url: &str) -> Words {
    let level = say.text(&format!("surge.level.{}", call.level.as_str()), &[]);
    let values = [("desk", desk), ("level", level.as_str())];
    let since = say.clock(call.at, "UTC");
    let waiting = say.counted(i64::from(waiting));
    let [subject, title, why] =
        ["subject", "title", "why"].map(|part| say.text(&format!("surge.{part}"), &values));
    let sentence = say.text("surge.more", &[("waiting", &waiting), ("since", &since)]);
    let open = say.text("surge.open", &[]);
    let link = format!("{public_url}/console/unassigned");
    let text = format!("{title}\n{sentence}\n\n{open}: {link}\n\n-- \n{why}\n");
    let mut html = String::from("<div style=\"font:14px/22px sans-serif;color:#141d1d;max-width:640px\">");
    let _ = write!(
        html,
        "<h1 style=\"font-size:20px;margin:0\">{}</h1><p style=\"margin:4px 0 12px\">{}</p><p><a href=\"{}\">{}</a></p>\
         <p style=\"color:#566364;font-size:12px\">{}</p></div>",
        escape(&title),
        escape(&sentence),
        escape(&link),
        escape(&open),
        escape(&why)
    );
    Words { subject, text, html }
}
