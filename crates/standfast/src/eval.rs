//! Measuring what the desk learns, on labelled texts that are not in it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Subcommand;
use csv::StringRecord;
use serde::Deserialize;
use standfast_science::classify::{
    FEWEST_STORIES, Label, Model, Options, Quality, Split, evaluate, split, stories, train,
};
use standfast_science::interval::share;

use crate::setup;

/// What can be measured.
#[derive(Subcommand)]
pub(crate) enum EvalCommand {
    /// Learns the types of requests from a file, and counts how often it is right. Nothing is kept.
    Types {
        /// Labelled texts: CSV with the columns `text` and `label` (or `type`), or JSON lines (`.jsonl`) with these members.
        file: PathBuf,
        /// Other labelled texts to be examined on. Without it, a fifth of the different stories of the first
        /// file is held back.
        test: Option<PathBuf>,
        /// The share of right ones that named types must have.
        #[arg(long, default_value_t = Options::default().precision)]
        precision: f64,
    },
}

/// The largest file, in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// The share that is held back without a test file, in hundredths.
const HELD_BACK: u8 = 20;
const SEED: u64 = 1;
/// Bytes of a label: what a type's code may have.
const MOST_LABEL: usize = 64;

/// What the column of the type may be called.
const LABEL: &[&str] = &["label", "type", "category"];

/// A text with the type that somebody settled.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Sample {
    text: String,
    #[serde(alias = "type", alias = "category")]
    label: String,
}

/// Measures and prints.
pub(crate) fn eval(command: &EvalCommand) -> anyhow::Result<ExitCode> {
    let EvalCommand::Types { file, test, precision } = command;
    let (samples, test) = (read(file)?, test.as_deref().map(read).transpose()?);
    let options = Options { precision: *precision, ..Options::default() };
    setup::print(&types(&samples, test.as_deref(), &options)?)
}

fn read(path: &Path) -> anyhow::Result<Vec<Sample>> {
    let name = path.display();
    let size = std::fs::metadata(path).with_context(|| name.to_string())?.len();
    ensure!(size <= MOST_BYTES, "{name} has more than {} MB", MOST_BYTES >> 20);
    let text = std::fs::read_to_string(path).with_context(|| name.to_string())?;
    let is_lines = path.extension().is_some_and(|end| end == "jsonl" || end == "ndjson");
    samples(&text, is_lines).with_context(|| name.to_string())
}

fn samples(text: &str, is_lines: bool) -> anyhow::Result<Vec<Sample>> {
    let text = text.trim_start_matches('\u{feff}');
    if is_lines {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let sample = |(number, line): (u64, &str)| {
            let read = serde_json::from_str(line).map_err(Into::into);
            read.and_then(Sample::check).with_context(|| format!("line {number}"))
        };
        return lines.map(sample).collect();
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().context("the first line")?.clone();
    for column in [&["text"][..], LABEL] {
        if !names.iter().any(|name| column.contains(&name)) {
            let found: Vec<&str> = names.iter().collect();
            let wanted = column.first().copied().unwrap_or_default();
            bail!("no column `{wanted}`: the first line names {}", found.join(", "));
        }
    }
    let sample = |(row, record): (u64, Result<StringRecord, csv::Error>)| {
        let read = record?.deserialize::<Sample>(Some(&names)).map_err(Into::into);
        read.and_then(Sample::check).with_context(|| format!("row {row}"))
    };
    // As spreadsheets count, with the names in the first one.
    (2..).zip(reader.records()).map(sample).collect()
}

impl Sample {
    fn check(self) -> anyhow::Result<Self> {
        ensure!(!self.label.trim().is_empty(), "the label is empty");
        ensure!(self.label.len() <= MOST_LABEL, "a label has at most {MOST_LABEL} bytes");
        Ok(self)
    }
}

/// Learns and examines, and says what came of it.
fn types(samples: &[Sample], test: Option<&[Sample]>, options: &Options) -> anyhow::Result<String> {
    let all = numbered(samples);
    ensure!(test.is_none_or(|test| !test.is_empty()), "the second file has no labels to be examined on");
    let split = match test {
        Some(test) => Split { taught: stories(&all), teaching: all, examining: numbered(test) },
        None => split(&all, HELD_BACK),
    };
    let kinds: BTreeSet<&str> = samples.iter().map(|one| one.label.as_str()).collect();
    let found = || format!("{} labels of {} types", samples.len(), kinds.len());
    let model = train(&split.teaching, options, SEED).with_context(found)?;
    report(&model, &split)
}

/// Labels with the place in the file for a request.
fn numbered(samples: &[Sample]) -> Vec<Label<'_>> {
    (0..).zip(samples).map(|(request, one)| Label { request, text: &one.text, code: &one.label }).collect()
}

fn report(model: &Model, split: &Split<'_>) -> anyhow::Result<String> {
    let Split { teaching, taught, examining } = split;
    ensure!(
        !examining.is_empty(),
        "nothing is left to be examined on: each of the {taught} different stories (texts that resemble each other are one) is the \
         oldest of its type, and teaches it. Take labels with several stories a type, or name a second file to be examined on"
    );
    let known = model.types().len();
    let strangers = examining.iter().filter(|label| model.types().iter().all(|one| one.code != label.code));
    let quality: Quality = evaluate(model, examining);
    let answered = counted(quality.answered, examining.len());
    let examined = stories(examining);
    let mut text = String::new();
    writeln!(
        text,
        "labels            {} to learn from ({taught} different stories), {} to be examined on ({examined})",
        teaching.len(),
        examining.len()
    )?;
    writeln!(
        text,
        "types             {known} learned; {} examined labels are of types with too few to learn",
        strangers.count()
    )?;
    writeln!(
        text,
        "accuracy          {}",
        percent(counted(quality.accuracy, examining.len()), examining.len())
    )?;
    writeln!(text, "macro-F1          {:.1} %", 100.0 * quality.macro_f1)?;
    writeln!(text, "calibration error {:.3}", quality.calibration_error)?;
    writeln!(text, "unsure            {}", percent(examining.len() - answered, examining.len()))?;
    writeln!(text, "right when sure   {}", percent(counted(quality.precision, answered), answered))?;
    let threshold = model.threshold().map(|threshold| format!("{threshold:.3}"));
    let none = if *taught < FEWEST_STORIES as usize {
        format!("none: it takes {FEWEST_STORIES} different stories before anything is sure")
    } else {
        "none: the labels do not suffice for the precision asked for".to_owned()
    };
    writeln!(text, "threshold         {}", threshold.unwrap_or(none))?;
    if examined < FEWEST_STORIES as usize {
        writeln!(
            text,
            "\nOnly {examined} different stories were examined: with fewer than {FEWEST_STORIES} these shares say little."
        )?;
    }
    Ok(text)
}

/// A share with its 95 % interval (Wilson).
fn percent(part: usize, whole: usize) -> String {
    match share(part as u64, whole as u64) {
        Some(found) => format!(
            "{:.1} % ({:.1} – {:.1} %), {part} of {whole}",
            100.0 * found.share,
            100.0 * found.interval.low,
            100.0 * found.interval.high
        ),
        None => "none".to_owned(),
    }
}

/// How many of `whole` a share stands for.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share, from 0 to 1, of what fits into a file"
)]
fn counted(share: f64, whole: usize) -> usize {
    (share * whole as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read() {
        let csv = "\u{feff}text,label\n\"a, b\",pending\n转账,swap\n";
        let lines = "{\"text\":\"a, b\",\"label\":\"pending\"}\n\n{\"type\":\"swap\",\"text\":\"转账\"}\n";
        let both = [samples(csv, false).unwrap(), samples(lines, true).unwrap()];
        assert_eq!(both[0], both[1]);
        assert_eq!(both[0][0], Sample { text: "a, b".to_owned(), label: "pending".to_owned() });
        assert_eq!(samples("text,category\na,b\n", false).unwrap()[0].label, "b");
        assert_eq!(samples("type,text\na,b\n", false).unwrap()[0].label, "a");
        let refused = |text: &str| format!("{:#}", samples(text, false).unwrap_err());
        assert_eq!(refused("a,b\n1,2\n"), "no column `text`: the first line names a, b");
        assert_eq!(refused("text,kind\n1,2\n"), "no column `label`: the first line names text, kind");
        assert!(format!("{:#}", samples("{\"text\":\"x\"}\n", true).unwrap_err()).contains("line 1"));
        assert_eq!(refused("text,label\r\n\"a\nb\",swap\r\nc,\r\n"), "row 3: the label is empty");
    }

    #[test]
    fn what_was_learned_is_counted() {
        // Different stories: what resembles a text that was learned from is no examination.
        let words =
            ["昨晚", "电脑", "红色", "朋友", "三次", "公司", "下雨", "周末", "咖啡", "地铁", "爬山", "音乐"];
        let sample = |number: usize| {
            let (text, label) = [("转账一直等待确认", "pending"), ("兑换滑点太大", "swap")][number % 2];
            let [a, b] = [words[number / 2 % 12], words[number / 24 * 5 % 12 + (number / 2 + 1) % 2]];
            Sample { text: format!("{a}{b}{text}{b}{a}{a}{b}"), label: label.to_owned() }
        };
        let all: Vec<Sample> = (0..120).map(sample).collect();
        let text = types(&all, None, &Options::default()).unwrap();
        assert!(text.contains("accuracy          100.0 % ("), "{text}");
        assert!(text.contains("2 learned; 0 examined"), "{text}");
        let same: Vec<Sample> =
            (0..120).map(|number| Sample { text: sample(number % 2).text, ..sample(number) }).collect();
        let refused = format!("{:#}", types(&same, None, &Options::default()).unwrap_err());
        assert!(refused.contains("each of the 2 different stories"), "{refused}");
        let other = [Sample { text: "转账一直等待确认".to_owned(), label: "swap".to_owned() }];
        let text = types(&all, Some(&other), &Options::default()).unwrap();
        assert!(text.contains("120 to learn from (") && text.contains("1 to be examined on (1)"), "{text}");
        assert!(text.contains("Only 1 different stories"), "{text}");
        assert!(text.contains("accuracy          0.0 %") && text.contains("0 of 1"), "{text}");
        let few = types(&all[..3], None, &Options::default()).unwrap_err();
        assert!(format!("{few:#}").starts_with("3 labels of 2 types: "), "{few:#}");
    }
}
