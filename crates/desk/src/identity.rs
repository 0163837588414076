//! Identities that the wallet's backend vouches for: a short-lived signed token makes a visitor a known customer.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use standfast_domain::{Author, CustomerId, Event, Language, RequestId, Time};
use standfast_store::customer::{self, CustomerRow};
use standfast_store::{Lane, Tx, request};

use crate::caller::{Visitor, hex};
use crate::draft::plain;
use crate::evidence::look_after_uniting;
use crate::receipt::visitor_shard;
use crate::record::Record;
use crate::view::CustomerView;
use crate::{Desk, Error, keys};

/// A token may be valid for this long at most, counted from when it was issued.
const LONGEST: i64 = 10 * 60;
/// Clocks may differ by this much.
const LEEWAY: i64 = 60;
/// Most requests of a visitor that are told of in their records.
const MOST_TOLD: usize = 50;
/// What is kept of a name and of an address, in bytes.
const NAME_BYTES: usize = 120;
const EMAIL_BYTES: usize = 254;

/// A key shared with the wallet's backend.
#[derive(Clone)]
pub struct HostKey {
    /// Who signs with it: the `iss` of its tokens.
    pub issuer: String,
    /// At least 32 secret bytes.
    pub secret: Vec<u8>,
}

impl std::fmt::Debug for HostKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostKey").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

/// What a token says (RFC 7519): issuer, subject, times, and optionally a name and a mail address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Option<String>,
    iat: i64,
    exp: i64,
    name: Option<String>,
    email: Option<String>,
}

/// Checks a token: compact JWS (RFC 7515) with HS256 and nothing else, so that no token can choose how it is checked.
fn check(token: &str, keys: &[HostKey], now: i64) -> Result<Claims, Error> {
    let refuse = Error::IdentityToken;
    if token.len() > 4_096 {
        return Err(refuse("too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(refuse("not a JWT"))?;
    let (header, payload) = signed.split_once('.').ok_or(refuse("not a JWT"))?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| refuse("not base64url"));
    let header: Header =
        serde_json::from_slice(&decode(header)?).map_err(|_| refuse("header is not JSON"))?;
    if header.alg != "HS256" {
        return Err(refuse("algorithm is not HS256"));
    }
    let claims: Claims = serde_json::from_slice(&decode(payload)?)
        .map_err(|_| refuse("claims iss, sub, iat and exp are needed"))?;
    let key = keys.iter().find(|key| key.issuer == claims.iss).ok_or(refuse("issuer is not known"))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.secret).map_err(|_| refuse("key"))?;
    mac.update(signed.as_bytes());
    if !keys::same(&mac.finalize().into_bytes(), &decode(signature)?) {
        return Err(refuse("signature does not fit"));
    }
    if claims.aud.as_deref().is_some_and(|audience| audience != "standfast") {
        return Err(refuse("audience is not standfast"));
    }
    if claims.exp <= now - LEEWAY {
        return Err(refuse("expired"));
    }
    if claims.iat > now + LEEWAY {
        return Err(refuse("issued in the future"));
    }
    if claims.exp.saturating_sub(claims.iat) > LONGEST {
        return Err(refuse("valid for more than ten minutes"));
    }
    if claims.sub.is_empty() || claims.sub.len() > 200 {
        return Err(refuse("subject is empty or too long"));
    }
    Ok(claims)
}

/// Makes a visitor the customer whom the wallet's backend vouches for. What the visitor asked before goes along.
pub async fn identify(desk: &Desk, visitor: &Visitor, token: &str) -> Result<CustomerView, Error> {
    let now = desk.now();
    let claims = check(token, &desk.settings().host_keys, now.millis() / 1_000)?;
    let mut findings = crate::screening::Findings::default();
    let mut given = |text: &Option<String>, most: usize| {
        // Screened whole: what is cut off first could leave half of a secret that nobody recognises.
        let text = findings.text(plain(text.as_deref()?).trim());
        text.get(..text.floor_char_boundary(most)).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let (name, email) = (given(&claims.name, NAME_BYTES), given(&claims.email, EMAIL_BYTES));
    let subject = subject(&claims);
    // Where this visitor's first words are written: they must not meet the customer that he is about to leave.
    let shard = visitor_shard(visitor);
    let (unit_desk, visitor) = (desk.clone(), visitor.subject().to_owned());
    let fresh = CustomerRow {
        id: CustomerId(desk.id()),
        name,
        email,
        language: Language::default(),
        verified: true,
        first_seen_at: now,
    };
    desk.store()
        .write(Lane::Ordinary, shard, move |tx| {
            let host = customer::hold_identity(tx, "host", &subject)?;
            let visiting = customer::hold_identity(tx, "visitor", &visitor)?;
            let id = match (host, visiting) {
                (Some(host), Some(visiting)) if host == visiting => host,
                (Some(host), Some(visiting)) => {
                    unite(tx, &unit_desk, &visitor, visiting, host)?;
                    host
                }
                (Some(host), None) => {
                    customer::add_identity(tx, "visitor", &visitor, host, now)?;
                    host
                }
                (None, visiting) => vouch(tx, &unit_desk, &fresh, &subject, &visitor, visiting)?,
            };
            let mut row = customer::find(tx, id)?.ok_or(Error::Inconsistent("customer"))?;
            customer::vouch(tx, id, fresh.name.as_deref(), fresh.email.as_deref())?;
            row.name = fresh.name.clone().or(row.name);
            Ok(CustomerView { id, name: row.name, verified: true })
        })
        .await
}

/// The name under which the store knows whom a token speaks of. Hashed, so that no two are ever one, whatever they
/// look like, and so that nothing is kept that the host app may have put there.
fn subject(claims: &Claims) -> String {
    hex(&Sha256::digest(format!("{} {} {}", claims.iss.len(), claims.iss, claims.sub)))
}

/// A host identity that is seen for the first time.
fn vouch(
    tx: &mut Tx,
    desk: &Desk,
    fresh: &CustomerRow,
    subject: &str,
    visitor: &str,
    visiting: Option<CustomerId>,
) -> Result<CustomerId, Error> {
    let now = fresh.first_seen_at;
    let is_vouched_for = match visiting {
        Some(id) => customer::find(tx, id)?.is_some_and(|row| row.verified),
        None => false,
    };
    let id = match visiting {
        // The device changed hands: the other user's conversations stay with the other user.
        Some(_) if is_vouched_for => {
            customer::insert(tx, fresh)?;
            customer::move_identity(tx, "visitor", visitor, fresh.id)?;
            fresh.id
        }
        Some(id) => {
            tell(tx, desk, id, id)?;
            id
        }
        None => {
            customer::insert(tx, fresh)?;
            customer::add_identity(tx, "visitor", visitor, fresh.id, now)?;
            fresh.id
        }
    };
    customer::add_identity(tx, "host", subject, id, now)?;
    Ok(id)
}

/// Makes the visitor part of the known customer, with everything asked so far.
fn unite(
    tx: &mut Tx,
    desk: &Desk,
    visitor: &str,
    visiting: CustomerId,
    host: CustomerId,
) -> Result<(), Error> {
    if customer::find(tx, visiting)?.is_some_and(|row| row.verified) {
        // Another known customer used this device before: only the device moves.
        return customer::move_identity(tx, "visitor", visitor, host).map_err(Error::from);
    }
    tell(tx, desk, visiting, host)?;
    customer::merge(tx, visiting, host)?;
    look_after_uniting(tx, desk, host, desk.now())
}

/// Says in the visitor's latest records that it is known now who it is, and gives all of them to that customer.
fn tell(tx: &mut Tx, desk: &Desk, visiting: CustomerId, known: CustomerId) -> Result<(), Error> {
    let now = desk.now();
    let mut seen = BTreeSet::new();
    // Whoever held one of the requests may have begun another for the same customer before this unit got it: the list is
    // read until nothing is new.
    loop {
        let ids = request::list_ids_of_customer(tx, visiting)?;
        let new: Vec<RequestId> = ids.into_iter().filter(|id| seen.insert(*id)).collect();
        if new.is_empty() {
            return Ok(());
        }
        tell_of(tx, desk, new, visiting, known, now)?;
    }
}

fn tell_of(
    tx: &mut Tx,
    desk: &Desk,
    ids: Vec<RequestId>,
    visiting: CustomerId,
    known: CustomerId,
    now: Time,
) -> Result<(), Error> {
    let untold = ids.len().saturating_sub(MOST_TOLD);
    for (at, id) in ids.into_iter().enumerate() {
        if at < untold && visiting == known {
            continue;
        }
        let mut record = Record::lock(tx, id)?;
        if record.row.customer_id != visiting {
            continue;
        }
        record.row.customer_id = known;
        if at >= untold {
            record.tell(desk.entropy(), now, Author::System, Event::Identified)?;
        }
        record.save(tx, desk.keys(), now)?;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;

#[cfg(test)]
mod token_tests {
    use super::*;

    fn token(alg: &str, claims: &str, secret: &[u8]) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", part(&format!("{{\"alg\":\"{alg}\",\"typ\":\"JWT\"}}")), part(claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    #[test]
    fn only_fresh_tokens_of_a_known_issuer_are_taken() {
        let keys = [HostKey { issuer: "wallet".to_owned(), secret: vec![7; 32] }];
        let claims = |iss: &str, iat: i64, exp: i64| {
            format!("{{\"iss\":\"{iss}\",\"sub\":\"u1\",\"iat\":{iat},\"exp\":{exp}}}")
        };
        let ok = claims("wallet", 1_000, 1_300);
        assert_eq!(check(&token("HS256", &ok, &[7; 32]), &keys, 1_100).unwrap().sub, "u1");
        let early = token("HS256", &claims("wallet", i64::MIN, i64::MAX), &[7; 32]);
        for (bad, why) in [
            (early, "valid for more than ten minutes"),
            (token("none", &ok, &[7; 32]), "algorithm is not HS256"),
            (token("HS256", &ok, &[8; 32]), "signature does not fit"),
            (token("HS256", &claims("other", 1_000, 1_300), &[7; 32]), "issuer is not known"),
            (token("HS256", &claims("wallet", 100, 700), &[7; 32]), "expired"),
            (token("HS256", &claims("wallet", 5_000, 5_300), &[7; 32]), "issued in the future"),
            (token("HS256", &claims("wallet", 1_000, 9_000), &[7; 32]), "valid for more than ten minutes"),
            ("a.b".to_owned(), "not a JWT"),
            ("a.!.c".to_owned(), "not base64url"),
        ] {
            match check(&bad, &keys, 1_100) {
                Err(Error::IdentityToken(reason)) => assert_eq!(reason, why),
                other => panic!("{bad}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_signature_is_that_of_rfc_7515() {
        // RFC 7515 appendix A.1: its claims lack `sub`, so that the signature alone is compared.
        let signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let key = URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        assert_eq!(signature, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }
}
