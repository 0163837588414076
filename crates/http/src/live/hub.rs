//! Who is connected, what they follow, and what they are to hear of what was committed.
//!
//! The hub holds nothing that matters: places in the record are kept by the sockets, truth is in SQL. It takes the
//! relay's signals in order, writes each frame once, and puts it into the mailboxes of those whom it concerns.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use metrics::{counter, gauge};
use parking_lot::{Mutex, MutexGuard};
use standfast_desk::{AgentCaller, Desk, EntryView, InboxCounts, RequestSummary, Signal, What, set_present};
use standfast_domain::{AgentId, CustomerId, RequestId};
use tokio::sync::Notify;

use super::frame::Frame;
use super::mailbox::{Bye, Mailbox, Out};
use super::presence::Presence;
use crate::credential::Token;

/// Sockets that are told to come back are spread over this at most.
const LONGEST_RETURN_MS: u64 = 30_000;
/// How many sockets may come back in a second.
const RETURNS_PER_SECOND: u64 = 500;

/// A socket's number, for as long as it is connected.
pub(crate) type MemberId = u64;

/// Who is behind a socket.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// A customer, known by id as soon as there is a request.
    Customer(Option<CustomerId>),
    /// Somebody on the desk.
    Agent {
        /// Who.
        caller: AgentCaller,
        /// The session that proves it, looked at again and again.
        token: Token,
    },
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) who: Who,
    /// Followed requests, with the place in the queue that a customer was told last.
    pub(super) requests: Vec<(RequestId, Option<u32>)>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) members: HashMap<MemberId, Member>,
    by_request: HashMap<RequestId, Vec<MemberId>>,
    by_customer: HashMap<CustomerId, Vec<MemberId>>,
    pub(super) agents: Vec<MemberId>,
    pub(super) presence: Presence,
    /// Requests that changed since the last flush, as they are now.
    dirty: BTreeMap<RequestId, Arc<RequestSummary>>,
    /// The place in the feed of the last signal.
    feed: String,
    /// The last place in the feed of which every signal was taken: several signals share one.
    whole_feed: String,
    pub(super) counts: HashMap<AgentId, InboxCounts>,
    /// Somebody follows a request who was not told its place yet.
    new_follower: bool,
}

/// The hub of one server.
pub(crate) struct Hub {
    pub(super) desk: Desk,
    state: Mutex<State>,
    /// Something waits for the next flush.
    pub(super) changed: Notify,
    pub(super) stale: AtomicBool,
    fed: AtomicBool,
    draining: AtomicBool,
    sockets: AtomicUsize,
    next: AtomicU64,
}

impl Hub {
    pub(crate) fn new(desk: Desk) -> Self {
        Self {
            desk,
            state: Mutex::default(),
            changed: Notify::new(),
            stale: AtomicBool::new(false),
            fed: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            sockets: AtomicUsize::new(0),
            next: AtomicU64::new(1),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Notes whether the relay runs.
    pub(crate) fn set_fed(&self, fed: bool) {
        self.fed.store(fed, Ordering::Relaxed);
    }

    /// Whether the relay runs.
    pub(crate) fn is_fed(&self) -> bool {
        self.fed.load(Ordering::Relaxed)
    }

    /// Notes a place in the feed that lies before everything that the relay will hand on.
    pub(crate) fn begin(&self, feed: String) {
        let mut state = self.state();
        if state.whole_feed.is_empty() {
            state.whole_feed = feed;
        }
    }

    /// The place in the feed up to which signals were taken; empty before the first one.
    pub(crate) fn feed(&self) -> String {
        self.state().feed.clone()
    }

    /// Whether anybody is to hear of this request: agents of all, customers of their own, which only the request tells.
    pub(crate) fn wants(&self, request: RequestId) -> bool {
        let state = self.state();
        !state.agents.is_empty() || !state.by_customer.is_empty() || state.by_request.contains_key(&request)
    }

    /// Who is there to answer, as far as this process knows.
    pub(crate) fn answering(&self) -> BTreeSet<AgentId> {
        self.state().presence.answering(self.desk.clock().monotonic())
    }

    /// Sockets that are open.
    pub(crate) fn sockets(&self) -> usize {
        self.sockets.load(Ordering::Relaxed)
    }

    /// Takes a member in. It hears of what is committed from now on.
    pub(crate) fn join(&self, who: Who, socket: bool) -> Membership<'_> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mailbox = Arc::new(Mailbox::default());
        let mut state = self.state();
        match &who {
            Who::Customer(Some(customer)) => state.by_customer.entry(*customer).or_default().push(id),
            Who::Customer(None) => {}
            Who::Agent { caller, .. } => {
                state.agents.push(id);
                state.presence.join(id, caller);
            }
        }
        let kind = if matches!(who, Who::Agent { .. }) { "agent" } else { "customer" };
        state.members.insert(id, Member { mailbox: mailbox.clone(), who, requests: Vec::new() });
        drop(state);
        if socket {
            self.sockets.fetch_add(1, Ordering::Relaxed);
            gauge!("standfast_live_sockets", "who" => kind).increment(1.0);
        }
        if self.draining.load(Ordering::Relaxed) {
            mailbox.end(Bye::Drain(return_ms(0)));
        }
        self.changed.notify_one();
        Membership { hub: self, id, mailbox, kind, socket }
    }

    /// Takes a signal of the relay: entries go out at once, changed requests with the next flush.
    pub(crate) fn take(&self, signal: &Signal) {
        let request = signal.request.id;
        let mut state = self.state();
        if state.feed != signal.feed {
            let whole = std::mem::replace(&mut state.feed, signal.feed.clone());
            if !whole.is_empty() {
                state.whole_feed = whole;
            }
        }
        if let What::Alarm(alarm) = &signal.what {
            let frame = Frame::Alarm { alarm: *alarm }.text();
            for member in state.agents.iter().filter_map(|id| state.members.get(id)) {
                member.mailbox.put(Out::Frame(frame.clone()));
            }
            return;
        }
        let followers: Vec<(Arc<Mailbox>, bool)> = state
            .followers(request)
            .map(|member| (member.mailbox.clone(), matches!(member.who, Who::Agent { .. })))
            .collect();
        if !matches!(signal.what, What::Read { .. }) {
            state.dirty.insert(request, signal.request.clone());
        }
        drop(state);
        self.changed.notify_one();
        if followers.is_empty() {
            return;
        }
        let [for_agent, for_customer] = outs(signal, request);
        for (mailbox, is_agent) in followers {
            if let Some(out) = if is_agent { &for_agent } else { &for_customer } {
                mailbox.put(out.clone());
            }
        }
    }

    /// Tells agents and customers of the requests that changed since the last time.
    pub(super) fn flush(&self) {
        let mut state = self.state();
        let dirty = std::mem::take(&mut state.dirty);
        state.flush_presence(&self.desk);
        if dirty.is_empty() {
            return;
        }
        self.stale.store(true, Ordering::Relaxed);
        let items: Vec<&RequestSummary> = dirty.values().map(|request| &**request).collect();
        state.tell_agents(&items);
        for request in dirty.values() {
            let listeners = state.customers_of(request);
            if listeners.is_empty() {
                continue;
            }
            let own = (**request).clone().for_customer();
            let frame = Frame::Request { request: &own }.text();
            for mailbox in listeners {
                mailbox.put(Out::Frame(frame.clone()));
            }
        }
    }

    /// Tells an agent's sockets the new sizes of the views.
    pub(super) fn tell_counts(&self, agent: AgentId, counts: InboxCounts) {
        let mut state = self.state();
        if state.counts.insert(agent, counts) == Some(counts) {
            return;
        }
        let frame = Frame::Inbox { feed: &state.whole_feed, items: &[], counts: &counts }.text();
        for mailbox in state.mailboxes_of(agent) {
            mailbox.put(Out::Frame(frame.clone()));
        }
    }

    /// Within how many milliseconds a socket that is lost without a word is to come back, if all others are lost with it.
    pub(crate) fn return_window_ms(&self) -> u64 {
        window_ms(self.sockets.load(Ordering::Relaxed) as u64)
    }

    /// Tells every socket to go and when to come back.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.send_back();
    }

    /// Tells every socket to come back and read what it may have missed.
    pub(crate) fn send_back(&self) {
        let state = self.state();
        let all = state.members.len() as u64;
        for member in state.members.values() {
            member.mailbox.end(Bye::Drain(return_ms(all)));
        }
    }

    /// Who looks at a request.
    pub(crate) fn viewers(&self, request: RequestId) -> Vec<super::frame::Viewer> {
        self.state().presence.viewers(request)
    }

    fn leave(&self, id: MemberId) {
        let mut state = self.state();
        let Some(member) = state.members.remove(&id) else { return };
        for (request, _) in &member.requests {
            state.unfollow(id, *request);
        }
        match member.who {
            Who::Customer(Some(customer)) => {
                if let Some(ids) = state.by_customer.get_mut(&customer) {
                    ids.retain(|other| *other != id);
                    if ids.is_empty() {
                        state.by_customer.remove(&customer);
                    }
                }
            }
            Who::Customer(None) => {}
            Who::Agent { .. } => {
                state.agents.retain(|other| *other != id);
                let viewed = state.presence.leave(id, self.desk.clock().monotonic());
                state.tell_viewers(viewed);
            }
        }
        drop(state);
        self.changed.notify_one();
    }
}

/// Over how many milliseconds so many sockets are to come back.
const fn window_ms(sockets: u64) -> u64 {
    let window = sockets * 1_000 / RETURNS_PER_SECOND;
    if window > LONGEST_RETURN_MS { LONGEST_RETURN_MS } else { window }
}

/// When one of so many sockets is to come back, in milliseconds.
fn return_ms(sockets: u64) -> u64 {
    500 + crate::problem::spread(0, window_ms(sockets).max(1_000))
}

/// What is left of a complaint in frames that all agents get; those who may see it read it from the record.
fn withheld(entry: &EntryView) -> Option<EntryView> {
    entry.is_complaint().then(|| entry.clone().for_whole_desk())
}

/// A signal as agents and as customers hear it.
fn outs(signal: &Signal, request: RequestId) -> [Option<Out>; 2] {
    match &signal.what {
        What::Entry { entry, visible } => {
            let out = |frame: Option<Utf8Bytes>| Some(Out::Entry { request, seq: entry.seq, frame });
            let own = visible.then(|| Frame::Entry { request, entry: &entry.clone().for_customer() }.text());
            let withheld = withheld(entry);
            let entry = withheld.as_ref().unwrap_or(entry);
            [out(Some(Frame::Entry { request, entry }.text())), out(own)]
        }
        What::Erased { entry, visible } => {
            let seq = entry.seq;
            let own = || Frame::Erased { request, seq, entry: &entry.clone().for_customer() }.text();
            let withheld = withheld(entry);
            [
                Some(Out::Frame(
                    Frame::Erased { request, seq, entry: withheld.as_ref().unwrap_or(entry) }.text(),
                )),
                visible.then(|| Out::Frame(own())),
            ]
        }
        What::Read { agent, seq } => {
            let by = if agent.is_some() { "agent" } else { "customer" };
            let frame = |agent| Some(Out::Frame(Frame::Read { request, by, agent, seq: *seq }.text()));
            [frame(*agent), frame(None)]
        }
        // Alarms are told to everybody on the desk, see [`Hub::take`].
        What::Changed | What::Alarm(_) => [None, None],
    }
}

impl State {
    /// Whether somebody follows a request since this was asked last.
    pub(super) fn newly_followed(&mut self) -> bool {
        std::mem::take(&mut self.new_follower)
    }

    pub(super) fn followers(&self, request: RequestId) -> impl Iterator<Item = &Member> {
        self.by_request.get(&request).into_iter().flatten().filter_map(|id| self.members.get(id))
    }

    fn unfollow(&mut self, id: MemberId, request: RequestId) {
        if let Some(ids) = self.by_request.get_mut(&request) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_request.remove(&request);
            }
        }
    }

    /// Mailboxes of the customers whom a request concerns: those who follow it and those whose it is.
    fn customers_of(&self, request: &RequestSummary) -> Vec<Arc<Mailbox>> {
        let follow = self.by_request.get(&request.id).into_iter().flatten();
        let own = self.by_customer.get(&request.customer.id).into_iter().flatten();
        let mut ids: Vec<MemberId> = follow.chain(own).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        let members = ids.iter().filter_map(|id| self.members.get(id));
        members.filter(|m| matches!(m.who, Who::Customer(_))).map(|m| m.mailbox.clone()).collect()
    }

    fn mailboxes_of(&self, agent: AgentId) -> impl Iterator<Item = &Arc<Mailbox>> {
        self.agents.iter().filter_map(|id| self.members.get(id)).filter_map(move |member| match &member.who {
            Who::Agent { caller, .. } if caller.id == agent => Some(&member.mailbox),
            _ => None,
        })
    }

    /// One list for all agents; the sizes of the views are each agent's own.
    fn tell_agents(&self, items: &[&RequestSummary]) {
        if self.agents.is_empty() {
            return;
        }
        let mut frames: HashMap<AgentId, Utf8Bytes> = HashMap::new();
        for member in self.agents.iter().filter_map(|id| self.members.get(id)) {
            let Who::Agent { caller, .. } = &member.who else { continue };
            let none = InboxCounts { unassigned: 0, mine: 0, all: 0, at_risk: 0, reserved: false };
            let frame = frames.entry(caller.id).or_insert_with(|| {
                let counts = self.counts.get(&caller.id).unwrap_or(&none);
                Frame::Inbox { feed: &self.whole_feed, items, counts }.text()
            });
            member.mailbox.put(Out::Frame(frame.clone()));
        }
    }

    /// Tells those who follow or look at a request who looks at it now.
    pub(super) fn tell_viewers(&self, requests: impl IntoIterator<Item = RequestId>) {
        for request in requests {
            let viewers = self.presence.viewers(request);
            let frame = Frame::Viewers { request, agents: &viewers }.text();
            let agents = self.followers(request).filter(|m| matches!(m.who, Who::Agent { .. }));
            for member in agents {
                member.mailbox.put(Out::Frame(frame.clone()));
            }
        }
    }

    fn flush_presence(&mut self, desk: &Desk) {
        let now = desk.clock().monotonic();
        let Some(present) = self.presence.changed(now) else { return };
        let answering = self.presence.answering(now);
        set_present(desk, &answering);
        gauge!("standfast_agents_present").set(u32::try_from(answering.len()).unwrap_or(u32::MAX));
        let frame = Frame::Presence { agents: &present }.text();
        for member in self.agents.iter().filter_map(|id| self.members.get(id)) {
            member.mailbox.put(Out::Frame(frame.clone()));
        }
    }
}

/// A place in the hub; given up when dropped.
pub(crate) struct Membership<'a> {
    hub: &'a Hub,
    pub(crate) id: MemberId,
    pub(crate) mailbox: Arc<Mailbox>,
    kind: &'static str,
    socket: bool,
}

impl<'a> Membership<'a> {
    pub(super) fn hub(&self) -> &'a Hub {
        self.hub
    }

    /// Hears of a request from now on.
    pub(crate) fn follow(&self, request: RequestId) {
        let mut state = self.hub.state();
        let Some(member) = state.members.get_mut(&self.id) else { return };
        if member.requests.iter().any(|(known, _)| *known == request) {
            return;
        }
        member.requests.push((request, None));
        state.new_follower = true;
        state.by_request.entry(request).or_default().push(self.id);
    }

    /// Hears no more of a request.
    pub(crate) fn unfollow(&self, request: RequestId) {
        let mut state = self.hub.state();
        if let Some(member) = state.members.get_mut(&self.id) {
            member.requests.retain(|(known, _)| *known != request);
        }
        state.unfollow(self.id, request);
    }

    /// A customer turned out to be known by this id.
    pub(crate) fn is_customer(&self, customer: CustomerId) {
        let mut state = self.hub.state();
        let Some(member) = state.members.get_mut(&self.id) else { return };
        if let Who::Customer(known @ None) = &mut member.who {
            *known = Some(customer);
            state.by_customer.entry(customer).or_default().push(self.id);
        }
    }

    /// The sizes of an agent's views, as just read.
    pub(crate) fn put_counts(&self, agent: AgentId, counts: InboxCounts) {
        self.hub.state().counts.insert(agent, counts);
    }
}

impl Drop for Membership<'_> {
    fn drop(&mut self) {
        self.hub.leave(self.id);
        if self.socket {
            self.hub.sockets.fetch_sub(1, Ordering::Relaxed);
            gauge!("standfast_live_sockets", "who" => self.kind).decrement(1.0);
        }
    }
}

/// Counts a socket that the server closed.
pub(super) fn closed(bye: Bye) {
    counter!("standfast_live_closed_total", "reason" => bye.reason()).increment(1);
}

/// How long signals are gathered before agents hear of them.
pub(super) const GATHER: Duration = Duration::from_millis(100);
