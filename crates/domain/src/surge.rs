//! How far a desk is from its ordinary course, in four levels, and when the level changes.
//!
//! What is seen each minute is noisy: the line grows by a few and shrinks by a few. So a level begins when what speaks for it has
//! done so for some minutes without a break, at the height that it had throughout; it ends only when the load has been clearly
//! below where the level begins for much longer, and then by one level at a time. Up fast, down slow, and between two
//! thresholds nothing moves at all (hysteresis: Schmitt 1938).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far the desk is from its ordinary course.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As always.
    #[default]
    Normal,
    /// The people present are just not enough.
    Busy,
    /// Far more ask than can be answered within the promise.
    Surge,
    /// So many that the desk has to work in another way.
    Storm,
}

impl Level {
    /// Every level, the lowest first.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Busy, Self::Surge, Self::Storm];

    /// The next lower one.
    #[must_use]
    pub const fn below(self) -> Self {
        match self {
            Self::Normal | Self::Busy => Self::Normal,
            Self::Surge => Self::Busy,
            Self::Storm => Self::Surge,
        }
    }

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Busy => "busy",
            Self::Surge => "surge",
            Self::Storm => "storm",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// What speaks for a level.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SurgeCause {
    /// The line, held against what the people present can answer.
    Load,
    /// An alarm: more requests come than were to be expected.
    Alarm,
    /// An event that people entered: many were to be expected.
    Expected,
    /// A figure of another system, such as a price or the congestion of a chain.
    Signal,
    /// Somebody said so.
    Person,
}

impl SurgeCause {
    /// Every cause.
    pub const ALL: [Self; 5] = [Self::Load, Self::Alarm, Self::Expected, Self::Signal, Self::Person];

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Alarm => "alarm",
            Self::Expected => "expected",
            Self::Signal => "signal",
            Self::Person => "person",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text)
    }
}

/// The part of the line that the people present can answer within the promise fills: 1 when it takes exactly that long to answer
/// everybody who waits, 2 when it takes twice as long. `present` are people, each as often as they have somebody in hand at a time.
/// Where nobody is present it is reckoned as if one were: that nobody is there is a gap, not a surge, but a line that grows all
/// the same is one.
#[must_use]
pub fn load(waiting: u32, handling: Duration, present: u32, within: Duration) -> f64 {
    let work = f64::from(waiting) * handling.as_secs_f64();
    work / (f64::from(present.max(1)) * within.as_secs_f64().max(1.0))
}

/// When a level begins and ends.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurgeRules {
    /// The load at which it is busy.
    pub busy: f64,
    /// The load at which it is a surge.
    pub surge: f64,
    /// The load at which it is a storm.
    pub storm: f64,
    /// The part of such a load below which that level is over, more than 0 and less than 1.
    pub leave: f64,
    /// Minutes that speak for a higher level before it begins.
    pub up_minutes: u32,
    /// Minutes that speak for a lower level before it ends; then one level is left.
    pub down_minutes: u32,
}

impl Default for SurgeRules {
    fn default() -> Self {
        Self { busy: 1.0, surge: 2.0, storm: 4.0, leave: 0.7, up_minutes: 2, down_minutes: 15 }
    }
}

impl SurgeRules {
    /// Which member makes no sense, if one does: thresholds rise, and leaving is slower than entering.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let is_load = |load: f64| load.is_finite() && (0.01..=1_000.0).contains(&load);
        if !is_load(self.busy) {
            return Some("busy");
        }
        if !is_load(self.surge) || self.surge <= self.busy {
            return Some("surge");
        }
        if !is_load(self.storm) || self.storm <= self.surge {
            return Some("storm");
        }
        if !self.leave.is_finite() || !(0.1..=0.95).contains(&self.leave) {
            return Some("leave");
        }
        if !(1..=60).contains(&self.up_minutes) {
            return Some("up_minutes");
        }
        if self.down_minutes < self.up_minutes || self.down_minutes > 24 * 60 {
            return Some("down_minutes");
        }
        None
    }

    /// The level that a load speaks for, when `part` of each threshold is enough.
    fn level(&self, load: f64, part: f64) -> Level {
        let thresholds = [(self.storm, Level::Storm), (self.surge, Level::Surge), (self.busy, Level::Busy)];
        let reached = thresholds.into_iter().find(|(threshold, _)| load >= threshold * part);
        reached.map_or(Level::Normal, |(_, level)| level)
    }
}

/// What is seen at a look.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Evidence<'a> {
    /// See [`load`]; `None` where it cannot be told. What is unknown moves nothing.
    pub load: Option<f64>,
    /// What speaks for a level at least, whatever the load.
    pub floors: &'a [(SurgeCause, Level)],
}

impl Evidence<'_> {
    fn floor(&self) -> Level {
        self.floors.iter().map(|(_, level)| *level).max().unwrap_or_default()
    }

    /// What speaks for this level or a higher one.
    fn causes(&self, rules: &SurgeRules, part: f64, level: Level) -> Vec<SurgeCause> {
        let by_load = self.load.is_some_and(|load| rules.level(load, part) >= level);
        let others = self.floors.iter().filter(|(_, floor)| *floor >= level).map(|(cause, _)| *cause);
        let mut causes: Vec<_> = by_load.then_some(SurgeCause::Load).into_iter().chain(others).collect();
        causes.sort_unstable();
        causes.dedup();
        causes
    }
}

/// The level changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// What it was.
    pub from: Level,
    /// What it is.
    pub to: Level,
    /// What speaks for it; for a lower level, that the load went down.
    pub causes: Vec<SurgeCause>,
}

/// Looks one after the other that speak for another level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Run {
    looks: u32,
    /// What all of them speak for.
    to: Level,
}

/// The level, and what has been seen of late that speaks for another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Course {
    level: Level,
    rising: Option<Run>,
    falling: Option<Run>,
}

impl Course {
    /// The level now.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// What one look makes of it, one look a minute.
    pub fn look(&mut self, rules: &SurgeRules, seen: &Evidence<'_>) -> Option<Change> {
        let floor = seen.floor();
        let by_load = seen.load.map(|load| (rules.level(load, 1.0), rules.level(load, rules.leave)));
        // Without a load, nothing speaks against the level that there is.
        let (reached, kept) = by_load.unwrap_or((Level::Normal, self.level));
        let (reached, kept) = (reached.max(floor), kept.max(floor));
        self.rising = (reached > self.level).then(|| Run {
            looks: self.rising.map_or(0, |run| run.looks) + 1,
            to: self.rising.map_or(reached, |run| run.to.min(reached)),
        });
        self.falling = (kept < self.level)
            .then(|| Run { looks: self.falling.map_or(0, |run| run.looks) + 1, to: self.level.below() });
        if let Some(run) = self.rising.filter(|run| run.looks >= rules.up_minutes) {
            return Some(self.step(run.to, seen.causes(rules, 1.0, run.to)));
        }
        let run = self.falling.filter(|run| run.looks >= rules.down_minutes)?;
        let mut causes = seen.causes(rules, rules.leave, Level::Busy.max(run.to));
        if causes.is_empty() {
            causes.push(SurgeCause::Load);
        }
        Some(self.step(run.to, causes))
    }

    fn step(&mut self, to: Level, causes: Vec<SurgeCause>) -> Change {
        let from = self.level;
        *self = Self { level: to, rising: None, falling: None };
        Change { from, to, causes }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Entropy, SeededEntropy};

    const NONE: &[(SurgeCause, Level)] = &[];

    fn load_of(load: f64) -> Evidence<'static> {
        Evidence { load: Some(load), floors: NONE }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        assert!(Level::ALL.into_iter().all(|level| Level::parse(level.as_str()) == Some(level)));
        assert!(SurgeCause::ALL.into_iter().all(|cause| SurgeCause::parse(cause.as_str()) == Some(cause)));
        assert!(Level::ALL.is_sorted());
    }

    #[test]
    fn load_is_one_when_everybody_is_answered_just_in_time() {
        let (handling, within) = (Duration::from_mins(5), Duration::from_mins(30));
        assert!((load(12, handling, 2, within) - 1.0).abs() < 1e-12);
        assert!((load(12, handling, 0, within) - 2.0).abs() < 1e-12, "as if one were there");
        assert!(load(0, handling, 0, within).abs() < f64::EPSILON);
    }

    #[test]
    fn rules_that_make_no_sense_are_named() {
        let good = SurgeRules::default();
        assert_eq!(good.fault(), None);
        for (rules, fault) in [
            (SurgeRules { busy: 0.0, ..good }, "busy"),
            (SurgeRules { busy: f64::NAN, ..good }, "busy"),
            (SurgeRules { surge: 1.0, ..good }, "surge"),
            (SurgeRules { storm: 1.5, ..good }, "storm"),
            (SurgeRules { leave: 1.0, ..good }, "leave"),
            (SurgeRules { up_minutes: 0, ..good }, "up_minutes"),
            (SurgeRules { down_minutes: 1, ..good }, "down_minutes"),
        ] {
            assert_eq!(rules.fault(), Some(fault));
        }
    }

    #[test]
    fn it_rises_to_what_was_seen_throughout_and_falls_by_one_level() {
        let rules = SurgeRules { up_minutes: 3, down_minutes: 5, ..SurgeRules::default() };
        let mut course = Course::default();
        assert_eq!(course.look(&rules, &load_of(9.0)), None, "one look is chance");
        assert_eq!(course.look(&rules, &load_of(2.5)), None);
        let risen = course.look(&rules, &load_of(5.0)).unwrap();
        assert_eq!(risen, Change { from: Level::Normal, to: Level::Surge, causes: vec![SurgeCause::Load] });
        let looks: Vec<_> = (0..10).filter_map(|_| course.look(&rules, &load_of(0.0))).collect();
        assert_eq!(looks.iter().map(|change| change.to).collect::<Vec<_>>(), [Level::Busy, Level::Normal]);
    }

    #[test]
    fn an_alarm_is_a_floor_and_what_is_unknown_moves_nothing() {
        let rules = SurgeRules::default();
        let mut course = Course::default();
        let alarm = [(SurgeCause::Alarm, Level::Surge)];
        let seen = Evidence { load: Some(0.1), floors: &alarm };
        assert_eq!(course.look(&rules, &seen), None);
        assert_eq!(course.look(&rules, &seen).unwrap().causes, [SurgeCause::Alarm]);
        let unknown = Evidence { load: None, floors: NONE };
        assert!((0..1_000).all(|_| course.look(&rules, &unknown).is_none()));
        assert_eq!(course.level(), Level::Surge);
        let mut calm = Course::default();
        assert!((0..1_000).all(|_| calm.look(&rules, &unknown).is_none()));
    }

    fn any_rules() -> impl Strategy<Value = SurgeRules> {
        (0.1..3.0_f64, 0.1..3.0_f64, 0.1..3.0_f64, 0.2..0.95_f64, 1..10_u32, 0..40_u32).prop_map(
            |(busy, more, most, leave, up, longer)| SurgeRules {
                busy,
                surge: busy + more,
                storm: busy + more + most,
                leave,
                up_minutes: up,
                down_minutes: up + longer,
            },
        )
    }

    fn any_looks() -> impl Strategy<Value = Vec<(Option<f64>, Option<Level>)>> {
        let floor = proptest::option::weighted(0.1, proptest::sample::select(Level::ALL.to_vec()));
        proptest::collection::vec((proptest::option::weighted(0.9, 0.0..12.0_f64), floor), 1..600)
    }

    proptest! {
        /// Whatever is seen: it falls at most once in `down_minutes`, and rises at most as often as it falls, and three times more.
        #[test]
        fn changes_are_bounded_whatever_is_seen(rules in any_rules(), looks in any_looks()) {
            prop_assert_eq!(rules.fault(), None);
            let mut course = Course::default();
            let (mut rises, mut falls) = (0, 0);
            for (load, floor) in &looks {
                let floors: Vec<_> = floor.iter().map(|level| (SurgeCause::Alarm, *level)).collect();
                let before = course.level();
                if let Some(change) = course.look(&rules, &Evidence { load: *load, floors: &floors }) {
                    prop_assert_eq!((change.from, change.to), (before, course.level()));
                    prop_assert!(!change.causes.is_empty());
                    if change.to > change.from { rises += 1 } else {
                        falls += 1;
                        prop_assert_eq!(change.to, change.from.below());
                    }
                } else {
                    prop_assert_eq!(before, course.level());
                }
            }
            let most = looks.len() / rules.down_minutes as usize;
            prop_assert!(falls <= most, "{falls} falls in {} looks", looks.len());
            prop_assert!(rises <= falls + 3, "{rises} rises, {falls} falls");
        }

        /// Noise between where a level ends and where the next one begins never moves it.
        #[test]
        fn noise_in_the_band_moves_nothing(rules in any_rules(), noise in proptest::collection::vec(0.0..1.0_f64, 1..500)) {
            let mut course = Course::default();
            for _ in 0..rules.up_minutes {
                course.look(&rules, &load_of(rules.busy));
            }
            prop_assert_eq!(course.level(), Level::Busy);
            let (low, high) = (rules.busy * rules.leave, rules.surge);
            for part in noise {
                prop_assert_eq!(course.look(&rules, &load_of(low + (high - low) * part * 0.999)), None);
            }
        }

        /// It never rises above what every one of the last looks has spoken for, and rises as soon as they have.
        #[test]
        fn it_rises_as_soon_as_it_may_and_no_higher(rules in any_rules(), looks in any_looks()) {
            let mut course = Course::default();
            let mut reached = Vec::new();
            for (load, floor) in looks {
                let floors: Vec<_> = floor.iter().map(|level| (SurgeCause::Signal, *level)).collect();
                let by_load = load.map_or(Level::Normal, |load| rules.level(load, 1.0));
                reached.push(by_load.max(floor.unwrap_or_default()));
                let change = course.look(&rules, &Evidence { load, floors: &floors });
                let last = reached.iter().rev().take(rules.up_minutes as usize).copied();
                if let Some(change) = change.filter(|change| change.to > change.from) {
                    prop_assert!(last.clone().all(|level| level >= change.to));
                }
            }
            // A load that stays is reached in time, and left in time.
            for _ in 0..rules.up_minutes * 2 { course.look(&rules, &load_of(rules.storm)); }
            prop_assert_eq!(course.level(), Level::Storm);
            for _ in 0..rules.down_minutes * 3 { course.look(&rules, &load_of(0.0)); }
            prop_assert_eq!(course.level(), Level::Normal);
        }

        /// What is kept between two looks is read as it was written.
        #[test]
        fn a_course_goes_on_after_a_restart(rules in any_rules(), looks in any_looks()) {
            let (mut one, mut other) = (Course::default(), Course::default());
            for (load, _) in looks {
                let seen = Evidence { load, floors: NONE };
                other = serde_json::from_str(&serde_json::to_string(&other).unwrap()).unwrap();
                prop_assert_eq!(one.look(&rules, &seen), other.look(&rules, &seen));
            }
        }
    }

    /// A number between 0 and 1.
    fn part(entropy: &dyn Entropy) -> f64 {
        let mut bytes = [0; 4];
        entropy.fill(&mut bytes);
        f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
    }

    /// A desk of eight, who each answer one in five minutes, for a day of minutes: arrivals at `share` of what they can do, ten times
    /// as many from noon for half an hour. What comes back: the load each minute.
    fn day_of(seed: u64, share: f64, crowd: bool) -> Vec<f64> {
        let entropy = SeededEntropy::new(seed);
        let mut waiting = 0_u32;
        let chances = |mean: f64| {
            // Poisson by Knuth's product.
            let (end, mut product, mut count) = ((-mean).exp(), part(&*entropy), 0_u32);
            while product > end {
                product *= part(&*entropy);
                count += 1;
            }
            count
        };
        (0..24 * 60)
            .map(|minute| {
                let rush = if crowd && (720..750).contains(&minute) { 10.0 } else { 1.0 };
                waiting += chances(8.0 / 5.0 * share * rush);
                waiting -= chances(8.0 / 5.0).min(waiting);
                load(waiting, Duration::from_mins(5), 8, Duration::from_mins(30))
            })
            .collect()
    }

    #[test]
    fn a_simulated_flash_crowd_is_a_storm_within_minutes_and_one_surge() {
        let rules = SurgeRules::default();
        for seed in 0..40 {
            let (mut course, mut changes) = (Course::default(), Vec::new());
            for (minute, load) in day_of(seed, 0.6, true).into_iter().enumerate() {
                changes.extend(course.look(&rules, &load_of(load)).map(|change| (minute, change.to)));
            }
            let storm = changes.iter().find(|(_, to)| *to == Level::Storm).unwrap();
            assert!((720..750).contains(&storm.0), "seed {seed}: {changes:?}");
            let busy = changes.iter().find(|(_, to)| *to > Level::Normal).unwrap();
            assert!((720..732).contains(&busy.0), "seed {seed}: {changes:?}");
            assert!(changes.len() <= 6, "three up at most, three down: seed {seed}: {changes:?}");
            assert_eq!(course.level(), Level::Normal, "seed {seed}");
        }
    }

    #[test]
    fn a_simulated_desk_at_its_limit_does_not_flap() {
        let rules = SurgeRules::default();
        let (mut ours, mut plain, mut days) = (0, 0, 0);
        for seed in 0..40 {
            let loads = day_of(seed, 1.0, false);
            let mut course = Course::default();
            ours += loads.iter().filter(|load| course.look(&rules, &load_of(**load)).is_some()).count();
            // The same thresholds without memory.
            let levels: Vec<_> = loads.iter().map(|load| rules.level(*load, 1.0)).collect();
            plain += levels.windows(2).filter(|pair| pair.first() != pair.last()).count();
            days += 1;
        }
        assert!(ours <= 12 * days, "{ours} changes in {days} days");
        assert!(ours * 3 < plain, "{ours} against {plain} without memory");
    }
}
