//! The files of an export: which they are, how long, and what tells them from others.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::map::Map;

/// Bytes of a file by which it is told from others.
const START: u64 = 64 << 10;

/// The file itself, or those of a folder, in the order of their names.
pub(super) fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for file in std::fs::read_dir(path).with_context(|| path.display().to_string())? {
        let file = file?.path();
        if file.is_file() && is_read(&file) {
            files.push(file);
        }
    }
    files.sort();
    ensure!(!files.is_empty(), "{} has no .json, .ndjson or .jsonl files", path.display());
    Ok(files)
}

/// Whether a file of a folder belongs to the export. Lists of rejected rows may stand beside it.
pub(super) fn is_read(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    (is_lines(path) || path.extension().is_some_and(|end| end == "json")) && !name.contains(".rejects.")
}

pub(super) fn is_lines(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "ndjson" || end == "jsonl")
}

/// Bytes of all files.
pub(super) fn size(path: &Path) -> anyhow::Result<u64> {
    files(path)?.iter().map(|file| Ok(std::fs::metadata(file)?.len())).sum()
}

/// What tells one import from another: format, files, and map.
pub(super) fn fingerprint(name: &str, path: &Path, map: &Map) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update([0]);
    hash.update(&map.text);
    for file in files(path)? {
        let size = std::fs::metadata(&file).with_context(|| file.display().to_string())?.len();
        hash.update(file.file_name().unwrap_or_default().as_encoded_bytes());
        hash.update(size.to_be_bytes());
        let mut start = Vec::new();
        File::open(&file)?.take(START).read_to_end(&mut start)?;
        hash.update(&start);
    }
    Ok(STANDARD.encode(hash.finalize()))
}
