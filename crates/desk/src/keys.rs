//! Keys that live outside the database: whoever steals or alters the database alone can neither make links nor
//! mend a record's chain.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use standfast_domain::{AgentId, RequestId, SubscriptionId, TokenId};

use crate::Visitor;

/// The desk's keys, all derived from one master key by HMAC-SHA256 (RFC 2104) with a label each.
#[derive(Clone)]
pub struct Keys {
    link: [u8; 32],
    record: [u8; 32],
    census: [u8; 32],
    minute: [u8; 32],
    ticket: [u8; 32],
    form: [u8; 32],
    webhook: [u8; 32],
    ping: [u8; 32],
    calendar: [u8; 32],
    subscription: [u8; 32],
    feed: [u8; 32],
    probe: [u8; 32],
    address: [u8; 32],
    hidden: [u8; 32],
}

impl Keys {
    /// Derives the keys from 32 secret bytes.
    #[must_use]
    pub fn new(master: &[u8; 32]) -> Self {
        let derive = |label: &str| hmac(master, &[b"standfast key v1 ", label.as_bytes()]);
        Self {
            link: derive("link"),
            record: derive("record"),
            census: derive("census"),
            minute: derive("minute"),
            ticket: derive("ticket"),
            form: derive("form"),
            webhook: derive("webhook"),
            ping: derive("ping"),
            calendar: derive("calendar"),
            subscription: derive("subscription"),
            feed: derive("feed"),
            probe: derive("probe"),
            address: derive("address"),
            hidden: derive("hidden"),
        }
    }

    /// The secret part of a request's link: 128 bits. A higher generation makes older links void.
    #[must_use]
    pub fn link_token(&self, request: RequestId, generation: i64) -> String {
        let mac = hmac(&self.link, &[&request.0.to_be_bytes(), &generation.to_be_bytes()]);
        URL_SAFE_NO_PAD.encode(mac.first_chunk::<16>().unwrap_or(&[0; 16]))
    }

    /// Whether `token` is the secret part of the request's link; takes the same time for any wrong one.
    #[must_use]
    pub fn is_link_token(&self, request: RequestId, generation: i64, token: &str) -> bool {
        same(self.link_token(request, generation).as_bytes(), token.as_bytes())
    }

    /// The MAC of a request's row, which holds the head of its record.
    pub(crate) fn record_mac(&self, row: &[u8]) -> [u8; 32] {
        hmac(&self.record, &[row])
    }

    /// The mark of a test message: 128 bits over the minute, its visitor (64 hexadecimal digits) and its client id.
    pub(crate) fn probe_mark(&self, minute: i64, visitor: &Visitor, client_id: &str) -> String {
        let subject = visitor.subject().as_bytes();
        let mac = hmac(&self.probe, &[&minute.to_be_bytes(), subject, client_id.as_bytes()]);
        URL_SAFE_NO_PAD.encode(mac.first_chunk::<16>().unwrap_or(&[0; 16]))
    }

    /// Whether this is that mark; takes the same time for any wrong one.
    pub(crate) fn is_probe_mark(&self, minute: i64, visitor: &Visitor, client_id: &str, mark: &str) -> bool {
        same(self.probe_mark(minute, visitor, client_id).as_bytes(), mark.as_bytes())
    }

    /// The MAC of what an address commits to, by which masked digits are told to be its key.
    pub(crate) fn hidden_mac(&self, commitment: &[u8]) -> [u8; 32] {
        hmac(&self.hidden, &[commitment])
    }

    /// The MAC of an hour of the census.
    pub(crate) fn census_mac(&self, hour: &[u8]) -> [u8; 32] {
        hmac(&self.census, &[hour])
    }

    /// The MAC of a minute of the ledger.
    pub(crate) fn minute_mac(&self, minute: &[u8]) -> [u8; 32] {
        hmac(&self.minute, &[minute])
    }

    /// What a desk keeps to recognise its key by; tells nothing about it.
    #[must_use]
    pub fn mark(&self) -> String {
        crate::caller::hex(&hmac(&self.record, &[b"standfast key mark 1"]))
    }

    /// The MAC of a one-time ticket for the live socket.
    #[must_use]
    pub fn ticket_mac(&self, payload: &[u8]) -> [u8; 32] {
        hmac(&self.ticket, &[payload])
    }

    /// The key with which another system signs its webhooks.
    pub(crate) fn webhook_key(&self, token: TokenId) -> [u8; 32] {
        hmac(&self.webhook, &[&token.0.to_be_bytes()])
    }

    /// The key with which calls to a webhook of the status page are signed.
    pub(crate) fn subscription_key(&self, id: SubscriptionId) -> [u8; 32] {
        hmac(&self.subscription, &[b"key", &id.0.to_be_bytes()])
    }

    /// The secret part of the link by which a subscription is confirmed and ended: 128 bits.
    pub(crate) fn subscription_token(&self, id: SubscriptionId) -> String {
        let mac = hmac(&self.subscription, &[b"link", &id.0.to_be_bytes()]);
        URL_SAFE_NO_PAD.encode(mac.first_chunk::<16>().unwrap_or(&[0; 16]))
    }

    /// Whether `token` is that secret part; takes the same time for any wrong one.
    pub(crate) fn is_subscription_token(&self, id: SubscriptionId, token: &str) -> bool {
        same(self.subscription_token(id).as_bytes(), token.as_bytes())
    }

    /// The key under which the pings of one day are hashed, made with the day's random bytes.
    pub(crate) fn ping_key(&self, salt: &[u8; 32]) -> [u8; 32] {
        hmac(&self.ping, &[salt])
    }

    /// The secret part of the address of the calendar of expected peaks; another generation makes another one.
    pub(crate) fn feed_secret(&self, generation: &str) -> String {
        let mac = hmac(&self.feed, &[b"peaks", generation.as_bytes()]);
        URL_SAFE_NO_PAD.encode(mac.first_chunk::<16>().unwrap_or(&[0; 16]))
    }

    /// Whether this is that secret; takes the same time for any wrong one.
    pub(crate) fn is_feed_secret(&self, generation: &str, secret: &str) -> bool {
        same(self.feed_secret(generation).as_bytes(), secret.as_bytes())
    }

    /// The MAC in the secret address of somebody's calendar: 128 bits. A higher generation makes older addresses void.
    pub(crate) fn calendar_mac(&self, agent: AgentId, generation: i64) -> [u8; 16] {
        let mac = hmac(&self.calendar, &[&agent.0.to_be_bytes(), &generation.to_be_bytes()]);
        mac.first_chunk::<16>().copied().unwrap_or_default()
    }

    /// What an address is known by where it is not kept: 128 bits, whatever the case of its letters.
    pub(crate) fn address_mark(&self, address: &str) -> [u8; 16] {
        let mac = hmac(&self.address, &[b"mark", address.to_lowercase().as_bytes()]);
        mac.first_chunk::<16>().copied().unwrap_or_default()
    }

    /// The secret part of the link by which whoever has an address ends mail to it: its mark, and 128 bits over that. It needs no row,
    /// so that it holds when everything about the address is erased.
    pub(crate) fn stop_token(&self, mark: &[u8]) -> String {
        let mac = hmac(&self.address, &[b"stop", mark]);
        URL_SAFE_NO_PAD.encode([mark, mac.first_chunk::<16>().unwrap_or(&[0; 16]).as_slice()].concat())
    }

    /// The mark in such a secret part, where it is one; takes the same time for any wrong one.
    pub(crate) fn stopped_mark(&self, token: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let mark = bytes.first_chunk::<16>()?;
        same(self.stop_token(mark).as_bytes(), token.as_bytes()).then(|| mark.to_vec())
    }

    /// The MAC that ties a form to the browser that it was given to.
    #[must_use]
    pub fn form_mac(&self, payload: &[u8]) -> [u8; 32] {
        hmac(&self.form, &[payload])
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// HMAC-SHA256 (RFC 2104) of the parts, one after the other.
pub(crate) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length, so that this cannot fail for 32 bytes.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether two byte strings are equal, in a time that does not tell where they differ.
#[must_use]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_differ_by_request_and_generation() {
        let keys = Keys::new(&[7; 32]);
        let token = keys.link_token(RequestId(1), 0);
        assert_eq!(token.len(), 22);
        assert!(keys.is_link_token(RequestId(1), 0, &token));
        assert!(!keys.is_link_token(RequestId(2), 0, &token));
        assert!(!keys.is_link_token(RequestId(1), 1, &token));
        assert!(!Keys::new(&[8; 32]).is_link_token(RequestId(1), 0, &token));
        assert!(!keys.is_link_token(RequestId(1), 0, ""));
    }

    #[test]
    fn hmac_is_rfc_4231() {
        // RFC 4231 test case 1 has a key of 20 bytes; HMAC pads keys with zeros, so that 32 bytes give the same.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let mac = crate::caller::hex(&hmac(&key, &[b"Hi ", b"There"]));
        assert_eq!(mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    }
}
