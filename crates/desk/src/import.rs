//! Taking over the history of another system: one past request with all that is known of it becomes one record, chained and
//! sealed as every other, and is over. Nobody is told, asked or hurried by it.
//!
//! - Its id is of the time of importing, so that the census counts it in an hour that is not counted yet; when it came and
//!   what followed has the times of the past, and so have the facts.
//! - What identifies it is the source's name and the other system's id: the same one is imported once, whoever repeats what.
//! - Every text passes the guard before anything is written, a customer's words together with the earlier ones.
//! - What the history does not say is noted ([`Untold`]), and measures that need it leave the request out.

mod draft;
mod unit;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use standfast_domain::{AgentId, Channel, Ids, Language, Role, Score, Time};
use standfast_store::agent::{self, AgentRow};
use standfast_store::imported::{self, Stock};
use standfast_store::{Lane, Rd};

use crate::import::draft::Draft;
use crate::{Desk, Error};

/// Node number of the ids that an import makes beside a desk that serves.
const NODE: u8 = 29;
/// How often a request is written that meets another.
const ATTEMPTS: usize = 4;

/// Who wrote in another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The customer.
    Customer,
    /// A person who answered, by the name that the other system has for them.
    Agent(Option<String>),
    /// A bot of the other system: an answer, but none of a person.
    Bot,
    /// The other system itself: no answer.
    System,
}

/// What was written in another system. Its text is not screened yet.
#[derive(Clone)]
pub struct PastMessage {
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Speaker,
    /// Whether the customer could see it.
    pub public: bool,
    /// The words.
    pub text: String,
}

/// What a customer said of the help in another system.
#[derive(Clone)]
pub struct PastRating {
    /// The score.
    pub score: Score,
    /// The customer's words.
    pub comment: String,
    /// When; at the end when that is not known.
    pub at: Option<Time>,
}

/// What a history says. Where it does not, a request counts neither as the one nor as the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Whether, and when, a person answered.
    pub answer: bool,
    /// Whether, and when, it was solved.
    pub solution: bool,
    /// All that was written.
    pub words: bool,
}

/// A request that another system had. No text of it is screened yet.
#[derive(Clone)]
pub struct PastRequest {
    /// How the other system names it.
    pub external_id: String,
    /// When it came.
    pub created_at: Time,
    /// When a person first answered, where the history says so; otherwise the first reply among the messages counts.
    pub answered_at: Option<Time>,
    /// When a bot first answered, where the history says so; otherwise the first reply of one among the messages counts.
    pub bot_answered_at: Option<Time>,
    /// When it was last called solved.
    pub solved_at: Option<Time>,
    /// When it ended.
    pub closed_at: Option<Time>,
    /// Whether it was no request for help.
    pub spam: bool,
    /// Code of its type.
    pub kind: String,
    /// By which way it came.
    pub channel: Channel,
    /// Language of the customer; told by the words when absent.
    pub language: Option<Language>,
    /// How the other system names the customer; without it nobody knows who asked twice.
    pub customer: Option<String>,
    /// The customer's name.
    pub customer_name: Option<String>,
    /// Who looked after it, by the other system's name.
    pub agent: Option<String>,
    /// What hosts' apps would pass along: region, platform, version, chain, screen.
    pub context: BTreeMap<String, String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Its title; empty where there is none.
    pub subject: String,
    /// What was written, in any order.
    pub messages: Vec<PastMessage>,
    /// How often it was taken up again, where the history says so.
    pub reopen_count: Option<i64>,
    /// What the customer said of the help.
    pub rating: Option<PastRating>,
    /// What the history says at all.
    pub told: Told,
}

impl PastRequest {
    /// A request of which nothing is known but when it came.
    #[must_use]
    pub fn new(external_id: String, created_at: Time) -> Self {
        Self {
            external_id,
            created_at,
            answered_at: None,
            bot_answered_at: None,
            solved_at: None,
            closed_at: None,
            spam: false,
            kind: "other".to_owned(),
            channel: Channel::Import,
            language: None,
            customer: None,
            customer_name: None,
            agent: None,
            context: BTreeMap::new(),
            tags: Vec::new(),
            subject: String::new(),
            messages: Vec::new(),
            reopen_count: None,
            rating: None,
            told: Told::default(),
        }
    }
}

/// What became of a past request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is on the desk now, or would be.
    Imported,
    /// It was before.
    AlreadyThere,
}

/// A source from which histories are taken over.
#[derive(Clone, Debug)]
pub struct Importer {
    source: String,
    /// People by the other system's name for them.
    agents: HashMap<String, AgentId>,
    /// Stands for everybody who is nobody on this desk.
    stand_in: AgentId,
}

impl Importer {
    /// Who somebody is on this desk.
    fn agent(&self, name: Option<&str>) -> AgentId {
        name.and_then(|name| self.agents.get(name)).copied().unwrap_or(self.stand_in)
    }

    /// What identifies a request of the source.
    fn key(&self, external_id: &str) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(b"standfast import 1 ");
        hash.update(self.source.as_bytes());
        hash.update([0]);
        hash.update(external_id.as_bytes());
        hash.finalize().to_vec()
    }
}

/// The desk on which an import works: its ids meet those of no process that serves.
#[must_use]
pub fn import_desk(desk: &Desk) -> Desk {
    let clock = desk.clock().clone();
    desk.at(clock.clone(), Arc::new(Ids::new(clock, NODE)))
}

/// Gets ready to import from a source. `agents` says by which address somebody is known here, by the other system's name
/// for them; everybody else is one stand-in, who cannot sign in. In a dry run nobody is made.
pub async fn begin_import(
    desk: &Desk,
    source: &str,
    agents: &BTreeMap<String, String>,
    dry_run: bool,
) -> Result<Importer, Error> {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    if source.is_empty() || source.len() > 40 || !source.bytes().all(plain) {
        return Err(Error::invalid("source", "malformed"));
    }
    let address = format!("{source}@import.invalid");
    let new = AgentRow {
        id: AgentId(desk.id()),
        email: address.clone(),
        name: source.to_owned(),
        role: Role::Agent,
        // No hash of anything: nobody signs in with it.
        password_hash: "!".to_owned(),
        language: Language::English,
        created_at: desk.now(),
        disabled_at: Some(desk.now()),
    };
    let known = desk.store().read(|rd| agent::list(rd).map_err(Error::from)).await?;
    let find = |email: &str| known.iter().find(|row| row.email == email).map(|row| row.id);
    let mut people = HashMap::new();
    for (name, email) in agents {
        let id = find(&email.trim().to_lowercase()).ok_or(Error::invalid("agents", "unknown"))?;
        people.insert(name.clone(), id);
    }
    let stand_in = match find(&address) {
        Some(id) => id,
        None if dry_run => new.id,
        None => {
            let id = new.id;
            desk.store()
                .write(Lane::Background, 0, move |tx| agent::insert(tx, &new).map_err(Error::from))
                .await?;
            id
        }
    };
    Ok(Importer { source: source.to_owned(), agents: people, stand_in })
}

/// Takes over one past request, unless that was done before.
pub async fn import_request(
    desk: &Desk,
    importer: &Arc<Importer>,
    past: &PastRequest,
) -> Result<Outcome, Error> {
    let mut draft = Draft::check(desk, importer, past)?;
    for _ in 0..ATTEMPTS {
        let (unit_desk, unit_importer, unit) = (desk.clone(), importer.clone(), Arc::new(draft.clone()));
        let written = desk.store().write(Lane::Background, draft.shard(), move |tx| {
            if imported::find(tx, &unit.key)?.is_some() {
                return Ok(Outcome::AlreadyThere);
            }
            unit.write(tx, &unit_desk, &unit_importer)
        });
        match written.await {
            Err(Error::Store(error)) if error.is_unique("request(number)") => draft.renew(desk),
            // Another process was faster, with the request or with the customer: the next attempt finds it.
            Err(Error::Store(error))
                if error.is_unique("identity(kind,subject)") || error.is_unique("imported(external_key)") => {
            }
            result => return result,
        }
    }
    Err(Error::Inconsistent("always too late"))
}

/// Checks one past request as importing it would, and says what would become of it. Nothing is written.
pub async fn check_import(desk: &Desk, importer: &Importer, past: &PastRequest) -> Result<Outcome, Error> {
    let key = Draft::check(desk, importer, past)?.key;
    let look = move |rd: &mut Rd| imported::find(rd, &key).map_err(Error::from);
    let found = desk.store().read(look).await?;
    Ok(if found.is_some() { Outcome::AlreadyThere } else { Outcome::Imported })
}

/// What the desk has of a source, counted from the requests.
pub async fn imported_stock(desk: &Desk, source: &str) -> Result<Stock, Error> {
    let source = source.to_owned();
    desk.store().read(move |rd| imported::count(rd, &source).map_err(Error::from)).await
}

#[cfg(test)]
mod tests;
