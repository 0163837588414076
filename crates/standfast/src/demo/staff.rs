//! Who answers when: shifts, days off, and how much there is to do.

use std::time::Duration;

use standfast_domain::{Language, Role, Time};

use super::calendar::{DAY, day_of};
use super::draw::Draw;
use super::story::{Colleague, Names};

const MINUTE: Duration = Duration::from_mins(1);
/// Length of a shift.
const SHIFT: Duration = Duration::from_hours(9);

/// What has to be done, and what it needs.
pub(super) struct Task<'a> {
    /// Since when the customer waits for it.
    pub(super) at: Time,
    pub(super) language: Language,
    pub(super) team: &'a str,
    /// 0 to 4.
    pub(super) urgency: u8,
    pub(super) at_risk: bool,
    /// Who looked after the request so far.
    pub(super) before: Option<usize>,
    /// How long it takes.
    pub(super) takes: Duration,
}

/// Somebody who answers.
#[derive(Debug)]
struct Member {
    role: Role,
    teams: Vec<String>,
    languages: Vec<Language>,
    /// When the shift begins, after midnight UTC.
    begins: Duration,
    /// Days off, counted from Monday.
    off: [usize; 2],
    /// Until then other things are being done.
    busy_until: Time,
}

impl Member {
    fn new(at: usize, colleague: &Colleague) -> Self {
        // Those whose first language is Chinese begin at 9, 11 or 13 o'clock in China, the others from 7 to 13 UTC.
        let third = u64::try_from(at % 3).unwrap_or_default();
        let hours = match colleague.languages.first() {
            Some(Language::Chinese) => 1 + 2 * third,
            _ => 7 + 3 * third,
        };
        Self {
            role: colleague.role,
            teams: colleague.teams.clone(),
            languages: colleague.languages.clone(),
            begins: Duration::from_hours(hours),
            off: [(5 + 2 * at) % 7, (6 + 2 * at) % 7],
            busy_until: Time(0),
        }
    }

    /// The first moment from `at` on at which this member works.
    fn on_duty(&self, at: Time) -> Time {
        let midnight = Time(day_of(at).0 * i64::try_from(DAY.as_micros()).unwrap_or(i64::MAX));
        // A shift that began yesterday can still go on; days off come at most two in a row.
        for day in 0..5_u32 {
            let begins = midnight.minus(DAY).plus(DAY * day).plus(self.begins);
            let weekday = day_of(begins).1;
            let ends = begins.plus(SHIFT);
            if !self.off.contains(&weekday) && at < ends {
                return at.max(begins);
            }
        }
        at
    }

    /// How long others are waited for before this one takes the task.
    fn reluctance(&self, task: &Task<'_>, is_before: bool) -> Duration {
        let pressing = task.at_risk || task.urgency <= 1;
        let mut minutes = match self.role {
            Role::Lead if pressing => 2,
            Role::Admin if pressing => 25,
            Role::Lead => 20,
            Role::Admin => 300,
            Role::Agent | Role::Analyst => 0,
        };
        if self.teams.iter().all(|team| team != task.team) {
            minutes += if pressing { 15 } else { 100 };
        }
        if task.before.is_some() && !is_before {
            minutes += if pressing { 20 } else { 150 };
        }
        MINUTE * minutes
    }
}

/// The people of the demo desk, in the order of `names.json`.
#[derive(Debug)]
pub(super) struct Staff {
    members: Vec<Member>,
    draw: Draw,
}

impl Staff {
    pub(super) fn new(names: &Names, draw: Draw) -> Self {
        let members = names.agents.iter().enumerate().map(|(at, agent)| Member::new(at, agent)).collect();
        Self { members, draw }
    }

    /// Whether an agent works at this time.
    pub(super) fn is_on_duty(&self, agent: usize, at: Time) -> bool {
        self.members.get(agent).is_some_and(|member| member.on_duty(at) == at)
    }

    /// Those who work at this time and whose first task it is to answer.
    pub(super) fn at_work(&self, at: Time) -> impl Iterator<Item = usize> {
        let answers = |member: &Member| matches!(member.role, Role::Agent | Role::Lead);
        let there = move |member: &Member| answers(member) && member.on_duty(at) == at;
        self.members.iter().enumerate().filter(move |(_, member)| there(member)).map(|(place, _)| place)
    }

    /// Gives a task to whoever gets to it first: who it is, and when they begin. `None` when nobody can do it.
    ///
    /// Tasks come in the order in which customers began to wait. Where assets are at risk, whatever else an agent is
    /// doing is left, and the safety team is called at night.
    pub(super) fn take(&mut self, task: &Task<'_>) -> Option<(usize, Time)> {
        let look = self.look(task);
        let called = task.at.plus(look).plus(self.draw.minutes(6.0, 25.0));
        let mut best: Option<(Time, usize, Time)> = None;
        for (at, member) in self.members.iter().enumerate() {
            if member.role == Role::Analyst || !member.languages.contains(&task.language) {
                continue;
            }
            let free = if task.at_risk { task.at } else { task.at.max(member.busy_until) };
            let mut begins = member.on_duty(member.on_duty(free).plus(look));
            if task.at_risk && member.teams.iter().any(|team| team == task.team) {
                begins = begins.min(called);
            }
            let wish = begins.plus(member.reluctance(task, task.before == Some(at)));
            if best.is_none_or(|(known, ..)| wish < known) {
                best = Some((wish, at, begins));
            }
        }
        let (_, at, begins) = best?;
        let member = self.members.get_mut(at)?;
        // Before the task there was time for others; what lies between is only the wait for a quiet moment.
        let works_from = member.on_duty(task.at.max(member.busy_until)).min(begins);
        member.busy_until = works_from.plus(task.takes);
        Some((at, begins))
    }

    /// How long it takes until a free agent gets to it: the more pressing, the sooner.
    fn look(&self, task: &Task<'_>) -> Duration {
        let look = match task.urgency {
            _ if task.at_risk => self.draw.minutes(0.8, 5.0),
            0 | 1 => self.draw.minutes(2.0, 18.0),
            2 => self.draw.minutes(3.0, 55.0),
            3 => self.draw.minutes(6.0, 140.0),
            _ => self.draw.minutes(20.0, 500.0),
        };
        // Who talks with somebody already is quicker to answer.
        if task.before.is_some() { look / 3 } else { look }
    }
}

#[cfg(test)]
mod tests {
    use super::super::story::Content;
    use super::*;

    fn task(at: Time, urgency: u8, at_risk: bool) -> Task<'static> {
        let takes = MINUTE * 10;
        Task { at, language: Language::Chinese, team: "security", urgency, at_risk, before: None, takes }
    }

    #[test]
    fn the_pressing_is_answered_at_any_hour_and_the_rest_by_day() {
        let content = Content::load().unwrap();
        let mut staff = Staff::new(&content.names, Draw::new(1));
        // Four in the morning in China.
        let night = Time::parse("2026-11-20T20:00:00Z").unwrap();
        for day in 0..30 {
            let at = night.plus(DAY * day);
            let (_, begins) = staff.take(&task(at, 0, true)).unwrap();
            assert!(begins.since(at) < MINUTE * 35, "{:?}", begins.since(at));
            let (who, begins) = staff.take(&task(at, 3, false)).unwrap();
            assert!(begins >= at && begins.since(at) < DAY * 2, "{:?}", begins.since(at));
            assert_eq!(staff.members[who].on_duty(begins), begins);
            assert_ne!(staff.members[who].role, Role::Analyst);
        }
    }

    #[test]
    fn a_crowd_waits_longer() {
        let content = Content::load().unwrap();
        let at = Time::parse("2026-11-20T03:00:00Z").unwrap();
        let mut staff = Staff::new(&content.names, Draw::new(1));
        let waits: Vec<Duration> =
            (0..120).map(|_| staff.take(&task(at, 2, false)).unwrap().1.since(at)).collect();
        let first: Duration = waits[..20].iter().sum();
        let last: Duration = waits[100..].iter().sum();
        assert!(last > first * 3, "{first:?} {last:?}");
    }
}
