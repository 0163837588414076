//! A long table as a workbook, written row by row: what is in memory does not grow with it.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use standfast_domain::Time;

use crate::Error;

/// Width of a column, in characters.
const WIDTH: f64 = 16.0;

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A text. It stays one, whatever it begins with: nothing of it is ever a formula.
    Text(String),
    /// A whole number of at most 15 digits.
    Number(i64),
    /// A time, in UTC, to the second.
    Time(Time),
    /// Nothing is known.
    Nothing,
}

/// A workbook of one table. Rows wait in a file without a name, and go with it.
pub struct RowBook {
    book: Workbook,
    time: Format,
    next: u32,
}

impl std::fmt::Debug for RowBook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowBook").field("next", &self.next).finish_non_exhaustive()
    }
}

impl RowBook {
    /// An empty table with these columns.
    pub fn new(head: &[&str]) -> Result<Self, Error> {
        let mut book = Workbook::new();
        let bold = Format::new().set_bold();
        let sheet = book.add_worksheet_with_constant_memory();
        sheet.set_name("requests")?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, name) in (0..).zip(head) {
            sheet.set_column_width(column, WIDTH)?;
            sheet.write_string_with_format(0, column, *name, &bold)?;
        }
        Ok(Self { book, time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"), next: 1 })
    }

    /// Writes one row more.
    pub fn add(&mut self, cells: &[Cell]) -> Result<(), Error> {
        let sheet = self.book.worksheet_from_index(0)?;
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Nothing => continue,
                Cell::Text(text) => sheet.write_string(self.next, column, text)?,
                #[expect(clippy::cast_precision_loss, reason = "spreadsheets know no other numbers")]
                Cell::Number(number) => sheet.write_number(self.next, column, *number as f64)?,
                Cell::Time(time) => {
                    let at = ExcelDateTime::from_timestamp(time.0.div_euclid(1_000_000))?;
                    sheet.write_datetime_with_format(self.next, column, &at, &self.time)?
                }
            };
        }
        self.next += 1;
        Ok(())
    }

    /// Rows so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.next as usize - 1
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.next == 1
    }

    /// The whole workbook, in a file that is gone when it is closed; with a sheet of its own for what is to be said of the table.
    pub fn finish(mut self, remark: Option<&str>) -> Result<File, Error> {
        if let Some(remark) = remark {
            let sheet = self.book.add_worksheet_with_constant_memory();
            sheet.set_name("!")?;
            sheet.write_string(0, 0, remark)?;
        }
        let broken = |error: std::io::Error| Error::File(error.to_string());
        let mut file = tempfile::tempfile().map_err(broken)?;
        self.book.save_to_writer(&mut file)?;
        file.seek(SeekFrom::Start(0)).map_err(broken)?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::process::Command;

    use super::*;

    /// What Python's own ZIP and XML readers find: (type of the cell, its text), row by row; the sheets' names first.
    const READ: &str = "
import sys, zipfile, xml.etree.ElementTree as E
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
n = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
print(' '.join(s.get('name') for s in E.fromstring(z.read('xl/workbook.xml')).iter(n + 'sheet')))
sheet = E.fromstring(z.read('xl/worksheets/sheet1.xml'))
assert not list(sheet.iter(n + 'f')), 'a formula'
for row in sheet.iter(n + 'row'):
    print('|'.join(c.get('t', 'n') + ':' + ''.join(c.itertext()) for c in row))
";

    fn read(mut file: File) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.xlsx");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let read = Command::new("/usr/bin/python3").args(["-c", READ]).arg(path).output().unwrap();
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        String::from_utf8(read.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn texts_are_no_formulas_and_times_are_times() {
        let mut book = RowBook::new(&["id", "created_at", "tags"]).unwrap();
        assert!(book.is_empty());
        let time = Time::parse("2026-11-21T12:00:00Z").unwrap();
        for text in ["=HYPERLINK(\"http://x.example\")", "+1", "@SUM(A1)", "=\u{4e2d}\u{6587}"] {
            book.add(&[
                Cell::Text("9223372036854775807".to_owned()),
                Cell::Time(time),
                Cell::Text(text.to_owned()),
            ])
            .unwrap();
        }
        assert_eq!(book.len(), 4);
        let rows = read(book.finish(None).unwrap());
        assert_eq!(rows[0], "requests");
        assert_eq!(rows[1], "inlineStr:id|inlineStr:created_at|inlineStr:tags");
        // The day of this date is 46347 to spreadsheets.
        let start = "inlineStr:9223372036854775807|n:46347.5|inlineStr:";
        assert_eq!(rows[2], format!("{start}=HYPERLINK(\"http://x.example\")"));
        assert_eq!(rows[5], format!("{start}=\u{4e2d}\u{6587}"));
    }

    #[test]
    fn what_is_to_be_said_has_a_sheet_of_its_own() {
        let rows = read(RowBook::new(&["id"]).unwrap().finish(Some("The first 3 of more.")).unwrap());
        assert_eq!(rows, ["requests !", "inlineStr:id"]);
    }
}
