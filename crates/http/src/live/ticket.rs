//! One-time tickets: a socket cannot carry an `Authorization` header, and a cookie alone would let foreign pages open
//! one. A ticket is fetched by an ordinary call, says nothing by itself, and is good for one `hello` within 30 seconds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use standfast_desk::{Desk, Keys};
use standfast_domain::{Clock, Time};

use crate::credential::{Caller, same};

/// How long a ticket is good for.
const LIFE: Duration = Duration::from_secs(30);
/// Most tickets at a time; beyond, the oldest ones go.
const MOST: usize = 65_536;

type Nonce = [u8; 16];

/// The tickets that were given out and not used yet.
pub(crate) struct Tickets {
    clock: Arc<dyn Clock>,
    open: Mutex<HashMap<Nonce, (Caller, Duration)>>,
}

impl Tickets {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, open: Mutex::default() }
    }

    /// A ticket for a caller, and when it ends.
    pub(crate) fn issue(&self, desk: &Desk, caller: Caller) -> (String, Time) {
        let nonce: Nonce = desk.entropy().bytes();
        let (now, ends) = (self.clock.monotonic(), self.clock.now().plus(LIFE));
        let mut open = self.open.lock();
        if open.len() >= MOST {
            open.retain(|_, (_, until)| *until > now);
        }
        if open.len() >= MOST
            && let Some(oldest) = open.iter().min_by_key(|(_, (_, until))| *until).map(|(nonce, _)| *nonce)
        {
            open.remove(&oldest);
        }
        open.insert(nonce, (caller, now + LIFE));
        (write(desk.keys(), &nonce), ends)
    }

    /// The caller behind a ticket, once.
    pub(crate) fn redeem(&self, keys: &Keys, ticket: &str) -> Option<Caller> {
        let nonce = read(keys, ticket)?;
        let (caller, until) = self.open.lock().remove(&nonce)?;
        (self.clock.monotonic() < until).then_some(caller)
    }
}

/// A ticket: 16 bytes of chance and 16 of their MAC, so that made-up ones are told without looking them up.
fn write(keys: &Keys, nonce: &Nonce) -> String {
    let mac = keys.ticket_mac(nonce);
    let mut bytes = nonce.to_vec();
    bytes.extend(mac.iter().take(16));
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read(keys: &Keys, ticket: &str) -> Option<Nonce> {
    let bytes = URL_SAFE_NO_PAD.decode(ticket).ok()?;
    let (nonce, mac) = bytes.split_first_chunk::<16>()?;
    let expected = keys.ticket_mac(nonce);
    same(expected.first_chunk::<16>()?, mac).then_some(*nonce)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tickets_are_read_back_and_cannot_be_made_up() {
        let keys = Keys::new(&[7; 32]);
        let ticket = write(&keys, &[3; 16]);
        assert_eq!(read(&keys, &ticket), Some([3; 16]));
        assert_eq!(read(&Keys::new(&[8; 32]), &ticket), None);
        assert_eq!(read(&keys, ""), None);
    }

    proptest! {
        #[test]
        fn any_text_is_refused(text in "\\PC{0,80}") {
            prop_assert_eq!(read(&Keys::new(&[7; 32]), &text), None);
        }

        #[test]
        fn any_change_is_refused(nonce: [u8; 16], place in 0_usize..43, with in "[A-Za-z0-9_-]") {
            let keys = Keys::new(&[7; 32]);
            let ticket = write(&keys, &nonce);
            let mut changed = ticket.clone();
            changed.replace_range(place..=place, &with);
            prop_assert_eq!(read(&keys, &changed).is_some(), changed == ticket);
        }
    }
}
