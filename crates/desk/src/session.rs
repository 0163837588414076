//! Signing in: a random token in a cookie, its SHA-256 in the store.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use standfast_domain::{AgentId, Time};
use standfast_store::agent::{self, SessionRow};
use standfast_store::{Lane, Rd};

use crate::agents::{check_password, views};
use crate::view::AgentView;
use crate::{AgentCaller, Desk, Error};

/// A session ends after this, used or not.
const LONGEST: Duration = Duration::from_hours(12);
/// A session ends when it was not used for this long.
const IDLE: Duration = Duration::from_hours(2);
/// Use is noted this often.
const TOUCH: Duration = Duration::from_mins(1);
/// A session that was looked up is believed for this long, which is how late a revocation is noticed at most.
const BELIEVED: Duration = Duration::from_secs(3);
/// Most sessions believed at a time.
const MOST_BELIEVED: usize = 4_096;

/// A new session.
#[derive(Clone)]
pub struct SignedIn {
    /// The secret for the cookie.
    pub token: String,
    /// Who signed in.
    pub agent: AgentView,
    /// When the session ends at the latest.
    pub expires_at: Time,
}

#[derive(Clone, Debug)]
struct Believed {
    caller: AgentCaller,
    view: AgentView,
    until: Duration,
}

/// Sessions looked up in the last seconds.
#[derive(Debug, Default)]
pub(crate) struct SessionCache(Mutex<HashMap<[u8; 32], Believed>>);

impl SessionCache {
    pub(crate) fn forget(&self, agent: AgentId) {
        self.0.lock().retain(|_, believed| believed.caller.id != agent);
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A hash of no password at all, so that an unknown address takes as long as a wrong password.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c3RhbmRmYXN0c3RhbmRmYXN0$0VfyTnN1pTAAiLUZkF1rQk1XtNHgzuHPD/4Li/+1OkE";

/// Checks address and password and opens a session.
pub async fn sign_in(desk: &Desk, email: &str, password: &str) -> Result<SignedIn, Error> {
    let email = email.trim().to_lowercase();
    if password.len() > 512 || email.len() > 254 {
        return Err(Error::WrongPassword);
    }
    let row = desk.store().read(move |rd| agent::find_by_email(rd, &email).map_err(Error::from)).await?;
    let stored = row.as_ref().map_or(NOBODY, |row| &row.password_hash).to_owned();
    let fits = check_password(desk, stored, password.to_owned()).await?;
    let row = row.filter(|row| fits && row.disabled_at.is_none()).ok_or(Error::WrongPassword)?;
    let token = URL_SAFE_NO_PAD.encode(desk.entropy().bytes::<32>());
    let (now, key) = (desk.now(), hash(&token));
    let expires_at = now.plus(LONGEST);
    let session = SessionRow { agent_id: row.id, created_at: now, seen_at: now, expires_at };
    let opened = desk.store().write(Lane::AtRisk, row.id.0, move |tx| {
        agent::insert_session(tx, &key, &session)?;
        views(tx, vec![row.clone()])
    });
    let agent = opened.await?.pop().ok_or(Error::Inconsistent("agent"))?;
    desk.shared.directory.put(agent.id, agent.name.clone());
    Ok(SignedIn { token, agent, expires_at })
}

/// Asks somebody who is signed in for the password once more, before something that an open screen must not be enough for.
pub async fn confirm_password(desk: &Desk, caller: &AgentCaller, password: &str) -> Result<(), Error> {
    let id = caller.id;
    let row = desk.store().read(move |rd| agent::find(rd, id).map_err(Error::from)).await?;
    let row = row.filter(|row| row.disabled_at.is_none()).ok_or(Error::Unauthenticated)?;
    if password.len() > 512 || password.contains('\0') {
        return Err(Error::PasswordRefused);
    }
    let fits = check_password(desk, row.password_hash, password.to_owned()).await?;
    if fits { Ok(()) } else { Err(Error::PasswordRefused) }
}

/// Who a session belongs to.
pub async fn authenticate(desk: &Desk, token: &str) -> Result<(AgentCaller, AgentView), Error> {
    let (key, tick) = (hash(token), desk.clock().monotonic());
    if let Some(believed) = desk.shared.sessions.0.lock().get(&key).filter(|b| b.until > tick) {
        return Ok((believed.caller.clone(), believed.view.clone()));
    }
    let now = desk.now();
    let (session, view) = desk.store().read(move |rd| look_up(rd, &key, now)).await?;
    if now.since(session.seen_at) > TOUCH {
        let touched =
            desk.store().write(Lane::Background, view.id.0, move |tx| agent::touch_session(tx, &key, now));
        // Whoever reads on must not be stopped by a desk that cannot write just now.
        if let Err(error) = touched.await as Result<(), standfast_store::Error> {
            tracing::debug!(%error, "the use of a session was not noted");
        }
    }
    let caller = AgentCaller { id: view.id, name: view.name.clone(), role: view.role };
    desk.shared.directory.put(view.id, view.name.clone());
    let mut cache = desk.shared.sessions.0.lock();
    if cache.len() >= MOST_BELIEVED {
        cache.retain(|_, believed| believed.until > tick);
        if cache.len() >= MOST_BELIEVED {
            cache.clear();
        }
    }
    cache.insert(key, Believed { caller: caller.clone(), view: view.clone(), until: tick + BELIEVED });
    Ok((caller, view))
}

fn look_up(rd: &mut Rd, key: &[u8; 32], now: Time) -> Result<(SessionRow, AgentView), Error> {
    let session = agent::find_session(rd, key)?.ok_or(Error::Unauthenticated)?;
    if session.expires_at <= now || now.since(session.seen_at) > IDLE {
        return Err(Error::Unauthenticated);
    }
    let row = agent::find(rd, session.agent_id)?.filter(|row| row.disabled_at.is_none());
    let view = views(rd, row.into_iter().collect())?.pop().ok_or(Error::Unauthenticated)?;
    Ok((session, view))
}

/// Ends a session.
pub async fn sign_out(desk: &Desk, token: &str) -> Result<(), Error> {
    let key = hash(token);
    desk.store()
        .write(Lane::Ordinary, 0, move |tx| agent::delete_session(tx, &key).map_err(Error::from))
        .await?;
    desk.shared.sessions.0.lock().remove(&key);
    Ok(())
}
