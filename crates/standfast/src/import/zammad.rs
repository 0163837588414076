//! Zammad: tickets of `/api/v1/tickets?expand=true`, each with its articles
//! (`/api/v1/ticket_articles/by_ticket/{id}?expand=true`) in the member `articles`.
//!
//! Shapes: docs.zammad.org, api/ticket/index and api/ticket/articles.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use standfast_desk::{PastMessage, PastRequest, Speaker, Told};

use super::json::{System, channel, fill, list, member, rows as rows_of, text, text_of, time, words_of_html};
use super::map::Map;
use super::{Export, Fault, Faults, fault};

pub(super) fn rows(path: &Path, map: Option<Arc<Map>>, faults: &mut Faults) -> Option<Export> {
    rows_of(path, map, Zammad, faults)
}

struct Zammad;

/// Articles that are no communication with the customer, however visible they are.
const NO_REPLY: &str = "note";

impl System for Zammad {
    const LISTS: &'static [&'static str] = &["tickets"];
    const LIST: &'static str = "tickets";
    const BESIDE: &'static [&'static str] = &[];

    fn page(&mut self, _: &Value) {}

    fn record(&self, map: &Map, ticket: &Value) -> Result<PastRequest, Fault> {
        let id = text(ticket, "id").ok_or(fault("id", "missing"))?;
        let created_at = time(ticket, "created_at", "created")?.ok_or(fault("created", "missing"))?;
        let mut past = PastRequest::new(id, created_at);
        fill(map, ticket, &mut past, &BTreeMap::from([("type", "type")]))?;
        let state = text(ticket, "state").unwrap_or_default();
        if state == "merged" || state == "removed" {
            return Err(fault("state", "merged"));
        }
        past.spam = map.is_spam(&state);
        past.subject = text(ticket, "title").unwrap_or_default();
        past.tags = list(ticket, "tags").iter().map(text_of).collect();
        past.tags.truncate(20);
        past.customer = text(ticket, "customer_id").or_else(|| text(ticket, "customer"));
        // Nobody has it while the owner is "-", who has the id 1.
        past.agent = text(ticket, "owner").or_else(|| text(ticket, "owner_id").filter(|id| id != "1"));
        past.agent = past.agent.filter(|name| name != "-");
        past.messages = messages(ticket)?;
        let articles = list(ticket, "articles");
        let way = text(ticket, "create_article_type")
            .or_else(|| articles.first().and_then(|one| text(one, "type")));
        past.channel = map.channel(&way.unwrap_or_default(), |name| Some(channel(name)))?;
        let has_articles = !past.messages.is_empty();
        if !has_articles {
            past.answered_at = time(ticket, "first_response_at", "answered")?;
        }
        let closed = time(ticket, "last_close_at", "solved")?.or(time(ticket, "close_at", "solved")?);
        past.solved_at = closed.filter(|_| state.is_empty() || state.contains("closed"));
        past.told = Told { answer: true, solution: true, words: has_articles };
        Ok(past)
    }
}

fn messages(ticket: &Value) -> Result<Vec<PastMessage>, Fault> {
    let mut messages = Vec::new();
    for article in list(ticket, "articles") {
        let at = time(article, "created_at", "message")?.ok_or(fault("message", "missing"))?;
        let body = text(article, "body").unwrap_or_default();
        let is_html = text(article, "content_type").is_some_and(|kind| kind.starts_with("text/html"));
        let name = || text(article, "created_by").or_else(|| text(article, "from"));
        let is_internal = member(article, "internal").and_then(Value::as_bool).unwrap_or(false);
        let sender = text(article, "sender").unwrap_or_default();
        let by = match &*sender.to_lowercase() {
            "customer" => Speaker::Customer,
            "agent" => Speaker::Agent(name()),
            _ => Speaker::System,
        };
        let is_note = text(article, "type").is_some_and(|kind| kind == NO_REPLY) && by != Speaker::Customer;
        let text = if is_html { words_of_html(&body) } else { body };
        messages.push(PastMessage { at, by, public: !is_internal && !is_note, text });
    }
    Ok(messages)
}
