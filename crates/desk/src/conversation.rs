//! Reading requests and their records, each caller what it may see.

use std::collections::BTreeMap;

use standfast_domain::roster::tier_reached;
use standfast_domain::{CustomerId, Permission, RequestId, RequestNumber};
use standfast_store::entry::EntryRow;
use standfast_store::request::{self, RequestRow};
use standfast_store::{Lane, Rd, agent, customer, entry, handling, label, outbox, prediction};

use crate::caller::Customer;
use crate::feedback::may_review;
use crate::hours::opening_for;
use crate::record::change;
use crate::types::PredictionView;
use crate::view::{Conversation, CustomerPanel, CustomerView, EntryView, RequestDetail, RequestSummary};
use crate::{AgentCaller, Desk, Error};

/// Most requests of one customer that a list shows.
const MOST_OWN: i64 = 50;
/// Requests merged one into the other that are followed.
const MOST_MERGES: usize = 8;
/// Most entries of one page.
const MOST_ENTRIES: i64 = 200;

/// Which stretch of a record to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Entries before this sequence number.
    pub before: Option<i64>,
    /// Entries after this sequence number.
    pub after: Option<i64>,
    /// How many.
    pub limit: i64,
}

/// Whether a customer may see a request.
pub(crate) fn may_see(rd: &mut Rd, caller: &Customer, id: RequestId) -> Result<bool, Error> {
    match caller {
        Customer::Link(linked) => Ok(*linked == id),
        Customer::Visitor(visitor) => {
            let owner = request::find(rd, id)?.map(|row| row.customer_id);
            let caller = customer::find_by_identity(rd, "visitor", visitor.subject())?;
            Ok(owner.is_some() && owner == caller)
        }
    }
}

pub(crate) fn own(rd: &mut Rd, caller: &Customer, number: RequestNumber) -> Result<RequestRow, Error> {
    let row = request::find_by_number(rd, number)?.ok_or(Error::NotFound)?;
    // As `may_see` judges, without reading the row a second time.
    let may_see = match caller {
        Customer::Link(linked) => *linked == row.id,
        Customer::Visitor(visitor) => {
            customer::find_by_identity(rd, "visitor", visitor.subject())? == Some(row.customer_id)
        }
    };
    if may_see { Ok(row) } else { Err(Error::NotFound) }
}

/// The request with this number, if the caller may see it. Everybody else is told that there is none.
pub(crate) async fn of_customer(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
) -> Result<RequestRow, Error> {
    let caller = caller.clone();
    desk.store().read(move |rd| own(rd, &caller, number)).await
}

impl Desk {
    /// The number of a request that the caller may see. Everybody else is told that there is none.
    pub async fn number_of(&self, caller: &Customer, id: RequestId) -> Result<RequestNumber, Error> {
        let caller = caller.clone();
        self.store()
            .read(move |rd| {
                let number = request::find(rd, id)?.ok_or(Error::NotFound)?.number;
                if may_see(rd, &caller, id)? { Ok(number) } else { Err(Error::NotFound) }
            })
            .await
    }
}

/// The caller behind the secret link of a request.
pub async fn open_link(desk: &Desk, number: RequestNumber, token: &str) -> Result<Customer, Error> {
    let row = desk.store().read(move |rd| request::find_by_number(rd, number).map_err(Error::from)).await?;
    let row = row.ok_or(Error::NotFound)?;
    if desk.keys().is_link_token(row.id, row.link_generation, token) {
        Ok(Customer::Link(row.id))
    } else {
        Err(Error::NotFound)
    }
}

/// The secret link of the request in which a merged one goes on: who has only the link of the merged one could not
/// follow there otherwise. None while it is not merged, and where the other request is somebody else's.
pub async fn merged_link(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
) -> Result<Option<String>, Error> {
    let caller = caller.clone();
    let found = desk.store().read(move |rd| {
        let merged = own(rd, &caller, number)?;
        let mut target = merged.clone();
        for _ in 0..MOST_MERGES {
            let Some(next) = target.merged_into else { break };
            target = request::find(rd, next)?.ok_or(Error::NotFound)?;
        }
        if target.merged_into.is_some() {
            return Err(Error::Inconsistent("merged in a circle"));
        }
        Ok(Some(target).filter(|row| row.id != merged.id && row.customer_id == merged.customer_id))
    });
    let link = |row: RequestRow| {
        format!("/t/{}/{}", row.number, desk.keys().link_token(row.id, row.link_generation))
    };
    Ok(found.await?.map(link))
}

/// The customer's latest requests, newest first.
pub async fn own_requests(desk: &Desk, caller: &Customer) -> Result<Vec<RequestSummary>, Error> {
    let caller = caller.clone();
    desk.store()
        .read(move |rd| {
            let rows = match &caller {
                Customer::Link(id) => request::find(rd, *id)?.into_iter().collect(),
                Customer::Visitor(visitor) => {
                    match customer::find_by_identity(rd, "visitor", visitor.subject())? {
                        Some(id) => request::list_of_customer(rd, id, MOST_OWN)?,
                        None => Vec::new(),
                    }
                }
            };
            rows.iter().map(|row| for_customer(rd, row)).collect()
        })
        .await
}

fn for_customer(rd: &mut Rd, row: &RequestRow) -> Result<RequestSummary, Error> {
    let mut summary = RequestSummary::new(row).for_customer();
    summary.unread = Some(entry::count_unread(rd, row.id, row.customer_read_seq)?);
    Ok(summary)
}

/// A request of the customer's with the visible entries after `after`.
pub async fn conversation(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
    after: i64,
    limit: i64,
) -> Result<Conversation<RequestSummary>, Error> {
    let (caller, unit_desk, limit) = (caller.clone(), desk.clone(), limit.clamp(1, MOST_ENTRIES));
    desk.store()
        .read(move |rd| {
            let row = own(rd, &caller, number)?;
            let mut rows = entry::list_after(rd, row.id, after, true, limit + 1)?;
            let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > limit;
            rows.truncate(usize::try_from(limit).unwrap_or_default());
            let name = row.customer_name.as_deref();
            let entries = rows.iter().map(|e| EntryView::new(&unit_desk, e, name).for_customer()).collect();
            let opening = opening_for(&unit_desk, &row, unit_desk.now());
            Ok(Conversation { request: for_customer(rd, &row)?, entries, more, opening })
        })
        .await
}

/// Notes that the customer has read up to `seq`.
pub async fn read_by_customer(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
    seq: i64,
) -> Result<(), Error> {
    let row = of_customer(desk, caller, number).await?;
    if seq <= row.customer_read_seq {
        return Ok(());
    }
    let now = desk.now();
    desk.store()
        .write(Lane::Ordinary, row.id.0, move |tx| {
            let Some(row) = request::lock(tx, row.id)? else { return Err(Error::NotFound) };
            let seq = seq.min(row.last_seq);
            if seq > row.customer_read_seq {
                request::mark_read(tx, row.id, seq)?;
                outbox::append(tx, row.id, seq, change::READ, "", now)?;
            }
            Ok(())
        })
        .await
}

/// Notes that an agent has read up to `seq`. Who only looks on leaves no trace: the customer is told that the desk
/// has read, which means somebody who can answer.
pub async fn read_by_agent(desk: &Desk, caller: &AgentCaller, id: RequestId, seq: i64) -> Result<(), Error> {
    caller.require(Permission::ReadRequests)?;
    if !caller.role.may(Permission::WorkRequests) {
        return detail(desk, caller, id).await.map(drop);
    }
    let (now, caller) = (desk.now(), caller.id);
    desk.store()
        .write(Lane::Background, id.0, move |tx| {
            let row = request::find(tx, id)?.ok_or(Error::NotFound)?;
            let seq = seq.clamp(0, row.last_seq);
            if agent::mark_read(tx, id, caller, seq)? {
                outbox::append(tx, id, seq, change::READ, &caller.to_string(), now)?;
            }
            Ok(())
        })
        .await
}

/// Entries as an agent may see them: complaints only where they are for this one to look at.
fn for_agent(
    rd: &mut Rd,
    desk: &Desk,
    caller: &AgentCaller,
    rows: &[EntryRow],
    customer: Option<&str>,
) -> Result<Vec<EntryView>, Error> {
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let entry = EntryView::new(desk, row, customer);
        let hidden = entry.is_complaint() && !may_review(rd, caller, row.request_id, row.seq)?;
        entries.push(if hidden { entry.for_whole_desk() } else { entry });
    }
    Ok(entries)
}

/// A request with its latest entries and its customer, for an agent.
pub async fn detail(
    desk: &Desk,
    caller: &AgentCaller,
    id: RequestId,
) -> Result<(Conversation<RequestDetail>, CustomerPanel), Error> {
    caller.require(Permission::ReadRequests)?;
    let (unit_desk, caller) = (desk.clone(), caller.clone());
    desk.store()
        .read(move |rd| {
            let row = request::find(rd, id)?.ok_or(Error::NotFound)?;
            let rows = entry::list_before(rd, id, i64::MAX, 100)?;
            let more = rows.first().is_some_and(|first| first.seq > 1);
            let name = row.customer_name.as_deref();
            let entries = for_agent(rd, &unit_desk, &caller, &rows, name)?;
            let merged_into = match row.merged_into {
                Some(into) => request::find(rd, into)?.map(|into| into.number),
                None => None,
            };
            let read_seq_agents: BTreeMap<String, i64> =
                agent::list_read(rd, id)?.into_iter().map(|(agent, seq)| (agent.to_string(), seq)).collect();
            let settled = label::find(rd, id)?.is_some();
            let prediction =
                prediction::find(rd, id)?.map(|found| PredictionView::new(&found, &row.kind, settled));
            let moves = handling::find(rd, id)?.map_or(0, |done| done.escalation_count);
            let tier = tier_reached(moves);
            let request = RequestDetail::new(&row, merged_into, read_seq_agents, prediction, tier)?;
            let panel = panel(rd, row.customer_id)?;
            Ok((Conversation { request, entries, more, opening: None }, panel))
        })
        .await
}

/// A stretch of a request's record, for an agent.
pub async fn entries(
    desk: &Desk,
    caller: &AgentCaller,
    id: RequestId,
    window: Window,
) -> Result<Conversation<RequestSummary>, Error> {
    caller.require(Permission::ReadRequests)?;
    let (unit_desk, caller, limit) = (desk.clone(), caller.clone(), window.limit.clamp(1, MOST_ENTRIES));
    desk.store()
        .read(move |rd| {
            let row = request::find(rd, id)?.ok_or(Error::NotFound)?;
            let rows = match window.after {
                Some(after) => entry::list_after(rd, id, after, false, limit)?,
                None => entry::list_before(rd, id, window.before.unwrap_or(i64::MAX), limit)?,
            };
            let more = match window.after {
                Some(_) => rows.last().is_some_and(|last| last.seq < row.last_seq),
                None => rows.first().is_some_and(|first| first.seq > 1),
            };
            let name = row.customer_name.as_deref();
            let entries = for_agent(rd, &unit_desk, &caller, &rows, name)?;
            Ok(Conversation { request: RequestSummary::new(&row), entries, more, opening: None })
        })
        .await
}

/// A customer with the latest requests.
pub async fn customer_panel(
    desk: &Desk,
    caller: &AgentCaller,
    id: CustomerId,
) -> Result<CustomerPanel, Error> {
    caller.require(Permission::ReadRequests)?;
    desk.store().read(move |rd| panel(rd, id)).await
}

fn panel(rd: &mut Rd, id: CustomerId) -> Result<CustomerPanel, Error> {
    let row = customer::find(rd, id)?.ok_or(Error::NotFound)?;
    let requests = request::list_of_customer(rd, id, 20)?.iter().map(RequestSummary::new).collect();
    Ok(CustomerPanel {
        customer: CustomerView { id, name: row.name, verified: row.verified },
        email: row.email,
        language: row.language,
        first_seen_at: row.first_seen_at,
        requests,
    })
}
