//! The types that callers see.

use std::fmt;
use std::ops::Range;

use crate::derive::commitments;

/// What kind of secret was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecretKind {
    /// A BIP-39 phrase of 12, 15, 18, 21 or 24 words, or as many list words without a valid checksum (other wallets,
    /// TON among them, use the BIP-39 words with a checksum of their own).
    RecoveryPhrase,
    /// Words of one BIP-39 list that are part of a phrase: too few, mistyped, or spread over messages.
    PartialPhrase,
    /// A private key in the clear: hexadecimal, WIF, Solana key pair, PEM.
    PrivateKey,
    /// A BIP-32 extended private key (`xprv`, `yprv`, `zprv`, `tprv` and their like).
    ExtendedPrivateKey,
    /// A BIP-38 key: encrypted, but only by a password that people choose.
    EncryptedKey,
    /// A keystore file (Web3 v3, EIP-2335, presale wallet, encrypted vault).
    Keystore,
    /// A `WalletConnect` pairing URI: whoever holds it can take over the session while it is fresh.
    WalletConnect,
    /// A BIP-39 or BIP-32 seed in hexadecimal, named as such.
    Seed,
    /// 64 hexadecimal digits of which nothing proves whether they are a key or a hash.
    UnprovenHex,
}

impl SecretKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::RecoveryPhrase,
        Self::PartialPhrase,
        Self::PrivateKey,
        Self::ExtendedPrivateKey,
        Self::EncryptedKey,
        Self::Keystore,
        Self::WalletConnect,
        Self::Seed,
        Self::UnprovenHex,
    ];

    /// The stable code used in marks, events and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RecoveryPhrase => "recovery_phrase",
            Self::PartialPhrase => "partial_phrase",
            Self::PrivateKey => "private_key",
            Self::ExtendedPrivateKey => "extended_private_key",
            Self::EncryptedKey => "encrypted_key",
            Self::Keystore => "keystore",
            Self::WalletConnect => "wallet_connect",
            Self::Seed => "seed",
            Self::UnprovenHex => "unproven_hex",
        }
    }

    /// The kind of a code written by [`SecretKind::as_str`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == code)
    }

    /// Whether a finding of this kind says that a secret was exposed. [`SecretKind::UnprovenHex`] does not: it is masked
    /// because nobody knows.
    pub fn is_exposure(self) -> bool {
        self != Self::UnprovenHex
    }
}

impl fmt::Display for SecretKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A secret, by its place: the text of it is nowhere in here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: SecretKind,
    /// Where it was, in bytes of the given text.
    pub span: Range<usize>,
    /// How many words, for a phrase.
    pub words: Option<u8>,
    /// Whether it is proven rather than probable. Both are redacted.
    pub certain: bool,
}

/// What a public identifier names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentifierKind {
    /// An account or contract.
    Address,
    /// A transaction, by its hash or signature.
    Transaction,
    /// Some other digest named as such: a block, a file's SHA-256, an event topic.
    Digest,
    /// An extended public key: spends nothing, but shows every address of the wallet.
    ExtendedPublicKey,
    /// 64 hexadecimal digits, unproven: `value` is masked, and the text is too.
    AmbiguousHex,
}

impl IdentifierKind {
    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Transaction => "transaction",
            Self::Digest => "digest",
            Self::ExtendedPublicKey => "extended_public_key",
            Self::AmbiguousHex => "ambiguous_hex",
        }
    }
}

/// The chain, or family of chains, that an identifier belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chain {
    /// Ethereum and every chain that shares its addresses.
    Evm,
    /// Bitcoin.
    Bitcoin,
    /// Litecoin.
    Litecoin,
    /// Dogecoin.
    Dogecoin,
    /// TRON.
    Tron,
    /// Solana.
    Solana,
    /// TON.
    Ton,
    /// Cosmos and the chains that share its address form.
    Cosmos,
    /// The form does not tell.
    Unknown,
}

impl Chain {
    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Evm => "evm",
            Self::Bitcoin => "bitcoin",
            Self::Litecoin => "litecoin",
            Self::Dogecoin => "dogecoin",
            Self::Tron => "tron",
            Self::Solana => "solana",
            Self::Ton => "ton",
            Self::Cosmos => "cosmos",
            Self::Unknown => "unknown",
        }
    }
}

/// What an identifier's checksum says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Checksum {
    /// It holds.
    Valid,
    /// The form carries none (a hash, a Solana address, an EVM address in one case).
    Unchecked,
    /// It does not hold: mistyped or altered, so warn before anybody uses it.
    Wrong,
}

impl Checksum {
    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Unchecked => "unchecked",
            Self::Wrong => "wrong",
        }
    }
}

/// A public identifier found in a text.
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier {
    /// What it names.
    pub kind: IdentifierKind,
    /// On which chain.
    pub chain: Chain,
    /// The identifier, free of full-width and invisible characters; masked when [`IdentifierKind::AmbiguousHex`].
    pub value: String,
    /// Whether its checksum holds.
    pub checksum: Checksum,
    /// Where it stands, in bytes of the given text (not of the redacted one).
    pub span: Range<usize>,
    /// The digits of [`IdentifierKind::AmbiguousHex`].
    pub(crate) key: Option<[u8; 32]>,
}

impl Identifier {
    /// What the addresses of masked digits commit to, if they are a key: hashes and public keys, which tell nothing of the key
    /// itself, so that it can be told from them later although it is not kept ([`Addresses::commitments`]). Takes a tenth of a
    /// millisecond.
    ///
    /// [`Addresses::commitments`]: crate::Addresses::commitments
    pub fn commitments(&self) -> Vec<Vec<u8>> {
        self.key.map(|key| commitments(&key)).unwrap_or_default()
    }

    /// Whether both are the same masked digits.
    pub fn masks_same(&self, other: &Self) -> bool {
        self.key.is_some() && self.key == other.key
    }
}

// A private key that nothing betrays as one can end up here as a transaction, so the value stays out of logs.
impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identifier")
            .field("kind", &self.kind)
            .field("chain", &self.chain)
            .field("checksum", &self.checksum)
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}

/// What is already known about the conversation.
#[derive(Clone, Copy, Default)]
pub struct Context<'a> {
    /// The same customer's recent texts of this conversation, oldest first. Needed only when [`may_be_piece`] says so.
    ///
    /// [`may_be_piece`]: crate::may_be_piece
    pub earlier: &'a [&'a str],
    /// Addresses known to belong to this request or customer: a key that derives one of them is proven.
    pub addresses: &'a [&'a str],
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("earlier", &self.earlier.len())
            .field("addresses", &self.addresses.len())
            .finish()
    }
}

/// A text after screening.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Screened {
    /// The text that may be stored.
    pub text: String,
    /// What was replaced, in order of place.
    pub findings: Vec<Finding>,
    /// What was recognised and left in place, in order of place (and unproven hex, which is masked).
    pub identifiers: Vec<Identifier>,
    /// Indexes into [`Context::earlier`]: texts that turned out to be pieces of a phrase and must be erased whole.
    pub earlier_hits: Vec<usize>,
}

impl Screened {
    /// Whether a secret was exposed: something found that is more than unproven hex.
    pub fn exposed(&self) -> bool {
        self.findings.iter().any(|finding| finding.kind.is_exposure())
    }
}

impl fmt::Debug for Screened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screened")
            .field("bytes", &self.text.len())
            .field("findings", &self.findings)
            .field("identifiers", &self.identifiers)
            .field("earlier_hits", &self.earlier_hits)
            .finish()
    }
}
