//! What waits to be written to one socket. Bounded: a reader that is too slow is closed and resumes from SQL, so that
//! nothing is silently dropped and no memory is held for it.

use std::collections::VecDeque;

use axum::extract::ws::Utf8Bytes;
use parking_lot::Mutex;
use standfast_domain::RequestId;
use tokio::sync::Notify;

/// Most bytes that wait for one socket.
const MOST_BYTES: usize = 256 << 10;
/// What one waiting frame costs beside its bytes.
const FRAME_COST: usize = 64;

/// Why the server ends a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bye {
    /// The server stops; come back after so many milliseconds.
    Drain(u64),
    /// Too much waits to be read.
    Slow,
    /// The credential is no longer valid, or the ticket was not.
    Revoked,
    /// Something came that is not part of the protocol, or too much of it.
    Protocol,
}

impl Bye {
    /// The word in the frame, and for the metrics.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Drain(_) => "drain",
            Self::Slow => "slow",
            Self::Revoked => "revoked",
            Self::Protocol => "protocol",
        }
    }

    /// The code with which the socket closes (RFC 6455 §7.4).
    pub(crate) const fn close_code(self) -> u16 {
        match self {
            Self::Drain(_) => 1001,
            Self::Slow => 1013,
            Self::Revoked | Self::Protocol => 1008,
        }
    }

    /// When to come back.
    pub(crate) const fn retry_after_ms(self) -> Option<u64> {
        match self {
            Self::Drain(ms) => Some(ms),
            _ => None,
        }
    }
}

/// Something to be written.
#[derive(Clone, Debug)]
pub(crate) enum Out {
    /// A frame as it is.
    Frame(Utf8Bytes),
    /// An entry of a followed request; without a frame when its reader may not see it, so that the reader's place in
    /// the sequence moves on all the same.
    Entry { request: RequestId, seq: i64, frame: Option<Utf8Bytes> },
}

impl Out {
    fn cost(&self) -> usize {
        let bytes = match self {
            Self::Frame(frame) | Self::Entry { frame: Some(frame), .. } => frame.len(),
            Self::Entry { frame: None, .. } => 0,
        };
        bytes + FRAME_COST
    }
}

#[derive(Debug, Default)]
struct Inside {
    queue: VecDeque<Out>,
    bytes: usize,
    bye: Option<Bye>,
}

/// The mailbox of one socket.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    inside: Mutex<Inside>,
    changed: Notify,
    ended: Notify,
}

impl Mailbox {
    /// Puts something in. Beyond the bound, the socket is told to go and the queue is given up.
    pub(crate) fn put(&self, out: Out) {
        let mut inside = self.inside.lock();
        if inside.bye.is_some() {
            return;
        }
        inside.bytes += out.cost();
        if inside.bytes > MOST_BYTES {
            drop(inside);
            return self.end(Bye::Slow);
        }
        inside.queue.push_back(out);
        drop(inside);
        self.changed.notify_one();
    }

    /// Ends the connection. What waits is not written any more.
    pub(crate) fn end(&self, bye: Bye) {
        let mut inside = self.inside.lock();
        if inside.bye.is_none() {
            inside.bye = Some(bye);
            inside.queue = VecDeque::new();
            inside.bytes = 0;
        }
        drop(inside);
        self.changed.notify_one();
        self.ended.notify_one();
    }

    /// What is next: `Err` when the connection is to end, `Ok(None)` when there is nothing.
    pub(crate) fn take(&self) -> Result<Option<Out>, Bye> {
        let mut inside = self.inside.lock();
        if let Some(bye) = inside.bye {
            return Err(bye);
        }
        let out = inside.queue.pop_front();
        match &out {
            Some(out) => inside.bytes -= out.cost(),
            // An idle socket holds no queue at all.
            None => inside.queue = VecDeque::new(),
        }
        Ok(out)
    }

    /// Ready when something was put in or the end was announced since the last time.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Ready when the end was announced.
    pub(crate) async fn ended(&self) -> Bye {
        loop {
            if let Some(bye) = self.inside.lock().bye {
                return bye;
            }
            self.ended.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_is_ended_and_holds_nothing() {
        let mailbox = Mailbox::default();
        let frame = Utf8Bytes::from("x".repeat(1_000));
        for _ in 0..240 {
            mailbox.put(Out::Frame(frame.clone()));
        }
        assert!(mailbox.take().is_ok());
        for _ in 0..20 {
            mailbox.put(Out::Frame(frame.clone()));
        }
        assert_eq!(mailbox.take().unwrap_err(), Bye::Slow);
        assert_eq!(mailbox.inside.lock().queue.capacity(), 0);
    }

    #[test]
    fn what_was_put_in_comes_out_in_order() {
        let mailbox = Mailbox::default();
        for n in 0..3 {
            mailbox.put(Out::Entry { request: RequestId(1), seq: n, frame: None });
        }
        for n in 0..3 {
            assert!(matches!(mailbox.take(), Ok(Some(Out::Entry { seq, .. })) if seq == n));
        }
        assert!(matches!(mailbox.take(), Ok(None)));
        assert_eq!(mailbox.inside.lock().bytes, 0);
    }
}
