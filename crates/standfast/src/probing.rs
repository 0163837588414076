//! Probing from elsewhere: a test message through the desk's public address, from a machine that has nothing of the desk but a token,
//! and word of what came of it.
//!
//! ```text
//! test message -> what came of it -> kept in a file -> told to the desk, with everything that it was not told before
//! ```
//!
//! What the desk cannot be told stays in the file until it can: while the desk is out of reach this is all that is known of it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use standfast_desk::{Marker, Outside};
use standfast_domain::{Clock, Entropy, OsEntropy, SystemClock, Time};

use crate::setup;

/// Where the token is; what begins with the program's name is a setting of a desk.
const TOKEN: &str = "DESK_PROBE_TOKEN";
/// Most that are kept, those of two weeks; beyond that the oldest go.
const MOST: usize = 14 * 24 * 60;
/// Told at once.
const PAGE: usize = 500;
/// Before a message that got no receipt is sent once more.
const PAUSE: Duration = Duration::from_secs(5);
const MINUTE: i64 = 60_000_000;

/// How to probe.
#[derive(clap::Args)]
pub(crate) struct Probing {
    /// The public address of a desk elsewhere.
    #[arg(long, requires = "place")]
    pub(crate) url: Option<String>,
    /// What this place is called in the desk's ledger: letters, digits and `. _ -`.
    #[arg(long, requires = "url")]
    place: Option<String>,
    /// The file that keeps what the desk has not been told; `standfast-probe-PLACE.json` in the working folder unless said.
    #[arg(long, requires = "url")]
    kept: Option<PathBuf>,
    /// Goes on, once each minute.
    #[arg(long, requires = "url")]
    each_minute: bool,
}

/// What came of a test message, as it is kept and told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Word {
    at: Time,
    took_ms: Option<u64>,
}

/// What a place tells.
#[derive(Serialize)]
struct Telling<'a> {
    place: &'a str,
    probes: &'a [Word],
}

/// A place from which a desk is probed.
struct Place<'a> {
    url: &'a str,
    name: &'a str,
    token: &'a str,
    kept: PathBuf,
    outside: &'a dyn Outside,
    clock: &'a dyn Clock,
    entropy: &'a dyn Entropy,
    pause: Duration,
}

impl Probing {
    pub(crate) async fn run(&self) -> anyhow::Result<ExitCode> {
        let (Some(url), Some(name)) = (&self.url, &self.place) else {
            bail!("--url and --place are missing")
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "a token does not belong among arguments, which others can see"
        )]
        let token = std::env::var(TOKEN).with_context(|| format!("{TOKEN} is not set"))?;
        let kept = self.kept.clone().unwrap_or_else(|| format!("standfast-probe-{name}.json").into());
        // The address is the operator's own word, and may be one of this network.
        let outside = standfast_http::PublicOnly::new(true);
        let (clock, entropy) = (SystemClock::shared(), OsEntropy::shared());
        let place = Place {
            url: url.trim_end_matches('/'),
            name,
            token: &token,
            kept,
            outside: &outside,
            clock: &*clock,
            entropy: &*entropy,
            pause: PAUSE,
        };
        loop {
            // One at a time, or one would write over what another one found.
            let lock = std::fs::File::create(place.kept.with_extension("lock"))?;
            lock.lock()?;
            let found = place.probe().await?;
            let said = match found {
                Ok(took) => format!("{url} gave a receipt after {} ms\n", took.as_millis()),
                Err(why) => format!("no receipt from {url}: {why}\n"),
            };
            let untold = place.tell().await?;
            drop(lock);
            setup::print(&said)?;
            if let Some(untold) = untold {
                setup::print(&format!("{untold}\n"))?;
            }
            if !self.each_minute {
                return Ok(if found.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
            }
            let rest = MINUTE - clock.now().0.rem_euclid(MINUTE);
            tokio::time::sleep(Duration::from_micros(rest.unsigned_abs())).await;
        }
    }
}

impl Place<'_> {
    /// Sends a test message, once more where it gets no receipt, and keeps what came of it.
    async fn probe(&self) -> anyhow::Result<Result<Duration, &'static str>> {
        let send = || {
            standfast_desk::probe(Marker::Token(self.token), self.url, self.outside, self.clock, self.entropy)
        };
        let at = self.clock.now();
        let mut found = send().await;
        if found.is_err() {
            tokio::time::sleep(self.pause).await;
            found = send().await;
        }
        let took_ms = found.ok().map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        if found != Err(standfast_desk::PROBE_REFUSED) {
            let mut words = self.read()?;
            words.push(Word { at, took_ms });
            self.write(&words)?;
        }
        Ok(found)
    }

    /// Tells the desk everything that it was not told. Why it could not be told, where it could not.
    async fn tell(&self) -> anyhow::Result<Option<String>> {
        let mut words = self.read()?;
        while !words.is_empty() {
            let count = PAGE.min(words.len());
            let page = words.get(..count).unwrap_or_default();
            let body = serde_json::to_vec(&Telling { place: self.name, probes: page })?;
            let headers = vec![("authorization", format!("Bearer {}", self.token))];
            let why = match self.outside.post(&format!("{}/api/v1/probes", self.url), headers, body).await {
                Ok(200) => {
                    words.drain(..count);
                    self.write(&words)?;
                    continue;
                }
                Ok(401 | 403) => format!("the desk does not take the token in {TOKEN}"),
                Ok(status) => format!("the desk answered {status}"),
                Err(why) => why.to_owned(),
            };
            return Ok(Some(format!("still to be told: {} ({why})", words.len())));
        }
        Ok(None)
    }

    fn read(&self) -> anyhow::Result<Vec<Word>> {
        match std::fs::read(&self.kept) {
            Ok(bytes) => {
                if let Ok(words) = serde_json::from_slice(&bytes) {
                    return Ok(words);
                }
                // Whatever it is, it must not stop the probe.
                std::fs::rename(&self.kept, self.kept.with_extension("unreadable"))?;
                Ok(Vec::new())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error).with_context(|| self.kept.display().to_string()),
        }
    }

    /// Writes the file whole or not at all.
    fn write(&self, words: &[Word]) -> anyhow::Result<()> {
        let words = words.get(words.len().saturating_sub(MOST)..).unwrap_or_default();
        let beside = self.kept.with_extension("new");
        let write = || {
            let mut file = std::fs::File::create(&beside)?;
            file.write_all(&serde_json::to_vec(words)?)?;
            file.sync_all()?;
            std::fs::rename(&beside, &self.kept)?;
            std::fs::File::open(folder(&self.kept))?.sync_all()
        };
        write().with_context(|| self.kept.display().to_string())
    }
}

/// The folder of a file.
fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
