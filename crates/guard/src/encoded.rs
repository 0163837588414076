//! Encodings that hide a secret from a plain search: escapes are undone in place, blobs are decoded and screened.

use std::ops::Range;

use encoding_rs::GB18030;

use crate::document::numbers;
use crate::key::key_pair;
use crate::keyword::{Says, Words};
use crate::normalise::{Mapped, Mapper};
use crate::scan::Scan;

/// Shorter blobs cannot hold a phrase or key: the shortest is eight words of three letters.
const MIN_BLOB: usize = 40;
/// Lines of a wrapped blob are at least this long but for the last (MIME wraps at 76, PEM at 64).
const WRAPPED_LINE: usize = 56;

/// A decoded blob and where it stands.
#[derive(Debug)]
pub(crate) struct Blob {
    pub(crate) span: Range<usize>,
    pub(crate) bytes: Vec<u8>,
}

impl Blob {
    /// The text that the bytes are, if they are text.
    pub(crate) fn text(&self) -> Option<String> {
        let text = utf16(&self.bytes).or_else(|| self.utf8())?;
        let control = text.chars().filter(|c| c.is_control() && !c.is_whitespace()).count();
        (control * 20 <= text.len() && !text.is_empty()).then_some(text)
    }

    /// As much of the bytes as is UTF-8: something else can be glued to a blob's end.
    fn utf8(&self) -> Option<String> {
        let valid = str::from_utf8(&self.bytes).map_or_else(|error| error.valid_up_to(), str::len);
        let text = str::from_utf8(self.bytes.get(..valid)?).ok()?;
        (text.len() * 4 >= MIN_BLOB * 3 || valid == self.bytes.len()).then(|| text.to_owned())
    }
}

/// UTF-16 as PowerShell's base64 has it: every other byte of mostly Latin text is zero.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    let zeros = pairs.iter().filter(|[_, high]| *high == 0).count();
    // Text of any script has spaces.
    if zeros * 12 < pairs.len() {
        return None;
    }
    let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}

/// Every blob in a folded text that decodes: base64 (both alphabets, wrapped or not), hexadecimal, character codes.
pub(crate) fn blobs(folded: &str) -> Vec<Blob> {
    let mut out = Vec::new();
    for span in runs(folded) {
        let Some(run) = folded.get(span.clone()) else { continue };
        let letters: String = run.split_ascii_whitespace().collect();
        let hexadecimal = letters.strip_prefix("0x").unwrap_or(&letters);
        if let Some(bytes) = crate::hex::decode(hexadecimal).or_else(|| base64(&letters)) {
            out.push(Blob { span, bytes });
        }
    }
    let codes = numbers(folded, MIN_BLOB).into_iter().filter(|(_, bytes)| bytes.iter().all(u8::is_ascii));
    out.extend(codes.map(|(span, bytes)| Blob { span, bytes }));
    out
}

/// Runs of letters that base64 or hexadecimal could be, with the line breaks of a wrapped one.
fn runs(folded: &str) -> Vec<Range<usize>> {
    let bytes = folded.as_bytes();
    let blob = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    let mut wraps = false;
    while at < bytes.len() {
        let length = bytes.iter().skip(at).take_while(|b| blob(b)).count();
        let padding = bytes.iter().skip(at + length).take(2).take_while(|b| **b == b'=').count();
        if length == 0 {
            at += 1;
            continue;
        }
        let end = at + length + if length >= 2 { padding } else { 0 };
        let broken =
            |last: &Range<usize>| bytes.get(last.end..at).is_some_and(|gap| matches!(gap, b"\n" | b"\r\n"));
        match out.last_mut() {
            Some(last) if wraps && broken(last) => last.end = end,
            _ => out.push(at..end),
        }
        wraps = length >= WRAPPED_LINE && padding == 0;
        if !wraps && out.last().is_some_and(|last| last.len() < MIN_BLOB) {
            out.pop();
        }
        at = end;
    }
    out
}

/// Decodes base64 in either alphabet, padded or not; the bits left over at the end do not matter.
pub(crate) fn base64(letters: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(letters.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for letter in letters.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(((bits >> count) & 0xff) as u8);
        }
    }
    Some(out)
}

/// Undoes percent, backslash, entity and quoted-printable escapes, all at once; nothing when there are none.
pub(crate) fn unescape(folded: &str) -> Option<Mapped<'static>> {
    let mut out = Mapper::with_capacity(folded.len());
    let mut changed = false;
    let mut raw: Vec<(u8, usize)> = Vec::new();
    let mut at = 0;
    while at < folded.len() {
        let rest = folded.get(at..)?;
        let plain = rest.bytes().take_while(|b| !matches!(b, b'%' | b'&' | b'\\' | b'=')).count();
        if plain > 0 {
            write_raw(&mut raw, &mut out);
            out.copy(rest.get(..plain)?, at);
            at += plain;
            continue;
        }
        match escape(rest) {
            Some((Unit::Byte(byte), length)) => {
                raw.push((byte, at));
                at += length;
                changed = true;
            }
            Some((Unit::Text(text), length)) => {
                write_raw(&mut raw, &mut out);
                out.replace(&text, at);
                at += length;
                changed = true;
            }
            None => {
                write_raw(&mut raw, &mut out);
                out.copy(rest.get(..1)?, at);
                at += 1;
            }
        }
    }
    write_raw(&mut raw, &mut out);
    changed.then(|| out.finish(folded.len()))
}

/// Escaped bytes are UTF-8, or else GB18030, which Chinese systems of old still write.
fn write_raw(raw: &mut Vec<(u8, usize)>, out: &mut Mapper) {
    let Some(&(_, start)) = raw.first() else { return };
    let bytes: Vec<u8> = raw.iter().map(|(byte, _)| *byte).collect();
    match str::from_utf8(&bytes) {
        Ok(text) => {
            for (at, c) in text.char_indices() {
                out.push(c, raw.get(at).map_or(start, |(_, place)| *place));
            }
        }
        Err(_) => out.replace(&GB18030.decode_without_bom_handling(&bytes).0, start),
    }
    raw.clear();
}

enum Unit {
    Byte(u8),
    Text(String),
}

/// Reads one escape at the start of `rest`: what it stands for, and its length.
fn escape(rest: &str) -> Option<(Unit, usize)> {
    let bytes = rest.as_bytes();
    let byte_at = |at: usize| u8::from_str_radix(hex_part(rest, at, 2)?, 16).ok();
    match (bytes.first()?, bytes.get(1)?) {
        (b'%', b'u' | b'U') => utf16_escape(rest, "%u"),
        (b'=', b'\n') => Some((Unit::Text(String::new()), 2)),
        (b'=', b'\r') if bytes.get(2) == Some(&b'\n') => Some((Unit::Text(String::new()), 3)),
        (b'%', _) | (b'=', b'0'..=b'9' | b'A'..=b'F') => Some((Unit::Byte(byte_at(1)?), 3)),
        (b'\\', b'x') => Some((Unit::Byte(byte_at(2)?), 4)),
        (b'\\', b'u') if bytes.get(2) == Some(&b'{') => {
            let length = rest.get(3..)?.find('}').filter(|length| *length <= 6)?;
            let c = char::from_u32(u32::from_str_radix(hex_part(rest, 3, length)?, 16).ok()?)?;
            Some((Unit::Text(c.to_string()), length + 4))
        }
        (b'\\', b'u') => utf16_escape(rest, "\\u"),
        (b'\\', b'n' | b'r' | b't') => Some((Unit::Text("\n".to_owned()), 2)),
        (b'\\', c @ (b'"' | b'\'' | b'/' | b'\\')) => Some((Unit::Text(char::from(*c).to_string()), 2)),
        (b'&', b'#') => numeric_entity(rest),
        (b'&', _) => named_entity(rest),
        _ => None,
    }
}

fn hex_part(rest: &str, at: usize, length: usize) -> Option<&str> {
    rest.get(at..at + length).filter(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// `\uXXXX` and `%uXXXX`, with surrogate pairs.
fn utf16_escape(rest: &str, prefix: &str) -> Option<(Unit, usize)> {
    let unit = |at: usize| u16::from_str_radix(hex_part(rest, at, 4)?, 16).ok();
    let high = unit(2)?;
    if let Some(c) = char::from_u32(u32::from(high)) {
        return Some((Unit::Text(c.to_string()), 6));
    }
    let low = rest.get(6..8).filter(|next| next.eq_ignore_ascii_case(prefix)).and_then(|_| unit(8))?;
    let c = char::decode_utf16([high, low]).next()?.ok()?;
    Some((Unit::Text(c.to_string()), 12))
}

fn numeric_entity(rest: &str) -> Option<(Unit, usize)> {
    let (body, radix, head) = match rest.get(2..3)? {
        "x" | "X" => (rest.get(3..)?, 16, 3),
        _ => (rest.get(2..)?, 10, 2),
    };
    let digits = body.bytes().take(8).take_while(u8::is_ascii_hexdigit).count();
    let c = char::from_u32(u32::from_str_radix(body.get(..digits)?, radix).ok()?)?;
    let semicolon = usize::from(body.get(digits..)?.starts_with(';'));
    Some((Unit::Text(c.to_string()), head + digits + semicolon))
}

/// The entities of punctuation and of the accented letters in the French, Spanish, Portuguese and Italian lists.
fn named_entity(rest: &str) -> Option<(Unit, usize)> {
    let length = rest.bytes().take(10).position(|b| b == b';')?;
    let name = rest.get(1..length)?;
    let text = match name {
        "nbsp" | "ensp" | "emsp" | "thinsp" | "comma" | "Tab" | "NewLine" => " ",
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        "colon" => ":",
        "commat" => "@",
        "equals" => "=",
        "shy" | "zwj" | "zwnj" | "lrm" | "rlm" => "",
        _ if ["acute", "grave", "circ", "uml", "tilde", "cedil"]
            .iter()
            .any(|accent| name.get(1..) == Some(accent)) =>
        {
            name.get(..1)?
        }
        _ => return None,
    };
    Some((Unit::Text(text.to_owned()), length + 1))
}

/// Whether a blob is 32 or 64 bytes that are a key, by their public half or by the words beside them.
pub(crate) fn is_key(blob: &Blob, words: &Words<'_>, scan: &mut Scan<'_>) -> bool {
    match blob.bytes.len() {
        64 if scan.may_derive() && key_pair(&blob.bytes) => true,
        // Hexadecimal of these lengths is judged with more care elsewhere.
        32 | 64 if !matches!(blob.span.len(), 64 | 66 | 128 | 130) => {
            matches!(words.say_of(blob.span.start, blob.span.end), Some(Says::Key | Says::Seed))
        }
        _ => false,
    }
}
