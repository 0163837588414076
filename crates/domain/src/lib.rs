//! The pure part of the desk: what a request is, what may happen to it, who may do it, and in which order
//! requests are answered. No I/O and no ambient clock or chance: [`Clock`], [`Entropy`] and [`Ids`] are passed in.

mod activity;
mod alarm;
mod catalogue;
mod chance;
mod claim;
mod dimension;
mod driver;
mod entry;
mod feedback;
mod hours;
mod id;
mod lane;
mod language;
mod matter;
mod number;
mod online;
pub mod planning;
mod queue;
mod region;
pub mod report;
mod role;
pub mod roster;
mod state;
mod subscription;
mod surge;
mod time;
pub mod vocabulary;
mod wait;

pub use activity::{ActivitySource, Day};
pub use alarm::{AlarmKind, AlarmState, DismissReason};
pub use catalogue::{FIELDS, Field, FieldKind, RequestType, TYPES, Urgency, field, request_type};
pub use chance::{Entropy, OsEntropy, SeededEntropy};
pub use claim::claims_theft;
pub use dimension::{Dimension, Scope, region_code};
pub use driver::{DriverKind, DriverSource, IncidentPhase};
pub use entry::{Author, Channel, EntryKind, Event};
pub use feedback::{REASONS_HIGH, REASONS_LOW, Resolution, Score, Verdict};
pub use hours::{
    Asker, Attendance, CivilMinute, Coverage, DayKind, Exception, Hours, Interval, Opened, Schedule,
    ScheduleError, ScheduleVersion, Season, SpecialDay, TimeOfDay, Timetable, Unlike, WeekGap, Weekday,
};
pub use id::{
    AgentId, AlarmId, AttachmentId, CalendarId, CustomerId, DashboardId, DriverId, Ids, IncidentUpdateId,
    JobId, MailId, MaintenanceId, ParseIdError, ReportId, ReportRunId, RequestId, ReviewId, ScheduleId,
    ShiftId, SubscriptionId, SurgeChangeId, SurgeId, SwapId, TeamId, TimeOffId, TokenId,
};
pub use lane::{FalseClaim, MOST_AHEAD, Reserve, Reserves, is_doubted};
pub use language::Language;
pub use matter::{Matter, same_matter};
pub use number::{NumberError, RequestNumber};
pub use online::{
    Course, Covered, Gap, Kept, Loss, Promised, Queued, Sample, Service, Services, Spoken, Staffed,
};
pub use queue::{Line, QueueKey, Turn};
pub use region::zone_of_region;
pub use role::{Permission, Role, TokenKind, TokenScope};
pub use state::{Actor, State, Transition, TransitionError};
pub use subscription::SubscriptionKind;
pub use surge::{Change as SurgeStep, Course as SurgeCourse, Evidence, Level, SurgeCause, SurgeRules, load};
pub use time::{Clock, FrozenClock, SystemClock, Time};
pub use wait::{LONGEST_WAIT, Wait, said};
