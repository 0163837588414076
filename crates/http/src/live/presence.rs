//! Who is there, who looks at what, who types. Kept in memory only: nobody's presence is ever written down.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use standfast_desk::AgentCaller;
use standfast_domain::{AgentId, Permission, RequestId};

use super::frame::{Present, Status, Viewer};
use super::hub::MemberId;

/// An agent whose last socket closed is still there for this long: pages are reloaded and networks change.
const LINGERS: Duration = Duration::from_secs(20);

#[derive(Debug)]
struct Agent {
    name: String,
    answers: bool,
    status: Status,
    sockets: usize,
    /// When the last socket closed.
    left: Option<Duration>,
}

#[derive(Debug)]
struct Look {
    agent: AgentId,
    request: Option<RequestId>,
    typing: bool,
}

/// Presence of the agents on this server.
#[derive(Debug, Default)]
pub(super) struct Presence {
    agents: BTreeMap<AgentId, Agent>,
    looks: HashMap<MemberId, Look>,
    told: Vec<Present>,
    /// Somebody came who has not been told anything yet.
    fresh: bool,
}

impl Presence {
    pub(super) fn join(&mut self, id: MemberId, caller: &AgentCaller) {
        let agent = self.agents.entry(caller.id).or_insert_with(|| Agent {
            name: caller.name.clone(),
            answers: caller.role.may(Permission::WorkRequests),
            status: Status::Online,
            sockets: 0,
            left: None,
        });
        agent.sockets += 1;
        agent.left = None;
        agent.name.clone_from(&caller.name);
        agent.answers = caller.role.may(Permission::WorkRequests);
        self.looks.insert(id, Look { agent: caller.id, request: None, typing: false });
        self.fresh = true;
    }

    /// Somebody's socket closed. Returns what it looked at.
    pub(super) fn leave(&mut self, id: MemberId, now: Duration) -> Option<RequestId> {
        let look = self.looks.remove(&id)?;
        if let Some(agent) = self.agents.get_mut(&look.agent) {
            agent.sockets = agent.sockets.saturating_sub(1);
            if agent.sockets == 0 {
                agent.left = Some(now);
            }
        }
        look.request
    }

    pub(super) fn set_status(&mut self, agent: AgentId, status: Status) {
        if let Some(agent) = self.agents.get_mut(&agent) {
            agent.status = status;
        }
    }

    /// Somebody looks at another request. Returns those whose viewers changed.
    pub(super) fn look(&mut self, id: MemberId, request: Option<RequestId>) -> Vec<RequestId> {
        let Some(look) = self.looks.get_mut(&id) else { return Vec::new() };
        if look.request == request {
            return Vec::new();
        }
        let before = std::mem::replace(&mut look.request, request);
        look.typing = false;
        before.into_iter().chain(request).collect()
    }

    /// Somebody types, or no longer. Returns whether anything changed for those who look on.
    pub(super) fn types(&mut self, id: MemberId, request: RequestId, on: bool) -> bool {
        let Some(look) = self.looks.get_mut(&id).filter(|look| look.request == Some(request)) else {
            return false;
        };
        std::mem::replace(&mut look.typing, on) != on
    }

    /// Who looks at a request, each agent once.
    pub(super) fn viewers(&self, request: RequestId) -> Vec<Viewer> {
        let mut viewers: BTreeMap<AgentId, Viewer> = BTreeMap::new();
        for look in self.looks.values().filter(|look| look.request == Some(request)) {
            let Some(agent) = self.agents.get(&look.agent) else { continue };
            let viewer = viewers.entry(look.agent).or_insert_with(|| Viewer {
                id: look.agent,
                name: agent.name.clone(),
                typing: false,
            });
            viewer.typing |= look.typing;
        }
        viewers.into_values().collect()
    }

    /// Forgets who has been gone long enough; returns everybody when something is to be told.
    pub(super) fn changed(&mut self, now: Duration) -> Option<Vec<Present>> {
        self.agents.retain(|_, agent| agent.left.is_none_or(|left| now.saturating_sub(left) < LINGERS));
        let present: Vec<Present> =
            self.agents.iter().map(|(id, agent)| Present { id: *id, status: agent.status }).collect();
        if present == self.told && !std::mem::take(&mut self.fresh) {
            return None;
        }
        self.fresh = false;
        self.told.clone_from(&present);
        Some(present)
    }

    /// Who is there to answer.
    pub(super) fn answering(&self, now: Duration) -> BTreeSet<AgentId> {
        let there = self.agents.iter().filter(|(_, agent)| {
            agent.answers
                && agent.status == Status::Online
                && agent.left.is_none_or(|left| now.saturating_sub(left) < LINGERS)
        });
        there.map(|(id, _)| *id).collect()
    }
}

#[cfg(test)]
mod tests {
    use standfast_domain::Role;

    use super::*;

    fn agent(id: i64, role: Role) -> AgentCaller {
        AgentCaller { id: AgentId(id), name: format!("A{id}"), role }
    }

    #[test]
    fn an_agent_lingers_and_then_is_gone() {
        let mut presence = Presence::default();
        let at = Duration::from_secs;
        presence.join(1, &agent(1, Role::Agent));
        presence.join(2, &agent(1, Role::Agent));
        presence.join(3, &agent(2, Role::Analyst));
        assert_eq!(presence.answering(at(0)).len(), 1, "an analyst does not answer");
        assert_eq!(presence.changed(at(0)).unwrap().len(), 2);
        assert!(presence.changed(at(0)).is_none());
        presence.leave(1, at(1));
        presence.leave(2, at(2));
        assert!(presence.changed(at(3)).is_none());
        assert_eq!(presence.answering(at(21)).len(), 1);
        assert_eq!(presence.answering(at(22)).len(), 0);
        assert_eq!(presence.changed(at(22)).unwrap().len(), 1);
        presence.set_status(AgentId(2), Status::Away);
        assert_eq!(presence.changed(at(22)).unwrap()[0].status, Status::Away);
    }

    #[test]
    fn viewers_are_agents_not_sockets() {
        let mut presence = Presence::default();
        for id in 1..=2 {
            presence.join(id, &agent(1, Role::Agent));
            assert_eq!(presence.look(id, Some(RequestId(7))), [RequestId(7)]);
        }
        assert!(presence.look(1, Some(RequestId(7))).is_empty());
        assert!(presence.types(2, RequestId(7), true));
        assert!(!presence.types(2, RequestId(8), true));
        assert_eq!(
            presence.viewers(RequestId(7)),
            [Viewer { id: AgentId(1), name: "A1".into(), typing: true }]
        );
        assert_eq!(presence.look(2, Some(RequestId(8))), [RequestId(7), RequestId(8)]);
        assert_eq!(presence.leave(2, Duration::ZERO), Some(RequestId(8)));
        assert!(!presence.viewers(RequestId(7))[0].typing);
    }
}
