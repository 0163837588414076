//! The ledger of minutes is only added to.

use standfast_domain::{
    AgentId, Channel, Language, Queued, Role, Sample, Service, Services, Time, TokenId, TokenKind,
};
use standfast_store::agent::{self, AgentRow};
use standfast_store::online::{self, OnlineRow, ProbeRow};
use standfast_store::token::{self, TokenRow};
use standfast_store::{Error, Lane, Tx, params, store_test};

fn row(seq: i64, minute: i64, node: i64) -> OnlineRow {
    let sample = Sample {
        minute,
        node,
        boot: 5,
        up: minute * 60,
        present: 2,
        waiting: 3,
        late: 1,
        rostered: (minute > 10).then_some(4),
        probe: (minute > 11).then_some(30),
        services: (minute > 11).then(services),
    };
    OnlineRow { seq, sample, seal: vec![7; 32] }
}

fn services() -> Services {
    let mut services = Services::default();
    services.add(Service::of(Language::English, Channel::Api), Queued { waiting: 3, late: 1 });
    services.set_broken(Channel::Widget);
    services
}

store_test! {
    async fn minutes_are_put_down_once(store) {
        let written = store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| {
                [row(1, 10, 1), row(2, 10, 2), row(3, 10, 1), row(2, 11, 1), row(3, 12, 1)]
                    .iter()
                    .map(|row| online::insert(tx, row))
                    .collect::<Result<Vec<_>, _>>()
            })
            .await
            .unwrap();
        assert_eq!(written, [true, true, false, false, true], "neither a minute nor a place twice");
        let read = store
            .read::<_, Error, _>(|rd| {
                let places = [0, 10, 11, 13].map(|minute| online::place_of(rd, minute));
                let places = places.into_iter().collect::<Result<Vec<_>, _>>()?;
                Ok((online::list_after(rd, 1, 10)?, online::last(rd)?, places))
            })
            .await
            .unwrap();
        let rows = vec![row(2, 10, 2), row(3, 12, 1)];
        assert_eq!(read, (rows, Some(row(3, 12, 1)), vec![Some(1), Some(1), Some(3), None]));
    }

    async fn a_minute_can_neither_be_changed_nor_taken_away(store) {
        store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| online::insert(tx, &row(1, 10, 1)))
            .await
            .unwrap();
        for statement in ["UPDATE online_minute SET present = 9", "DELETE FROM online_minute"] {
            let done = store
                .write::<_, Error, _>(Lane::Ordinary, 0, move |tx| tx.execute(statement, params![]))
                .await;
            assert!(done.is_err(), "{statement}");
        }
        let rows = store.read::<_, Error, _>(|rd| online::list_after(rd, 0, 10)).await.unwrap();
        assert_eq!(rows, [row(1, 10, 1)]);
    }

    async fn what_a_place_told_of_a_minute_stays(store) {
        let token_id = store.write::<_, Error, _>(Lane::Ordinary, 0, machine).await.unwrap();
        let probe = move |seq: i64, place: &str, minute: i64, found: i64| ProbeRow {
            seq, place: place.to_owned(), minute, found, token_id, told_at: Time(9), seal: vec![7; 32],
        };
        let written = store
            .write::<_, Error, _>(Lane::Ordinary, 0, move |tx| {
                [probe(1, "sg", 10, 40), probe(2, "fra", 10, -1), probe(3, "sg", 10, -1), probe(2, "sg", 11, 5), probe(3, "sg", 9, -1)]
                    .iter()
                    .map(|row| online::insert_probe(tx, row))
                    .collect::<Result<Vec<_>, _>>()
            })
            .await
            .unwrap();
        assert_eq!(written, [true, true, false, false, true], "neither a minute of a place nor a place in the ledger twice");
        for statement in ["UPDATE online_probe SET probe_ms = 9", "DELETE FROM online_probe"] {
            let done = store
                .write::<_, Error, _>(Lane::Ordinary, 0, move |tx| tx.execute(statement, params![]))
                .await;
            assert!(done.is_err(), "{statement}");
        }
        let (rows, last, from, places, has) = store
            .read::<_, Error, _>(|rd| {
                let from = [9, 10, 11].map(|minute| online::place_of_probe(rd, minute));
                let from = from.into_iter().collect::<Result<Vec<_>, _>>()?;
                let has = (online::has_probe(rd, "sg", 9)?, online::has_probe(rd, "fra", 9)?);
                Ok((online::list_probes_after(rd, 1, 9)?, online::last_probe(rd)?, from, online::list_probe_places(rd, 10)?, has))
            })
            .await
            .unwrap();
        assert_eq!(rows, [probe(2, "fra", 10, -1), probe(3, "sg", 9, -1)]);
        assert_eq!((last, from, has), (Some(probe(3, "sg", 9, -1)), vec![Some(1), Some(1), None], (true, false)));
        assert_eq!(places, [("fra".to_owned(), 10, 1, 1), ("sg".to_owned(), 10, 1, 0)]);
    }
}

/// A token, and the admin who issued it.
fn machine(tx: &mut Tx) -> Result<TokenId, Error> {
    let admin = AgentRow {
        id: AgentId(1),
        email: "a@desk.test".to_owned(),
        name: "A".to_owned(),
        role: Role::Admin,
        password_hash: String::new(),
        language: Language::English,
        created_at: Time(1),
        disabled_at: None,
    };
    agent::insert(tx, &admin)?;
    let row = TokenRow {
        id: TokenId(5),
        kind: TokenKind::Bearer,
        name: "probe".to_owned(),
        token_hash: Some(vec![7; 32]),
        scopes: "probes".to_owned(),
        created_by: admin.id,
        created_at: Time(1),
        used_at: None,
        revoked_at: None,
    };
    token::insert(tx, &row)?;
    Ok(row.id)
}
