use std::time::Duration;

use proptest::prelude::*;

use super::*;

const MAP: &str = "source = \"old\"\nzone = \"Asia/Shanghai\"\n[columns]\nid = \"No\"\ncreated = \"Came\"\n\
    answered_after = \"Reply (min)\"\ntype = \"Type\"\ntext = \"Text\"\n[types]\n\"*\" = \"other\"\n";

fn map(text: &str) -> Arc<Map> {
    Arc::new(Map::parse(text.to_owned()).unwrap())
}

/// The rows of a table; the error that ends it, in words.
fn read(map_text: &str, bytes: &[u8]) -> Result<Vec<Row>, String> {
    let mut faults = Faults::default();
    let export = table(std::io::Cursor::new(bytes.to_vec()), map(map_text), &mut faults);
    if !faults.is_empty() {
        return Err(faults.ended().to_string());
    }
    export.unwrap().rows.collect::<anyhow::Result<_>>().map_err(|error| format!("{error:#}"))
}

fn faults(rows: &[Row]) -> Vec<(&str, &str, &str)> {
    let fault = |row: &Row| row.past.as_ref().err().copied();
    rows.iter().filter_map(|row| fault(row).map(|fault| (&*row.place, fault.field, fault.reason))).collect()
}

#[test]
fn rows_become_requests() {
    let table = "\u{feff}No,Came,Reply (min),Type,Text\n7,2024-05-01 08:30,1.5,pending,\"a, b\nc\"\n8,2024-05-01,,,\n";
    let rows = read(MAP, table.as_bytes()).unwrap();
    let first = rows[0].past.as_ref().unwrap();
    assert_eq!((rows[0].place.as_str(), rows[1].place.as_str()), ("line 2", "line 4"));
    assert_eq!((first.external_id.as_str(), first.kind.as_str()), ("7", "pending"));
    assert_eq!(first.created_at.to_string(), "2024-05-01T00:30:00.000Z");
    assert_eq!(first.answered_at.unwrap().since(first.created_at), Duration::from_secs(90));
    assert_eq!(first.messages[0].text, "a, b\nc");
    assert_eq!(first.told, Told { answer: true, solution: false, words: false });
    let second = rows[1].past.as_ref().unwrap();
    assert!(second.answered_at.is_none() && second.messages.is_empty() && second.kind == "other");
}

#[test]
fn a_bot_is_told_from_people() {
    for (column, cells) in
        [("bot_answered", ["2024-05-01 08:30:05", ""]), ("bot_answered_after", ["0.5", ""])]
    {
        let map = MAP.replace("[types]", &format!("{column} = \"Bot\"\n[types]"));
        let table = format!(
            "No,Came,Reply (min),Type,Text,Bot\n7,2024-05-01 08:30,1.5,,,{}\n8,2024-05-01,,,,{}\n",
            cells[0], cells[1]
        );
        let rows = read(&map, table.as_bytes()).unwrap();
        let bots: Vec<_> = rows.iter().map(|row| row.past.as_ref().unwrap()).collect();
        let took = bots[0].bot_answered_at.unwrap().since(bots[0].created_at);
        assert_eq!(took, Duration::from_secs(if column == "bot_answered" { 5 } else { 30 }));
        assert_eq!(bots[0].answered_at.unwrap().since(bots[0].created_at), Duration::from_secs(90));
        assert_eq!(bots[1].bot_answered_at, None);
    }
}

#[test]
fn every_mistake_has_its_line() {
    let table = "No,Came,Reply (min),Type,Text\n,2024-05-01,,,\n2,soon,,,\n3,2024-05-01,soon,,\n4,2024-05-01,,\n\
                 5,2024-05-01,,,,\n6,,,,\n7,2024-05-01,,,fine\n";
    let rows = read(MAP, table.as_bytes()).unwrap();
    assert_eq!(
        faults(&rows),
        [
            ("line 2", "id", "missing"),
            ("line 3", "created", "no_such_time"),
            ("line 4", "answered_after", "no_number"),
            ("line 5", "row", "columns"),
            ("line 6", "row", "columns"),
            ("line 7", "created", "missing"),
        ]
    );
    assert!(rows[6].past.is_ok());
}

#[test]
fn formulas_are_words_and_nothing_else() {
    let table = "No,Came,Reply (min),Type,Text\n1,2024-05-01,,,\"=HYPERLINK(\"\"http://x\"\")\"\n";
    let rows = read(MAP, table.as_bytes()).unwrap();
    assert_eq!(rows[0].past.as_ref().unwrap().messages[0].text, "=HYPERLINK(\"http://x\")");
}

#[test]
fn other_encodings_are_read_when_the_map_says_so() {
    let (gbk, _, _) = encoding_rs::GBK.encode("编号,时间,问题\n1,2024-05-01,转账没有到账\n");
    let columns = "[columns]\nid = \"编号\"\ncreated = \"时间\"\ntext = \"问题\"\n";
    let rows = read(&format!("source = \"old\"\nencoding = \"gbk\"\n{columns}"), &gbk).unwrap();
    assert_eq!(rows[0].past.as_ref().unwrap().messages[0].text, "转账没有到账");
    let (semicolons, _, _) = encoding_rs::GBK.encode("编号;时间;问题\n1;2024-05-01;转账没有到账\n");
    let map = format!("source = \"old\"\nencoding = \"gbk\"\ndelimiter = \";\"\n{columns}");
    assert_eq!(read(&map, &semicolons).unwrap()[0].past.as_ref().unwrap().messages[0].text, "转账没有到账");
    let refused = read(&format!("source = \"old\"\n{columns}"), &gbk).err().unwrap();
    assert!(refused.contains("not UTF-8") && refused.contains("gbk"), "{refused}");
    let refused = read(&format!("source = \"old\"\nencoding = \"gbk\"\ndelimiter = \"|\"\n{columns}"), &gbk)
        .err()
        .unwrap();
    assert!(refused.contains("half of a character"), "{refused}");
    let refused = read(&format!("source = \"old\"\nencoding = \"utf-16\"\n{columns}"), &gbk).err().unwrap();
    assert!(refused.contains("utf-16"), "{refused}");
    let refused = read(MAP, b"\xff\xfeN\0o\0").err().unwrap();
    assert!(refused.contains("UTF-16"), "{refused}");
    let rows =
        read(MAP, b"No,Came,Reply (min),Type,Text\n1,2024-05-01,,,\xff\xfe\n2,2024-05-01,,,b\n").unwrap();
    assert_eq!(faults(&rows), [("line 2", "text", "encoding")]);
    assert!(rows[1].past.is_ok());
}

#[test]
fn a_quotation_mark_that_is_never_closed_ends_it() {
    let mut table = b"No,Came,Reply (min),Type,Text\n1,2024-05-01,,,\"".to_vec();
    table.extend(std::iter::repeat_n(b'x', 18 << 20));
    let refused = read(MAP, &table).err().unwrap();
    assert!(refused.contains("16 MB"), "{refused}");
}

#[test]
fn columns_that_are_not_there_are_named() {
    for (map, part) in [
        ("source = \"o\"\n[columns]\nid = \"Nr\"\ncreated = \"Came\"\n", "\"Nr\""),
        ("source = \"o\"\n[columns]\nid = \"No\"\n", "created"),
        ("source = \"o\"\n[columns]\ncreated = \"Came\"\n", "twice"),
        ("source = \"o\"\n[columns]\nid = \"No\"\ncreated = \"Came\"\ncount = \"Type\"\n", "belong together"),
    ] {
        let refused = read(map, b"No,Came,Type\n").err().unwrap();
        assert!(refused.contains(part), "{refused}");
    }
    // All of them at once.
    let map = "source = \"o\"\n[columns]\nid = \"Nr\"\nanswered = \"No\"\nanswered_after = \"Reply\"\ncount = \"Type\"\n";
    let refused = read(map, b"No,Came,Type\n").err().unwrap();
    assert!(refused.starts_with("4 things to mend"), "{refused}");
    assert!(refused.contains(
        "the first line has no \"Nr\" (columns.id), \"Reply\" (columns.answered_after); it has No, Came, Type"
    ));
    for part in ["columns.created is missing", "belong together", "not both"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    let refused = read(MAP, b"No;Came;Reply (min);Type;Text\n").err().unwrap();
    assert!(refused.contains("the right delimiter"), "{refused}");
}

#[test]
fn rows_that_stand_for_many_are_taken_apart_exactly() {
    let counts = "source = \"calls\"\n[columns]\ncreated = \"ts\"\ncount = \"calls\"\n[counts]\nslot = \"30m\"\none_in = 5\n";
    let table = b"ts,calls\n2003-03-03T07:00,7\n2003-03-03T07:30,0\n2003-03-03T08:00,8\n2003-03-03T08:30,x\n";
    let rows = read(counts, table).unwrap();
    assert_eq!(faults(&rows), [("line 5", "count", "no_number")]);
    let taken: Vec<&PastRequest> = rows.iter().filter_map(|row| row.past.as_ref().ok()).collect();
    let ids: Vec<&str> = taken.iter().map(|past| &*past.external_id).collect();
    // Of fifteen, three: the third, the eighth and the thirteenth.
    assert_eq!(
        ids,
        ["2003-03-03T07:00:00.000Z#2", "2003-03-03T08:00:00.000Z#0", "2003-03-03T08:00:00.000Z#5"]
    );
    assert_eq!(taken[0].created_at.to_string(), "2003-03-03T07:10:42.857Z");
    assert!(taken.iter().all(|past| past.told == Told::default()));
}

proptest! {
    /// Whatever is written into a table comes out as it was, whatever quotes, commas and line ends are in it.
    #[test]
    fn what_was_written_is_read(cells in proptest::collection::vec(("[a-z0-9]{1,8}", "\\PC{0,30}", ".{0,30}"), 1..20)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["No", "Came", "Reply (min)", "Type", "Text"]).unwrap();
        for (id, kind, text) in &cells {
            writer.write_record([id, "2024-05-01T00:00", "", kind, text]).unwrap();
        }
        let rows = read(MAP, &writer.into_inner().unwrap()).unwrap();
        prop_assert_eq!(rows.len(), cells.len());
        for (row, (id, _, text)) in rows.iter().zip(&cells) {
            let past = row.past.as_ref().unwrap();
            prop_assert_eq!(&past.external_id, id);
            let words = past.messages.first().map_or("", |one| &one.text);
            prop_assert_eq!(words, text.trim());
        }
    }

    /// Any bytes give rows, mistakes with their lines, or one error; never a panic.
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let table = [b"No,Came,Reply (min),Type,Text\n".as_slice(), &bytes].concat();
        let _ = read(MAP, &table);
        let _ = read(MAP, &bytes);
    }

    /// As many requests as rows say, one in n of them, each within its row's stretch of time.
    #[test]
    fn counts_are_kept(counts in proptest::collection::vec(0..500_u64, 1..40), one_in in 1..20_u64) {
        let slots = Slots { length: Duration::from_mins(30), one_in };
        let (mut before, mut taken) = (0, 0);
        for count in &counts {
            let row = PastRequest::new("r".to_owned(), Time(0));
            let all = spread(&row, before, *count, slots);
            prop_assert!(all.iter().all(|past| (0..1_800_000_000).contains(&past.created_at.0)));
            prop_assert!(all.is_sorted_by_key(|past| past.created_at));
            before += count;
            taken += all.len() as u64;
        }
        prop_assert!(taken.abs_diff(before / one_in) <= 1);
    }
}
