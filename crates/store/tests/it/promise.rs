//! Promises and what came of them.

use standfast_domain::{Channel, RequestId, Time};
use standfast_store::promise::{self, Kept, PromiseRow, Tally};
use standfast_store::{Error, Lane, Store, Tx, store_test};

use crate::request::one_request;

const SECOND: i64 = 1_000_000;
/// A quarter of an hour begins here.
const START: i64 = 1_763_712_000 * SECOND;

/// All of them are of one request, whose customer has waited again and again.
const REQUEST: RequestId = RequestId(7);

fn made(at: i64, p80: Option<i64>) -> PromiseRow {
    PromiseRow {
        request_id: REQUEST,
        made_at: Time(START + at * SECOND),
        channel: Channel::Widget,
        at_risk: false,
        place: 3,
        present: 2,
        p50: p80.map(|p80| p80 / 2),
        p80,
        model_p50: p80.map(|_| 290.5),
        model_p80: p80.map(|_| 610.25),
        closed: 0,
        model: 1,
    }
}

async fn write(store: &Store, unit: impl Fn(&mut Tx) -> Result<(), Error> + Send + Clone + 'static) {
    store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| unit(tx)).await.unwrap();
}

store_test! {
    async fn a_promise_is_kept_broken_or_undecided(store) {
        one_request(&store).await;
        write(&store, |tx| {
            // Kept by the lower, and by the upper figure; late; left early; still waiting; unknown.
            for (at, p80) in [(1, Some(600)), (2, Some(600)), (3, Some(600)), (4, Some(600)), (5, Some(600)), (6, None)] {
                promise::insert(tx, &made(at, p80))?;
            }
            for (at, after, outcome) in [(1, 300, "answered"), (2, 600, "answered"), (3, 601, "answered"), (4, 10, "closed"), (6, 10, "answered")] {
                let begun = START + at * SECOND;
                promise::end(tx, REQUEST, Time(begun), Time(begun + after * SECOND), outcome)?;
                // A unit may run again, and a wait for which nothing was promised ends, too.
                promise::end(tx, REQUEST, Time(begun), Time(begun + 9_999 * SECOND), "spam")?;
                promise::end(tx, REQUEST, Time(begun + 1), Time(begun + 2), outcome)?;
            }
            promise::insert(tx, &PromiseRow { place: 9, ..made(1, None) })
        }).await;
        let of = |now: i64| {
            let (from, until) = (Time(START), Time(START + 900 * SECOND));
            store.read(move |rd| promise::tally(rd, from, until, Time(START + now * SECOND)))
        };
        let known = Tally {
            slot: Time(START), channel: Channel::Widget, at_risk: false, p80: Some(600),
            made: 5, kept: 2, broken: 1, kept_half: 1, broken_half: 2,
        };
        let unknown = Tally { p80: None, made: 1, kept: 0, broken: 0, kept_half: 0, broken_half: 0, ..known };
        for (now, broken, broken_half) in [(605, 1, 3), (606, 2, 3)] {
            let mut found = of(now).await.unwrap();
            found.sort_by_key(|tally| tally.p80.is_none());
            assert_eq!(found, [Tally { broken, broken_half, ..known }, unknown], "{now}");
        }
        let nothing = store.read(|rd| promise::tally(rd, Time(0), Time(START + SECOND), Time(i64::MAX / 2))).await.unwrap();
        assert!(nothing.is_empty());
    }

    async fn there_is_something_to_learn_from_answers_to_what_was_known(store) {
        one_request(&store).await;
        write(&store, |tx| {
            for at in 1..=3 {
                promise::insert(tx, &made(at, Some(600).filter(|_| at != 3)))?;
            }
            promise::end(tx, REQUEST, Time(START + 2 * SECOND), Time(START + 50 * SECOND), "answered")?;
            promise::end(tx, REQUEST, Time(START + 3 * SECOND), Time(START + 60 * SECOND), "answered")?;
            promise::end(tx, REQUEST, Time(START + SECOND), Time(START + 70 * SECOND), "answered")
        }).await;
        let kept = |at: i64, ended: i64| Kept {
            request_id: REQUEST,
            channel: Channel::Widget, at_risk: made(at, None).at_risk, made_at: Time(START + at * SECOND), ended_at: Time(START + ended * SECOND),
            model_p50: 290.5, model_p80: 610.25, closed: 0, model: 1,
        };
        let all = store.read(|rd| promise::list_kept(rd, 10)).await.unwrap();
        assert_eq!(all, [kept(2, 50), kept(1, 70)]);
        assert_eq!(store.read(|rd| promise::list_kept(rd, 1)).await.unwrap(), [kept(1, 70)]);
        let found = |ended: i64| {
            store.read(move |rd| promise::find_kept(rd, REQUEST, Time(START + ended * SECOND)))
        };
        assert_eq!(found(50).await.unwrap(), Some(kept(2, 50)));
        assert_eq!(found(51).await.unwrap(), None);
        assert_eq!(found(60).await.unwrap(), None, "nothing was said");
        let courses = store.read(|rd| promise::list_courses(rd, Time(START + 2 * SECOND), 10)).await.unwrap();
        let ended: Vec<_> = courses.iter().map(|course| ((course.made_at.0 - START) / SECOND, course.ended_at.map(|at| (at.0 - START) / SECOND))).collect();
        assert_eq!(ended, [(2, Some(50)), (3, Some(60))]);
        let of = store.read(|rd| promise::list_of_request(rd, REQUEST)).await.unwrap();
        assert_eq!(of[2..], [(made(3, None), Some((Time(START + 60 * SECOND), "answered".to_owned())))]);
    }
}
