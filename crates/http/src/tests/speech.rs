//! How the server speaks: receipts, refusals, languages, files; and what it never repeats.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;
use standfast_domain::Role;
use standfast_store::{Lane, store_test};

use crate::testing::{Shared, TestServer, all, wide};
use crate::{Config, Rate, Rates};

async fn breaks(body: String) -> String {
    panic!("{body}");
}

const CANARY: &str = "绝密-canary-7f3a";

store_test! {
    async fn the_same_message_gets_the_same_receipt(store) {
        let server = Shared::new(TestServer::start(&store).await);
        let headers = server.visitor().headers;
        let body = json!({"client_id": "once", "text": "转账没有到账"});
        let mut tasks = Vec::new();
        for _ in 0..5 {
            let (server, headers, body) = (server.clone(), headers.clone(), body.clone());
            tasks.push(tokio::spawn(async move {
                let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                server.post("/api/v1/requests", &headers, &body).await
            }));
        }
        let replies = all(tasks).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == StatusCode::CREATED).count(), 1);
        assert!(replies.iter().all(|reply| reply.body == replies[0].body));
        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let own = server.get("/api/v1/requests", &headers).await.json();
        assert_eq!(own["items"].as_array().unwrap().len(), 1);
    }

    async fn a_request_from_first_words_to_a_read_answer(store) {
        let server = TestServer::start(&store).await;
        let (visitor, agent) = (server.visitor(), server.agent("lin", Role::Agent).await);
        let receipt = visitor.ask("1", "我的 USDT 提币没有到账").await;
        let (id, number) = (receipt["request_id"].as_str().unwrap(), receipt["number"].as_str().unwrap());
        let inbox = agent.get("/api/v1/console/inbox?view=all").await.json();
        assert_eq!(inbox["items"][0]["number"], number);
        assert_eq!(inbox["counts"]["unassigned"], 1);
        let at = format!("/api/v1/console/requests/{id}");
        assert_eq!(agent.post(&format!("{at}/assign"), &json!({"agent_id": null})).await.status, 204);
        let reply = json!({"client_id": "r", "text": "已确认到账，请刷新。", "seen_seq": 1, "then": "solved"});
        let answered = agent.post(&format!("{at}/reply"), &reply).await;
        assert_eq!(answered.status, 201, "{:?}", answered.body);
        let again = agent.post(&format!("{at}/reply"), &reply).await;
        assert_eq!(again.status, 200);
        assert_eq!(again.json()["seq"], answered.json()["seq"]);
        let seen = visitor.get(&format!("/api/v1/requests/{number}")).await.json();
        assert_eq!(seen["request"]["state"], "solved");
        let texts: Vec<_> = seen["entries"].as_array().unwrap().iter().filter_map(|e| e["text"].as_str()).collect();
        assert_eq!(texts, ["我的 USDT 提币没有到账", "已确认到账，请刷新。"]);
        let authors = seen["entries"].to_string();
        assert!(!authors.contains(&agent.get("/api/v1/session").await.json()["agent"]["id"].to_string()));
        let page = agent.get(&at).await.json();
        assert_eq!(page["more_before"], false);
        assert!(page["customer"]["requests"].is_array() && page["viewers"].is_array());
        assert_eq!(visitor.post(&format!("/api/v1/requests/{number}/read"), &json!({"seq": 3})).await.status, 204);

        visitor.write(&receipt, "2", "还是没有").await;
        let late = json!({"client_id": "late", "text": "请再等等", "seen_seq": 2});
        let problem = agent.post(&format!("{at}/reply"), &late).await.problem(409, "outdated_view");
        assert!(problem["missed"].to_string().contains("还是没有"));
        let asks = json!({"client_id": "s", "text": "请把您的助记词发给我", "seen_seq": 1000});
        agent.post(&format!("{at}/reply"), &asks).await.problem(422, "asks_for_secret");
    }

    async fn a_customer_is_erased_at_the_wish_of_a_lead(store) {
        let server = TestServer::start(&store).await;
        let (visitor, agent) = (server.visitor(), server.agent("lin", Role::Agent).await);
        let body = json!({
            "client_id": "1", "text": "我叫王小明，提币没有到账", "name": "王小明", "email": "ming@mail.example",
            "fields": {"error": "E12 王小明"}, "context": {"device": "王小明的手机"},
        });
        let receipt = visitor.post("/api/v1/requests", &body).await.json();
        let at = format!("/api/v1/console/requests/{}", receipt["request_id"].as_str().unwrap());
        let reply = json!({"client_id": "r", "text": "已确认到账，请刷新。", "seen_seq": 1});
        assert_eq!(agent.post(&format!("{at}/reply"), &reply).await.status, 201);
        let page = agent.get(&at).await.json();
        let customer = page["customer"]["id"].as_str().unwrap();
        let (path, wish) = (format!("/api/v1/console/customers/{customer}/erase"), json!({"reason": "privacy"}));
        agent.post(&path, &wish).await.problem(403, "forbidden");
        visitor.post(&path, &wish).await.problem(401, "unauthenticated");
        let lead = server.agent("mei", Role::Lead).await;
        lead.post(&path, &json!({"reason": ""})).await.problem(422, "invalid");
        lead.post("/api/v1/console/customers/77/erase", &wish).await.problem(404, "not_found");
        assert_eq!(lead.post(&path, &wish).await.status, 204);
        while standfast_desk::work(&server.desk).await.unwrap() > 0 {}
        let page = agent.get(&at).await.json();
        assert_eq!((&page["customer"]["name"], &page["customer"]["email"]), (&json!(null), &json!(null)));
        let seen = visitor.get(&format!("/api/v1/requests/{}", receipt["number"].as_str().unwrap())).await.json();
        for all in [page.to_string(), seen.to_string()] {
            assert!(!all.contains("王小明") && all.contains("已确认到账"), "{all}");
        }
        assert_eq!(seen["entries"][0]["erased"]["reason"], "privacy");
        assert!(standfast_desk::verify(&server.desk).await.unwrap().is_sound());
    }

    async fn refusals_are_documents_in_the_callers_language(store) {
        let server = TestServer::start(&store).await;
        let visitor = server.visitor();
        let auth = visitor.headers()[0];
        let raw = async |kind: &'static str, body: Bytes| {
            let headers = [auth, ("content-type", kind), ("accept-language", "zh-CN,zh;q=0.9")];
            server.call(Method::POST, "/api/v1/requests", &headers, body).await
        };
        let chinese = raw("application/json", Bytes::from_static(b"{\"client_id\": ")).await.problem(400, "malformed");
        assert_eq!(chinese["title"], "无法读取");
        raw("application/json", Bytes::from_static(b"{\"client_id\":\"a\",\"text\":\"\xff\xfe\"}")).await.problem(400, "malformed");
        let canary = json!({"client_id": "a", "text": 5, "note": CANARY}).to_string();
        let said = raw("application/json", canary.into()).await;
        said.problem(422, "invalid");
        assert!(!String::from_utf8_lossy(&said.body).contains(CANARY));
        let wrong = json!({"client_id": "a", "text": "x", "join": CANARY}).to_string();
        assert!(!String::from_utf8_lossy(&raw("application/json", wrong.into()).await.body).contains(CANARY));
        let deep = format!("{{\"context\":{{\"a\":{}", "[".repeat(100_000));
        raw("application/json", deep.into()).await.problem(400, "malformed");
        raw("application/json", Bytes::from(vec![b' '; 300 << 10])).await.problem(413, "too_large");
        raw("text/plain", Bytes::from_static(b"{}")).await.problem(415, "unsupported_media_type");
        let long = json!({"client_id": "a", "text": "长".repeat(20_000)}).to_string();
        let problem = raw("application/json", long.into()).await.problem(422, "invalid");
        assert_eq!((problem["field"].as_str(), problem["reason"].as_str()), (Some("text"), Some("too_long")));
        raw("application/json", Bytes::from_static(b"{\"client_id\":\"a\",\"text\":\"\"}")).await.problem(422, "invalid");
        server.get("/api/v1/nothing", &[]).await.problem(404, "not_found");
        let put = server.call(Method::PUT, "/api/v1/requests", &[], Bytes::new()).await;
        put.problem(405, "method_not_allowed");
        assert_eq!(put.headers["allow"], "POST, GET");
        visitor.get("/api/v1/requests/K7M-39Q-X24X").await.problem(422, "invalid_number");
        visitor.get("/api/v1/requests/222-222-2222?after=x").await.problem(422, "invalid");
        server.get("/api/v1/live", &[]).await.problem(426, "upgrade_required");
        for credential in ["", "Visitor", "Visitor abc", "Link x.y", "Bearer x", "Link 222-222-2222.AAAAAAAAAAAAAAAAAAAAAA"] {
            let reply = server.get("/api/v1/requests", &[("authorization", credential)]).await;
            reply.problem(401, "unauthenticated");
            assert!(reply.headers.contains_key("www-authenticate"));
        }
        // PostgreSQL cannot hold a NUL: it must be met before.
        let nul = raw("application/json", Bytes::from_static(b"{\"client_id\":\"nul\",\"text\":\"a\\u0000b\"}")).await;
        assert!(!nul.status.is_server_error(), "{:?}", nul.body);
    }

    async fn host_pages_may_call_for_their_users(store) {
        let config = Config { widget_origins: vec!["https://wallet.example".to_owned()], ..wide() };
        for (server, strict) in [
            (TestServer::start(&store).await, false),
            (TestServer::with(&store, config, "http://desk.test").await, true),
        ] {
            let ask = async |origin: &'static str, path: &'static str| {
                let headers = [("origin", origin), ("access-control-request-method", "POST")];
                server.call(Method::OPTIONS, path, &headers, Bytes::new()).await
            };
            let own = ask("https://wallet.example", "/api/v1/requests").await;
            assert_eq!(own.status, 204);
            let allowed = own.headers["access-control-allow-origin"].to_str().unwrap();
            assert_eq!(allowed, if strict { "https://wallet.example" } else { "*" });
            assert!(own.headers["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
            let foreign = ask("https://evil.example", "/api/v1/requests").await;
            assert_eq!(foreign.headers.contains_key("access-control-allow-origin"), !strict);
            let console = ask("https://wallet.example", "/api/v1/console/agents").await;
            assert!(!console.headers.contains_key("access-control-allow-headers"));
            let refused = server.get("/api/v1/requests", &[("origin", "https://wallet.example")]).await;
            assert_eq!(refused.headers["access-control-allow-origin"], *allowed, "refusals can be read too");
            assert!(!refused.headers.contains_key("access-control-allow-credentials"));
            let inbox = server.get("/api/v1/console/inbox", &[("origin", "https://wallet.example")]).await;
            assert!(!inbox.headers.contains_key("access-control-allow-origin"));
        }
    }

    async fn limits_are_by_identity_and_by_network(store) {
        let config = Config {
            rates: Rates {
                intake: Rate::new(2, 1),
                intake_network: Rate::new(4, 1),
                sign_in: Rate::new(2, 1),
                ..wide().rates
            },
            ..wide()
        };
        let server = TestServer::with(&store, config, "http://desk.test").await;
        let send = async |who: &crate::testing::Person<'_>, from: &str, kind: &str, n: u32| {
            let headers = [who.headers(), vec![("x-forwarded-for", from)]].concat();
            let body = json!({"client_id": format!("{kind}{n}"), "text": "转账没有到账", "type": kind});
            server.post("/api/v1/requests", &headers, &body).await
        };
        let [a, b, c] = [server.visitor(), server.visitor(), server.visitor()];
        for n in 0..2 {
            assert_eq!(send(&a, "198.51.100.1", "pending", n).await.status, 201);
        }
        let refused = send(&a, "198.51.100.1", "pending", 2).await;
        let problem = refused.problem(429, "too_many_calls");
        assert!((50..=61).contains(&problem["retry_after"].as_u64().unwrap()), "{problem}");
        assert_eq!(refused.headers["retry-after"].to_str().unwrap(), problem["retry_after"].to_string());
        assert_eq!(send(&a, "198.51.100.1", "theft", 0).await.status, 201, "assets at risk are counted apart");
        for n in 0..2 {
            assert_eq!(send(&b, "198.51.100.1", "pending", n).await.status, 201, "others behind the address go on");
        }
        send(&c, "198.51.100.1", "pending", 0).await.problem(429, "too_many_calls");
        assert_eq!(send(&c, "198.51.100.2", "pending", 0).await.status, 201);
        for n in 0..3 {
            let body = json!({"email": "lin@desk.test", "password": "wrong"});
            let reply = server.post("/api/v1/session", &[], &body).await;
            reply.problem(if n < 2 { 401 } else { 429 }, if n < 2 { "wrong_password" } else { "too_many_calls" });
        }
    }

    async fn too_many_at_once_keep_their_places_and_assets_at_risk_go_first(store) {
        let config = Config { intake_in_flight: 4, intake_waiting: 8, ..wide() };
        let server = Shared::new(TestServer::with(&store, config, "http://desk.test").await);
        let ended = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let send = |kind: &'static str, n: usize| {
            let (server, ended) = (server.clone(), ended.clone());
            tokio::spawn(async move {
                let visitor = server.visitor();
                let body = json!({"client_id": format!("{n}"), "text": "求助", "type": kind});
                for call in 1.. {
                    let reply = visitor.post("/api/v1/requests", &body).await;
                    if reply.status == 201 {
                        return (call, ended.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
                    }
                    let problem = reply.problem(503, "busy");
                    assert_eq!(problem["place_kept"], true, "{problem}");
                    let wait = problem["retry_after"].as_u64().unwrap();
                    assert_eq!(reply.headers["retry-after"].to_str().unwrap(), wait.to_string());
                    tokio::time::sleep(std::time::Duration::from_secs(wait)).await;
                }
                unreachable!()
            })
        };
        // While every writer is held up, three are in flight, eight stand in line, and the others are sent away.
        let is_over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let held: Vec<_> = (0..8).map(|shard| {
            let (store, is_over) = (server.desk.store().clone(), is_over.clone());
            tokio::spawn(async move {
                store.write(Lane::Ordinary, shard, move |_| -> Result<(), standfast_desk::Error> {
                    while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
                        std::thread::sleep(std::time::Duration::from_millis(2));
                    }
                    Ok(())
                }).await
            })
        }).collect();
        let moment = || tokio::time::sleep(std::time::Duration::from_millis(100));
        moment().await;
        let ordinary: Vec<_> = (0..16).map(|n| send("other", n)).collect();
        moment().await;
        let urgent: Vec<_> = (20..26).map(|n| send("theft", n)).collect();
        moment().await;
        is_over.store(true, std::sync::atomic::Ordering::SeqCst);
        let urgent = all(urgent).await;
        let ordinary = all(ordinary).await;
        for one in held {
            one.await.unwrap().unwrap();
        }
        assert!(urgent.iter().all(|(calls, _)| *calls == 1), "nobody at risk is sent away: {urgent:?}");
        let away = ordinary.iter().filter(|(calls, _)| *calls > 1).count();
        assert!(away >= 5, "{ordinary:?}");
        assert!(ordinary.iter().all(|(calls, _)| *calls <= 3), "{ordinary:?}");
        // Of those who waited, most at risk were served before most others, though they came last.
        let before = urgent.iter().filter(|(_, rank)| *rank < 11).count();
        assert!(before >= 5, "{urgent:?} {ordinary:?}");
    }

    async fn files_come_in_whole_and_go_out_inert(store) {
        let server = TestServer::start(&store).await;
        let (visitor, agent) = (server.visitor(), server.agent("lin", Role::Agent).await);
        let upload = async |name: &str, kind: &'static str, bytes: Bytes| {
            let headers = [visitor.headers(), vec![("content-type", kind)]].concat();
            let path = format!("/api/v1/uploads?name={name}&client_id=c{}", bytes.len());
            server.call(Method::POST, &path, &headers, bytes).await
        };
        let png = Bytes::from_static(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89");
        let picture = upload("%E6%88%AA%E5%9B%BE.png", "image/png", png.clone()).await;
        assert_eq!(picture.status, 201, "{:?}", picture.body);
        let picture = picture.json();
        assert_eq!(picture["name"], "截图.png");
        upload("a.svg", "image/svg+xml", Bytes::from_static(b"<svg onload=alert(1)>\x00\x01")).await.problem(415, "media_type");
        upload("big.png", "image/png", [png.to_vec(), vec![0; 26 << 20]].concat().into()).await.problem(413, "upload_too_large");

        let body = json!({"client_id": "1", "text": "见截图", "attachments": [picture["id"]]});
        assert_eq!(visitor.post("/api/v1/requests", &body).await.status, 201);
        let path = format!("/api/v1/attachments/{}", picture["id"].as_str().unwrap());
        for person in [&visitor, &agent] {
            let file = person.get(&path).await;
            assert_eq!(file.body, png);
            assert_eq!(file.headers["content-type"], "image/png");
            assert_eq!(file.headers["x-content-type-options"], "nosniff");
            assert!(file.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
            assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
        }
        server.visitor().get(&path).await.problem(404, "not_found");
        assert_eq!(std::fs::read_dir(server.desk.settings().files.join("incoming")).unwrap().count(), 0);
    }

    async fn a_panic_is_answered_and_repeats_nothing(store) {
        use tower::ServiceExt as _;
        let server = TestServer::start(&store).await;
        let app = crate::App::new(server.desk.clone(), server.insight.clone(), wide());
        let route = crate::route::Route::post("/api/v1/breaks", crate::route::Access::Public, breaks);
        let passage = axum::middleware::from_fn_with_state((app.clone(), route.terms()), crate::passage::pass);
        let router = axum::Router::new().route(route.path, route.handler.route_layer(passage)).with_state(app);
        let request = http::Request::post("/api/v1/breaks").body(axum::body::Body::from(CANARY)).unwrap();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
        let reply = crate::testing::Reply { status: parts.status, headers: parts.headers, body };
        reply.problem(500, "internal");
        assert!(!String::from_utf8_lossy(&reply.body).contains(CANARY));
    }

    async fn what_is_built_in_is_served(store) {
        let server = TestServer::start(&store).await;
        let list = server.get("/widget/words/chinese_simplified.txt", &[("origin", "https://wallet.example")]).await;
        assert_eq!(list.headers["content-type"], "text/plain; charset=utf-8");
        assert_eq!(list.headers["access-control-allow-origin"], "*");
        assert_eq!(list.headers["cross-origin-resource-policy"], "cross-origin");
        assert!(String::from_utf8_lossy(&list.body).starts_with("的\n一\n是\n"));
        let packed = server.get("/widget/words/english.txt", &[("accept-encoding", "gzip")]).await;
        assert_eq!(packed.headers["content-encoding"], "gzip");
        let tag = packed.headers["etag"].to_str().unwrap();
        assert_eq!(server.get("/widget/words/english.txt", &[("if-none-match", tag)]).await.status, 304);
        assert_eq!(server.get("/widget/words/klingon.txt", &[]).await.status, 404);
        assert_eq!(server.get("/console/inbox/mine", &[]).await.status, 200, "the console finds its own way");
        assert_eq!(server.get("/console/assets/nothing.js", &[]).await.status, 404);
        assert_eq!(server.get("/console/../../Cargo.toml", &[]).await.status, 404);
        let document = server.get("/api/v1/openapi.json", &[]).await.json();
        assert_eq!(document["openapi"], "3.1.0");
        let desk = server.get("/api/v1/desk", &[]).await.json();
        assert!(desk["types"].as_array().unwrap().len() > 20);
        assert_eq!(desk["safety_line"]["zh-CN"], "客服绝不会索要您的助记词。");
    }
}
