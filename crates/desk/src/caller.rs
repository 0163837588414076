//! Who calls a use case. A caller is made by checking a credential, never by hand.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use standfast_domain::{AgentId, Permission, RequestId, Role};

use crate::Error;

/// Somebody who holds a visitor secret: 32 bytes that the widget (or the form's cookie) keeps.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Visitor {
    subject: String,
}

impl Visitor {
    /// Checks the form of a visitor secret: 32 bytes in base64url. Only its SHA-256 is kept, here and in the store.
    pub fn new(secret: &str) -> Result<Self, Error> {
        let bytes = URL_SAFE_NO_PAD.decode(secret).map_err(|_| Error::Unauthenticated)?;
        if bytes.len() != 32 {
            return Err(Error::Unauthenticated);
        }
        Ok(Self { subject: hex(&Sha256::digest(bytes)) })
    }

    /// The subject under which the store knows this visitor.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

impl std::fmt::Debug for Visitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Visitor")
    }
}

/// A caller on the customer's side.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Customer {
    /// By visitor secret: sees all requests of the customer behind it.
    Visitor(Visitor),
    /// By the secret link of one request: sees that request alone.
    Link(RequestId),
}

impl Customer {
    /// The name under which answers to this caller are remembered, and its attachments are its own.
    #[must_use]
    pub fn scope(&self) -> String {
        match self {
            Self::Visitor(visitor) => format!("v:{}", visitor.subject),
            Self::Link(id) => format!("l:{id}"),
        }
    }

    /// The one request that a link opens.
    pub(crate) const fn linked(&self) -> Option<RequestId> {
        match self {
            Self::Visitor(_) => None,
            Self::Link(id) => Some(*id),
        }
    }
}

/// Somebody on the desk who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentCaller {
    /// Who it is.
    pub id: AgentId,
    /// The name that customers see.
    pub name: String,
    /// What the agent may do.
    pub role: Role,
}

impl AgentCaller {
    /// Refuses unless the role may.
    pub fn require(&self, permission: Permission) -> Result<(), Error> {
        if self.role.may(permission) { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// The name under which answers to this caller are remembered.
    #[must_use]
    pub fn scope(&self) -> String {
        format!("a:{}", self.id)
    }
}

/// Bytes as lower-case hexadecimal digits. Every message needs some: no formatting machinery.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

/// The 32 bytes that [`hex`] wrote so.
pub(crate) fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pairs: Vec<&[u8]> = digits.as_bytes().chunks(2).collect();
    let byte = |pair: &&[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let is_hash = digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hash.then(|| pairs.iter().map(byte).collect()).flatten()
}
