use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use standfast_store::{request, store_test};

use super::MOST_TOLD;
use crate::testing::{TestDesk, intake, visitor};
use crate::{Customer, Desk, Error, Intake, Join, Visitor, identify, own_requests, receive, verify};

pub(crate) fn token(desk: &Desk, subject: &str) -> String {
    let now = desk.now().millis() / 1_000;
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = format!(
        "{{\"iss\":\"wallet\",\"sub\":\"{subject}\",\"iat\":{now},\"exp\":{},\"name\":\"Ada\"}}",
        now + 300
    );
    let signed = format!("{}.{}", part("{\"alg\":\"HS256\"}"), part(&claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

pub(crate) fn as_visitor(customer: &Customer) -> Visitor {
    match customer {
        Customer::Visitor(visitor) => visitor.clone(),
        Customer::Link(_) => panic!("not a visitor"),
    }
}

store_test! {
    async fn a_visitor_becomes_a_known_customer_and_keeps_the_conversation(store) {
        let desk = TestDesk::new(&store);
        let (phone, laptop) = (visitor(1), visitor(2));
        let asked = desk.ask(&phone, "c1", "My swap failed").await;
        let known = identify(&desk, &as_visitor(&phone), &token(&desk, "u1")).await.unwrap();
        assert!(known.verified && known.name.as_deref() == Some("Ada"));
        assert_eq!(own_requests(&desk, &phone).await.unwrap()[0].number, asked.number);
        // The same person on another device, who asked something there before signing in.
        let also = desk.ask(&laptop, "c1", "And my balance?").await;
        let same = identify(&desk, &as_visitor(&laptop), &token(&desk, "u1")).await.unwrap();
        assert_eq!(same.id, known.id);
        for device in [&phone, &laptop] {
            let numbers: Vec<_> = own_requests(&desk, device).await.unwrap().iter().map(|r| r.number).collect();
            assert_eq!(numbers, [also.number, asked.number]);
        }
        assert!(verify(&desk).await.unwrap().faults.is_empty());
    }

    async fn another_user_on_the_same_device_sees_nothing_of_the_first(store) {
        let desk = TestDesk::new(&store);
        let device = visitor(1);
        identify(&desk, &as_visitor(&device), &token(&desk, "u1")).await.unwrap();
        desk.ask(&device, "c1", "private to u1").await;
        identify(&desk, &as_visitor(&device), &token(&desk, "u2")).await.unwrap();
        assert!(own_requests(&desk, &device).await.unwrap().is_empty());
        identify(&desk, &as_visitor(&device), &token(&desk, "u1")).await.unwrap();
        assert_eq!(own_requests(&desk, &device).await.unwrap().len(), 1);
    }

    async fn subjects_that_look_like_keys_are_told_apart(store) {
        let desk = TestDesk::new(&store);
        let (one, two) = ("1f".repeat(32), "2e".repeat(32));
        let first = identify(&desk, &as_visitor(&visitor(1)), &token(&desk, &one)).await.unwrap();
        desk.ask(&visitor(1), "c1", "private to the first").await;
        let second = identify(&desk, &as_visitor(&visitor(2)), &token(&desk, &two)).await.unwrap();
        assert_ne!(first.id, second.id);
        assert!(own_requests(&desk, &visitor(2)).await.unwrap().is_empty());
    }

    async fn all_requests_go_along_and_stay_sealed(store) {
        let desk = TestDesk::new(&store);
        identify(&desk, &as_visitor(&visitor(1)), &token(&desk, "u1")).await.unwrap();
        let laptop = visitor(2);
        for n in 0..MOST_TOLD + 3 {
            let new = Intake { join: Join::New, ..intake(&format!("c{n}"), "Another one") };
            receive(&desk, &laptop, new).await.unwrap();
        }
        let known = identify(&desk, &as_visitor(&laptop), &token(&desk, "u1")).await.unwrap();
        let ids = desk.store().read(move |rd| request::list_ids_of_customer(rd, known.id).map_err(Error::from));
        assert_eq!(ids.await.unwrap().len(), MOST_TOLD + 3);
        let found = verify(&desk).await.unwrap();
        // Not every record is told of; every row is sealed anew.
        assert_eq!((found.faults, found.entries), (vec![], 2 * MOST_TOLD as u64 + 3));
    }
}
