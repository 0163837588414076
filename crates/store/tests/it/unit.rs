//! Units of work: all or nothing, answered after the commit, in order, and harmed by nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use standfast_store::testing::TestStore;
use standfast_store::{Error, Lane, Rule, Store, Tx, params, store_test};

use crate::{Dice, hush};

/// What a unit of these tests can say.
#[derive(Debug, PartialEq)]
enum Said {
    Store(Error),
    No,
}

impl From<Error> for Said {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

pub(crate) async fn tables(store: &Store) {
    store
        .write::<_, Error, _>(Lane::Ordinary, 0, |tx| {
            tx.run("CREATE TABLE tally (shard BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL)", params![])?;
            tx.run(
                "CREATE TABLE log (token BIGINT NOT NULL PRIMARY KEY, shard BIGINT NOT NULL REFERENCES tally (shard),
                 n BIGINT NOT NULL, CONSTRAINT log_n CHECK (n > 0))",
                params![],
            )?;
            tx.run("CREATE UNIQUE INDEX log_shard ON log (shard, n)", params![])?;
            for shard in 0..16_i64 {
                tx.run("INSERT INTO tally (shard, n) VALUES ($1, 0)", params![shard])?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

/// Counts the shard up and logs the token; does nothing when the token is there.
pub(crate) fn log(tx: &mut Tx, shard: i64, token: i64) -> Result<i64, Error> {
    let known = tx.query_opt("SELECT n FROM log WHERE token = $1", params![token], |row| row.get(0))?;
    if let Some(n) = known {
        return Ok(n);
    }
    let n: i64 =
        tx.query_one("UPDATE tally SET n = n + 1 WHERE shard = $1 RETURNING n", params![shard], |row| {
            row.get(0)
        })?;
    tx.run("INSERT INTO log (token, shard, n) VALUES ($1, $2, $3)", params![token, shard, n])?;
    Ok(n)
}

/// Checks that the log holds exactly these tokens, and every shard is counted without gaps.
pub(crate) async fn audit(store: &Store, acknowledged: &BTreeMap<i64, (i64, i64)>) {
    let rows = store
        .read::<_, Error, _>(|rd| {
            rd.query("SELECT token, shard, n FROM log ORDER BY shard, n", params![], |row| {
                Ok((row.get::<i64>(0)?, (row.get::<i64>(1)?, row.get::<i64>(2)?)))
            })
        })
        .await
        .unwrap();
    let mut last = (-1, 0);
    for (_, (shard, n)) in &rows {
        let expected = if *shard == last.0 { last.1 + 1 } else { 1 };
        assert_eq!(*n, expected, "shard {shard}");
        last = (*shard, *n);
    }
    assert_eq!(&rows.into_iter().collect::<BTreeMap<_, _>>(), acknowledged);
}

async fn one_client(store: Store, client: u64, next: Arc<AtomicU64>) -> Vec<(i64, (i64, i64))> {
    let mut dice = Dice::new(client + 1);
    let mut kept = Vec::new();
    for _ in 0..25 {
        let token = i64::try_from(next.fetch_add(1, Ordering::SeqCst)).unwrap();
        let shard = i64::try_from(dice.roll(16)).unwrap();
        let lane = [Lane::AtRisk, Lane::Ordinary, Lane::Background][usize::try_from(dice.roll(3)).unwrap()];
        let fate = dice.roll(10);
        let result = store
            .write(lane, shard, move |tx| {
                if fate == 0 {
                    return Err(Said::No);
                }
                let n = log(tx, shard, token)?;
                match fate {
                    1 => Err(Said::No),
                    2 => panic!("deliberate"),
                    // Refused, and passed on.
                    3 => Ok(tx
                        .execute(
                            "INSERT INTO log (token, shard, n) VALUES ($1, 0, -1)",
                            params![token + 1_000_000],
                        )
                        .map(|_| n)?),
                    // Refused, and ignored.
                    4 => {
                        let _ = tx.run("INSERT INTO tally (shard, n) VALUES ($1, 0)", params![shard]);
                        Ok(n)
                    }
                    _ => Ok(n),
                }
            })
            .await;
        match (fate, result) {
            (0 | 1, Err(Said::No))
            | (2, Err(Said::Store(Error::Panicked)))
            | (3, Err(Said::Store(Error::Constraint { rule: Rule::Check, .. }))) => {}
            (4, Err(Said::Store(Error::Constraint { rule: Rule::Unique, name }))) => {
                assert_eq!(name, "tally(shard)");
            }
            (5.., Ok(n)) => {
                // Another connection sees it as soon as it was answered.
                let seen: i64 = store
                    .read::<_, Error, _>(move |rd| {
                        rd.query_one("SELECT n FROM log WHERE token = $1", params![token], |row| row.get(0))
                    })
                    .await
                    .unwrap();
                assert_eq!(seen, n);
                kept.push((token, (shard, n)));
            }
            (fate, other) => panic!("fate {fate} ended as {other:?}"),
        }
    }
    kept
}

store_test! {
    async fn bad_units_harm_nobody(store) {
        hush();
        tables(&store).await;
        let next = Arc::new(AtomicU64::new(1));
        let clients: Vec<_> =
            (0..64).map(|client| tokio::spawn(one_client(Store::clone(&store), client, Arc::clone(&next)))).collect();
        let mut acknowledged = BTreeMap::new();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
        assert!(acknowledged.len() > 500);
        audit(&store, &acknowledged).await;
        assert!(store.stats().repeats > 0);
    }

    async fn units_of_a_shard_run_in_order(store) {
        tables(&store).await;
        let mut waiting = Vec::new();
        for token in 0..400_i64 {
            let shard = token % 16;
            let bad = token % 37 == 5;
            waiting.push((token, shard, bad, store.write(Lane::Ordinary, shard, move |tx| {
                let n = log(tx, shard, token)?;
                if bad { Err(Said::No) } else { Ok(n) }
            })));
        }
        let mut last = [0_i64; 16];
        for (token, shard, bad, answer) in waiting {
            match answer.await {
                Ok(n) => {
                    let place = usize::try_from(shard).unwrap();
                    assert!(!bad);
                    assert_eq!(n, last[place] + 1, "token {token}");
                    last[place] = n;
                }
                Err(said) => assert!(bad, "{said:?}"),
            }
        }
    }

    async fn a_unit_sees_what_it_wrote(store) {
        tables(&store).await;
        let seen = store
            .write::<_, Error, _>(Lane::Ordinary, 1, |tx| {
                tx.run("UPDATE tally SET n = 7 WHERE shard = 1", params![])?;
                tx.run("UPDATE tally SET n = n + 1 WHERE shard = $1", params![1_i64])?;
                tx.query_one("SELECT n FROM tally WHERE shard = $1", params![1_i64], |row| row.get::<i64>(0))
            })
            .await;
        assert_eq!(seen, Ok(8));
    }

    async fn every_type_comes_back_as_it_went(store) {
        store
            .write::<_, Error, _>(Lane::Ordinary, 1, |tx| {
                tx.run(
                    "CREATE TABLE kinds (id BIGINT NOT NULL PRIMARY KEY, flag BOOLEAN, real DOUBLE PRECISION, words TEXT)",
                    params![],
                )?;
                tx.run("INSERT INTO kinds (words, id, flag, real) VALUES ($4, $1, $2, $3)", params![1_i64, true, 0.5, "转账'$1"])?;
                tx.run("INSERT INTO kinds (id, flag, real, words) VALUES ($1, $2, $3, $4)",
                    params![i64::MIN, Option::<bool>::None, Option::<f64>::None, Option::<String>::None])
            })
            .await
            .unwrap();
        let rows = store
            .read::<_, Error, _>(|rd| {
                rd.query("SELECT id, flag, real, words FROM kinds WHERE ($1 IS NULL OR id < $1) ORDER BY id LIMIT $2",
                    params![Option::<i64>::None, 5_i64], |row| {
                    Ok((row.get::<i64>(0)?, row.get::<Option<bool>>(1)?, row.get::<Option<f64>>(2)?, row.get::<Option<String>>(3)?))
                })
            })
            .await
            .unwrap();
        assert_eq!(rows, [(i64::MIN, None, None, None), (1, Some(true), Some(0.5), Some("转账'$1".to_owned()))]);
    }

    async fn wrong_types_are_told_the_same_way(store) {
        let wrong = store
            .read::<i64, Error, _>(|rd| rd.query_one("SELECT 'a'", params![], |row| row.get(0)))
            .await;
        assert_eq!(wrong, Err(Error::Decode { index: 0, expected: "bigint in range", found: "text" }));
        let none = store
            .read::<i64, Error, _>(|rd| rd.query_one("SELECT 1 WHERE 1 = 0", params![], |row| row.get(0)))
            .await;
        assert_eq!(none, Err(Error::NotFound));
        let nul = store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| {
                tx.run("INSERT INTO setting (name, value) VALUES ($1, $2)", params!["a", "b\0c"])
            })
            .await;
        assert!(matches!(nul, Err(Error::Decode { index: 1, .. })), "{nul:?}");
    }

    async fn constraints_have_the_same_names(store) {
        let twice = store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| {
                tx.run("INSERT INTO team (id, name, created_at) VALUES (1, 'one', 0)", params![])?;
                tx.run("INSERT INTO team (id, name, created_at) VALUES (2, 'one', 0)", params![])
            })
            .await;
        assert!(twice.as_ref().is_err_and(|error| error.is_unique("team(name)")), "{twice:?}");
        let nobody = store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| {
                tx.run("INSERT INTO team_member (team_id, agent_id) VALUES (5, 6)", params![])
            })
            .await;
        assert!(matches!(nobody, Err(Error::Constraint { rule: Rule::ForeignKey, .. })), "{nobody:?}");
        let empty = store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| {
                tx.run("INSERT INTO team (id, name, created_at) VALUES (1, NULL, 0)", params![])
            })
            .await;
        assert_eq!(empty, Err(Error::Constraint { rule: Rule::NotNull, name: "team(name)".to_owned() }));
    }

    async fn a_read_sees_one_state_and_cannot_write(store) {
        tables(&store).await;
        let (half, go_on) = (Arc::new(tokio::sync::Semaphore::new(0)), Arc::new(tokio::sync::Semaphore::new(0)));
        let reading = {
            let (half, go_on) = (Arc::clone(&half), Arc::clone(&go_on));
            store.read::<_, Error, _>(move |rd| {
                let sum = |rd: &mut standfast_store::Rd| {
                    rd.query_one("SELECT CAST(sum(n) AS BIGINT) FROM tally", params![], |row| row.get::<i64>(0))
                };
                let before = sum(rd)?;
                half.add_permits(1);
                while go_on.try_acquire().is_err() {
                    std::thread::yield_now();
                }
                Ok((before, sum(rd)?))
            })
        };
        half.acquire().await.unwrap().forget();
        store.write(Lane::Ordinary, 3, |tx| log(tx, 3, 1)).await.unwrap();
        go_on.add_permits(1);
        assert_eq!(reading.await, Ok((0, 0)));
        let refused = store
            .read::<_, Error, _>(|rd| rd.query("UPDATE tally SET n = 9 RETURNING n", params![], |_| Ok(())))
            .await;
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(store.read::<i64, Error, _>(|_| panic!("deliberate")).await, Err(Error::Panicked));
    }

    async fn a_full_queue_says_so(store) {
        let small = small(&store);
        let gate = Arc::new(tokio::sync::Semaphore::new(0));
        let mut waiting = Vec::new();
        for number in 0..20_i64 {
            let gate = Arc::clone(&gate);
            waiting.push(small.write::<_, Error, _>(Lane::Ordinary, 0, move |_| {
                while gate.available_permits() == 0 {
                    std::thread::yield_now();
                }
                Ok(number)
            }));
        }
        gate.add_permits(1);
        let mut busy = 0;
        for answer in waiting {
            match answer.await {
                Ok(_) => {}
                Err(Error::Busy(_)) => busy += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!((1..=16).contains(&busy), "{busy}");
    }

    async fn closing_finishes_what_waits(store) {
        tables(&store).await;
        let waiting: Vec<_> =
            (0..100_i64).map(|token| store.write(Lane::Ordinary, token % 16, move |tx| log(tx, token % 16, token))).collect();
        store.close().await;
        let mut tokens = BTreeSet::new();
        for (token, answer) in (0..100_i64).zip(waiting) {
            answer.await.unwrap();
            tokens.insert(token);
        }
        let late = store.write(Lane::Ordinary, 0, |tx| log(tx, 0, 1_000)).await;
        assert_eq!(late, Err(Error::Closed));
        let again = store.reopen();
        let kept = again
            .read::<BTreeSet<i64>, Error, _>(|rd| {
                Ok(rd.query("SELECT token FROM log", params![], |row| row.get(0))?.into_iter().collect())
            })
            .await
            .unwrap();
        assert_eq!(kept, tokens);
        again.close().await;
    }
}

/// A second store with room for four units; SQLite's lock is per process, so a second file is used there.
fn small(store: &TestStore) -> Store {
    let mut config = store.config().clone();
    if let standfast_store::Database::Sqlite { path } = &mut config.database {
        path.set_extension("second");
    }
    config.queue = 4;
    Store::open(config, Arc::clone(store.clock())).unwrap()
}
