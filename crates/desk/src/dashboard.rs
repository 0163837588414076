//! Dashboards: pages of Insight with their choices, kept under a name, for oneself or for everybody who may see figures.
//! What is kept is an address; figures are made anew whenever it is opened.

use serde::Serialize;
use standfast_domain::{AgentId, DashboardId, Permission, Time};
use standfast_guard::{Context, screen};
use standfast_store::dashboard::{self, DashboardRow};
use standfast_store::{Lane, Tx};
use utoipa::ToSchema;

use crate::draft::{check_client_id, plain, says_nothing};
use crate::{AgentCaller, Desk, Error};

/// Longest name, in characters.
const NAME: usize = 80;
/// Longest name of a page, and longest query part of an address, in bytes.
const PAGE: usize = 32;
const SEARCH: usize = 2_000;
/// Most dashboards of one person.
const MOST: i64 = 100;
/// Most that are listed.
const MOST_LISTED: i64 = 500;

/// A dashboard, as somebody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DashboardView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: DashboardId,
    /// What it is called.
    pub name: String,
    /// The page of Insight.
    #[schema(example = "satisfaction")]
    pub page: String,
    /// The query part of its address, without the question mark.
    #[schema(example = "period=7d&where=type%2Cswap")]
    pub search: String,
    /// Whether everybody who may see figures sees it.
    pub shared: bool,
    /// Whose it is.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// Whether the caller may change it and take it away: its owner may, and of shared ones an admin.
    pub may_change: bool,
    /// Counts its changes; whoever changes it says which one was seen.
    pub version: i64,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Time,
}

/// The dashboards that somebody sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Dashboards {
    /// Own ones and shared ones, the oldest first.
    pub items: Vec<DashboardView>,
    /// With which one Insight begins for the caller.
    #[schema(value_type = Option<String>)]
    pub start: Option<DashboardId>,
}

/// What a dashboard is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashboardCommand {
    /// What it is called.
    pub name: String,
    /// The page of Insight.
    pub page: String,
    /// The query part of its address.
    pub search: String,
    /// Whether everybody who may see figures sees it.
    pub shared: bool,
}

impl DashboardCommand {
    fn checked(mut self) -> Result<Self, Error> {
        self.name = plain(self.name.trim()).replace(['\n', '\t'], " ");
        if says_nothing(&self.name) {
            return Err(Error::invalid("name", "missing"));
        }
        if self.name.chars().count() > NAME {
            return Err(Error::invalid("name", "too_long"));
        }
        self.name = screen(&self.name, &Context::default()).text;
        let is_page = |b: u8| b.is_ascii_lowercase() || b == b'-';
        if self.page.is_empty() || self.page.len() > PAGE || !self.page.bytes().all(is_page) {
            return Err(Error::invalid("page", "malformed"));
        }
        if self.search.len() > SEARCH {
            return Err(Error::invalid("search", "too_long"));
        }
        // An address says codes and dates. What else somebody puts into one is not kept.
        let is_plain =
            self.search.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'#' | b'<' | b'>' | b'"'));
        let is_clean = |text: &str| screen(text, &Context::default()).findings.is_empty();
        if !is_plain || !is_clean(&self.search) || !is_clean(&unescaped(&self.search)) {
            return Err(Error::invalid("search", "malformed"));
        }
        Ok(self)
    }

    fn put(self, row: &mut DashboardRow) {
        (row.name, row.page, row.search, row.shared) = (self.name, self.page, self.search, self.shared);
    }
}

/// The query part of an address as a person reads it: a secret may hide behind its escapes.
fn unescaped(search: &str) -> String {
    let mut bytes = Vec::with_capacity(search.len());
    let mut rest = search.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let escaped = more.split_at_checked(2).filter(|_| *first == b'%').and_then(|(two, more)| {
            let two = std::str::from_utf8(two).ok()?;
            Some((u8::from_str_radix(two, 16).ok()?, more))
        });
        let (byte, more) = escaped.unwrap_or((*first, more));
        bytes.push(if matches!(byte, b'+' | b',' | b'&' | b'=') { b' ' } else { byte });
        rest = more;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn may_change(row: &DashboardRow, caller: &AgentCaller) -> bool {
    row.agent_id == caller.id || row.shared && caller.role.may(Permission::ManageAgents)
}

fn view(row: DashboardRow, caller: &AgentCaller) -> DashboardView {
    DashboardView {
        may_change: may_change(&row, caller),
        id: row.id,
        name: row.name,
        page: row.page,
        search: row.search,
        shared: row.shared,
        agent_id: row.agent_id,
        version: row.version,
        changed_at: row.changed_at,
    }
}

/// The dashboards that the caller sees.
pub async fn list_dashboards(desk: &Desk, caller: &AgentCaller) -> Result<Dashboards, Error> {
    caller.require(Permission::ReadInsight)?;
    let id = caller.id;
    let (rows, start) = desk
        .store()
        .read(move |rd| {
            let rows = dashboard::list_seen_by(rd, id, MOST_LISTED)?;
            Ok::<_, Error>((rows, dashboard::find_start(rd, id)?))
        })
        .await?;
    Ok(Dashboards { items: rows.into_iter().map(|row| view(row, caller)).collect(), start })
}

/// Keeps a view under a name. The same `client_id` keeps it once.
pub async fn add_dashboard(
    desk: &Desk,
    caller: &AgentCaller,
    client_id: &str,
    command: DashboardCommand,
) -> Result<DashboardView, Error> {
    caller.require(Permission::ReadInsight)?;
    check_client_id(client_id)?;
    let (id, now, agent_id) = (DashboardId(desk.id()), desk.now(), caller.id);
    let mut row = DashboardRow {
        id,
        agent_id,
        client_id: client_id.to_owned(),
        name: String::new(),
        page: String::new(),
        search: String::new(),
        shared: false,
        version: 1,
        created_at: now,
        changed_at: now,
    };
    command.checked()?.put(&mut row);
    let written = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        if let Some(made) = dashboard::find_made_by(tx, agent_id, &row.client_id)? {
            return Ok(made);
        }
        if dashboard::count_of(tx, agent_id)? >= MOST {
            return Err(Error::invalid("name", "too_many"));
        }
        if dashboard::insert(tx, &row)? {
            return Ok(row.clone());
        }
        dashboard::find_made_by(tx, agent_id, &row.client_id)?.ok_or(Error::Inconsistent("dashboard"))
    });
    Ok(view(written.await?, caller))
}

/// Makes a dashboard what the command says, if nobody has changed it since the caller saw it.
pub async fn change_dashboard(
    desk: &Desk,
    caller: &AgentCaller,
    id: DashboardId,
    seen: i64,
    command: DashboardCommand,
) -> Result<DashboardView, Error> {
    caller.require(Permission::ReadInsight)?;
    let (command, now, by) = (command.checked()?, desk.now(), caller.clone());
    let written = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        let mut row = owned(tx, &by, id)?;
        if row.version != seen {
            return Err(Error::ChangedMeanwhile);
        }
        command.clone().put(&mut row);
        // Only its owner gives it to others, or keeps it from them: an admin who hid it could not find it again.
        if row.agent_id != by.id {
            row.shared = true;
        }
        (row.version, row.changed_at) = (row.version + 1, now);
        if dashboard::save(tx, &row)? { Ok(row) } else { Err(Error::ChangedMeanwhile) }
    });
    Ok(view(written.await?, caller))
}

/// Takes a dashboard away.
pub async fn remove_dashboard(desk: &Desk, caller: &AgentCaller, id: DashboardId) -> Result<(), Error> {
    caller.require(Permission::ReadInsight)?;
    let by = caller.clone();
    desk.store()
        .write(Lane::Ordinary, id.0, move |tx| {
            owned(tx, &by, id)?;
            dashboard::delete(tx, id).map_err(Error::from)
        })
        .await
}

/// Chooses with which dashboard Insight begins for the caller; with the usual page without one.
pub async fn start_with_dashboard(
    desk: &Desk,
    caller: &AgentCaller,
    start: Option<DashboardId>,
) -> Result<(), Error> {
    caller.require(Permission::ReadInsight)?;
    let by = caller.clone();
    desk.store()
        .write(Lane::Ordinary, caller.id.0, move |tx| {
            if let Some(id) = start {
                seen_by(dashboard::find(tx, id)?, &by)?;
            }
            dashboard::set_start(tx, by.id, start).map_err(Error::from)
        })
        .await
}

/// The one with this id, if the caller sees it: somebody else's own is not there.
fn seen_by(row: Option<DashboardRow>, caller: &AgentCaller) -> Result<DashboardRow, Error> {
    row.filter(|row| row.shared || row.agent_id == caller.id).ok_or(Error::NotFound)
}

/// The one with this id, to be changed.
fn owned(tx: &mut Tx, caller: &AgentCaller, id: DashboardId) -> Result<DashboardRow, Error> {
    let row = seen_by(dashboard::find(tx, id)?, caller)?;
    if may_change(&row, caller) { Ok(row) } else { Err(Error::Forbidden) }
}

#[cfg(test)]
mod tests {
    use standfast_domain::Role;
    use standfast_store::store_test;

    use super::*;
    use crate::testing::TestDesk;

    fn command(name: &str, shared: bool) -> DashboardCommand {
        DashboardCommand {
            name: name.to_owned(),
            page: "satisfaction".to_owned(),
            search: "period=7d&where=type%2Cswap%2C%E5%85%B6".to_owned(),
            shared,
        }
    }

    #[test]
    fn what_is_no_view_is_refused() {
        let wrong = |change: fn(&mut DashboardCommand)| {
            let mut wish = command("名字", false);
            change(&mut wish);
            match wish.checked() {
                Err(Error::Invalid { field, reason }) => (field, reason),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(wrong(|wish| wish.name = " \u{200B}\n".to_owned()), ("name", "missing"));
        assert_eq!(wrong(|wish| wish.name = "长".repeat(81)), ("name", "too_long"));
        assert_eq!(wrong(|wish| wish.page = "../x".to_owned()), ("page", "malformed"));
        assert_eq!(wrong(|wish| wish.search = "a".repeat(2_001)), ("search", "too_long"));
        assert_eq!(wrong(|wish| wish.search = "where=<script>".to_owned()), ("search", "malformed"));
        let phrase = "abandon%20abandon+abandon%20abandon,abandon%20abandon%20abandon%20abandon%20abandon%20abandon\
                      %20abandon%20about";
        assert!(matches!(
            DashboardCommand { search: format!("where=type,{phrase}"), ..command("x", false) }.checked(),
            Err(Error::Invalid { field: "search", reason: "malformed" })
        ));
        assert_eq!(command(" 一周\n满意度 ", true).checked().unwrap().name, "一周 满意度");
    }

    store_test! {
        async fn dashboards_are_kept_shared_and_changed_by_those_who_may(store) {
            let desk = TestDesk::new(&store);
            let lead = desk.agent("lin", Role::Lead).await;
            let analyst = desk.agent("ana", Role::Analyst).await;
            let admin = desk.agent("root", Role::Admin).await;
            let agent = desk.agent("mei", Role::Agent).await;
            assert!(matches!(list_dashboards(&desk, &agent).await, Err(Error::Forbidden)));
            assert!(matches!(add_dashboard(&desk, &agent, "a", command("x", true)).await, Err(Error::Forbidden)));
            let own = add_dashboard(&desk, &lead, "c1", command("我的", false)).await.unwrap();
            assert_eq!(add_dashboard(&desk, &lead, "c1", command("别的", false)).await.unwrap(), own);
            let shared = add_dashboard(&desk, &lead, "c2", command("大家的", true)).await.unwrap();
            let names = |list: Dashboards| list.items.into_iter().map(|one| one.name).collect::<Vec<_>>();
            assert_eq!(names(list_dashboards(&desk, &lead).await.unwrap()), ["我的", "大家的"]);
            assert_eq!(names(list_dashboards(&desk, &analyst).await.unwrap()), ["大家的"]);

            // Somebody else's own is not there; a shared one belongs to its owner, and to admins.
            let hidden = change_dashboard(&desk, &admin, own.id, 1, command("x", true)).await;
            assert!(matches!(hidden, Err(Error::NotFound)));
            assert!(matches!(remove_dashboard(&desk, &analyst, own.id).await, Err(Error::NotFound)));
            assert!(matches!(remove_dashboard(&desk, &analyst, shared.id).await, Err(Error::Forbidden)));
            let foreign = change_dashboard(&desk, &analyst, shared.id, 1, command("x", true)).await;
            assert!(matches!(foreign, Err(Error::Forbidden)));
            let renamed = change_dashboard(&desk, &admin, shared.id, 1, command("新名", false)).await.unwrap();
            assert_eq!((renamed.name.as_str(), renamed.version, renamed.shared), ("新名", 2, true));
            let late = change_dashboard(&desk, &lead, shared.id, 1, command("旧名", true)).await;
            assert!(matches!(late, Err(Error::ChangedMeanwhile)));

            start_with_dashboard(&desk, &analyst, Some(shared.id)).await.unwrap();
            assert!(matches!(start_with_dashboard(&desk, &analyst, Some(own.id)).await, Err(Error::NotFound)));
            assert_eq!(list_dashboards(&desk, &analyst).await.unwrap().start, Some(shared.id));
            change_dashboard(&desk, &lead, shared.id, 2, command("收回", false)).await.unwrap();
            assert_eq!(list_dashboards(&desk, &analyst).await.unwrap().start, None);
            remove_dashboard(&desk, &lead, shared.id).await.unwrap();
            assert!(matches!(remove_dashboard(&desk, &lead, shared.id).await, Err(Error::NotFound)));
            start_with_dashboard(&desk, &lead, None).await.unwrap();
        }
    }
}
