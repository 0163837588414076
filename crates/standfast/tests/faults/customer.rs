//! A customer of the public API.

use hyper::Method;
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::http::{Answer, Client, NoAnswer};

/// An anonymous visitor.
#[derive(Clone)]
pub(crate) struct Customer {
    pub(crate) secret: String,
    client: Client,
}

/// One command to the desk, which can be repeated word for word.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) client_id: String,
    /// The request that it adds to; a new one when missing.
    pub(crate) number: Option<String>,
    pub(crate) text: String,
}

impl Command {
    pub(crate) fn new(number: Option<&str>) -> Self {
        let client_id = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        // The id stands in the text as well, so that what others see can be counted.
        let text = format!("转账一直没有到账，please help. 编号 {}", marker(&client_id));
        Self { client_id, number: number.map(str::to_owned), text }
    }
}

/// What stands in the text of the message with this client id: words, so that no guard takes it for anything else.
pub(crate) fn marker(client_id: &str) -> String {
    let letter =
        |digit: char| "ghijklmnopqrstuv".chars().nth(digit.to_digit(16).unwrap_or(0) as usize).unwrap();
    let letters: Vec<char> = client_id.chars().take(16).map(letter).collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-")
}

impl Customer {
    /// A visitor whom the desk has never seen.
    pub(crate) fn new(client: Client) -> Self {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut secret: String = (0..42).map(|_| char::from(letters[fastrand::usize(..64)])).collect();
        // 32 bytes end in a letter whose last two bits are 0.
        secret.push(char::from(letters[fastrand::usize(..16) * 4]));
        Self { secret, client }
    }

    /// The visitor with this secret.
    pub(crate) fn known(client: Client, secret: &str) -> Self {
        Self { secret: secret.to_owned(), client }
    }

    /// The value of the header `Authorization`.
    pub(crate) fn authorization(&self) -> String {
        format!("Visitor {}", self.secret)
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Answer, NoAnswer> {
        self.client.post(path, &[("authorization", &self.authorization())], body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer, NoAnswer> {
        self.client.get(path, &[("authorization", &self.authorization())]).await
    }

    /// Sends a command, once.
    pub(crate) async fn send(&self, command: &Command) -> Result<Answer, NoAnswer> {
        let Command { client_id, number, text } = command;
        match number {
            None => {
                self.post("/api/v1/requests", &json!({"client_id": client_id, "text": text, "join": "new"}))
                    .await
            }
            Some(number) => {
                let path = format!("/api/v1/requests/{number}/messages");
                self.post(&path, &json!({"client_id": client_id, "text": text})).await
            }
        }
    }

    /// Opens a request and returns its receipt.
    pub(crate) async fn open(&self) -> Value {
        self.send(&Command::new(None)).await.unwrap().expect(201).json()
    }

    /// Adds a message and returns its receipt.
    pub(crate) async fn say(&self, number: &str, text: &str) -> Value {
        let command = Command { text: text.to_owned(), ..Command::new(Some(number)) };
        self.send(&command).await.unwrap().expect(201).json()
    }

    /// Every entry of a request that this customer sees.
    pub(crate) async fn entries(&self, number: &str) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        loop {
            let after = all.last().map_or(0, |entry| entry["seq"].as_i64().unwrap());
            let path = format!("/api/v1/requests/{number}?after={after}&limit=100");
            let page = self.get(&path).await.unwrap().expect(200).json();
            all.extend(page["entries"].as_array().unwrap().iter().cloned());
            if page["more"] != true {
                return all;
            }
        }
    }

    /// Uploads a file and returns the answer.
    pub(crate) async fn upload(
        &self,
        name: &str,
        media_type: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<Answer, NoAnswer> {
        let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("/api/v1/uploads?name={name}&client_id={:016x}", fastrand::u64(..));
        let headers = [("authorization", self.authorization()), ("content-type", media_type.to_owned())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (*k, v.as_str())).collect();
        self.client.send(Method::POST, &path, &headers, bytes).await
    }
}
