//! Who may call what: every route of the table, visited as everybody, on own and foreign requests; and that every
//! answer, refusals too, carries the headers that browsers are to be told.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use standfast_domain::{Permission, Role, TokenScope};
use standfast_store::store_test;

use crate::headers::ALWAYS;
use crate::route::{Access, Area, table};
use crate::testing::{Person, Reply, TestServer};

/// Everybody who could call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum As {
    Nobody,
    Visitor,
    ForeignVisitor,
    Link,
    Agent(u8),
    /// A machine token for everything.
    Machine,
}

const ROLES: [Role; 4] = Role::ALL;

/// What is to come of a call, as far as it depends on who calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expected {
    /// Whatever the handler says, but not 401 or 403.
    Passes,
    NotFound,
    Unauthenticated,
    Forbidden,
}

fn expected(access: Access, path: &str, who: As) -> Expected {
    let customer = match who {
        // What names somebody else's request, or file, is not there.
        As::ForeignVisitor if path.contains('{') => Some(Expected::NotFound),
        // A link opens one request; it makes nobody known.
        As::Link if path.ends_with("/identify") => Some(Expected::Forbidden),
        As::Visitor | As::ForeignVisitor | As::Link => Some(Expected::Passes),
        As::Nobody | As::Agent(_) | As::Machine => None,
    };
    let agent = |permission: Permission| match who {
        As::Agent(role) if ROLES[usize::from(role)].may(permission) => Some(Expected::Passes),
        As::Agent(_) => Some(Expected::Forbidden),
        _ => None,
    };
    let found = match access {
        // The tests call from the machine itself.
        Access::Public | Access::Operator => Some(Expected::Passes),
        Access::Customer => customer,
        Access::Agent(permission) => agent(permission),
        Access::Either(permission) => customer.or_else(|| agent(permission)),
        Access::Machine(_) => (who == As::Machine).then_some(Expected::Passes),
        // None of them signs; `drivers::webhooks_are_signed` does.
        Access::Signed(_) => None,
    };
    found.unwrap_or(Expected::Unauthenticated)
}

/// A body with which the call would do its work, so that a wrong refusal or a wrong leave shows.
fn body(path: &str, id: &str) -> Value {
    if path.starts_with("/api/v1/console/customers/") {
        return json!({"reason": "privacy"});
    }
    let end = path.rsplit('/').next().unwrap();
    match end {
        "requests" if path.contains("/drivers/") => json!({"of": "numbers", "numbers": ["222-222-2222"]}),
        "requests" => json!({"client_id": format!("m{id}"), "text": "一笔转账没有到账"}),
        "subscriptions" => json!({"kind": "mail", "address": "a@wallet.example"}),
        "messages" => json!({"client_id": format!("m{id}"), "text": "补充"}),
        "read" => json!({"seq": 1}),
        "reply" => json!({"client_id": format!("r{id}"), "text": "请稍候", "seen_seq": 1000}),
        "notes" => json!({"client_id": format!("n{id}"), "text": "内部备注"}),
        "resolution" => json!({"client_id": format!("s{id}"), "solved": true}),
        "rating" => json!({"client_id": format!("v{id}"), "score": 4}),
        "complaint" => json!({"client_id": format!("k{id}"), "text": "同样的问题问了我三遍"}),
        "assign" => json!({"agent_id": null}),
        "type" => json!({"type": "pending"}),
        "tags" => json!({"add": ["tron"], "remove": []}),
        "transition" => json!({"transition": "reopen"}),
        "dismiss" => json!({"reason": "known"}),
        "not-at-risk" => json!({"reason": "question"}),
        "incident" => event(),
        "merge" => json!({"into": "222-222-2222"}),
        "erase" => json!({"seq": 9999, "reason": "privacy"}),
        "query" => json!({"measure": "requests"}),
        "rows" => json!({"query": {"measure": "requests"}}),
        "export" => json!({"query": {"measure": "requests"}, "password": "wrong"}),
        "reports" | "report-preview" => json!({"name": format!("Report {id}"), "definition": report()}),
        "runs" => json!({"client_id": format!("w{id}")}),
        _ if path.contains("/reports/") => {
            json!({"version": 1, "report": {"name": format!("Report {id}"), "definition": report()}})
        }
        "identify" => json!({"token": "a.b.c"}),
        "agents" => json!({"email": "x", "name": "", "role": "agent", "password": "short"}),
        "drivers" if path.starts_with("/api/v1/console/") => {
            json!({"client_id": format!("d{id}"), "driver": event()})
        }
        "drivers" => json!({"external_id": format!("d{id}"), "driver": event()}),
        "survival" => json!({"duration": "first_response"}),
        "dashboards" => {
            json!({"client_id": format!("b{id}"), "dashboard": {"name": "周报", "page": "overview"}})
        }
        _ if path.contains("/dashboards/") => {
            json!({"version": 1, "dashboard": {"name": "周报", "page": "overview"}})
        }
        "start" => json!({"id": null}),
        "active-users" => json!({"rows": [{"day": "2026-11-20", "users": 5}]}),
        "tokens" => json!({"name": "BI", "kind": "bearer", "scopes": ["active_users"]}),
        "shifts" => json!({"shifts": []}),
        "publish" => json!({"from": "2026-11-23T00:00:00Z", "until": "2026-11-24T00:00:00Z"}),
        "drafts" => json!({"from": "2026-11-23T00:00:00Z", "until": "2026-11-24T00:00:00Z", "shifts": []}),
        "time-off" => json!({"starts_at": "2099-11-23T00:00:00Z", "ends_at": "2099-11-24T00:00:00Z"}),
        "swaps" => json!({"shift_id": "77", "shift_version": 1}),
        "step" => json!({"step": "withdraw", "version": 1}),
        _ if path.contains("/roster/shifts/") => json!({"version": 1, "shift": shift()}),
        _ if path.contains("/roster/people/") => {
            json!({"version": 0, "profile": {"languages": ["en"], "tier": 1, "at_once": 1}})
        }
        "hours" => hours(),
        "calendars" => json!({"url": "https://127.0.0.1:1/a.ics"}),
        "preview" => json!({"hours": hours()}),
        _ if path.contains("/hours/") => json!({"version": 1, "hours": hours()}),
        "ping" => json!({"user": "0123456789abcdef"}),
        _ if path.contains("/console/drivers/") => json!({"version": 1, "driver": event()}),
        _ if path.contains("/drivers/") => event(),
        "session" => json!({"email": "nobody@desk.test", "password": "wrong"}),
        _ => json!({}),
    }
}

fn report() -> Value {
    json!({"sections": [{"kind": "week"}], "period": "last_week", "zone": "UTC", "language": "en"})
}

fn event() -> Value {
    json!({"kind": "release", "title": "7.2.0", "starts_at": "2026-11-20T08:00:00Z"})
}

fn shift() -> Value {
    json!({"starts_at": "2099-11-23T08:00:00Z", "ends_at": "2099-11-23T16:00:00Z"})
}

fn hours() -> Value {
    json!({"name": "Night", "schedule": {"zone": "UTC", "week": [{"weekday": 1, "opens": "22:00", "closes": "06:00"}]}})
}

async fn visit(
    who: Option<&Person<'_>>,
    server: &TestServer,
    method: &Method,
    path: &str,
    id: &str,
) -> Reply {
    let mut headers: Vec<(&str, &str)> = who.map(Person::headers).unwrap_or_default();
    let text = if method.is_safe() { Bytes::new() } else { body(path, id).to_string().into() };
    let kind = if path.contains("/csv") {
        "text/csv"
    } else if path.starts_with("/api/") {
        "application/json"
    } else {
        "application/x-www-form-urlencoded"
    };
    headers.push(("content-type", kind));
    server.call(method.clone(), path, &headers, text).await
}

fn judge(reply: &Reply) -> Expected {
    match reply.status {
        StatusCode::UNAUTHORIZED if !reply.body.windows(14).any(|w| w == b"wrong_password") => {
            Expected::Unauthenticated
        }
        StatusCode::FORBIDDEN if !reply.body.windows(16).any(|w| w == b"password_refused") => {
            Expected::Forbidden
        }
        StatusCode::NOT_FOUND => Expected::NotFound,
        _ => Expected::Passes,
    }
}

store_test! {
    async fn every_route_as_everybody(store) {
        let server = TestServer::start(&store).await;
        let own = server.visitor();
        let receipt = own.ask("own", "我的转账一直没有确认").await;
        let foreign = server.visitor();
        foreign.ask("foreign", "余额不显示").await;
        let number = receipt["number"].as_str().unwrap();
        let token = receipt["link"].as_str().unwrap().rsplit('/').next().unwrap();
        let headers = vec![("authorization".to_owned(), format!("Link {number}.{token}"))];
        let link = Person { server: &server, headers };
        let mut people: BTreeMap<As, Option<Person<'_>>> = BTreeMap::new();
        people.insert(As::Nobody, None);
        people.insert(As::Visitor, Some(own.clone()));
        people.insert(As::ForeignVisitor, Some(foreign));
        people.insert(As::Link, Some(link));
        for (role, name) in (0..).zip(["agent", "lead", "analyst", "admin"]) {
            people.insert(As::Agent(role), Some(server.agent(name, ROLES[usize::from(role)]).await));
        }
        people.insert(As::Machine, Some(server.machine(&TokenScope::ALL).await));
        let upload = own.server
            .call(
                Method::POST,
                "/api/v1/uploads?name=log.txt&client_id=u1",
                &[own.headers(), vec![("content-type", "text/plain")]].concat(),
                "a log",
            )
            .await;
        assert_eq!(upload.status, StatusCode::CREATED, "{:?}", upload.body);
        let file = upload.json()["id"].as_str().unwrap().to_owned();
        let message = json!({"client_id": "with-file", "text": "日志在附件里", "attachments": [file]});
        assert_eq!(own.post(&format!("/api/v1/requests/{number}/messages"), &message).await.status, 201);

        let id = receipt["request_id"].as_str().unwrap();
        let mut visits = 0;
        // Sessions end with the last route, so that they do not end for the others.
        let mut routes = table();
        routes.sort_by_key(|route| route.method == Method::DELETE && route.path.ends_with("/session"));
        for route in routes.iter().filter(|route| route.area == Area::Api) {
            for (who, person) in &people {
                let path = if route.path.contains("/console/requests/") {
                    route.path.replace("{id}", id)
                } else if route.path.contains("/attachments/") {
                    route.path.replace("{id}", &file)
                } else {
                    // Of agents, customers and jobs there is none with this id: whoever may ask learns just that.
                    route.path.replace("{number}", number).replace("{id}", "77").replace("{request}", "77").replace("{external_id}", "77").replace("{token}", "77.ics").replace("{day}", "2026-11-20")
                };
                let path = path.replace("{secret}", "77");
                let path = if path.ends_with("/file") { format!("{path}?format=csv") } else { path };
                let path = if path.ends_with("/uploads") { format!("{path}?name=a.txt&client_id=c") } else { path };
                let reply = visit(person.as_ref(), &server, &route.method, &path, &format!("{visits}")).await;
                let mut wanted = expected(route.access, route.path, *who);
                let got = judge(&reply);
                if wanted == Expected::Passes && got == Expected::NotFound && path.contains("/77") {
                    wanted = Expected::NotFound;
                }
                if route.path.ends_with("/erase") && wanted == Expected::Passes {
                    wanted = Expected::NotFound;
                }
                if route.path.ends_with("/merge") && wanted == Expected::Passes {
                    wanted = got;
                }
                let said = String::from_utf8_lossy(&reply.body);
                assert_eq!(got, wanted, "{} {path} as {who:?}: {} {said}", route.method, reply.status);
                assert!(!reply.status.is_server_error(), "{} {path} as {who:?}: {said}", route.method);
                for header in ALWAYS {
                    assert!(reply.headers.contains_key(header), "{} {path}: {header}", route.method);
                }
                visits += 1;
            }
        }
        assert!(visits > 250, "{visits} visits");
    }

    async fn pages_and_files_carry_their_headers(store) {
        let server = TestServer::with(&store, crate::testing::wide(), "https://desk.test").await;
        for route in table() {
            let path = route.path.replace("{*path}", "x").replace("{number}", "222-222-2222").replace(['{', '}'], "");
            let unknown = Method::from_bytes(b"LOCK").unwrap();
            for method in [route.method.clone(), unknown.clone()] {
                let reply = server.call(method.clone(), &path, &[("accept", "text/html")], Bytes::new()).await;
                for header in ALWAYS.iter().chain(&["strict-transport-security", "x-request-id"]) {
                    assert!(reply.headers.contains_key(*header), "{method} {path}: {header}");
                }
                assert_ne!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}");
                if method == unknown {
                    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
                    assert!(reply.headers["allow"].to_str().unwrap().contains(route.method.as_str()), "{path}");
                }
            }
        }
        let lost = server.get("/no/such/page", &[("accept", "text/html"), ("accept-language", "zh-CN")]).await;
        assert_eq!(lost.status, StatusCode::NOT_FOUND);
        assert!(lost.headers["content-type"].to_str().unwrap().starts_with("text/html"));
        for header in ALWAYS {
            assert!(lost.headers.contains_key(header), "{header}");
        }
    }

    async fn foreign_pages_act_for_nobody(store) {
        let server = TestServer::start(&store).await;
        let agent = server.agent("lin", Role::Agent).await;
        let receipt = server.visitor().ask("a", "求助").await;
        let path = format!("/api/v1/console/requests/{}/notes", receipt["request_id"].as_str().unwrap());
        let note = json!({"client_id": "n", "text": "备注"});
        let cookie = agent.headers[0].1.as_str();
        for headers in [
            vec![],
            vec![("origin", "https://evil.example")],
            vec![("origin", "null")],
            vec![("origin", "http://desk.test.evil.example")],
            vec![("sec-fetch-site", "cross-site"), ("origin", "http://desk.test")],
            vec![("sec-fetch-site", "same-site"), ("origin", "http://desk.test")],
        ] {
            let headers = [vec![("cookie", cookie)], headers].concat();
            server.post(&path, &headers, &note).await.problem(403, "foreign_origin");
        }
        for headers in [vec![("origin", "http://desk.test")], vec![("sec-fetch-site", "same-origin")]] {
            let headers = [vec![("cookie", cookie)], headers].concat();
            assert!(server.post(&path, &headers, &note).await.status.is_success());
        }
        let sign_in = json!({"email": "lin@desk.test", "password": "correct horse battery"});
        let foreign = [("origin", "https://evil.example")];
        server.post("/api/v1/session", &foreign, &sign_in).await.problem(403, "foreign_origin");
    }

    async fn sessions_are_cookies_of_this_site_alone(store) {
        for (url, name) in [("http://desk.test", "standfast_session="), ("https://desk.test", "__Host-standfast=")] {
            let server = TestServer::with(&store, crate::testing::wide(), url).await;
            let email = format!("{}@desk.test", url.len());
            let new = standfast_desk::NewAgent {
                email: email.clone(),
                name: "Lin".to_owned(),
                role: Some(Role::Agent),
                password: "correct horse battery".to_owned(),
                ..Default::default()
            };
            standfast_desk::add_agent(&server.desk, None, new).await.unwrap();
            let body = json!({"email": email, "password": "correct horse battery"});
            let reply = server.post("/api/v1/session", &[], &body).await;
            let cookie = reply.headers["set-cookie"].to_str().unwrap();
            assert!(cookie.starts_with(name), "{cookie}");
            for part in ["; Path=/", "; HttpOnly", "; SameSite=Strict", "; Max-Age="] {
                assert!(cookie.contains(part), "{cookie}");
            }
            assert_eq!(cookie.contains("; Secure"), url.starts_with("https"));
            let wrong = json!({"email": email, "password": "wrong"});
            server.post("/api/v1/session", &[], &wrong).await.problem(401, "wrong_password");
        }
    }

    async fn operators_are_on_the_machine_or_have_the_token(store) {
        let config = crate::Config { operator_token: Some("s3cret".to_owned()), ..crate::testing::wide() };
        let server = TestServer::with(&store, config, "http://desk.test").await;
        let away = ("x-forwarded-for", "198.51.100.7");
        assert_eq!(server.get("/metrics", &[]).await.status, 200);
        assert_eq!(server.get("/metrics", &[away]).await.status, 404);
        assert_eq!(server.get("/metrics", &[away, ("authorization", "Bearer wrong")]).await.status, 404);
        let metrics = server.get("/metrics", &[away, ("authorization", "Bearer s3cret")]).await;
        assert_eq!(metrics.status, 200);
        let text = String::from_utf8_lossy(&metrics.body).into_owned();
        for name in [
            "standfast_http_requests_total",
            "standfast_http_seconds_bucket",
            "standfast_store_commit_p99_seconds",
            "standfast_queue_age_seconds{at_risk=\"yes\"}",
            "standfast_dead_jobs 0",
            "standfast_relay_running 1",
        ] {
            assert!(text.contains(name), "{name} in {text}");
        }
    }
}
