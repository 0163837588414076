//! Whether words get through, by the channel on which they come, as this process sees it.
//!
//! Of the words of a minute, more than one in five refused by the desk (no place at the door, the database does not write, the disk
//! is full) are too many. Chat needs more: what is committed must reach the live sockets.

use std::time::Duration;

use parking_lot::Mutex;
use standfast_domain::Channel;

use crate::{Desk, Error};

/// The outbox is looked at each second: once nobody has for so long, nothing reaches a socket.
const LIVE: Duration = Duration::from_secs(30);
/// More than this part of the words being refused says that a channel does not work.
const REFUSED: (u32, u32) = (1, 5);

#[derive(Clone, Copy, Debug, Default)]
struct Words {
    taken: u32,
    refused: u32,
}

/// What became of the words that came since they were last looked at.
#[derive(Debug, Default)]
pub(crate) struct Channels(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    words: [Words; Channel::ALL.len()],
    /// When the outbox was handed on last, by a clock that does not jump; nothing where nobody serves sockets here.
    live: Option<Duration>,
}

impl Channels {
    /// Notes what became of words. What a caller did wrong says nothing of the channel.
    pub(crate) fn note<T>(&self, channel: Channel, taken: &Result<T, Error>) {
        match taken {
            Ok(_) => self.count(channel, |words| words.taken = words.taken.saturating_add(1)),
            Err(Error::Store(_) | Error::Files(_) | Error::Inconsistent(_)) => self.refused(channel),
            Err(_) => {}
        }
    }

    fn refused(&self, channel: Channel) {
        self.count(channel, |words| words.refused = words.refused.saturating_add(1));
    }

    fn count(&self, channel: Channel, count: impl FnOnce(&mut Words)) {
        let place = Channel::ALL.iter().position(|one| *one == channel);
        let mut state = self.0.lock();
        if let Some(words) = place.and_then(|place| state.words.get_mut(place)) {
            count(words);
        }
    }

    /// Notes that what was committed was handed on to the sockets.
    pub(crate) fn handed_on(&self, now: Duration) {
        self.0.lock().live = Some(now);
    }

    /// Channels that do not work.
    pub(crate) fn broken(&self, now: Duration) -> Vec<Channel> {
        let state = self.0.lock();
        let is_dead = state.live.is_some_and(|live| now.saturating_sub(live) > LIVE);
        let is_refused = |words: &Words| {
            let all = words.taken.saturating_add(words.refused);
            words.refused.saturating_mul(REFUSED.1) > all.saturating_mul(REFUSED.0)
        };
        let each = Channel::ALL.into_iter().zip(&state.words);
        let broken =
            each.filter(|(channel, words)| is_refused(words) || is_dead && *channel == Channel::Widget);
        broken.map(|(channel, _)| channel).collect()
    }

    /// Begins to count anew.
    pub(crate) fn begin(&self) {
        self.0.lock().words = Default::default();
    }
}

/// Notes that words which came by a channel found no place at the door.
pub fn note_refused(desk: &Desk, channel: Channel) {
    desk.shared.channels.refused(channel);
}
