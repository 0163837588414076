//! Taking in what customers write: the most important thing that the desk does.

use std::sync::Arc;

use standfast_domain::{
    Author, CustomerId, Event, Language, Matter, RequestId, RequestNumber, State, Time, Transition,
    request_type, same_matter,
};
use standfast_store::customer::{self, CustomerRow};
use standfast_store::request::{self, Held, RequestRow};
use standfast_store::{Foresight, Lane, Tx, receipt as answers, resolution};

use crate::caller::{Customer, Visitor};
use crate::command::{FollowUp, Intake, Join};
use crate::draft::Draft;
use crate::evidence::{bring, keep_hidden, look_back, look_before, said_by, screen_with_earlier};
use crate::incident::go_up;
use crate::numbers::Known;
use crate::receipt::{self, Accepted, ReceiptKey, visitor_shard};
use crate::record::{Record, beginning};
use crate::triage::{doubt, note_claim, note_risk};
use crate::view::{IdentifierView, Receipt};
use crate::{Desk, Error, chain, evidence, fold};

/// How often words are written that meet others.
const ATTEMPTS: usize = 4;
/// How many of a customer's requests are looked at for one that the words belong to.
const CANDIDATES: i64 = 8;

/// A receipt, and whether it was given before.
#[derive(Clone, Debug)]
pub struct Received {
    /// The receipt.
    pub receipt: Receipt,
    /// Whether the same client id had got it already; nothing was written now.
    pub replayed: bool,
}

/// Takes in a customer's words: a new request, or further words on one that is open about the same matter.
pub async fn receive(desk: &Desk, caller: &Customer, intake: Intake) -> Result<Received, Error> {
    let words = Draft::check(desk, caller, &intake)?;
    let channel = words.channel;
    let taken = write(desk, caller, words, None).await;
    desk.shared.channels.note(channel, &taken);
    taken
}

/// Takes in further words on a request.
pub async fn follow_up(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
    command: FollowUp,
) -> Result<Received, Error> {
    let intake = Intake {
        client_id: command.client_id,
        text: command.text,
        channel: command.channel,
        attachments: command.attachments,
        taken_out: command.taken_out,
        ..Intake::default()
    };
    let words = Draft::check(desk, caller, &intake)?;
    let channel = words.channel;
    let taken = match desk.numbers().find(desk, number).await {
        Ok(known) => write(desk, caller, words, Some(known)).await,
        Err(error) => Err(error),
    };
    desk.shared.channels.note(channel, &taken);
    taken
}

/// The receipt that this caller's words, to the request with this number if they named one, got under this client id, if
/// that was at `since` or later.
pub async fn received_since(
    desk: &Desk,
    caller: &Customer,
    number: Option<RequestNumber>,
    client_id: &str,
    since: Time,
) -> Result<Option<Received>, Error> {
    let named = match number {
        Some(number) => match desk.numbers().find(desk, number).await {
            Ok(known) => Some(known.id),
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        },
        None => caller.linked(),
    };
    let key = ReceiptKey::new(named, &caller.scope(), client_id);
    let body = desk.store().read(move |rd| answers::find(rd, key.as_bytes()).map_err(Error::from)).await?;
    let Some(body) = body else { return Ok(None) };
    let receipt: Receipt = serde_json::from_str(&body).map_err(|_| Error::Inconsistent("receipt"))?;
    Ok((receipt.received_at >= since).then_some(Received { receipt, replayed: true }))
}

/// Writes words, again where somebody was faster: then the second attempt finds what the other one wrote.
async fn write(
    desk: &Desk,
    caller: &Customer,
    mut words: Draft,
    target: Option<Known>,
) -> Result<Received, Error> {
    words.proven = look_before(desk, caller, &words).await;
    let at_risk = words.at_risk() || target.is_some_and(|known| known.at_risk);
    let mut words = Arc::new(words);
    for _ in 0..ATTEMPTS {
        match attempt(desk, caller, &words, target.map(|known| known.id), at_risk).await {
            // Another request drew the same number, which happens once in 26 million million.
            Err(Error::Store(error)) if error.is_unique("request(number)") => {
                Arc::make_mut(&mut words).number = RequestNumber::random(&**desk.entropy());
            }
            // The same visitor's first words reached another process at the same moment.
            Err(Error::Store(error)) if error.is_unique("identity(kind,subject)") => {}
            Err(error) if receipt::is_late(&error) => {}
            result => {
                // What was answered before says how things were then.
                if let Ok(Received { receipt, replayed: false }) = &result {
                    desk.numbers().note(receipt.number, receipt.request_id, receipt.at_risk);
                }
                return result;
            }
        }
    }
    Err(Error::Inconsistent("always too late"))
}

async fn attempt(
    desk: &Desk,
    caller: &Customer,
    words: &Arc<Draft>,
    target: Option<RequestId>,
    at_risk: bool,
) -> Result<Received, Error> {
    let lane = if at_risk { Lane::AtRisk } else { Lane::Ordinary };
    let named = target.or(caller.linked());
    let shard = match (named, caller) {
        (Some(id), _) | (None, &Customer::Link(id)) => id.0,
        // Whoever writes for the first time meets nobody; whoever writes twice at once meets himself.
        (None, Customer::Visitor(visitor)) => visitor_shard(visitor),
    };
    let key = ReceiptKey::new(named, &caller.scope(), &words.client_id);
    let foresight = Some(Arc::new(foresee(desk, caller, words, named, &key)));
    let (desk_, caller, words) = (desk.clone(), caller.clone(), words.clone());
    desk.store()
        .write_foreseen(lane, shard, foresight, move |tx| {
            Unit { desk: &desk_, caller: &caller, words: &words, key: &key }.write(tx, target)
        })
        .await
}

/// What the attempt will read: see [`Unit::write`] and [`join`].
fn foresee(
    desk: &Desk,
    caller: &Customer,
    words: &Draft,
    named: Option<RequestId>,
    key: &ReceiptKey,
) -> Foresight {
    let mut foresight = Foresight::new(desk.store().dialect());
    match (named, caller) {
        (Some(id), _) | (None, &Customer::Link(id)) => {
            let keys = [key.as_bytes(), key.unplaced()];
            request::foresee_hold_for(&mut foresight, id, keys, subject(caller));
            evidence::foresee(&mut foresight, id, words);
        }
        (None, Customer::Visitor(visitor)) => {
            answers::foresee_with_visitor(&mut foresight, key.as_bytes(), visitor.subject());
        }
    }
    foresight
}

/// The visitor by whom a customer is known here.
fn subject(caller: &Customer) -> Option<&str> {
    match caller {
        Customer::Visitor(visitor) => Some(visitor.subject()),
        Customer::Link(_) => None,
    }
}

/// One attempt to write words, inside a unit of work.
struct Unit<'a> {
    desk: &'a Desk,
    caller: &'a Customer,
    words: &'a Draft,
    /// Where the receipt is kept.
    key: &'a ReceiptKey,
}

impl Unit<'_> {
    /// Finds whom the words are from and which request they belong to, and writes them.
    fn write(&self, tx: &mut Tx, target: Option<RequestId>) -> Result<Received, Error> {
        match (target, self.caller) {
            (Some(id), _) | (None, &Customer::Link(id)) => self.write_to(tx, id),
            (None, Customer::Visitor(visitor)) => self.write_of(tx, visitor),
        }
    }

    /// Words to a request that the caller names.
    fn write_to(&self, tx: &mut Tx, id: RequestId) -> Result<Received, Error> {
        let held = hold(tx, self.caller, id, self.key)?;
        if let Some(body) = held.answer {
            return replayed(&body);
        }
        let owner = held.row.customer_id;
        // A link opens one request: words written by it are about that one, whatever else the customer asked.
        if self.words.join == Join::New {
            return self.start(tx, Some(owner), None);
        }
        let record = goes_on(tx, Record::of(held.row))?;
        self.join_or_start(tx, Some(owner), record)
    }

    /// Words of a visitor who names no request.
    fn write_of(&self, tx: &mut Tx, visitor: &Visitor) -> Result<Received, Error> {
        let (body, known) = answers::find_with_visitor(tx, self.key.as_bytes(), visitor.subject())?;
        if let Some(body) = body {
            return replayed(&body);
        }
        let known = match known {
            Some(_) => customer::hold_identity(tx, "visitor", visitor.subject())?,
            None => None,
        };
        let matter = match known {
            Some(known) if self.words.join != Join::New => find_matter(tx, known, self.words)?,
            _ => None,
        };
        match matter {
            Some(id) => {
                let record = Record::lock(tx, id)?;
                let record = goes_on(tx, record)?;
                self.join_or_start(tx, known, record)
            }
            None => self.start(tx, known, None),
        }
    }

    fn join_or_start(
        &self,
        tx: &mut Tx,
        known: Option<CustomerId>,
        record: Record,
    ) -> Result<Received, Error> {
        if record.row.state.takes_messages() {
            let receipt = join(tx, self.desk, self.caller, self.words, record)?;
            return self.keep(tx, receipt);
        }
        // Closed meanwhile or before: the words start a request that names the old one.
        self.start(tx, known, Some(&record.row))
    }

    fn start(
        &self,
        tx: &mut Tx,
        known: Option<CustomerId>,
        previous: Option<&RequestRow>,
    ) -> Result<Received, Error> {
        let receipt = start(tx, self.desk, self.caller, self.words, known, previous)?;
        self.keep(tx, receipt)
    }

    /// Keeps the receipt for whoever asks again.
    fn keep(&self, tx: &mut Tx, receipt: Receipt) -> Result<Received, Error> {
        let body = serde_json::to_string(&receipt).map_err(|_| Error::Inconsistent("receipt"))?;
        answers::insert(tx, self.key.as_bytes(), receipt.request_id, receipt.seq, &body, self.words.now)?;
        Ok(Received { receipt, replayed: false })
    }
}

/// Takes hold of a request that the caller may see; everybody else is told that there is none. Where an answer was given
/// under the key already, that is all that is looked at.
pub(crate) fn hold(tx: &mut Tx, caller: &Customer, id: RequestId, key: &ReceiptKey) -> Result<Held, Error> {
    let keys = [key.as_bytes(), key.unplaced()];
    let held = request::hold_for(tx, id, keys, subject(caller))?.ok_or(Error::NotFound)?;
    if held.answer.is_some() {
        return Ok(held);
    }
    let owner = held.row.customer_id;
    match caller {
        Customer::Link(linked) if *linked == id => {}
        Customer::Link(_) => return Err(Error::NotFound),
        Customer::Visitor(_) if held.visitor == Some(owner) => {}
        Customer::Visitor(visitor) => {
            // Two customers that become one change request and identity together: look again behind the lock.
            if customer::hold_identity(tx, "visitor", visitor.subject())? != Some(owner) {
                return Err(Error::NotFound);
            }
        }
    }
    Ok(held)
}

/// The answer that was given before.
fn replayed(body: &str) -> Result<Received, Error> {
    let receipt = serde_json::from_str(body).map_err(|_| Error::Inconsistent("receipt"))?;
    Ok(Received { receipt, replayed: true })
}

/// The record where that of a merged request goes on.
pub(crate) fn goes_on(tx: &mut Tx, mut record: Record) -> Result<Record, Error> {
    for _ in 0..8 {
        match record.row.merged_into {
            Some(next) => record = Record::lock(tx, next)?,
            None => return Ok(record),
        }
    }
    Err(Error::Inconsistent("merged in a circle"))
}

/// The customer's request that the words belong to, if there is one.
fn find_matter(tx: &mut Tx, customer: CustomerId, words: &Draft) -> Result<Option<RequestId>, Error> {
    let values: Vec<String> = words.said.findings.identifiers.iter().map(|i| i.value.clone()).collect();
    let urgent = words.kind.and_then(request_type).is_some_and(|kind| kind.at_risk);
    for row in request::list_of_customer(tx, customer, CANDIDATES)? {
        // Somebody whose assets are at risk must not stand in the line of an older, ordinary question.
        if urgent && !row.at_risk {
            continue;
        }
        let identifiers: Vec<IdentifierView> = serde_json::from_str(&row.identifiers).unwrap_or_default();
        let open: Vec<String> = identifiers.into_iter().map(|i| i.value).collect();
        let new = Matter { kind: words.kind, identifiers: &values };
        let old = Matter {
            kind: Some(&row.kind).filter(|kind| *kind != "other").map(String::as_str),
            identifiers: &open,
        };
        if same_matter(new, old, row.state, row.updated_at, words.now) {
            return Ok(Some(row.id));
        }
    }
    Ok(None)
}

/// Further words on a request that takes them.
fn join(
    tx: &mut Tx,
    desk: &Desk,
    caller: &Customer,
    words: &Draft,
    mut record: Record,
) -> Result<Receipt, Error> {
    let now = words.now;
    let (mut said, known) = said_by(tx, words, record.row.customer_id, Some(&record.row))?;
    let mut findings = said.findings.clone();
    if words.may_be_piece {
        let text = screen_with_earlier(tx, desk, (&words.raw.text, &known), &mut record, &mut findings, now)?;
        said.to_mut().text = text;
    }
    let files = bring(tx, desk, Some(&mut record), caller, words, &mut findings)?;
    look_back(tx, desk, &mut record, &files, &mut findings, now)?;
    keep_hidden(desk.keys(), &mut findings);
    let language = words.language.unwrap_or(record.row.language);
    let entry = words.entry(record.row.customer_id, &said, &findings, &files)?;
    let seq = record.append(desk.entropy(), now, entry)?;
    files.bind(tx, record.row.id, seq)?;
    let from = record.step(Transition::Message, now)?;
    record.row.follow_up_count += 1;
    note_risk(desk, &mut record, &findings, now)?;
    if words.claims_theft {
        note_claim(tx, desk, &mut record, now)?;
    }
    let row = &mut record.row;
    fold::add_identifiers(row, &findings.identifiers)?;
    fold::add(&mut row.fields, &said.fields)?;
    fold::add(&mut row.context, &said.context)?;
    if from == State::Solved {
        record.tell(desk.entropy(), now, Author::System, Event::State { from, to: State::Open })?;
        go_up(tx, &mut record)?;
        resolution::repudiate_last(tx, record.row.id, now)?;
    }
    adopt_type(desk, words, &mut record)?;
    let row = record.save(tx, desk.keys(), now)?;
    receipt::make(tx, desk, &row, &Accepted { seq, joined: true, language, findings: &findings, now })
}

/// A request of no type takes the one that its customer names now.
fn adopt_type(desk: &Desk, words: &Draft, record: &mut Record) -> Result<(), Error> {
    let Some(kind) = words.kind.filter(|kind| *kind != "other").and_then(request_type) else { return Ok(()) };
    if record.row.kind != "other" {
        return Ok(());
    }
    let from = std::mem::replace(&mut record.row.kind, kind.code.to_owned());
    if !record.row.at_risk {
        record.row.urgency = record.row.urgency.min(kind.urgency);
    }
    let event = Event::Retyped { from, to: kind.code.to_owned() };
    record.tell(desk.entropy(), words.now, Author::System, event)?;
    Ok(())
}

/// A new request.
fn start(
    tx: &mut Tx,
    desk: &Desk,
    caller: &Customer,
    words: &Draft,
    known: Option<CustomerId>,
    previous: Option<&RequestRow>,
) -> Result<Receipt, Error> {
    let now = words.now;
    let language = words.language.unwrap_or_else(|| Language::of_text(&words.said.text));
    let customer = match known {
        Some(known) => {
            // Whoever holds a link need not be the customer.
            if matches!(caller, Customer::Visitor(_)) {
                complete(tx, known, words)?;
            }
            known
        }
        None => add_customer(tx, caller, words, language)?,
    };
    let (said, _) = said_by(tx, words, customer, None)?;
    let mut findings = said.findings.clone();
    let files = bring(tx, desk, None, caller, words, &mut findings)?;
    let kind = words.kind.unwrap_or(if findings.exposed() { "leak" } else { "other" });
    let kind = request_type(kind).ok_or(Error::Inconsistent("type"))?;
    let mut record = Record::new(RequestRow {
        id: words.request_id,
        number: words.number,
        customer_id: customer,
        customer_name: None,
        customer_verified: false,
        state: State::Open,
        kind: kind.code.to_owned(),
        urgency: kind.urgency,
        at_risk: kind.at_risk,
        channel: words.channel,
        language,
        subject: beginning(&said.text, 80),
        chain: None,
        fields: said.fields.json.clone(),
        context: said.context.json.clone(),
        identifiers: "[]".to_owned(),
        tags: "[]".to_owned(),
        team_id: None,
        assignee_id: None,
        merged_into: None,
        previous_id: previous.map(|row| row.id),
        created_at: now,
        updated_at: now,
        waiting_since: Some(now),
        first_reply_at: None,
        solved_at: None,
        closed_at: None,
        reopen_count: 0,
        follow_up_count: 0,
        last_seq: 0,
        last_text: String::new(),
        last_author: String::new(),
        customer_read_seq: 0,
        link_generation: 0,
        head: chain::START.to_vec(),
        head_mac: Vec::new(),
    });
    // Of whom nothing came before, only the files at hand can be looked at again.
    if known.is_some() || files.are_unproven() {
        look_back(tx, desk, &mut record, &files, &mut findings, now)?;
    }
    keep_hidden(desk.keys(), &mut findings);
    let entry = words.entry(customer, &said, &findings, &files)?;
    let seq = record.append(desk.entropy(), now, entry)?;
    files.bind(tx, record.row.id, seq)?;
    fold::add_identifiers(&mut record.row, &findings.identifiers)?;
    if let Some(previous) = previous {
        record.tell(desk.entropy(), now, Author::System, Event::Continues { number: previous.number })?;
    }
    doubt(tx, &mut record.row, now)?;
    note_risk(desk, &mut record, &findings, now)?;
    if words.claims_theft {
        note_claim(tx, desk, &mut record, now)?;
    }
    if let Some(team) = desk.surge().team_for(kind.code).filter(|_| !record.row.at_risk) {
        record.row.team_id = Some(team);
        let event = Event::Assigned { agent_id: None, team_id: Some(team) };
        record.tell(desk.entropy(), now, Author::System, event)?;
    }
    let row = record.save(tx, desk.keys(), now)?;
    receipt::make(tx, desk, &row, &Accepted { seq, joined: false, language, findings: &findings, now })
}

fn add_customer(
    tx: &mut Tx,
    caller: &Customer,
    words: &Draft,
    language: Language,
) -> Result<CustomerId, Error> {
    let Customer::Visitor(visitor) = caller else { return Err(Error::NotFound) };
    let row = CustomerRow {
        id: words.customer_id,
        name: words.said.name.clone(),
        email: words.said.email.clone(),
        language,
        verified: false,
        first_seen_at: words.now,
    };
    customer::insert(tx, &row)?;
    customer::add_identity(tx, "visitor", visitor.subject(), row.id, words.now)?;
    Ok(row.id)
}

/// Fills in what a known customer now tells about himself; a verified name stays.
fn complete(tx: &mut Tx, id: CustomerId, words: &Draft) -> Result<(), Error> {
    if words.said.name.is_none() && words.said.email.is_none() {
        return Ok(());
    }
    customer::fill(tx, id, words.said.name.as_deref(), words.said.email.as_deref()).map_err(Error::from)
}

#[cfg(test)]
mod tests;
