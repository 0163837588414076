//! The machine and what else it does meanwhile.

use std::fs::read_to_string;
use std::process::Command;

/// Steps by which the load goes before the desk (nice).
const AHEAD: u8 = 5;

/// Load averages of the last 1, 5 and 15 minutes, and how many tasks run now.
pub(crate) fn load() -> String {
    let text = read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(4).collect::<Vec<_>>().join(" ")
}

/// The commit that is measured.
pub(crate) fn commit() -> String {
    let said = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    said.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default()
}

/// Cores, processor, memory and kernel.
pub(crate) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let info = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown processor");
    let memory = field("/proc/meminfo", "MemTotal:") >> 20;
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores ({model}), {memory} GiB, Linux {}", kernel.trim())
}

/// Has this process go before the others, so that the load's own waiting for a processor is not taken for the desk's; `false`
/// where that is not allowed. What it starts is given its usual place again by [`behind`].
pub(crate) fn go_first() -> bool {
    let id = std::process::id().to_string();
    let said = Command::new("renice").args(["-n", &format!("-{AHEAD}"), "-p", &id]).output();
    said.is_ok_and(|out| out.status.success())
}

/// A command for `binary`, at the usual place when this process went before the others.
pub(crate) fn behind(binary: &std::path::Path, first: bool) -> Command {
    if !first {
        return Command::new(binary);
    }
    let mut command = Command::new("nice");
    command.args(["-n", &AHEAD.to_string()]).arg(binary);
    command
}

/// Whether a process runs: a dead one that nobody has waited for does not.
pub(crate) fn is_running(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

/// Resident memory of a process in bytes.
pub(crate) fn resident(process: u32) -> u64 {
    field(&format!("/proc/{process}/status"), "VmRSS:") << 10
}

/// Processor time of a process so far, in seconds.
pub(crate) fn processor(process: u32) -> f64 {
    let text = read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses may hold anything; user and system time are fields 14 and 15.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 =
        rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}

/// How many files a process may have open.
pub(crate) fn file_limit() -> usize {
    let text = read_to_string("/proc/self/limits").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("Max open files"));
    line.and_then(|line| line.split_whitespace().nth(3)?.parse().ok()).unwrap_or(1_024)
}

fn field(path: &str, name: &str) -> u64 {
    let text = read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or_default()
}
