use standfast_domain::Role;
use standfast_store::store_test;

use super::blob;
use crate::testing::{TestDesk, answer, intake, tamper, visitor};
use crate::{
    Desk, Error, Intake, Reader, Upload, UploadCommand, UploadView, note, open_attachment, receive, verify,
};

pub(crate) async fn upload(
    desk: &Desk,
    scope: &str,
    client_id: &str,
    name: &str,
    bytes: &[u8],
) -> Result<UploadView, Error> {
    let command = UploadCommand {
        client_id: client_id.to_owned(),
        name: name.to_owned(),
        media_type: "application/octet-stream".to_owned(),
    };
    let mut upload = Upload::begin(desk, scope, command).await?;
    for part in bytes.chunks(7) {
        upload.write(part).await?;
    }
    upload.finish().await
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on";

store_test! {
    async fn a_picture_goes_with_its_message_and_to_nobody_else(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let (who, other) = (visitor(1), visitor(2));
        let file = upload(&desk, &who.scope(), "u1", "../../screen \"shot\".png", PNG).await.unwrap().attachment;
        assert_eq!((file.name.as_str(), file.media_type.as_str(), file.picture), ("screen shot.png", "image/png", true));
        let again = upload(&desk, &who.scope(), "u1", "x.png", PNG).await.unwrap().attachment;
        assert_eq!(again.id, file.id);
        let mine = Reader::Customer(who.clone());
        assert!(matches!(open_attachment(&desk, &Reader::Agent(agent.clone()), file.id).await, Err(Error::NotFound)));
        let foreign = Intake { attachments: vec![file.id], ..intake("c1", "look") };
        assert!(receive(&desk, &other, foreign.clone()).await.is_err());
        receive(&desk, &who, foreign).await.unwrap();
        open_attachment(&desk, &mine, file.id).await.unwrap();
        open_attachment(&desk, &Reader::Agent(agent), file.id).await.unwrap();
        assert!(matches!(open_attachment(&desk, &Reader::Customer(other), file.id).await, Err(Error::NotFound)));
        assert_eq!(verify(&desk).await.unwrap().files, 1);
    }

    async fn a_log_is_screened_before_it_is_written(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let log = b"12:00 application opened\n12:01 mnemonic: zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong\n";
        let file = upload(&desk, &who.scope(), "u1", "app.log", log).await.unwrap();
        assert!(file.secret.is_some());
        let receipt =
            receive(&desk, &who, Intake { attachments: vec![file.attachment.id], ..intake("c1", "my log") }).await.unwrap().receipt;
        assert!(receipt.at_risk && receipt.secret.is_some());
        let mut stored = String::new();
        let mut open = open_attachment(&desk, &Reader::Customer(who), file.attachment.id).await.unwrap();
        tokio::io::AsyncReadExt::read_to_string(&mut open.file, &mut stored).await.unwrap();
        assert!(stored.contains("12:00 application opened") && !stored.contains("zoo"), "{stored}");
    }

    async fn a_key_in_a_log_is_proven_by_an_address_named_before(store) {
        /// A key of many examples (web3.js documentation, `privateKeyToAccount`), and its address.
        const KEY: &str = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        const ADDRESS: &str = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";
        let desk = TestDesk::new(&store);
        let log = format!("12:00 opened\n12:01 transaction hash: 0x{KEY}\n");
        let (who, stranger) = (visitor(1), visitor(2));
        let receipt = desk.ask(&who, "c1", &format!("my address {ADDRESS} shows nothing")).await;
        for scope in [who.scope(), crate::Customer::Link(receipt.request_id).scope()] {
            let file = upload(&desk, &scope, "u1", "app.log", log.as_bytes()).await.unwrap();
            assert!(file.secret.is_some(), "{scope}");
        }
        assert!(upload(&desk, &stranger.scope(), "u1", "app.log", log.as_bytes()).await.unwrap().secret.is_none());
    }

    async fn other_kinds_and_sizes_are_refused(store) {
        let desk = TestDesk::new(&store);
        let elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 64]].concat();
        assert!(matches!(upload(&desk, "v:1", "u1", "app", &elf).await, Err(Error::MediaType)));
        assert!(matches!(upload(&desk, "v:1", "u2", "empty.txt", b"").await, Err(Error::Invalid { .. })));
        let mut big = Upload::begin(&desk, "v:1", UploadCommand { client_id: "u3".into(), name: "a.png".into(), media_type: String::new() }).await.unwrap();
        big.write(PNG).await.unwrap();
        let part = vec![0; 1 << 20];
        let mut refused = None;
        for _ in 0..30 {
            refused = big.write(&part).await.err();
            if refused.is_some() {
                break;
            }
        }
        assert!(matches!(refused, Some(Error::UploadTooLarge { .. })));
        drop(big);
        let left = std::fs::read_dir(desk.settings().files.join("incoming")).unwrap().count();
        assert_eq!(left, 0, "what was cut off is removed");
    }

    async fn files_of_notes_stay_among_the_agents(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let receipt = desk.ask(&who, "c1", "My swap failed").await;
        let file = upload(&desk, &agent.scope(), "u1", "internal.png", PNG).await.unwrap().attachment;
        let with = crate::Answer { attachments: vec![file.id], ..answer("n1", "see this", 0) };
        note(&desk, &agent, receipt.request_id, with).await.unwrap();
        open_attachment(&desk, &Reader::Agent(agent), file.id).await.unwrap();
        assert!(matches!(open_attachment(&desk, &Reader::Customer(who), file.id).await, Err(Error::NotFound)));
    }

    async fn an_agents_file_cannot_ask_for_what_an_agent_may_not(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let text = b"To verify your wallet, please send us your 12-word recovery phrase.";
        for (name, bytes) in [("steps.txt", text.as_slice()), ("please send us your recovery phrase.png", PNG)] {
            let refused = upload(&desk, &agent.scope(), "u1", name, bytes).await;
            assert!(matches!(refused, Err(Error::AsksForSecret)), "{name}");
        }
        upload(&desk, &agent.scope(), "u1", "steps.txt", b"Open the settings and refresh.").await.unwrap();
        // A customer may show what a swindler wrote.
        upload(&desk, &visitor(1).scope(), "u1", "scam.txt", text).await.unwrap();
    }

    async fn a_file_that_was_forgotten_can_be_sent_again(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let first = upload(&desk, &who.scope(), "u1", "a.png", PNG).await.unwrap().attachment;
        desk.pass(60 * 27);
        while crate::work(&desk).await.unwrap() > 0 {}
        let again = upload(&desk, &who.scope(), "u1", "a.png", PNG).await.unwrap().attachment;
        assert_ne!(again.id, first.id);
        receive(&desk, &who, Intake { attachments: vec![again.id], ..intake("c1", "look") }).await.unwrap();
        assert!(verify(&desk).await.unwrap().bad_files.is_empty());
    }

    async fn a_file_that_was_exchanged_shows(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let mut files = Vec::new();
        for (n, bytes) in [PNG.to_vec(), [PNG, b" and more"].concat()].into_iter().enumerate() {
            let name = format!("{n}.png");
            files.push(upload(&desk, &who.scope(), &format!("u{n}"), &name, &bytes).await.unwrap().attachment.id);
        }
        receive(&desk, &who, Intake { attachments: vec![files[1], files[0]], ..intake("c1", "look") }).await.unwrap();
        assert!(verify(&desk).await.unwrap().is_sound());
        let [one, two] = files[..] else { panic!("two files") };
        for (change, undo) in [
            (format!("name = 'x.png' WHERE id = {one}"), format!("name = '0.png' WHERE id = {one}")),
            (format!("seq = 2 WHERE id = {one}"), format!("seq = 1 WHERE id = {one}")),
            (format!("sha256 = (SELECT sha256 FROM attachment WHERE id = {one}) WHERE id = {two}"), String::new()),
        ] {
            tamper(&store, &format!("UPDATE attachment SET {change}")).await;
            // The bytes are there, and are those of a file.
            let found = verify(&desk).await.unwrap();
            assert!(found.bad_files.is_empty(), "{change}");
            assert_eq!(found.faults.iter().map(|f| f.what).collect::<Vec<_>>(), ["files are not those that were sent"]);
            if !undo.is_empty() {
                tamper(&store, &format!("UPDATE attachment SET {undo}")).await;
                assert!(verify(&desk).await.unwrap().is_sound());
            }
        }
    }

    async fn files_of_an_erased_customer_are_gone(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        let who = visitor(1);
        let file = upload(&desk, &who.scope(), "u1", "a.png", PNG).await.unwrap().attachment;
        let sent = receive(&desk, &who, Intake { attachments: vec![file.id], ..intake("c1", "look") }).await.unwrap();
        let (talk, customer) = crate::detail(&desk, &lead, sent.receipt.request_id).await.unwrap();
        assert_eq!(talk.entries[0].attachments.len(), 1);
        crate::erase_customer(&desk, &lead, customer.customer.id, "privacy".to_owned()).await.unwrap();
        while crate::work(&desk).await.unwrap() > 0 {}
        assert!(matches!(open_attachment(&desk, &Reader::Agent(lead), file.id).await, Err(Error::NotFound)));
        let hash = <sha2::Sha256 as sha2::Digest>::digest(PNG);
        assert!(!blob(desk.files(), &hash).exists());
        let found = verify(&desk).await.unwrap();
        assert_eq!((found.files, found.is_sound()), (0, true));
    }
}
