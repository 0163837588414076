//! Texts that resemble each other: the same story with another name and another amount.

use std::collections::BTreeMap;

use crate::burst::{ALIKE, Signature};

/// Texts of a bucket that a further one is compared with: those that were there first.
const MOST_COMPARED: usize = 16;

/// Groups of texts that resemble each other, directly or by others between them ([`ALIKE`]): for each text, the place of the first of
/// its group. Texts too short for a signature resemble those with the same words. A signature falls into 32 buckets, each for four of its
/// minima (Broder's `MinHash` with banding; Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", 3.4), and is compared only
/// with those that it meets there: of two texts that have half of their shingles in common, seven in eight pairs meet.
pub(super) fn groups(texts: &[&str]) -> Vec<usize> {
    let mut groups = Groups { above: (0..texts.len()).collect() };
    let signatures: Vec<Option<Signature>> = texts.iter().map(|text| Signature::of(text)).collect();
    let mut buckets: BTreeMap<(usize, u64), Vec<usize>> = BTreeMap::new();
    let mut short: BTreeMap<String, usize> = BTreeMap::new();
    for (place, (text, signature)) in texts.iter().zip(&signatures).enumerate() {
        let Some(signature) = signature else {
            let words: Vec<String> = text
                .split(|c: char| !c.is_alphanumeric())
                .map(str::to_lowercase)
                .filter(|word| !word.is_empty())
                .collect();
            groups.join(*short.entry(words.join(" ")).or_insert(place), place);
            continue;
        };
        for (band, minima) in signature.bands().enumerate() {
            let bucket = buckets.entry((band, minima)).or_default();
            let is_like = |other: &&usize| {
                let other = signatures.get(**other).and_then(Option::as_ref);
                other.is_some_and(|other| other.likeness(signature) >= ALIKE)
            };
            match bucket.iter().find(is_like) {
                Some(other) => groups.join(*other, place),
                None if bucket.len() < MOST_COMPARED => bucket.push(place),
                None => {}
            }
        }
    }
    (0..texts.len()).map(|place| groups.first(place)).collect()
}

/// Disjoint sets, each known by its first member.
struct Groups {
    above: Vec<usize>,
}

impl Groups {
    fn first(&mut self, place: usize) -> usize {
        let mut at = place;
        while let Some(above) = self.above.get(at).copied().filter(|above| *above != at) {
            let next = self.above.get(above).copied().unwrap_or(above);
            if let Some(slot) = self.above.get_mut(at) {
                *slot = next;
            }
            at = next;
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        if let Some(above) = self.above.get_mut(one.max(other)) {
            *above = one.min(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_story_with_another_name_is_one_group() {
        let texts = [
            "My deposit of 250 USDT from Binance has not arrived since yesterday",
            "How do I revoke the approval that I gave to a dapp?",
            "My deposit of 1,900 USDT from Kraken has not arrived since yesterday",
            "充值",
            "我昨天从币安充值的 500 USDT 到现在还没有到账",
            "充值!",
            "我昨天从欧易充值的 80 USDT 到现在还没有到账",
            "提币",
        ];
        assert_eq!(groups(&texts), [0, 1, 0, 3, 4, 3, 4, 7]);
        assert!(groups(&[]).is_empty());
    }
}
