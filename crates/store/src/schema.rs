//! The schema as the engine itself reports it.

use crate::{Dialect, Error, Rd, params};

/// Names of all tables, sorted.
pub(crate) fn tables(rd: &mut Rd) -> Result<Vec<String>, Error> {
    let sql = match rd.dialect() {
        Dialect::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        }
        Dialect::Postgres => {
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
        }
    };
    rd.query(sql, params![], |row| row.get(0))
}
