//! Hearing of incidents: the form, the link, the webhook; and requests that are told what the public is told.

use http::{Method, StatusCode};
use serde_json::json;
use standfast_desk::{subscription_link, work};
use standfast_domain::{Role, SubscriptionKind};
use standfast_store::{Error, Rd, store_test, subscription};

use crate::testing::{Reply, TestServer};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

impl TestServer {
    async fn form(&self, path: &str, body: &'static str) -> Reply {
        self.call(Method::POST, path, &[FORM], body).await
    }
}

store_test! {
    async fn somebody_subscribes_confirms_and_leaves_by_one_click(store) {
        let server = TestServer::start(&store).await;
        let page = server.get("/status", &[("accept-language", "en")]).await.text();
        assert!(page.contains("Hear of incidents by mail"), "{page}");
        let asked = server.form("/status/subscriptions", "email=Lena%40Wallet.example&lang=zh-CN").await;
        assert_eq!(asked.status, StatusCode::OK);
        assert!(asked.text().contains("请查看您的邮箱"), "{}", asked.text());
        let wrong = server.form("/status/subscriptions", "email=%3Cb%3Elena&lang=en").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text().contains("not an e-mail address") && !wrong.text().contains("<b>lena"), "{}", wrong.text());
        let robot = server.form("/status/subscriptions", "email=robot%40wallet.example&website=x").await;
        assert_eq!(robot.status, StatusCode::OK);
        let of = async |address: &'static str| {
            let read = move |rd: &mut Rd| subscription::find_of(rd, SubscriptionKind::Mail, address);
            store.read::<_, Error, _>(read).await.unwrap()
        };
        assert_eq!(of("robot@wallet.example").await, None);
        let id = of("Lena@wallet.example").await.unwrap().id;
        let link = subscription_link(&server.desk, id).replace("http://desk.test", "");
        let looked = server.get(&link, &[]).await.text();
        assert!(looked.contains("Do you want to hear of incidents"), "{looked}");
        assert_eq!(of("Lena@wallet.example").await.unwrap().confirmed_at, None, "looking changes nothing");
        let yes = server.form(&link, "do=confirm").await;
        assert!(yes.text().contains("You hear of incidents"), "{}", yes.text());
        assert!(of("Lena@wallet.example").await.unwrap().confirmed_at.is_some());
        let forged = format!("/status/subscriptions/{id}/{}", "A".repeat(22));
        for path in [forged.as_str(), "/status/subscriptions/x/y"] {
            assert_eq!(server.get(path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(server.form(path, "do=end").await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let left = server.form(&link, "List-Unsubscribe=One-Click").await;
        assert_eq!(left.status, StatusCode::OK);
        assert_eq!(of("Lena@wallet.example").await, None);
        assert_eq!(server.get(&link, &[]).await.status, StatusCode::NOT_FOUND);
    }

    async fn a_webhook_gets_its_key_once(store) {
        let server = TestServer::start(&store).await;
        let path = "/api/v1/status/subscriptions";
        let hook = json!({"kind": "webhook", "address": "http://127.0.0.1:9/hook"});
        let asked = server.post(path, &[], &hook).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED);
        assert!(asked.json()["key"].as_str().unwrap().starts_with("whsec_"));
        server.post(path, &[], &hook).await.problem(422, "invalid");
        server.post(path, &[], &json!({"kind": "webhook", "address": "file:///etc/passwd"})).await.problem(422, "invalid");
        server.post(path, &[], &json!({"kind": "mail", "address": "nobody"})).await.problem(422, "invalid");
        let mail = server.post(path, &[], &json!({"kind": "mail", "address": "a@wallet.example"})).await;
        assert_eq!((mail.status, &mail.json()["key"]), (StatusCode::ACCEPTED, &json!(null)));
    }

    async fn one_step_is_written_into_all_requests_and_shown_everywhere(store) {
        let server = TestServer::start(&store).await;
        let (lead, agent) = (server.agent("lead", Role::Lead).await, server.agent("agent", Role::Agent).await);
        let customer = server.visitor();
        let asked = customer.ask("m1", "My transfer on TRON has not arrived").await;
        let event = json!({"client_id": "d1", "driver": {"kind": "incident", "title": "internal", "starts_at": "2026-11-20T08:00:00Z"}});
        let incident = lead.post("/api/v1/console/drivers", &event).await.json();
        let path = |what: &str| format!("/api/v1/console/drivers/{}/{what}", incident["id"].as_str().unwrap());
        let many = json!({"of": "view", "view": "all", "q": "tron"});
        agent.post(&path("requests"), &many).await.problem(403, "forbidden");
        assert_eq!(agent.post(&path("requests"), &json!({"of": "numbers", "numbers": [asked["number"]]})).await.json()["linked"], 1);
        let say = |phase: &str| json!({"phase": phase, "text_zh": "波场转账延迟", "text_en": "TRON transfers are late"});
        assert_eq!(lead.post(&path("updates"), &say("investigating")).await.status, StatusCode::CREATED);
        while work(&server.desk).await.unwrap() > 0 {}
        let seen = customer.get(&format!("/api/v1/requests/{}", asked["number"].as_str().unwrap())).await.json();
        let last = seen["entries"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["author"]["kind"], "system");
        assert!(last["text"].as_str().unwrap().starts_with("TRON transfers are late"), "{last}");
        let desk = server.get("/api/v1/desk", &[]).await.json();
        assert_eq!(desk["notice"]["en"], "Right now: TRON transfers are late");
        assert!(server.get("/contact", &[("accept-language", "zh-CN")]).await.text().contains("正在发生：波场转账延迟"));
        lead.post(&path("updates"), &say("resolved")).await;
        while work(&server.desk).await.unwrap() > 0 {}
        let all = lead.get(&path("requests")).await.json();
        assert_eq!((&all["asked"], &all["told"]), (&json!(1), &json!(1)));
        assert_eq!(server.get("/api/v1/desk", &[]).await.json()["notice"], json!(null));
        let no = json!({"client_id": "s1", "solved": false});
        customer.post(&format!("/api/v1/requests/{}/resolution", asked["number"].as_str().unwrap()), &no).await;
        let all = agent.get(&path("requests")).await.json();
        assert_eq!((&all["not_solved"], &all["items"][0]["request"]["state"]), (&json!(1), &json!("open")));
        let request = all["items"][0]["request"]["id"].as_str().unwrap().to_owned();
        assert_eq!(agent.delete(&path(&format!("requests/{request}"))).await.status, StatusCode::NO_CONTENT);
        agent.delete(&path("requests/x")).await.problem(404, "not_found");
    }
}
