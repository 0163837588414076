//! What a private key would own: addresses derived here and compared with those of the conversation.
//!
//! This is the only proof that 64 hexadecimal digits are a key which tells nobody anything.

use std::collections::BTreeSet;

use k256::elliptic_curve::PrimeField;
use k256::elliptic_curve::point::AffineCoordinates;
use k256::elliptic_curve::sec1::ToSec1Point;
use k256::{ProjectivePoint, Scalar};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};
use sha3::Keccak256;

use crate::hex;
use crate::identifier::{Payload, recognise};
use crate::key::ed25519_public;

/// The addresses that a key is compared with: each once, however often it was named.
#[derive(Debug)]
pub(crate) struct Known {
    hashes: BTreeSet<[u8; 20]>,
    keys: BTreeSet<[u8; 32]>,
    most: usize,
}

/// A hostile conversation may name thousands of addresses; those that the caller gives first count.
const MOST_OF_CONVERSATION: usize = 512;
/// What stands beside a key is kept apart, so that nothing that was named before keeps it out.
const MOST_OF_TEXT: usize = 4_096;

impl Known {
    /// Of what was named before.
    pub(crate) fn reading(addresses: &[&str]) -> Self {
        let mut known = Self::holding(MOST_OF_CONVERSATION);
        for address in addresses.iter().filter_map(|address| recognise(address.trim())) {
            known.add(address.payload);
        }
        known
    }

    /// Of what the text itself names.
    pub(crate) fn of_text() -> Self {
        Self::holding(MOST_OF_TEXT)
    }

    fn holding(most: usize) -> Self {
        Self { hashes: BTreeSet::new(), keys: BTreeSet::new(), most }
    }

    pub(crate) fn add(&mut self, payload: Payload) {
        match payload {
            Payload::Hash(hash) if self.hashes.len() < self.most => _ = self.hashes.insert(hash),
            Payload::Key(key) if self.keys.len() < self.most => _ = self.keys.insert(key),
            _ => {}
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.hashes.is_empty() && self.keys.is_empty()
    }
}

/// Whether the key derives one of these addresses.
pub(crate) fn owns(key: &[u8; 32], known: [&Known; 2]) -> bool {
    let names = |key: &[u8; 32]| known.iter().any(|known| known.keys.contains(key));
    if names(&ed25519_public(key)) {
        return true;
    }
    let Some(owner) = Owner::of(key) else { return false };
    owner.hashes.iter().any(|hash| known.iter().any(|known| known.hashes.contains(hash)))
        || owner.taproot.is_some_and(|key| names(&key))
}

/// Addresses, read once to compare many digits with.
#[derive(Debug)]
pub struct Addresses(Known);

impl Addresses {
    /// Reads addresses; what is none is left out.
    pub fn read(addresses: &[&str]) -> Self {
        Self(Known::reading(addresses))
    }

    /// Whether one of them derives from these digits, of which many may be asked about: so nothing but a key is looked for.
    pub fn derive_from(&self, digits: &str) -> bool {
        key_of(digits).is_some_and(|key| owns(&key, [&self.0, &self.0]))
    }

    /// What they commit to, to be compared with [`crate::Identifier::commitments`].
    pub fn commitments(&self) -> impl Iterator<Item = &[u8]> {
        let hashes = self.0.hashes.iter().map(<[u8; 20]>::as_slice);
        hashes.chain(self.0.keys.iter().map(<[u8; 32]>::as_slice))
    }
}

/// What the addresses of a key commit to: hashes and public keys.
pub(crate) fn commitments(key: &[u8; 32]) -> Vec<Vec<u8>> {
    let owner = Owner::of(key);
    let hashes = owner.iter().flat_map(|owner| owner.hashes.iter().map(|hash| hash.to_vec()));
    let taproot = owner.iter().filter_map(|owner| owner.taproot).map(|key| key.to_vec());
    hashes.chain(taproot).chain([ed25519_public(key).to_vec()]).collect()
}

/// The key that 64 digits are, with `0x` before them or not, and in groups or not.
fn key_of(digits: &str) -> Option<[u8; 32]> {
    let plain = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")).unwrap_or(digits);
    let plain: String = plain.chars().filter(char::is_ascii_alphanumeric).collect();
    hex::decode(&plain).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
}

/// The address payloads of one key on secp256k1.
struct Owner {
    /// Ethereum and TRON; Bitcoin P2PKH (both forms of the public key) and P2WPKH; P2SH-P2WPKH.
    hashes: [[u8; 20]; 4],
    /// The output key of a key-path-only P2TR address (BIP-86).
    taproot: Option<[u8; 32]>,
}

impl Owner {
    fn of(key: &[u8; 32]) -> Option<Self> {
        let scalar = Option::<Scalar>::from(Scalar::from_repr((*key).into()))?;
        if bool::from(scalar.is_zero()) {
            return None;
        }
        let point = ProjectivePoint::GENERATOR * scalar;
        let affine = point.to_affine();
        let long = affine.to_sec1_point(false);
        let short = affine.to_sec1_point(true);
        let ethereum: [u8; 32] = Keccak256::digest(long.as_bytes().get(1..)?).into();
        let compressed = hash160(short.as_bytes());
        let redeem = [[0x00, 0x14].as_slice(), &compressed].concat();
        let hashes =
            [ethereum.last_chunk::<20>().copied()?, compressed, hash160(long.as_bytes()), hash160(&redeem)];
        // BIP-341: the internal key is the point with that x and an even y.
        let internal = if bool::from(affine.y_is_odd()) { -point } else { point };
        let x: [u8; 32] = affine.x().into();
        let tweak = Option::<Scalar>::from(Scalar::from_repr(tagged(b"TapTweak", &x).into()));
        let taproot =
            tweak.map(|tweak| (internal + ProjectivePoint::GENERATOR * tweak).to_affine().x().into());
        Some(Self { hashes, taproot })
    }
}

fn hash160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(Sha256::digest(bytes)).into()
}

/// The tagged hash of BIP-340.
fn tagged(tag: &[u8], data: &[u8]) -> [u8; 32] {
    let tag = Sha256::digest(tag);
    Sha256::new().chain_update(tag).chain_update(tag).chain_update(data).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owns(key: &str, address: &str) -> bool {
        let addresses = Addresses::read(&[address]);
        let (with, without) = (addresses.derive_from(&format!("0x{key}")), addresses.derive_from(key));
        let groups: Vec<&str> =
            key.as_bytes().chunks(8).map(|group| str::from_utf8(group).unwrap()).collect();
        assert_eq!([with, with], [without, addresses.derive_from(&groups.join(" "))], "{key}");
        let kept = commitments(&key_of(key).unwrap());
        assert_eq!(addresses.commitments().any(|one| kept.iter().any(|kept| kept == one)), with, "{key}");
        with
    }

    #[test]
    fn published_pairs() {
        // The example of web3.js, and the same key on TRON.
        let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        assert!(owns(key, "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"));
        assert!(owns(key, "TE2H9hWjzYdwzDFRJfx9BFhr4MmjH1CHaz"));
        assert!(!owns(key, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"));
        // The key 1: its addresses are in BIP-173 (P2WPKH of the generator) and on every wiki.
        let one = "0000000000000000000000000000000000000000000000000000000000000001";
        for address in [
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
            "1EHNa6Q4Jz2uvNExL497mE43ikXhwF6kZm",
            "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN",
            "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
        ] {
            assert!(owns(one, address), "{address}");
        }
        // RFC 8032, 7.1, test 1, as a Solana address.
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        assert!(owns(seed, "FVen3X669xLzsi6N2V91DoiyzHzg1uAgqiT8jZ9nS96Z"));
    }
}
