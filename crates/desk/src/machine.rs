//! Other systems: tokens that an admin issues, and the signatures of webhooks.
//!
//! A bearer token is random, and the store has its SHA-256. The key of a webhook is needed whole to check a signature,
//! so that it is derived from the token's id by a key outside of the database, and nothing is stored of it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use standfast_domain::{AgentId, DriverSource, Permission, Time, TokenId, TokenKind, TokenScope};
use standfast_store::Lane;
use standfast_store::token::{self, TokenRow};
use utoipa::ToSchema;

use crate::agents::check_name;
use crate::keys::same;
use crate::{AgentCaller, Desk, Error};

/// Most tokens that are good at a time.
const MOST_TOKENS: usize = 50;
/// Most of them for webhooks: whoever sends anything has it compared with each of these keys.
const MOST_WEBHOOKS: usize = 5;
/// A signature is taken this long before and after the time that it names.
const WINDOW: Duration = Duration::from_mins(5);
/// Use is noted this often.
const TOUCH: Duration = Duration::from_mins(10);
/// What bearer tokens and keys of webhooks begin with, so that scanners of source code find those that leaked.
const BEARER: &str = "sft_";
const WEBHOOK: &str = "whsec_";

/// Another system, known by a token or by a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineCaller {
    pub(crate) token: TokenId,
    kind: TokenKind,
    scopes: Vec<TokenScope>,
}

impl MachineCaller {
    /// Refuses unless the token is good for this.
    pub fn require(&self, scope: TokenScope) -> Result<(), Error> {
        if self.scopes.contains(&scope) { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// The name under which limits know the caller, and answers to it are remembered.
    #[must_use]
    pub fn scope(&self) -> String {
        format!("t:{}", self.token)
    }

    /// Whose events these are.
    pub(crate) const fn source(&self) -> DriverSource {
        match self.kind {
            TokenKind::Bearer => DriverSource::Api,
            TokenKind::Webhook => DriverSource::Webhook,
        }
    }
}

/// A token to be issued.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What it is for, in the words of whoever issues it.
    pub name: String,
    /// How the system proves who it is.
    pub kind: TokenKind,
    /// What it is good for.
    pub scopes: Vec<TokenScope>,
}

/// A machine token as admins see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokenView {
    /// Id.
    #[schema(value_type = String)]
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// How the system proves who it is.
    pub kind: TokenKind,
    /// What it is good for.
    pub scopes: Vec<TokenScope>,
    /// Who issued it.
    #[schema(value_type = String)]
    pub created_by: AgentId,
    /// When it was issued.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When it was used last, to within ten minutes.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub used_at: Option<Time>,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Time>,
}

/// What a signed call carries in its headers (Standard Webhooks 1.0).
#[derive(Clone, Copy)]
pub struct Signature<'a> {
    /// `webhook-id`: one for each message, the same when it is sent again.
    pub id: &'a str,
    /// `webhook-timestamp`: when it was sent, in seconds since 1970.
    pub timestamp: &'a str,
    /// `webhook-signature`: one or more of `v1,<base64>`, separated by blanks.
    pub signatures: &'a str,
}

fn view(row: TokenRow) -> TokenView {
    TokenView {
        id: row.id,
        name: row.name,
        kind: row.kind,
        scopes: scopes_of(&row.scopes),
        created_by: row.created_by,
        created_at: row.created_at,
        used_at: row.used_at,
        revoked_at: row.revoked_at,
    }
}

fn scopes_of(text: &str) -> Vec<TokenScope> {
    text.split(',').filter_map(TokenScope::parse).collect()
}

/// All tokens, those that were taken back too, the latest first.
pub async fn list_tokens(desk: &Desk, caller: &AgentCaller) -> Result<Vec<TokenView>, Error> {
    caller.require(Permission::ManageTokens)?;
    let rows = desk.store().read(|rd| token::list(rd).map_err(Error::from)).await?;
    Ok(rows.into_iter().map(view).collect())
}

/// Issues a token. The secret is returned here and nowhere else.
pub async fn add_token(
    desk: &Desk,
    caller: &AgentCaller,
    new: NewToken,
) -> Result<(TokenView, String), Error> {
    caller.require(Permission::ManageTokens)?;
    let name = check_name(&new.name)?;
    let mut scopes = new.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(Error::invalid("scopes", "missing"));
    }
    let is_signed = |scope: &TokenScope| matches!(scope, TokenScope::Drivers | TokenScope::Signals);
    if new.kind == TokenKind::Webhook && !scopes.iter().all(is_signed) {
        // Active users come by calls of the API.
        return Err(Error::invalid("scopes", "unknown"));
    }
    let id = TokenId(desk.id());
    let (secret, token_hash) = match new.kind {
        TokenKind::Bearer => {
            let secret = format!("{BEARER}{}", URL_SAFE_NO_PAD.encode(desk.entropy().bytes::<32>()));
            let hash = Sha256::digest(&secret).to_vec();
            (secret, Some(hash))
        }
        TokenKind::Webhook => (format!("{WEBHOOK}{}", STANDARD.encode(desk.keys().webhook_key(id))), None),
    };
    let row = TokenRow {
        id,
        kind: new.kind,
        name,
        token_hash,
        scopes: scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(","),
        created_by: caller.id,
        created_at: desk.now(),
        used_at: None,
        revoked_at: None,
    };
    let shown = view(row.clone());
    desk.store()
        .write(Lane::Ordinary, 0, move |tx| {
            let known = token::list_valid(tx, row.kind)?.len();
            let most = if row.kind == TokenKind::Webhook { MOST_WEBHOOKS } else { MOST_TOKENS };
            if known >= most {
                return Err(Error::invalid("tokens", "too_many"));
            }
            token::insert(tx, &row).map_err(Error::from)
        })
        .await?;
    tracing::info!(token = %id, agent = %caller.id, "a machine token was issued");
    Ok((shown, secret))
}

/// Takes a token back: from now on it is good for nothing.
pub async fn revoke_token(desk: &Desk, caller: &AgentCaller, id: TokenId) -> Result<(), Error> {
    caller.require(Permission::ManageTokens)?;
    let now = desk.now();
    let revoked = desk
        .store()
        .write(Lane::Ordinary, 0, move |tx| token::revoke(tx, id, now).map_err(Error::from))
        .await?;
    tracing::info!(token = %id, agent = %caller.id, "a machine token was taken back");
    if revoked { Ok(()) } else { Err(Error::NotFound) }
}

/// Which system a bearer token belongs to.
pub async fn authenticate_machine(desk: &Desk, secret: &str) -> Result<MachineCaller, Error> {
    if !secret.starts_with(BEARER) || secret.len() > 100 {
        return Err(Error::Unauthenticated);
    }
    let hash = Sha256::digest(secret);
    let found = desk.store().read(move |rd| token::find_valid(rd, &hash).map_err(Error::from)).await?;
    let row = found.ok_or(Error::Unauthenticated)?;
    Ok(known(desk, row).await)
}

/// Which system has signed a call: HMAC-SHA256 over `id.timestamp.body` (Standard Webhooks 1.0).
pub async fn authenticate_webhook(
    desk: &Desk,
    signature: Signature<'_>,
    body: &[u8],
) -> Result<MachineCaller, Error> {
    let refuse = Error::WebhookSignature;
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
    if signature.id.is_empty() || signature.id.len() > 100 || !signature.id.bytes().all(plain) {
        return Err(refuse("webhook-id is missing or not plain"));
    }
    let sent: i64 = signature.timestamp.parse().map_err(|_| refuse("webhook-timestamp is not a number"))?;
    let distance = (desk.now().millis() / 1_000).abs_diff(sent);
    if distance > WINDOW.as_secs() {
        return Err(refuse("webhook-timestamp is more than five minutes away"));
    }
    let given: Vec<Vec<u8>> = signature
        .signatures
        .split(' ')
        .take(16)
        .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
        .collect();
    let rows = desk.store().read(|rd| token::list_valid(rd, TokenKind::Webhook).map_err(Error::from)).await?;
    let fits = |row: &TokenRow| {
        let mac = sign(&desk.keys().webhook_key(row.id), signature.id, signature.timestamp, body);
        given.iter().any(|given| same(&mac, given))
    };
    let row = rows.into_iter().find(fits).ok_or(refuse("no valid key fits the signature"))?;
    Ok(known(desk, row).await)
}

/// The signature of a message under a key.
pub(crate) fn sign(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so that this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

async fn known(desk: &Desk, row: TokenRow) -> MachineCaller {
    let now = desk.now();
    if row.used_at.is_none_or(|used| now.since(used) > TOUCH) {
        let touched = desk.store().write(Lane::Background, 0, move |tx| token::touch(tx, row.id, now));
        if let Err(error) = touched.await as Result<(), standfast_store::Error> {
            tracing::debug!(%error, "the use of a token was not noted");
        }
    }
    MachineCaller { token: row.id, kind: row.kind, scopes: scopes_of(&row.scopes) }
}

#[cfg(test)]
mod tests {
    use standfast_domain::Role;
    use standfast_store::store_test;

    use super::*;
    use crate::testing::TestDesk;

    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        // The example of the specification's libraries.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mac = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b"{\"test\": 2432232314}");
        assert_eq!(STANDARD.encode(mac), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    fn new(kind: TokenKind, scopes: &[TokenScope]) -> NewToken {
        NewToken { name: "Pipeline".to_owned(), kind, scopes: scopes.to_vec() }
    }

    store_test! {
        async fn a_token_is_good_for_what_it_says_until_it_is_taken_back(store) {
            let desk = TestDesk::new(&store);
            let admin = desk.agent("admin", Role::Admin).await;
            let lead = desk.agent("lead", Role::Lead).await;
            let wanted = || new(TokenKind::Bearer, &[TokenScope::Drivers]);
            assert!(matches!(add_token(&desk, &lead, wanted()).await, Err(Error::Forbidden)));
            assert!(matches!(list_tokens(&desk, &lead).await, Err(Error::Forbidden)));
            let (token, secret) = add_token(&desk, &admin, wanted()).await.unwrap();
            let machine = authenticate_machine(&desk, &secret).await.unwrap();
            assert!(machine.require(TokenScope::Drivers).is_ok());
            assert!(matches!(machine.require(TokenScope::ActiveUsers), Err(Error::Forbidden)));
            let listed = list_tokens(&desk, &admin).await.unwrap();
            assert_eq!(listed[0].used_at, Some(desk.now()));
            for wrong in ["", "sft_", &secret[..secret.len() - 1], &secret.to_uppercase()] {
                assert!(matches!(authenticate_machine(&desk, wrong).await, Err(Error::Unauthenticated)), "{wrong}");
            }
            revoke_token(&desk, &admin, token.id).await.unwrap();
            assert!(matches!(authenticate_machine(&desk, &secret).await, Err(Error::Unauthenticated)));
            assert!(matches!(revoke_token(&desk, &admin, token.id).await, Err(Error::NotFound)));
        }

        async fn a_signature_is_taken_from_whoever_has_the_key_and_for_five_minutes(store) {
            let desk = TestDesk::new(&store);
            let admin = desk.agent("admin", Role::Admin).await;
            let wanted = || new(TokenKind::Webhook, &[TokenScope::Drivers]);
            let (other, _) = add_token(&desk, &admin, wanted()).await.unwrap();
            let (token, secret) = add_token(&desk, &admin, wanted()).await.unwrap();
            assert_ne!(desk.keys().webhook_key(other.id), desk.keys().webhook_key(token.id));
            let key = STANDARD.decode(secret.strip_prefix(WEBHOOK).unwrap()).unwrap();
            let second = desk.now().millis() / 1_000;
            let check = async |id: &str, timestamp: i64, body: &[u8], signed: &[u8]| {
                let timestamp = timestamp.to_string();
                let mac = STANDARD.encode(sign(&key, id, &timestamp, signed));
                // Two signatures while a key is changed; unknown versions are passed over.
                let signatures = format!("v2,AAAA v1,{} v1,{mac}", STANDARD.encode([0; 32]));
                let signature = Signature { id, timestamp: &timestamp, signatures: &signatures };
                authenticate_webhook(&desk, signature, body).await
            };
            let machine = check("msg_1", second, b"{}", b"{}").await.unwrap();
            assert_eq!((machine.token, machine.source()), (token.id, DriverSource::Webhook));
            for (id, timestamp, body) in [
                ("msg_1", second, &b"{ }"[..]),
                ("msg_1", second - 301, b"{}"),
                ("msg_1", second + 301, b"{}"),
                ("", second, b"{}"),
                ("a.b", second, b"{}"),
            ] {
                let found = check(id, timestamp, body, b"{}").await;
                assert!(matches!(found, Err(Error::WebhookSignature(_))), "{id} {timestamp} {found:?}");
            }
            revoke_token(&desk, &admin, token.id).await.unwrap();
            assert!(check("msg_1", second, b"{}", b"{}").await.is_err());
        }

        async fn a_webhook_tells_of_events_alone(store) {
            let desk = TestDesk::new(&store);
            let admin = desk.agent("admin", Role::Admin).await;
            for wish in [new(TokenKind::Webhook, &[TokenScope::ActiveUsers]), new(TokenKind::Bearer, &[])] {
                assert!(matches!(
                    add_token(&desk, &admin, wish).await,
                    Err(Error::Invalid { field: "scopes", .. })
                ));
            }
            let wanted = || new(TokenKind::Webhook, &[TokenScope::Drivers]);
            for _ in 0..MOST_WEBHOOKS {
                add_token(&desk, &admin, wanted()).await.unwrap();
            }
            let refused = add_token(&desk, &admin, wanted()).await;
            assert!(matches!(refused, Err(Error::Invalid { field: "tokens", reason: "too_many" })));
        }
    }
}
