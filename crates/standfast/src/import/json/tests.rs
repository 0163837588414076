use serde_json::json;

use super::*;

#[test]
fn members_are_found_by_their_paths() {
    let value =
        json!({"via": {"channel": "web"}, "custom_fields": [{"id": 7, "value": "TRX"}], "n": null, "t": 0});
    assert_eq!(text(&value, "via.channel").as_deref(), Some("web"));
    assert_eq!(text(&value, "custom_fields.7").as_deref(), Some("TRX"));
    assert!(text(&value, "custom_fields.8").is_none() && text(&value, "n").is_none());
    assert_eq!(time(&value, "t", "answered"), Ok(None));
    assert!(time(&value, "via", "answered").is_err());
}

/// A system whose pages are as Chatwoot's.
struct Other;

impl System for Other {
    const LISTS: &'static [&'static str] = &["data.payload", "payload"];
    const LIST: &'static str = "payload";
    const BESIDE: &'static [&'static str] = &["users"];

    fn page(&mut self, _: &Value) {}

    fn record(&self, _: &Map, record: &Value) -> Result<PastRequest, Fault> {
        let id = text(record, "id").ok_or(fault("id", "missing"))?;
        Ok(PastRequest::new(id, Time(0)))
    }
}

/// What is said of a folder with these files, and the rows where nothing is.
fn read(files: &[(&str, impl AsRef<[u8]>)]) -> Result<Vec<Row>, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let map = Arc::new(Map::parse("source = \"other\"".to_owned()).unwrap());
    let mut faults = Faults::default();
    let export = rows(folder.path(), Some(map), Other, &mut faults);
    if !faults.is_empty() {
        let place = format!("{}/", folder.path().display());
        return Err(faults.ended().to_string().replace(&place, ""));
    }
    export.unwrap().rows.collect::<anyhow::Result<_>>().map_err(|error| format!("{error:#}"))
}

#[test]
fn broken_files_say_where_and_what_to_do() {
    for (text, place, part) in [
        ("", "line 1, column 1", "it is empty: export it again"),
        ("id,created\n1,now\n", "line 1, column 1", "a JSON value is expected here"),
        ("[{\"id\": 1},\n {\"id\": 2", "line 2, column 9", "ends in the middle"),
        ("[{\"id\": 1},\n {\"id\" 2}]", "line 2, column 8", "a colon is expected"),
        ("[{\"id\": 1}\n {\"id\": 2}]", "line 2, column 2", "a comma or the closing bracket"),
        ("[{\"id\": 1,\n}]", "line 2, column 1", "before the closing bracket"),
        ("[{\"id\": 1},]", "line 1, column 12", "before the closing bracket"),
        ("[{id: 1}]", "line 1, column 3", "a name in quotation marks"),
        ("[{\"id\": \"a\nb\"}]", "line 2, column 0", "no text that JSON allows"),
        ("[{\"id\": 1, \"text\": \"cut off \\ud83d\"}]", "line 1, column 35", "no text that JSON allows"),
        ("{\"id\": 1}\n{\"id\": 2}\n", "line 2, column 1", "the file is named .ndjson"),
        ("<!DOCTYPE html><title>Sign in</title>", "line 1, column 1", "a web page"),
        ("\"hello\"", "line 1", "neither a list of records"),
        ("{\"error\": \"Couldn't authenticate you\"}", "line 1", "{ \"payload\": [ … ] }"),
        ("{\"payload\": \"none\"}", "line 1", "neither a list of records"),
    ] {
        let refused = read(&[("p.json", text)]).err().unwrap();
        let place = place.replace("column 0", "column 1");
        assert!(
            refused.starts_with(&format!("p.json {place}:")) && refused.contains(part),
            "{text}: {refused}"
        );
        assert!(!refused.contains("authenticate") && !refused.contains("hello"), "{refused}");
    }
    for text in [
        "[]",
        "{\"payload\": []}",
        "{\"data\": {\"payload\": [], \"meta\": {}}}",
        "{\"users\": [{\"id\": 1}]}",
    ] {
        assert_eq!(read(&[("p.json", text)]).unwrap().len(), 0, "{text}");
    }
    for text in [
        "[{\"id\": 1}]",
        "{\"id\": 1}",
        "{\"data\": {\"payload\": [{\"id\": 1}]}}",
        "\u{feff}{\"payload\": {\"id\": 1}}",
    ] {
        let rows = read(&[("p.json", text)]).unwrap();
        assert!(rows.len() == 1 && rows[0].past.is_ok(), "{text}");
    }
}

#[test]
fn what_is_no_text_is_seen_before_anything_is_read() {
    let gbk = encoding_rs::GBK.encode("[{\"id\": 2, \"text\": \"转账\"}]").0.into_owned();
    let refused = read(&[("1.json", b"[{\"id\": 1}]".to_vec()), ("2.json", gbk)]).err().unwrap();
    assert!(
        refused.starts_with("2.json line 1") && refused.contains("no text that JSON allows"),
        "{refused}"
    );
}

#[test]
fn all_broken_files_are_told_before_anything_is_read() {
    let files = [
        ("1.json", "[{\"id\": 1}]"),
        ("2.json", "[{"),
        ("3.json", "{}"),
        ("4.json", "\u{feff}[{\"id\": 2}]"),
    ];
    let refused = read(&files).err().unwrap();
    assert!(refused.starts_with("2 things to mend; nothing was imported\n"), "{refused}");
    assert!(
        refused.contains("2.json line 1, column 2: ") && refused.contains("3.json line 1: "),
        "{refused}"
    );
}

#[test]
fn a_broken_line_leaves_the_others() {
    let lines = "\u{feff}{\"id\": 1}\n{\"id\": 2\n7\n\n{\"rejected\": {\"place\": \"line 2\"}}\n{\"users\": []}\n<p>\n{\"id\": 3}";
    let rows = read(&[("all.ndjson", lines)]).unwrap();
    let told: Vec<_> =
        rows.iter().map(|row| (&*row.place, row.past.as_ref().err().map(|fault| fault.reason))).collect();
    assert_eq!(
        told,
        [
            ("all.ndjson line 1, record 1", None),
            ("all.ndjson line 2, column 8", Some("cut_off")),
            ("all.ndjson line 3", Some("shape")),
            ("all.ndjson line 7, column 1", Some("page")),
            ("all.ndjson line 8, record 1", None),
        ]
    );
}
