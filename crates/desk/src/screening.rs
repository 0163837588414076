//! The guard at the desk's door: every text of a command goes through here before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use standfast_domain::{FieldKind, Language, field};
use standfast_guard::{Context, Finding, Identifier, IdentifierKind, SecretKind, screen};

use crate::attachment::Text;
use crate::view::{IdentifierView, SafetySteps, SecretNotice};
use crate::words;

/// Most identifiers kept of one message.
const MOST_IDENTIFIERS: usize = 32;
/// Most digits of one message that are compared with addresses named later: each costs a tenth of a millisecond.
const MOST_HIDDEN: usize = 4;

/// What was found in the texts of one command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    kinds: BTreeSet<SecretKind>,
    pub(crate) identifiers: Vec<IdentifierView>,
    /// Whether digits were masked of which nobody knows whether they are a key or a transaction.
    pub(crate) masked: bool,
    /// These digits, which an address that is named later may prove to be a key.
    pub(crate) hidden: Vec<Identifier>,
    /// Addresses of the conversation: digits that derive one of them are its key, whatever they are called.
    known: Vec<String>,
}

impl Findings {
    /// Of texts of a conversation in which these addresses were named.
    pub(crate) fn knowing(addresses: &[String]) -> Self {
        Self { known: addresses.to_vec(), ..Self::default() }
    }

    /// Screens one text: what comes back may be stored.
    pub(crate) fn text(&mut self, text: &str) -> String {
        let addresses: Vec<&str> = self.known.iter().map(String::as_str).collect();
        let screened = screen(text, &Context { earlier: &[], addresses: &addresses });
        self.take(&screened);
        screened.text
    }

    /// The addresses that were named.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.identifiers.iter().filter(|one| one.is_address()).map(|one| one.value.clone()).collect()
    }

    /// Whether there are digits that an address could prove to be its key: taken for a hash, or masked because nobody knows.
    pub(crate) fn may_hold_key(&self) -> bool {
        self.masked || self.identifiers.iter().any(IdentifierView::is_hash)
    }

    /// Adds what the customer is told of a key that was written earlier.
    pub(crate) fn add_key(&mut self) {
        self.kinds.insert(SecretKind::PrivateKey);
    }

    /// Screens the answers to an intake form. What the form asked for says what an answer is: 64 digits in the field
    /// for a transaction are its hash, which the digits alone do not tell.
    pub(crate) fn fields(&mut self, fields: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        const LABEL: &str = "transaction hash: ";
        let mut safe = BTreeMap::new();
        for (code, value) in fields {
            let is_transaction = field(code).is_some_and(|f| f.kind == FieldKind::Transaction);
            let text = if is_transaction {
                let text = self.text(&format!("{LABEL}{}", value.trim()));
                text.strip_prefix(LABEL).unwrap_or(&text).to_owned()
            } else {
                self.text(value)
            };
            safe.insert(code.clone(), text);
        }
        safe
    }

    /// Screens names and values of a map.
    pub(crate) fn map(&mut self, map: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        map.iter().map(|(name, value)| (self.text(name), self.text(value))).collect()
    }

    /// Takes over what was found in a text.
    pub(crate) fn take(&mut self, screened: &standfast_guard::Screened) {
        self.take_found(&screened.findings, &screened.identifiers);
        for digits in screened.identifiers.iter().filter(|one| one.kind == IdentifierKind::AmbiguousHex) {
            if self.hidden.len() < MOST_HIDDEN && !self.hidden.iter().any(|one| one.masks_same(digits)) {
                self.hidden.push(digits.clone());
            }
        }
    }

    /// Takes over what was found in a file.
    pub(crate) fn take_file(&mut self, file: &Text) {
        self.take_found(&file.findings, &file.identifiers);
    }

    fn take_found(&mut self, findings: &[Finding], identifiers: &[Identifier]) {
        self.kinds.extend(findings.iter().map(|f| f.kind).filter(|kind| kind.is_exposure()));
        for found in identifiers {
            if found.kind == IdentifierKind::AmbiguousHex {
                self.masked = true;
                continue;
            }
            if self.identifiers.len() == MOST_IDENTIFIERS {
                continue;
            }
            if self.identifiers.iter().all(|known| known.value != found.value) {
                self.identifiers.push(IdentifierView {
                    kind: found.kind.as_str().to_owned(),
                    chain: found.chain.as_str().to_owned(),
                    value: found.value.clone(),
                    checksum: found.checksum.as_str().to_owned(),
                });
            }
        }
    }

    /// Adds kinds of secrets by their codes, as an attachment's row keeps them.
    pub(crate) fn add_codes(&mut self, codes: &str) {
        self.kinds
            .extend(codes.split(',').filter_map(SecretKind::from_code).filter(|kind| kind.is_exposure()));
    }

    /// The kinds found, as an attachment's row keeps them.
    pub(crate) fn codes(&self) -> String {
        self.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(",")
    }

    /// Whether a secret was exposed.
    pub(crate) fn exposed(&self) -> bool {
        !self.kinds.is_empty()
    }

    /// The most telling kind found.
    pub(crate) fn first_code(&self) -> Option<String> {
        self.kinds.first().map(|kind| kind.as_str().to_owned())
    }

    /// What the customer is told at once.
    pub(crate) fn notice(&self, language: Language) -> Option<SecretNotice> {
        let worst = self.kinds.first()?;
        let (title, steps): (&str, &[&str]) = match worst {
            SecretKind::RecoveryPhrase | SecretKind::PartialPhrase | SecretKind::Seed => {
                ("phrase", &["new_wallet", "move", "never_again", "ignore"])
            }
            SecretKind::PrivateKey | SecretKind::ExtendedPrivateKey | SecretKind::EncryptedKey => {
                ("key", &["new_wallet", "move", "never_again", "ignore"])
            }
            SecretKind::Keystore => ("keystore", &["new_wallet", "move", "never_again", "ignore"]),
            SecretKind::WalletConnect | SecretKind::UnprovenHex => {
                ("session", &["disconnect", "approvals", "ignore"])
            }
        };
        Some(SecretNotice {
            kinds: self.kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
            steps: SafetySteps {
                title: words(language, &format!("receipt.secret.title.{title}"), &[]),
                items: steps
                    .iter()
                    .map(|s| words(language, &format!("receipt.secret.step.{s}"), &[]))
                    .collect(),
            },
        })
    }
}
