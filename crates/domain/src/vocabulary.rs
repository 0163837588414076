//! How values of dimensions are written, whoever says them: requests, active users and events are told apart by the same
//! codes. Facts have no others.

/// The name of what was not said.
pub const UNKNOWN: &str = "unknown";
/// The name of what was said and is none of those that are known.
pub const OTHER: &str = "other";

/// Platforms, by the number of their place here.
pub const PLATFORMS: &[&str] =
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

/// `cn` and `zh-CN` are both CN; anything that is no code of two letters is another region.
#[must_use]
pub fn region(text: &str) -> String {
    let last = text.trim().rsplit(['-', '_']).next().unwrap_or_default();
    match last.to_ascii_uppercase().as_str() {
        "UK" => "GB".to_owned(),
        code if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) => code.to_owned(),
        _ => OTHER.to_owned(),
    }
}

/// The platform by its name, a device's name, or a browser's description of itself, as its place in [`PLATFORMS`].
#[must_use]
pub fn platform(text: &str) -> u8 {
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
#[must_use]
pub fn platform_name(text: &str) -> &'static str {
    PLATFORMS.get(usize::from(platform(text))).copied().unwrap_or(UNKNOWN)
}

/// `v2.14.0 (1234)` and `2.14.0-beta` are both 2.14.0: up to four numbers, each of at most six digits.
#[must_use]
pub fn version(text: &str) -> String {
    let text = text.trim().trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let numbers = text.get(..end).unwrap_or_default().trim_end_matches('.');
    let parts: Vec<&str> = numbers.split('.').collect();
    let plain = parts.len() <= 4 && parts.iter().all(|part| !part.is_empty() && part.len() <= 6);
    if plain { numbers.to_owned() } else { OTHER.to_owned() }
}

/// The code of a chain.
#[must_use]
pub fn chain(text: &str) -> &'static str {
    let name: String =
        text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).take(40).collect();
    let known = CHAINS.iter().find(|(code, names)| *code == name || names.contains(&name.as_str()));
    known.map_or(OTHER, |(code, _)| code)
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
}
