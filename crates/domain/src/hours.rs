//! When the desk is open: weeks, seasons, holidays, make-up working days and exceptions, in any time zone.
//!
//! What is written down ([`Schedule`]) is civil time, as a clock on the wall shows it. Whether the desk is open at an
//! instant depends on nothing but what that clock shows then:
//!
//! - An hour that is skipped when clocks go forward does not exist: nobody works in it. A day that is skipped
//!   (Samoa, 2011-12-30) likewise.
//! - An hour that comes twice when clocks go back counts twice, if the desk is open in it.
//! - An interval belongs to the day on which it begins. One that goes past midnight goes on into a holiday that follows,
//!   and one of a holiday's eve is not cut off; an exception can cut anything.
//!
//! [`Hours`] is the same, worked out for a stretch of years and fast to ask. A [`Timetable`] holds the schedules of a desk
//! for all time: a schedule that was changed stays what it was for the time before.

mod check;
mod compiled;
mod schedule;
mod timetable;
mod unlike;

pub use check::ScheduleError;
pub use compiled::{Hours, Opened, WeekGap};
pub use schedule::{
    CivilMinute, DayKind, Exception, Interval, Schedule, Season, SpecialDay, TimeOfDay, Weekday,
};
pub use timetable::{Asker, Attendance, Coverage, ScheduleVersion, Timetable};
pub use unlike::Unlike;

/// Minutes of a day.
const DAY: i64 = 24 * 60;

#[cfg(test)]
mod model;
