//! The disk is full: text is refused in words or taken in, nothing is half-written, and it heals by itself.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command as Program;
use std::time::Duration;

use hyper::Method;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::ack_log::AckLog;
use crate::customer::{Command, Customer};
use crate::http::Client;
use crate::load::{self, Unanswered};
use crate::server::Server;

/// For ordinary users, in whose own namespace this test runs again.
const NAMESPACE: [&str; 3] = ["--user", "--map-root-user", "--mount"];
const NEEDS: &str = "this test mounts a small file system to fill it. It needs root, or user namespaces for ordinary users \
    (sysctl kernel.unprivileged_userns_clone=1; with AppArmor kernel.apparmor_restrict_unprivileged_userns=0)";

/// A small file system of its own.
struct SmallDisk {
    place: TempDir,
}

impl SmallDisk {
    fn mount(megabytes: u32) -> Self {
        let place = TempDir::with_prefix("standfast-disk-").unwrap();
        let done = Program::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(place.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{NEEDS}: {said}");
        Self { place }
    }

    /// Takes all the space that is left but for some bytes.
    fn fill(&self, leave: usize) -> PathBuf {
        let path = self.place.path().join("ballast");
        let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let block = vec![0; 65_536];
        while file.write_all(&block).is_ok() {}
        let size = file.metadata().unwrap().len();
        file.set_len(size.saturating_sub(leave as u64)).unwrap();
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Program::new("umount").arg("-l").arg(self.place.path()).status();
    }
}

#[test]
fn a_full_disk_refuses_cleanly_and_heals() {
    const NAME: &str = "disk::a_full_disk_refuses_cleanly_and_heals";
    let user = Program::new("id").arg("-u").output().unwrap().stdout;
    if user == b"0\n" {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        return runtime.unwrap().block_on(refuse_and_heal());
    }
    let mut again = Program::new("unshare");
    again.args(NAMESPACE).arg(std::env::current_exe().unwrap()).args(["--exact", NAME, "--nocapture"]);
    let done = again.output().unwrap_or_else(|error| panic!("{NEEDS}: unshare: {error}"));
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(done.status.success() && said.contains("1 passed"), "{NEEDS}:\n{said}");
    println!("as an ordinary user, in a namespace of its own:\n{said}");
}

async fn refuse_and_heal() {
    let disk = SmallDisk::mount(48);
    let data = disk.place.path().join("data");
    let mut server = Server::in_folder(&data);
    server.start().await;
    let client = server.client();
    let folder = TempDir::new().unwrap();
    let log = AckLog::create(&folder.path().join("acks"));

    for round in 0..2 {
        let ballast = disk.fill(if round == 0 { 300_000 } else { 0 });
        let files = files_below(&data);
        let (taken, refused) = write_until_refused(&server, &log).await;
        // The store may have made some room by putting its log away; none is left now.
        disk.fill(0);
        // Files do not fit either, and leave nothing behind.
        let customer = Customer::new(client.clone());
        let upload = customer.upload("log.txt", "text/plain", vec![b'x'; 900_000]).await.unwrap();
        assert!(matches!(upload.status, 503 | 507), "{} {:?}", upload.status, upload.body);
        let _ = upload.code();
        assert_eq!(files_below(&data), files, "half an upload was left behind");
        the_form_says_why(&client).await;
        // What is there can still be read.
        let acks = log.read(0);
        load::check(&client, &acks).await;
        assert!(server.is_running());

        std::fs::remove_file(ballast).unwrap();
        let freed = Instant::now();
        load::repeat(&client, &log, refused).await;
        assert!(freed.elapsed() < Duration::from_secs(15), "healed only after {:?}", freed.elapsed());
        customer.upload("log.txt", "text/plain", vec![b'x'; 900_000]).await.unwrap().expect(201);
        println!("round {round}: {taken} taken before it was full; healed within {:?}", freed.elapsed());
    }

    let acks = log.read(0);
    assert_eq!(load::check(&client, &acks).await, acks.len());
    server.kill();
    server.start().await;
    assert_eq!(load::check(&client, &acks).await, acks.len(), "after a crash");
    server.verify();
}

/// The form without scripts comes back with what was typed, and says what is true: that there is no room, not that many ask.
async fn the_form_says_why(client: &Client) {
    for (language, why) in [("zh-CN", "系统暂时没有存储空间"), ("en", "no room to save anything")] {
        let page =
            client.get(&format!("/contact?type=pending&lang={language}"), &[]).await.unwrap().expect(200);
        let set = page.headers.get_all("set-cookie").iter();
        let cookies: Vec<&str> = set.filter_map(|it| it.to_str().unwrap().split(';').next()).collect();
        let html = String::from_utf8_lossy(&page.body).into_owned();
        let hidden = |name: &str| {
            let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\"")).expect(name);
            rest.split('"').next().unwrap().to_owned()
        };
        let words = "还没有到账 ".repeat(300);
        let mut form = String::new();
        let given = ["form", "token", "type", "lang"].map(|name| (name, hidden(name)));
        for (name, value) in given.into_iter().chain([("text", words.clone())]) {
            let head = format!("--seam\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
            form += &(head + &value + "\r\n");
        }
        form.push_str("--seam--\r\n");
        let (cookie, origin) = (cookies.join("; "), client.base().to_owned());
        let headers = [
            ("cookie", cookie.as_str()),
            ("origin", &origin),
            ("content-type", "multipart/form-data; boundary=seam"),
        ];
        let answer = client.send(Method::POST, "/contact", &headers, form).await.unwrap().expect(507);
        let html = String::from_utf8_lossy(&answer.body);
        assert!(html.contains(why) && html.contains(words.trim_end()), "{html}");
    }
}

/// Writes until three messages in a row are refused; returns how many were taken, and those that were not.
async fn write_until_refused(server: &Server, log: &AckLog) -> (usize, Vec<Unanswered>) {
    let customer = Customer::new(server.client());
    let mut refused = Vec::new();
    let mut taken = 0;
    let mut in_a_row = 0;
    while in_a_row < 3 {
        assert!(taken < 20_000, "the disk does not fill up");
        let mut command = Command::new(None);
        command.text.push_str(&" 请尽快处理".repeat(400));
        let answer = customer.send(&command).await.expect("an answer, even when the disk is full");
        if answer.status == 201 {
            log.record(&customer.secret, &command, &answer.json()).await;
            taken += 1;
            in_a_row = 0;
        } else {
            assert!(matches!(answer.status, 503 | 507), "{} {:?}", answer.status, answer.body);
            assert!(!answer.code().is_empty());
            refused.push(Unanswered { secret: customer.secret.clone(), command, why: String::new() });
            in_a_row += 1;
            sleep(Duration::from_millis(50)).await;
        }
    }
    (taken, refused)
}

/// The names of all files that are not the database's own.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.file_name().unwrap().to_string_lossy().contains(".db") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
