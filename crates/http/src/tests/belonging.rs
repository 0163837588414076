//! Whose it is that a route can name: every route that names something, and every one that asks for no credential, says so
//! here. Then somebody else comes with the same address.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use standfast_desk::{answer_letter, ask_answer_mail, open_link, subscription_link, work};
use standfast_domain::{Language, Role, SubscriptionKind};
use standfast_store::{Error, Rd, store_test, subscription};

use crate::route::{Access, Area, Route, table};
use crate::testing::{Person, Reply, TestServer};

/// Whose it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whose {
    /// Nobody's: everybody is answered alike, and hears nothing of anybody's request.
    Nobodys,
    /// The customer's who asked; to other customers it is not there. `access` visits those of the API, this file the pages.
    Customers,
    /// Whoever has the secret in the address: another one, and that of another thing, opens nothing.
    Bearers,
    /// One agent's own; to others on the desk it is not there.
    Agents,
    /// The desk's: whoever has the permission may, whoever made it. `access` visits these as every role.
    Desks,
    /// The system's that the token stands for.
    Machines,
}

use Whose::{Agents, Bearers, Customers, Desks, Machines, Nobodys};

/// What is not here is not served: see `every_route_says_whose_it_is`.
const STATEMENTS: &[(&str, Whose)] = &[
    ("/", Nobodys),
    ("/contact", Nobodys),
    ("/console", Nobodys),
    ("/console/", Nobodys),
    ("/console/{*path}", Nobodys),
    ("/demo", Nobodys),
    ("/demo/", Nobodys),
    ("/demo/{*path}", Nobodys),
    ("/docs/api", Nobodys),
    ("/docs/problems", Nobodys),
    ("/docs/problems/{code}", Nobodys),
    ("/healthz", Nobodys),
    ("/readyz", Nobodys),
    ("/metrics", Nobodys),
    ("/icon.svg", Nobodys),
    ("/follow.js", Nobodys),
    ("/page.css", Nobodys),
    ("/robots.txt", Nobodys),
    ("/status", Nobodys),
    ("/status.atom", Nobodys),
    ("/status.json", Nobodys),
    ("/status.rss", Nobodys),
    ("/status.svg", Nobodys),
    ("/status/subscriptions", Nobodys),
    ("/t", Nobodys),
    ("/widget.js", Nobodys),
    ("/widget/app.js", Nobodys),
    ("/widget/rating.js", Nobodys),
    ("/widget/words/{list}", Nobodys),
    ("/api/v1/desk", Nobodys),
    ("/api/v1/openapi.json", Nobodys),
    ("/api/v1/ping", Nobodys),
    ("/api/v1/status", Nobodys),
    ("/api/v1/status/subscriptions", Nobodys),
    // Whoever signs in is nobody yet; a socket is asked for its ticket by its first frame (`live`, `foreign`).
    ("/api/v1/session", Nobodys),
    ("/api/v1/live", Nobodys),
    ("/t/{number}", Customers),
    ("/t/{number}/feedback", Customers),
    ("/t/{number}/files/{id}", Customers),
    ("/t/{number}/mail", Customers),
    ("/api/v1/requests/{number}", Customers),
    ("/api/v1/requests/{number}/complaint", Customers),
    ("/api/v1/requests/{number}/feedback", Customers),
    ("/api/v1/requests/{number}/messages", Customers),
    ("/api/v1/requests/{number}/rating", Customers),
    ("/api/v1/requests/{number}/read", Customers),
    ("/api/v1/requests/{number}/resolution", Customers),
    ("/api/v1/attachments/{id}", Customers),
    ("/t/{number}/{token}", Bearers),
    ("/status/subscriptions/{id}/{token}", Bearers),
    ("/mail/stop/{token}", Bearers),
    ("/api/v1/calendar/peaks/{secret}", Bearers),
    ("/api/v1/roster/calendar/{token}", Bearers),
    ("/api/v1/console/insight/dashboards/{id}", Agents),
    ("/api/v1/console/insight/exports/{id}", Agents),
    ("/api/v1/console/roster/swaps/{id}/step", Agents),
    ("/api/v1/console/roster/time-off/{id}/step", Agents),
    ("/api/v1/console/active-users/{day}", Desks),
    ("/api/v1/console/agents/{id}", Desks),
    ("/api/v1/console/alarms/{id}", Desks),
    ("/api/v1/console/alarms/{id}/acknowledge", Desks),
    ("/api/v1/console/alarms/{id}/dismiss", Desks),
    ("/api/v1/console/alarms/{id}/incident", Desks),
    ("/api/v1/console/customers/{id}", Desks),
    ("/api/v1/console/customers/{id}/erase", Desks),
    ("/api/v1/console/drivers/{id}", Desks),
    ("/api/v1/console/drivers/{id}/requests", Desks),
    ("/api/v1/console/drivers/{id}/requests/{request}", Desks),
    ("/api/v1/console/drivers/{id}/updates", Desks),
    ("/api/v1/console/feedback/reviews/{id}", Desks),
    ("/api/v1/console/hours/calendars/{id}", Desks),
    ("/api/v1/console/hours/{id}", Desks),
    ("/api/v1/console/hours/{id}/calendars", Desks),
    ("/api/v1/console/jobs/{id}/retry", Desks),
    ("/api/v1/console/maintenance/{id}", Desks),
    ("/api/v1/console/report-runs/{id}/file", Desks),
    ("/api/v1/console/reports/{id}", Desks),
    ("/api/v1/console/reports/{id}/runs", Desks),
    ("/api/v1/console/requests/{id}", Desks),
    ("/api/v1/console/requests/{id}/assign", Desks),
    ("/api/v1/console/requests/{id}/at-risk", Desks),
    ("/api/v1/console/requests/{id}/entries", Desks),
    ("/api/v1/console/requests/{id}/erase", Desks),
    ("/api/v1/console/requests/{id}/feedback", Desks),
    ("/api/v1/console/requests/{id}/merge", Desks),
    ("/api/v1/console/requests/{id}/not-at-risk", Desks),
    ("/api/v1/console/requests/{id}/notes", Desks),
    ("/api/v1/console/requests/{id}/read", Desks),
    ("/api/v1/console/requests/{id}/reply", Desks),
    ("/api/v1/console/requests/{id}/tags", Desks),
    ("/api/v1/console/requests/{id}/transition", Desks),
    ("/api/v1/console/requests/{id}/type", Desks),
    ("/api/v1/console/roster/people/{id}", Desks),
    ("/api/v1/console/roster/shifts/{id}", Desks),
    ("/api/v1/console/surge/{id}", Desks),
    ("/api/v1/console/tokens/{id}", Desks),
    ("/api/v1/drivers/{external_id}", Machines),
];

/// What only the owner may ever see.
const CANARY: &str = "灰鲸七号的转账没有确认";

fn has_to_say(route: &Route) -> bool {
    route.area != Area::Api
        || route.path.contains('{')
        || matches!(route.access, Access::Public | Access::Operator)
}

#[test]
fn every_route_says_whose_it_is() {
    let all = table();
    let said: BTreeSet<&str> = STATEMENTS.iter().map(|(path, _)| *path).collect();
    assert_eq!(said.len(), STATEMENTS.len(), "a path stands here twice");
    let missing: BTreeSet<_> = all.iter().filter(|route| has_to_say(route)).map(|route| route.path).collect();
    let missing: Vec<_> = missing.difference(&said).collect();
    assert!(missing.is_empty(), "whose is it? {missing:?}");
    let served: BTreeSet<&str> = all.iter().map(|route| route.path).collect();
    let gone: Vec<_> = said.difference(&served).collect();
    assert!(gone.is_empty(), "no route has this path: {gone:?}");
    // What asks for no credential and names something is open to everybody, unless a secret or a cookie is in the way.
    for (path, whose) in STATEMENTS.iter().filter(|(_, whose)| *whose == Desks || *whose == Agents) {
        let guarded = all.iter().filter(|route| route.path == *path);
        for route in guarded {
            assert!(
                matches!(route.access, Access::Agent(_)),
                "{route:?} is {whose:?}, and anybody may call it"
            );
        }
    }
}

/// Whoever looks at pages: a browser with its cookies, or none.
struct Browser {
    who: &'static str,
    cookies: String,
    /// Whether the conversation is theirs.
    owns: bool,
}

fn cookie(person: &Person<'_>) -> String {
    let secret = person.headers[0].1.strip_prefix("Visitor ").unwrap();
    format!("standfast_visitor={secret}")
}

async fn look(server: &TestServer, browser: &Browser, method: &Method, path: &str) -> Reply {
    let mut headers = vec![("accept", "text/html"), ("sec-fetch-site", "same-origin")];
    if !browser.cookies.is_empty() {
        headers.push(("cookie", browser.cookies.as_str()));
    }
    let body = match (method.is_safe(), path.starts_with("/api/")) {
        (true, _) => Bytes::new(),
        (false, true) => Bytes::from_static(b"{}"),
        (false, false) => Bytes::from_static(b"text=mine&website="),
    };
    headers.push((
        "content-type",
        if path.starts_with("/api/") { "application/json" } else { "application/x-www-form-urlencoded" },
    ));
    server.call(method.clone(), path, &headers, body).await
}

/// The path of an address of this desk.
fn path_of(address: &Value) -> String {
    let address = address.as_str().unwrap_or_else(|| panic!("no address: {address}"));
    address.strip_prefix("http://desk.test").unwrap_or(address).to_owned()
}

/// A request with a file, and where its secret link leads.
async fn request(customer: &Person<'_>, text: &str) -> (Value, String) {
    let receipt = customer.ask("m1", text).await;
    let about =
        format!("/api/v1/uploads?name=log.txt&client_id=u-{}", receipt["request_id"].as_str().unwrap());
    let headers = [customer.headers(), vec![("content-type", "text/plain")]].concat();
    let file = customer.server.call(Method::POST, &about, &headers, CANARY).await.json()["id"].clone();
    let message = json!({"client_id": "m2", "text": "日志", "attachments": [file]});
    let path = format!("/api/v1/requests/{}/messages", receipt["number"].as_str().unwrap());
    assert_eq!(customer.post(&path, &message).await.status, StatusCode::CREATED);
    (receipt, file.as_str().unwrap().to_owned())
}

store_test! {
    async fn pages_show_a_request_to_nobody_else(store) {
        let server = TestServer::start(&store).await;
        let (owner, other) = (server.visitor(), server.visitor());
        let ((receipt, file), (foreign, foreign_file)) = (request(&owner, CANARY).await, request(&other, "余额不显示").await);
        let number = receipt["number"].as_str().unwrap();
        let token = |receipt: &Value| receipt["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let agent = server.agent("lin", Role::Admin).await;
        let browser = |who, cookies: String, owns| Browser { who, cookies, owns };
        let everybody = [
            browser("nobody", String::new(), false),
            browser("the owner", cookie(&owner), true),
            browser("somebody else", cookie(&other), false),
            browser("the holder of the link", format!("standfast_link={}", token(&receipt)), true),
            browser("the holder of another link", format!("standfast_link={}", token(&foreign)), false),
            browser("an agent", agent.headers[0].1.clone(), false),
        ];
        let mut visits = 0;
        for route in table() {
            let Some((_, whose)) = STATEMENTS.iter().find(|(path, _)| *path == route.path) else { continue };
            if !matches!(whose, Nobodys | Customers) || matches!(route.access, Access::Customer | Access::Either(_) | Access::Agent(_)) {
                continue;
            }
            let path = route.path.replace("{number}", number).replace("{id}", &file).replace("{*path}", "x.html")
                .replace("{list}", "english.txt").replace("{code}", "not_found");
            let mut answers = BTreeSet::new();
            for browser in &everybody {
                let reply = look(&server, browser, &route.method, &path).await;
                let (who, said) = (browser.who, reply.text());
                assert!(!reply.status.is_server_error() || path.starts_with("/console"), "{route:?} as {who}: {said}");
                if *whose == Customers {
                    let opens = reply.status != StatusCode::NOT_FOUND;
                    assert_eq!(opens, browser.owns, "{route:?} as {who}: {}", reply.status);
                    let tells = said.contains(CANARY);
                    assert!(!tells || browser.owns, "{route:?} tells {who}");
                    assert!(tells || !browser.owns || route.method != Method::GET, "{route:?} tells {who} nothing");
                } else if !browser.owns {
                    assert!(!said.contains(CANARY) && !said.contains(number), "{route:?} tells {who} of somebody's request");
                    answers.insert(reply.status.as_u16());
                }
                visits += 1;
            }
            assert!(answers.len() <= 1, "{route:?} answers not everybody alike: {answers:?}");
        }
        assert!(visits > 200, "{visits} visits");
        // Somebody's own request opens no file of somebody else's.
        let path = |receipt: &Value, file: &str| format!("/t/{}/files/{file}", receipt["number"].as_str().unwrap());
        for (browser, receipt, file, status) in [
            (&everybody[2], &foreign, &foreign_file, 200), (&everybody[2], &foreign, &file, 404),
            (&everybody[4], &foreign, &foreign_file, 200), (&everybody[4], &foreign, &file, 404),
        ] {
            let reply = look(&server, browser, &Method::GET, &path(receipt, file)).await;
            assert_eq!(reply.status.as_u16(), status, "{} {}", browser.who, path(receipt, file));
        }
    }

    async fn nobody_sends_or_opens_a_file_of_somebody_elses(store) {
        let server = TestServer::start(&store).await;
        let (owner, other) = (server.visitor(), server.visitor());
        let ((receipt, file), (foreign, _)) = (request(&owner, CANARY).await, request(&other, "余额不显示").await);
        let headers = [owner.headers(), vec![("content-type", "text/plain")]].concat();
        let loose = server.call(Method::POST, "/api/v1/uploads?name=a.txt&client_id=loose", &headers, "loose").await.json();
        let path = format!("/api/v1/requests/{}/messages", foreign["number"].as_str().unwrap());
        for (client_id, taken) in [("f1", json!(file)), ("f2", loose["id"].clone()), ("f3", json!("77"))] {
            let message = json!({"client_id": client_id, "text": "看这个", "attachments": [taken]});
            let reply = other.post(&path, &message).await;
            assert!(matches!(reply.status.as_u16(), 404 | 409 | 422), "{} {}", reply.status, reply.text());
            let opened = other.get(&format!("/api/v1/attachments/{}", taken.as_str().unwrap())).await;
            assert_eq!(opened.status, StatusCode::NOT_FOUND);
        }
        // A link opens the files of its request, and no other of the same customer's.
        let second = owner.ask("m9", "另一件事").await;
        let link = |receipt: &Value| {
            let token = receipt["link"].as_str().unwrap().rsplit('/').next().unwrap();
            format!("Link {}.{token}", receipt["number"].as_str().unwrap())
        };
        for (of, status) in [(&receipt, 200), (&second, 404), (&foreign, 404)] {
            let reply = server.get(&format!("/api/v1/attachments/{file}"), &[("authorization", &link(of))]).await;
            assert_eq!(reply.status.as_u16(), status, "{}", link(of));
        }
    }

    async fn a_secret_address_opens_its_own_thing_alone(store) {
        let server = TestServer::start(&store).await;
        let (mei, bo, lead) = (
            server.agent("mei", Role::Agent).await, server.agent("bo", Role::Agent).await, server.agent("lead", Role::Lead).await,
        );
        let mut pairs: Vec<(String, String)> = Vec::new();
        let shifts = async |agent: &Person<'_>| path_of(&agent.get("/api/v1/console/roster/calendar").await.json()["url"]);
        pairs.push((shifts(&mei).await, shifts(&bo).await));
        for address in ["a@wallet.example", "b@wallet.example"] {
            let wish = json!({"kind": "mail", "address": address});
            assert_eq!(server.post("/api/v1/status/subscriptions", &[], &wish).await.status, StatusCode::ACCEPTED);
        }
        let of = async |address: &'static str| {
            let read = move |rd: &mut Rd| subscription::find_of(rd, SubscriptionKind::Mail, address);
            let id = store.read::<_, Error, _>(read).await.unwrap().unwrap().id;
            subscription_link(&server.desk, id).replace("http://desk.test", "")
        };
        pairs.push((of("a@wallet.example").await, of("b@wallet.example").await));
        let stop = async |address: &str| {
            let asked = server.visitor().ask("1", "丙").await;
            let id = asked["request_id"].as_str().unwrap().to_owned();
            let link = path_of(&asked["link"]);
            let (number, token) = link.trim_start_matches("/t/").split_once('/').unwrap();
            let number = number.parse().unwrap();
            let caller = open_link(&server.desk, number, token).await.unwrap();
            ask_answer_mail(&server.desk, &caller, number, address.to_owned(), Language::English).await.unwrap();
            let answer = json!({"client_id": "r1", "text": "好的", "seen_seq": 9});
            assert_eq!(mei.post(&format!("/api/v1/console/requests/{id}/reply"), &answer).await.status, StatusCode::CREATED);
            let letter = answer_letter(&server.desk, id.parse().unwrap()).await.unwrap().unwrap();
            letter.stop.replace("http://desk.test", "")
        };
        pairs.push((stop("a@wallet.example").await, stop("b@wallet.example").await));
        let (first, second) = (server.visitor().ask("1", "甲").await, server.visitor().ask("1", "乙").await);
        pairs.push((path_of(&first["link"]), path_of(&second["link"])));
        for (one, another) in &pairs {
            for own in [one, another] {
                let status = server.get(own, &[]).await.status;
                assert!(status.is_success() || status.is_redirection(), "{own}: {status}");
            }
            let (place, secret) = one.rsplit_once('/').unwrap();
            let (other_place, _) = another.rsplit_once('/').unwrap();
            let mut wrong = vec![format!("{place}/{}", altered(secret)), format!("{place}/{}", "A".repeat(secret.len()))];
            if place != other_place {
                // The secret of another thing of the same kind.
                wrong.push(format!("{other_place}/{secret}"));
            }
            for path in wrong {
                assert_eq!(server.get(&path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
                let sent = server.call(Method::POST, &path, &[("content-type", "application/x-www-form-urlencoded")], "do=end").await;
                assert!(matches!(sent.status.as_u16(), 404 | 405), "{path}: {}", sent.status);
            }
        }
        // An agent's calendar names its agent inside of the secret: those of two have nothing in common that could be exchanged.
        let token = |path: &str| path.rsplit('/').next().unwrap().trim_end_matches(".ics").to_owned();
        let (mine, his) = (token(&pairs[0].0), token(&pairs[0].1));
        let crossed = format!("{}{}", &his[..10], &mine[10..]);
        server.get(&format!("/api/v1/roster/calendar/{crossed}.ics"), &[]).await.problem(404, "not_found");

        let feed = path_of(&lead.get("/api/v1/console/surge/feed").await.json()["address"]);
        assert_eq!(server.get(&feed, &[]).await.status, StatusCode::OK);
        let (place, secret) = feed.rsplit_once('/').unwrap();
        server.get(&format!("{place}/{}", altered(secret)), &[]).await.problem(404, "not_found");
        lead.post("/api/v1/console/surge/feed", &json!({})).await;
        server.get(&feed, &[]).await.problem(404, "not_found");
        while work(&server.desk).await.unwrap() > 0 {}
    }

    async fn what_is_an_agents_own_is_not_there_for_others(store) {
        let server = TestServer::start(&store).await;
        let (mei, bo) = (server.agent("mei", Role::Agent).await, server.agent("bo", Role::Agent).await);
        let (ana, noa) = (server.agent("ana", Role::Analyst).await, server.agent("noa", Role::Analyst).await);
        // An export is asked for by its name: another's of the same name is another one.
        let wish = json!({"query": {"measure": "requests"}, "password": "correct horse battery", "id": "e1"});
        assert_eq!(ana.post("/api/v1/console/insight/export", &wish).await.status, StatusCode::OK);
        let exports = "/api/v1/console/insight/exports/e1";
        assert_eq!(ana.get(exports).await.status, StatusCode::OK);
        noa.get(exports).await.problem(404, "not_found");
        // A dashboard that was not given to others.
        let dashboard = json!({"name": "周报", "page": "overview", "shared": false});
        let wish = json!({"client_id": "d1", "dashboard": dashboard});
        let made = ana.post("/api/v1/console/insight/dashboards", &wish).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let path = format!("/api/v1/console/insight/dashboards/{}", made.json()["id"].as_str().unwrap());
        let change = json!({"version": 1, "dashboard": dashboard});
        noa.put(&path, &change).await.problem(404, "not_found");
        noa.delete(&path).await.problem(404, "not_found");
        assert!(!noa.get("/api/v1/console/insight/dashboards").await.text().contains("周报"));
        assert_eq!(ana.put(&path, &change).await.status, StatusCode::OK);
        // Time off: a colleague neither reads why, nor takes it back.
        let ahead = |hours| server.desk.now().plus(Duration::from_hours(hours));
        let off = json!({"starts_at": ahead(24), "ends_at": ahead(48), "note": CANARY});
        let asked = mei.post("/api/v1/console/roster/time-off", &off).await;
        assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.text());
        let path = format!("/api/v1/console/roster/time-off/{}/step", asked.json()["id"].as_str().unwrap());
        bo.post(&path, &json!({"step": "withdraw", "version": 1})).await.problem(404, "not_found");
        let week = format!("/api/v1/console/roster?from={}&until={}", ahead(0), ahead(72));
        for list in ["/api/v1/console/roster/time-off", week.as_str()] {
            let seen = bo.get(list).await;
            assert_eq!(seen.status, StatusCode::OK, "{list}: {}", seen.text());
            assert!(!seen.text().contains(CANARY), "{list}");
        }
        assert_eq!(mei.post(&path, &json!({"step": "withdraw", "version": 1})).await.status, StatusCode::OK);
    }
}

/// The same with another letter in its middle.
fn altered(secret: &str) -> String {
    let place = secret.len() / 3;
    let letter = if &secret[place..=place] == "A" { "B" } else { "A" };
    format!("{}{letter}{}", &secret[..place], &secret[place + 1..])
}
