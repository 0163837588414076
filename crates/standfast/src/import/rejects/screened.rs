//! Rejected rows without the secrets in them: a list on disk is storage too, and the import would not take them either.

use std::borrow::Cow;

use encoding_rs::Encoding;
use serde_json::{Map, Value};
use standfast_guard::{Context, screen};

/// The text without phrases and keys; nothing where there are none. What looks like a hash stays as it is.
fn replaced(text: &str) -> Option<String> {
    let screened = screen(text, &Context::default());
    (!screened.findings.is_empty()).then_some(screened.text)
}

/// A cell in the encoding of its table.
pub(super) fn cell<'a>(cell: &'a [u8], encoding: &'static Encoding) -> Cow<'a, [u8]> {
    let (text, _) = encoding.decode_without_bom_handling(cell);
    match replaced(&text) {
        Some(text) => Cow::Owned(encoded(&text, encoding)),
        None => Cow::Borrowed(cell),
    }
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
pub(super) fn line(line: &[u8]) -> Cow<'_, [u8]> {
    match replaced(&String::from_utf8_lossy(line)) {
        Some(text) => Cow::Owned(text.into_bytes()),
        None => Cow::Borrowed(line),
    }
}

/// A record with everything that is in it.
pub(super) fn page(page: &Map<String, Value>) -> Map<String, Value> {
    page.iter().map(|(name, own)| (name.clone(), value(own))).collect()
}

fn value(own: &Value) -> Value {
    match own {
        Value::String(text) => replaced(text).map_or_else(|| own.clone(), Value::String),
        Value::Array(items) => items.iter().map(value).collect(),
        Value::Object(members) => Value::Object(page(members)),
        Value::Null | Value::Bool(_) | Value::Number(_) => own.clone(),
    }
}
