//! Minutes as they were, of each service, and what was kept of a promise in them.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::tz::TimeZone;

use super::{Covered, Gap, Kept, MINUTE, Queued, Sample, Service, Spoken, Staffed};
use crate::{Day, Hours, Language, Time, Weekday};

/// Nobody promises that no one ever waits longer: the promised time is that within which four of five are answered. More
/// than this part of those who wait being late says that it does not hold at present.
const LATE: (i64, i64) = (1, 5);
/// By so many seconds two clocks may differ over a stretch of time before one of them is said to have jumped.
const SLACK: i64 = 90;
/// Test messages are remembered for so many minutes beyond the last one that was put down.
const AHEAD: i64 = 60;

/// Whether a minute was put down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Known {
    /// Nobody put it down.
    #[default]
    Unseen,
    /// A clock skipped it.
    Skipped,
    /// Somebody did.
    Seen,
}

/// Test messages of a minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Probes {
    sent: u8,
    failed: u8,
}

impl Probes {
    const fn add(&mut self, found: i64) {
        self.sent = self.sent.saturating_add(1);
        if found == Sample::NO_RECEIPT {
            self.failed = self.failed.saturating_add(1);
        }
    }

    /// Whether half of the places from which they were sent could not reach the desk, or more.
    const fn failed(self) -> bool {
        self.failed > 0 && self.failed >= self.sent - self.failed
    }
}

/// What is known of a minute, of all processes together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Minute {
    known: Known,
    present: u16,
    rostered: u16,
    has_roster: bool,
    spoken: [Spoken; Language::ALL.len()],
    /// Services whose line is late, and those whose channel let no words through: a bit for each.
    late: u8,
    broken: u8,
    probes: Probes,
    /// Whether maintenance was announced for it.
    excused: bool,
}

impl Minute {
    /// Adds what a process saw of it. All processes see one line and go by one roster; people count together.
    fn add(&mut self, sample: &Sample) {
        let count = |count: i64| u16::try_from(count.max(0)).unwrap_or(u16::MAX);
        let (present, rostered) = (count(sample.present), count(sample.rostered.unwrap_or(0)));
        self.known = Known::Seen;
        self.present = self.present.saturating_add(present);
        self.rostered = self.rostered.max(rostered);
        self.has_roster |= sample.rostered.is_some();
        for (language, all) in Language::ALL.into_iter().zip(&mut self.spoken) {
            let whole = Spoken { present, free: present, rostered };
            let own = sample.services.as_ref().map_or(whole, |services| services.spoken(language));
            all.present = all.present.saturating_add(own.present);
            all.free = all.free.saturating_add(own.free);
            all.rostered = all.rostered.max(own.rostered);
        }
        for service in Service::all() {
            let (is_late, is_broken) = match &sample.services {
                Some(services) => (services.queued(service).is_late(), services.is_broken(service)),
                None => (is_late(sample.waiting, sample.late), false),
            };
            self.late |= if is_late { service.bit() } else { 0 };
            self.broken |= if is_broken { service.bit() } else { 0 };
        }
        if let Some(found) = sample.probe {
            self.probes.add(found);
        }
    }

    /// Why nobody could answer for a service; nothing where somebody could.
    fn gap(&self, service: Service) -> Option<Gap> {
        let gap = self.own_gap(service)?;
        Some(if self.excused { Gap::Maintenance } else { gap })
    }

    fn own_gap(&self, service: Service) -> Option<Gap> {
        if self.known != Known::Seen {
            return Some(Gap::Technical);
        }
        let Spoken { present, free, rostered } =
            self.spoken.get(service.spoken()).copied().unwrap_or_default();
        if present == 0 {
            return Some(match rostered {
                _ if !self.has_roster => Gap::Away,
                0 => Gap::Unrostered,
                _ => Gap::Missing,
            });
        }
        if self.probes.failed() || self.broken & service.bit() != 0 {
            return Some(Gap::Technical);
        }
        (free == 0 || self.late & service.bit() != 0).then_some(Gap::Full)
    }
}

const fn is_late(waiting: i64, late: i64) -> bool {
    late * LATE.1 > waiting * LATE.0
}

impl Queued {
    fn is_late(self) -> bool {
        is_late(self.waiting.into(), self.late.into())
    }
}

/// Hours, and for which services they promise somebody.
#[derive(Clone, Debug)]
pub struct Promised<'a> {
    /// When.
    pub hours: &'a Hours,
    /// For which.
    pub services: Vec<Service>,
}

/// What became of a promise in a minute.
#[derive(Clone, Copy, Debug, Default)]
struct Judged {
    /// Services for which somebody was promised, and for which nobody could answer: a bit for each.
    promised: u8,
    lost: u8,
    /// The first reason, in the order in which they are shown.
    gap: Option<Gap>,
}

impl Judged {
    fn add(&mut self, service: Service, gap: Option<Gap>) {
        self.promised |= service.bit();
        if let Some(gap) = gap {
            self.lost |= service.bit();
            self.gap = Some(self.gap.map_or(gap, |known| known.min(gap)));
        }
    }
}

/// Why a promise was not kept, and to whom.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Loss {
    /// Why.
    pub gap: Gap,
    /// For which services nobody could answer; none named where it was so for all for which somebody was promised.
    pub services: Vec<Service>,
}

/// Minutes as they were, one after the other.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Course {
    first: i64,
    minutes: Vec<Minute>,
    /// The last sample of each start of a process.
    last: BTreeMap<(i64, i64), Sample>,
    /// Test messages of minutes that nobody has put down yet.
    ahead: BTreeMap<i64, Probes>,
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
        // A minute that came before: a clock was put back, and it is known already. A second process adds what it saw.
        if missing < 0 {
            let own = usize::try_from(first.minute - self.first).ok().and_then(|at| self.minutes.get_mut(at));
            if let Some(known) = own {
                for sample in samples {
                    known.add(sample);
                }
            }
            return;
        }
        let real = samples.iter().filter_map(|sample| self.run_since(sample)).min();
        let real = real.map_or(missing, |minutes| minutes.min(missing));
        for place in 0..missing {
            let known = if place < real { Known::Unseen } else { Known::Skipped };
            self.push(Minute { known, ..Minute::default() });
        }
        let mut minute = Minute::default();
        for sample in samples {
            minute.add(sample);
        }
        self.push(minute);
        self.last.extend(samples.iter().map(|sample| ((sample.node, sample.boot), *sample)));
    }

    fn push(&mut self, mut minute: Minute) {
        if let Some(sent) = self.ahead.remove(&self.end()) {
            minute.probes.sent = minute.probes.sent.saturating_add(sent.sent);
            minute.probes.failed = minute.probes.failed.saturating_add(sent.failed);
        }
        self.minutes.push(minute);
    }

    /// Takes over what came of a test message that was sent in a minute from elsewhere: milliseconds to its receipt, or
    /// [`Sample::NO_RECEIPT`]. It may be told long afterwards.
    pub fn probed(&mut self, minute: i64, found: i64) {
        let end = self.end();
        if minute < self.first && !self.minutes.is_empty() {
            return;
        }
        let place = usize::try_from(minute - self.first).unwrap_or(usize::MAX);
        match self.minutes.get_mut(place).filter(|_| minute < end) {
            Some(known) => known.probes.add(found),
            None => self.ahead.entry(minute).or_default().add(found),
        }
    }

    /// Minutes that really passed unseen between the last sample of a process and this one, where its clock jumped.
    fn run_since(&self, sample: &Sample) -> Option<i64> {
        let last = self.last.get(&(sample.node, sample.boot))?;
        let (ran, passed) = (sample.up - last.up, (sample.minute - last.minute) * 60);
        (ran + SLACK < passed).then_some((ran / 60 - 1).max(0))
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
        self.first += i64::try_from(count).unwrap_or(0);
        let end = self.end();
        if !self.minutes.is_empty() {
            self.ahead.retain(|minute, _| (end..end + AHEAD).contains(minute));
        }
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
            minute.excused = true;
        }
    }

    /// The minutes that begin between two times, as far as they are known.
    fn places(&self, from: Time, until: Time) -> Range<usize> {
        let ceil = |time: Time| time.0.div_euclid(MINUTE) + i64::from(time.0.rem_euclid(MINUTE) > 0);
        let place = |time| usize::try_from(ceil(time) - self.first).unwrap_or(0).min(self.minutes.len());
        place(from)..place(until).max(place(from))
    }

    /// What was promised between two times and what was kept of it, as far as the course reaches: a minute is kept when somebody
    /// could answer for every service for which somebody was promised in it.
    #[must_use]
    pub fn kept(&self, promised: &[Promised<'_>], from: Time, until: Time) -> Kept {
        let mut kept = Kept::default();
        self.each(promised, from, until, |_, judged| kept.count(judged.gap));
        kept
    }

    /// The same by hour of the week on the clock of a zone: 7 days from Monday on, 24 hours each.
    #[must_use]
    pub fn kept_by_hour(
        &self,
        promised: &[Promised<'_>],
        zone: &TimeZone,
        from: Time,
        until: Time,
    ) -> Vec<Kept> {
        let mut week = vec![Kept::default(); 7 * 24];
        self.each(promised, from, until, |at, judged| {
            if let Some(kept) = week.get_mut(slot(zone, at, 60)) {
                kept.count(judged.gap);
            }
        });
        week
    }

    /// Minutes in which it was not kept, by reason and to whom, by hour of the week as in [`Course::kept_by_hour`].
    #[must_use]
    pub fn lost_by_hour(
        &self,
        promised: &[Promised<'_>],
        zone: &TimeZone,
        from: Time,
        until: Time,
    ) -> Vec<(Loss, Vec<u32>)> {
        let mut all: BTreeMap<(Gap, u8), Vec<u32>> = BTreeMap::new();
        self.each(promised, from, until, |at, judged| {
            let Some(gap) = judged.gap else { return };
            let lost = if judged.lost == judged.promised { 0 } else { judged.lost };
            let week = all.entry((gap, lost)).or_insert_with(|| vec![0; 7 * 24]);
            if let Some(count) = week.get_mut(slot(zone, at, 60)) {
                *count += 1;
            }
        });
        let named = |lost: u8| Service::all().filter(|service| lost & service.bit() != 0).collect::<Vec<_>>();
        all.into_iter().map(|((gap, lost), week)| (Loss { gap, services: named(lost) }, week)).collect()
    }

    /// How much of what was planned between two times was covered, by half hour of the week on the clock of a zone: 7 days from
    /// Monday on, 48 half hours each. Opening hours do not matter, and minutes that nobody put down are left out.
    #[must_use]
    pub fn covered(&self, zone: &TimeZone, from: Time, until: Time) -> Vec<Covered> {
        let mut week = vec![Covered::default(); 7 * 48];
        let places = self.places(from, until);
        for (minute, seen) in
            (self.first..).skip(places.start).zip(self.minutes.get(places).into_iter().flatten())
        {
            if seen.rostered == 0 {
                continue;
            }
            let place = slot(zone, Time(minute * MINUTE), 30);
            if let Some(covered) = week.get_mut(place) {
                covered.rostered += u32::from(seen.rostered);
                covered.covered += u32::from(seen.present.min(seen.rostered));
            }
        }
        week
    }

    /// How many people there were between two times, by hour of the week on the clock of a zone: 7 days from Monday on, 24 hours
    /// each. Opening hours do not matter; minutes that nobody put down, or could get through in, are left out, and those of
    /// maintenance in which nobody was there.
    #[must_use]
    pub fn staffed(&self, zone: &TimeZone, from: Time, until: Time) -> Vec<Staffed> {
        let mut week = vec![Staffed::default(); 7 * 24];
        let places = self.places(from, until);
        let mut has_roster = false;
        for (minute, seen) in
            (self.first..).skip(places.start).zip(self.minutes.get(places).into_iter().flatten())
        {
            let is_out = seen.probes.failed() || seen.excused && seen.present == 0;
            if seen.known != Known::Seen || is_out {
                continue;
            }
            if let Some(staffed) = week.get_mut(slot(zone, Time(minute * MINUTE), 60)) {
                // Before the first shift there was no roster: of nobody it was said that they were to be there.
                has_roster |= seen.rostered > 0;
                staffed.minutes += 1;
                staffed.planned += u32::from(has_roster);
                staffed.rostered += u32::from(seen.rostered);
                staffed.present += u32::from(seen.present);
            }
        }
        week
    }

    /// Calls `visit` with every minute between two times for which somebody was promised, each once.
    fn each(&self, promised: &[Promised<'_>], from: Time, until: Time, mut visit: impl FnMut(Time, Judged)) {
        let all = self.places(from, until);
        let mut judged = vec![Judged::default(); all.len()];
        for Promised { hours, services } in promised {
            for (opens, closes) in hours.open_between(from, until) {
                let places = self.places(opens, closes);
                let own = places.start - all.start..places.end - all.start;
                let minutes = self.minutes.get(places).into_iter().flatten();
                for (minute, judged) in minutes.zip(judged.get_mut(own).into_iter().flatten()) {
                    // From inside nothing was skipped; from elsewhere the desk could not be reached.
                    if minute.known == Known::Skipped && !minute.probes.failed() {
                        continue;
                    }
                    for service in services {
                        judged.add(*service, minute.gap(*service));
                    }
                }
            }
        }
        for (minute, judged) in (self.first..).skip(all.start).zip(judged) {
            if judged.promised != 0 {
                visit(Time(minute * MINUTE), judged);
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
