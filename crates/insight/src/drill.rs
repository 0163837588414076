//! The requests behind a figure, in the order of time, in pages.

use std::borrow::Cow;

use standfast_domain::{RequestId, Time};

use crate::axis::Axis;
use crate::block::Block;
use crate::error::Error;
use crate::exposure::Exposure;
use crate::fact::NEVER;
use crate::facts::Facts;
use crate::level::{Opened, has_many};
use crate::measure::{Condition, Duration, Lapse, Recipe};
use crate::query::{Plan, Query};
use crate::rate::known;
use crate::scan::{Apart, Bound, Scratch, Sink, at, one};
use crate::spread::column;
use crate::stock::Line;
use crate::turnover::{Lines, RowClocks};

/// Most requests of a page.
pub const MOST_BEHIND: usize = 500;

/// Which of a figure's requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All that its `n` counts; of what flows, those that came.
    #[default]
    All,
    /// Of a share, those in the numerator; of durations, those that have one; of what flows, those that ended.
    Met,
    /// The others of [`Part::All`]; of what flows, those that were open at the end, where it has one end.
    Unmet,
}

/// A request behind a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The request.
    pub id: RequestId,
    /// The second in which it came.
    pub created_at: Time,
}

/// A page of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The requests, the oldest first.
    pub rows: Vec<Behind>,
    /// Where the page ended, if there are more.
    pub next: Option<After>,
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    second: u32,
    id: i64,
}

impl After {
    /// Reads what [`After`]'s `Display` wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (second, id) = text.split_once('.')?;
        Some(Self { second: second.parse().ok()?, id: id.parse().ok()? })
    }
}

impl std::fmt::Display for After {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.second, self.id)
    }
}

/// Which requests of an answer are wanted.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Codes of the cell's groups, one for each axis; none for the total.
    pub cell: Vec<String>,
    /// Which of the cell's requests.
    pub part: Part,
    /// Where the page before ended.
    pub after: Option<After>,
    /// How many, at most [`MOST_BEHIND`].
    pub limit: usize,
}

/// The requests behind a cell of an answer. `exposure` as in [`crate::answer`].
pub fn behind(
    facts: &Facts,
    query: &Query,
    exposure: Option<&dyn Exposure>,
    selection: &Selection,
) -> Result<Page, Error> {
    let Selection { cell, part, after, limit } = selection;
    let (part, after, limit) = (*part, *after, *limit);
    let mut plan = Plan::new(facts, query)?;
    if cell.is_empty() {
        plan.axes.clear();
    } else if cell.len() != plan.axes.len() {
        return Err(Error::invalid("cell", "malformed"));
    }
    let target = target(facts, &plan, cell)?;
    let has_many = has_many(&query.group) && !plan.axes.is_empty();
    let wanted = match plan.measure.recipe() {
        Recipe::Rate => Wanted::Known { cell: target, days: known(facts, &plan, query, exposure, target)? },
        Recipe::Backlog if has_many => Wanted::Open(Opened::new(&plan, query, target)?),
        Recipe::Flow if has_many => Wanted::turned(&plan, target, part)?,
        _ => Wanted::new(&plan, target, part),
    };
    let limit = limit.clamp(1, MOST_BEHIND);
    let mut rows = Rows {
        wanted: &wanted,
        plan: &plan,
        block: None,
        clocks: None,
        bound: Vec::new(),
        durations: Cow::Borrowed(&[]),
        marks: Vec::new(),
        after,
        found: Vec::new(),
    };
    let (mut apart, mut scratch) = (Apart::default(), Scratch::default());
    for (number, block) in facts.blocks.iter().enumerate().take_while(|_| facts.is_awaited()) {
        let is_over = after.is_some_and(|after| block.created.last().is_none_or(|last| *last < after.second));
        if is_over || !plan.has_rows(block) {
            continue;
        }
        one((number, block), &plan, &mut rows, &mut apart, &mut scratch);
        if rows.found.len() > limit {
            break;
        }
    }
    let mut found = rows.found;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(second, id)| After { second: *second, id: *id });
    let row = |(second, id): &(u32, i64)| Behind {
        id: RequestId(*id),
        created_at: Time(i64::from(*second) * 1_000_000),
    };
    Ok(Page { rows: found.iter().map(row).collect(), next })
}

/// The cell with these codes.
fn target(facts: &Facts, plan: &Plan, codes: &[String]) -> Result<usize, Error> {
    let mut cell = 0;
    for (place, (axis, code)) in plan.axes.iter().zip(codes).enumerate() {
        let group = match axis {
            Axis::Members(members) => {
                let value = members.dimension.find(&facts.names, code).ok().flatten();
                value.and_then(|value| members.values.binary_search(&value).ok())
            }
            Axis::Time(line) => line.moments.iter().position(|moment| moment.code == *code),
        };
        cell += group.ok_or(Error::invalid("cell", "unknown"))? * plan.stride(place);
    }
    Ok(cell)
}

/// What is looked for.
enum Wanted {
    /// Rows of a cell, of which these conditions are met, or not all of them.
    Counted { cell: usize, conditions: Vec<Condition>, met: bool },
    /// Rows of a cell that have a duration, or have none.
    Lasting { cell: usize, duration: Duration, lapse: Lapse, met: bool },
    /// Rows of a cell that came on days of which it is known how many people used the app.
    Known { cell: usize, days: Vec<(u32, u32)> },
    /// Rows that were open at one of many ends.
    Open(Opened),
    /// What came in a cell that has many ends, or ended in it.
    Turned { cell: usize, lines: Lines, part: Part },
    /// What came in a cell, ended in it, or was open at its end.
    Stock { line: Line, group: usize, cell: usize, from: u32, end: u32, until: u32, part: Part },
}

impl Wanted {
    /// What came or ended in a cell that has many ends.
    fn turned(plan: &Plan, cell: usize, part: Part) -> Result<Self, Error> {
        if part == Part::Unmet {
            return Err(Error::invalid("part", "many_ends"));
        }
        // Of one cell few rows are looked at: no table of seconds is worth its making.
        Ok(Self::Turned { cell, lines: Lines::new(plan, 0), part })
    }

    fn new(plan: &Plan, cell: usize, part: Part) -> Self {
        let met = part == Part::Met;
        match (plan.measure.recipe(), part) {
            (recipe @ (Recipe::Backlog | Recipe::Flow), part) => {
                let line = Line::new(plan);
                let (group, cell, end) = line.split(cell);
                // A backlog is what is open.
                let part = if matches!(recipe, Recipe::Backlog) { Part::Unmet } else { part };
                Self::Stock { line, group, cell, from: plan.from, end, until: plan.until, part }
            }
            (Recipe::Share(conditions), Part::Met | Part::Unmet) => Self::Counted { cell, conditions, met },
            (Recipe::Spread(duration, lapse), Part::Met | Part::Unmet) => {
                Self::Lasting { cell, duration, lapse, met }
            }
            _ => Self::Counted { cell, conditions: Vec::new(), met: true },
        }
    }
}

/// Finds them.
struct Rows<'a, 'b> {
    wanted: &'b Wanted,
    plan: &'b Plan,
    block: Option<&'a Block>,
    clocks: RowClocks<'a>,
    bound: Vec<Bound<'a>>,
    durations: Cow<'a, [u32]>,
    marks: Vec<bool>,
    after: Option<After>,
    found: Vec<(u32, i64)>,
}

impl<'a> Sink<'a> for Rows<'a, '_> {
    fn begin(&mut self, _: usize, block: &'a Block) {
        self.block = Some(block);
        match self.wanted {
            Wanted::Counted { conditions, .. } => {
                self.bound = conditions
                    .iter()
                    .map(|one| Bound::new(*one, block, (self.plan.now, &self.plan.open)))
                    .collect();
            }
            Wanted::Lasting { duration, lapse, .. } => {
                self.durations = column(block, *duration, *lapse, &self.plan.open);
            }
            Wanted::Turned { .. } => self.clocks = Lines::clocks(self.plan, block),
            Wanted::Known { .. } | Wanted::Open(_) | Wanted::Stock { .. } => {}
        }
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let Some(block) = self.block else { return };
        self.marks.clear();
        self.marks.resize(rows.len(), true);
        for condition in &self.bound {
            condition.mark(rows, &mut self.marks);
        }
        for ((row, cell), all_met) in rows.iter().zip(cells).zip(&self.marks) {
            let is_wanted = match self.wanted {
                Wanted::Counted { cell: target, met, .. } => *cell as usize == *target && all_met == met,
                Wanted::Lasting { cell: target, met, .. } => {
                    *cell as usize == *target && (at(&self.durations, *row) != NEVER) == *met
                }
                Wanted::Known { cell: target, days } => {
                    let created = at(&block.created, *row);
                    let next = days.partition_point(|(from, _)| *from <= created);
                    let day = next.checked_sub(1).and_then(|day| days.get(day));
                    *cell as usize == *target && day.is_some_and(|(_, until)| created < *until)
                }
                Wanted::Turned { cell: target, lines, part } => {
                    let (created, ended) = block.stay(*row);
                    let second = if *part == Part::Met { ended } else { created };
                    (self.plan.from..self.plan.until).contains(&second)
                        && *cell as usize + lines.reach(&self.clocks, *row, second) == *target
                }
                Wanted::Open(open) => *cell as usize == open.base && open.has(block, *row),
                Wanted::Stock { cell: target, .. } => {
                    *cell as usize == *target && self.wanted.has(block, *row)
                }
            };
            let created = at(&block.created, *row);
            let Some(id) = block.id(usize::from(*row)).filter(|_| is_wanted) else { continue };
            if self.after.is_none_or(|after| (created, id) > (after.second, after.id)) {
                self.found.push((created, id));
            }
        }
    }
}

impl Wanted {
    /// Whether a row came, ended or was open as wanted.
    fn has(&self, block: &Block, row: u16) -> bool {
        let Self::Stock { line, group, from, end: until, until: last, part, .. } = self else { return false };
        let (created, ended) = block.stay(row);
        match part {
            Part::All => created >= *from && line.group(created) == *group,
            Part::Met => ended >= *from && ended < *last && line.group(ended) == *group,
            Part::Unmet => created < *until && ended >= *until,
        }
    }
}
