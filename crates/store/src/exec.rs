//! The one place that binds parameters and reads rows, for both engines. Nothing outside of this crate sees which
//! engine it is.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::ops::{Deref, DerefMut};

use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut};

use crate::error::Error;
use crate::foresight::{Foreseen, Written};
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::value::{FromValue, Kind, Value};

/// Which engine a statement runs on, for the few that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The embedded engine.
    Sqlite,
    /// The server.
    Postgres,
}

#[derive(Debug)]
pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Reads: what a read closure is given, and the reading half of [`Tx`].
#[derive(Debug)]
pub struct Rd {
    pub(crate) engine: Engine,
    /// The first refusal since the unit began: it cannot be committed, whatever the unit says.
    pub(crate) fault: Option<Error>,
    /// Whether the unit has sent anything that may write.
    pub(crate) wrote: bool,
    /// Statement that opens the transaction, while nothing has been read in it: then a lost connection can be
    /// replaced without anybody noticing.
    pub(crate) fresh: Option<&'static str>,
    /// What was read ahead for the unit.
    pub(crate) foreseen: Option<Foreseen>,
    /// What was written since the batch read ahead, where it did.
    pub(crate) written: Option<Written>,
}

/// A unit of work in a shared transaction. Dereferences to [`Rd`] for reading.
#[derive(Debug)]
pub struct Tx(pub(crate) Rd);

impl Deref for Tx {
    type Target = Rd;
    fn deref(&self) -> &Rd {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Rd {
        &mut self.0
    }
}

impl Tx {
    /// Runs a statement whose result nobody needs. PostgreSQL gets it together with the next statement that is
    /// waited for; a refusal then comes out there, or out of the commit, and undoes the whole unit.
    pub fn run(&mut self, sql: &'static str, params: &[Value<'_>]) -> Result<(), Error> {
        self.note_writing(params);
        let result = check(params).and_then(|()| match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite_execute(sqlite, sql, params).map(|_| ()),
            Engine::Postgres(postgres) => postgres.queue(sql, binds(params)),
        });
        self.noted(result)
    }

    /// As [`Tx::run`], for a change of one row that this unit has read and holds, and that names it by its key: units beside
    /// it neither make that row nor change it, so that PostgreSQL may get their statements in another order.
    pub fn run_on_held(&mut self, sql: &'static str, params: &[Value<'_>]) -> Result<(), Error> {
        self.note_writing(params);
        let result = check(params).and_then(|()| match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite_execute(sqlite, sql, params).map(|_| ()),
            Engine::Postgres(postgres) => postgres.queue_apart(sql, binds(params)),
        });
        self.noted(result)
    }

    /// Says that what is read by these keys changes by this unit, where no statement names them.
    pub(crate) fn touch(&mut self, keys: &[Value<'_>]) {
        if let Some(written) = &mut self.written {
            written.note(keys);
        }
    }

    /// Runs a statement and returns how many rows it affected.
    pub fn execute(&mut self, sql: &'static str, params: &[Value<'_>]) -> Result<u64, Error> {
        self.note_writing(params);
        let result = check(params).and_then(|()| match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite_execute(sqlite, sql, params),
            Engine::Postgres(postgres) => postgres.execute(sql, binds(params)),
        });
        self.noted(result)
    }
}

impl Rd {
    pub(crate) const fn new(engine: Engine) -> Self {
        Self { engine, fault: None, wrote: false, fresh: None, foreseen: None, written: None }
    }

    /// The engine, for the few statements that must differ.
    pub const fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// All rows, each made into a `T`. In a [`Tx`] also for `INSERT … RETURNING` and its like.
    pub fn query<T>(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>],
        row: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        if may_write(sql) {
            self.note_writing(params);
        }
        let result = check(params).and_then(|()| self.rows(sql, params, row));
        self.noted(result)
    }

    /// As [`Rd::query`], for a read that may have been foreseen. Every row that it looks at holds one of `keys`, and who
    /// writes to such a row says the key, or [touches](Tx::touch) it.
    pub(crate) fn query_foreseen<T>(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>],
        keys: &[Value<'_>],
        mut row: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        if let Some((foreseen, written)) = self.foreseen.as_ref().zip(self.written.as_ref())
            && let Some(rows) = foreseen.rows_of(sql, params)
            && !written.touches(keys)
        {
            return rows.iter().map(|columns| row(&Row(Columns::Postgres(columns)))).collect();
        }
        self.query(sql, params, row)
    }

    /// The first row, if there is one.
    pub fn query_opt<T>(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>],
        row: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        Ok(self.query(sql, params, row)?.into_iter().next())
    }

    /// The first row; [`Error::NotFound`] when there is none.
    pub fn query_one<T>(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>],
        row: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.query_opt(sql, params, row)?.ok_or(Error::NotFound)
    }

    fn rows<T>(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>],
        mut row: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let fresh = self.fresh.take();
        match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite_query(sqlite, sql, params, row),
            Engine::Postgres(postgres) => {
                let binds = binds(params);
                let rows = match (postgres.query(sql, &binds), fresh) {
                    (Err(Error::Unavailable(_)), Some(begin)) => {
                        postgres.reconnect()?;
                        postgres.queue(begin, Vec::new())?;
                        postgres.query(sql, &binds)?
                    }
                    (result, _) => result?,
                };
                rows.iter().map(|columns| row(&Row(Columns::Postgres(columns)))).collect()
            }
        }
    }

    /// Runs a query whose text is made at run time (names of tables, never values) and hands every row to `row`, in
    /// portions on PostgreSQL, so that a table of any size can be read. Inside of a transaction only.
    pub(crate) fn query_text(
        &mut self,
        sql: &str,
        mut row: impl FnMut(&Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.fresh = None;
        match &mut self.engine {
            Engine::Sqlite(sqlite) => {
                let mut statement = sqlite.connection.prepare(sql)?;
                let mut rows = statement.query([])?;
                while let Some(columns) = rows.next()? {
                    row(&Row(Columns::Sqlite(columns)))?;
                }
                Ok(())
            }
            Engine::Postgres(postgres) => {
                postgres.flush()?;
                postgres.batch(&format!("DECLARE portion NO SCROLL CURSOR FOR {sql}"))?;
                loop {
                    let rows = postgres.query("FETCH 2000 FROM portion", &[])?;
                    for columns in &rows {
                        row(&Row(Columns::Postgres(columns)))?;
                    }
                    if rows.is_empty() {
                        // The portion's columns differ from table to table.
                        postgres.forget("FETCH 2000 FROM portion");
                        return postgres.batch("CLOSE portion");
                    }
                }
            }
        }
    }

    /// Runs a statement of the store itself: BEGIN, SAVEPOINT and their like. Queued like [`Tx::run`].
    pub(crate) fn control(&mut self, sql: &'static str) -> Result<(), Error> {
        match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite_execute(sqlite, sql, &[]).map(|_| ()),
            Engine::Postgres(postgres) => postgres.queue(sql, Vec::new()),
        }
    }

    /// Runs a statement of the store itself and waits for it and everything before it.
    pub(crate) fn control_now(&mut self, sql: &'static str) -> Result<(), Error> {
        match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite_execute(sqlite, sql, &[]).map(|_| ()),
            Engine::Postgres(postgres) => postgres.execute(sql, Vec::new()).map(|_| ()),
        }
    }

    /// Runs several statements given as one text, without parameters: migrations and maintenance.
    pub(crate) fn script(&mut self, sql: &str) -> Result<(), Error> {
        let result = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.connection.execute_batch(sql).map_err(Error::from),
            Engine::Postgres(postgres) => postgres.flush().and_then(|()| postgres.batch(sql)),
        };
        self.noted(result)
    }

    /// Forgets the last unit.
    pub(crate) fn begin_unit(&mut self) {
        self.fault = None;
        self.wrote = false;
        if let Engine::Postgres(postgres) = &mut self.engine {
            postgres.begin_unit();
        }
    }

    /// Notes a statement that writes.
    fn note_writing(&mut self, params: &[Value<'_>]) {
        self.wrote = true;
        if let Some(written) = &mut self.written {
            written.note(params);
        }
    }

    fn noted<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result
            && error.spoils()
            && self.fault.is_none()
        {
            self.fault = Some(error.clone());
        }
        result
    }
}

/// Whether a statement handed to `query` may write: everything but a plain SELECT.
fn may_write(sql: &str) -> bool {
    !sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

/// PostgreSQL cannot keep a NUL in a text; SQLite could. Neither does.
fn check(params: &[Value<'_>]) -> Result<(), Error> {
    for (index, value) in params.iter().enumerate() {
        if let Value::Text(text) = value
            && text.as_bytes().contains(&0)
        {
            return Err(Error::Decode { index, expected: "text without NUL", found: "text with NUL" });
        }
    }
    Ok(())
}

fn sqlite_bind(
    statement: &mut rusqlite::CachedStatement<'_>,
    params: &[Value<'_>],
) -> Result<(), rusqlite::Error> {
    let wanted = statement.parameter_count();
    if wanted != params.len() {
        return Err(rusqlite::Error::InvalidParameterCount(params.len(), wanted));
    }
    for (index, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, SqliteBind(value))?;
    }
    Ok(())
}

fn sqlite_execute(sqlite: &mut Sqlite, sql: &'static str, params: &[Value<'_>]) -> Result<u64, Error> {
    let text = sqlite.translate(sql);
    let mut statement = sqlite.connection.prepare_cached(&text)?;
    sqlite_bind(&mut statement, params)?;
    Ok(u64::try_from(statement.raw_execute()?).unwrap_or(0))
}

fn sqlite_query<T>(
    sqlite: &mut Sqlite,
    sql: &'static str,
    params: &[Value<'_>],
    mut row: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let text = sqlite.translate(sql);
    let mut statement = sqlite.connection.prepare_cached(&text)?;
    sqlite_bind(&mut statement, params)?;
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(columns) = rows.next()? {
        found.push(row(&Row(Columns::Sqlite(columns)))?);
    }
    Ok(found)
}

struct SqliteBind<'a>(&'a Value<'a>);

impl rusqlite::ToSql for SqliteBind<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null | Value::Missing(_) => ValueRef::Null,
            Value::Bool(value) => ValueRef::Integer(i64::from(*value)),
            Value::Int(value) => ValueRef::Integer(*value),
            Value::Float(value) => ValueRef::Real(*value),
            Value::Text(value) => ValueRef::Text(value.as_bytes()),
            Value::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

/// A parameter on its way to PostgreSQL.
#[derive(Debug)]
pub(crate) struct Bind(Value<'static>);

impl Bind {
    /// A parameter with this value.
    pub(crate) fn of(value: &Value<'_>) -> Self {
        Self(value.clone().into_owned())
    }

    /// The type that PostgreSQL is told when it prepares the statement. A value of a known type may still meet a
    /// narrower column: the server casts.
    pub(crate) const fn sql_type(&self) -> Type {
        match self.0.kind() {
            Kind::Any => Type::UNKNOWN,
            Kind::Bool => Type::BOOL,
            Kind::Int => Type::INT8,
            Kind::Float => Type::FLOAT8,
            Kind::Text => Type::TEXT,
            Kind::Bytes => Type::BYTEA,
        }
    }
}

fn binds(params: &[Value<'_>]) -> Vec<Bind> {
    params.iter().map(Bind::of).collect()
}

type BoxedError = Box<dyn StdError + Sync + Send>;

impl ToSql for Bind {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, BoxedError> {
        match (&self.0, wanted) {
            (Value::Null | Value::Missing(_), _) => Ok(IsNull::Yes),
            (Value::Bool(value), &Type::BOOL) => value.to_sql(wanted, out),
            (Value::Int(value), &Type::INT8) => value.to_sql(wanted, out),
            (Value::Int(value), &Type::INT4) => i32::try_from(*value)?.to_sql(wanted, out),
            (Value::Int(value), &Type::INT2) => i16::try_from(*value)?.to_sql(wanted, out),
            (Value::Float(value), &Type::FLOAT8) => value.to_sql(wanted, out),
            (Value::Text(value), &Type::TEXT | &Type::VARCHAR | &Type::NAME | &Type::UNKNOWN) => {
                value.to_sql(wanted, out)
            }
            (Value::Bytes(value), &Type::BYTEA) => value.as_ref().to_sql(wanted, out),
            (value, _) => Err(format!("expected {wanted}, found {}", value.kind().name()).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// A column of PostgreSQL as the value that both engines share.
struct Cell<'a>(Value<'a>);

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(found: &Type, raw: &'a [u8]) -> Result<Self, BoxedError> {
        Ok(Self(match *found {
            Type::BOOL => Value::Bool(bool::from_sql(found, raw)?),
            Type::INT8 => Value::Int(i64::from_sql(found, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(found, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(found, raw)?.into()),
            Type::OID => Value::Int(u32::from_sql(found, raw)?.into()),
            Type::FLOAT8 => Value::Float(f64::from_sql(found, raw)?),
            Type::FLOAT4 => Value::Float(f32::from_sql(found, raw)?.into()),
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::BPCHAR | Type::UNKNOWN => {
                Value::Text(Cow::Borrowed(<&str>::from_sql(found, raw)?))
            }
            Type::BYTEA => Value::Bytes(Cow::Borrowed(raw)),
            _ => return Err(format!("{found}: cast it to BIGINT, DOUBLE PRECISION or TEXT").into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, BoxedError> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// One row of an answer.
pub struct Row<'a>(Columns<'a>);

enum Columns<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The column with this number, from 0.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, Error> {
        let value = self.value(index)?;
        let found = value.kind().name();
        T::from_value(value).ok_or(Error::Decode { index, expected: T::EXPECTED, found })
    }

    /// The text column with this number, made into something by `parse`: for codes of states, kinds and roles.
    pub fn parse<T>(&self, index: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Error> {
        match self.value(index)? {
            Value::Text(text) => {
                parse(&text).ok_or(Error::Decode { index, expected: "a known code", found: "another text" })
            }
            other => Err(Error::Decode { index, expected: "text", found: other.kind().name() }),
        }
    }

    /// How many columns there are.
    pub(crate) fn width(&self) -> usize {
        match &self.0 {
            Columns::Sqlite(row) => row.as_ref().column_count(),
            Columns::Postgres(row) => row.len(),
        }
    }

    /// The column as it is.
    pub fn value(&self, index: usize) -> Result<Value<'_>, Error> {
        match &self.0 {
            Columns::Sqlite(row) => Ok(match row.get_ref(index)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(value) => Value::Int(value),
                ValueRef::Real(value) => Value::Float(value),
                ValueRef::Text(bytes) => {
                    Value::Text(Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| Error::Decode {
                        index,
                        expected: "UTF-8",
                        found: "other bytes",
                    })?))
                }
                ValueRef::Blob(bytes) => Value::Bytes(Cow::Borrowed(bytes)),
            }),
            Columns::Postgres(row) => match row.try_get::<_, Cell<'_>>(index) {
                Ok(cell) => Ok(cell.0),
                Err(_) => Err(Error::Decode {
                    index,
                    expected: "BIGINT, DOUBLE PRECISION, BOOLEAN, TEXT or BYTEA: cast it",
                    found: "another type, or no such column",
                }),
            },
        }
    }
}

impl std::fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Row")
    }
}
