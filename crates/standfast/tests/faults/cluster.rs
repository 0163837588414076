//! A PostgreSQL server of the test's own, fully durable, that can be stopped as rudely as one likes.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;

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
        cluster.make();
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

    /// Makes its files: the first time by `initdb`, which takes a second, then from a copy in memory.
    fn make(&self) {
        static FILES: OnceLock<Vec<(PathBuf, Option<Vec<u8>>)>> = OnceLock::new();
        let mut is_new = false;
        let files = FILES.get_or_init(|| {
            is_new = true;
            let options = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
            self.run("initdb", &options);
            let mut files = Vec::new();
            read(&self.data(), Path::new(""), &mut files);
            files
        });
        if is_new {
            return;
        }
        for (name, bytes) in files {
            let path = self.data().join(name);
            match bytes {
                Some(bytes) => std::fs::write(&path, bytes).unwrap(),
                None => std::fs::create_dir(&path).unwrap(),
            }
            let mode = if bytes.is_some() { 0o600 } else { 0o700 };
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            if let Some((user, group)) = self.owner {
                chown(&path, Some(user), Some(group)).unwrap();
            }
        }
    }

    /// Makes an empty database and returns its address.
    pub(crate) fn database(&self, name: &str) -> String {
        self.execute(&self.address(), &format!("CREATE DATABASE {name}"));
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Its own database, from which others are made.
    pub(crate) fn address(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Does something in the database at `url`.
    pub(crate) fn execute(&self, url: &str, sql: &str) {
        let done = self.session(url).args(["-c", sql]).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    /// A session of somebody else's.
    pub(crate) fn session(&self, url: &str) -> Command {
        let mut command = Command::new(self.binaries.join("psql"));
        command.arg(url);
        command
    }

    /// What a query answers, as bare text.
    pub(crate) fn ask(&self, url: &str, sql: &str) -> String {
        let done = self.session(url).args(["-Atc", sql]).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Changes a setting of the running server.
    pub(crate) fn set(&self, name: &str, value: &str) {
        let url = self.address();
        self.execute(&url, &format!("ALTER SYSTEM SET {name} = {value}"));
        self.execute(&url, "SELECT pg_reload_conf()");
        let until = Instant::now() + Duration::from_secs(5);
        while self.ask(&url, &format!("SHOW {name}")) != value {
            assert!(Instant::now() < until, "{name} does not change");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether it would notice damage on the disk.
    pub(crate) fn has_checksums(&self) -> bool {
        self.ask(&self.address(), "SHOW data_checksums") == "on"
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

/// Everything below a folder, folders before what is in them.
fn read(folder: &Path, name: &Path, files: &mut Vec<(PathBuf, Option<Vec<u8>>)>) {
    files.push((name.to_owned(), None));
    for entry in std::fs::read_dir(folder.join(name)).unwrap() {
        let entry = entry.unwrap();
        let name = name.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            read(folder, &name, files);
        } else {
            files.push((name, Some(std::fs::read(entry.path()).unwrap())));
        }
    }
}

/// The number of this process's user, or of a named one.
fn id(flag: &str, name: Option<&str>) -> u32 {
    let out = Command::new("id").arg(flag).args(name).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().parse().expect("the user postgres exists")
}
