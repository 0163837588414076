//! What people can do, and what was agreed about their time.

use standfast_domain::roster::{Contract, Profile};
use standfast_domain::{AgentId, Language, Permission, TYPES};
use standfast_store::{Lane, person};

use super::{PersonView, json, known, known_one, load_capacity, person_view, take_turns};
use crate::{AgentCaller, Desk, Error};

/// Somebody as whoever plans enters them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonWish {
    /// What they can do.
    pub profile: Profile,
    /// What was agreed; nothing where nothing was.
    pub contract: Option<Contract>,
}

impl PersonWish {
    /// What is safe to store: languages and types in one order.
    fn checked(mut self) -> Result<Self, Error> {
        self.profile.check()?;
        if let Some(contract) = &self.contract {
            contract.check()?;
        }
        let Profile { languages, skills, .. } = &mut self.profile;
        *languages = Language::ALL.into_iter().filter(|one| languages.contains(one)).collect();
        let known = TYPES.iter().map(|kind| kind.code.to_owned());
        *skills = known.filter(|code| skills.contains(code)).collect();
        Ok(self)
    }
}

/// Everybody who can be rostered, by name.
pub async fn list_people(desk: &Desk, caller: &AgentCaller) -> Result<Vec<PersonView>, Error> {
    caller.require(Permission::ReadRequests)?;
    let people = desk.store().read(known).await?;
    Ok(people.into_iter().map(|known| person_view(known, caller)).collect())
}

/// Makes what is known of somebody what the wish says. `seen` is the version that the caller has seen, 0 where nobody has entered
/// anything. Shifts stay as they are, and show what they break now.
pub async fn change_person(
    desk: &Desk,
    caller: &AgentCaller,
    id: AgentId,
    seen: i64,
    wish: PersonWish,
) -> Result<PersonView, Error> {
    caller.require(Permission::ManageRoster)?;
    let (wish, now, by) = (wish.checked()?, desk.now(), caller.id);
    let written = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        known_one(tx, id)?;
        take_turns(tx, vec![id], now)?;
        let mut row = person::find(tx, id)?.ok_or(Error::Inconsistent("a person without a row"))?;
        if row.version != seen {
            return Err(Error::OutdatedVersion { version: row.version });
        }
        row.version += 1;
        row.profile = json(&wish.profile)?;
        row.contract = wish.contract.as_ref().map(json).transpose()?;
        row.changed_at = now;
        row.changed_by = Some(by);
        person::save(tx, &row)?;
        known_one(tx, id)
    });
    let known = written.await?;
    load_capacity(desk).await?;
    Ok(person_view(known, caller))
}
