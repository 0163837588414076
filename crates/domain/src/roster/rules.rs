//! The rules between somebody's shifts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Contract, Person, Shift, TimeOff};
use crate::{Day, Hours, ShiftId, Time, Weekday};

const MINUTE: i64 = 60_000_000;

/// A rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Nobody works in two places at a time.
    Overlap,
    /// Rest between stretches of work.
    Rest,
    /// Work without a rest.
    Stretch,
    /// Work of a week.
    Week,
    /// Days in a row.
    Days,
    /// When they can work.
    Available,
    /// Time off that was agreed.
    TimeOff,
    /// The language for which the shift is.
    Language,
    /// The type of requests for which the shift is.
    Skill,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 9] = [
        Self::Overlap,
        Self::Rest,
        Self::Stretch,
        Self::Week,
        Self::Days,
        Self::Available,
        Self::TimeOff,
        Self::Language,
        Self::Skill,
    ];

    /// Whether no reason is good enough to break it.
    #[must_use]
    pub const fn is_absolute(self) -> bool {
        matches!(self, Self::Overlap)
    }
}

/// A rule that is broken, and where.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema)]
pub struct Violation {
    /// The shift that breaks it: the later one, where two do so together.
    #[schema(value_type = String)]
    pub shift_id: ShiftId,
    /// Which rule.
    pub rule: Rule,
    /// The earlier shift, of an overlap and of a rest that is too short.
    #[schema(value_type = Option<String>)]
    pub other_id: Option<ShiftId>,
    /// What it comes to: minutes, of days in a row their number; nothing where there is nothing to count.
    pub found: Option<u32>,
    /// What was agreed, in the same.
    pub limit: Option<u32>,
}

/// Every rule that somebody's shifts break, in the order of the shifts. `shifts` are theirs, in any order, with those of two weeks
/// before and after what is asked about, or rules that look around do not see enough; `time_off` is what was agreed.
///
/// Where shifts touch without a gap they are one stretch of work, so that taking away one in the middle of others can break the
/// rule of rest.
#[must_use]
pub fn violations(person: &Person, shifts: &[Shift], time_off: &[TimeOff]) -> Vec<Violation> {
    let mut own: Vec<&Shift> = shifts.iter().filter(|shift| shift.agent == Some(person.id)).collect();
    own.sort_unstable_by_key(|shift| (shift.starts_at, shift.ends_at, shift.id));
    let mut found = Vec::new();
    overlaps(&own, &mut found);
    for shift in &own {
        let is_off = |off: &TimeOff| {
            off.agent == person.id && off.starts_at < shift.ends_at && shift.starts_at < off.ends_at
        };
        if time_off.iter().any(is_off) {
            found.push(broken(shift, Rule::TimeOff));
        }
        if shift.need.language.is_some_and(|language| !person.profile.languages.contains(&language)) {
            found.push(broken(shift, Rule::Language));
        }
        if shift.need.skill.as_deref().is_some_and(|skill| !person.profile.knows(skill)) {
            found.push(broken(shift, Rule::Skill));
        }
    }
    if let Some(contract) = &person.contract {
        let zone = TimeZone::get(&contract.zone).unwrap_or(TimeZone::UTC);
        stretches(contract, &own, &mut found);
        weeks(contract, &zone, &own, &mut found);
        days(contract, &zone, &own, &mut found);
        availability(contract, &zone, &own, &mut found);
    }
    let place = |id: ShiftId| own.iter().position(|shift| shift.id == id);
    found.sort_by_cached_key(|violation| (place(violation.shift_id), violation.rule));
    found
}

/// Which rules somebody's shifts break after a change that they did not break before it, or not as much. Of a week and of days in a
/// row the week counts, whichever of its shifts is the one too many.
#[must_use]
pub fn newly_broken(
    person: &Person,
    before: &[Shift],
    after: &[Shift],
    time_off: &[TimeOff],
) -> Vec<Violation> {
    let zone = person.contract.as_ref().and_then(|contract| TimeZone::get(&contract.zone).ok());
    let zone = zone.unwrap_or(TimeZone::UTC);
    let place = |shifts: &[Shift], one: &Violation| match one.rule {
        Rule::Week | Rule::Days => {
            let shift = shifts.iter().find(|shift| shift.id == one.shift_id);
            (None, None, shift.map(|shift| monday(day(&zone, shift.starts_at))))
        }
        Rule::Overlap => (Some(one.shift_id), one.other_id, None),
        _ => (Some(one.shift_id), None, None),
    };
    // How bad it is: of a rest the less, of all others the more.
    let badness = |one: &Violation| {
        let found = one.found.map(i64::from);
        found.map(|found| if one.rule == Rule::Rest { -found } else { found })
    };
    let known = violations(person, before, time_off);
    let is_known = |one: &Violation| {
        let same = known.iter().filter(|old| old.rule == one.rule && place(before, old) == place(after, one));
        same.map(badness).max().is_some_and(|worst| badness(one) <= worst)
    };
    let mut found = violations(person, after, time_off);
    found.retain(|one| !is_known(one));
    found
}

const fn broken(shift: &Shift, rule: Rule) -> Violation {
    Violation { shift_id: shift.id, rule, other_id: None, found: None, limit: None }
}

fn minutes(micros: i64) -> u32 {
    u32::try_from(micros / MINUTE).unwrap_or(u32::MAX)
}

/// Each shift that begins before another one is over, held against the one that ends last.
fn overlaps(own: &[&Shift], found: &mut Vec<Violation>) {
    let mut last: Option<&Shift> = None;
    for shift in own {
        if let Some(before) = last.filter(|before| shift.starts_at < before.ends_at) {
            let both = minutes(before.ends_at.min(shift.ends_at).0 - shift.starts_at.0);
            let limit = Some(0);
            found.push(Violation {
                other_id: Some(before.id),
                found: Some(both),
                limit,
                ..broken(shift, Rule::Overlap)
            });
        }
        if last.is_none_or(|before| before.ends_at < shift.ends_at) {
            last = Some(shift);
        }
    }
}

/// Stretches of work that are too long, and rests between them that are too short.
fn stretches(contract: &Contract, own: &[&Shift], found: &mut Vec<Violation>) {
    let (most, rest) = (contract.most_stretch, contract.least_rest);
    // When the stretch began, and its shift that ends last.
    let mut stretch: Option<(Time, &Shift)> = None;
    for shift in own {
        let (began, last) = match stretch {
            Some((began, last)) if shift.starts_at <= last.ends_at => {
                (began, if last.ends_at < shift.ends_at { shift } else { last })
            }
            Some((_, last)) => {
                let gap = minutes(shift.starts_at.0 - last.ends_at.0);
                if gap < rest {
                    let between = broken(shift, Rule::Rest);
                    found.push(Violation {
                        other_id: Some(last.id),
                        found: Some(gap),
                        limit: Some(rest),
                        ..between
                    });
                }
                (shift.starts_at, *shift)
            }
            None => (shift.starts_at, *shift),
        };
        let length = minutes(last.ends_at.0 - began.0);
        if length > most && last.id == shift.id {
            found.push(Violation { found: Some(length), limit: Some(most), ..broken(shift, Rule::Stretch) });
        }
        stretch = Some((began, last));
    }
}

/// The day that a zone's clocks show.
fn day(zone: &TimeZone, at: Time) -> Day {
    let offset = Timestamp::from_microsecond(at.0).map_or(0, |at| zone.to_offset(at).seconds());
    Day::of(Time(at.0.saturating_add(i64::from(offset) * 1_000_000)))
}

/// The Monday of the week of a day.
fn monday(day: Day) -> Day {
    day.plus(1 - i64::from(Weekday::of(day).number()))
}

/// When a day begins on a zone's clocks.
fn begin(zone: &TimeZone, day: Day) -> Time {
    let date = Timestamp::from_microsecond(day.start().0).map(|at| at.to_zoned(TimeZone::UTC).date());
    let begins = date.and_then(|date| date.to_zoned(zone.clone()));
    begins.map_or(day.start(), |begins| Time(begins.timestamp().as_microsecond()))
}

/// Minutes of somebody's own shifts in the week of theirs in which a moment is; of a shift over its end each part counts in its own.
#[must_use]
pub fn minutes_of_week<'a>(contract: &Contract, own: impl Iterator<Item = &'a Shift>, at: Time) -> u32 {
    let zone = TimeZone::get(&contract.zone).unwrap_or(TimeZone::UTC);
    let first = monday(day(&zone, at));
    let (from, until) = (begin(&zone, first), begin(&zone, first.plus(7)));
    minutes(own.map(|shift| (shift.ends_at.min(until).0 - shift.starts_at.max(from).0).max(0)).sum())
}

/// From the shift on with which a week has too much work; a shift over midnight of Sunday counts in both weeks with its part.
fn weeks(contract: &Contract, zone: &TimeZone, own: &[&Shift], found: &mut Vec<Violation>) {
    let most = contract.most_week;
    let mut worked: BTreeMap<Day, i64> = BTreeMap::new();
    for shift in own {
        let first = monday(day(zone, shift.starts_at));
        let last = monday(day(zone, Time(shift.ends_at.0 - 1)));
        let border = begin(zone, last).clamp(shift.starts_at, shift.ends_at);
        let mut parts = vec![(first, shift.ends_at.0 - shift.starts_at.0)];
        if first != last {
            parts = vec![(first, border.0 - shift.starts_at.0), (last, shift.ends_at.0 - border.0)];
        }
        let mut longest = 0;
        for (week, part) in parts {
            let all = worked.entry(week).or_default();
            *all += part;
            longest = longest.max(*all);
        }
        if minutes(longest) > most {
            found.push(Violation {
                found: Some(minutes(longest)),
                limit: Some(most),
                ..broken(shift, Rule::Week)
            });
        }
    }
}

/// The first shift of each day that is one too many in a row.
fn days(contract: &Contract, zone: &TimeZone, own: &[&Shift], found: &mut Vec<Violation>) {
    let most = u32::from(contract.most_days);
    let mut last: Option<(Day, u32)> = None;
    for shift in own {
        let day = day(zone, shift.starts_at);
        let row = match last {
            Some((before, _)) if before == day => continue,
            Some((before, row)) if before.plus(1) == day => row + 1,
            _ => 1,
        };
        last = Some((day, row));
        if row > most {
            found.push(Violation { found: Some(row), limit: Some(most), ..broken(shift, Rule::Days) });
        }
    }
}

/// Shifts that do not lie within the times at which they can work.
fn availability(contract: &Contract, zone: &TimeZone, own: &[&Shift], found: &mut Vec<Violation>) {
    let (Some(first), Some(last)) = (own.first(), own.iter().map(|shift| shift.ends_at).max()) else {
        return;
    };
    if contract.available.is_empty() {
        return;
    }
    let (from, until) = (day(zone, first.starts_at).plus(-2), day(zone, last).plus(2));
    // A contract that was checked has hours that can be worked out.
    let Ok(hours) = Hours::new(&contract.availability(), from, until) else { return };
    for shift in own {
        let can = hours.business_time_between(shift.starts_at, shift.ends_at);
        let works = shift.ends_at.since(shift.starts_at);
        if can < works {
            let outside = works.saturating_sub(can).as_secs().div_ceil(60);
            let outside = u32::try_from(outside).unwrap_or(u32::MAX);
            found.push(Violation { found: Some(outside), limit: Some(0), ..broken(shift, Rule::Available) });
        }
    }
}
