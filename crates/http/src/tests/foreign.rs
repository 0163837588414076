//! What is somebody else's stays so, by whichever way it is asked for.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use standfast_domain::SystemClock;
use standfast_store::store_test;

use crate::testing::{HOST_KEY, Person, TestServer};

fn id(receipt: &Value) -> &str {
    receipt["request_id"].as_str().unwrap()
}

/// What the wallet's backend says of a user.
fn token(subject: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let now = SystemClock::shared().now().millis() / 1_000;
    let claims = json!({"iss": "wallet", "sub": subject, "iat": now, "exp": now + 300}).to_string();
    let signed = format!("{}.{}", part(r#"{"alg":"HS256"}"#), part(&claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(&HOST_KEY).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// Whoever holds the secret link of a request.
fn holder<'a>(server: &'a TestServer, receipt: &Value) -> Person<'a> {
    let token = receipt["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let number = receipt["number"].as_str().unwrap();
    Person { server, headers: vec![("authorization".to_owned(), format!("Link {number}.{token}"))] }
}

store_test! {
    async fn a_poll_hears_nothing_of_foreign_requests(store) {
        let server = TestServer::start(&store).await;
        let (owner, spy) = (server.visitor(), server.visitor());
        let asked = owner.ask("1", "别人的请求").await;
        let path = format!("/api/v1/live/poll?wait=3&cursors={}:0", id(&asked));
        let (heard, ()) = tokio::join!(spy.get(&path), async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            owner.write(&asked, "2", "秘密内容").await;
        });
        assert_eq!(heard.json()["frames"], json!([]));
    }

    async fn a_socket_hears_nothing_of_foreign_requests_while_it_asks(store) {
        let server = TestServer::start(&store).await;
        let (owner, spy) = (server.visitor(), server.visitor());
        let asked = owner.ask("1", "别人的请求").await;
        let mut socket = spy.live(json!({})).await;
        for round in 0..12 {
            for _ in 0..4 {
                socket.say(&json!({"t": "subscribe", "request": id(&asked), "after": 0})).await;
            }
            owner.write(&asked, &format!("w{round}"), "秘密内容").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let heard = socket.rest(Duration::from_millis(800)).await;
        assert!(heard.iter().all(|frame| frame["t"] == "nack"), "{heard:?}");
    }

    async fn a_link_opens_one_request_alone(store) {
        let server = TestServer::start(&store).await;
        let owner = server.visitor();
        let given = owner.ask("1", "my swap failed").await;
        let private = owner.ask("2", "something else, private").await;
        let holder = holder(&server, &given);
        // What is written on the other one is not heard.
        let mut socket = holder.live(json!({"cursors": {id(&given): 0}})).await;
        owner.write(&private, "3", "秘密内容").await;
        let heard = json!(socket.rest(Duration::from_millis(800)).await).to_string();
        assert!(!heard.contains("秘密内容") && !heard.contains("private"), "{heard}");
        let path = format!("/api/v1/live/poll?wait=2&cursors={}:9,{}:0", id(&given), id(&private));
        let (heard, ()) = tokio::join!(holder.get(&path), async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            owner.write(&private, "4", "秘密内容").await;
        });
        assert!(!heard.json().to_string().contains("秘密内容"), "{:?}", heard.json());
        // Words without a request are about the one that the link opens, never about another one.
        let body = json!({"client_id": "5", "text": "and again", "name": "Mallory", "email": "m@trap.example"});
        let receipt = holder.post("/api/v1/requests", &body).await.json();
        assert_eq!(receipt["number"], given["number"]);
        let own = owner.get("/api/v1/requests").await.json();
        assert!(!own.to_string().contains("Mallory"), "{own}");
    }

    async fn a_device_that_changes_hands_hears_nothing_of_the_first_user(store) {
        let server = TestServer::start(&store).await;
        let device = server.visitor();
        let identify = async |subject| {
            let reply = device.post("/api/v1/identify", &json!({"token": token(subject)})).await;
            assert_eq!(reply.status, 200, "{:?}", reply.body);
        };
        identify("u1").await;
        let asked = device.ask("1", "private to u1").await;
        let mut socket = device.live(json!({"cursors": {id(&asked): 0}})).await;
        identify("u1").await;
        socket.say(&json!({"t": "ping"})).await;
        socket.hear_of("pong").await;
        identify("u2").await;
        assert_eq!(socket.hear_of("bye").await["reason"], "drain");
        let mut again = device.live(json!({"cursors": {id(&asked): 0}})).await;
        assert_eq!(again.hear_of("nack").await["problem"]["code"], "not_found");
    }
}
