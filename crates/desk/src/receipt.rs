//! Receipts: the answer to every accepted message, and under which key it is kept.

use sha2::{Digest, Sha256};
use standfast_domain::{Language, RequestId, Time};
use standfast_store::Tx;
use standfast_store::request::RequestRow;
use standfast_store::surge;

use crate::caller::{Visitor, hex};
use crate::hours::opening_for;
use crate::screening::Findings;
use crate::view::{NextStep, Receipt};
use crate::{Desk, Error, promise, spoken_wait, words};

/// Bytes of a key's hash.
const HASH: usize = 16;

/// The key under which the answer to this caller and client id is kept: a hash, after the id of the request that the
/// call names. Most calls name one, and most of these name a recent one, so that their keys are neighbours in the index
/// and share its pages: with hashes alone every answer would dirty a page of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReceiptKey(Vec<u8>);

impl ReceiptKey {
    pub(crate) fn new(request: Option<RequestId>, scope: &str, client_id: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"receipt 1 ");
        hash.update(scope.as_bytes());
        hash.update([0]);
        hash.update(client_id.as_bytes());
        let hash = hash.finalize();
        let place = request.map(|id| id.0.to_be_bytes());
        Self(place.iter().flatten().chain(hash.iter().take(HASH)).copied().collect())
    }

    /// Where the answer is kept.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Where the same words are kept when they were sent before without naming a request.
    pub(crate) fn unplaced(&self) -> &[u8] {
        self.0.last_chunk::<HASH>().map_or(&[], <[u8; HASH]>::as_slice)
    }
}

/// Whether a unit failed because the same client id was answered meanwhile by another process: run again, it finds
/// that answer.
pub(crate) fn is_late(error: &Error) -> bool {
    matches!(error, Error::Store(error) if error.is_unique("receipt(key)"))
}

/// The shard of units that meet under a key.
fn key_shard(key: &[u8]) -> i64 {
    key.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes))
}

/// The shard of units that may decide whose the words of a visitor are.
pub(crate) fn visitor_shard(visitor: &Visitor) -> i64 {
    key_shard(visitor.subject().as_bytes())
}

/// What a receipt is about besides the request.
pub(crate) struct Accepted<'a> {
    /// Sequence number of the message.
    pub(crate) seq: i64,
    /// Whether it joined a request that was open already.
    pub(crate) joined: bool,
    /// The language to answer in.
    pub(crate) language: Language,
    /// What the guard found in it.
    pub(crate) findings: &'a Findings,
    /// When it was received.
    pub(crate) now: Time,
}

/// A sentence, and another one after it.
pub(crate) fn followed(language: Language, mut text: String, more: Option<String>) -> String {
    if let Some(more) = more {
        if language == Language::English {
            text.push(' ');
        }
        text.push_str(&more);
    }
    text
}

/// The receipt for a message that has just been written, with the promise that it makes.
pub(crate) fn make(
    tx: &mut Tx,
    desk: &Desk,
    row: &RequestRow,
    accepted: &Accepted<'_>,
) -> Result<Receipt, Error> {
    let Accepted { seq, joined, language, findings, now } = *accepted;
    let opening = opening_for(desk, row, now);
    let (place, expected) = promise::make(tx, desk, row, opening.as_ref(), now)?.unzip();
    let expected = expected.flatten();
    let closed = opening.as_ref().filter(|opening| place.is_some() && !opening.is_open);
    let code = match (row.at_risk, place, joined) {
        (true, Some(_), _) => "at_risk",
        (false, Some(_), false) if closed.is_some() => "closed",
        (false, Some(_), false) => "queue",
        (_, Some(_), true) => "joined",
        _ => "spam",
    };
    let place_text = place.map(|p| p.to_string()).unwrap_or_default();
    let next = words(language, &format!("receipt.next.{code}"), &[("place", &place_text)]);
    let mut next = followed(language, next, closed.map(|closed| closed.text(language)));
    let mut code = code;
    if code == "queue" {
        let wait = expected
            .map(|wait| words(language, "receipt.expected", &[("time", &spoken_wait(language, wait))]));
        next = followed(language, next, wait);
        let within = desk.surge().promise(expected);
        if let Some(more) = desk.surge().receipt(language, &row.kind, within) {
            code = "surge";
            next = followed(language, next, Some(more.line(language)));
        }
        if let Some(within) = within {
            surge::promise(tx, row.id, now, now.plus(within))?;
        }
    }
    let is_told = desk.settings().mail && place.is_some() && !joined;
    let next = followed(language, next, is_told.then(|| words(language, "receipt.mail", &[])));
    let masked = findings.masked && !findings.exposed();
    let next = followed(language, next, masked.then(|| words(language, "receipt.masked", &[])));
    Ok(Receipt {
        request_id: row.id,
        number: row.number,
        seq,
        link: format!("/t/{}/{}", row.number, desk.keys().link_token(row.id, row.link_generation)),
        joined,
        state: row.state,
        at_risk: row.at_risk,
        place,
        expected,
        opening,
        next: NextStep { code: code.to_owned(), text: next },
        secret: findings.notice(language),
        head: hex(&row.head),
        received_at: now,
    })
}
