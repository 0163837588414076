//! An HTTP/1.1 connection that costs little: hand-made requests, and of the answers only what is needed.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, bail};
use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// A connection that is kept open between calls.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) head: &'a [u8],
    pub(crate) body: &'a [u8],
}

impl Line {
    /// Opens a connection; `from` is the address that it comes from.
    pub(crate) async fn open(to: SocketAddr, from: Ipv4Addr) -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        // Bound with the port left to connect(): ports are then shared between destinations, and there are enough.
        socket.set_reuseaddr(true)?;
        if from != Ipv4Addr::LOCALHOST {
            socket.bind(SocketAddr::from((from, 0)))?;
        }
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(2_048) })
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn call(&mut self, request: &[u8]) -> anyhow::Result<Reply<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (head, length) = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") {
                break (end + 4, length(self.buffer.get(..end).unwrap_or_default()));
            }
        };
        while self.buffer.len() < head + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection within an answer");
            }
        }
        let (head, body) = self.buffer.split_at(head);
        let status = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        Ok(Reply { status: status.context("no status line")?, head, body })
    }

    /// Whether anything is left over from an answer that nobody waited for.
    pub(crate) fn leftover(self) -> (TcpStream, Vec<u8>) {
        (self.stream, self.buffer)
    }
}

fn length(head: &[u8]) -> usize {
    let Some(at) = memmem::find(head, b"content-length: ") else { return 0 };
    let digits = head.get(at + 16..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'))
}

/// The text between `before` and the next quote: members of JSON answers without parsing them.
pub(crate) fn member<'a>(body: &'a [u8], before: &str) -> Option<&'a str> {
    let start = memmem::find(body, before.as_bytes())? + before.len();
    let rest = body.get(start..)?;
    std::str::from_utf8(rest.get(..memchr::memchr(b'"', rest)?)?).ok()
}

/// The number behind `name` in a frame.
pub(crate) fn number(text: &[u8], name: &[u8]) -> Option<f64> {
    let rest = text.get(memmem::find(text, name)? + name.len()..)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()
}

/// Writes a request with a body of JSON. `who` is the line of the credential, with its line end.
pub(crate) fn post(request: &mut Vec<u8>, path: &str, host: SocketAddr, who: &str, body: &str) {
    use std::io::Write as _;
    request.clear();
    // Writing to memory does not fail.
    let _ = write!(
        request,
        "POST {path} HTTP/1.1\r\nhost: {host}\r\n{who}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
}

/// Writes a request without a body.
pub(crate) fn get(request: &mut Vec<u8>, path: &str, host: SocketAddr, who: &str) {
    use std::io::Write as _;
    request.clear();
    let _ = write!(request, "GET {path} HTTP/1.1\r\nhost: {host}\r\n{who}\r\n");
}

/// The credential of a visitor.
pub(crate) fn visitor(secret: &str) -> String {
    format!("authorization: Visitor {secret}\r\n")
}
