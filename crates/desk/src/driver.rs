//! Events that may explain how many requests there are: entered by people, told by other systems.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use standfast_domain::{
    AgentId, Dimension, DriverId, DriverKind, DriverSource, Permission, RequestId, Scope, Time, TokenScope,
};
use standfast_store::driver::{self, DriverRow};
use standfast_store::{Lane, Rd, Tx, receipt, token};
use utoipa::ToSchema;

use crate::draft::{check_client_id, plain, says_nothing};
use crate::machine::MachineCaller;
use crate::receipt::{ReceiptKey, is_late};
use crate::screening::Findings;
use crate::{AgentCaller, Desk, Error};

/// Longest title and longest note, in characters.
const TITLE: usize = 200;
const NOTE: usize = 2_000;
/// Most values of one dimension of a scope.
const MOST_VALUES: usize = 50;
/// Most events of one answer.
const MOST: i64 = 1_000;
/// The earliest time of an event: 2009-01-01, before which there was no wallet.
const EARLIEST: Time = Time(1_230_768_000_000_000);
/// Events are planned this far ahead at most.
const AHEAD: Duration = Duration::from_hours(24 * 366 * 5);

/// An event as somebody tells of it.
#[derive(Clone)]
pub struct DriverCommand {
    /// What kind of event it is.
    pub kind: DriverKind,
    /// A few words.
    pub title: String,
    /// What else there is to know; may be empty.
    pub note: String,
    /// When it began, or happened.
    pub starts_at: Time,
    /// When it was over.
    pub ends_at: Option<Time>,
    /// What it touches: dimension to values.
    pub scope: BTreeMap<String, Vec<String>>,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DriverView {
    /// Id.
    #[schema(value_type = String)]
    pub id: DriverId,
    /// What kind of event it is.
    pub kind: DriverKind,
    /// A few words.
    pub title: String,
    /// What else there is to know; may be empty.
    pub note: String,
    /// When it began, or happened.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// When it was over, itself not included; null for a moment, and for what is not over yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Time>,
    /// It is not over yet: an incident without an end. Anything else without an end is a moment.
    pub is_ongoing: bool,
    /// What it touches.
    pub scope: Scope,
    /// By which way it came.
    pub source: DriverSource,
    /// How the system that told of it names it.
    pub external_id: Option<String>,
    /// Who entered it, for what a person entered.
    #[schema(value_type = Option<String>)]
    pub agent_id: Option<AgentId>,
    /// When it was entered.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When it was changed last.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Time,
    /// Counts its changes; whoever changes it says which one was seen.
    pub version: i64,
}

pub(crate) fn view(row: DriverRow) -> Result<DriverView, Error> {
    Ok(DriverView {
        id: row.id,
        kind: row.kind,
        title: row.title,
        note: row.note,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        is_ongoing: row.ends_at.is_none() && row.kind.lasts(),
        scope: serde_json::from_str(&row.scope).map_err(|_| Error::Inconsistent("scope of an event"))?,
        external_id: row.external_id.filter(|_| row.source != DriverSource::Person),
        source: row.source,
        agent_id: row.agent_id,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}

/// What a command says, after all checks: safe to store.
#[derive(Clone)]
pub(crate) struct Checked {
    kind: DriverKind,
    title: String,
    note: String,
    starts_at: Time,
    ends_at: Option<Time>,
    scope: String,
}

impl Checked {
    pub(crate) fn new(command: &DriverCommand, now: Time) -> Result<Self, Error> {
        let mut findings = Findings::default();
        let mut text = |text: &str, field, most| {
            if text.trim().chars().count() > most {
                return Err(Error::invalid(field, "too_long"));
            }
            Ok(findings.text(plain(text).trim()))
        };
        let title = text(&command.title, "title", TITLE)?;
        if says_nothing(&title) {
            return Err(Error::invalid("title", "missing"));
        }
        let within = |time: Time| (EARLIEST..=now.plus(AHEAD)).contains(&time);
        if !within(command.starts_at) {
            return Err(Error::invalid("starts_at", "out_of_range"));
        }
        if command.ends_at.is_some_and(|ends| !within(ends)) {
            return Err(Error::invalid("ends_at", "out_of_range"));
        }
        if command.ends_at.is_some_and(|ends| ends < command.starts_at) {
            return Err(Error::invalid("ends_at", "before_start"));
        }
        Ok(Self {
            kind: command.kind,
            title,
            note: text(&command.note, "note", NOTE)?,
            starts_at: command.starts_at,
            ends_at: command.ends_at,
            scope: serde_json::to_string(&check_scope(&command.scope)?)
                .map_err(|_| Error::Inconsistent("json"))?,
        })
    }

    fn row(&self, id: DriverId, source: DriverSource, external_id: Option<String>, now: Time) -> DriverRow {
        DriverRow {
            id,
            kind: self.kind,
            title: self.title.clone(),
            note: self.note.clone(),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            scope: self.scope.clone(),
            source,
            external_id,
            agent_id: None,
            token_id: None,
            created_at: now,
            updated_at: now,
            removed_at: None,
            draft: false,
            version: 1,
        }
    }

    /// Makes a known event what was said.
    pub(crate) fn apply(&self, row: &mut DriverRow, now: Time) {
        row.kind = self.kind;
        row.title.clone_from(&self.title);
        row.note.clone_from(&self.note);
        row.starts_at = self.starts_at;
        row.ends_at = self.ends_at;
        row.scope.clone_from(&self.scope);
        row.updated_at = now;
        row.removed_at = None;
    }
}

fn check_scope(given: &BTreeMap<String, Vec<String>>) -> Result<Scope, Error> {
    let mut scope = Scope::default();
    for (name, values) in given {
        let dimension = Dimension::parse(name).ok_or(Error::invalid("scope", "unknown"))?;
        if values.len() > MOST_VALUES {
            return Err(Error::invalid("scope", "too_many"));
        }
        let mut read = BTreeSet::new();
        for value in values {
            let code = check_value(dimension, value).and_then(|value| dimension.code(&value));
            let code = code.ok_or(Error::invalid("scope", "malformed"))?;
            if !dimension.can_be(&code) {
                // It would touch nothing, now or ever.
                return Err(Error::UnknownValue { dimension: dimension.as_str(), value: code });
            }
            read.insert(code);
        }
        // A dimension without values would touch nothing at all.
        if !read.is_empty() {
            scope.0.insert(dimension, read);
        }
    }
    Ok(scope)
}

/// A value of a dimension as it is kept; `None` when it is none, or holds a secret.
pub(crate) fn check_value(dimension: Dimension, text: &str) -> Option<String> {
    // As it was written: in another case a key is still a key, and no longer recognised.
    let screened = standfast_guard::screen(text, &standfast_guard::Context::default());
    if screened.findings.is_empty() { dimension.read(text) } else { None }
}

/// Letters, digits and `. _ : -`, at most 100, and no secret in disguise.
fn check_external_id(id: &str) -> Result<(), Error> {
    if id.is_empty() {
        return Err(Error::invalid("external_id", "missing"));
    }
    if id.len() > 100 {
        return Err(Error::invalid("external_id", "too_long"));
    }
    let fits = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'));
    let screened = standfast_guard::screen(id, &standfast_guard::Context::default());
    if !fits || !screened.findings.is_empty() {
        return Err(Error::invalid("external_id", "malformed"));
    }
    Ok(())
}

/// Events that touch the time from `from` up to, but without, `until`, the latest first.
pub async fn list_drivers(
    desk: &Desk,
    caller: &AgentCaller,
    from: Option<Time>,
    until: Option<Time>,
) -> Result<Vec<DriverView>, Error> {
    caller.require(Permission::ReadRequests)?;
    let (from, until) = (from.unwrap_or(Time(0)), until.unwrap_or(Time(i64::MAX)));
    let rows = desk.store().read(move |rd| driver::list(rd, from, until, MOST).map_err(Error::from)).await?;
    rows.into_iter().map(view).collect()
}

/// The event with this id.
pub async fn find_driver(desk: &Desk, caller: &AgentCaller, id: DriverId) -> Result<DriverView, Error> {
    caller.require(Permission::ReadRequests)?;
    let row = desk.store().read(move |rd| driver::find(rd, id).map_err(Error::from)).await?;
    view(row.filter(|row| row.removed_at.is_none() && !row.draft).ok_or(Error::NotFound)?)
}

/// Enters an event. The same `client_id` enters it once.
pub async fn add_driver(
    desk: &Desk,
    caller: &AgentCaller,
    client_id: &str,
    command: &DriverCommand,
) -> Result<DriverView, Error> {
    caller.require(Permission::ManageDrivers)?;
    check_client_id(client_id)?;
    let (id, now) = (DriverId(desk.id()), desk.now());
    // One person's ids are not another's.
    let client_id = format!("{}:{client_id}", caller.id);
    let mut row = Checked::new(command, now)?.row(id, DriverSource::Person, Some(client_id.clone()), now);
    row.agent_id = Some(caller.id);
    let written = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        if driver::insert(tx, &row)? {
            return Ok(row.clone());
        }
        driver::find_external(tx, DriverSource::Person, &client_id)?.ok_or(Error::Inconsistent("event"))
    });
    view(written.await?)
}

/// Makes an event what the command says, if nobody has changed it since the caller saw it.
pub async fn change_driver(
    desk: &Desk,
    caller: &AgentCaller,
    id: DriverId,
    seen: i64,
    command: &DriverCommand,
) -> Result<DriverView, Error> {
    caller.require(Permission::ManageDrivers)?;
    let now = desk.now();
    let checked = Checked::new(command, now)?;
    let written = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        let mut row = found(tx, id)?;
        checked.apply(&mut row, now);
        if row.version != seen || !driver::change(tx, &row)? {
            return Err(Error::ChangedMeanwhile);
        }
        row.version += 1;
        Ok(row)
    });
    view(written.await?)
}

/// Takes an event away.
pub async fn remove_driver(desk: &Desk, caller: &AgentCaller, id: DriverId) -> Result<(), Error> {
    caller.require(Permission::ManageDrivers)?;
    let now = desk.now();
    desk.store()
        .write(Lane::Ordinary, id.0, move |tx| {
            found(tx, id)?;
            remove(tx, id, now)
        })
        .await
}

fn found(tx: &mut Tx, id: DriverId) -> Result<DriverRow, Error> {
    driver::find(tx, id)?.filter(|row| row.removed_at.is_none() && !row.draft).ok_or(Error::NotFound)
}

fn remove(tx: &mut Tx, id: DriverId, now: Time) -> Result<(), Error> {
    if driver::remove(tx, id, now)? { Ok(()) } else { Err(Error::NotFound) }
}

/// What became of an event of a calendar.
pub(crate) enum Taken {
    Added,
    Changed,
    Known,
    Removed,
}

/// An event of a calendar as it is kept, under the name that it has there: whoever reads the calendar, it is one event.
pub(crate) fn of_calendar(
    id: DriverId,
    caller: &AgentCaller,
    name: &str,
    command: &DriverCommand,
    now: Time,
) -> Result<DriverRow, Error> {
    let name = Some(format!("calendar:{name}"));
    let row = Checked::new(command, now)?.row(id, DriverSource::Person, name, now);
    Ok(DriverRow { agent_id: Some(caller.id), ..row })
}

/// Events that calendars gave before they had the names of [`of_calendar`] get these names, removed ones too: they stay what people
/// made of them. Where several people read a calendar, one of each event does, and none that was removed if another was not.
pub(crate) fn rename_old(tx: &mut Tx, fresh: &[DriverRow]) -> Result<(), Error> {
    let mut old = std::collections::BTreeMap::new();
    for (name, id) in driver::list_calendar_names(tx)? {
        if let Some((_, name)) = name.split_once(":ics-") {
            old.entry(format!("calendar:{name}")).or_insert(id);
        }
    }
    for name in fresh.iter().filter_map(|row| row.external_id.as_ref()) {
        if let Some(id) = old.get(name) {
            driver::rename(tx, *id, name)?;
        }
    }
    Ok(())
}

/// Takes an event of a calendar over. Kind, note and scope stay as people made them, and what somebody took away stays away.
pub(crate) fn take_over(tx: &mut Tx, fresh: &DriverRow) -> Result<Taken, Error> {
    if driver::insert(tx, fresh)? {
        return Ok(Taken::Added);
    }
    let name = fresh.external_id.as_deref().unwrap_or_default();
    let known = driver::find_external(tx, fresh.source, name)?.ok_or(Error::Inconsistent("event"))?;
    let said = |row: &DriverRow| (row.title.clone(), row.starts_at, row.ends_at);
    if known.removed_at.is_some() {
        return Ok(Taken::Removed);
    }
    if said(&known) == said(fresh) {
        return Ok(Taken::Known);
    }
    let (title, starts_at, ends_at) = said(fresh);
    let changed = DriverRow { title, starts_at, ends_at, updated_at: fresh.updated_at, ..known };
    if driver::change(tx, &changed)? { Ok(Taken::Changed) } else { Err(Error::ChangedMeanwhile) }
}

/// Another system tells of an event: the one that it names so becomes what it says, or begins to exist; not one that another
/// good token told of. With a
/// `message`, the same message is taken once, so that a copy of an older one cannot undo a newer one.
pub async fn put_driver(
    desk: &Desk,
    caller: &MachineCaller,
    external_id: &str,
    message: Option<&str>,
    command: &DriverCommand,
) -> Result<DriverView, Error> {
    caller.require(TokenScope::Drivers)?;
    check_external_id(external_id)?;
    let (id, now) = (DriverId(desk.id()), desk.now());
    let checked = Checked::new(command, now)?;
    let said = Said { id, caller: caller.clone(), external_id: external_id.to_owned(), now };
    let key = message.map(|message| ReceiptKey::new(None, &caller.scope(), message));
    let attempt = || {
        let (said, checked, key) = (said.clone(), checked.clone(), key.clone());
        desk.store().write(Lane::Ordinary, 0, move |tx| {
            if let Some(key) = &key {
                if let Some(known) = receipt::find(tx, key.as_bytes())? {
                    let id = known.parse().map_err(|_| Error::Inconsistent("receipt"))?;
                    return driver::find(tx, id)?.ok_or(Error::Inconsistent("receipt"));
                }
                let row = said.put(tx, &checked)?;
                receipt::insert(tx, key.as_bytes(), RequestId(0), 0, &row.id.to_string(), said.now)?;
                return Ok(row);
            }
            said.put(tx, &checked)
        })
    };
    let row = match attempt().await {
        Err(error) if is_late(&error) => attempt().await?,
        result => result?,
    };
    view(row)
}

/// What another system says of the event that it names so.
#[derive(Clone)]
struct Said {
    id: DriverId,
    caller: MachineCaller,
    external_id: String,
    now: Time,
}

impl Said {
    fn put(&self, tx: &mut Tx, checked: &Checked) -> Result<DriverRow, Error> {
        let source = self.caller.source();
        let mut fresh = checked.row(self.id, source, Some(self.external_id.clone()), self.now);
        fresh.token_id = Some(self.caller.token);
        if driver::insert(tx, &fresh)? {
            return Ok(fresh);
        }
        let known = driver::find_external(tx, source, &self.external_id)?;
        let mut row = known.ok_or(Error::Inconsistent("event"))?;
        if !may_change(tx, &self.caller, &row)? {
            return Err(Error::invalid("external_id", "taken"));
        }
        let before = row.clone();
        checked.apply(&mut row, self.now);
        row.token_id = Some(self.caller.token);
        // The same again changes nothing, also not when it was last changed.
        row.updated_at = before.updated_at;
        if row == before {
            return Ok(row);
        }
        row.updated_at = self.now;
        driver::save(tx, &row)?;
        row.version += 1;
        Ok(row)
    }
}

/// An event is its token's, as long as that is good: one system cannot touch what another told of. When it was taken back, the
/// next token that names the event has it, so that a system which gets a new token keeps its events.
fn may_change(rd: &mut Rd, caller: &MachineCaller, row: &DriverRow) -> Result<bool, Error> {
    match row.token_id.filter(|token| *token != caller.token) {
        Some(other) => Ok(!token::is_valid(rd, other)?),
        None => Ok(true),
    }
}

/// Another system takes an event of its own back.
pub async fn withdraw_driver(desk: &Desk, caller: &MachineCaller, external_id: &str) -> Result<(), Error> {
    caller.require(TokenScope::Drivers)?;
    let (caller, external_id, now) = (caller.clone(), external_id.to_owned(), desk.now());
    desk.store()
        .write(Lane::Ordinary, 0, move |tx| {
            let row = driver::find_external(tx, caller.source(), &external_id)?;
            let row = row.filter(|row| row.removed_at.is_none()).ok_or(Error::NotFound)?;
            if !may_change(tx, &caller, &row)? {
                return Err(Error::NotFound);
            }
            remove(tx, row.id, now)
        })
        .await
}

#[cfg(test)]
mod tests;
