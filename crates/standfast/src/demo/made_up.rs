//! Identifiers that look right and belong to nobody: their bytes are drawn, their checksums are computed. There is no
//! key behind any of them, as none is ever made.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bech32::{Bech32, Hrp};
use bs58::Alphabet;
use sha2::{Digest as _, Sha256};
use sha3::Keccak256;

use super::draw::Draw;

/// Chains that write addresses and transactions in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Evm,
    Tron,
    Bitcoin,
    Solana,
    Ton,
    Ripple,
    Cosmos,
}

impl Family {
    #[cfg(test)]
    pub(super) const ALL: [Self; 7] =
        [Self::Evm, Self::Tron, Self::Bitcoin, Self::Solana, Self::Ton, Self::Ripple, Self::Cosmos];

    /// Reads the word of `names.json` and of placeholders.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "evm" => Self::Evm,
            "tron" => Self::Tron,
            "btc" => Self::Bitcoin,
            "solana" => Self::Solana,
            "ton" => Self::Ton,
            "xrp" => Self::Ripple,
            "cosmos" => Self::Cosmos,
            _ => return None,
        })
    }

    /// A transaction's hash, or on Solana its signature.
    pub(super) fn transaction(self, draw: &Draw) -> String {
        match self {
            Self::Evm => format!("0x{}", hex(&draw.bytes::<32>())),
            Self::Tron | Self::Bitcoin | Self::Ton => hex(&draw.bytes::<32>()),
            Self::Ripple | Self::Cosmos => hex(&draw.bytes::<32>()).to_uppercase(),
            Self::Solana => base58_mixed(|| bs58::encode(draw.bytes::<64>()).into_string()),
        }
    }

    /// The address of an account.
    pub(super) fn address(self, draw: &Draw) -> String {
        match self {
            Self::Evm => eip_55(&draw.bytes::<20>()),
            Self::Tron => base58_check(Alphabet::BITCOIN, 0x41, &draw.bytes::<20>()),
            Self::Bitcoin => bitcoin(draw),
            Self::Solana => base58_mixed(|| bs58::encode(draw.bytes::<32>()).into_string()),
            // Wallets show the form that does not bounce.
            Self::Ton => ton(0x51, &draw.bytes::<32>()),
            Self::Ripple => base58_check(Alphabet::RIPPLE, 0x00, &draw.bytes::<20>()),
            Self::Cosmos => bech32::encode::<Bech32>(Hrp::parse_unchecked("cosmos"), &draw.bytes::<20>())
                .unwrap_or_default(),
        }
    }

    /// The address of a token or another contract.
    pub(super) fn contract(self, draw: &Draw) -> String {
        match self {
            Self::Ton => ton(0x11, &draw.bytes::<32>()),
            _ => self.address(draw),
        }
    }
}

/// An order number of a payment provider.
pub(super) fn order(draw: &Draw) -> String {
    format!("HP-{:04}-{:04}", draw.below(10_000), draw.below(10_000))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// EIP-55: the case of the letters is the checksum.
fn eip_55(account: &[u8; 20]) -> String {
    let digits = hex(account);
    let hash = Keccak256::digest(&digits);
    let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let cased = digits.chars().zip(nibbles).map(|(c, n)| if n >= 8 { c.to_ascii_uppercase() } else { c });
    std::iter::once('0').chain(std::iter::once('x')).chain(cased).collect()
}

fn base58_check(alphabet: &Alphabet, version: u8, hash: &[u8; 20]) -> String {
    let mut bytes = vec![version];
    bytes.extend(hash);
    let check = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend(check.iter().take(4));
    bs58::encode(bytes).with_alphabet(alphabet).into_string()
}

/// Mostly native segwit, as wallets make it today; some taproot, some of the older forms.
fn bitcoin(draw: &Draw) -> String {
    let main = bech32::hrp::BC;
    match draw.below(10) {
        0 => base58_check(Alphabet::BITCOIN, 0x00, &draw.bytes::<20>()),
        1 => base58_check(Alphabet::BITCOIN, 0x05, &draw.bytes::<20>()),
        2 | 3 => bech32::segwit::encode_v1(main, &draw.bytes::<32>()).unwrap_or_default(),
        _ => bech32::segwit::encode_v0(main, &draw.bytes::<20>()).unwrap_or_default(),
    }
}

/// Draws again until digits, capitals and small letters occur, as they nearly always do.
fn base58_mixed(draw: impl Fn() -> String) -> String {
    let has = |text: &str, test: fn(&u8) -> bool| text.as_bytes().iter().any(test);
    loop {
        let text = draw();
        if has(&text, u8::is_ascii_digit)
            && has(&text, u8::is_ascii_uppercase)
            && has(&text, u8::is_ascii_lowercase)
        {
            return text;
        }
    }
}

/// TEP-2: tag, workchain 0, hash, and a CRC-16/XMODEM over them.
fn ton(tag: u8, hash: &[u8; 32]) -> String {
    let mut bytes = vec![tag, 0];
    bytes.extend(hash);
    let crc = bytes.iter().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    });
    bytes.extend(crc.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use standfast_guard::{Chain, Checksum, Context, IdentifierKind, screen};

    use super::*;

    fn chain(family: Family) -> Option<Chain> {
        match family {
            Family::Evm => Some(Chain::Evm),
            Family::Tron => Some(Chain::Tron),
            Family::Bitcoin => Some(Chain::Bitcoin),
            Family::Solana => Some(Chain::Solana),
            Family::Ton => Some(Chain::Ton),
            Family::Cosmos => Some(Chain::Cosmos),
            // The guard does not read them yet; it only must not take them for something else.
            Family::Ripple => None,
        }
    }

    #[test]
    fn the_guard_recognises_every_address() {
        let draw = Draw::new(11);
        for family in Family::ALL {
            for _ in 0..50 {
                for address in [family.address(&draw), family.contract(&draw)] {
                    let screened = screen(&format!("my address {address}"), &Context::default());
                    assert_eq!(screened.findings, [], "{address}");
                    let Some(chain) = chain(family) else {
                        assert_eq!(screened.identifiers, [], "{address}");
                        continue;
                    };
                    let [found] = &screened.identifiers[..] else { panic!("{address}") };
                    assert_eq!(found.value, address);
                    assert_eq!((found.kind, found.chain), (IdentifierKind::Address, chain), "{address}");
                    let expected = if chain == Chain::Solana { Checksum::Unchecked } else { Checksum::Valid };
                    // Twenty bytes whose letters are all in one case carry no checksum; they hardly ever come.
                    assert_eq!(found.checksum, expected, "{address}");
                }
            }
        }
    }

    #[test]
    fn the_guard_takes_transactions_for_transactions() {
        let draw = Draw::new(12);
        for family in Family::ALL {
            for text in ["transaction hash ", "交易哈希 "] {
                let hash = family.transaction(&draw);
                let screened = screen(&format!("{text}{hash}"), &Context::default());
                assert_eq!(screened.findings, [], "{hash}");
                let [found] = &screened.identifiers[..] else { panic!("{hash}") };
                assert_eq!(found.value, hash);
                assert_eq!(found.kind, IdentifierKind::Transaction, "{hash}");
            }
        }
    }

    #[test]
    fn checksums_are_those_of_the_standards() {
        // EIP-55, test cases; the zero address of TRON; TEP-2's example; XRPL's ACCOUNT_ZERO.
        let account = [
            0x5a, 0xae, 0xb6, 0x05, 0x3f, 0x3e, 0x94, 0xc9, 0xb9, 0xa0, 0x9f, 0x33, 0x66, 0x94, 0x35, 0xe7,
            0xef, 0x1b, 0xea, 0xed,
        ];
        assert_eq!(eip_55(&account), "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
        assert_eq!(base58_check(Alphabet::BITCOIN, 0x41, &[0; 20]), "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb");
        assert_eq!(base58_check(Alphabet::RIPPLE, 0, &[0; 20]), "rrrrrrrrrrrrrrrrrrrrrhoLvTp");
        let hash = URL_SAFE_NO_PAD.decode("EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N").unwrap();
        let hash: [u8; 32] = hash[2..34].try_into().unwrap();
        assert_eq!(ton(0x11, &hash), "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N");
    }
}
