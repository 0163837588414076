//! Chatwoot: conversations as the API gives them (`/api/v1/accounts/{id}/conversations`), with the messages of
//! `…/conversations/{id}/messages` in their member `messages`. The list itself holds the last message alone; then
//! what was written counts as not known.
//!
//! Shapes: chatwoot/chatwoot `app/views/api/v1/conversations/partials/_conversation.json.jbuilder`, and the message of
//! `swagger/definitions`. Times are seconds since 1970; 0 is never.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use standfast_desk::{PastMessage, PastRating, PastRequest, Speaker, Told};
use standfast_domain::Time;

use super::json::{System, channel, fill, list, member, rows as rows_of, text, text_of, time};
use super::map::Map;
use super::{Export, Fault, Faults, fault};

/// The first message comes with its conversation, within so many microseconds.
const TOGETHER: i64 = 60_000_000;

pub(super) fn rows(path: &Path, map: Option<Arc<Map>>, faults: &mut Faults) -> Option<Export> {
    rows_of(path, map, Chatwoot, faults)
}

struct Chatwoot;

/// What kind of message it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Incoming,
    Outgoing,
    /// Something that happened.
    Activity,
    /// Written by the system for somebody: greetings, surveys.
    Template,
}

/// Numbers in the API, words in webhooks.
fn kind(message: &Value) -> Option<Kind> {
    match text(message, "message_type")?.as_str() {
        "0" | "incoming" => Some(Kind::Incoming),
        "1" | "outgoing" => Some(Kind::Outgoing),
        "2" | "activity" => Some(Kind::Activity),
        "3" | "template" => Some(Kind::Template),
        _ => None,
    }
}

impl System for Chatwoot {
    const LISTS: &'static [&'static str] = &["data.payload", "payload", "conversations"];
    const LIST: &'static str = "conversations";
    const BESIDE: &'static [&'static str] = &[];

    fn page(&mut self, _: &Value) {}

    fn record(&self, map: &Map, conversation: &Value) -> Result<PastRequest, Fault> {
        let id = text(conversation, "id").ok_or(fault("id", "missing"))?;
        let created_at = time(conversation, "created_at", "created")?.ok_or(fault("created", "missing"))?;
        let mut past = PastRequest::new(id, created_at);
        let usual = BTreeMap::from([
            ("type", "labels"),
            ("language", "additional_attributes.browser_language"),
            ("platform", "additional_attributes.browser.platform_name"),
        ]);
        fill(map, conversation, &mut past, &usual)?;
        let name = text(conversation, "meta.channel").unwrap_or_default();
        past.channel = map.channel(name.trim_start_matches("Channel::"), |name| Some(channel(name)))?;
        let status = text(conversation, "status").unwrap_or_default();
        past.spam = map.is_spam(&status);
        past.tags = list(conversation, "labels").iter().map(text_of).collect();
        past.tags.truncate(20);
        past.customer = text(conversation, "meta.sender.id");
        past.customer_name = text(conversation, "meta.sender.name");
        past.agent =
            text(conversation, "meta.assignee.email").or_else(|| text(conversation, "meta.assignee.name"));
        let mut ended = None;
        for message in list(conversation, "messages") {
            let at = time(message, "created_at", "message")?.ok_or(fault("message", "missing"))?;
            match kind(message).ok_or(fault("message", "unknown"))? {
                Kind::Activity => ended = ended.max(Some(at)),
                Kind::Template if text(message, "content_type").is_some_and(|kind| kind == "input_csat") => {
                    past.rating = past.rating.take().or(rating(map, message)?);
                }
                kind => past.messages.extend(words(message, kind, at)),
            }
        }
        let first = past.messages.iter().map(|one| one.at).min();
        let has_all = first.is_some_and(|first| first.0 - created_at.0 <= TOGETHER);
        past.told = Told { answer: true, solution: true, words: has_all };
        // With all messages at hand, replies of bots can be told from those of people; the member counts both.
        if !has_all {
            past.answered_at = time(conversation, "first_reply_created_at", "answered")?;
            past.told.answer = member(conversation, "first_reply_created_at").is_some();
        }
        if status == "resolved" {
            past.solved_at = ended.or(time(conversation, "last_activity_at", "solved")?);
        }
        Ok(past)
    }
}

fn words(message: &Value, kind: Kind, at: Time) -> Option<PastMessage> {
    let name = || text(message, "sender.email").or_else(|| text(message, "sender.name"));
    // `agent_bot` and `AgentBot`, and Chatwoot's own assistant, `captain_assistant` and `Captain::Assistant`.
    let is_bot = text(message, "sender.type").or_else(|| text(message, "sender_type")).is_some_and(|kind| {
        let kind = kind.to_lowercase();
        kind.contains("bot") || kind.contains("assistant")
    });
    let by = match kind {
        Kind::Incoming => Speaker::Customer,
        Kind::Outgoing | Kind::Template if is_bot => Speaker::Bot,
        Kind::Outgoing => Speaker::Agent(name()),
        _ => Speaker::System,
    };
    let public = !member(message, "private").and_then(Value::as_bool).unwrap_or(false);
    Some(PastMessage { at, by, public, text: text(message, "content")? })
}

/// The answer to a survey; nothing while nobody has answered it.
fn rating(map: &Map, message: &Value) -> Result<Option<PastRating>, Fault> {
    let answer = "content_attributes.submitted_values.csat_survey_response";
    let said = text(message, &format!("{answer}.rating")).unwrap_or_default();
    let comment = text(message, &format!("{answer}.feedback_message")).unwrap_or_default();
    let at = time(message, "updated_at", "rating")?;
    Ok(map.score(&said)?.map(|score| PastRating { score, comment, at }))
}
