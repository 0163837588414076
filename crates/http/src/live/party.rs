//! One participant of the live protocol, whatever carries it: what is read for it, and what it may do.

use std::pin::Pin;

use axum::extract::ws::Utf8Bytes;
use serde_json::{Value, json};
use standfast_desk::{
    AgentCaller, Answer, Customer, Error, FollowUp, Intake, RequestSummary, Window, authenticate,
    conversation, entries, follow_up, inbox_counts, inbox_since, note, own_requests, read_by_agent,
    read_by_customer, receive, reply,
};
use standfast_domain::{
    Channel, CustomerId, Event, Language, RequestId, RequestNumber, claims_theft, request_type,
};

use super::frame::{Answering, Frame, Send, receipt};
use super::hub::Who;
use crate::api::flat;
use crate::app::App;
use crate::credential::Caller;
use crate::network::Network;
use crate::problem::Problem;

/// Entries of one reading.
const PAGE: i64 = 200;
/// Most requests that one participant follows.
pub(super) const MOST_FOLLOWED: usize = 200;

/// Something that takes a while and ends in frames.
pub(super) type Work = Pin<Box<dyn Future<Output = Done> + std::marker::Send>>;

/// What came of it.
#[derive(Default)]
pub(super) struct Done {
    pub(super) frames: Vec<Utf8Bytes>,
    /// A customer's request that was not known here before.
    pub(super) learned: Option<(RequestId, RequestNumber)>,
    /// Who a visitor is, who was nobody before the first request.
    pub(super) became: Option<CustomerId>,
}

impl Done {
    fn saying(frame: Utf8Bytes) -> Self {
        Self { frames: vec![frame], ..Self::default() }
    }
}

/// What was missed of one request.
pub(super) struct Missed {
    pub(super) frames: Vec<Utf8Bytes>,
    /// The last place in the record that was looked at, hidden entries included.
    pub(super) seen: i64,
    pub(super) more: bool,
}

/// A participant.
pub(super) struct Party {
    pub(super) app: App,
    pub(super) caller: Caller,
    pub(super) language: Language,
    pub(super) network: Option<Network>,
    /// Numbers of a customer's requests.
    known: Vec<(RequestId, RequestNumber)>,
    /// Whether a customer has had a request before, and so is somebody.
    is_somebody: bool,
}

impl Party {
    pub(super) fn new(app: App, caller: Caller, language: Language, network: Option<Network>) -> Self {
        Self { app, caller, language, network, known: Vec::new(), is_somebody: false }
    }

    /// A customer's own requests, which are known from then on; none for agents.
    pub(super) async fn own(&mut self) -> Result<Vec<RequestSummary>, Error> {
        let Caller::Customer(customer) = &self.caller else { return Ok(Vec::new()) };
        let own = own_requests(&self.app.desk, customer).await?;
        self.known = own.iter().map(|request| (request.id, request.number)).collect();
        self.is_somebody |= !own.is_empty();
        Ok(own)
    }

    pub(super) fn learn(&mut self, request: RequestId, number: RequestNumber) {
        self.is_somebody = true;
        if !self.known.iter().any(|(id, _)| *id == request) {
            self.known.push((request, number));
        }
    }

    /// How the hub knows it. A link opens one request: its holder hears nothing of the customer's others.
    pub(super) fn who(&self, own: &[RequestSummary]) -> Who {
        match &self.caller {
            Caller::Customer(Customer::Link(_)) => Who::Customer(None),
            Caller::Customer(Customer::Visitor(_)) => {
                Who::Customer(own.first().map(|request| request.customer.id))
            }
            Caller::Agent(agent) => Who::Agent { caller: agent.caller.clone(), token: agent.token.clone() },
        }
    }

    async fn number_of(&mut self, request: RequestId) -> Result<RequestNumber, Error> {
        if let Some((_, number)) = self.known.iter().find(|(id, _)| *id == request) {
            return Ok(*number);
        }
        let Caller::Customer(customer) = &self.caller else { return Err(Error::NotFound) };
        let number = self.app.desk.number_of(customer, request).await?;
        self.learn(request, number);
        Ok(number)
    }

    /// Refuses unless this participant may hear of a request. Asked before the hub is told to tell of it, and anew
    /// each time: requests change hands.
    pub(super) async fn may_follow(&mut self, request: RequestId) -> Result<(), Error> {
        if let Caller::Customer(customer) = &self.caller {
            let number = self.app.desk.number_of(customer, request).await?;
            self.learn(request, number);
        }
        Ok(())
    }

    /// One page of what came after `after` in a request's record, as far as this participant may see it. An entry
    /// before `after` that was erased since is told again, as it is now.
    pub(super) async fn missed(&mut self, request: RequestId, after: i64) -> Result<Missed, Error> {
        let after = after.max(0);
        let mut frames = Vec::new();
        let (page, last_seq, more) = self.page(request, after, PAGE).await?;
        for entry in &page {
            if let Some(Event::Erased { seq, .. }) = &entry.event
                && *seq <= after
            {
                let (erased, _, _) = self.page(request, seq - 1, 1).await?;
                if let Some(entry) = erased.first().filter(|entry| entry.seq == *seq) {
                    frames.push(Frame::Erased { request, seq: *seq, entry }.text());
                }
            }
            frames.push(Frame::Entry { request, entry }.text());
        }
        let last = page.last().map_or(after, |entry| entry.seq);
        Ok(Missed { frames, seen: if more { last } else { last_seq }, more })
    }

    async fn page(
        &mut self,
        request: RequestId,
        after: i64,
        limit: i64,
    ) -> Result<(Vec<standfast_desk::EntryView>, i64, bool), Error> {
        let page = match self.caller.clone() {
            Caller::Customer(customer) => {
                let number = self.number_of(request).await?;
                conversation(&self.app.desk, &customer, number, after, limit).await?
            }
            Caller::Agent(agent) => {
                let window = Window { before: None, after: Some(after), limit };
                entries(&self.app.desk, &agent.caller, request, window).await?
            }
        };
        Ok((page.entries, page.request.last_seq, page.more))
    }

    /// What an agent's inbox missed since `feed`, and the place after it.
    pub(super) async fn inbox(&self, feed: &str) -> Result<Option<(Utf8Bytes, String, bool)>, Error> {
        let Caller::Agent(agent) = &self.caller else { return Ok(None) };
        let (desk, caller) = (&self.app.desk, &agent.caller);
        let counts = inbox_counts(desk, caller).await?;
        if let Some((items, feed)) = inbox_since(desk, caller, feed).await? {
            let items: Vec<&RequestSummary> = items.iter().collect();
            let frame = Frame::Inbox { feed: &feed, items: &items, counts: &counts }.text();
            return Ok(Some((frame, feed, !items.is_empty())));
        }
        let query = standfast_desk::InboxQuery { limit: 1, ..Default::default() };
        let feed = standfast_desk::inbox(desk, caller, query).await?.feed;
        Ok(Some((Frame::InboxReset { feed: &feed }.text(), feed, true)))
    }

    /// An agent as the session says now; sessions end while sockets last.
    async fn agent(app: &App, caller: &Caller) -> Result<AgentCaller, Error> {
        match caller {
            Caller::Agent(agent) => Ok(authenticate(&app.desk, &agent.token.0).await?.0),
            Caller::Customer(_) => Err(Error::Forbidden),
        }
    }

    /// A customer writes.
    pub(super) fn send(&self, send: Send) -> Work {
        let (app, caller, network, language) =
            (self.app.clone(), self.caller.clone(), self.network, self.language);
        let known =
            send.request.and_then(|request| self.known.iter().find(|(id, _)| *id == request).copied());
        let is_somebody = self.is_somebody;
        Box::pin(async move {
            let client_id = send.client_id.clone();
            let Caller::Customer(customer) = &caller else {
                return Done::saying(nack(&client_id, &Problem::new("forbidden"), language));
            };
            let received = match take_in(&app, customer, network, send, known).await {
                Ok(received) => received,
                Err(problem) => return Done::saying(nack(&client_id, &problem, language)),
            };
            let became = if is_somebody {
                None
            } else {
                let own = own_requests(&app.desk, customer).await.unwrap_or_default();
                own.first().map(|request| request.customer.id)
            };
            let frame = Frame::Ack { client_id: &client_id, receipt: &receipt(&received) }.text();
            Done { learned: Some((received.request_id, received.number)), became, frames: vec![frame] }
        })
    }

    /// An agent writes: a reply, or a note.
    pub(super) fn answer(&self, answering: Answering, is_note: bool) -> Work {
        let (app, caller, language) = (self.app.clone(), self.caller.clone(), self.language);
        Box::pin(async move {
            let (client_id, request) = (answering.client_id.clone(), answering.request);
            let answer = Answer {
                client_id: answering.client_id,
                text: answering.text,
                seen_seq: answering.seen_seq,
                attachments: answering.attachments,
                then: answering.then.into(),
                worked: answering.worked_seconds,
            };
            let answered = async {
                let agent = Self::agent(&app, &caller).await?;
                if is_note {
                    note(&app.desk, &agent, request, answer).await
                } else {
                    reply(&app.desk, &agent, request, answer).await
                }
            };
            let frame = match answered.await {
                Ok(answered) => {
                    let receipt: Value =
                        json!({"request_id": request, "seq": answered.seq, "head": answered.head});
                    Frame::Ack { client_id: &client_id, receipt: &receipt }.text()
                }
                Err(error) => nack(&client_id, &error.into(), language),
            };
            Done::saying(frame)
        })
    }

    /// Somebody has read. Nobody waits for it: what goes wrong is not worth a frame.
    pub(super) fn read(&self, request: RequestId, seq: i64) -> Work {
        let (app, caller) = (self.app.clone(), self.caller.clone());
        let number = self.known.iter().find(|(id, _)| *id == request).map(|(_, number)| *number);
        Box::pin(async move {
            let read = match (&caller, number) {
                (Caller::Customer(customer), Some(number)) => {
                    read_by_customer(&app.desk, customer, number, seq).await
                }
                (Caller::Customer(_), None) => Ok(()),
                (Caller::Agent(agent), _) => read_by_agent(&app.desk, &agent.caller, request, seq).await,
            };
            if let Err(error) = read {
                tracing::debug!(code = error.code(), "a read mark was not written");
            }
            Done::default()
        })
    }
}

/// Takes in what a customer wrote on a socket, as `POST /requests` and `POST /requests/{number}/messages` do.
async fn take_in(
    app: &App,
    customer: &Customer,
    network: Option<Network>,
    send: Send,
    known: Option<(RequestId, RequestNumber)>,
) -> Result<standfast_desk::Receipt, Problem> {
    let at_risk = claims_theft(&send.text)
        || match known {
            Some((_, number)) => app.desk.is_at_risk(number),
            None => send.kind.as_deref().and_then(request_type).is_some_and(|kind| kind.at_risk),
        };
    let _held = app.admit(Channel::Widget, Some(&customer.scope()), network, at_risk).await?;
    let channel = Some(Channel::Widget);
    let received = match send.request {
        None => {
            let intake = Intake {
                client_id: send.client_id,
                text: send.text,
                kind: send.kind,
                language: send.language.as_deref().and_then(Language::parse),
                channel,
                fields: send.fields,
                context: flat(send.context),
                attachments: send.attachments,
                join: send.join.into(),
                ..Intake::default()
            };
            receive(&app.desk, customer, intake).await?
        }
        Some(request) => {
            let number = if let Some((_, number)) = known {
                number
            } else {
                app.desk.number_of(customer, request).await?
            };
            let command = FollowUp {
                client_id: send.client_id,
                text: send.text,
                channel,
                attachments: send.attachments,
                ..FollowUp::default()
            };
            follow_up(&app.desk, customer, number, command).await?
        }
    };
    Ok(received.receipt)
}

/// A refusal of something that has a client id.
pub(super) fn nack(client_id: &str, problem: &Problem, language: Language) -> Utf8Bytes {
    Frame::Nack { client_id, request: None, problem: problem.document(language) }.text()
}
