//! The languages in which the desk speaks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A language of pages, receipts and errors.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Default, Serialize, Deserialize, ToSchema,
)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Chinese in simplified characters.
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl Language {
    /// Every language, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Chinese, Self::English];

    /// The BCP 47 tag, as stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// Reads a language tag: any Chinese is answered in Chinese, anything else that we do not speak is `None`.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let tag = tag.trim();
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::Chinese)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::English)
        } else {
            None
        }
    }

    /// The best language for an `Accept-Language` header (RFC 9110 §12.5.4), if it names one that we speak.
    #[must_use]
    pub fn negotiate(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for item in header.split(',').take(32) {
            let mut parts = item.split(';');
            let Some(language) = parts.next().and_then(Self::parse) else { continue };
            let quality = parts
                .find_map(|p| p.trim().strip_prefix("q=").map(|q| q.trim().parse::<f32>().unwrap_or(0.0)))
                .unwrap_or(1.0);
            if quality > 0.0 && best.is_none_or(|(highest, _)| quality > highest) {
                best = Some((quality, language));
            }
        }
        best.map(|(_, language)| language)
    }

    /// The language a text is written in, judged by its script alone: any Han characters make it Chinese.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let han = text.chars().take(2_000).filter(|c| matches!(c, '\u{4E00}'..='\u{9FFF}')).count();
        if han >= 2 || (han > 0 && text.chars().count() < 8) { Self::Chinese } else { Self::English }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_language_is_negotiated() {
        for (header, expected) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Language::Chinese)),
            ("en-US,en;q=0.9,zh;q=0.1", Some(Language::English)),
            ("fr, zh-TW;q=0.3, en;q=0.5", Some(Language::English)),
            ("fr", None),
            ("", None),
            ("zh;q=0, en;q=0.1", Some(Language::English)),
        ] {
            assert_eq!(Language::negotiate(header), expected, "{header}");
        }
    }

    #[test]
    fn text_is_told_by_its_script() {
        assert_eq!(Language::of_text("转账 USDT 未到账"), Language::Chinese);
        assert_eq!(Language::of_text("Where is my transfer?"), Language::English);
    }
}
