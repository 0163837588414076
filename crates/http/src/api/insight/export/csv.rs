//! Rows as CSV (RFC 4180), sent as they are read.

use standfast_report::harmless;

use super::{Body, Bytes, Export, Field, Row, columns, fields, stream};

/// What spreadsheets know UTF-8 by.
const MARK: &str = "\u{FEFF}";

pub(super) fn body(export: Export) -> Body {
    let head = Bytes::from(format!("{MARK}{}\r\n", columns().join(",")));
    let rows = stream::unfold((Some(head), export), |(head, mut export)| async move {
        if let Some(head) = head {
            return Some((Ok(head), (None, export)));
        }
        match export.page().await {
            Ok(Some(items)) => {
                let mut bytes = Vec::new();
                for item in &items {
                    line(&mut bytes, item);
                }
                Some((Ok(bytes.into()), (None, export)))
            }
            Ok(None) => {
                export.count.finish();
                None
            }
            Err(error) => Some((Err(error), (None, export))),
        }
    });
    Body::from_stream(rows)
}

fn line(into: &mut Vec<u8>, item: &Row) {
    for (place, field) in fields(item).into_iter().enumerate() {
        if place > 0 {
            into.push(b',');
        }
        let text = match field {
            Field::Nothing => String::new(),
            Field::Text(text) => text,
            Field::Number(number) => number.to_string(),
            Field::Time(time) => time.to_string(),
        };
        into.extend_from_slice(format!("\"{}\"", harmless(&text).replace('"', "\"\"")).as_bytes());
    }
    into.extend_from_slice(b"\r\n");
}
