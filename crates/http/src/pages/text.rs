//! A message's text, cut into what is shown in different ways. Nothing here is HTML: the templates escape every piece.

use standfast_desk::IdentifierView;

use super::words::Words;

const MARK_OPEN: &str = "⟦redacted:";
const MARK_CLOSE: char = '⟧';
/// Longer texts in the brackets were typed by somebody.
const MARK_LONGEST: usize = 40;
/// Kinds of removed secrets, each with its label in the catalogue of texts.
const MARK_KINDS: [&str; 9] = [
    "recovery_phrase",
    "partial_phrase",
    "private_key",
    "extended_private_key",
    "encrypted_key",
    "keystore",
    "wallet_connect",
    "seed",
    "unproven_hex",
];
/// Shorter identifiers are shown as they are.
const SHORTEST_FOLDED: usize = 20;
/// Characters of a folded identifier that always stay in view at its end.
const TAIL: usize = 6;

/// A piece of a text, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Words.
    Plain(String),
    /// A secret was here; the label says which kind.
    Mark(String),
    /// A public identifier: its beginning, which may be cut off to view, and its end, which may not.
    Identifier { head: String, tail: String, wrong: bool },
    /// A web address written by somebody on the desk.
    Link(String),
}

/// Cuts a text. Only the desk's own texts get links that can be followed: a customer may be quoting a trap.
pub(crate) fn segments(
    text: &str,
    identifiers: &[IdentifierView],
    links: bool,
    words: Words,
) -> Vec<Segment> {
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let piece = mark(rest, words)
            .or_else(|| if links { link(rest) } else { None })
            .or_else(|| identifier(rest, identifiers));
        let length = if let Some((segment, length)) = piece {
            if !plain.is_empty() {
                found.push(Segment::Plain(std::mem::take(&mut plain)));
            }
            found.push(segment);
            length
        } else {
            plain.push(first);
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    if !plain.is_empty() {
        found.push(Segment::Plain(plain));
    }
    found
}

/// A text with words in the place of marks, as it may stand in a box: those who typed it read it there, and send it again.
pub(crate) fn readable(text: &str, words: Words) -> String {
    let piece = |segment: Segment| match segment {
        Segment::Mark(label) => format!("[{label}]"),
        Segment::Plain(text) | Segment::Link(text) => text,
        Segment::Identifier { head, tail, .. } => head + &tail,
    };
    segments(text, &[], false, words).into_iter().map(piece).collect()
}

/// Whether a text carries the mark of a secret that was exposed (hidden digits that may be a hash do not count).
pub(crate) fn has_exposed_secret(text: &str) -> bool {
    text.match_indices(MARK_OPEN)
        .any(|(at, _)| text.get(at..).and_then(parse_mark).is_some_and(|(kind, _, _)| kind != "unproven_hex"))
}

/// Kind, detail and length of the mark at the beginning of `text`.
fn parse_mark(text: &str) -> Option<(&'static str, Option<&str>, usize)> {
    let inner = text.strip_prefix(MARK_OPEN)?;
    let (end, _) = inner.char_indices().take(MARK_LONGEST).find(|(_, c)| *c == MARK_CLOSE)?;
    let inner = inner.get(..end)?;
    let (kind, detail) = inner.split_once(':').map_or((inner, None), |(kind, detail)| (kind, Some(detail)));
    let kind = MARK_KINDS.into_iter().find(|known| *known == kind)?;
    Some((kind, detail, MARK_OPEN.len() + end + MARK_CLOSE.len_utf8()))
}

fn mark(text: &str, words: Words) -> Option<(Segment, usize)> {
    let (kind, detail, length) = parse_mark(text)?;
    let count = detail.and_then(|d| d.parse::<u8>().ok());
    let label = match (kind, count, detail) {
        ("recovery_phrase", Some(count), _) => words.count("mark.words", count),
        ("unproven_hex", _, Some(detail)) => words.fill("mark.unproven_hex", "detail", detail),
        _ => words.say(&format!("mark.{kind}")),
    };
    Some((Segment::Mark(label), length))
}

fn link(text: &str) -> Option<(Segment, usize)> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme))?;
    let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"'⟦⟧，。；！？、（）【】《》".contains(c);
    let url = text
        .get(..text.find(ends).unwrap_or(text.len()))?
        .trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']']);
    (url.len() > scheme.len()).then(|| (Segment::Link(url.to_owned()), url.len()))
}

fn identifier(text: &str, identifiers: &[IdentifierView]) -> Option<(Segment, usize)> {
    let one = identifiers
        .iter()
        .filter(|one| one.value.len() >= SHORTEST_FOLDED && text.starts_with(&one.value))
        .max_by_key(|one| one.value.len())?;
    Some((folded(&one.value, one.checksum == "wrong"), one.value.len()))
}

/// An identifier whose middle may be folded away to view; the whole of it stays in the page to be selected.
pub(crate) fn folded(value: &str, wrong: bool) -> Segment {
    let cut = value.char_indices().rev().nth(TAIL - 1).map_or(0, |(at, _)| at);
    let (head, tail) = value.split_at_checked(cut).unwrap_or((value, ""));
    Segment::Identifier { head: head.to_owned(), tail: tail.to_owned(), wrong }
}

#[cfg(test)]
mod tests {
    use standfast_domain::Language;

    use super::*;

    const EN: Words = Words { language: Language::English };

    fn address(value: &str, checksum: &str) -> IdentifierView {
        IdentifierView {
            kind: "address".into(),
            chain: "evm".into(),
            value: value.into(),
            checksum: checksum.into(),
        }
    }

    fn joined(segments: &[Segment]) -> String {
        segments
            .iter()
            .map(|s| match s {
                Segment::Plain(text) | Segment::Link(text) => text.clone(),
                Segment::Mark(label) => format!("[{label}]"),
                Segment::Identifier { head, tail, .. } => format!("{head}{tail}"),
            })
            .collect()
    }

    #[test]
    fn marks_links_and_identifiers_are_told_apart() {
        let value = "0x71C7656EC7ab88b098defB751B7401B5f6d8976F";
        let text = format!("给 {value} 发 ⟦redacted:recovery_phrase:12⟧，见 https://example.org/a?b=1。");
        let cut = segments(&text, &[address(value, "wrong")], true, EN);
        assert_eq!(
            cut,
            [
                Segment::Plain("给 ".into()),
                Segment::Identifier {
                    head: "0x71C7656EC7ab88b098defB751B7401B5f6".into(),
                    tail: "d8976F".into(),
                    wrong: true
                },
                Segment::Plain(" 发 ".into()),
                Segment::Mark("Recovery phrase removed (12 words)".into()),
                Segment::Plain("，见 ".into()),
                Segment::Link("https://example.org/a?b=1".into()),
                Segment::Plain("。".into()),
            ]
        );
        assert!(
            segments("https://trap.example", &[], false, EN)
                == [Segment::Plain("https://trap.example".into())]
        );
    }

    #[test]
    fn what_only_looks_like_a_mark_stays_text() {
        for text in [
            "⟦redacted:anything⟧",
            "⟦redacted:",
            "⟦redacted:seed",
            "[redacted:seed]",
            "https://",
            "javascript:x",
        ] {
            assert_eq!(segments(text, &[], true, EN), [Segment::Plain(text.into())], "{text}");
        }
        assert!(has_exposed_secret("a ⟦redacted:seed⟧"));
        assert!(!has_exposed_secret("a ⟦redacted:unproven_hex:4c08…2318⟧"));
    }

    #[test]
    fn nothing_of_a_text_is_lost() {
        let value = "助".repeat(20);
        for text in ["", "助记词", "a\n\nb", "⟦⟦⟦", &format!("{value}{value}"), "http://x https://y"]
        {
            assert_eq!(joined(&segments(text, &[address(&value, "valid")], true, EN)), text);
        }
    }
}
