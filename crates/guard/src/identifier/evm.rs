//! Addresses of Ethereum and its kin: EIP-55 puts the checksum into the case of the letters.

use sha3::{Digest, Keccak256};

use super::{Payload, Recognised};
use crate::api::{Chain, Checksum};
use crate::hex;

pub(super) fn address(word: &str) -> Option<Recognised> {
    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"))?;
    let bytes: [u8; 20] = hex::decode(digits)?.try_into().ok()?;
    Some(Recognised::address(Chain::Evm, checksum(digits), Payload::Hash(bytes)))
}

fn checksum(digits: &str) -> Checksum {
    let has = |test: fn(&u8) -> bool| digits.as_bytes().iter().any(test);
    if !has(u8::is_ascii_uppercase) || !has(u8::is_ascii_lowercase) {
        return Checksum::Unchecked;
    }
    let lower = digits.to_ascii_lowercase();
    let fits = |digest: &[u8]| {
        let nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let mut pairs = digits.bytes().zip(nibbles);
        pairs.all(|(digit, nibble)| digit.is_ascii_digit() || digit.is_ascii_uppercase() == (nibble >= 8))
    };
    let right = fits(&Keccak256::digest(&lower))
        || ROOTSTOCK.iter().any(|chain| fits(&Keccak256::digest(format!("{chain}0x{lower}"))));
    if right { Checksum::Valid } else { Checksum::Wrong }
}

/// Chains whose wallets write the checksum of ERC-1191, which is another one on each: Rootstock and its test network.
const ROOTSTOCK: [u32; 2] = [30, 31];

#[cfg(test)]
mod tests {
    use super::*;

    /// EIP-55, "Test Cases".
    #[test]
    fn eip_55() {
        for (address, expect) in [
            ("0x52908400098527886E0F7030069857D2E4169EE7", Checksum::Unchecked),
            ("0x8617E340B3D01FA5F11F306F4090FD50E238070D", Checksum::Unchecked),
            ("0xde709f2102306220921060314715629080e2fb77", Checksum::Unchecked),
            ("0x27b1fdb04752bbc536007a920d24acb045561c26", Checksum::Unchecked),
            ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", Checksum::Valid),
            ("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", Checksum::Valid),
            ("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", Checksum::Valid),
            ("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb", Checksum::Valid),
            ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed", Checksum::Wrong),
        ] {
            assert_eq!(super::address(address).unwrap().checksum, expect, "{address}");
        }
        assert!(super::address("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeA").is_none());
    }
}
