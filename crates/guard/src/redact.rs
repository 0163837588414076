//! Screening a text: every layer of it is searched, what was found is merged and replaced by marks.

use crate::api::{Context, Finding, Screened, SecretKind};
use crate::keyword::Words;
use crate::mark;
use crate::normalise::{Mapped, Mapper, fold};
use crate::scan::{Found, Hit, MAX_DEPTH, Scan};
use crate::token::tokens;
use crate::{chinese, document, encoded, glued, hex, identifier, phrase, spread};

/// Screens a text before it is written anywhere.
///
/// The result is stable: screening [`Screened::text`] again finds nothing new.
pub fn screen(text: &str, context: &Context<'_>) -> Screened {
    let mut found = layer(text, 0, &mut Scan::new(*context));
    let earlier_hits = spread::join(text, context, &mut found);
    finish(text, found, earlier_hits, || Scan::new(*context))
}

/// Screens the text of a file, and says whether an address that is named later could prove more in it to be a key.
pub(crate) fn screen_file(text: &str, context: &Context<'_>) -> (Screened, bool) {
    let mut scan = Scan::of_file(*context);
    let mut found = layer(text, 0, &mut scan);
    let earlier_hits = spread::join(text, context, &mut found);
    let screened = finish(text, found, earlier_hits, || Scan::of_file(*context));
    (screened, scan.is_unproven())
}

/// Screens a file name: phrases and keys in it, and the names that wallets give to keystore files.
pub fn screen_file_name(name: &str) -> Screened {
    let mut found = layer(name, 0, &mut Scan::new(Context::default()));
    if names_a_keystore(name) {
        found.hits.push(Hit::new(SecretKind::Keystore, 0..name.len(), false));
    }
    finish(name, found, Vec::new(), || Scan::new(Context::default()))
}

/// `UTC--<time>--<address>` is how Ethereum clients name keystore files.
fn names_a_keystore(path: &str) -> bool {
    let base = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let name = base.to_ascii_lowercase();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    name.starts_with("utc--") || (stem.contains("keystore") && extension == "json")
}

/// Searches one layer of a text and those encoded in it.
pub(crate) fn layer(text: &str, depth: u8, scan: &mut Scan<'_>) -> Found {
    let folded = fold(text);
    let body = &*folded.text;
    let signs = Signs::of(body);
    let mut inner = Found::default();
    let words = Words::new(body);
    let tokens = tokens(body);
    phrase::find(body, &tokens, &words, scan, &mut inner);
    chinese::find(body, &tokens, &words, &mut inner);
    glued::find_spaced(body, &tokens, &mut inner);
    if signs.long_run || signs.kana {
        glued::find(body, &mut inner);
    }
    if signs.long_run {
        identifier::find(body, scan, &mut inner);
        hex::find(body, &words, scan, &mut inner);
    }
    if signs.hex_groups {
        hex::find_grouped(body, &words, scan, &mut inner);
    }
    if signs.structure {
        document::find(body, &words, scan, &mut inner);
    }
    if depth < MAX_DEPTH {
        if signs.escapes
            && let Some(plain) = encoded::unescape(body)
        {
            let deeper = layer(&plain.text, depth + 1, scan);
            inner.absorb(deeper, &plain);
        }
        if signs.long_run || signs.numbers {
            blobs(body, depth, &words, scan, &mut inner);
        }
    }
    let mut found = Found::default();
    found.absorb(inner, &folded);
    found
}

/// Screens what base64, hexadecimal and character codes say; a blob with a secret is replaced whole.
fn blobs(body: &str, depth: u8, words: &Words<'_>, scan: &mut Scan<'_>, inner: &mut Found) {
    for blob in encoded::blobs(body) {
        if inner.holds(&blob.span) {
            continue;
        }
        let deeper = blob.text().map(|text| layer(&text, depth + 1, scan)).unwrap_or_default();
        let worst = deeper.hits.into_iter().min_by_key(|hit| rank(&hit.finding));
        if let Some(mut hit) = worst {
            hit.finding.span = blob.span;
            hit.masked = None;
            inner.hits.push(hit);
        } else if encoded::is_key(&blob, words, scan) {
            inner.hits.push(Hit::new(SecretKind::PrivateKey, blob.span, false));
        }
    }
}

/// What a text has that the costlier detectors need, told in one pass.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent signs, each read once")]
struct Signs {
    /// A run of letters and digits as long as the shortest address.
    long_run: bool,
    /// As many kana as an unseparated phrase has.
    kana: bool,
    /// As many hexadecimal digits as a key has, in words that have no other letters.
    hex_groups: bool,
    /// Something that begins an escape.
    escapes: bool,
    /// Braces, dashes of PEM, `wc:`, or many numbers.
    structure: bool,
    /// As many numbers as a list of character codes has.
    numbers: bool,
}

impl Signs {
    fn of(body: &str) -> Self {
        let mut signs = Self::default();
        let (mut run, mut hex, mut group, mut numbers, mut kana) = (0_u32, 0_u32, 0_u32, 0_u32, 0_u32);
        let mut pure = true;
        let mut colon_after_wc = false;
        let mut previous = [0_u8; 2];
        for byte in body.bytes() {
            if byte.is_ascii_alphanumeric() {
                run += 1;
                group += 1;
                pure &= byte.is_ascii_hexdigit() || (group == 2 && matches!(byte, b'x' | b'X'));
                numbers += u32::from(byte.is_ascii_digit() && !previous[1].is_ascii_digit());
                signs.long_run |= run >= 25;
            } else {
                if group > 0 {
                    hex = if pure { hex + group } else { 0 };
                    signs.hex_groups |= hex >= 64;
                    (group, pure) = (0, true);
                }
                run = if matches!(byte, b'-' | b'_' | b'+' | b'/') { run + 1 } else { 0 };
                match byte {
                    b'%' | b'&' | b'\\' | b'=' => signs.escapes = true,
                    b'{' => signs.structure = true,
                    b'-' if previous == *b"--" => signs.structure = true,
                    // The lead and second byte of hiragana and katakana.
                    0x81 | 0x82 if previous[1] == 0xe3 => kana += 1,
                    b':' => colon_after_wc |= previous.eq_ignore_ascii_case(b"wc"),
                    _ => {}
                }
            }
            previous = [previous[1], byte];
        }
        signs.hex_groups |= pure && hex + group >= 64;
        signs.structure |= colon_after_wc || numbers >= 32;
        signs.numbers = numbers >= 40;
        signs.kana = kana >= 24;
        signs
    }
}

/// Which of two overlapping findings names the whole: exposures before unproven hex, certain before probable.
fn rank(finding: &Finding) -> (bool, bool, SecretKind) {
    (!finding.kind.is_exposure(), !finding.certain, finding.kind)
}

/// A mark parts what stood together, and what was one blob can then be two: the result is searched again, this often.
const MAX_ROUNDS: usize = 4;

fn finish<'a>(
    text: &str,
    mut found: Found,
    earlier_hits: Vec<usize>,
    scan: impl Fn() -> Scan<'a>,
) -> Screened {
    let mut hits = merge(std::mem::take(&mut found.hits));
    let mut redacted = replace(text, &hits);
    for _ in 0..MAX_ROUNDS {
        if hits.is_empty() {
            break;
        }
        let mut again = Found::default();
        again.absorb(layer(&redacted.text, 0, &mut scan()), &redacted);
        if again.hits.is_empty() {
            break;
        }
        hits = merge([hits, again.hits].concat());
        redacted = replace(text, &hits);
    }
    found.identifiers.sort_by_key(|identifier| (identifier.span.start, identifier.span.end));
    found.identifiers.dedup_by(|a, b| a.span.start < b.span.end);
    found.identifiers.retain(|identifier| {
        let before = hits.partition_point(|hit| hit.finding.span.end <= identifier.span.start);
        match hits.get(before).filter(|hit| hit.finding.span.start < identifier.span.end) {
            Some(hit) => hit.finding.kind == SecretKind::UnprovenHex && hit.finding.span == identifier.span,
            None => true,
        }
    });
    let text = redacted.text.into_owned();
    let findings = hits.into_iter().map(|hit| hit.finding).collect();
    Screened { text, findings, identifiers: found.identifiers, earlier_hits }
}

/// The text with marks in the place of the hits, which do not overlap.
fn replace(text: &str, hits: &[Hit]) -> Mapped<'static> {
    let mut out = Mapper::with_capacity(text.len());
    let mut from = 0;
    for hit in hits {
        let finding = &hit.finding;
        out.copy(text.get(from..finding.span.start).unwrap_or_default(), from);
        match &hit.masked {
            Some(masked) => out.replace(masked, finding.span.start),
            None => out.replace(&mark::mark(finding.kind, finding.words), finding.span.start),
        }
        from = finding.span.end;
    }
    out.copy(text.get(from..).unwrap_or_default(), from);
    out.finish(text.len())
}

/// Joins overlapping hits; the worst of them names the union.
fn merge(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| hit.finding.span.start);
    let mut out: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        match out.last_mut() {
            Some(last) if hit.finding.span.start < last.finding.span.end => {
                let span = last.finding.span.start..last.finding.span.end.max(hit.finding.span.end);
                if rank(&hit.finding) < rank(&last.finding) {
                    *last = hit;
                }
                if last.finding.span != span {
                    last.finding.span = span;
                    if last.masked.take().is_some() {
                        last.finding.certain = false;
                    }
                }
            }
            _ => out.push(hit),
        }
    }
    out
}
