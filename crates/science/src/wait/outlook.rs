//! What somebody is told who asks now.

use super::{Correction, Curve, Pace, Range};

/// How long a curve is used, in seconds: it is asked for thousands of times, and changes slowly.
const BELIEVED: f64 = 5.0;

/// Those who are in line when somebody asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Those with assets at risk who are before whoever asks.
    pub at_risk: u32,
    /// Others: before whoever asks where nothing is at risk; in line at all where something is, who go first only if an agent
    /// has them in hand already.
    pub ordinary: u32,
}

/// Who asks how long it takes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Asks {
    /// Seconds, on the clock of [`Pace`].
    pub now: f64,
    /// Who is in line.
    pub standing: Standing,
    /// Whether whoever asks goes before others.
    pub is_at_risk: bool,
    /// Whether their turn comes when the desk opens again, with as many agents as are usual.
    pub is_later: bool,
    /// Waits that go alike; none where that is not known.
    pub group: Option<u16>,
    /// How many of those who wait an agent has in hand at a time.
    pub at_once: u32,
}

/// A range, and what it was made of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Expected {
    /// What the model says.
    pub model: Range,
    /// What earlier answers make of it: what to say.
    pub corrected: Range,
}

/// A desk as it is seen, with what was learned of it.
#[derive(Debug, Default)]
pub struct Outlook {
    pace: Pace,
    correction: Correction,
    /// For those whose turn comes now, and for those whose turn comes when the desk opens again.
    curves: [Option<Curves>; 2],
}

#[derive(Debug)]
struct Curves {
    made: f64,
    agents: u32,
    at_risk: Option<Curve>,
    ordinary: Option<Curve>,
}

impl Outlook {
    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Where to tell what happens.
    pub const fn pace(&mut self) -> &mut Pace {
        &mut self.pace
    }

    /// A wait is over: see [`Correction::learn`].
    pub fn learn(&mut self, model: Range, group: u16, wait: f64, said: impl Fn(f64) -> f64) {
        self.correction.learn(model, group, wait, said);
    }

    /// What to say to somebody who asks. `None` is unknown.
    pub fn expected(&mut self, asks: Asks) -> Option<Expected> {
        let Asks { now, standing, is_at_risk, is_later, group, at_once } = asks;
        let agents = if is_later { self.pace.usual() } else { self.pace.agents() };
        let is_fresh = |curves: &Curves| {
            curves.agents == agents
                // That nothing is known at all is found at once, and so is that something is.
                && (curves.ordinary.is_some() || curves.at_risk.is_some())
                && now >= curves.made
                && now - curves.made < BELIEVED
        };
        let [soon, later] = &mut self.curves;
        let slot = if is_later { later } else { soon };
        if !slot.as_ref().is_some_and(is_fresh) {
            *slot = Some(Curves::new(&self.pace, now, [agents, at_once], is_later));
        }
        let curves = slot.as_ref()?;
        let Standing { at_risk, ordinary } = standing;
        let (line, seats) = (at_risk.saturating_add(ordinary), agents.saturating_mul(at_once));
        let model = if is_at_risk && line >= seats {
            // Everybody has something in hand, and what is at risk among it was taken first.
            curves.at_risk.as_ref()?.at(at_risk.max(seats))?
        } else if is_at_risk {
            curves.at_risk.as_ref()?.at(line)?
        } else {
            curves.ordinary.as_ref()?.at(line)?
        };
        Some(Expected { model, corrected: self.correction.apply(model, group) })
    }
}

impl Curves {
    fn new(pace: &Pace, now: f64, [agents, at_once]: [u32; 2], is_later: bool) -> Self {
        let handling = pace.handling(now, is_later);
        // Another seed each time: an error of the simulation is not to stay.
        let curve = |is_overtaken| {
            Curve::new(&pace.floor(now, &handling, [agents, at_once], is_overtaken), now.to_bits())
        };
        Self { made: now, agents, at_risk: curve(false), ordinary: curve(true) }
    }
}
