//! TRON: the address of an Ethereum key behind the version byte 0x41, in `Base58Check`.

use super::{Payload, Recognised};
use crate::api::{Chain, Checksum};
use crate::hex;

/// The version byte, chosen so that addresses begin with `T`.
const VERSION: u8 = 0x41;

pub(super) fn address(payload: &[u8]) -> Option<Recognised> {
    let hash: [u8; 20] = payload.strip_prefix(&[VERSION])?.try_into().ok()?;
    Some(Recognised::address(Chain::Tron, Checksum::Valid, Payload::Hash(hash)))
}

/// The form that nodes answer with: `41` and forty digits.
pub(super) fn hex_address(word: &str) -> Option<Recognised> {
    if word.len() != 42 {
        return None;
    }
    let bytes = hex::decode(word)?;
    let hash: [u8; 20] = bytes.strip_prefix(&[VERSION])?.try_into().ok()?;
    Some(Recognised::address(Chain::Tron, Checksum::Unchecked, Payload::Hash(hash)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::recognise;

    #[test]
    fn both_forms() {
        // The USDT contract and the zero address, from TRON's documentation.
        for address in ["TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"] {
            let found = recognise(address).unwrap();
            assert_eq!((found.chain, found.checksum), (Chain::Tron, Checksum::Valid), "{address}");
        }
        let hex = recognise("41a614f803b6fd780986a42c78ec9c7f77e6ded13c").unwrap();
        assert_eq!(hex.payload, recognise("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t").unwrap().payload);
    }
}
