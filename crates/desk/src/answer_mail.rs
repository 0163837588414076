//! "Tell me by mail when there is an answer." A customer gives an address on the page of a request; when a person of the desk has
//! answered and nobody has looked, one mail goes there, with the request's number and secret link, and no words of anybody.
//!
//! ```text
//! reply ─> job "answer_mail" (a moment later) ─> still unread, and not told yet? ─> a mail's row ─> job "mail"
//! ```
//!
//! Neither the address nor the link is in the mail's row: both are put in when it is sent, so that whatever was ended, erased or
//! read until then sends nothing, and a stolen database opens no request.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_domain::{Author, Event, JobId, Language, RequestId, RequestNumber, State, Time};
use standfast_store::answer_mail::{self, AnswerMailRow};
use standfast_store::job::{self, NewJob};
use standfast_store::request::{self, RequestRow};
use standfast_store::{Lane, Rd, Tx, customer};

use crate::caller::Customer;
use crate::conversation::own;
use crate::record::Record;
use crate::{Desk, Error};

/// The kind of the job that decides whether there is something to tell; `report` does it.
pub const ANSWER_MAIL: &str = "answer_mail";
/// How long it is waited whether the customer sees the answer by themselves: whoever looks needs no mail.
const SETTLES: Duration = Duration::from_secs(30);
/// Most of these mails that an address is sent on a day, whoever entered it.
pub const MOST_A_DAY: i64 = 10;
/// Longest address.
const LONGEST: usize = 254;
const DAY_MICROS: i64 = 86_400_000_000;

/// Of which request there may be something to tell: the payload of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerNotice {
    /// Which.
    pub request: RequestId,
}

/// Whether a customer is told by mail, and where.
#[derive(Clone, PartialEq, Eq)]
pub struct AnswerMailView {
    /// The address that is told.
    pub address: Option<String>,
    /// Whether a mail server said that there is no such address.
    pub is_refused: bool,
    /// The address that the desk knows of the customer.
    pub known: Option<String>,
}

/// Without addresses.
impl std::fmt::Debug for AnswerMailView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "told: {}, refused: {}", self.address.is_some(), self.is_refused)
    }
}

/// What a mail about an answer needs at the moment when it is sent.
pub struct AnswerLetter {
    /// Where it goes.
    pub address: String,
    /// In which language.
    pub language: Language,
    /// The request's number.
    pub number: RequestNumber,
    /// Its secret link.
    pub link: String,
    /// The link by which whoever has the address ends it for good.
    pub stop: String,
    /// The answer of which the customer is told; 0 where its mail did not arrive.
    pub told_seq: i64,
}

/// Whether the customer is told by mail when there is an answer; nothing where that is not offered: the desk sends no mail, or
/// nothing more is to come of this request.
pub async fn answer_mail(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
) -> Result<Option<AnswerMailView>, Error> {
    if !desk.settings().mail {
        return Ok(None);
    }
    let caller = caller.clone();
    desk.store()
        .read(move |rd| {
            let row = own(rd, &caller, number)?;
            let told = answer_mail::find(rd, row.id)?;
            // What was asked for holds also for the answer that solves it.
            if !row.state.is_active() && told.is_none() {
                return Ok(None);
            }
            let known = customer::find(rd, row.customer_id)?.and_then(|customer| customer.email);
            let is_refused = told.as_ref().is_some_and(|told| told.refused_at.is_some());
            Ok(Some(AnswerMailView { address: told.map(|told| told.address), is_refused, known }))
        })
        .await
}

/// From now on this address is told. Whoever calls has checked its form; that it wants no such mail is told to nobody.
pub async fn ask_answer_mail(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
    address: String,
    language: Language,
) -> Result<(), Error> {
    if !desk.settings().mail {
        return Err(Error::NotFound);
    }
    let screened = standfast_guard::screen(&address, &standfast_guard::Context::default());
    if address.is_empty() || address.len() > LONGEST || !screened.findings.is_empty() {
        return Err(Error::invalid("email", "malformed"));
    }
    let mark = desk.keys().address_mark(&address).to_vec();
    let (caller, now) = (caller.clone(), desk.now());
    let shard = desk.numbers().find(desk, number).await?.id;
    let unit = move |tx: &mut Tx| {
        // Behind the lock: it may be merged or erased at this moment.
        let id = own(tx, &caller, number)?.id;
        let row = request::lock(tx, id)?.ok_or(Error::NotFound)?;
        if !row.state.is_active() {
            return Err(Error::RequestClosed);
        }
        let new = AnswerMailRow {
            request_id: row.id,
            customer_id: row.customer_id,
            address: address.clone(),
            mark: mark.clone(),
            language,
            asked_at: now,
            told_seq: 0,
            refused_at: None,
        };
        answer_mail::put(tx, &new).map_err(Error::from)
    };
    desk.store().write(Lane::Ordinary, shard.0, unit).await
}

/// Nobody is told about this request any more.
pub async fn end_answer_mail(desk: &Desk, caller: &Customer, number: RequestNumber) -> Result<(), Error> {
    let caller = caller.clone();
    let shard = desk.numbers().find(desk, number).await?.id;
    let unit = move |tx: &mut Tx| {
        let row = own(tx, &caller, number)?;
        answer_mail::remove(tx, row.id).map_err(Error::from)
    };
    desk.store().write(Lane::Ordinary, shard.0, unit).await
}

/// Puts on the list that there may be something to tell, in the unit of the answer.
pub(crate) fn note_answer(tx: &mut Tx, desk: &Desk, request: RequestId, now: Time) -> Result<(), Error> {
    if !desk.settings().mail || answer_mail::find(tx, request)?.is_none() {
        return Ok(());
    }
    let payload =
        serde_json::to_string(&AnswerNotice { request }).map_err(|_| Error::Inconsistent("json"))?;
    let dedupe = format!("{ANSWER_MAIL}:{request}");
    let job = NewJob {
        // Whether there is one to be put on the list is known in the unit alone; of one that runs again the first is not used.
        id: JobId(desk.id()),
        kind: ANSWER_MAIL,
        payload: &payload,
        run_at: now.plus(SETTLES),
        dedupe: Some(&dedupe),
        now,
    };
    job::enqueue(tx, &job).map_err(Error::from)
}

/// The answer that is to be told now, noted as told: in the unit that writes its mail. Nothing where the customer has looked or
/// written since, where one of the answers that they have not seen was told already, where whoever has the address wants no
/// mail, and where it had enough for today.
pub fn take_answer(tx: &mut Tx, notice: AnswerNotice, now: Time) -> Result<Option<i64>, Error> {
    let Some(row) = request::lock(tx, notice.request)? else { return Ok(None) };
    let Some(told) = answer_mail::find(tx, row.id)? else { return Ok(None) };
    let Some(seq) = unseen(tx, &row)?.filter(|_| told.refused_at.is_none()) else { return Ok(None) };
    let (_, written) = answer_mail::last_texts(tx, row.id, told.told_seq)?;
    let is_told = told.told_seq > row.customer_read_seq && written == 0;
    if is_told || answer_mail::is_stopped(tx, &told.mark)? {
        return Ok(None);
    }
    if !answer_mail::count(tx, &told.mark, now.0.div_euclid(DAY_MICROS), MOST_A_DAY)? {
        return Ok(None);
    }
    answer_mail::told(tx, row.id, seq)?;
    Ok(Some(seq))
}

/// The last answer that the customer has neither read nor written after.
fn unseen(rd: &mut Rd, row: &RequestRow) -> Result<Option<i64>, Error> {
    if matches!(row.state, State::Merged | State::Spam) {
        return Ok(None);
    }
    let (answered, written) = answer_mail::last_texts(rd, row.id, row.customer_read_seq)?;
    Ok(Some(answered).filter(|answered| *answered > written))
}

/// What the mail about an answer says, as things are now; nothing where it is not to be sent any more.
pub async fn answer_letter(desk: &Desk, request: RequestId) -> Result<Option<AnswerLetter>, Error> {
    let unit_desk = desk.clone();
    desk.store()
        .read(move |rd| {
            let Some(row) = request::find(rd, request)? else { return Ok(None) };
            let Some(told) = answer_mail::find(rd, request)? else { return Ok(None) };
            if unseen(rd, &row)?.is_none() || answer_mail::is_stopped(rd, &told.mark)? {
                return Ok(None);
            }
            let (keys, base) = (unit_desk.keys(), unit_desk.settings().public_url.trim_end_matches('/'));
            let token = keys.link_token(row.id, row.link_generation);
            Ok(Some(AnswerLetter {
                address: told.address,
                language: told.language,
                number: row.number,
                link: format!("{base}/t/{}/{token}", row.number),
                told_seq: told.told_seq,
                stop: format!("{base}/mail/stop/{}", keys.stop_token(&told.mark)),
            }))
        })
        .await
}

/// Notes in the record that a mail server took the mail about an answer, in the unit that notes it with the mail: no address, and no
/// words. A mail that is sent again after a crash is noted once.
pub fn note_told(tx: &mut Tx, desk: &Desk, request: RequestId, seq: i64, now: Time) -> Result<(), Error> {
    let mut record = Record::lock(tx, request)?;
    record.tell(desk.entropy(), now, Author::System, Event::ToldByMail { seq })?;
    record.save(tx, desk.keys(), now).map(drop)
}

/// Notes that the mail about this answer did not arrive: the next answer is told again.
pub fn untell(tx: &mut Tx, request: RequestId, seq: i64) -> Result<(), Error> {
    if answer_mail::find(tx, request)?.is_some_and(|told| told.told_seq == seq) {
        answer_mail::told(tx, request, 0)?;
    }
    Ok(())
}

/// Notes that a mail server knows no such address: the customer is told so on the page.
pub fn refuse_address(
    tx: &mut Tx,
    desk: &Desk,
    request: RequestId,
    address: &str,
    now: Time,
) -> Result<(), Error> {
    answer_mail::refused(tx, request, &desk.keys().address_mark(address), now).map_err(Error::from)
}

/// Whether this is the secret part of a link by which such mail is ended. It says nothing of whose address it is.
#[must_use]
pub fn is_stop_token(desk: &Desk, token: &str) -> bool {
    desk.keys().stopped_mark(token).is_some()
}

/// Whoever has the address wants no such mail, for good. Doing it again does no harm.
pub async fn stop_answer_mail(desk: &Desk, token: &str) -> Result<(), Error> {
    let mark = desk.keys().stopped_mark(token).ok_or(Error::NotFound)?;
    let now = desk.now();
    let unit = move |tx: &mut Tx| answer_mail::stop(tx, &mark, now).map_err(Error::from);
    desk.store().write(Lane::Background, 0, unit).await
}

/// Forgets how many mails there were on days that are over.
pub(crate) async fn forget_days(desk: &Desk) -> Result<(), Error> {
    let today = desk.now().0.div_euclid(DAY_MICROS);
    let unit = move |tx: &mut Tx| answer_mail::trim(tx, today).map_err(Error::from);
    desk.store().write(Lane::Background, 0, unit).await.map(drop)
}
