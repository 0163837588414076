//! Jobs: leases, fences, retries, the dead.

use std::time::Duration;

use standfast_domain::{JobId, Time};
use standfast_store::job::{self, Claimed, Crew, NewJob};
use standfast_store::{Error, Lane, Store, params, store_test};

const LEASE: Duration = Duration::from_mins(1);

async fn enqueue(store: &Store, id: i64, dedupe: Option<&'static str>) {
    store
        .write::<_, Error, _>(Lane::Ordinary, id, move |tx| {
            let job =
                NewJob { id: JobId(id), kind: "mail", payload: "{}", run_at: Time(10), dedupe, now: Time(5) };
            job::enqueue(tx, &job)
        })
        .await
        .unwrap();
}

async fn claim(store: &Store, now: Time, limit: u32) -> Vec<Claimed> {
    store
        .write::<_, Error, _>(Lane::Background, 0, move |tx| job::claim(tx, Crew::Reports, now, LEASE, limit))
        .await
        .unwrap()
}

store_test! {
    async fn a_job_is_claimed_once_and_ends(store) {
        for id in 1..=5 {
            enqueue(&store, id, None).await;
        }
        assert_eq!(claim(&store, Time(9), 9).await, []);
        let (first, second) = (claim(&store, Time(11), 3).await, claim(&store, Time(11), 3).await);
        assert_eq!(first.iter().map(|job| job.id.0).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(second.iter().map(|job| job.id.0).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(claim(&store, Time(12), 3).await, []);
        let job = first[0].clone();
        store.write(Lane::Background, 0, move |tx| job::complete(tx, &job)).await.unwrap();
        let due = store.read::<_, Error, _>(|rd| job::oldest_due(rd, Time(100_000_000))).await.unwrap();
        assert_eq!(due, Some(Time(11).plus(LEASE)));
    }

    async fn a_stale_worker_is_fenced_and_leaves_nothing(store) {
        enqueue(&store, 1, None).await;
        let slow = claim(&store, Time(11), 1).await.remove(0);
        let later = Time(11).plus(LEASE);
        let quick = claim(&store, later, 1).await.remove(0);
        assert_eq!((quick.attempt, quick.fence), (2, 2));
        let stale = slow.clone();
        let refused = store
            .write::<_, Error, _>(Lane::Background, 0, move |tx| {
                tx.run("INSERT INTO setting (name, value) VALUES ('done', 'slow')", params![])?;
                job::complete(tx, &stale)
            })
            .await;
        assert_eq!(refused, Err(Error::Fenced));
        let stale = slow.clone();
        assert_eq!(store.write(Lane::Background, 0, move |tx| job::renew(tx, &stale, later, LEASE)).await, Err(Error::Fenced));
        assert_eq!(store.write(Lane::Background, 0, move |tx| job::fail(tx, &slow, "late", later)).await, Err(Error::Fenced));
        let renewed = store.write(Lane::Background, 0, {
            let quick = quick.clone();
            move |tx| job::renew(tx, &quick, later.plus(LEASE), LEASE)
        }).await.unwrap();
        assert_eq!(renewed.lease_until, later.plus(LEASE).plus(LEASE));
        store
            .write::<_, Error, _>(Lane::Background, 0, move |tx| {
                tx.run("INSERT INTO setting (name, value) VALUES ('done', 'quick')", params![])?;
                job::complete(tx, &quick)
            })
            .await
            .unwrap();
        let done: String = store
            .read::<_, Error, _>(|rd| rd.query_one("SELECT value FROM setting WHERE name = 'done'", params![], |row| row.get(0)))
            .await
            .unwrap();
        assert_eq!(done, "quick");
    }

    async fn failures_end_in_the_dead_letter_list(store) {
        enqueue(&store, 1, None).await;
        let mut now = Time(11);
        for attempt in 1..=job::ATTEMPTS {
            let job = claim(&store, now, 1).await.remove(0);
            assert_eq!(job.attempt, attempt);
            store.write(Lane::Background, 0, move |tx| job::fail(tx, &job, "no answer", now)).await.unwrap();
            assert_eq!(claim(&store, now.plus(Duration::from_secs(4)), 1).await, []);
            now = now.plus(Duration::from_hours(1));
        }
        assert_eq!(claim(&store, now, 1).await, []);
        let dead = store.read::<_, Error, _>(|rd| job::list_dead(rd, 10)).await.unwrap();
        assert_eq!(dead.iter().map(|d| (d.id.0, d.attempts, d.last_error.as_str())).collect::<Vec<_>>(), [(1, 5, "no answer")]);
        assert!(store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| job::retry(tx, JobId(1), now)).await.unwrap());
        assert!(!store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| job::retry(tx, JobId(1), now)).await.unwrap());
        assert_eq!(claim(&store, now, 1).await.remove(0).attempt, 1);
    }

    async fn a_job_that_ends_its_worker_is_dead_at_last(store) {
        enqueue(&store, 1, None).await;
        let mut now = Time(11);
        for _ in 0..job::ATTEMPTS {
            assert_eq!(claim(&store, now, 1).await.len(), 1);
            now = now.plus(LEASE);
        }
        assert_eq!(claim(&store, now, 1).await, []);
        assert_eq!(store.read::<_, Error, _>(|rd| job::list_dead(rd, 10)).await.unwrap().len(), 1);
    }

    async fn a_key_keeps_a_second_job_out_until_the_first_is_claimed(store) {
        enqueue(&store, 1, Some("index")).await;
        enqueue(&store, 2, Some("index")).await;
        enqueue(&store, 3, Some("other")).await;
        assert_eq!(claim(&store, Time(11), 9).await.len(), 2);
        enqueue(&store, 4, Some("index")).await;
        assert_eq!(claim(&store, Time(11), 9).await.iter().map(|job| job.id.0).collect::<Vec<_>>(), [4]);
    }

    async fn many_workers_never_share_a_job(store) {
        for id in 1..=200 {
            enqueue(&store, id, None).await;
        }
        let workers: Vec<_> = (0..16_i64)
            .map(|worker| {
                let store = Store::clone(&store);
                tokio::spawn(async move {
                    let mut mine = Vec::new();
                    loop {
                        let jobs = store
                            .write::<_, Error, _>(Lane::Background, worker, |tx| job::claim(tx, Crew::Reports, Time(11), LEASE, 3))
                            .await
                            .unwrap();
                        if jobs.is_empty() {
                            return mine;
                        }
                        mine.extend(jobs.into_iter().map(|job| job.id.0));
                    }
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        all.sort_unstable();
        assert_eq!(all, (1..=200).collect::<Vec<_>>());
    }
}
