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
//!
//! What can be promised apart is a [`Service`]: a language by a channel. Whether somebody could answer is known of each. A
//! promise that is made to several is kept in a minute when it is kept to all of them.

mod course;
mod service;

use std::ops::AddAssign;

use serde::Serialize;
use utoipa::ToSchema;

use crate::Time;
pub use course::{Course, Loss, Promised};
pub use service::{Queued, Service, Services, Spoken};

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
    /// What was seen of each service; nothing in rows from before they were told apart: what is true of the desk is then true
    /// of each.
    pub services: Option<Services>,
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
    /// People were there, and those who waited had to wait longer than they were promised, or should; or whoever was there was
    /// kept for assets at risk.
    Full,
    /// The desk itself was not there, the channel let no words through, or test messages got no receipt.
    Technical,
    /// Maintenance that was announced.
    Maintenance,
}

impl Gap {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 6] =
        [Self::Unrostered, Self::Missing, Self::Away, Self::Full, Self::Technical, Self::Maintenance];
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
    /// People were there, and more than one in five of those who waited had waited longer than they were promised, or should; or
    /// whoever was there was kept for assets at risk.
    pub full: u32,
    /// The desk itself was not there, the channel let no words through, or test messages got no receipt.
    pub technical: u32,
    /// Announced maintenance.
    pub maintenance: u32,
}

impl Kept {
    /// Counts a minute that was online, or was not for a reason.
    pub fn count(&mut self, gap: Option<Gap>) {
        let part = match gap {
            None => &mut self.online,
            Some(Gap::Unrostered) => &mut self.unrostered,
            Some(Gap::Missing) => &mut self.missing,
            Some(Gap::Away) => &mut self.away,
            Some(Gap::Full) => &mut self.full,
            Some(Gap::Technical) => &mut self.technical,
            Some(Gap::Maintenance) => &mut self.maintenance,
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
