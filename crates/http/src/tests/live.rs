//! The live protocol, over real sockets: nothing skipped, nothing twice, in order, whoever is slow or gone meanwhile.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use standfast_domain::Role;
use standfast_store::store_test;
use tokio_tungstenite::tungstenite::Message;

use crate::testing::{Person, Shared, Socket, TestServer, all};

fn seqs(frames: &[Value], request: &str) -> Vec<i64> {
    let entries = frames.iter().filter(|frame| frame["t"] == "entry" && frame["request"] == request);
    entries.map(|frame| frame["entry"]["seq"].as_i64().unwrap()).collect()
}

fn id(receipt: &Value) -> &str {
    receipt["request_id"].as_str().unwrap()
}

/// Entries of one request until this one.
async fn entries_until(socket: &mut Socket, request: &str, last: i64) -> Vec<i64> {
    let mut seqs = Vec::new();
    while seqs.last() != Some(&last) {
        let frame = socket.hear_of("entry").await;
        assert_eq!(frame["request"], request);
        seqs.push(frame["entry"]["seq"].as_i64().unwrap());
    }
    seqs
}

store_test! {
    async fn both_sides_hear_at_once(store) {
        let server = TestServer::start(&store).await;
        let (visitor, agent) = (server.visitor(), server.agent("lin", Role::Agent).await);
        let feed = agent.get("/api/v1/console/inbox").await.json()["feed"].clone();
        let mut desk = agent.live(json!({"feed": feed})).await;
        let mut customer = visitor.live(json!({})).await;

        let send = json!({"t": "send", "client_id": "1", "text": "我的转账没有到账", "type": "pending"});
        customer.say(&send).await;
        let ack = customer.hear_of("ack").await;
        assert_eq!(ack["client_id"], "1");
        let request = ack["receipt"]["request_id"].as_str().unwrap().to_owned();
        customer.say(&send).await;
        assert_eq!(customer.hear_of("ack").await["receipt"], ack["receipt"], "the same receipt");
        let inbox = loop {
            let frame = desk.hear_of("inbox").await;
            if frame["items"][0]["id"] == request.as_str() {
                break frame;
            }
        };
        assert!(inbox["counts"]["all"].is_i64());
        let mut again = agent.live(json!({"feed": inbox["feed"]})).await;
        let caught_up = loop {
            let frame = again.hear().await;
            if frame["t"] == "inbox" || frame["t"] == "inbox_reset" {
                break frame;
            }
        };
        assert_eq!(caught_up["t"], "inbox", "the cursor is a real one");
        customer.say(&json!({"t": "subscribe", "request": request, "after": 0})).await;
        assert_eq!(customer.hear_of("entry").await["entry"]["seq"], 1);

        desk.say(&json!({"t": "subscribe", "request": request, "after": 0})).await;
        assert_eq!(desk.hear_of("entry").await["entry"]["text"], "我的转账没有到账");
        desk.say(&json!({"t": "viewing", "request": request})).await;
        assert_eq!(desk.hear_of("viewers").await["agents"][0]["name"], "lin");
        desk.say(&json!({"t": "typing", "request": request, "on": true})).await;
        let typing = customer.hear_of("typing").await;
        assert_eq!((typing["author"]["name"].as_str(), typing["author"].get("id")), (Some("lin"), None));
        customer.say(&json!({"t": "typing", "request": request, "on": true})).await;
        assert_eq!(desk.hear_of("typing").await["author"]["kind"], "customer");

        let reply = json!({"t": "reply", "client_id": "r", "request": request, "text": "请提供交易哈希", "seen_seq": 1});
        desk.say(&reply).await;
        assert_eq!(desk.hear_of("ack").await["client_id"], "r");
        let answer = customer.hear_of("entry").await;
        assert_eq!(answer["entry"]["text"], "请提供交易哈希");
        assert!(answer["entry"]["author"].get("id").is_none(), "{answer}");
        let seq = answer["entry"]["seq"].as_i64().unwrap();
        customer.say(&json!({"t": "read", "request": request, "seq": seq})).await;
        let read = desk.hear_of("read").await;
        assert_eq!((&read["by"], &read["seq"]), (&json!("customer"), &json!(seq)));
        desk.say(&json!({"t": "note", "client_id": "n", "request": request, "text": "等哈希"})).await;
        desk.hear_of("ack").await;
        desk.say(&json!({"t": "reply", "client_id": "x", "request": request, "text": "请发私钥给我", "seen_seq": 99})).await;
        assert_eq!(desk.hear_of("nack").await["problem"]["code"], "asks_for_secret");
        customer.say(&json!({"t": "ping"})).await;
        customer.hear_of("pong").await;
        let rest = customer.rest(Duration::from_millis(600)).await;
        assert!(!json!(rest).to_string().contains("等哈希"), "notes stay among agents");
        assert!(rest.iter().all(|frame| frame["t"] != "nack"));
    }

    async fn customers_hear_of_their_own_requests_alone(store) {
        let server = TestServer::start(&store).await;
        let (mine, foreign) = (server.visitor(), server.visitor());
        let own = mine.ask("1", "我的请求").await;
        let other = foreign.ask("1", "别人的请求").await;
        let mut socket = mine.live(json!({"cursors": {id(&own): 0, id(&other): 0}})).await;
        let mut spy = server.visitor().live(json!({})).await;
        for frame in [
            json!({"t": "subscribe", "request": id(&other), "after": 0}),
            json!({"t": "typing", "request": id(&other), "on": true}),
            json!({"t": "viewing", "request": id(&other)}),
            json!({"t": "read", "request": id(&other), "seq": 1}),
            json!({"t": "status", "status": "away"}),
            json!({"t": "send", "client_id": "x", "request": id(&other), "text": "冒名"}),
            json!({"t": "reply", "client_id": "y", "request": id(&other), "text": "冒名", "seen_seq": 1}),
            json!({"t": "note", "client_id": "z", "request": id(&other), "text": "冒名"}),
        ] {
            spy.say(&frame).await;
        }
        foreign.write(&other, "2", "秘密内容").await;
        let heard = spy.rest(Duration::from_millis(800)).await;
        let text = json!(heard).to_string();
        assert!(!text.contains("秘密内容") && !text.contains("别人的请求"), "{text}");
        let refused: Vec<_> = heard.iter().filter(|f| f["t"] == "nack").map(|f| f["problem"]["code"].clone()).collect();
        assert_eq!(refused, ["not_found", "not_found", "forbidden", "forbidden"]);
        let heard = socket.rest(Duration::from_millis(300)).await;
        assert_eq!(seqs(&heard, id(&own)), [1]);
        assert!(!json!(heard).to_string().contains("秘密内容"));
        let entries = foreign.get(&format!("/api/v1/requests/{}", other["number"].as_str().unwrap())).await;
        assert!(!entries.json().to_string().contains("冒名"));
    }

    async fn resumes_in_order_under_load(store) {
        let server = Shared::new(TestServer::start(&store).await);
        let writer = server.visitor();
        let receipt = writer.ask("0", "第 0 条").await;
        let request = id(&receipt).to_owned();
        let headers = writer.headers.clone();
        let (total, path) = (60, format!("/api/v1/requests/{}/messages", receipt["number"].as_str().unwrap()));
        let writing = tokio::spawn({
            let server = server.clone();
            async move {
                let writer = Person { server: &server, headers };
                for n in 1..total {
                    let body = json!({"client_id": format!("{n}"), "text": format!("第 {n} 条")});
                    assert_eq!(writer.post(&path, &body).await.status, 201);
                }
            }
        });
        // Comes and goes all the while, and asks from where it was.
        let (mut after, mut heard) = (0, Vec::new());
        let mut patience = 1;
        while after < total {
            let mut socket = writer.live(json!({"cursors": {&request: after}})).await;
            for _ in 0..patience {
                let Ok(frame) = tokio::time::timeout(Duration::from_millis(900), socket.hear_of("entry")).await else { break };
                let seq = frame["entry"]["seq"].as_i64().unwrap();
                heard.push(seq);
                after = seq;
            }
            patience = patience % 7 + 1;
        }
        assert_eq!(heard, (1..=total).collect::<Vec<_>>());
        writing.await.unwrap();
    }

    async fn five_hundred_dropped_sockets_miss_nothing(store) {
        let server = Shared::new(TestServer::start(&store).await);
        let people = all((0..500).map(|n| {
            let server = server.clone();
            tokio::spawn(async move {
                let person = server.visitor();
                let receipt = person.ask(&format!("{n}"), "求助").await;
                let request = id(&receipt).to_owned();
                let mut socket = person.live(json!({"cursors": {&request: 0}})).await;
                assert_eq!(entries_until(&mut socket, &request, 1).await, [1]);
                (person.headers, receipt, socket)
            })
        }).collect()).await;
        server.until("/api/v1/desk", |reply| reply.json()["waiting"]["count"] == 500).await;
        // All are cut off at once, messages arrive, and all come back.
        let people: Vec<_> = people.into_iter().map(|(headers, receipt, _)| (headers, receipt)).collect();
        let back = all(people.into_iter().map(|(headers, receipt)| {
            let server = server.clone();
            tokio::spawn(async move {
                let person = Person { server: &server, headers };
                person.write(&receipt, "a", "补充一").await;
                person.write(&receipt, "b", "补充二").await;
                let request = id(&receipt).to_owned();
                let mut socket = person.live(json!({"cursors": {&request: 1}})).await;
                entries_until(&mut socket, &request, 3).await
            })
        }).collect()).await;
        assert!(back.iter().all(|seqs| *seqs == [2, 3]));
    }

    async fn a_peer_that_does_not_read_is_closed_and_resumes(store) {
        let server = TestServer::start(&store).await;
        let (visitor, agent) = (server.visitor(), server.agent("lin", Role::Agent).await);
        let receipt = visitor.ask("0", "求助").await;
        let request = id(&receipt).to_owned();
        let mut stuck = agent.live(json!({"cursors": {&request: 0}})).await;
        // Far more than the kernel takes for a peer that reads nothing, and than may wait: 8 MB.
        let text = "长".repeat(5_300);
        let total = 500;
        for n in 1..total {
            visitor.write(&receipt, &format!("{n}"), &text).await;
        }
        let heard = seqs(&stuck.rest(Duration::from_secs(3)).await, &request);
        let before = i64::try_from(heard.len()).unwrap();
        assert_eq!(heard, (1..=before).collect::<Vec<_>>(), "what came was in order");
        assert!(before < total, "the slow reader is closed");
        assert!(matches!(stuck.inner.next().await, None | Some(Err(_))));
        let mut socket = agent.live(json!({"cursors": {&request: before}})).await;
        assert_eq!(entries_until(&mut socket, &request, total).await, (before + 1..=total).collect::<Vec<_>>());
    }

    async fn strange_frames_end_the_socket_alone(store) {
        let server = TestServer::start(&store).await;
        let visitor = server.visitor();
        let mut watching = visitor.live(json!({})).await;
        let garbage: [Message; 5] = [
            Message::text("{"),
            Message::text("[]"),
            Message::binary(vec![1, 2, 3]),
            Message::text("x".repeat(70_000)),
            Message::text(json!({"t": "hello", "v": 1, "ticket": "x"}).to_string()),
        ];
        for message in garbage {
            let mut socket = visitor.live(json!({})).await;
            let _ = socket.inner.send(message).await;
            let frames = socket.rest(Duration::from_secs(5)).await;
            assert!(frames.iter().any(|frame| frame["t"] == "bye" && frame["reason"] == "protocol"), "{frames:?}");
        }
        for first in [json!({"t": "ping"}), json!({"t": "hello", "v": 2, "ticket": "x"}), json!({"t": "hello", "v": 1, "ticket": "x"})] {
            let mut socket = server.socket(&[]).await;
            socket.say(&first).await;
            assert_eq!(socket.hear().await["t"], "bye");
            assert!(socket.hear().await.is_null());
        }
        let ticket = visitor.ticket().await;
        for fits in [true, false] {
            let mut socket = server.socket(&[]).await;
            socket.say(&json!({"t": "hello", "v": 1, "ticket": ticket})).await;
            assert_eq!(socket.hear().await["t"] == "ready", fits, "a ticket is good for one socket");
        }
        let mut silent = server.socket(&[]).await;
        assert_eq!(silent.hear().await["reason"], "protocol", "nobody stays without a word");
        let mut flood = visitor.live(json!({})).await;
        for _ in 0..100 {
            let _ = flood.inner.send(Message::text(r#"{"t":"ping"}"#)).await;
        }
        let frames = flood.rest(Duration::from_secs(5)).await;
        assert!(frames.iter().any(|frame| frame["reason"] == "protocol"));
        assert!(frames.iter().filter(|frame| frame["t"] == "pong").count() >= 60);
        watching.say(&json!({"t": "from_the_future"})).await;
        watching.say(&json!({"t": "ping"})).await;
        watching.hear_of("pong").await;
    }

    async fn foreign_pages_open_no_agents_socket(store) {
        let server = TestServer::start(&store).await;
        let (visitor, agent) = (server.visitor(), server.agent("lin", Role::Agent).await);
        for (person, origin, fits) in [
            (&agent, "https://evil.example", false),
            (&agent, "http://desk.test", true),
            (&visitor, "https://wallet.example", true),
        ] {
            let mut socket = server.socket(&[("origin", origin)]).await;
            socket.say(&json!({"t": "hello", "v": 1, "ticket": person.ticket().await})).await;
            assert_eq!(socket.hear().await["t"] == "ready", fits, "{origin}");
        }
    }

    async fn a_session_that_ends_ends_its_sockets(store) {
        let server = TestServer::start(&store).await;
        let agent = server.agent("lin", Role::Agent).await;
        let mut socket = agent.live(json!({})).await;
        let mut other = server.sign_in("lin@desk.test").await.live(json!({})).await;
        assert_eq!(agent.delete("/api/v1/session").await.status, 204);
        let bye = tokio::time::timeout(Duration::from_secs(5), socket.hear_of("bye")).await.expect("within 5 s");
        assert_eq!(bye["reason"], "revoked");
        assert!(socket.hear().await.is_null());
        assert_eq!(socket.ended, Some(1008));
        other.say(&json!({"t": "ping"})).await;
        other.hear_of("pong").await;
        agent.get("/api/v1/session").await.problem(401, "unauthenticated");
    }

    async fn agents_see_who_is_there(store) {
        let server = TestServer::start(&store).await;
        let (lin, may) = (server.agent("lin", Role::Agent).await, server.agent("may", Role::Lead).await);
        let mut first = lin.live(json!({})).await;
        let mut second = may.live(json!({})).await;
        while first.hear_of("presence").await["agents"].as_array().unwrap().len() != 2 {}
        second.say(&json!({"t": "status", "status": "away"})).await;
        loop {
            let agents = first.hear_of("presence").await["agents"].clone();
            if agents.as_array().unwrap().iter().any(|agent| agent["status"] == "away") {
                break;
            }
        }
        let desk = server.until("/api/v1/desk", |reply| reply.json()["waiting"]["agents_present"] == 1).await;
        assert!(desk.json()["waiting"]["expected"].is_null());
        let receipt = server.visitor().ask("1", "求助").await;
        let request = id(&receipt);
        for socket in [&mut first, &mut second] {
            socket.say(&json!({"t": "subscribe", "request": request, "after": 0})).await;
            socket.hear_of("entry").await;
            socket.say(&json!({"t": "viewing", "request": request})).await;
        }
        while first.hear_of("viewers").await["agents"].as_array().unwrap().len() != 2 {}
        let page = lin.get(&format!("/api/v1/console/requests/{request}")).await.json();
        assert_eq!(page["viewers"].as_array().unwrap().len(), 2);
        drop(second);
        while first.hear_of("viewers").await["agents"].as_array().unwrap().len() != 1 {}
    }

    async fn who_waits_hears_of_the_place(store) {
        let server = TestServer::start(&store).await;
        let agent = server.agent("lin", Role::Agent).await;
        let (before, after) = (server.visitor(), server.visitor());
        let first = before.ask("1", "先来的").await;
        server.until("/api/v1/desk", |reply| reply.json()["waiting"]["count"] == 1).await;
        let second = after.ask("1", "后来的").await;
        assert_eq!(second["place"], 2);
        let mut socket = after.live(json!({"cursors": {id(&second): 0}})).await;
        let path = format!("/api/v1/console/requests/{}/reply", id(&first));
        let reply = json!({"client_id": "r", "text": "您好", "seen_seq": 1});
        assert_eq!(agent.post(&path, &reply).await.status, 201);
        while socket.hear_of("waiting").await["place"] != 1 {}
    }

    async fn erased_texts_are_told_again(store) {
        let server = TestServer::start(&store).await;
        let (visitor, lead) = (server.visitor(), server.agent("may", Role::Lead).await);
        let receipt = visitor.ask("1", "我的身份证号是 110101199001011234").await;
        let request = id(&receipt);
        let mut here = visitor.live(json!({"cursors": {request: 0}})).await;
        here.hear_of("entry").await;
        let path = format!("/api/v1/console/requests/{request}/erase");
        assert_eq!(lead.post(&path, &json!({"seq": 1, "reason": "privacy"})).await.status, 204);
        let erased = here.hear_of("erased").await;
        assert_eq!((&erased["seq"], &erased["entry"]["text"]), (&json!(1), &Value::Null));
        let mut back = visitor.live(json!({"cursors": {request: 1}})).await;
        assert_eq!(back.hear_of("erased").await["seq"], 1, "who was away hears of it too");
    }

    async fn inboxes_catch_up(store) {
        let server = TestServer::start(&store).await;
        let agent = server.agent("lin", Role::Agent).await;
        let feed = agent.get("/api/v1/console/inbox").await.json()["feed"].clone();
        let receipt = server.visitor().ask("1", "断线时来的").await;
        let mut socket = agent.live(json!({"feed": feed})).await;
        let mut seen = HashMap::new();
        while !seen.contains_key(id(&receipt)) {
            let frame = socket.hear_of("inbox").await;
            for item in frame["items"].as_array().unwrap() {
                seen.insert(item["id"].as_str().unwrap().to_owned(), frame["counts"].clone());
            }
        }
        let mut lost = agent.live(json!({"feed": "nonsense"})).await;
        assert!(lost.hear_of("inbox_reset").await["feed"].is_string());
        // Many changes at once come as few frames.
        let sender = server.visitor();
        for n in 0..40 {
            sender.ask(&format!("m{n}"), "一起来的").await;
        }
        let mut items = 0;
        let mut frames = 0;
        while items < 40 {
            items += socket.hear_of("inbox").await["items"].as_array().unwrap().len();
            frames += 1;
        }
        assert!(frames < 40, "{frames} frames");
    }

    async fn polling_hears_the_same(store) {
        let server = Shared::new(TestServer::start(&store).await);
        let (visitor, agent) = (server.visitor(), server.agent("lin", Role::Agent).await);
        let receipt = visitor.ask("1", "求助").await;
        let request = id(&receipt).to_owned();
        let now = visitor.get(&format!("/api/v1/live/poll?wait=0&cursors={request}:0")).await.json();
        assert_eq!(seqs(now["frames"].as_array().unwrap(), &request), [1]);
        let none = visitor.get(&format!("/api/v1/live/poll?wait=0&cursors={request}:1")).await.json();
        assert_eq!(seqs(none["frames"].as_array().unwrap(), &request), [0; 0]);
        let feed = agent.get("/api/v1/console/inbox").await.json()["feed"].as_str().unwrap().to_owned();
        let waiting = tokio::spawn({
            let (server, headers, request) = (server.clone(), agent.headers.clone(), request.clone());
            async move {
                let agent = Person { server: &server, headers };
                let mut frames = Vec::new();
                let (mut after, mut feed) = (1, feed);
                while seqs(&frames, &request) != [2] || !frames.iter().any(|f: &Value| f["t"] == "inbox") {
                    let path = format!("/api/v1/live/poll?wait=25&cursors={request}:{after}&feed={feed}");
                    let answer = agent.get(&path).await.json();
                    feed = answer["feed"].as_str().unwrap().to_owned();
                    frames.extend(answer["frames"].as_array().unwrap().clone());
                    after = seqs(&frames, &request).last().copied().unwrap_or(1);
                }
            }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        visitor.write(&receipt, "2", "还在等").await;
        tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("told at once").unwrap();
        let foreign = server.visitor().get(&format!("/api/v1/live/poll?wait=0&cursors={request}:0")).await.json();
        assert_eq!(foreign["frames"], json!([]));
        visitor.get("/api/v1/live/poll?cursors=junk").await.problem(422, "invalid");
    }
}
