//! Units whose reads are made ahead, for a whole batch: they must find what the units before them wrote.

use std::collections::BTreeMap;
use std::sync::Arc;

use standfast_domain::{Author, Channel, EntryKind, RequestId};
use standfast_store::entry::{self, EntryRow};
use standfast_store::request::{self, RequestRow};
use standfast_store::{Error, Foresight, Lane, Store, Tx, params, receipt, store_test};

use crate::Dice;
use crate::request::{NOW, one_request};

/// Requests of the one customer.
const REQUESTS: i64 = 3;
const FIRST: i64 = 7;

fn words(request: RequestId, seq: i64, text: &str) -> EntryRow {
    EntryRow {
        request_id: request,
        seq,
        kind: EntryKind::Text,
        // Not the owner, whose id would tell of the change.
        author: Author::Customer(standfast_domain::CustomerId(4)),
        visible: true,
        channel: Channel::Api,
        text: Some(text.to_owned()),
        event: None,
        attachments: None,
        identifiers: None,
        client_id: None,
        intake: None,
        created_at: NOW,
        salt: None,
        commitment: vec![0; 32],
        chain: vec![0; 32],
        erased_at: None,
        erased_reason: None,
    }
}

/// Appends words to a request as a message does, and returns their sequence number and what was found beside the row: how many
/// texts it has, and how many there are on all requests of its customer.
fn append(tx: &mut Tx, id: RequestId, key: &[u8]) -> Result<(i64, usize, i64), Error> {
    let held = request::hold_for(tx, id, [key, key], Some("somebody"))?.ok_or(Error::NotFound)?;
    if let Some(body) = held.answer {
        return Ok((body.parse().unwrap(), 0, 0));
    }
    let mut row: RequestRow = held.row;
    let texts = entry::recent_texts(tx, id, 1_000)?.len();
    let beside = request::list_beside(tx, id, row.customer_id, 8)?;
    let told = beside.iter().map(|row| row.follow_up_count).sum();
    row.last_seq += 1;
    row.follow_up_count += 1;
    request::advance(tx, &row)?;
    entry::insert(tx, &words(id, row.last_seq, "words"))?;
    receipt::insert(tx, key, id, row.last_seq, &row.last_seq.to_string(), NOW)?;
    Ok((row.last_seq, texts, told))
}

/// Queues the words at once.
fn write(
    store: &Store,
    id: RequestId,
    key: Vec<u8>,
) -> impl Future<Output = Result<(i64, usize, i64), Error>> + use<> {
    let mut foresight = Foresight::new(store.dialect());
    request::foresee_hold_for(&mut foresight, id, [&key, &key], Some("somebody"));
    entry::foresee_recent_texts(&mut foresight, id, 1_000);
    request::foresee_beside(&mut foresight, id, 8);
    store.write_foreseen(Lane::Ordinary, 0, Some(Arc::new(foresight)), move |tx| append(tx, id, &key))
}

/// The customer's requests, without an entry yet.
async fn requests(store: &Store) {
    let first = one_request(store).await;
    store
        .write::<_, Error, _>(Lane::Ordinary, 0, move |tx| {
            for id in FIRST..FIRST + REQUESTS {
                let mut row = first.clone();
                row.id = RequestId(id);
                row.number = standfast_domain::RequestNumber::random(&*standfast_domain::SeededEntropy::new(
                    u64::try_from(id).unwrap(),
                ));
                row.last_seq = 0;
                if id > FIRST {
                    request::insert(tx, &row)?;
                } else {
                    request::advance(tx, &row)?;
                }
            }
            Ok(())
        })
        .await
        .unwrap();
}

/// Units shared commits, and none had to be repeated, which would have mended a read that was too old.
fn read_once(store: &Store) {
    let stats = store.stats();
    assert_eq!(stats.repeats, 0);
    assert!(stats.commits * 2 < stats.units, "{} commits of {} units", stats.commits, stats.units);
}

store_test! {
    async fn what_was_read_ahead_is_read_again_once_it_was_written_to(store) {
        requests(&store).await;
        let mut dice = Dice::new(11);
        // Queued at once, so that many go into one batch; every third key comes twice.
        let mut expected: BTreeMap<i64, i64> = BTreeMap::new();
        let mut waiting = Vec::new();
        let mut told = 0;
        for n in 0..240_u32 {
            let id = FIRST + i64::try_from(dice.roll(u64::try_from(REQUESTS).unwrap())).unwrap();
            let seq = expected.entry(id).or_default();
            *seq += 1;
            let key = n.to_be_bytes().to_vec();
            waiting.push((write(&store, RequestId(id), key.clone()), Some((*seq, told)), *seq));
            told += 1;
            if n % 3 == 0 {
                waiting.push((write(&store, RequestId(id), key), None, *seq));
            }
            if n % 40 == 39 {
                // Somebody who foresees nothing.
                let marked = store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| {
                    tx.run("UPDATE request SET follow_up_count = follow_up_count + 1 WHERE customer_id = $1 AND id = 8", params![3_i64])
                });
                tokio::spawn(marked);
                told += 1;
            }
        }
        for (unit, found, seq) in waiting {
            let (at, texts, others) = unit.await.unwrap();
            assert_eq!(at, seq);
            if let Some((seq, told)) = found {
                assert_eq!((i64::try_from(texts).unwrap(), others), (seq - 1, told));
            }
        }
        read_once(&store);
    }
}

store_test! {
    async fn a_visitor_who_became_known_in_the_same_batch_is_known(store) {
        one_request(&store).await;
        let unit = |key: &'static [u8; 1], customer: i64| {
            let mut foresight = Foresight::new(store.dialect());
            receipt::foresee_with_visitor(&mut foresight, key, "newcomer");
            store.write_foreseen(Lane::Ordinary, 0, Some(Arc::new(foresight)), move |tx| {
                let (_, known) = receipt::find_with_visitor(tx, key, "newcomer")?;
                if known.is_none() {
                    standfast_store::customer::add_identity(
                        tx,
                        "visitor",
                        "newcomer",
                        standfast_domain::CustomerId(customer),
                        NOW,
                    )?;
                }
                Ok::<_, Error>(known.map(|id| id.0))
            })
        };
        let units: Vec<_> = [b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"].map(|key| unit(key, 3)).into();
        let mut first = true;
        for unit in units {
            assert_eq!(unit.await.unwrap(), (!first).then_some(3));
            first = false;
        }
        read_once(&store);
    }
}
