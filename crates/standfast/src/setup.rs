//! What every command needs first: logging, the master key, an open and migrated store, a desk.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use standfast_desk::{Desk, FeedbackTimes, HostKey, Keys, Limits, Settings};
use standfast_domain::{Clock, OsEntropy, SystemClock};
use standfast_store::{Database, Lane, Store, Tx, setting};
use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::Config;

/// Panics say where, not what: the message of a panic can quote the text that was being worked on.
pub(crate) fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let _ = writeln!(std::io::stderr(), "standfast: panic at {place}");
    }));
}

/// No core is written when the process breaks down: it would hold the texts that were being worked on, before the guard has
/// seen them.
pub(crate) fn no_cores() {
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    // Lowering is always allowed.
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
}

/// Prints a command's result.
pub(crate) fn print(text: &str) -> anyhow::Result<ExitCode> {
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Starts logging to stderr. What the setting asks for is asked of the desk's own code: libraries write down frames of sockets and
/// values of queries when they say everything, and those are people's words.
pub(crate) fn logging(config: &Config) -> anyhow::Result<()> {
    let wished: EnvFilter = config.log.parse().context("the setting log")?;
    let own = filter_fn(|of| of.target().starts_with("standfast") || *of.level() <= Level::INFO);
    // Or libraries would make lines for nothing.
    let own = own.with_max_level_hint(LevelFilter::TRACE);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match config.log_format.as_str() {
        "text" => lines.with_ansi(false).boxed(),
        "json" => lines.json().boxed(),
        other => bail!("log_format is text or json, not {other:?}"),
    };
    tracing_subscriber::registry().with(lines.with_filter(wished.and(own))).try_init()?;
    Ok(())
}

/// The master key: from the environment, or from its file, which is made at the first start.
fn master_key(data: &Path, make: bool) -> anyhow::Result<[u8; 32]> {
    #[expect(clippy::disallowed_methods, reason = "a secret has no place in the configuration file")]
    if let Ok(text) = std::env::var("STANDFAST_MASTER_KEY") {
        return parse_key(&text).context("STANDFAST_MASTER_KEY");
    }
    let path = data.join("master.key");
    match std::fs::read_to_string(&path) {
        Ok(text) => parse_key(text.trim()).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && make => {
            let key = OsEntropy::shared().bytes::<32>();
            write_key(&path, &key).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(key)
        }
        Err(error) => Err(error).with_context(|| format!("the master key {}", path.display())),
    }
}

fn parse_key(text: &str) -> anyhow::Result<[u8; 32]> {
    let digits =
        text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).map(|p| u8::from_str_radix(p, 16)));
    let bytes: Vec<u8> = digits.filter_map(|byte| byte.ok()?.ok()).collect();
    match <[u8; 32]>::try_from(bytes) {
        Ok(key) if text.len() == 64 => Ok(key),
        _ => bail!("a master key is 64 hexadecimal digits"),
    }
}

/// Durably: a key that is lost in a power cut makes every link void and every record's seal broken.
fn write_key(path: &Path, key: &[u8; 32]) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    for byte in key {
        write!(file, "{byte:02x}")?;
    }
    writeln!(file)?;
    file.sync_all()?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?
            .sync_all()?;
    }
    Ok(())
}

/// Makes the folder for the data, closed to others: SQLite's file is readable to whoever may enter.
pub(crate) fn make_folder(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("cannot make {}", path.display()))
}

/// How a command holds the database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hold {
    /// It serves: nobody else may.
    Alone,
    /// It served until a moment ago and goes on, whatever a newer process has added to the database meanwhile.
    Again,
    /// It is a short command, perhaps beside a process that serves.
    Beside,
    /// The same, and it only looks: what is not there is not made.
    Look,
}

/// Opens the store and brings it to this version.
pub(crate) async fn open_store(config: &Config, hold: Hold, clock: &Arc<dyn Clock>) -> anyhow::Result<Store> {
    if hold != Hold::Look {
        make_folder(&config.data)?;
    }
    let store = connect(config, hold, clock).await?;
    if hold != Hold::Again {
        for applied in store.migrate().await? {
            tracing::info!(?applied, "migrated");
        }
    }
    Ok(store)
}

async fn connect(config: &Config, hold: Hold, clock: &Arc<dyn Clock>) -> anyhow::Result<Store> {
    let mut settings = standfast_store::Config::new(config.database());
    settings.writers = config.store.writers;
    settings.readers = config.store.readers;
    settings.queue = config.store.queue;
    settings.beside = matches!(hold, Hold::Beside | Hold::Look);
    if let (Hold::Look, Database::Sqlite { path }) = (hold, &settings.database)
        && !path.is_file()
    {
        bail!("there is no desk at {}", path.display());
    }
    let clock = clock.clone();
    Ok(tokio::task::spawn_blocking(move || Store::open(settings, clock)).await??)
}

/// Looks whether this program could serve the desk, beside the process that does: whether database and key fit. Changes
/// nothing; the migrations that serving would apply.
pub(crate) async fn rehearse(config: &Config) -> anyhow::Result<Vec<&'static str>> {
    let store = connect(config, Hold::Look, &SystemClock::shared()).await?;
    let found = async {
        let migrations = store.unapplied().await?;
        own_keys(&store, &config.data, Hold::Look).await?;
        Ok(migrations)
    };
    let found = found.await;
    store.close().await;
    found
}

/// Opens the desk.
pub(crate) async fn open_desk(config: &Config, hold: Hold, demo: bool) -> anyhow::Result<Desk> {
    let clock = SystemClock::shared();
    let store = open_store(config, hold, &clock).await?;
    // What the demonstration has filled stays marked as one, however it is served.
    let demo = demo || store.read(|rd| setting::get(rd, crate::demo::SETTING)).await?.is_some();
    let settings = Settings {
        name: config.name.clone(),
        public_url: config.public_url.clone(),
        files: config.files(),
        limits: Limits::from(&config.limits),
        feedback: FeedbackTimes::from(&config.feedback),
        host_keys: config
            .host_keys
            .iter()
            .map(|key| HostKey { issuer: key.issuer.clone(), secret: key.secret.clone().into_bytes() })
            .collect(),
        ping: config.ping,
        alarms: config.alarms.settings()?,
        browser: config.browser(),
        mail: !config.mail.host.is_empty(),
        outside: Some(Arc::new(standfast_http::PublicOnly::new(config.reach_private_addresses))),
        demo,
    };
    let keys = match own_keys(&store, &config.data, hold).await {
        Ok(keys) => keys,
        Err(error) => {
            store.close().await;
            return Err(error);
        }
    };
    Ok(Desk::new(store, keys, settings, clock, OsEntropy::shared(), config.node))
}

/// Name of the setting by which a desk recognises its key.
const KEY_MARK: &str = "key.mark";

/// The keys of this desk. A wrong key would do lasting harm, because what it seals fits no other: a desk that has one is
/// never given another, and never a new one.
async fn own_keys(store: &Store, data: &Path, hold: Hold) -> anyhow::Result<Keys> {
    let known = store.read(|rd| setting::get(rd, KEY_MARK)).await?;
    let key = master_key(data, hold != Hold::Look && known.is_none());
    let key = if known.is_some() {
        key.context("this desk has a master key already: put it back from where it is kept")?
    } else {
        key?
    };
    let keys = Keys::new(&key);
    let mark = keys.mark();
    let first = match known {
        Some(known) => known,
        None if hold == Hold::Look => mark.clone(),
        None => {
            let mark = mark.clone();
            let keep = move |tx: &mut Tx| setting::put_first(tx, KEY_MARK, &mark);
            store.write(Lane::Ordinary, 0, keep).await?
        }
    };
    if first != mark {
        bail!("the master key is not the one that this desk's records are sealed with: put that one back");
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_desk_knows_its_key_again() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data: folder.path().join("data"), ..Config::default() };
        let open = async || {
            let desk = open_desk(&config, Hold::Alone, false).await.map_err(|error| format!("{error:#}"))?;
            desk.store().close().await;
            Ok::<_, String>(())
        };
        let path = config.data.join("master.key");
        assert_eq!(open().await, Ok(()));
        assert_eq!(open().await, Ok(()));
        let own = std::fs::read(&path).unwrap();
        std::fs::write(&path, "0a".repeat(32)).unwrap();
        assert!(open().await.unwrap_err().contains("not the one"));
        std::fs::remove_file(&path).unwrap();
        assert!(open().await.unwrap_err().contains("put it back"));
        assert!(!path.exists(), "no new key beside records that it does not fit");
        std::fs::write(&path, own).unwrap();
        assert_eq!(open().await, Ok(()));
    }

    /// Run by the test below, in a process of its own.
    #[test]
    #[ignore = "it panics"]
    fn panic_with_a_text() {
        quiet_panics();
        let text = ["legal winner", "thank year"].join(" ");
        std::thread::spawn(move || panic!("{text}")).join().unwrap_err();
        let text = ["wave sausage", "worth useful"].join(" ");
        text.parse::<u8>().map_err(|_| text).unwrap();
    }

    #[test]
    fn what_a_panic_leaves_behind_says_where_and_not_what() {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "setup::tests::panic_with_a_text", "--ignored", "--nocapture"]);
        let out = child.env("RUST_BACKTRACE", "full").output().unwrap();
        assert!(!out.status.success());
        let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        assert_eq!(said.matches("standfast: panic at crates/standfast/src/setup.rs").count(), 2, "{said}");
        assert!(!said.contains("winner") && !said.contains("sausage"), "{said}");
    }

    #[test]
    fn a_key_is_64_digits_and_nothing_else() {
        assert_eq!(parse_key(&"0a".repeat(32)).unwrap(), [10; 32]);
        for bad in ["", "0a", &"0a".repeat(33), &"zz".repeat(32), &"0".repeat(63)] {
            assert!(parse_key(bad).is_err(), "{bad}");
        }
    }
}
