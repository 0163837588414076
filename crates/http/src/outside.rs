//! Reaching systems of others, whose addresses anybody may have typed: webhooks of the status page, calendars.
//!
//! What such an address can be made to reach is the danger (server-side request forgery, OWASP): only public addresses are
//! connected to. The name is resolved once, by [`Public`], and the connection goes to what was looked at, so that a name cannot
//! say another thing the second time. Proxies of the environment are not used, redirects not followed, TLS must be right.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::USER_AGENT;
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use standfast_desk::{Fetching, Outside, Posting};
use tower::Service;

/// How long a call may take, its answer included.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most addresses of a name that are looked at.
const MOST: usize = 16;

/// Whether an address is one that everybody can reach: none of this machine, of its networks, or of no one (the registries of
/// special addresses of IANA, RFC 6890).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    match a {
        0 | 10 | 127 | 224.. => false,
        100 => !(64..=127).contains(&b),
        169 => b != 254,
        172 => !(16..=31).contains(&b),
        192 => !matches!((b, c), (0, 0 | 2) | (88, 99) | (168, _)),
        198 => !matches!((b, c), (18 | 19, _) | (51, 100)),
        203 => (b, c) != (0, 113),
        _ => true,
    }
}

/// Of IPv6 only what is given out for everybody (`2000::/3`), without what leads into IPv4 by a detour and what is for examples.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Protocols (Teredo, ORCHID) and examples; 6to4; examples.
    let special = matches!((a, b), (0x2001, 0..=0x01ff | 0x0db8) | (0x2002 | 0x3fff, _));
    (a & 0xe000) == 0x2000 && !special
}

/// Resolves names to public addresses alone.
#[derive(Clone, Copy, Debug)]
struct Public {
    /// For tests: every address will do.
    any: bool,
}

impl Service<Name> for Public {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = std::io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let any = self.any;
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.take(MOST).collect();
            // A name that leads to both is not to be trusted with either.
            if found.is_empty() || !any && !found.iter().all(|address| is_public(address.ip())) {
                return Err(std::io::Error::from(std::io::ErrorKind::PermissionDenied));
            }
            Ok(found.into_iter())
        })
    }
}

/// Whoever reaches systems of others.
#[derive(Clone, Debug)]
pub struct PublicOnly {
    client: Client<HttpsConnector<HttpConnector<Public>>, Full<Bytes>>,
    any: bool,
}

impl PublicOnly {
    /// Reaches public addresses by https; with `any`, which is for tests, every address, also by http.
    #[must_use]
    pub fn new(any: bool) -> Self {
        let mut http = HttpConnector::new_with_resolver(Public { any });
        http.enforce_http(false);
        http.set_connect_timeout(Some(PATIENCE));
        let builder = HttpsConnectorBuilder::new().with_webpki_roots();
        let builder = if any { builder.https_or_http() } else { builder.https_only() };
        let connector = builder.enable_http1().wrap_connector(http);
        // Nobody's connection is kept: the name is looked up for every call.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Self { client, any }
    }

    fn uri(&self, url: &str) -> Result<Uri, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "the address is malformed")?;
        let fits = uri.scheme_str() == Some("https") || self.any && uri.scheme_str() == Some("http");
        if !fits {
            return Err("the address does not begin with https://");
        }
        let authority = uri.authority().ok_or("the address names nobody")?;
        if authority.as_str().contains('@') {
            return Err("the address carries a password");
        }
        // A connector takes numbers as they are, past the resolver.
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(number) if !self.any && !is_public(number) => Err("the address is not a public one"),
            Err(_) if !self.any && !is_name(host) => Err("the address is not a public one"),
            _ => Ok(uri),
        }
    }

    fn call(
        &self,
        uri: Result<Uri, &'static str>,
        method: Method,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Calling {
        let client = self.client.clone();
        Box::pin(async move {
            let mut request = Request::builder().method(method).uri(uri?).header(USER_AGENT, "Standfast");
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let request = request.body(Full::new(Bytes::from(body))).map_err(|_| "the call is malformed")?;
            client.request(request).await.map_err(|_| "nobody answers at the address")
        })
    }
}

type Calling = Pin<Box<dyn Future<Output = Result<Response<Incoming>, &'static str>> + Send>>;

/// A name of the public tree: with a dot, and no number in disguise (such as `0x7f.1`, which a resolver may read as one).
fn is_name(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_letter = |c: char| c.is_ascii_alphabetic();
    host.contains('.') && last.starts_with(is_letter) && !matches!(last, "local" | "internal" | "localhost")
}

async fn in_time<T>(call: impl Future<Output = Result<T, &'static str>>) -> Result<T, &'static str> {
    tokio::time::timeout(PATIENCE, call).await.unwrap_or(Err("no answer in time"))
}

impl Outside for PublicOnly {
    fn check(&self, url: &str) -> Result<(), &'static str> {
        self.uri(url).map(drop)
    }

    fn post(&self, url: &str, mut headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Posting {
        headers.push(("content-type", "application/json".to_owned()));
        let call = self.call(self.uri(url), Method::POST, headers, body);
        Box::pin(in_time(async move { Ok(call.await?.status().as_u16()) }))
    }

    fn get(&self, url: &str, most: usize) -> Fetching {
        let call = self.call(self.uri(url), Method::GET, Vec::new(), Vec::new());
        Box::pin(in_time(async move {
            let response = call.await?;
            if !response.status().is_success() {
                return Err("the address does not give it");
            }
            let body = Limited::new(response.into_body(), most).collect().await;
            body.map(|body| body.to_bytes().to_vec()).map_err(|_| "it broke off, or is too large")
        }))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn only_what_everybody_can_reach_is_public() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in
            ["1.1.1.1", "100.63.0.1", "100.128.0.1", "172.32.0.1", "192.0.1.1", "2606:4700::1111", "2a00::1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn addresses_that_lead_inside_are_refused_as_they_are_typed() {
        let outside = PublicOnly::new(false);
        for bad in [
            "http://hooks.example/a",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://localhost/",
            "https://desk/",
            "https://printer.local/",
            "https://metadata.google.internal/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://user:word@hooks.example/",
            "file:///etc/passwd",
            "gopher://hooks.example/",
            "//hooks.example/",
            "",
        ] {
            assert!(outside.check(bad).is_err(), "{bad}");
        }
        for good in ["https://hooks.example/a?b=c", "https://hooks.example:8443/", "https://1.1.1.1/"] {
            assert_eq!(outside.check(good), Ok(()), "{good}");
        }
    }

    /// `localhost` is in every machine's table of names, which a name of the public tree can lead to as well.
    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_connected_to() {
        let ask = |any| Public { any }.call("localhost".parse().unwrap());
        assert_eq!(ask(false).await.unwrap_err().kind(), std::io::ErrorKind::PermissionDenied);
        assert!(ask(true).await.unwrap().count() > 0);
    }

    async fn serve(answer: &'static str) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = vec![0; 4_096];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{address}/")
    }

    #[tokio::test]
    async fn what_is_fetched_is_bounded_and_leads_nowhere_else() {
        let outside = PublicOnly::new(true);
        let url = serve("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello").await;
        assert_eq!(outside.get(&url, 5).await, Ok(b"hello".to_vec()));
        assert!(outside.get(&url, 4).await.is_err());
        assert_eq!(outside.post(&url, Vec::new(), b"{}".to_vec()).await, Ok(200));
        let moved = serve("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        assert_eq!(outside.get(&moved, 100).await, Err("the address does not give it"));
        assert_eq!(
            PublicOnly::new(false).get(&url, 5).await,
            Err("the address does not begin with https://")
        );
    }
}
