//! An agent's, a macro's or a bot's text that asks its reader for a secret.
//!
//! Support never needs a secret, so such a text is stopped without exception. What makes the rule hard is its opposite:
//! most texts that name a recovery phrase *warn*. So a text is read clause by clause: a clause asks when it names a
//! secret (or points back to one), has a word that makes the reader hand it over, and nothing denies, supposes, reports
//! or forbids that word. Typing a phrase into one's own wallet hands it to nobody. Letters that look alike, spaces between letters, invisible characters and pinyin are undone
//! first.

mod clause;
mod cue;
mod excuse;
mod plain;

use std::fmt;
use std::ops::Range;

use clause::{Around, Clause};
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
    if !marked.iter().any(|cue| matches!(cue.cue, Cue::Secret(_) | Cue::Called(_))) {
        return None;
    }
    let mut thread = Thread::default();
    for sentence in plain::sentences(plain) {
        if let Some(ask) = thread.sentence(plain, &marked, &sentence) {
            return Some((ask, sentence));
        }
    }
    None
}

fn within<'a>(marked: &'a [Marked], range: &Range<usize>) -> &'a [Marked] {
    let from = marked.partition_point(|cue| cue.start < range.start);
    let to = marked.partition_point(|cue| cue.start < range.end);
    marked.get(from..to).unwrap_or_default()
}

/// What a reader keeps in mind from one clause, and one sentence, to the next.
#[derive(Debug, Default)]
struct Thread {
    carried: Option<Ask>,
    just_named: bool,
    demanded: bool,
    /// How many sentences ago the reader was sent to the own wallet.
    in_the_wallet: Option<u8>,
}

/// A place holds for so many sentences: the steps of a guide.
const PLACE_HOLDS: u8 = 4;

impl Thread {
    fn sentence(&mut self, plain: &str, marked: &[Marked], sentence: &Range<usize>) -> Option<Ask> {
        let cues = within(marked, sentence);
        let says = |cue: Cue| cues.iter().any(|marked| marked.cue == cue);
        let quotes = plain::quotations(plain, sentence);
        let is_quoted = |at: usize| {
            let next = quotes.partition_point(|quote| quote.end <= at);
            quotes.get(next).is_some_and(|quote| quote.contains(&at))
        };
        let reports =
            cues.iter().any(|cue| matches!(cue.cue, Cue::Danger | Cue::SomeoneElse) && !is_quoted(cue.start));
        let text = plain.get(sentence.clone()).unwrap_or_default();
        if !text.contains(char::is_alphabetic) {
            // The number of an item.
            return None;
        }
        // A list goes on over the ends of lines, and no further.
        let before = plain.get(..sentence.start).unwrap_or_default();
        let numbered = |c: char| c.is_ascii_digit() || matches!(c, '.' | ' ' | '-' | ')');
        self.demanded &= before.trim_end_matches(numbered).ends_with('\n');
        let one_secret = cues.iter().filter(|marked| matches!(marked.cue, Cue::Secret(_))).count() == 1;
        let question = one_secret && plain.get(sentence.end..).is_some_and(|rest| rest.starts_with('?'));
        let common = Around {
            in_the_wallet: says(Cue::InTheWallet),
            came_from_the_wallet: self.in_the_wallet.is_some(),
            threat: says(Cue::Threat),
            pretext: says(Cue::Pretext),
            ..Around::default()
        };
        let (mut excepted, mut forbidden, mut open, mut supposed) = (false, false, false, false);
        for range in plain::clauses(plain, sentence) {
            let text = plain.get(range.clone()).unwrap_or_default().trim_start();
            if text.is_empty() {
                continue;
            }
            let enumerated = plain.get(..range.start).is_some_and(|before| before.ends_with('、'));
            let alternative =
                ["or ", "nor ", "或", "和", "及", "以及"].iter().any(|word| text.starts_with(word));
            let mut clause = Clause {
                plain,
                start: range.start,
                end: range.end,
                cues: within(marked, &range),
                around: Around {
                    carried: self.carried,
                    just_named: self.just_named,
                    excepted,
                    demanded: self.demanded,
                    question: question && range == *sentence,
                    ..common
                },
            };
            let acts = clause.cues.iter().find(|marked| marked.cue.acts());
            let begins_with_act = acts.is_some_and(|act| {
                plain.get(range.start..act.start).is_some_and(|gap| gap.trim().is_empty())
            });
            let goes_on = open && begins_with_act;
            clause.around.forbidden = forbidden && (enumerated || alternative || goes_on);
            clause.around.supposed = supposed && goes_on;
            clause.around.reported = reports && acts.is_some_and(|act| is_quoted(act.start));
            if let Some(ask) = clause.asks() {
                return Some(ask);
            }
            let secret = clause.mentioned();
            self.just_named = secret.is_some();
            self.carried = secret.or(self.carried);
            excepted |= clause.has(Cue::Unless) && (clause.has(Cue::ToUs) || clause.has(Cue::Us));
            forbidden = clause.forbids();
            supposed = clause.supposes() || clause.around.supposed;
            open = clause.is_open();
            let goes_on = self.demanded && !clause.cues.iter().any(|marked| marked.cue.acts());
            self.demanded = (goes_on || clause.demands()) && !clause.has(Cue::Not);
        }
        self.in_the_wallet = if says(Cue::OnThePage) || says(Cue::ToUs) {
            None
        } else if common.in_the_wallet {
            Some(0)
        } else {
            self.in_the_wallet.map(|ago| ago + 1).filter(|ago| *ago < PLACE_HOLDS)
        };
        None
    }
}

#[cfg(test)]
mod tests;
