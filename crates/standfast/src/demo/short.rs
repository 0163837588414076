//! Short stories: the many ways in which people begin, with one answer that fits all of them. They make the demo's
//! types learnable: a desk hears the same trouble in a hundred wordings, and tells few of them at length.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;
use standfast_domain::{Language, State, Transition};

use super::story::{Both, Deed, Step, Story, Then};

const SHORT: [(&str, &str); 3] = [
    ("app", include_str!("short/app.json")),
    ("risk", include_str!("short/risk.json")),
    ("transactions", include_str!("short/transactions.json")),
];

/// Beginnings of one type in one language, and what they are answered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Short {
    #[serde(rename = "type")]
    kind: String,
    language: Language,
    team: String,
    #[serde(default)]
    chains: Vec<String>,
    #[serde(default)]
    tokens: Vec<String>,
    worth: Option<[f64; 2]>,
    fields: BTreeMap<String, String>,
    answer: String,
    openings: Vec<String>,
}

/// What nobody asked about before.
const NEW: (&str, &str) = ("new", include_str!("short/new.json"));

/// Reads what the program carries along: a story for each beginning.
pub(super) fn load() -> anyhow::Result<Vec<Story>> {
    let mut stories = read(&SHORT)?;
    stories.extend(read(&[NEW])?.into_iter().map(|story| Story { is_new: true, ..story }));
    Ok(stories)
}

fn read(files: &[(&str, &str)]) -> anyhow::Result<Vec<Story>> {
    let thanks: Both<String> =
        serde_json::from_str(include_str!("short/thanks.json")).context("short/thanks.json")?;
    let mut stories = Vec::new();
    for (file, text) in files {
        let read: Vec<Short> = serde_json::from_str(text).with_context(|| format!("short/{file}.json"))?;
        for short in &read {
            let all = short.openings.iter().enumerate();
            stories.extend(
                all.map(|(number, opening)| {
                    short.told(&format!("{file}-{number}"), number, opening, &thanks)
                }),
            );
        }
    }
    Ok(stories)
}

impl Short {
    /// The story that begins so. Every other customer says thanks, and the agent ends it then; some wait for another team.
    fn told(&self, name: &str, number: usize, opening: &str, thanks: &Both<String>) -> Story {
        let (thankful, held) = (number.is_multiple_of(2), number % 12 == 7);
        let then = match (thankful, held) {
            (true, _) => Then::Waiting,
            (_, true) => Then::OnHold,
            _ => Then::Solved,
        };
        let mut steps = vec![
            Step { after: None, deed: Deed::Ask(opening.to_owned()) },
            Step { after: None, deed: Deed::Reply(self.answer.clone(), then) },
        ];
        if thankful {
            let words = thanks.of(self.language).clone();
            steps.push(Step { after: Some([3, 400]), deed: Deed::Ask(words) });
            steps.push(Step { after: None, deed: Deed::Do(Transition::Solve) });
        }
        if held {
            steps.push(Step { after: Some([720, 4_320]), deed: Deed::Do(Transition::Solve) });
        }
        Story {
            id: format!("{}-{}-{name}", self.kind, self.language.as_str()),
            kind: self.kind.clone(),
            language: self.language,
            team: self.team.clone(),
            tags: Vec::new(),
            chains: self.chains.clone(),
            tokens: self.tokens.clone(),
            worth: self.worth,
            fields: self.fields.clone(),
            state: State::Solved,
            steps,
            is_short: true,
            is_new: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_beginning_is_another() {
        let stories = load().unwrap();
        let mut words = BTreeSet::new();
        for story in &stories {
            let Some(Deed::Ask(opening)) = story.steps.first().map(|step| step.deed.clone()) else {
                panic!()
            };
            assert!(words.insert(opening.clone()), "twice: {opening}");
        }
        assert!(words.len() > 600, "{}", words.len());
    }
}
