//! Where the operator speaks to the process that serves: a Unix socket in the data folder, which only the desk's own user
//! and root may enter.
//!
//! One line of JSON asks ([`Question`]); lines of JSON answer ([`Answer`]), the last of which says how it ended.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use standfast_insight::{Error as InsightError, Insight, Rebuilt};
use standfast_store::Error as StoreError;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use crate::config::Config;
use crate::notify;
use crate::succession::Successor;

/// Exit code of `standfast upgrade` when no desk serves here.
const NOBODY: u8 = 3;
/// The longest question, in bytes.
const MOST: u64 = 8 << 10;
/// What the operator is told when the desk falls silent.
const SILENT: &str = "the desk did not say how it ended; look at its log";
/// How long a question may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often whoever waits for new figures is told how far they are …
const STEP: Duration = Duration::from_secs(10);
/// … and how long they hear nothing until they wait no more.
const SILENCE: Duration = Duration::from_mins(1);
/// What they are told then.
const STUCK: &str = "the desk has said nothing for a minute: it may be handing over to another process, or hang; look at its log, then ask again";

#[derive(Serialize, Deserialize)]
enum Question {
    /// Hand over to this program.
    Upgrade { binary: PathBuf },
    /// Make what is derived anew.
    Rebuild,
}

/// What is said to the operator, in plain words.
#[derive(Serialize, Deserialize)]
enum Answer {
    /// What goes on.
    Step(String),
    /// It is done.
    Done(String),
    /// It is not done, and everything is as before.
    Failed(String),
}

/// The socket of one process.
#[derive(Debug)]
pub(crate) struct Control(UnixListener);

impl Control {
    /// Opens the socket. The one of a process before, which may still hold it, is replaced.
    pub(crate) fn open(config: &Config) -> anyhow::Result<Self> {
        let path = place(config);
        let fresh = path.with_extension("new");
        let _ = std::fs::remove_file(&fresh);
        let listener = UnixListener::bind(&fresh).with_context(|| fresh.display().to_string())?;
        std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&fresh, &path)?;
        Ok(Self(listener))
    }

    /// Waits until somebody asks for an upgrade whose new process could serve. Those that fail, and other questions, are
    /// answered here.
    pub(crate) async fn upgrade(&self, listener: &TcpListener, insight: &Insight) -> (Asked, Successor) {
        loop {
            let Ok((stream, _)) = self.0.accept().await else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let mut asked = Asked(stream);
            let prepared = match asked.question().await {
                Ok(Question::Rebuild) => {
                    tokio::spawn(asked.rebuild(insight.clone()));
                    continue;
                }
                Ok(Question::Upgrade { binary }) => asked.prepare(&binary, listener).await,
                Err(error) => Err(error),
            };
            match prepared {
                Ok(successor) => return (asked, successor),
                Err(error) => {
                    let why = format!("{error:#}");
                    tracing::warn!(why, "no upgrade");
                    asked.failed(&why).await;
                }
            }
        }
    }
}

/// Whoever asked, and waits.
pub(crate) struct Asked(UnixStream);

impl Asked {
    async fn question(&mut self) -> anyhow::Result<Question> {
        let mut line = String::new();
        let read = async {
            let most = (&mut self.0).take(MOST);
            tokio::io::BufReader::new(most).read_line(&mut line).await
        };
        tokio::time::timeout(PATIENCE, read).await.context("no question came")??;
        serde_json::from_str(&line).context("the question is not one")
    }

    async fn rebuild(mut self, insight: Insight) {
        self.step("the desk reads every request anew; figures are back when it is done").await;
        let rebuilt = insight.rebuild();
        tokio::pin!(rebuilt);
        let rebuilt = loop {
            match tokio::time::timeout(STEP, &mut rebuilt).await {
                Ok(rebuilt) => break rebuilt,
                // Whoever waits knows by it that somebody still works for them.
                Err(_) => self.step(&progress(&insight)).await,
            }
        };
        match rebuilt {
            Ok(Rebuilt { requests, is_saved: true }) => {
                self.done(&format!("figures made anew of {requests} requests")).await;
            }
            Ok(Rebuilt { requests, is_saved: false }) => {
                let said =
                    "facts.snapshot could not be written, see the log: the next start reads every request";
                self.done(&format!("figures made anew of {requests} requests; {said}")).await;
            }
            Err(InsightError::Store(StoreError::Closed)) => {
                self.failed("the desk stops or hands over to another process: ask again when it serves")
                    .await;
            }
            Err(error) => self.failed(&format!("{error}; the desk goes on trying, see its log")).await,
        }
    }

    async fn prepare(&mut self, binary: &Path, listener: &TcpListener) -> anyhow::Result<Successor> {
        notify::may_hand_over()?;
        let mut successor = Successor::start(binary, listener)?;
        tracing::info!(binary = %binary.display(), process = successor.id(), "upgrade: a new process looks around");
        let (version, migrations) = successor.prepared().await?;
        self.step(&format!("process {} (version {version}) is ready to take over", successor.id())).await;
        if !migrations.is_empty() {
            self.step(&format!("it brings the database to its version: {}", migrations.join(", "))).await;
        }
        Ok(successor)
    }

    /// Says what goes on. Nobody may be left to hear it.
    pub(crate) async fn step(&mut self, said: &str) {
        self.say(&Answer::Step(said.to_owned())).await;
    }

    /// Says that it is done.
    pub(crate) async fn done(&mut self, said: &str) {
        self.say(&Answer::Done(said.to_owned())).await;
    }

    /// Says why it is not.
    pub(crate) async fn failed(&mut self, why: &str) {
        self.say(&Answer::Failed(why.to_owned())).await;
    }

    async fn say(&mut self, answer: &Answer) {
        if let Ok(mut line) = serde_json::to_string(answer) {
            line.push('\n');
            let _ = self.0.write_all(line.as_bytes()).await;
        }
    }
}

/// How far the desk has come with reading.
fn progress(insight: &Insight) -> String {
    match insight.facts() {
        Err(InsightError::Loading { percent }) => format!("{percent} % read"),
        _ => "the desk has not begun yet".to_owned(),
    }
}

/// Where the socket of this process is: several processes may share a folder.
fn place(config: &Config) -> PathBuf {
    config.data.join(format!("control-{}.sock", config.node))
}

/// What came of a question.
enum Outcome {
    /// No desk serves here.
    Nobody,
    Done,
    /// It was not done, and why.
    Failed(String),
}

/// Asks the process that serves, and prints what goes on.
fn ask(config: &Config, question: &Question) -> anyhow::Result<Outcome> {
    let path = place(config);
    let stream = match std::os::unix::net::UnixStream::connect(&path) {
        Ok(stream) => stream,
        Err(error) if is_nobody(&error) => return Ok(Outcome::Nobody),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    // A handover takes as long as its slowest call; new figures are heard of all the time.
    if matches!(question, Question::Rebuild) {
        stream.set_read_timeout(Some(SILENCE))?;
    }
    let mut question = serde_json::to_string(question)?;
    question.push('\n');
    (&stream).write_all(question.as_bytes()).context(SILENT)?;
    for line in BufReader::new(stream).lines() {
        let line = line.map_err(|error| {
            let why = if is_late(&error) { STUCK } else { SILENT };
            anyhow::Error::new(error).context(why)
        })?;
        match serde_json::from_str(&line).context("the desk speaks otherwise")? {
            Answer::Step(said) => say(&said)?,
            Answer::Done(said) => {
                say(&said)?;
                return Ok(Outcome::Done);
            }
            Answer::Failed(why) => return Ok(Outcome::Failed(why)),
        }
    }
    bail!(SILENT)
}

/// Asks the process that serves to hand over to this program, and says what comes of it.
pub(crate) fn upgrade(config: &Config) -> anyhow::Result<ExitCode> {
    match ask(config, &Question::Upgrade { binary: own_binary()? })? {
        Outcome::Nobody => {
            say(&format!(
                "no desk serves with {} (node {}): start it, or name the configuration that it was started with",
                config.data.display(),
                config.node
            ))?;
            Ok(ExitCode::from(NOBODY))
        }
        Outcome::Done => Ok(ExitCode::SUCCESS),
        Outcome::Failed(why) => {
            say(&format!("not upgraded: {why}"))?;
            say("the process that served goes on")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Asks the process that serves to make what is derived anew. False when no desk serves here.
pub(crate) fn rebuild(config: &Config) -> anyhow::Result<bool> {
    match ask(config, &Question::Rebuild)? {
        Outcome::Nobody => Ok(false),
        Outcome::Done => Ok(true),
        Outcome::Failed(why) => bail!("not made anew: {why}"),
    }
}

fn is_nobody(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionRefused, NotFound};
    matches!(error.kind(), ConnectionRefused | NotFound)
}

fn is_late(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error.kind(), TimedOut | WouldBlock)
}

fn own_binary() -> anyhow::Result<PathBuf> {
    let binary = std::env::current_exe()?;
    if !Path::new(&binary).exists() {
        bail!("{} is gone", binary.display());
    }
    Ok(binary)
}

fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{text}")
}
