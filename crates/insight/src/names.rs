//! The values of dimensions whose values nobody lists in advance: types, regions, versions, agents and so on. A value
//! gets the next number when it is seen for the first time.

use std::collections::HashMap;
use std::hash::Hash;

use standfast_domain::{AgentId, TeamId, vocabulary};

use crate::block::{Handler, Matter, Row, Source};
use crate::fact::Fact;

/// What a row has that says nothing, and what belongs to nobody.
pub(crate) const UNKNOWN: u32 = 0;
/// What stands for all values for which there is no room.
pub(crate) const OTHER: u32 = 1;
/// The number of the first value of rows; the two before it are always there.
pub(crate) const FIRST: u32 = 2;
/// Most values of a dimension. Customers' apps send some of them: without an end, somebody could fill the memory. See
/// [`crate::uses`] for what becomes of the others.
pub(crate) const MOST: usize = 50_000;

/// Numbers for values. What is forgotten leaves its number to the next one.
#[derive(Clone, Debug)]
pub(crate) struct Dictionary<T> {
    /// The value of every number; none where it was forgotten.
    values: Vec<Option<T>>,
    free: Vec<u32>,
    numbers: HashMap<T, u32>,
}

impl<T: Clone + Eq + Hash> Dictionary<T> {
    /// A dictionary whose first two values are these.
    fn new(unknown: &T, other: &T) -> Self {
        let mut new = Self { values: Vec::new(), free: Vec::new(), numbers: HashMap::new() };
        new.add(unknown);
        new.add(other);
        new
    }

    fn add(&mut self, value: &T) {
        let number = self.free.pop().unwrap_or_else(|| {
            self.values.push(None);
            u32::try_from(self.values.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(slot) = self.values.get_mut(number as usize) {
            *slot = Some(value.clone());
            self.numbers.insert(value.clone(), number);
        }
    }

    /// The number of a value, if it has one.
    pub(crate) fn find(&self, value: &T) -> Option<u32> {
        self.numbers.get(value).copied()
    }

    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.values.get(number as usize)?.as_ref()
    }

    /// The value of every number, in their order; none where it was forgotten.
    pub(crate) fn slots(&self) -> &[Option<T>] {
        &self.values
    }

    /// The numbers of all values, in their order.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.values).filter(|(_, value)| value.is_some()).map(|(number, _)| number)
    }

    /// Whether a value has no number, and there is none left.
    pub(crate) fn has_no_room_for(&self, value: &T) -> bool {
        self.numbers.len() >= MOST && self.find(value).is_none()
    }

    /// Gives a value a number, if it has none and there is room.
    fn learn(&mut self, value: &T) {
        if self.find(value).is_none() && !self.has_no_room_for(value) {
            self.add(value);
        }
    }

    /// Forgets the value of a number.
    pub(crate) fn forget(&mut self, number: u32) {
        if let Some(value) = self.values.get_mut(number as usize).and_then(Option::take) {
            self.numbers.remove(&value);
            self.free.push(number);
        }
    }

    /// The number of a value, or that of all for which there was no room.
    fn number(&self, value: &T) -> u32 {
        self.find(value).unwrap_or(OTHER)
    }
}

/// All dictionaries.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) kinds: Dictionary<String>,
    pub(crate) channels: Dictionary<String>,
    pub(crate) languages: Dictionary<String>,
    pub(crate) states: Dictionary<String>,
    pub(crate) regions: Dictionary<String>,
    pub(crate) versions: Dictionary<String>,
    pub(crate) chains: Dictionary<String>,
    pub(crate) screens: Dictionary<String>,
    pub(crate) brands: Dictionary<String>,
    pub(crate) teams: Dictionary<i64>,
    pub(crate) agents: Dictionary<i64>,
}

impl Names {
    pub(crate) fn new() -> Self {
        let texts = || Dictionary::new(&vocabulary::UNKNOWN.to_owned(), &vocabulary::OTHER.to_owned());
        // No id is 0 or negative.
        let ids = || Dictionary::new(&0, &-1);
        Self {
            kinds: texts(),
            channels: texts(),
            languages: texts(),
            states: texts(),
            regions: texts(),
            versions: texts(),
            chains: texts(),
            screens: texts(),
            brands: texts(),
            teams: ids(),
            agents: ids(),
        }
    }

    /// The dictionaries of texts and of ids, in the order of a snapshot.
    pub(crate) fn parts(&self) -> ([&Dictionary<String>; 9], [&Dictionary<i64>; 2]) {
        let texts = [
            &self.kinds,
            &self.channels,
            &self.languages,
            &self.states,
            &self.regions,
            &self.versions,
            &self.chains,
            &self.screens,
            &self.brands,
        ];
        (texts, [&self.teams, &self.agents])
    }

    /// As [`Names::parts`], to be filled with what a snapshot holds.
    pub(crate) fn parts_mut(&mut self) -> ([&mut Dictionary<String>; 9], [&mut Dictionary<i64>; 2]) {
        let texts = [
            &mut self.kinds,
            &mut self.channels,
            &mut self.languages,
            &mut self.states,
            &mut self.regions,
            &mut self.versions,
            &mut self.chains,
            &mut self.screens,
            &mut self.brands,
        ];
        (texts, [&mut self.teams, &mut self.agents])
    }

    /// Whether every value of a fact has a number already.
    pub(crate) fn knows(&self, fact: &Fact) -> bool {
        let agents = [fact.agent, fact.first_agent, fact.solved_by].into_iter().flatten();
        self.kinds.find(&fact.kind).is_some()
            && self.channels.find(&fact.channel).is_some()
            && self.languages.find(&fact.language).is_some()
            && self.states.find(&fact.state).is_some()
            && self.regions.find(&fact.place.region).is_some()
            && self.versions.find(&fact.place.version).is_some()
            && self.chains.find(&fact.place.chain).is_some()
            && self.screens.find(&fact.place.screen).is_some()
            && self.brands.find(&fact.place.brand).is_some()
            && fact.team.is_none_or(|TeamId(id)| self.teams.find(&id).is_some())
            && agents.into_iter().all(|AgentId(id)| self.agents.find(&id).is_some())
    }

    /// Gives numbers to those values of a fact that have none.
    pub(crate) fn learn(&mut self, fact: &Fact) {
        self.kinds.learn(&fact.kind);
        self.channels.learn(&fact.channel);
        self.languages.learn(&fact.language);
        self.states.learn(&fact.state);
        self.regions.learn(&fact.place.region);
        self.versions.learn(&fact.place.version);
        self.chains.learn(&fact.place.chain);
        self.screens.learn(&fact.place.screen);
        self.brands.learn(&fact.place.brand);
        if let Some(TeamId(id)) = fact.team {
            self.teams.learn(&id);
        }
        for AgentId(id) in [fact.agent, fact.first_agent, fact.solved_by].into_iter().flatten() {
            self.agents.learn(&id);
        }
    }

    /// A fact as a row, its values as numbers.
    pub(crate) fn row(&self, fact: &Fact, customer: u32) -> Row {
        let word = |number: u32| u16::try_from(number).unwrap_or(0);
        let agent = |id: Option<AgentId>| word(id.map_or(UNKNOWN, |AgentId(id)| self.agents.number(&id)));
        let mut course = fact.course;
        // There are nine states, and fewer values in every dictionary than two bytes can tell apart.
        course.state = u8::try_from(self.states.number(&fact.state)).unwrap_or(0);
        Row {
            id: fact.id.0,
            created: fact.created,
            customer,
            response: fact.response,
            resolution: fact.resolution,
            end: fact.end,
            bot: fact.bot,
            matter: Matter {
                kind: self.kinds.number(&fact.kind),
                urgency: fact.urgency,
                at_risk: fact.at_risk,
            },
            source: Source {
                channel: self.channels.number(&fact.channel),
                language: self.languages.number(&fact.language),
                platform: fact.place.platform,
            },
            region: self.regions.number(&fact.place.region),
            version: self.versions.number(&fact.place.version),
            chain: self.chains.number(&fact.place.chain),
            screen: self.screens.number(&fact.place.screen),
            brand: self.brands.number(&fact.place.brand),
            handler: Handler {
                team: word(fact.team.map_or(UNKNOWN, |TeamId(id)| self.teams.number(&id))),
                agent: agent(fact.agent),
                first_agent: agent(fact.first_agent),
                solved_by: agent(fact.solved_by),
            },
            course,
            feedback: fact.feedback,
            tally: fact.tally,
            worked: fact.worked,
        }
    }
}

impl<T: Clone + Eq + Hash> Dictionary<T> {
    /// Puts these values in the place of all that there are; false when one is there twice.
    pub(crate) fn refill(&mut self, values: Vec<Option<T>>) -> bool {
        let numbered = || (0..).zip(&values);
        self.numbers = numbered().filter_map(|(number, value)| Some((value.clone()?, number))).collect();
        self.free = numbered().filter(|(_, value)| value.is_none()).map(|(number, _)| number).collect();
        self.values = values;
        self.numbers.len() + self.free.len() == self.values.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_leaves_its_number_to_the_next() {
        let mut names = Dictionary::new(&"unknown".to_owned(), &"other".to_owned());
        for value in ["1.0", "1.1", "1.2"] {
            names.learn(&value.to_owned());
        }
        let number = names.number(&"1.1".to_owned());
        names.forget(number);
        names.forget(number);
        assert_eq!((names.number(&"1.1".to_owned()), names.get(number)), (OTHER, None));
        let mut again = Dictionary::new(&String::new(), &String::new());
        assert!(again.refill(names.slots().to_vec()));
        for mut names in [names, again] {
            assert_eq!(names.numbers().count(), 4);
            names.learn(&"2.0".to_owned());
            names.learn(&"2.1".to_owned());
            assert_eq!(names.number(&"2.0".to_owned()), number);
            assert_eq!(names.numbers().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
            assert_eq!(names.get(4).map(String::as_str), Some("1.2"));
        }
    }

    #[test]
    fn there_are_never_more_values_than_there_is_room_for() {
        let mut names = Dictionary::new(&"unknown".to_owned(), &"other".to_owned());
        names.learn(&"1.0".to_owned());
        let first = names.number(&"1.0".to_owned());
        for number in 0..2 * MOST {
            names.learn(&format!("2.{number}"));
        }
        assert_eq!(names.slots().len(), MOST);
        assert_eq!(names.number(&"9.9".to_owned()), OTHER);
        assert_eq!(names.number(&"1.0".to_owned()), first);
        assert_eq!(names.get(first).map(String::as_str), Some("1.0"));
    }
}
