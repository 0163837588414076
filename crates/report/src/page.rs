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
    Line { points: Vec<Point>, unit: Unit, now: String, before: String },
    /// A bar for each row of the table, by the number in its second column.
    Bars,
    /// Two bars for each point.
    Pairs { points: Vec<(String, f64, f64)>, names: [String; 2] },
    /// Counts by weekday (rows) and hour.
    Heat { rows: Vec<(String, Vec<u64>)> },
}

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Tile {
    pub(crate) name: String,
    pub(crate) value: String,
    /// What it is of: `83 of 97`, the P90.
    pub(crate) detail: String,
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

#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
}

/// A cell.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    /// The number, its unit, and how it is said.
    Number(f64, Unit, String),
    Nothing,
}

impl Value {
    pub(crate) fn said(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(_, _, text) => text,
            Self::Nothing => "–",
        }
    }
}
