//! What a caller's words must be before they may reach a unit of work: within limits, screened, plain.

use std::collections::BTreeMap;

use standfast_domain::{
    AttachmentId, Author, Channel, CustomerId, EntryKind, Language, RequestId, RequestNumber, Time,
    claims_theft, request_type,
};
use standfast_guard::{Context, may_be_piece, screen};

use crate::attachment::Bound;
use crate::caller::Customer;
use crate::command::{Intake, Join};
use crate::evidence::Proven;
use crate::fold::{self, Given};
use crate::record::NewEntry;
use crate::screening::Findings;
use crate::{Desk, Error};

/// Refuses a text that everybody may read and that asks for a secret: nobody on the desk may say that.
pub(crate) fn asks_for_nothing(text: &str) -> Result<(), Error> {
    if standfast_guard::solicits(text).is_none() {
        return Ok(());
    }
    metrics::counter!("standfast_solicitations_stopped_total").increment(1);
    Err(Error::AsksForSecret)
}

/// The same of one of several texts, which the refusal names.
pub(crate) fn asks_for_nothing_in(place: &str, text: &str) -> Result<(), Error> {
    asks_for_nothing(text).map_err(|_| Error::AsksForSecretIn(place.to_owned()))
}

/// What came with a command, before screening: kept in memory until a unit knows what else the conversation holds, never
/// written.
#[derive(Clone)]
pub(crate) struct Raw {
    pub(crate) text: String,
    fields: BTreeMap<String, String>,
    context: BTreeMap<String, String>,
    name: Option<String>,
    email: Option<String>,
    /// Kinds of secrets that were taken out before.
    taken_out: String,
}

/// The same after screening: safe to store.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) fields: Given,
    pub(crate) context: Given,
    /// Both as the entry keeps them, where there are any.
    intake: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) findings: Findings,
}

impl Raw {
    /// Screens everything, digits that may be a key by the addresses that are `known` and those that are named here, wherever.
    pub(crate) fn screen(&self, known: &[String]) -> Result<Said, Error> {
        let said = self.screen_once(known)?;
        let named = said.findings.addresses();
        let apart = !(self.fields.is_empty() && self.context.is_empty())
            || self.name.is_some()
            || self.email.is_some();
        if !apart || named.is_empty() || !said.findings.may_hold_key() {
            return Ok(said);
        }
        // In one text the guard sees both; in two answers it does not.
        self.screen_once(&[known, &named].concat())
    }

    fn screen_once(&self, known: &[String]) -> Result<Said, Error> {
        let mut findings = Findings::knowing(known);
        findings.add_codes(&self.taken_out);
        let text = findings.text(&plain(&self.text));
        let fields = findings.fields(&self.fields).into_iter().filter(|(_, v)| !v.trim().is_empty());
        let fields = Given::new(fields.collect())?;
        let context = Given::new(findings.map(&self.context).into_iter().take(fold::MOST_KNOWN).collect())?;
        let mut given = |value: &Option<String>| {
            value.as_ref().map(|v| findings.text(plain(v).trim())).filter(|v| !v.is_empty())
        };
        let (name, email) = (given(&self.name), given(&self.email));
        Ok(Said { text, intake: fold::intake(&fields, &context), fields, context, name, email, findings })
    }
}

/// A customer's words after all checks that need no database.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) client_id: String,
    pub(crate) raw: Raw,
    /// Whether they may be a piece of a phrase that is spread over several messages.
    pub(crate) may_be_piece: bool,
    pub(crate) said: Said,
    pub(crate) kind: Option<&'static str>,
    pub(crate) language: Option<Language>,
    pub(crate) channel: Channel,
    pub(crate) attachments: Vec<AttachmentId>,
    /// Files in which the words prove a key.
    pub(crate) proven: Vec<Proven>,
    pub(crate) join: Join,
    /// Whether they say that something was taken ([`claims_theft`]).
    pub(crate) claims_theft: bool,
    pub(crate) number: RequestNumber,
    pub(crate) request_id: RequestId,
    pub(crate) customer_id: CustomerId,
    pub(crate) now: Time,
}

impl Draft {
    pub(crate) fn check(desk: &Desk, caller: &Customer, intake: &Intake) -> Result<Self, Error> {
        let limits = &desk.settings().limits;
        check_client_id(&intake.client_id)?;
        if says_nothing(&intake.text) && intake.attachments.is_empty() {
            return Err(Error::invalid("text", "missing"));
        }
        limits.check_text(&intake.text)?;
        if intake.attachments.len() > limits.uploads_per_message {
            return Err(Error::invalid("attachments", "too_many"));
        }
        let kind = match intake.kind.as_deref() {
            None => None,
            Some(code) => Some(request_type(code).ok_or(Error::invalid("type", "unknown"))?.code),
        };
        for (name, value) in &intake.fields {
            standfast_domain::field(name).ok_or(Error::invalid("fields", "unknown"))?;
            if value.len() > limits.field_bytes {
                return Err(Error::invalid("fields", "too_long"));
            }
        }
        if intake.context.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
            > limits.context_bytes
        {
            return Err(Error::invalid("context", "too_long"));
        }
        let short = |value: &Option<String>, field, most| match value {
            Some(value) if value.len() > most => Err(Error::invalid(field, "too_long")),
            _ => Ok(()),
        };
        short(&intake.name, "name", 120)?;
        short(&intake.email, "email", 254)?;
        if intake.email.as_ref().is_some_and(|email| !email.is_empty() && !is_email(email)) {
            return Err(Error::invalid("email", "malformed"));
        }
        let raw = Raw {
            text: intake.text.clone(),
            fields: intake.fields.clone(),
            context: intake.context.clone(),
            name: intake.name.clone(),
            email: intake.email.clone(),
            taken_out: intake.taken_out.clone(),
        };
        let said = raw.screen(&[])?;
        let default_channel = if matches!(caller, Customer::Link(_)) { Channel::Page } else { Channel::Api };
        Ok(Self {
            client_id: intake.client_id.clone(),
            may_be_piece: may_be_piece(&intake.text),
            raw,
            claims_theft: claims_theft(&said.text),
            said,
            kind,
            language: intake.language,
            channel: intake.channel.unwrap_or(default_channel),
            attachments: intake.attachments.clone(),
            proven: Vec::new(),
            join: intake.join,
            number: RequestNumber::random(&**desk.entropy()),
            request_id: RequestId(desk.id()),
            customer_id: CustomerId(desk.id()),
            now: desk.now(),
        })
    }

    pub(crate) fn at_risk(&self) -> bool {
        self.said.findings.exposed()
            || !self.proven.is_empty()
            || self.claims_theft
            || self.kind.and_then(request_type).is_some_and(|kind| kind.at_risk)
    }

    /// The entry that these words become, as `said`.
    pub(crate) fn entry(
        &self,
        author: CustomerId,
        said: &Said,
        findings: &Findings,
        files: &Bound,
    ) -> Result<NewEntry, Error> {
        Ok(NewEntry {
            kind: EntryKind::Text,
            author: Author::Customer(author),
            channel: self.channel,
            text: Some(said.text.clone()),
            event: None,
            attachments: files.json()?,
            identifiers: json_list(&findings.identifiers)?,
            client_id: Some(self.client_id.clone()),
            intake: said.intake.clone(),
        })
    }
}

/// Letters, digits, `-` and `_`, at most 64, and no secret in disguise.
pub(crate) fn check_client_id(client_id: &str) -> Result<(), Error> {
    if client_id.is_empty() {
        return Err(Error::invalid("client_id", "missing"));
    }
    if client_id.len() > 64 {
        return Err(Error::invalid("client_id", "too_long"));
    }
    let plain = client_id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    // No secret is as short as 36 characters, and none consists of so few digits as a UUID.
    let is_short = client_id.len() < 36
        || client_id.len() <= 40 && client_id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    if !plain || !(is_short || screen(client_id, &Context::default()).findings.is_empty()) {
        return Err(Error::invalid("client_id", "malformed"));
    }
    Ok(())
}

/// Whether a text has nothing to see: white space, and characters that take no room.
pub(crate) fn says_nothing(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{3164}')
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
    })
}

fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    !local.is_empty() && host.contains('.') && !text.contains(char::is_whitespace) && !host.contains('@')
}

/// A text without NUL, which PostgreSQL cannot store, and without other control characters that mean nothing.
pub(crate) fn plain(text: &str) -> String {
    // The lead byte of U+0080 to U+009F is 0xc2; all other control characters are bytes of ASCII.
    if !text.bytes().any(|byte| byte == 0xc2 || (byte.is_ascii_control() && byte != b'\n' && byte != b'\t')) {
        return text.to_owned();
    }
    let line_ends = text.replace("\r\n", "\n");
    line_ends.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// A list as JSON, or nothing when it is empty.
pub(crate) fn json_list<T: serde::Serialize>(list: &[T]) -> Result<Option<String>, Error> {
    if list.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(list).map(Some).map_err(|_| Error::Inconsistent("json"))
}
