//! An agent of the console.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::http::{Answer, Client, NoAnswer};
use crate::server::Server;

const EMAIL: &str = "admin@desk.example";
const PASSWORD: &str = "a long password for tests";

/// A signed-in agent.
pub(crate) struct Agent {
    client: Client,
    cookie: String,
    origin: String,
}

impl Agent {
    /// Makes an administrator with the binary's own command. The server must not be running yet: an embedded database
    /// belongs to one process.
    pub(crate) fn add(server: &Server) {
        let mut child = server
            .command(&["user", "add", EMAIL, "--name", "Admin", "--role", "admin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        let made = child.wait_with_output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// Signs in.
    pub(crate) async fn sign_in(server: &Server) -> Self {
        let client = server.client();
        let origin = format!("http://127.0.0.1:{}", server.port);
        let body = json!({"email": EMAIL, "password": PASSWORD});
        let answer = client.post("/api/v1/session", &[("origin", &origin)], &body).await.unwrap().expect(200);
        let cookie = answer.headers.get_all("set-cookie").iter().map(|value| {
            let value = value.to_str().unwrap();
            value.split(';').next().unwrap().to_owned()
        });
        let cookie = cookie.collect::<Vec<_>>().join("; ");
        Self { client, cookie, origin }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Answer, NoAnswer> {
        self.client.post(path, &[("cookie", &self.cookie), ("origin", &self.origin)], body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer, NoAnswer> {
        self.client.get(path, &[("cookie", &self.cookie)]).await
    }

    /// Replies to a request, having seen everything up to `seen`.
    pub(crate) async fn reply(&self, request: &str, text: &str, seen: i64) -> Result<Answer, NoAnswer> {
        let client_id = format!("{:032x}", fastrand::u128(..));
        let body = json!({"client_id": client_id, "text": text, "seen_seq": seen});
        self.post(&format!("/api/v1/console/requests/{request}/reply"), &body).await
    }
}
