//! Counts as real numbers.

/// A count.
#[expect(clippy::cast_precision_loss, reason = "counts of requests stay far below 2^53")]
pub(crate) fn count(n: u64) -> f64 {
    n as f64
}

/// A length.
#[expect(clippy::cast_precision_loss, reason = "lengths stay far below 2^53")]
pub(crate) fn len(n: usize) -> f64 {
    n as f64
}

/// A number of days or the like, rounded up; `None` beyond `most`, or when `x` is no number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a u32")]
pub(crate) fn whole(x: f64, most: u32) -> Option<u32> {
    let up = x.ceil().max(0.0);
    (up <= f64::from(most)).then_some(up as u32)
}
