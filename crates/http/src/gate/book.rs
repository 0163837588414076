//! Appointments: whoever must be sent away is told a second in which the desk can take his words in, and then goes ahead of
//! those who come without one. So a refusal is a place further back, not the end.
//!
//! It is kept in memory: after a restart, whoever comes back stands in line with the others.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::queue::Key;

/// Seconds ahead for which appointments are made.
const AHEAD: u64 = 900;
/// Seconds after its time for which an appointment is kept.
const LATE: u64 = 120;
/// Most appointments, of about 30 bytes each.
const MOST: usize = 65_536;
/// Of the seats, the part that is taken to be free in each second, whatever was taken in of late.
const SURE: usize = 16;

/// Who is expected when, and how much is taken in.
pub(super) struct Book {
    /// Customers expected in each second from `first` on.
    pages: VecDeque<Vec<Key>>,
    first: u64,
    /// The second of each customer's appointment.
    kept: HashMap<Key, u64>,
    /// The page that was filled last, and how many found room on one then.
    filling: u64,
    filled: usize,
    /// The fewest appointments of a second.
    fewest: usize,
    /// The second that is running, and the words taken in during it.
    second: u64,
    taken_in: u32,
    /// Words taken in per second of late. It falls slowly: that nobody comes, or nothing can be written for a moment, says nothing of
    /// what the desk can take in.
    rate: f64,
}

impl Book {
    /// A book for a gate with so many seats.
    pub(super) fn new(seats: usize) -> Self {
        Self {
            pages: VecDeque::new(),
            first: 0,
            kept: HashMap::new(),
            filling: 0,
            filled: 0,
            fewest: (seats / SURE).max(1),
            second: 0,
            taken_in: 0,
            rate: 0.0,
        }
    }

    /// Counts words that were given a seat.
    pub(super) fn note(&mut self, now: Duration) {
        self.turn(now);
        self.taken_in += 1;
    }

    /// Whether the customer is expected by now; the appointment is used up then.
    pub(super) fn keeps(&mut self, customer: Key, now: Duration) -> bool {
        if self.kept.is_empty() {
            return false;
        }
        self.turn(now);
        if self.kept.get(&customer).is_none_or(|second| *second > self.second) {
            return false;
        }
        self.kept.remove(&customer);
        true
    }

    /// Seconds until the customer is expected: half of what is taken in goes to appointments, the earliest first. A customer has
    /// one at a time. `None` when there are too many.
    pub(super) fn appoint(&mut self, customer: Key, now: Duration) -> Option<u64> {
        self.turn(now);
        if let Some(second) = self.kept.get(&customer).filter(|second| **second > self.second) {
            return Some(second - self.second);
        }
        let room = self.room();
        if room > self.filled {
            // Pages that were full have room again.
            self.filling = 0;
        }
        self.filled = room;
        self.filling = self.filling.max(self.second + 1);
        while self.page(self.filling)?.len() >= room {
            self.filling += 1;
        }
        self.keep(customer, self.filling)
    }

    /// The same for a customer who kept an appointment in vain: before those who were sent away later, within all that is taken in.
    pub(super) fn appoint_again(&mut self, customer: Key, now: Duration) -> Option<u64> {
        self.turn(now);
        let most = 2 * self.room();
        let mut second = self.second + 1;
        while self.page(second)?.len() >= most {
            second += 1;
        }
        self.keep(customer, second)
    }

    /// Appointments for one second.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count, which is small and not negative"
    )]
    fn room(&self) -> usize {
        self.fewest.max((self.rate / 2.0) as usize)
    }

    fn keep(&mut self, customer: Key, second: u64) -> Option<u64> {
        if self.kept.len() >= MOST {
            return None;
        }
        self.page(second)?.push(customer);
        self.kept.insert(customer, second);
        Some(second - self.second)
    }

    /// The page of a second, if appointments are made so far ahead.
    fn page(&mut self, second: u64) -> Option<&mut Vec<Key>> {
        if second > self.second + AHEAD {
            return None;
        }
        let at = usize::try_from(second.checked_sub(self.first)?).ok()?;
        while self.pages.len() <= at {
            self.pages.push_back(Vec::new());
        }
        self.pages.get_mut(at)
    }

    /// Turns to the second that is running, and strikes out those who did not come.
    fn turn(&mut self, now: Duration) {
        let second = now.as_secs();
        if second <= self.second {
            return;
        }
        for _ in self.second..second.min(self.second + 64) {
            let more = f64::from(std::mem::take(&mut self.taken_in)) - self.rate;
            self.rate += more / if more > 0.0 { 4.0 } else { 64.0 };
        }
        self.second = second;
        while self.first + LATE < second {
            let Some(page) = self.pages.pop_front() else {
                self.first = second;
                break;
            };
            for customer in page {
                if self.kept.get(&customer) == Some(&self.first) {
                    self.kept.remove(&customer);
                }
            }
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_appointment_holds_from_its_second_on_and_once() {
        let mut book = Book::new(16);
        assert_eq!(book.appoint(7, at(100)), Some(1));
        assert_eq!(book.appoint(7, at(100)), Some(1), "one at a time");
        assert!(!book.keeps(7, at(100)), "too early");
        assert!(!book.keeps(8, at(101)), "somebody else's");
        assert!(book.keeps(7, at(130)), "late is early enough");
        assert!(!book.keeps(7, at(130)), "once");
        assert_eq!(book.appoint(9, at(130)), Some(1));
        assert!(!book.keeps(9, at(131 + LATE + 1)), "who does not come is not waited for");
        assert_eq!((book.kept.len(), book.pages.iter().map(Vec::len).sum::<usize>()), (0, 0));
    }

    #[test]
    fn half_of_what_is_taken_in_is_for_appointments() {
        let mut book = Book::new(16);
        for second in 1..60 {
            for _ in 0..200 {
                book.note(at(second));
            }
        }
        let mut in_second: HashMap<u64, u32> = HashMap::new();
        for customer in 0..1_000 {
            *in_second.entry(book.appoint(customer, at(60)).unwrap()).or_default() += 1;
        }
        assert!((1..=10).all(|second| (95..=100).contains(&in_second[&second])), "{in_second:?}");
        assert!(in_second.keys().all(|second| *second <= 11));
    }

    #[test]
    fn a_book_has_an_end_and_who_came_in_vain_is_expected_soon() {
        let mut book = Book::new(16);
        let most = AHEAD;
        assert!((0..most).all(|customer| book.appoint(customer, at(5)).is_some()));
        assert_eq!(book.appoint(most, at(5)), None);
        assert!(book.keeps(0, at(6)));
        assert_eq!(book.appoint_again(0, at(6)), Some(1), "twice as many are expected then");
        assert!(book.keeps(0, at(7)));
    }

    #[test]
    fn places_near_are_given_again_once_more_is_taken_in() {
        let mut book = Book::new(16);
        for customer in 0..300 {
            book.appoint(customer, at(5)).unwrap();
        }
        for second in 6..20 {
            for _ in 0..100 {
                book.note(at(second));
            }
        }
        assert!(
            book.appoint(1_000, at(20)).is_some_and(|wait| wait <= 10),
            "one a second was for a moment only"
        );
        // What it can take in is not forgotten in a quiet minute.
        assert!(book.appoint(1_001, at(80)).is_some_and(|wait| wait <= 2));
        // And again, after a time so quiet that it is one a second once more, and by less than it had been.
        for customer in 2_000..2_300 {
            book.appoint(customer, at(900)).unwrap();
        }
        for second in 901..920 {
            for _ in 0..40 {
                book.note(at(second));
            }
        }
        assert!(book.appoint(3_000, at(920)).is_some_and(|wait| wait <= 10));
    }

    proptest! {
        /// Whoever comes at the time that he was told is expected, whatever others do meanwhile; and no page is forgotten.
        #[test]
        fn what_was_told_is_kept(steps in prop::collection::vec((0..40_u64, 0..3_u64, any::<bool>()), 1..300)) {
            let (mut book, mut now) = (Book::new(16), 0);
            let mut told: HashMap<u64, u64> = HashMap::new();
            for (customer, later, comes) in steps {
                now += later;
                if !comes {
                    told.insert(customer, now + book.appoint(customer, at(now)).unwrap());
                } else if let Some(second) = told.get(&customer).copied() {
                    let kept = book.keeps(customer, at(now));
                    prop_assert_eq!(kept, now >= second && now <= second + LATE, "{} for {}", now, second);
                    if kept {
                        told.remove(&customer);
                    }
                }
            }
            let due = told.values().copied().max().unwrap_or_default().max(now);
            book.turn(at(due + LATE + 2));
            prop_assert!(book.kept.is_empty());
        }
    }
}
