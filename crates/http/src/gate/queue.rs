//! A queue that is fair among customers: they take turns, and whoever sends more waits behind his own messages, not before
//! those of others (round robin by the round in which each is served; Nagle, RFC 970, 1985).

use std::collections::{BTreeMap, HashMap};

/// So many messages of one customer keep their places when others come to a full queue: whoever makes up a customer for each
/// message does not push out somebody's second one.
const KEPT: u64 = 3;

/// Whose message it is: a hash of the customer.
pub(super) type Key = u64;

/// Waiting items in the order in which they are served.
pub(super) struct Queue<T> {
    /// By round, then by when they came.
    waiting: BTreeMap<(u64, u64), (Key, T)>,
    /// Of each customer who waits, the round of his last item.
    last: HashMap<Key, u64>,
    /// The round that is being served. Nobody joins it any more, or those of the next would wait for ever when new ones keep
    /// coming.
    round: u64,
    /// Items so far.
    came: u64,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        Self { waiting: BTreeMap::new(), last: HashMap::new(), round: 0, came: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Puts an item behind those that its customer has here, and behind those of others who have as many.
    ///
    /// A queue that has `most` loses the item that would be served last, which is returned: this one, or another of
    /// somebody who has [`KEPT`] more of them.
    pub(super) fn push(&mut self, key: Key, item: T, most: usize) -> Option<T> {
        let round = self.last.get(&key).copied().unwrap_or(self.round) + 1;
        if self.waiting.len() >= most {
            match self.waiting.last_key_value() {
                Some((&(last, _), _)) if last >= round + KEPT => {}
                _ => return Some(item),
            }
        }
        self.waiting.insert((round, self.came), (key, item));
        self.last.insert(key, round);
        self.came += 1;
        if self.waiting.len() > most { self.drop_last() } else { None }
    }

    /// The next item, those left out that `is_gone` says nobody waits for.
    pub(super) fn pop(&mut self, is_gone: impl Fn(&T) -> bool) -> Option<T> {
        while let Some(((round, _), (key, item))) = self.waiting.pop_first() {
            self.serve(round, key);
            if !is_gone(&item) {
                return Some(item);
            }
        }
        None
    }

    /// Takes out those that nobody waits for.
    pub(super) fn sweep(&mut self, is_gone: impl Fn(&T) -> bool) {
        self.waiting.retain(|_, (_, item)| !is_gone(item));
        self.last = self.waiting.iter().map(|((round, _), (key, _))| (*key, *round)).collect();
    }

    /// Whether anybody is here for whom it is still worth it.
    pub(super) fn is_empty(&mut self, is_gone: impl Fn(&T) -> bool) -> bool {
        while let Some(first) = self.waiting.first_entry() {
            if !is_gone(&first.get().1) {
                return false;
            }
            let ((round, _), (key, _)) = first.remove_entry();
            self.serve(round, key);
        }
        true
    }

    fn drop_last(&mut self) -> Option<T> {
        let ((round, _), (key, item)) = self.waiting.pop_last()?;
        // The one before it, if there is one, stands a round earlier.
        if round > self.round + 1 {
            self.last.insert(key, round - 1);
        } else {
            self.last.remove(&key);
        }
        Some(item)
    }

    fn serve(&mut self, round: u64, key: Key) {
        self.round = round;
        if self.last.get(&key) == Some(&round) {
            self.last.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOBODY: fn(&u32) -> bool = |_| false;

    fn all(queue: &mut Queue<u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop(NOBODY)).collect()
    }

    #[test]
    fn customers_take_turns() {
        let mut queue = Queue::new();
        for item in [10, 11, 12, 13, 20, 21, 30] {
            assert_eq!(queue.push(u64::from(item / 10), item, 100), None);
        }
        assert_eq!(all(&mut queue), [10, 20, 30, 11, 21, 12, 13]);
        assert!(queue.last.is_empty());
    }

    #[test]
    fn a_full_queue_loses_the_last_of_whoever_has_most() {
        let mut queue = Queue::new();
        for item in 10..15 {
            assert_eq!(queue.push(1, item, 5), None);
        }
        assert_eq!(queue.push(1, 15, 5), Some(15), "his own queue is full");
        assert_eq!(queue.push(2, 20, 5), Some(14));
        assert_eq!(queue.push(3, 30, 5), Some(13));
        assert_eq!(queue.push(4, 40, 5), Some(40), "three of his keep their places");
        assert_eq!(queue.push(1, 16, 5), Some(16));
        assert_eq!(all(&mut queue), [10, 20, 30, 11, 12]);
    }

    #[test]
    fn a_second_message_is_served_although_new_customers_keep_coming() {
        let mut queue = Queue::new();
        queue.push(0, 0, 9);
        queue.push(0, 1, 9);
        let served: Vec<_> = (1..5)
            .filter_map(|other| {
                queue.push(other, 10, 9);
                queue.pop(NOBODY)
            })
            .collect();
        assert_eq!(served, [0, 10, 1, 10]);
    }

    #[test]
    fn who_has_left_takes_no_turn() {
        let mut queue = Queue::new();
        for item in [10, 11, 20] {
            queue.push(u64::from(item / 10), item, 9);
        }
        assert!(!queue.is_empty(|item| *item == 10));
        assert_eq!(queue.pop(|item| *item == 20), Some(11));
        assert!(queue.is_empty(NOBODY));
        queue.push(1, 12, 9);
        queue.sweep(|item| *item == 12);
        assert_eq!((queue.len(), queue.last.len()), (0, 0));
    }

    proptest! {
        /// Whatever comes and goes: nothing is lost or doubled, everybody's own order stays, and while somebody's first item
        /// waits, nobody else is served more than twice (at the end of one round and in the next).
        #[test]
        fn nobody_is_passed_for_long(steps in prop::collection::vec(prop::option::weighted(0.6, 0..5_u64), 1..200)) {
            let mut queue = Queue::new();
            let mut inside: Vec<(u64, u32)> = Vec::new();
            // Since an item came: how often each customer was served.
            let mut passed: HashMap<u32, HashMap<u64, u32>> = HashMap::new();
            for (number, step) in (0_u32..).zip(steps) {
                if let Some(key) = step {
                    prop_assert_eq!(queue.push(key, number, usize::MAX), None);
                    inside.push((key, number));
                    if inside.iter().filter(|(other, _)| *other == key).count() == 1 {
                        passed.insert(number, HashMap::new());
                    }
                } else {
                    let Some(item) = queue.pop(NOBODY) else {
                        prop_assert!(inside.is_empty());
                        continue;
                    };
                    let at = inside.iter().position(|(_, inside)| *inside == item);
                    let (key, _) = inside.remove(at.expect("it was there"));
                    prop_assert!(inside.iter().all(|(other, later)| *other != key || *later > item));
                    passed.remove(&item);
                    for counts in passed.values_mut() {
                        let times = counts.entry(key).or_default();
                        *times += 1;
                        prop_assert!(*times <= 2, "served before another who waits first in his own line");
                    }
                    // His next one is now the first of his.
                    if let Some((_, next)) = inside.iter().find(|(other, _)| *other == key) {
                        passed.insert(*next, HashMap::new());
                    }
                }
            }
            prop_assert_eq!(queue.len(), inside.len());
        }
    }
}
