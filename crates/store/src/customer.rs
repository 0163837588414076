//! Customers and the identities under which they are known.

use standfast_domain::{CustomerId, Language, Time};

use crate::{Dialect, Error, Rd, Row, Tx, params};

/// A customer as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0001_desk.sql")]
pub struct CustomerRow {
    pub id: CustomerId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub language: Language,
    pub verified: bool,
    pub first_seen_at: Time,
}

fn row(row: &Row<'_>) -> Result<CustomerRow, Error> {
    Ok(CustomerRow {
        id: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        language: row.parse(3, Language::parse)?,
        verified: row.get(4)?,
        first_seen_at: row.get(5)?,
    })
}

/// The customer with this id.
pub fn find(rd: &mut Rd, id: CustomerId) -> Result<Option<CustomerRow>, Error> {
    rd.query_opt(
        "SELECT id, name, email, language, verified, first_seen_at FROM customer WHERE id = $1",
        params![id],
        row,
    )
}

/// The customer behind an identity.
pub fn find_by_identity(rd: &mut Rd, kind: &str, subject: &str) -> Result<Option<CustomerId>, Error> {
    rd.query_opt(
        "SELECT customer_id FROM identity WHERE kind = $1 AND subject = $2",
        params![kind, subject],
        |row| row.get(0),
    )
}

/// The customer behind an identity, which stays so until the end of the unit: [`move_identity`] and [`merge`] wait.
pub fn hold_identity(tx: &mut Tx, kind: &str, subject: &str) -> Result<Option<CustomerId>, Error> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => "SELECT customer_id FROM identity WHERE kind = $1 AND subject = $2",
        Dialect::Postgres => {
            "SELECT customer_id FROM identity WHERE kind = $1 AND subject = $2 FOR NO KEY UPDATE"
        }
    };
    tx.query_opt(sql, params![kind, subject], |row| row.get(0))
}

/// Writes a new customer.
pub fn insert(tx: &mut Tx, c: &CustomerRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO customer (id, name, email, language, verified, first_seen_at) VALUES ($1, $2, $3, $4, $5, $6)",
        params![c.id, c.name, c.email, c.language.as_str(), c.verified, c.first_seen_at],
    )
}

/// Makes an identity that of a customer.
pub fn add_identity(
    tx: &mut Tx,
    kind: &str,
    subject: &str,
    customer: CustomerId,
    now: Time,
) -> Result<(), Error> {
    tx.run(
        "INSERT INTO identity (kind, subject, customer_id, created_at) VALUES ($1, $2, $3, $4)",
        params![kind, subject, customer, now],
    )
}

/// Fills in what a customer tells of himself; what somebody vouched for stays. Whatever is not told is not written, so
/// that nothing comes back that is erased meanwhile.
pub fn fill(tx: &mut Tx, id: CustomerId, name: Option<&str>, email: Option<&str>) -> Result<(), Error> {
    tx.run(
        "UPDATE customer SET name = CASE WHEN verified THEN name ELSE COALESCE($2, name) END, \
         email = CASE WHEN verified AND email IS NOT NULL THEN email ELSE COALESCE($3, email) END WHERE id = $1",
        params![id, name, email],
    )
}

/// Notes that a customer was there at this time already; queued.
pub fn seen(tx: &mut Tx, id: CustomerId, at: Time) -> Result<(), Error> {
    tx.run("UPDATE customer SET first_seen_at = $2 WHERE id = $1 AND first_seen_at > $2", params![id, at])
}

/// Notes that somebody vouches for a customer, with what was told of him.
pub fn vouch(tx: &mut Tx, id: CustomerId, name: Option<&str>, email: Option<&str>) -> Result<(), Error> {
    tx.run(
        "UPDATE customer SET verified = TRUE, name = COALESCE($2, name), email = COALESCE($3, email) WHERE id = $1",
        params![id, name, email],
    )
}

/// A customer with everybody who became part of it.
pub fn list_parts(rd: &mut Rd, id: CustomerId) -> Result<Vec<CustomerId>, Error> {
    rd.query(
        "WITH RECURSIVE part (id) AS (SELECT CAST($1 AS BIGINT) UNION \
         SELECT c.id FROM customer c JOIN part p ON c.merged_into = p.id) SELECT id FROM part ORDER BY id",
        params![id],
        |row| row.get(0),
    )
}

/// The customer as part of which this one goes on, which is itself while it was not merged.
pub fn find_whole(rd: &mut Rd, id: CustomerId) -> Result<Option<CustomerId>, Error> {
    rd.query_opt(
        "WITH RECURSIVE whole (id, merged_into) AS (SELECT id, merged_into FROM customer WHERE id = $1 UNION \
         SELECT c.id, c.merged_into FROM customer c JOIN whole w ON c.id = w.merged_into) \
         SELECT id FROM whole WHERE merged_into IS NULL",
        params![id],
        |row| row.get(0),
    )
}

/// Destroys a customer's name and address.
pub fn erase(tx: &mut Tx, id: CustomerId) -> Result<(), Error> {
    tx.run("UPDATE customer SET name = NULL, email = NULL WHERE id = $1", params![id])
}

/// Makes one customer part of another: the identities move, the row stays and says where to.
pub fn merge(tx: &mut Tx, from: CustomerId, into: CustomerId) -> Result<(), Error> {
    tx.run("UPDATE identity SET customer_id = $2 WHERE customer_id = $1", params![from, into])?;
    tx.run("UPDATE customer SET merged_into = $2 WHERE id = $1", params![from, into])
}

/// Gives one identity to another customer.
pub fn move_identity(tx: &mut Tx, kind: &str, subject: &str, to: CustomerId) -> Result<(), Error> {
    tx.run(
        "UPDATE identity SET customer_id = $3 WHERE kind = $1 AND subject = $2",
        params![kind, subject, to],
    )
}
