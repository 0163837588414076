//! An agent's, a macro's or a bot's text that asks its reader for a secret.
//!
//! Support never needs a secret, so such a text is stopped without exception. What makes the rule hard is its opposite:
//! most texts that name a recovery phrase *warn*. So a text is read clause by clause: a clause asks when it names a
//! secret (or points back to one), has a word that makes the reader hand it over, and nothing denies, reports or
//! forbids that word. Letters that look alike, spaces between letters, invisible characters and pinyin are undone
//! first.

mod cue;
mod plain;

use std::fmt;
use std::ops::Range;

use cue::{Cue, Marked, cues};

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

impl Ask {
    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RecoveryPhrase => "recovery_phrase",
            Self::PrivateKey => "private_key",
            Self::Keystore => "keystore",
            Self::Password => "password",
            Self::OneTimeCode => "one_time_code",
            Self::RemoteControl => "remote_control",
        }
    }

    /// Whether a genuine guide tells its reader to type this into the wallet, and nowhere else.
    fn belongs_in_the_wallet(self) -> bool {
        matches!(self, Self::RecoveryPhrase | Self::PrivateKey | Self::Keystore)
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request for a secret, by its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solicitation {
    /// What is asked for.
    pub ask: Ask,
    /// The sentence that asks, in bytes of the given text.
    pub span: Range<usize>,
}

/// Whether a text asks its reader for a secret. There is no way to allow it.
pub fn solicits(text: &str) -> Option<Solicitation> {
    let mut layers = plain::layers(text);
    layers.find_map(|layer| {
        let (ask, span) = read(&layer.text)?;
        Some(Solicitation { ask, span: layer.source(&span) })
    })
}

fn read(plain: &str) -> Option<(Ask, Range<usize>)> {
    let marked = cues(plain);
    if !marked.iter().any(|cue| matches!(cue.cue, Cue::Secret(_))) {
        return None;
    }
    let mut carried = None;
    for sentence in plain::sentences(plain) {
        let clauses = plain::clauses(plain, &sentence);
        let within = |range: &Range<usize>| {
            let from = marked.partition_point(|cue| cue.start < range.start);
            let to = marked.partition_point(|cue| cue.start < range.end);
            marked.get(from..to).unwrap_or_default()
        };
        let safe_place = within(&sentence).iter().any(|cue| cue.cue == Cue::InTheWallet);
        let mut excepted = false;
        for clause in &clauses {
            let clause = Clause { plain, cues: within(clause), carried, safe_place, excepted };
            if let Some(ask) = clause.asks() {
                return Some((ask, sentence));
            }
            carried = clause.secret().or(carried);
            excepted |= clause.has(Cue::Unless) && clause.has(Cue::ToUs);
        }
    }
    None
}

struct Clause<'a> {
    plain: &'a str,
    cues: &'a [Marked],
    /// A secret named before, which this clause may mean by "it".
    carried: Option<Ask>,
    safe_place: bool,
    /// Whether the sentence has taken us out of what it forbids ("except us, …").
    excepted: bool,
}

impl Clause<'_> {
    fn has(&self, cue: Cue) -> bool {
        self.cues.iter().any(|marked| marked.cue == cue)
    }

    /// The secret that the clause names, unless it is named to be excluded ("not your private key").
    fn secret(&self) -> Option<Ask> {
        self.cues.iter().enumerate().find_map(|(at, marked)| {
            let Cue::Secret(ask) = marked.cue else { return None };
            let denial = self.cues.get(..at)?.iter().rev().find(|before| before.cue != Cue::Your);
            // Between a Chinese denial and its verb the secret is the object: "不要把助记词…" excludes nothing.
            let excluded = denial.filter(|before| before.cue == Cue::Not).is_some_and(|before| {
                self.plain.get(before.end..marked.start).is_some_and(|gap| gap.len() <= 6 && gap.is_ascii())
            });
            (!excluded).then_some(ask)
        })
    }

    fn asks(&self) -> Option<Ask> {
        let to_us = self.has(Cue::ToUs) || self.has(Cue::SendUs);
        let named = self.secret();
        let pointed_at = || self.carried.filter(|_| to_us && self.has(Cue::It) && !self.has(Cue::Not));
        let ask = named.or_else(pointed_at)?;
        self.cues
            .iter()
            .enumerate()
            .any(|(at, marked)| self.hands_over(at, marked.cue, ask, to_us) && !self.excused(at, to_us))
            .then_some(ask)
    }

    /// Whether a cue makes the reader hand over this kind of secret.
    fn hands_over(&self, at: usize, cue: Cue, ask: Ask, to_us: bool) -> bool {
        let next = self.cues.get(at + 1).map(|next| next.cue);
        match cue {
            // Everybody types passwords and codes somewhere, and guides say so.
            Cue::SendUs => true,
            Cue::Import => ask.belongs_in_the_wallet() && (self.has(Cue::OnThePage) || self.has(Cue::ToUs)),
            Cue::Send | Cue::Want => ask.belongs_in_the_wallet() || to_us || self.has(Cue::Your),
            Cue::Mail => to_us || next == Some(Cue::Your),
            Cue::Show => to_us,
            Cue::Enter => {
                ask.belongs_in_the_wallet() && (!self.safe_place || to_us || self.has(Cue::OnThePage))
            }
            Cue::Run => ask == Ask::RemoteControl,
            _ => false,
        }
    }

    /// Whether what stands before the word of asking denies, forbids or reports it.
    fn excused(&self, at: usize, to_us: bool) -> bool {
        let before = self.cues.get(..at).unwrap_or_default();
        let says = |cue: Cue| before.iter().any(|marked| marked.cue == cue);
        let denied = says(Cue::Not) && !self.excepted && !(to_us && self.has(Cue::Unless));
        // "To avoid a loss, send me …" and "because of scammers, send me …" still ask.
        let warned = (self.has(Cue::Danger) || says(Cue::SomeoneElse) || says(Cue::Whether)) && !to_us;
        denied || warned
    }
}

#[cfg(test)]
mod tests;
