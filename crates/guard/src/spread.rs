//! Phrases that arrive in pieces, one message after another.

use crate::api::Context;
use crate::scan::Found;

/// Whether a text could be a piece of a phrase that is spread over several messages: if so, the caller loads the
/// customer's recent texts into [`Context::earlier`] before screening.
pub fn may_be_piece(text: &str) -> bool {
    !text.is_empty()
}

pub(crate) fn join(_text: &str, _context: &Context<'_>, _found: &mut Found) -> Vec<usize> {
    Vec::new()
}
