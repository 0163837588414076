//! Canaries: secrets are sent by every way in, then everything that the desk has written is searched for them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command as Program;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::agent::Agent;
use crate::cluster::Cluster;
use crate::customer::{Command, Customer};
use crate::http::Client;
use crate::secret::{self, Secret};
use crate::server::Server;
use crate::socket::Socket;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_written_with_sqlite() {
    let server = Server::new();
    let data = server.data.clone();
    search(server, &[data]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_written_with_postgres() {
    let cluster = Cluster::start();
    let server = Server::on_postgres(&cluster.database("canary"));
    let data = server.data.clone();
    search(server, &[data, cluster.data()]).await;
}

/// Sends secrets by every way in, and notes them.
struct Sender {
    server_port: u16,
    client: Client,
}

async fn search(mut server: Server, folders: &[PathBuf]) {
    Agent::add(&server);
    server.start().await;
    let sender = Sender { server_port: server.port, client: server.client() };
    let mut sent: Vec<(&str, Secret)> = Vec::new();
    sender.as_texts(&mut sent).await;
    sender.as_complaints(&mut sent).await;
    sender.as_fields_and_names(&mut sent).await;
    sender.as_files(&mut sent).await;
    sender.through_the_form(&mut sent).await;
    sender.through_the_socket(&mut sent).await;
    sender.encoded(&mut sent).await;
    sender.in_pieces(&mut sent).await;
    sender.by_an_agent(&server, &mut sent).await;
    sender.in_broken_calls(&mut sent).await;

    // What others are shown: metrics, lists, whole records.
    let mut shown: Vec<(String, Vec<u8>)> = Vec::new();
    let metrics = server.client().get("/metrics", &[]).await.unwrap().expect(200);
    shown.push(("metrics".into(), metrics.body.to_vec()));
    let agent = Agent::sign_in(&server).await;
    let inbox = agent.get("/api/v1/console/inbox?view=all&limit=100").await.unwrap().expect(200);
    for request in inbox.json()["items"].as_array().unwrap() {
        let path = format!("/api/v1/console/requests/{}", request["id"].as_str().unwrap());
        shown.push((path.clone(), agent.get(&path).await.unwrap().expect(200).body.to_vec()));
    }
    shown.push(("inbox".into(), inbox.body.to_vec()));

    // What has been written: while it runs, by a backup, and after a crash.
    let mut net = Net::new(&sent);
    net.bytes("a control", [b"before ", sent[0].1.traces[0].as_slice(), b" after"].concat().as_slice());
    assert_eq!(net.found.len(), 1, "the net holds");
    net.found.clear();
    let size = total_size(folders);
    assert!(size > 100_000, "there is something to search: {size} bytes");
    net.folders(folders, "running");
    let copy = TempDir::new().unwrap();
    let target = copy.path().join("backup");
    let (status, said) = server.run(&["backup", target.to_str().unwrap()]);
    assert!(status.success(), "{said}");
    net.folders(&[copy.path().to_owned()], "backup");
    server.kill();
    net.folders(folders, "killed");
    for (name, bytes) in shown {
        net.bytes(&name, &bytes);
    }
    let log = server.log();
    assert!(!log.is_empty(), "the log at debug level says something");
    net.bytes("log", &log);
    let found: Vec<_> = net.found.into_iter().collect();
    assert!(found.is_empty(), "{} traces of {} secrets:\n{}", found.len(), sent.len(), found.join("\n"));
    let (status, said) = server.run(&["verify"]);
    assert!(status.success(), "{said}");
    println!("{} secrets sent, none found", sent.len());
}

impl Sender {
    fn customer(&self) -> Customer {
        Customer::new(self.client.clone())
    }

    /// As messages over REST: alone, in the middle of a sentence, and on an open request.
    async fn as_texts(&self, sent: &mut Vec<(&'static str, Secret)>) {
        for way in ["text alone", "text in a sentence", "further message"] {
            for secret in secret::one_of_each() {
                let customer = self.customer();
                let text = match way {
                    "text in a sentence" => {
                        format!("钱包打不开了，助记词和私钥在这里：\n{}\nplease help me", secret.text)
                    }
                    _ => secret.text.clone(),
                };
                let number = match way {
                    "further message" => Some(customer.open().await["number"].as_str().unwrap().to_owned()),
                    _ => None,
                };
                let command = Command { text, ..Command::new(number.as_deref()) };
                let receipt = customer.send(&command).await.unwrap().expect(201).json();
                assert_eq!(receipt["at_risk"], true, "{} by {way} is not recognised", secret.kind);
                assert!(receipt["secret"]["kinds"][0].is_string(), "{}: {receipt}", secret.kind);
                sent.push((way, secret));
            }
        }
    }

    /// In the form's fields, the host app's context, and the customer's name.
    async fn as_fields_and_names(&self, sent: &mut Vec<(&'static str, Secret)>) {
        for secret in secret::one_of_each() {
            let id = Command::new(None).client_id;
            let body =
                json!({"client_id": id, "text": "打不开了", "type": "app", "fields": {"error": secret.text}});
            self.customer().post("/api/v1/requests", &body).await.unwrap().expect(201);
            sent.push(("field", secret));
        }
        for (way, key) in [("context", "context"), ("name", "name")] {
            let secret = secret::english_phrase();
            let value = if key == "context" {
                json!({"screen": secret.text, secret.text.clone(): "x"})
            } else {
                json!(secret.text)
            };
            let body = json!({"client_id": Command::new(None).client_id, "text": "打不开了", key: value});
            // Refusing is as good as cleaning.
            self.customer().post("/api/v1/requests", &body).await.unwrap();
            sent.push((way, secret));
        }
    }

    /// As a complaint about how a request was handled; rating comments go the same way.
    async fn as_complaints(&self, sent: &mut Vec<(&'static str, Secret)>) {
        for secret in secret::one_of_each() {
            let customer = self.customer();
            let number = customer.open().await["number"].as_str().unwrap().to_owned();
            let id = Command::new(None).client_id;
            let body = json!({"client_id": id, "text": format!("没有人理我 {}", secret.text)});
            let path = format!("/api/v1/requests/{number}/complaint");
            let taken = customer.post(&path, &body).await.unwrap().expect(201).json();
            assert!(taken["secret"]["kinds"][0].is_string(), "{}: {taken}", secret.kind);
            sent.push(("complaint", secret));
        }
    }

    /// As files, and in their names.
    async fn as_files(&self, sent: &mut Vec<(&'static str, Secret)>) {
        let keystore = secret::keystore();
        let phrase = secret::english_phrase();
        let log = format!("2026-11-21 start\n{}\n2026-11-21 end\n", phrase.text);
        let wide: Vec<u8> = secret::chinese_phrase().text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let named = secret::english_phrase();
        let files = [
            ("UTC--2026-11-21--wallet.json", "application/json", keystore.text.clone().into_bytes()),
            ("app.log", "text/plain", log.into_bytes()),
            ("notes.txt", "text/plain", wide),
            (&*format!("{}.txt", named.text), "text/plain", b"nothing in here".to_vec()),
        ];
        for (name, media_type, bytes) in files {
            let customer = self.customer();
            let answer = customer.upload(name, media_type, bytes).await.unwrap();
            assert!(matches!(answer.status, 201 | 415 | 422), "{name}: {} {:?}", answer.status, answer.body);
            if answer.status == 201 {
                let id = answer.json()["id"].clone();
                let body = json!({"client_id": Command::new(None).client_id, "text": "文件在这里", "attachments": [id]});
                customer.post("/api/v1/requests", &body).await.unwrap().expect(201);
            }
        }
        sent.extend([("file", keystore), ("file", phrase), ("file name", named)]);
    }

    /// Through the form that needs no JavaScript.
    async fn through_the_form(&self, sent: &mut Vec<(&'static str, Secret)>) {
        let origin = format!("http://127.0.0.1:{}", self.server_port);
        for secret in secret::one_of_each() {
            let page = self.client.get("/contact?type=app&lang=zh-CN", &[]).await.unwrap().expect(200);
            let html = String::from_utf8_lossy(&page.body).into_owned();
            let cookies = page.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
            let cookies: Vec<_> = cookies.map(|cookie| cookie.split(';').next().unwrap()).collect();
            let boundary = "----------------standfast";
            let mut body = String::new();
            for (name, value) in
                hidden_fields(&html).into_iter().chain([("text".to_owned(), secret.text.clone())])
            {
                let disposition = format!("Content-Disposition: form-data; name=\"{name}\"");
                write!(body, "--{boundary}\r\n{disposition}\r\n\r\n{value}\r\n").unwrap();
            }
            write!(body, "--{boundary}--\r\n").unwrap();
            let content = format!("multipart/form-data; boundary={boundary}");
            let cookie = cookies.join("; ");
            let headers =
                [("content-type", content.as_str()), ("cookie", cookie.as_str()), ("origin", &origin)];
            let answer = self.client.send(hyper::Method::POST, "/contact", &headers, body).await.unwrap();
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(matches!(answer.status, 200 | 201 | 303), "{} {said}", answer.status);
            sent.push(("form", secret));
        }
    }

    /// Through the live socket.
    async fn through_the_socket(&self, sent: &mut Vec<(&'static str, Secret)>) {
        let customer = self.customer();
        let mut socket = Socket::of(self.server_port, &customer, &[]).await;
        for secret in secret::one_of_each() {
            let id = Command::new(None).client_id;
            socket
                .send(&json!({"t": "send", "client_id": id, "text": secret.text, "join": "new"}))
                .await
                .unwrap();
            let ack = socket.next_of("ack").await.unwrap();
            assert_eq!(ack["client_id"], id.as_str());
            assert_eq!(ack["receipt"]["at_risk"], true, "{}", secret.kind);
            sent.push(("socket", secret));
        }
    }

    /// Encoded as people and programs do it: base64, percent, upper case, full width.
    async fn encoded(&self, sent: &mut Vec<(&'static str, Secret)>) {
        for way in ["base64", "percent", "upper case", "full width"] {
            let secret = secret::english_phrase();
            let text = match way {
                "base64" => STANDARD.encode(&secret.text),
                "percent" => secret.text.replace(' ', "%20"),
                "upper case" => secret.text.to_uppercase(),
                _ => secret.text.chars().map(full_width).collect(),
            };
            let command = Command { text, ..Command::new(None) };
            self.customer().send(&command).await.unwrap().expect(201);
            sent.push((way, secret));
        }
    }

    /// Spread over messages of one conversation.
    async fn in_pieces(&self, sent: &mut Vec<(&'static str, Secret)>) {
        for secret in [secret::english_phrase(), secret::chinese_phrase()] {
            let customer = self.customer();
            let number = customer.open().await["number"].as_str().unwrap().to_owned();
            let words: Vec<&str> = secret.text.split(' ').collect();
            let mut last = Value::Null;
            for piece in words.chunks(4) {
                last = customer.say(&number, &piece.join(" ")).await;
            }
            assert_eq!(last["at_risk"], true, "a phrase in pieces is not recognised");
            let entries = json!(customer.entries(&number).await).to_string();
            let shown = words.windows(2).filter(|pair| entries.contains(&pair.join(" "))).count();
            assert!(shown == 0, "earlier pieces of {} are still shown: {entries}", secret.kind);
            sent.push(("pieces", secret));
        }
    }

    /// Typed by an agent, in replies and notes.
    async fn by_an_agent(&self, server: &Server, sent: &mut Vec<(&'static str, Secret)>) {
        let agent = Agent::sign_in(server).await;
        let receipt = self.customer().open().await;
        let request = receipt["request_id"].as_str().unwrap();
        for secret in secret::one_of_each() {
            // Redacted or refused: never written.
            let _ = agent.reply(request, &secret.text, 1_000_000).await.unwrap();
            let body = json!({"client_id": Command::new(None).client_id, "text": secret.text});
            let _ = agent.post(&format!("/api/v1/console/requests/{request}/notes"), &body).await.unwrap();
            sent.push(("agent", secret));
        }
        for text in [
            "请把您的助记词发给我",
            "Please send me your recovery phrase",
            "tell me your 12 words",
            "把私钥发过来我帮您查",
        ] {
            let answer = agent.reply(request, text, 1_000_000).await.unwrap();
            assert_eq!((answer.status, answer.code()), (422, "asks_for_secret".to_owned()), "{text}");
        }
    }

    /// In calls that fail: a broken body, a wrong path, a header. What is refused is not quoted in the log either.
    async fn in_broken_calls(&self, sent: &mut Vec<(&'static str, Secret)>) {
        let authorization = self.customer().authorization();
        let secrets: [Secret; 4] = std::array::from_fn(|_| secret::english_phrase());
        let json = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let post = hyper::Method::POST;
        let broken = format!("{{\"client_id\": \"x\", \"text\": \"{}", secrets[0].text);
        self.client.send(post.clone(), "/api/v1/requests", &json, broken).await.unwrap();
        let unknown =
            json!({"client_id": "x", "text": "hello", "type": secrets[1].text, &secrets[1].text: 1});
        self.client.send(post, "/api/v1/requests", &json, unknown.to_string()).await.unwrap();
        let path = format!("/api/v1/requests/{}?after={0}", secrets[2].text.replace(' ', "%20"));
        self.client.get(&path, &json).await.unwrap();
        let headers = [("authorization", authorization.as_str()), ("user-agent", secrets[3].text.as_str())];
        self.client.get("/api/v1/desk", &headers).await.unwrap();
        sent.extend(secrets.map(|secret| ("broken call", secret)));
    }
}

fn full_width(letter: char) -> char {
    match letter {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(u32::from(letter) + 0xfee0).unwrap_or(letter),
        other => other,
    }
}

/// The names and values of a form's hidden fields.
fn hidden_fields(html: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let start = tag.find(&format!("{name}=\""))? + name.len() + 2;
        Some(tag[start..].split('"').next()?.to_owned())
    };
    html.split("<input")
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap_or_default())
        .filter(|tag| tag.contains("hidden"))
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())))
        .collect()
}

/// Everything that must not be found, searched for at once.
struct Net<'a> {
    sent: &'a [(&'static str, Secret)],
    traces: AhoCorasick,
    /// Which secret a trace belongs to.
    owners: Vec<usize>,
    found: BTreeSet<String>,
}

impl<'a> Net<'a> {
    fn new(sent: &'a [(&'static str, Secret)]) -> Self {
        let traces =
            sent.iter().enumerate().flat_map(|(at, (_, s))| s.traces.iter().map(move |trace| (at, trace)));
        let (owners, traces): (Vec<usize>, Vec<&Vec<u8>>) = traces.unzip();
        Self { sent, traces: AhoCorasick::new(traces).unwrap(), owners, found: BTreeSet::new() }
    }

    fn bytes(&mut self, place: &str, bytes: &[u8]) {
        for trace in self.traces.find_overlapping_iter(bytes) {
            let (way, secret) = &self.sent[self.owners[trace.pattern().as_usize()]];
            self.found.insert(format!("{} sent by {way} is in {place}", secret.kind));
        }
    }

    fn folders(&mut self, folders: &[PathBuf], when: &str) {
        for path in folders.iter().flat_map(|folder| files(folder)) {
            // Files of a running database come and go.
            let Ok(bytes) = std::fs::read(&path) else { continue };
            self.bytes(&format!("{} ({when})", path.display()), &bytes);
            if path.extension().is_some_and(|e| e == "pgdump") {
                let plain = Program::new("pg_restore").args(["-f", "-"]).arg(&path).output().unwrap();
                assert!(plain.status.success());
                self.bytes(&format!("{} ({when}, unpacked)", path.display()), &plain.stdout);
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

fn total_size(folders: &[PathBuf]) -> u64 {
    folders.iter().flat_map(|folder| files(folder)).filter_map(|path| Some(path.metadata().ok()?.len())).sum()
}
