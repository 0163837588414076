//! Text files: screened whole, and written when that is done.

use sha2::{Digest, Sha256};
use standfast_guard::{Context, Finding, Identifier, IdentifierKind, ScreenedBytes, screen_bytes, solicits};
use tokio::io::AsyncWriteExt as _;

use super::{Temporary, keep};
use crate::caller::hex;
use crate::draft::json_list;
use crate::{Desk, Error};

/// Text files are screened so many at a time: each may take a second of a core.
static SCREENING: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);
/// Most addresses that are kept of a file.
const MOST_ADDRESSES: usize = 64;

/// A text file and what the guard makes of it.
pub(crate) struct Read {
    pub(crate) bytes: Vec<u8>,
    pub(crate) screened: ScreenedBytes,
    /// Whether an agent's file asks for a secret.
    pub(crate) asks: bool,
}

/// Screening a whole log takes a while: not on a thread that serves others.
pub(crate) async fn screen_apart(bytes: Vec<u8>, known: Vec<String>, of_agent: bool) -> Result<Read, Error> {
    let turn = SCREENING.acquire().await.map_err(|_| Error::Inconsistent("screening"))?;
    let read = tokio::task::spawn_blocking(move || {
        let addresses: Vec<&str> = known.iter().map(String::as_str).collect();
        let screened = screen_bytes(&bytes, &Context { earlier: &[], addresses: &addresses });
        let asks = of_agent && solicits(&String::from_utf8_lossy(&screened.bytes)).is_some();
        // Its turn lasts as long as the work, also when whoever wanted it has gone.
        drop(turn);
        Read { bytes, screened, asks }
    });
    read.await.map_err(|_| Error::Inconsistent("screening"))
}

/// A text file as it may be stored.
pub(crate) struct Text {
    pub(crate) bytes: Vec<u8>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) identifiers: Vec<Identifier>,
    /// Whether an address that is named later could prove something in it to be a key.
    pub(crate) unproven: bool,
}

impl Text {
    pub(crate) fn of(screened: ScreenedBytes) -> Self {
        let ScreenedBytes { bytes, findings, identifiers, unproven, .. } = screened;
        Self { bytes, findings, identifiers, unproven }
    }

    /// The addresses that it names, as its row keeps them.
    pub(crate) fn addresses(&self) -> Result<Option<String>, Error> {
        let mut named: Vec<&str> = Vec::new();
        for found in self.identifiers.iter().filter(|found| found.kind == IdentifierKind::Address) {
            if named.len() < MOST_ADDRESSES && !named.contains(&&*found.value) {
                named.push(&found.value);
            }
        }
        json_list(&named)
    }
}

/// Writes a text file to its place, durably; returns the hash under which it lies there.
pub(crate) async fn keep_text(desk: &Desk, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let incoming = desk.files().join("incoming");
    tokio::fs::create_dir_all(&incoming).await?;
    let path = incoming.join(hex(&desk.entropy().bytes::<16>()));
    let mut file = tokio::fs::File::create_new(&path).await?;
    let temporary = Temporary(path);
    file.write_all(bytes).await?;
    // `sync_all` waits for a write under way but does not say how it ended; `flush` does.
    file.flush().await?;
    file.sync_all().await?;
    let sha256 = Sha256::digest(bytes).to_vec();
    keep(desk, &temporary, &sha256).await?;
    Ok(sha256)
}
