//! Bitcoin and the chains that copied its address forms: `Base58Check` versions, and segwit (BIP-173, BIP-350).

use super::{Payload, Recognised};
use crate::api::{Chain, Checksum};

/// A `Base58Check` payload: one version byte and 20 bytes of hash.
pub(super) fn address(payload: &[u8]) -> Option<Recognised> {
    let (&version, hash) = payload.split_first()?;
    let hash: [u8; 20] = hash.try_into().ok()?;
    let chain = match version {
        // Pay to public key hash, pay to script hash, and both on the test network.
        0x00 | 0x05 | 0x6f | 0xc4 => Chain::Bitcoin,
        0x30 | 0x32 => Chain::Litecoin,
        0x1e | 0x16 => Chain::Dogecoin,
        _ => return None,
    };
    Some(Recognised::address(chain, Checksum::Valid, Payload::Hash(hash)))
}

/// A segwit address, or an account of a chain of the Cosmos family, which uses bech32 too.
pub(super) fn segwit(word: &str) -> Option<Recognised> {
    let prefix = word.get(..word.rfind('1')?)?.to_ascii_lowercase();
    let chain = match prefix.as_str() {
        "bc" | "tb" | "bcrt" => Chain::Bitcoin,
        "ltc" | "tltc" => Chain::Litecoin,
        "cosmos" | "osmo" | "celestia" | "inj" | "kava" | "juno" | "axelar" | "dydx" | "terra" | "akash"
        | "sei" | "evmos" | "stars" => Chain::Cosmos,
        _ => return None,
    };
    if chain == Chain::Cosmos {
        let (_, bytes) = bech32::decode(word).ok()?;
        return Some(Recognised::address(chain, Checksum::Valid, payload(&bytes)));
    }
    match bech32::segwit::decode(word) {
        Ok((_, _, program)) => Some(Recognised::address(chain, Checksum::Valid, payload(&program))),
        // Long enough, of the right letters, and still wrong: mistyped.
        Err(_) => (word.len() >= 42 && word.bytes().all(|b| b.is_ascii_alphanumeric()))
            .then(|| Recognised::address(chain, Checksum::Wrong, Payload::None)),
    }
}

fn payload(bytes: &[u8]) -> Payload {
    match (<[u8; 20]>::try_from(bytes), <[u8; 32]>::try_from(bytes)) {
        (Ok(hash), _) => Payload::Hash(hash),
        (_, Ok(key)) => Payload::Key(key),
        _ => Payload::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::recognise;

    #[test]
    fn published_addresses() {
        for address in [
            // BIP-173 and BIP-350, test vectors for segwit addresses.
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
            "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            // The first block's reward; BIP-16's example.
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        ] {
            let found = recognise(address).unwrap();
            assert_eq!((found.chain, found.checksum), (Chain::Bitcoin, Checksum::Valid), "{address}");
        }
    }

    #[test]
    fn wrong_addresses() {
        // BIP-350: version 1 with the constant of BIP-173.
        let wrong = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd";
        assert_eq!(recognise(wrong).unwrap().checksum, Checksum::Wrong);
        assert!(recognise("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb").is_none());
    }
}
