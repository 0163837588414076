//! A live socket (RFC 6455) that costs little: no extensions, small buffers, a mask of zeros.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, bail};
use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::line::{Line, member, number};

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A socket that has said hello and was greeted.
#[derive(Debug)]
pub(crate) struct Socket {
    reader: Reader,
    writer: Writer,
}

/// The half that hears.
#[derive(Debug)]
pub(crate) struct Reader {
    stream: OwnedReadHalf,
    buffer: Vec<u8>,
    /// How much of the buffer is the frame that was handed out last.
    taken: usize,
}

/// The half that speaks.
#[derive(Debug)]
pub(crate) struct Writer(OwnedWriteHalf);

/// What was heard.
#[derive(Debug)]
pub(crate) enum Heard<'a> {
    Text(&'a [u8]),
    Ping(Vec<u8>),
    Other,
}

/// Gets a ticket over `line`. `who` is the credential.
pub(crate) async fn ticket(line: &mut Line, host: SocketAddr, who: &str) -> anyhow::Result<String> {
    let request =
        format!("POST /api/v1/live/ticket HTTP/1.1\r\nhost: {host}\r\n{who}content-length: 0\r\n\r\n");
    let reply = line.call(request.as_bytes()).await?;
    let ticket = member(reply.body, r#""ticket":""#).map(str::to_owned);
    ticket.with_context(|| format!("no ticket: {}", reply.status))
}

impl Socket {
    /// Opens a socket and says hello. `cursors` are the members of the object of that name.
    pub(crate) async fn open(
        host: SocketAddr,
        from: Ipv4Addr,
        ticket: &str,
        cursors: &str,
    ) -> anyhow::Result<Self> {
        Ok(Self::greeted(host, from, ticket, cursors).await?.0)
    }

    /// The same, and within how many milliseconds the desk wants it back if it is lost.
    pub(crate) async fn greeted(
        host: SocketAddr,
        from: Ipv4Addr,
        ticket: &str,
        cursors: &str,
    ) -> anyhow::Result<(Self, f64)> {
        let mut line = Line::open(host, from).await?;
        let request = format!(
            "GET /api/v1/live HTTP/1.1\r\nhost: {host}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let reply = line.call(request.as_bytes()).await?;
        if reply.status != 101 {
            bail!("no socket: {}", reply.status);
        }
        let rest = reply.body.to_vec();
        let (read, write) = TcpStream::into_split(line.leftover().0);
        let reader = Reader { stream: read, buffer: rest, taken: 0 };
        let mut socket = Self { reader, writer: Writer(write) };
        socket.say(&format!(r#"{{"t":"hello","v":1,"ticket":"{ticket}","cursors":{{{cursors}}}}}"#)).await?;
        loop {
            match socket.reader.hear().await? {
                Heard::Text(text) if memmem::find(text, br#""t":"ready""#).is_some() => {
                    let window = number(text, br#""return_ms":"#).context("no return_ms")?;
                    return Ok((socket, window));
                }
                Heard::Text(text) if memmem::find(text, br#""t":"bye""#).is_some() => bail!("not greeted"),
                _ => {}
            }
        }
    }

    pub(crate) async fn say(&mut self, text: &str) -> anyhow::Result<()> {
        self.writer.say(text).await
    }

    /// The next text; answers pings on the way.
    pub(crate) async fn hear(&mut self) -> anyhow::Result<&[u8]> {
        loop {
            // Looked at twice, because a text that is handed out keeps the buffer borrowed.
            if self.reader.next_is_text().await? {
                break;
            }
            if let Heard::Ping(body) = self.reader.hear().await? {
                self.writer.frame(PONG, &body).await?;
            }
        }
        match self.reader.hear().await? {
            Heard::Text(text) => Ok(text),
            _ => bail!("not a text"),
        }
    }

    pub(crate) fn split(self) -> (Reader, Writer) {
        (self.reader, self.writer)
    }
}

impl Writer {
    pub(crate) async fn say(&mut self, text: &str) -> anyhow::Result<()> {
        self.frame(TEXT, text.as_bytes()).await
    }

    pub(crate) async fn pong(&mut self, body: &[u8]) -> anyhow::Result<()> {
        self.frame(PONG, body).await
    }

    async fn frame(&mut self, kind: u8, body: &[u8]) -> anyhow::Result<()> {
        let mut frame = Vec::with_capacity(body.len() + 14);
        frame.push(0x80 | kind);
        match u16::try_from(body.len()) {
            Ok(short @ ..126) => frame.push(0x80 | short as u8),
            Ok(middle) => {
                frame.push(0x80 | 0x7e);
                frame.extend_from_slice(&middle.to_be_bytes());
            }
            Err(_) => bail!("a frame of {} bytes", body.len()),
        }
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(body);
        Ok(self.0.write_all(&frame).await?)
    }
}

/// A frame in the buffer: its kind, where its body starts, and where it ends.
fn parse(buffer: &[u8]) -> Option<(u8, usize, usize)> {
    let (kind, length) = (buffer.first()? & 0x0f, buffer.get(1)? & 0x7f);
    let (start, length) = match length {
        126 => (4, u64::from(u16::from_be_bytes(buffer.get(2..4)?.try_into().ok()?))),
        127 => (10, u64::from_be_bytes(buffer.get(2..10)?.try_into().ok()?)),
        short => (2, u64::from(short)),
    };
    let end = start + length as usize;
    (buffer.len() >= end).then_some((kind, start, end))
}

impl Reader {
    async fn fill(&mut self) -> anyhow::Result<(u8, usize, usize)> {
        self.buffer.drain(..std::mem::take(&mut self.taken));
        loop {
            if let Some(frame) = parse(&self.buffer) {
                return Ok(frame);
            }
            if self.buffer.is_empty() {
                // An idle socket holds no room.
                self.buffer.shrink_to(0);
                self.stream.readable().await?;
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the socket was closed");
            }
        }
    }

    async fn next_is_text(&mut self) -> anyhow::Result<bool> {
        Ok(self.fill().await?.0 == TEXT)
    }

    /// The next frame.
    pub(crate) async fn hear(&mut self) -> anyhow::Result<Heard<'_>> {
        let (kind, start, end) = self.fill().await?;
        self.taken = end;
        let body = self.buffer.get(start..end).unwrap_or_default();
        Ok(match kind {
            TEXT => Heard::Text(body),
            PING => Heard::Ping(body.to_vec()),
            CLOSE => bail!("the server closed the socket: {}", String::from_utf8_lossy(body)),
            _ => Heard::Other,
        })
    }
}
