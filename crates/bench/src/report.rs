//! What was found, for people and for programs.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::{Options, machine};

/// What a figure is held against.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limit {
    /// For reading only.
    None,
    /// The value is at most this.
    Most(f64),
    /// The value is at least this.
    Least(f64),
    /// The ratio is at most this.
    RatioMost(f64),
    /// The ratio is at least this.
    RatioLeast(f64),
}

impl Limit {
    fn text(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Most(most) => Some(format!("value <= {most}")),
            Self::Least(least) => Some(format!("value >= {least}")),
            Self::RatioMost(most) => Some(format!("ratio <= {most}")),
            Self::RatioLeast(least) => Some(format!("ratio >= {least}")),
        }
    }

    fn is_met(self, value: f64, ratio: Option<f64>) -> Option<bool> {
        match self {
            Self::None => None,
            Self::Most(most) => Some(value <= most),
            Self::Least(least) => Some(value >= least),
            Self::RatioMost(most) => ratio.map(|ratio| ratio <= most),
            Self::RatioLeast(least) => ratio.map(|ratio| ratio >= least),
        }
    }
}

/// One figure, as `docs/benchmarks.json` lists it.
#[derive(Debug, Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    limit: Option<String>,
    ratio: Option<f64>,
    command: String,
    #[serde(skip)]
    met: Option<bool>,
}

/// Everything that was found in a run.
#[derive(Debug)]
pub(crate) struct Report {
    about: String,
    quick: bool,
    figures: Vec<Figure>,
    notes: String,
    command: String,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        let set: Vec<_> = options.settings.iter().map(|setting| format!(", {setting}")).collect();
        let about = format!("{}{}", machine::describe(), set.concat());
        Self {
            about,
            quick: options.quick,
            figures: Vec::new(),
            notes: String::new(),
            command: String::new(),
        }
    }

    /// Begins a part: its heading, its command, and how busy the machine was before.
    pub(crate) fn begin(&mut self, options: &Options, part: &str, title: &str) {
        self.command = options.command(part);
        let _ = write!(self.notes, "\n## {title}\n\n");
        self.say(&format!("`{}`. Load of the machine before: {}.", self.command, machine::load()));
    }

    /// A paragraph of what was done and found beside the figures.
    pub(crate) fn say(&mut self, text: &str) {
        println!("{text}");
        let _ = write!(self.notes, "{text}\n\n");
    }

    /// A figure; see docs/benchmarks.json.
    pub(crate) fn figure(
        &mut self,
        name: &str,
        value: f64,
        unit: &'static str,
        ratio: Option<f64>,
        limit: Limit,
    ) {
        let met = limit.is_met(value, ratio);
        let (value, ratio) = (rounded(value), ratio.map(rounded));
        let figure = Figure {
            name: name.to_owned(),
            value,
            unit,
            limit: limit.text(),
            ratio,
            command: self.command.clone(),
            met,
        };
        println!("  {}", figure.line());
        self.figures.push(figure);
    }

    /// Writes both reports into a folder.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut json = serde_json::to_string_pretty(&self.figures)?;
        json.push('\n');
        std::fs::write(folder.join("benchmarks.json"), json)?;
        std::fs::write(folder.join("benchmarks.md"), self.markdown())?;
        println!("written to {}", folder.join("benchmarks.md").display());
        Ok(())
    }

    fn markdown(&self) -> String {
        let mut out = String::from(
            "# Benchmarks\n\nWritten by `make bench`; not edited by hand. Server and load share the cores of one \
             machine, so that every figure includes the cost of the load. Where a rate is given, latency counts from \
             the moment at which a message was due (open loop). Percentiles are exact. Figures depend on what else the \
             machine does: each part says how busy it was. The same list for programs: `benchmarks.json`.\n\n",
        );
        let _ = writeln!(out, "Machine: {}.\n", self.about);
        if self.quick {
            out.push_str("**A quick run for trying the bench: the figures mean little.**\n\n");
        }
        out.push_str("| Figure | Value | Unit | Ratio | Limit | |\n|---|---:|---|---:|---|---|\n");
        for f in &self.figures {
            let met = match f.met {
                Some(true) => "met",
                Some(false) => "**missed**",
                None => "",
            };
            let ratio = f.ratio.map(|ratio| ratio.to_string()).unwrap_or_default();
            let limit = f.limit.clone().unwrap_or_default();
            let _ = writeln!(out, "| `{}` | {} | {} | {ratio} | {limit} | {met} |", f.name, f.value, f.unit);
        }
        out.push_str(self.notes.trim_end());
        out.push('\n');
        out
    }
}

impl Figure {
    fn line(&self) -> String {
        let ratio = self.ratio.map(|ratio| format!(", ratio {ratio}")).unwrap_or_default();
        let limit = match (&self.limit, self.met) {
            (Some(limit), Some(true)) => format!(" ({limit}: met)"),
            (Some(limit), Some(false)) => format!(" ({limit}: MISSED)"),
            (Some(limit), None) => format!(" ({limit}: not measured)"),
            (None, _) => String::new(),
        };
        format!("{} = {} {}{ratio}{limit}", self.name, self.value, self.unit)
    }
}

/// Three digits behind the point for small values, none for large ones.
fn rounded(value: f64) -> f64 {
    let scale = if value.abs() >= 1_000.0 { 1.0 } else { 1_000.0 };
    (value * scale).round() / scale
}
