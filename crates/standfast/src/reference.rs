//! What is generated from the code: the API's description and the reference of all settings.

use std::fmt::Write as _;

use anyhow::Context as _;

use crate::config::Config;

/// Every setting: its path, and what it means. A test compares the paths with the structure that is really read.
const SETTINGS: &[(&str, &str)] = &[
    ("name", "The name of the wallet, as customers know it."),
    ("listen", "Address and port to listen on."),
    (
        "public_url",
        "Where customers reach the desk. Empty: `http://` and the address to listen on. With `https://`, cookies are marked secure and browsers are told to stay with it.",
    ),
    ("data", "Folder for the embedded database, attachments and the master key."),
    (
        "database",
        "Empty: `desk.sqlite` in the data folder. A path: that SQLite file. `postgres://user:password@host/database`: that server.",
    ),
    ("node", "Number of this process (0–31) among those on one database; each needs its own."),
    (
        "log",
        "What is logged: `error`, `warn`, `info`, `debug`, or a filter such as `info,standfast_http=debug`. Message text is never logged.",
    ),
    ("log_format", "`text` or `json`."),
    ("store.writers", "Writer threads on PostgreSQL. SQLite has one."),
    ("store.readers", "Reader threads."),
    (
        "store.queue",
        "Most writes that wait, and most reads that wait, before callers are asked to come back.",
    ),
    ("limits.text_bytes", "Longest message, in bytes of UTF-8."),
    ("limits.upload_bytes", "Largest picture, in bytes."),
    ("limits.text_upload_bytes", "Largest log or other text file, in bytes; these are screened whole."),
    ("limits.uploads_per_message", "Most files of one message."),
    ("limits.field_bytes", "Longest answer to a question of the intake form, in bytes."),
    ("limits.context_bytes", "Most that the host app may pass along with a message, in bytes."),
    (
        "feedback.ask_again_hours",
        "Hours after which a customer who has not said whether a request is solved is asked once more.",
    ),
    (
        "feedback.assume_hours",
        "Hours of silence after that, until the request is taken to be solved (which is counted apart from confirmed).",
    ),
    ("feedback.correct_hours", "Hours for which a customer may correct a rating."),
    (
        "alarms.watch",
        "Whether the desk watches for more requests than are to be expected, and raises alarms.",
    ),
    (
        "alarms.false_a_week",
        "False alarms a week that are bearable, over everything that is watched. Fewer means later.",
    ),
    (
        "alarms.webhook",
        "A system that is told of alarms: an address with `https://` (`http://` on this machine alone). Nothing else is ever called. Empty: none.",
    ),
    (
        "alarms.webhook_key",
        "The key with which it is signed (Standard Webhooks 1.0): `whsec_` and at least 24 random bytes in Base64.",
    ),
    (
        "alarms.recipients",
        "People who are told of alarms by mail: a list of `address`, `language` (`zh-CN` or `en`) and, if it is not UTC, `zone` (such as `Asia/Shanghai`); needs `mail.host`.",
    ),
    (
        "host_keys",
        "Keys with which the wallet's backend signs who its users are: a list of `issuer` and `secret` (at least 32 characters).",
    ),
    (
        "ping",
        "Whether the app may tell by `POST /api/v1/ping` that somebody uses it: `true` or `false`. Counted without keeping who; see the guide on events and active users.",
    ),
    (
        "probe",
        "Whether the desk sends itself a test message through `public_url` each minute: `true` or `false`. Minutes in which it gets no receipt are not online; see *Probing from outside* in running.md.",
    ),
    (
        "mail.host",
        "Server that takes the desk's mail (SMTP). Empty: no mail is sent, and reports are kept for download alone.",
    ),
    ("mail.port", "Its port."),
    (
        "mail.security",
        "`starttls` (usually port 587), `tls` (usually port 465), or `none`, which is for a server on this machine alone.",
    ),
    ("mail.user", "Name with which the desk signs in there. Empty: it does not."),
    ("mail.password", "The password. Better given as `STANDFAST_MAIL__PASSWORD` than in the file."),
    ("mail.from", "The sender, such as `Harbor Support <reports@wallet.example>`."),
    (
        "mail.ca_file",
        "File with the certificates (PEM) of an authority of your own, believed besides the public ones.",
    ),
    (
        "browser",
        "Chromium or Chrome, which prints reports as PDF. Empty: the one in `/usr/bin`, if there is one; without any there are no PDFs.",
    ),
    (
        "status_copy",
        "Folder into which a copy of the status page is written each minute, for another server to show when the desk cannot be reached. Empty: none is written.",
    ),
    (
        "status_bucket.endpoint",
        "Address of an object store that speaks S3, into a bucket of which the same copy is put each minute, such as `https://s3.eu-central-1.amazonaws.com`; also without TLS on this machine. Empty: none is.",
    ),
    (
        "status_bucket.region",
        "Its region, such as `eu-central-1`. Stores that have none take `us-east-1` or `auto`.",
    ),
    ("status_bucket.bucket", "Name of the bucket. It is addressed by path: `endpoint/bucket/name`."),
    ("status_bucket.prefix", "What the names of the objects begin with, such as `status/`; may be empty."),
    (
        "status_bucket.access_key",
        "Id of a key that may put objects there (`s3:PutObject`), and needs no other right.",
    ),
    (
        "status_bucket.secret_key",
        "The secret of that key. Better given as `STANDFAST_STATUS_BUCKET__SECRET_KEY` than in the file.",
    ),
    (
        "reach_private_addresses",
        "Whether webhooks of the status page and calendars may be at addresses that only this machine or its network can see, and need no TLS: `true` or `false`. For tests; anybody may type such an address.",
    ),
    (
        "insight.snapshot",
        "File from which the figures go on after a start. Empty: `facts.snapshot` in the data folder. It can be removed: then every request is read at the start.",
    ),
    ("insight.snapshot_minutes", "How often it is written, in minutes; also when the process ends."),
    ("insight.threads", "Threads that work on one question for figures."),
    ("insight.at_once", "Questions for figures worked on at the same time; others wait for their turn."),
    ("http.trusted_proxies", "Proxies that are believed about where a call comes from (`X-Forwarded-For`)."),
    ("http.connections", "Connections at the same time."),
    (
        "http.connections_per_network",
        "Connections at the same time from one network; those from trusted proxies are not counted.",
    ),
    (
        "http.intake_in_flight",
        "Messages being taken in at the same time. A quarter is kept for assets at risk.",
    ),
    (
        "http.intake_waiting",
        "Messages that wait to be taken in, at most; as many again at risk, and as many customers who want to read. Further ones are told to come back (503).",
    ),
    (
        "http.rates.intake",
        "Messages of one identity: so many at once, then so many a minute. 0 a minute switches a limit off.",
    ),
    ("http.rates.intake_at_risk", "Messages of one identity about assets at risk, counted apart."),
    (
        "http.rates.intake_network",
        "Messages from one network (an IPv4 address or an IPv6 /64, behind which many people may be).",
    ),
    ("http.rates.intake_at_risk_network", "Messages about assets at risk from one network."),
    ("http.rates.upload", "Files of one identity."),
    ("http.rates.upload_network", "Files from one network."),
    ("http.rates.read", "Reads of one identity."),
    ("http.rates.read_network", "Reads from one network."),
    (
        "http.rates.sign_in",
        "Attempts to sign in with one e-mail address from one network, so that nobody can keep an agent out from elsewhere.",
    ),
    ("http.rates.sign_in_network", "Attempts to sign in from one network."),
    ("http.rates.ping_network", "Pings of the app from one network."),
    (
        "http.widget_origins",
        "Origins of the pages that may use the widget, such as `https://wallet.example`; all when empty.",
    ),
    (
        "http.operator_token",
        "With this as `Authorization: Bearer …`, `/metrics` answers calls from other machines too. Not set: only this machine.",
    ),
    (
        "http.drain_seconds",
        "How long running calls and sockets have to end when the process is asked to stop.",
    ),
];

/// The API's description as JSON, ending with a line end.
pub(crate) fn openapi() -> anyhow::Result<String> {
    let mut text = serde_json::to_string_pretty(&standfast_http::openapi()).context("openapi")?;
    text.push('\n');
    Ok(text)
}

/// The reference page.
pub(crate) fn settings() -> anyhow::Result<String> {
    let defaults = toml::Value::try_from(Config::default()).context("defaults")?;
    let mut page = String::from(
        "# Settings\n\nMade by `standfast settings`. One TOML file, named with `--config` or `STANDFAST_CONFIG`; every \
         setting can also be given in the environment, where `http.connections` is `STANDFAST_HTTP__CONNECTIONS` \
         (values as TOML writes them). A name that does not exist is an error.\n\n\
         `STANDFAST_MASTER_KEY` (64 hexadecimal digits) replaces the file `master.key` in the data folder; processes on \
         one database need the same key.\n\n| setting | default | meaning |\n|---|---|---|\n",
    );
    for (path, meaning) in SETTINGS {
        let default = path.split('.').try_fold(&defaults, |value, name| value.get(name));
        let default = default.map_or_else(|| "not set".to_owned(), |value| format!("`{value}`"));
        writeln!(page, "| `{path}` | {default} | {meaning} |").context("page")?;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn paths(value: &toml::Value, prefix: &str, into: &mut BTreeSet<String>) {
        let known = SETTINGS.iter().any(|(path, _)| *path == prefix);
        match value {
            toml::Value::Table(table) if !known => {
                for (name, value) in table {
                    let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                    paths(value, &path, into);
                }
            }
            _ => drop(into.insert(prefix.to_owned())),
        }
    }

    #[test]
    fn every_setting_is_explained_and_every_explanation_is_of_a_setting() {
        let mut read = BTreeSet::new();
        let mut config = Config::default();
        // What has no default must be there to be seen.
        config.http.operator_token = Some("x".to_owned());
        paths(&toml::Value::try_from(config).unwrap(), "", &mut read);
        let explained: BTreeSet<String> = SETTINGS.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(read, explained);
    }
}
