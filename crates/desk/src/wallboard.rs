//! The wallboard: what everybody in the room should see at a glance.

use std::time::Duration;

use serde::Serialize;
use standfast_domain::{Asker, Channel, Language, Level, Permission, Time, Wait};
use standfast_store::request;
use utoipa::ToSchema;

use crate::online::{kept_today, line};
use crate::surge::next_peak;
use crate::{AgentCaller, Desk, Error, Peak, asks, opening, timetable};

/// How far ahead a peak is told.
const AHEAD: Duration = Duration::from_hours(24 * 14);

/// Requests of a class that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct WallboardClass {
    /// How many wait.
    pub waiting: i64,
    /// Since when the one that waits longest does.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Time>,
}

/// How long it takes those who write in a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WallboardWait {
    /// The language.
    pub language: Language,
    /// Whether the desk is open for them; null where there are no hours for them.
    pub is_open: Option<bool>,
    /// What the next one has to expect; null when unknown.
    pub expected: Option<Wait>,
}

/// What everybody in the room should see.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Wallboard {
    /// Name of the wallet.
    pub name: String,
    /// When this was so.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// How far the desk is from its ordinary course.
    pub level: Level,
    /// Those with assets at risk.
    pub at_risk: WallboardClass,
    /// The others.
    pub ordinary: WallboardClass,
    /// Of all that wait, those who wait longer than they were told, or were told nothing and wait for longer than `within_minutes`
    /// for which the desk was open for them.
    pub late: i64,
    /// Of all that wait, those who were promised nothing: it was unknown, or nobody asked when their wait began.
    pub unpromised: WallboardClass,
    /// Within how many minutes everybody who waits should be answered, by the surge plan.
    pub within_minutes: u32,
    /// What the next one has to expect who writes in a language, as the form for requests says it.
    pub waits: Vec<WallboardWait>,
    /// People who are there to answer, in any process of the desk.
    pub present: u32,
    /// Minutes for which somebody was promised today, to anybody: one that several hours promise counts once. Today is that of the
    /// most general hours.
    pub promised_minutes: u32,
    /// Of those, minutes in which somebody could answer everybody who was promised it.
    pub online_minutes: u32,
    /// The next event for which many are to be expected, within two weeks.
    pub next: Option<Peak>,
}

/// What everybody in the room should see, now.
pub async fn wallboard(desk: &Desk, caller: &AgentCaller) -> Result<Wallboard, Error> {
    caller.require(Permission::ReadInsight)?;
    let (now, table) = (desk.now(), timetable(desk));
    let read = desk.store().read(move |rd| {
        let classes = request::count_waiting(rd)?;
        Ok::<_, Error>((classes, line(rd, &table, now)?, next_peak(rd, now)?))
    });
    let (classes, (line, within), next) = read.await?;
    let of = |at_risk: bool| {
        let found = classes.iter().find(|class| class.at_risk == at_risk);
        found.map_or_else(WallboardClass::default, |class| WallboardClass {
            waiting: class.count,
            since: class.since,
        })
    };
    let (course, table) = (desk.shared.online.course(), timetable(desk));
    let today = tokio::task::spawn_blocking(move || kept_today(&course, &table, now)).await;
    let today = today.map_err(|_| Error::Inconsistent("the online rate"))?;
    Ok(Wallboard {
        name: desk.settings().name.clone(),
        at: now,
        level: desk.surge().level().0,
        at_risk: of(true),
        ordinary: of(false),
        late: line.late,
        unpromised: WallboardClass { waiting: line.unpromised, since: line.unpromised_since },
        within_minutes: u32::try_from(within.as_secs() / 60).unwrap_or(u32::MAX),
        waits: Language::ALL.into_iter().map(|language| wait_in(desk, language, now)).collect(),
        present: desk.present_anywhere(now),
        promised_minutes: today.promised,
        online_minutes: today.online,
        next: next.filter(|peak| peak.starts_at < now.plus(AHEAD)),
    })
}

fn wait_in(desk: &Desk, language: Language, now: Time) -> WallboardWait {
    let asker = Asker { language, region: "", channel: Channel::Page };
    WallboardWait {
        language,
        is_open: opening(desk, &asker, now).map(|opening| opening.is_open),
        expected: desk.board().waiting(asks(desk, &asker, now)).expected,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use standfast_domain::{DriverKind, Role};
    use standfast_store::store_test;

    use super::*;
    use crate::testing::{TestDesk, intake, visitor};
    use crate::{DriverCommand, Intake, add_driver, receive};

    store_test! {
        async fn it_shows_classes_and_the_next_peak_to_those_who_read_figures(store) {
            let desk = TestDesk::new(&store);
            let analyst = desk.agent("ana", Role::Analyst).await;
            let agent = desk.agent("mei", Role::Agent).await;
            assert!(matches!(wallboard(&desk, &agent).await, Err(Error::Forbidden)));
            let empty = wallboard(&desk, &analyst).await.unwrap();
            assert_eq!((empty.at_risk, empty.ordinary, empty.late), Default::default());
            assert_eq!((empty.level, &empty.next, empty.promised_minutes), (Level::Normal, &None, 0));
            let begun = desk.now();
            for number in 1..=2 {
                desk.ask(&visitor(number), "c", "转账没到账").await;
                desk.pass(3);
            }
            let theft = Intake { kind: Some("theft".into()), ..intake("c", "钱被转走了") };
            receive(&desk, &visitor(3), theft).await.unwrap();
            let event = |title: &str, kind, hours| DriverCommand {
                kind, title: title.into(), note: String::new(), starts_at: desk.now().plus(Duration::from_hours(hours)), ends_at: None, scope: BTreeMap::new(),
            };
            for (name, kind, hours) in [("far", DriverKind::Fork, 24 * 20), ("later", DriverKind::Listing, 60), ("next", DriverKind::Fork, 30), ("text", DriverKind::Article, 2)] {
                add_driver(&desk, &analyst, name, &event(name, kind, hours)).await.unwrap();
            }
            let seen = wallboard(&desk, &analyst).await.unwrap();
            assert_eq!(seen.unpromised, WallboardClass { waiting: 3, since: Some(begun) });
            assert_eq!((seen.late, seen.within_minutes), (0, 60), "an hour is not over");
            assert_eq!(seen.ordinary, WallboardClass { waiting: 2, since: Some(begun) });
            assert_eq!((seen.at_risk.waiting, seen.at_risk.since), (1, Some(desk.now())));
            assert_eq!(seen.next.unwrap().title, "next");
            // The first came six minutes before the last one, the second three.
            desk.pass(56);
            assert_eq!(wallboard(&desk, &analyst).await.unwrap().late, 1);
            desk.pass(60);
            assert_eq!(wallboard(&desk, &analyst).await.unwrap().late, 3);
        }
    }
}
