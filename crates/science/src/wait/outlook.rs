//! What somebody is told who asks now.

use super::{Correction, Curve, Floor, Later, Pace, Range};
use crate::queue::blocked;
use crate::real::len as real_len;

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
pub struct Asks<'a> {
    /// Seconds, on the clock of [`Pace`].
    pub now: f64,
    /// Who is in line.
    pub standing: Standing,
    /// Whether whoever asks goes before others.
    pub is_at_risk: bool,
    /// Whether the desk is closed for them, and who will be there.
    pub later: Option<Later<'a>>,
    /// Waits that go alike; none where that is not known.
    pub group: Option<u16>,
    /// How many of those who wait an agent has in hand at a time.
    pub at_once: u32,
    /// How many of the agents take nothing but what is at risk.
    pub reserved: u32,
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
    reserved: u32,
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

    /// How many agents are there.
    #[must_use]
    pub const fn agents(&self) -> u32 {
        self.pace.agents()
    }

    /// A wait is over: see [`Correction::learn`].
    pub fn learn(&mut self, model: Range, group: u16, wait: f64, said: impl Fn(f64) -> f64) {
        self.correction.learn(model, group, wait, said);
    }

    /// What to say to somebody who asks. `None` is unknown.
    pub fn expected(&mut self, asks: Asks<'_>) -> Option<Expected> {
        let Asks { now, standing, is_at_risk, later, group, at_once, reserved } = asks;
        let is_later = later.is_some();
        let agents = match later {
            Some(later) => later.agents(now)?,
            None => self.pace.agents(),
        };
        let reserved = reserved.min(agents.saturating_sub(1));
        let is_fresh = |curves: &Curves| {
            (curves.agents, curves.reserved) == (agents, reserved)
                // That nothing is known at all is found at once, and so is that something is.
                && (curves.ordinary.is_some() || curves.at_risk.is_some())
                && now >= curves.made
                && now - curves.made < BELIEVED
        };
        let [soon, afterwards] = &mut self.curves;
        let slot = if is_later { afterwards } else { soon };
        if !slot.as_ref().is_some_and(is_fresh) {
            *slot = Some(Curves::new(&self.pace, now, [agents, reserved, at_once], is_later));
        }
        let curves = slot.as_ref()?;
        let Standing { at_risk, ordinary } = standing;
        let kept = reserved.saturating_mul(at_once);
        let seats = agents.saturating_mul(at_once);
        let curve = if is_at_risk { &curves.at_risk } else { &curves.ordinary }.as_ref()?;
        let line = if is_at_risk {
            // What is not at risk is in hand with the others alone.
            let in_hand = if kept > 0 { ordinary.min(seats - kept) } else { ordinary };
            let line = at_risk.saturating_add(in_hand);
            // Once everybody has something in hand, what is at risk among it was taken first.
            if line >= seats { at_risk.max(seats) } else { line }
        } else {
            // What is at risk and in hand with those who are kept for it stands before nobody.
            at_risk.saturating_sub(kept).saturating_add(ordinary)
        };
        let model = match later {
            None => curve.at(line)?,
            Some(later) => later.range(now, agents, curve.at(line)?, curve.at(0)?)?,
        };
        Some(Expected { model, corrected: self.correction.apply(model, group) })
    }
}

impl Curves {
    fn new(pace: &Pace, now: f64, [agents, reserved, at_once]: [u32; 3], is_later: bool) -> Self {
        let handling = pace.handling(now, is_later);
        // Another seed each time: an error of the simulation is not to stay.
        let curve = |floor: &Floor<'_>| Curve::new(floor, now.to_bits());
        let at_risk = pace.floor(now, &handling, [agents, at_once], false);
        let mut ordinary = pace.floor(now, &handling, [agents - reserved, at_once], true);
        ordinary.overtaking *= overflow(ordinary.overtaking, &handling, reserved);
        Self { made: now, agents, reserved, at_risk: curve(&at_risk), ordinary: curve(&ordinary) }
    }
}

/// The share of what comes in at such a rate that finds everybody busy who is kept for it, and so goes before others at the
/// rest of the agents: all of it where nobody is kept; Erlang's loss formula (Erlang 1917) where somebody is.
fn overflow(rate: f64, handling: &[f64], reserved: u32) -> f64 {
    if reserved == 0 || handling.is_empty() {
        return 1.0;
    }
    let mean = handling.iter().sum::<f64>() / real_len(handling.len());
    blocked(rate * mean, reserved).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::super::Staffing;
    use super::*;

    /// Four agents, ten minutes an answer, and every tenth request is at risk.
    fn outlook() -> Outlook {
        let mut outlook = Outlook::new();
        let pace = outlook.pace();
        pace.present(0.0, 4);
        for number in 0..40_i32 {
            pace.joined(0.0, number.into(), number % 10 == 0);
        }
        for number in 0..40_i32 {
            let at = 600.0 * f64::from(number / 4 + 1);
            pace.left(at, number.into());
            pace.answered(at, number.into(), (number % 4).into());
        }
        outlook
    }

    fn median(outlook: &mut Outlook, is_at_risk: bool, standing: Standing, reserved: u32) -> f64 {
        let asks =
            Asks { now: 6_000.0, standing, is_at_risk, later: None, group: None, at_once: 1, reserved };
        outlook.expected(asks).unwrap().model.p50
    }

    #[test]
    fn who_is_kept_for_what_is_at_risk_shortens_its_wait_and_lengthens_the_others() {
        let mut outlook = outlook();
        let standing = Standing { at_risk: 0, ordinary: 40 };
        let at_risk: Vec<_> = (0..4).map(|kept| median(&mut outlook, true, standing, kept)).collect();
        // What is left are the ten minutes of an answer.
        assert!(at_risk.is_sorted_by(|a, b| a >= b) && at_risk[1] < at_risk[0] * 0.9, "{at_risk:?}");
        let others: Vec<_> = (0..4).map(|kept| median(&mut outlook, false, standing, kept)).collect();
        assert!(others.is_sorted() && others[3] > others[0] * 2.0, "a quarter of the people: {others:?}");
        assert_eq!(
            median(&mut outlook, false, standing, 3).to_bits(),
            median(&mut outlook, false, standing, 9).to_bits(),
            "one is always left"
        );
    }

    #[test]
    fn who_comes_before_the_desk_opens_waits_by_the_roster() {
        let mut outlook = outlook();
        let hours = |from: f64, until: f64| (6_000.0 + from * 3_600.0, 6_000.0 + until * 3_600.0);
        let mut asked = |ahead: u32, able: &[(f64, f64)]| {
            let everybody = Staffing::new([hours(0.0, 10.0), hours(10.0, 18.0), hours(10.0, 18.0)]);
            let able = Staffing::new(able.iter().copied());
            let later = Later { opens: hours(10.0, 0.0).0, everybody: &everybody, able: &able };
            let standing = Standing { at_risk: 0, ordinary: ahead };
            let asks = Asks {
                now: 6_000.0,
                standing,
                is_at_risk: false,
                later: Some(later),
                group: None,
                at_once: 1,
                reserved: 0,
            };
            outlook.expected(asks).map(|expected| expected.model)
        };
        let both = [hours(10.0, 18.0), hours(10.0, 18.0)];
        let short = asked(6, &both).unwrap();
        // Ten minutes an answer, and all others are answered by then.
        assert!(short.p50 < 1_200.0 && short.p80 < 2.0 * 3_600.0, "{short:?}");
        let long = asked(50, &both).unwrap();
        // Those who know the language may have to answer everybody.
        assert!(long.p50 > short.p50 && long.p80 > 4.0 * 3_600.0, "{long:?}");
        assert_eq!(asked(6, &[]), None, "nobody is to be there for them");
        assert_eq!(asked(6, &[hours(11.0, 18.0)]).map(|range| range.p50 > 3_600.0), Some(true));
    }

    #[test]
    fn what_overflows_is_erlangs_loss() {
        // One erlang at one line: one half is lost.
        assert!((overflow(1.0 / 600.0, &[600.0], 1) - 0.5).abs() < 1e-12);
        assert!((overflow(1.0 / 600.0, &[600.0], 2) - 0.2).abs() < 1e-12);
        assert!((overflow(1.0, &[600.0], 0) - 1.0).abs() < 1e-12);
    }
}
