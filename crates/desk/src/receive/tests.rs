use standfast_domain::{Permission, Role, State, Transition};
use standfast_store::store_test;

use crate::testing::{TestDesk, answer, intake, visitor};
use crate::{
    AgentCaller, Customer, Error, FollowUp, Intake, Join, Receipt, What, conversation, detail, follow_up,
    open_link, own_requests, receive, reply, transition, verify,
};

/// BIP-39's own test vector (trezor/python-mnemonic, vectors.json): entropy of all ones.
const PHRASE: &str = "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong";

/// A key of many examples (web3.js documentation, `privateKeyToAccount`), and its address.
const KEY: &str = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
const KEY_ADDRESS: &str = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";

/// Nothing that the desk shows of a request, and no row of it, has the digits of the key.
async fn holds_no_key(desk: &TestDesk, agent: &AgentCaller, receipt: &Receipt) {
    let (shown, _) = detail(desk, agent, receipt.request_id).await.unwrap();
    let shown = serde_json::to_string(&shown).unwrap();
    let id = receipt.request_id;
    let kept = desk
        .store()
        .read(move |rd| {
            let row = standfast_store::request::find(rd, id)?.unwrap();
            let entries = standfast_store::entry::list_given(rd, id)?;
            let given = entries.into_iter().flat_map(|one| [one.identifiers, one.intake]).flatten();
            Ok::<_, Error>(format!(
                "{}{}{}{}",
                row.fields,
                row.context,
                row.identifiers,
                given.collect::<String>()
            ))
        })
        .await
        .unwrap();
    for text in [shown, kept] {
        assert!(!text.to_lowercase().contains(&KEY[2..]), "{text}");
    }
}

/// Further words on a request.
async fn add(desk: &TestDesk, who: &Customer, to: &Receipt, client_id: &str, text: &str) -> Receipt {
    let said = FollowUp { client_id: client_id.into(), text: text.into(), ..FollowUp::default() };
    follow_up(desk, who, to.number, said).await.unwrap().receipt
}

struct Everybody;

impl crate::Audience for Everybody {
    fn wants(&self, _: standfast_domain::RequestId) -> bool {
        true
    }
}

store_test! {
    async fn words_become_a_request_with_a_receipt(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let receipt = desk.ask(&who, "c1", "转账 USDT 三个小时了还没到账，怎么办？").await;
        assert_eq!((receipt.seq, receipt.joined, receipt.state), (1, false, State::Open));
        assert_eq!((receipt.place, receipt.expected), (Some(1), None));
        assert!(receipt.next.text.contains("第 1 位"), "{}", receipt.next.text);
        let talk = conversation(&desk, &who, receipt.number, 0, 50).await.unwrap();
        assert_eq!(talk.entries.len(), 1);
        assert_eq!(talk.entries[0].text.as_deref(), Some("转账 USDT 三个小时了还没到账，怎么办？"));
        assert_eq!(talk.request.number, receipt.number);
        assert_eq!(own_requests(&desk, &who).await.unwrap().len(), 1);
    }

    async fn who_sends_unproven_digits_is_told_how_to_send_a_hash(store) {
        let desk = TestDesk::new(&store);
        let digits = "88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b";
        for (n, text) in [format!("my wallet shows nothing 0x{digits}"), format!("我的钱包 {digits}")].iter().enumerate() {
            let receipt = desk.ask(&visitor(1 + u8::try_from(n).unwrap()), "c1", text).await;
            assert!(receipt.secret.is_none());
            assert!(["transaction hash", "交易哈希"].iter().any(|word| receipt.next.text.contains(word)), "{}", receipt.next.text);
        }
        let plain = desk.ask(&visitor(9), "c1", &format!("transaction hash 0x{digits}")).await;
        assert!(!plain.next.text.contains("hidden"), "{}", plain.next.text);
    }

    async fn a_theft_does_not_wait_behind_an_ordinary_question(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let calm = desk.ask(&who, "c1", "my app is slow").await;
        let theft = Intake { kind: Some("theft".into()), ..intake("c2", "my funds are being stolen") };
        let theft = receive(&desk, &who, theft).await.unwrap().receipt;
        assert!(!theft.joined && theft.at_risk);
        assert_ne!(theft.number, calm.number);
        assert_eq!((theft.place, theft.next.code.as_str()), (Some(1), "at_risk"));
        // More of the same joins it, and a question without a type takes the one that is named later.
        let more = Intake { kind: Some("theft".into()), ..intake("c3", "another coin is gone") };
        assert_eq!(receive(&desk, &who, more).await.unwrap().receipt.number, theft.number);
        let other = visitor(2);
        let vague = desk.ask(&other, "c1", "请帮帮我").await;
        let typed = Intake { kind: Some("pending".into()), ..intake("c2", "转账没有到账") };
        let typed = receive(&desk, &other, typed).await.unwrap().receipt;
        assert_eq!((typed.number, typed.joined), (vague.number, true));
        let agent = desk.agent("mei", Role::Agent).await;
        let (shown, _) = detail(&desk, &agent, typed.request_id).await.unwrap();
        assert_eq!(shown.request.summary.kind, "pending");
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn who_says_that_it_was_stolen_goes_first_whatever_it_is_called(store) {
        let desk = TestDesk::new(&store);
        desk.ask(&visitor(9), "c1", "my app is slow").await;
        let agent = desk.agent("mei", Role::Agent).await;
        for (n, text) in [(1, "someone stole all my USDT last night"), (2, "昨晚钱包里的币全被转走了")] {
            desk.pass(1);
            let said = Intake { kind: Some("other".into()), ..intake("c1", text) };
            let receipt = receive(&desk, &visitor(n), said).await.unwrap().receipt;
            assert!(receipt.at_risk && receipt.next.code == "at_risk", "{receipt:?}");
            // Before whoever was there with something ordinary.
            assert!(receipt.place.is_some_and(|place| place <= u32::from(n)), "{receipt:?}");
            let (shown, _) = detail(&desk, &agent, receipt.request_id).await.unwrap();
            assert_eq!((shown.request.summary.kind.as_str(), shown.request.summary.urgency.0), ("other", 0));
        }
        // Said later, in a request that was about something else.
        let calm = desk.ask(&visitor(3), "c1", "transfer pending for an hour").await;
        assert!(!calm.at_risk);
        let later = desk.ask(&visitor(3), "c2", "now my wallet was hacked").await;
        assert_eq!((later.number, later.at_risk), (calm.number, true));
        assert!(!desk.ask(&visitor(4), "c1", "How do I avoid being hacked?").await.at_risk);
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn the_same_client_id_gets_the_same_receipt(store) {
        let desk = TestDesk::new(&store);
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let desk = desk.desk.clone();
            tasks.spawn(async move { receive(&desk, &visitor(1), intake("c1", "Where is my transfer?")).await });
        }
        let mut receipts = Vec::new();
        while let Some(received) = tasks.join_next().await {
            receipts.push(received.unwrap().unwrap());
        }
        assert_eq!(receipts.iter().filter(|r| !r.replayed).count(), 1);
        assert!(receipts.iter().all(|r| r.receipt == receipts[0].receipt));
        let talk = conversation(&desk, &visitor(1), receipts[0].receipt.number, 0, 50).await.unwrap();
        assert_eq!(talk.entries.len(), 1);
        // Another visitor's id of the same name is another one.
        let other = desk.ask(&visitor(2), "c1", "Where is my transfer?").await;
        assert_ne!(other.number, receipts[0].receipt.number);
    }

    async fn two_processes_give_one_receipt(store) {
        // The embedded database has one process.
        if store.dialect() == standfast_store::Dialect::Sqlite {
            return;
        }
        let (one, other) = (TestDesk::new(&store), TestDesk::node(&store.reopen(), 1));
        for round in 0..20 {
            let mut tasks = tokio::task::JoinSet::new();
            for n in 0..6 {
                let desk = if n % 2 == 0 { one.desk.clone() } else { other.desk.clone() };
                tasks.spawn(async move { receive(&desk, &visitor(round), intake("c1", "Where is my transfer?")).await });
            }
            let received: Vec<_> = tasks.join_all().await.into_iter().map(Result::unwrap).collect();
            assert_eq!(received.iter().filter(|r| !r.replayed).count(), 1, "round {round}");
            assert!(received.iter().all(|r| r.receipt == received[0].receipt));
        }
    }

    async fn further_words_join_and_count_as_follow_ups(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let first = desk.ask(&who, "c1", "My swap failed").await;
        let second = desk.ask(&who, "c2", "it says slippage too low").await;
        assert_eq!((second.number, second.seq, second.joined), (first.number, 2, true));
        let (talk, _) = detail(&desk, &agent, first.request_id).await.unwrap();
        assert_eq!((talk.request.follow_up_count, talk.request.summary.last_seq), (1, 2));
        let own = Intake { join: Join::New, ..intake("c3", "Something else entirely") };
        let third = receive(&desk, &who, own).await.unwrap().receipt;
        assert_ne!(third.number, first.number);
        assert_eq!(third.place, Some(1), "the board is fed by the relay, which does not run here");
    }

    async fn the_same_words_get_the_same_receipt_also_when_they_now_name_their_request(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let first = desk.ask(&who, "c1", "My swap failed").await;
        let again = |client_id: &str| {
            let words = FollowUp { client_id: client_id.into(), text: "My swap failed".into(), ..FollowUp::default() };
            follow_up(&desk, &who, first.number, words)
        };
        let known = again("c1").await.unwrap();
        assert!(known.replayed);
        assert_eq!(known.receipt, first);
        let new = again("c2").await.unwrap();
        assert!(!new.replayed);
        let same = again("c2").await.unwrap();
        assert!(same.replayed);
        assert_eq!(same.receipt, new.receipt);
    }

    async fn solved_opens_again_and_closed_starts_anew(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let first = desk.ask(&who, "c1", "My swap failed").await;
        let id = first.request_id;
        reply(&desk, &agent, id, answer("a1", "Please raise the slippage to 1 %.", 1)).await.unwrap();
        transition(&desk, &agent, id, Transition::Solve, None).await.unwrap();
        let more = FollowUp { client_id: "c2".into(), text: "Still failing".into(), ..FollowUp::default() };
        let again = follow_up(&desk, &who, first.number, more).await.unwrap().receipt;
        assert_eq!((again.number, again.state), (first.number, State::Open));
        let (talk, _) = detail(&desk, &agent, id).await.unwrap();
        assert_eq!(talk.request.reopen_count, 1);
        assert!(talk.request.summary.waiting_since.is_some());
        transition(&desk, &agent, id, Transition::Close, None).await.unwrap();
        let more = FollowUp { client_id: "c3".into(), text: "And now?".into(), ..FollowUp::default() };
        let anew = follow_up(&desk, &who, first.number, more).await.unwrap().receipt;
        assert_ne!(anew.number, first.number);
        assert!(verify(&desk).await.unwrap().faults.is_empty());
    }

    async fn a_secret_never_reaches_the_store(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let receipt = desk.ask(&who, "c1", &format!("please restore my wallet: {PHRASE}")).await;
        assert!(receipt.at_risk);
        let notice = receipt.secret.expect("the customer is told at once");
        assert_eq!(notice.kinds, ["recovery_phrase"]);
        assert!(notice.steps.items.len() >= 3);
        let (talk, _) = detail(&desk, &agent, receipt.request_id).await.unwrap();
        let text = talk.entries[0].text.clone().unwrap();
        assert!(!text.contains("zoo") && text.contains("redacted"), "{text}");
        assert_eq!((talk.request.summary.kind.as_str(), talk.request.summary.urgency.0), ("leak", 0));
        assert!(!talk.request.summary.subject.contains("zoo"));
        for given in [
            Intake { fields: [("error".to_owned(), PHRASE.to_owned())].into(), ..intake("c2", "see the field") },
            Intake { context: [("note".to_owned(), PHRASE.to_owned())].into(), ..intake("c3", "see the context") },
            Intake { name: Some(PHRASE.to_owned()), ..intake("c4", "see the name") },
        ] {
            let receipt = receive(&desk, &visitor(2), Intake { join: Join::New, ..given }).await.unwrap().receipt;
            assert!(receipt.at_risk && receipt.secret.is_some());
            let (talk, panel) = detail(&desk, &agent, receipt.request_id).await.unwrap();
            assert!(!format!("{:?}{panel:?}", talk.request).contains("zoo zoo"));
        }
    }

    async fn a_key_that_is_called_a_hash_is_proven_by_an_address_beside_it(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        for (n, (text, fields)) in [
            ("我的转账没有到账", [("address", KEY_ADDRESS), ("transaction", KEY)].as_slice()),
            ("my address is 0x2c7536E3605D9C16a7a3D7b1898e529396a65c23", &[("transaction", KEY)]),
            ("tx hash 0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318", &[("address", KEY_ADDRESS)]),
        ].into_iter().enumerate() {
            let who = visitor(1 + u8::try_from(n).unwrap());
            let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let said = Intake { kind: Some("pending".into()), fields, ..intake("c1", text) };
            let receipt = receive(&desk, &who, said).await.unwrap().receipt;
            assert!(receipt.secret.is_some() && receipt.at_risk, "{text}: {receipt:?}");
            holds_no_key(&desk, &agent, &receipt).await;
        }
    }

    async fn a_key_that_is_called_a_hash_is_proven_by_an_address_named_before(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let first = desk.ask(&who, "c1", &format!("my address {KEY_ADDRESS} shows nothing")).await;
        let said = FollowUp { client_id: "c2".into(), text: format!("the transaction hash is {KEY}"), ..FollowUp::default() };
        let receipt = follow_up(&desk, &who, first.number, said).await.unwrap().receipt;
        assert!(receipt.secret.is_some() && receipt.at_risk, "{receipt:?}");
        holds_no_key(&desk, &agent, &receipt).await;
    }

    async fn a_key_that_is_called_a_hash_is_erased_when_its_address_comes(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let fields = [("transaction".to_owned(), KEY.to_owned())].into();
        let said = Intake { kind: Some("pending".into()), fields, ..intake("c1", "where is it?") };
        let first = receive(&desk, &who, said).await.unwrap().receipt;
        assert!(first.secret.is_none(), "nothing tells yet");
        let said = FollowUp { client_id: "c2".into(), text: format!("it went to {KEY_ADDRESS}"), ..FollowUp::default() };
        let receipt = follow_up(&desk, &who, first.number, said).await.unwrap().receipt;
        assert!(receipt.secret.is_some() && receipt.at_risk, "{receipt:?}");
        holds_no_key(&desk, &agent, &receipt).await;
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn a_key_that_is_called_a_hash_is_proven_by_another_request(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let fields = || [("transaction".to_owned(), KEY.to_owned())].into();
        let said = |client_id: &str| Intake {
            kind: Some("pending".into()), fields: fields(), join: Join::New, ..intake(client_id, "where is it?")
        };
        // The address first, on a request of its own.
        let who = visitor(1);
        desk.ask(&who, "c1", &format!("I cannot see the balance of {KEY_ADDRESS}")).await;
        let receipt = receive(&desk, &who, said("c2")).await.unwrap().receipt;
        assert!(!receipt.joined && receipt.secret.is_some() && receipt.at_risk, "{receipt:?}");
        holds_no_key(&desk, &agent, &receipt).await;
        // Words that may be a piece of a phrase are looked at once more, and nothing that was proven is undone.
        let asked = Intake { join: Join::New, ..intake("c2b", "the balance is gone") };
        let other = receive(&desk, &who, asked).await.unwrap().receipt;
        let text = format!("transaction hash: {KEY}\nplease help now");
        assert!(standfast_guard::may_be_piece(&text));
        let more = FollowUp { client_id: "c2c".into(), text, ..FollowUp::default() };
        let receipt = follow_up(&desk, &who, other.number, more).await.unwrap().receipt;
        assert!(receipt.secret.is_some(), "{receipt:?}");
        holds_no_key(&desk, &agent, &receipt).await;
        // The digits first.
        let who = visitor(2);
        let first = receive(&desk, &who, said("c3")).await.unwrap().receipt;
        assert!(first.secret.is_none(), "nothing tells yet");
        let other = Intake { join: Join::New, ..intake("c4", &format!("I cannot see the balance of {KEY_ADDRESS}")) };
        let receipt = receive(&desk, &who, other).await.unwrap().receipt;
        assert!(!receipt.joined && receipt.secret.is_some() && receipt.at_risk, "{receipt:?}");
        holds_no_key(&desk, &agent, &first).await;
        // Somebody else's address proves nothing about it: it may be any hash.
        let stranger = receive(&desk, &visitor(3), said("c5")).await.unwrap().receipt;
        assert!(stranger.secret.is_none());
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn digits_that_nothing_is_said_of_are_told_by_their_address(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        // The address before, and beside them in the form.
        let who = visitor(1);
        let first = desk.ask(&who, "c1", &format!("my address {KEY_ADDRESS} shows nothing")).await;
        let receipt = add(&desk, &who, &first, "c2", KEY).await;
        assert!(receipt.secret.is_some() && receipt.at_risk, "{receipt:?}");
        let fields = [("address".to_owned(), KEY_ADDRESS.to_owned())].into();
        let beside = Intake { fields, join: Join::New, ..intake("c3", KEY) };
        let receipt = receive(&desk, &visitor(2), beside).await.unwrap().receipt;
        assert!(receipt.secret.is_some() && receipt.at_risk, "{receipt:?}");
        // The address after them, on the same request and on another one.
        let wide: String = KEY[2..].chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        for (who, join, digits) in [(visitor(3), Join::Auto, wide.as_str()), (visitor(4), Join::New, KEY)] {
            let first = desk.ask(&who, "c1", digits).await;
            assert!(first.secret.is_none() && !first.at_risk, "nothing tells yet");
            assert!(first.next.text.contains("could be a private key") || digits == wide, "{first:?}");
            let said = Intake { join, ..intake("c2", &format!("it belongs to {KEY_ADDRESS}")) };
            let receipt = if join == Join::New {
                receive(&desk, &who, said).await.unwrap().receipt
            } else {
                add(&desk, &who, &first, "c2", &said.text).await
            };
            assert!(receipt.secret.is_some() && receipt.at_risk, "{receipt:?}");
            // Once.
            let again = add(&desk, &who, &receipt, "c3", &format!("{KEY_ADDRESS}, as I said")).await;
            assert!(again.secret.is_none(), "{again:?}");
            let new = Intake { join: Join::New, ..intake("c4", &format!("the fee of {KEY_ADDRESS}?")) };
            let later = receive(&desk, &who, new).await.unwrap().receipt;
            assert!(later.secret.is_none() && !later.at_risk, "{later:?}");
            // What was kept for it is shown to nobody.
            let (shown, panel) = detail(&desk, &agent, first.request_id).await.unwrap();
            assert!(shown.request.identifiers.iter().all(|one| one.value == KEY_ADDRESS), "{:?}", shown.request);
            assert!(shown.entries.iter().flat_map(|entry| &entry.identifiers).all(|one| one.kind == "address"));
            assert!(!format!("{panel:?}").contains("hidden"));
        }
        // Another address proves nothing, and neither does that of somebody else.
        let who = visitor(5);
        let first = desk.ask(&who, "c1", KEY).await;
        let other = add(&desk, &who, &first, "c2", "it went to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed").await;
        let stranger = desk.ask(&visitor(6), "c1", &format!("my address {KEY_ADDRESS}")).await;
        assert!(other.secret.is_none() && stranger.secret.is_none());
        assert!(verify(&desk).await.unwrap().is_sound());
    }

    async fn a_hash_beside_an_address_stays_what_it_is(store) {
        let desk = TestDesk::new(&store);
        let who = visitor(1);
        let hash = "0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b";
        let fields = [("transaction".to_owned(), hash.to_owned()), ("address".to_owned(), KEY_ADDRESS.to_owned())].into();
        let said = Intake { kind: Some("pending".into()), fields, ..intake("c1", "where is it?") };
        let receipt = receive(&desk, &who, said).await.unwrap().receipt;
        assert!(receipt.secret.is_none());
        let agent = desk.agent("mei", Role::Agent).await;
        let (shown, _) = detail(&desk, &agent, receipt.request_id).await.unwrap();
        assert_eq!(shown.request.fields.get("transaction").map(String::as_str), Some(hash));
    }

    async fn a_phrase_spread_over_messages_is_erased_from_the_earlier_ones(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let first = desk.ask(&who, "c1", "My words are: legal winner thank year wave sausage").await;
        let last = desk.ask(&who, "c2", "worth useful legal winner thank yellow").await;
        assert!(last.secret.is_some(), "both halves make a phrase of BIP-39");
        let (talk, _) = detail(&desk, &agent, first.request_id).await.unwrap();
        assert!(talk.entries[0].erased.is_some() && talk.entries[0].text.is_none());
        let all = format!("{:?}", talk.entries);
        assert!(!all.contains("sausage") && !all.contains("useful legal"), "{all}");
        let found = verify(&desk).await.unwrap();
        assert_eq!((found.faults, found.erased), (vec![], 1));
    }

    async fn a_phrase_in_many_small_pieces_is_erased_whole(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let who = visitor(1);
        let mut id = None;
        for (n, words) in ["legal winner thank", "year wave sausage", "worth useful legal", "winner thank yellow"].iter().enumerate() {
            id = Some(desk.ask(&who, &format!("c{n}"), words).await.request_id);
        }
        let (talk, _) = detail(&desk, &agent, id.unwrap()).await.unwrap();
        let all = format!("{:?}", talk.entries);
        for word in ["winner", "sausage", "useful", "yellow"] {
            assert!(!all.contains(word), "{word}: {all}");
        }
        assert!(talk.request.summary.at_risk && verify(&desk).await.unwrap().faults.is_empty());
    }

    async fn what_the_form_asked_for_is_kept(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        // The first transaction of Bitcoin's block 170.
        let hash = "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16";
        let given = Intake { fields: [("transaction".to_owned(), format!(" {hash} "))].into(), ..intake("c1", "still pending") };
        let receipt = receive(&desk, &visitor(1), given).await.unwrap().receipt;
        let (talk, _) = detail(&desk, &agent, receipt.request_id).await.unwrap();
        assert_eq!(talk.request.fields["transaction"], hash);
        assert_eq!(talk.request.identifiers[0].value, hash);
        assert!(!receipt.at_risk);
        let more = [("transaction".to_owned(), "another".to_owned()), ("chain".to_owned(), "Bitcoin".to_owned())];
        let more = Intake { fields: more.into(), ..intake("c2", "it is on Bitcoin") };
        assert!(receive(&desk, &visitor(1), more).await.unwrap().receipt.joined);
        let (talk, _) = detail(&desk, &agent, receipt.request_id).await.unwrap();
        assert_eq!((talk.request.fields["transaction"].as_str(), talk.request.fields["chain"].as_str()), (hash, "Bitcoin"));
    }

    async fn strangers_are_told_that_there_is_nothing(store) {
        let desk = TestDesk::new(&store);
        let receipt = desk.ask(&visitor(1), "c1", "My swap failed").await;
        let refused = conversation(&desk, &visitor(2), receipt.number, 0, 50).await;
        assert!(matches!(refused, Err(Error::NotFound)));
        let token = receipt.link.rsplit('/').next().unwrap();
        let linked = open_link(&desk, receipt.number, token).await.unwrap();
        assert_eq!(linked, Customer::Link(receipt.request_id));
        assert_eq!(conversation(&desk, &linked, receipt.number, 0, 50).await.unwrap().entries.len(), 1);
        assert!(matches!(open_link(&desk, receipt.number, "AAAAAAAAAAAAAAAAAAAAAA").await, Err(Error::NotFound)));
        let other = desk.ask(&visitor(2), "c1", "Another matter").await;
        assert!(matches!(conversation(&desk, &linked, other.number, 0, 50).await, Err(Error::NotFound)));
    }

    async fn bad_input_is_named(store) {
        let desk = TestDesk::new(&store);
        let long = "x".repeat(17_000);
        for (given, field, reason) in [
            (intake("", "hello"), "client_id", "missing"),
            (intake("a b", "hello"), "client_id", "malformed"),
            (intake("c", "  \n "), "text", "missing"),
            (intake("c", "\u{200B}\u{2060}\u{FEFF}\u{202E}"), "text", "missing"),
            (intake("c", &long), "text", "too_long"),
            (Intake { kind: Some("nonsense".into()), ..intake("c", "x") }, "type", "unknown"),
            (Intake { email: Some("nobody".into()), ..intake("c", "x") }, "email", "malformed"),
            (Intake { fields: [("no".into(), "x".into())].into(), ..intake("c", "x") }, "fields", "unknown"),
            (Intake { attachments: vec![standfast_domain::AttachmentId(7)], ..intake("c", "x") }, "attachments", "unknown"),
        ] {
            match receive(&desk, &visitor(1), given).await {
                Err(Error::Invalid { field: f, reason: r }) => assert_eq!((f, r), (field, reason)),
                other => panic!("{field}: {other:?}"),
            }
        }
        assert!(own_requests(&desk, &visitor(1)).await.unwrap().is_empty(), "nothing is left behind");
        assert!(Role::Analyst.may(Permission::ReadRequests));
    }

    async fn the_relay_tells_everything_once_and_in_order(store) {
        let desk = TestDesk::new(&store);
        let (sender, mut signals) = tokio::sync::mpsc::channel(64);
        let head = desk.store().read(standfast_store::outbox::head).await.unwrap();
        let relay = tokio::spawn(crate::relay(desk.desk.clone(), std::sync::Arc::new(Everybody), head, sender));
        // The relay begins with what comes after it.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let receipt = desk.ask(&visitor(1), "c1", "one").await;
        for n in 2..=20 {
            desk.ask(&visitor(1), &format!("c{n}"), "and it still is pending, see above").await;
        }
        for expected in 1..=20 {
            let signal = tokio::time::timeout(std::time::Duration::from_secs(10), signals.recv()).await.unwrap().unwrap();
            match signal.what {
                What::Entry { entry, visible } => assert_eq!((entry.seq, visible), (expected, true)),
                other => panic!("{other:?}"),
            }
            assert_eq!(signal.request.id, receipt.request_id);
        }
        assert_eq!(desk.board().place(receipt.request_id, crate::asks_anyhow(&desk, desk.now())).map(|(place, _)| place), Some(1));
        relay.abort();
    }

    async fn a_request_keeps_the_first_answers_and_not_too_many(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let many = |from: u32, to: u32, value: &str| (from..to).map(|n| (format!("k{n:03}"), value.to_owned())).collect();
        let first = Intake { context: many(0, 40, "first"), ..intake("c1", "My swap failed") };
        let id = receive(&desk, &visitor(1), first).await.unwrap().receipt.request_id;
        let second = Intake { context: many(30, 130, "second"), ..intake("c2", "It still fails") };
        assert_eq!(receive(&desk, &visitor(1), second).await.unwrap().receipt.request_id, id);
        let (talk, _) = detail(&desk, &agent, id).await.unwrap();
        let kept = &talk.request.context;
        assert_eq!((kept.len(), kept["k030"].as_str(), kept["k040"].as_str()), (64, "first", "second"));
        let alone = Intake { context: many(0, 130, "alone"), join: Join::New, ..intake("c3", "Another one") };
        let id = receive(&desk, &visitor(1), alone).await.unwrap().receipt.request_id;
        assert_eq!(detail(&desk, &agent, id).await.unwrap().0.request.context.len(), 64);
        assert_eq!(verify(&desk).await.unwrap().faults, []);
    }
}
