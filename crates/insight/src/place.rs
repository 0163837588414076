//! Where a request comes from: region, platform, version of the app, chain and screen, read from what the host's app
//! passed along (`context`) and from the answers to the intake form (`fields`). This is the one place that says which
//! keys are read and how their values are written; `docs/guide/widget.md` tells those who write host apps.

use std::borrow::Cow;

use serde::Deserialize;

/// The name of what was not said.
pub(crate) const UNKNOWN: &str = "unknown";
/// The name of what was said and is none of those that are known.
pub(crate) const OTHER: &str = "other";

/// Platforms, by the number of their place here.
pub(crate) const PLATFORMS: &[&str] =
    &[UNKNOWN, "ios", "android", "harmonyos", "windows", "macos", "linux", "extension", OTHER];

/// Chains, with the names that people and programs use for them, in lower case and without spaces.
const CHAINS: &[(&str, &[&str])] = &[
    ("bitcoin", &["btc", "比特币"]),
    ("ethereum", &["eth", "erc20", "erc-20", "以太坊", "ethereummainnet"]),
    ("tron", &["trx", "trc20", "trc-20", "波场"]),
    ("bnb", &["bnbchain", "bnbsmartchain", "bsc", "bep20", "bep-20", "binancesmartchain", "币安智能链"]),
    ("polygon", &["matic", "pol", "polygonpos"]),
    ("arbitrum", &["arb", "arbitrumone"]),
    ("optimism", &["op", "opmainnet"]),
    ("base", &["basemainnet"]),
    ("avalanche", &["avax", "avalanchec-chain", "雪崩"]),
    ("solana", &["sol", "spl"]),
    ("ton", &["toncoin", "theopennetwork"]),
    ("cosmos", &["atom", "cosmoshub"]),
    ("aptos", &["apt"]),
    ("sui", &[]),
    ("near", &["nearprotocol"]),
    ("polkadot", &["dot", "波卡"]),
    ("eos", &["vaulta"]),
    ("litecoin", &["ltc", "莱特币"]),
    ("dogecoin", &["doge", "狗狗币"]),
    ("xrp", &["ripple", "xrpl", "xrpledger"]),
    ("cardano", &["ada"]),
    ("filecoin", &["fil"]),
    ("linea", &[]),
    ("zksync", &["zksyncera"]),
    ("scroll", &[]),
    ("mantle", &["mnt"]),
    ("blast", &[]),
    ("fantom", &["ftm", "sonic"]),
    ("cronos", &["cro"]),
    ("heco", &["ht"]),
    ("okc", &["okt", "oktc", "okexchain"]),
    // What an address tells: Ethereum, or one of the chains that share its addresses.
    ("evm", &[]),
];

/// Longest name of a screen, in bytes.
const LONGEST_SCREEN: usize = 48;
/// Most digits in it.
const MOST_DIGITS: usize = 4;

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// ISO 3166-1 alpha-2, in capitals.
    pub(crate) region: String,
    /// Index into [`PLATFORMS`].
    pub(crate) platform: u8,
    /// Up to four numbers with points between.
    pub(crate) version: String,
    /// A code of the list above.
    pub(crate) chain: String,
    /// The host's name for a screen or feature.
    pub(crate) screen: String,
}

/// The values that are read; whatever else a host passes along is not.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said<'a> {
    #[serde(borrow)]
    region: Option<Cow<'a, str>>,
    #[serde(borrow)]
    country: Option<Cow<'a, str>>,
    #[serde(borrow)]
    platform: Option<Cow<'a, str>>,
    #[serde(borrow)]
    device: Option<Cow<'a, str>>,
    #[serde(borrow)]
    app_version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    chain: Option<Cow<'a, str>>,
    #[serde(borrow)]
    screen: Option<Cow<'a, str>>,
    #[serde(borrow)]
    feature: Option<Cow<'a, str>>,
}

impl<'a> Said<'a> {
    /// Nothing where a row was altered past the desk: it must not stop the others from being counted.
    fn read(json: &'a str) -> Self {
        if json == "{}" { Self::default() } else { serde_json::from_str(json).unwrap_or_default() }
    }
}

impl Place {
    /// Reads what a request's row knows. What a person answered goes before what the app said, and both before the
    /// chain that was recognised in the words.
    pub(crate) fn of(fields: &str, context: &str, recognised: Option<&str>) -> Self {
        let (fields, context) = (Said::read(fields), Said::read(context));
        let first = |said: [&Option<Cow<'_, str>>; 2]| {
            said.into_iter().flatten().find_map(|text| (!text.trim().is_empty()).then(|| text.to_string()))
        };
        let region = first([&context.region, &context.country]);
        let version = first([&fields.app_version, &context.app_version]);
        let chain = first([&fields.chain, &context.chain]);
        let screen = first([&context.screen, &context.feature]);
        let device = first([&fields.device, &context.device]);
        let named = context.platform.as_deref().map_or(0, platform);
        Self {
            region: region.map_or_else(|| UNKNOWN.to_owned(), |text| self::region(&text)),
            platform: if named == 0 { device.map_or(0, |text| platform(&text)) } else { named },
            version: version.map_or_else(|| UNKNOWN.to_owned(), |text| self::version(&text)),
            chain: chain.as_deref().or(recognised).map_or(UNKNOWN, self::chain).to_owned(),
            screen: screen.map_or_else(|| UNKNOWN.to_owned(), |text| self::screen(&text)),
        }
    }
}

/// `cn` and `zh-CN` are both CN; anything that is no code of two letters is another region.
pub(crate) fn region(text: &str) -> String {
    let last = text.trim().rsplit(['-', '_']).next().unwrap_or_default();
    match last.to_ascii_uppercase().as_str() {
        "UK" => "GB".to_owned(),
        code if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) => code.to_owned(),
        _ => OTHER.to_owned(),
    }
}

/// The platform by its name, a device's name, or a browser's description of itself.
fn platform(text: &str) -> u8 {
    let text = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let name = if text.trim().is_empty() {
        UNKNOWN
    } else if has(&["extension"]) {
        "extension"
    } else if has(&["harmony"]) {
        "harmonyos"
    } else if has(&["windows phone"]) {
        OTHER
    } else if has(&["android"]) {
        "android"
    } else if has(&["iphone", "ipad", "ipod", "ios"]) {
        "ios"
    } else if has(&["windows", "win32", "win64"]) {
        "windows"
    } else if has(&["mac os", "macos", "macintosh", "darwin"]) {
        "macos"
    } else if has(&["linux", "x11", "cros", "ubuntu"]) {
        "linux"
    } else {
        OTHER
    };
    let place = PLATFORMS.iter().position(|known| *known == name).unwrap_or(0);
    u8::try_from(place).unwrap_or(0)
}

/// The code of a platform by what [`platform`] reads.
pub(crate) fn platform_name(text: &str) -> &'static str {
    PLATFORMS.get(usize::from(platform(text))).copied().unwrap_or(UNKNOWN)
}

/// `v2.14.0 (1234)` and `2.14.0-beta` are both 2.14.0: up to four numbers, each of at most six digits.
pub(crate) fn version(text: &str) -> String {
    let text = text.trim().trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let numbers = text.get(..end).unwrap_or_default().trim_end_matches('.');
    let parts: Vec<&str> = numbers.split('.').collect();
    let plain = parts.len() <= 4 && parts.iter().all(|part| !part.is_empty() && part.len() <= 6);
    if plain { numbers.to_owned() } else { OTHER.to_owned() }
}

/// The code of a chain.
fn chain(text: &str) -> &'static str {
    let name: String =
        text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).take(40).collect();
    let known = CHAINS.iter().find(|(code, names)| *code == name || names.contains(&name.as_str()));
    known.map_or(OTHER, |(code, _)| code)
}

/// A screen by the host's name for it, in lower case with `_` between the words. What has many digits is no name but
/// an address, a hash or somebody's number, and there would be no end of them.
fn screen(text: &str) -> String {
    let name = text.trim().to_lowercase().replace(|c: char| c.is_whitespace() || c == '-', "_");
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | ':');
    let digits = name.chars().filter(|c| c.is_numeric()).count();
    let is_name = name.len() <= LONGEST_SCREEN && name.chars().all(plain) && digits <= MOST_DIGITS;
    if is_name { name } else { OTHER.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hosts_and_people_write_is_read_alike() {
        for (text, expected) in
            [("cn", "CN"), ("zh-CN", "CN"), ("en_US", "US"), ("UK", "GB"), ("China", OTHER), ("中国", OTHER)]
        {
            assert_eq!(region(text), expected, "{text}");
        }
        for (text, expected) in [
            ("ios", "ios"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)", "ios"),
            ("Mozilla/5.0 (Linux; Android 15; Pixel 8)", "android"),
            ("Mozilla/5.0 (Phone; OpenHarmony 5.0)", "harmonyos"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "macos"),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "windows"),
            ("Mozilla/5.0 (X11; Linux x86_64)", "linux"),
            ("chrome-extension", "extension"),
            ("Symbian", OTHER),
            (" ", UNKNOWN),
        ] {
            assert_eq!(PLATFORMS[usize::from(platform(text))], expected, "{text}");
        }
        for (text, expected) in [
            ("2.14.0", "2.14.0"),
            ("v2.14.0 (1234)", "2.14.0"),
            ("Version 2.14.0-beta.1", "2.14.0"),
            ("1.2.3.4.5", OTHER),
            ("1234567", OTHER),
            ("最新版", OTHER),
            ("1..2", OTHER),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
        for (text, expected) in
            [("BNB Chain", "bnb"), ("TRC20", "tron"), ("波场", "tron"), ("evm", "evm"), ("Moonriver", OTHER)]
        {
            assert_eq!(chain(text), expected, "{text}");
        }
        for (text, expected) in
            [("Send Confirm", "send_confirm"), ("/swap", "/swap"), ("转账", "转账"), ("a\u{202e}b", OTHER)]
        {
            assert_eq!(screen(text), expected, "{text}");
        }
        assert_eq!(screen(&"x".repeat(49)), OTHER);
        assert_eq!(screen("/tx/0x52908400098527886E0F7030069857D2E4169EE7"), OTHER);
        assert_eq!(screen("step 2/3"), "step_2/3");
    }

    #[test]
    fn chains_have_one_name_each() {
        let names: Vec<&str> = CHAINS
            .iter()
            .flat_map(|(code, names)| [*code].into_iter().chain(names.iter().copied()))
            .collect();
        let unique: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), unique.len());
        assert!(names.iter().all(|name| name.to_lowercase() == **name && !name.contains(' ')));
    }

    #[test]
    fn answers_go_before_the_app_and_the_app_before_what_was_recognised() {
        let context =
            r#"{"app_version":"1.0","chain":"TRON","device":"Pixel 8, Android 15","screen":"swap","x":"y"}"#;
        let place = Place::of(r#"{"app_version":"2.0"}"#, context, Some("evm"));
        assert_eq!(
            (place.version.as_str(), place.chain.as_str(), place.screen.as_str()),
            ("2.0", "tron", "swap")
        );
        assert_eq!(PLATFORMS[usize::from(place.platform)], "android");
        let nothing = Place::of("{}", "not json", Some("evm"));
        assert_eq!((nothing.chain.as_str(), nothing.region.as_str(), nothing.platform), ("evm", UNKNOWN, 0));
    }
}
