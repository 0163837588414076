//! The online rate: of the minutes for which the desk promised somebody, those in which somebody could really answer.
//!
//! Each process of a desk puts down one [`Sample`] a minute, in a ledger that is only added to. A [`Course`] is what those
//! samples come to, minute by minute; [`Course::kept`] holds it against the opening hours. What was not put down was not
//! seen: a minute without a sample is one in which nobody could be reached, and the desk itself is the reason. So a crash
//! counts from the first minute that is missing, and whoever takes samples away makes the rate worse, never better.
//!
//! Clocks jump. A minute is put down once, so that one which comes a second time changes nothing. Minutes that a clock
//! skipped never were: the process says with each sample how long it has run by a clock that does not jump
//! ([`crate::Clock::monotonic`]), and where that went on by less than the time of day did, the rest is left out. A machine
//! that was suspended looks the same from inside.

use std::collections::BTreeMap;
use std::ops::{AddAssign, Range};

use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Day, Hours, Time, Weekday};

const MINUTE: i64 = 60_000_000;

/// What one process of the desk saw of a minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sample {
    /// The minute: minutes since 1970.
    pub minute: i64,
    /// Which process: its number among those of the desk.
    pub node: i64,
    /// Which start of it.
    pub boot: i64,
    /// Seconds that it had run, by a clock that does not jump.
    pub up: i64,
    /// People who were there to answer.
    pub present: i64,
    /// Requests that waited for the desk.
    pub waiting: i64,
    /// Of those, requests that had waited longer than they were promised, or than whoever is promised nothing should.
    pub late: i64,
    /// People who were to be there by the roster; nothing where there was no roster, and in rows from before there were any.
    pub rostered: Option<i64>,
    /// Milliseconds from a test message, sent through the desk's public address, to its receipt; [`Sample::NO_RECEIPT`] where none
    /// came, nothing where this process sent none.
    pub probe: Option<i64>,
}

impl Sample {
    /// What [`Sample::probe`] is where no receipt came.
    pub const NO_RECEIPT: i64 = -1;

    /// The minute in which a time lies.
    #[must_use]
    pub const fn minute_of(time: Time) -> i64 {
        time.0.div_euclid(MINUTE)
    }
}

/// Why nobody could answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// Nobody was to be there by the roster.
    Unrostered,
    /// Somebody was to be there by the roster, and nobody was.
    Missing,
    /// Nobody was there, and no roster says whether somebody was to be.
    Away,
    /// People were there, and those who waited had to wait longer than they were promised, or should.
    Full,
    /// The desk itself was not there, or a test message got no receipt.
    Technical,
    /// Maintenance that was announced.
    Maintenance,
}

impl Gap {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 6] =
        [Self::Unrostered, Self::Missing, Self::Away, Self::Full, Self::Technical, Self::Maintenance];

    /// Whether it is that nobody was there.
    const fn is_nobody(self) -> bool {
        matches!(self, Self::Unrostered | Self::Missing | Self::Away)
    }
}

/// What a minute was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Minute {
    /// Somebody could answer.
    Online,
    /// Nobody could.
    Gap(Gap),
    /// A clock skipped it.
    Skipped,
}

/// How many people a minute had; neither is known of a minute that nobody put down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct People {
    present: u16,
    rostered: u16,
}

impl People {
    /// Those who are there count together; all processes go by one roster.
    fn of(samples: &[Sample]) -> Self {
        let count = |count: i64| u16::try_from(count.max(0)).unwrap_or(u16::MAX);
        Self {
            present: count(samples.iter().map(|sample| sample.present).sum()),
            rostered: count(samples.iter().filter_map(|sample| sample.rostered).max().unwrap_or(0)),
        }
    }
}

/// Nobody promises that no one ever waits longer: the promised time is that within which four of five are answered. More
/// than this part of those who wait being late says that it does not hold at present.
const LATE: (i64, i64) = (1, 5);
/// By so many seconds two clocks may differ over a stretch of time before one of them is said to have jumped.
const SLACK: i64 = 90;

/// Minutes as they were, one after the other.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Course {
    first: i64,
    minutes: Vec<Minute>,
    /// Of the same minutes.
    people: Vec<People>,
    /// The last sample of each start of a process.
    last: BTreeMap<(i64, i64), Sample>,
}

impl Course {
    /// Takes over samples in the order in which they were put down. Of a minute that several processes saw, their people
    /// count together.
    pub fn extend(&mut self, samples: &[Sample]) {
        for minute in samples.chunk_by(|one, other| one.minute == other.minute) {
            self.put(minute);
        }
    }

    fn put(&mut self, samples: &[Sample]) {
        let Some(first) = samples.first() else { return };
        if self.minutes.is_empty() {
            self.first = first.minute;
        }
        let missing = first.minute - self.end();
        // A minute that came before: a clock was put back, and it is known already. A second process may add people.
        if missing < 0 {
            return self.add_people(samples);
        }
        let real = samples.iter().filter_map(|sample| self.run_since(sample)).min();
        let real = real.map_or(missing, |minutes| minutes.min(missing));
        for place in 0..missing {
            self.minutes.push(if place < real { Minute::Gap(Gap::Technical) } else { Minute::Skipped });
            self.people.push(People::default());
        }
        self.minutes.push(judge(samples));
        self.people.push(People::of(samples));
        self.last.extend(samples.iter().map(|sample| ((sample.node, sample.boot), *sample)));
    }

    /// Minutes that really passed unseen between the last sample of a process and this one, where its clock jumped.
    fn run_since(&self, sample: &Sample) -> Option<i64> {
        let last = self.last.get(&(sample.node, sample.boot))?;
        let (ran, passed) = (sample.up - last.up, (sample.minute - last.minute) * 60);
        (ran + SLACK < passed).then_some((ran / 60 - 1).max(0))
    }

    fn add_people(&mut self, samples: &[Sample]) {
        let Some(first) = samples.first() else { return };
        let Ok(place) = usize::try_from(first.minute - self.first) else { return };
        let (Some(known), Some(people)) = (self.minutes.get_mut(place), self.people.get_mut(place)) else {
            return;
        };
        let more = People::of(samples);
        people.present = people.present.saturating_add(more.present);
        people.rostered = people.rostered.max(more.rostered);
        let is_open = match known {
            Minute::Gap(gap) => gap.is_nobody() || matches!(gap, Gap::Technical | Gap::Maintenance),
            Minute::Skipped => true,
            Minute::Online => false,
        };
        if is_open {
            *known = judge(samples);
        }
    }

    /// How many people the other processes saw last, by samples of a minute or later.
    #[must_use]
    pub fn present_elsewhere(&self, node: i64, since: i64) -> i64 {
        let others = self.last.values().filter(|sample| sample.node != node && sample.minute >= since);
        others.map(|sample| sample.present).sum()
    }

    /// Leaves out what was before a minute.
    pub fn forget(&mut self, before: i64) {
        let count = usize::try_from(before - self.first).unwrap_or(0).min(self.minutes.len());
        self.minutes.drain(..count);
        self.people.drain(..count);
        self.first += i64::try_from(count).unwrap_or(0);
    }

    /// The first minute that it knows; nothing while it knows none.
    #[must_use]
    pub fn begins(&self) -> Option<Time> {
        (!self.minutes.is_empty()).then_some(Time(self.first * MINUTE))
    }

    /// The minute after the last one that it knows.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.first + i64::try_from(self.minutes.len()).unwrap_or(0)
    }

    /// Announced maintenance: what was not online in it was so for that reason.
    pub fn excuse(&mut self, from: Time, until: Time) {
        let range = self.places(from, until);
        for minute in self.minutes.get_mut(range).into_iter().flatten() {
            if matches!(minute, Minute::Gap(_)) {
                *minute = Minute::Gap(Gap::Maintenance);
            }
        }
    }

    /// The minutes that begin between two times, as far as they are known.
    fn places(&self, from: Time, until: Time) -> Range<usize> {
        let ceil = |time: Time| time.0.div_euclid(MINUTE) + i64::from(time.0.rem_euclid(MINUTE) > 0);
        let place = |time| usize::try_from(ceil(time) - self.first).unwrap_or(0).min(self.minutes.len());
        place(from)..place(until).max(place(from))
    }

    /// What was promised between two times and what was kept of it, as far as the course reaches.
    #[must_use]
    pub fn kept(&self, hours: &Hours, from: Time, until: Time) -> Kept {
        let mut kept = Kept::default();
        self.each(hours, from, until, |_, minute| kept.count(minute));
        kept
    }

    /// The same by hour of the week on the clock of a zone: 7 days from Monday on, 24 hours each.
    #[must_use]
    pub fn kept_by_hour(&self, hours: &Hours, zone: &TimeZone, from: Time, until: Time) -> Vec<Kept> {
        let mut week = vec![Kept::default(); 7 * 24];
        self.each(hours, from, until, |at, minute| {
            if let Some(kept) = week.get_mut(slot(zone, at, 60)) {
                kept.count(minute);
            }
        });
        week
    }

    /// How much of what was planned between two times was covered, by half hour of the week on the clock of a zone: 7 days from
    /// Monday on, 48 half hours each. Opening hours do not matter, and minutes that nobody put down are left out.
    #[must_use]
    pub fn covered(&self, zone: &TimeZone, from: Time, until: Time) -> Vec<Covered> {
        let mut week = vec![Covered::default(); 7 * 48];
        let places = self.places(from, until);
        for (minute, people) in
            (self.first..).skip(places.start).zip(self.people.get(places).into_iter().flatten())
        {
            if people.rostered == 0 {
                continue;
            }
            let place = slot(zone, Time(minute * MINUTE), 30);
            if let Some(covered) = week.get_mut(place) {
                covered.rostered += u32::from(people.rostered);
                covered.covered += u32::from(people.present.min(people.rostered));
            }
        }
        week
    }

    /// How many people there were between two times, by hour of the week on the clock of a zone: 7 days from Monday on, 24 hours
    /// each. Opening hours do not matter, and minutes that nobody put down are left out.
    #[must_use]
    pub fn staffed(&self, zone: &TimeZone, from: Time, until: Time) -> Vec<Staffed> {
        let mut week = vec![Staffed::default(); 7 * 24];
        let places = self.places(from, until);
        let people = self.people.get(places.clone()).into_iter().flatten();
        let minutes = self.minutes.get(places.clone()).into_iter().flatten();
        let mut has_roster = false;
        for (minute, (what, people)) in (self.first..).skip(places.start).zip(minutes.zip(people)) {
            let is_unseen = matches!(what, Minute::Skipped | Minute::Gap(Gap::Technical | Gap::Maintenance));
            if is_unseen {
                continue;
            }
            if let Some(staffed) = week.get_mut(slot(zone, Time(minute * MINUTE), 60)) {
                // Before the first shift there was no roster: of nobody it was said that they were to be there.
                has_roster |= people.rostered > 0;
                staffed.minutes += 1;
                staffed.planned += u32::from(has_roster);
                staffed.rostered += u32::from(people.rostered);
                staffed.present += u32::from(people.present);
            }
        }
        week
    }

    /// Calls `visit` with every minute between two times for which somebody was promised.
    fn each(&self, hours: &Hours, from: Time, until: Time, mut visit: impl FnMut(Time, Minute)) {
        for (opens, closes) in hours.open_between(from, until) {
            let places = self.places(opens, closes);
            let minutes = (self.first..).skip(places.start);
            for (number, minute) in minutes.zip(self.minutes.get(places).into_iter().flatten()) {
                visit(Time(number * MINUTE), *minute);
            }
        }
    }
}

/// Which slot of so many minutes of the week a time lies in, on the clock of a zone, from Monday 0:00 on.
fn slot(zone: &TimeZone, at: Time, minutes: i64) -> usize {
    let offset = jiff::Timestamp::from_microsecond(at.0).map(|at| zone.to_offset(at).seconds());
    let local = Time(at.0 + i64::from(offset.unwrap_or(0)) * 1_000_000);
    let day = i64::from(Weekday::of(Day::of(local)).number()) - 1;
    let minute = day * 24 * 60 + local.0.rem_euclid(24 * 60 * MINUTE) / MINUTE;
    usize::try_from(minute / minutes).unwrap_or(0)
}

fn judge(samples: &[Sample]) -> Minute {
    let present: i64 = samples.iter().map(|sample| sample.present).sum();
    let is_late = |sample: &Sample| sample.late * LATE.1 > sample.waiting * LATE.0;
    if present == 0 {
        // All processes go by one roster; one that runs an older program does not know of it.
        Minute::Gap(match samples.iter().filter_map(|sample| sample.rostered).max() {
            Some(0) => Gap::Unrostered,
            Some(_) => Gap::Missing,
            None => Gap::Away,
        })
    } else if samples.iter().any(|sample| sample.probe == Some(Sample::NO_RECEIPT)) {
        Minute::Gap(Gap::Technical)
    } else if samples.iter().any(is_late) {
        Minute::Gap(Gap::Full)
    } else {
        Minute::Online
    }
}

/// Minutes of people: two people for a minute are two.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct Covered {
    /// In which people were to be there by the roster.
    pub rostered: u32,
    /// Of those, in which as many people were there. Which ones nobody knows.
    pub covered: u32,
}

/// Minutes, and the minutes of people in them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Staffed {
    /// Minutes of the clock that were put down.
    pub minutes: u32,
    /// Of those, the ones since somebody was first to be there by a roster.
    pub planned: u32,
    /// Minutes of people who were to be there by the roster.
    pub rostered: u32,
    /// Minutes of people who were there.
    pub present: u32,
}

impl AddAssign for Covered {
    fn add_assign(&mut self, other: Self) {
        self.rostered += other.rostered;
        self.covered += other.covered;
    }
}

/// Minutes that were promised, and what became of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct Kept {
    /// Minutes for which the desk had promised somebody.
    pub promised: u32,
    /// Of those: somebody could answer.
    pub online: u32,
    /// Nobody was to be there by the roster.
    pub unrostered: u32,
    /// Somebody was to be there by the roster, and nobody was.
    pub missing: u32,
    /// Nobody was there, and no roster says whether somebody was to be.
    pub away: u32,
    /// People were there, and more than one in five of those who waited had waited longer than they were promised, or should.
    pub full: u32,
    /// The desk itself was not there, or a test message got no receipt.
    pub technical: u32,
    /// Announced maintenance.
    pub maintenance: u32,
}

impl Kept {
    fn count(&mut self, minute: Minute) {
        let part = match minute {
            Minute::Skipped => return,
            Minute::Online => &mut self.online,
            Minute::Gap(Gap::Unrostered) => &mut self.unrostered,
            Minute::Gap(Gap::Missing) => &mut self.missing,
            Minute::Gap(Gap::Away) => &mut self.away,
            Minute::Gap(Gap::Full) => &mut self.full,
            Minute::Gap(Gap::Technical) => &mut self.technical,
            Minute::Gap(Gap::Maintenance) => &mut self.maintenance,
        };
        *part += 1;
        self.promised += 1;
    }

    /// Minutes that were lost for a reason.
    #[must_use]
    pub const fn lost(&self, gap: Gap) -> u32 {
        match gap {
            Gap::Unrostered => self.unrostered,
            Gap::Missing => self.missing,
            Gap::Away => self.away,
            Gap::Full => self.full,
            Gap::Technical => self.technical,
            Gap::Maintenance => self.maintenance,
        }
    }

    /// The online rate, from 0 to 1; nothing where nothing was promised.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.promised > 0).then(|| f64::from(self.online) / f64::from(self.promised))
    }
}

impl AddAssign for Kept {
    fn add_assign(&mut self, other: Self) {
        self.promised += other.promised;
        self.online += other.online;
        self.unrostered += other.unrostered;
        self.missing += other.missing;
        self.away += other.away;
        self.full += other.full;
        self.technical += other.technical;
        self.maintenance += other.maintenance;
    }
}

#[cfg(test)]
mod tests;
