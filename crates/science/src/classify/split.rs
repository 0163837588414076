//! Which labels teach and which examine, decided by the id of the request alone, so that a label never changes sides.

use super::feature::Hash;
use super::model::Label;

/// Whether a request is held back from learning and used to [compare](super::compare) models. The same request is
/// always on the same side, today and in a year, for as long as `percent` stays.
pub fn held_back(request: i64, percent: u8) -> bool {
    Hash::EMPTY.with(b"held back").with(&request.to_le_bytes()).finish() % 100 < u64::from(percent)
}

/// Deals labels into folds: within each type by the hash of the request, so that each fold has its part of each type.
pub(super) fn folds(labels: &[(usize, &Label<'_>)], folds: usize, seed: u64) -> Vec<usize> {
    let key =
        |label: &Label<'_>| Hash::EMPTY.with(&seed.to_le_bytes()).with(&label.request.to_le_bytes()).finish();
    let mut order: Vec<(usize, u64, usize)> =
        labels.iter().enumerate().map(|(at, (class, label))| (*class, key(label), at)).collect();
    order.sort_unstable();
    let mut dealt = vec![0; labels.len()];
    for (turn, (_, _, at)) in order.into_iter().enumerate() {
        if let Some(fold) = dealt.get_mut(at) {
            *fold = turn % folds.max(1);
        }
    }
    dealt
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
    fn every_fold_has_its_part_of_every_type() {
        let labels: Vec<Label<'_>> = (0..40).map(|request| Label { request, text: "", code: "" }).collect();
        let of: Vec<(usize, &Label<'_>)> = labels.iter().enumerate().map(|(at, l)| (at % 4, l)).collect();
        let dealt = folds(&of, 5, 7);
        for class in 0..4 {
            for fold in 0..5 {
                let both = of.iter().zip(&dealt).filter(|((c, _), f)| *c == class && **f == fold);
                assert_eq!(both.count(), 2);
            }
        }
        assert_ne!(dealt, folds(&of, 5, 8));
    }
}
