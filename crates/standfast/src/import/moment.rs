//! Times as exports write them, in the zone where their clocks stood.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use standfast_domain::Time;

use super::{Fault, Faults, fault};

/// How times are read.
#[derive(Debug)]
pub(crate) struct Moments {
    zone: TimeZone,
    formats: Vec<String>,
    /// Seconds of one of the file's units of duration.
    unit: f64,
    ambiguous: AtomicU64,
}

impl Moments {
    /// `zone` is an IANA name, UTC unless said; `formats` are those of strftime, tried in their order; without any, ISO 8601
    /// is read; `unit` is that of durations, minutes unless said.
    pub(crate) fn new(
        zone: Option<&str>,
        formats: Vec<String>,
        unit: Option<&str>,
        faults: &mut Faults,
    ) -> Self {
        let named = TimeZone::get(zone.unwrap_or("UTC"));
        let zone = named.unwrap_or_else(|_| {
            let zone = zone.unwrap_or_default();
            faults.add(format_args!(
                "zone: {zone:?} is no time zone; an IANA name such as \"Asia/Shanghai\" is"
            ));
            TimeZone::UTC
        });
        let unit = match unit.unwrap_or("minutes") {
            "seconds" => 1.0,
            "minutes" => 60.0,
            "hours" => 3_600.0,
            other => {
                faults.add(format_args!("times.unit is seconds, minutes or hours, not {other:?}"));
                60.0
            }
        };
        for format in formats.iter().filter(|format| !format.contains('%')) {
            faults.add(format_args!(
                "times.formats: {format:?} has no %; a format is such as \"%Y-%m-%d %H:%M\""
            ));
        }
        Self { zone, formats, unit, ambiguous: AtomicU64::new(0) }
    }

    /// How many times came twice, because clocks went back.
    pub(crate) fn ambiguous(&self) -> u64 {
        self.ambiguous.load(Ordering::Relaxed)
    }

    /// Reads a time; nothing where the cell is empty.
    pub(crate) fn read(&self, field: &'static str, text: &str) -> Result<Option<Time>, Fault> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let timestamp = self.timestamp(text).ok_or(fault(field, "no_such_time"))?;
        Ok(Some(Time(timestamp.as_microsecond())))
    }

    fn timestamp(&self, text: &str) -> Option<Timestamp> {
        if self.formats.is_empty() {
            return text.parse().ok().or_else(|| self.local(text.parse().ok()?));
        }
        self.formats.iter().find_map(|format| {
            let broken = strtime::parse(format, text).ok()?;
            if let Ok(timestamp) = broken.to_timestamp() {
                return Some(timestamp);
            }
            let date = broken.to_date().ok()?;
            let time = broken.to_time().unwrap_or_default();
            self.local(DateTime::from_parts(date, time))
        })
    }

    /// What the zone's clocks showed. A time that they skipped was never; of one that they showed twice the earlier is taken.
    fn local(&self, shown: DateTime) -> Option<Timestamp> {
        let found = self.zone.to_ambiguous_timestamp(shown);
        match found.offset() {
            AmbiguousOffset::Unambiguous { .. } => {}
            AmbiguousOffset::Gap { .. } => return None,
            AmbiguousOffset::Fold { .. } => {
                self.ambiguous.fetch_add(1, Ordering::Relaxed);
            }
        }
        found.earlier().ok()
    }

    /// The time so long after another; nothing where the cell is empty.
    pub(crate) fn after(&self, field: &'static str, start: Time, text: &str) -> Result<Option<Time>, Fault> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let amount: f64 = text.parse().map_err(|_| fault(field, "no_number"))?;
        if !(0.0..=1.0e9).contains(&amount) {
            return Err(fault(field, "out_of_range"));
        }
        Ok(Some(start.plus(Duration::from_secs_f64(amount * self.unit))))
    }
}

/// Reads a duration such as `30m`.
pub(crate) fn duration(text: &str) -> anyhow::Result<Duration> {
    let read: SignedDuration =
        text.parse().with_context(|| format!("{text:?} is no duration such as \"30m\""))?;
    Duration::try_from(read).with_context(|| format!("{text:?} is negative"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(zone: Option<&str>, formats: Vec<String>, unit: Option<&str>) -> Option<Moments> {
        let mut faults = Faults::default();
        let moments = Moments::new(zone, formats, unit, &mut faults);
        faults.is_empty().then_some(moments)
    }

    fn read(zone: &str, formats: &[&str], text: &str) -> Option<String> {
        let formats = formats.iter().map(|&format| format.to_owned()).collect();
        let found = moments(Some(zone), formats, None).unwrap().read("created", text);
        found.ok().flatten().map(|time| time.to_string())
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let cst = "Asia/Shanghai";
        for (zone, formats, text, expected) in [
            (cst, &[][..], "2024-05-01 08:30", "2024-05-01T00:30:00.000Z"),
            (cst, &[], "2024-05-01T08:30:05+02:00", "2024-05-01T06:30:05.000Z"),
            (cst, &[], "2024-05-01", "2024-04-30T16:00:00.000Z"),
            ("America/New_York", &[], "2003-03-03T07:00", "2003-03-03T12:00:00.000Z"),
            ("America/New_York", &[], "2003-10-20T07:00", "2003-10-20T11:00:00.000Z"),
            // The first of the two half past ones.
            ("America/New_York", &[], "2003-10-26T01:30", "2003-10-26T05:30:00.000Z"),
            ("UTC", &["%d/%m/%Y %H:%M"], "03/04/2019 09:15", "2019-04-03T09:15:00.000Z"),
            (
                "UTC",
                &["%Y年%m月%d日", "%m/%d/%Y %I:%M %p"],
                "04/03/2019 09:15 PM",
                "2019-04-03T21:15:00.000Z",
            ),
            (cst, &["%Y年%m月%d日"], "2019年04月03日", "2019-04-02T16:00:00.000Z"),
            ("UTC", &["%s"], "1554283800", "2019-04-03T09:30:00.000Z"),
            (cst, &["%Y-%m-%d %H:%M:%S %z"], "2019-04-03 09:30:00 +0000", "2019-04-03T09:30:00.000Z"),
        ] {
            assert_eq!(read(zone, formats, text).as_deref(), Some(expected), "{text}");
        }
        for (zone, formats, text) in [
            // Clocks went from two to three.
            ("America/New_York", &[][..], "2003-04-06T02:30"),
            ("UTC", &[], "yesterday"),
            ("UTC", &[], "2019-02-30"),
            ("UTC", &[], "=NOW()"),
            ("UTC", &["%d/%m/%Y"], "2019-04-03"),
        ] {
            assert_eq!(read(zone, formats, text), None, "{text}");
        }
        assert!(moments(Some("Mars/Base"), Vec::new(), None).is_none());
        assert!(moments(None, vec!["ISO".to_owned()], None).is_none());
        assert!(moments(None, Vec::new(), Some("days")).is_none());
    }

    #[test]
    fn durations_are_counted_from_the_start() {
        let moments = moments(None, Vec::new(), None).unwrap();
        assert_eq!(moments.after("answered", Time(0), "1.5"), Ok(Some(Time(90_000_000))));
        assert_eq!(moments.after("answered", Time(0), " "), Ok(None));
        for bad in ["-1", "soon", "1e300", "NaN"] {
            assert!(moments.after("answered", Time(0), bad).is_err(), "{bad}");
        }
        assert_eq!(duration("30m").unwrap(), Duration::from_mins(30));
        assert!(duration("-30m").is_err() && duration("half").is_err());
    }
}
