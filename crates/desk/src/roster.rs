//! Who works when: people, shifts, time off, and wishes to hand shifts on.
//!
//! Whoever plans writes drafts, which break rules as they like and show it. Publishing a range makes its drafts what everybody sees
//! and goes by; from then on a change holds at once. What is published breaks no rule that was not broken on purpose, with a
//! reason, by somebody who may; nobody is ever in two places at a time.
//!
//! Nothing here writes down who was there. Who is, is asked of the sockets ([`roster_now`]).

mod calendar;
mod notice;
mod people;
mod shifts;
mod swaps;
mod time_off;
mod today;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use parking_lot::RwLock;
use serde::Serialize;
use standfast_domain::roster::{Contract, Need, Person, Profile, Shift, TimeOff, Violation, violations};
use standfast_domain::{AgentId, Language, Permission, Role, ShiftId, Time, TimeOffId};
use standfast_store::agent::AgentRow;
use standfast_store::person::PersonRow;
use standfast_store::shift::{self, ShiftRow};
use standfast_store::time_off::{self as offs, TimeOffRow};
use standfast_store::{Rd, Tx, agent, person};
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::board::{Ahead, Knowing};
use crate::draft::{plain, says_nothing};
use crate::screening::Findings;
use crate::surge::reserve;
use crate::{AgentCaller, Desk, Error};

pub use calendar::{CalendarAddress, calendar_address, renew_calendar, shift_calendar};
pub use notice::{
    ROSTER_MAIL, RosterLetter, RosterMail, RosterNotice, ShiftNews, change_roster_mail, roster_letter,
    roster_mail,
};
pub use people::{PersonWish, change_person, list_people};
pub(crate) use shifts::open_shifts_of;
pub use shifts::{
    Published, ShiftWish, add_shifts, change_shift, publish_shifts, remove_shift, replace_drafts,
};
pub use swaps::{SwapStep, SwapView, SwapWish, ask_swap, list_swaps, step_swap};
pub use time_off::{TimeOffStep, TimeOffView, TimeOffWish, ask_time_off, list_time_off, step_time_off};
pub(crate) use today::GRACE;
pub use today::{Adherence, NowView, adherence, roster_now};

/// The longest range that is read at once.
const LONGEST_RANGE: Duration = Duration::from_hours(24 * 62);
/// How far around a shift the rules look: the longest row of days that can be agreed, and a week's edge.
const AROUND: Duration = Duration::from_hours(24 * 22);
/// Longest reason and longest note, in characters.
const WORDS: usize = 300;
/// How far ahead it is asked who will be there: as far as a waiting time is told, and until it is asked again.
const AHEAD: Duration = Duration::from_hours(25);
/// How soon a process hears of what another one has written.
const EVERY: Duration = Duration::from_secs(10);

/// Somebody who can be rostered, as the desk knows them.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    name: String,
    role: Role,
    /// 0 where nobody has entered anything about them.
    pub(crate) version: i64,
    pub(crate) person: Person,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonView {
    /// Who.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// The name that customers see.
    pub name: String,
    /// What they are there for.
    pub role: Role,
    /// Goes up with every change; 0 where nobody has entered anything. Whoever changes it says which one they have seen.
    pub version: i64,
    /// What they can do.
    pub profile: Profile,
    /// What was agreed about their time: told to themselves and to those who plan, and null for everybody else.
    pub contract: Option<Contract>,
}

/// A shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShiftView {
    /// Id.
    #[schema(value_type = String)]
    pub id: ShiftId,
    /// Who works; null where it is open.
    #[schema(value_type = Option<String>)]
    pub agent_id: Option<AgentId>,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// When it is over.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Time,
    /// For what it is.
    #[serde(flatten)]
    pub need: Need,
    /// Whether everybody sees it, or only those who plan.
    pub published: bool,
    /// Goes up with every change. Whoever changes it says which one they have seen.
    pub version: i64,
}

impl From<&ShiftRow> for ShiftView {
    fn from(row: &ShiftRow) -> Self {
        Self {
            id: row.id,
            agent_id: row.agent_id,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            need: Need { language: row.language, skill: row.skill.clone() },
            published: row.published_at.is_some(),
            version: row.version,
        }
    }
}

/// A time at which somebody does not work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OffView {
    /// Id of the wish.
    #[schema(value_type = String)]
    pub id: TimeOffId,
    /// Who.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Time,
}

/// Who works when in a range of time, as the caller may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RosterView {
    /// Everybody who can be rostered, by name.
    pub people: Vec<PersonView>,
    /// The shifts, by their beginning; drafts for those who plan.
    pub shifts: Vec<ShiftView>,
    /// Time off that was agreed: everybody's for those who plan, else one's own.
    pub time_off: Vec<OffView>,
    /// Rules that these shifts break, for those who plan.
    pub violations: Vec<Violation>,
}

/// What people can do, as this process knows it: of whom something was entered.
#[derive(Debug, Default)]
pub(crate) struct Capacity(RwLock<BTreeMap<AgentId, Profile>>);

impl Capacity {
    /// How many somebody has in hand; one where nothing is known.
    pub(crate) fn of(&self, agent: AgentId) -> u32 {
        self.0.read().get(&agent).map_or(1, |profile| profile.at_once).into()
    }

    /// Whether somebody knows a language; everybody does of whom nothing was entered.
    pub(crate) fn knows(&self, agent: AgentId, language: Language) -> bool {
        self.0.read().get(&agent).is_none_or(|profile| profile.languages.contains(&language))
    }

    /// Of some people, how many know which language.
    fn knowing(&self, there: &BTreeSet<AgentId>) -> Knowing {
        let profiles = self.0.read();
        let knows = |agent: &AgentId, language: &Language| {
            profiles.get(agent).is_none_or(|profile| profile.languages.contains(language))
        };
        Language::ALL.map(|language| {
            let count = there.iter().filter(|agent| knows(agent, &language)).count();
            (language, u32::try_from(count).unwrap_or(u32::MAX))
        })
    }
}

/// How many conversations people have in hand at a time of whom this process only knows that they are there: what half of the profiles
/// that were entered say or more.
pub(crate) fn usual_at_once(desk: &Desk) -> u32 {
    let mut all: Vec<u8> = desk.shared.capacity.0.read().values().map(|profile| profile.at_once).collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or(1).into()
}

/// For each language how many of those who are there know it, and how many of these take anything that comes.
pub(crate) fn speakers(desk: &Desk) -> Vec<(Language, u32, u32)> {
    let there = desk.surge().present();
    if there.is_empty() {
        let known = |language| desk.board().speakers(language);
        return Language::ALL.into_iter().map(|one| (one, known(one), known(one))).collect();
    }
    let (present, free) =
        (desk.shared.capacity.knowing(&there), desk.shared.capacity.knowing(&desk.surge().free()));
    present.into_iter().zip(free).map(|((language, all), (_, free))| (language, all, free)).collect()
}

/// Tells the board who is there to answer, as the live sockets of this process know it.
pub fn set_present(desk: &Desk, there: &BTreeSet<AgentId>) {
    let at_once = there.iter().map(|agent| desk.shared.capacity.of(*agent)).sum();
    let present = u32::try_from(there.len()).unwrap_or(u32::MAX);
    desk.board().set_present(present, at_once, desk.now());
    reserve(desk, Some(there));
    desk.board().set_knowing(desk.shared.capacity.knowing(there));
}

/// Reads what people can do, and who will be there by the roster that was published.
pub async fn load_capacity(desk: &Desk) -> Result<(), Error> {
    let now = desk.now();
    let read = desk.store().read(move |rd| {
        let shifts = shift::list_between(rd, now, now.plus(AHEAD))?;
        Ok::<_, Error>((person::list(rd)?, shifts))
    });
    let (rows, shifts) = read.await?;
    // Of whom nothing was entered, nothing is known.
    let entered = rows.iter().filter(|row| row.version > 0);
    let known = entered.map(|row| Ok((row.agent_id, profile(row)?)));
    let known: BTreeMap<AgentId, Profile> = known.collect::<Result<_, Error>>()?;
    let languages = |agent: AgentId| known.get(&agent).cloned().unwrap_or_default().languages;
    let ahead: Vec<_> = shifts
        .iter()
        .filter(|shift| shift.published_at.is_some())
        .filter_map(|shift| Some((shift.starts_at, shift.ends_at, languages(shift.agent_id?))))
        .collect();
    let published = shifts.iter().filter(|shift| shift.published_at.is_some());
    let at_once: Vec<u32> = published
        .filter_map(|shift| Some(known.get(&shift.agent_id?).map_or(1, |profile| profile.at_once.into())))
        .collect();
    let people = u32::try_from(at_once.len()).unwrap_or(u32::MAX);
    let at_once = (at_once.iter().sum::<u32>() + people / 2).checked_div(people).unwrap_or(1);
    desk.board().set_ahead(Ahead::new(&ahead, at_once));
    *desk.shared.capacity.0.write() = known;
    loop {
        let there = desk.surge().present();
        if there.is_empty() {
            return Ok(());
        }
        desk.board().set_knowing(desk.shared.capacity.knowing(&there));
        // Somebody may have come or gone meanwhile.
        if desk.surge().present() == there {
            return Ok(());
        }
    }
}

/// Keeps what people can do, and who will be there, that of the database, until `stop` changes.
pub async fn follow_capacity(desk: Desk, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = load_capacity(&desk).await {
            tracing::warn!(%error, "what people can do could not be read; what is known so far is used");
        }
        let _ = tokio::time::timeout(EVERY, stop.changed()).await;
    }
}

fn profile(row: &PersonRow) -> Result<Profile, Error> {
    serde_json::from_str(&row.profile).map_err(|_| Error::Inconsistent("a person's profile"))
}

fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Inconsistent("json"))
}

/// Everybody who can be rostered, by name: those who may answer, and may sign in.
pub(crate) fn known(rd: &mut Rd) -> Result<Vec<Known>, Error> {
    let rows: BTreeMap<_, _> = person::list(rd)?.into_iter().map(|row| (row.agent_id, row)).collect();
    let agents = agent::list(rd)?.into_iter().filter(answers);
    agents.map(|agent| known_as(&agent, rows.get(&agent.id))).collect()
}

/// The tiers of those of whom something is known.
pub(crate) fn tiers(rd: &mut Rd) -> Result<HashMap<AgentId, u8>, Error> {
    person::list(rd)?.iter().map(|row| Ok((row.agent_id, profile(row)?.tier))).collect()
}

/// Whether somebody can be rostered.
pub(crate) fn answers(agent: &AgentRow) -> bool {
    agent.disabled_at.is_none() && agent.role.may(Permission::WorkRequests)
}

fn known_as(agent: &AgentRow, row: Option<&PersonRow>) -> Result<Known, Error> {
    let contract = row.and_then(|row| row.contract.as_deref()).map(serde_json::from_str).transpose();
    let person = Person {
        id: agent.id,
        profile: row.map(profile).transpose()?.unwrap_or_default(),
        contract: contract.map_err(|_| Error::Inconsistent("a person's contract"))?,
    };
    Ok(Known {
        name: agent.name.clone(),
        role: agent.role,
        version: row.map_or(0, |row| row.version),
        person,
    })
}

/// The person who is this agent; refused where nobody can be rostered under the id.
fn known_one(rd: &mut Rd, id: AgentId) -> Result<Known, Error> {
    let unknown = Error::invalid("agent_id", "unknown");
    let Some(agent) = agent::find(rd, id)?.filter(answers) else { return Err(unknown) };
    let row = person::find(rd, id)?;
    known_as(&agent, row.as_ref())
}

fn person_view(known: Known, caller: &AgentCaller) -> PersonView {
    let is_told = caller.id == known.person.id || caller.role.may(Permission::ManageRoster);
    PersonView {
        agent_id: known.person.id,
        name: known.name,
        role: known.role,
        version: known.version,
        profile: known.person.profile,
        contract: known.person.contract.filter(|_| is_told),
    }
}

pub(crate) fn pure(row: &ShiftRow) -> Shift {
    Shift {
        id: row.id,
        agent: row.agent_id,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        need: Need { language: row.language, skill: row.skill.clone() },
    }
}

const fn pure_off(row: &TimeOffRow) -> TimeOff {
    TimeOff { id: row.id, agent: row.agent_id, starts_at: row.starts_at, ends_at: row.ends_at }
}

/// Refuses a range that is empty or too long to be read at once.
fn check_range(from: Time, until: Time) -> Result<(), Error> {
    if until <= from {
        return Err(Error::invalid("until", "before_start"));
    }
    if until.since(from) > LONGEST_RANGE { Err(Error::invalid("until", "out_of_range")) } else { Ok(()) }
}

/// Who works when between two times.
pub async fn roster(desk: &Desk, caller: &AgentCaller, from: Time, until: Time) -> Result<RosterView, Error> {
    caller.require(Permission::ReadRequests)?;
    check_range(from, until)?;
    let caller = caller.clone();
    desk.store()
        .read(move |rd| {
            let plans = caller.role.may(Permission::ManageRoster);
            let people = known(rd)?;
            let (begin, end) = (from.minus(AROUND), until.plus(AROUND));
            let around = shift::list_between(rd, begin, end)?;
            let off = offs::list_approved(rd, begin, end)?;
            let is_in = |start: Time, end: Time| start < until && end > from;
            let shifts: Vec<&ShiftRow> = around
                .iter()
                .filter(|row| is_in(row.starts_at, row.ends_at) && (plans || row.published_at.is_some()))
                .collect();
            let mut broken = Vec::new();
            if plans {
                let all: Vec<Shift> = around.iter().map(pure).collect();
                let off: Vec<TimeOff> = off.iter().map(pure_off).collect();
                broken.extend(people.iter().flat_map(|known| violations(&known.person, &all, &off)));
                broken.retain(|one| shifts.iter().any(|row| row.id == one.shift_id));
            }
            let seen =
                |row: &&TimeOffRow| is_in(row.starts_at, row.ends_at) && (plans || row.agent_id == caller.id);
            Ok(RosterView {
                shifts: shifts.into_iter().map(ShiftView::from).collect(),
                time_off: off.iter().filter(seen).map(off_view).collect(),
                violations: broken,
                people: people.into_iter().map(|known| person_view(known, &caller)).collect(),
            })
        })
        .await
}

const fn off_view(row: &TimeOffRow) -> OffView {
    OffView { id: row.id, agent_id: row.agent_id, starts_at: row.starts_at, ends_at: row.ends_at }
}

/// Everybody who can be rostered, shifts, and time off that was agreed.
pub(crate) type PeopleAndShifts = (Vec<Person>, Vec<ShiftRow>, Vec<TimeOff>);

/// Everybody who can be rostered, and the shifts and the time off that was agreed between two times and around them: what planning
/// goes by.
pub(crate) fn people_and_shifts(rd: &mut Rd, from: Time, until: Time) -> Result<PeopleAndShifts, Error> {
    let (begin, end) = (from.minus(AROUND), until.plus(AROUND));
    let people = known(rd)?.into_iter().map(|known| known.person).collect();
    let off = offs::list_approved(rd, begin, end)?.iter().map(pure_off).collect();
    Ok((people, shift::list_between(rd, begin, end)?, off))
}

/// Which rules somebody's published shifts break with a change that they do not break without it, or not as much: `put` is what they
/// get, `taken` what they have no more. The turn of the person has been taken, or nothing is written.
pub(crate) fn newly_broken(
    rd: &mut Rd,
    person: &Person,
    put: &[ShiftRow],
    taken: &[ShiftRow],
) -> Result<Vec<Violation>, Error> {
    let times = put.iter().chain(taken).flat_map(|row| [row.starts_at, row.ends_at]);
    let (Some(first), Some(last)) = (times.clone().min(), times.max()) else { return Ok(Vec::new()) };
    let (begin, end) = (first.minus(AROUND), last.plus(AROUND));
    let mut rows = shift::list_of(rd, person.id, begin, end)?;
    rows.retain(|row| row.published_at.is_some());
    let off: Vec<_> = offs::list_approved(rd, begin, end)?.iter().map(pure_off).collect();
    let before: Vec<_> = rows.iter().map(pure).collect();
    rows.retain(|row| put.iter().chain(taken).all(|changed| changed.id != row.id));
    rows.extend(put.iter().cloned());
    let after: Vec<_> = rows.iter().map(pure).collect();
    Ok(standfast_domain::roster::newly_broken(person, &before, &after, &off))
}

/// The same for whoever gets nothing in return; nothing of somebody who answers no more.
fn broken_without(rd: &mut Rd, agent: AgentId, taken: &[ShiftRow]) -> Result<Vec<Violation>, Error> {
    match known_one(rd, agent) {
        Ok(known) => newly_broken(rd, &known.person, &[], taken),
        Err(Error::Invalid { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Why somebody breaks rules on purpose; nothing where they do not.
fn reason(text: Option<&str>) -> Result<Option<String>, Error> {
    let text = text.map(str::trim).filter(|text| !says_nothing(text));
    text.map(|text| words("reason", text)).transpose()
}

/// Words of the desk about itself: plain, on one line, without secrets.
fn words(field: &'static str, text: &str) -> Result<String, Error> {
    let text = plain(text.trim()).replace(['\n', '\t'], " ");
    if text.chars().count() > WORDS {
        return Err(Error::invalid(field, "too_long"));
    }
    Ok(Findings::default().text(&text))
}

/// A decision that may break rules.
struct Decision<'a> {
    /// The id of the exception, if there is to be one.
    id: i64,
    at: Time,
    by: AgentId,
    reason: Option<&'a str>,
}

impl Decision<'_> {
    /// Notes that rules are broken for a reason; refuses without one, and always where nobody may.
    fn permit(&self, tx: &mut Tx, broken: Vec<Violation>) -> Result<Vec<Violation>, Error> {
        if broken.is_empty() {
            return Ok(broken);
        }
        match self.reason {
            Some(reason) if !broken.iter().any(|one| one.rule.is_absolute()) => {
                shift::insert_exception(tx, self.id, self.at, self.by, reason, &json(&broken)?)?;
                Ok(broken)
            }
            _ => Err(Error::AgainstRules(broken)),
        }
    }
}

/// Takes the turns of people, in the order of their ids.
fn take_turns(tx: &mut Tx, mut agents: Vec<AgentId>, now: Time) -> Result<(), Error> {
    agents.sort_unstable();
    agents.dedup();
    let profile = json(&Profile::default())?;
    for agent in agents {
        person::take_turn(tx, agent, &profile, now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
