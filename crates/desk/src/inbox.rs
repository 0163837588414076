//! The inbox: which requests an agent looks at, in which order.

use std::collections::BTreeSet;
use std::time::Duration;

use standfast_domain::{AgentId, Permission, RequestId, RequestNumber, TeamId};
use standfast_store::request::{self, After, Filter, Page, RequestRow, Shelf};
use standfast_store::{Rd, outbox};

use crate::view::{Inbox, InboxCounts, RequestSummary};
use crate::{AgentCaller, Desk, Error};

/// Counting stops here: "999+" says enough.
const MOST_COUNTED: i64 = 1_000;
/// Most requests of one page.
const MOST_ITEMS: i64 = 200;
/// How long counts are believed when nothing was committed here: another process may have.
const BELIEVED: Duration = Duration::from_secs(1);
/// How long a search looks before it says how far it came; the next page goes on from there.
const SEARCH: Duration = Duration::from_millis(250);
/// Most changes that a feed catches up on; beyond, the list is read anew.
const MOST_CHANGES: u32 = 2_000;

/// A view of the inbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Active, nobody looks after them.
    #[default]
    Unassigned,
    /// Active, the caller looks after them.
    Mine,
    /// All active.
    All,
    /// Active, assets at risk.
    AtRisk,
    /// Solved, closed, merged or spam.
    Done,
}

/// What an agent wants to see.
#[derive(Clone, Debug, Default)]
pub struct InboxQuery {
    /// The view.
    pub view: View,
    /// Only this team's.
    pub team: Option<TeamId>,
    /// Only this type.
    pub kind: Option<String>,
    /// Only where subject, last text, number or customer's name contain this.
    pub text: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// How many.
    pub limit: i64,
}

/// One page of the inbox.
pub async fn inbox(desk: &Desk, caller: &AgentCaller, query: InboxQuery) -> Result<Inbox, Error> {
    caller.require(Permission::ReadRequests)?;
    let me = caller.id;
    // Whoever is kept for assets at risk sees nothing else, but for what they have in hand and what is done.
    let shelf = match (query.view, desk.surge().is_reserved(me)) {
        (View::Unassigned, false) => Shelf::Unassigned,
        (View::Unassigned, true) => Shelf::AtRiskUnassigned,
        (View::Mine, _) => Shelf::Of(me),
        (View::All, false) => Shelf::Active,
        (View::All, true) | (View::AtRisk, _) => Shelf::AtRisk,
        (View::Done, _) => Shelf::Done,
    };
    let after = query.cursor.as_deref().map(parse_cursor).transpose()?;
    let limit = query.limit.clamp(1, MOST_ITEMS);
    let text = query.text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    if text.as_ref().is_some_and(|t| t.len() > 200) {
        return Err(Error::invalid("q", "too_long"));
    }
    // Whoever types a whole number means that request, on whatever shelf it is.
    let number: Option<RequestNumber> = text.as_ref().and_then(|text| text.parse().ok());
    let filter = Filter { team: query.team, kind: query.kind, text };
    let (clock, counter) = (desk.clock().clone(), Counter::new(desk, me));
    desk.store()
        .read(move |rd| {
            let feed = outbox::head(rd)?.to_string();
            let begun = clock.monotonic();
            let has_time = || clock.monotonic().saturating_sub(begun) < SEARCH;
            let named = match number {
                Some(number) => request::find_by_number(rd, number)?,
                None => None,
            };
            let Page { mut rows, stopped } = match named {
                Some(row) => Page { rows: vec![row], stopped: None },
                None => request::list(rd, shelf, &filter, after, limit + 1, has_time)?,
            };
            let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > limit;
            rows.truncate(usize::try_from(limit).unwrap_or_default());
            let next = match stopped {
                Some(place) => Some(cursor_at(place)),
                None => rows.last().filter(|_| more).map(|row| cursor(row, shelf)),
            };
            Ok(Inbox {
                items: rows.iter().map(RequestSummary::new).collect(),
                next,
                counts: counter.count(rd)?,
                feed,
            })
        })
        .await
}

/// Sizes of the shelves that all agents share, and when they were counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    /// Commits of this process until then.
    commits: u64,
    /// By the monotonic clock.
    at: Duration,
    unassigned: i64,
    all: i64,
    at_risk: i64,
}

/// Counts the shelves; those that all agents share only when something was committed since, here or perhaps elsewhere.
struct Counter {
    desk: Desk,
    me: AgentId,
    reserved: bool,
    /// Read before the snapshot, which so has at least these.
    commits: u64,
}

impl Counter {
    fn new(desk: &Desk, me: AgentId) -> Self {
        let commits = *desk.store().committed().borrow();
        Self { desk: desk.clone(), me, reserved: desk.surge().is_reserved(me), commits }
    }

    fn count(&self, rd: &mut Rd) -> Result<InboxCounts, Error> {
        let now = self.desk.clock().monotonic();
        let known = *self.desk.shared.counted.lock();
        let fresh = |known: &Shared| known.commits == self.commits && now.saturating_sub(known.at) < BELIEVED;
        let shared = match known.filter(fresh) {
            Some(shared) => shared,
            None => Shared {
                commits: self.commits,
                at: now,
                unassigned: request::count(rd, Shelf::Unassigned, MOST_COUNTED)?,
                all: request::count(rd, Shelf::Active, MOST_COUNTED)?,
                at_risk: request::count(rd, Shelf::AtRisk, MOST_COUNTED)?,
            },
        };
        *self.desk.shared.counted.lock() = Some(shared);
        let Shared { mut unassigned, mut all, at_risk, .. } = shared;
        if self.reserved {
            unassigned = request::count(rd, Shelf::AtRiskUnassigned, MOST_COUNTED)?;
            all = at_risk;
        }
        let mine = request::count(rd, Shelf::Of(self.me), MOST_COUNTED)?;
        Ok(InboxCounts { unassigned, mine, all, at_risk, reserved: self.reserved })
    }
}

/// Sizes of the views, for the live feed.
pub async fn inbox_counts(desk: &Desk, caller: &AgentCaller) -> Result<InboxCounts, Error> {
    caller.require(Permission::ReadRequests)?;
    let counter = Counter::new(desk, caller.id);
    desk.store().read(move |rd| counter.count(rd)).await
}

/// The requests that changed after a place in the feed, and the place after them. `None` when the place is too old
/// or too much has changed: then the list is to be read anew.
pub async fn inbox_since(
    desk: &Desk,
    caller: &AgentCaller,
    feed: &str,
) -> Result<Option<(Vec<RequestSummary>, String)>, Error> {
    caller.require(Permission::ReadRequests)?;
    let Some(cursor) = outbox::Cursor::parse(feed) else { return Ok(None) };
    desk.store()
        .read(move |rd| {
            let (events, next) = match outbox::read_after(rd, &cursor, MOST_CHANGES) {
                Ok(read) => read,
                Err(standfast_store::Error::CursorLost) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            if events.len() >= MOST_CHANGES as usize {
                return Ok(None);
            }
            let changed: BTreeSet<RequestId> = events.iter().map(|event| event.request_id).collect();
            let mut items = Vec::with_capacity(changed.len());
            for id in changed {
                items.extend(request::find(rd, id)?.as_ref().map(RequestSummary::new));
            }
            Ok(Some((items, next.to_string())))
        })
        .await
}

/// These requests, in the order of their ids in the list; those that are not there are left out.
pub async fn list_requests(
    desk: &Desk,
    caller: &AgentCaller,
    ids: Vec<RequestId>,
) -> Result<Vec<RequestSummary>, Error> {
    caller.require(Permission::ReadRequests)?;
    desk.store()
        .read(move |rd| {
            let mut items = Vec::with_capacity(ids.len());
            for id in ids {
                items.extend(request::find(rd, id)?.as_ref().map(RequestSummary::new));
            }
            Ok(items)
        })
        .await
}

fn cursor(row: &RequestRow, shelf: Shelf) -> String {
    let key = if shelf == Shelf::Done { row.updated_at.0 } else { row.queue_key().0 };
    cursor_at(After { key, id: row.id })
}

fn cursor_at(place: After) -> String {
    format!("{}.{}", place.key, place.id)
}

fn parse_cursor(text: &str) -> Result<After, Error> {
    let parsed = text
        .split_once('.')
        .and_then(|(key, id)| Some(After { key: key.parse().ok()?, id: id.parse().ok()? }));
    parsed.ok_or(Error::invalid("cursor", "malformed"))
}
