//! Words that were written as HTML.

/// The words of a piece of HTML: without tags, with line ends where blocks and lines end.
pub(crate) fn words_of_html(html: &str) -> String {
    let mut words = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find(['<', '&']) {
        let (before, after) = rest.split_at(start);
        words.push_str(before);
        rest = if after.starts_with('<') { tag(after, &mut words) } else { entity(after, &mut words) };
    }
    words.push_str(rest);
    let lines: Vec<&str> = words.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

/// Passes over a tag, with all that is in it where that is no text.
fn tag<'a>(text: &'a str, words: &mut String) -> &'a str {
    let name: String = text.chars().skip(1).take_while(|c| *c == '/' || c.is_ascii_alphanumeric()).collect();
    let name = name.trim_end_matches('/').to_ascii_lowercase();
    if name.is_empty() && !text.starts_with("<!") {
        words.push('<');
        return text.get(1..).unwrap_or_default();
    }
    if matches!(&*name, "br" | "/p" | "/div" | "/li" | "/tr" | "/h1" | "/h2" | "/h3" | "/blockquote") {
        words.push('\n');
    }
    let end = |mark: &str| text.find(mark).map_or(text.len(), |place| place + mark.len());
    let past = match &*name {
        "script" => end("</script>"),
        "style" => end("</style>"),
        _ if text.starts_with("<!--") => end("-->"),
        _ => end(">"),
    };
    text.get(past..).unwrap_or_default()
}

/// Passes over an entity, and writes what it stands for.
fn entity<'a>(text: &'a str, words: &mut String) -> &'a str {
    let end = text.char_indices().take(12).find(|(_, c)| *c == ';').map(|(place, _)| place);
    let name = end.and_then(|end| text.get(1..end));
    let stands_for = name.and_then(|name| match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(number)
        }
    });
    if let (Some(c), Some(end)) = (stands_for, end) {
        words.push(c);
        text.get(end + 1..).unwrap_or_default()
    } else {
        words.push('&');
        text.get(1..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn html_leaves_its_words() {
        for (html, words) in [
            ("<p>Hello <b>you</b></p><p>2 &lt; 3 &amp; so on</p>", "Hello you\n2 < 3 & so on"),
            ("a<br>b<br/>c&nbsp;d", "a\nb\nc d"),
            ("<style>p { color: red }</style>x<!-- <p>no</p> -->y", "xy"),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
            ("&#36716;&#x8d26; &unknown; &", "转账 &unknown; &"),
            ("cut <a href=\"x", "cut"),
        ] {
            assert_eq!(words_of_html(html), words, "{html}");
        }
    }

    proptest! {
        #[test]
        fn any_html_is_survived(html in "[<>&;#/a-z!\\- 转\"]{0,80}") {
            let words = words_of_html(&html);
            prop_assert!(words.len() <= html.len() + 1);
        }
    }
}
