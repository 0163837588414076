//! Loading all facts from SQL: ranges of ids are read side by side and put together in their order.

use std::collections::VecDeque;

use standfast_domain::RequestId;
use standfast_store::outbox::Cursor;
use standfast_store::{Store, fact, outbox};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::column::MOST_ROWS;
use crate::customers::Customers;
use crate::error::Error;
use crate::fact::Fact;
use crate::facts::{Builder, Facts};

/// Ranges of ids, which lie evenly in time.
const RANGES: i64 = 256;
/// Requests of one read.
const PAGE: i64 = 4_000;
/// Ranges being read at the same time: the store has other readers than these.
const SIDE_BY_SIDE: usize = 2;

/// Facts with what they are kept current from.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) facts: Facts,
    pub(crate) customers: Customers,
    /// Everything after this place in the outbox is still to be put in.
    pub(crate) cursor: Cursor,
}

/// Reads everything. What changes meanwhile is told by the outbox after the cursor.
pub(crate) async fn load(store: &Store, progress: impl Fn(u8)) -> Result<Loaded, Error> {
    let cursor = store.read(outbox::head).await?;
    let bounds = store.read(fact::bounds).await?;
    let mut work = Work { builder: Builder::new(MOST_ROWS), customers: Customers::new() };
    let mut waiting = VecDeque::new();
    let mut ranges = bounds.map(|(first, last)| ranges(first, last)).unwrap_or_default().into_iter();
    let count = ranges.len().max(1);
    let mut done = 0;
    loop {
        while waiting.len() < SIDE_BY_SIDE {
            let Some(range) = ranges.next() else { break };
            waiting.push_back(read(store, range));
        }
        let Some(facts) = waiting.pop_front() else { break };
        let facts = facts.await.map_err(|_| standfast_store::Error::Closed)??;
        work = spawn_blocking(move || work.add(facts)).await.map_err(|_| standfast_store::Error::Closed)?;
        done += 1;
        progress(u8::try_from(done * 95 / count).unwrap_or(95));
    }
    let finish = move || {
        let facts = work.builder.finish(work.customers.ids().len());
        Loaded { facts, customers: work.customers, cursor }
    };
    Ok(spawn_blocking(finish).await.map_err(|_| standfast_store::Error::Closed)?)
}

/// Ranges of ids, each without its end, from the first to the last that there is.
fn ranges(RequestId(first): RequestId, RequestId(last): RequestId) -> Vec<(RequestId, RequestId)> {
    let width = (last - first) / RANGES + 1;
    let starts = (0..RANGES).map(|range| first + range * width).take_while(|start| *start <= last);
    starts.map(|start| (RequestId(start), RequestId(start.saturating_add(width)))).collect()
}

fn read(
    store: &Store,
    (mut from, before): (RequestId, RequestId),
) -> JoinHandle<Result<Vec<Fact>, standfast_store::Error>> {
    let store = store.clone();
    tokio::spawn(async move {
        let mut facts: Vec<Fact> = Vec::new();
        loop {
            let page = store.read(move |rd| {
                let rows = fact::list_between(rd, from, before, PAGE)?;
                // Here, on the reader's thread, because reading what hosts pass along is most of the work.
                Ok::<_, standfast_store::Error>(rows.into_iter().map(Fact::from).collect::<Vec<_>>())
            });
            let page = page.await?;
            let is_full = i64::try_from(page.len()).is_ok_and(|len| len >= PAGE);
            if let Some(last) = page.last() {
                from = RequestId(last.id.0 + 1);
            }
            facts.extend(page);
            if !is_full {
                return Ok(facts);
            }
        }
    })
}

struct Work {
    builder: Builder,
    customers: Customers,
}

impl Work {
    fn add(mut self, facts: Vec<Fact>) -> Self {
        for fact in facts {
            let customer = self.customers.number(fact.customer.0);
            let row = self.builder.row_of(&fact, customer);
            self.builder.add(row);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_every_id_once() {
        for (first, last) in [(1, 1), (1, 255), (1, 256), (1, 257), (5, 100_000), (7, i64::MAX)] {
            let ranges = ranges(RequestId(first), RequestId(last));
            assert_eq!(ranges[0].0, RequestId(first));
            assert!(ranges.windows(2).all(|two| two[0].1 == two[1].0));
            let end = ranges.last().unwrap().1.0;
            assert!(end > last || last == i64::MAX && end == i64::MAX, "{first} {last}: {end}");
        }
    }
}
