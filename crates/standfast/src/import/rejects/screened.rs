//! Rejected rows without the secrets in them: a list on disk is storage too, and the import would not take them either. What may be a
//! transaction's hash stays as it is, so that ids come back.

use std::collections::VecDeque;

use csv::ByteRecord;
use encoding_rs::Encoding;
use serde_json::{Map, Value};
use standfast_guard::{Context, SecretKind, mark, screen};

/// Of so many texts of a record before it a text may be the next piece.
const EARLIER: usize = 10;

/// The text without phrases and keys; nothing where there are none.
fn replaced(text: &str) -> Option<String> {
    let screened = screen(text, &Context::default());
    screened.findings.iter().any(|finding| finding.kind.is_exposure()).then_some(screened.text)
}

/// The cells of a row, in the encoding of its table. Where what was torn into several cells is a secret as a whole, the row is one cell.
pub(super) fn row(record: &ByteRecord, encoding: &'static Encoding) -> Vec<Vec<u8>> {
    let own: Vec<Vec<u8>> = record.iter().map(|one| cell(one, encoding)).collect();
    let texts = own.iter().map(|cell| encoding.decode_without_bom_handling(cell).0);
    match replaced(&texts.collect::<Vec<_>>().join(" ")) {
        Some(whole) => vec![encoded(&whole, encoding)],
        None => own,
    }
}

/// A cell in the encoding of its table.
pub(super) fn cell(cell: &[u8], encoding: &'static Encoding) -> Vec<u8> {
    let (text, _) = encoding.decode_without_bom_handling(cell);
    replaced(&text).map_or_else(|| cell.to_vec(), |text| encoded(&text, encoding))
}

/// The brackets of the marks are in Unicode alone.
fn encoded(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    let (bytes, _, is_replaced) = encoding.encode(text);
    if is_replaced {
        return encoding.encode(&text.replace('\u{27e6}', "[").replace('\u{27e7}', "]")).0.into_owned();
    }
    bytes.into_owned()
}

/// A line that could not be read.
pub(super) fn line(line: &[u8]) -> Vec<u8> {
    replaced(&String::from_utf8_lossy(line)).map_or_else(|| line.to_vec(), String::into_bytes)
}

/// A short text of a record.
pub(super) fn text(text: &str) -> String {
    replaced(text).unwrap_or_else(|| text.to_owned())
}

/// A record with everything that is in it. Its texts stand in the order in which they were written: a phrase may be spread over several.
pub(super) fn page(page: &Map<String, Value>) -> Map<String, Value> {
    let mut texts = Vec::new();
    page.values().for_each(|value| gather(value, &mut texts));
    let mut texts: VecDeque<String> = without_pieces(&texts).into();
    page.iter().map(|(name, value)| (name.clone(), put_back(value, &mut texts))).collect()
}

fn gather<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(members) => members.values().for_each(|member| gather(member, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The texts, each screened together with those before it that people may have written.
fn without_pieces(texts: &[&str]) -> Vec<String> {
    let mut done: Vec<String> = Vec::with_capacity(texts.len());
    for text in texts {
        let own: Vec<usize> = (0..done.len())
            .rev()
            .filter(|place| done.get(*place).is_some_and(|text| is_words(text)))
            .take(EARLIER)
            .collect();
        let own: Vec<usize> = own.into_iter().rev().collect();
        let earlier: Vec<&str> =
            own.iter().filter_map(|place| done.get(*place)).map(String::as_str).collect();
        let screened = screen(text, &Context { earlier: &earlier, addresses: &[] });
        let hits: Vec<usize> =
            screened.earlier_hits.iter().filter_map(|hit| own.get(*hit).copied()).collect();
        let is_exposed = screened.findings.iter().any(|finding| finding.kind.is_exposure());
        done.push(if is_exposed { screened.text } else { (*text).to_owned() });
        for place in hits {
            if let Some(piece) = done.get_mut(place) {
                *piece = mark(SecretKind::PartialPhrase, None);
            }
        }
    }
    done
}

/// Times, codes and addresses stand between what people write.
fn is_words(text: &str) -> bool {
    text.split_whitespace().nth(1).is_some() || !text.is_ascii()
}

fn put_back(value: &Value, texts: &mut VecDeque<String>) -> Value {
    match value {
        Value::String(_) => texts.pop_front().map_or(Value::Null, Value::String),
        Value::Array(items) => items.iter().map(|item| put_back(item, texts)).collect(),
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, member)| (name.clone(), put_back(member, texts))).collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
