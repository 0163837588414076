//! What is taken out of a form that is shown again: no page has a secret in it, and what was found is known when the form comes back.

use std::collections::BTreeSet;

use standfast_desk::SafetySteps;
use standfast_domain::{FieldKind, field};
use standfast_guard::{Context, SecretKind, screen};

use super::form::{Mistake, Typed};
use super::record::steps_for;
use super::text::readable;
use super::words::Words;

/// Replaces secrets in what is shown again, says so, and notes which kinds they are for when it comes again.
pub(crate) fn take_out_secrets(words: Words, typed: &mut Typed, mistakes: &mut Vec<Mistake>) {
    let (mut exposed, mut hidden) = (false, false);
    // As it came, it may be anything.
    let mut kinds: BTreeSet<SecretKind> = typed
        .taken_out
        .split(',')
        .filter_map(SecretKind::from_code)
        .filter(|kind| kind.is_exposure())
        .collect();
    let texts = [("", &mut typed.text), ("", &mut typed.name), ("", &mut typed.email)];
    let fields = typed.fields.iter_mut().map(|(code, value)| (label_of(code), value));
    let mut texts: Vec<_> = texts.into_iter().chain(fields).collect();
    // Together, as the desk would look at them: digits in one are told to be a key by an address in another.
    let named = texts.iter().flat_map(|(_, text)| screen(text, &Context::default()).identifiers);
    let named: Vec<String> = named.map(|one| one.value).collect();
    let addresses: Vec<&str> = named.iter().map(String::as_str).collect();
    for (label, text) in &mut texts {
        let known = Context { earlier: &[], addresses: &addresses };
        let screened = screen(&format!("{label}{text}"), &known);
        if !screened.findings.is_empty() {
            let exposures: Vec<_> =
                screened.findings.iter().map(|one| one.kind).filter(|kind| kind.is_exposure()).collect();
            exposed |= !exposures.is_empty();
            hidden |= exposures.is_empty();
            kinds.extend(exposures);
            let plain = screened.text.strip_prefix(*label).unwrap_or(&screened.text);
            **text = readable(plain, words);
        }
    }
    typed.taken_out = kinds.into_iter().map(SecretKind::as_str).collect::<Vec<_>>().join(",");
    if hidden {
        mistakes.insert(0, Mistake { field: "text", text: words.of("receipt", "masked", &[]) });
    }
    if exposed {
        mistakes.insert(0, Mistake { field: "text", text: words.say("error.secret") });
    }
}

/// What the form says of a field: digits in that for a transaction are its hash.
fn label_of(code: &str) -> &'static str {
    if field(code).is_some_and(|field| field.kind == FieldKind::Transaction) {
        "transaction hash: "
    } else {
        ""
    }
}

/// What to do first about what was taken out of a form that is shown again.
pub(crate) fn steps_after(words: Words, typed: &Typed) -> Option<SafetySteps> {
    typed.taken_out.split(',').find(|kind| !kind.is_empty()).map(|kind| steps_for(words, kind))
}

/// A text with every secret replaced by its mark.
pub(crate) fn without_secrets(text: &str) -> String {
    screen(text, &Context::default()).text
}

#[cfg(test)]
mod tests {
    use standfast_domain::Language;

    use super::*;

    const EN: Words = Words { language: Language::English };

    #[test]
    fn secrets_are_not_shown_again() {
        let phrase =
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
        let taken_out = "nothing,unproven_hex".to_owned();
        let mut typed = Typed { text: format!("help: {phrase}"), taken_out, ..Typed::default() };
        typed.fields.insert("address".into(), phrase.into());
        let mut mistakes = Vec::new();
        take_out_secrets(EN, &mut typed, &mut mistakes);
        assert!(!typed.text.contains("abandon") && !typed.fields["address"].contains("abandon"));
        assert_eq!(mistakes.len(), 1);
        let before = typed.clone();
        take_out_secrets(EN, &mut typed, &mut mistakes);
        assert!(typed == before && mistakes.len() == 1);
        assert_eq!(typed.text, "help: [Recovery phrase removed (12 words)]");
        assert_eq!(typed.taken_out, "recovery_phrase", "known when it comes again");
        assert!(steps_after(EN, &typed).is_some());
    }

    #[test]
    fn digits_are_hidden_unless_the_form_asks_for_them() {
        const DIGITS: &str = "0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b";
        let mut typed = Typed { text: DIGITS.into(), ..Typed::default() };
        typed.fields.insert("transaction".into(), DIGITS.into());
        let mut mistakes = Vec::new();
        take_out_secrets(EN, &mut typed, &mut mistakes);
        assert_eq!(typed.fields["transaction"], DIGITS);
        assert_eq!(typed.text, "[Hidden until proven harmless: 88df…944b]");
        assert!(mistakes.len() == 1 && mistakes[0].text.contains("transaction hash"), "{mistakes:?}");
        assert!(typed.taken_out.is_empty() && steps_after(EN, &typed).is_none());
        // The key of web3.js's examples and its address: proven beside it.
        let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        let mut typed = Typed { text: key.into(), ..Typed::default() };
        typed.fields.insert("address".into(), "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23".into());
        take_out_secrets(EN, &mut typed, &mut mistakes);
        assert_eq!(typed.taken_out, "private_key");
    }
}
