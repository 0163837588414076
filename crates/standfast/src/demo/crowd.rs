//! The customers of the demo desk: most come once, some come back, and some are vouched for by their wallet.

use std::time::Duration;

use standfast_domain::{Channel, Language, Time};

use super::draw::Draw;
use super::story::{Mix, Names};

/// Of a hundred requests, so many come from somebody who has asked before.
const RETURNING: u64 = 19;
/// Of a hundred who write from within the wallet, so many are vouched for by it.
const VERIFIED: u64 = 30;
/// Whoever comes back does so after this at the earliest.
const PAUSE: Duration = Duration::from_hours(9);

/// Somebody who asks.
#[derive(Clone, Debug)]
pub(super) struct Person {
    language: Language,
    last: Time,
    pub(super) channel: Channel,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    /// Where this one lives.
    pub(super) region: String,
    /// Whether the wallet vouches for this one.
    pub(super) verified: bool,
}

/// Everybody who has asked so far.
pub(super) struct Crowd<'a> {
    names: &'a Names,
    channels: [(Channel, f64); 3],
    draw: Draw,
    pub(super) people: Vec<Person>,
}

impl<'a> Crowd<'a> {
    pub(super) fn new(names: &'a Names, mix: &Mix, draw: Draw) -> Self {
        let weight = |word: &str| mix.channels.get(word).copied().unwrap_or_default();
        let channels = [
            (Channel::Widget, weight("widget")),
            (Channel::Page, weight("form")),
            (Channel::Api, weight("api")),
        ];
        Self { names, channels, draw, people: Vec::new() }
    }

    /// Who asks at `at` from a region: the index, and whether for the first time. To be called in order of time.
    pub(super) fn next(&mut self, language: Language, region: &str, at: Time) -> (usize, bool) {
        if self.draw.percent(RETURNING) {
            let back = |p: &Person| p.language == language && p.region == region && at.since(p.last) > PAUSE;
            let known: Vec<usize> =
                self.people.iter().enumerate().filter(|(_, p)| back(p)).map(|(index, _)| index).collect();
            if let Some(index) = self.draw.pick(&known).copied()
                && let Some(person) = self.people.get_mut(index)
            {
                person.last = at;
                return (index, false);
            }
        }
        let person = self.newcomer(language, region, at);
        self.people.push(person);
        (self.people.len() - 1, true)
    }

    fn newcomer(&self, language: Language, region: &str, at: Time) -> Person {
        let draw = &self.draw;
        let channel = self.channels.get(draw.weighed(self.channels.iter().map(|(_, weight)| *weight)));
        let channel = channel.map_or(Channel::Widget, |(channel, _)| *channel);
        let verified = channel == Channel::Widget && draw.percent(VERIFIED);
        let (named, reachable) = match channel {
            Channel::Page => (75, 85),
            Channel::Api => (60, 40),
            _ => (40, 10),
        };
        let name = draw.pick(self.names.customers.of(language)).filter(|_| verified || draw.percent(named));
        let email = (!verified && draw.percent(reachable))
            .then(|| format!("user{:05}@mail.example", self.people.len() + 1));
        let region = region.to_owned();
        Person { language, last: at, channel, name: name.cloned(), email, region, verified }
    }
}
