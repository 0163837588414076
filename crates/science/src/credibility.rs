//! What a part has of its own, where some parts have been seen often and others hardly ever.
//!
//! The credibility of Bühlmann & Straub (1970, "Glaubwürdigkeit für Schadensätze"; Bühlmann & Gisler 2005, *A Course in Credibility
//! Theory*, 4.2): a part that was seen `n` times keeps `n / (n + k)` of its own mean, and has the rest from the whole. `k` is the
//! variance within parts over the variance between them, both estimated without bias from what was seen; where parts differ no more
//! than chance would have them, all have the mean of the whole.

use serde::{Deserialize, Serialize};

/// What was seen of something: how often, its sum, and the sum of its squares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// How often.
    pub count: f64,
    /// Sum.
    pub sum: f64,
    /// Sum of squares.
    pub squares: f64,
}

impl Seen {
    /// One more.
    pub fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    /// These together.
    #[must_use]
    pub fn all<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        parts.into_iter().fold(Self::default(), |all, part| Self {
            count: all.count + part.count,
            sum: all.sum + part.sum,
            squares: all.squares + part.squares,
        })
    }

    /// The mean; nothing where nothing was seen.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }

    /// The sum of squared distances from the mean.
    fn scatter(&self) -> f64 {
        self.mean().map_or(0.0, |mean| (self.squares - mean * self.sum).max(0.0))
    }
}

/// What each part has, shrunk to `whole`: nothing is left of the mean of a part that was never seen.
#[must_use]
pub fn shrunk(parts: &[Seen], whole: f64) -> Vec<f64> {
    let strength = strength(parts);
    let of = |part: &Seen| match (part.mean(), strength) {
        (Some(mean), Some(k)) => {
            let own = part.count / (part.count + k);
            own * mean + (1.0 - own) * whole
        }
        _ => whole,
    };
    parts.iter().map(of).collect()
}

/// How many sightings of a part weigh as much as the whole; nothing where parts do not differ beyond chance.
fn strength(parts: &[Seen]) -> Option<f64> {
    let seen: Vec<&Seen> = parts.iter().filter(|part| part.count > 0.0).collect();
    let all = Seen::all(seen.iter().copied());
    let mean = all.mean()?;
    let number = seen.iter().fold(0.0, |number, _| number + 1.0);
    let free = all.count - number;
    let spread = all.count - seen.iter().map(|part| part.count * part.count).sum::<f64>() / all.count;
    if free <= 0.0 || spread <= 0.0 {
        return None;
    }
    let within = seen.iter().map(|part| part.scatter()).sum::<f64>() / free;
    let off = |part: &&Seen| part.mean().map_or(0.0, |own| part.count * (own - mean).powi(2));
    let between = (seen.iter().map(off).sum::<f64>() - (number - 1.0) * within) / spread;
    (between > 0.0).then(|| within / between)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(values: &[f64]) -> Seen {
        let mut seen = Seen::default();
        for value in values {
            seen.add(*value);
        }
        seen
    }

    #[test]
    fn a_part_keeps_as_much_of_its_own_as_was_seen_of_it() {
        // Balanced: means 10 and 20 of four each, within 8/3, between 50 - (8/3)/4, so that k is 8/3 over that.
        let parts = [seen(&[8.0, 10.0, 10.0, 12.0]), seen(&[18.0, 20.0, 20.0, 22.0])];
        let k = (8.0 / 3.0) / (50.0 - 2.0 / 3.0);
        assert!((strength(&parts).unwrap() - k).abs() < 1e-12);
        let own = 4.0 / (4.0 + k);
        let made = shrunk(&parts, 15.0);
        assert!((made[0] - (own * 10.0 + (1.0 - own) * 15.0)).abs() < 1e-12, "{made:?}");
        assert!((made[1] - (own * 20.0 + (1.0 - own) * 15.0)).abs() < 1e-12, "{made:?}");
    }

    #[test]
    fn of_what_was_hardly_seen_little_is_believed() {
        let (often, rarely) = (seen(&[9.0, 11.0].repeat(200)), seen(&[28.0, 32.0]));
        let noisy = seen(&[1.0, 40.0].repeat(50));
        let made = shrunk(&[often, noisy, rarely, Seen::default()], 12.0);
        assert!((made[0] - 10.0).abs() < 0.1 && made[2] > 12.0 && made[2] < 28.0, "{made:?}");
        assert!((made[3] - 12.0).abs() < 1e-12, "of what was never seen the whole is all that is known");
    }

    #[test]
    fn parts_that_differ_by_chance_are_the_whole() {
        let parts = [seen(&[5.0, 15.0, 10.0]), seen(&[6.0, 14.0, 11.0]), Seen::default()];
        assert_eq!(shrunk(&parts, 10.2), [10.2; 3]);
        assert_eq!(shrunk(&[seen(&[7.0, 9.0])], 8.0), [8.0], "one part is the whole");
        assert_eq!(
            shrunk(&[seen(&[7.0]), seen(&[9.0])], 8.0),
            [8.0; 2],
            "of one each nothing is known of chance"
        );
        assert!(shrunk(&[], 8.0).is_empty());
    }
}
