//! What was found, for people and for programs.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

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

    /// Reads what [`Limit::text`] wrote.
    fn parse(text: &str) -> Option<Self> {
        let (what, number) = text.rsplit_once(' ')?;
        let number = number.parse().ok()?;
        match what {
            "value <=" => Some(Self::Most(number)),
            "value >=" => Some(Self::Least(number)),
            "ratio <=" => Some(Self::RatioMost(number)),
            "ratio >=" => Some(Self::RatioLeast(number)),
            _ => None,
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
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Figure {
    name: String,
    value: f64,
    unit: String,
    limit: Option<String>,
    ratio: Option<f64>,
    command: String,
    /// What was measured.
    #[serde(default)]
    commit: String,
}

/// What was done and found in one part.
#[derive(Debug, Clone)]
struct Section {
    title: String,
    text: String,
}

/// Everything that was found in a run.
#[derive(Debug)]
pub(crate) struct Report {
    about: String,
    commit: String,
    quick: bool,
    figures: Vec<Figure>,
    sections: Vec<Section>,
    command: String,
}

/// The parts by their headings, in the order in which they are told.
const TITLES: [&str; 13] = [
    "Sizes",
    "Durable intake",
    "Live sockets",
    "Sockets that come back",
    "Pages and start",
    "Facts and dashboards",
    "Facts kept current",
    "Opening hours",
    "Shift plans",
    "Forecasts",
    "What if",
    "Overload",
    "Storm",
];

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        let set: Vec<_> = options.settings.iter().map(|setting| format!(", {setting}")).collect();
        Self {
            about: format!("{}{}", machine::describe(), set.concat()),
            commit: machine::commit(),
            quick: options.quick,
            figures: Vec::new(),
            sections: Vec::new(),
            command: String::new(),
        }
    }

    /// Begins a part: its heading, its command, and how busy the machine was before.
    pub(crate) fn begin(&mut self, options: &Options, part: &str, title: &str) {
        self.command = options.command(part);
        self.sections.push(Section { title: title.to_owned(), text: String::new() });
        self.say(&format!(
            "`{}`, commit {}, on {}. Load of the machine before: {}.",
            self.command,
            self.commit,
            self.about,
            machine::load()
        ));
    }

    /// A paragraph of what was done and found beside the figures.
    pub(crate) fn say(&mut self, text: &str) {
        println!("{text}");
        if let Some(section) = self.sections.last_mut() {
            let _ = write!(section.text, "{text}\n\n");
        }
    }

    /// A figure; see docs/benchmarks.json.
    pub(crate) fn figure(&mut self, name: &str, value: f64, unit: &str, ratio: Option<f64>, limit: Limit) {
        let figure = Figure {
            name: name.to_owned(),
            value: rounded(value),
            unit: unit.to_owned(),
            limit: limit.text(),
            ratio: ratio.map(rounded),
            command: self.command.clone(),
            commit: self.commit.clone(),
        };
        println!("  {}", figure.line());
        self.figures.push(figure);
    }

    /// Writes both reports into a folder. What is told there of parts that were not measured now stays.
    pub(crate) fn write(mut self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        let (list, page) = (folder.join("benchmarks.json"), folder.join("benchmarks.md"));
        if let (Ok(list), Ok(page)) = (std::fs::read_to_string(&list), std::fs::read_to_string(&page)) {
            self.keep(&list, &page).context("the report that is there")?;
        }
        let mut json = serde_json::to_string_pretty(&self.figures)?;
        json.push('\n');
        std::fs::write(list, json)?;
        std::fs::write(&page, self.markdown())?;
        println!("written to {}", page.display());
        Ok(())
    }

    /// Takes over the parts of another report that this one has not.
    fn keep(&mut self, list: &str, page: &str) -> anyhow::Result<()> {
        let old: Vec<Figure> = serde_json::from_str(list)?;
        let is_new = |title: &str| self.sections.iter().any(|section| section.title == title);
        let kept: Vec<Section> = sections(page).into_iter().filter(|old| !is_new(&old.title)).collect();
        let own: Vec<&str> = self.figures.iter().map(|figure| part(&figure.command)).collect();
        // A figure may have been another part's before.
        let is_new = |old: &Figure| self.figures.iter().any(|figure| figure.name == old.name);
        let stays = |old: &Figure| !own.contains(&part(&old.command)) && !is_new(old);
        let old: Vec<Figure> = old.into_iter().filter(stays).collect();
        self.figures.extend(old);
        self.sections.extend(kept);
        let place = |title: &str| TITLES.iter().position(|known| *known == title);
        self.sections.sort_by_key(|section| place(&section.title));
        // In the order of the parts, each of which begins with its command.
        let told: Vec<String> = self.sections.iter().map(|section| section.text.clone()).collect();
        let of =
            |figure: &Figure| told.iter().position(|text| text.starts_with(&format!("`{}`", figure.command)));
        self.figures.sort_by_key(of);
        Ok(())
    }

    fn markdown(&self) -> String {
        let mut out = String::from(
            "# Benchmarks\n\nWritten by `make bench`; not edited by hand. Server and load share the cores of one \
             machine, so that every figure includes the cost of the load, which goes first where both want a core (nice, five steps): \
             it stands for clients with processors of their own. Where a rate is given, latency counts from \
             the moment at which a message was due (open loop). Percentiles are exact. Figures depend on what else the \
             machine does: each part says how busy it was, which machine that is, and which commit was measured. A part can be measured alone; the \
             others stay as they were. The same list for programs: `benchmarks.json`.\n\n",
        );
        if self.quick {
            out.push_str("**A quick run for trying the bench: the figures mean little.**\n\n");
        }
        out.push_str("| Figure | Value | Unit | Ratio | Limit | |\n|---|---:|---|---:|---|---|\n");
        for f in &self.figures {
            let met = match f.met() {
                Some(true) => "met",
                Some(false) => "**missed**",
                None => "",
            };
            let ratio = f.ratio.map(|ratio| ratio.to_string()).unwrap_or_default();
            let limit = f.limit.clone().unwrap_or_default();
            let _ = writeln!(out, "| `{}` | {} | {} | {ratio} | {limit} | {met} |", f.name, f.value, f.unit);
        }
        for section in &self.sections {
            let _ = write!(out, "\n## {}\n\n{}\n", section.title, section.text.trim());
        }
        out
    }
}

/// The part that a command measures.
fn part(command: &str) -> &str {
    let after = command.split("--only ").nth(1).unwrap_or(command);
    after.split(' ').next().unwrap_or(after)
}

/// The sections of a report.
fn sections(page: &str) -> Vec<Section> {
    let section = |text: &str| {
        let (title, text) = text.split_once('\n')?;
        Some(Section { title: title.trim().to_owned(), text: text.trim().to_owned() })
    };
    page.split("\n## ").skip(1).filter_map(section).collect()
}

impl Figure {
    fn met(&self) -> Option<bool> {
        Limit::parse(self.limit.as_deref()?)?.is_met(self.value, self.ratio)
    }

    fn line(&self) -> String {
        let ratio = self.ratio.map(|ratio| format!(", ratio {ratio}")).unwrap_or_default();
        let limit = match (&self.limit, self.met()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(commit: &str, parts: &[(&str, &str, &str)]) -> Report {
        let mut report = Report {
            about: "a machine".to_owned(),
            commit: commit.to_owned(),
            quick: false,
            figures: Vec::new(),
            sections: Vec::new(),
            command: String::new(),
        };
        for (part, title, figure) in parts {
            report.command = format!("scripts/bench --only {part}");
            report.sections.push(Section { title: (*title).to_owned(), text: String::new() });
            report.say(&format!("`{}`, commit {commit}.", report.command));
            report.figure(figure, 2.0, "ms", Some(1.5), Limit::RatioMost(1.2));
        }
        report
    }

    #[test]
    fn a_part_alone_takes_its_own_place_and_leaves_the_others() {
        let all = [
            ("sizes", "Sizes", "bytes"),
            ("facts", "Facts and dashboards", "old"),
            ("overload", "Overload", "goodput"),
        ];
        let before = told("aaa", &all);
        let list = serde_json::to_string(&before.figures).unwrap();
        let mut after = told("bbb", &[("facts", "Facts and dashboards", "new")]);
        after.keep(&list, &before.markdown()).unwrap();
        let figures: Vec<_> = after.figures.iter().map(|one| (&*one.name, &*one.commit)).collect();
        assert_eq!(figures, [("bytes", "aaa"), ("new", "bbb"), ("goodput", "aaa")]);
        let page = after.markdown();
        let places = [
            "## Sizes\n\n`scripts/bench --only sizes`, commit aaa.",
            "commit bbb",
            "## Overload",
            "commit aaa",
        ]
        .map(|text| page.find(text).unwrap());
        assert!(places.windows(2).take(2).all(|two| two[0] < two[1]), "{page}");
        assert!(page.contains("| `new` | 2 | ms | 1.5 | ratio <= 1.2 | **missed** |"), "{page}");
        // Told again, nothing changes.
        let mut again = told("bbb", &[("facts", "Facts and dashboards", "new")]);
        again.keep(&serde_json::to_string(&after.figures).unwrap(), &page).unwrap();
        assert_eq!(again.markdown(), page);
    }
}
