//! What a customer's other requests say about one of them: whether it is the first, and how soon the customer comes back
//! with the same thing. Only requests that count are contacts.

use standfast_store::fact::ContactRow;

use crate::block::Course;
use crate::fact::{COUNTED, counting, second};

/// Seconds of a day.
pub(crate) const DAY: u32 = 86_400;

/// The least class of a gap that lies within a day …
pub(crate) const WITHIN_1: u8 = 3;
/// … within seven days …
pub(crate) const WITHIN_7: u8 = 2;
/// … and within thirty.
pub(crate) const WITHIN_30: u8 = 1;
/// Windows in which somebody may come back, or a request be taken up again: days, and the least class that lies within.
pub(crate) const WINDOWS: [(u32, u8); 3] = [(1, WITHIN_1), (7, WITHIN_7), (30, WITHIN_30)];

/// One of a customer's requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    /// When it was created, in seconds since 1970.
    pub(crate) created: u32,
    /// Its type, by any number that is the same for the same type.
    pub(crate) kind: u32,
    /// Whether it counts.
    pub(crate) counts: bool,
}

impl Contact {
    /// From the store's row and the number of its type.
    pub(crate) fn new(row: &ContactRow, kind: u32) -> Self {
        let counts = counting(row.state, &row.tags) == COUNTED;
        Self { created: second(row.created_at), kind, counts }
    }
}

/// What the others say about one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    /// No request that counts came before it.
    pub(crate) is_first: bool,
    /// How soon the next one that counts came with the same type: 3 within a day, 2 within seven, 1 within thirty, 0
    /// later or not.
    pub(crate) next: u8,
}

impl Link {
    pub(crate) fn put(self, course: &mut Course) {
        (course.is_first, course.next) = (self.is_first, self.next);
    }
}

/// Links all requests of one customer, which come in the order of their creation.
pub(crate) fn link(contacts: &[Contact], mut take: impl FnMut(usize, Link)) {
    let first = contacts.iter().position(|one| one.counts).unwrap_or(contacts.len());
    for (place, one) in contacts.iter().enumerate() {
        let later = contacts.get(place + 1..).unwrap_or_default();
        let next = later
            .iter()
            .take_while(|later| later.created.saturating_sub(one.created) <= 30 * DAY)
            .find(|later| later.counts && later.kind == one.kind)
            .map_or(0, |later| within(later.created.saturating_sub(one.created)));
        take(place, Link { is_first: place <= first, next: if one.counts { next } else { 0 } });
    }
}

/// The class of a gap: 3 within a day, 2 within seven, 1 within thirty, 0 longer.
pub(crate) fn within(gap: u32) -> u8 {
    WINDOWS.iter().find(|(days, _)| gap <= days * DAY).map_or(0, |(_, next)| *next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(contacts: &[(u32, u32, bool)]) -> Vec<(bool, u8)> {
        let contacts: Vec<_> =
            contacts.iter().map(|&(created, kind, counts)| Contact { created, kind, counts }).collect();
        let mut links = vec![(false, 9); contacts.len()];
        link(&contacts, |place, link| links[place] = (link.is_first, link.next));
        links
    }

    #[test]
    fn the_first_and_the_next_are_those_that_count() {
        assert_eq!(links(&[]), []);
        assert_eq!(links(&[(5, 1, true)]), [(true, 0)]);
        let day = DAY;
        assert_eq!(
            links(&[
                (0, 1, false),
                (0, 1, true),
                (day, 2, true),
                (day, 1, true),
                (8 * day, 1, false),
                (8 * day, 1, true),
                (8 * day + 1, 2, true),
                (38 * day + 1, 1, true),
                (38 * day + 1, 2, true),
            ]),
            [
                (true, 0),
                (true, 3),
                (false, 1),
                (false, 2),
                (false, 0),
                (false, 0),
                (false, 1),
                (false, 0),
                (false, 0)
            ]
        );
    }
}
