//! A day as it goes: where people are missing for what is needed by now, and who could go home without being missed.

use std::ops::Range;

use super::misses_more;

/// Somebody at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtWork {
    /// The lanes that they serve, a bit each.
    pub lanes: u8,
    /// In these slots.
    pub slots: Range<usize>,
    /// Whether they may be sent home early.
    pub may_go: bool,
}

/// People are missing in slots that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// In these slots.
    pub slots: Range<usize>,
    /// The lanes that miss people where most are missing, a bit each.
    pub lanes: u8,
    /// How many are needed and there in which of them, in order: a part begins where other lanes miss people, or where as many as
    /// before are there no more.
    pub parts: Vec<Part>,
}

/// A part of a gap, in which as many are there all the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// In these slots.
    pub slots: Range<usize>,
    /// The lanes that miss people, a bit each.
    pub lanes: u8,
    /// How many people these lanes need, at the most …
    pub need: u32,
    /// … and how many who serve one of them are there.
    pub there: u32,
}

impl Gap {
    fn new(part: Part) -> Self {
        Self { slots: part.slots.clone(), lanes: part.lanes, parts: vec![part] }
    }

    /// Goes on with the next slot.
    fn extend(&mut self, next: Part) {
        self.slots.end = next.slots.end;
        match self.parts.last_mut() {
            Some(last) if (last.lanes, last.there) == (next.lanes, next.there) => {
                last.slots.end = next.slots.end;
                last.need = last.need.max(next.need);
            }
            _ => self.parts.push(next),
        }
        // Of parts that miss as many, the first.
        let worst = self.parts.iter().rev().max_by_key(|part| part.need - part.there);
        self.lanes = worst.map_or(self.lanes, |part| part.lanes);
    }
}

/// Somebody could go home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spare {
    /// Who: a place in the list of those at work.
    pub person: usize,
    /// From this slot on.
    pub from: usize,
    /// How many are needed of all where it is tightest afterwards …
    pub need: u32,
    /// … and how many would be left.
    pub there: u32,
}

/// Where people are missing, in some slots. `needs` are those of sets of lanes, as in [`super::Problem::needs`].
#[must_use]
pub fn gaps(needs: &[Vec<u32>], people: &[AtWork], within: Range<usize>) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    for (slot, need) in needs.iter().enumerate().take(within.end).skip(within.start) {
        let Some(now) = part(need, people, slot) else { continue };
        match gaps.last_mut() {
            Some(last) if last.slots.end == slot => last.extend(now),
            _ => gaps.push(Gap::new(now)),
        }
    }
    gaps
}

/// The smallest set of lanes that misses most in a slot.
fn part(needs: &[u32], people: &[AtWork], slot: usize) -> Option<Part> {
    let here = at(people, slot);
    let of = |(lanes, need): (u8, &u32)| {
        let there = here.iter().filter(|own| *own & lanes != 0).count();
        Part {
            slots: slot..slot + 1,
            lanes,
            need: *need,
            there: u32::try_from(there).unwrap_or(u32::MAX).min(*need),
        }
    };
    let sets = (1..=u8::MAX).zip(needs).map(of).filter(|part| part.need > part.there);
    sets.min_by_key(|part| (u32::MAX - (part.need - part.there), part.lanes.count_ones()))
}

/// Who could go home from which slot on, the longest time first: without any of them no more people are missing than with all.
/// Only who is at work in the slot `now` is thought of, until slots of which the need is known, and only of `least` slots or more.
#[must_use]
pub fn spare(needs: &[Vec<u32>], people: &[AtWork], now: usize, least: usize) -> Vec<Spare> {
    let mut left = people.to_vec();
    let mut gone = Vec::new();
    loop {
        // Of slots of which the need is not known nobody is spared.
        let could = left
            .iter()
            .enumerate()
            .filter(|(_, one)| one.may_go && one.slots.contains(&now) && one.slots.end <= needs.len());
        let times = could.map(|(person, one)| (person, free_from(needs, &left, person, now), one.slots.end));
        let long = times.filter(|(_, from, end)| end.saturating_sub(*from) >= least.max(1));
        let Some((person, from, end)) =
            long.max_by_key(|(person, from, end)| (end - from, usize::MAX - person))
        else {
            return gone;
        };
        if let Some(one) = left.get_mut(person) {
            one.slots.end = from;
            one.may_go = false;
        }
        let tight = (from..end).map(|slot| {
            let need = needs.get(slot).and_then(|need| need.last()).copied().unwrap_or(0);
            (need, u32::try_from(at(&left, slot).len()).unwrap_or(u32::MAX))
        });
        let tightest = tight.min_by_key(|(need, there)| i64::from(*there) - i64::from(*need));
        let (need, there) = tightest.unwrap_or_default();
        gone.push(Spare { person, from, need, there });
    }
}

/// From which slot on, until the end of their shift, somebody is not missed.
fn free_from(needs: &[Vec<u32>], people: &[AtWork], person: usize, now: usize) -> usize {
    let end = people.get(person).map_or(now, |one| one.slots.end);
    let is_missed = |slot: &usize| {
        let need = needs.get(*slot).map_or(&[] as &[u32], Vec::as_slice);
        let others = people.iter().enumerate().filter(|(at, _)| *at != person).map(|(_, one)| one);
        misses_more(need, &of(others, *slot), &at(people, *slot))
    };
    (now..end).rev().find(is_missed).map_or(now, |slot| slot + 1)
}

/// The lanes of those who are at work in a slot.
fn at(people: &[AtWork], slot: usize) -> Vec<u8> {
    of(people.iter(), slot)
}

fn of<'a>(people: impl Iterator<Item = &'a AtWork>, slot: usize) -> Vec<u8> {
    people.filter(|one| one.slots.contains(&slot)).map(|one| one.lanes).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{apart, beside, missing};
    use super::*;

    fn works(lanes: u8, slots: Range<usize>) -> AtWork {
        AtWork { lanes, slots, may_go: true }
    }

    #[test]
    fn gaps_say_when_and_of_what() {
        let needs: Vec<Vec<u32>> =
            [[1, 1], [2, 1], [2, 2], [1, 0], [0, 0], [0, 1]].iter().map(|need| apart(need)).collect();
        let people = [works(1, 0..6), works(2, 0..2)];
        let part = |slots: Range<usize>, lanes: u8, need: u32, there: u32| Part { slots, lanes, need, there };
        let gap =
            |slots: Range<usize>, lanes: u8, parts: &[Part]| Gap { slots, lanes, parts: parts.to_vec() };
        // In the third slot both languages miss people: three in all, and one is there for any of them.
        assert_eq!(
            gaps(&needs, &people, 0..6),
            [gap(1..3, 3, &[part(1..2, 1, 2, 1), part(2..3, 3, 4, 1)]), gap(5..6, 2, &[part(5..6, 2, 1, 0)]),]
        );
        assert_eq!(gaps(&needs, &people, 3..5), []);
    }

    #[test]
    fn a_gap_has_parts_where_somebody_comes() {
        let needs: Vec<Vec<u32>> = [2, 3, 2, 2, 2].iter().map(|need| apart(&[*need])).collect();
        let found = gaps(&needs, &[works(1, 2..4), works(1, 4..5), works(1, 4..5)], 0..5);
        let parts = |gap: &Gap| {
            gap.parts.iter().map(|one| (one.slots.clone(), one.need, one.there)).collect::<Vec<_>>()
        };
        // Nobody until the third slot, though more are needed in the second; then one; then enough.
        assert_eq!(found.iter().map(parts).collect::<Vec<_>>(), [[(0..2, 3, 0), (2..4, 2, 1)]]);
        assert_eq!(found[0].slots, 0..4);
    }

    #[test]
    fn whoever_is_not_missed_could_go() {
        // Three until slot 4, then one.
        let needs: Vec<Vec<u32>> = (0..8).map(|slot| apart(&[if slot < 4 { 3 } else { 1 }])).collect();
        let people = [works(1, 0..8), works(1, 0..7), works(1, 2..8), works(1, 5..8)];
        let free = spare(&needs, &people, 2, 2);
        // The first of those who stay longest, then the other; whoever begins later is not sent home before.
        assert_eq!(
            free,
            [
                Spare { person: 0, from: 4, need: 1, there: 2 },
                Spare { person: 2, from: 4, need: 1, there: 1 },
                Spare { person: 1, from: 5, need: 1, there: 1 },
            ]
        );
        let kept: Vec<AtWork> = people.iter().map(|one| AtWork { may_go: false, ..one.clone() }).collect();
        assert_eq!(spare(&needs, &kept, 2, 2), []);
        assert_eq!((spare(&needs[..7], &people, 2, 2).len(), spare(&[], &people, 2, 2)), (1, vec![]));
    }

    #[test]
    fn whoever_is_of_a_rank_or_does_work_that_is_short_is_missed() {
        // One of the rank is missing all the time; of two who do the work, nobody can go.
        let needs: Vec<Vec<u32>> = (0..4).map(|_| beside(&[2], &[1])).collect();
        assert_eq!(spare(&needs, &[works(1, 0..4), works(1, 0..4)], 0, 2), []);
        // Of three, one can, but not whoever alone is of the rank.
        let people = [works(3, 0..4), works(1, 0..4), works(1, 0..4)];
        assert_eq!(spare(&needs, &people, 0, 2).iter().map(|one| one.person).collect::<Vec<_>>(), [1]);
    }

    proptest! {
        /// Parts follow each other without a hole, each misses somebody, and none misses fewer than any of its slots.
        #[test]
        fn parts_make_up_their_gap(
            levels in prop::collection::vec((0..4_u32, 0..3_u32), 1..10),
            people in prop::collection::vec((1..4_u8, 0..8_usize, 1..10_usize), 0..7),
        ) {
            let needs: Vec<Vec<u32>> = levels.iter().map(|(a, b)| apart(&[*a, *b])).collect();
            let people: Vec<AtWork> =
                people.into_iter().map(|(lanes, from, long)| works(lanes, from..from + long)).collect();
            let mut short = vec![0; needs.len()];
            for gap in gaps(&needs, &people, 0..needs.len()) {
                let mut end = gap.slots.start;
                for part in &gap.parts {
                    prop_assert!(part.slots.start == end && part.there < part.need);
                    end = part.slots.end;
                    short[part.slots.clone()].fill(part.need - part.there);
                }
                prop_assert_eq!(end, gap.slots.end);
            }
            for (slot, need) in needs.iter().enumerate() {
                let here = missing(need, &at(&people, slot));
                prop_assert!(short[slot] >= here && (short[slot] > 0) == (here > 0));
            }
        }

        /// Whoever goes, nowhere are more missing than before, and nobody else could go.
        #[test]
        fn nobody_is_missed(
            levels in prop::collection::vec((0..4_u32, 0..3_u32), 1..10),
            people in prop::collection::vec((1..4_u8, 0..8_usize, 1..10_usize), 0..7),
        ) {
            let needs: Vec<Vec<u32>> = levels.iter().map(|(a, b)| apart(&[*a, *b])).collect();
            let people: Vec<AtWork> =
                people.into_iter().map(|(lanes, from, long)| works(lanes, from..from + long)).collect();
            let mut left = people.clone();
            for one in spare(&needs, &people, 1, 2) {
                prop_assert!(left[one.person].slots.end > one.from);
                left[one.person].slots.end = one.from;
                left[one.person].may_go = false;
            }
            for (slot, need) in needs.iter().enumerate() {
                prop_assert_eq!(missing(need, &at(&left, slot)), missing(need, &at(&people, slot)));
            }
            prop_assert_eq!(spare(&needs, &left, 1, 2), []);
        }
    }
}
