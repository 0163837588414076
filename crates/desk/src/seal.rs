//! The seal over a request's row: a MAC of everything that a unit of work writes there, under a key that is not in the
//! database. Whoever alters a row can take it back, but not make it fit.
//!
//! Left out is what is not the row's own (the customer's name), and how far the customer has read, which is noted
//! without touching the record. `active` and `queue_key` are made of what is sealed; `verify` makes them again.

use standfast_store::request::RequestRow;

use crate::Keys;
use crate::keys::same;

/// Says what is sealed, and in which order.
const LABEL: &[u8] = b"standfast request 1";

/// What a row gets whose seal was broken: fits nothing.
pub(crate) const BROKEN: [u8; 32] = [0; 32];

/// The MAC that belongs into the row.
pub(crate) fn mac(keys: &Keys, row: &RequestRow) -> [u8; 32] {
    keys.record_mac(&encode(row))
}

/// A row as it was read, with the seal that it had.
pub(crate) struct Sealed {
    row: Vec<u8>,
    mac: Vec<u8>,
}

impl Sealed {
    pub(crate) fn of(row: &RequestRow) -> Self {
        Self { row: encode(row), mac: row.head_mac.clone() }
    }

    /// Whether the seal is that of the row.
    pub(crate) fn fits(&self, keys: &Keys) -> bool {
        same(&keys.record_mac(&self.row), &self.mac)
    }
}

/// The row as bytes, so that no two different rows give the same. Names every column: a new one does not compile
/// until it is sealed or left out on purpose.
fn encode(row: &RequestRow) -> Vec<u8> {
    let RequestRow {
        id,
        number,
        customer_id,
        customer_name: _,
        customer_verified: _,
        state,
        kind,
        urgency,
        at_risk,
        channel,
        language,
        subject,
        chain,
        fields,
        context,
        identifiers,
        tags,
        team_id,
        assignee_id,
        merged_into,
        previous_id,
        created_at,
        updated_at,
        waiting_since,
        first_reply_at,
        solved_at,
        closed_at,
        reopen_count,
        follow_up_count,
        last_seq,
        last_text,
        last_author,
        customer_read_seq: _,
        link_generation,
        head,
        head_mac: _,
    } = row;
    let mut bytes = Bytes(Vec::with_capacity(1_024));
    bytes.part(LABEL);
    for text in [number.as_str(), state.as_str(), kind, channel.as_str(), language.as_str()] {
        bytes.part(text.as_bytes());
    }
    for text in [subject, fields, context, identifiers, tags, last_text, last_author] {
        bytes.part(text.as_bytes());
    }
    bytes.option(chain.as_deref().map(str::as_bytes));
    bytes.part(head);
    for number in [id.0, customer_id.0, created_at.0, updated_at.0, urgency.0.into(), i64::from(*at_risk)] {
        bytes.number(number);
    }
    for number in [*reopen_count, *follow_up_count, *last_seq, *link_generation] {
        bytes.number(number);
    }
    let ids = [team_id.map(|id| id.0), assignee_id.map(|id| id.0), merged_into.map(|id| id.0)];
    let times = [waiting_since, first_reply_at, solved_at, closed_at].map(|time| time.map(|time| time.0));
    for number in ids.into_iter().chain([previous_id.map(|id| id.0)]).chain(times) {
        bytes.option(number.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
    }
    bytes.0
}

struct Bytes(Vec<u8>);

impl Bytes {
    /// Numbers have one length.
    fn number(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    /// A part with its length before it.
    fn part(&mut self, part: &[u8]) {
        self.0.extend_from_slice(&(part.len() as u64).to_be_bytes());
        self.0.extend_from_slice(part);
    }

    /// Absent is not empty.
    fn option(&mut self, part: Option<&[u8]>) {
        match part {
            None => self.0.extend_from_slice(&u64::MAX.to_be_bytes()),
            Some(part) => self.part(part),
        }
    }
}
