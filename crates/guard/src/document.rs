//! Secrets that are small documents: keystore JSON, PEM, arrays of bytes, `WalletConnect` URIs.

use std::ops::Range;

use crate::api::SecretKind;
use crate::key::key_pair;
use crate::keyword::{Says, Words};
use crate::scan::{Found, Hit, Scan};

pub(crate) fn find(folded: &str, words: &Words<'_>, scan: &mut Scan<'_>, found: &mut Found) {
    if folded.contains('{') {
        keystores(words.lower(), found);
    }
    if folded.contains("PRIVATE KEY") {
        pem(folded, found);
    }
    if words.lower().contains("wc:") {
        wallet_connect(words.lower(), found);
    }
    byte_arrays(folded, words, scan, found);
}

/// The field names that make a JSON object a keystore, as bits.
fn field(name: &str) -> u32 {
    match name {
        "cipher" => 1,
        "ciphertext" => 1 << 1,
        "cipherparams" => 1 << 2,
        "kdf" => 1 << 3,
        "kdfparams" => 1 << 4,
        "mac" => 1 << 5,
        "dklen" => 1 << 6,
        "checksum" => 1 << 7,
        "iv" => 1 << 8,
        "salt" => 1 << 9,
        "data" => 1 << 10,
        "encseed" => 1 << 11,
        "ethaddr" => 1 << 12,
        "encoded" => 1 << 13,
        "encoding" => 1 << 14,
        _ => 0,
    }
}

/// Web3 keystore v3 and EIP-2335; encrypted vault of a browser wallet; presale wallet; Polkadot.
fn is_keystore(fields: u32) -> bool {
    let has = |names: &[&str]| names.iter().all(|name| fields & field(name) != 0);
    let cipher = has(&["cipher"]) || has(&["ciphertext"]);
    let derivation = has(&["kdf"]) || has(&["mac"]);
    (cipher && derivation && (fields & 0x3ff).count_ones() >= 5)
        || has(&["data", "iv", "salt"])
        || has(&["encseed", "ethaddr"])
        || has(&["encoded", "encoding"])
}

/// The smallest objects that hold the fields of a keystore. An object that never closes reaches to the end.
fn keystores(lower: &str, found: &mut Found) {
    let bytes = lower.as_bytes();
    let mut open: Vec<(usize, u32)> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' => open.push((at, 0)),
            b'}' => {
                if let Some((start, fields)) = open.pop() {
                    close(&mut open, start..at + 1, fields, found);
                }
            }
            b'a'..=b'z' => {
                let length = bytes.iter().skip(at).take_while(|b| b.is_ascii_lowercase()).count();
                let named =
                    bytes.iter().skip(at + length).find(|b| !matches!(b, b'"' | b'\'' | b' ' | b'\\'));
                if let (Some(b':'), Some(top), Some(name)) =
                    (named, open.last_mut(), lower.get(at..at + length))
                {
                    top.1 |= field(name);
                }
                at += length - 1;
            }
            _ => {}
        }
        at += 1;
    }
    while let Some((start, fields)) = open.pop() {
        close(&mut open, start..bytes.len(), fields, found);
    }
}

fn close(open: &mut [(usize, u32)], span: Range<usize>, fields: u32, found: &mut Found) {
    if is_keystore(fields) {
        found.hits.push(Hit::new(SecretKind::Keystore, span, true));
    } else if let Some(parent) = open.last_mut() {
        parent.1 |= fields;
    }
}

/// Private keys in PEM (RFC 7468), to their end line or to the end of the text.
fn pem(folded: &str, found: &mut Found) {
    let mut from = 0;
    while let Some(begin) = folded.get(from..).and_then(|rest| rest.find("-----BEGIN")) {
        let start = from + begin;
        from = start + 10;
        let line =
            folded.get(start..).map_or(0, |rest| rest.bytes().take(60).take_while(|b| *b != b'\n').count());
        if !folded.get(start..start + line).is_some_and(|line| line.contains("PRIVATE KEY")) {
            continue;
        }
        let rest = folded.get(from..).unwrap_or_default();
        let end = rest.find("-----END").map_or(folded.len(), |end| {
            let tail = rest.get(end + 8..).unwrap_or_default();
            from + end + 8 + tail.find("-----").map_or(tail.len(), |dashes| dashes + 5)
        });
        found.hits.push(Hit::new(SecretKind::PrivateKey, start..end, true));
        from = end;
    }
}

/// Pairing URIs, `wc:topic@version?…` (WalletConnect specification; EIP-1328). With its symmetric key it is certain.
fn wallet_connect(lower: &str, found: &mut Found) {
    let mut from = 0;
    while let Some(at) = lower.get(from..).and_then(|rest| rest.find("wc:")) {
        let start = from + at;
        let rest = lower.get(start..).unwrap_or_default();
        let ends = |b: u8| b <= b' ' || !b.is_ascii() || matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`');
        let length = rest.bytes().position(ends).unwrap_or(rest.len());
        from = start + length.max(3);
        // One word can hold several: the last that is well-formed is the one that a client would read.
        let uri = rest.get(..length).unwrap_or_default();
        let Some((topic, parameters)) = uri.split_once('@') else { continue };
        let topic = topic.rsplit("wc:").next().unwrap_or_default();
        let topic_like = topic.len() >= 16 && topic.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if topic_like && parameters.starts_with(|c: char| c.is_ascii_digit()) {
            let certain = parameters.contains("key=");
            found.hits.push(Hit::new(SecretKind::WalletConnect, start..start + length, certain));
        }
    }
}

/// Arrays of 64 bytes that are a Solana key pair (`id.json`), and of 32 that the words beside them call a key.
fn byte_arrays(folded: &str, words: &Words<'_>, scan: &mut Scan<'_>, found: &mut Found) {
    for (span, bytes) in numbers(folded, 32) {
        let certain = match <[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(key) => scan.owns(&key) == Some(true),
            Err(_) => scan.may_derive() && key_pair(&bytes),
        };
        let named = || matches!(words.say_of(span.start, span.end), Some(Says::Key | Says::Seed));
        if certain || (matches!(bytes.len(), 32 | 64) && named()) {
            found.hits.push(Hit::new(SecretKind::PrivateKey, span, certain));
        }
    }
}

/// Sequences of at least `least` numbers below 256, separated by commas or spaces.
pub(crate) fn numbers(folded: &str, least: usize) -> Vec<(Range<usize>, Vec<u8>)> {
    let mut out = Vec::new();
    let mut bytes: Vec<u8> = Vec::new();
    let mut span = 0..0;
    let text = folded.as_bytes();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte.is_ascii_digit() {
            let length = text.iter().skip(at).take_while(|b| b.is_ascii_digit()).count();
            match folded.get(at..at + length).and_then(|digits| digits.parse::<u8>().ok()) {
                Some(value) => {
                    if bytes.is_empty() {
                        span.start = at;
                    }
                    span.end = at + length;
                    bytes.push(value);
                }
                None => flush(&mut bytes, &span, least, &mut out),
            }
            at += length;
            continue;
        }
        if !matches!(byte, b',' | b' ' | b'\n' | b'\r' | b'\t') {
            flush(&mut bytes, &span, least, &mut out);
        }
        at += 1;
    }
    flush(&mut bytes, &span, least, &mut out);
    out
}

fn flush(bytes: &mut Vec<u8>, span: &Range<usize>, least: usize, out: &mut Vec<(Range<usize>, Vec<u8>)>) {
    if bytes.len() >= least {
        out.push((span.clone(), std::mem::take(bytes)));
    }
    bytes.clear();
}
