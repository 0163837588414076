//! An agent's text that asks for a secret.

use std::ops::Range;

/// What a text asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ask {
    /// A recovery phrase.
    RecoveryPhrase,
    /// A private key.
    PrivateKey,
    /// A keystore file.
    Keystore,
    /// A password or PIN.
    Password,
    /// A one-time code.
    OneTimeCode,
    /// Control of the customer's screen or device.
    RemoteControl,
}

/// A request for a secret, by its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solicitation {
    /// What is asked for.
    pub ask: Ask,
    /// The sentence that asks, in bytes of the given text.
    pub span: Range<usize>,
}

/// Whether a text asks its reader for a secret.
pub fn solicits(_text: &str) -> Option<Solicitation> {
    None
}
