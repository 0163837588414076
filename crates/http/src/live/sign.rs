//! Signs of life that are passed on and never written down: typing, looking, being there.

use standfast_domain::RequestId;

use super::frame::{Frame, Status, Typist};
use super::hub::{Hub, MemberId, Membership, Who};
use super::mailbox::Out;

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
    fn pass_typing(&self, id: MemberId, request: RequestId, on: bool) {
        let mut state = self.state();
        let Some(member) = state.members.get(&id) else { return };
        let (typist, from_agent) = match &member.who {
            Who::Customer(_) => (Typist { kind: "customer", id: None, name: None }, false),
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
