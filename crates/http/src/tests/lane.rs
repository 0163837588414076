//! The lane of assets at risk through the API: who is kept for it is told at once, and a false claim is counted.

use http::{Method, StatusCode};
use serde_json::json;
use standfast_domain::Role;
use standfast_store::store_test;

use crate::testing::{Person, TestServer, wide};
use crate::{Config, Rate, Rates};

store_test! {
    async fn words_that_claim_a_theft_stand_in_the_line_of_the_lane_at_the_door(store) {
        let rates = Rates { intake: Rate::new(1, 1), ..wide().rates };
        let server = TestServer::with(&store, Config { rates, ..wide() }, "http://desk.test").await;
        let visitor = server.visitor();
        let asked = json!({"client_id": "a", "text": "转账没到账", "type": "other"});
        let first = visitor.post("/api/v1/requests", &asked).await.json();
        let follow = format!("/api/v1/requests/{}/messages", first["number"].as_str().unwrap());
        // The ordinary line takes nothing more.
        let calm = |id: &str| json!({"client_id": id, "text": "还没到账"});
        let claim = |id: &str| json!({"client_id": id, "text": "someone just stole all my USDT", "type": "other"});
        visitor.post("/api/v1/requests", &calm("b")).await.problem(429, "too_many_calls");
        visitor.post(&follow, &calm("c")).await.problem(429, "too_many_calls");
        let words = json!({"client_id": "d", "text": "有人把我的币转走了！"});
        assert_eq!(visitor.post(&follow, &words).await.status, StatusCode::CREATED);
        assert_eq!(visitor.post("/api/v1/requests", &claim("e")).await.status, StatusCode::CREATED);
        let mut socket = visitor.live(json!({})).await;
        let mut frame = claim("f");
        frame["t"] = json!("send");
        socket.say(&frame).await;
        assert_eq!(socket.hear_of("ack").await["receipt"]["at_risk"], true);
    }

    async fn whoever_is_reserved_is_told_by_the_socket_and_sees_nothing_else(store) {
        let server = TestServer::start(&store).await;
        let (lead, mei) = (server.agent("lin", Role::Lead).await, server.agent("mei", Role::Agent).await);
        server.visitor().post("/api/v1/requests", &json!({"client_id": "c", "text": "转账没到账"})).await;
        let page = mei.get("/api/v1/console/inbox?view=all").await.json();
        assert_eq!((page["counts"]["reserved"].clone(), page["counts"]["all"].clone()), (json!(false), json!(1)));
        let mut socket = mei.live(json!({"feed": page["feed"]})).await;
        let _lead_is_there = lead.live(json!({})).await;
        let view = lead.get("/api/v1/console/surge").await.json();
        let mut plan = view["plan"].clone();
        let me = lead.get("/api/v1/console/agents").await.json();
        let me = me["items"].as_array().unwrap().iter().find(|agent| agent["name"] == "mei").unwrap()["id"].clone();
        plan["reserve"]["normal"] = json!({"people": 1, "agents": [me]});
        let wish = json!({"version": 0, "plan": plan});
        assert_eq!(lead.put("/api/v1/console/surge/plan", &wish).await.status, StatusCode::OK);
        let counts = loop {
            let frame = socket.hear_of("inbox").await;
            if frame["counts"]["reserved"] == true { break frame["counts"].clone(); }
        };
        assert_eq!((&counts["all"], &counts["unassigned"]), (&json!(0), &json!(0)));
        let page = mei.get("/api/v1/console/inbox?view=unassigned").await.json();
        assert_eq!((&page["items"], &page["counts"]["reserved"]), (&json!([]), &json!(true)));
        assert_eq!(lead.get("/api/v1/console/surge").await.json()["reserved"], json!([me]));
        let ordinary = lead.get("/api/v1/console/inbox?view=all").await.json()["items"][0]["id"].clone();
        let path = format!("/api/v1/console/requests/{}/assign", ordinary.as_str().unwrap());
        let refused = lead.post(&path, &json!({"agent_id": me})).await.problem(422, "invalid");
        assert!(refused["detail"].as_str().unwrap().contains("reserved for assets at risk"), "{refused}");
        // A plan from before there were reserves still reads.
        plan.as_object_mut().unwrap().remove("reserve");
        let without = json!({"version": 1, "plan": plan});
        let view = lead.put("/api/v1/console/surge/plan", &without).await.json();
        assert_eq!(view["plan"]["reserve"]["normal"], json!({"people": 0, "agents": []}));
    }

    async fn a_false_claim_is_moved_out_counted_and_moved_back(store) {
        let server = TestServer::start(&store).await;
        let (mei, ana) = (server.agent("mei", Role::Agent).await, server.agent("ana", Role::Analyst).await);
        let asked = json!({"client_id": "c", "text": "币价跌了", "type": "theft"});
        let claim = server.visitor().post("/api/v1/requests", &asked).await.json();
        let path = format!("/api/v1/console/requests/{}", claim["request_id"].as_str().unwrap());
        let out = json!({"reason": "trade"});
        ana.post(&format!("{path}/not-at-risk"), &out).await.problem(403, "forbidden");
        mei.post(&format!("{path}/not-at-risk"), &json!({"reason": "rude"})).await.problem(422, "invalid");
        assert_eq!(mei.post(&format!("{path}/not-at-risk"), &out).await.status, StatusCode::NO_CONTENT);
        assert_eq!(mei.get(&path).await.json()["request"]["at_risk"], false);
        let counted = ana.get("/api/v1/console/surge/claims").await.json();
        assert_eq!((&counted["claimed"], &counted["moved_out"], &counted["share"]), (&json!(1), &json!(1), &json!(1.0)));
        assert_eq!(counted["reasons"], json!([{"reason": "trade", "count": 1}]));
        let undo = async |person: &Person<'_>| {
            server.call(Method::DELETE, &format!("{path}/not-at-risk"), &person.headers(), "").await
        };
        undo(&ana).await.problem(403, "forbidden");
        assert_eq!(undo(&mei).await.status, StatusCode::NO_CONTENT);
        assert_eq!(mei.get(&path).await.json()["request"]["at_risk"], true);
        assert_eq!(mei.post(&format!("{path}/not-at-risk"), &out).await.status, StatusCode::NO_CONTENT);
        assert_eq!(mei.post(&format!("{path}/at-risk"), &json!({})).await.status, StatusCode::NO_CONTENT);
        let counted = ana.get("/api/v1/console/surge/claims").await.json();
        assert_eq!((&counted["moved_out"], &counted["moved_back"]), (&json!(0), &json!(1)));
    }
}
