//! The schema as the engine itself reports it.

use crate::{Dialect, Error, Rd, params};

/// Names of all tables, sorted.
pub(crate) fn tables(rd: &mut Rd) -> Result<Vec<String>, Error> {
    let sql = match rd.dialect() {
        Dialect::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        }
        Dialect::Postgres => {
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
        }
    };
    rd.query(sql, params![], |row| row.get(0))
}

/// Names of a table's columns, in order.
pub(crate) fn columns(rd: &mut Rd, table: &str) -> Result<Vec<String>, Error> {
    let sql = match rd.dialect() {
        Dialect::Sqlite => "SELECT name FROM pragma_table_info($1) ORDER BY cid",
        Dialect::Postgres => {
            "SELECT column_name::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"
        }
    };
    rd.query(sql, params![table], |row| row.get(0))
}

/// Names of the columns of a table's primary key, in order.
pub(crate) fn key(rd: &mut Rd, table: &str) -> Result<Vec<String>, Error> {
    let sql = match rd.dialect() {
        Dialect::Sqlite => "SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk",
        Dialect::Postgres => {
            "SELECT a.attname::text FROM pg_index i
             JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, place) ON true
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
             WHERE i.indisprimary AND i.indrelid = to_regclass($1) ORDER BY k.place"
        }
    };
    rd.query(sql, params![table], |row| row.get(0))
}
