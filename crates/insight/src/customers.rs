//! Numbers for customers, so that they can be counted with one bit each.

use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use hashbrown::HashTable;

/// Customers in the order in which they were first seen here. A number is never given again.
#[derive(Clone, Debug)]
pub(crate) struct Customers {
    ids: Vec<i64>,
    /// Places in `ids`, found by the id: half of what a map with the ids in it would take.
    numbers: HashTable<u32>,
    /// Without chance: ids are made by the desk, and nobody outside chooses one.
    hasher: BuildHasherDefault<DefaultHasher>,
}

impl Customers {
    pub(crate) fn new() -> Self {
        Self { ids: Vec::new(), numbers: HashTable::new(), hasher: BuildHasherDefault::new() }
    }

    /// The number of a customer, a new one if need be.
    pub(crate) fn number(&mut self, id: i64) -> u32 {
        let Self { ids, numbers, hasher } = self;
        let is = |number: &u32| ids.get(*number as usize) == Some(&id);
        let hash = hasher.hash_one(id);
        if let Some(known) = numbers.find(hash, is) {
            return *known;
        }
        let number = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        ids.push(id);
        let id_of = |number: &u32| ids.get(*number as usize).copied().unwrap_or_default();
        numbers.insert_unique(hash, number, |number| hasher.hash_one(id_of(number)));
        number
    }

    /// Who has this number.
    pub(crate) fn id(&self, number: u32) -> Option<i64> {
        self.ids.get(number as usize).copied()
    }

    pub(crate) fn ids(&self) -> &[i64] {
        &self.ids
    }

    /// From the ids in the order of their numbers; nothing when one is there twice.
    pub(crate) fn from_ids(ids: Vec<i64>) -> Option<Self> {
        let hasher = BuildHasherDefault::<DefaultHasher>::new();
        let mut numbers = HashTable::with_capacity(ids.len());
        let id_of = |number: &u32| ids.get(*number as usize).copied().unwrap_or_default();
        for (number, id) in (0..).zip(&ids) {
            let hash = hasher.hash_one(id);
            if numbers.find(hash, |known| id_of(known) == *id).is_some() {
                return None;
            }
            numbers.insert_unique(hash, number, |number| hasher.hash_one(id_of(number)));
        }
        Some(Self { ids, numbers, hasher })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.ids.capacity() * 8 + self.numbers.allocation_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_keep_their_numbers() {
        let mut customers = Customers::new();
        for round in 0..2 {
            for id in 0..10_000_i64 {
                assert_eq!(customers.number(id * 7_919), u32::try_from(id).unwrap(), "round {round}");
            }
        }
        assert_eq!(customers.id(3), Some(3 * 7_919));
        let again = Customers::from_ids(customers.ids().to_vec()).unwrap();
        assert_eq!(again.ids(), customers.ids());
        assert!(Customers::from_ids(vec![1, 2, 1]).is_none());
        assert!(customers.bytes() / 10_000 < 24);
    }
}
