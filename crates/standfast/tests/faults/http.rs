//! An HTTP client that shows everything and repeats nothing by itself.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Request};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// No call of a test takes longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e} in {} {:?}", self.status, String::from_utf8_lossy(&self.body)))
    }

    /// The code of a problem document.
    pub(crate) fn code(&self) -> String {
        let content = self.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        assert!(
            content.starts_with("application/problem+json"),
            "{} {content}: {:?}",
            self.status,
            String::from_utf8_lossy(&self.body)
        );
        self.json()["code"].as_str().expect("a problem has a code").to_owned()
    }

    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

/// Why there is no answer: refused, reset, cut off or too slow.
#[derive(Debug)]
pub(crate) struct NoAnswer(pub(crate) String);

/// A client of one server.
#[derive(Clone)]
pub(crate) struct Client {
    base: String,
    pool: Pool<HttpConnector, Full<Bytes>>,
}

impl Client {
    pub(crate) fn new(port: u16) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            base: format!("http://127.0.0.1:{port}"),
            pool: Pool::builder(TokioExecutor::new()).retry_canceled_requests(false).build(connector),
        }
    }

    /// The address that a browser would name as the origin of its forms.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, NoAnswer> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).expect("a well-formed call");
        let call = async {
            let response = self.pool.request(request).await.map_err(|e| NoAnswer(format!("{e:?}")))?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(|e| NoAnswer(format!("{e:?}")))?.to_bytes();
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
        };
        tokio::time::timeout(PATIENCE, call)
            .await
            .unwrap_or_else(|_| Err(NoAnswer("no answer in time".into())))
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, NoAnswer> {
        self.send(Method::GET, path, headers, Bytes::new()).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer, NoAnswer> {
        let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
        self.send(Method::POST, path, &headers, body.to_string()).await
    }
}
