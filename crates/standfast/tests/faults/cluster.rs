//! A PostgreSQL server of the test's own, fully durable, that can be stopped as rudely as one likes.

use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A running server. Dropping it stops it and removes its files.
pub(crate) struct Cluster {
    binaries: PathBuf,
    home: TempDir,
    port: u16,
    /// User and group that own it: PostgreSQL refuses to run as root.
    owner: Option<(u32, u32)>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .expect("the Debian package postgresql is installed")
            .map(|entry| entry.unwrap().path().join("bin"))
            .collect();
        versions.sort();
        // Not below the checkout, which the server's user may not be allowed to enter.
        let home = tempfile::Builder::new().prefix("standfast-postgres-").tempdir_in("/var/tmp").unwrap();
        let owner = (id("-u", None) == 0).then(|| (id("-u", Some("postgres")), id("-g", Some("postgres"))));
        if let Some((user, group)) = owner {
            chown(home.path(), Some(user), Some(group)).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Self { binaries: versions.pop().expect("a PostgreSQL version"), home, port, owner };
        cluster
            .run("initdb", &["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        let settings = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 60\n\
             fsync = on\nsynchronous_commit = on\nfull_page_writes = on\n"
        );
        let file = cluster.data().join("postgresql.conf");
        let old = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, old + &settings).unwrap();
        cluster.resume();
        cluster
    }

    /// Makes an empty database and returns its address.
    pub(crate) fn database(&self, name: &str) -> String {
        let server = format!("postgres://postgres@127.0.0.1:{}", self.port);
        self.execute(&format!("{server}/postgres"), &format!("CREATE DATABASE {name}"));
        format!("{server}/{name}")
    }

    /// Does something in the database at `url`.
    pub(crate) fn execute(&self, url: &str, sql: &str) {
        let done = Command::new(self.binaries.join("psql")).args([url, "-c", sql]).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    /// The folder that holds everything, its log of changes included.
    pub(crate) fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Stops it as a crash would: no goodbye, no checkpoint.
    pub(crate) fn stop_immediately(&self) {
        self.run("pg_ctl", &["-m", "immediate", "-w", "stop"]);
    }

    /// Starts it again.
    pub(crate) fn resume(&self) {
        let log = self.home.path().join("server.log");
        self.run("pg_ctl", &["-w", "-t", "60", "-l", log.to_str().unwrap(), "start"]);
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let done = self.command(program, arguments);
        assert!(done.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = match self.owner {
            Some((user, group)) => {
                let mut command = Command::new("setpriv");
                command.args([&format!("--reuid={user}"), &format!("--regid={group}"), "--clear-groups"]);
                command.arg(self.binaries.join(program));
                command
            }
            None => Command::new(self.binaries.join(program)),
        };
        // What pg_ctl starts keeps its standard output open, so that it must not be a pipe.
        let out = self.home.path().join("output");
        let file = std::fs::File::create(&out).unwrap();
        let status = command
            .arg("-D")
            .arg(self.data())
            .args(arguments)
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .status()
            .unwrap();
        Output { status, stdout: Vec::new(), stderr: std::fs::read(&out).unwrap_or_default() }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.command("pg_ctl", &["-m", "immediate", "-w", "stop"]);
    }
}

/// The number of this process's user, or of a named one.
fn id(flag: &str, name: Option<&str>) -> u32 {
    let out = Command::new("id").arg(flag).args(name).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().parse().expect("the user postgres exists")
}
