//! The secrets firewall.
//!
//! Wallet users paste recovery phrases and private keys into support chats. This crate is called before the first
//! write of any kind (store, log, index, queue, notification), replaces what it finds by a typed [`mark`], and
//! recognises the harmless look-alikes (transaction hashes, addresses) as structured context of the request. The same
//! crate stops an agent's message, macro or note that [asks](solicits) for such a secret.
//!
//! It is pure: no clock, no randomness, no input or output, no lookup anywhere. A value that might be a key is only ever
//! compared with addresses already in the conversation, on this machine.
//!
//! # How a text is screened
//! 1. `normalise`: full-width forms, accents, invisible characters and bidirectional controls are folded away, with a
//!    map back to the bytes of the given text.
//! 2. `phrase`, `chinese`, `glued`, `spread`: BIP-39 words are looked up in all ten lists at once; runs of them are judged
//!    by checksum, by layout, by the words around them, and together with the customer's earlier messages.
//! 3. `key`, `hex`, `document`: keys with a checksum or a public half are certain; 64 hex digits are told from a
//!    transaction hash by the words around them and by deriving addresses.
//! 4. `encoded`: percent, entity, backslash and quoted-printable escapes, base64 and hex are undone and the result
//!    is screened again, to a fixed depth.
//! 5. What was found is merged, replaced by marks, and reported with its place in the given text.
//!
//! # What certainty means
//! [`Finding::certain`] is true when arithmetic proves the secret (a checksum of 32 bits, a public half, a derived
//! address) or a BIP-39 checksum holds over words that stood together. The checksum of twelve words is four bits only,
//! so one random list in sixteen passes: evidence of layout and wording counts at least as much, and an uncertain
//! finding is redacted all the same.
//!
//! # What was measured
//! All on two shared cores of a virtual machine; the commands stand in `tests/it` and `examples/measure.rs`.
//! - Recall, generated phrases of every length, in each of ten lists and 34 layouts apart: none missed of 60 alone and of 102 in pieces (42 between
//!   the words of a sentence) in any of them; 3,800 of 3,800 in 19 encodings, 3,999 of 4,000 in Chinese without separators.
//! - False marks: 0 of 13,083 bank questions and 0 of 2,226 sentences of wallet help in English; 1 of 24,683 sentences of reviews, editorials and
//!   short messages in English, 0 of 38,036 of reviews in Chinese, 1 of each in conversations, 2 and 4 in files of two hundred; 2 of 47,016 of
//!   Chinese news; 0 of 22,400 short answers; 1.5 in 10,000 where every sentence names a recovery phrase. Half of the Chinese reviews were
//!   counted for the table of pairs, so that theirs is not a figure of texts that were never seen.
//! - Marks that take no other word along: 5,074 of 7,200 phrases, two in three of them damaged, between words of a
//!   sentence or a log; 7,197 of them covered whole.
//! - Replies: every one of 164 requests for a secret is stopped and 177 pieces of advice pass, but those are the rules'
//!   own; of such sentences met for the first time 86 of 110 were stopped and 102 of 109 passed (`tests/it/asking.rs`).
//! - Time on one core: 0.6 to 3.6 µs for a message of 100 to 300 bytes with nothing in it, 2 to 4 µs with an address or a
//!   transaction (up to twice that beside other work); 64 kB made to cost the most take 23 ms.
//!
//! # What is not found
//! Pictures; SLIP-39 shares, Monero and Electrum words, which have lists of their own; two mistyped words close together
//! in a phrase of twelve; a phrase in the middle of unseparated Chinese text that neither announces nor parts it;
//! ciphers. Of a file only the first 8,192 runs of digits are compared with addresses, of a message the first 48: a key behind them that is
//! called a hash stays. Passwords and API keys are no wallet secrets and are left to the caller.

mod api;
mod bytes;
mod chinese;
mod confusable;
mod derive;
mod document;
mod encoded;
mod glued;
mod hex;
mod identifier;
mod key;
mod keyword;
mod mark;
mod matcher;
mod normalise;
mod phrase;
mod redact;
mod scan;
mod solicitation;
mod spread;
mod token;
mod wordlist;

pub use api::{Chain, Checksum, Context, Finding, Identifier, IdentifierKind, Screened, SecretKind};
pub use bytes::{Encoding, ScreenedBytes, screen_bytes};
pub use derive::Addresses;
pub use mark::{mark, marks};
pub use redact::{screen, screen_file_name};
pub use solicitation::{Ask, Solicitation, solicits};
pub use spread::may_be_piece;
