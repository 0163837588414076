//! The facts of all requests: blocks of rows in the order of time. Cloning is cheap and gives a reader one state of
//! everything; whoever changes a block that a reader still looks at changes a copy of it.

use std::sync::{Arc, Weak};

use standfast_domain::Time;

use crate::block::{Block, Course, Row};
use crate::column::MOST_ROWS;
use crate::contact::{Contact, link};
use crate::fact::{COUNTED, Fact};
use crate::names::Names;

/// The facts of all requests.
#[derive(Clone, Debug)]
pub struct Facts {
    pub(crate) blocks: Vec<Arc<Block>>,
    pub(crate) names: Arc<Names>,
    /// One more than the highest number of a customer.
    pub(crate) customers: usize,
    rows: usize,
    /// Most rows of a block: [`MOST_ROWS`], but in tests.
    most: usize,
    /// Whoever waits for what is being found out.
    asker: Option<Weak<()>>,
}

impl Facts {
    pub(crate) fn new(most: usize) -> Self {
        Self { blocks: Vec::new(), names: Arc::new(Names::new()), customers: 0, rows: 0, most, asker: None }
    }

    /// From blocks in their order.
    pub(crate) fn from_blocks(blocks: Vec<Arc<Block>>, names: Names, customers: usize) -> Self {
        let rows = blocks.iter().map(|block| block.len()).sum();
        Self { blocks, names: Arc::new(names), customers, rows, most: MOST_ROWS, asker: None }
    }

    /// The same, to be looked at for as long as somebody holds `asker`.
    pub(crate) fn asked_by(mut self, asker: &Arc<()>) -> Self {
        self.asker = Some(Arc::downgrade(asker));
        self
    }

    /// Whether anybody still waits for what is being found out.
    pub(crate) fn is_awaited(&self) -> bool {
        self.asker.as_ref().is_none_or(|asker| asker.strong_count() > 0)
    }

    /// How many requests there are, of every kind.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// How many customers have asked.
    pub fn customers(&self) -> usize {
        self.customers
    }

    /// Bytes that the columns and their dictionaries take. What numbers customers is not among them: that is the
    /// keeper's, and takes about 14 bytes a customer.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.bytes()).sum()
    }

    /// When the first request of all came.
    #[must_use]
    pub fn since(&self) -> Option<Time> {
        self.span().map(|(first, _)| Time(i64::from(first) * 1_000_000))
    }

    /// The seconds of the first and of the last request.
    pub(crate) fn span(&self) -> Option<(u32, u32)> {
        let first = self.blocks.first()?.created.first()?;
        Some((*first, *self.blocks.last()?.created.last()?))
    }

    /// The block in which a row stands, or would.
    fn block_of(&self, key: (u32, i64)) -> usize {
        self.blocks.partition_point(|block| block.first().is_some_and(|first| first <= key)).saturating_sub(1)
    }

    /// The row with this second and id.
    pub(crate) fn find(&self, key: (u32, i64)) -> Option<Row> {
        let block = self.blocks.get(self.block_of(key))?;
        block.row(block.find(key).ok()?)
    }

    /// Writes a row: over that of the same request, or at its place in the order of time.
    pub(crate) fn put(&mut self, row: &Row) {
        let number = self.block_of(row.key());
        let is_last = number + 1 >= self.blocks.len();
        let Some(block) = self.blocks.get_mut(number) else {
            self.rows += 1;
            return self.blocks.push(Arc::new(Block::new(&[*row])));
        };
        match block.find(row.key()) {
            Ok(place) => Arc::make_mut(block).set(place, row),
            Err(place) => {
                self.rows += 1;
                if block.len() < self.most {
                    Arc::make_mut(block).insert(place, row);
                } else if is_last && place == block.len() {
                    self.blocks.push(Arc::new(Block::new(&[*row])));
                } else {
                    let mut rest = Arc::make_mut(block).split();
                    let first = block.len();
                    if place <= first {
                        Arc::make_mut(block).insert(place, row);
                    } else {
                        rest.insert(place - first, row);
                    }
                    self.blocks.insert(number + 1, Arc::new(rest));
                }
            }
        }
    }

    /// Changes what became of a request, where that is something else.
    pub(crate) fn recourse(&mut self, key: (u32, i64), change: impl FnOnce(&mut Course)) {
        let number = self.block_of(key);
        let Some(block) = self.blocks.get_mut(number) else { return };
        let Ok(place) = block.find(key) else { return };
        let Some(old) = block.course.get(place) else { return };
        let mut new = old;
        change(&mut new);
        if new != old {
            Arc::make_mut(block).course.set(place, new);
        }
    }

    /// Links every customer's requests with each other, after all have been loaded.
    pub(crate) fn link_all(&mut self) {
        // The rows of each customer stand together in `rows`, those of customer c from `ends[c - 1]` to `ends[c]`.
        let mut ends = vec![0_usize; self.customers + 1];
        for customer in self.blocks.iter().flat_map(|block| &block.customers) {
            if let Some(count) = ends.get_mut(*customer as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let empty = Contact { created: 0, kind: 0, counts: false };
        let mut contacts = vec![(empty, 0_u32); self.rows];
        let mut number = 0_u32;
        for block in &self.blocks {
            for (place, customer) in block.customers.iter().enumerate() {
                let contact = Contact {
                    created: block.created.get(place).copied().unwrap_or_default(),
                    kind: block.matter.get(place).unwrap_or_default().kind,
                    counts: block.course.get(place).unwrap_or_default().counting == COUNTED,
                };
                if let Some(next) = ends.get_mut(*customer as usize)
                    && let Some(slot) = contacts.get_mut(*next)
                {
                    *slot = (contact, number);
                    *next += 1;
                }
                number += 1;
            }
        }
        // Now each customer's end stands where the next one's beginning stood.
        let mut links = vec![crate::contact::Link::default(); self.rows];
        let mut from = 0;
        let mut own = Vec::new();
        for to in ends {
            let rows = contacts.get(from..to).unwrap_or_default();
            own.clear();
            own.extend(rows.iter().map(|(contact, _)| *contact));
            link(&own, |place, one| {
                let row = rows.get(place).map_or(usize::MAX, |(_, number)| *number as usize);
                if let Some(slot) = links.get_mut(row) {
                    *slot = one;
                }
            });
            from = to;
        }
        let mut links = links.into_iter();
        for block in &mut self.blocks {
            Arc::make_mut(block).recourse(|_, course| links.next().unwrap_or_default().put(course));
        }
    }
}

/// Makes facts of rows that come almost in their order, as they do when they are loaded.
#[derive(Debug)]
pub(crate) struct Builder {
    facts: Facts,
    /// Rows that are no block yet.
    rows: Vec<Row>,
    /// Second and id of the last row of the last block.
    last: (u32, i64),
    /// Rows that belong into a block that is made already.
    late: Vec<Row>,
}

impl Builder {
    pub(crate) fn new(most: usize) -> Self {
        Self { facts: Facts::new(most), rows: Vec::new(), last: (0, 0), late: Vec::new() }
    }

    /// A fact as a row, as [`Facts::row_of`].
    pub(crate) fn row_of(&mut self, fact: &Fact, customer: u32) -> Row {
        if self.facts.has_no_room_for(fact) {
            // Values become others in blocks alone.
            self.cut_all();
        }
        self.facts.row_of(fact, customer)
    }

    pub(crate) fn add(&mut self, row: Row) {
        if row.key() <= self.last {
            return self.late.push(row);
        }
        self.rows.push(row);
        // Twice a block's rows are sorted, so that those which come a little too late find their place.
        if self.rows.len() >= 2 * self.facts.most {
            self.cut();
        }
    }

    /// Makes a block of the oldest rows.
    fn cut(&mut self) {
        self.rows.sort_unstable_by_key(Row::key);
        let rest = self.rows.split_off(self.rows.len().min(self.facts.most));
        let rows = std::mem::replace(&mut self.rows, rest);
        let Some(last) = rows.last() else { return };
        self.last = last.key();
        self.facts.rows += rows.len();
        self.facts.blocks.push(Arc::new(Block::new(&rows)));
    }

    /// Puts all rows into blocks.
    fn cut_all(&mut self) {
        while !self.rows.is_empty() {
            self.cut();
        }
        for row in self.late.drain(..) {
            self.facts.put(&row);
        }
    }

    /// The facts of all rows, of so many customers.
    pub(crate) fn finish(mut self, customers: usize) -> Facts {
        self.cut_all();
        self.facts.customers = customers;
        self.facts.link_all();
        self.facts
    }
}

#[cfg(test)]
mod tests;
