//! The statements over resolutions, ratings and reviews.

use standfast_domain::{AgentId, Channel, RequestId, Resolution, ReviewId, Score, Time};
use standfast_store::resolution::{self, RatingRow, ResolutionRow};
use standfast_store::review::{self, ReviewRow, Viewer};
use standfast_store::{Error, Lane, Store, Tx, store_test};

use crate::request::{NOW, one_request};

const AT: RequestId = RequestId(7);

fn claim(episode: i64, claimed_at: Time) -> ResolutionRow {
    ResolutionRow {
        request_id: AT,
        episode,
        state: Resolution::Claimed,
        agent_id: AgentId(5),
        claimed_at,
        asked_at: None,
        decided_by: None,
        decided_at: None,
    }
}

fn complaint(id: i64) -> ReviewRow {
    ReviewRow {
        id: ReviewId(id),
        cause: "complaint".to_owned(),
        request_id: AT,
        episode: None,
        seq: 3,
        agent_id: None,
        state: "open".to_owned(),
        taken_by: None,
        note: None,
        created_at: NOW,
        changed_at: NOW,
    }
}

fn lead() -> Viewer {
    Viewer { agent: AgentId(5), roles: ",lead,admin,".to_owned() }
}

async fn write(store: &Store, unit: impl Fn(&mut Tx) -> Result<(), Error> + Send + Sync + 'static) {
    store.write::<_, Error, _>(Lane::Ordinary, 7, unit).await.unwrap();
}

store_test! {
    async fn only_the_latest_resolution_is_repudiated_by_words(store) {
        one_request(&store).await;
        let later = Time(NOW.0 + 9);
        write(&store, move |tx| {
            resolution::put(tx, &ResolutionRow { state: Resolution::Confirmed, ..claim(1, NOW) })?;
            resolution::put(tx, &claim(2, later))?;
            resolution::repudiate_last(tx, AT, later)
        })
        .await;
        let found = store.read::<_, Error, _>(|rd| resolution::list_of_request(rd, AT, 9)).await.unwrap();
        let states: Vec<_> = found.iter().map(|row| (row.episode, row.state, row.decided_at)).collect();
        assert_eq!(states, [(2, Resolution::Repudiated, Some(later)), (1, Resolution::Confirmed, None)]);
        let last = store.read::<_, Error, _>(|rd| resolution::find_last(rd, AT)).await.unwrap();
        assert_eq!(last.as_ref(), found.first());
        assert_eq!(last.unwrap().decided_by.as_deref(), Some("customer"));
    }

    async fn a_correction_replaces_a_rating_but_not_when_it_was_given(store) {
        one_request(&store).await;
        let first = RatingRow {
            request_id: AT,
            episode: 1,
            score: Score::new(2).unwrap(),
            reason: Some("slow".to_owned()),
            seq: 4,
            agent_id: AgentId(5),
            channel: Channel::Widget,
            created_at: NOW,
            changed_at: NOW,
        };
        let second = RatingRow { score: Score::new(5).unwrap(), reason: None, seq: 6, changed_at: Time(NOW.0 + 1), created_at: Time(NOW.0 + 1), ..first.clone() };
        let (one, two) = (first.clone(), second.clone());
        write(&store, move |tx| {
            resolution::put(tx, &claim(1, NOW))?;
            resolution::put(tx, &claim(2, Time(NOW.0 + 5)))?;
            resolution::put_rating(tx, &one)?;
            resolution::put_rating(tx, &two)
        })
        .await;
        let found = store.read::<_, Error, _>(|rd| resolution::find_rating(rd, AT, 1)).await.unwrap();
        assert_eq!(found, Some(RatingRow { created_at: NOW, ..second }));
        assert_eq!(store.read::<_, Error, _>(|rd| resolution::find_rating(rd, AT, 2)).await, Ok(None));
        let tally = async |from, until| {
            let mut found = store.read::<_, Error, _>(move |rd| resolution::tally(rd, from, until)).await.unwrap();
            found.sort_by_key(|one| one.score);
            found.into_iter().map(|one| (one.kind, one.score.map(Score::get), one.count)).collect::<Vec<_>>()
        };
        let (kind, end) = ("pending".to_owned(), Time(NOW.0 + 5));
        assert_eq!(tally(NOW, end).await, [(kind.clone(), Some(5), 1)]);
        assert_eq!(tally(NOW, Time(end.0 + 1)).await, [(kind.clone(), None, 1), (kind, Some(5), 1)]);
    }

    async fn reviews_wait_in_line_until_they_are_done(store) {
        one_request(&store).await;
        write(&store, |tx| {
            for id in [11, 12, 13] {
                review::put(tx, &complaint(id))?;
            }
            review::put(tx, &ReviewRow { cause: "low_rating".to_owned(), episode: Some(1), ..complaint(14) })?;
            review::put(tx, &ReviewRow { state: "done".to_owned(), ..complaint(11) })?;
            review::put(tx, &ReviewRow { state: "taken".to_owned(), taken_by: Some(AgentId(5)), ..complaint(13) })?;
            for id in [11, 12, 13] {
                review::delete_open(tx, ReviewId(id))?;
            }
            Ok(())
        })
        .await;
        let open = store.read::<_, Error, _>(|rd| review::list_open(rd, &lead(), ("", ReviewId(0)), 9)).await.unwrap();
        assert_eq!(open.iter().map(|row| row.id.0).collect::<Vec<_>>(), [13, 14]);
        let rest = store.read::<_, Error, _>(|rd| review::list_open(rd, &lead(), ("complaint", ReviewId(13)), 9)).await.unwrap();
        assert_eq!(rest.iter().map(|row| row.id.0).collect::<Vec<_>>(), [14]);
        assert_eq!(store.read::<_, Error, _>(|rd| review::count_open(rd, &lead(), 9)).await, Ok(2));
        assert_eq!(store.read::<_, Error, _>(|rd| review::count_open(rd, &lead(), 1)).await, Ok(1));
        assert_eq!(store.read::<_, Error, _>(|rd| review::last_before(rd, AT, 3)).await, Ok(0));
        assert_eq!(store.read::<_, Error, _>(|rd| review::last_before(rd, AT, 4)).await, Ok(3));
        let done = store.read::<_, Error, _>(|rd| review::list_done(rd, &lead(), ReviewId(i64::MAX), 9)).await.unwrap();
        assert_eq!(done.iter().map(|row| row.id.0).collect::<Vec<_>>(), [11]);
        assert_eq!(store.read::<_, Error, _>(|rd| review::list_done(rd, &lead(), ReviewId(11), 9)).await, Ok(vec![]));
        let found = store.read::<_, Error, _>(|rd| review::find_of_rating(rd, AT, 1)).await.unwrap();
        assert_eq!(found.map(|row| row.id), Some(ReviewId(14)));
        let held = store.write::<_, Error, _>(Lane::Ordinary, 7, |tx| review::lock(tx, ReviewId(13))).await.unwrap();
        assert_eq!(held.unwrap().taken_by, Some(AgentId(5)));
        assert_eq!(store.read::<_, Error, _>(|rd| review::list_involved(rd, AT, 9)).await, Ok(vec![]));
    }
}
