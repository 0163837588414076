//! What is promised apart: answers in a language, to those who come by a channel. And what a process saw of each in a minute.

use crate::{Channel, Language};

/// The ways by which customers come for whom hours are.
const CHANNELS: [Channel; 3] = [Channel::Widget, Channel::Page, Channel::Api];
/// The version of the text in which [`Services`] are kept.
const VERSION: &str = "1";

/// Answers in a language, to those who come by a channel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Service(u8);

impl Service {
    /// How many there are.
    pub const COUNT: usize = Language::ALL.len() * CHANNELS.len();

    /// All, by language.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).take(Self::COUNT).map(Self)
    }

    /// To which service somebody belongs. Who came by none of the ways of customers was entered by hand, and reads on the desk's
    /// own pages.
    #[must_use]
    pub fn of(language: Language, channel: Channel) -> Self {
        let place = |found: Option<usize>| u8::try_from(found.unwrap_or(1)).unwrap_or(1);
        let channel = place(CHANNELS.iter().position(|one| *one == channel));
        Self(place(Language::ALL.iter().position(|one| *one == language)) * 3 + channel)
    }

    /// The language.
    #[must_use]
    pub fn language(self) -> Language {
        Language::ALL.get(self.spoken()).copied().unwrap_or_default()
    }

    /// The channel.
    #[must_use]
    pub fn channel(self) -> Channel {
        CHANNELS.get(self.way()).copied().unwrap_or(Channel::Page)
    }

    /// Its bit among those of all.
    pub(super) const fn bit(self) -> u8 {
        1 << self.0
    }

    pub(super) fn spoken(self) -> usize {
        usize::from(self.0) / CHANNELS.len()
    }

    pub(super) fn way(self) -> usize {
        usize::from(self.0) % CHANNELS.len()
    }
}

/// People of a language.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spoken {
    /// Who were there and know it.
    pub present: u16,
    /// Of those, who take anything that comes: the others are kept for assets at risk.
    pub free: u16,
    /// Who know it and were to be there by the roster.
    pub rostered: u16,
}

/// Those who wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Queued {
    /// How many.
    pub waiting: u16,
    /// Of those, how many wait longer than they were promised, or should.
    pub late: u16,
}

/// What a process saw of each service in a minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Services {
    spoken: [Spoken; Language::ALL.len()],
    queued: [Queued; Service::COUNT],
    broken: [bool; CHANNELS.len()],
}

impl Services {
    /// People of a language.
    #[must_use]
    pub fn spoken(&self, language: Language) -> Spoken {
        let place = Service::of(language, Channel::Page).spoken();
        self.spoken.get(place).copied().unwrap_or_default()
    }

    /// The same, to be filled in.
    pub fn spoken_mut(&mut self, language: Language) -> Option<&mut Spoken> {
        self.spoken.get_mut(Service::of(language, Channel::Page).spoken())
    }

    /// Those who wait for a service.
    #[must_use]
    pub fn queued(&self, service: Service) -> Queued {
        self.queued.get(usize::from(service.0)).copied().unwrap_or_default()
    }

    /// Adds those who wait for a service.
    pub fn add(&mut self, service: Service, more: Queued) {
        if let Some(queued) = self.queued.get_mut(usize::from(service.0)) {
            queued.waiting = queued.waiting.saturating_add(more.waiting);
            queued.late = queued.late.saturating_add(more.late);
        }
    }

    /// Whether words that came by a channel did not get through.
    #[must_use]
    pub fn is_broken(&self, service: Service) -> bool {
        self.broken.get(service.way()).copied().unwrap_or_default()
    }

    /// Notes that words that came by a channel did not get through.
    pub fn set_broken(&mut self, channel: Channel) {
        let way = CHANNELS.iter().position(|one| *one == channel);
        if let Some(broken) = way.and_then(|way| self.broken.get_mut(way)) {
            *broken = true;
        }
    }

    /// As it is kept: `1 zh-CN:3,2,2 en:1,1,0 zh-CN.page:4,1 -widget` for people there, free and rostered of each language,
    /// those who wait and are late where somebody waits, and channels by which words did not get through.
    #[must_use]
    pub fn text(&self) -> String {
        let mut parts = vec![VERSION.to_owned()];
        for (language, spoken) in Language::ALL.iter().zip(&self.spoken) {
            let Spoken { present, free, rostered } = spoken;
            parts.push(format!("{}:{present},{free},{rostered}", language.as_str()));
        }
        for (service, queued) in Service::all().zip(&self.queued).filter(|(_, queued)| queued.waiting > 0) {
            let (language, channel) = (service.language().as_str(), service.channel().as_str());
            parts.push(format!("{language}.{channel}:{},{}", queued.waiting, queued.late));
        }
        let broken = CHANNELS.iter().zip(&self.broken).filter(|(_, broken)| **broken);
        parts.extend(broken.map(|(channel, _)| format!("-{}", channel.as_str())));
        parts.join(" ")
    }

    /// Reads it; nothing where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        if parts.next() != Some(VERSION) {
            return None;
        }
        let mut services = Self::default();
        for part in parts {
            if let Some(channel) = part.strip_prefix('-') {
                services.set_broken(CHANNELS.into_iter().find(|one| one.as_str() == channel)?);
                continue;
            }
            let (name, numbers) = part.split_once(':')?;
            let numbers = numbers.split(',').map(str::parse).collect::<Result<Vec<u16>, _>>().ok()?;
            match (name.split_once('.'), numbers.as_slice()) {
                (None, &[present, free, rostered]) => {
                    let language = Language::ALL.into_iter().find(|one| one.as_str() == name)?;
                    *services.spoken_mut(language)? = Spoken { present, free, rostered };
                }
                (Some((language, channel)), &[waiting, late]) => {
                    let is_it = |one: &Service| {
                        one.language().as_str() == language && one.channel().as_str() == channel
                    };
                    services.add(Service::all().find(is_it)?, Queued { waiting, late });
                }
                _ => return None,
            }
        }
        Some(services)
    }
}
