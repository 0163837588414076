//! Facts row by row, for other tools: the values by which requests are counted here, under the names of the dimensions.

use std::collections::HashMap;

use standfast_domain::Time;
use standfast_domain::vocabulary::PLATFORMS;
use standfast_store::fact::FactRow;
use standfast_store::imported::Untold;

use crate::dimension::{ANSWERERS, CONTACTS, answerer};
use crate::fact::{
    COHORTS, COUNTED, COUNTINGS, Fact, NEVER, REASONS, RESOLUTIONS, TIERS, counting, second as second_of,
};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number, or nothing.
    Int,
    /// A name; never nothing.
    Text,
    /// Whether something is so.
    Flag,
    /// An instant to the second, or nothing.
    Time,
}

/// The columns of a fact, in the order of [`data`].
pub const COLUMNS: [(&str, Kind); 43] = [
    ("id", Kind::Int),
    ("customer_id", Kind::Int),
    ("created_at", Kind::Time),
    ("type", Kind::Text),
    ("urgency", Kind::Int),
    ("at_risk", Kind::Flag),
    ("channel", Kind::Text),
    ("language", Kind::Text),
    ("region", Kind::Text),
    ("platform", Kind::Text),
    ("app_version", Kind::Text),
    ("chain", Kind::Text),
    ("screen", Kind::Text),
    ("brand", Kind::Text),
    ("cohort", Kind::Text),
    ("contact", Kind::Text),
    ("state", Kind::Text),
    ("counting", Kind::Text),
    ("tagged", Kind::Flag),
    ("team_id", Kind::Int),
    ("agent_id", Kind::Int),
    ("first_agent_id", Kind::Int),
    ("answered_by", Kind::Text),
    ("solved_by_id", Kind::Int),
    ("response_seconds", Kind::Int),
    ("bot_response_seconds", Kind::Int),
    ("first_resolution_seconds", Kind::Int),
    ("full_resolution_seconds", Kind::Int),
    ("ended_at", Kind::Time),
    ("replies", Kind::Int),
    ("follow_ups", Kind::Int),
    ("reopens", Kind::Int),
    ("transfers", Kind::Int),
    ("escalations", Kind::Int),
    ("tier", Kind::Text),
    ("handling_seconds", Kind::Int),
    ("resolution", Kind::Text),
    ("score", Kind::Int),
    ("reason", Kind::Text),
    ("origin", Kind::Text),
    ("answer_known", Kind::Flag),
    ("solution_known", Kind::Flag),
    ("words_known", Kind::Flag),
];

/// A value of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    /// Of [`Kind::Int`].
    Int(Option<i64>),
    /// Of [`Kind::Text`].
    Text(String),
    /// Of [`Kind::Flag`].
    Flag(bool),
    /// Of [`Kind::Time`].
    Time(Option<Time>),
}

/// The first request that counts of every customer, found in one pass over all.
#[derive(Clone, Debug, Default)]
pub struct Firsts(HashMap<i64, (u32, i64)>);

impl Firsts {
    /// Takes note of a request. They come in any order.
    pub fn note(&mut self, row: &FactRow) {
        if counting(row.state, &row.tags) == COUNTED {
            let key = (second_of(row.created_at), row.id.0);
            self.0.entry(row.customer_id.0).and_modify(|first| *first = key.min(*first)).or_insert(key);
        }
    }

    /// Whether no request that counts came before it.
    #[must_use]
    pub fn is_first(&self, row: &FactRow) -> bool {
        let first = self.0.get(&row.customer_id.0);
        first.is_none_or(|first| (second_of(row.created_at), row.id.0) <= *first)
    }
}

/// The values of a request, as it is counted; whether it is its customer's first only the others know.
#[must_use]
pub fn data(row: FactRow, is_first: bool) -> [Datum; COLUMNS.len()] {
    // To the second and to the last one: the facts round what they need no better.
    let counts =
        [row.reply_count, row.follow_up_count, row.reopen_count, row.transfer_count, row.escalation_count];
    let worked = row.worked_s;
    let fact = Fact::from(row);
    let int = |value: u32| Datum::Int(Some(value.into()));
    let seconds = |value: u32| Datum::Int((value != NEVER).then_some(value.into()));
    let second = |second: u32| Datum::Time(Some(Time(i64::from(second) * 1_000_000)));
    let name = |list: &[&str], place: u8| {
        Datum::Text(list.get(usize::from(place)).copied().unwrap_or_default().to_owned())
    };
    let course = fact.course;
    let ended = (fact.end != NEVER).then(|| fact.created.saturating_add(fact.end));
    let cohorts = COHORTS.map(|(name, _)| name);
    [
        Datum::Int(Some(fact.id.0)),
        Datum::Int(Some(fact.customer.0)),
        second(fact.created),
        Datum::Text(fact.kind),
        int(fact.urgency.into()),
        Datum::Flag(fact.at_risk),
        Datum::Text(fact.channel),
        Datum::Text(fact.language),
        Datum::Text(fact.place.region),
        name(PLATFORMS, fact.place.platform),
        Datum::Text(fact.place.version),
        Datum::Text(fact.place.chain),
        Datum::Text(fact.place.screen),
        Datum::Text(fact.place.brand),
        name(&cohorts, course.cohort),
        name(CONTACTS, is_first.into()),
        Datum::Text(fact.state),
        name(COUNTINGS, course.counting),
        Datum::Flag(course.is_tagged),
        Datum::Int(fact.team.map(|id| id.0)),
        Datum::Int(fact.agent.map(|id| id.0)),
        Datum::Int(fact.first_agent.map(|id| id.0)),
        name(ANSWERERS, u8::try_from(answerer(&course)).unwrap_or(0)),
        Datum::Int(fact.solved_by.map(|id| id.0)),
        seconds(fact.response),
        seconds(fact.bot),
        seconds(fact.resolution),
        seconds(if course.is_solved { fact.end } else { NEVER }),
        ended.map_or(Datum::Time(None), second),
        Datum::Int(Some(counts[0])),
        Datum::Int(Some(counts[1])),
        Datum::Int(Some(counts[2])),
        Datum::Int(Some(counts[3])),
        Datum::Int(Some(counts[4])),
        name(TIERS, course.tier),
        Datum::Int(worked),
        name(RESOLUTIONS, fact.feedback.resolution),
        Datum::Int((fact.feedback.score > 0).then_some(fact.feedback.score.into())),
        name(REASONS, fact.feedback.reason),
        Datum::Text(if course.is_imported() { "imported" } else { "desk" }.to_owned()),
        Datum::Flag(course.tells(Untold::ANSWER)),
        Datum::Flag(course.tells(Untold::SOLUTION)),
        Datum::Flag(course.tells(Untold::WORDS)),
    ]
}

#[cfg(test)]
mod tests;
