//! Configuration: one TOML file, and environment variables over it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use standfast_desk::{AlarmSettings, FeedbackTimes, Limits, Recipient, Webhook};
use standfast_domain::Language;
use standfast_http::{Bucket, BucketSettings, CopyPlaces, Outgoing};
use standfast_report::{MailSettings, Mailer, Security, check_address};
use standfast_store::Database;

/// Everything that an operator can set. `docs/operate/settings.md` is made from [`crate::reference`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) name: String,
    pub(crate) listen: String,
    pub(crate) public_url: String,
    pub(crate) data: PathBuf,
    pub(crate) database: String,
    pub(crate) node: u8,
    pub(crate) log: String,
    pub(crate) log_format: String,
    pub(crate) store: StoreConfig,
    pub(crate) limits: LimitsConfig,
    pub(crate) feedback: FeedbackConfig,
    pub(crate) alarms: AlarmsConfig,
    pub(crate) host_keys: Vec<HostKeyConfig>,
    pub(crate) ping: bool,
    pub(crate) probe: bool,
    pub(crate) mail: MailConfig,
    pub(crate) browser: PathBuf,
    pub(crate) status_copy: PathBuf,
    pub(crate) status_bucket: BucketConfig,
    pub(crate) reach_private_addresses: bool,
    pub(crate) insight: InsightConfig,
    pub(crate) http: standfast_http::Config,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreConfig {
    pub(crate) writers: usize,
    pub(crate) readers: usize,
    pub(crate) queue: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsConfig {
    pub(crate) text_bytes: usize,
    pub(crate) upload_bytes: u64,
    pub(crate) text_upload_bytes: u64,
    pub(crate) uploads_per_message: usize,
    pub(crate) field_bytes: usize,
    pub(crate) context_bytes: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct InsightConfig {
    pub(crate) snapshot: PathBuf,
    pub(crate) snapshot_minutes: u64,
    pub(crate) threads: usize,
    pub(crate) at_once: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "settings say their unit")]
pub(crate) struct FeedbackConfig {
    pub(crate) ask_again_hours: u32,
    pub(crate) assume_hours: u32,
    pub(crate) correct_hours: u32,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AlarmsConfig {
    pub(crate) watch: bool,
    pub(crate) false_a_week: f64,
    pub(crate) webhook: String,
    pub(crate) webhook_key: String,
    pub(crate) recipients: Vec<RecipientConfig>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecipientConfig {
    pub(crate) address: String,
    pub(crate) language: String,
    #[serde(default = "utc")]
    pub(crate) zone: String,
}

fn utc() -> String {
    "UTC".to_owned()
}

impl RecipientConfig {
    fn recipient(&self) -> anyhow::Result<Recipient> {
        let Self { address, language, zone } = self;
        Ok(Recipient {
            address: check_address(address)
                .with_context(|| format!("alarms.recipients has an address that is none: {address:?}"))?,
            language: Language::parse(language)
                .with_context(|| format!("alarms.recipients has a language that is none: {language:?}"))?,
            zone: standfast_insight::zone(zone)
                .map(|_| zone.clone())
                .with_context(|| format!("alarms.recipients has a time zone that is none: {zone:?}"))?,
        })
    }
}

impl std::fmt::Debug for AlarmsConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { watch, false_a_week, .. } = self;
        f.debug_struct("AlarmsConfig")
            .field("watch", watch)
            .field("false_a_week", false_a_week)
            .finish_non_exhaustive()
    }
}

impl Default for AlarmsConfig {
    fn default() -> Self {
        let usual = AlarmSettings::default();
        Self {
            watch: usual.watch,
            false_a_week: usual.false_a_week,
            webhook: String::new(),
            webhook_key: String::new(),
            recipients: Vec::new(),
        }
    }
}

/// Most people who are told of alarms by mail.
const MOST_RECIPIENTS: usize = 50;
/// What the key of a webhook begins with, and how many bytes it has at the least.
const WEBHOOK_KEY: (&str, usize) = ("whsec_", 24);

impl AlarmsConfig {
    /// As the desk takes it. The address is called as it stands here; without TLS only on this machine.
    pub(crate) fn settings(&self) -> anyhow::Result<AlarmSettings> {
        if !(self.false_a_week > 0.0 && self.false_a_week <= 20.0) {
            bail!("alarms.false_a_week must be above 0 and at most 20: {}", self.false_a_week);
        }
        let webhook = if self.webhook.is_empty() {
            None
        } else {
            let own = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
            if !self.webhook.starts_with("https://") && !own.iter().any(|own| self.webhook.starts_with(own)) {
                bail!("alarms.webhook must begin with https://, but on this machine");
            }
            let key = self.webhook_key.strip_prefix(WEBHOOK_KEY.0).and_then(|key| STANDARD.decode(key).ok());
            let key = key.filter(|key| key.len() >= WEBHOOK_KEY.1);
            let key = key.context("alarms.webhook_key must be whsec_ and at least 24 bytes in Base64")?;
            Some(Webhook { url: self.webhook.clone(), key, by: Arc::new(Outgoing::default()) })
        };
        if self.recipients.len() > MOST_RECIPIENTS {
            bail!("alarms.recipients are {MOST_RECIPIENTS} at the most; a list of your mail server has more");
        }
        let recipients = self.recipients.iter().map(RecipientConfig::recipient).collect::<Result<_, _>>()?;
        Ok(AlarmSettings { watch: self.watch, false_a_week: self.false_a_week, webhook, recipients })
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostKeyConfig {
    pub(crate) issuer: String,
    pub(crate) secret: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MailConfig {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) from: String,
    pub(crate) ca_file: PathBuf,
}

impl Default for MailConfig {
    fn default() -> Self {
        let nothing = String::new;
        Self {
            host: nothing(),
            port: 587,
            security: "starttls".to_owned(),
            user: nothing(),
            password: nothing(),
            from: nothing(),
            ca_file: PathBuf::new(),
        }
    }
}

impl std::fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl MailConfig {
    /// What sends mail; none where no server is named.
    pub(crate) fn mailer(&self) -> anyhow::Result<Option<Mailer>> {
        if self.host.is_empty() {
            return Ok(None);
        }
        let is_near = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        let security = match self.security.as_str() {
            "tls" => Security::Tls,
            "starttls" => Security::StartTls,
            "none" if is_near => Security::None,
            "none" => bail!("mail.security may be none for a server on this machine alone"),
            other => bail!("mail.security is starttls, tls or none, not {other:?}"),
        };
        let has_user = !self.user.is_empty();
        let authorities = if self.ca_file.as_os_str().is_empty() {
            None
        } else {
            let path = &self.ca_file;
            Some(std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?)
        };
        let settings = MailSettings {
            host: self.host.clone(),
            port: self.port,
            security,
            credentials: has_user.then(|| (self.user.clone(), self.password.clone())),
            from: self.from.clone(),
            authorities,
        };
        Ok(Some(Mailer::new(&settings)?))
    }
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BucketConfig {
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) bucket: String,
    pub(crate) prefix: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
}

impl std::fmt::Debug for BucketConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BucketConfig").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl BucketConfig {
    /// The bucket; none where no address is set.
    fn bucket(&self) -> anyhow::Result<Option<Bucket>> {
        if self.endpoint.is_empty() {
            return Ok(None);
        }
        let Self { endpoint, region, bucket, prefix, access_key, secret_key } = self.clone();
        let settings = BucketSettings { endpoint, region, bucket, prefix, access_key, secret_key };
        Bucket::new(settings).map(Some).map_err(|wrong| anyhow::anyhow!("status_bucket: {wrong}"))
    }
}

impl std::fmt::Debug for HostKeyConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostKeyConfig").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "Standfast".to_owned(),
            listen: "127.0.0.1:8080".to_owned(),
            public_url: String::new(),
            data: PathBuf::from("data"),
            database: String::new(),
            node: 0,
            log: "info".to_owned(),
            log_format: "text".to_owned(),
            store: StoreConfig::default(),
            limits: LimitsConfig::default(),
            feedback: FeedbackConfig::default(),
            alarms: AlarmsConfig::default(),
            host_keys: Vec::new(),
            ping: false,
            probe: false,
            mail: MailConfig::default(),
            browser: PathBuf::new(),
            status_copy: PathBuf::new(),
            status_bucket: BucketConfig::default(),
            reach_private_addresses: false,
            insight: InsightConfig::default(),
            http: standfast_http::Config::default(),
        }
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        let usual = standfast_store::Config::new(Database::Sqlite { path: PathBuf::new() });
        Self { writers: usual.writers, readers: usual.readers, queue: usual.queue }
    }
}

impl Default for InsightConfig {
    fn default() -> Self {
        Self { snapshot: PathBuf::new(), snapshot_minutes: 15, threads: 2, at_once: 2 }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            text_bytes: limits.text_bytes,
            upload_bytes: limits.upload_bytes,
            text_upload_bytes: limits.text_upload_bytes,
            uploads_per_message: limits.uploads_per_message,
            field_bytes: limits.field_bytes,
            context_bytes: limits.context_bytes,
        }
    }
}

impl Default for FeedbackConfig {
    fn default() -> Self {
        let times = FeedbackTimes::default();
        let hours = |time: Duration| u32::try_from(time.as_secs() / 3_600).unwrap_or(u32::MAX);
        Self {
            ask_again_hours: hours(times.ask_again),
            assume_hours: hours(times.assume),
            correct_hours: hours(times.correct),
        }
    }
}

impl From<&FeedbackConfig> for FeedbackTimes {
    fn from(config: &FeedbackConfig) -> Self {
        let hours = |count: u32| Duration::from_hours(count.into());
        Self {
            ask_again: hours(config.ask_again_hours),
            assume: hours(config.assume_hours),
            correct: hours(config.correct_hours),
        }
    }
}

impl From<&LimitsConfig> for Limits {
    fn from(config: &LimitsConfig) -> Self {
        Self {
            text_bytes: config.text_bytes,
            upload_bytes: config.upload_bytes,
            text_upload_bytes: config.text_upload_bytes,
            uploads_per_message: config.uploads_per_message,
            field_bytes: config.field_bytes,
            context_bytes: config.context_bytes,
        }
    }
}

impl Config {
    /// The file, if one is named, with the environment over it: `STANDFAST_HTTP__CONNECTIONS` sets `http.connections`.
    pub(crate) fn load(path: Option<&Path>) -> anyhow::Result<Self> {
        let text = match path {
            Some(path) => {
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?
            }
            None => String::new(),
        };
        let environment = std::env::vars().filter_map(|(name, value)| {
            let name = name.strip_prefix("STANDFAST_")?.to_lowercase();
            // These are options of the command line or of the tests, not settings.
            let other = name == "config" || ["test_", "soak_", "bench_"].iter().any(|p| name.starts_with(p));
            (!other && name != "master_key").then_some((name, value))
        });
        Self::parse(&text, environment)
    }

    fn parse(text: &str, environment: impl Iterator<Item = (String, String)>) -> anyhow::Result<Self> {
        let mut table: toml::Table = text.parse().context("the configuration is not TOML")?;
        for (name, value) in environment {
            let path: Vec<&str> = name.split("__").collect();
            set(&mut table, &path, &value).with_context(|| format!("STANDFAST_{}", name.to_uppercase()))?;
        }
        let mut config: Self = toml::Value::Table(table).try_into().context("the configuration")?;
        if config.public_url.is_empty() {
            config.public_url = format!("http://{}", config.listen);
        }
        config.public_url.truncate(config.public_url.trim_end_matches('/').len());
        if !config.public_url.starts_with("http://") && !config.public_url.starts_with("https://") {
            bail!(
                "public_url must begin with https:// (or http:// behind no network): {}",
                config.public_url
            );
        }
        if config.node > 31 {
            bail!("node must be between 0 and 31: {}", config.node);
        }
        if let Some(short) = config.host_keys.iter().find(|key| key.secret.len() < 32) {
            bail!("the secret of the host key {:?} is shorter than 32 characters", short.issuer);
        }
        let alarms = config.alarms.settings()?;
        config.copy_places()?;
        let mailer = config.mail.mailer().context("the section mail")?;
        if !alarms.recipients.is_empty() && mailer.is_none() {
            bail!("alarms.recipients need a server that takes their mail: set mail.host");
        }
        Ok(config)
    }

    /// Where the data is.
    pub(crate) fn database(&self) -> Database {
        if self.database.starts_with("postgres://") || self.database.starts_with("postgresql://") {
            Database::Postgres { url: self.database.clone() }
        } else if self.database.is_empty() {
            Database::Sqlite { path: self.data.join("desk.sqlite") }
        } else {
            Database::Sqlite { path: PathBuf::from(&self.database) }
        }
    }

    /// Where the copy of the status page is written.
    pub(crate) fn copy_places(&self) -> anyhow::Result<CopyPlaces> {
        let folder = Some(self.status_copy.clone()).filter(|folder| !folder.as_os_str().is_empty());
        Ok(CopyPlaces { folder, bucket: self.status_bucket.bucket()? })
    }

    /// How the facts are kept.
    pub(crate) fn insight(&self) -> standfast_insight::Settings {
        let InsightConfig { snapshot, snapshot_minutes, threads, at_once } = &self.insight;
        let own = snapshot.as_os_str().is_empty();
        standfast_insight::Settings {
            snapshot: Some(if own { self.data.join("facts.snapshot") } else { snapshot.clone() }),
            every: std::time::Duration::from_secs(60 * (*snapshot_minutes).max(1)),
            threads: *threads,
            at_once: *at_once,
        }
    }

    /// The browser that prints: the one that is set, or one where Debian, Fedora or Google put theirs.
    pub(crate) fn browser(&self) -> Option<PathBuf> {
        const USUAL: [&str; 3] =
            ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome-stable"];
        if !self.browser.as_os_str().is_empty() {
            return Some(self.browser.clone());
        }
        USUAL.iter().map(PathBuf::from).find(|path| path.exists())
    }

    /// Where the attachments are.
    pub(crate) fn files(&self) -> PathBuf {
        self.data.join("files")
    }
}

/// Puts a value from the environment into its place; what it is, is told by how it looks.
fn set(table: &mut toml::Table, path: &[&str], value: &str) -> anyhow::Result<()> {
    match path {
        [] => bail!("no name"),
        [name] => {
            let looks =
                format!("value = {value}").parse::<toml::Table>().ok().and_then(|mut t| t.remove("value"));
            // A version number or a name must stay text even where TOML would take it for something else.
            let value = match looks {
                Some(value @ (toml::Value::Integer(_) | toml::Value::Boolean(_) | toml::Value::Array(_))) => {
                    value
                }
                _ => toml::Value::String(value.to_owned()),
            };
            table.insert((*name).to_owned(), value);
            Ok(())
        }
        [name, rest @ ..] => {
            let inner = table.entry(*name).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            set(inner.as_table_mut().context("is not a section")?, rest, value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, environment: &[(&str, &str)]) -> anyhow::Result<Config> {
        Config::parse(text, environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn the_environment_goes_over_the_file() {
        let text = "listen = '0.0.0.0:1'\n[http]\nconnections = 5\n";
        let config =
            parse(text, &[("listen", "127.0.0.1:9"), ("http__drain_seconds", "3"), ("node", "2")]).unwrap();
        assert_eq!((config.listen.as_str(), config.http.connections), ("127.0.0.1:9", 5));
        assert_eq!((config.http.drain_seconds, config.node), (3, 2));
        assert_eq!(config.public_url, "http://127.0.0.1:9");
    }

    #[test]
    fn recipients_of_alarms_are_told_in_their_language() {
        let list = "[{ address = 'ops@Wallet.example', language = 'zh-CN', zone = 'Asia/Shanghai' }, \
                    { address = 'b@wallet.example', language = 'en' }]";
        let mail = "[mail]\nhost = 'smtp.example'\nfrom = 'a@b.example'";
        let config = parse(mail, &[("alarms__recipients", list)]).unwrap();
        let recipients = config.alarms.settings().unwrap().recipients;
        let told: Vec<_> =
            recipients.iter().map(|one| (one.address.as_str(), one.language, &*one.zone)).collect();
        let expected = [
            ("ops@wallet.example", Language::Chinese, "Asia/Shanghai"),
            ("b@wallet.example", Language::English, "UTC"),
        ];
        assert_eq!(told, expected);
        assert!(!format!("{config:?}").contains("ops@"), "no addresses in logs");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, word) in [
            ("lisen = 'x'", "lisen"),
            ("node = 40", "between 0 and 31"),
            ("public_url = 'desk.example'", "https://"),
            ("[[host_keys]]\nissuer = 'a'\nsecret = 'short'", "32 characters"),
            ("[alarms]\nfalse_a_week = 0.0", "above 0"),
            ("[alarms]\nwebhook = 'http://169.254.169.254/'", "https://"),
            ("[alarms]\nwebhook = 'http://localhost.example/'", "https://"),
            ("[alarms]\nwebhook = 'https://a.example/'\nwebhook_key = 'whsec_c2hvcnQ='", "24 bytes"),
            ("[[alarms.recipients]]\naddress = 'a@b.example'\nlanguage = 'en'", "mail.host"),
            ("[[alarms.recipients]]\naddress = 'ops'\nlanguage = 'en'", "address"),
            ("[[alarms.recipients]]\naddress = 'a@b.example'\nlanguage = 'fr'", "language"),
            ("[[alarms.recipients]]\naddress = 'a@b.example'\nlanguage = 'en'\nzone = 'Mars/Base'", "zone"),
            ("=", "TOML"),
            ("[status_bucket]\nendpoint = 'https://s3.example'", "bucket"),
            ("[status_bucket]\nendpoint = 'http://s3.example'\nbucket = 'a'", "https://"),
            ("[mail]\nhost = 'smtp.example'\nfrom = 'desk'", "from"),
            ("[mail]\nhost = 'smtp.example'\nfrom = 'a@b.example'\nsecurity = 'none'", "this machine"),
            ("[mail]\nhost = 'smtp.example'\nfrom = 'a@b.example'\nsecurity = 'ssl'", "starttls"),
        ] {
            let error = format!("{:#}", parse(text, &[]).unwrap_err());
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
