//! A new process that takes over from the one that serves.
//!
//! The one that serves starts it with its own arguments, the listening socket as standard input, and a line to talk over as
//! standard output. The new one looks whether it could serve, and says so; then the old one lets go of the database and
//! says *go*. Never do both write: not to one file of SQLite, nor under one `node`. Whoever connects meanwhile waits in the
//! socket's queue, which both hold open; whoever has a connection and is between two calls keeps it, and the new one answers there.
//!
//! | who | says | when |
//! |---|---|---|
//! | new | [`Word::Prepared`] | it could serve: configuration, key and migrations fit; on PostgreSQL its connections are open |
//! | old | a line `go`, with the number of open connections, and these ([`passing`]) | it has finished every call and closed the database |
//! | new | [`Word::Serving`] | it takes calls |
//! | new | [`Word::Failed`], or nothing more | it cannot: the old one goes on |

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncBufReadExt as _;
use tokio::io::AsyncWriteExt as _;

mod passing;

/// The option by which the new process knows what it is.
const OPTION: &str = "--take-over";
/// How long a new process may look around. On PostgreSQL it migrates meanwhile.
const PREPARATION: Duration = Duration::from_mins(10);
/// How long a new process may take to serve once nobody does. On SQLite it migrates meanwhile.
const TAKING_OVER: Duration = Duration::from_mins(2);
/// How long it may take to give it the open connections.
const GIVING: Duration = Duration::from_secs(10);
/// What the old process says when the new one may begin; the number of connections that it gives follows, where there are some.
const GO: &str = "go";
/// No word of the old process is longer, in bytes.
const LONGEST: usize = 64;

/// What the new process says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Word {
    /// It could serve.
    Prepared {
        /// Its version.
        version: String,
        /// Migrations that it applies before it serves.
        migrations: Vec<String>,
        /// Whether it goes on with connections that are open; versions before did not.
        #[serde(default)]
        connections: bool,
    },
    /// It serves.
    Serving,
    /// It cannot, for this reason.
    Failed(String),
}

/// The new process, as the old one sees it. Dropping it ends it, unless it serves.
#[derive(Debug)]
pub(crate) struct Successor {
    child: Child,
    line: tokio::io::BufReader<tokio::net::UnixStream>,
    /// Whether it goes on with open connections.
    connections: bool,
    serves: bool,
}

impl Successor {
    /// Starts `binary` with the arguments of this process.
    pub(crate) fn start(binary: &Path, listener: &TcpListener) -> anyhow::Result<Self> {
        let (own, other) = UnixStream::pair()?;
        own.set_nonblocking(true)?;
        let arguments: Vec<OsString> = std::env::args_os().skip(1).filter(|one| one != OPTION).collect();
        let child = Command::new(binary)
            .args(arguments)
            .arg(OPTION)
            .stdin(Stdio::from(OwnedFd::from(listener.try_clone()?)))
            .stdout(Stdio::from(OwnedFd::from(other)))
            .spawn()
            .with_context(|| format!("{} cannot be started", binary.display()))?;
        let line = tokio::io::BufReader::new(tokio::net::UnixStream::from_std(own)?);
        Ok(Self { child, line, connections: false, serves: false })
    }

    /// Whether it goes on with open connections; known once it is prepared.
    pub(crate) const fn takes_connections(&self) -> bool {
        self.connections
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it could serve; its version and the migrations that it will apply.
    pub(crate) async fn prepared(&mut self) -> anyhow::Result<(String, Vec<String>)> {
        match self.hear(PREPARATION).await? {
            Word::Prepared { version, migrations, connections } => {
                self.connections = connections;
                Ok((version, migrations))
            }
            other => bail!("the new process said {other:?} before it was asked"),
        }
    }

    /// Lets it begin, also on `connections`, and waits until it serves.
    pub(crate) async fn take_over(&mut self, connections: &[TcpStream]) -> anyhow::Result<()> {
        let given = if self.connections { connections } else { &[] };
        let go = if given.is_empty() { format!("{GO}\n") } else { format!("{GO} {}\n", given.len()) };
        self.line.get_mut().write_all(go.as_bytes()).await.context("the new process is gone")?;
        let giving = tokio::time::timeout(GIVING, passing::give(self.line.get_ref(), given));
        if let Err(error) = giving.await.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())) {
            // It goes on with those that it has, once it hears that no more come.
            tracing::warn!(%error, "not all open connections could be given");
            let _ = self.line.get_mut().shutdown().await;
        }
        match self.hear(TAKING_OVER).await? {
            Word::Serving => {
                self.serves = true;
                Ok(())
            }
            other => bail!("the new process said {other:?} instead of serving"),
        }
    }

    async fn hear(&mut self, patience: Duration) -> anyhow::Result<Word> {
        let mut said = String::new();
        let heard = tokio::time::timeout(patience, self.line.read_line(&mut said)).await;
        match heard {
            Err(_) => bail!("the new process was not done after {} s", patience.as_secs()),
            Ok(Ok(0) | Err(_)) => {
                let how =
                    self.end().map_or_else(|| "it did not say how".to_owned(), |status| status.to_string());
                bail!("the new process ended ({how}); its last words are in the log")
            }
            Ok(Ok(_)) => match serde_json::from_str(&said).context("the new process speaks otherwise")? {
                Word::Failed(reason) => bail!("{reason}"),
                word => Ok(word),
            },
        }
    }

    /// Ends it, if it has not ended; how it ended.
    fn end(&mut self) -> Option<ExitStatus> {
        // Whoever closes the line ends at once: a moment later it would be killed, and its status would be ours.
        for _ in 0..50 {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = self.child.kill();
        self.child.wait().ok()
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        if !self.serves {
            let _ = self.child.kill();
            // Whatever it held is given back only then.
            let _ = self.child.wait();
        }
    }
}

/// The old process, as the new one sees it.
#[derive(Debug)]
pub(crate) struct Predecessor {
    line: UnixStream,
    listener: Option<TcpListener>,
}

impl Predecessor {
    /// Takes what this process was started with. Standard input and output lead nowhere afterwards: nothing that this
    /// process starts inherits them, and the listening socket closes when it is to close.
    pub(crate) fn meet() -> anyhow::Result<Self> {
        const ALONE: &str = "--take-over is for the process that `standfast upgrade` has started";
        let listener = TcpListener::from(std::io::stdin().as_fd().try_clone_to_owned()?);
        listener.local_addr().context(ALONE)?;
        let line = UnixStream::from(std::io::stdout().as_fd().try_clone_to_owned()?);
        line.peer_addr().context(ALONE)?;
        let nothing = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
        rustix::stdio::dup2_stdin(&nothing)?;
        rustix::stdio::dup2_stdout(&nothing)?;
        Ok(Self { line, listener: Some(listener) })
    }

    /// The listening socket, which must be where the configuration says.
    pub(crate) fn listener(&mut self, listen: &str) -> anyhow::Result<TcpListener> {
        use std::net::ToSocketAddrs as _;
        let listener = self.listener.take().context("the socket was taken already")?;
        let here = listener.local_addr()?;
        let mut wanted = listen.to_socket_addrs().with_context(|| format!("listen is {listen}"))?;
        if !wanted.any(|wanted| wanted == here || (wanted.port() == 0 && wanted.ip() == here.ip())) {
            bail!("listen is {listen} now, and the desk listens on {here}: that takes a restart");
        }
        Ok(listener)
    }

    /// Says that this process could serve, and waits until it may. The connections that are open.
    pub(crate) async fn wait(&mut self, migrations: &[&str]) -> anyhow::Result<Vec<TcpStream>> {
        let migrations = migrations.iter().map(|&name| name.to_owned()).collect();
        tracing::info!("ready to take over");
        let version = env!("CARGO_PKG_VERSION").to_owned();
        self.say(&Word::Prepared { version, migrations, connections: true })?;
        let line = self.line.try_clone()?;
        tokio::task::spawn_blocking(move || {
            let said = word(&line)?;
            let count = match said.split_once(' ') {
                None if said == GO => 0,
                Some((GO, count)) => count.parse().context("the process that serves speaks otherwise")?,
                _ => bail!("the process that served has ended without a word"),
            };
            passing::take(&line, count).context("the process that served has ended over its connections")
        })
        .await?
    }

    /// Says that this process serves. It does so as well when nobody is left to hear it.
    pub(crate) fn serving(&mut self) {
        let _ = self.say(&Word::Serving);
    }

    /// Says why this process cannot serve, as far as somebody listens.
    pub(crate) fn failed(&mut self, why: &anyhow::Error) {
        let _ = self.say(&Word::Failed(format!("{why:#}")));
    }

    fn say(&mut self, word: &Word) -> anyhow::Result<()> {
        let mut line = serde_json::to_string(word)?;
        line.push('\n');
        self.line.write_all(line.as_bytes()).context("the process that served is gone")
    }
}

/// A line, without what follows it: descriptors beside bytes that are read with it would be lost.
fn word(mut line: &UnixStream) -> std::io::Result<String> {
    let mut said = String::new();
    let mut byte = [0];
    while said.len() < LONGEST && line.read(&mut byte)? == 1 && byte != *b"\n" {
        said.extend(byte.map(char::from));
    }
    Ok(said)
}
