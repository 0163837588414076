//! The desk reaches itself over HTTP, and nobody else can pretend to be it.

use http::StatusCode;
use serde_json::json;
use standfast_domain::{Role, Sample, Time, TokenKind, TokenScope};
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
            standfast_desk::probe(standfast_desk::Marker::Keys(keys), &format!("http://{}", server.address), &outside, &**desk.clock(), &**desk.entropy()).await
        };
        send(desk.keys()).await.unwrap();
        let refused = send(&standfast_desk::Keys::new(&[1; 32])).await;
        assert_eq!(refused, Err(standfast_desk::PROBE_REFUSED));
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

store_test! {
    async fn another_place_tells_what_it_found_and_everybody_sees_it(store) {
        let server = TestServer::start(&store).await;
        let desk = &server.desk;
        let lead = server.agent("lead", Role::Lead).await;
        let week: Vec<_> = (1..=7).map(|day| json!({"weekday": day, "opens": "00:00", "closes": "24:00"})).collect();
        let always = json!({"name": "All", "coverage": {}, "schedule": {"zone": "UTC", "week": week}});
        assert_eq!(lead.post("/api/v1/console/hours", &always).await.status, StatusCode::CREATED);
        // Four minutes of a quarter of an hour ago.
        let first = Sample::minute_of(desk.now()) - 15;
        let seen = |minute| Sample {
            minute, node: 0, boot: 1, up: (minute - first) * 60, present: 1, waiting: 0, late: 0, rostered: None, probe: None, services: None,
        };
        standfast_desk::put_down_past(desk, (first..first + 4).map(seen).collect()).await.unwrap();
        let secret = server.token(TokenKind::Bearer, &[TokenScope::Probes]).await;
        let bearer = format!("Bearer {secret}");
        let headers = [("authorization", bearer.as_str())];
        let at = |minute: i64| Time((first + minute) * 60_000_000).to_string();
        let told = json!({"place": "sg", "probes": [{"at": at(1), "took_ms": 140}, {"at": at(2), "took_ms": null}]});
        let tell = async || server.post("/api/v1/probes", &headers, &told).await.json();
        assert_eq!(tell().await, json!({"added": 2, "known": 0, "left_out": 0}));
        assert_eq!(tell().await, json!({"added": 0, "known": 2, "left_out": 0}));
        for (wrong, field) in [
            (json!({"place": "a b", "probes": []}), "place"),
            (json!({"place": "sg", "probes": [{"at": at(3), "took_ms": -1}]}), "took_ms"),
            (json!({"place": "sg", "probes": vec![json!({"at": at(3), "took_ms": null}); 501]}), "probes"),
        ] {
            let problem = server.post("/api/v1/probes", &headers, &wrong).await.problem(422, "invalid");
            assert_eq!(problem["field"], field);
        }
        standfast_desk::load_online(desk).await.unwrap();
        let view = lead.get("/api/v1/console/online?days=7").await.json();
        assert_eq!((&view["items"][0]["kept"]["online"], &view["items"][0]["kept"]["technical"]), (&json!(3), &json!(1)));
        assert_eq!(view["items"][0]["parts"].as_array().unwrap().len(), 6);
        assert_eq!(view["places"][0]["name"], "sg");
        let public = server.get("/status.json", &[]).await.json();
        assert_eq!(public["hours"][0]["services"][0], json!({"language": "zh-CN", "channel": "widget", "promised": 4, "online": 3, "rate": 0.75}));
        let page = server.get("/status?lang=en", &[]).await.text();
        assert!(page.contains("By language and channel") && page.contains("75.0 %"), "{page}");
    }
}
