//! Desks with many requests, made quickly: rows are written straight into the store, hundreds of requests to a commit.
//! The rows are complete; only the seals of the records are made up, which no page looks at.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use standfast_domain::{
    AgentId, Author, Channel, CustomerId, EntryKind, Event, Ids, Language, RequestId, State, SystemClock,
    TYPES, Time,
};
use standfast_store::customer::{self, CustomerRow};
use standfast_store::entry::{self, EntryRow};
use standfast_store::request::{self, RequestRow};
use standfast_store::{Config, Database, Error, Lane, Store, Tx, agent, outbox, receipt};

use crate::Options;
use crate::draw::Draw;
use crate::server::Place;

/// Grows whenever libraries are to be made anew.
const VERSION: u32 = 2;
const AGENTS: usize = 12;
/// Requests of one commit.
const PORTION: usize = 400;
const YEAR: Duration = Duration::from_hours(365 * 24);
/// What the desk itself keeps of the outbox and of receipts.
const OUTBOX: Duration = Duration::from_hours(24);
const RECEIPTS: Duration = Duration::from_hours(30 * 24);

/// With these the bench signs in.
pub(crate) const EMAIL: &str = "agent0@bench.example";
pub(crate) const PASSWORD: &str = "four quiet cranes at noon";

/// A desk with many requests.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) place: Place,
    pub(crate) requests: usize,
    /// When it was made.
    made: Time,
}

impl Library {
    /// The id of the request with this number, from 0.
    pub(crate) fn request(&self, number: usize) -> RequestId {
        request_id(came(self.made, self.requests, number))
    }

    /// Reads the files of the desk, so that the system has them in its page cache: some give back what nobody has asked for in
    /// minutes, with memory to spare.
    pub(crate) fn warm(&self) -> anyhow::Result<()> {
        for file in std::fs::read_dir(&self.place.data)? {
            let file = file?;
            if file.file_type()?.is_file() {
                std::io::copy(&mut std::fs::File::open(file.path())?, &mut std::io::sink())?;
            }
        }
        Ok(())
    }
}

/// A desk with so many requests over the last year, one in a hundred of them active: made once, then kept.
pub(crate) async fn open(options: &Options, requests: usize) -> anyhow::Result<Library> {
    let name = format!("library-{VERSION}-{requests}");
    let data = options.home.join(&name);
    let mark = data.join("made");
    let made = std::fs::read_to_string(&mark).ok().and_then(|text| text.parse().ok());
    if let Some(made) = made {
        return Ok(Library { place: Place::existing(options, &data)?, requests, made: Time(made) });
    }
    println!("making a desk of {requests} requests in {}", data.display());
    let place = Place::fresh(options, &name)?;
    add_agents(&place, AGENTS)?;
    let made = fill(data.join("desk.sqlite"), requests).await?;
    std::fs::write(&mark, made.0.to_string())?;
    Ok(Library { place, requests, made })
}

/// When a request came in: evenly over the year.
fn came(now: Time, requests: usize, number: usize) -> Time {
    let share = (number + 1) as f64 / requests as f64;
    now.minus(YEAR).plus(YEAR.mul_f64(share)).minus(Duration::from_mins(2))
}

fn request_id(came: Time) -> RequestId {
    RequestId(Ids::floor(came) | 1)
}

/// Adds agents who can all sign in with the same password.
pub(crate) fn add_agents(place: &Place, count: usize) -> anyhow::Result<()> {
    for number in 0..count {
        place.add_agent(&format!("agent{number}@bench.example"), &format!("Agent {number}"), PASSWORD)?;
    }
    Ok(())
}

async fn fill(path: PathBuf, requests: usize) -> anyhow::Result<Time> {
    let clock = SystemClock::shared();
    let now = clock.now();
    let store = Store::open(Config::new(Database::Sqlite { path }), clock)?;
    let agents = store.read(agent::list).await?.iter().map(|agent| agent.id).collect::<Vec<_>>();
    let (first, _) = agents.split_first().context("no agents")?;
    let maker = Maker { now, first: *first, agents, requests };
    for start in (0..requests).step_by(PORTION) {
        let maker = maker.clone();
        let end = (start + PORTION).min(requests);
        store
            .write(Lane::Background, 0, move |tx| {
                (start..end).try_for_each(|number| maker.request(tx, number))
            })
            .await?;
    }
    store.close().await;
    Ok(now)
}

/// Makes requests; the same number makes the same request.
#[derive(Clone)]
struct Maker {
    now: Time,
    first: AgentId,
    agents: Vec<AgentId>,
    requests: usize,
}

/// A request and its record while they are made.
struct Story {
    row: RequestRow,
    entries: Vec<EntryRow>,
    draw: Draw,
}

impl Maker {
    fn came(&self, number: usize) -> Time {
        came(self.now, self.requests, number)
    }

    /// Three customers in ten come back: then the request is of an earlier number's customer.
    fn customer_of(&self, number: usize) -> CustomerId {
        let mut draw = Draw::new(number as u64 ^ 0xC0FF_EE00);
        let of = if number > 0 && draw.percent(30) { draw.below(number) } else { number };
        CustomerId(Ids::floor(self.came(of)) | 2)
    }

    fn request(&self, tx: &mut Tx, number: usize) -> Result<(), Error> {
        let came = self.came(number);
        let mut draw = Draw::new(number as u64 ^ 0xBEAD_0000_0000);
        let customer = self.customer_of(number);
        let text = draw.text();
        let language = Language::of_text(text);
        // Whoever comes back may be known by the same row already, or by one that somebody else started.
        if customer::find(tx, customer)?.is_none() {
            add_customer(tx, customer, language, came, &mut draw)?;
        }
        let mut story =
            Story { row: new_request(came, customer, language, text, &mut draw), entries: Vec::new(), draw };
        self.tell(&mut story, text);
        let Story { row, entries, mut draw } = story;
        request::insert(tx, &row)?;
        for one in &entries {
            entry::insert(tx, one)?;
            if self.now.since(one.created_at) < OUTBOX {
                outbox::append(tx, row.id, one.seq, "entry", "", one.created_at)?;
            }
            if matches!(one.author, Author::Customer(_)) && self.now.since(one.created_at) < RECEIPTS {
                let body =
                    format!(r#"{{"number":"{}","seq":{},"filler":"{:0500}"}}"#, row.number, one.seq, 0);
                receipt::insert(tx, &draw.bytes(16), row.id, one.seq, &body, one.created_at)?;
            }
        }
        match row.assignee_id {
            Some(agent) => agent::mark_read(tx, row.id, agent, row.last_seq).map(|_| ()),
            None => Ok(()),
        }
    }

    /// What happened: active ones are new, answered or on hold; the others were answered and ended.
    fn tell(&self, story: &mut Story, text: &str) {
        let customer = Author::Customer(story.row.customer_id);
        let agent_id = story.draw.one_of(&self.agents, self.first);
        let agent = Author::Agent(agent_id);
        let minute = Duration::from_mins(1);
        story.write(customer, EntryKind::Text, Duration::ZERO, text);
        let active = story.draw.percent(1);
        if active && story.draw.percent(40) {
            story.row.waiting_since = Some(story.row.created_at);
            return story.end(State::Open);
        }
        story.row.assignee_id = Some(agent_id);
        story.write(agent, EntryKind::Event, minute * 7, "");
        let answer = story.draw.text();
        story.write(agent, EntryKind::Text, minute * 12, answer);
        story.row.first_reply_at = Some(story.row.updated_at);
        for _ in 0..story.draw.below(3) {
            let words = story.draw.text();
            story.write(customer, EntryKind::Text, minute * 30, words);
            story.row.follow_up_count += 1;
            let answer = story.draw.text();
            story.write(agent, EntryKind::Text, minute * 15, answer);
        }
        if active {
            let state = if story.draw.percent(70) { State::Waiting } else { State::OnHold };
            if story.draw.percent(30) {
                let words = story.draw.text();
                story.write(customer, EntryKind::Text, minute * 20, words);
                story.row.waiting_since = Some(story.row.updated_at);
                return story.end(State::Open);
            }
            return story.end(state);
        }
        story.write(agent, EntryKind::Event, minute * 40, "");
        story.row.solved_at = Some(story.row.updated_at);
        let state = match story.draw.below(100) {
            0..70 => State::Closed,
            70..97 => State::Solved,
            _ => State::Spam,
        };
        if state != State::Solved {
            story.row.closed_at = Some(story.row.updated_at);
        }
        story.end(state);
    }
}

impl Story {
    fn write(&mut self, author: Author, kind: EntryKind, after: Duration, text: &str) {
        self.row.last_seq += 1;
        self.row.updated_at = self.row.updated_at.plus(after);
        let event = (kind == EntryKind::Event).then(|| {
            serde_json::to_string(&Event::State { from: State::Open, to: State::Solved }).unwrap_or_default()
        });
        if kind == EntryKind::Text {
            self.row.last_text = text.chars().take(140).collect();
            author.kind().clone_into(&mut self.row.last_author);
        }
        self.entries.push(EntryRow {
            request_id: self.row.id,
            seq: self.row.last_seq,
            kind,
            author,
            visible: kind == EntryKind::Text,
            channel: self.row.channel,
            text: (kind == EntryKind::Text).then(|| text.to_owned()),
            event,
            attachments: None,
            identifiers: None,
            client_id: matches!(author, Author::Customer(_)).then(|| self.draw.client_id()),
            intake: None,
            created_at: self.row.updated_at,
            salt: Some(self.draw.bytes(16)),
            commitment: self.draw.bytes(32),
            chain: self.draw.bytes(32),
            erased_at: None,
            erased_reason: None,
        });
    }

    fn end(&mut self, state: State) {
        self.row.state = state;
    }
}

fn add_customer(
    tx: &mut Tx,
    id: CustomerId,
    language: Language,
    came: Time,
    draw: &mut Draw,
) -> Result<(), Error> {
    let number = draw.number();
    let row = CustomerRow {
        id,
        name: draw.percent(60).then(|| format!("Customer {:05}", number % 100_000)),
        email: draw.percent(20).then(|| format!("customer{number}@mail.example")),
        language,
        verified: draw.percent(50),
        first_seen_at: came,
    };
    customer::insert(tx, &row)?;
    let subject =
        format!("{:016x}{:016x}{:016x}{:016x}", draw.number(), draw.number(), draw.number(), draw.number());
    customer::add_identity(tx, "visitor", &subject, id, came)
}

fn new_request(
    came: Time,
    customer: CustomerId,
    language: Language,
    text: &str,
    draw: &mut Draw,
) -> RequestRow {
    let kind = TYPES.get(draw.below(TYPES.len()));
    // Two in a hundred, as at a desk; the list of types names the dangerous ones first.
    let kind = kind.filter(|kind| !kind.at_risk || draw.percent(10));
    RequestRow {
        id: request_id(came),
        number: draw.request_number(),
        customer_id: customer,
        customer_name: None,
        customer_verified: false,
        state: State::Open,
        kind: kind.map_or("other", |kind| kind.code).to_owned(),
        urgency: kind.map_or(standfast_domain::Urgency(3), |kind| kind.urgency),
        at_risk: kind.is_some_and(|kind| kind.at_risk),
        channel: if draw.percent(80) { Channel::Widget } else { Channel::Page },
        language,
        subject: text.chars().take(80).collect(),
        chain: draw.percent(40).then(|| "evm".to_owned()),
        fields: r#"{"app_version":"9.4.1"}"#.to_owned(),
        context: r#"{"device":"iPhone 15","platform":"ios"}"#.to_owned(),
        identifiers: "[]".to_owned(),
        tags: if draw.percent(20) { r#"["exchange"]"# } else { "[]" }.to_owned(),
        team_id: None,
        assignee_id: None,
        merged_into: None,
        previous_id: None,
        created_at: came,
        updated_at: came,
        waiting_since: None,
        first_reply_at: None,
        solved_at: None,
        closed_at: None,
        reopen_count: 0,
        follow_up_count: 0,
        last_seq: 0,
        last_text: String::new(),
        last_author: String::new(),
        customer_read_seq: 1,
        link_generation: 0,
        head: draw.bytes(32),
        head_mac: draw.bytes(32),
    }
}
