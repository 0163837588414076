//! The desk reaches itself over HTTP, and nobody else can pretend to be it.

use http::StatusCode;
use serde_json::json;
use standfast_domain::Role;
use standfast_store::{params, store_test};

use crate::PublicOnly;
use crate::testing::TestServer;

store_test! {
    async fn a_test_message_goes_through_the_front_door_and_is_no_request(store) {
        let server = TestServer::start(&store).await;
        let desk = &server.desk;
        let agent = server.agent("mei", Role::Agent).await;
        let outside = PublicOnly::new(true);
        let send = async |keys: &standfast_desk::Keys| {
            standfast_desk::probe(keys, &format!("http://{}", server.address), &outside, &**desk.clock(), &**desk.entropy()).await
        };
        send(desk.keys()).await.unwrap();
        let refused = send(&standfast_desk::Keys::new(&[1; 32])).await;
        assert_eq!(refused, Err("the address gave no receipt"));
        let message = json!({"client_id": "c", "text": "转账没到账"});
        let visitor = server.visitor();
        let mut headers = visitor.headers();
        headers.push(("standfast-probe", "1.x"));
        server.post("/api/v1/requests", &headers, &message).await.problem(422, "invalid");
        let inbox = agent.get("/api/v1/console/inbox?view=all").await.json();
        assert_eq!(inbox["items"], json!([]));
        let requests = store.read(|rd| rd.query_one("SELECT count(*) FROM request", params![], |row| row.get::<i64>(0)));
        assert_eq!(requests.await.unwrap(), 0);
        let asked = visitor.post("/api/v1/requests", &message).await;
        assert_eq!(asked.status, StatusCode::CREATED);
    }
}
