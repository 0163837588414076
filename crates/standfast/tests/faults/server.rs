//! The real binary: started, watched, killed.

use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::http::Client;

const BINARY: &str = env!("CARGO_BIN_EXE_standfast");

/// A desk on a port and in a folder of its own. Dropping it kills it.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// The data folder.
    pub(crate) data: PathBuf,
    /// The PostgreSQL database; SQLite without.
    pub(crate) database: Option<String>,
    /// More of its environment.
    pub(crate) environment: Vec<(String, String)>,
    child: Option<Child>,
    /// The process that has taken over from the one that was started here.
    heir: Option<u32>,
    log: PathBuf,
    /// The configuration file.
    pub(crate) settings: PathBuf,
    _home: TempDir,
}

impl Server {
    /// A desk on SQLite that has not been started.
    pub(crate) fn new() -> Self {
        let home = TempDir::with_prefix("standfast-faults-").unwrap();
        let data = home.path().join("data");
        Self::at(home, data, None)
    }

    /// A desk on the PostgreSQL database at `url`.
    pub(crate) fn on_postgres(url: &str) -> Self {
        let home = TempDir::with_prefix("standfast-faults-").unwrap();
        let data = home.path().join("data");
        Self::at(home, data, Some(url.to_owned()))
    }

    /// A desk on SQLite whose data folder is `data`.
    pub(crate) fn in_folder(data: &Path) -> Self {
        Self::at(TempDir::with_prefix("standfast-faults-").unwrap(), data.to_owned(), None)
    }

    fn at(home: TempDir, data: PathBuf, database: Option<String>) -> Self {
        std::fs::create_dir_all(&data).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = home.path().join("standfast.toml");
        // One machine plays thousands of customers here.
        std::fs::write(&settings, include_str!("unlimited.toml")).unwrap();
        let log = home.path().join("server.log");
        Self {
            port,
            data,
            database,
            environment: Vec::new(),
            child: None,
            heir: None,
            log,
            settings,
            _home: home,
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.port)
    }

    /// Runs a command of the binary on this desk's data and returns how it ended and what it said.
    pub(crate) fn run(&self, arguments: &[&str]) -> (ExitStatus, String) {
        let out = self.command(arguments).stdin(Stdio::null()).output().unwrap();
        let said = [out.stdout, out.stderr].concat();
        (out.status, String::from_utf8_lossy(&said).into_owned())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .arg("--config")
            .arg(&self.settings)
            .env("STANDFAST_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("STANDFAST_DATA", &self.data)
            .env("STANDFAST_LOG", "debug")
            .env("RUST_BACKTRACE", "1")
            .current_dir(self.home())
            .envs(self.environment.iter().cloned());
        if let Some(url) = &self.database {
            command.env("STANDFAST_DATABASE", url);
        }
        command
    }

    /// Starts it without waiting for anything.
    pub(crate) fn spawn(&mut self) {
        assert!(self.child.is_none() && self.heir.is_none(), "already running");
        let log = || OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        let (out, err): (File, File) = (log(), log());
        let child = self.command(&["serve"]).stdin(Stdio::null()).stdout(out).stderr(err).spawn().unwrap();
        self.child = Some(child);
    }

    /// Starts it and returns how long it took to be ready.
    pub(crate) async fn start(&mut self) -> Duration {
        let started = Instant::now();
        self.spawn();
        let client = self.client();
        loop {
            if let Ok(answer) = client.get("/readyz", &[]).await
                && answer.status == 200
            {
                return started.elapsed();
            }
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                panic!("it stopped with {status}:\n{}", self.log_tail());
            }
            assert!(started.elapsed() < Duration::from_secs(30), "not ready in 30 s:\n{}", self.log_tail());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Has it hand over to a new process of the same binary; how the command ended and what it said.
    pub(crate) async fn upgrade(&mut self) -> (ExitStatus, String) {
        let mut command = self.command(&["upgrade"]);
        let out = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output())
            .await
            .unwrap()
            .unwrap();
        self.upgraded(out).await
    }

    /// Notes what came of an upgrade.
    pub(crate) async fn upgraded(&mut self, out: Output) -> (ExitStatus, String) {
        let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        if out.status.success() {
            let serves = said.lines().find_map(|line| line.strip_suffix(" serves")?.strip_prefix("process "));
            let heir = serves.unwrap_or_else(|| panic!("no process in {said}")).parse().unwrap();
            match self.heir.replace(heir) {
                Some(old) => gone(old, Duration::from_secs(5)).await,
                None => assert!(self.ended(Duration::from_secs(5)).await.success()),
            }
        }
        (out.status, said)
    }

    /// The process that has taken over last.
    pub(crate) fn heir(&self) -> Option<u32> {
        self.heir
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        if let Some(heir) = self.heir.take() {
            signal("-KILL", heir);
            let until = Instant::now() + Duration::from_secs(5);
            while runs(heir) {
                assert!(Instant::now() < until, "process {heir} still runs");
                std::thread::sleep(Duration::from_millis(5));
            }
            return;
        }
        let mut child = self.child.take().expect("running");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Breaks it down after a moment, as a failed assertion in a library does: it has no say in it, and a core is written if
    /// one may be.
    pub(crate) async fn abort(&mut self, after: Duration) {
        let process = self.child.as_ref().expect("running").id();
        let limits = std::fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let core: Vec<&str> = core.split_whitespace().collect();
        assert_eq!(core[4..6], ["0", "0"], "a core would hold what was being worked on");
        sleep(after).await;
        signal("-ABRT", process);
        self.ended(Duration::from_secs(10)).await;
    }

    /// The folder that holds everything of it.
    pub(crate) fn home(&self) -> PathBuf {
        self.log.parent().unwrap().to_owned()
    }

    /// SIGTERM; does not wait.
    pub(crate) fn terminate(&mut self) {
        signal("-TERM", self.heir.unwrap_or_else(|| self.child.as_ref().expect("running").id()));
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self, patience: Duration) -> ExitStatus {
        let until = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.as_mut().expect("running").try_wait().unwrap() {
                self.child = None;
                return status;
            }
            assert!(Instant::now() < until, "still running after {patience:?}:\n{}", self.log_tail());
            sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// Everything that it has written to stdout and stderr.
    pub(crate) fn log(&self) -> Vec<u8> {
        std::fs::read(&self.log).unwrap_or_default()
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        String::from_utf8_lossy(&log[log.len().saturating_sub(4_000)..]).into_owned()
    }

    /// Stops it and lets `standfast verify` look at every chain.
    pub(crate) fn verify(&mut self) {
        if self.child.is_some() || self.heir.is_some() {
            self.kill();
        }
        let (status, said) = self.run(&["verify"]);
        assert!(status.success(), "verify: {said}");
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(name: &str, process: u32) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

/// Waits until a process that nobody here has started is over.
async fn gone(process: u32, patience: Duration) {
    let until = Instant::now() + patience;
    while runs(process) {
        assert!(Instant::now() < until, "process {process} still runs after {patience:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

fn runs(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // What has ended and was not asked about yet is a zombie.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(heir) = self.heir.take() {
            let _ = Command::new("kill").args(["-KILL", &heir.to_string()]).status();
        }
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            println!("--- end of the server's log\n{}", self.log_tail());
        }
    }
}
