use standfast_domain::{RequestId, Role};
use standfast_store::entry::{self, EntryRow};
use standfast_store::request::{self, RequestRow};
use standfast_store::store_test;

use crate::testing::{TestDesk, intake, visitor};
use crate::{Desk, Error, Intake, erase, receive, verify};

const ADDRESS: &str = "0x52908400098527886E0F7030069857D2E4169EE7";
const OTHER: &str = "0x8617E340B3D01FA5F11F306F4090FD50E238070D";

/// Words with an answer to the form and a value of the host's app.
fn told(client_id: &str, text: &str, error: &str, device: &str) -> Intake {
    Intake {
        fields: [("error".to_owned(), error.to_owned())].into(),
        context: [("device".to_owned(), device.to_owned())].into(),
        name: Some("Ada".to_owned()),
        email: Some("ada@mail.example".to_owned()),
        ..intake(client_id, text)
    }
}

async fn record(desk: &Desk, id: RequestId) -> (RequestRow, Vec<EntryRow>) {
    let read = desk.store().read(move |rd| {
        let row = request::find(rd, id)?.expect("the request");
        Ok::<_, Error>((row, entry::list_after(rd, id, 0, false, i64::MAX)?))
    });
    read.await.unwrap()
}

/// Whether nothing of what was told is left anywhere in the row and its customer's entries.
fn is_blank(row: &RequestRow, entries: &[EntryRow]) -> bool {
    let nothing = (row.fields.as_str(), row.context.as_str(), row.identifiers.as_str()) == ("{}", "{}", "[]");
    let silent = row.last_text.is_empty() && row.subject == "…" && row.chain.is_none();
    let gone =
        |e: &&EntryRow| e.text.is_none() && e.intake.is_none() && e.identifiers.is_none() && e.salt.is_none();
    nothing && silent && entries.iter().filter(|e| e.author.kind() == "customer").all(|e| gone(&e))
}

store_test! {
    async fn erasing_an_entry_takes_off_what_only_it_gave(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        let first = receive(&desk, &visitor(1), told("c1", &format!("From {ADDRESS}"), "E12", "phone")).await.unwrap();
        let id = first.receipt.request_id;
        let more = Intake { fields: [("error".to_owned(), "E13".to_owned())].into(), ..intake("c2", &format!("{OTHER} and {ADDRESS}")) };
        assert_eq!(receive(&desk, &visitor(1), more).await.unwrap().receipt.request_id, id);
        let (row, _) = record(&desk, id).await;
        assert_eq!((row.fields.as_str(), row.context.as_str()), (r#"{"error":"E12"}"#, r#"{"device":"phone"}"#));
        erase(&desk, &lead, id, 1, "privacy".to_owned()).await.unwrap();
        let (row, entries) = record(&desk, id).await;
        // The second message gave another answer, and the same address after its own.
        assert_eq!((row.fields.as_str(), row.context.as_str()), (r#"{"error":"E13"}"#, "{}"));
        let at = |value: &str| row.identifiers.to_lowercase().find(&value.to_lowercase());
        assert!(at(OTHER).unwrap() < at(ADDRESS).unwrap(), "{}", row.identifiers);
        assert!(entries[0].intake.is_none() && entries[0].identifiers.is_none() && entries[1].intake.is_some());
        assert_eq!(verify(&desk).await.unwrap().faults, []);
        erase(&desk, &lead, id, 2, "privacy".to_owned()).await.unwrap();
        let (row, entries) = record(&desk, id).await;
        assert!(is_blank(&row, &entries), "{row:?}");
        assert_eq!(verify(&desk).await.unwrap().faults, []);
    }
}
