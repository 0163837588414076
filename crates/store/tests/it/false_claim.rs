//! The statements over claims that were found to be false.

use standfast_domain::{AgentId, FalseClaim, Language, RequestId, Role, State, Time, Urgency};
use standfast_store::agent::{self, AgentRow};
use standfast_store::false_claim::{self, Claims, FalseClaimRow, Known};
use standfast_store::{Error, Lane, Store, Tx, request, store_test};

use crate::request::{NOW, one_request};

const AT: RequestId = RequestId(7);

fn moved_out(seq: i64, at: Time) -> FalseClaimRow {
    FalseClaimRow {
        request_id: AT,
        seq,
        agent_id: AgentId(5),
        reason: FalseClaim::Question,
        at,
        restored_at: None,
        restored_by: None,
    }
}

async fn write(store: &Store, unit: impl Fn(&mut Tx) -> Result<(), Error> + Send + Sync + 'static) {
    store.write::<_, Error, _>(Lane::Ordinary, 7, unit).await.unwrap();
}

store_test! {
    async fn what_is_moved_out_is_counted_until_it_is_back(store) {
        let later = Time(NOW.0 + 1);
        let customer = one_request(&store).await.customer_id;
        write(&store, |tx| {
            let agent = AgentRow {
                id: AgentId(5),
                email: "mei@desk.test".to_owned(),
                name: "mei".to_owned(),
                role: Role::Agent,
                password_hash: String::new(),
                language: Language::Chinese,
                created_at: NOW,
                disabled_at: None,
            };
            agent::insert(tx, &agent)?;
            false_claim::insert(tx, &moved_out(2, NOW))
        }).await;
        let known = |since, claimed| store.read(move |rd| false_claim::of_customer(rd, customer, claimed, since));
        let new = RequestId(8);
        assert_eq!(known(NOW, new).await.unwrap(), Known { false_claims: 1, was_out: false });
        assert_eq!(known(later, new).await.unwrap(), Known::default(), "since then");
        let claims = || store.read(|rd| false_claim::count_claims(rd, RequestId(1), Time(0)));
        assert_eq!(claims().await.unwrap(), Claims { claimed: 1, moved_out: 1, moved_back: 0 });
        let reasons = || store.read(|rd| false_claim::count_reasons(rd, Time(0)));
        assert_eq!(reasons().await.unwrap(), [(FalseClaim::Question, 1)]);

        write(&store, move |tx| {
            false_claim::restore(tx, AT, later)?;
            let mut row = request::lock(tx, AT)?.ok_or(Error::CursorLost)?;
            row.at_risk = true;
            request::save(tx, &row)
        }).await;
        assert_eq!(claims().await.unwrap(), Claims { claimed: 1, moved_out: 0, moved_back: 1 });
        assert_eq!(known(NOW, AT).await.unwrap(), Known { false_claims: 1, was_out: true });
        let ahead = |claimed| store.read(move |rd| false_claim::list_ahead(rd, customer, claimed, 9));
        assert_eq!(ahead(new).await.unwrap(), [(AT, "pending".to_owned())], "nobody has looked");
        assert_eq!(ahead(AT).await.unwrap(), [], "others");
        let doubted = || store.read(move |rd| false_claim::find_doubted(rd, customer));
        assert_eq!(doubted().await.unwrap(), None);
        assert_eq!(reasons().await.unwrap(), []);
        let rows = store.read(|rd| false_claim::list_between(rd, RequestId(6), AT)).await.unwrap();
        assert_eq!(rows, [FalseClaimRow { restored_at: Some(later), ..moved_out(2, NOW) }]);
        // Somebody has: it was no false claim.
        write(&store, |tx| false_claim::take_back(tx, AT, AgentId(5), NOW)).await;
        assert_eq!(known(NOW, new).await.unwrap().false_claims, 0);
        for (urgency, state) in [(Urgency::DOUBTED, State::Open), (Urgency(0), State::Solved)] {
            write(&store, move |tx| {
                let mut row = request::lock(tx, AT)?.ok_or(Error::CursorLost)?;
                (row.urgency, row.state) = (urgency, state);
                request::save(tx, &row)
            }).await;
            assert_eq!(ahead(new).await.unwrap(), [], "{state:?}");
            assert_eq!(doubted().await.unwrap(), (state == State::Open).then_some(AT));
        }
        // Coming back twice changes nothing; tests and spam are no claims.
        write(&store, |tx| {
            false_claim::restore(tx, AT, NOW)?;
            let mut row = request::lock(tx, AT)?.ok_or(Error::CursorLost)?;
            "[\"test\"]".clone_into(&mut row.tags);
            request::save(tx, &row)
        }).await;
        assert_eq!(claims().await.unwrap(), Claims::default());
        let rows = store.read(|rd| false_claim::list_between(rd, RequestId(6), AT)).await.unwrap();
        assert_eq!((rows[0].restored_at, rows[0].restored_by), (Some(later), Some(AgentId(5))));
    }
}
