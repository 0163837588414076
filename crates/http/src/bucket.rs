//! An object store that speaks S3, for files that are to outlive the desk: one call, to put an object, signed as AWS has it
//! (Signature Version 4, *Authenticating requests: using the authorization header*, Amazon S3 API reference).
//!
//! The crate for it, `object_store`, would bring a second TLS library and 40 crates for this one call; see ARCHITECTURE.md.

use std::fmt::{self, Write as _};
use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sha2::{Digest as _, Sha256};
use standfast_domain::Time;

/// How long a call may take, its answer included.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of a refusal that are read, and of the code in it.
const REFUSAL: usize = 4_096;
const CODE: usize = 64;
/// Service and end of a scope.
const SERVICE: &str = "s3";
const END: &str = "aws4_request";

/// Where a bucket is, and the key for it.
#[derive(Clone)]
pub struct BucketSettings {
    /// Address of the store, such as `https://s3.eu-central-1.amazonaws.com`. Without TLS only on this machine.
    pub endpoint: String,
    /// Its region; stores that have none take `us-east-1` or `auto`.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// What names of objects begin with; may be empty.
    pub prefix: String,
    /// Id of the access key.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
}

/// A bucket into which objects are put.
#[derive(Clone)]
pub struct Bucket {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    settings: BucketSettings,
    host: String,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("host", &self.host).finish_non_exhaustive()
    }
}

/// Why an object was not put.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// The store could not be reached.
    #[error("the object store could not be reached")]
    Unreachable,
    /// It did not answer in time.
    #[error("the object store did not answer in time")]
    Late,
    /// It refused, with a status and its own word for why.
    #[error("the object store refused: {status} {code}")]
    Refused {
        /// Status of the answer.
        status: u16,
        /// Its code, such as `SignatureDoesNotMatch`; may be empty.
        code: String,
    },
}

/// An object to put.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// Its name, after the prefix.
    pub(crate) name: &'static str,
    /// Its media type.
    pub(crate) kind: &'static str,
    /// For how long caches may keep it.
    pub(crate) keep: &'static str,
    /// What is in it.
    pub(crate) body: Vec<u8>,
}

impl Bucket {
    /// The bucket that settings name; what is wrong with them, naming the one.
    pub fn new(settings: BucketSettings) -> Result<Self, &'static str> {
        let uri: Uri = settings.endpoint.parse().map_err(|_| "endpoint is no address")?;
        let host = uri.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default();
        let is_near = ["127.0.0.1", "localhost", "[::1]"].contains(&uri.host().unwrap_or_default());
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_near => {}
            _ => return Err("endpoint must begin with https://, but on this machine"),
        }
        if host.contains('@') || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err("endpoint is an address without a path: the bucket has a setting of its own");
        }
        let plain = |text: &str, more: &[char]| {
            text.chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') || more.contains(&c))
        };
        if settings.bucket.is_empty() || !plain(&settings.bucket, &[]) {
            return Err("bucket is letters, digits, dots and hyphens");
        }
        if !plain(&settings.prefix, &['/']) || settings.prefix.starts_with('/') {
            return Err("prefix is letters, digits, dots, hyphens and slashes, and begins with no slash");
        }
        if settings.region.is_empty() || !plain(&settings.region, &[]) {
            return Err("region is missing");
        }
        if settings.access_key.is_empty() || !plain(&settings.access_key, &[]) {
            return Err("access_key is missing");
        }
        if settings.secret_key.is_empty() {
            return Err("secret_key is missing");
        }
        let connector =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), settings, host })
    }

    /// Puts an object, in place of what was there under its name.
    pub(crate) async fn put(&self, now: Time, object: Object) -> Result<(), PutError> {
        let Object { name, kind, keep, body } = object;
        let BucketSettings { endpoint, bucket, prefix, .. } = &self.settings;
        let path = format!("/{bucket}/{prefix}{name}");
        let (date, digest) = (stamp(now), hex(&Sha256::digest(&body)));
        let headers = [
            ("cache-control", keep),
            ("content-type", kind),
            ("host", self.host.as_str()),
            ("x-amz-content-sha256", digest.as_str()),
            ("x-amz-date", date.as_str()),
        ];
        let signed = authorization(&self.settings, Method::PUT.as_str(), &path, &headers, &digest, &date);
        let request = Request::put(format!("{}{path}", endpoint.trim_end_matches('/')))
            .header(CACHE_CONTROL, keep)
            .header(CONTENT_TYPE, kind)
            .header(HOST, &self.host)
            .header("x-amz-content-sha256", &digest)
            .header("x-amz-date", &date)
            .header(AUTHORIZATION, signed)
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| PutError::Unreachable)?;
        tokio::time::timeout(PATIENCE, self.call(request)).await.map_err(|_| PutError::Late)?
    }

    async fn call(&self, request: Request<Full<Bytes>>) -> Result<(), PutError> {
        let answer = self.client.request(request).await.map_err(|_| PutError::Unreachable)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let body = Limited::new(answer.into_body(), REFUSAL).collect().await;
        let text =
            body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned()).unwrap_or_default();
        Err(PutError::Refused { status: status.as_u16(), code: code(&text) })
    }
}

/// The word by which a store says why it refuses: `<Code>AccessDenied</Code>`.
fn code(answer: &str) -> String {
    let found = answer.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let plain = |c: &char| c.is_ascii_alphanumeric();
    found.map_or_else(String::new, |(code, _)| code.chars().filter(plain).take(CODE).collect())
}

/// A moment as signatures have it: `20130524T000000Z`.
fn stamp(now: Time) -> String {
    let text = now.to_string();
    let seconds = text.split('.').next().unwrap_or_default();
    seconds.chars().filter(|c| !matches!(c, '-' | ':')).chain(['Z']).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // A key of any length is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The header that proves who calls. `headers` are all that are signed, in lower case and in order; `path` has nothing that would
/// have to be encoded.
fn authorization(
    settings: &BucketSettings,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    digest: &str,
    date: &str,
) -> String {
    let BucketSettings { region, access_key, secret_key, .. } = settings;
    let day = date.split('T').next().unwrap_or_default();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines = headers.iter().fold(String::new(), |mut lines, (name, value)| {
        let _ = writeln!(lines, "{name}:{value}");
        lines
    });
    let canonical = format!("{method}\n{path}\n\n{lines}\n{names}\n{digest}");
    let scope = format!("{day}/{region}/{SERVICE}/{END}");
    let said = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let first = format!("AWS4{secret_key}").into_bytes();
    let key = [day, region, SERVICE, END].iter().fold(first, |key, part| mac(&key, part));
    let signature = hex(&mac(&key, &said));
    format!("AWS4-HMAC-SHA256 Credential={access_key}/{scope},SignedHeaders={names},Signature={signature}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::extract::State;
    use axum::http::{HeaderMap, StatusCode};
    use parking_lot::Mutex;

    use super::*;

    /// The keys of the examples in the API reference of Amazon S3.
    fn settings(endpoint: &str) -> BucketSettings {
        BucketSettings {
            endpoint: endpoint.to_owned(),
            region: "us-east-1".to_owned(),
            bucket: "examplebucket".to_owned(),
            prefix: "status/".to_owned(),
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        }
    }

    #[test]
    fn the_signature_is_that_of_the_reference() {
        // Amazon S3 API reference, "Signature calculations … transferring payload in a single chunk", examples PUT and GET object.
        let digest = hex(&Sha256::digest(b"Welcome to Amazon S3."));
        let host = ("host", "examplebucket.s3.amazonaws.com");
        let date = ("x-amz-date", "20130524T000000Z");
        let put = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            host,
            ("x-amz-content-sha256", digest.as_str()),
            date,
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ];
        let settings = settings("https://s3.example");
        let signed = authorization(&settings, "PUT", "/test%24file.text", &put, &digest, date.1);
        assert_eq!(
            signed,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,\
             Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        let empty = hex(&Sha256::digest(b""));
        let get = [host, ("range", "bytes=0-9"), ("x-amz-content-sha256", empty.as_str()), date];
        let signed = authorization(&settings, "GET", "/test.txt", &get, &empty, date.1);
        assert!(
            signed.ends_with("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
            "{signed}"
        );
        assert_eq!(stamp(Time::parse("2013-05-24T00:00:00Z").unwrap()), date.1);
    }

    #[test]
    fn mistakes_of_the_settings_are_named() {
        assert!(Bucket::new(settings("https://s3.example")).is_ok());
        assert!(Bucket::new(settings("http://127.0.0.1:9000")).is_ok());
        let own = settings("https://s3.example");
        for (wrong, word) in [
            (BucketSettings { endpoint: "http://s3.example".into(), ..own.clone() }, "https://"),
            (
                BucketSettings { endpoint: "https://s3.example/bucket".into(), ..own.clone() },
                "without a path",
            ),
            (BucketSettings { endpoint: "s3".into(), ..own.clone() }, "https://"),
            (BucketSettings { bucket: "a/b".into(), ..own.clone() }, "bucket"),
            (BucketSettings { prefix: "/a".into(), ..own.clone() }, "prefix"),
            (BucketSettings { region: String::new(), ..own.clone() }, "region"),
            (BucketSettings { access_key: String::new(), ..own.clone() }, "access_key"),
            (BucketSettings { secret_key: String::new(), ..own.clone() }, "secret_key"),
        ] {
            let error = Bucket::new(wrong).unwrap_err();
            assert!(error.contains(word), "{word}: {error}");
        }
        let shown = format!("{:?}", Bucket::new(own).unwrap());
        assert!(!shown.contains("wJalr") && !shown.contains("AKIA"), "{shown}");
    }

    type Seen = Arc<Mutex<Vec<(Method, String, HeaderMap, Bytes)>>>;

    /// Takes what is signed with the example's key; everything else it refuses as S3 does.
    async fn take(
        State(seen): State<Seen>,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> (StatusCode, &'static str) {
        let of = |name: &str| headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        let names = ["cache-control", "content-type", "host", "x-amz-content-sha256", "x-amz-date"];
        let signed: Vec<_> = names.iter().map(|name| (*name, of(name))).collect();
        let digest = hex(&Sha256::digest(&body));
        let expected =
            authorization(&settings(""), method.as_str(), uri.path(), &signed, &digest, of("x-amz-date"));
        let is_right = of("authorization") == expected && of("x-amz-content-sha256") == digest;
        seen.lock().push((method, uri.path().to_owned(), headers.clone(), body));
        if is_right {
            (StatusCode::OK, "")
        } else {
            (StatusCode::FORBIDDEN, "<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>")
        }
    }

    #[tokio::test]
    async fn an_object_is_put_with_a_signature_over_all_that_is_said() {
        let seen = Seen::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(take).with_state(seen.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let object = || Object {
            name: "index.html",
            kind: "text/html; charset=utf-8",
            keep: "public, max-age=30",
            body: "状态".into(),
        };
        let now = Time::parse("2026-11-29T09:10:05.678Z").unwrap();
        Bucket::new(settings(&address)).unwrap().put(now, object()).await.unwrap();
        let (method, path, headers, body) = seen.lock().pop().unwrap();
        assert_eq!(
            (method, path.as_str(), body),
            (Method::PUT, "/examplebucket/status/index.html", "状态".into())
        );
        for (name, value) in [
            ("x-amz-date", "20261129T091005Z"),
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "public, max-age=30"),
            ("host", address.strip_prefix("http://").unwrap()),
        ] {
            assert_eq!(headers[name], value);
        }
        let begin = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261129/us-east-1/s3/aws4_request,\
                     SignedHeaders=cache-control;content-type;host;x-amz-content-sha256;x-amz-date,Signature=";
        assert!(headers["authorization"].to_str().unwrap().starts_with(begin), "{headers:?}");

        let other = BucketSettings { secret_key: "another".to_owned(), ..settings(&address) };
        let refused = Bucket::new(other).unwrap().put(now, object()).await.unwrap_err();
        assert_eq!(refused.to_string(), "the object store refused: 403 SignatureDoesNotMatch");
        let gone = Bucket::new(settings("http://127.0.0.1:9")).unwrap().put(now, object()).await;
        assert!(matches!(gone, Err(PutError::Unreachable)));
    }
}
