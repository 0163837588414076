//! Searching what was written for what must not be in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command as Program;

use aho_corasick::AhoCorasick;

use crate::secret::Secret;

/// Everything that must not be found, searched for at once.
pub(crate) struct Net<'a> {
    sent: &'a [(&'static str, Secret)],
    traces: AhoCorasick,
    /// Which secret a trace belongs to.
    owners: Vec<usize>,
    pub(crate) found: BTreeSet<String>,
}

impl<'a> Net<'a> {
    pub(crate) fn new(sent: &'a [(&'static str, Secret)]) -> Self {
        let traces =
            sent.iter().enumerate().flat_map(|(at, (_, s))| s.traces.iter().map(move |trace| (at, trace)));
        let (owners, traces): (Vec<usize>, Vec<&Vec<u8>>) = traces.unzip();
        Self { sent, traces: AhoCorasick::new(traces).unwrap(), owners, found: BTreeSet::new() }
    }

    pub(crate) fn bytes(&mut self, place: &str, bytes: &[u8]) {
        for trace in self.traces.find_overlapping_iter(bytes) {
            let (way, secret) = &self.sent[self.owners[trace.pattern().as_usize()]];
            self.found.insert(format!("{} sent by {way} is in {place}", secret.kind));
        }
    }

    pub(crate) fn folders(&mut self, folders: &[PathBuf], when: &str) {
        for path in folders.iter().flat_map(|folder| files(folder)) {
            // Files of a running database come and go.
            let Ok(bytes) = std::fs::read(&path) else { continue };
            self.bytes(&format!("{} ({when})", path.display()), &bytes);
            if path.extension().is_some_and(|e| e == "pgdump") {
                let plain = Program::new("pg_restore").args(["-f", "-"]).arg(&path).output().unwrap();
                assert!(plain.status.success());
                self.bytes(&format!("{} ({when}, unpacked)", path.display()), &plain.stdout);
            }
        }
    }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

pub(crate) fn total_size(folders: &[PathBuf]) -> u64 {
    folders.iter().flat_map(|folder| files(folder)).filter_map(|path| Some(path.metadata().ok()?.len())).sum()
}
