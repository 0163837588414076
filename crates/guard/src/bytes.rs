//! Text attachments: exports, logs, notes in whatever encoding the customer's machine writes.

use encoding_rs::{GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::api::{Context, Finding, Identifier, SecretKind};
use crate::mark;
use crate::redact::screen_file;

/// How an attachment was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
    /// GB18030, and so GBK and GB2312.
    Gb18030,
    /// Not text: only its stretches of ASCII were read.
    Binary,
}

/// An attachment after screening.
#[derive(Clone, PartialEq, Eq)]
pub struct ScreenedBytes {
    /// The bytes that may be stored: the given ones when nothing was found.
    pub bytes: Vec<u8>,
    /// How they were read.
    pub encoding: Encoding,
    /// What was replaced; the spans are bytes of the text in UTF-8 (of the given bytes for [`Encoding::Binary`]).
    pub findings: Vec<Finding>,
    /// What was recognised and left in place.
    pub identifiers: Vec<Identifier>,
    /// Indexes into [`Context::earlier`], as in [`crate::Screened`].
    pub earlier_hits: Vec<usize>,
    /// Whether the file must be withheld whole: it is a keystore, or no text and holds a secret, or so damaged that it still shows
    /// one when what was found is taken out.
    pub quarantine: bool,
    /// Whether an address that nobody has named yet could prove something in it to be a key: if one is named, the file
    /// must be screened again.
    pub unproven: bool,
}

impl std::fmt::Debug for ScreenedBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScreenedBytes")
            .field("bytes", &self.bytes.len())
            .field("encoding", &self.encoding)
            .field("findings", &self.findings)
            .field("identifiers", &self.identifiers)
            .field("quarantine", &self.quarantine)
            .finish_non_exhaustive()
    }
}

/// Screens the bytes of an attachment; text comes back in the encoding it came in.
///
/// Pictures are not read: a photograph of a phrase needs a warning beside the upload, not this function.
pub fn screen_bytes(bytes: &[u8], context: &Context<'_>) -> ScreenedBytes {
    let (text, encoding) = decode(bytes);
    let (mut screened, unproven) = screen_file(&text, context);
    let keystore = screened.findings.iter().any(|finding| finding.kind == SecretKind::Keystore);
    let mut withheld = (keystore || (encoding == Encoding::Binary && screened.exposed()))
        .then(|| worst(&screened.findings, keystore));
    let mut stored = if screened.findings.is_empty() || encoding == Encoding::Binary {
        bytes.to_vec()
    } else {
        encode(&screened.text, encoding)
    };
    if withheld.is_none()
        && let Some(kind) = read_otherwise(&stored, bytes, (&screened.text, encoding), context)
    {
        // What was found first stays said: a caller tells by it what was exposed.
        screened.findings.push(Finding { kind, span: 0..text.len(), words: None, certain: false });
        withheld = Some(worst(&screened.findings, false));
    }
    if let Some(kind) = withheld {
        stored = mark::mark(kind, None).into_bytes();
    }
    ScreenedBytes {
        bytes: stored,
        encoding,
        findings: screened.findings,
        identifiers: screened.identifiers,
        earlier_hits: screened.earlier_hits,
        quarantine: withheld.is_some(),
        unproven: unproven && withheld.is_none(),
    }
}

/// The kind that names all of a file that is withheld.
fn worst(findings: &[Finding], keystore: bool) -> SecretKind {
    let kinds = findings.iter().map(|finding| finding.kind);
    let telling =
        kinds.filter(|kind| if keystore { *kind == SecretKind::Keystore } else { kind.is_exposure() });
    telling.min().unwrap_or(SecretKind::UnprovenHex)
}

/// Damaged bytes can be read in one way with a secret and in another without it, which then shows more. What is found in
/// such a file, if anything, cannot be taken out of it.
fn read_otherwise(
    stored: &[u8],
    given: &[u8],
    meant: (&str, Encoding),
    context: &Context<'_>,
) -> Option<SecretKind> {
    if stored == given {
        return None;
    }
    let (text, encoding) = decode(stored);
    if (&*text, encoding) == meant {
        return None;
    }
    let (again, _) = screen_file(&text, context);
    (!again.findings.is_empty()).then(|| worst(&again.findings, false))
}

fn decode(bytes: &[u8]) -> (String, Encoding) {
    let by_mark = match bytes {
        [0xef, 0xbb, 0xbf, ..] => Some(Encoding::Utf8),
        [0xff, 0xfe, ..] => Some(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => Some(Encoding::Utf16Be),
        _ => None,
    };
    let guess = by_mark.or_else(|| utf16_by_zeros(bytes)).unwrap_or(Encoding::Utf8);
    match guess {
        Encoding::Utf16Le => return (UTF_16LE.decode_without_bom_handling(bytes).0.into_owned(), guess),
        Encoding::Utf16Be => return (UTF_16BE.decode_without_bom_handling(bytes).0.into_owned(), guess),
        _ => {}
    }
    if let Ok(text) = str::from_utf8(bytes) {
        return (text.to_owned(), Encoding::Utf8);
    }
    if !bytes.contains(&0) {
        if by_mark.is_some() {
            return (UTF_8.decode_without_bom_handling(bytes).0.into_owned(), Encoding::Utf8);
        }
        if let Some(text) = GB18030.decode_without_bom_handling_and_without_replacement(bytes) {
            return (text.into_owned(), Encoding::Gb18030);
        }
    }
    // One character a byte, so that places in the text are places in the file.
    let ascii = |b: &u8| if b.is_ascii_graphic() || b.is_ascii_whitespace() { char::from(*b) } else { ' ' };
    (bytes.iter().map(ascii).collect(), Encoding::Binary)
}

/// UTF-16 without a byte order mark has zeros on one side of nearly every pair.
fn utf16_by_zeros(bytes: &[u8]) -> Option<Encoding> {
    let head = bytes.get(..bytes.len().min(512))?;
    let (pairs, _) = head.as_chunks::<2>();
    if pairs.len() < 8 {
        return None;
    }
    let low_zero = pairs.iter().filter(|[first, second]| *first == 0 && *second != 0).count();
    let high_zero = pairs.iter().filter(|[first, second]| *first != 0 && *second == 0).count();
    if high_zero * 10 >= pairs.len() * 6 && low_zero * 10 < pairs.len() {
        Some(Encoding::Utf16Le)
    } else if low_zero * 10 >= pairs.len() * 6 && high_zero * 10 < pairs.len() {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        Encoding::Gb18030 => GB18030.encode(text).0.into_owned(),
        Encoding::Utf8 | Encoding::Binary => text.as_bytes().to_vec(),
    }
}
