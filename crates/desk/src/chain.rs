//! The chain over a request's record: nothing in it can be altered, moved or cut without it showing, and yet a
//! text can be erased and the rest still verifies.
//!
//! Each entry commits to its words, and to what came with them, by `SHA-256(salt ‖ words)`, and to everything else, to
//! that commitment and to its predecessor by its chain value. Erasing destroys words and salt; without the salt the
//! commitment tells nothing about the words, not even to somebody who guesses them. The head and the number of entries
//! are sealed with the request's row by a key that is not in the database ([`crate::seal`]).

use sha2::{Digest, Sha256};
use standfast_store::entry::EntryRow;

/// Before the first entry.
pub(crate) const START: [u8; 32] = [0; 32];

/// The commitment to what an entry says and what came with it: all that erasing destroys.
pub(crate) fn commitment(salt: &[u8], entry: &EntryRow) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"standfast words 2");
    part(&mut hash, Some(salt));
    for words in [&entry.text, &entry.attachments, &entry.identifiers, &entry.client_id, &entry.intake] {
        part(&mut hash, words.as_deref().map(str::as_bytes));
    }
    hash.finalize().into()
}

/// The chain value of an entry after its predecessor's.
pub(crate) fn link(previous: &[u8], entry: &EntryRow) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"standfast entry 1");
    part(&mut hash, Some(previous));
    hash.update(entry.request_id.0.to_be_bytes());
    hash.update(entry.seq.to_be_bytes());
    hash.update(entry.created_at.0.to_be_bytes());
    part(&mut hash, Some(entry.kind.as_str().as_bytes()));
    part(&mut hash, Some(entry.author.kind().as_bytes()));
    hash.update(entry.author.id().unwrap_or_default().to_be_bytes());
    hash.update([u8::from(entry.visible)]);
    part(&mut hash, Some(entry.channel.as_str().as_bytes()));
    part(&mut hash, entry.event.as_deref().map(str::as_bytes));
    part(&mut hash, Some(&entry.commitment));
    hash.finalize().into()
}

/// A part with its length before it, so that no two different entries give the same bytes; absent is not empty.
fn part(hash: &mut Sha256, bytes: Option<&[u8]>) {
    match bytes {
        None => hash.update(u64::MAX.to_be_bytes()),
        Some(bytes) => {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
    }
}
