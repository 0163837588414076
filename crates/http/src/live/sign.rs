//! Signs of life that are passed on and never written down: typing, looking, being there.

use standfast_domain::{CustomerId, Permission, RequestId};

use super::frame::{Frame, Status, Typist};
use super::hub::{Hub, MemberId, Membership, Who};
use super::mailbox::{Bye, Out};

impl Membership<'_> {
    /// Somebody types, or stopped. Agents see which customer or colleague it is; customers see the agent's name.
    pub(crate) fn types(&self, request: RequestId, on: bool) {
        self.hub().pass_typing(self.id, request, on);
    }

    /// An agent looks at a request, or at none.
    pub(crate) fn views(&self, request: Option<RequestId>) {
        let mut state = self.hub().state();
        let changed = state.presence.look(self.id, request);
        state.tell_viewers(changed);
    }

    /// An agent is there, or away.
    pub(crate) fn is(&self, status: Status) {
        let hub = self.hub();
        let mut state = hub.state();
        let Some(Who::Agent { caller, .. }) = state.members.get(&self.id).map(|member| &member.who) else {
            return;
        };
        let agent = caller.id;
        state.presence.set_status(agent, status);
        drop(state);
        hub.changed.notify_one();
    }
}

impl Hub {
    /// A visitor turned out to be somebody else: who listened as this customer comes back and is heard anew, so that
    /// nobody goes on hearing of requests that are no longer theirs.
    pub(crate) fn changed_hands(&self, customer: CustomerId) {
        let state = self.state();
        let listens = |who: &Who| matches!(who, Who::Customer(Some(known)) if *known == customer);
        for member in state.members.values().filter(|member| listens(&member.who)) {
            member.mailbox.end(Bye::Drain(crate::problem::spread(100, 1_000)));
        }
    }

    fn pass_typing(&self, id: MemberId, request: RequestId, on: bool) {
        let mut state = self.state();
        let Some(member) = state.members.get(&id) else { return };
        let (typist, from_agent) = match &member.who {
            Who::Customer(_) => (Typist { kind: "customer", id: None, name: None }, false),
            // Who may not answer has nothing to announce.
            Who::Agent { caller, .. } if !caller.role.may(Permission::WorkRequests) => return,
            Who::Agent { caller, .. } => {
                (Typist { kind: "agent", id: None, name: Some(caller.name.clone()) }, true)
            }
        };
        if from_agent && state.presence.types(id, request, on) {
            state.tell_viewers([request]);
        }
        let frame = Frame::Typing { request, author: &typist, on }.text();
        // Agents hear of each other through the viewers.
        for member in state.followers(request).filter(|m| matches!(m.who, Who::Agent { .. }) != from_agent) {
            member.mailbox.put(Out::Frame(frame.clone()));
        }
    }
}
