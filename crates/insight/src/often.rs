//! How often each customer asks, of all rows together, in one look at them.

use std::collections::BTreeMap;

use crate::block::Block;
use crate::distinct::Askers;
use crate::facts::Facts;
use crate::query::Plan;
use crate::scan::{Apart, Sink, at, scan, side_by_side};

/// How often each customer asked: a byte for each, so that those of a large desk stay in a cache.
struct Often<'a> {
    customers: &'a [u32],
    n: u64,
    counts: Vec<u8>,
    /// Customers whose byte went around, once for each time: so often they asked 256 times more.
    around: Vec<u32>,
}

impl<'a> Sink<'a> for Often<'a> {
    fn begin(&mut self, _: usize, block: &'a Block) {
        self.customers = &block.customers;
    }

    fn take(&mut self, rows: &[u16], _: &[u32]) {
        self.n += rows.len() as u64;
        let (counts, around) = (self.counts.as_mut_slice(), &mut self.around);
        for customer in rows.iter().map(|row| at(self.customers, *row)) {
            if let Some(count) = counts.get_mut(customer as usize) {
                *count = count.wrapping_add(1);
                if *count == 0 {
                    around.push(customer);
                }
            }
        }
    }
}

/// How often the customers of all rows together ask.
pub(crate) fn together(facts: &Facts, plan: &Plan, threads: usize) -> (Askers, Apart) {
    let bare = Plan { axes: Vec::new(), ..plan.clone() };
    let new = || Often { customers: &[], n: 0, counts: vec![0; facts.customers], around: Vec::new() };
    let (parts, apart) = scan(facts, &bare, threads, new);
    let count = |customer: usize| -> u32 {
        parts.iter().filter_map(|part| part.counts.get(customer)).map(|count| u32::from(*count)).sum()
    };
    let mut around = BTreeMap::new();
    for customer in parts.iter().flat_map(|part| &part.around) {
        *around.entry(*customer).or_insert(0_u32) += 256;
    }
    // As often as bytes can say, then those who asked more often than that.
    let most = parts.len() * 255 + 1;
    let shares: Vec<usize> =
        (0..facts.customers).step_by(facts.customers.div_ceil(threads.max(1)).max(1)).collect();
    let share = shares.get(1).copied().unwrap_or(facts.customers);
    let counted = side_by_side(&shares, threads, |from| {
        let mut few = vec![0_u64; most];
        for customer in *from..(from + share).min(facts.customers) {
            if let Some(customers) = few.get_mut(count(customer) as usize) {
                *customers += 1;
            }
        }
        few
    });
    let mut few = vec![0_u64; most];
    for part in counted {
        for (sum, more) in few.iter_mut().zip(part) {
            *sum += more;
        }
    }
    let mut often = BTreeMap::new();
    for (customer, more) in around {
        let bytes = count(customer as usize);
        if let Some(customers) = few.get_mut(bytes as usize) {
            *customers -= 1;
        }
        *often.entry(bytes + more).or_insert(0_u64) += 1;
    }
    for (times, asked) in (0..).zip(few).skip(1).filter(|(_, asked)| *asked > 0) {
        *often.entry(times).or_insert(0) += asked;
    }
    let customers = often.values().sum();
    let n = parts.iter().map(|part| part.n).sum();
    (Askers { n, customers, often: often.into_iter().collect() }, apart)
}

#[cfg(test)]
mod tests {
    use standfast_domain::{CustomerId, State, Time};

    use super::*;
    use crate::measure::Measure;
    use crate::query::Query;
    use crate::reference::facts_of;

    #[test]
    fn a_customer_may_ask_more_often_than_a_byte_can_say() {
        // So many times each, and one customer in between who asks once.
        let asked = [(1_i64, 700_i64), (2, 256), (3, 255), (4, 512), (5, 1)];
        let mut made = Vec::new();
        for (customer, times) in asked {
            for number in 0..times {
                let mut row = crate::uses::tests::row(number * 60 + customer, State::Open, "7.1.0", "swap");
                row.customer_id = CustomerId(customer);
                made.push(row);
            }
        }
        made.sort_by_key(|row| (row.created_at, row.id));
        let facts = facts_of(&made, 40);
        let mut query = Query::new(Measure::Customers, Time(1_763_100_000_000_000));
        query.from = Some(Time(1_763_000_000_000_000));
        let plan = Plan::new(&facts, &query).unwrap();
        for threads in 1..4 {
            let (told, _) = together(&facts, &plan, threads);
            assert_eq!((told.n, told.customers), (1_724, 5));
            assert_eq!(told.often, [(1, 1), (255, 1), (256, 1), (512, 1), (700, 1)]);
        }
    }
}
