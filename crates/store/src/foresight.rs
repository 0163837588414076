//! What a unit of work will read, told before it runs: a writer of PostgreSQL asks for these reads of a whole batch in one
//! round trip. SQLite has no use for it: there a read costs no more in its place.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tokio_postgres::Row;

use crate::{Dialect, Error, Kind, Value};

/// A read that can be foreseen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) sql: &'static str,
    pub(crate) params: Vec<Value<'static>>,
}

impl Read {
    /// The id that it looks for, if that is what it looks for.
    pub(crate) fn first_number(&self) -> Option<i64> {
        match self.params.first() {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        }
    }

    /// This read, made for so many lists of parameters at once: the number of the list comes in the last column. `None` for one.
    pub(crate) fn together(&self, lists: usize) -> Option<String> {
        if lists < 2 {
            return None;
        }
        let columns = self.params.len();
        let list = |list: usize| {
            let values = self.params.iter().enumerate().map(|(at, value)| {
                let number = list * columns + at + 1;
                format!("${number}::{}", sql_type(value.kind()))
            });
            format!("({list}, {})", values.collect::<Vec<_>>().join(", "))
        };
        let lists: Vec<_> = (0..lists).map(list).collect();
        let names: Vec<_> = (1..=columns).map(|number| format!("p{number}")).collect();
        Some(format!(
            "SELECT s.*, v.list FROM (VALUES {}) AS v (list, {}) CROSS JOIN LATERAL ({}) AS s",
            lists.join(", "),
            names.join(", "),
            self.sql.replace('$', "v.p"),
        ))
    }
}

/// What PostgreSQL calls a kind.
const fn sql_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "boolean",
        Kind::Int => "bigint",
        Kind::Float => "double precision",
        Kind::Any | Kind::Text => "text",
        Kind::Bytes => "bytea",
    }
}

/// To which of the lists of parameters a row belongs.
pub(crate) fn place(row: &Row) -> Result<usize, Error> {
    let number: i32 = row.try_get(row.len().saturating_sub(1))?;
    usize::try_from(number).map_err(|_| Error::NotFound)
}

/// The reads that a unit will probably make. Each has a function beside the one that makes it, which adds it here.
#[derive(Clone, Debug)]
pub struct Foresight {
    dialect: Dialect,
    reads: Vec<Read>,
}

impl Foresight {
    /// Of nothing yet.
    #[must_use]
    pub const fn new(dialect: Dialect) -> Self {
        Self { dialect, reads: Vec::new() }
    }

    /// Adds a statement that will be run with exactly these parameters, where reading ahead gains anything.
    pub(crate) fn add(&mut self, sql: &'static str, params: &[Value<'_>]) {
        if self.dialect == Dialect::Postgres {
            let params = params.iter().map(|value| value.clone().into_owned()).collect();
            self.reads.push(Read { sql, params });
        }
    }

    pub(crate) fn reads(&self) -> &[Read] {
        &self.reads
    }
}

/// What was read ahead for a unit.
#[derive(Debug)]
pub(crate) struct Foreseen {
    /// What it was read for.
    pub(crate) foresight: Arc<Foresight>,
    /// The rows of each of its reads.
    pub(crate) rows: Vec<Vec<Row>>,
}

impl Foreseen {
    /// The rows of this statement, if they were read ahead.
    pub(crate) fn rows_of(&self, sql: &str, params: &[Value<'_>]) -> Option<&[Row]> {
        let mut reads = self.foresight.reads.iter().zip(&self.rows);
        reads.find(|(read, _)| read.sql == sql && read.params == params).map(|(_, rows)| rows.as_slice())
    }
}

/// What the units of a batch have written since it read ahead: hashes of the values that came with their statements. A hash
/// too many costs a round trip, no more.
#[derive(Debug, Default)]
pub(crate) struct Written {
    values: BTreeSet<u64>,
    /// Whether anything may have been written.
    everything: bool,
}

impl Written {
    /// Notes the values of a statement that writes.
    pub(crate) fn note(&mut self, params: &[Value<'_>]) {
        if !self.everything {
            self.values.extend(params.iter().filter_map(hash));
        }
    }

    /// Notes a unit of which nobody knows what its statements find.
    pub(crate) fn note_everything(&mut self) {
        self.values.clear();
        self.everything = true;
    }

    /// Whether one of these keys was written to.
    pub(crate) fn touches(&self, keys: &[Value<'_>]) -> bool {
        self.everything || keys.iter().filter_map(hash).any(|value| self.values.contains(&value))
    }
}

/// A hash of what can be a key.
fn hash(value: &Value<'_>) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Int(number) => number.hash(&mut hasher),
        Value::Text(text) => text.as_bytes().hash(&mut hasher),
        Value::Bytes(bytes) => bytes.hash(&mut hasher),
        Value::Null | Value::Missing(_) | Value::Bool(_) | Value::Float(_) => return None,
    }
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;

    #[test]
    fn what_was_foreseen_answers_its_own_statements_alone() {
        let mut foresight = Foresight::new(Dialect::Postgres);
        foresight.add("SELECT", params![7_i64, "subject", None::<&str>]);
        let foreseen = Foreseen { foresight: Arc::new(foresight), rows: vec![Vec::new()] };
        assert!(foreseen.rows_of("SELECT", params![7_i64, "subject", None::<&str>]).is_some());
        assert!(foreseen.rows_of("SELECT", params![8_i64, "subject", None::<&str>]).is_none());
        assert!(foreseen.rows_of("select", params![7_i64, "subject", None::<&str>]).is_none());
        let mut foresight = Foresight::new(Dialect::Sqlite);
        foresight.add("SELECT", params![]);
        assert_eq!(foresight.reads(), []);
    }

    #[test]
    fn reads_of_the_same_kind_are_made_together() {
        let mut foresight = Foresight::new(Dialect::Postgres);
        foresight.add("SELECT a FROM b WHERE c = $1 AND d = $2", params![7_i64, None::<&str>]);
        let [read] = foresight.reads() else { unreachable!() };
        assert_eq!(read.together(1), None);
        assert_eq!(
            read.together(2).as_deref(),
            Some(
                "SELECT s.*, v.list FROM (VALUES (0, $1::bigint, $2::text), (1, $3::bigint, $4::text)) AS v (list, p1, p2) \
                 CROSS JOIN LATERAL (SELECT a FROM b WHERE c = v.p1 AND d = v.p2) AS s"
            )
        );
    }

    #[test]
    fn what_was_written_to_since_shows() {
        let keys = params![7_i64, "subject", None::<&str>];
        for (written, touches) in [
            (params![8_i64, "other", None::<&str>, true], false),
            (params![8_i64, 7_i64], true),
            (params!["subject"], true),
            (params![b"subject".as_slice()], true),
        ] {
            let mut since = Written::default();
            since.note(written);
            assert_eq!(since.touches(keys), touches);
        }
        let mut since = Written::default();
        since.note_everything();
        assert!(since.touches(keys));
    }
}
