//! A report as CSV (RFC 4180) and as a workbook.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use standfast_insight::Unit;

use crate::page::{Block, Page, Value};
use crate::say::Say;

/// A field that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it (OWASP, "CSV
/// Injection"). Numbers are written by us and are none.
#[must_use]
pub fn harmless(text: &str) -> String {
    // Control characters at the beginning are skipped by spreadsheets.
    let first = text.trim_start_matches(|c: char| c.is_control() || c == ' ').chars().next();
    let is_formula = matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '|' | '%'));
    let has_control = text.starts_with(['\t', '\r', '\n']);
    if is_formula || has_control { format!("'{text}") } else { text.to_owned() }
}

/// All tables one under the other: title of the section, head, rows, each with the unit of its value. It begins with a byte
/// order mark, by which spreadsheets know UTF-8.
pub(crate) fn csv(page: &Page) -> Result<Vec<u8>, csv::Error> {
    let say = Say(page.language);
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(b"\xEF\xBB\xBF".to_vec());
    writer.write_record([harmless(&page.title), harmless(&page.period)])?;
    for line in page.about.iter().chain([&page.link]) {
        writer.write_record([harmless(line)])?;
    }
    for block in &page.blocks {
        writer.write_record([""])?;
        writer.write_record([harmless(&block.title)])?;
        let head = block.table.head.iter().map(|text| harmless(text));
        writer.write_record(head.chain([say.text("unit", &[])]))?;
        for row in &block.table.rows {
            let cells = row.iter().map(|value| match value {
                Value::Number(number, ..) => exact(*number),
                Value::Text(text) => harmless(text),
                Value::Change(text) => text.clone(),
                Value::Nothing => String::new(),
            });
            writer.write_record(cells.chain([unit(say, row)]))?;
        }
        for note in block.said.iter().chain(&block.notes) {
            writer.write_record([harmless(note)])?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// What the value of a row counts, which stands behind its names; what is behind it and of another kind says so in its head.
fn unit(say: Say, row: &[Value]) -> String {
    let value = row.iter().find(|value| matches!(value, Value::Number(..) | Value::Nothing));
    match value {
        Some(Value::Number(_, unit, _)) => say.text(&format!("unit.{}", unit.code()), &[]),
        _ => String::new(),
    }
}

/// A number for programs.
fn exact(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A sheet for each section.
pub(crate) fn xlsx(page: &Page) -> Result<Vec<u8>, XlsxError> {
    let say = Say(page.language);
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let mut names: Vec<String> = Vec::new();
    let cover = book.add_worksheet();
    cover.set_name(say.text("sheet", &[]))?;
    names.push(say.text("sheet", &[]));
    cover.set_column_width(0, 90)?;
    cover.write_string_with_format(0, 0, &page.title, &bold)?;
    cover.write_string(1, 0, &page.period)?;
    let lines = page.about.iter().chain([&page.link]);
    for (row, line) in (2..).zip(lines) {
        cover.write_string(row, 0, line)?;
    }
    for block in &page.blocks {
        sheet(&mut book, block, &mut names)?;
    }
    book.save_to_buffer()
}

fn sheet(book: &mut Workbook, block: &Block, names: &mut Vec<String>) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let formats = |unit: Unit| match unit {
        Unit::Share => Some(Format::new().set_num_format("0.0%")),
        // Seconds as hours, minutes and seconds, which go beyond a day.
        Unit::Seconds | Unit::OpenSeconds => Some(Format::new().set_num_format("[h]:mm:ss")),
        Unit::RequestsPerCustomer | Unit::PerThousandUserDays => Some(Format::new().set_num_format("0.000")),
        Unit::Requests | Unit::Customers | Unit::Messages | Unit::Transfers => None,
    };
    let name = sheet_name(&block.title, names);
    names.push(name.clone());
    let sheet = book.add_worksheet();
    sheet.set_name(&name)?;
    sheet.set_column_width(0, 28)?;
    for (column, head) in (0..).zip(&block.table.head) {
        sheet.write_string_with_format(0, column, head, &bold)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    let mut last = 0;
    for (row, values) in (1..).zip(&block.table.rows) {
        last = row;
        for (column, value) in (0..).zip(values) {
            match value {
                // A text is written as a text, whatever it begins with.
                Value::Text(text) | Value::Change(text) => drop(sheet.write_string(row, column, text)?),
                Value::Number(number, unit, _) => {
                    let number = if unit.is_time() { number / 86_400.0 } else { *number };
                    match formats(*unit) {
                        Some(format) => drop(sheet.write_number_with_format(row, column, number, &format)?),
                        None => drop(sheet.write_number(row, column, number)?),
                    }
                }
                Value::Nothing => {}
            }
        }
    }
    for (row, note) in (last + 2..).zip(block.said.iter().chain(&block.notes)) {
        sheet.write_string(row, 0, note)?;
    }
    Ok(())
}

/// A name that a sheet may have: at most 31 characters, without `[]:*?/\`, each once.
fn sheet_name(title: &str, taken: &[String]) -> String {
    let clean: String = title.chars().map(|c| if "[]:*?/\\'".contains(c) { ' ' } else { c }).collect();
    let mut name: String = clean.trim().chars().take(31).collect();
    let mut number = 2;
    while taken.iter().any(|known| known.to_lowercase() == name.to_lowercase()) {
        let end = format!(" {number}");
        name = clean.trim().chars().take(31 - end.len()).collect::<String>() + &end;
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_begins_like_a_formula() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("  =1+1", "'  =1+1"),
            ("\t@SUM(A1)", "'\t@SUM(A1)"),
            ("-2", "'-2"),
            ("+1", "'+1"),
            ("＝cmd", "'＝cmd"),
            ("a=1", "a=1"),
            ("转账未到账", "转账未到账"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), safe);
        }
    }

    #[test]
    fn sheets_have_names_of_their_own() {
        let long = "x".repeat(40);
        let first = sheet_name(&long, &[]);
        let second = sheet_name(&long, std::slice::from_ref(&first));
        assert_eq!((first.len(), second.len()), (31, 31));
        assert_ne!(first, second);
        assert_eq!(sheet_name("a/b:[c]", &[]), "a b  c");
    }
}
