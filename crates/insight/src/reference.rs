//! The same answers, found slowly: every row is asked for everything, one after the other. What the engine says must be
//! what this says.

mod compare;
mod random;
mod stock;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use standfast_domain::vocabulary::PLATFORMS;
use standfast_domain::{
    Asker, Channel, Resolution, ScheduleId, ScheduleVersion, Score, State, Time, zone_of_region,
};
use standfast_store::fact::FactRow;

use crate::customers::Customers;
use crate::fact::Fact;
use crate::facts::{Builder, Facts};
use crate::place::Place;
use crate::{Askers, Dimension, Exposure, Figure, Grouping, Measure, PERCENTS, Query, Spread, Step, Users};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400;
fn sec(time: Time) -> i64 {
    time.0.div_euclid(SECOND)
}

/// Facts of rows, made as loading makes them, with so many rows in a block.
pub(crate) fn facts_of(rows: &[FactRow], most: usize) -> Facts {
    let (mut builder, mut customers) = (Builder::new(most), Customers::new());
    for row in rows {
        let fact = Fact::from(row.clone());
        let customer = customers.number(fact.customer.0);
        let row = builder.row_of(&fact, customer);
        builder.add(row);
    }
    builder.finish(customers.ids().len())
}

/// When a request ended, if it did.
fn ended(row: &FactRow) -> Option<Time> {
    (!row.state.is_active()).then(|| row.solved_at.or(row.closed_at).unwrap_or(row.updated_at))
}

fn is_solved(row: &FactRow) -> bool {
    !row.state.is_active() && row.solved_at.is_some()
}

/// The second in which a row was first called solved; never before it came.
fn first_solved(row: &FactRow) -> Option<i64> {
    let solved = row.first_solved_at.or(row.solved_at.filter(|_| is_solved(row)))?;
    Some(sec(solved).max(sec(row.created_at)))
}

/// Whether it was taken up again within so many days after that; where nobody knows when, it was at once.
fn was_reopened(row: &FactRow, days: u32) -> bool {
    let within = |solved: i64| row.reopened_at.map_or(0, sec).saturating_sub(solved) <= i64::from(days) * DAY;
    row.reopen_count > 0 && first_solved(row).is_some_and(within)
}

fn counting(row: &FactRow) -> &'static str {
    match row.state {
        State::Spam => "spam",
        State::Merged => "merged",
        _ if row.tags.contains("\"test\"") => "test",
        _ => "counted",
    }
}

/// Whether a request's history says what this bit stands for: 1 answer, 2 words, 4 solution, 8 reopens.
fn told(row: &FactRow, bit: i64) -> bool {
    row.untold.is_none_or(|untold| untold / bit % 2 == 0)
}

/// Handling time to 5 seconds up to ten minutes, to a minute up to an hour, to five minutes up to four hours, then to an
/// hour up to seventeen; never none.
fn handled(seconds: u32) -> u32 {
    let to = |step: u32| ((2 * seconds + step) / (2 * step) * step).max(step);
    match seconds {
        0..=600 => to(5),
        601..=3_600 => to(60),
        3_601..=14_400 => to(300),
        _ => to(3_600).min(61_200),
    }
}

fn order(row: &FactRow) -> (i64, i64) {
    (sec(row.created_at), row.id.0)
}

/// Seconds until something happened.
fn lasted(row: &FactRow, at: Option<Time>) -> Option<u32> {
    at.map(|at| u32::try_from((sec(at) - sec(row.created_at)).max(0)).unwrap())
}

/// All rows, and the questions about them.
struct Reference<'a> {
    rows: &'a [FactRow],
    query: &'a Query,
}

impl Reference<'_> {
    /// The value of a dimension.
    fn value(&self, dimension: Dimension, row: &FactRow) -> String {
        let place = Place::of(&row.fields, &row.context, row.chain.as_deref());
        let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
        let id = |id: Option<i64>| id.map_or_else(|| "none".to_owned(), |id| id.to_string());
        match dimension {
            Dimension::Channel => row.channel.as_str().to_owned(),
            Dimension::Type => row.kind.clone(),
            Dimension::Urgency => row.urgency.0.to_string(),
            Dimension::AtRisk => yes(row.at_risk),
            Dimension::Language => row.language.as_str().to_owned(),
            Dimension::Region => place.region,
            Dimension::Platform => PLATFORMS[usize::from(place.platform)].to_owned(),
            Dimension::AppVersion => place.version,
            Dimension::Chain => place.chain,
            Dimension::Screen => place.screen,
            Dimension::Brand => place.brand,
            Dimension::Tier => match row.escalation_count {
                _ if row.untold.is_some() => "unknown",
                0 => "first",
                1 => "second",
                _ => "third",
            }
            .to_owned(),
            Dimension::Cohort => match (sec(row.created_at) - sec(row.customer_first_seen_at)) / DAY {
                ..1 => "day_0",
                1..7 => "days_1_6",
                7..30 => "days_7_29",
                30..90 => "days_30_89",
                90..365 => "days_90_364",
                _ => "days_365",
            }
            .to_owned(),
            Dimension::Contact => {
                let earlier = |other: &&FactRow| {
                    other.customer_id == row.customer_id
                        && counting(other) == "counted"
                        && order(other) < order(row)
                };
                if self.rows.iter().any(|other| earlier(&other)) { "repeat" } else { "first" }.to_owned()
            }
            Dimension::AnsweredBy => match (row.first_reply_at, row.bot_reply_at) {
                (Some(_), None) => "person",
                (Some(_), Some(_)) => "both",
                (None, _) if !told(row, 1) => "unknown",
                (None, Some(_)) => "bot",
                (None, None) => "nobody",
            }
            .to_owned(),
            Dimension::Team => id(row.team_id.map(|id| id.0)),
            Dimension::Agent => id(row.assignee_id.map(|id| id.0)),
            Dimension::FirstAgent => id(row.first_agent_id.map(|id| id.0)),
            Dimension::SolvedBy => id(row.solved_by_id.map(|id| id.0)),
            Dimension::Resolution => row.resolution.map_or("none", |state| state.as_str()).to_owned(),
            Dimension::Score => row.score.map_or_else(|| "none".to_owned(), |score| score.get().to_string()),
            Dimension::Reason => row.reason.clone().unwrap_or_else(|| "none".to_owned()),
            Dimension::State => row.state.as_str().to_owned(),
            Dimension::Tagged => yes(row.tags != "[]"),
            Dimension::Origin => if row.untold.is_some() { "imported" } else { "desk" }.to_owned(),
            Dimension::Counting => counting(row).to_owned(),
        }
    }

    /// The group of an instant, as the clocks of the zone show it.
    fn moment(&self, step: Step, second: i64) -> String {
        Self::moment_in(self.query.zone.clone(), step, second)
    }

    /// The zone by whose clock a row is told.
    fn clock(&self, step: Step, row: &FactRow) -> TimeZone {
        let own = zone_of_region(&Place::of(&row.fields, &row.context, None).region);
        let own = own.filter(|_| self.query.own_clocks && !step.is_linear());
        own.map_or(self.query.zone.clone(), |name| TimeZone::get(name).unwrap())
    }

    fn moment_in(zone: TimeZone, step: Step, second: i64) -> String {
        let time = Timestamp::from_second(second).unwrap().to_zoned(zone);
        let date = time.date();
        let monday = i64::from(date.weekday().to_monday_zero_offset());
        match step {
            Step::Hour => time.strftime("%Y-%m-%dT%H:00%:z").to_string(),
            Step::Day => date.to_string(),
            Step::Week => date.checked_sub(monday.days()).unwrap().to_string(),
            Step::Month => time.strftime("%Y-%m").to_string(),
            Step::Quarter => format!("{}-Q{}", date.year(), (date.month() + 2) / 3),
            Step::HourOfDay => time.hour().to_string(),
            Step::Weekday => (monday + 1).to_string(),
            Step::HourOfWeek => format!("{}-{}", monday + 1, time.hour()),
        }
    }

    fn codes(&self, row: &FactRow, second: i64) -> Vec<String> {
        let code = |grouping: &Grouping| match grouping {
            Grouping::By(dimension) => self.value(*dimension, row),
            Grouping::Step(step) => Self::moment_in(self.clock(*step, row), *step, second),
        };
        self.query.group.iter().map(code).collect()
    }

    fn now(&self) -> i64 {
        sec(self.query.now)
    }

    fn until(&self) -> i64 {
        self.query.until.map_or(i64::MAX, sec).min(self.now() + 1)
    }

    fn from(&self) -> i64 {
        let first = self.rows.iter().map(|row| sec(row.created_at)).min().unwrap_or(self.now());
        self.query.from.map_or(first.min(self.until() - 1), sec)
    }

    fn is_in_range(&self, row: &FactRow) -> bool {
        (self.from()..self.until()).contains(&sec(row.created_at))
    }

    /// Whether the filter lets a row through, without regard to its counting.
    fn passes(&self, row: &FactRow) -> bool {
        let has =
            |(dimension, codes): &&(Dimension, Vec<String>)| codes.contains(&self.value(*dimension, row));
        let of_row = |(dimension, _): &&(Dimension, Vec<String>)| *dimension != Dimension::Counting;
        self.query.filter.iter().filter(of_row).all(|named| has(&named))
            && !self.query.except.iter().filter(of_row).any(|named| has(&named))
    }

    fn allows(&self, counting: &str) -> bool {
        let of_counting = |(dimension, _): &&(Dimension, Vec<String>)| *dimension == Dimension::Counting;
        let has = |(_, codes): &(Dimension, Vec<String>)| codes.iter().any(|code| code == counting);
        let mut only = self.query.filter.iter().filter(of_counting).peekable();
        let mut except = self.query.except.iter().filter(of_counting).peekable();
        if only.peek().is_some() || except.peek().is_some() {
            only.all(has) && !except.any(has)
        } else {
            self.query.group.contains(&Grouping::By(Dimension::Counting)) || counting == "counted"
        }
    }

    fn counts(&self, row: &FactRow) -> bool {
        self.passes(row) && self.allows(counting(row))
    }

    /// Whether a row meets the measure's own condition.
    fn is_of(&self, row: &FactRow) -> bool {
        let age = self.now() - sec(row.created_at);
        match self.query.measure {
            Measure::ServiceLevel { within } => age >= i64::from(within) && told(row, 1),
            Measure::RepeatContact { days } => age >= i64::from(days) * DAY,
            Measure::OneContact => self.was_solved(row, 7) && told(row, 2) && told(row, 8),
            Measure::Reopened { days } => self.was_solved(row, days) && told(row, 8),
            Measure::HandlingTime => row.worked_s.is_some_and(|seconds| seconds > 0),
            Measure::Abandoned => {
                let is_known = row.untold.is_none() && !(row.unread && row.channel == Channel::Api);
                let answered = row.first_reply_at.map(|at| sec(at).max(sec(row.created_at)));
                is_known && answered.is_some_and(|answered| self.now() - answered >= DAY)
            }
            Measure::FirstResponse => told(row, 1),
            Measure::BotResponse => row.bot_reply_at.is_some(),
            Measure::FirstResolution | Measure::FullResolution => told(row, 4),
            Measure::Replies | Measure::FollowUps => told(row, 2),
            Measure::Transferred | Measure::Transfers | Measure::Escalated => row.untold.is_none(),
            Measure::CalledSolved | Measure::Confirmed | Measure::Repudiated | Measure::ResponseRate => {
                row.resolution.is_some()
            }
            Measure::Rated | Measure::Satisfied => row.score.is_some(),
            Measure::FirstResponseOpen => meant(row).is_some() && told(row, 1),
            Measure::FirstResolutionOpen | Measure::FullResolutionOpen => {
                meant(row).is_some() && told(row, 4)
            }
            _ => true,
        }
    }

    /// Whether a row was first called solved at least so many days ago.
    fn was_solved(&self, row: &FactRow, days: u32) -> bool {
        first_solved(row).is_some_and(|solved| self.now() - solved >= i64::from(days) * DAY)
    }

    /// Whether a row is in the numerator of a share.
    fn is_met(&self, row: &FactRow) -> bool {
        match self.query.measure {
            Measure::ServiceLevel { within } => {
                lasted(row, row.first_reply_at).is_some_and(|seconds| seconds <= within)
            }
            Measure::OneContact => row.reply_count == 1 && !was_reopened(row, 7),
            Measure::Reopened { days } => was_reopened(row, days),
            Measure::RepeatContact { days } => {
                counting(row) == "counted"
                    && self.rows.iter().any(|other| {
                        other.customer_id == row.customer_id
                            && other.kind == row.kind
                            && counting(other) == "counted"
                            && order(other) > order(row)
                            && sec(other.created_at) - sec(row.created_at) <= i64::from(days) * DAY
                    })
            }
            Measure::Confirmed => row.resolution == Some(Resolution::Confirmed),
            Measure::Repudiated => row.resolution == Some(Resolution::Repudiated),
            Measure::ResponseRate => row.score.is_some(),
            Measure::Satisfied => row.score.is_some_and(Score::is_satisfied),
            Measure::Transferred => row.transfer_count > 0,
            Measure::Escalated => row.escalation_count > 0,
            Measure::AtRisk => row.at_risk,
            Measure::Abandoned => row.unread,
            _ => false,
        }
    }

    /// How long what is measured took.
    fn duration(&self, row: &FactRow) -> Option<u32> {
        if self.query.measure == Measure::HandlingTime {
            return row.worked_s.map(|seconds| handled(u32::try_from(seconds).unwrap()));
        }
        let at = match self.query.measure {
            Measure::FirstResponse | Measure::FirstResponseOpen => row.first_reply_at,
            Measure::BotResponse => row.bot_reply_at,
            Measure::FirstResolution | Measure::FirstResolutionOpen => {
                row.first_solved_at.or(row.solved_at.filter(|_| is_solved(row)))
            }
            _ => row.solved_at.filter(|_| is_solved(row)),
        };
        let seconds = lasted(row, at)?;
        let is_open = matches!(
            self.query.measure,
            Measure::FirstResponseOpen | Measure::FirstResolutionOpen | Measure::FullResolutionOpen
        );
        if is_open { Some(open_seconds(row, &meant(row)?, seconds)) } else { Some(seconds) }
    }

    /// The figure of some rows.
    fn figure(&self, rows: &[&FactRow]) -> Figure {
        let n = rows.len() as u64;
        let sum = |amount: fn(&FactRow) -> i64| {
            rows.iter().map(|row| u64::try_from(amount(row)).unwrap()).sum::<u64>()
        };
        match self.query.measure {
            Measure::Requests | Measure::CalledSolved | Measure::Rated => Figure::Count { n },
            Measure::FollowUps => Figure::Sum { n, sum: sum(|row| row.follow_up_count) },
            Measure::Replies => Figure::Sum { n, sum: sum(|row| row.reply_count) },
            Measure::Transfers => Figure::Sum { n, sum: sum(|row| row.transfer_count) },
            Measure::FirstResponse
            | Measure::FirstResponseOpen
            | Measure::BotResponse
            | Measure::FirstResolution
            | Measure::FirstResolutionOpen
            | Measure::FullResolution
            | Measure::FullResolutionOpen
            | Measure::HandlingTime => {
                let mut values: Vec<u32> = rows.iter().filter_map(|row| self.duration(row)).collect();
                let ended = values.len() as u64;
                let percentiles = percentiles(&mut values);
                let median = median_interval(&values);
                Figure::Spread(Spread { n: ended, pending: n - ended, percentiles, median })
            }
            Measure::Customers | Measure::RequestsPerCustomer => {
                let mut asked = BTreeMap::new();
                for row in rows {
                    *asked.entry(row.customer_id).or_insert(0_u32) += 1;
                }
                let mut often = BTreeMap::new();
                for times in asked.values() {
                    *often.entry(*times).or_insert(0_u64) += 1;
                }
                let told = self.query.measure == Measure::RequestsPerCustomer;
                let often = if told { often.into_iter().collect() } else { Vec::new() };
                Figure::Customers(Askers { n, customers: asked.len() as u64, often })
            }
            _ => Figure::Share { n, met: rows.iter().filter(|row| self.is_met(row)).count() as u64 },
        }
    }

    /// The rows of every cell.
    fn cells(&self) -> BTreeMap<Vec<String>, Vec<&FactRow>> {
        let mut cells: BTreeMap<_, Vec<&FactRow>> = BTreeMap::new();
        let population =
            self.rows.iter().filter(|row| self.is_in_range(row) && self.counts(row) && self.is_of(row));
        for row in population {
            cells.entry(self.codes(row, sec(row.created_at))).or_default().push(row);
        }
        cells
    }

    /// Rows that are open at an instant: they came before it, and have not ended before it.
    fn open(&self, at: i64) -> Vec<&FactRow> {
        let is_open = |row: &&FactRow| {
            sec(row.created_at) < at && ended(row).is_none_or(|end| sec(end).max(sec(row.created_at)) >= at)
        };
        self.rows.iter().filter(|row| self.counts(row)).filter(is_open).collect()
    }
}

/// The hours of the desk: those of requests in Chinese go round the clock but for a break, and were changed once; there are
/// none for requests in English until somebody entered some, but for those of one region.
fn schedules() -> Vec<ScheduleVersion> {
    let of = |id, from: &str, coverage: &str, zone: &str, hours: [u8; 2]| {
        let intervals = (1..=7).map(|day| {
            let [opens, closes] = hours.map(|hour| format!("{hour:02}:00"));
            serde_json::json!({"weekday": day, "opens": opens, "closes": closes})
        });
        let definition = serde_json::json!({"zone": zone, "week": intervals.collect::<Vec<_>>()});
        ScheduleVersion {
            id: ScheduleId(id),
            from: from.parse::<Timestamp>().map_or(Time(0), |time| Time(time.as_microsecond())),
            coverage: serde_json::from_str(coverage).unwrap(),
            schedule: Some(serde_json::from_value(definition).unwrap()),
        }
    };
    vec![
        of(1, "", r#"{"languages":["zh-CN"]}"#, "Asia/Shanghai", [8, 3]),
        of(
            1,
            "2026-03-06T10:00:00Z",
            r#"{"languages":["zh-CN"],"channels":["widget"]}"#,
            "Asia/Shanghai",
            [9, 18],
        ),
        of(2, "2026-03-10T00:00:00Z", r#"{"languages":["en"]}"#, "America/New_York", [22, 2]),
        of(3, "", r#"{"regions":["US"]}"#, "Europe/Berlin", [1, 24]),
    ]
}

/// The version by which a request was measured when it came.
fn meant(row: &FactRow) -> Option<ScheduleVersion> {
    let all = schedules();
    let region = Place::of(&row.fields, &row.context, row.chain.as_deref()).region;
    let asker = Asker { language: row.language, region: &region, channel: row.channel };
    let at = Time(sec(row.created_at) * SECOND);
    let holds = |version: &&ScheduleVersion| {
        let next = all.iter().find(|other| other.id == version.id && other.from > version.from);
        version.from <= at && next.is_none_or(|next| at < next.from) && version.coverage.covers(&asker)
    };
    all.iter().filter(holds).max_by_key(|version| version.coverage.rank()).cloned()
}

/// How many of so many seconds lie in opening hours: every minute is asked what the clock of the zone shows.
fn open_seconds(row: &FactRow, meant: &ScheduleVersion, seconds: u32) -> u32 {
    let all = schedules();
    let (from, until) = (sec(row.created_at), sec(row.created_at) + i64::from(seconds));
    let mut open = 0;
    let mut at = from;
    while at < until {
        // Nothing but full hours and instants of the list changes anything.
        let end = (at / 900 + 1) * 900;
        let latest = all.iter().rev().find(|one| one.id == meant.id && (sec(one.from) <= at)).unwrap();
        let schedule = latest.schedule.as_ref().unwrap();
        let zone = jiff::tz::TimeZone::get(&schedule.zone).unwrap();
        let shown = Timestamp::from_second(at).unwrap().to_zoned(zone);
        let minute = i64::from(shown.hour()) * 60 + i64::from(shown.minute());
        let interval = schedule.week[0];
        let (opens, closes) = (interval.opens.minutes(), interval.closes.minutes());
        let is_open = if opens < closes {
            opens <= minute && minute < closes
        } else {
            minute >= opens || minute < closes
        };
        open += if is_open { end.min(until) - at } else { 0 };
        at = end;
    }
    u32::try_from(open).unwrap()
}

fn percentiles(values: &mut [u32]) -> Option<[u32; PERCENTS.len()]> {
    values.sort_unstable();
    let at = |percent: u8| values[(values.len() - 1) * usize::from(percent) / 100];
    (!values.is_empty()).then(|| PERCENTS.map(at))
}

/// The values between which the true median lies, found by trying every pair of ranks that are as far from either end: the
/// chance that of so many values at most so many are below it, when each is with one half.
fn median_interval(sorted: &[u32]) -> Option<(u32, u32)> {
    let n = sorted.len();
    let half = 0.5_f64.powi(i32::try_from(n).unwrap());
    let count = |n: usize| f64::from(u32::try_from(n).unwrap());
    let ways = |k: usize| (0..k).fold(1.0, |ways, i| ways * count(n - i) / count(i + 1));
    let missed = |rank: usize| 2.0 * half * (0..=rank).map(ways).sum::<f64>();
    let rank = (0..n / 2).rev().find(|rank| missed(*rank) <= 0.05)?;
    Some((sorted[rank], sorted[n - 1 - rank]))
}

/// People who can be told from the dates alone; of every fifth day nobody knows.
struct Crowd;

impl Exposure for Crowd {
    fn user_days(&self, from: Date, until: Date, users: Users<'_>) -> Option<u64> {
        let length = |text: Option<&str>, times: u64| text.map_or(0, |text| times * text.len() as u64);
        let share = length(users.version, 1) + length(users.region, 10) + length(users.platform, 100);
        let mut days = from.series(1.day()).take_while(|day| *day < until);
        days.try_fold(0, |sum, day| (day.day() % 5 != 0).then_some(sum + 1_000 + share))
    }
}
