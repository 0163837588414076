//! A request and its record as the customer's page shows them.

use standfast_desk::{AttachmentView, Conversation, EntryView, RequestSummary, SafetySteps, SurgeWords};
use standfast_domain::{EntryKind, Event, Language, Resolution, State, Time, Wait, request_type};

use super::answer_mail::MailForm;
use super::feedback::FeedbackForm;
use super::landing::state_text;
use super::text::{Segment, has_exposed_secret, segments};
use super::words::{Words, size};

/// Everything that the page of a request shows but its form.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestView {
    pub(crate) number: String,
    pub(crate) state: String,
    pub(crate) state_code: &'static str,
    pub(crate) next: String,
    pub(crate) at_risk: bool,
    /// Where a merged request goes on.
    pub(crate) merged_into: Option<MergedInto>,
    /// Sequence number of the desk's latest answer or decision among the entries; 0 for none.
    pub(crate) answered: i64,
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) steps: Option<SafetySteps>,
    pub(crate) receipt: Option<ReceiptView>,
    /// What is asked about the help.
    pub(crate) feedback: Option<FeedbackForm>,
    /// Whether its customer is told of answers by mail.
    pub(crate) mail: Option<MailForm>,
    /// That what was said about it has arrived.
    pub(crate) thanks: Option<String>,
    pub(crate) link: Option<LinkView>,
    pub(crate) entries: Vec<Line>,
    pub(crate) earlier: Option<i64>,
    pub(crate) later: bool,
    /// Where the page is kept as it is now.
    pub(crate) follow: Option<Follow>,
    pub(crate) print: bool,
    pub(crate) printed: String,
}

/// What whoever has the page before them has seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Follow {
    /// The last entry on it.
    pub(crate) seen: i64,
    /// Whether more has come since then.
    pub(crate) has_news: bool,
}

/// The request in which a merged one goes on, and the link that leads there.
#[derive(Clone, Debug)]
pub(crate) struct MergedInto {
    pub(crate) number: String,
    pub(crate) href: String,
}

impl MergedInto {
    /// Of a secret link.
    pub(crate) fn new(link: String) -> Self {
        Self { number: link.split('/').nth(2).unwrap_or_default().to_owned(), href: link }
    }
}

/// That a message has just arrived.
#[derive(Clone, Debug)]
pub(crate) struct ReceiptView {
    pub(crate) title: String,
    /// What it says while more people ask than usual.
    pub(crate) surge: Option<SurgeWords>,
    pub(crate) link: Option<LinkView>,
}

/// The secret link of the request.
#[derive(Clone, Debug)]
pub(crate) struct LinkView {
    pub(crate) path: String,
    pub(crate) url: String,
}

/// One entry of the record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) seq: i64,
    /// `customer`, `agent`, `system` or `event`.
    pub(crate) kind: &'static str,
    pub(crate) who: String,
    pub(crate) at: String,
    pub(crate) when: String,
    pub(crate) exact: String,
    pub(crate) erased: Option<String>,
    pub(crate) text: Vec<Segment>,
    /// The text's language, where it is not the page's.
    pub(crate) language: Option<&'static str>,
    pub(crate) event: String,
    pub(crate) number: Option<String>,
    pub(crate) files: Vec<FileLine>,
}

/// A file of an entry.
#[derive(Clone, Debug)]
pub(crate) struct FileLine {
    pub(crate) name: String,
    /// The name with what was taken out of it as marks.
    pub(crate) label: Vec<Segment>,
    pub(crate) size: String,
    pub(crate) href: String,
    pub(crate) picture: bool,
}

/// Where a request stands in the queue: place, and what to expect.
pub(crate) type Place = Option<(u32, Option<Wait>)>;

impl RequestView {
    /// Being told by mail, where it stands before everything else.
    pub(crate) fn first_mail(&self) -> Option<&MailForm> {
        self.mail.as_ref().filter(|mail| mail.first)
    }

    /// Being told by mail, where it waits behind a line to be opened.
    pub(crate) fn later_mail(&self) -> Option<&MailForm> {
        self.mail.as_ref().filter(|mail| !mail.first)
    }

    /// Whether further words may be written here.
    pub(crate) fn takes_words(&self) -> bool {
        self.state_code != State::Merged.as_str()
    }

    /// The address of a request that the record names.
    pub(crate) fn way_to(&self, number: &str) -> String {
        let onward = self.merged_into.as_ref().filter(|target| target.number == number);
        onward.map_or_else(|| format!("/t/{number}"), |target| target.href.clone())
    }

    pub(crate) fn new(
        words: Words,
        conversation: &Conversation<RequestSummary>,
        place: Place,
        now: Time,
        print: bool,
    ) -> Self {
        let request = &conversation.request;
        let number = request.number.to_string();
        let entries: Vec<Line> =
            conversation.entries.iter().filter_map(|entry| line(words, &number, entry, now, print)).collect();
        Self {
            state: state_text(words, request.state),
            state_code: request.state.as_str(),
            next: words.say(&format!("state.{}.next", request.state.as_str())),
            at_risk: request.at_risk && request.state.is_active(),
            merged_into: None,
            answered: answered(&conversation.entries),
            facts: facts(words, request, place, now, print),
            steps: secret_steps(words, conversation),
            receipt: None,
            feedback: None,
            mail: None,
            thanks: None,
            link: None,
            earlier: None,
            later: false,
            follow: None,
            printed: words.exact(now),
            number,
            entries,
            print,
        }
    }
}

fn answered(entries: &[EntryView]) -> i64 {
    let by_desk = |entry: &&EntryView| {
        entry.author.kind == "agent"
            || matches!(&entry.event, Some(Event::State { to, .. }) if *to != State::Open)
    };
    entries.iter().rev().find(by_desk).map_or(0, |entry| entry.seq)
}

/// The table below the state: short, and only what is known.
fn facts(
    words: Words,
    request: &RequestSummary,
    place: Place,
    now: Time,
    print: bool,
) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut fact = |key: &str, value: String| facts.push((words.say(&format!("request.{key}")), value));
    if print {
        fact("number", request.number.to_string());
    }
    if let Some((place, expected)) = place.filter(|_| request.state == State::Open) {
        fact("place", words.fill("request.place.value", "place", place));
        let expected = expected.map(|wait| words.fill("request.expected.value", "time", words.range(wait)));
        fact("expected", expected.unwrap_or_else(|| words.say("request.unknown")));
    }
    if let Some(kind) = request_type(&request.kind) {
        fact("type", words.pick(kind.title).to_owned());
    }
    let time = |at: Time| if print { words.exact(at) } else { words.ago(at, now) };
    fact("created", time(request.created_at));
    if request.updated_at != request.created_at {
        fact("updated", time(request.updated_at));
    }
    facts
}

fn line(words: Words, number: &str, entry: &EntryView, now: Time, print: bool) -> Option<Line> {
    let when = if print { words.exact(entry.created_at) } else { words.ago(entry.created_at, now) };
    let mut line = Line {
        seq: entry.seq,
        at: entry.created_at.to_string(),
        when,
        exact: words.exact(entry.created_at),
        ..Line::default()
    };
    match entry.kind {
        EntryKind::Text => {}
        // The desk leaves notes out; should one come this far, it goes no further.
        EntryKind::Note => return None,
        EntryKind::Event => {
            let event = entry.event.as_ref()?;
            let (key, other) = sentence(event)?;
            line.kind = "event";
            line.event = match event {
                Event::Rated { score, .. } => {
                    let score = words.say(&format!("feedback.score.{}", score.get()));
                    words.fill(key, "score", score)
                }
                _ => words.say(key),
            };
            line.number = other;
            line.say(words, entry);
            return Some(line);
        }
    }
    (line.kind, line.who) = match entry.author.kind.as_str() {
        "customer" => ("customer", words.say("entry.you")),
        "agent" => ("agent", entry.author.name.clone().unwrap_or_else(|| words.say("entry.desk"))),
        _ => ("system", words.say("entry.system")),
    };
    line.say(words, entry);
    line.files = entry.attachments.iter().map(|file| file_line(words, number, file)).collect();
    Some(line)
}

impl Line {
    /// Puts in what the entry says, or that it was erased.
    fn say(&mut self, words: Words, entry: &EntryView) {
        if let Some(erased) = &entry.erased {
            let key = match erased.reason.as_str() {
                "secret" => "entry.erased.secret",
                "privacy" => "entry.erased.privacy",
                _ => "entry.erased",
            };
            self.erased = Some(words.say(key));
            return;
        }
        let text = entry.text.as_deref().unwrap_or_default();
        let chinese = Language::of_text(text) == Language::Chinese && words.language != Language::Chinese;
        self.language = chinese.then(|| Language::Chinese.as_str());
        self.text = segments(text, &entry.identifiers, self.kind == "agent", words);
    }
}

fn file_line(words: Words, number: &str, file: &AttachmentView) -> FileLine {
    let label = segments(&file.name, &[], false, words);
    let plain = |segment: &Segment| match segment {
        Segment::Plain(text) | Segment::Mark(text) => text.clone(),
        Segment::Identifier { .. } | Segment::Link(_) => String::new(),
    };
    FileLine {
        name: label.iter().map(plain).collect(),
        label,
        size: size(file.size),
        href: format!("/t/{number}/files/{}", file.id),
        picture: file.picture,
    }
}

/// The sentence for an event that customers see, and the other request that it names.
fn sentence(event: &Event) -> Option<(&'static str, Option<String>)> {
    let found = match event {
        Event::State { to: State::Open, .. } => ("event.opened", None),
        Event::State { to: State::Solved, .. } => ("event.solved", None),
        Event::State { to: State::Closed, .. } => ("event.closed", None),
        Event::State { to: State::OnHold, .. } => ("event.on_hold", None),
        Event::Erased { .. } => ("event.erased", None),
        Event::FileRedacted { .. } => ("event.file_redacted", None),
        Event::MergedInto { number } => ("event.merged_into", Some(number.to_string())),
        Event::MergedFrom { number } => ("event.merged_from", Some(number.to_string())),
        Event::Continues { number } => ("event.continues", Some(number.to_string())),
        Event::Resolution { state: Resolution::Confirmed, .. } => ("event.confirmed", None),
        Event::Resolution { state: Resolution::Repudiated, .. } => ("event.repudiated", None),
        Event::AskedAgain { .. } => ("event.asked_again", None),
        Event::Rated { .. } => ("event.rated", None),
        Event::Complained => ("event.complained", None),
        Event::State { .. }
        | Event::Resolution { .. }
        | Event::Assigned { .. }
        | Event::Retyped { .. }
        | Event::Tagged { .. }
        | Event::AtRisk { .. }
        | Event::NotAtRisk { .. }
        | Event::ToldByMail { .. }
        | Event::Identified => return None,
    };
    Some(found)
}

/// What to do first while a request is open in which a secret was found.
fn secret_steps(words: Words, conversation: &Conversation<RequestSummary>) -> Option<SafetySteps> {
    if !conversation.request.state.is_active() {
        return None;
    }
    let text =
        conversation.entries.iter().rev().filter(|entry| entry.author.kind == "customer").find_map(|entry| {
            let text = entry.text.as_deref().unwrap_or_default();
            let erased = entry.erased.as_ref().is_some_and(|erased| erased.reason == "secret");
            (erased || has_exposed_secret(text)).then(|| text.to_owned())
        });
    let Some(text) = text else {
        let is_key = |entry: &EntryView| matches!(entry.event, Some(Event::FileRedacted { .. }));
        return conversation.entries.iter().any(is_key).then(|| steps_for(words, "private_key"));
    };
    let kind = ["private_key", "extended_private_key", "encrypted_key", "keystore", "wallet_connect"]
        .into_iter()
        .find(|kind| text.contains(&format!("⟦redacted:{kind}")));
    Some(steps_for(words, kind.unwrap_or("recovery_phrase")))
}

/// The safety steps for a kind of secret.
pub(crate) fn steps_for(words: Words, kind: &str) -> SafetySteps {
    let lost = ["new_wallet", "move", "never_again", "ignore"].as_slice();
    let (title, steps) = match kind {
        "private_key" | "extended_private_key" | "encrypted_key" => ("key", lost),
        "keystore" => ("keystore", lost),
        "wallet_connect" => ("session", ["disconnect", "approvals", "ignore"].as_slice()),
        _ => ("phrase", lost),
    };
    SafetySteps {
        title: words.of("receipt", &format!("secret.title.{title}"), &[]),
        items: steps.iter().map(|step| words.of("receipt", &format!("secret.step.{step}"), &[])).collect(),
    }
}
