//! The catalogue of everything the desk says, in every language: `locales/<language>/<area>.json`. Names of regions are those of the
//! Unicode Common Locale Data Repository (licence Unicode-3.0), as browsers have them.

use std::collections::HashMap;
use std::sync::LazyLock;

use standfast_domain::{Language, Wait};

/// Key, such as `receipt.next.queue`, to text with `{name}` where values go.
type Catalogue = HashMap<String, String>;

static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| {
    load(&[
        ("receipt", include_str!("../../../locales/en/receipt.json")),
        ("problem", include_str!("../../../locales/en/problem.json")),
        ("page", include_str!("../../../locales/en/page.json")),
        ("figure", include_str!("../../../locales/en/figure.json")),
        ("report", include_str!("../../../locales/en/report.json")),
        ("region", include_str!("../../../locales/en/region.json")),
    ])
});
static CHINESE: LazyLock<Catalogue> = LazyLock::new(|| {
    load(&[
        ("receipt", include_str!("../../../locales/zh-CN/receipt.json")),
        ("problem", include_str!("../../../locales/zh-CN/problem.json")),
        ("page", include_str!("../../../locales/zh-CN/page.json")),
        ("figure", include_str!("../../../locales/zh-CN/figure.json")),
        ("report", include_str!("../../../locales/zh-CN/report.json")),
        ("region", include_str!("../../../locales/zh-CN/region.json")),
    ])
});

fn load(areas: &[(&str, &str)]) -> Catalogue {
    let mut catalogue = Catalogue::new();
    for (area, text) in areas {
        // A test reads every file, so that a mistake in one does not come this far.
        let entries: HashMap<String, String> = serde_json::from_str(text).unwrap_or_default();
        catalogue.extend(entries.into_iter().map(|(key, text)| (format!("{area}.{key}"), text)));
    }
    catalogue
}

/// The text under `key` with its values put in; the key itself where there is no such text.
#[must_use]
pub fn words(language: Language, key: &str, values: &[(&str, &str)]) -> String {
    let catalogue = match language {
        Language::English => &*ENGLISH,
        Language::Chinese => &*CHINESE,
    };
    let Some(text) = catalogue.get(key).or_else(|| ENGLISH.get(key)) else { return key.to_owned() };
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(value);
        } else {
            out.push('{');
            out.push_str(name);
            out.push('}');
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// A range of waiting as people say it: "10 to 20 minutes", “10–20 分钟”; one figure when both ends say the same. Minutes up to an
/// hour and a half, where hours would be too coarse.
#[must_use]
pub fn spoken_wait(language: Language, wait: Wait) -> String {
    let (unit, length) = match wait.high_seconds {
        0..5_700 => ("minute", 60),
        5_700..129_600 => ("hour", 3_600),
        _ => ("day", 86_400),
    };
    let [low, high] = [wait.low_seconds, wait.high_seconds].map(|seconds| (seconds + length / 2) / length);
    let high = high.max(1);
    let form = if high == 1 && language == Language::English { "one" } else { "other" };
    let high_text = words(language, &format!("page.time.{unit}_{form}"), &[("count", &high.to_string())]);
    if low < 1 || low >= high {
        return high_text;
    }
    words(language, "receipt.range", &[("low", &low.to_string()), ("high", &high_text)])
}

/// Whether there is a text under `key`.
#[must_use]
pub fn has_words(key: &str) -> bool {
    ENGLISH.contains_key(key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn waits_are_said_as_people_say_them() {
        let said =
            |language, low, high| spoken_wait(language, Wait::between(f64::from(low), f64::from(high)));
        for (low, high, english, chinese) in [
            (20, 50, "1 minute", "1 分钟"),
            (95, 290, "2 to 5 minutes", "2–5 分钟"),
            (600, 1_200, "10 to 20 minutes", "10–20 分钟"),
            (3_000, 5_300, "50 to 90 minutes", "50–90 分钟"),
            (3_000, 7_200, "1 to 2 hours", "1–2 小时"),
            (7_300, 7_400, "2 hours", "2 小时"),
            (80_000, 200_000, "1 to 2 days", "1–2 天"),
        ] {
            assert_eq!(said(Language::English, low, high), english);
            assert_eq!(said(Language::Chinese, low, high), chinese);
        }
    }

    #[test]
    fn both_languages_say_the_same_things() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../locales");
        let files = |language: &str| -> BTreeSet<String> {
            let entries = std::fs::read_dir(format!("{root}/{language}")).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        assert_eq!(files("en"), files("zh-CN"));
        for area in files("en") {
            let keys = |language: &str| -> BTreeSet<String> {
                let path = format!("{root}/{language}/{area}");
                let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
                let entries: HashMap<String, String> =
                    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
                // Chinese has no plural forms, so that `_one` may stand alone in English.
                entries.into_keys().filter(|key| !key.ends_with("_one")).collect()
            };
            let (english, chinese) = (keys("en"), keys("zh-CN"));
            assert_eq!(
                english.difference(&chinese).collect::<Vec<_>>(),
                Vec::<&String>::new(),
                "{area}: not in zh-CN"
            );
            assert_eq!(
                chinese.difference(&english).collect::<Vec<_>>(),
                Vec::<&String>::new(),
                "{area}: not in en"
            );
        }
    }

    #[test]
    fn values_are_put_in_once() {
        assert_eq!(words(Language::English, "no.such.key", &[]), "no.such.key");
        let text = words(Language::English, "receipt.next.queue", &[("place", "{name}")]);
        assert!(text.contains("{name}"), "values are not templates: {text}");
    }
}
