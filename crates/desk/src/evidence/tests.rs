use std::path::Path;

use standfast_domain::{AttachmentId, Event, Role};
use standfast_store::store_test;

use crate::attachment::tests::upload;
use crate::identity::tests::{as_visitor, token};
use crate::testing::{TestDesk, answer, intake, tamper, visitor};
use crate::{
    Customer, FollowUp, Intake, Join, Reader, Receipt, conversation, detail, erase, follow_up, identify,
    merge, open_attachment, receive, reply, verify,
};

/// A key of many examples (web3.js documentation, `privateKeyToAccount`), and its address.
const KEY: &str = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
const ADDRESS: &str = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";
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
