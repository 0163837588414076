//! Performing the plot: each act through the use case that a caller of the desk would reach, at its own time.
//!
//! Acts are started in the order of time and hundreds are under way at once, as the store puts many units into one
//! commit. Acts of one customer wait for each other. Every act has a clock of its own that stands at its moment, and
//! a source of ids over that clock: no two acts have the same millisecond, so no two make the same id, and ids are
//! in the order of what happened, whichever act is done first.
//!
//! In the last weeks the desk promises how long it takes, as a desk that serves does: it knows who is there and how the line went. So
//! every few minutes of that time everything that has begun is done first, and the line hears of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use standfast_desk::{
    AgentCaller, Answer, Assignment, Complaint, Customer, Desk, FollowUp, HostKey, Rate, Received,
    ReviewChange, ReviewState, Solved, Visitor, answer_solved, assign, change_review, complain, follow_line,
    follow_up, identify, load_capacity, note, rate, read_by_agent, read_by_customer, receive, reply, retype,
    reviews, set_present, tag, transition, work,
};
use standfast_domain::{FrozenClock, Ids, Permission, RequestId, RequestNumber, TeamId, Time};
use standfast_store::outbox::Cursor;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::calendar::DAY;
use super::plot::{Act, Happening, Opinion, Plot};
use super::staff::Staff;

/// Acts under way at a time.
const AT_ONCE: usize = 384;
/// Those who do the desk's own jobs.
const WORKERS: usize = 8;
/// Days before the present in which it is promised how long it takes: four weeks.
const PROMISING: u32 = 28;
/// How old what the line has heard of may be in that time. Half of an answer, so that little of it is missing.
const HEARS: Duration = Duration::from_mins(10);
/// More than ever wait to be looked at.
const MOST_REVIEWS: i64 = 200;
/// Node numbers of ids: for acts, and for the desk's own jobs, which may fall into the same millisecond.
const NODES: [u8; 2] = [31, 30];

/// The desk at another time.
pub(super) fn at(desk: &Desk, time: Time, node: u8) -> Desk {
    let clock = FrozenClock::at(time);
    desk.at(clock.clone(), Arc::new(Ids::new(clock, node)))
}

/// What is known of a request once it exists.
#[derive(Clone, Copy)]
struct Known {
    id: RequestId,
    number: RequestNumber,
    /// The last words that everybody sees.
    words: i64,
    /// The last words of anybody, notes too.
    seen: i64,
}

/// A customer while the plot goes on.
struct Actor {
    visitor: Visitor,
    /// How many acts are done.
    done: watch::Sender<usize>,
    requests: parking_lot::Mutex<BTreeMap<usize, Known>>,
}

/// Who performs.
pub(super) struct Troupe {
    desk: Desk,
    agents: Vec<AgentCaller>,
    teams: Vec<TeamId>,
    actors: Vec<Actor>,
    /// Requests that exist by now.
    requests: AtomicUsize,
}

impl Troupe {
    /// Agents and teams in the order of `names.json`; customers get their secrets now.
    pub(super) fn new(
        desk: &Desk,
        agents: Vec<AgentCaller>,
        teams: Vec<TeamId>,
        customers: usize,
    ) -> anyhow::Result<Arc<Self>> {
        let actor = || -> anyhow::Result<Actor> {
            let secret = URL_SAFE_NO_PAD.encode(desk.entropy().bytes::<32>());
            let (visitor, done) = (Visitor::new(&secret)?, watch::Sender::new(0));
            Ok(Actor { visitor, done, requests: parking_lot::Mutex::default() })
        };
        let actors = (0..customers).map(|_| actor()).collect::<Result<_, _>>()?;
        Ok(Arc::new(Self { desk: desk.clone(), agents, teams, actors, requests: AtomicUsize::new(0) }))
    }

    /// Performs the plot, and returns how many requests it made. Every day the desk does its own jobs, such as closing what was solved
    /// a week ago.
    pub(super) async fn perform(
        self: &Arc<Self>,
        plot: Plot,
        staff: &Staff,
        now: Time,
        progress: impl Fn(usize, usize),
    ) -> anyhow::Result<usize> {
        let count = plot.happenings.len();
        let mut under_way = UnderWay::default();
        let mut next_jobs = plot.happenings.first().map_or(now, |first| first.at).plus(DAY);
        let (mut next_look, mut heard) = (now.minus(DAY * PROMISING), None);
        for happening in plot.happenings {
            if happening.at >= next_jobs {
                under_way.end(0).await?;
                self.do_jobs(next_jobs).await?;
                next_jobs = next_jobs.plus(DAY);
                progress(under_way.done, count);
            }
            if happening.at >= next_look {
                under_way.end(0).await?;
                heard = Some(self.hear(staff, happening.at, heard).await?);
                next_look = happening.at.plus(HEARS);
            }
            under_way.end(AT_ONCE - 1).await?;
            let troupe = self.clone();
            under_way.acts.spawn(async move { troupe.play(happening).await });
        }
        under_way.end(0).await?;
        self.do_jobs(now.minus(Duration::from_millis(1))).await?;
        // Who is there now is told by those who are.
        set_present(&self.desk, &BTreeSet::new());
        progress(count, count);
        Ok(self.requests.load(Ordering::Relaxed))
    }

    /// The line hears of what was done since, and of who is there at `time`, and will be.
    async fn hear(&self, staff: &Staff, time: Time, heard: Option<Cursor>) -> anyhow::Result<Cursor> {
        let [_, node] = NODES;
        let desk = at(&self.desk, time, node);
        load_capacity(&desk).await?;
        let there = staff.at_work(time).filter_map(|place| self.agents.get(place));
        set_present(&desk, &there.map(|agent| agent.id).collect());
        Ok(follow_line(&desk, heard).await?)
    }

    /// Does the desk's jobs that are due at `time`.
    async fn do_jobs(&self, time: Time) -> anyhow::Result<()> {
        let [_, node] = NODES;
        let desk = at(&self.desk, time, node);
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let desk = desk.clone();
            workers.spawn(async move {
                while work(&desk).await? > 0 {}
                Ok::<_, standfast_desk::Error>(())
            });
        }
        while let Some(worked) = workers.join_next().await {
            worked??;
        }
        Ok(())
    }

    /// Waits for the customer's turn, and performs one act.
    async fn play(&self, happening: Happening) -> anyhow::Result<()> {
        let actor = self.actors.get(happening.customer).context("a customer")?;
        actor.done.subscribe().wait_for(|done| *done == happening.turn).await?;
        let done = happening.turn + 1;
        let context = format!("request {}, act {done}: {}", happening.request, name_of(&happening.act));
        let [node, _] = NODES;
        let desk = at(&self.desk, happening.at, node);
        self.act(&desk, actor, happening).await.context(context)?;
        actor.done.send_replace(done);
        Ok(())
    }

    async fn act(&self, desk: &Desk, actor: &Actor, happening: Happening) -> anyhow::Result<()> {
        let request = happening.request;
        let client_id = format!("demo-{request}-{}", happening.turn);
        let caller = Customer::Visitor(actor.visitor.clone());
        match happening.act {
            Act::Identify(name) => {
                if let Some(key) = desk.settings().host_keys.first() {
                    let token = vouch(key, happening.customer, &name, desk.now())?;
                    identify(desk, &actor.visitor, &token).await?;
                }
                return Ok(());
            }
            Act::Receive(intake) => {
                return self.keep(actor, request, &receive(desk, &caller, *intake).await?);
            }
            _ => {}
        }
        let known = actor.requests.lock().get(&request).copied().context("no request yet")?;
        let (id, number) = (known.id, known.number);
        if let Act::FollowUp(text, channel) = happening.act {
            let command = FollowUp { client_id, text, channel: Some(channel), ..FollowUp::default() };
            return self.keep(actor, request, &follow_up(desk, &caller, number, command).await?);
        }
        if matches!(happening.act, Act::Confirm(_) | Act::Rate(..) | Act::Complain(..)) {
            return say(desk, &caller, number, client_id, happening.act).await;
        }
        if matches!(happening.act, Act::Read) {
            return Ok(read_by_customer(desk, &caller, number, known.words).await?);
        }
        let agent = self.agents.get(happening.agent).context("an agent")?;
        let team = |index: usize| self.teams.get(index).copied().context("a team");
        let answer = |text: String| {
            let worked = Some(handling(&text, &client_id));
            Answer { client_id, text, seen_seq: known.seen, worked, ..Answer::default() }
        };
        match happening.act {
            Act::Sort(index) => {
                let to = Assignment { agent: None, team: Some(Some(team(index)?)) };
                assign(desk, agent, id, to).await?;
            }
            Act::Take(index) => {
                let to = Assignment { agent: Some(Some(agent.id)), team: Some(Some(team(index)?)) };
                assign(desk, agent, id, to).await?;
            }
            Act::Look => read_by_agent(desk, agent, id, known.seen).await?,
            Act::Retype(kind) => retype(desk, agent, id, &kind).await?,
            Act::Tag(tags) => tag(desk, agent, id, tags, Vec::new()).await?,
            Act::Reply(text, then) => {
                let answer = Answer { then: then.into(), ..answer(text) };
                let seq = reply(desk, agent, id, answer).await?.seq;
                actor.saw(request, Known { words: seq, seen: seq, ..known });
            }
            Act::Note(text) => {
                let seq = note(desk, agent, id, answer(text)).await?.seq;
                actor.saw(request, Known { seen: seq, ..known });
            }
            Act::Move(to) => transition(desk, agent, id, to, Some(15)).await?,
            Act::Review(text) => {
                for reviewer in self.agents.iter().filter(|one| one.role.may(Permission::ReviewFeedback)) {
                    look_into(desk, reviewer, id, &text).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn keep(&self, actor: &Actor, request: usize, received: &Received) -> anyhow::Result<()> {
        let receipt = &received.receipt;
        ensure!(!received.replayed, "the desk was filled before");
        // Words to a request that was closed meanwhile start another one, with which the story goes on.
        self.requests.fetch_add(usize::from(!receipt.joined), Ordering::Relaxed);
        let known =
            Known { id: receipt.request_id, number: receipt.number, words: receipt.seq, seen: receipt.seq };
        actor.saw(request, known);
        Ok(())
    }
}

/// Seconds that somebody had a request in hand to write this: to read and look up, and to type; nobody is always as quick.
fn handling(text: &str, client_id: &str) -> u32 {
    let typed = u32::try_from(text.chars().count()).unwrap_or(u32::MAX / 8);
    let pace = client_id.bytes().fold(0_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 997);
    30 + pace % 150 + typed
}

/// What a customer says of the help.
async fn say(
    desk: &Desk,
    caller: &Customer,
    number: RequestNumber,
    client_id: String,
    act: Act,
) -> anyhow::Result<()> {
    match act {
        Act::Confirm(channel) => {
            let said = Solved { client_id, solved: true, text: String::new(), channel: Some(channel) };
            answer_solved(desk, caller, number, said).await?;
        }
        Act::Rate(Opinion { score, reason, comment }, channel) => {
            let reason = reason.map(str::to_owned);
            let given = Rate { client_id, score, reason, comment, channel: Some(channel) };
            rate(desk, caller, number, given).await?;
        }
        Act::Complain(text, channel) => {
            complain(desk, caller, number, Complaint { client_id, text, channel: Some(channel) }).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Ends what a customer found wrong with a request; nothing where it is for others to look at, or somebody has.
async fn look_into(desk: &Desk, reviewer: &AgentCaller, id: RequestId, note: &str) -> anyhow::Result<()> {
    let found = reviews(desk, reviewer, false, None, MOST_REVIEWS).await?.items;
    for review in found.into_iter().filter(|review| review.request.id == id) {
        let wish = ReviewChange { state: Some(ReviewState::Done), note: Some(note.to_owned()) };
        change_review(desk, reviewer, review.id, wish).await?;
    }
    Ok(())
}

/// Acts that have begun.
#[derive(Default)]
struct UnderWay {
    acts: JoinSet<anyhow::Result<()>>,
    /// How many are done.
    done: usize,
}

impl UnderWay {
    /// Waits until so many are left.
    async fn end(&mut self, left: usize) -> anyhow::Result<()> {
        while self.acts.len() > left {
            self.acts.join_next().await.context("nothing is under way")???;
            self.done += 1;
        }
        Ok(())
    }
}

impl Actor {
    fn saw(&self, request: usize, known: Known) {
        self.requests.lock().insert(request, known);
    }
}

/// The name of an act, without its words.
fn name_of(act: &Act) -> &'static str {
    match act {
        Act::Identify(_) => "identify",
        Act::Receive(_) => "receive",
        Act::FollowUp(..) => "follow up",
        Act::Read => "read",
        Act::Sort(_) => "sort",
        Act::Take(_) => "take",
        Act::Look => "look",
        Act::Retype(_) => "retype",
        Act::Tag(_) => "tag",
        Act::Reply(..) => "reply",
        Act::Note(_) => "note",
        Act::Move(_) => "move",
        Act::Confirm(_) => "confirm",
        Act::Rate(..) => "rate",
        Act::Complain(..) => "complain",
        Act::Review(_) => "review",
    }
}

/// A token with which the wallet's backend vouches for a customer (RFC 7515, HS256).
fn vouch(key: &HostKey, customer: usize, name: &str, now: Time) -> anyhow::Result<String> {
    let seconds = now.millis() / 1_000;
    let claims = serde_json::json!({
        "iss": key.issuer,
        "sub": format!("demo-{customer}"),
        "iat": seconds,
        "exp": seconds + 300,
        "name": name,
    });
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(&claims.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.secret)?;
    mac.update(signed.as_bytes());
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}
