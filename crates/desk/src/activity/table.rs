//! A table of active users as spreadsheets write it, and what may be wrong with it, row by row.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use standfast_domain::{Day, Dimension, Time};
use standfast_store::activity::ActiveRow;
use utoipa::ToSchema;

use super::{ActiveUsers, EARLIEST, MOST_USERS, check_known};
use crate::Error;

/// Most rows of one table: they are written in one unit, for which everybody else waits.
pub const MOST_ROWS: usize = 20_000;
/// Most faults that are told of one table.
const MOST_FAULTS: usize = 100;
/// Longest cell that is looked at, in bytes.
const LONGEST_CELL: usize = 256;

/// What is wrong with a table. It never repeats what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TableFault {
    /// The line of the file, as spreadsheets number them: the header is in 1. Of a list of rows its place, from 1. 0 when
    /// the whole is meant.
    pub row: u64,
    /// Which column, if it is one.
    #[schema(value_type = Option<String>, example = "users")]
    pub column: Option<&'static str>,
    /// A stable word: `missing`, `malformed`, `too_many`, `out_of_range`, `in_future`, `duplicate`, `unknown`,
    /// `encoding`, `columns`, `total`.
    #[schema(value_type = String, example = "malformed")]
    pub reason: &'static str,
}

/// The columns: name, and what else people call it. Only the day and the number must be there.
const COLUMNS: [(&str, &[&str]); 5] = [
    ("day", &["day", "date", "日期"]),
    ("app_version", &["app_version", "version", "版本"]),
    ("region", &["region", "country", "地区"]),
    ("platform", &["platform", "平台"]),
    ("users", &["users", "active_users", "dau", "活跃用户"]),
];

fn whole(column: Option<&'static str>, reason: &'static str) -> Error {
    Error::Table(vec![TableFault { row: 0, column, reason }])
}

/// Reads a table: UTF-8, with or without a byte order mark; separated by commas, semicolons or tabs; quoted as RFC 4180
/// has it; the first line names the columns.
pub(super) fn read(bytes: &[u8], now: Time) -> Result<Vec<ActiveRow>, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // UTF-16 and national encodings would come out as other words, or as none.
    let text = std::str::from_utf8(bytes).map_err(|_| whole(None, "encoding"))?;
    if text.contains('\0') {
        return Err(whole(None, "encoding"));
    }
    if text.trim().is_empty() {
        return Err(whole(None, "missing"));
    }
    // One kind of line end, so that lines can be counted.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(&text))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let places = places(reader.headers().map_err(|_| whole(None, "malformed"))?)?;
    let width = places.width;
    let mut lines = Lines { text: &text, at: 0, line: 1 };
    let mut told = Vec::new();
    let mut faults = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| whole(None, "malformed"))?;
        let row = lines.of(&record);
        if record.iter().all(str::is_empty) {
            continue;
        }
        if told.len() == MOST_ROWS {
            return Err(Error::Table(vec![TableFault { row, column: None, reason: "too_many" }]));
        }
        if record.len() != width {
            faults.push(TableFault { row, column: None, reason: "columns" });
            continue;
        }
        match cells(&record, &places) {
            Ok(cells) => told.push((row, cells)),
            Err((column, reason)) => faults.push(TableFault { row, column: Some(column), reason }),
        }
    }
    judge(told, faults, now)
}

/// Counts lines up to a record, as spreadsheets do: blank ones too, which the parser passes over.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, record: &csv::StringRecord) -> u64 {
        let start = record.position().and_then(|position| usize::try_from(position.byte()).ok());
        let start = start.unwrap_or(self.at).max(self.at);
        let passed = self.text.as_bytes().get(self.at..start).unwrap_or_default();
        let blank = self.text.as_bytes().get(start..).unwrap_or_default();
        let blank = blank.iter().take_while(|byte| **byte == b'\n').count();
        let ends = passed.split(|byte| *byte == b'\n').count() - 1;
        self.line += (ends + blank) as u64;
        self.at = start + blank;
        self.line
    }
}

/// What separates the columns of the first line: spreadsheets of many countries write semicolons.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: u8| first.bytes().filter(|byte| *byte == separator).count();
    let most = [b',', b';', b'\t'].into_iter().rev().max_by_key(|separator| count(*separator));
    most.unwrap_or(b',')
}

/// Where each column stands.
struct Places {
    at: [Option<usize>; 5],
    width: usize,
}

fn places(header: &csv::StringRecord) -> Result<Places, Error> {
    let mut at = [None; 5];
    for (place, name) in header.iter().enumerate() {
        let name = name.to_lowercase().replace([' ', '-'], "_");
        let known = COLUMNS.iter().position(|(_, names)| names.contains(&name.as_str()));
        // A column that nobody looks at might be what tells rows apart.
        let slot = known.and_then(|known| at.get_mut(known)).ok_or(whole(None, "unknown"))?;
        if slot.replace(place).is_some() {
            return Err(whole(None, "duplicate"));
        }
    }
    for ((name, _), place) in COLUMNS.iter().zip(at) {
        if place.is_none() && matches!(*name, "day" | "users") {
            return Err(whole(Some(name), "missing"));
        }
    }
    Ok(Places { at, width: header.len() })
}

type CellFault = (&'static str, &'static str);

fn cells(record: &csv::StringRecord, places: &Places) -> Result<ActiveUsers, CellFault> {
    let mut cells = [""; 5];
    for ((cell, place), (name, _)) in cells.iter_mut().zip(places.at).zip(COLUMNS) {
        *cell = place.and_then(|place| record.get(place)).unwrap_or_default();
        if cell.len() > LONGEST_CELL {
            return Err((name, "malformed"));
        }
    }
    let [day, app_version, region, platform, users] = cells;
    if users.is_empty() {
        return Err(("users", "missing"));
    }
    // A sign, a decimal point or a separator of thousands may mean something else than it seems to.
    let digits = users.bytes().all(|byte| byte.is_ascii_digit());
    let users = if digits {
        users.parse().map_err(|_| ("users", "out_of_range"))?
    } else {
        return Err(("users", "malformed"));
    };
    Ok(ActiveUsers {
        day: day.to_owned(),
        app_version: app_version.to_owned(),
        region: region.to_owned(),
        platform: platform.to_owned(),
        users,
    })
}

/// Checks what was told, each with the number of its row: all of it, or the faults.
pub(super) fn check(
    told: impl ExactSizeIterator<Item = (u64, ActiveUsers)>,
    now: Time,
) -> Result<Vec<ActiveRow>, Error> {
    if told.len() == 0 {
        return Err(whole(None, "missing"));
    }
    if told.len() > MOST_ROWS {
        return Err(whole(None, "too_many"));
    }
    judge(told.collect(), Vec::new(), now)
}

fn judge(
    told: Vec<(u64, ActiveUsers)>,
    mut faults: Vec<TableFault>,
    now: Time,
) -> Result<Vec<ActiveRow>, Error> {
    let mut judge = Judge { now, seen: BTreeSet::new(), values: BTreeMap::new() };
    let (mut rows, mut places) = (Vec::with_capacity(told.len()), Vec::with_capacity(told.len()));
    for (row, told) in told {
        match judge.row(&told) {
            Ok(active) => {
                rows.push(active);
                places.push(row);
            }
            Err((column, reason)) => {
                let column = (!column.is_empty()).then_some(column);
                faults.push(TableFault { row, column, reason });
            }
        }
    }
    faults.extend(totals(&rows, &places));
    if faults.is_empty() {
        return if rows.is_empty() { Err(whole(None, "missing")) } else { Ok(rows) };
    }
    faults.sort_by_key(|fault| fault.row);
    faults.truncate(MOST_FAULTS);
    Err(Error::Table(faults))
}

/// Rows that look like the total of their day's others: nothing is known of their users, and they are at least as many as
/// all others together. Counted beside them, everybody would count twice.
fn totals<'a>(rows: &'a [ActiveRow], places: &'a [u64]) -> impl Iterator<Item = TableFault> + 'a {
    let is_blank =
        |row: &ActiveRow| [&row.app_version, &row.region, &row.platform].iter().all(|value| value.is_empty());
    let mut others: BTreeMap<Day, i64> = BTreeMap::new();
    for row in rows.iter().filter(|row| !is_blank(row)) {
        *others.entry(row.day).or_default() += row.users;
    }
    let is_total = move |row: &ActiveRow| {
        let others = others.get(&row.day).copied().unwrap_or(0);
        is_blank(row) && others > 0 && row.users >= others
    };
    let suspects = rows.iter().zip(places).filter(move |(row, _)| is_total(row));
    suspects.map(|(_, place)| TableFault { row: *place, column: None, reason: "total" })
}

/// Looks at one row after the other.
struct Judge {
    now: Time,
    seen: BTreeSet<(Day, String, String, String)>,
    /// Values that were looked at already: there are few different ones, and each look takes a while.
    values: BTreeMap<(Dimension, String), Option<String>>,
}

impl Judge {
    fn row(&mut self, told: &ActiveUsers) -> Result<ActiveRow, CellFault> {
        if told.day.trim().is_empty() {
            return Err(("day", "missing"));
        }
        let day = Day::parse(told.day.trim()).ok_or(("day", "malformed"))?;
        // Somebody's tomorrow has begun while it is today in UTC.
        if day > Day::of(self.now).plus(1) {
            return Err(("day", "in_future"));
        }
        if day < EARLIEST {
            return Err(("day", "out_of_range"));
        }
        if !(0..=MOST_USERS).contains(&told.users) {
            return Err(("users", "out_of_range"));
        }
        let app_version = self.value(Dimension::AppVersion, &told.app_version)?;
        let region = self.value(Dimension::Region, &told.region)?;
        let platform = self.value(Dimension::Platform, &told.platform)?;
        if !self.seen.insert((day, app_version.clone(), region.clone(), platform.clone())) {
            return Err(("", "duplicate"));
        }
        Ok(ActiveRow { day, app_version, region, platform, users: told.users })
    }

    fn value(&mut self, dimension: Dimension, text: &str) -> Result<String, CellFault> {
        let known =
            self.values.entry((dimension, text.to_owned())).or_insert_with(|| check_known(dimension, text));
        known.clone().ok_or((dimension.as_str(), "malformed"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: &str = "2026-11-21T12:00:00Z";

    /// Row, column and reason.
    type Told = (u64, Option<&'static str>, &'static str);

    fn table(bytes: &[u8]) -> Result<Vec<ActiveRow>, Vec<Told>> {
        read(bytes, Time::parse(NOW).unwrap()).map_err(|error| match error {
            Error::Table(faults) => faults.iter().map(|f| (f.row, f.column, f.reason)).collect(),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn tables_of_every_spreadsheet_are_read() {
        let wanted = table(b"day,app_version,region,platform,users\n2026-11-20,7.2.0,SG,ios,120\n").unwrap();
        for same in [
            "\u{feff}day,app_version,region,platform,users\r\n2026-11-20,7.2.0,SG,ios,120\r\n",
            "day;app_version;region;platform;users\n2026-11-20;7.2.0;SG;ios;120",
            "Users\tDay\tRegion\tPlatform\tVersion\r\n120\t2026-11-20\tsg\tiOS\tv7.2.0\r\n\r\n",
            "\"day\",\"App Version\",region,platform,\"users\"\n\"2026-11-20\",\"7.2.0\" , SG ,ios,\"120\"\n,,,,\n",
            "日期,版本,地区,平台,活跃用户\n2026-11-20,7.2.0,SG,ios,120\n",
        ] {
            assert_eq!(table(same.as_bytes()), Ok(wanted.clone()), "{same}");
        }
        let bare = table(b"date,users\n2026-11-20,0\n2026-11-22,7\n").unwrap();
        assert_eq!((bare[0].users, bare[0].app_version.as_str()), (0, ""));
    }

    #[test]
    fn faults_say_where_and_what() {
        let text = "day,app_version,users\n\
                    2026-11-20,7.2.0,120\n\
                    20.11.2026,7.2.0,120\n\
                    2026-11-20,7.2.0,\"1,200\"\n\
                    2026-11-20,v7.2.0,9\n\
                    2026-11-23,7.2.0,9\n\
                    2008-01-01,7.2.0,9\n\
                    2026-11-19,7.2.0\n\
                    ,7.2.0,9\n\
                    2026-11-19,7.2.0,\n\
                    2026-11-19,7.2.0,-5\n\
                    2026-11-19,7.2.0,99999999999\n\
                    2026-11-19,7.2.0,99999999999999999999\n\
                    2026-11-19,L5oLkpV3aqBjhki6LmvChTCV6odsp4SXM6FfU2Gppt5kFLaHLuZ9,5\n";
        let wanted = vec![
            (3, Some("day"), "malformed"),
            (4, Some("users"), "malformed"),
            (5, None, "duplicate"),
            (6, Some("day"), "in_future"),
            (7, Some("day"), "out_of_range"),
            (8, None, "columns"),
            (9, Some("day"), "missing"),
            (10, Some("users"), "missing"),
            (11, Some("users"), "malformed"),
            (12, Some("users"), "out_of_range"),
            (13, Some("users"), "out_of_range"),
            (14, Some("app_version"), "malformed"),
        ];
        assert_eq!(table(text.as_bytes()), Err(wanted));
    }

    #[test]
    fn lines_are_numbered_as_spreadsheets_show_them() {
        for text in [
            "day,users\n\n2026-11-20,1\n\n\n\"2026-11-19\",x\n\n2026-11-18,y",
            "\nday,users\n2026-11-20,1\n\n\n2026-11-19,x\n\n2026-11-18,y\n",
        ] {
            for ends in ["\n", "\r\n", "\r"] {
                let faults = vec![(6, Some("users"), "malformed"), (8, Some("users"), "malformed")];
                assert_eq!(table(text.replace('\n', ends).as_bytes()), Err(faults), "{text:?} {ends:?}");
            }
        }
    }

    #[test]
    fn the_whole_may_be_wrong() {
        let utf16: Vec<u8> =
            "\u{feff}day,users\n2026-11-20,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        // 日期 in GBK.
        let gbk = [b"\xc8\xd5\xc6\xda".as_slice(), b",users\n2026-11-20,1\n"].concat();
        let many: String = std::iter::once("day,app_version,users\n".to_owned())
            .chain((0..=MOST_ROWS).map(|at| format!("2026-11-20,{at},1\n")))
            .collect();
        for (bytes, fault) in [
            (&b""[..], (0, None, "missing")),
            (b" \r\n", (0, None, "missing")),
            (b"day,users\n", (0, None, "missing")),
            (&utf16, (0, None, "encoding")),
            (&gbk, (0, None, "encoding")),
            (b"day,users\n2026-11-20,1\0\n", (0, None, "encoding")),
            (b"day,people\n2026-11-20,1\n", (0, None, "unknown")),
            (b"day,region\n2026-11-20,SG\n", (0, Some("users"), "missing")),
            (b"region,users\nSG,1\n", (0, Some("day"), "missing")),
            (b"day,users,users\n2026-11-20,1,1\n", (0, None, "duplicate")),
            (many.as_bytes(), (MOST_ROWS as u64 + 2, None, "too_many")),
        ] {
            assert_eq!(
                table(bytes),
                Err(vec![fault]),
                "{}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(40)])
            );
        }
    }

    #[test]
    fn a_total_beside_its_parts_is_refused() {
        let parts = "day,app_version,region,users\n2026-11-20,7.2.0,SG,120\n2026-11-20,7.1.0,CN,80\n";
        for users in [200, 201, 5_000] {
            let text = format!("{parts}2026-11-19,,,900\n2026-11-20,,,{users}\n");
            assert_eq!(table(text.as_bytes()), Err(vec![(5, None, "total")]), "{users}");
        }
        // So many of whom nothing is known are users beside the others.
        let text = format!("{parts}2026-11-19,,,900\n2026-11-20,,,199\n");
        assert_eq!(table(text.as_bytes()).unwrap().len(), 4);
    }

    #[test]
    fn not_more_than_a_hundred_faults_are_told() {
        let text: String =
            std::iter::once("day,users\n".to_owned()).chain((0..500).map(|_| "x,1\n".to_owned())).collect();
        assert_eq!(table(text.as_bytes()).unwrap_err().len(), MOST_FAULTS);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = table(&bytes);
        }

        #[test]
        fn any_cells_are_answered_and_what_is_taken_is_in_form(
            header in prop_oneof![Just("day,users"), Just("day;region;users"), Just("users\tday")],
            body in "([0-9a-z\",;\t\r\n -]|2026-11-2[0-9]){0,120}",
        ) {
            if let Ok(rows) = table(format!("{header}\n{body}").as_bytes()) {
                prop_assert!(!rows.is_empty());
                for row in rows {
                    prop_assert!((0..=MOST_USERS).contains(&row.users));
                    prop_assert_eq!(check_known(Dimension::Region, &row.region), Some(row.region));
                }
            }
        }

        #[test]
        fn what_was_written_is_read(rows in proptest::collection::btree_map(
            (0..3_000_i64, "[0-9.]{1,8}", "[A-Z]{0,2}", "[a-z]{0,8}"), 0..=MOST_USERS, 1..40)
        ) {
            let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
            writer.write_record(["day", "app_version", "region", "platform", "users"]).unwrap();
            for ((day, version, region, platform), users) in &rows {
                let day = EARLIEST.plus(*day).to_string();
                writer.write_record([&day, version, region, platform, &users.to_string()]).unwrap();
            }
            let read = table(&writer.into_inner().unwrap()).unwrap();
            let back: Vec<_> = read
                .into_iter()
                .map(|r| ((r.day.0 - EARLIEST.0, r.app_version, r.region, r.platform), r.users))
                .collect();
            prop_assert_eq!(back, rows.into_iter().collect::<Vec<_>>());
        }
    }
}
