//! What a past request must be before it may reach a unit of work: in its order of time, within limits, screened.

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use standfast_domain::{
    AgentId, Channel, CustomerId, Language, RequestId, RequestNumber, RequestType, Score, Time, request_type,
};
use standfast_guard::{Context, SecretKind, mark, screen};
use standfast_store::imported::Untold;

use super::{Importer, PastMessage, PastRequest, Speaker};
use crate::caller::hex;
use crate::draft::plain;
use crate::fold::{self, Given};
use crate::record::beginning;
use crate::screening::Findings;
use crate::{Desk, Error};

/// Longest text, in bytes: mails are longer than what the desk takes in itself.
const LONGEST_TEXT: usize = 64 << 10;
/// Most messages of a request.
const MOST_MESSAGES: usize = 5_000;
/// Longest id, name, title or value, in bytes.
const LONGEST_VALUE: usize = 512;
/// Most tags, and the longest, as on the desk.
const MOST_TAGS: usize = 20;
const LONGEST_TAG: usize = 48;
/// How many earlier texts are looked at for pieces of a phrase.
const EARLIER: usize = 32;
/// Clocks of other systems may be a little ahead.
const AHEAD: Duration = Duration::from_mins(5);

/// Who wrote an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Customer,
    Agent(AgentId),
    System,
}

/// Words that may be stored.
#[derive(Clone)]
pub(super) struct Words {
    pub(super) at: Time,
    pub(super) by: By,
    pub(super) public: bool,
    pub(super) text: String,
    pub(super) findings: Findings,
}

/// A rating whose words may be stored.
#[derive(Clone)]
pub(super) struct Rating {
    pub(super) score: Score,
    pub(super) comment: Option<String>,
    pub(super) at: Time,
    pub(super) findings: Findings,
}

/// A past request after all checks that need no database; safe to store.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) key: Vec<u8>,
    /// The customer's subject as an identity; nobody who asked twice without it.
    pub(super) customer: Option<String>,
    pub(super) customer_name: Option<String>,
    pub(super) request_id: RequestId,
    pub(super) customer_id: CustomerId,
    pub(super) number: RequestNumber,
    pub(super) created_at: Time,
    pub(super) answered_at: Option<Time>,
    pub(super) bot_answered_at: Option<Time>,
    pub(super) solved_at: Option<Time>,
    pub(super) closed_at: Time,
    pub(super) spam: bool,
    pub(super) kind: &'static RequestType,
    pub(super) channel: Channel,
    pub(super) language: Language,
    pub(super) agent: Option<AgentId>,
    pub(super) context: Given,
    /// As the first entry keeps it.
    pub(super) intake: Option<String>,
    pub(super) tags: String,
    /// In the order of time; the first ones are the customer's.
    pub(super) words: Vec<Words>,
    pub(super) reopen_count: i64,
    pub(super) rating: Option<Rating>,
    pub(super) untold: Untold,
    pub(super) now: Time,
}

impl Draft {
    pub(super) fn check(desk: &Desk, importer: &Importer, past: &PastRequest) -> Result<Self, Error> {
        let now = desk.now();
        check_times(past, now)?;
        if past.external_id.is_empty() {
            return Err(Error::invalid("id", "missing"));
        }
        short("id", &past.external_id)?;
        short("subject", &past.subject)?;
        let kind = request_type(&past.kind).ok_or(Error::invalid("type", "unknown"))?;
        let mut findings = Findings::default();
        let mut safe = |text: &str| findings.text(plain(text).trim());
        let customer_name = past.customer_name.as_deref().map(&mut safe).filter(|name| !name.is_empty());
        if customer_name.as_ref().is_some_and(|name| name.len() > 120) {
            return Err(Error::invalid("customer_name", "too_long"));
        }
        let subject = safe(&past.subject);
        let mut context = BTreeMap::new();
        for (name, value) in &past.context {
            short("context", value)?;
            context.insert(name.clone(), safe(value));
        }
        context.insert("source".to_owned(), importer.source.clone());
        context.insert("source_id".to_owned(), safe(&past.external_id));
        let context = Given::new(context)?;
        let tags = tags(&past.tags)?;
        let mut words = words(importer, past)?;
        add_subject(&subject, &mut words);
        let rating = past.rating.as_ref().map(|rating| {
            let mut findings = Findings::default();
            let comment = findings.text(plain(&rating.comment).trim());
            let at = rating.at.unwrap_or_else(|| end(past));
            let comment = (!comment.is_empty()).then_some(comment);
            Rating { score: rating.score, comment, at, findings }
        });
        let replied = words.iter().find(|one| one.public && matches!(one.by, By::Agent(_))).map(|one| one.at);
        let text = words.first().map_or("", |first| &first.text);
        Ok(Self {
            key: importer.key(&past.external_id),
            customer: past.customer.as_deref().map(|customer| subject_of(importer, customer)),
            customer_name,
            request_id: RequestId(desk.id()),
            customer_id: CustomerId(desk.id()),
            number: RequestNumber::random(&**desk.entropy()),
            created_at: past.created_at,
            answered_at: past.answered_at.or(replied),
            bot_answered_at: past.bot_answered_at.or_else(|| bot_replied(past)),
            solved_at: past.solved_at,
            closed_at: end(past).max(past.closed_at.unwrap_or(past.created_at)),
            spam: past.spam,
            kind,
            channel: past.channel,
            language: past.language.unwrap_or_else(|| Language::of_text(text)),
            agent: past.agent.as_deref().map(|name| importer.agent(Some(name))),
            intake: fold::intake(&Given::new(BTreeMap::new())?, &context),
            context,
            tags,
            words,
            reopen_count: past.reopen_count.unwrap_or(0).clamp(0, 65_535),
            rating,
            untold: untold(past),
            now,
        })
    }

    /// Units that may make the same customer, or the same request, meet on one writer.
    pub(super) fn shard(&self) -> i64 {
        let key = self.customer.as_ref().map_or(&*self.key, |customer| customer.as_bytes());
        key.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes))
    }

    /// Another number, where somebody has this one.
    pub(super) fn renew(&mut self, desk: &Desk) {
        self.number = RequestNumber::random(&**desk.entropy());
    }

    /// The request's title in lists.
    pub(super) fn subject(&self) -> String {
        self.words.first().map_or_else(String::new, |first| beginning(&first.text, 80))
    }
}

fn untold(past: &PastRequest) -> Untold {
    let has_reply = past.messages.iter().any(|one| one.public && matches!(one.by, Speaker::Agent(_)));
    [
        (past.told.answer || past.answered_at.is_some() || (past.told.words && has_reply), Untold::ANSWER),
        (past.told.words, Untold::WORDS),
        (past.told.solution || past.solved_at.is_some(), Untold::SOLUTION),
        (past.reopen_count.is_some(), Untold::REOPENS),
    ]
    .into_iter()
    .filter(|(told, _)| !told)
    .fold(Untold::default(), |all, (_, one)| all.and(one))
}

/// The first reply of a bot. Of a few of the messages it may be any.
fn bot_replied(past: &PastRequest) -> Option<Time> {
    if !past.told.words {
        return None;
    }
    past.messages.iter().filter(|one| one.public && one.by == Speaker::Bot).map(|one| one.at).min()
}

/// The last time at which something is known to have happened.
fn end(past: &PastRequest) -> Time {
    let known =
        [past.answered_at, past.bot_answered_at, past.solved_at, past.closed_at].into_iter().flatten();
    let written = past.messages.iter().map(|one| one.at);
    known.chain(written).fold(past.created_at, Time::max)
}

fn check_times(past: &PastRequest, now: Time) -> Result<(), Error> {
    let rating = past.rating.as_ref().and_then(|rating| rating.at);
    let known = [
        ("created", Some(past.created_at)),
        ("answered", past.answered_at),
        ("bot_answered", past.bot_answered_at),
        ("solved", past.solved_at),
        ("closed", past.closed_at),
        ("rating", rating),
    ];
    let written = past.messages.iter().map(|one| ("message", Some(one.at)));
    for (field, time) in known.into_iter().chain(written) {
        let Some(time) = time else { continue };
        if time < past.created_at {
            return Err(Error::invalid(field, "before_start"));
        }
        // Facts count seconds since 1970.
        if time.0 < 0 || time > now.plus(AHEAD) {
            return Err(Error::invalid(field, "out_of_range"));
        }
    }
    Ok(())
}

fn short(field: &'static str, value: &str) -> Result<(), Error> {
    if value.len() > LONGEST_VALUE { Err(Error::invalid(field, "too_long")) } else { Ok(()) }
}

fn subject_of(importer: &Importer, customer: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(importer.source.as_bytes());
    hash.update([0]);
    hash.update(customer.as_bytes());
    hex(&hash.finalize())
}

fn tags(wanted: &[String]) -> Result<String, Error> {
    let mut tags: Vec<String> = Vec::with_capacity(wanted.len());
    for tag in wanted {
        let tag = tag.trim().to_lowercase();
        let is_safe = screen(&tag, &Context::default()).findings.is_empty();
        if tag.len() > LONGEST_TAG || tag.contains(char::is_control) || !is_safe {
            return Err(Error::invalid("tags", "malformed"));
        }
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.len() > MOST_TAGS {
        return Err(Error::invalid("tags", "too_many"));
    }
    serde_json::to_string(&tags).map_err(|_| Error::Inconsistent("json"))
}

/// All that was written, in the order of time and screened. The record begins with the customer's words, which are empty
/// where the history has none.
fn words(importer: &Importer, past: &PastRequest) -> Result<Vec<Words>, Error> {
    if past.messages.len() > MOST_MESSAGES {
        return Err(Error::invalid("messages", "too_many"));
    }
    let mut messages: Vec<&PastMessage> = past.messages.iter().collect();
    messages.sort_by_key(|one| one.at);
    let mut words: Vec<Words> = Vec::with_capacity(messages.len() + 1);
    if messages.first().is_none_or(|first| first.by != Speaker::Customer) {
        words.push(Words {
            at: past.created_at,
            by: By::Customer,
            public: true,
            text: String::new(),
            findings: Findings::default(),
        });
    }
    for message in messages {
        if message.text.len() > LONGEST_TEXT {
            return Err(Error::invalid("text", "too_long"));
        }
        let by = match &message.by {
            Speaker::Customer => By::Customer,
            Speaker::Agent(name) => By::Agent(importer.agent(name.as_deref())),
            Speaker::Bot | Speaker::System => By::System,
        };
        let (text, findings) = screened(&plain(&message.text), by, &mut words);
        words.push(Words { at: message.at, by, public: message.public, text, findings });
    }
    Ok(words)
}

/// Screens words; a customer's together with the earlier ones, of which those that turn out to be pieces of a phrase are
/// replaced before they are written at all.
fn screened(text: &str, by: By, earlier: &mut [Words]) -> (String, Findings) {
    let mut findings = Findings::default();
    if by != By::Customer {
        return (findings.text(text), findings);
    }
    let own: Vec<usize> = earlier
        .iter()
        .enumerate()
        .filter(|(_, one)| one.by == By::Customer && !one.text.is_empty())
        .map(|(place, _)| place)
        .collect();
    let own = own.get(own.len().saturating_sub(EARLIER)..).unwrap_or_default();
    let texts: Vec<&str> = own.iter().filter_map(|place| earlier.get(*place)).map(|one| &*one.text).collect();
    let found = screen(text, &Context { earlier: &texts, addresses: &[] });
    findings.take(&found);
    for place in found.earlier_hits.iter().filter_map(|hit| own.get(*hit)) {
        if let Some(one) = earlier.get_mut(*place) {
            one.text = mark(SecretKind::PartialPhrase, None);
        }
    }
    (found.text, findings)
}

/// The title goes before the first words, unless they begin with it: lists show the beginning of a request.
fn add_subject(subject: &str, words: &mut [Words]) {
    let Some(first) = words.first_mut() else { return };
    if !subject.is_empty() && !first.text.trim_start().starts_with(subject) {
        let blank = if first.text.is_empty() { "" } else { "\n\n" };
        first.text = format!("{subject}{blank}{}", first.text);
    }
}
