//! Calls to other systems, whose addresses the operator alone has set: JSON over TLS with the certificates of the Mozilla
//! programme. Where an answer leads is not followed, and of its body nothing is read.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use standfast_desk::{Post, Posting};

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whoever calls other systems.
#[derive(Clone, Debug)]
pub struct Outgoing(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Default for Outgoing {
    fn default() -> Self {
        let connector =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }
}

impl Post for Outgoing {
    fn post(&self, url: &str, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Posting {
        let mut request = Request::builder().method(Method::POST).uri(url);
        request = request.header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let (client, request) = (self.0.clone(), request.body(Full::new(Bytes::from(body))));
        Box::pin(async move {
            let request = request.map_err(|_| "the address of the webhook cannot be called")?;
            match tokio::time::timeout(PATIENCE, client.request(request)).await {
                Ok(Ok(response)) => Ok(response.status().as_u16()),
                Ok(Err(_)) => Err("the webhook could not be reached"),
                Err(_) => Err("the webhook did not answer in time"),
            }
        })
    }
}
