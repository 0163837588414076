//! Shelves: what an inbox shows, in pages, filtered while walking along an index.

use standfast_domain::{AgentId, QueueKey, RequestId, TeamId};

use super::{RequestRow, row};
use crate::{Error, Rd, Row, params};

/// Which requests an inbox shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// Active, nobody looks after them.
    Unassigned,
    /// Active, this agent looks after them.
    Of(AgentId),
    /// All active.
    Active,
    /// Active, assets at risk.
    AtRisk,
    /// Active, assets at risk, nobody looks after them.
    AtRiskUnassigned,
    /// Solved, closed, merged or spam; newest change first.
    Done,
}

impl Shelf {
    /// Whether it ends with the lane of assets at risk.
    const fn ends_with_lane(self) -> bool {
        matches!(self, Self::AtRisk | Self::AtRiskUnassigned)
    }
}

/// Where a page of an inbox ended: the sort key and id of its last row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// `queue_key`, or `updated_at` on the shelf of done requests.
    pub key: i64,
    /// The request.
    pub id: RequestId,
}

/// Narrows an inbox down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this team's.
    pub team: Option<TeamId>,
    /// Only this type.
    pub kind: Option<String>,
    /// Only where subject, last text, number or customer's name contain this, in any case.
    pub text: Option<String>,
}

impl Filter {
    /// Whether it lets everything through.
    fn is_open(&self) -> bool {
        self.team.is_none() && self.kind.is_none() && self.text.is_none()
    }
}

/// One page of a shelf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The requests, in the shelf's order.
    pub rows: Vec<RequestRow>,
    /// Where looking ended for want of time, when neither the page is full nor the shelf at its end.
    pub stopped: Option<After>,
}

/// Requests that a filter looks at before it asks whether there is time for more.
const STRETCH: i64 = 2_000;

/// A stretch of a shelf: the index gives the order, the filter is applied while walking along it.
macro_rules! shelf {
    ($where:literal, $order:literal) => {
        concat!(
            select!(""),
            $where,
            " AND (CAST($5 AS BIGINT) IS NULL OR r.team_id = $5) AND (CAST($6 AS TEXT) IS NULL OR r.type = $6) ",
            "AND (CAST($7 AS TEXT) IS NULL OR lower(r.subject) LIKE $7 ESCAPE '!' OR lower(r.last_text) LIKE $7 ESCAPE '!' ",
            "OR lower(c.name) LIKE $7 ESCAPE '!' OR r.number LIKE $8 ESCAPE '!') ",
            $order,
            " LIMIT $9"
        )
    };
}

/// One page of a shelf, in its order, after the given place. A filter that lets little through looks at many requests:
/// it goes on for as long as `has_time`.
pub fn list(
    rd: &mut Rd,
    shelf: Shelf,
    filter: &Filter,
    after: Option<After>,
    limit: i64,
    has_time: impl Fn() -> bool,
) -> Result<Page, Error> {
    let mut from = after.unwrap_or(match shelf {
        Shelf::Done => After { key: i64::MAX, id: RequestId(i64::MAX) },
        _ => After { key: i64::MIN, id: RequestId(0) },
    });
    let end = match shelf {
        Shelf::Done => After { key: i64::MIN, id: RequestId(0) },
        shelf if shelf.ends_with_lane() => {
            After { key: QueueKey::AT_RISK_END.0 - 1, id: RequestId(i64::MAX) }
        }
        _ => After { key: i64::MAX, id: RequestId(i64::MAX) },
    };
    let mut page = Page::default();
    loop {
        let place = if filter.is_open() { None } else { place_after(rd, shelf, from)? };
        let to = place.filter(|place| !shelf.ends_with_lane() || place.key < end.key);
        let room = limit - i64::try_from(page.rows.len()).unwrap_or(limit);
        page.rows.extend(list_between(rd, shelf, filter, from, to.unwrap_or(end), room)?);
        let Some(to) = to.filter(|_| i64::try_from(page.rows.len()).is_ok_and(|found| found < limit)) else {
            return Ok(page);
        };
        if !has_time() {
            page.stopped = Some(to);
            return Ok(page);
        }
        from = to;
    }
}

/// The place a stretch further on a shelf; none when its end is nearer.
fn place_after(rd: &mut Rd, shelf: Shelf, from: After) -> Result<Option<After>, Error> {
    let place = |row: &Row<'_>| Ok(After { key: row.get(0)?, id: row.get(1)? });
    let values = params![from.key, from.id, STRETCH];
    match shelf {
        Shelf::Active | Shelf::AtRisk => rd.query_opt(
            "SELECT queue_key, id FROM request WHERE active AND (queue_key, id) > ($1, $2) \
             ORDER BY queue_key, id LIMIT 1 OFFSET $3",
            values,
            place,
        ),
        Shelf::Unassigned | Shelf::AtRiskUnassigned => rd.query_opt(
            "SELECT queue_key, id FROM request WHERE active AND assignee_id IS NULL AND (queue_key, id) > ($1, $2) \
             ORDER BY queue_key, id LIMIT 1 OFFSET $3",
            values,
            place,
        ),
        Shelf::Of(agent) => rd.query_opt(
            "SELECT queue_key, id FROM request WHERE active AND assignee_id = $4 AND (queue_key, id) > ($1, $2) \
             ORDER BY queue_key, id LIMIT 1 OFFSET $3",
            params![from.key, from.id, STRETCH, agent],
            place,
        ),
        Shelf::Done => rd.query_opt(
            "SELECT updated_at, id FROM request WHERE NOT active AND (updated_at, id) < ($1, $2) \
             ORDER BY updated_at DESC, id DESC LIMIT 1 OFFSET $3",
            values,
            place,
        ),
    }
}

/// The requests after one place of a shelf and up to another that a filter lets through.
fn list_between(
    rd: &mut Rd,
    shelf: Shelf,
    filter: &Filter,
    from: After,
    to: After,
    limit: i64,
) -> Result<Vec<RequestRow>, Error> {
    let (text, number) = match &filter.text {
        Some(text) => {
            (Some(pattern(&text.to_lowercase())), Some(pattern(&text.to_uppercase().replace('-', ""))))
        }
        None => (None, None),
    };
    let values = params![from.key, from.id, to.key, to.id, filter.team, filter.kind, text, number, limit];
    match shelf {
        // Where a shelf at risk ends is said by `to`.
        Shelf::Active | Shelf::AtRisk => rd.query(
            shelf!(
                "WHERE r.active AND (r.queue_key, r.id) > ($1, $2) AND (r.queue_key, r.id) <= ($3, $4)",
                "ORDER BY r.queue_key, r.id"
            ),
            values,
            row,
        ),
        Shelf::Unassigned | Shelf::AtRiskUnassigned => rd.query(
            shelf!(
                "WHERE r.active AND r.assignee_id IS NULL AND (r.queue_key, r.id) > ($1, $2) \
                 AND (r.queue_key, r.id) <= ($3, $4)",
                "ORDER BY r.queue_key, r.id"
            ),
            values,
            row,
        ),
        Shelf::Of(agent) => rd.query(
            shelf!(
                "WHERE r.active AND r.assignee_id = $10 AND (r.queue_key, r.id) > ($1, $2) \
                 AND (r.queue_key, r.id) <= ($3, $4)",
                "ORDER BY r.queue_key, r.id"
            ),
            params![from.key, from.id, to.key, to.id, filter.team, filter.kind, text, number, limit, agent],
            row,
        ),
        Shelf::Done => rd.query(
            shelf!(
                "WHERE NOT r.active AND (r.updated_at, r.id) < ($1, $2) AND (r.updated_at, r.id) >= ($3, $4)",
                "ORDER BY r.updated_at DESC, r.id DESC"
            ),
            values,
            row,
        ),
    }
}

/// A LIKE pattern that matches the text anywhere, `!` being the escape.
fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// How many requests a shelf holds, counted up to `most`.
pub fn count(rd: &mut Rd, shelf: Shelf, most: i64) -> Result<i64, Error> {
    let number = |row: &Row<'_>| row.get(0);
    match shelf {
        Shelf::Unassigned => rd.query_one(
            "SELECT count(*) FROM (SELECT 1 FROM request WHERE active AND assignee_id IS NULL LIMIT $1) AS few",
            params![most],
            number,
        ),
        Shelf::Of(agent) => rd.query_one(
            "SELECT count(*) FROM (SELECT 1 FROM request WHERE active AND assignee_id = $2 LIMIT $1) AS few",
            params![most, agent],
            number,
        ),
        Shelf::Active => rd.query_one(
            "SELECT count(*) FROM (SELECT 1 FROM request WHERE active LIMIT $1) AS few",
            params![most],
            number,
        ),
        Shelf::AtRisk => rd.query_one(
            "SELECT count(*) FROM (SELECT 1 FROM request WHERE active AND queue_key < 4611686018427387904 LIMIT $1) AS few",
            params![most],
            number,
        ),
        Shelf::AtRiskUnassigned => rd.query_one(
            "SELECT count(*) FROM (SELECT 1 FROM request WHERE active AND assignee_id IS NULL \
             AND queue_key < 4611686018427387904 LIMIT $1) AS few",
            params![most],
            number,
        ),
        Shelf::Done => rd.query_one(
            "SELECT count(*) FROM (SELECT 1 FROM request WHERE NOT active LIMIT $1) AS few",
            params![most],
            number,
        ),
    }
}
