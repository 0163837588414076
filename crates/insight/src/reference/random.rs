//! Random requests and random questions about them.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use jiff::tz::TimeZone;
use proptest::prelude::*;
use standfast_domain::{
    AgentId, Channel, CustomerId, Ids, Language, RequestId, Resolution, Score, State, TeamId, Time,
    Timetable, Urgency,
};
use standfast_store::fact::FactRow;

use super::{DAY, Reference, SECOND, sec};
use crate::{Dimension, Grouping, Measure, Query, Step};

const ZONES: &[&str] = &[
    "UTC",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Asia/Shanghai",
    "Europe/Berlin",
    "Pacific/Apia",
];

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
    r#"{"app_version":"2.2","chain":"TRC20","screen":"Send","brand":"Key Pal"}"#,
];

fn row() -> impl Strategy<Value = FactRow> {
    let minute = || prop_oneof![0..200_000_000_i64, 0..40 * DAY * SECOND];
    let maybe = move || proptest::option::of(minute());
    (
        (0..30 * DAY * SECOND, 0..4_i64, 0..12_i64, 0..400 * DAY, state()),
        (maybe(), maybe(), maybe(), maybe(), maybe(), 0..3_i64),
        (0..3_usize, 0..5_u8, any::<bool>(), 0..2_usize, any::<bool>(), 0..CONTEXTS.len()),
        (
            0..3_i64,
            0..3_i64,
            0..3_i64,
            0..2_i64,
            0..4_i64,
            0..4_usize,
            proptest::option::weighted(0.3, 0..16_i64),
            (proptest::option::of(prop_oneof![0..400_i64, Just(70_000)]), any::<bool>()),
        ),
        (proptest::option::of(0..4_usize), proptest::option::of(1..=5_i64), 0..3_usize, 0..2_i64),
    )
        .prop_map(|(when, ends, what, how, said)| {
            let (created, low, customer, known, state) = when;
            let (reply, solved, closed, first_solved, reopened, agent) = ends;
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
                // Bots answer in other systems alone, for now.
                bot_reply_at: how.6.filter(|_| how.1 % 2 == 1).map(|_| Time(created.0 + how.1 * 41 * SECOND)),
                solved_at: after(solved),
                closed_at: after(closed),
                reopen_count: how.0,
                reopened_at: after(reopened).filter(|_| how.0 > 0),
                follow_up_count: how.1,
                reply_count: how.2,
                first_agent_id: (agent > 1).then_some(AgentId(11)),
                first_solved_at: after(first_solved),
                transfer_count: how.3,
                escalation_count: how.4,
                resolution: said.0.map(|state| Resolution::ALL[state]),
                solved_by_id: said.0.map(|_| AgentId(11 + said.3)),
                // What was never called solved was rated by nobody.
                score: said.0.and(said.1).and_then(Score::new),
                reason: said.0.and(said.1).and_then(Score::new).and_then(|score| {
                    score.reasons().get(said.2).filter(|_| said.2 > 0).map(|reason| (*reason).to_owned())
                }),
                untold: how.6,
                worked_s: how.7.0,
                // What was never answered waits for nobody to read it.
                unread: reply.is_some() && how.7.1,
            }
        })
}

/// Rows in the order of their ids, from a beginning on.
pub(super) fn rows() -> impl Strategy<Value = Vec<FactRow>> {
    (beginning(), proptest::collection::vec(row(), 0..120)).prop_map(|(from, mut rows)| {
        let mut ids = BTreeSet::new();
        for row in &mut rows {
            let shift = |time: &mut Time| time.0 += from * SECOND;
            shift(&mut row.created_at);
            shift(&mut row.updated_at);
            shift(&mut row.customer_first_seen_at);
            for time in [
                &mut row.first_reply_at,
                &mut row.bot_reply_at,
                &mut row.solved_at,
                &mut row.closed_at,
                &mut row.first_solved_at,
                &mut row.reopened_at,
            ] {
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
        3 => proptest::sample::select(&Measure::ALL[..]),
        // Made in a way of its own.
        1 => Just(Measure::ContactRate),
        1 => Just(Measure::Flow),
        1 => proptest::sample::select(&[1_u32, 7, 30][..]).prop_map(|days| Measure::RepeatContact { days }),
        1 => proptest::sample::select(&[1_u32, 7, 30][..]).prop_map(|days| Measure::Reopened { days }),
        1 => (1..100_000_u32).prop_map(|within| Measure::ServiceLevel { within }),
    ]
}

fn grouping() -> impl Strategy<Value = Grouping> {
    prop_oneof![
        proptest::sample::select(&Dimension::ALL[..]).prop_map(Grouping::By),
        proptest::sample::select(&Step::ALL[..]).prop_map(Grouping::Step),
    ]
}

/// The hours of [`super::schedules`], worked out once.
fn hours() -> Arc<Timetable> {
    static HOURS: LazyLock<Arc<Timetable>> = LazyLock::new(|| {
        let day = |text: &str| standfast_domain::Day::parse(text).unwrap();
        Arc::new(Timetable::new(&super::schedules(), day("2011-01-01"), day("2028-01-01")).unwrap())
    });
    HOURS.clone()
}

/// A question: filters are made of rows' values when it is asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    measure: Measure,
    /// Dimensions, whether only or all but these, and whose values.
    filters: Vec<(Dimension, bool, Vec<proptest::sample::Index>)>,
    range: (Option<i64>, Option<i64>),
    zone: &'static str,
    own_clocks: bool,
    group: Vec<Grouping>,
    now: i64,
}

pub(super) fn asked() -> impl Strategy<Value = Asked> {
    let filter = (
        proptest::sample::select(&Dimension::ALL[..]),
        proptest::bool::weighted(0.7),
        proptest::collection::vec(any::<proptest::sample::Index>(), 1..6),
    );
    (
        measure(),
        proptest::collection::vec(filter, 0..3),
        (proptest::option::of(0..20 * DAY), proptest::option::of(10 * DAY..60 * DAY)),
        (proptest::sample::select(ZONES), any::<bool>()),
        proptest::collection::vec(grouping(), 0..3),
        5 * DAY..100 * DAY,
    )
        .prop_map(|(measure, filters, range, (zone, own_clocks), group, now)| Asked {
            measure,
            filters,
            range,
            zone,
            own_clocks,
            group,
            now,
        })
}

impl Asked {
    pub(super) fn query(&self, rows: &[FactRow]) -> Query {
        let begin = rows.first().map_or(1_763_000_000, |row| sec(row.created_at) / DAY * DAY);
        let time = |days: i64| Time((begin + days) * SECOND);
        let mut query = Query {
            from: self.range.0.map(time),
            until: self.range.1.map(time),
            zone: TimeZone::get(self.zone).unwrap(),
            own_clocks: self.own_clocks,
            group: self.group.clone(),
            hours: hours(),
            ..Query::new(self.measure, time(self.now))
        };
        if query.from >= query.until {
            query.until = None;
        }
        let all = Reference { rows, query: &query };
        let named = |(dimension, _, some): &(Dimension, bool, Vec<proptest::sample::Index>)| {
            let codes = some.iter().map(|index| all.value(*dimension, index.get(rows))).collect();
            (*dimension, codes)
        };
        let filters = self.filters.iter().filter(|_| !rows.is_empty());
        let (only, except): (Vec<_>, Vec<_>) = filters.partition(|(_, only, _)| *only);
        let (filter, except) =
            (only.into_iter().map(named).collect(), except.into_iter().map(named).collect());
        Query { filter, except, ..query }
    }
}
