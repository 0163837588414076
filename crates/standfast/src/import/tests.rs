use std::path::Path;

use serde_json::json;
use standfast_desk::{Speaker, Told};
use standfast_domain::{Channel, Score, Time};

use super::*;

/// A desk of its own.
pub(crate) fn config(folder: &Path) -> Config {
    Config { data: folder.join("data"), ..Config::default() }
}

fn how(folder: &Path) -> How {
    How { dry_run: false, resume: false, rejects: Some(folder.join("rejects.csv")) }
}

/// Imports a table that is written for it.
pub(crate) async fn import_text(config: &Config, map: &str, table: &str) -> anyhow::Result<ExitCode> {
    import_with(config, map, table, |how| how).await
}

async fn import_with(
    config: &Config,
    map: &str,
    table: &str,
    change: impl FnOnce(How) -> How,
) -> anyhow::Result<ExitCode> {
    let folder = config.data.parent().unwrap();
    let (file, map_file) = (folder.join("table.csv"), folder.join("map.toml"));
    std::fs::write(&file, table)?;
    std::fs::write(&map_file, map)?;
    open_new(config).await;
    import(config, ImportCommand::Csv { file, map: map_file, how: change(how(folder)) }).await
}

fn export_of(path: &Path, map: &Arc<Map>) -> Export {
    let mut faults = Faults::default();
    let export = table::rows(path, Some(map.clone()), &mut faults);
    assert!(faults.is_empty(), "{faults:?}");
    export.unwrap()
}

/// Makes the desk.
pub(crate) async fn open_new(config: &Config) {
    setup::open_desk(config, Hold::Beside, false).await.unwrap().store().close().await;
}

/// How many requests the desk has of the source, and how many there are of all.
pub(crate) async fn stock(config: &Config, source: &str) -> i64 {
    let desk = setup::open_desk(config, Hold::Look, false).await.unwrap();
    let stock = imported_stock(&desk, source).await.unwrap();
    let found = standfast_desk::verify(&desk).await.unwrap();
    assert!(found.is_sound(), "{found:?}");
    desk.store().close().await;
    stock.requests
}

const MAP: &str = "source = \"old-desk\"\n[columns]\nid = \"id\"\ncreated = \"created\"\ntext = \"text\"\n";

fn rows(from: usize, until: usize) -> String {
    let row = |number: usize| format!("{number},2020-05-01T10:00:{:02}Z,question {number}\n", number % 60);
    std::iter::once("id,created,text\n".to_owned()).chain((from..until).map(row)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_is_imported_once_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let table = format!("{}x,soon,?\n1,2020-05-01T10:00:00Z,again\n", rows(0, 700));
    // A try writes no list, unless one is asked for.
    for (rejects, is_there) in [(None, false), (Some(folder.path().join("asked.csv")), true)] {
        let change = |how| How { dry_run: true, rejects, ..how };
        let ended = import_with(&config, MAP, &table, change).await.unwrap();
        assert_eq!((ended, stock(&config, "old-desk").await), (ExitCode::from(REJECTED), 0));
        assert!(!folder.path().join("rejects.csv").exists() && !Path::new("old-desk.rejects.csv").exists());
        assert_eq!(folder.path().join("asked.csv").exists(), is_there);
    }
    for _ in 0..2 {
        assert_eq!(import_text(&config, MAP, &table).await.unwrap(), ExitCode::from(REJECTED));
        assert_eq!(stock(&config, "old-desk").await, 700);
        let rejects = std::fs::read_to_string(folder.path().join("rejects.csv")).unwrap();
        let rows: Vec<&str> = rejects.lines().collect();
        let head = "\u{feff}rejected_place,rejected_id,rejected_field,rejected_reason,id,created,text";
        assert_eq!((rows.len(), rows[0]), (2, head));
        assert!(rows[1].starts_with("line 702,x,created,") && rows[1].ends_with(",x,soon,?"), "{rejects}");
    }
    // What came meanwhile is added, and what was rejected then is not told again.
    assert_eq!(import_text(&config, MAP, &rows(600, 800)).await.unwrap(), ExitCode::SUCCESS);
    assert_eq!(stock(&config, "old-desk").await, 800);
    assert!(!folder.path().join("rejects.csv").exists());
    // Lists of earlier imports may have been mended: they are kept.
    assert!([1, 2].iter().all(|number| folder.path().join(format!("rejects.{number}.csv")).exists()));
    std::fs::write(folder.path().join("rejects.csv"), "dear diary").unwrap();
    let refused = import_text(&config, MAP, &table).await.unwrap_err().to_string();
    assert!(refused.contains("something else"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_stands_twice_in_a_file_is_not_one_that_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    // The first row of an id that can be taken is taken; rows before it that cannot are rejected.
    let table = "id,created,text\n1,2020-05-01T10:00:00Z,first\n1,2020-05-01T11:00:00Z,again\n2,1950-01-01T10:00:00Z,too early\n2,2020-05-01T12:00:00Z,taken\n2,2020-05-01T13:00:00Z,again\n";
    let path = folder.path().join("table.csv");
    std::fs::write(&path, table).unwrap();
    let map = Arc::new(Map::parse(MAP.to_owned()).unwrap());
    for (dry_run, there) in [(true, 0), (false, 0), (false, 2)] {
        let desk = setup::open_desk(&config, Hold::Beside, false).await.unwrap();
        let file = fingerprint("csv", &path, &map).unwrap();
        let wanted = How { dry_run, ..how(folder.path()) };
        let Export { rows, form } = export_of(&path, &map);
        let list = wanted.rejects.clone().map(|list| (list, form));
        let mut run = ImportRun::begin(&desk, &map, &wanted, (file, 0), list).await.unwrap();
        run.take(rows.collect::<anyhow::Result<_>>().unwrap()).await.unwrap();
        let Progress { imported, there: known, twice, rejected, .. } = run.progress;
        assert_eq!((imported, known, twice, rejected), (2 - there, there, 2, 1), "{dry_run} {there}");
        desk.store().close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mistakes_of_the_first_try_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let (file, map) = (folder.path().join("table.csv"), folder.path().join("map.toml"));
    std::fs::write(&file, rows(0, 3)).unwrap();
    std::fs::write(&map, MAP).unwrap();
    let how = How { dry_run: true, resume: false, rejects: None };
    let refused = import(&config, ImportCommand::Csv { file, map, how }).await.unwrap_err().to_string();
    assert!(refused.contains("there is no desk at") && refused.contains("--config"), "{refused}");
    assert!(!config.data.exists(), "a try makes no desk");
    let map = format!("{MAP}agent = \"id\"\n[agents]\n\"1\" = \"nobody@desk.test\"\n");
    let refused = import_text(&config, &map, &rows(0, 3)).await.unwrap_err().to_string();
    assert!(refused.contains("nobody signs in here as nobody@desk.test"), "{refused}");
    let refused = format!("{:#}", import_text(&config, MAP, "").await.unwrap_err());
    assert!(refused.contains("the file is empty"), "{refused}");
    // Of map, first line and desk together.
    let map = format!("{MAP}agent = \"who\"\n[types]\na = \"b\"\n[agents]\n\"1\" = \"nobody@desk.test\"\n");
    let refused = import_text(&config, &map, &rows(0, 3)).await.unwrap_err().to_string();
    assert!(refused.starts_with("3 things to mend; nothing was imported"), "{refused}");
    for part in
        ["map.toml: [types] \"a\" = \"b\"", "table.csv: the first line has no \"who\"", "nobody signs in"]
    {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert_eq!(stock(&config, "old-desk").await, 0);
}

#[test]
fn the_bar_ends_where_the_files_end() {
    let lines = format!("{}\n\n{}\n", json!([{"id": 1}, {"id": 2}]), json!({"id": 3}));
    let size = lines.len() as u64;
    let rows = read("zammad", "all.ndjson", &lines, "source = \"zammad\"");
    let reached: Vec<u64> = rows.iter().map(|row| row.reached).collect();
    assert_eq!(reached.len(), 3);
    assert!(reached.is_sorted() && reached[0] < reached[1] && reached[2] == size, "{reached:?} of {size}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_ended_early_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    // Its second line is rejected.
    let table = rows(0, 1_101).replace("text\n", "text\nx,never,?\n");
    let good = 2 * i64::try_from(BATCH).unwrap() - 1;
    let path = folder.path().join("table.csv");
    std::fs::write(&path, &table).unwrap();
    let map = Arc::new(Map::parse(MAP.to_owned()).unwrap());
    let desk = setup::open_desk(&config, Hold::Beside, false).await.unwrap();
    let file = fingerprint("csv", &path, &map).unwrap();
    let cut = std::iter::once(Err(anyhow::anyhow!("the power went")));
    let (list, Export { rows: all, form }) = (folder.path().join("rejects.csv"), export_of(&path, &map));
    let some = all.take(1_100).chain(cut);
    let kept = Some((list.clone(), form));
    let run = ImportRun::begin(&desk, &map, &how(folder.path()), (file, 0), kept).await.unwrap();
    assert!(run.through(Box::new(some)).await.is_err());
    desk.store().close().await;
    assert_eq!(stock(&config, "old-desk").await, good);
    // Killed in the middle of a batch: a part of it is there, and nothing was noted.
    let desk = setup::open_desk(&config, Hold::Beside, false).await.unwrap();
    let file = fingerprint("csv", &path, &map).unwrap();
    let again = How { resume: true, ..how(folder.path()) };
    let Export { rows: all, form } = export_of(&path, &map);
    let kept = Some((list.clone(), form));
    let mut run = ImportRun::begin(&desk, &map, &again, (file, 0), kept).await.unwrap();
    let part = all.skip(2 * BATCH).take(20);
    run.take(part.collect::<anyhow::Result<_>>().unwrap()).await.unwrap();
    drop(run);
    desk.store().close().await;
    assert_eq!(stock(&config, "old-desk").await, good + 20);
    // Another file is not the same import.
    let resume = |how| How { resume: true, ..how };
    let refused = format!("{:#}", import_with(&config, MAP, &rows(0, 5), resume).await.unwrap_err());
    assert!(refused.contains("nothing to resume"), "{refused}");
    for _ in 0..2 {
        assert_eq!(import_with(&config, MAP, &table, resume).await.unwrap(), ExitCode::from(REJECTED));
        assert_eq!(stock(&config, "old-desk").await, 1_101);
        let told = std::fs::read_to_string(&list).unwrap();
        assert_eq!(told.lines().count(), 2, "each once: {told}");
    }
}

/// The requests of a file in a format.
fn read(name: &str, file: &str, content: &str, map: &str) -> Vec<Row> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    std::fs::write(&path, content).unwrap();
    let (map, mut faults) = (Some(Arc::new(Map::parse(map.to_owned()).unwrap())), Faults::default());
    let export = match name {
        "zendesk" => zendesk::rows(&path, map, &mut faults),
        "chatwoot" => chatwoot::rows(&path, map, &mut faults),
        _ => zammad::rows(&path, map, &mut faults),
    };
    assert!(faults.is_empty(), "{faults:?}");
    export.unwrap().rows.collect::<anyhow::Result<_>>().unwrap()
}

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

/// Who wrote, whether everybody sees it, and what.
fn said(past: &PastRequest) -> Vec<(&str, bool, &str)> {
    let by = |by: &Speaker| match by {
        Speaker::Customer => "customer",
        Speaker::Agent(_) => "agent",
        Speaker::Bot => "bot",
        Speaker::System => "system",
    };
    past.messages.iter().map(|one| (by(&one.by), one.public, &*one.text)).collect()
}

#[test]
fn zendesk_pages_are_read() {
    let page = json!({
        "tickets": [
            {"id": 35436, "created_at": "2019-07-20T22:55:29Z", "updated_at": "2019-08-05T10:38:52Z", "status": "closed",
             "raw_subject": "Swap failed", "subject": "Swap failed", "description": "It says slippage.", "tags": ["swap_failed", "vip"],
             "via": {"channel": "email"}, "requester_id": 20_978_392, "assignee_id": 235_323,
             "custom_fields": [{"id": 27642, "value": "7.1.0"}, {"id": 27648, "value": null}],
             "satisfaction_rating": {"score": "good", "comment": "Great support!"},
             "comments": [
                {"id": 1, "author_id": 20_978_392, "body": "It says slippage.", "public": true, "created_at": "2019-07-20T22:55:29Z"},
                {"id": 2, "author_id": 235_323, "plain_body": "Raise it to 1 %.", "public": true, "created_at": "2019-07-20T23:10:29Z"},
                {"id": 3, "author_id": 235_323, "body": "known fault", "public": false, "created_at": "2019-07-20T23:11:00Z"}]},
            {"id": 35437, "created_at": "2019-07-21T08:00:00Z", "status": "pending", "subject": "Where is it?", "tags": [],
             "description": "Where is it?", "via": {"channel": "web"}, "requester_id": 7, "satisfaction_rating": {"score": "unoffered"}},
            {"id": 35438, "created_at": "2019-07-21T08:00:00Z", "status": "deleted", "tags": []},
            {"id": 35439, "created_at": "yesterday", "status": "new", "tags": []}
        ],
        "users": [{"id": 20_978_392, "name": "Wen", "role": "end-user"}, {"id": 235_323, "name": "Mei", "role": "agent"}],
        "metric_sets": [{"ticket_id": 35436, "reopens": 2, "replies": 1, "solved_at": "2019-08-05T10:38:52Z",
                         "reply_time_in_minutes": {"calendar": 15, "business": 10}},
                        {"ticket_id": 35437, "reopens": 0, "solved_at": null, "reply_time_in_minutes": {"calendar": 61}}],
        "end_of_stream": true
    });
    let map = "source = \"zendesk\"\n[columns]\napp_version = \"custom_fields.27642\"\n[types]\nswap_failed = \"swap\"\n";
    let rows = read("zendesk", "page-1.json", &page.to_string(), map);
    let first = rows[0].past.as_ref().unwrap();
    assert_eq!(
        (first.external_id.as_str(), first.kind.as_str(), first.channel),
        ("35436", "swap", Channel::Mail)
    );
    assert_eq!(first.context["app_version"], "7.1.0");
    assert_eq!((first.solved_at, first.reopen_count), (Some(at("2019-08-05T10:38:52Z")), Some(2)));
    assert_eq!((first.customer_name.as_deref(), first.agent.as_deref()), (Some("Wen"), Some("Mei")));
    assert_eq!(first.rating.as_ref().map(|rating| rating.score), Score::new(5));
    assert_eq!(
        said(first),
        [
            ("customer", true, "It says slippage."),
            ("agent", true, "Raise it to 1 %."),
            ("agent", false, "known fault")
        ]
    );
    assert_eq!(first.told, Told { answer: true, solution: true, words: true });
    let second = rows[1].past.as_ref().unwrap();
    assert_eq!(second.answered_at, Some(at("2019-07-21T09:01:00Z")));
    assert_eq!((second.channel, second.solved_at, second.kind.as_str()), (Channel::Page, None, "other"));
    assert_eq!(second.told, Told { answer: true, solution: true, words: false });
    assert!(second.rating.is_none());
    assert_eq!(rows[2].past.as_ref().err(), Some(&fault("state", "deleted")));
    assert_eq!(
        (rows[3].past.as_ref().err(), rows[3].place.as_str()),
        (Some(&fault("created", "no_such_time")), "page-1.json page, record 4")
    );
    // A ticket alone, as it is written when it is rejected, says the same.
    let Original::Record { id: Some(id), page: alone } = &rows[0].original else { panic!("no record") };
    let again = read("zendesk", "mended.ndjson", &json!(alone).to_string(), map);
    let again = again[0].past.as_ref().unwrap();
    assert_eq!((id.as_str(), said(again), again.told), ("35436", said(first), first.told));
    assert_eq!((again.solved_at, again.agent.as_deref()), (first.solved_at, Some("Mei")));
    // The account's export: a ticket a line.
    let line = page["tickets"][0].to_string();
    let rows = read("zendesk", "tickets.ndjson", &format!("{line}\n\n{{broken\n{line}\n"), map);
    assert_eq!(rows[0].past.as_ref().unwrap().told, Told { answer: true, solution: false, words: true });
    assert_eq!(
        (rows[1].place.as_str(), rows[1].past.as_ref().err()),
        ("tickets.ndjson line 3, column 2", Some(&fault("record", "name")))
    );
    assert!(rows[2].past.is_ok() && rows.len() == 3);
}

#[test]
fn chatwoot_pages_are_read() {
    let survey = json!({"id": 5, "message_type": 3, "content_type": "input_csat", "content": "Rate us", "created_at": 1_606_000_500,
        "content_attributes": {"submitted_values": {"csat_survey_response": {"rating": 4, "feedback_message": "ok"}}}});
    let page = json!({"data": {"meta": {"all_count": 2}, "payload": [
        {"id": 17, "created_at": 1_606_000_000, "status": "resolved", "labels": ["swap"], "last_activity_at": 1_606_000_500,
         "first_reply_created_at": 1_606_000_020, "meta": {"channel": "Channel::WebWidget",
            "sender": {"id": 9, "name": "Wen", "email": "wen@example.com"}, "assignee": {"name": "Mei", "email": "mei@desk.test"}},
         "additional_attributes": {"browser": {"platform_name": "Android"}},
         "messages": [
            {"id": 1, "message_type": 0, "content": "Swap failed", "created_at": 1_606_000_000, "private": false},
            {"id": 2, "message_type": 1, "content": "One moment", "created_at": 1_606_000_020, "sender": {"type": "agent_bot"}},
            {"id": 3, "message_type": 1, "content": "Try again", "created_at": 1_606_000_200, "sender": {"type": "user", "email": "mei@desk.test"}},
            {"id": 4, "message_type": 2, "content": "Conversation was marked resolved by Mei", "created_at": 1_606_000_400},
            survey]},
        {"id": 18, "created_at": 1_606_000_000, "status": "open", "labels": [], "first_reply_created_at": 0, "last_activity_at": 1_606_009_000,
         "meta": {"channel": "Channel::Email", "sender": {"id": 9}},
         "messages": [{"id": 7, "message_type": 1, "content": "Is it solved?", "created_at": 1_606_009_000,
            "sender": {"type": "captain_assistant"}}]}
    ]}});
    let rows = read("chatwoot", "1.json", &page.to_string(), "source = \"chatwoot\"\n");
    let first = rows[0].past.as_ref().unwrap();
    assert_eq!(
        (first.kind.as_str(), first.channel, first.customer.as_deref()),
        ("swap", Channel::Chat, Some("9"))
    );
    assert_eq!(first.context["platform"], "Android");
    // A bot's answer is one, but none of a person.
    assert_eq!(
        said(first),
        [("customer", true, "Swap failed"), ("bot", true, "One moment"), ("agent", true, "Try again")]
    );
    assert_eq!((first.answered_at, first.solved_at), (None, Some(Time(1_606_000_400_000_000))));
    assert_eq!(
        first.rating.as_ref().map(|rating| (rating.score, &*rating.comment)),
        Score::new(4).map(|score| (score, "ok"))
    );
    assert_eq!(first.told, Told { answer: true, solution: true, words: true });
    let second = rows[1].past.as_ref().unwrap();
    assert_eq!(second.told, Told { answer: true, solution: true, words: false });
    assert_eq!((second.answered_at, second.solved_at, second.channel), (None, None, Channel::Mail));
    assert_eq!(said(second), [("bot", true, "Is it solved?")], "Chatwoot's own assistant is no person");
}

#[test]
fn zammad_pages_are_read() {
    let page = json!([
        {"id": 3, "number": "22003", "title": "Withdrawal", "state": "closed", "group": "Users", "owner": "mei@desk.test", "owner_id": 4,
         "customer_id": 8, "customer": "wen@example.com", "first_response_at": null, "close_at": "2021-11-03T13:00:00.000Z",
         "create_article_type": "email", "created_at": "2021-11-03T11:51:13.759Z", "tags": ["vip"],
         "articles": [
            {"id": 3, "ticket_id": 3, "type": "email", "sender": "Customer", "internal": false, "content_type": "text/html",
             "body": "huhu<br>where &amp; when?", "created_at": "2021-11-03T11:51:13.790Z"},
            {"id": 4, "ticket_id": 3, "type": "note", "sender": "Agent", "internal": false, "content_type": "text/plain",
             "body": "look at the chain", "created_by": "mei@desk.test", "created_at": "2021-11-03T12:00:00.000Z"},
            {"id": 5, "ticket_id": 3, "type": "email", "sender": "Agent", "internal": false, "content_type": "text/plain",
             "body": "It is there.", "created_by": "mei@desk.test", "created_at": "2021-11-03T12:30:00.000Z"}]},
        {"id": 4, "title": "Open one", "state": "open", "owner": "-", "owner_id": 1, "customer_id": 8, "close_at": "2021-11-04T00:00:00Z",
         "first_response_at": "2021-11-03T12:00:00Z", "create_article_type": "phone", "created_at": "2021-11-03T11:00:00Z"},
        {"id": 5, "title": "Part of another", "state": "merged", "created_at": "2021-11-03T11:00:00Z"}
    ]);
    let rows = read("zammad", "tickets.json", &page.to_string(), "source = \"zammad\"\n");
    let first = rows[0].past.as_ref().unwrap();
    assert_eq!(
        said(first),
        [
            ("customer", true, "huhu\nwhere & when?"),
            ("agent", false, "look at the chain"),
            ("agent", true, "It is there.")
        ]
    );
    assert_eq!((first.channel, first.agent.as_deref()), (Channel::Mail, Some("mei@desk.test")));
    assert_eq!(first.solved_at, Some(at("2021-11-03T13:00:00Z")));
    let second = rows[1].past.as_ref().unwrap();
    assert_eq!((second.channel, second.agent.as_deref(), second.solved_at), (Channel::Phone, None, None));
    assert_eq!(second.answered_at, Some(at("2021-11-03T12:00:00Z")));
    assert_eq!(rows[2].past.as_ref().err(), Some(&fault("state", "merged")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_format_reaches_the_desk() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    open_new(&config).await;
    for (name, record) in [
        (
            "zendesk",
            json!({"id": 1, "created_at": "2019-07-20T22:55:29Z", "status": "closed", "description": "Where is it?"}),
        ),
        (
            "chatwoot",
            json!({"id": 1, "created_at": 1_606_000_000, "status": "resolved", "last_activity_at": 1_606_000_400}),
        ),
        (
            "zammad",
            json!({"id": 1, "title": "Hello", "created_at": "2021-11-03T11:00:00Z", "state": "closed"}),
        ),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("1.json"), json!([record]).to_string()).unwrap();
        std::fs::write(path.join("notes.txt"), "nothing").unwrap();
        let from = Files { path, map: None };
        let how = how(folder.path());
        let command = match name {
            "zendesk" => ImportCommand::Zendesk { from, how },
            "chatwoot" => ImportCommand::Chatwoot { from, how },
            _ => ImportCommand::Zammad { from, how },
        };
        assert_eq!(import(&config, command).await.unwrap(), ExitCode::SUCCESS);
        assert_eq!(stock(&config, name).await, 1);
    }
}
