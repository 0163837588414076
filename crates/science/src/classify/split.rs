//! Which labels teach and which examine, decided by the id of the request alone, so that a label never changes sides.

use std::collections::{BTreeMap, BTreeSet};

use crate::real::len;

use super::alike;
use super::feature::Hash;
use super::model::Label;

/// Whether a request is held back from learning and used to [compare](super::compare) models. The same request is
/// always on the same side, today and in a year, for as long as `percent` stays.
pub fn held_back(request: i64, percent: u8) -> bool {
    hash(request) % 100 < u64::from(percent)
}

fn hash(request: i64) -> u64 {
    Hash::EMPTY.with(b"held back").with(&request.to_le_bytes()).finish()
}

/// Labels on two sides, so that no text on one side resembles a text on the other.
#[derive(Clone, Debug, Default)]
pub struct Split<'l> {
    /// Those that are learned from.
    pub teaching: Vec<Label<'l>>,
    /// How many groups of like texts these are: so many different stories are learned from.
    pub taught: usize,
    /// Of each group that is held back, the oldest: a story that was told fifty times is examined once, or a few stories would
    /// seem to say more than they do.
    pub examining: Vec<Label<'l>>,
}

/// Holds back about `percent` of the groups of texts that resemble each other, by the oldest request of each ([`held_back`]). The
/// oldest group of each type teaches, or a type of one story could not be learned; where chance holds back no group, the first
/// in the order of its hashes is.
pub fn split<'l>(labels: &[Label<'l>], percent: u8) -> Split<'l> {
    let mut sorted: Vec<Label<'l>> = labels.to_vec();
    sorted.sort_by_key(|label| (label.request, label.code, label.text));
    let texts: Vec<&str> = sorted.iter().map(|label| label.text).collect();
    let groups = alike::groups(&texts);
    let mut of_type: BTreeMap<&str, usize> = BTreeMap::new();
    for (label, group) in sorted.iter().zip(&groups) {
        of_type.entry(label.code).or_insert(*group);
    }
    let teaches: BTreeSet<usize> = of_type.into_values().collect();
    let request = |group: usize| sorted.get(group).map_or(0, |label| label.request);
    let free: BTreeSet<usize> = groups.iter().copied().filter(|group| !teaches.contains(group)).collect();
    let mut held: BTreeSet<usize> =
        free.iter().copied().filter(|group| held_back(request(*group), percent)).collect();
    if held.is_empty() && percent > 0 {
        held.extend(free.iter().copied().min_by_key(|group| hash(request(*group))));
    }
    let mut split = Split::default();
    for (place, (label, group)) in sorted.iter().zip(&groups).enumerate() {
        let is_oldest = place == *group;
        if !held.contains(group) {
            split.teaching.push(*label);
            split.taught += usize::from(is_oldest);
        } else if is_oldest {
            split.examining.push(*label);
        }
    }
    split
}

/// How many different stories these labels tell: groups of texts that resemble each other.
#[must_use]
pub fn stories(labels: &[Label<'_>]) -> usize {
    let texts: Vec<&str> = labels.iter().map(|label| label.text).collect();
    alike::groups(&texts).iter().enumerate().filter(|(place, group)| place == *group).count()
}

/// Where a label was dealt to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Dealt {
    pub(super) fold: usize,
    /// What part of its group it is.
    pub(super) weight: f64,
}

/// Deals labels into folds: texts that resemble each other together, and within each type the groups by the hash of their first
/// request, so that each fold has its part of each type.
pub(super) fn folds(labels: &[(usize, &Label<'_>)], folds: usize, seed: u64) -> Vec<Dealt> {
    let texts: Vec<&str> = labels.iter().map(|(_, label)| label.text).collect();
    deal(labels, &alike::groups(&texts), folds, seed)
}

fn deal(labels: &[(usize, &Label<'_>)], groups: &[usize], folds: usize, seed: u64) -> Vec<Dealt> {
    let key =
        |label: &Label<'_>| Hash::EMPTY.with(&seed.to_le_bytes()).with(&label.request.to_le_bytes()).finish();
    let firsts = groups.iter().enumerate().filter(|(at, group)| *at == **group);
    let mut order: Vec<(usize, u64, usize)> =
        firsts.filter_map(|(at, _)| labels.get(at).map(|(class, label)| (*class, key(label), at))).collect();
    order.sort_unstable();
    let dealt: BTreeMap<usize, usize> =
        order.into_iter().enumerate().map(|(turn, (_, _, group))| (group, turn % folds.max(1))).collect();
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for group in groups {
        *sizes.entry(*group).or_default() += 1;
    }
    let one = |group: &usize| Dealt {
        fold: dealt.get(group).copied().unwrap_or(0),
        weight: 1.0 / len(sizes.get(group).copied().unwrap_or(1)),
    };
    groups.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_its_side_and_the_share_is_kept() {
        let held = (0..10_000).filter(|id| held_back(*id, 20)).count();
        assert!((1_800..2_200).contains(&held), "{held}");
        assert!((0..1_000).all(|id| !held_back(id, 0) && held_back(id, 100)));
        // Raising the share moves requests one way only.
        assert!((0..1_000).all(|id| !held_back(id, 10) || held_back(id, 20)));
        // A changed hash would let models be examined on what they have learned.
        assert_eq!((0..40).filter(|id| held_back(*id, 10)).collect::<Vec<_>>(), [5, 11, 28]);
    }

    #[test]
    fn what_resembles_each_other_stands_on_one_side() {
        let stories = [
            ("deposit", "My deposit of {} USDT from the exchange has not arrived yet"),
            ("deposit", "The exchange says completed, the wallet still shows nothing of {}"),
            ("swap", "Swap failed because of slippage when I sold {} tokens"),
            ("swap", "兑换 {} 个代币的时候一直提示滑点过高"),
            ("swap", "Why is the price impact so large for {} coins"),
        ];
        let texts: Vec<(i64, String, &str)> = (0..200_i64)
            .map(|at| {
                let (code, story) = stories[usize::try_from(at).unwrap() % stories.len()];
                (at, story.replace("{}", &(at * 37).to_string()), code)
            })
            .collect();
        let labels: Vec<Label<'_>> =
            texts.iter().map(|(request, text, code)| Label { request: *request, text, code }).collect();
        let found = split(&labels, 20);
        assert!(!found.examining.is_empty());
        assert_eq!(found.taught + found.examining.len(), stories.len());
        assert_eq!(found.teaching.len(), 40 * found.taught);
        for code in ["deposit", "swap"] {
            assert!(found.teaching.iter().any(|label| label.code == code), "every type teaches");
        }
        let dealt = folds(&labels.iter().map(|label| (0, label)).collect::<Vec<_>>(), 5, 1);
        assert!((0..200).all(|at| dealt[at] == dealt[at % 5]), "{dealt:?}");
        assert!(dealt.iter().all(|one| (one.weight - 1.0 / 40.0).abs() < 1e-12));
        assert_eq!(super::stories(&labels), stories.len());
        assert!(split(&[], 20).examining.is_empty());
    }

    #[test]
    fn every_fold_has_its_part_of_every_type() {
        let labels: Vec<Label<'_>> = (0..40).map(|request| Label { request, text: "", code: "" }).collect();
        let of: Vec<(usize, &Label<'_>)> = labels.iter().enumerate().map(|(at, l)| (at % 4, l)).collect();
        let alone: Vec<usize> = (0..of.len()).collect();
        let dealt = deal(&of, &alone, 5, 7);
        for class in 0..4 {
            for fold in 0..5 {
                let both = of.iter().zip(&dealt).filter(|((c, _), f)| *c == class && f.fold == fold);
                assert_eq!(both.count(), 2);
            }
        }
        assert_ne!(dealt, deal(&of, &alone, 5, 8));
    }
}
