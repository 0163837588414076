//! Measures the classifier on labelled texts, such as BANKING77 (Casanueva et al. 2020, CC-BY-4.0).
//!
//! ```sh
//! cargo run --release -p standfast-science --example classify_evaluation -- TRAIN.csv            # cross-validation
//! cargo run --release -p standfast-science --example classify_evaluation -- TRAIN.csv TEST.csv   # and a test
//! ```
//! The files have a line of names and then `text,type`. What could be chosen was chosen by the first command alone.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use standfast_science::classify::{Label, Model, Options, evaluate, held_back, train};

const SEED: u64 = 1;

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let [train_file, test_file @ ..] = files.as_slice() else {
        eprintln!("usage: classify_evaluation TRAIN.csv [TEST.csv]");
        return ExitCode::FAILURE;
    };
    let read = |file: &String| std::fs::read_to_string(file).map(|text| records(&text));
    let report = || -> std::io::Result<()> {
        let teaching = read(train_file)?;
        match test_file.first() {
            None => cross_validation(&labels(&teaching)),
            Some(file) => test(&labels(&teaching), &labels(&read(file)?)),
        }
        Ok(())
    };
    match report() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What can be chosen, by labels of the training file alone.
#[expect(clippy::print_stdout, reason = "the report of a command")]
fn cross_validation(teaching: &[Label<'_>]) {
    for cost in [0.5, 1.0, 2.0, 4.0] {
        if let Some((model, time)) = timed(teaching, Options { cost, ..Options::default() }) {
            println!("cost {cost}: {:?}, {time:.1?}", model.measured());
        }
    }
}

#[expect(clippy::print_stdout, reason = "the report of a command")]
fn test(teaching: &[Label<'_>], test: &[Label<'_>]) {
    println!("precision promised: measured by cross-validation | on the test");
    for precision in [0.90, 0.95, 0.98] {
        let Some((model, time)) = timed(teaching, Options { precision, ..Options::default() }) else {
            return;
        };
        let (measured, quality) = (model.measured(), evaluate(&model, test));
        println!(
            "  {precision}: answered {:.1} % at {:.1} % | answered {:.1} % at {:.1} % (threshold {:?}, trained in {time:.1?})",
            100.0 * measured.answered,
            100.0 * measured.precision,
            100.0 * quality.answered,
            100.0 * quality.precision,
            model.threshold(),
        );
    }
    println!(
        "labels: test accuracy, macro-F1, calibration error | cross-validated accuracy | training, bytes, prediction"
    );
    for percent in [10, 20, 50, 100] {
        // The same requests would be chosen on a desk: by the hash of their id.
        let part: Vec<Label<'_>> =
            teaching.iter().filter(|label| held_back(label.request, percent)).copied().collect();
        let Some((model, time)) = timed(&part, Options::default()) else { continue };
        let quality = evaluate(&model, test);
        println!(
            "  {:5}: {:.2} %, {:.2} %, {:.3} | {:.2} % | {time:.1?}, {} kB in memory, {} kB stored, {:.1?} for 300 characters",
            part.len(),
            100.0 * quality.accuracy,
            100.0 * quality.macro_f1,
            calibration_error(&model, test),
            100.0 * model.measured().accuracy,
            model.bytes() / 1_000,
            model.to_bytes().len() / 1_000,
            prediction_time(&model, test),
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "this measures real time, and nothing depends on it")]
fn timed(labels: &[Label<'_>], options: Options) -> Option<(Model, Duration)> {
    let start = Instant::now();
    match train(labels, &options, SEED) {
        Ok(model) => Some((model, start.elapsed())),
        Err(error) => {
            eprintln!("{} labels: {error}", labels.len());
            None
        }
    }
}

/// The best of several rounds over texts of 300 characters: other processes only ever make it slower.
#[expect(clippy::disallowed_methods, reason = "this measures real time, and nothing depends on it")]
fn prediction_time(model: &Model, test: &[Label<'_>]) -> Duration {
    let long: String = test.iter().flat_map(|label| [label.text, " "]).collect();
    let characters: Vec<char> = long.chars().take(60_000).collect();
    let texts: Vec<String> = characters.chunks_exact(300).map(|text| text.iter().collect()).collect();
    let round = || {
        let start = Instant::now();
        for text in &texts {
            black_box(model.predict(black_box(text)));
        }
        start.elapsed() / u32::try_from(texts.len()).unwrap_or(1).max(1)
    };
    (0..20).map(|_| round()).min().unwrap_or_default()
}

/// Expected calibration error in 15 bins of equal width.
fn calibration_error(model: &Model, test: &[Label<'_>]) -> f64 {
    let mut bins = [0.0_f64; 15];
    for label in test {
        if let Some(best) = model.predict(label.text).top.first() {
            let gap = f64::from(u8::from(best.code == label.code)) - f64::from(best.probability);
            let edges = (1..15_u8).filter(|edge| best.probability > f32::from(*edge) / 15.0).count();
            if let Some(bin) = bins.get_mut(edges) {
                *bin += gap;
            }
        }
    }
    bins.iter().map(|gap| gap.abs()).sum::<f64>() / f64::from(u32::try_from(test.len()).unwrap_or(u32::MAX))
}

fn labels(records: &[[String; 2]]) -> Vec<Label<'_>> {
    (0..).zip(records).map(|(request, [text, code])| Label { request, text, code }).collect()
}

/// Text and type of every record but the first (RFC 4180: quoted fields may hold commas, line ends and doubled quotes).
fn records(file: &str) -> Vec<[String; 2]> {
    let (mut records, mut fields, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = file.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                fields.push(std::mem::take(&mut field));
                records.extend(<[String; 2]>::try_from(std::mem::take(&mut fields)));
            }
            '\r' if !quoted => {}
            other => field.push(other),
        }
    }
    records.into_iter().skip(1).collect()
}
