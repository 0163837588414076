//! Credentials of other systems.

use standfast_domain::{AgentId, Time, TokenId, TokenKind};

use crate::{Error, Rd, Row, Tx, params};

/// A machine token as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0003_drivers.sql")]
pub struct TokenRow {
    pub id: TokenId,
    pub kind: TokenKind,
    pub name: String,
    pub token_hash: Option<Vec<u8>>,
    pub scopes: String,
    pub created_by: AgentId,
    pub created_at: Time,
    pub used_at: Option<Time>,
    pub revoked_at: Option<Time>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, name, token_hash, scopes, created_by, created_at, used_at, revoked_at ",
            "FROM machine_token ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<TokenRow, Error> {
    Ok(TokenRow {
        id: row.get(0)?,
        kind: row.parse(1, TokenKind::parse)?,
        name: row.get(2)?,
        token_hash: row.get(3)?,
        scopes: row.get(4)?,
        created_by: row.get(5)?,
        created_at: row.get(6)?,
        used_at: row.get(7)?,
        revoked_at: row.get(8)?,
    })
}

/// All tokens, revoked ones too, the latest first.
pub fn list(rd: &mut Rd) -> Result<Vec<TokenRow>, Error> {
    rd.query(select!("ORDER BY id DESC"), params![], row)
}

/// Tokens of a kind that are good.
pub fn list_valid(rd: &mut Rd, kind: TokenKind) -> Result<Vec<TokenRow>, Error> {
    rd.query(select!("WHERE kind = $1 AND revoked_at IS NULL ORDER BY id"), params![kind.as_str()], row)
}

/// The good token under this hash.
pub fn find_valid(rd: &mut Rd, token_hash: &[u8]) -> Result<Option<TokenRow>, Error> {
    rd.query_opt(select!("WHERE token_hash = $1 AND revoked_at IS NULL"), params![token_hash], row)
}

/// Whether the token with this id is good.
pub fn is_valid(rd: &mut Rd, id: TokenId) -> Result<bool, Error> {
    let sql = "SELECT id FROM machine_token WHERE id = $1 AND revoked_at IS NULL";
    Ok(rd.query_opt(sql, params![id], |row| row.get::<TokenId>(0))?.is_some())
}

/// Writes a new token.
pub fn insert(tx: &mut Tx, t: &TokenRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO machine_token (id, kind, name, token_hash, scopes, created_by, created_at, used_at, revoked_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            t.id,
            t.kind.as_str(),
            t.name,
            t.token_hash,
            t.scopes,
            t.created_by,
            t.created_at,
            t.used_at,
            t.revoked_at
        ],
    )
}

/// Notes that a token was used; queued.
pub fn touch(tx: &mut Tx, id: TokenId, now: Time) -> Result<(), Error> {
    tx.run("UPDATE machine_token SET used_at = $2 WHERE id = $1", params![id, now])
}

/// Takes a token back; whether there was a good one.
pub fn revoke(tx: &mut Tx, id: TokenId, now: Time) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE machine_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
        params![id, now],
    )?;
    Ok(changed == 1)
}
