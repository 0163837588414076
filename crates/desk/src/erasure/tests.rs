use std::collections::BTreeMap;

use standfast_domain::{CustomerId, RequestId, Role};
use standfast_store::entry::{self, EntryRow};
use standfast_store::request::{self, RequestRow};
use standfast_store::{customer, store_test};

use super::AT_ONCE;
use crate::identity::tests::{as_visitor, token};
use crate::testing::{TestDesk, answer, intake, visitor};
use crate::{
    Customer, Desk, Error, Intake, Join, erase, erase_customer, identify, receive, reply, verify, work,
};

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

async fn ask_anew(desk: &Desk, who: &Customer, words: Intake) -> RequestId {
    receive(desk, who, Intake { join: Join::New, ..words }).await.unwrap().receipt.request_id
}

async fn do_jobs(desk: &TestDesk) {
    while work(desk).await.unwrap() > 0 {}
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

    async fn a_customer_is_erased_from_every_record(store) {
        let desk = TestDesk::new(&store);
        let (agent, lead) = (desk.agent("mei", Role::Agent).await, desk.agent("lin", Role::Lead).await);
        let mut mine = Vec::new();
        for n in 0..3 {
            let words = told(&format!("c{n}"), &format!("Number {n} from {ADDRESS}"), "E12", "phone");
            mine.push(ask_anew(&desk, &visitor(1), words).await);
        }
        let other = ask_anew(&desk, &visitor(2), told("c1", &format!("Mine, from {ADDRESS}"), "E12", "phone")).await;
        reply(&desk, &agent, mine[0], answer("a1", "We look.", 1)).await.unwrap();
        let (row, _) = record(&desk, mine[0]).await;
        let id = row.customer_id;
        assert!(matches!(erase_customer(&desk, &agent, id, "privacy".into()).await, Err(Error::Forbidden)));
        assert!(matches!(erase_customer(&desk, &lead, CustomerId(7), "privacy".into()).await, Err(Error::NotFound)));
        assert!(matches!(erase_customer(&desk, &lead, id, " ".into()).await, Err(Error::Invalid { .. })));
        let asking = "Send us your recovery phrase".to_owned();
        assert!(matches!(erase_customer(&desk, &lead, id, asking).await, Err(Error::AsksForSecret)));
        assert!(matches!(erase_customer(&desk, &lead, id, "字".repeat(301)).await, Err(Error::Invalid { .. })));

        // Characters are counted, whichever language they are of.
        erase_customer(&desk, &lead, id, "字".repeat(300)).await.unwrap();
        let named = desk.store().read(move |rd| customer::find(rd, id).map_err(Error::from)).await.unwrap().unwrap();
        assert_eq!((named.name, named.email), (None, None));
        // What is written after that was not meant.
        desk.pass(1);
        let later = ask_anew(&desk, &visitor(1), intake("c9", "And one more thing")).await;
        do_jobs(&desk).await;
        for id in &mine {
            let (row, entries) = record(&desk, *id).await;
            assert!(is_blank(&row, &entries), "{row:?}");
        }
        let (_, entries) = record(&desk, mine[0]).await;
        assert!(entries.iter().any(|e| e.text.as_deref() == Some("We look.")));
        for id in [later, other] {
            assert!(record(&desk, id).await.1[0].text.is_some());
        }
        let found = verify(&desk).await.unwrap();
        assert_eq!((found.faults, found.erased), (vec![], 3));

        let entries: Vec<usize> = [record(&desk, mine[0]).await.1.len(), record(&desk, later).await.1.len()].into();
        erase_customer(&desk, &lead, id, "privacy".into()).await.unwrap();
        do_jobs(&desk).await;
        let again = [record(&desk, mine[0]).await.1.len(), record(&desk, later).await.1.len()];
        assert_eq!(again[0], entries[0], "nothing is erased twice");
        assert_eq!(again[1], entries[1] + 1);
        let found = verify(&desk).await.unwrap();
        assert_eq!((found.faults, found.erased), (vec![], 4));
    }

    async fn whoever_became_part_of_a_customer_is_erased_with_it(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        let (phone, laptop) = (visitor(1), visitor(2));
        let first = ask_anew(&desk, &phone, told("c1", "My swap failed", "E12", "phone")).await;
        let known = identify(&desk, &as_visitor(&phone), &token(&desk, "u1")).await.unwrap();
        let second = ask_anew(&desk, &laptop, told("c1", "My balance is gone", "E12", "laptop")).await;
        let part = record(&desk, second).await.0.customer_id;
        identify(&desk, &as_visitor(&laptop), &token(&desk, "u1")).await.unwrap();
        assert_eq!(record(&desk, second).await.0.customer_id, known.id);
        // The part alone: what the customer wrote as somebody else stays.
        erase_customer(&desk, &lead, part, "privacy".into()).await.unwrap();
        do_jobs(&desk).await;
        assert!(record(&desk, first).await.1[0].text.is_some() && record(&desk, second).await.1[0].text.is_none());
        let (again, id) = (ask_anew(&desk, &laptop, intake("c2", "Still gone")).await, known.id);
        erase_customer(&desk, &lead, id, "privacy".into()).await.unwrap();
        do_jobs(&desk).await;
        for id in [first, second, again] {
            let (row, entries) = record(&desk, id).await;
            assert!(is_blank(&row, &entries), "{row:?}");
        }
        let names = desk.store().read(move |rd| {
            Ok::<_, Error>([customer::find(rd, part)?, customer::find(rd, id)?].map(|row| row.map(|row| (row.name, row.email))))
        });
        assert_eq!(names.await.unwrap(), [Some((None, None)), Some((None, None))]);
        assert_eq!(verify(&desk).await.unwrap().faults, []);
    }

    async fn a_long_conversation_is_erased_in_short_units(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        let id = ask_anew(&desk, &visitor(1), told("c", "The first", "E12", "phone")).await;
        for n in 0..AT_ONCE + 5 {
            desk.ask(&visitor(1), &format!("c{n}"), &format!("Line {n}")).await;
        }
        let (row, _) = record(&desk, id).await;
        erase_customer(&desk, &lead, row.customer_id, "privacy".into()).await.unwrap();
        do_jobs(&desk).await;
        let (row, entries) = record(&desk, id).await;
        assert!(is_blank(&row, &entries));
        let mut reasons = BTreeMap::new();
        for entry in entries.iter().filter(|e| e.author.kind() == "customer") {
            *reasons.entry(entry.erased_reason.clone()).or_insert(0) += 1;
        }
        assert_eq!(reasons, [(Some("privacy".to_owned()), AT_ONCE + 6)].into());
        assert_eq!(verify(&desk).await.unwrap().faults, []);
    }
}
