//! The words of a story with everything filled in.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use standfast_domain::{Entropy, Language};

use super::draw::Draw;
use super::made_up::{Family, order};
use super::release::among_askers;
use super::story::{Content, Mix, Names, Story};

/// What one telling of a story is about: the same value wherever a placeholder stands.
pub(super) struct Props<'a> {
    names: &'a Names,
    mix: &'a Mix,
    kind: &'a str,
    language: Language,
    draw: Draw,
    /// Where phrases come from: not from the seed, so that nobody who knows the seed knows them.
    secrets: Arc<dyn Entropy>,
    worth: Option<[f64; 2]>,
    /// Name of the chain, if the story has one.
    chain: Option<String>,
    family: Family,
    token: Option<String>,
    /// The day on which the story happens, counted from the oldest, which begins at 1.
    day: f64,
    known: BTreeMap<String, String>,
}

impl<'a> Props<'a> {
    /// `day` is when the story happens, counted from the oldest day, which begins at 1.
    pub(super) fn new(
        content: &'a Content,
        story: &'a Story,
        draw: Draw,
        secrets: Arc<dyn Entropy>,
        day: f64,
    ) -> anyhow::Result<Self> {
        let names = &content.names;
        let chain = draw.pick(&story.chains).cloned();
        let on_chain = chain.as_ref().and_then(|chain| names.chains.get(chain));
        let family = match on_chain {
            Some(chain) => Family::parse(&chain.family).context("unknown family")?,
            None => Family::Evm,
        };
        let at_home: Vec<&String> =
            story.tokens.iter().filter(|t| on_chain.is_some_and(|c| c.tokens.contains(t))).collect();
        let token = draw.pick(&at_home).map(|token| (*token).clone());
        let token = token.or_else(|| draw.pick(&story.tokens).cloned());
        Ok(Self {
            names,
            mix: &content.mix,
            kind: &story.kind,
            language: story.language,
            draw,
            secrets,
            worth: story.worth,
            chain,
            family,
            token,
            day,
            known: BTreeMap::new(),
        })
    }

    /// Fills in a text. `agent` is the name under which the customer knows the agent, where there is one.
    pub(super) fn fill(&mut self, text: &str, agent: Option<&str>) -> anyhow::Result<String> {
        let chosen = choose(text, &self.draw)?;
        let mut filled = String::with_capacity(chosen.len());
        let mut rest = chosen.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').context("a placeholder does not end")?;
            filled.push_str(before);
            if name == "agent" {
                filled.push_str(agent.context("nobody to name yet")?);
            } else {
                filled.push_str(&self.value(name)?);
            }
            rest = after;
        }
        filled.push_str(rest);
        ensure!(
            !filled.contains(['{', '}']) && !filled.contains("[[") && !filled.contains("]]"),
            "left over"
        );
        Ok(filled)
    }

    /// The value of a placeholder, drawn when it is met for the first time.
    pub(super) fn value(&mut self, name: &str) -> anyhow::Result<String> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let value = self.draw_value(name).with_context(|| format!("{{{name}}}"))?;
        self.known.insert(name.to_owned(), value.clone());
        Ok(value)
    }

    fn draw_value(&self, name: &str) -> anyhow::Result<String> {
        // `#2` asks for another one of the kind, which the whole name as key gives.
        let kind = name.split_once('#').map_or(name, |(kind, _)| kind);
        let (kind, detail) = kind.split_once(':').map_or((kind, None), |(kind, detail)| (kind, Some(detail)));
        let family = || detail.map_or(Some(self.family), Family::parse).context("unknown family");
        let one_of = |all: &[String]| self.draw.pick(all).cloned().context("none to choose from");
        Ok(match kind {
            "chain" => self.chain.clone().context("the story has no chain")?,
            "token" => self.token.clone().context("the story has no token")?,
            "amount" => self.amount()?,
            "tx" => family()?.transaction(&self.draw),
            "addr" => family()?.address(&self.draw),
            "contract" => family()?.contract(&self.draw),
            "order" => order(&self.draw),
            "exchange" => one_of(self.names.exchanges.of(self.language))?,
            "device" => one_of(self.names.devices.of(self.language))?,
            "version" => self.version()?,
            "phrase" => self.phrase(detail.context("which phrase?")?)?,
            _ => bail!("unknown placeholder"),
        })
    }

    /// The version that the customer has, as the app's users have it; where a release has a fault, mostly that one.
    fn version(&self) -> anyhow::Result<String> {
        let weights = among_askers(&self.mix.releases, &self.mix.surges, self.kind, self.day);
        let release = self.mix.releases.get(self.draw.weighed(weights.into_iter()));
        release.map(|release| release.version.clone()).context("no version")
    }

    /// The chain that the story is about, if there is one.
    pub(super) fn chain(&self) -> Option<&str> {
        self.chain.as_deref()
    }

    fn amount(&self) -> anyhow::Result<String> {
        let [low, high] = self.worth.context("the story has no worth")?;
        let token = self.token.as_ref().context("the story has no token")?;
        let price = self.names.prices.get(token).context("the token has no price")?;
        Ok(written(self.draw.scale(low, high) / price))
    }

    /// A recovery phrase that nobody has ever used, nor will: it is made here and forgotten at once.
    fn phrase(&self, detail: &str) -> anyhow::Result<String> {
        let (language, words) = detail.split_once(':').context("a phrase has a language and a length")?;
        let language = match language {
            "en" => bip39::Language::English,
            "zh" => bip39::Language::SimplifiedChinese,
            _ => bail!("no word list for this language"),
        };
        let words: usize = words.parse()?;
        let bytes = self.secrets.bytes::<32>();
        let phrase =
            bip39::Mnemonic::from_entropy_in(language, bytes.get(..words / 3 * 4).context("too long")?);
        Ok(phrase.map_err(|error| anyhow::anyhow!("{error}"))?.words().collect::<Vec<_>>().join(" "))
    }
}

/// Takes one of each `[[one|another]]`.
fn choose(text: &str, draw: &Draw) -> anyhow::Result<String> {
    let mut chosen = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[[") {
        let (choices, after) = after.split_once("]]").context("a choice does not end")?;
        let choices: Vec<&str> = choices.split('|').collect();
        chosen.push_str(before);
        chosen.push_str(draw.pick(&choices).context("nothing to choose from")?);
        rest = after;
    }
    chosen.push_str(rest);
    Ok(chosen)
}

/// An amount as people write it: from 1,000 on without decimals, else four significant digits.
fn written(amount: f64) -> String {
    if amount >= 999.5 {
        return format!("{amount:.0}");
    }
    let decimals = (0..12).find(|decimals| amount * 10_f64.powi(*decimals) >= 999.5).unwrap_or(12);
    let text = format!("{amount:.0$}", usize::try_from(decimals).unwrap_or_default());
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
pub(super) mod tests {
    use standfast_domain::OsEntropy;
    use standfast_guard::{Context, SecretKind, screen, solicits};

    use super::super::story::Deed;
    use super::*;

    /// Every text of every story, each told `times` times: the story, whether the desk speaks, and the words.
    pub(in super::super) fn told(content: &Content, times: u64, mut each: impl FnMut(&Story, bool, &str)) {
        for story in &content.stories {
            for seed in 0..times {
                let draw = Draw::new(seed);
                let mut props = Props::new(content, story, draw, OsEntropy::shared(), 45.0).unwrap();
                for value in story.fields.values() {
                    let text = props.fill(value, None).unwrap_or_else(|e| panic!("{}: {e:#}", story.id));
                    each(story, false, &text);
                }
                let mut agent = None;
                for step in &story.steps {
                    let (text, desk) = match &step.deed {
                        Deed::Ask(text) => (text, false),
                        Deed::Reply(text, _) | Deed::Note(text) => {
                            agent = Some("Robin");
                            (text, true)
                        }
                        Deed::Do(_) => continue,
                    };
                    let text = props.fill(text, agent).unwrap_or_else(|e| panic!("{}: {e:#}", story.id));
                    each(story, desk, &text);
                }
            }
        }
    }

    #[test]
    fn every_text_is_filled_in() {
        let content = Content::load().unwrap();
        let mut texts = 0;
        told(&content, 5, |story, _, text| {
            texts += 1;
            assert!(!text.trim().is_empty(), "{}", story.id);
            assert!(
                !text.contains(['{', '}']) && !text.contains("[[") && !text.contains("]]"),
                "{}",
                story.id
            );
        });
        assert!(texts > 4_000);
    }

    #[test]
    fn no_agent_asks_for_a_secret_and_only_phrases_are_taken_for_secrets() {
        let content = Content::load().unwrap();
        let (mut phrases, mut refused) = (0, std::collections::BTreeMap::new());
        told(&content, 3, |story, desk, text| {
            if desk && let Some(found) = solicits(text) {
                refused.insert(story.id.clone(), format!("{found:?}: {text}"));
            }
            let screened = screen(text, &Context::default());
            let tells = story.steps.iter().any(|s| matches!(&s.deed, Deed::Ask(t) if t.contains("{phrase")));
            for finding in &screened.findings {
                match finding.kind {
                    // Sixty-four digits without a word about them: masked, as nobody can tell.
                    SecretKind::UnprovenHex => {}
                    SecretKind::RecoveryPhrase if tells && !desk => phrases += 1,
                    kind => panic!("{}: {kind} in {text}", story.id),
                }
            }
        });
        assert!(refused.is_empty(), "these must be said in another way, or the guard be told: {refused:#?}");
        assert_eq!(phrases, 6, "two stories, told three times");
    }

    #[test]
    fn amounts_are_written_as_people_do() {
        for (amount, text) in [
            (12_345.6, "12346"),
            (1_000.0, "1000"),
            (999.96, "1000"),
            (523.4567, "523.5"),
            (50.0, "50"),
            (0.012_345_6, "0.01235"),
            (3.1, "3.1"),
        ] {
            assert_eq!(written(amount), text);
        }
    }

    #[test]
    fn choices_and_mistakes() {
        let draw = Draw::new(1);
        let both: std::collections::BTreeSet<String> =
            (0..50).map(|_| choose("a [[b|c]] d", &draw).unwrap()).collect();
        assert_eq!(both.into_iter().collect::<Vec<_>>(), ["a b d", "a c d"]);
        assert!(choose("a [[b", &draw).is_err());
    }
}
