//! Maintenance: times at which something of the desk pauses. Whoever asks for help is never among it: words are taken in,
//! read and answered as always. Windows are said beforehand, and are over by themselves when they said they would be.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use standfast_domain::{AgentId, Language, MaintenanceId, Permission, Time};
use standfast_guard::{Context, screen};
use standfast_store::Lane;
use standfast_store::maintenance::{self as windows, MaintenanceRow};
use utoipa::ToSchema;

use crate::draft::{asks_for_nothing_in, check_client_id, plain, says_nothing};
use crate::{AgentCaller, Desk, Error, StatusNotice, incident, subscription};

/// Longest text, in characters.
const TEXT: usize = 300;
/// The longest that one may last.
const LONGEST: Duration = Duration::from_hours(7 * 24);
/// How far ahead it may begin.
const AHEAD: Duration = Duration::from_hours(366 * 24);
/// How long before it begins everybody is told.
const TOLD: Duration = Duration::from_hours(7 * 24);
/// Most that go on or lie ahead.
const MOST: i64 = 50;
/// Most that are listed.
const MOST_LISTED: i64 = 200;
/// How soon a process hears of what another one has written.
const EVERY: Duration = Duration::from_secs(1);

/// What it is about, in every language; empty where the usual words do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MaintenanceText {
    /// Chinese in simplified characters.
    #[serde(rename = "zh-CN")]
    pub chinese: String,
    /// English.
    pub en: String,
}

impl MaintenanceText {
    /// What it is about in a language, as it joins what stands after it: with a stop at its end, whatever people wrote.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        let (text, stop) = match language {
            Language::Chinese => (&self.chinese, "。"),
            Language::English => (&self.en, "."),
        };
        // A quotation or a bracket may close after the stop.
        let bare = text.trim_end_matches(['"', '\'', '”', '’', '」', '』', ')', '）']);
        let is_ended = bare.is_empty() || bare.ends_with(['.', '!', '?', '…', '。', '！', '？', '；']);
        if is_ended { text.clone() } else { format!("{text}{stop}") }
    }
}

/// A window of maintenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MaintenanceView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: MaintenanceId,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// When it is over, at the latest.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Time,
    /// What it is about.
    pub text: MaintenanceText,
    /// When it was ended early or called off.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Time>,
}

impl MaintenanceView {
    /// Whether it goes on.
    #[must_use]
    pub fn goes_on(&self, now: Time) -> bool {
        self.ended_at.is_none() && self.starts_at <= now && now < self.ends_at
    }
}

impl From<MaintenanceRow> for MaintenanceView {
    fn from(row: MaintenanceRow) -> Self {
        Self {
            id: row.id,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            text: MaintenanceText { chinese: row.text_zh, en: row.text_en },
            ended_at: row.ended_at,
        }
    }
}

/// The windows that go on or lie ahead, as this process knows them.
#[derive(Debug, Default)]
pub struct Maintenance(RwLock<Arc<[MaintenanceView]>>);

impl Maintenance {
    /// Until when it goes on now, by the windows that overlap; nothing when there is none.
    #[must_use]
    pub fn until(&self, now: Time) -> Option<Time> {
        self.0.read().iter().filter(|window| window.goes_on(now)).map(|window| window.ends_at).max()
    }

    /// The one that everybody is told of: that goes on and ends last, or the next one that begins within a week.
    #[must_use]
    pub fn told(&self, now: Time) -> Option<MaintenanceView> {
        let windows = self.0.read();
        let going_on =
            windows.iter().filter(|window| window.goes_on(now)).max_by_key(|window| window.ends_at);
        let near = |window: &&MaintenanceView| now < window.starts_at && window.starts_at < now.plus(TOLD);
        going_on.or_else(|| windows.iter().find(near)).cloned()
    }

    /// Those that go on and lie ahead, the earliest first.
    #[must_use]
    pub fn ahead(&self, now: Time) -> Vec<MaintenanceView> {
        self.0.read().iter().filter(|window| now < window.ends_at).cloned().collect()
    }
}

/// What a window is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaintenanceCommand {
    /// Made by the client; the same id makes one window.
    pub client_id: String,
    /// When it begins; at once when missing.
    pub starts_at: Option<Time>,
    /// When it is over.
    pub ends_at: Time,
    /// What it is about.
    pub text: MaintenanceText,
}

impl MaintenanceCommand {
    fn checked(self, now: Time) -> Result<(Time, Self), Error> {
        check_client_id(&self.client_id)?;
        let starts_at = self.starts_at.unwrap_or(now);
        if self.ends_at <= now {
            return Err(Error::invalid("ends_at", "out_of_range"));
        }
        if self.ends_at <= starts_at {
            return Err(Error::invalid("ends_at", "before_start"));
        }
        if self.ends_at.since(starts_at) > LONGEST || starts_at > now.plus(AHEAD) {
            return Err(Error::invalid("ends_at", "out_of_range"));
        }
        let text = MaintenanceText {
            chinese: words("text.zh-CN", &self.text.chinese)?,
            en: words("text.en", &self.text.en)?,
        };
        Ok((starts_at, Self { text, ..self }))
    }
}

fn words(place: &str, text: &str) -> Result<String, Error> {
    let text = plain(text.trim()).replace(['\n', '\t'], " ");
    if says_nothing(&text) {
        return Ok(String::new());
    }
    if text.chars().count() > TEXT {
        return Err(Error::invalid("text", "too_long"));
    }
    asks_for_nothing_in(place, &text)?;
    Ok(screen(&text, &Context::default()).text)
}

/// Announces a window, or begins one. The same `client_id` makes it once.
pub async fn announce_maintenance(
    desk: &Desk,
    caller: &AgentCaller,
    command: MaintenanceCommand,
) -> Result<MaintenanceView, Error> {
    caller.require(Permission::ManageMaintenance)?;
    plan_maintenance(desk, Some(caller.id), command).await
}

/// The same by whoever runs the machine, who is nobody on the desk.
pub async fn plan_maintenance(
    desk: &Desk,
    by: Option<AgentId>,
    command: MaintenanceCommand,
) -> Result<MaintenanceView, Error> {
    let now = desk.now();
    let (starts_at, command) = command.checked(now)?;
    let row = MaintenanceRow {
        id: MaintenanceId(desk.id()),
        client_id: command.client_id,
        starts_at,
        ends_at: command.ends_at,
        text_zh: command.text.chinese,
        text_en: command.text.en,
        agent_id: by,
        created_at: now,
        ended_at: None,
    };
    let all = subscription::Due::new(desk, now);
    let written = desk.store().write(Lane::Ordinary, row.id.0, move |tx| {
        if let Some(made) = windows::find_made_by(tx, &row.client_id)? {
            return Ok(made);
        }
        if i64::try_from(windows::list_ahead(tx, now, MOST)?.len()).unwrap_or(MOST) >= MOST {
            return Err(Error::invalid("maintenance", "too_many"));
        }
        if windows::insert(tx, &row)? {
            all.tell(tx, StatusNotice::Announced { window: row.id })?;
            return Ok(row.clone());
        }
        windows::find_made_by(tx, &row.client_id)?.ok_or(Error::Inconsistent("maintenance"))
    });
    let view = written.await?.into();
    refresh(desk).await?;
    Ok(view)
}

/// Ends a window that goes on, or calls one off.
pub async fn end_maintenance(desk: &Desk, caller: &AgentCaller, id: MaintenanceId) -> Result<(), Error> {
    caller.require(Permission::ManageMaintenance)?;
    let now = desk.now();
    let all = subscription::Due::new(desk, now);
    desk.store()
        .write(Lane::Ordinary, id.0, move |tx| {
            let window = windows::find(tx, id)?.ok_or(Error::NotFound)?;
            windows::end(tx, id, now)?;
            if window.ended_at.is_none() && now < window.ends_at {
                all.tell(tx, StatusNotice::CalledOff { window: id })?;
            }
            Ok::<_, Error>(())
        })
        .await?;
    refresh(desk).await
}

/// Ends whatever goes on, by whoever runs the machine; how many there were.
pub async fn stop_maintenance(desk: &Desk) -> Result<usize, Error> {
    let now = desk.now();
    let all = subscription::Due::new(desk, now);
    let ended = desk.store().write(Lane::Ordinary, 0, move |tx| {
        let going_on = windows::list_ahead(tx, now, MOST)?;
        let going_on: Vec<_> = going_on.into_iter().filter(|row| row.starts_at <= now).collect();
        for row in &going_on {
            windows::end(tx, row.id, now)?;
            all.tell(tx, StatusNotice::CalledOff { window: row.id })?;
        }
        Ok::<_, Error>(going_on.len())
    });
    ended.await
}

/// Every window, the latest first.
pub async fn list_maintenance(desk: &Desk, caller: &AgentCaller) -> Result<Vec<MaintenanceView>, Error> {
    caller.require(Permission::ReadRequests)?;
    let rows = desk.store().read(|rd| windows::list(rd, MOST_LISTED)).await?;
    Ok(rows.into_iter().map(MaintenanceView::from).collect())
}

/// The windows that go on or lie ahead, by whoever runs the machine.
pub async fn maintenance_ahead(desk: &Desk) -> Result<Vec<MaintenanceView>, Error> {
    refresh(desk).await?;
    Ok(desk.maintenance().ahead(desk.now()))
}

async fn refresh(desk: &Desk) -> Result<(), Error> {
    let now = desk.now();
    let rows = desk.store().read(move |rd| windows::list_ahead(rd, now, MOST)).await?;
    *desk.maintenance().0.write() = rows.into_iter().map(MaintenanceView::from).collect();
    Ok(())
}

/// Keeps what this process knows of maintenance and of incidents current, for as long as it runs: other processes write it as well.
pub async fn follow_maintenance(desk: Desk) {
    loop {
        if let Err(error) = refresh(&desk).await {
            tracing::debug!(%error, "maintenance could not be read");
        }
        if let Err(error) = incident::refresh(&desk).await {
            tracing::debug!(%error, "incidents could not be read");
        }
        tokio::time::sleep(EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use standfast_domain::Role;
    use standfast_store::store_test;

    use super::*;
    use crate::testing::TestDesk;

    fn command(client_id: &str, starts_at: Option<Time>, ends_at: Time) -> MaintenanceCommand {
        let text = MaintenanceText { chinese: " 更换\n磁盘 ".into(), en: String::new() };
        MaintenanceCommand { client_id: client_id.into(), starts_at, ends_at, text }
    }

    fn in_minutes(desk: &TestDesk, minutes: u64) -> Time {
        desk.now().plus(Duration::from_mins(minutes))
    }

    #[test]
    fn a_text_ends_before_what_stands_after_it() {
        for (chinese, en, sentences) in [
            ("换磁盘", "Faster disks", ("换磁盘。", "Faster disks.")),
            ("换磁盘。", "Faster disks!", ("换磁盘。", "Faster disks!")),
            ("更新（数据库）", "We move (to “Harbor”)", ("更新（数据库）。", "We move (to “Harbor”).")),
            ("（更新数据库。）", "He said “soon.”", ("（更新数据库。）", "He said “soon.”")),
            ("", "", ("", "")),
        ] {
            let text = MaintenanceText { chinese: chinese.into(), en: en.into() };
            let read = [Language::Chinese, Language::English].map(|language| text.sentence(language));
            assert_eq!((read[0].as_str(), read[1].as_str()), sentences);
        }
    }

    store_test! {
        async fn a_window_is_said_beforehand_goes_on_and_is_over_by_itself(store) {
            let desk = TestDesk::new(&store);
            let admin = desk.agent("robin", Role::Admin).await;
            let wish = command("m1", Some(in_minutes(&desk, 60)), in_minutes(&desk, 90));
            for role in [Role::Agent, Role::Lead, Role::Analyst] {
                let other = desk.agent(role.as_str(), role).await;
                assert!(matches!(announce_maintenance(&desk, &other, wish.clone()).await, Err(Error::Forbidden)));
            }
            let window = announce_maintenance(&desk, &admin, wish.clone()).await.unwrap();
            assert_eq!(window.text.chinese, "更换 磁盘");
            assert_eq!(announce_maintenance(&desk, &admin, wish).await.unwrap(), window, "a double click announces it once");
            assert_eq!(desk.maintenance().ahead(desk.now()), std::slice::from_ref(&window));
            assert_eq!(desk.maintenance().until(desk.now()), None);
            assert_eq!(desk.maintenance().told(desk.now().minus(TOLD)), None, "not yet");
            assert_eq!(desk.maintenance().told(desk.now()), Some(window.clone()));
            desk.pass(60);
            assert_eq!(desk.maintenance().until(desk.now()), Some(window.ends_at));
            // It takes longer than was said.
            let longer = plan_maintenance(&desk, None, command("m2", None, in_minutes(&desk, 45))).await.unwrap();
            assert_eq!(desk.maintenance().until(desk.now()), Some(longer.ends_at));
            assert_eq!(desk.maintenance().told(desk.now()), Some(longer));
            desk.pass(45);
            assert_eq!(desk.maintenance().until(desk.now()), None);
            assert!(desk.maintenance().ahead(desk.now()).is_empty());
            assert_eq!(list_maintenance(&desk, &admin).await.unwrap().len(), 2);
        }

        async fn windows_are_ended_and_called_off_by_any_process(store) {
            let (desk, other) = (TestDesk::new(&store), TestDesk::node(&store, 1));
            let admin = desk.agent("robin", Role::Admin).await;
            let planned = announce_maintenance(&desk, &admin, command("m1", Some(in_minutes(&desk, 60)), in_minutes(&desk, 90))).await.unwrap();
            plan_maintenance(&other, None, command("m2", None, in_minutes(&desk, 30))).await.unwrap();
            assert_eq!(maintenance_ahead(&desk).await.unwrap().len(), 2);
            assert!(desk.maintenance().until(desk.now()).is_some());
            assert_eq!(stop_maintenance(&other).await.unwrap(), 1, "what is planned stays planned");
            assert_eq!(maintenance_ahead(&desk).await.unwrap(), std::slice::from_ref(&planned));
            end_maintenance(&desk, &admin, planned.id).await.unwrap();
            assert!(maintenance_ahead(&other).await.unwrap().is_empty());
            let unknown = end_maintenance(&desk, &admin, MaintenanceId(1)).await;
            assert!(matches!(unknown, Err(Error::NotFound)));
        }

        async fn what_cannot_be_a_window_is_refused_with_a_reason(store) {
            let desk = TestDesk::new(&store);
            let at = |minutes| in_minutes(&desk, minutes);
            let long = MaintenanceText { en: "x".repeat(301), ..MaintenanceText::default() };
            let cases = [
                (command("", None, at(5)), "client_id", "missing"),
                (command("m", None, at(0)), "ends_at", "out_of_range"),
                (command("m", Some(at(10)), at(10)), "ends_at", "before_start"),
                (command("m", None, at(60 * 24 * 7 + 1)), "ends_at", "out_of_range"),
                (command("m", Some(at(60 * 24 * 400)), at(60 * 24 * 400 + 5)), "ends_at", "out_of_range"),
                (MaintenanceCommand { text: long, ..command("m", None, at(5)) }, "text", "too_long"),
            ];
            for (wish, field, reason) in cases {
                match plan_maintenance(&desk, None, wish).await {
                    Err(Error::Invalid { field: f, reason: r }) => assert_eq!((f, r), (field, reason)),
                    other => panic!("{field} {reason}: {other:?}"),
                }
            }
            let phrase = "abandon ".repeat(11) + "about";
            let secret = MaintenanceText { en: phrase.clone(), ..MaintenanceText::default() };
            let wish = MaintenanceCommand { text: secret, ..command("m", None, at(5)) };
            assert!(!plan_maintenance(&desk, None, wish).await.unwrap().text.en.contains("abandon"));
        }
    }
}
