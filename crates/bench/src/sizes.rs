//! Sizes of what is shipped.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::Options;
use crate::report::{Limit, Report};

pub(crate) fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.begin(options, "sizes", "Sizes");
    report.say(
        "The binary without debug information, with everything in it; scripts as browsers fetch them, gzip level 9, by \
         the budget scripts of the web parts: the console's first load is everything that its page leads to without a \
         click, with the larger of the two languages.",
    );
    let binary = std::fs::metadata(&options.binary).with_context(|| options.binary.display().to_string())?;
    report.figure("binary_bytes", binary.len() as f64, "bytes", None, Limit::None);
    let widget = said("web/widget/scripts/budget.js")?;
    let console = said("web/console/scripts/budget.mjs")?;
    for (name, said, before, limit) in [
        ("widget_gzip_bytes", &widget, "app.js: ", 25_600.0),
        ("loader_gzip_bytes", &widget, "widget.js: ", 1_024.0),
        ("console_gzip_bytes", &console, "console_gzip_bytes ", 150_000.0),
    ] {
        match number_after(said, before) {
            Some(bytes) => report.figure(name, bytes, "bytes", None, Limit::Most(limit)),
            None => report
                .say(&format!("{name} was not measured: the web parts are not built (`scripts/web build`).")),
        }
    }
    Ok(())
}

fn said(script: &str) -> anyhow::Result<String> {
    let folder = Path::new(script).parent().unwrap_or_else(|| Path::new("."));
    let out = Command::new("node").arg(script).output().with_context(|| folder.display().to_string())?;
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

fn number_after(text: &str, before: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(before))?;
    line.split_whitespace().next()?.parse().ok()
}
