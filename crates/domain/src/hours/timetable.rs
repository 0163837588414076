//! The schedules of a desk: which of them is meant for whom, and since when.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Hours, Schedule, ScheduleError, Unlike};
use crate::{Channel, Day, Language, Promised, ScheduleId, Service, Time};

/// For whom a schedule is. What is not named is not looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Languages in which people are answered.
    #[serde(default)]
    #[schema(max_items = 50, example = json!(["zh-CN"]))]
    pub languages: Vec<Language>,
    /// Regions in which people are, as the host's app names them.
    #[serde(default)]
    #[schema(max_items = 50, example = json!(["SG"]))]
    pub regions: BTreeSet<String>,
    /// Ways by which people come.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub channels: Vec<Channel>,
}

/// Somebody who wants to know whether the desk is open.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The language in which they want to be answered.
    pub language: Language,
    /// Where they are; empty when that is not known.
    pub region: &'a str,
    /// By which way they come.
    pub channel: Channel,
}

impl Coverage {
    /// Whether it is for somebody.
    #[must_use]
    pub fn covers(&self, asker: &Asker<'_>) -> bool {
        (self.languages.is_empty() || self.languages.contains(&asker.language))
            && (self.regions.is_empty() || self.regions.contains(asker.region))
            && (self.channels.is_empty() || self.channels.contains(&asker.channel))
    }

    /// The more specific schedule is the one that is meant: that which names more of language, region and channel; of two
    /// that name equally many, language goes before region and region before channel.
    #[must_use]
    pub fn rank(&self) -> (u8, bool, bool) {
        let (language, region, channel) =
            (!self.languages.is_empty(), !self.regions.is_empty(), !self.channels.is_empty());
        (u8::from(language) + u8::from(region) + u8::from(channel), language, region)
    }

    /// Whether somebody could be meant by both alike, so that nobody could say which of them holds.
    #[must_use]
    pub fn rivals(&self, other: &Self) -> bool {
        fn share<T>(one: &[T], other: &[T]) -> bool
        where
            T: PartialEq,
        {
            one.is_empty() && other.is_empty() || one.iter().any(|value| other.contains(value))
        }
        self.rank() == other.rank()
            && share(&self.languages, &other.languages)
            && share(&self.channels, &other.channels)
            && (self.regions.is_empty() && other.regions.is_empty()
                || !self.regions.is_disjoint(&other.regions))
    }
}

/// What a schedule was from one instant on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScheduleVersion {
    /// Which schedule.
    pub id: ScheduleId,
    /// Since when it has been so.
    pub from: Time,
    /// For whom.
    pub coverage: Coverage,
    /// When it is open; nothing when it was taken away.
    pub schedule: Option<Schedule>,
}

/// For whom a schedule was within a time.
#[derive(Clone, Debug)]
struct Reign {
    from: Time,
    until: Time,
    coverage: Coverage,
    place: usize,
}

/// The schedule that is meant for somebody.
#[derive(Clone, Copy, Debug)]
pub struct Attendance<'a> {
    /// Which schedule.
    pub id: ScheduleId,
    /// The time zone in which it was written down last.
    pub zone: &'a str,
    /// When the desk is open.
    pub hours: &'a Hours,
}

/// All schedules of a desk, for all time: each is what it was at every instant.
///
/// Which schedule is meant is decided by when somebody came; a schedule that was changed since is for the rest of the time
/// what it was changed to. One that was taken away stays as it was for those who came before.
#[derive(Clone, Debug, Default)]
pub struct Timetable {
    schedules: Vec<(ScheduleId, String, Hours)>,
    /// The most specific first.
    reigns: Vec<Reign>,
    /// Instants at which it changes which schedules there are, or for whom.
    epochs: Vec<Time>,
    /// What is not like other weeks, by any of the schedules, in order.
    unlike: Vec<Unlike>,
    /// The days from which and to which it is worked out.
    days: Option<(Day, Day)>,
}

impl Timetable {
    /// Works out schedules for the days from `from` up to, but without, `until`; the versions of each in the order of time.
    pub fn new(versions: &[ScheduleVersion], from: Day, until: Day) -> Result<Self, ScheduleError> {
        let mut schedules: BTreeMap<ScheduleId, Vec<&ScheduleVersion>> = BTreeMap::new();
        for version in versions {
            schedules.entry(version.id).or_default().push(version);
        }
        let mut table = Self { days: Some((from, until)), ..Self::default() };
        for (id, mut versions) in schedules {
            versions.sort_by_key(|version| version.from);
            let place = table.schedules.len();
            table.unlike.extend(unlike(&versions)?);
            let (mut hours, mut zone) = (Hours::default(), String::new());
            for (number, version) in versions.iter().enumerate() {
                let Some(schedule) = &version.schedule else { break };
                let end = versions.get(number + 1).map_or(Time(i64::MAX), |next| next.from);
                // Only the last one is needed beyond its end.
                let first = Day::of(version.from).plus(-2).max(from);
                let last = Day::of(end.min(until.start())).plus(3).min(until);
                let is_last = versions.get(number + 1).is_none_or(|next| next.schedule.is_none());
                let own = Hours::new(schedule, first.min(until), if is_last { until } else { last })?;
                hours.continue_with(&own, version.from);
                zone.clone_from(&schedule.zone);
                table.epochs.extend([version.from, end]);
                let coverage = version.coverage.clone();
                table.reigns.push(Reign { from: version.from, until: end, coverage, place });
            }
            table.schedules.push((id, zone, hours));
        }
        table.reigns.sort_by_key(|reign| std::cmp::Reverse(reign.coverage.rank()));
        table.epochs.sort_unstable();
        table.epochs.dedup();
        table.unlike.sort_unstable();
        table.unlike.dedup();
        Ok(table)
    }

    /// Whether there has never been a schedule.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.reigns.is_empty()
    }

    /// The day up to which, but without which, it is worked out.
    #[must_use]
    pub fn until(&self) -> Option<Day> {
        self.days.map(|(_, until)| until)
    }

    /// The schedule that is meant for somebody who comes at an instant: the most specific of those that there are then.
    #[must_use]
    pub fn find(&self, asker: &Asker<'_>, at: Time) -> Option<Attendance<'_>> {
        let reign = self.reigning(at).find(|reign| reign.coverage.covers(asker))?;
        self.schedules.get(reign.place).map(|(id, zone, hours)| Attendance { id: *id, zone, hours })
    }

    /// The services for which a schedule is meant at an instant: there is somebody for whom it is, and not a more specific one.
    #[must_use]
    pub fn services(&self, id: ScheduleId, at: Time) -> Vec<Service> {
        let mut regions = self.regions(at);
        regions.push(String::new());
        let is_meant = |service: &Service| {
            regions.iter().any(|region| {
                let asker = Asker { language: service.language(), region, channel: service.channel() };
                self.find(&asker, at).is_some_and(|found| found.id == id)
            })
        };
        Service::all().filter(is_meant).collect()
    }

    /// What is promised to those of some regions (an empty one for all that no schedule names) and of some services, by the
    /// schedules that are meant for them at an instant.
    #[must_use]
    pub fn promised(
        &self,
        regions: &[String],
        at: Time,
        wanted: impl Fn(Service) -> bool,
    ) -> Vec<Promised<'_>> {
        let mut all: BTreeMap<ScheduleId, Promised<'_>> = BTreeMap::new();
        for region in regions {
            for service in Service::all().filter(|service| wanted(*service)) {
                let asker = Asker { language: service.language(), region, channel: service.channel() };
                let Some(found) = self.find(&asker, at) else { continue };
                let promised = Promised { hours: found.hours, services: Vec::new() };
                let known = &mut all.entry(found.id).or_insert(promised).services;
                if !known.contains(&service) {
                    known.push(service);
                }
            }
        }
        all.into_values().collect()
    }

    /// The regions that schedules name at an instant.
    #[must_use]
    pub fn regions(&self, at: Time) -> Vec<String> {
        let named = self.reigning(at).flat_map(|reign| &reign.coverage.regions);
        named.collect::<BTreeSet<_>>().into_iter().cloned().collect()
    }

    /// Whether the desk is open at an instant for anybody, or for anybody with a language: by one of the schedules that there are
    /// then, for those for whom it is meant. A desk without schedules is always open.
    #[must_use]
    pub fn is_open(&self, language: Option<Language>, at: Time) -> bool {
        let mut reigns = self.reigning(at).peekable();
        if reigns.peek().is_none() {
            return true;
        }
        let is_open = |reign: &&Reign| {
            self.schedules.get(reign.place).is_some_and(|(_, _, hours)| hours.is_open(at))
                && self.is_meant(reign, language, at)
        };
        reigns.any(|reign| is_open(&reign))
    }

    /// Whether there is anybody for whom a schedule is meant, and not a more specific one.
    fn is_meant(&self, reign: &Reign, language: Option<Language>, at: Time) -> bool {
        fn named<T: Copy>(named: &[T], all: &[T]) -> Vec<T> {
            if named.is_empty() { all.to_vec() } else { named.to_vec() }
        }
        let Coverage { languages, regions, channels } = &reign.coverage;
        let mut languages = named(languages, &Language::ALL);
        languages.retain(|one| language.is_none_or(|language| language == *one));
        let channels = named(channels, &Channel::ALL);
        let regions: Vec<&str> =
            if regions.is_empty() { vec![""] } else { regions.iter().map(String::as_str).collect() };
        let first = |asker: &Asker<'_>| self.reigning(at).find(|one| one.coverage.covers(asker));
        let is_first = |asker: &Asker<'_>| first(asker).is_some_and(|one| one.place == reign.place);
        languages.iter().any(|language| {
            regions.iter().any(|region| {
                channels
                    .iter()
                    .any(|channel| is_first(&Asker { language: *language, region, channel: *channel }))
            })
        })
    }

    /// For whom schedules are at an instant, the most specific first.
    fn reigning(&self, at: Time) -> impl Iterator<Item = &Reign> {
        self.reigns.iter().filter(move |reign| reign.from <= at && at < reign.until)
    }

    /// The time zone of the most general of the schedules that there are at an instant; of several, of the oldest.
    #[must_use]
    pub fn zone(&self, at: Time) -> Option<&str> {
        let general = self.reigning(at).min_by_key(|reign| (reign.coverage.rank(), reign.place))?;
        self.schedules.get(general.place).map(|(_, zone, _)| zone.as_str())
    }

    /// Holidays, make-up working days and exceptions of any of the schedules that touch a stretch of time: what was written
    /// down last, until it was taken away.
    #[must_use]
    pub fn unlike(&self, from: Time, until: Time) -> Vec<Unlike> {
        self.unlike.iter().filter(|one| one.from < until && from < one.until).copied().collect()
    }

    /// The hours of a schedule for all time, and its zone.
    #[must_use]
    pub fn hours(&self, id: ScheduleId) -> Option<(&str, &Hours)> {
        let (_, zone, hours) = self.schedules.iter().find(|(known, _, _)| *known == id)?;
        Some((zone, hours))
    }

    /// In which stretch of time an instant lies within which it does not change whom schedules are for: numbers that grow
    /// with time. Within one, [`Timetable::find`] finds the same for the same asker.
    #[must_use]
    pub fn epoch(&self, at: Time) -> usize {
        self.epochs.partition_point(|epoch| *epoch <= at)
    }
}

/// What is not like other weeks by the versions of a schedule, which are in order.
fn unlike(versions: &[&ScheduleVersion]) -> Result<Vec<Unlike>, ScheduleError> {
    let Some(last) = versions.iter().rev().find_map(|version| version.schedule.as_ref()) else {
        return Ok(Vec::new());
    };
    let gone = versions.iter().find(|version| version.schedule.is_none());
    let end = gone.map_or(Time(i64::MAX), |version| version.from);
    let stretches = last.unlike()?.into_iter().filter(|one| one.from < end);
    Ok(stretches.map(|one| Unlike { until: one.until.min(end), ..one }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Interval, TimeOfDay, Weekday};

    /// Every day by the clock of UTC.
    fn version(id: i64, coverage: Coverage, (opens, closes): (&str, &str)) -> ScheduleVersion {
        let of = |day| Interval {
            weekday: Weekday::new(day).unwrap(),
            opens: TimeOfDay::parse(opens).unwrap(),
            closes: TimeOfDay::parse(closes).unwrap(),
        };
        let schedule = Schedule {
            zone: if id == 1 { "UTC" } else { "Etc/UTC" }.to_owned(),
            week: (1..=7).map(of).collect(),
            seasons: Vec::new(),
            days: Vec::new(),
            exceptions: Vec::new(),
        };
        ScheduleVersion { id: ScheduleId(id), from: Time(0), coverage, schedule: Some(schedule) }
    }

    fn of(languages: &[Language], regions: &[&str], channels: &[Channel]) -> Coverage {
        Coverage {
            languages: languages.to_vec(),
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
            channels: channels.to_vec(),
        }
    }

    fn table(versions: &[ScheduleVersion]) -> Timetable {
        let day = |text| Day::parse(text).unwrap();
        Timetable::new(versions, day("2026-11-01"), day("2026-12-01")).unwrap()
    }

    fn at(clock: &str) -> Time {
        Time::parse(&format!("2026-11-23T{clock}:00Z")).unwrap()
    }

    #[test]
    fn a_desk_is_open_by_the_schedules_that_it_has() {
        assert!(table(&[]).is_open(None, at("03:00")), "no hours: always");
        let office = ("09:00", "18:00");
        for coverage in [
            of(&[Language::Chinese], &[], &[]),
            of(&[], &["CN", "SG"], &[]),
            of(&[], &[], &[Channel::Widget, Channel::Page, Channel::Api]),
        ] {
            let table = table(&[version(1, coverage.clone(), office)]);
            let chinese = Some(Language::Chinese);
            assert!(table.is_open(None, at("10:00")) && table.is_open(chinese, at("10:00")), "{coverage:?}");
            assert!(
                !table.is_open(None, at("03:00")) && !table.is_open(chinese, at("03:00")),
                "{coverage:?}"
            );
            let is_for_english = coverage.languages.is_empty();
            assert_eq!(table.is_open(Some(Language::English), at("10:00")), is_for_english, "{coverage:?}");
        }
    }

    #[test]
    fn a_general_schedule_says_nothing_of_those_who_have_their_own() {
        let general = version(1, of(&[], &[], &[]), ("00:00", "24:00"));
        let chinese = version(2, of(&[Language::Chinese], &[], &[]), ("09:00", "18:00"));
        let table = table(&[general, chinese]);
        let open = |clock| Language::ALL.map(|language| (language, table.is_open(Some(language), at(clock))));
        assert_eq!(open("10:00").map(|(_, is_open)| is_open), [true; 2]);
        assert_eq!(open("03:00").map(|(one, is_open)| (one == Language::English) == is_open), [true; 2]);
        assert!(table.is_open(None, at("03:00")));
        assert_eq!(table.zone(at("03:00")), Some("UTC"), "of the general one");
    }

    #[test]
    fn what_was_taken_away_is_no_schedule_any_more() {
        let own = version(1, of(&[], &[], &[]), ("09:00", "18:00"));
        let gone = ScheduleVersion { from: at("12:00"), schedule: None, ..own.clone() };
        let table = table(&[own, gone]);
        assert!(!table.is_open(None, at("03:00")) && table.is_open(None, at("20:00")));
        assert_eq!((table.zone(at("03:00")), table.zone(at("20:00"))), (Some("UTC"), None));
    }
}
