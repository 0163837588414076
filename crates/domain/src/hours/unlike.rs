//! Days that are not like others of their weekday.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{CivilMinute, DAY, DayKind, Schedule, ScheduleError, SpecialDay, Weekday};
use crate::Time;

/// A stretch of time that is not like the same hours of other weeks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Unlike {
    /// When it begins.
    pub from: Time,
    /// When it is over.
    pub until: Time,
    /// How many days later, 0 to 6, the weekday is that it may be like: Sunday for a holiday, the weekday whose hours it has
    /// for a make-up working day. 0 for an exception, and for what is that weekday itself.
    pub like: u8,
}

impl SpecialDay {
    /// The weekday that it is like.
    fn weekday(&self) -> Option<Weekday> {
        match self.kind {
            DayKind::Holiday => Weekday::new(7),
            DayKind::WorkDay => self.like.or(Weekday::new(1)),
        }
    }
}

impl Schedule {
    /// The holidays, make-up working days and exceptions, in no order.
    pub fn unlike(&self) -> Result<Vec<Unlike>, ScheduleError> {
        let unknown = ScheduleError { part: "zone", place: 0, reason: "unknown" };
        let zone = TimeZone::get(&self.zone).map_err(|_| unknown)?;
        let days = self.days.iter().filter_map(|day| {
            let own = Weekday::of(day.date).number();
            let like = (day.weekday()?.number() + 7 - own) % 7;
            let midnight = |days: i64| instant(&zone, CivilMinute((day.date.0 + days) * DAY));
            Some(Unlike { from: midnight(0)?, until: midnight(1)?, like })
        });
        let exceptions = self.exceptions.iter().filter_map(|one| {
            let (from, until) = (instant(&zone, one.from)?, instant(&zone, one.until)?);
            Some(Unlike { from, until, like: 0 })
        });
        Ok(days.chain(exceptions).collect())
    }
}

/// When a clock shows it: the first time where it does so twice, and the end of the gap where it never does.
fn instant(zone: &TimeZone, shown: CivilMinute) -> Option<Time> {
    let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    let shown = epoch.checked_add(jiff::Span::new().try_minutes(shown.0).ok()?).ok()?;
    Some(Time(shown.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::super::{Exception, ScheduleVersion, Timetable};
    use super::*;
    use crate::{Coverage, Day, ScheduleId};

    fn schedule(zone: &str) -> Schedule {
        let special = |date: &str, kind, like: Option<u8>| SpecialDay {
            date: Day::parse(date).unwrap(),
            kind,
            name: String::new(),
            like: like.and_then(Weekday::new),
        };
        Schedule {
            zone: zone.to_owned(),
            week: Vec::new(),
            seasons: Vec::new(),
            days: vec![
                // A Thursday, a Sunday, a Saturday that is worked like a Monday, and one like a Wednesday.
                special("2026-10-01", DayKind::Holiday, None),
                special("2026-10-04", DayKind::Holiday, None),
                special("2026-10-10", DayKind::WorkDay, None),
                special("2026-10-17", DayKind::WorkDay, Some(3)),
            ],
            exceptions: vec![Exception {
                from: CivilMinute::parse("2026-11-28T13:00").unwrap(),
                until: CivilMinute::parse("2026-11-28T18:00").unwrap(),
                open: false,
                reason: String::new(),
            }],
        }
    }

    fn texts(unlike: &[Unlike]) -> Vec<String> {
        unlike.iter().map(|one| format!("{} {} {}", one.from, one.until, one.like)).collect()
    }

    #[test]
    fn by_the_clock_of_the_schedule() {
        let of = |text: &str| Time::parse(text).unwrap();
        let expected = [
            ("2026-09-30T16:00:00Z", "2026-10-01T16:00:00Z", 3),
            ("2026-10-03T16:00:00Z", "2026-10-04T16:00:00Z", 0),
            ("2026-10-09T16:00:00Z", "2026-10-10T16:00:00Z", 2),
            ("2026-10-16T16:00:00Z", "2026-10-17T16:00:00Z", 4),
            ("2026-11-28T05:00:00Z", "2026-11-28T10:00:00Z", 0),
        ];
        let expected = expected.map(|(from, until, like)| Unlike { from: of(from), until: of(until), like });
        assert_eq!(schedule("Asia/Shanghai").unlike(), Ok(expected.to_vec()));
        assert!(schedule("Europe/Bonn").unlike().is_err());
    }

    #[test]
    fn a_table_knows_those_of_every_schedule_until_it_is_taken_away() {
        let version = |id, from: &str, schedule| ScheduleVersion {
            id: ScheduleId(id),
            from: Time::parse(from).unwrap(),
            coverage: Coverage::default(),
            schedule,
        };
        let versions = [
            version(1, "2026-01-01T00:00:00Z", Some(schedule("Asia/Shanghai"))),
            version(1, "2026-10-10T04:00:00Z", None),
            version(2, "2026-01-01T00:00:00Z", Some(schedule("UTC"))),
        ];
        let day = |text| Day::parse(text).unwrap();
        let table = Timetable::new(&versions, day("2026-01-01"), day("2027-01-01")).unwrap();
        let found = table.unlike(day("2026-10-09").start(), day("2026-10-17").start());
        let expected = ["2026-10-09T16:00:00", "2026-10-10T00:00:00"];
        let texts = texts(&found);
        assert!(
            texts.len() == 2 && texts.iter().zip(expected).all(|(text, from)| text.starts_with(from)),
            "{texts:?}"
        );
        assert_eq!(found[0].until, versions[1].from, "taken away at noon");
    }
}
