//! A report in words and numbers, before it is a file. What is drawn and what is in a table say the same.

use standfast_domain::Language;
use standfast_insight::Unit;

/// A report.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) language: Language,
    /// Name of the report.
    pub(crate) title: String,
    /// Name of the desk.
    pub(crate) desk: String,
    /// The period in words.
    pub(crate) period: String,
    /// What it is compared with, the zone, the filter, when it was made: one line each.
    pub(crate) about: Vec<String>,
    pub(crate) blocks: Vec<Block>,
    /// The same view live.
    pub(crate) link: String,
}

/// A section.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) title: String,
    /// What is to be read first: findings in words, and the events that the drawing shows.
    pub(crate) said: Vec<String>,
    /// What is meant and what is left out.
    pub(crate) notes: Vec<String>,
    pub(crate) drawing: Drawing,
    pub(crate) table: Table,
    /// The same view live.
    pub(crate) link: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Drawing {
    /// Figures beside each other.
    Tiles(Vec<Tile>),
    /// A line over time.
    Line { points: Vec<Point>, unit: Unit, now: String, before: String, marks: Vec<Mark> },
    /// What leads from one number to another.
    Steps(Vec<Step>),
    /// The table itself.
    Rows,
    /// Nothing but words; the table stands behind them.
    Hidden,
    /// A bar for each row of the table, by the number in its second column.
    Bars,
    /// Two bars for each point.
    Pairs { points: Vec<(String, f64, f64)>, names: [String; 2] },
    /// Counts by weekday (rows) and hour.
    Heat { rows: Vec<(String, Vec<u64>)> },
}

/// Of which other days a figure is, because its own have not been over for long enough.
#[derive(Clone, Debug)]
pub(crate) struct Aged {
    /// What is said of it.
    pub(crate) text: String,
    /// The address of the same view of these days.
    pub(crate) link: String,
}

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Tile {
    pub(crate) name: String,
    pub(crate) value: String,
    /// What it is of: `83 of 97`, the P90.
    pub(crate) detail: String,
    /// The period that it is of, where that is not the report's.
    pub(crate) aged: Option<Aged>,
    pub(crate) change: String,
    pub(crate) small: bool,
}

/// A step of time.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) label: String,
    pub(crate) value: Option<f64>,
    /// The same step of the period before.
    pub(crate) was: Option<f64>,
    /// Of few requests, or cut off.
    pub(crate) weak: bool,
}

/// An event on a drawing over time.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// The step in which it began.
    pub(crate) place: usize,
    /// By what the words beside the drawing name it.
    pub(crate) sign: String,
}

/// A bar from one height to another.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) label: String,
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// It stands on the ground.
    pub(crate) is_whole: bool,
}

impl Step {
    pub(crate) const fn whole(label: String, size: f64) -> Self {
        Self { label, from: 0.0, to: size, is_whole: true }
    }

    /// What goes on from where the last one ended.
    pub(crate) fn part(label: String, before: &[Self], size: f64) -> Self {
        let from = before.last().map_or(0.0, |step| step.to);
        Self { label, from, to: from + size, is_whole: false }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
}

/// A cell.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    /// A change in words. It may begin with its sign, and nothing that anybody else wrote is in it.
    Change(String),
    /// The number, its unit, and how it is said.
    Number(f64, Unit, String),
    Nothing,
}

impl Value {
    pub(crate) fn said(&self) -> &str {
        match self {
            Self::Text(text) | Self::Change(text) | Self::Number(_, _, text) => text,
            Self::Nothing => "–",
        }
    }
}
