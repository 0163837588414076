//! Texts sent by every way in.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bip39::Language;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::agent::Agent;
use crate::customer::{Command, Customer};
use crate::http::Client;
use crate::secret::{self, Secret};
use crate::server::Server;
use crate::socket::Socket;

/// Sends secrets by every way in, and notes them.
pub(crate) struct Sender {
    pub(crate) server_port: u16,
    pub(crate) client: Client,
    /// What is sent by each way.
    pub(crate) each: fn() -> Vec<Secret>,
    /// One for places that want one.
    pub(crate) one: fn() -> Secret,
    /// Whether they are secrets, which the desk must recognise; ordinary texts otherwise.
    pub(crate) secret: bool,
}

/// What was sent, and how.
pub(crate) type Sent = Vec<(&'static str, Secret)>;

impl Sender {
    fn customer(&self) -> Customer {
        Customer::new(self.client.clone())
    }

    /// All of them at once, without waiting for answers.
    pub(crate) fn at_once(&self, texts: impl Iterator<Item = String>) -> tokio::task::JoinHandle<()> {
        let customer = self.customer();
        let commands: Vec<_> = texts.map(|text| Command { text, ..Command::new(None) }).collect();
        tokio::spawn(async move {
            let calls = commands.iter().map(|command| customer.send(command));
            futures_util::future::join_all(calls).await;
        })
    }

    /// As messages over REST: alone, in the middle of a sentence, and on an open request.
    pub(crate) async fn as_texts(&self, sent: &mut Sent) {
        for way in ["text alone", "text in a sentence", "further message"] {
            for secret in (self.each)() {
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
                if self.secret {
                    assert_eq!(receipt["at_risk"], true, "{} by {way} is not recognised", secret.kind);
                    assert!(receipt["secret"]["kinds"][0].is_string(), "{}: {receipt}", secret.kind);
                }
                sent.push((way, secret));
            }
        }
    }

    /// In the form's fields, the host app's context, and the customer's name.
    pub(crate) async fn as_fields_and_names(&self, sent: &mut Sent) {
        for secret in (self.each)() {
            let id = Command::new(None).client_id;
            let body =
                json!({"client_id": id, "text": "打不开了", "type": "app", "fields": {"error": secret.text}});
            self.customer().post("/api/v1/requests", &body).await.unwrap().expect(201);
            sent.push(("field", secret));
        }
        for (way, key) in [("context", "context"), ("name", "name")] {
            let secret = (self.one)();
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
    pub(crate) async fn as_complaints(&self, sent: &mut Sent) {
        for secret in (self.each)() {
            let customer = self.customer();
            let number = customer.open().await["number"].as_str().unwrap().to_owned();
            let id = Command::new(None).client_id;
            let body = json!({"client_id": id, "text": format!("没有人理我 {}", secret.text)});
            let path = format!("/api/v1/requests/{number}/complaint");
            let taken = customer.post(&path, &body).await.unwrap().expect(201).json();
            assert_eq!(taken["secret"]["kinds"][0].is_string(), self.secret, "{}: {taken}", secret.kind);
            sent.push(("complaint", secret));
        }
    }

    /// As files, and in their names.
    pub(crate) async fn as_files(&self, sent: &mut Sent) {
        let mut files: Vec<(String, &str, Vec<u8>)> = Vec::new();
        let mut add = |name: &str, media_type, bytes, secret| {
            files.push((name.to_owned(), media_type, bytes));
            sent.push(("file", secret));
        };
        for secret in (self.each)() {
            let log = format!("2026-11-21 start\n{}\n2026-11-21 end\n", secret.text);
            add("app.log", "text/plain", log.into_bytes(), secret);
        }
        // As machines write them: in two bytes a letter, and in a document with line breaks that are escaped.
        let wide = (self.one)();
        let bytes = wide.text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        add("notes.txt", "text/plain", [vec![0xff, 0xfe], bytes].concat(), wide);
        let lines = secret::phrase_in_lines();
        let document = json!({"wallet": "main", "mnemonic": lines.text}).to_string();
        if self.secret {
            add("export.json", "application/json", document.into_bytes(), lines);
            let keystore = secret::keystore();
            let bytes = keystore.text.clone().into_bytes();
            add("UTC--2026-11-21--wallet.json", "application/json", bytes, keystore);
        }
        let named = (self.one)();
        files.push((format!("{}.txt", named.text), "text/plain", b"nothing in here".to_vec()));
        sent.push(("file name", named));
        for (name, media_type, bytes) in files {
            let customer = self.customer();
            let answer = customer.upload(&name, media_type, bytes).await.unwrap();
            assert!(matches!(answer.status, 201 | 415 | 422), "{name}: {} {:?}", answer.status, answer.body);
            if answer.status == 201 {
                let id = answer.json()["id"].clone();
                let body = json!({"client_id": Command::new(None).client_id, "text": "文件在这里", "attachments": [id]});
                customer.post("/api/v1/requests", &body).await.unwrap().expect(201);
            }
        }
    }

    /// A private key where the hash of a transaction belongs: the address beside it, or named before, proves it.
    pub(crate) async fn as_transaction(&self, sent: &mut Sent) {
        let (secret, address) = secret::key_with_address();
        let id = Command::new(None).client_id;
        let fields = json!({"transaction": secret.text, "address": address});
        let body = json!({"client_id": id, "text": "一直没有到账", "type": "pending", "fields": fields});
        let receipt = self.customer().post("/api/v1/requests", &body).await.unwrap().expect(201).json();
        assert_eq!(receipt["at_risk"], true, "a key in the field for a transaction: {receipt}");
        let customer = self.customer();
        let command = Command { text: format!("my address {address} shows nothing"), ..Command::new(None) };
        let receipt = customer.send(&command).await.unwrap().expect(201).json();
        let number = receipt["number"].as_str().unwrap();
        let receipt = customer.say(number, &format!("the transaction hash is {}", secret.text)).await;
        assert_eq!(receipt["at_risk"], true, "a key that is called a hash: {receipt}");
        sent.push(("transaction", secret));
    }

    /// The same in a file that was taken in before anything was proven: one that is looked at before the receipt, and one that is
    /// too large for that.
    pub(crate) async fn in_a_file_before(&self) {
        let (secret, address) = secret::key_with_address();
        let line = format!("12:01 transaction hash: 0x{}\n", secret.text);
        for rest in [0, 12_000] {
            let customer = self.customer();
            let log = format!("{line}{}", "12:04 nothing happened\n".repeat(rest));
            let id =
                customer.upload("app.log", "text/plain", log).await.unwrap().expect(201).json()["id"].clone();
            let body =
                json!({"client_id": Command::new(None).client_id, "text": "文件在这里", "attachments": [id]});
            let first = customer.post("/api/v1/requests", &body).await.unwrap().expect(201).json();
            assert_eq!(first["at_risk"], false, "nothing tells yet: {first}");
            let number = first["number"].as_str().unwrap();
            let receipt = customer.say(number, &format!("it went to {address}")).await;
            assert_eq!(receipt["at_risk"], rest == 0, "{receipt}");
            let until = Instant::now() + Duration::from_secs(20);
            let path = format!("/api/v1/attachments/{}", id.as_str().unwrap());
            loop {
                let file = customer.get(&path).await.unwrap().expect(200);
                if !String::from_utf8_lossy(&file.body).contains(&secret.text) {
                    break;
                }
                assert!(Instant::now() < until, "the key is still in the file");
                sleep(Duration::from_millis(50)).await;
            }
            let told = customer.entries(number).await;
            assert!(told.iter().any(|entry| entry["event"]["type"] == "file_redacted"), "{told:?}");
        }
    }

    /// 64 digits without a word about them are masked.
    pub(crate) async fn bare(&self, sent: &mut Sent) {
        let secret = secret::bare_key();
        for text in [secret.text.clone(), format!("0x{}", secret.text), format!("看看这个 {}", secret.text)]
        {
            let command = Command { text, ..Command::new(None) };
            self.customer().send(&command).await.unwrap().expect(201);
        }
        sent.push(("bare digits", secret));
    }

    /// Through the form that needs no JavaScript.
    pub(crate) async fn through_the_form(&self, sent: &mut Sent) {
        let origin = format!("http://127.0.0.1:{}", self.server_port);
        for secret in (self.each)() {
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
    pub(crate) async fn through_the_socket(&self, sent: &mut Sent) {
        let customer = self.customer();
        let mut socket = Socket::of(self.server_port, &customer, &[]).await;
        for secret in (self.each)() {
            let id = Command::new(None).client_id;
            socket
                .send(&json!({"t": "send", "client_id": id, "text": secret.text, "join": "new"}))
                .await
                .unwrap();
            let ack = socket.next_of("ack").await.unwrap();
            assert_eq!(ack["client_id"], id.as_str());
            assert!(ack["receipt"]["at_risk"] == true || !self.secret, "{}", secret.kind);
            sent.push(("socket", secret));
        }
    }

    /// Encoded as people and programs do it: base64, percent, upper case, full width.
    pub(crate) async fn encoded(&self, sent: &mut Sent) {
        for way in ["base64", "percent", "upper case", "full width"] {
            let secret = (self.one)();
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

    /// Spread over messages of one conversation. Returns the pieces that were written before anybody could know what they are,
    /// and erased then; the last piece, with which the phrase was whole, is among what was never written.
    pub(crate) async fn in_pieces(&self, sent: &mut Sent) -> Sent {
        let mut erased = Sent::new();
        for language in [Language::English, Language::SimplifiedChinese, Language::Spanish] {
            let words = secret::words(language, 12);
            let customer = self.customer();
            let number = customer.open().await["number"].as_str().unwrap().to_owned();
            let mut last = Value::Null;
            for piece in words.chunks(4) {
                last = customer.say(&number, &piece.join(" ")).await;
            }
            assert_eq!(last["at_risk"], true, "a phrase in pieces is not recognised");
            let entries = json!(customer.entries(&number).await).to_string();
            let shown = words.windows(2).filter(|pair| entries.contains(&pair.join(" "))).count();
            assert!(shown == 0, "earlier pieces are still shown: {entries}");
            erased.push(("an earlier piece", secret::piece(&words[..4])));
            erased.push(("an earlier piece", secret::piece(&words[4..8])));
            sent.push(("a last piece", secret::piece(&words[8..])));
        }
        erased
    }

    /// Typed by an agent, in replies and notes.
    pub(crate) async fn by_an_agent(&self, server: &Server, sent: &mut Sent) {
        let agent = Agent::sign_in(server).await;
        let receipt = self.customer().open().await;
        let request = receipt["request_id"].as_str().unwrap();
        for secret in (self.each)() {
            // Redacted or refused: never written.
            let _ = agent.reply(request, &secret.text, 1_000_000).await.unwrap();
            let body = json!({"client_id": Command::new(None).client_id, "text": secret.text});
            let _ = agent.post(&format!("/api/v1/console/requests/{request}/notes"), &body).await.unwrap();
            sent.push(("agent", secret));
        }
        if !self.secret {
            return;
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
    pub(crate) async fn in_broken_calls(&self, sent: &mut Sent) {
        let authorization = self.customer().authorization();
        let secrets: [Secret; 4] = std::array::from_fn(|_| (self.one)());
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
