//! Where a request comes from: region, platform, version of the app, chain, screen and brand, read from what the host's app
//! passed along (`context`) and from the answers to the intake form (`fields`). This is the one place that says which
//! keys are read; how their values are written is [`vocabulary`]. `docs/guide/widget.md` tells those who write host apps.

use std::borrow::Cow;

use serde::Deserialize;
use standfast_domain::vocabulary::{self, OTHER, UNKNOWN, platform};

/// Longest name of a screen or a brand, in bytes.
const LONGEST_NAME: usize = 48;
/// Most digits in it.
const MOST_DIGITS: usize = 4;

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// ISO 3166-1 alpha-2, in capitals.
    pub(crate) region: String,
    /// Index into [`vocabulary::PLATFORMS`].
    pub(crate) platform: u8,
    /// Up to four numbers with points between.
    pub(crate) version: String,
    /// A code of [`vocabulary::chain`].
    pub(crate) chain: String,
    /// The host's name for a screen or feature.
    pub(crate) screen: String,
    /// The brand under which the app is sold.
    pub(crate) brand: String,
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
    #[serde(borrow)]
    brand: Option<Cow<'a, str>>,
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
            region: region.map_or_else(|| UNKNOWN.to_owned(), |text| vocabulary::region(&text)),
            platform: if named == 0 { device.map_or(0, |text| platform(&text)) } else { named },
            version: version.map_or_else(|| UNKNOWN.to_owned(), |text| vocabulary::version(&text)),
            chain: chain.as_deref().or(recognised).map_or(UNKNOWN, vocabulary::chain).to_owned(),
            screen: screen.map_or_else(|| UNKNOWN.to_owned(), |text| name(&text)),
            brand: first([&context.brand, &None]).map_or_else(|| UNKNOWN.to_owned(), |text| name(&text)),
        }
    }
}

/// A screen or a brand by the host's name for it, in lower case with `_` between the words. What has many digits is no name but
/// an address, a hash or somebody's number, and there would be no end of them.
fn name(text: &str) -> String {
    let name = text.trim().to_lowercase().replace(|c: char| c.is_whitespace() || c == '-', "_");
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | ':');
    let digits = name.chars().filter(|c| c.is_numeric()).count();
    let is_name = name.len() <= LONGEST_NAME && name.chars().all(plain) && digits <= MOST_DIGITS;
    if is_name { name } else { OTHER.to_owned() }
}

#[cfg(test)]
mod tests {
    use standfast_domain::vocabulary::PLATFORMS;

    use super::*;

    #[test]
    fn screens_and_brands_are_names_and_not_numbers() {
        for (text, expected) in
            [("Send Confirm", "send_confirm"), ("/swap", "/swap"), ("转账", "转账"), ("a\u{202e}b", OTHER)]
        {
            assert_eq!(name(text), expected, "{text}");
        }
        assert_eq!(name(&"x".repeat(49)), OTHER);
        assert_eq!(name("/tx/0x52908400098527886E0F7030069857D2E4169EE7"), OTHER);
        assert_eq!(name("step 2/3"), "step_2/3");
    }

    #[test]
    fn answers_go_before_the_app_and_the_app_before_what_was_recognised() {
        let context = r#"{"app_version":"1.0","chain":"TRON","device":"Pixel 8, Android 15","screen":"swap","brand":"Key Pal","x":"y"}"#;
        let place = Place::of(r#"{"app_version":"2.0"}"#, context, Some("evm"));
        assert_eq!(
            (place.version.as_str(), place.chain.as_str(), place.screen.as_str(), place.brand.as_str()),
            ("2.0", "tron", "swap", "key_pal")
        );
        assert_eq!(PLATFORMS[usize::from(place.platform)], "android");
        let nothing = Place::of("{}", "not json", Some("evm"));
        assert_eq!((nothing.chain.as_str(), nothing.region.as_str(), nothing.platform), ("evm", UNKNOWN, 0));
    }
}
