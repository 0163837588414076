//! Whether words of a customer belong to a request that is open already.

use std::time::Duration;

use crate::{State, Time};

/// How long after its last change a request still takes words that name no matter of their own.
const RECENT: Duration = Duration::from_hours(24);
/// How long after its last change a request takes words at all without being named.
const WITHIN: Duration = Duration::from_hours(24 * 14);

/// What a request is about, as far as it decides whether further words belong to it.
#[derive(Clone, Copy, Debug)]
pub struct Matter<'a> {
    /// Code of the type; `None` when the customer chose none.
    pub kind: Option<&'a str>,
    /// Transactions, addresses and the like that occur in it.
    pub identifiers: &'a [String],
}

/// Whether words about `new`, written at `now`, join the request about `open`.
///
/// The same transaction or address is the same matter, and so is the same type. Words without a type join what
/// is going on or was just solved. A different type is a different matter unless it shares an identifier.
#[must_use]
pub fn same_matter(new: Matter<'_>, open: Matter<'_>, state: State, updated_at: Time, now: Time) -> bool {
    if !state.takes_messages() || state == State::Spam || now.since(updated_at) > WITHIN {
        return false;
    }
    if new.identifiers.iter().any(|identifier| open.identifiers.contains(identifier)) {
        return true;
    }
    match (new.kind, open.kind) {
        (Some(new), Some(open)) => new == open,
        _ => state.is_active() || now.since(updated_at) <= RECENT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_matter_joins_and_another_does_not() {
        let now = Time::parse("2026-11-21T12:00:00Z").unwrap();
        let hash = ["0xabc".to_owned()];
        let about = |kind, identifiers| Matter { kind, identifiers };
        let hours = |h| now.minus(Duration::from_hours(h));
        for (new, open, state, updated, joins) in [
            (about(Some("pending"), &[][..]), about(Some("pending"), &[][..]), State::Open, hours(1), true),
            (about(Some("pending"), &[]), about(Some("fee"), &[]), State::Open, hours(1), false),
            (about(Some("failed"), &hash), about(Some("pending"), &hash), State::Open, hours(1), true),
            (about(None, &[]), about(Some("pending"), &[]), State::Waiting, hours(200), true),
            (about(None, &[]), about(Some("pending"), &[]), State::Solved, hours(20), true),
            (about(None, &[]), about(Some("pending"), &[]), State::Solved, hours(30), false),
            (about(None, &[]), about(Some("pending"), &[]), State::Closed, hours(1), false),
            (about(None, &hash), about(Some("pending"), &hash), State::Open, hours(24 * 15), false),
            (about(None, &hash), about(None, &hash), State::Spam, hours(1), false),
        ] {
            assert_eq!(same_matter(new, open, state, updated, now), joins, "{new:?} {open:?} {state:?}");
        }
    }
}
