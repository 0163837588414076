//! Versions of the demo's app: when they came out, and how many of its users have which.

use super::story::{Release, Surge};

/// Of a hundred users, so many ever take a version before the next one comes.
const TAKERS: f64 = 0.88;
/// After so many days two thirds of them have it.
const PACE: f64 = 2.5;

/// The share of each version among the app's users on a day (counted from the oldest, which begins at 1), in the order
/// of the releases. Whoever does not take the newest has the one before, and so on.
pub(super) fn shares(releases: &[Release], day: f64) -> Vec<f64> {
    let mut left = 1.0;
    let mut shares: Vec<f64> = releases
        .iter()
        .enumerate()
        .rev()
        .map(|(at, release)| {
            let taken =
                if at == 0 { 1.0 } else { TAKERS * (1.0 - (-(day - release.day).max(0.0) / PACE).exp()) };
            let share = left * taken;
            left -= share;
            share
        })
        .collect();
    shares.reverse();
    shares
}

/// How the versions are spread among those who ask about a type on a day: as among all users, and what a surge brings
/// beyond the usual comes from the version that has caused it.
pub(super) fn among_askers(releases: &[Release], surges: &[Surge], kind: &str, day: f64) -> Vec<f64> {
    let mut weights = shares(releases, day);
    for surge in surges.iter().filter(|surge| surge.is_on(kind, day)) {
        let cause = surge.version.as_ref().and_then(|v| releases.iter().position(|r| r.version == *v));
        if let Some(weight) = cause.and_then(|at| weights.get_mut(at)) {
            *weight += surge.factor - 1.0;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::super::story::Content;
    use super::*;

    #[test]
    fn everybody_has_a_version_and_most_the_newest() {
        let content = Content::load().unwrap();
        let releases = &content.mix.releases;
        for day in 1..=90 {
            let shares = shares(releases, f64::from(day));
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9 && shares.iter().all(|s| *s >= 0.0));
        }
        let at = releases.iter().position(|release| release.version == "2.17.0").unwrap();
        assert!(shares(releases, 79.0)[at].abs() < 1e-9);
        assert!(shares(releases, 88.0)[at] > 0.7);
    }

    #[test]
    fn a_faulty_release_is_asked_about_by_those_who_have_it() {
        let content = Content::load().unwrap();
        let (releases, surges) = (&content.mix.releases, &content.mix.surges);
        let at = releases.iter().position(|release| release.version == "2.16.0").unwrap();
        let part = |weights: Vec<f64>| weights[at] / weights.iter().sum::<f64>();
        let usual = part(among_askers(releases, surges, "pending", 53.0));
        let faulty = part(among_askers(releases, surges, "app", 53.0));
        assert!(faulty > 0.75 && usual < 0.6, "{faulty} {usual}");
    }
}
