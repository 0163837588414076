//! The real binary as a child process: on a port and in a folder of its own, with the limits per identity off, because
//! one machine plays thousands of customers here.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::time::{Instant, sleep};

use crate::line::{Line, get};
use crate::{Options, machine};

/// Settings that differ from the defaults: no limits by who calls, and as many connections as there are files.
const SETTINGS: &str = "\
[http]
connections = 19900
connections_per_network = 19900
[http.rates]
intake = { burst = 1, per_minute = 0 }
intake_at_risk = { burst = 1, per_minute = 0 }
intake_network = { burst = 1, per_minute = 0 }
intake_at_risk_network = { burst = 1, per_minute = 0 }
upload = { burst = 1, per_minute = 0 }
upload_network = { burst = 1, per_minute = 0 }
read = { burst = 1, per_minute = 0 }
read_network = { burst = 1, per_minute = 0 }
sign_in = { burst = 1, per_minute = 0 }
sign_in_network = { burst = 1, per_minute = 0 }
";

/// Where a desk keeps what it knows, before and while it runs.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    binary: PathBuf,
    pub(crate) data: PathBuf,
    database: Option<String>,
    settings: PathBuf,
    extra: Vec<(String, String)>,
    /// Whether the load goes first.
    first: bool,
}

impl Place {
    /// An empty folder, whatever was there before.
    pub(crate) fn fresh(options: &Options, name: &str) -> anyhow::Result<Self> {
        let data = options.home.join(name);
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        Self::existing(options, &data)
    }

    /// A folder as it is.
    pub(crate) fn existing(options: &Options, data: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data)?;
        let settings = options.home.join("standfast.toml");
        std::fs::write(&settings, SETTINGS)?;
        let pair =
            |text: &String| text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let extra = options.settings.iter().filter_map(pair).collect();
        if !options.binary.exists() {
            bail!("{} is missing: cargo build --release --package standfast", options.binary.display());
        }
        Ok(Self {
            binary: options.binary.clone(),
            data: data.to_owned(),
            database: None,
            settings,
            extra,
            first: options.first,
        })
    }

    /// The same on the PostgreSQL database at `url`.
    pub(crate) fn on_postgres(mut self, url: &str) -> Self {
        self.database = Some(url.to_owned());
        self
    }

    fn command(&self, arguments: &[&str], port: u16) -> Command {
        let mut command = machine::behind(&self.binary, self.first);
        command
            .args(arguments)
            .arg("--config")
            .arg(&self.settings)
            .env("STANDFAST_LISTEN", format!("127.0.0.1:{port}"))
            .env("STANDFAST_DATA", &self.data)
            .envs(self.extra.iter().cloned());
        if let Some(url) = &self.database {
            command.env("STANDFAST_DATABASE", url);
        }
        command
    }

    /// Adds an agent while the desk does not run.
    pub(crate) fn add_agent(&self, email: &str, name: &str, password: &str) -> anyhow::Result<()> {
        let mut child = self
            .command(&["user", "add", email, "--name", name, "--role", "agent", "--team", "Wallet"], 1)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        writeln!(child.stdin.take().context("no standard input")?, "{password}")?;
        let status = child.wait()?;
        if !status.success() {
            bail!("standfast user add: {status}");
        }
        Ok(())
    }

    /// Starts the desk and waits until it is ready.
    pub(crate) async fn start(&self) -> anyhow::Result<Server> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = |name| -> anyhow::Result<File> {
            Ok(OpenOptions::new().create(true).append(true).open(self.data.join(name))?)
        };
        let mut command = self.command(&["serve"], port);
        command.stdin(Stdio::null()).stdout(log("out.log")?).stderr(log("server.log")?);
        let started = Instant::now();
        let child = command.spawn()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let place = self.clone();
        let mut server = Server { child, place, heir: None, address, ready_after: Duration::ZERO };
        server.wait(started).await?;
        Ok(server)
    }
}

/// A running desk. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// The process that has taken over last.
    heir: Option<u32>,
    place: Place,
    pub(crate) address: SocketAddr,
    /// From the start of the process to the first good answer of `/readyz`.
    pub(crate) ready_after: Duration,
}

impl Server {
    async fn wait(&mut self, started: Instant) -> anyhow::Result<()> {
        let mut request = Vec::new();
        get(&mut request, "/readyz", self.address, "");
        loop {
            if let Ok(mut line) = Line::open(self.address, Ipv4Addr::LOCALHOST).await
                && line.call(&request).await.is_ok_and(|reply| reply.status == 200)
            {
                self.ready_after = started.elapsed();
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the desk ended: {status}");
            }
            if started.elapsed() > Duration::from_mins(2) {
                bail!("the desk is not ready after two minutes");
            }
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// The process that serves.
    fn process(&self) -> u32 {
        self.heir.unwrap_or_else(|| self.child.id())
    }

    /// Hands over to a new process, as `standfast upgrade` does, and waits until the old one has ended.
    pub(crate) async fn upgrade(&mut self) -> anyhow::Result<()> {
        let mut command = self.place.command(&["upgrade"], self.address.port());
        let out = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output()).await??;
        let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        let heir = said.lines().find_map(|line| line.strip_suffix(" serves")?.strip_prefix("process "));
        let heir = heir.with_context(|| format!("not upgraded: {said}"))?.parse()?;
        let old = self.heir.replace(heir);
        while self.child.try_wait()?.is_none() || old.is_some_and(machine::is_running) {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        machine::resident(self.process())
    }

    /// Processor time so far, in seconds.
    pub(crate) fn processor(&self) -> f64 {
        machine::processor(self.process())
    }

    /// Waits until it has come to rest after its start: less than a fiftieth of a core for a second. What a large desk reads
    /// then, such as its facts, takes readers and processor.
    pub(crate) async fn rest(&self) -> anyhow::Result<()> {
        let patience = Instant::now() + Duration::from_mins(2);
        while Instant::now() < patience {
            let before = self.processor();
            sleep(Duration::from_secs(1)).await;
            if self.processor() - before < 0.02 {
                return Ok(());
            }
        }
        bail!("the desk does not come to rest")
    }

    /// Ends it as an operator would, so that the database is left tidy.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.process().to_string()]).status()?;
        let patience = Instant::now() + Duration::from_secs(30);
        while asked.success() && Instant::now() < patience {
            if self.child.try_wait()?.is_some() && !self.heir.is_some_and(machine::is_running) {
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
        bail!("the desk did not stop")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(heir) = self.heir {
            let _ = Command::new("kill").args(["-KILL", &heir.to_string()]).stderr(Stdio::null()).status();
        }
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
