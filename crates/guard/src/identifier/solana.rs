//! Solana: an address is 32 bytes in Base58, a transaction is named by its 64-byte signature. Neither has a checksum.

use super::{Payload, Recognised};
use crate::api::{Chain, Checksum, IdentifierKind};

pub(super) fn recognise(word: &str, bytes: &[u8]) -> Option<Recognised> {
    if !mixed(word) {
        return None;
    }
    let (kind, payload) = match bytes.len() {
        32 => (IdentifierKind::Address, Payload::Key(bytes.try_into().ok()?)),
        64 => (IdentifierKind::Transaction, Payload::None),
        _ => return None,
    };
    Some(Recognised { kind, chain: Chain::Solana, checksum: Checksum::Unchecked, payload })
}

/// Digits, capitals and small letters together, as no word has them; the system program is all ones.
fn mixed(word: &str) -> bool {
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().any(test);
    has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
        || word.bytes().all(|b| b == b'1')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier;

    #[test]
    fn address_and_signature() {
        for (word, kind) in [
            ("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", IdentifierKind::Address),
            ("11111111111111111111111111111111", IdentifierKind::Address),
            // The signature of RFC 8032, 7.1, test 1.
            (
                "5awYiUvGiDFA33EJjj4TXJG44a5afJc8QjWRpGgQiu6b23jCr7yndW2fmp9ujwqJVe32J456wV3VF78Asb1obnTc",
                IdentifierKind::Transaction,
            ),
        ] {
            let found = identifier::recognise(word).unwrap();
            assert_eq!((found.chain, found.kind), (Chain::Solana, kind), "{word}");
        }
    }
}
