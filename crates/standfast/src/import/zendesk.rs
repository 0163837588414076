//! Zendesk: tickets of the incremental export (`/api/v2/incremental/tickets/cursor.json?include=users,metric_sets`) or of
//! the account's JSON export, in which each line is a ticket with its comments.
//!
//! Shapes: <https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports>,
//! `…/tickets/tickets` (ticket), `…/tickets/ticket_comments` (comment), `…/tickets/ticket_metrics` (metric set).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map as Members, Value, json};
use standfast_desk::{PastMessage, PastRating, PastRequest, Speaker, Told};
use standfast_domain::Score;

use super::json::{System, channel, fill, list, member, rows as rows_of, text, text_of, time, words_of_html};
use super::map::Map;
use super::{Export, Fault, Faults, fault};

pub(super) fn rows(path: &Path, map: Option<Arc<Map>>, faults: &mut Faults) -> Option<Export> {
    rows_of(path, map, Zendesk::default(), faults)
}

/// What stands beside the tickets of a page.
#[derive(Default)]
struct Zendesk {
    /// Name and whether it is somebody of the team, by id.
    users: HashMap<String, (String, bool)>,
    /// By the ticket's id.
    metrics: HashMap<String, Value>,
}

impl Zendesk {
    fn user(&self, id: &str) -> Option<&(String, bool)> {
        self.users.get(id)
    }

    /// Who wrote a comment. Where the export does not say what somebody is, whoever is not the requester is an agent.
    fn speaker(&self, ticket: &Value, comment: &Value) -> Speaker {
        let author = text(comment, "author_id").unwrap_or_default();
        let is_requester = text(ticket, "requester_id").is_some_and(|requester| requester == author);
        match self.user(&author) {
            _ if is_requester => Speaker::Customer,
            Some((name, true)) => Speaker::Agent(Some(name.clone())),
            Some((_, false)) => Speaker::Customer,
            None if text(comment, "via.channel").is_some_and(|via| via == "rule" || via == "system") => {
                Speaker::System
            }
            None => Speaker::Agent(None),
        }
    }

    fn messages(&self, ticket: &Value) -> Result<Vec<PastMessage>, Fault> {
        let mut messages = Vec::new();
        for comment in list(ticket, "comments") {
            let at = time(comment, "created_at", "message")?.ok_or(fault("message", "missing"))?;
            let plain = text(comment, "plain_body").or_else(|| text(comment, "body"));
            let words = plain.or_else(|| text(comment, "html_body").map(|html| words_of_html(&html)));
            messages.push(PastMessage {
                at,
                by: self.speaker(ticket, comment),
                public: member(comment, "public").and_then(Value::as_bool).unwrap_or(true),
                text: words.unwrap_or_default(),
            });
        }
        Ok(messages)
    }
}

impl System for Zendesk {
    const LISTS: &'static [&'static str] = &["tickets", "results", "ticket"];
    const LIST: &'static str = "tickets";
    const BESIDE: &'static [&'static str] = &["users", "metric_sets"];

    fn page(&mut self, page: &Value) {
        for user in list(page, "users") {
            let is_team = text(user, "role").is_some_and(|role| role != "end-user");
            let name = text(user, "name").unwrap_or_default();
            self.users.extend(text(user, "id").map(|id| (id, (name, is_team))));
        }
        for metric in list(page, "metric_sets") {
            self.metrics.extend(text(metric, "ticket_id").map(|id| (id, metric.clone())));
        }
    }

    fn record(&self, map: &Map, ticket: &Value) -> Result<PastRequest, Fault> {
        let id = text(ticket, "id").ok_or(fault("id", "missing"))?;
        let created_at = time(ticket, "created_at", "created")?.ok_or(fault("created", "missing"))?;
        let status = text(ticket, "status").unwrap_or_default();
        if status == "deleted" {
            return Err(fault("state", "deleted"));
        }
        let metrics = self.metrics.get(&id).or_else(|| member(ticket, "metric_set"));
        let mut past = PastRequest::new(id, created_at);
        fill(map, ticket, &mut past, &BTreeMap::from([("type", "tags"), ("language", "requester.locale")]))?;
        past.channel =
            map.channel(&text(ticket, "via.channel").unwrap_or_default(), |name| Some(channel(name)))?;
        past.spam = map.is_spam(&status);
        past.subject = text(ticket, "raw_subject").or_else(|| text(ticket, "subject")).unwrap_or_default();
        past.tags = list(ticket, "tags").iter().map(text_of).collect();
        past.tags.truncate(20);
        past.messages = self.messages(ticket)?;
        let has_comments = !past.messages.is_empty();
        if let (false, Some(words)) = (has_comments, text(ticket, "description")) {
            past.messages.push(PastMessage {
                at: created_at,
                by: Speaker::Customer,
                public: true,
                text: words,
            });
        }
        past.customer = text(ticket, "requester_id");
        let requester = past.customer.as_deref().and_then(|id| self.user(id));
        past.customer_name =
            requester.map(|(name, _)| name.clone()).or_else(|| text(ticket, "requester.name"));
        past.agent =
            text(ticket, "assignee_id").map(|id| self.user(&id).map_or(id, |(name, _)| name.clone()));
        past.told = Told {
            answer: has_comments || metrics.is_some(),
            solution: metrics.is_some(),
            words: has_comments,
        };
        if let Some(metrics) = metrics {
            past.solved_at = time(metrics, "solved_at", "solved")?;
            past.reopen_count = member(metrics, "reopens").and_then(Value::as_i64);
            let minutes = member(metrics, "reply_time_in_minutes.calendar").and_then(Value::as_u64);
            // Comments say it to the second.
            past.answered_at = minutes
                .filter(|_| !has_comments)
                .map(|m| created_at.plus(Duration::from_secs(m.saturating_mul(60))));
        }
        past.rating = rating(map, ticket)?;
        Ok(past)
    }

    fn beside(&self, ticket: &Value) -> Members<String, Value> {
        let user = |id: String| {
            let (name, is_team) = self.user(&id)?;
            Some(json!({"id": id, "name": name, "role": if *is_team { "agent" } else { "end-user" }}))
        };
        let users: Vec<Value> = people(ticket).into_iter().filter_map(user).collect();
        let metrics = text(ticket, "id").and_then(|id| self.metrics.get(&id)).cloned();
        let mut members = Members::new();
        members.insert("users".to_owned(), users.into());
        members.insert("metric_sets".to_owned(), Vec::from_iter(metrics).into());
        members
    }
}

/// Everybody whom a ticket names.
fn people(ticket: &Value) -> BTreeSet<String> {
    let authors = list(ticket, "comments").iter().filter_map(|comment| text(comment, "author_id"));
    let own = ["requester_id", "assignee_id"].into_iter().filter_map(|member| text(ticket, member));
    own.chain(authors).collect()
}

/// Zendesk knows good and bad; by how much is the map's to say.
fn rating(map: &Map, ticket: &Value) -> Result<Option<PastRating>, Fault> {
    let Some(said) = text(ticket, "satisfaction_rating.score") else { return Ok(None) };
    let word = said.split('_').next().unwrap_or_default();
    let score = match (map.score(&said), word) {
        (Ok(score), _) => score,
        (Err(_), "good") => Score::new(5),
        (Err(_), "bad") => Score::new(1),
        (Err(_), "offered" | "unoffered") => None,
        (Err(unknown), _) => return Err(unknown),
    };
    let comment = text(ticket, "satisfaction_rating.comment").unwrap_or_default();
    let at = time(ticket, "satisfaction_rating.updated_at", "rating")?;
    Ok(score.map(|score| PastRating { score, comment, at }))
}
