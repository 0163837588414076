//! Facts: what is counted and measured of a request, one row each, joined from its row, its customer and what was done
//! to it. No words of anybody are among them.

use standfast_domain::{
    AgentId, Channel, CustomerId, Language, RequestId, Resolution, Score, State, TeamId, Time, Urgency,
};

use crate::{Error, Rd, Row, ToValue, Value, params};

/// A request as the facts see it. JSON columns are still text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the columns are explained in migrations/0001_desk.sql, 0002_feedback.sql, 0004_handling.sql, 0010_reporting.sql, 0019_measures.sql and 0025_bot.sql"
)]
pub struct FactRow {
    pub id: RequestId,
    pub customer_id: CustomerId,
    pub customer_first_seen_at: Time,
    pub state: State,
    pub kind: String,
    pub urgency: Urgency,
    pub at_risk: bool,
    pub channel: Channel,
    pub language: Language,
    pub chain: Option<String>,
    pub fields: String,
    pub context: String,
    pub tags: String,
    pub team_id: Option<TeamId>,
    pub assignee_id: Option<AgentId>,
    pub created_at: Time,
    pub updated_at: Time,
    pub first_reply_at: Option<Time>,
    pub solved_at: Option<Time>,
    pub closed_at: Option<Time>,
    pub reopen_count: i64,
    pub follow_up_count: i64,
    pub reply_count: i64,
    pub first_agent_id: Option<AgentId>,
    pub first_solved_at: Option<Time>,
    pub transfer_count: i64,
    pub escalation_count: i64,
    /// What is known of the last time that it was called solved, and who had answered last before.
    pub resolution: Option<Resolution>,
    pub solved_by_id: Option<AgentId>,
    /// The rating that was given last, with its reason.
    pub score: Option<Score>,
    pub reason: Option<String>,
    /// What the history of an imported request does not say (see [`crate::imported::Untold`]); nothing for the desk's own.
    pub untold: Option<i64>,
    /// When it was taken up again for the first time, by its entries.
    pub reopened_at: Option<Time>,
    /// Seconds that people had it in hand, where that was told.
    pub worked_s: Option<i64>,
    /// Whether its customer has neither read the first reply nor written since.
    pub unread: bool,
    pub bot_reply_at: Option<Time>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.customer_id, c.first_seen_at, r.state, r.type, r.urgency, r.at_risk, r.channel, r.language, ",
            "r.chain, r.fields, r.context, r.tags, r.team_id, r.assignee_id, r.created_at, r.updated_at, ",
            "r.first_reply_at, r.solved_at, r.closed_at, r.reopen_count, r.follow_up_count, ",
            "COALESCE(h.reply_count, 0), h.first_agent_id, h.first_solved_at, COALESCE(h.transfer_count, 0), ",
            "COALESCE(h.escalation_count, 0), s.state, s.agent_id, v.score, v.reason, i.untold, ",
            // Few are taken up again, so that hardly any entries are read.
            "CASE WHEN r.reopen_count > 0 THEN (SELECT min(e.created_at) FROM entry e WHERE e.request_id = r.id ",
            "AND e.event IN ('{\"type\":\"state\",\"from\":\"solved\",\"to\":\"open\"}', ",
            "'{\"type\":\"state\",\"from\":\"closed\",\"to\":\"open\"}')) END, h.worked_s, ",
            // And few never come back for their answer.
            "CASE WHEN r.customer_read_seq < h.first_reply_seq THEN NOT EXISTS (SELECT 1 FROM entry e ",
            "WHERE e.request_id = r.id AND e.seq > h.first_reply_seq AND e.kind = 'text' ",
            "AND e.author_kind = 'customer') ELSE FALSE END, i.bot_reply_at ",
            "FROM request r JOIN customer c ON c.id = r.customer_id ",
            "LEFT JOIN handling h ON h.request_id = r.id LEFT JOIN imported i ON i.request_id = r.id ",
            "LEFT JOIN resolution s ON s.request_id = r.id ",
            "AND s.episode = (SELECT max(o.episode) FROM resolution o WHERE o.request_id = r.id) ",
            "LEFT JOIN rating v ON v.request_id = r.id ",
            "AND v.episode = (SELECT max(o.episode) FROM rating o WHERE o.request_id = r.id) ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<FactRow, Error> {
    Ok(FactRow {
        id: row.get(0)?,
        customer_id: row.get(1)?,
        customer_first_seen_at: row.get(2)?,
        state: row.parse(3, State::parse)?,
        kind: row.get(4)?,
        urgency: Urgency(row.get(5)?),
        at_risk: row.get(6)?,
        channel: row.parse(7, Channel::parse)?,
        language: row.parse(8, Language::parse)?,
        chain: row.get(9)?,
        fields: row.get(10)?,
        context: row.get(11)?,
        tags: row.get(12)?,
        team_id: row.get(13)?,
        assignee_id: row.get(14)?,
        created_at: row.get(15)?,
        updated_at: row.get(16)?,
        first_reply_at: row.get(17)?,
        solved_at: row.get(18)?,
        closed_at: row.get(19)?,
        reopen_count: row.get(20)?,
        follow_up_count: row.get(21)?,
        reply_count: row.get(22)?,
        first_agent_id: row.get(23)?,
        first_solved_at: row.get(24)?,
        transfer_count: row.get(25)?,
        escalation_count: row.get(26)?,
        resolution: row.get::<Option<String>>(27)?.as_deref().and_then(Resolution::parse),
        solved_by_id: row.get(28)?,
        score: row.get::<Option<i64>>(29)?.and_then(Score::new),
        reason: row.get(30)?,
        untold: row.get(31)?,
        reopened_at: row.get(32)?,
        worked_s: row.get(33)?,
        unread: row.get(34)?,
        bot_reply_at: row.get(35)?,
    })
}

/// The first and the last request there is: between them lies all that is to be loaded.
pub fn bounds(rd: &mut Rd) -> Result<Option<(RequestId, RequestId)>, Error> {
    let ends = rd.query_one(
        "SELECT (SELECT min(id) FROM request), (SELECT max(id) FROM request)",
        params![],
        |row| Ok((row.get::<Option<RequestId>>(0)?, row.get::<Option<RequestId>>(1)?)),
    )?;
    Ok(ends.0.zip(ends.1))
}

/// The facts of a range of ids, without `before`, in the order of their ids: pages of it can be read side by side.
pub fn list_between(
    rd: &mut Rd,
    from: RequestId,
    before: RequestId,
    limit: i64,
) -> Result<Vec<FactRow>, Error> {
    rd.query(
        select!("WHERE r.id >= $1 AND r.id < $2 ORDER BY r.id LIMIT $3"),
        params![from, before, limit],
        row,
    )
}

/// Ids of one statement of [`list`].
const TOGETHER: usize = 32;

/// The facts of these requests, in no particular order.
pub fn list(rd: &mut Rd, ids: &[RequestId]) -> Result<Vec<FactRow>, Error> {
    let mut facts = Vec::with_capacity(ids.len());
    for some in ids.chunks(TOGETHER) {
        facts.extend(rd.query(
            select!(
                "WHERE r.id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
                 $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)"
            ),
            &filled(some),
            row,
        )?);
    }
    Ok(facts)
}

/// The ids as parameters, the last one again where there are too few.
fn filled(ids: &[RequestId]) -> Vec<Value<'_>> {
    let mut values: Vec<_> = ids.iter().map(ToValue::to_value).collect();
    if let Some(last) = ids.last() {
        values.resize_with(TOGETHER, || last.to_value());
    }
    values
}

/// One of a customer's requests, as far as it decides who is new, who comes back, and with the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0001_desk.sql")]
pub struct ContactRow {
    pub id: RequestId,
    pub created_at: Time,
    pub kind: String,
    pub state: State,
    pub tags: String,
}

/// All requests of a customer, oldest first.
pub fn list_contacts(rd: &mut Rd, customer: CustomerId) -> Result<Vec<ContactRow>, Error> {
    rd.query(
        "SELECT id, created_at, type, state, tags FROM request WHERE customer_id = $1 ORDER BY id",
        params![customer],
        |row| {
            Ok(ContactRow {
                id: row.get(0)?,
                created_at: row.get(1)?,
                kind: row.get(2)?,
                state: row.parse(3, State::parse)?,
                tags: row.get(4)?,
            })
        },
    )
}
