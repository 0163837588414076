//! The relay: reads the outbox in order and hands on what was committed, to the board and to the live sockets.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use standfast_domain::{AgentId, AlarmId, CustomerId, RequestId, Time};
use standfast_store::{Error as StoreError, Rd, agent, entry, outbox, promise, request};
use tokio::sync::mpsc::Sender;

mod history;

use crate::record::change;
use crate::view::{EntryView, RequestSummary};
use crate::{Desk, Error};

/// Most events of one reading.
const PAGE: u32 = 512;
/// Other nodes write too: without a hint, the outbox is looked at this often.
const POLL: Duration = Duration::from_secs(1);
/// Answers that the estimate of waits is learned from at the start.
const LEARNED: i64 = 4_096;
/// After a failure.
const PAUSE: Duration = Duration::from_millis(250);

/// Something that was committed, with what live sockets need of it.
#[derive(Clone, Debug)]
pub struct Signal {
    /// The place in the feed after it.
    pub feed: String,
    /// The request as it is now.
    pub request: Arc<RequestSummary>,
    /// Whose it is.
    pub customer: CustomerId,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    /// A new entry.
    Entry {
        /// As agents see it; see [`EntryView::for_customer`].
        entry: EntryView,
        /// Whether the customer may see it.
        visible: bool,
    },
    /// An entry was erased.
    Erased {
        /// As it is now.
        entry: EntryView,
        /// Whether the customer may see it.
        visible: bool,
    },
    /// Somebody has read up to `seq`.
    Read {
        /// The agent; `None` when it was the customer.
        agent: Option<AgentId>,
        /// Up to here.
        seq: i64,
    },
    /// An alarm to which the request belongs has changed.
    Alarm(AlarmId),
    /// Something in the request changed.
    Changed,
}

/// Who listens: what nobody wants to hear of is not read.
pub trait Audience: Send + Sync + 'static {
    /// Whether anybody wants to hear of this request.
    fn wants(&self, request: RequestId) -> bool;
}

/// Loads the queue, then hands on what is committed after `cursor` and somebody wants to hear of, for ever. Returns
/// when nobody takes it any more, and when the place is lost: then those who listen have to read for themselves.
pub async fn relay(
    desk: Desk,
    audience: Arc<dyn Audience>,
    mut cursor: outbox::Cursor,
    signals: Sender<Signal>,
) {
    let mut committed = desk.store().committed();
    let hand_on = || desk.shared.channels.handed_on(desk.clock().monotonic());
    // From now on sockets count on it.
    hand_on();
    loop {
        match load(&desk).await {
            Ok(()) => break,
            Err(error) => {
                tracing::warn!(%error, "the queue could not be loaded yet");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    loop {
        if signals.is_closed() {
            return;
        }
        committed.mark_unchanged();
        match page(&desk, &audience, cursor).await {
            Ok(read) => {
                cursor = read.next;
                let full = read.count >= PAGE as usize;
                for signal in read.signals {
                    if signals.send(signal).await.is_err() {
                        return;
                    }
                }
                *desk.shared.relayed.lock() = Some(cursor);
                hand_on();
                if !full {
                    let _ = tokio::time::timeout(POLL, committed.changed()).await;
                }
            }
            Err(Error::Store(StoreError::CursorLost)) => {
                tracing::warn!("the outbox was trimmed or restored: the place in it is lost");
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be read");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// When the oldest event was written that the relay has not handed on; `None` when there is none.
pub fn oldest_unrelayed(rd: &mut Rd, desk: &Desk) -> Result<Option<Time>, StoreError> {
    let cursor = *desk.shared.relayed.lock();
    cursor.map_or(Ok(None), |cursor| outbox::oldest_after(rd, &cursor))
}

/// Tells the board what was committed since a place in the outbox, and returns the place after it; the first time, and when that place
/// is lost, all there is. For a desk that serves nobody and goes on by steps, as the demo lives through its past: else [`relay`] does so.
pub async fn follow_line(desk: &Desk, after: Option<outbox::Cursor>) -> Result<outbox::Cursor, Error> {
    if let Some(cursor) = after {
        match catch_up(desk, cursor).await {
            Err(Error::Store(StoreError::CursorLost)) => {}
            told => return told,
        }
    }
    let head = desk.store().read(|rd| outbox::head(rd).map_err(Error::from)).await?;
    load(desk).await?;
    Ok(head)
}

async fn catch_up(desk: &Desk, mut cursor: outbox::Cursor) -> Result<outbox::Cursor, Error> {
    loop {
        let unit_desk = desk.clone();
        let read = move |rd: &mut Rd| {
            let (events, next) = outbox::read_after(rd, &cursor, PAGE)?;
            for event in &events {
                note(rd, &unit_desk, event)?;
            }
            Ok::<_, Error>((events.len(), next))
        };
        let (count, next) = desk.store().read(read).await?;
        cursor = next;
        if count < PAGE as usize {
            return Ok(cursor);
        }
    }
}

/// Loads board and directory from the store. They may be ahead of the feed; what it tells again changes nothing.
async fn load(desk: &Desk) -> Result<(), Error> {
    let unit_desk = desk.clone();
    desk.store().read(move |rd| load_from(rd, &unit_desk)).await
}

pub(crate) fn load_from(rd: &mut Rd, desk: &Desk) -> Result<(), Error> {
    desk.shared.directory.load(&agent::list(rd)?);
    let waiting = request::list_waiting(rd)?;
    for (id, number, ..) in waiting.iter().filter(|(_, _, turn, _)| turn.is_at_risk()) {
        desk.numbers().note(*number, *id, true);
    }
    let happened = history::list(rd, &waiting, desk.now())?;
    let kept = promise::list_kept(rd, LEARNED)?;
    let now = desk.now();
    let waiting = waiting.into_iter().map(|(id, _, turn, since)| (id, turn, since.unwrap_or(now)));
    desk.board().load(waiting, happened, &kept);
    Ok(())
}

/// Tells the board of an event; whether it is one for those who listen, too.
pub(crate) fn note(rd: &mut Rd, desk: &Desk, event: &outbox::Event) -> Result<bool, Error> {
    match event.kind.as_str() {
        change::ANSWERED => note_answer(rd, desk, event).map(|()| false),
        change::READ | change::ALARM => Ok(true),
        _ => {
            desk.board().apply(event.request_id, &event.data, event.created_at);
            // Into the lane, or out of it: by whichever process, the next words are as urgent as that says.
            if matches!(event.data.as_str(), "!" | "?" | "v")
                && let Some(row) = request::find(rd, event.request_id)?
            {
                desk.numbers().note(row.number, row.id, row.at_risk);
            }
            Ok(true)
        }
    }
}

fn note_answer(rd: &mut Rd, desk: &Desk, event: &outbox::Event) -> Result<(), Error> {
    if let Ok(by) = event.data.parse() {
        desk.board().answered(event.created_at, event.request_id, by);
    }
    if let Some(kept) = promise::find_kept(rd, event.request_id, event.created_at)? {
        desk.board().learn(&kept);
    }
    Ok(())
}

struct Page {
    signals: Vec<Signal>,
    count: usize,
    next: outbox::Cursor,
}

async fn page(desk: &Desk, audience: &Arc<dyn Audience>, cursor: outbox::Cursor) -> Result<Page, Error> {
    let (unit_desk, audience) = (desk.clone(), audience.clone());
    desk.store()
        .read(move |rd| {
            let (events, next) = outbox::read_after(rd, &cursor, PAGE)?;
            let feed = next.to_string();
            let mut requests = HashMap::new();
            let mut signals = Vec::with_capacity(events.len());
            for event in &events {
                // Whoever begins to listen after this reads what is committed already.
                if !note(rd, &unit_desk, event)? || !audience.wants(event.request_id) {
                    continue;
                }
                if let Some(signal) = signal(rd, &unit_desk, &mut requests, event, &feed)? {
                    signals.push(signal);
                }
            }
            Ok(Page { signals, count: events.len(), next })
        })
        .await
}

type Known = HashMap<RequestId, Option<Arc<RequestSummary>>>;

fn signal(
    rd: &mut Rd,
    desk: &Desk,
    requests: &mut Known,
    event: &outbox::Event,
    feed: &str,
) -> Result<Option<Signal>, Error> {
    let id = event.request_id;
    if let std::collections::hash_map::Entry::Vacant(place) = requests.entry(id) {
        place.insert(request::find(rd, id)?.map(|row| Arc::new(RequestSummary::new(&row))));
    }
    let Some(Some(request)) = requests.get(&id).cloned() else { return Ok(None) };
    let what = match event.kind.as_str() {
        change::ENTRY | change::ERASED => {
            let Some(row) = entry::find(rd, id, event.seq)? else { return Ok(None) };
            let (visible, erased) = (row.visible, event.kind == change::ERASED);
            let entry = EntryView::new(desk, &row, request.customer.name.as_deref());
            if erased { What::Erased { entry, visible } } else { What::Entry { entry, visible } }
        }
        change::ALARM => match event.data.parse() {
            Ok(alarm) => What::Alarm(alarm),
            Err(_) => return Ok(None),
        },
        change::READ => What::Read { agent: event.data.parse().ok(), seq: event.seq },
        _ => What::Changed,
    };
    Ok(Some(Signal { feed: feed.to_owned(), customer: request.customer.id, request, what }))
}
