use std::process::ExitCode;

use serde_json::json;

use super::*;
use crate::config::Config;
use crate::import::tests::{config, open_new, stock};
use crate::import::{Files, How, ImportCommand, REJECTED, fault, import};

const MAP: &str = "source = \"old\"\nencoding = \"gbk\"\ndelimiter = \";\"\n[columns]\nid = \"编号\"\ncreated = \"来\"\n\
    type = \"reason\"\ntext = \"问题\"\n";

/// Imports a file, with the list of what is rejected in the same folder.
async fn run(config: &Config, format: &str, file: &Path, list: &Path) -> anyhow::Result<ExitCode> {
    let folder = file.parent().unwrap();
    let how = How { dry_run: false, resume: false, rejects: Some(list.to_owned()) };
    let from = Files { path: file.to_owned(), map: None };
    let command = match format {
        "csv" => ImportCommand::Csv { file: file.to_owned(), map: folder.join("map.toml"), how },
        "zendesk" => ImportCommand::Zendesk { from, how },
        "chatwoot" => ImportCommand::Chatwoot { from, how },
        _ => ImportCommand::Zammad { from, how },
    };
    import(config, command).await
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GBK.encode(text).0.into_owned()
}

fn read(path: &Path) -> String {
    encoding_rs::GBK.decode(&std::fs::read(path).unwrap()).0.into_owned()
}

/// Mends a file by replacing pieces of it.
fn mend(path: &Path, pieces: &[(&str, &str)]) {
    let text = pieces.iter().fold(read(path), |text, (from, to)| {
        assert!(text.contains(from), "{from}: {text}");
        text.replace(from, to)
    });
    std::fs::write(path, gbk(&text)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mended_list_of_rows_is_imported() {
    let folder = tempfile::tempdir().unwrap();
    let (config, table) = (config(folder.path()), folder.path().join("table.csv"));
    open_new(&config).await;
    std::fs::write(folder.path().join("map.toml"), MAP).unwrap();
    // A row of each sort: no time, a type that nobody knows with a formula beside it, a cell too many, in the future.
    let rows = "编号;来;reason;问题\n1;2020-05-01;;转账没有到账\n2;soon;;\"两行\n=1+1; 引号\"\n=3;2020-05-01;nonsense;'=SUM(1)\n\
                4;2020-05-01;;a;b\n5;2999-01-01;;-9\n";
    std::fs::write(&table, gbk(rows)).unwrap();
    let [list, again] = ["list.csv", "again.csv"].map(|name| folder.path().join(name));
    assert_eq!(run(&config, "csv", &table, &list).await.unwrap(), ExitCode::from(REJECTED));
    assert_eq!(stock(&config, "old").await, 1);
    let text = read(&list);
    let time = fault("created", "no_such_time").words();
    for part in [
        "rejected_place;rejected_id;rejected_field;rejected_reason;编号;来;reason;问题\n".to_owned(),
        format!("line 3;2;created;{time};2;soon;;\"两行\n=1+1; 引号\"\n"),
        format!(
            "line 5;'=3;type;\"{}\";'=3;2020-05-01;nonsense;''=SUM(1)\n",
            fault("type", "unknown").words().replace('"', "\"\"")
        ),
        ";4;2020-05-01;;a;b\n".to_owned(),
        "line 7;5;created;in the future, or before 1970;5;2999-01-01;;'-9\n".to_owned(),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }
    // A phrase in a row that is rejected for another reason is in no list.
    let (secret, without) = (folder.path().join("secret.csv"), folder.path().join("without.csv"));
    let phrase =
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
    std::fs::write(&secret, gbk(&format!("编号;来;reason;问题\n9;soon;;我的助记词 {phrase} 谢谢\n")))
        .unwrap();
    assert_eq!(run(&config, "csv", &secret, &without).await.unwrap(), ExitCode::from(REJECTED));
    let kept = read(&without);
    assert!(kept.contains("9;soon;;我的助记词 [redacted:recovery_phrase:12] 谢谢\n"), "{kept}");
    // Half of it mended, the rest is a list again, with the lines of the list; then all of it.
    mend(&list, &[("2;soon", "2;2020-05-02"), ("nonsense", "swap")]);
    assert_eq!(run(&config, "csv", &list, &again).await.unwrap(), ExitCode::from(REJECTED));
    assert_eq!(stock(&config, "old").await, 3);
    mend(&again, &[(";a;b", ";a, b"), ("2999", "2020")]);
    assert_eq!(run(&config, "csv", &again, &list).await.unwrap(), ExitCode::SUCCESS);
    assert_eq!(stock(&config, "old").await, 5);
    // What was imported once is known when it comes in the first file again: the ids are as they were.
    let whole = folder.path().join("whole.csv");
    assert_eq!(run(&config, "csv", &table, &whole).await.unwrap(), ExitCode::from(REJECTED));
    assert_eq!(stock(&config, "old").await, 5);
}

#[test]
fn cells_come_back_as_they_were() {
    for cell in
        ["", "a", "=1", "'=1", "''=1", "'", "'a", "-5", " +1", "\t1", "＝1", "'\n", "\nx", "2020-05-01"]
    {
        let written = safe(cell.as_bytes(), UTF_8);
        assert_eq!(bare(&written, UTF_8), cell.as_bytes(), "{cell:?}");
        let text = String::from_utf8(written).unwrap();
        assert_eq!(harmless(&text), text, "{cell:?} is no formula any more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mended_lists_of_records_are_imported() {
    let good = [
        (
            "zendesk",
            json!({"id": 1, "created_at": "2019-07-20T22:55:29Z", "status": "closed", "requester_id": 7}),
        ),
        ("chatwoot", json!({"id": 1, "created_at": 1_606_000_000, "status": "resolved"})),
        (
            "zammad",
            json!({"id": 1, "title": "Hello", "created_at": "2021-11-03T11:00:00Z", "state": "closed"}),
        ),
    ];
    for (format, good) in good {
        let folder = tempfile::tempdir().unwrap();
        let (config, file) = (config(folder.path()), folder.path().join("all.ndjson"));
        open_new(&config).await;
        let mut late = good.clone();
        late["id"] = json!(2);
        late["created_at"] = json!("never");
        let lines = format!("{good}\n{late}\n{{\"id\": 3, \"created_at\"\n{{\"foo\": 1}}\n");
        std::fs::write(&file, lines).unwrap();
        let list = folder.path().join("list.ndjson");
        assert_eq!(run(&config, format, &file, &list).await.unwrap(), ExitCode::from(REJECTED), "{format}");
        assert_eq!(stock(&config, format).await, 1);
        let text = std::fs::read_to_string(&list).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5, "{text}");
        let told: Value = serde_json::from_str(lines[0]).unwrap();
        assert_eq!(told["rejected"]["id"], "2");
        assert_eq!(told["rejected"]["place"], "all.ndjson line 2, record 1");
        assert_eq!(told["rejected"]["reason"], fault("created", "no_such_time").words());
        assert!(lines[1].contains("line 3, column 22") && lines[2] == "{\"id\": 3, \"created_at\"", "{text}");
        assert!(lines[3].contains("line 4") && lines[4] == "{\"foo\":1}", "{text}");
        let mut third = good.clone();
        third["id"] = json!(3);
        let mended = text
            .replace("\"never\"", &good["created_at"].to_string())
            .replace(lines[2], &third.to_string())
            .replace("{\"foo\":1}\n", "");
        std::fs::write(&list, mended).unwrap();
        let again = folder.path().join("again.ndjson");
        assert_eq!(run(&config, format, &list, &again).await.unwrap(), ExitCode::SUCCESS, "{format}");
        assert_eq!(stock(&config, format).await, 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_takes_nothing_elses_place() {
    let folder = tempfile::tempdir().unwrap();
    let (config, table) = (config(folder.path()), folder.path().join("table.csv"));
    open_new(&config).await;
    std::fs::write(folder.path().join("map.toml"), MAP).unwrap();
    std::fs::write(&table, gbk("编号;来;reason;问题\n1;2020-05-01;;a\n")).unwrap();
    let refused = run(&config, "csv", &table, &table).await.unwrap_err().to_string();
    assert!(refused.contains("is the file that is read"), "{refused}");
    let pages = folder.path().join("pages");
    std::fs::create_dir(&pages).unwrap();
    std::fs::write(pages.join("1.json"), "[]").unwrap();
    let refused = check_place(&pages.join("bad.ndjson"), &pages).unwrap_err().to_string();
    assert!(refused.contains("part of the export"), "{refused}");
    assert!(check_place(&pages.join("bad.rejects.ndjson"), &pages).is_ok());
    let refused = check_place(&pages.join("nowhere/bad.csv"), &table).unwrap_err().to_string();
    assert!(refused.contains("there is no folder"), "{refused}");
    std::fs::write(pages.join("bad.rejects.ndjson"), "{}").unwrap();
    assert_eq!(crate::import::files::files(&pages).unwrap(), [pages.join("1.json")]);
    assert_eq!(usual_path("old", &Form::Lines, &pages), Path::new("old.rejects.ndjson"));
    // A list that may have been mended is kept, under one free name after another.
    for name in ["list.csv", "list"] {
        let list = folder.path().join(name);
        for number in 1..3 {
            std::fs::write(&list, "rejected_place,").unwrap();
            set_aside(&list).unwrap();
            let kept = folder.path().join(name.replace("list", &format!("list.{number}")));
            assert!(!list.exists() && kept.exists(), "{}", kept.display());
        }
    }
}

#[test]
fn each_kind_is_told_once_with_its_first_places() {
    let mut rejects = Rejects::new(None);
    let original = Original::Line(Vec::new());
    for line in 2..1_240 {
        rejects.tell(&format!("line {line}"), &original, fault("created", "missing")).unwrap();
    }
    rejects.tell("line 1240", &original, fault("type", "unknown")).unwrap();
    let said = rejects.said(1_241, true).unwrap();
    assert!(said.starts_with("1241 would be rejected; with --rejects FILE"), "{said}");
    assert!(said.contains("line 2; line 3; line 4; line 5; line 6 and 1,233 more\n"), "{said}");
    assert!(said.contains("\n    line 1240\n  2 of them before it was resumed"), "{said}");
    assert_eq!(Rejects::new(None).said(0, true).unwrap(), "0 rejected");
}

#[test]
fn a_list_that_is_gone_cannot_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.ndjson");
    let mut list = List::begin(path.clone(), Form::Lines).unwrap();
    let original = Original::Line(b"{cut".to_vec());
    list.tell("line 1", &original, fault("record", "cut_off")).unwrap();
    let kept = list.sync().unwrap();
    // What was told after the place was kept is told again.
    list.tell("line 2", &original, fault("record", "cut_off")).unwrap();
    let mut list = List::resume(path.clone(), Form::Lines, &kept).unwrap();
    list.tell("line 3", &original, fault("record", "cut_off")).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("line 1") && !text.contains("line 2") && text.contains("line 3"), "{text}");
    let kept = list.sync().unwrap();
    // Mended where it lies, it is not cut off; nor is a file that was never a list.
    for changed in [text.replace("line 1", "row 1"), text.replace("{cut", "{\"id\": 1}"), String::new()] {
        std::fs::write(&path, &changed).unwrap();
        assert!(List::resume(path.clone(), Form::Lines, &kept).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), changed);
    }
    std::fs::write(&path, "shopping: bread").unwrap();
    assert!(List::resume(path.clone(), Form::Lines, &Kept::default()).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "shopping: bread");
    std::fs::remove_file(&path).unwrap();
    assert!(List::resume(path, Form::Lines, &kept).is_err());
}

const PHRASE: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

#[test]
fn no_secret_is_in_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let table = folder.path().join("list.csv");
    let head = ByteRecord::from(vec!["id", "created", "text"]);
    let form = Form::Table { head, delimiter: b',', encoding: UTF_8, id: Some(0) };
    let mut list = List::begin(table.clone(), form).unwrap();
    let torn = PHRASE.replace(' ', ",");
    let torn: Vec<&str> = ["4", "2020", "my words"].into_iter().chain(torn.split(',')).collect();
    for (place, cells) in
        [vec![PHRASE, "soon", "hello"], torn, vec![hash, "soon", "where is it"]].iter().enumerate()
    {
        let original = Original::Cells(Arc::new(ByteRecord::from(cells.clone())));
        list.tell(&format!("line {place}"), &original, fault("created", "no_such_time")).unwrap();
    }
    let text = std::fs::read_to_string(&table).unwrap();
    assert!(
        !text.contains("abandon") && text.contains("4 2020 my words") && text.contains("hello"),
        "{text}"
    );
    assert_eq!(text.matches(hash).count(), 2, "an id comes back: {text}");

    let lines = folder.path().join("list.ndjson");
    let mut list = List::begin(lines.clone(), Form::Lines).unwrap();
    let words: Vec<&str> = PHRASE.split(' ').collect();
    let pieces: Vec<Value> =
        words.chunks(4).map(|four| json!({"at": "2020-05-01", "body": four.join(" ")})).collect();
    let page = json!({"tickets": [{"id": hash, "subject": "hello", "comments": pieces}]});
    let record = Original::Record { id: Some(PHRASE.to_owned()), page: page.as_object().unwrap().clone() };
    list.tell("line 1", &record, fault("created", "no_such_time")).unwrap();
    list.tell("line 2", &Original::Line(format!("{{{PHRASE}").into_bytes()), fault("record", "cut_off"))
        .unwrap();
    let text = std::fs::read_to_string(&lines).unwrap();
    assert!(!text.contains("abandon") && text.contains("hello") && text.contains(hash), "{text}");
    let told: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(told["tickets"][0]["comments"][2]["at"], "2020-05-01", "all else is where it was");
}

#[test]
fn a_row_that_stands_for_many_is_one_place() {
    let mut rejects = Rejects::new(None);
    for _ in 0..1_000 {
        rejects.tell("line 2", &Original::Line(Vec::new()), fault("created", "missing")).unwrap();
    }
    let said = rejects.said(1_000, true).unwrap();
    assert!(said.ends_with("\n    line 2"), "{said}");
}
