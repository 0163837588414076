//! Keys that prove themselves: `Base58Check` forms by their checksum, Solana key pairs by their public half.

use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};

use crate::api::{Chain, Checksum, IdentifierKind, SecretKind};
use crate::hex;
use crate::identifier::{Payload, Recognised};

/// A secret read from one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Secret {
    pub(crate) kind: SecretKind,
    pub(crate) certain: bool,
}

/// Version bytes of extended private keys: BIP-32 main and test, and SLIP-132's (`y`, `Y`, `z`, `Z`, `u`, `U`, `v`, `V`),
/// Litecoin's `Ltpv` and `Mtpv`, Dogecoin's `dgpv`.
const EXTENDED_PRIVATE: [u32; 13] = [
    0x0488_ade4,
    0x0435_8394,
    0x049d_7878,
    0x0295_b005,
    0x04b2_430c,
    0x02aa_7a99,
    0x044a_4e28,
    0x0242_85b5,
    0x045f_18bc,
    0x0257_5048,
    0x019d_9cfe,
    0x01b2_6792,
    0x02fa_c398,
];
/// The same for extended public keys.
const EXTENDED_PUBLIC: [u32; 12] = [
    0x0488_b21e,
    0x0435_87cf,
    0x049d_7cb2,
    0x0295_b43f,
    0x04b2_4746,
    0x02aa_7ed3,
    0x044a_5262,
    0x0242_89ef,
    0x045f_1cf6,
    0x0257_5483,
    0x019d_a462,
    0x01b2_6ef6,
];

/// The longest word in Base58 that can be a key: an extended key has 111 or 112.
const MAX_BASE58: usize = 114;

/// Decodes Base58, bounded: the algorithm is quadratic.
pub(crate) fn base58(word: &str) -> Option<Vec<u8>> {
    if word.len() > MAX_BASE58 {
        return None;
    }
    bs58::decode(word).into_vec().ok()
}

/// The payload of `Base58Check`, when its checksum (the head of a double SHA-256) holds.
pub(crate) fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (payload, check) = bytes.split_last_chunk::<4>()?;
    let digest = Sha256::digest(Sha256::digest(payload));
    digest.starts_with(check).then_some(payload)
}

/// Reads a word that is a secret whatever stands around it.
pub(crate) fn read(word: &str) -> Option<Secret> {
    let form = Form::of(word)?;
    if form == Form::HexPair {
        return key_pair(&hex::decode(word)?)
            .then_some(Secret { kind: SecretKind::PrivateKey, certain: true });
    }
    let Some(bytes) = base58(word) else {
        return form.mistyped(word);
    };
    if form == Form::KeyPair {
        return key_pair(&bytes).then_some(Secret { kind: SecretKind::PrivateKey, certain: true });
    }
    let Some(payload) = checked(&bytes) else {
        return form.mistyped(word);
    };
    let kind = match payload {
        // WIF: 0x80 and its like on other chains, 32 bytes, and 01 for a compressed public key.
        [0x80 | 0xef | 0xb0 | 0x9e | 0xf1, key @ ..]
            if key.len() == 32 || (key.len() == 33 && key.ends_with(&[1])) =>
        {
            SecretKind::PrivateKey
        }
        // BIP-38, with and without EC multiplication.
        [0x01, 0x42 | 0x43, rest @ ..] if rest.len() == 37 => SecretKind::EncryptedKey,
        _ if EXTENDED_PRIVATE.contains(&version(payload)?) => SecretKind::ExtendedPrivateKey,
        _ => return None,
    };
    Some(Secret { kind, certain: true })
}

/// An extended public key.
pub(crate) fn extended_public(payload: &[u8]) -> Option<Recognised> {
    EXTENDED_PUBLIC.contains(&version(payload)?).then_some(Recognised {
        kind: IdentifierKind::ExtendedPublicKey,
        chain: Chain::Bitcoin,
        checksum: Checksum::Valid,
        payload: Payload::None,
    })
}

fn version(payload: &[u8]) -> Option<u32> {
    let (version, rest) = payload.split_first_chunk::<4>()?;
    (rest.len() == 74).then(|| u32::from_be_bytes(*version))
}

/// Whether 64 bytes are an Ed25519 seed and its public key, as Solana writes its key pairs: exact, so that a signature,
/// which has the same length, never passes.
pub(crate) fn key_pair(bytes: &[u8]) -> bool {
    let Ok(pair) = <&[u8; 64]>::try_from(bytes) else { return false };
    let Some((seed, public)) = pair.split_first_chunk::<32>() else { return false };
    public == ed25519_public(seed)
}

/// The Ed25519 public key of a seed.
pub(crate) fn ed25519_public(seed: &[u8; 32]) -> [u8; 32] {
    SigningKey::from_bytes(seed).verifying_key().to_bytes()
}

/// What a word may be, by its length and first letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Wif,
    Bip38,
    Extended,
    KeyPair,
    HexPair,
}

impl Form {
    fn of(word: &str) -> Option<Self> {
        let first = word.bytes().next()?;
        match word.len() {
            51 if matches!(first, b'5' | b'9' | b'6') => Some(Self::Wif),
            52 if matches!(first, b'K' | b'L' | b'c' | b'T' | b'Q' | b'M') => Some(Self::Wif),
            58 if word.starts_with("6P") => Some(Self::Bip38),
            86..=88 => Some(Self::KeyPair),
            107..=114 if matches!(word.get(1..4), Some("prv" | "tpv" | "gpv")) => Some(Self::Extended),
            128 => Some(Self::HexPair),
            _ => None,
        }
    }

    /// A form that can hardly be anything else is a mistyped key when its checksum fails: one letter is soon found.
    fn mistyped(self, word: &str) -> Option<Secret> {
        let mixed = word.bytes().any(|b| b.is_ascii_uppercase())
            && word.bytes().any(|b| b.is_ascii_lowercase())
            && word.bytes().any(|b| b.is_ascii_digit());
        let kind = match self {
            Self::Wif => SecretKind::PrivateKey,
            Self::Bip38 => SecretKind::EncryptedKey,
            Self::Extended => SecretKind::ExtendedPrivateKey,
            Self::KeyPair | Self::HexPair => return None,
        };
        mixed.then_some(Secret { kind, certain: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_keys() {
        for (word, kind) in [
            // Bitcoin wiki, "Wallet import format".
            ("5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", SecretKind::PrivateKey),
            ("KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn", SecretKind::PrivateKey),
            // BIP-32, test vector 1, chain m.
            (
                "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33\
                 yuGBxrMPHi",
                SecretKind::ExtendedPrivateKey,
            ),
            // BIP-38, "No compression, no EC multiply", test 1, and "EC multiply, no compression", test 1.
            ("6PRVWUbkzzsbcVac2qwfssoUJAN1Xhrg6bNk8J7Nzm5H7kxEbn2Nh2ZoGg", SecretKind::EncryptedKey),
            ("6PfQu77ygVyJLZjfvMLyhLMQbYnu5uguoJJ4kMCLqWwPEdfpwANVS76gTX", SecretKind::EncryptedKey),
            // RFC 8032, 7.1, test 1: seed and public key.
            (
                "49W385L4rePHy6PAaQUovbD2aacgN4HsKXSMeUzRg4fmwXszN91JuMFrQRj3vMDpZuRF3ZknQBuRBoWQJEfXstMw",
                SecretKind::PrivateKey,
            ),
        ] {
            assert_eq!(read(word), Some(Secret { kind, certain: true }), "{word}");
        }
    }

    #[test]
    fn look_alikes() {
        for word in [
            // A signature has the length of a key pair (RFC 8032, 7.1, test 1).
            "5awYiUvGiDFA33EJjj4TXJG44a5afJc8QjWRpGgQiu6b23jCr7yndW2fmp9ujwqJVe32J456wV3VF78Asb1obnTc",
            "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1E\
             GMcet8",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        ] {
            assert_eq!(read(word), None, "{word}");
        }
        let mistyped = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWm";
        assert_eq!(read(mistyped), Some(Secret { kind: SecretKind::PrivateKey, certain: false }));
    }
}
