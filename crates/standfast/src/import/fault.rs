//! What is wrong with a row, a map or a file, in words that a person can act on.

use std::fmt::Display;

/// Why a row is not taken. It never quotes the row: there may be a secret in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    pub(crate) field: &'static str,
    pub(crate) reason: &'static str,
}

/// Shorthand for a [`Fault`].
pub(crate) const fn fault(field: &'static str, reason: &'static str) -> Fault {
    Fault { field, reason }
}

impl Fault {
    /// What is wrong, and what to do. It is ASCII, so that it fits a table in any encoding.
    pub(crate) fn words(self) -> &'static str {
        match (self.field, self.reason) {
            ("answered", "missing") => "there is an answer, but not when it was given",
            (_, "missing") => "it is empty, and a request needs it",
            ("type", "unknown") => {
                "no type of this desk, and the map has no line for it: add one to [types], or \"*\" = \"other\" for all the rest"
            }
            ("channel", "unknown") => {
                "no channel of this desk, and the map has no line for it: add one to [channels]"
            }
            ("language", "unknown") => {
                "no language of this desk, and the map has no line for it: add one to [languages]"
            }
            ("rating", "unknown") => "neither a number from 1 to 5 nor a word of [ratings] in the map",
            (_, "unknown") => "a value that this format does not know",
            (_, "no_such_time") => {
                "no time in the [times] formats of the map (without any, and in JSON, such as 2024-05-01T08:30:00Z), or an hour that the clocks of its zone skipped that night"
            }
            (_, "no_number") => "no number",
            (_, "before_start") => "earlier than the request came (created)",
            ("count", "out_of_range") => "more than 1,000,000 requests in one row",
            ("answered_after" | "bot_answered_after" | "solved_after", "out_of_range") => {
                "less than 0, or more than 1,000,000,000"
            }
            (_, "out_of_range") => "in the future, or before 1970",
            ("text", "too_long") => "a message is longer than 65,536 bytes",
            ("customer_name", "too_long") => "longer than 120 bytes",
            (_, "too_long") => "longer than 512 bytes",
            ("tags", "too_many") => "more than 20 tags",
            (_, "too_many") => "more than 5,000 messages",
            ("tags", "malformed") => {
                "a tag is longer than 48 bytes, looks like a secret, or has control characters in it"
            }
            (_, "encoding") => {
                "bytes that are none of the file's encoding: see encoding in the map, or write the cell anew"
            }
            (_, "columns") => {
                "more or fewer cells than the first line has: is a quotation mark or a separator missing, or one too many?"
            }
            (_, "deleted") => "the other system had deleted it: leave it out",
            (_, "merged") => "it goes on in another ticket, or was removed: leave it out",
            ("record", reason) => of_json(reason),
            _ => "not in the expected form",
        }
    }
}

/// What was expected where a text stops being JSON, or being an export.
fn of_json(reason: &str) -> &'static str {
    match reason {
        "empty" => "it is empty: export it again",
        "cut_off" => {
            "it ends in the middle of a value: export it again; in .ndjson and .jsonl each line is a whole record"
        }
        "page" => "this is a web page or XML, not JSON: was the export saved without being signed in?",
        "utf16" => "this is UTF-16: save it as UTF-8",
        "comma" => "a comma or the closing bracket is expected here",
        "spare" => "a comma stands before the closing bracket: take it away",
        "colon" => "a colon is expected here, between a name and its value",
        "name" => "a name in quotation marks is expected here",
        "text" => {
            "no text that JSON allows: line ends and \\ inside of quotation marks are written as \\n and \\\\, and all is UTF-8"
        }
        "number" => "no number that JSON allows",
        "more" => {
            "the value has ended and another one begins here: where each line is a record, the file is named .ndjson"
        }
        "deep" => "more than 127 values inside of each other",
        "shape" => {
            "it is JSON, but neither a list of records, nor one record with an id, nor a page of this system's export"
        }
        _ => "a JSON value is expected here: a {record}, a [list], a number, or a text in quotation marks",
    }
}

/// All that is wrong with a map, a first line or an export, so that it is mended once.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<String>);

impl Faults {
    pub(crate) fn add(&mut self, words: impl Display) {
        self.0.push(words.to_string());
    }

    /// What came of it; a fault where nothing did.
    pub(crate) fn take<T>(&mut self, result: anyhow::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(format_args!("{error:#}"))).ok()
    }

    /// Takes what is wrong with one file over, by the file's name.
    pub(crate) fn within(&mut self, name: impl Display, faults: Self) {
        self.0.extend(faults.0.into_iter().map(|words| format!("{name}: {words}")));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them as one error.
    pub(crate) fn ended(self) -> anyhow::Error {
        match &*self.0 {
            [one] => anyhow::anyhow!("{one}"),
            all => {
                anyhow::anyhow!("{} things to mend; nothing was imported\n  {}", all.len(), all.join("\n  "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_one_error() {
        let mut faults = Faults::default();
        assert!(faults.is_empty());
        let mut map = Faults::default();
        map.add("zone: no time zone");
        faults.within("map.toml", map);
        assert_eq!(faults.take(Ok(3)), Some(3));
        assert_eq!(faults.take::<u8>(Err(anyhow::anyhow!("gone").context("table.csv"))), None);
        let said = faults.ended().to_string();
        assert_eq!(
            said,
            "2 things to mend; nothing was imported\n  map.toml: zone: no time zone\n  table.csv: gone"
        );
        let mut one = Faults::default();
        one.add("alone");
        assert_eq!(one.ended().to_string(), "alone");
    }

    #[test]
    fn reasons_are_told_in_words() {
        // What the readers and the desk say; words are written into tables of any encoding.
        for (field, reason) in [
            ("id", "missing"),
            ("answered", "missing"),
            ("type", "unknown"),
            ("message", "unknown"),
            ("created", "no_such_time"),
            ("reopens", "no_number"),
            ("solved", "before_start"),
            ("created", "out_of_range"),
            ("count", "out_of_range"),
            ("context", "too_long"),
            ("messages", "too_many"),
            ("tags", "malformed"),
            ("text", "encoding"),
            ("row", "columns"),
            ("state", "deleted"),
            ("state", "merged"),
            ("record", "cut_off"),
            ("record", "shape"),
        ] {
            let words = fault(field, reason).words();
            assert!(words.is_ascii() && words != "not in the expected form", "{field} {reason}: {words}");
        }
    }
}
