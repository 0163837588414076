//! Looking after the desk and its data: migrate, doctor, backup, restore, probe, verify.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use standfast_desk::Verification;
use standfast_domain::{OsEntropy, SystemClock, Time};
use standfast_insight::Insight;
use standfast_store::{Database, backup as store_backup};
use tokio::sync::watch;

use crate::config::Config;
use crate::control;
use crate::setup::{self, Hold};

/// Commits that the doctor makes to see how long they take.
const COMMITS: usize = 100;

/// Brings the database to this version.
pub(crate) async fn migrate(config: &Config) -> anyhow::Result<ExitCode> {
    let store = setup::open_store(config, Hold::Alone, &SystemClock::shared()).await?;
    store.close().await;
    setup::print("The database is at the version of this program.\n")
}

/// Prints what the database really guarantees.
pub(crate) async fn doctor(config: &Config) -> anyhow::Result<ExitCode> {
    let store = setup::open_store(config, Hold::Look, &SystemClock::shared()).await?;
    let found = store.inspect(COMMITS).await?;
    store.close().await;
    let mut page = String::new();
    let mib =
        |bytes: Option<u64>| bytes.map_or_else(|| "not known".to_owned(), |b| format!("{} MiB", b >> 20));
    writeln!(page, "engine          {} {}", found.engine, found.version)?;
    if let Some(path) = &found.path {
        writeln!(page, "file            {}", path.display())?;
    }
    writeln!(page, "journal mode    {}", found.journal_mode)?;
    writeln!(page, "synchronous     {}", found.synchronous)?;
    writeln!(page, "acknowledged    durable, {}", found.durable)?;
    writeln!(page, "free space      {}", mib(found.free_bytes))?;
    writeln!(page, "log             {}", mib(found.wal_bytes))?;
    writeln!(
        page,
        "commit          p50 {:.1?}, p99 {:.1?} of {COMMITS}, one after the other",
        found.commit_p50, found.commit_p99
    )?;
    writeln!(page, "mail            {}", mail(config).await)?;
    let browser =
        config.browser().map_or_else(|| "no browser (browser)".to_owned(), |path| path.display().to_string());
    writeln!(page, "PDF             {browser}")?;
    for warning in &found.warnings {
        writeln!(page, "warning         {warning}")?;
    }
    setup::print(&page)?;
    Ok(if found.warnings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Whether mail can be sent: asks the server, and sends nothing.
async fn mail(config: &Config) -> String {
    let server = format!("{}:{}", config.mail.host, config.mail.port);
    match config.mail.mailer() {
        Ok(None) => "not set: reports are kept for download alone (mail.host)".to_owned(),
        Ok(Some(mailer)) => match mailer.probe().await {
            Ok(()) => format!("{server} answers ({})", config.mail.security),
            Err(refusal) => format!("{server}: {}", refusal.text),
        },
        Err(error) => format!("{error:#}"),
    }
}

/// The name of the database inside of a backup.
fn backup_name(database: &Database) -> &'static str {
    match database {
        Database::Sqlite { .. } => "desk.sqlite",
        Database::Postgres { .. } => "desk.pgdump",
    }
}

/// Makes a verified backup of database and files. The master key is not part of it: keep it elsewhere.
pub(crate) async fn backup(config: &Config, target: &Path) -> anyhow::Result<ExitCode> {
    if target.exists() {
        bail!("{} exists already", target.display());
    }
    let begun = SystemClock::shared().now();
    setup::make_folder(target)?;
    let (database, path) = (config.database(), target.join(backup_name(&config.database())));
    let contents = tokio::task::spawn_blocking(move || store_backup::backup(&database, &path)).await??;
    // Files are written before the rows that name them and never changed, so that copying them afterwards is enough.
    let files = copy_files(&config.files(), &target.join("files"))?;
    let mut page = format!("{} bytes of database, {files} files in {}\n", contents.bytes, target.display());
    for table in &contents.tables {
        writeln!(page, "  {:<18} {:>9} rows", table.name, table.rows)?;
    }
    page.push_str("The master key is not part of the backup: keep a copy of master.key at another place.\n");
    // What came in meanwhile belongs to the next backup.
    let bad = bad_files(config, &target.join("files"), Some(begun)).await?;
    page.push_str(&bad.report);
    setup::print(&page)?;
    Ok(bad.exit)
}

/// What a look at the files of a backup or a restored desk says.
struct BadFiles {
    report: String,
    exit: ExitCode,
}

/// Reads the files in `folder` back and compares them with what the database says.
async fn bad_files(config: &Config, folder: &Path, before: Option<Time>) -> anyhow::Result<BadFiles> {
    let store = setup::open_store(config, Hold::Look, &SystemClock::shared()).await?;
    let checked = standfast_desk::check_files(&store, folder, before).await;
    store.close().await;
    let (files, bad) = checked?;
    let mut report = String::new();
    for file in &bad {
        writeln!(report, "FAULT attachment {file}: its bytes are missing or altered")?;
    }
    if bad.is_empty() {
        writeln!(report, "{files} files read back, all as they were sent")?;
        return Ok(BadFiles { report, exit: ExitCode::SUCCESS });
    }
    writeln!(report, "{} OF {files} FILES ARE NOT AS THEY WERE SENT; everything else is there", bad.len())?;
    Ok(BadFiles { report, exit: ExitCode::FAILURE })
}

/// Restores a backup into an empty place.
pub(crate) async fn restore(config: &Config, source: &Path) -> anyhow::Result<ExitCode> {
    let database = config.database();
    let path = source.join(backup_name(&database));
    if !path.is_file() {
        bail!("{} is not a backup for this database: it has no {}", source.display(), backup_name(&database));
    }
    setup::make_folder(&config.data)?;
    if config.files().exists() {
        bail!("{} exists already: a restore never overwrites anything", config.files().display());
    }
    let unproven = if store_backup::checksum_place(&path).exists() {
        ""
    } else {
        "NOTE the backup has no checksum, as those of earlier versions have none: changed words go unseen until `verify`\n"
    };
    let now = SystemClock::shared().now();
    let contents =
        tokio::task::spawn_blocking(move || store_backup::restore(&path, &database, now)).await??;
    let files = copy_files(&source.join("files"), &config.files())?;
    let rows: u64 = contents.tables.iter().map(|table| table.rows).sum();
    let bad = bad_files(config, &config.files(), None).await?;
    setup::print(&format!(
        "{rows} rows in {} tables and {files} files restored.\n{unproven}{}Put the copy of master.key beside the database, then check with: standfast verify\n",
        contents.tables.len(),
        bad.report
    ))?;
    Ok(bad.exit)
}

/// Copies finished attachments, each synced; what is still coming in has no row yet and is left out.
fn copy_files(from: &Path, to: &Path) -> anyhow::Result<u64> {
    let mut copied = 0;
    if !from.is_dir() {
        return Ok(0);
    }
    for folder in std::fs::read_dir(from)? {
        let folder = folder?;
        if !folder.file_type()?.is_dir() || folder.file_name() == "incoming" {
            continue;
        }
        let target = to.join(folder.file_name());
        std::fs::create_dir_all(&target)?;
        for file in std::fs::read_dir(folder.path())? {
            let file = file?;
            let path = target.join(file.file_name());
            match std::fs::copy(file.path(), &path) {
                Ok(_) => std::fs::File::open(&path)?.sync_all()?,
                // Erased since the folder was read.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error).with_context(|| path.display().to_string()),
            }
            copied += 1;
        }
        std::fs::File::open(&target)?.sync_all()?;
    }
    Ok(copied)
}

/// Makes what is derived from the database anew: by the desk that serves, or here when none does.
pub(crate) async fn rebuild(config: &Config) -> anyhow::Result<ExitCode> {
    if control::rebuild(config)? {
        return Ok(ExitCode::SUCCESS);
    }
    let store = setup::open_store(config, Hold::Look, &SystemClock::shared()).await?;
    let insight = Insight::new(store.clone(), OsEntropy::shared(), config.insight());
    let (stop, stopping) = watch::channel(false);
    let rebuilt = tokio::select! {
        // First: what is loaded is not to come from the snapshot.
        biased;
        rebuilt = insight.rebuild() => rebuilt,
        () = insight.keep(stopping) => Err(standfast_store::Error::Closed.into()),
    };
    drop(stop);
    store.close().await;
    let rebuilt = rebuilt.context("not made anew: the database could not be read, see `standfast doctor`")?;
    if !rebuilt.is_saved {
        let place = config.insight().snapshot.unwrap_or_default();
        bail!("not made anew: {} could not be written", place.display());
    }
    setup::print(&format!("figures made anew of {} requests, for the next start\n", rebuilt.requests))
}

/// Sends one test message through the public address.
pub(crate) async fn probe(config: &Config) -> anyhow::Result<ExitCode> {
    let desk = setup::open_desk(config, Hold::Look, false).await?;
    // The address is the operator's own word, and may be one of this network.
    let outside = standfast_http::PublicOnly::new(true);
    let url = &desk.settings().public_url;
    let marker = standfast_desk::Marker::Keys(desk.keys());
    let found = standfast_desk::probe(marker, url, &outside, &**desk.clock(), &**desk.entropy()).await;
    desk.store().close().await;
    match found {
        Ok(took) => setup::print(&format!("{url} gave a receipt after {} ms\n", took.as_millis())),
        Err(why) => bail!("no receipt from {url}: {why}"),
    }
}

/// Checks every record and every file, and that no request is missing.
pub(crate) async fn verify(config: &Config) -> anyhow::Result<ExitCode> {
    let desk = setup::open_desk(config, Hold::Look, false).await?;
    let found = standfast_desk::verify(&desk).await;
    desk.store().close().await;
    let found = found?;
    setup::print(&report(&found)?)?;
    Ok(if found.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was checked, what does not fit, and how far the count of requests reaches.
fn report(found: &Verification) -> Result<String, std::fmt::Error> {
    let mut page = format!(
        "{} requests, {} entries ({} erased), {} files checked\n",
        found.requests, found.entries, found.erased, found.files
    );
    let census = &found.census;
    match census.until {
        Some(until) => writeln!(page, "{} hours with requests counted until {until}", census.hours)?,
        None => writeln!(page, "requests were not counted yet")?,
    }
    if let Some((hour, at)) = census.last_late {
        writeln!(page, "{} of them were counted late, lastly {hour} at {at}", census.late)?;
    }
    if !census.head.is_empty() {
        writeln!(page, "last count {}", census.head)?;
    }
    writeln!(page, "{} minutes of the ledger checked", found.ledger.minutes)?;
    for place in &found.ledger.faults {
        writeln!(page, "FAULT minute {place} of the ledger: it was altered, or the one before it was")?;
    }
    if found.ledger.probes > 0 {
        writeln!(page, "{} test messages from elsewhere checked", found.ledger.probes)?;
    }
    for place in &found.ledger.probe_faults {
        writeln!(page, "FAULT test message {place}: it was altered, or the one before it was")?;
    }
    for fault in &found.faults {
        match fault.seq {
            Some(seq) => writeln!(page, "FAULT {} entry {seq}: {}", fault.number, fault.what)?,
            None => writeln!(page, "FAULT {}: {}", fault.number, fault.what)?,
        }
    }
    for number in &found.uncompared {
        writeln!(
            page,
            "NOTE {number}: what stands beside its record could not be compared with it; the record itself was checked"
        )?;
    }
    for fault in &census.faults {
        writeln!(page, "FAULT hour {}: {}", fault.hour, fault.what)?;
    }
    for file in &found.bad_files {
        writeln!(page, "FAULT attachment {file}: its bytes are missing or altered")?;
    }
    page.push_str(if found.is_sound() { "every record verifies\n" } else { "RECORDS DO NOT VERIFY\n" });
    Ok(page)
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_could_not_be_compared_is_named_and_no_fault() {
        let number = "K7M-39Q-X24J".parse().unwrap();
        let found = super::Verification { uncompared: vec![number], ..super::Verification::default() };
        let page = super::report(&found).unwrap();
        assert!(page.contains("NOTE K7M-39Q-X24J") && page.ends_with("every record verifies\n"), "{page}");
    }

    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use standfast_desk::{Customer, Desk, Intake, Keys, Settings, Visitor, receive, work};
    use standfast_domain::{FrozenClock, OsEntropy, Time};
    use standfast_store::{Error, Lane, Store, params};

    use super::*;

    async fn tamper(store: &Store, sql: &'static str) {
        let altered = store.write(Lane::Ordinary, 0, move |tx| tx.execute(sql, params![]).map(drop));
        altered.await.unwrap_or_else(|error: Error| panic!("{sql}: {error}"));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_report_names_what_does_not_fit() {
        let folder = tempfile::tempdir().unwrap();
        let clock = FrozenClock::at(Time::parse("2026-11-21T12:00:00Z").unwrap());
        let database = Database::Sqlite { path: folder.path().join("desk.db") };
        let store = Store::open(standfast_store::Config::new(database), clock.clone()).unwrap();
        store.migrate().await.unwrap();
        let settings = Settings { files: folder.path().to_owned(), ..Settings::default() };
        let keys = Keys::new(&[7; 32]);
        let desk = Desk::new(store.clone(), keys, settings, clock.clone(), OsEntropy::shared(), 0);
        let verified = async || report(&standfast_desk::verify(&desk).await.unwrap()).unwrap();
        let mut numbers = Vec::new();
        for secret in [[1; 32], [2; 32]] {
            let who = Customer::Visitor(Visitor::new(&URL_SAFE_NO_PAD.encode(secret)).unwrap());
            let words = Intake { client_id: "c".into(), text: "Where is it?".into(), ..Intake::default() };
            numbers.push(receive(&desk, &who, words).await.unwrap().receipt.number);
        }
        let before = verified().await;
        assert!(
            before.contains("not counted yet") && before.ends_with("every record verifies\n"),
            "{before}"
        );
        clock.advance(Duration::from_hours(2));
        while work(&desk).await.unwrap() > 0 {}
        let counted = verified().await;
        assert!(counted.contains("until 2026-11-21T13:00"), "{counted}");
        assert!(counted.ends_with("every record verifies\n") && !counted.contains("FAULT"), "{counted}");
        tamper(&store, "UPDATE request SET tags = '[\"vip\"]' WHERE id = (SELECT max(id) FROM request)")
            .await;
        tamper(&store, "DELETE FROM entry WHERE request_id = (SELECT min(id) FROM request)").await;
        tamper(&store, "DELETE FROM request WHERE id = (SELECT min(id) FROM request)").await;
        let after = verified().await;
        for line in [
            format!("FAULT {}: row was altered\n", numbers[1]),
            "FAULT hour 2026-11-21T12:00:00.000Z: requests are missing\n".to_owned(),
        ] {
            assert!(after.contains(&line), "{line}{after}");
        }
        assert_eq!(after.matches("FAULT").count(), 2);
        assert!(after.ends_with("RECORDS DO NOT VERIFY\n"));
        store.close().await;
    }
}
