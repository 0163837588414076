use std::path::Path;

use standfast_domain::{AttachmentId, Event, Role};
use standfast_store::{Lane, attachment, job, store_test};

use super::{PROVE, look_before};

use crate::attachment::tests::upload;
use crate::draft::Draft;
use crate::identity::tests::{as_visitor, token};
use crate::testing::{TestDesk, answer, intake, tamper, visitor};
use crate::{
    Customer, FollowUp, Intake, Join, Reader, Receipt, conversation, detail, erase, follow_up, identify,
    merge, note, open_attachment, receive, reply, verify,
};

/// A key of many examples (web3.js documentation, `privateKeyToAccount`), and its address.
const KEY: &str = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
const ADDRESS: &str = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";
/// An address of EIP-55.
const OTHER: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
/// The hash of a transaction (Ethereum JSON-RPC specification, `eth_getTransactionByHash`).
const HASH: &str = "0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b";

fn log() -> String {
    format!("12:00 opened\n12:01 transaction hash: 0x{KEY}\n12:02 transaction hash: {HASH}\n12:03 closed\n")
}

/// Uploads a log of digits that nothing proves yet.
async fn unproven(desk: &TestDesk, who: &Customer, client_id: &str) -> AttachmentId {
    let file = upload(desk, &who.scope(), client_id, "app.log", log().as_bytes()).await.unwrap();
    assert!(file.secret.is_none(), "nothing tells yet");
    file.attachment.id
}

fn with(files: &[AttachmentId], given: Intake) -> Intake {
    Intake { attachments: files.to_vec(), ..given }
}

async fn say(desk: &TestDesk, who: &Customer, to: &Receipt, client_id: &str, text: &str) -> Receipt {
    let words = FollowUp { client_id: client_id.into(), text: text.into(), ..FollowUp::default() };
    follow_up(desk, who, to.number, words).await.unwrap().receipt
}

async fn work(desk: &TestDesk) {
    while crate::work(desk).await.unwrap() > 0 {}
}

async fn stored(desk: &TestDesk, who: &Customer, id: AttachmentId) -> String {
    let mut file = open_attachment(desk, &Reader::Customer(who.clone()), id).await.unwrap().file;
    let mut text = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut file, &mut text).await.unwrap();
    text
}

/// How many files of the desk have the digits of the key.
fn keys_on_disk(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |path: &Path| {
        if path.is_dir() {
            return keys_on_disk(path);
        }
        usize::from(String::from_utf8_lossy(&std::fs::read(path).unwrap()).contains(KEY))
    };
    entries.map(|entry| count(&entry.unwrap().path())).sum()
}

/// The key is gone from the file and from the disk, and all else is there; the record says so and verifies.
async fn is_taken_out(desk: &TestDesk, who: &Customer, file: AttachmentId) {
    let text = stored(desk, who, file).await;
    assert_eq!(text, log().replace(&format!("0x{KEY}"), "⟦redacted:private_key⟧"));
    work(desk).await;
    assert_eq!(keys_on_disk(desk.files()), 0);
    let found = verify(desk).await.unwrap();
    assert!(found.is_sound(), "{found:?}");
}

/// The files of the desk.
fn blobs(folder: &Path) -> Vec<std::path::PathBuf> {
    let inside = |path: std::path::PathBuf| if path.is_dir() { blobs(&path) } else { vec![path] };
    std::fs::read_dir(folder).unwrap().flat_map(|entry| inside(entry.unwrap().path())).collect()
}

/// The same, when it is a job that takes it out; the request of the file says so once.
async fn is_taken_out_by_job(desk: &TestDesk, who: &Customer, file: AttachmentId, on: &Receipt) {
    work(desk).await;
    assert_eq!(told(desk, who, on).await, 1);
    is_taken_out(desk, who, file).await;
}

/// How often the customer sees in a request that a key was taken out of a file.
async fn told(desk: &TestDesk, who: &Customer, receipt: &Receipt) -> usize {
    let talk = conversation(desk, who, receipt.number, 0, 50).await.unwrap();
    talk.entries.iter().filter(|entry| matches!(entry.event, Some(Event::FileRedacted { .. }))).count()
}

store_test! {
    async fn a_key_in_a_file_is_proven_by_an_address_beside_it(store) {
        let desk = TestDesk::new(&store);
        let address = [("address".to_owned(), ADDRESS.to_owned())];
        for (n, said) in [
            intake("c1", &format!("nothing arrives at {ADDRESS}")),
            Intake { fields: address.clone().into(), ..intake("c1", "see the form") },
            Intake { context: address.into(), ..intake("c1", "see the app") },
        ].into_iter().enumerate() {
            let who = visitor(1 + u8::try_from(n).unwrap());
            let file = unproven(&desk, &who, "u1").await;
            let receipt = receive(&desk, &who, with(&[file], said)).await.unwrap().receipt;
            assert!(receipt.secret.is_some() && receipt.at_risk, "{n}: {receipt:?}");
            is_taken_out(&desk, &who, file).await;
        }
    }

    async fn a_key_in_a_file_is_proven_by_an_address_in_a_file(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let both = format!("{}to {ADDRESS}\n", log());
        assert!(upload(&desk, &who.scope(), "u0", "both.log", both.as_bytes()).await.unwrap().secret.is_some());
        let file = unproven(&desk, &who, "u1").await;
        let balance = format!("balance of {ADDRESS}: 0\n");
        let other = upload(&desk, &who.scope(), "u2", "balance.txt", balance.as_bytes()).await.unwrap().attachment.id;
        let receipt = receive(&desk, &who, with(&[file, other], intake("c1", "my logs"))).await.unwrap().receipt;
        assert!(receipt.secret.is_some() && receipt.at_risk, "{receipt:?}");
        is_taken_out(&desk, &who, file).await;
        // The digits in words, the address in a file: beside them, and later.
        for (n, later) in [false, true].into_iter().enumerate() {
            let who = visitor(10 + u8::try_from(n).unwrap());
            let other = upload(&desk, &who.scope(), "u1", "balance.txt", balance.as_bytes()).await.unwrap().attachment.id;
            let text = format!("transaction hash: 0x{KEY}");
            let receipt = if later {
                desk.ask(&who, "c1", &text).await;
                receive(&desk, &who, with(&[other], intake("c2", "and this"))).await.unwrap().receipt
            } else {
                receive(&desk, &who, with(&[other], intake("c1", &text))).await.unwrap().receipt
            };
            assert!(receipt.secret.is_some() && receipt.at_risk, "{later}: {receipt:?}");
            let talk = conversation(&desk, &who, receipt.number, 0, 50).await.unwrap();
            assert!(!serde_json::to_string(&talk.entries).unwrap().contains(KEY));
        }
    }

    async fn a_key_in_a_file_is_taken_out_when_its_address_comes(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let file = unproven(&desk, &who, "u1").await;
        let first = receive(&desk, &who, with(&[file], intake("c1", "my log"))).await.unwrap().receipt;
        assert!(first.secret.is_none() && !first.at_risk);
        work(&desk).await;
        assert_eq!((keys_on_disk(desk.files()), told(&desk, &who, &first).await), (1, 0));
        let receipt = say(&desk, &who, &first, "c2", &format!("it went to {ADDRESS}")).await;
        assert!(receipt.secret.is_some() && receipt.at_risk, "{receipt:?}");
        is_taken_out(&desk, &who, file).await;
        assert_eq!(told(&desk, &who, &first).await, 1);
        let (talk, _) = detail(&desk, &agent, first.request_id).await.unwrap();
        assert_eq!(talk.entries[0].text.as_deref(), Some("my log"), "words are left alone");
        // Said again, nothing more happens.
        let again = say(&desk, &who, &first, "c2", &format!("it went to {ADDRESS}")).await;
        assert_eq!(again.seq, receipt.seq);
        say(&desk, &who, &first, "c3", &format!("to {ADDRESS}, I said")).await;
        work(&desk).await;
        assert_eq!(told(&desk, &who, &first).await, 1);
    }

    async fn a_key_in_a_file_is_proven_on_another_request(store) {
        let desk = TestDesk::new(&store);
        let (who, stranger) = (visitor(1), visitor(2));
        let file = unproven(&desk, &who, "u1").await;
        let first = receive(&desk, &who, with(&[file], intake("c1", "my log"))).await.unwrap().receipt;
        // Somebody else's address proves nothing about it.
        assert!(desk.ask(&stranger, "c1", &format!("I cannot see {ADDRESS}")).await.secret.is_none());
        work(&desk).await;
        assert_eq!(keys_on_disk(desk.files()), 1);
        let said = Intake { join: Join::New, ..intake("c2", &format!("I cannot see {ADDRESS}")) };
        let receipt = receive(&desk, &who, said).await.unwrap().receipt;
        assert!(!receipt.joined && receipt.secret.is_some() && receipt.at_risk, "{receipt:?}");
        assert_eq!(told(&desk, &who, &first).await, 1);
        is_taken_out(&desk, &who, file).await;
    }

    async fn what_nobody_waits_for_is_looked_at_by_a_job(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let large = format!("{}{}", log(), "12:04 nothing happened\n".repeat(12_000));
        let file = upload(&desk, &who.scope(), "u1", "app.log", large.as_bytes()).await.unwrap().attachment.id;
        let first = receive(&desk, &who, with(&[file], intake("c1", "my log"))).await.unwrap().receipt;
        let mut files = vec![file];
        for n in 0..10 {
            files.push(unproven(&desk, &who, &format!("v{n}")).await);
        }
        for (n, files) in files[1..].chunks(5).enumerate() {
            receive(&desk, &who, with(files, intake(&format!("d{n}"), "more logs"))).await.unwrap();
        }
        work(&desk).await;
        let said = Intake { join: Join::New, ..intake("c2", &format!("I cannot see {ADDRESS}")) };
        let receipt = receive(&desk, &who, said).await.unwrap().receipt;
        assert!(stored(&desk, &who, file).await.contains(KEY));
        work(&desk).await;
        assert!(!stored(&desk, &who, file).await.contains(KEY));
        assert_eq!((keys_on_disk(desk.files()), told(&desk, &who, &first).await), (0, files.len()));
        let shown = conversation(&desk, &who, receipt.number, 0, 50).await.unwrap();
        assert!(shown.request.at_risk, "whoever named the address is helped first");
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn a_request_that_was_merged_meanwhile_says_what_was_taken_out(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let large = format!("{}{}", log(), "12:04 nothing happened\n".repeat(12_000));
        let file = upload(&desk, &who.scope(), "u1", "app.log", large.as_bytes()).await.unwrap().attachment.id;
        let said = with(&[file], intake("c1", &format!("my log, and {ADDRESS}")));
        let first = receive(&desk, &who, said).await.unwrap().receipt;
        let other = receive(&desk, &who, Intake { join: Join::New, ..intake("c2", "and more") }).await.unwrap().receipt;
        merge(&desk, &agent, first.request_id, other.number).await.unwrap();
        assert_eq!(keys_on_disk(desk.files()), 1, "left to the job");
        work(&desk).await;
        assert_eq!((keys_on_disk(desk.files()), told(&desk, &who, &first).await), (0, 1));
        let found = verify(&desk).await.unwrap();
        assert!(found.is_sound(), "{found:?}");
        let goes_on = conversation(&desk, &who, other.number, 0, 50).await.unwrap();
        assert!(goes_on.request.at_risk);
    }

    async fn nothing_that_becomes_of_files_keeps_words_out(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let file = unproven(&desk, &who, "u1").await;
        let first = receive(&desk, &who, with(&[file], intake("c1", "my log"))).await.unwrap().receipt;
        work(&desk).await;
        // No file can be written.
        let incoming = desk.files().join("incoming");
        std::fs::remove_dir_all(&incoming).unwrap();
        std::fs::write(&incoming, "").unwrap();
        let receipt = say(&desk, &who, &first, "c2", &format!("it went to {ADDRESS}")).await;
        assert!(receipt.secret.is_none(), "nobody knows yet");
        std::fs::remove_file(&incoming).unwrap();
        is_taken_out_by_job(&desk, &who, file, &first).await;
    }

    async fn the_latest_files_are_looked_at_first(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let harmless = format!("12:02 transaction hash: {HASH}\n");
        for n in 0..4 {
            let id = format!("v{n}");
            let file = upload(&desk, &who.scope(), &id, "app.log", harmless.as_bytes()).await.unwrap().attachment.id;
            receive(&desk, &who, with(&[file], intake(&id, "a log"))).await.unwrap();
        }
        let file = unproven(&desk, &who, "u1").await;
        let first = receive(&desk, &who, with(&[file], intake("c1", "my log"))).await.unwrap().receipt;
        work(&desk).await;
        let receipt = say(&desk, &who, &first, "c2", &format!("it went to {ADDRESS}")).await;
        assert!(receipt.secret.is_some(), "{receipt:?}");
        is_taken_out(&desk, &who, file).await;
    }

    async fn what_a_look_has_shown_is_kept(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let text = format!("balance of {ADDRESS}: 0\n");
        let file = upload(&desk, &who.scope(), "u1", "balance.txt", text.as_bytes()).await.unwrap().attachment.id;
        let first = receive(&desk, &who, with(&[file], intake("c1", "my log"))).await.unwrap().receipt;
        // As a file that was there before anybody looked.
        tamper(&store, &format!("UPDATE attachment SET unproven = NULL, addresses = NULL WHERE id = {file}")).await;
        say(&desk, &who, &first, "c2", &format!("it went to {OTHER}")).await;
        work(&desk).await;
        let row = desk.store().read(move |rd| attachment::find(rd, file)).await.unwrap().unwrap();
        assert_eq!((row.unproven, row.addresses), (Some(false), Some(format!("[\"{ADDRESS}\"]"))));
    }

    async fn an_address_that_was_named_before_asks_for_no_work(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let file = unproven(&desk, &who, "u1").await;
        let first = receive(&desk, &who, with(&[file], intake("c1", "my log"))).await.unwrap().receipt;
        work(&desk).await;
        for (n, (address, asks)) in [(OTHER, true), (OTHER, false), (ADDRESS, true)].into_iter().enumerate() {
            say(&desk, &who, &first, &format!("d{n}"), &format!("it went to {address}")).await;
            let listed = desk.store().read(|rd| job::is_listed(rd, PROVE)).await.unwrap();
            assert_eq!(listed, asks, "{n}");
            work(&desk).await;
        }
        is_taken_out(&desk, &who, file).await;
    }

    async fn a_file_that_is_not_as_it_was_stays(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        let who = visitor(1);
        let file = unproven(&desk, &who, "u1").await;
        let first = receive(&desk, &who, with(&[file], intake("c1", "my log"))).await.unwrap().receipt;
        let row = desk.store().read(move |rd| attachment::find(rd, file)).await.unwrap().unwrap();
        let replace = |was: Vec<u8>| {
            let row = row.clone();
            desk.store().write(Lane::Ordinary, 0, move |tx| attachment::replace(tx, &row, &was))
        };
        assert!(replace(row.sha256.clone()).await.unwrap());
        assert!(!replace(vec![0; 32]).await.unwrap());
        erase(&desk, &lead, first.request_id, 1, "privacy".to_owned()).await.unwrap();
        assert!(!replace(row.sha256.clone()).await.unwrap());
    }

    async fn bytes_that_no_row_names_leave_the_disk(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        let who = visitor(1);
        let kept = upload(&desk, &who.scope(), "u0", "kept.txt", b"nothing but words").await.unwrap().attachment.id;
        let file = unproven(&desk, &who, "u1").await;
        let first = receive(&desk, &who, with(&[kept, file], intake("c1", "my log"))).await.unwrap().receipt;
        let words = Draft::check(&desk, &who, &intake("c2", &format!("it went to {ADDRESS}"))).unwrap();
        assert_eq!(look_before(&desk, &who, &words).await.len(), 1);
        // Erased before the unit that would have named the new bytes.
        erase(&desk, &lead, first.request_id, 1, "privacy".to_owned()).await.unwrap();
        let sent = unproven(&desk, &who, "u2").await;
        receive(&desk, &who, with(&[sent], intake("c3", "another log"))).await.unwrap();
        work(&desk).await;
        assert_eq!(blobs(desk.files()).len(), 2);
        for path in blobs(desk.files()) {
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_micros(desk.now().0.cast_unsigned());
            std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
        }
        for minutes in [15; 16] {
            desk.pass(minutes);
            work(&desk).await;
        }
        assert_eq!(blobs(desk.files()).len(), 2, "not before a day is over");
        desk.pass(60 * 24);
        for minutes in [15; 16] {
            desk.pass(minutes);
            work(&desk).await;
        }
        assert_eq!(blobs(desk.files()).len(), 1);
        assert_eq!(stored(&desk, &who, sent).await, log());
    }

    async fn a_key_in_the_file_of_a_note_is_not_told_to_the_customer(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let first = desk.ask(&who, "c1", "I cannot see it").await;
        let file = upload(&desk, &agent.scope(), "u1", "app.log", log().as_bytes()).await.unwrap().attachment.id;
        let noted = crate::Answer { attachments: vec![file], ..answer("a1", "from the app", 1) };
        note(&desk, &agent, first.request_id, noted).await.unwrap();
        let said = Intake { join: Join::New, ..intake("c2", &format!("I cannot see {ADDRESS}")) };
        receive(&desk, &who, said).await.unwrap();
        work(&desk).await;
        assert_eq!((keys_on_disk(desk.files()), told(&desk, &who, &first).await), (0, 0));
        let (talk, _) = detail(&desk, &agent, first.request_id).await.unwrap();
        let says = |event: &Option<Event>| matches!(event, Some(Event::FileRedacted { .. }));
        assert_eq!(talk.entries.iter().filter(|entry| says(&entry.event)).count(), 1);
        assert!(talk.request.summary.at_risk, "the request with the file is put first, too");
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn a_key_in_a_file_is_proven_when_it_is_known_who_it_is(store) {
        let desk = TestDesk::new(&store);
        let (phone, laptop) = (visitor(1), visitor(2));
        desk.ask(&phone, "c1", &format!("I cannot see {ADDRESS}")).await;
        identify(&desk, &as_visitor(&phone), &token(&desk, "u1")).await.unwrap();
        let file = unproven(&desk, &laptop, "u1").await;
        let receipt = receive(&desk, &laptop, with(&[file], intake("c1", "my log"))).await.unwrap().receipt;
        work(&desk).await;
        assert_eq!(keys_on_disk(desk.files()), 1);
        identify(&desk, &as_visitor(&laptop), &token(&desk, "u1")).await.unwrap();
        work(&desk).await;
        is_taken_out(&desk, &laptop, file).await;
        assert_eq!(told(&desk, &laptop, &receipt).await, 1);
    }

    async fn a_key_in_an_agents_file_is_taken_out(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let first = desk.ask(&who, "c1", &format!("I cannot see {ADDRESS}")).await;
        let file = upload(&desk, &agent.scope(), "u1", "app.log", log().as_bytes()).await.unwrap().attachment.id;
        let with = crate::Answer { attachments: vec![file], ..answer("a1", "Is this your log?", 1) };
        reply(&desk, &agent, first.request_id, with).await.unwrap();
        work(&desk).await;
        is_taken_out(&desk, &who, file).await;
    }

    async fn what_was_erased_stays_erased(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        let who = visitor(1);
        let file = unproven(&desk, &who, "u1").await;
        let first = receive(&desk, &who, with(&[file], intake("c1", "my log"))).await.unwrap().receipt;
        erase(&desk, &lead, first.request_id, 1, "privacy".to_owned()).await.unwrap();
        let receipt = say(&desk, &who, &first, "c2", &format!("it went to {ADDRESS}")).await;
        assert!(receipt.secret.is_none());
        work(&desk).await;
        assert_eq!((keys_on_disk(desk.files()), told(&desk, &who, &first).await), (0, 0));
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn a_file_is_what_the_record_says_since_then(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let file = unproven(&desk, &who, "u1").await;
        let first = receive(&desk, &who, with(&[file], intake("c1", "my log"))).await.unwrap().receipt;
        say(&desk, &who, &first, "c2", &format!("it went to {ADDRESS}")).await;
        work(&desk).await;
        assert!(verify(&desk).await.unwrap().is_sound());
        tamper(&store, &format!("UPDATE attachment SET size = size + 1 WHERE id = {file}")).await;
        let found = verify(&desk).await.unwrap();
        assert_eq!(found.faults.iter().map(|f| f.what).collect::<Vec<_>>(), ["files are not those that were sent"]);
    }
}
