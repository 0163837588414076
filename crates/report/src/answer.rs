//! Mail that tells a customer of an answer: the request's number and its secret link, and no words of the conversation. Address and
//! link are in no row; they are put in when the mail is sent.

use standfast_desk::{
    ANSWER_MAIL, AnswerLetter, AnswerNotice, Error as DeskError, answer_letter, refuse_address, take_answer,
    untell,
};
use standfast_domain::{JobId, MailId, RequestId};
use standfast_store::job::{self, Claimed};
use standfast_store::mail::{self, MailRow};
use standfast_store::{Lane, Tx};

use crate::letter::{Brief, Words};
use crate::mailer::{Letter, Refusal};
use crate::run::{Failure, message_id, post};
use crate::say::Say;
use crate::{Error, Reports};

/// The request and the answer that a mail of this kind is about, by its key.
pub(crate) fn answer_of(dedupe: &str) -> Option<(RequestId, i64)> {
    let (request, seq) = dedupe.strip_prefix(ANSWER_MAIL)?.strip_prefix(':')?.split_once(':')?;
    Some((request.parse().ok()?, seq.parse().ok()?))
}

impl Reports {
    /// Does the job `answer_mail`: decides, and writes the mail, in one unit with the end of the job.
    pub(crate) async fn write_of_answer(&self, claim: &Claimed) -> Result<(), Failure> {
        let inconsistent = |_| Error::Desk(DeskError::Inconsistent("job payload"));
        let notice: AnswerNotice = serde_json::from_str(&claim.payload).map_err(inconsistent)?;
        let (id, job, now) = (MailId(self.desk.id()), JobId(self.desk.id()), self.desk.now());
        let (desk, claim) = (self.desk.clone(), claim.clone());
        let unit = move |tx: &mut Tx| {
            if let Some(seq) = take_answer(tx, notice, now)? {
                let empty = Words { subject: String::new(), text: String::new(), html: String::new() };
                let dedupe = format!("{ANSWER_MAIL}:{}:{seq}", notice.request);
                post(tx, job, &MailRow { id, created_at: now, ..empty.mail(&desk, dedupe, String::new()) })?;
            }
            job::complete(tx, &claim).map_err(Error::from)
        };
        Ok(self.desk.store().write(Lane::Background, notice.request.0, unit).await?)
    }

    /// The letter of such a mail, as things are now; nothing where it is not to be sent any more.
    pub(crate) async fn answer_to_send(
        &self,
        id: MailId,
        (request, seq): (RequestId, i64),
    ) -> Result<Option<Letter>, Error> {
        let Some(found) = answer_letter(&self.desk, request).await? else { return Ok(None) };
        // Of an answer that came after it, another mail tells.
        if ![0, seq].contains(&found.told_seq) {
            return Ok(None);
        }
        let words = words(&self.desk.settings().name, &found);
        Ok(Some(Letter {
            id: message_id(id),
            follows: None,
            unsubscribe: Some(found.stop),
            to: found.address,
            subject: words.subject,
            text: words.text,
            html: words.html,
            enclosures: Vec::new(),
        }))
    }

    /// Notes that a mail about an answer will not arrive by itself, so that the next answer is told.
    pub(crate) async fn untell(&self, request: RequestId, seq: i64) -> Result<(), Error> {
        let unit = move |tx: &mut Tx| untell(tx, request, seq).map_err(Error::from);
        self.desk.store().write(Lane::Background, request.0, unit).await
    }

    /// Ends the job of a mail that goes nowhere: nobody wants it any more, or there is no such address, which its customer is told.
    pub(crate) async fn drop_answer(
        &self,
        claim: &Claimed,
        id: MailId,
        refused: Option<(RequestId, String, Refusal)>,
    ) -> Result<(), Failure> {
        let (desk, claim, now) = (self.desk.clone(), claim.clone(), self.desk.now());
        let unit = move |tx: &mut Tx| {
            if let Some((request, address, _)) = &refused {
                refuse_address(tx, &desk, *request, address, now)?;
            }
            let problem = refused.as_ref().map_or("no longer wanted", |(.., refusal)| refusal.text.as_str());
            mail::save(tx, id, None, Some(problem))?;
            job::complete(tx, &claim).map_err(Error::from)
        };
        Ok(self.desk.store().write(Lane::Background, 0, unit).await?)
    }
}

fn words(desk: &str, found: &AnswerLetter) -> Words {
    let say = Say(found.language);
    let number = found.number.to_string();
    let values = [("desk", desk), ("number", number.as_str())];
    Brief {
        subject: say.text("answer.subject", &values),
        title: say.text("answer.title", &values),
        lines: ["answer.where", "answer.once"].map(|key| say.text(key, &values)).to_vec(),
        link: found.link.clone(),
        open: say.text("answer.open", &values),
        why: say.text("answer.why", &values),
        end: Some((say.text("answer.end", &values), found.stop.clone())),
    }
    .words()
}
