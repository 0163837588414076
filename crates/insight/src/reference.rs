//! The same answers, found slowly: every row is asked for everything, one after the other. What the engine says must be
//! what this says.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use proptest::prelude::*;
use standfast_domain::{
    AgentId, Channel, CustomerId, Ids, Language, RequestId, State, TeamId, Time, Urgency,
};
use standfast_store::fact::FactRow;

use crate::customers::Customers;
use crate::fact::Fact;
use crate::facts::{Builder, Facts};
use crate::place::{PLATFORMS, Place};
use crate::{
    Answer, Askers, Dimension, Exposure, Figure, Flow, Grouping, Measure, PERCENTS, Part, Query, Spread,
    Step, answer, behind, survival,
};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400;
const ZONES: &[&str] = &[
    "UTC",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Asia/Shanghai",
    "Europe/Berlin",
    "Pacific/Apia",
];

fn sec(time: Time) -> i64 {
    time.0.div_euclid(SECOND)
}

/// Facts of rows, made as loading makes them, with so many rows in a block.
pub(crate) fn facts_of(rows: &[FactRow], most: usize) -> Facts {
    let (mut builder, mut customers) = (Builder::new(most), Customers::new());
    for row in rows {
        let fact = Fact::from(row.clone());
        let customer = customers.number(fact.customer.0);
        builder.names().learn(&fact);
        let row = builder.names().row(&fact, customer);
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

fn counting(row: &FactRow) -> &'static str {
    match row.state {
        State::Spam => "spam",
        State::Merged => "merged",
        _ if row.tags.contains("\"test\"") => "test",
        _ => "counted",
    }
}

fn order(row: &FactRow) -> (i64, i64) {
    (sec(row.created_at), row.id.0)
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
            Dimension::AnsweredBy => {
                if row.first_reply_at.is_some() { "person" } else { "nobody" }.to_owned()
            }
            Dimension::Team => id(row.team_id.map(|id| id.0)),
            Dimension::Agent => id(row.assignee_id.map(|id| id.0)),
            Dimension::FirstAgent => id(row.first_agent_id.map(|id| id.0)),
            Dimension::State => row.state.as_str().to_owned(),
            Dimension::Tagged => yes(row.tags != "[]"),
            Dimension::Counting => counting(row).to_owned(),
        }
    }

    /// The group of an instant, as the clocks of the zone show it.
    fn moment(&self, step: Step, second: i64) -> String {
        let time = Timestamp::from_second(second).unwrap().to_zoned(self.query.zone.clone());
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
            Grouping::Step(step) => self.moment(*step, second),
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
        let lets =
            |(dimension, codes): &(Dimension, Vec<String>)| codes.contains(&self.value(*dimension, row));
        self.query.filter.iter().filter(|(dimension, _)| *dimension != Dimension::Counting).all(lets)
    }

    fn allows(&self, counting: &str) -> bool {
        let mut named =
            self.query.filter.iter().filter(|(dimension, _)| *dimension == Dimension::Counting).peekable();
        let grouped = self.query.group.contains(&Grouping::By(Dimension::Counting));
        if named.peek().is_some() {
            named.all(|(_, codes)| codes.iter().any(|code| code == counting))
        } else {
            grouped || counting == "counted"
        }
    }

    fn counts(&self, row: &FactRow) -> bool {
        self.passes(row) && self.allows(counting(row))
    }

    /// Whether a row meets the measure's own condition.
    fn is_of(&self, row: &FactRow) -> bool {
        let age = self.now() - sec(row.created_at);
        match self.query.measure {
            Measure::ServiceLevel { within } => age >= i64::from(within),
            Measure::RepeatContact { days } => age >= i64::from(days) * DAY,
            Measure::OneContact => is_solved(row),
            Measure::Reopened => !row.state.is_active() || row.reopen_count > 0,
            _ => true,
        }
    }

    /// Whether a row is in the numerator of a share.
    fn is_met(&self, row: &FactRow) -> bool {
        match self.query.measure {
            Measure::ServiceLevel { within } => {
                self.lasted(row, row.first_reply_at).is_some_and(|seconds| seconds <= within)
            }
            Measure::OneContact => row.reply_count == 1 && row.reopen_count == 0,
            Measure::Reopened => row.reopen_count > 0,
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
            Measure::Transferred => row.transfer_count > 0,
            Measure::Escalated => row.escalation_count > 0,
            Measure::AtRisk => row.at_risk,
            _ => false,
        }
    }

    /// Seconds until something happened.
    fn lasted(&self, row: &FactRow, at: Option<Time>) -> Option<u32> {
        at.map(|at| u32::try_from((sec(at) - sec(row.created_at)).max(0)).unwrap())
    }

    /// How long what is measured took.
    fn duration(&self, row: &FactRow) -> Option<u32> {
        let at = match self.query.measure {
            Measure::FirstResponse => row.first_reply_at,
            Measure::FirstResolution => row.first_solved_at.or(row.solved_at.filter(|_| is_solved(row))),
            _ => row.solved_at.filter(|_| is_solved(row)),
        };
        self.lasted(row, at)
    }

    /// The figure of some rows.
    fn figure(&self, rows: &[&FactRow], users: Option<u64>) -> Figure {
        let n = rows.len() as u64;
        let sum = |amount: fn(&FactRow) -> i64| {
            rows.iter().map(|row| u64::try_from(amount(row)).unwrap()).sum::<u64>()
        };
        match self.query.measure {
            Measure::Requests => Figure::Count { n },
            Measure::FollowUps => Figure::Sum { n, sum: sum(|row| row.follow_up_count) },
            Measure::Replies => Figure::Sum { n, sum: sum(|row| row.reply_count) },
            Measure::FirstResponse | Measure::FirstResolution | Measure::FullResolution => {
                let mut values: Vec<u32> = rows.iter().filter_map(|row| self.duration(row)).collect();
                let ended = values.len() as u64;
                Figure::Spread(Spread { n: ended, pending: n - ended, percentiles: percentiles(&mut values) })
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
            Measure::ContactRate => Figure::Rate { n, user_days: users },
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

fn percentiles(values: &mut [u32]) -> Option<[u32; PERCENTS.len()]> {
    values.sort_unstable();
    let at = |percent: u8| values[(values.len() * usize::from(percent)).div_ceil(100).max(1) - 1];
    (!values.is_empty()).then(|| PERCENTS.map(at))
}

/// Users that can be told from the dates alone.
struct Users;

impl Exposure for Users {
    fn user_days(&self, from: Date, until: Date, version: Option<&str>, region: Option<&str>) -> Option<u64> {
        let days = u64::try_from(from.until(until).ok()?.get_days()).ok()?;
        Some(
            days * 1_000
                + version.map_or(0, |text| text.len() as u64)
                + region.map_or(0, |text| 10 * text.len() as u64),
        )
    }
}

fn state() -> impl Strategy<Value = State> {
    proptest::sample::select(&State::ALL[..])
}

/// The beginnings of ranges in which rows lie: clocks changed in many places in spring 2026, and Samoa skipped a day at
/// the end of 2011.
fn beginning() -> impl Strategy<Value = i64> {
    prop_oneof![Just(1_772_300_000_i64), Just(1_323_900_000), Just(1_763_000_000)]
}

const CONTEXTS: &[&str] = &[
    "{}",
    r#"{"region":"CN","platform":"ios","app_version":"2.1"}"#,
    r#"{"region":"us","platform":"Mozilla/5.0 (Linux; Android 15)","app_version":"2.1","screen":"swap"}"#,
    r#"{"app_version":"2.2","chain":"TRC20","screen":"Send"}"#,
];

fn row() -> impl Strategy<Value = FactRow> {
    let minute = || prop_oneof![0..200_000_000_i64, 0..40 * DAY * SECOND];
    let maybe = move || proptest::option::of(minute());
    (
        (0..30 * DAY * SECOND, 0..4_i64, 0..12_i64, 0..400 * DAY, state()),
        (maybe(), maybe(), maybe(), maybe(), 0..3_i64),
        (0..3_usize, 0..5_u8, any::<bool>(), 0..2_usize, any::<bool>(), 0..CONTEXTS.len()),
        (0..3_i64, 0..3_i64, 0..3_i64, 0..2_i64, 0..2_i64, 0..4_usize),
    )
        .prop_map(|(when, ends, what, how)| {
            let (created, low, customer, known, state) = when;
            let (reply, solved, closed, first_solved, agent) = ends;
            let (kind, urgency, at_risk, channel, chinese, context) = what;
            let created = Time(created);
            let after = |span: Option<i64>| span.map(|span| Time(created.0 + span));
            FactRow {
                id: RequestId(low),
                customer_id: CustomerId(100 + customer),
                customer_first_seen_at: Time(created.0 - known * SECOND),
                state,
                kind: ["pending", "swap", "theft"][kind].to_owned(),
                urgency: Urgency(urgency),
                at_risk,
                channel: [Channel::Widget, Channel::Api][channel],
                language: if chinese { Language::Chinese } else { Language::English },
                chain: (how.5 == 1).then(|| "evm".to_owned()),
                fields: "{}".to_owned(),
                context: CONTEXTS[context].to_owned(),
                tags: ["[]", "[\"vip\"]", "[\"test\"]", "[]"][how.5].to_owned(),
                team_id: (agent == 1).then_some(TeamId(5)),
                assignee_id: (agent > 0).then_some(AgentId(10 + agent)),
                created_at: created,
                updated_at: Time(created.0 + DAY * SECOND),
                first_reply_at: after(reply),
                solved_at: after(solved),
                closed_at: after(closed),
                reopen_count: how.0,
                follow_up_count: how.1,
                reply_count: how.2,
                first_agent_id: (agent > 1).then_some(AgentId(11)),
                first_solved_at: after(first_solved),
                transfer_count: how.3,
                escalation_count: how.4,
            }
        })
}

/// Rows in the order of their ids, from a beginning on.
pub(crate) fn rows() -> impl Strategy<Value = Vec<FactRow>> {
    (beginning(), proptest::collection::vec(row(), 0..120)).prop_map(|(from, mut rows)| {
        let mut ids = BTreeSet::new();
        for row in &mut rows {
            let shift = |time: &mut Time| time.0 += from * SECOND;
            shift(&mut row.created_at);
            shift(&mut row.updated_at);
            shift(&mut row.customer_first_seen_at);
            for time in
                [&mut row.first_reply_at, &mut row.solved_at, &mut row.closed_at, &mut row.first_solved_at]
            {
                time.iter_mut().for_each(shift);
            }
            // Most ids carry the time of their request, some that of a little earlier or later.
            let drift =
                Time(row.created_at.0 + [0, 0, 1_500_000, -2_000_000][usize::try_from(row.id.0).unwrap()]);
            row.id = RequestId(Ids::floor(drift).max(1) + row.id.0);
            while !ids.insert(row.id) {
                row.id.0 += 4;
            }
        }
        rows.sort_by_key(|row| row.id);
        rows
    })
}

fn measure() -> impl Strategy<Value = Measure> {
    prop_oneof![
        proptest::sample::select(&Measure::ALL[..]),
        proptest::sample::select(&[1_u32, 7, 30][..]).prop_map(|days| Measure::RepeatContact { days }),
        (1..100_000_u32).prop_map(|within| Measure::ServiceLevel { within }),
    ]
}

fn grouping() -> impl Strategy<Value = Grouping> {
    prop_oneof![
        proptest::sample::select(&Dimension::ALL[..]).prop_map(Grouping::By),
        proptest::sample::select(&Step::ALL[..]).prop_map(Grouping::Step),
    ]
}

/// A question: filters are made of rows' values when it is asked.
#[derive(Clone, Debug)]
struct Asked {
    measure: Measure,
    filters: Vec<(Dimension, Vec<proptest::sample::Index>)>,
    range: (Option<i64>, Option<i64>),
    zone: &'static str,
    group: Vec<Grouping>,
    now: i64,
}

fn asked() -> impl Strategy<Value = Asked> {
    let filter = (
        proptest::sample::select(&Dimension::ALL[..]),
        proptest::collection::vec(any::<proptest::sample::Index>(), 1..6),
    );
    (
        measure(),
        proptest::collection::vec(filter, 0..3),
        (proptest::option::of(0..20 * DAY), proptest::option::of(10 * DAY..60 * DAY)),
        proptest::sample::select(ZONES),
        proptest::collection::vec(grouping(), 0..3),
        5 * DAY..100 * DAY,
    )
        .prop_map(|(measure, filters, range, zone, group, now)| Asked {
            measure,
            filters,
            range,
            zone,
            group,
            now,
        })
}

impl Asked {
    fn query(&self, rows: &[FactRow]) -> Query {
        let begin = rows.first().map_or(1_763_000_000, |row| sec(row.created_at) / DAY * DAY);
        let time = |days: i64| Time((begin + days) * SECOND);
        let mut query = Query {
            from: self.range.0.map(time),
            until: self.range.1.map(time),
            zone: TimeZone::get(self.zone).unwrap(),
            group: self.group.clone(),
            ..Query::new(self.measure, time(self.now))
        };
        if query.from >= query.until {
            query.until = None;
        }
        let all = Reference { rows, query: &query };
        let filter = self.filters.iter().filter(|_| !rows.is_empty()).map(|(dimension, some)| {
            let codes = some.iter().map(|index| all.value(*dimension, index.get(rows))).collect();
            (*dimension, codes)
        });
        let filter = filter.collect();
        Query { filter, ..query }
    }
}

/// The cells of an answer by their codes.
fn by_codes(answer: &Answer) -> BTreeMap<Vec<String>, Figure> {
    let code = |(place, axis): (&usize, &(Grouping, Vec<crate::Member>))| axis.1[*place].code.clone();
    answer
        .cells
        .iter()
        .map(|cell| (cell.at.iter().zip(&answer.axes).map(code).collect(), cell.figure.clone()))
        .collect()
}

/// Every request behind a cell, page by page.
fn all_behind(facts: &Facts, query: &Query, codes: &[String], part: Part) -> Vec<i64> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = behind(facts, query, codes, part, after, 7).unwrap();
        ids.extend(page.rows.iter().map(|row| row.id.0));
        after = page.next;
        if after.is_none() {
            return ids;
        }
    }
}

fn ids_of(mut rows: Vec<&FactRow>) -> Vec<i64> {
    rows.sort_by_key(|row| order(row));
    rows.iter().map(|row| row.id.0).collect()
}

/// Compares the engine with the reference for measures of what came.
fn compare_flows_in(facts: &Facts, all: &Reference<'_>, got: &Answer) -> Result<(), TestCaseError> {
    let cells = all.cells();
    let expected_users = |codes: &[String]| users_of(all, got, codes);
    let grouped = !all.query.group.is_empty();
    let expected: BTreeMap<_, _> = cells
        .iter()
        .filter(|_| grouped)
        .map(|(codes, rows)| (codes.clone(), all.figure(rows, expected_users(codes))))
        .collect();
    prop_assert_eq!(by_codes(got), expected);
    let everything: Vec<&FactRow> = cells.values().flatten().copied().collect();
    prop_assert_eq!(&got.total, &all.figure(&everything, expected_users(&[])));
    let counted = all.rows.iter().filter(|row| all.is_in_range(row) && all.counts(row)).count();
    prop_assert_eq!(got.left_out, (counted - everything.len()) as u64);
    prop_assert_eq!(all_behind(facts, all.query, &[], Part::All), ids_of(everything.clone()));
    for (codes, rows) in cells.iter().filter(|_| grouped).take(5) {
        prop_assert_eq!(all_behind(facts, all.query, codes, Part::All), ids_of(rows.clone()));
        if let Figure::Share { .. } = got.total {
            let (met, unmet): (Vec<&FactRow>, Vec<_>) = rows.iter().partition(|row| all.is_met(row));
            prop_assert_eq!(all_behind(facts, all.query, codes, Part::Met), ids_of(met));
            prop_assert_eq!(all_behind(facts, all.query, codes, Part::Unmet), ids_of(unmet));
        }
        if let Figure::Spread(_) = got.total {
            let (met, unmet): (Vec<&FactRow>, Vec<_>) =
                rows.iter().partition(|row| all.duration(row).is_some());
            prop_assert_eq!(all_behind(facts, all.query, codes, Part::Met), ids_of(met));
            prop_assert_eq!(all_behind(facts, all.query, codes, Part::Unmet), ids_of(unmet));
        }
    }
    Ok(())
}

/// Who could have asked: the days of the cell's time, and the values that the cell or else the filter names.
fn users_of(all: &Reference<'_>, got: &Answer, codes: &[String]) -> Option<u64> {
    if all.query.measure != Measure::ContactRate {
        return None;
    }
    let date = |second: i64| Timestamp::from_second(second).unwrap().to_zoned(all.query.zone.clone()).date();
    let (mut from, mut until) = (all.from(), all.until());
    let named = |dimension| {
        let filtered = all.query.filter.iter().find(|(known, _)| *known == dimension);
        filtered.map_or_else(|| vec![None], |(_, codes)| codes.iter().cloned().map(Some).collect::<Vec<_>>())
    };
    let (mut versions, mut regions) = (named(Dimension::AppVersion), named(Dimension::Region));
    for (code, (grouping, members)) in codes.iter().zip(&got.axes) {
        match grouping {
            Grouping::By(Dimension::AppVersion) => versions = vec![Some(code.clone())],
            Grouping::By(Dimension::Region) => regions = vec![Some(code.clone())],
            _ => {
                let span = members.iter().find(|member| member.code == *code).unwrap().span.unwrap();
                (from, until) = (sec(span.from), sec(span.until));
            }
        }
    }
    let (first, end) = (date(from), date(until - 1).tomorrow().unwrap());
    let each = versions.iter().flat_map(|version| regions.iter().map(move |region| (version, region)));
    each.map(|(version, region)| Users.user_days(first, end, version.as_deref(), region.as_deref())).sum()
}

/// Compares the engine with the reference for measures of what is open.
fn compare_stock(facts: &Facts, all: &Reference<'_>, got: &Answer) -> Result<(), TestCaseError> {
    let (from, until) = (all.from(), all.until());
    let counted = || all.rows.iter().filter(|row| all.counts(row));
    let came = |row: &&FactRow| (from..until).contains(&sec(row.created_at));
    let end = |row: &FactRow| ended(row).map(|end| sec(end).max(sec(row.created_at)));
    // What came and ended within a second that the range does not hold any more is nobody's business.
    let went = |row: &&FactRow| {
        end(row).is_some_and(|end| (from..until).contains(&end)) && sec(row.created_at) < until
    };
    let mut expected: BTreeMap<Vec<String>, Flow> = BTreeMap::new();
    let step = all.query.group.iter().position(|grouping| matches!(grouping, Grouping::Step(_)));
    let mut note = |codes: Vec<String>, add: fn(&mut Flow)| add(expected.entry(codes).or_default());
    for row in counted() {
        if came(&row) {
            note(all.codes(row, sec(row.created_at)), |flow| flow.opened += 1);
        }
        if went(&row) {
            note(all.codes(row, end(row).unwrap()), |flow| flow.closed += 1);
        }
    }
    let moments: Vec<(String, i64, i64)> = match step {
        Some(step) => {
            let span =
                |member: &crate::Member| (sec(member.span.unwrap().from), sec(member.span.unwrap().until));
            got.axes[step]
                .1
                .iter()
                .map(|member| (member.code.clone(), span(member).0, span(member).1))
                .collect()
        }
        None => vec![(String::new(), from, until)],
    };
    for (code, start, stop) in &moments {
        let put = |mut codes: Vec<String>| {
            if let Some(step) = step {
                codes[step].clone_from(code);
            }
            codes
        };
        for row in all.open(*start) {
            note(put(all.codes(row, *start)), |flow| flow.before += 1);
        }
        for row in all.open(*stop) {
            note(put(all.codes(row, *start)), |flow| flow.after += 1);
        }
    }
    let is_backlog = all.query.measure == Measure::Backlog;
    let grouped = !all.query.group.is_empty();
    let found = by_codes(got);
    for (codes, flow) in expected.iter().filter(|_| grouped) {
        match found.get(codes) {
            Some(Figure::Flow(found)) => prop_assert_eq!(found, flow, "{:?}", codes),
            Some(Figure::Backlog { n, .. }) => prop_assert_eq!(*n, flow.after, "{:?}", codes),
            Some(other) => prop_assert!(false, "{:?}", other),
            None => prop_assert!(is_backlog && flow.after == 0, "{:?} is missing: {:?}", codes, flow),
        }
        prop_assert_eq!(flow.before + flow.opened, flow.closed + flow.after, "{:?}", codes);
    }
    prop_assert!(found.keys().all(|codes| expected.contains_key(codes)));
    let open = all.open(until);
    match &got.total {
        Figure::Flow(total) => {
            prop_assert_eq!(total.opened, counted().filter(came).count() as u64);
            prop_assert_eq!(total.closed, counted().filter(went).count() as u64);
            prop_assert_eq!(total.after, open.len() as u64);
            prop_assert_eq!(total.before + total.opened, total.closed + total.after);
        }
        Figure::Backlog { n, ages } => {
            let mut seconds: Vec<u32> =
                open.iter().map(|row| u32::try_from(until - sec(row.created_at)).unwrap()).collect();
            prop_assert_eq!((*n, *ages), (open.len() as u64, percentiles(&mut seconds)));
            prop_assert_eq!(all_behind(facts, all.query, &[], Part::All), ids_of(open));
        }
        other => prop_assert!(false, "{:?}", other),
    }
    for (codes, _) in expected.iter().filter(|(codes, _)| grouped && found.contains_key(*codes)).take(4) {
        let is_here = |row: &FactRow, second: i64| all.codes(row, second) == *codes;
        let came = counted().filter(|row| came(row) && is_here(row, sec(row.created_at))).collect();
        let went = counted().filter(|row| went(row) && is_here(row, end(row).unwrap())).collect();
        if !is_backlog {
            prop_assert_eq!(all_behind(facts, all.query, codes, Part::All), ids_of(came));
            prop_assert_eq!(all_behind(facts, all.query, codes, Part::Met), ids_of(went));
        }
        let (_, start, stop) =
            moments.iter().find(|(code, ..)| step.is_none_or(|step| codes[step] == *code)).unwrap();
        let open = all.open(*stop).into_iter().filter(|row| is_here(row, *start)).collect();
        prop_assert_eq!(all_behind(facts, all.query, codes, Part::Unmet), ids_of(open));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_engine_says_what_the_reference_says(rows in rows(), asked in asked(), threads in 1..4_usize, most in 2..60_usize) {
        let query = asked.query(&rows);
        let facts = facts_of(&rows, most);
        let all = Reference { rows: &rows, query: &query };
        let got = match answer(&facts, &query, Some(&Users), threads) {
            Ok(got) => got,
            Err(crate::Error::Invalid { field: "group", reason: "unknown" }) => {
                let only = [Measure::Backlog, Measure::Flow, Measure::ContactRate];
                prop_assert!(only.contains(&query.measure));
                return Ok(());
            }
            Err(crate::Error::Invalid { field: "group", reason: "too_many" }) => {
                prop_assert_eq!(query.group.iter().filter(|one| **one == Grouping::Step(Step::Hour)).count(), 2);
                return Ok(());
            }
            Err(crate::Error::Invalid { field: "from", .. }) => {
                prop_assert!(query.from.is_some_and(|from| sec(from) >= all.until()));
                return Ok(());
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        for (code, n) in &got.excluded {
            let expected = rows.iter().filter(|row| all.is_in_range(row) && all.passes(row) && counting(row) == *code);
            prop_assert_eq!(*n, expected.count() as u64, "{}", code);
        }
        match query.measure {
            Measure::Backlog | Measure::Flow => compare_stock(&facts, &all, &got)?,
            _ => compare_flows_in(&facts, &all, &got)?,
        }
    }

    /// Rows that come one by one, in any order and several times, make the same facts as those that are loaded.
    #[test]
    fn the_order_in_which_rows_come_does_not_matter(
        rows in rows(),
        order in proptest::collection::vec(any::<proptest::sample::Index>(), 0..300),
        most in 2..40_usize,
    ) {
        let loaded = facts_of(&rows, usize::MAX / 4);
        let all: Vec<_> = loaded.blocks.iter().flat_map(|block| (0..block.len()).filter_map(|place| block.row(place))).collect();
        let mut facts = Facts::new(most);
        let some = order.iter().filter(|_| !all.is_empty()).map(|index| *index.get(&all));
        for row in some.chain(all.iter().copied()) {
            facts.put(&row);
            prop_assert_eq!(facts.find(row.key()), Some(row));
        }
        prop_assert!(facts.blocks.iter().all(|block| (1..=most).contains(&block.len())));
        let rows: Vec<_> = facts.blocks.iter().flat_map(|block| (0..block.len()).filter_map(|place| block.row(place))).collect();
        prop_assert_eq!(&rows, &all);
        prop_assert_eq!(facts.len(), all.len());
    }

    #[test]
    fn survival_pairs_are_every_row_once(rows in rows(), asked in asked(), most in 2..60_usize) {
        let query = Query { measure: Measure::FirstResponse, ..asked.query(&rows) };
        let facts = facts_of(&rows, most);
        let all = Reference { rows: &rows, query: &query };
        let Ok(found) = survival(&facts, &query, crate::Duration::FirstResponse, 2) else {
            return Err(TestCaseError::reject("the range is empty, or has too many hours"));
        };
        let found: BTreeMap<_, _> = found.into_iter().collect();
        let cells = all.cells();
        prop_assert_eq!(found.keys().collect::<Vec<_>>(), cells.keys().collect::<Vec<_>>());
        for (codes, rows) in cells {
            let (mut events, mut censored) = (BTreeMap::new(), BTreeMap::new());
            for row in rows {
                let waited = (all.now() - sec(row.created_at)).max(0);
                let end = ended(row).map_or(i64::MAX, |end| (sec(end) - sec(row.created_at)).max(0));
                match all.duration(row) {
                    Some(seconds) => *events.entry(seconds).or_insert(0_u64) += 1,
                    None => *censored.entry(u32::try_from(waited.min(end)).unwrap()).or_insert(0_u64) += 1,
                }
            }
            let pairs = &found[&codes];
            prop_assert_eq!(&pairs.events, &events.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(&pairs.censored, &censored.into_iter().collect::<Vec<_>>());
        }
    }
}
