//! The gate before the desk: few calls are served at once, the others wait in line, by class: assets at risk before all
//! other words, words before reading.
//!
//! More in flight than the store can share a few commits among only makes everybody wait longer, those at risk too. So
//! the rest waits here, already read and checked, where whoever is at risk can go ahead; nothing is done twice, and whoever
//! waits a moment need not send again. In line customers take turns, so that one who sends a thousand messages waits
//! behind his own. Only when the line is full, or somebody has stood in it for too long, is a caller told to come back: at a
//! time at which a place is kept for him, before those who come without one ([`book`]).

mod book;
mod queue;

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use parking_lot::Mutex;
use standfast_domain::Clock;
use tokio::sync::oneshot;

use crate::problem::{Problem, spread};
use book::Book;
use queue::{Key, Queue};

/// Messages in flight beside those at risk, however many these are: nobody waits for ever.
const BESIDE_RISK: usize = 32;
/// Customers' pages in flight, and beside words that wait.
const READING: usize = 64;
const READING_BESIDE: usize = 8;

/// What a caller wants, the most urgent first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// Words of somebody whose assets are at risk.
    AtRisk,
    /// Words of somebody who was sent away and comes at the time that he was told.
    Kept,
    /// All other words.
    Words,
    /// A page or a conversation to be read by a customer.
    Reading,
}

impl Class {
    const ALL: [Self; 4] = [Self::AtRisk, Self::Kept, Self::Words, Self::Reading];

    pub(crate) const fn of(at_risk: bool) -> Self {
        if at_risk { Self::AtRisk } else { Self::Words }
    }

    /// The longest that anybody stands in line: within a second people are told, be it that they are to come back. Whoever is at
    /// risk, and whoever came back as told, is never sent away for a moment of crowding.
    const fn patience(self) -> Duration {
        match self {
            Self::AtRisk | Self::Kept => Duration::from_secs(5),
            Self::Words | Self::Reading => Duration::from_millis(700),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::AtRisk => "at_risk",
            Self::Kept => "kept",
            Self::Words => "words",
            Self::Reading => "reading",
        }
    }
}

/// Bounds how many calls are served at once, and how many wait for it.
#[derive(Clone)]
pub(crate) struct Gate {
    state: Arc<Mutex<State>>,
    /// Makes keys of customers that nobody outside can foresee.
    hasher: RandomState,
    clock: Arc<dyn Clock>,
}

/// One class of callers.
struct Group {
    /// Seats taken.
    taken: usize,
    waiting: Queue<oneshot::Sender<Seat>>,
    /// Arrivals at a full line until it is looked through for those who have left: looking takes long.
    until_sweep: usize,
}

struct State {
    groups: [Group; 4],
    book: Book,
    /// Seats for words; the last quarter is for assets at risk. Beside a gate full of these, a few others are in flight.
    all: usize,
    /// Most that stand in each line.
    most: usize,
}

/// A place among the calls being served; given to the next when dropped.
pub(crate) struct Seat {
    gate: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
    class: Class,
}

impl State {
    /// Takes a seat at once, or a place in line.
    fn stand(&mut self, class: Class, key: Key, now: Duration) -> Result<(), oneshot::Receiver<Seat>> {
        let (room, most) = (self.has_room(class), self.most);
        let group = self.group(class);
        if room && group.waiting.is_empty(oneshot::Sender::is_closed) {
            self.seat(class, now);
            return Ok(());
        }
        if group.waiting.len() >= most {
            if group.until_sweep == 0 {
                group.waiting.sweep(oneshot::Sender::is_closed);
                group.until_sweep = most / 16 + 1;
            }
            group.until_sweep -= 1;
        }
        let (seat, turn) = oneshot::channel();
        // Whose sender is dropped hears that he is to come back: this one, or the last of whoever has most.
        group.waiting.push(key, seat, most);
        Err(turn)
    }

    /// Notes that a seat is taken.
    fn seat(&mut self, class: Class, now: Duration) {
        self.group(class).taken += 1;
        if class != Class::Reading {
            self.book.note(now);
        }
    }

    const fn group(&mut self, class: Class) -> &mut Group {
        let [at_risk, kept, words, reading] = &mut self.groups;
        match class {
            Class::AtRisk => at_risk,
            Class::Kept => kept,
            Class::Words => words,
            Class::Reading => reading,
        }
    }

    fn has_room(&self, class: Class) -> bool {
        let [at_risk, kept, words, reading] = &self.groups;
        let others = kept.taken + words.taken;
        match class {
            Class::AtRisk => at_risk.taken + others < self.all,
            Class::Kept | Class::Words => {
                // Whoever is in flight shares the processor with those at risk: beside them few are, but some always.
                let few = BESIDE_RISK.min(self.all / 4);
                let most = if at_risk.taken > 0 { few } else { self.all - self.all / 4 };
                others < few || (others < most && at_risk.taken + others < self.all)
            }
            Class::Reading => {
                let crowded = at_risk.waiting.len() + kept.waiting.len() + words.waiting.len() > 0;
                reading.taken < if crowded { READING_BESIDE } else { READING }
            }
        }
    }

    /// Who sits down next, if there is room for anybody.
    fn next(&mut self, now: Duration) -> Option<(oneshot::Sender<Seat>, Class)> {
        for class in Class::ALL {
            if self.has_room(class)
                && let Some(next) = self.group(class).waiting.pop(oneshot::Sender::is_closed)
            {
                self.seat(class, now);
                return Some((next, class));
            }
        }
        None
    }
}

impl Gate {
    /// A gate with so many seats for words, and room for so many in each line.
    #[expect(
        clippy::disallowed_methods,
        reason = "callers choose what is hashed: nobody may foresee what falls together"
    )]
    pub(crate) fn new(clock: Arc<dyn Clock>, all: usize, most: usize) -> Self {
        let groups = Class::ALL.map(|_| Group { taken: 0, waiting: Queue::new(), until_sweep: 0 });
        let state = State { groups, book: Book::new(all), all: all.max(4), most };
        Self { state: Arc::new(Mutex::new(state)), hasher: RandomState::new(), clock }
    }

    /// Waits for a seat, in turns with other customers; refuses with a time to come back when the line is full of calls
    /// that are not served later than this one, or does not move. Who counts as one customer goes by `customer`.
    pub(crate) async fn enter(&self, customer: impl Hash, class: Class) -> Result<Seat, Problem> {
        let key = self.hasher.hash_one(customer);
        let (class, turn) = {
            let mut state = self.state.lock();
            let now = self.clock.monotonic();
            let is_kept = class == Class::Words && state.book.keeps(key, now);
            let class = if is_kept { Class::Kept } else { class };
            match state.stand(class, key, now) {
                Ok(()) => {
                    return Ok(Seat { gate: Arc::clone(&self.state), clock: Arc::clone(&self.clock), class });
                }
                Err(turn) => (class, turn),
            }
        };
        match tokio::time::timeout(class.patience(), turn).await {
            Ok(Ok(seat)) => Ok(seat),
            _ => Err(self.send_away(key, class)),
        }
    }

    /// Tells a caller when to come back.
    fn send_away(&self, key: Key, class: Class) -> Problem {
        counter!("standfast_shed_total", "class" => class.name()).increment(1);
        let now = self.clock.monotonic();
        let wait = match class {
            Class::Reading => return Problem::crowded(),
            // Goes first whenever it comes.
            Class::AtRisk => Some(spread(1, 2)),
            Class::Kept => self.state.lock().book.appoint_again(key, now),
            Class::Words => self.state.lock().book.appoint(key, now),
        };
        wait.map_or_else(Problem::busy, Problem::place_kept)
    }

    /// Places taken by words, and by reading.
    pub(crate) fn taken(&self) -> [usize; 2] {
        let [at_risk, kept, words, reading] = &self.state.lock().groups;
        [at_risk.taken + kept.taken + words.taken, reading.taken]
    }

    /// Words in line, and readers.
    pub(crate) fn waiting(&self) -> [usize; 2] {
        let [at_risk, kept, words, reading] = &self.state.lock().groups;
        [at_risk.waiting.len() + kept.waiting.len() + words.waiting.len(), reading.waiting.len()]
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.group(self.class).taken -= 1;
        // When the last one at risk leaves, there is room for many others.
        let (mut next, now) = (Vec::new(), self.clock.monotonic());
        while let Some(one) = state.next(now) {
            next.push(one);
        }
        drop(state);
        for (turn, class) in next {
            // Whoever leaves at this very moment drops the seat, which gives it to the one behind.
            let _ = turn.send(Self { gate: Arc::clone(&self.gate), clock: Arc::clone(&self.clock), class });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// A gate whose clock is that of the test's runtime, which may be paused.
    struct RuntimeClock(tokio::time::Instant);

    impl Clock for RuntimeClock {
        fn now(&self) -> standfast_domain::Time {
            standfast_domain::Time(0)
        }

        fn monotonic(&self) -> Duration {
            self.0.elapsed()
        }
    }

    fn gate(all: usize, most: usize) -> Gate {
        Gate::new(Arc::new(RuntimeClock(tokio::time::Instant::now())), all, most)
    }

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn the_last_quarter_is_for_assets_at_risk_and_they_go_first() {
        let gate = gate(8, 8);
        let mut seats = Vec::new();
        for at_risk in [false, false, false, false, false, false, true, true] {
            seats.push(gate.enter("ann", Class::of(at_risk)).await.ok().unwrap());
        }
        let (mut ordinary, mut urgent) =
            (pin!(gate.enter("ann", Class::Words)), pin!(gate.enter("ann", Class::AtRisk)));
        assert!(poll(ordinary.as_mut()).is_pending());
        assert!(poll(urgent.as_mut()).is_pending());
        assert_eq!((gate.taken(), gate.waiting()), ([8, 0], [2, 0]));
        seats.pop();
        let Poll::Ready(Ok(urgent)) = poll(urgent.as_mut()) else { panic!("the one at risk waits on") };
        assert!(poll(ordinary.as_mut()).is_pending(), "the last quarter is not for it");
        seats.truncate(6);
        drop(urgent);
        assert!(poll(ordinary.as_mut()).is_pending());
        seats.pop();
        assert!(poll(ordinary.as_mut()).is_ready());
        drop(seats);
        assert_eq!((gate.taken(), gate.waiting()), ([0, 0], [0, 0]));
    }

    #[tokio::test]
    async fn few_are_in_flight_beside_assets_at_risk() {
        let gate = gate(400, 400);
        let urgent = gate.enter("ann", Class::AtRisk).await.ok().unwrap();
        let mut seats = Vec::new();
        for _ in 0..BESIDE_RISK {
            seats.push(gate.enter("ann", Class::Words).await.ok().unwrap());
        }
        let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(gate.enter("ann", Class::Words))).collect();
        assert!(waiting.iter_mut().all(|one| poll(one.as_mut()).is_pending()));
        drop(urgent);
        assert!(waiting.iter_mut().all(|one| poll(one.as_mut()).is_ready()), "all have room again");
    }

    #[tokio::test]
    async fn who_leaves_the_line_takes_no_seat() {
        let gate = gate(4, 8);
        let mut seats = Vec::new();
        for _ in 0..4 {
            seats.push(gate.enter("ann", Class::AtRisk).await.ok().unwrap());
        }
        let mut last = pin!(gate.enter("ann", Class::AtRisk));
        {
            let mut left = pin!(gate.enter("ann", Class::AtRisk));
            assert!(poll(left.as_mut()).is_pending());
            assert!(poll(last.as_mut()).is_pending());
        }
        seats.pop();
        let Poll::Ready(Ok(seat)) = poll(last.as_mut()) else { panic!("nobody got the seat") };
        drop((seat, seats));
        assert_eq!(gate.taken(), [0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_line_and_a_long_wait_are_told_to_come_back() {
        let gate = gate(4, 1);
        let mut seats = Vec::new();
        for _ in 0..3 {
            seats.push(gate.enter("ann", Class::Words).await.ok().unwrap());
        }
        let first = gate.enter("ann", Class::Words);
        let mut first = pin!(first);
        assert!(poll(first.as_mut()).is_pending());
        assert_eq!(gate.enter("ann", Class::Words).await.err().map(|problem| problem.code()), Some("busy"));
        assert_eq!(first.await.err().map(|problem| problem.code()), Some("busy"));
        drop(seats);
        assert_eq!(gate.taken(), [0, 0]);
    }

    #[tokio::test]
    async fn customers_take_turns_in_line() {
        let gate = gate(4, 4);
        let mut seats = Vec::new();
        for _ in 0..3 {
            seats.push(gate.enter("ann", Class::Words).await.ok().unwrap());
        }
        let (mut first, mut second) =
            (pin!(gate.enter("ann", Class::Words)), pin!(gate.enter("ann", Class::Words)));
        let (mut third, mut fourth) =
            (pin!(gate.enter("ann", Class::Words)), pin!(gate.enter("ann", Class::Words)));
        let mut other = pin!(gate.enter("bo", Class::Words));
        for one in [&mut first, &mut second, &mut third, &mut fourth] {
            assert!(poll(one.as_mut()).is_pending());
        }
        assert!(poll(other.as_mut()).is_pending(), "he has a place although the line was full");
        let Poll::Ready(Err(problem)) = poll(fourth.as_mut()) else { panic!("the line is full") };
        assert_eq!(problem.code(), "busy", "whoever has most makes room");
        seats.pop();
        let Poll::Ready(Ok(_seat)) = poll(first.as_mut()) else { panic!("nobody came before") };
        seats.pop();
        assert!(poll(second.as_mut()).is_pending());
        let Poll::Ready(Ok(_seat)) = poll(other.as_mut()) else { panic!("it is his turn") };
    }

    #[tokio::test]
    async fn reading_gives_way_to_words_that_wait() {
        let gate = gate(4, 400);
        let mut readers = Vec::new();
        for _ in 0..READING_BESIDE + 2 {
            readers.push(gate.enter("ann", Class::Reading).await.ok().unwrap());
        }
        let mut seats = Vec::new();
        for _ in 0..3 {
            seats.push(gate.enter("ann", Class::Words).await.ok().unwrap());
        }
        let mut words = pin!(gate.enter("ann", Class::Words));
        assert!(poll(words.as_mut()).is_pending());
        let mut reading = pin!(gate.enter("bo", Class::Reading));
        assert!(poll(reading.as_mut()).is_pending(), "words wait");
        readers.pop();
        readers.pop();
        assert!(poll(reading.as_mut()).is_pending(), "as many read as may beside words");
        readers.pop();
        let Poll::Ready(Ok(late)) = poll(reading.as_mut()) else { panic!("some always read") };
        seats.pop();
        assert!(poll(words.as_mut()).is_ready());
        drop((seats, readers, late));
        assert_eq!((gate.taken(), gate.waiting()), ([0, 0], [0, 0]));
    }

    #[tokio::test(start_paused = true)]
    async fn people_are_told_within_a_second_and_who_is_at_risk_waits_on() {
        for (class, seats, code) in [(Class::Reading, READING, "crowded"), (Class::Words, 3, "busy")] {
            let gate = gate(4, 400);
            let mut taken = Vec::new();
            for _ in 0..seats {
                taken.push(gate.enter("ann", class).await.ok().unwrap());
            }
            let began = tokio::time::Instant::now();
            let refused = gate.enter("bo", class).await.err().map(|problem| problem.code());
            assert_eq!(refused, Some(code));
            assert!(began.elapsed() < Duration::from_secs(1));
        }
        let gate = gate(4, 400);
        let mut taken = Vec::new();
        for _ in 0..4 {
            taken.push(gate.enter("ann", Class::AtRisk).await.ok().unwrap());
        }
        let mut urgent = pin!(gate.enter("di", Class::AtRisk));
        assert!(poll(urgent.as_mut()).is_pending());
        tokio::time::advance(Duration::from_millis(4_900)).await;
        assert!(poll(urgent.as_mut()).is_pending());
        drop(taken);
        assert!(poll(urgent.as_mut()).is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_sent_away_goes_ahead_at_the_time_that_he_was_told() {
        let gate = gate(4, 2);
        let mut seats = Vec::new();
        for _ in 0..3 {
            seats.push(gate.enter("ann", Class::Words).await.ok().unwrap());
        }
        let refused = gate.enter("bo", Class::Words).await.err().unwrap();
        assert!(refused.keeps_place());
        let wait = Duration::from_secs(refused.wait().unwrap());
        assert!((1..=2).contains(&wait.as_secs()));
        tokio::time::advance(wait).await;
        let (mut first, mut second) =
            (pin!(gate.enter("cy", Class::Words)), pin!(gate.enter("di", Class::Words)));
        assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
        let mut early = pin!(gate.enter("ed", Class::Words));
        let Poll::Ready(Err(problem)) = poll(early.as_mut()) else { panic!("the line is full") };
        assert!(problem.keeps_place());
        let mut late = pin!(gate.enter("bo", Class::Words));
        assert!(poll(late.as_mut()).is_pending(), "the line is full, but not for him");
        let mut urgent = pin!(gate.enter("flo", Class::AtRisk));
        assert!(poll(urgent.as_mut()).is_ready(), "the last quarter is for assets at risk");
        seats.pop();
        let Poll::Ready(Ok(seat)) = poll(late.as_mut()) else { panic!("his place was not kept") };
        assert!(poll(first.as_mut()).is_pending());
        drop(seat);
        assert!(poll(first.as_mut()).is_ready());
    }

    /// Three times what can be served comes in every second, for a minute: everybody who comes back when told is served after a
    /// few calls, and nobody at risk is sent away.
    #[tokio::test(start_paused = true)]
    async fn no_refusal_is_final() {
        let gate = gate(4, 6);
        let mut customers = tokio::task::JoinSet::new();
        for customer in 0..360_u32 {
            let gate = gate.clone();
            customers.spawn(async move {
                tokio::time::sleep(Duration::from_millis(u64::from(customer) * 1_000 / 6)).await;
                let class = Class::of(customer % 20 == 0);
                let mut calls = 1;
                loop {
                    match gate.enter(customer, class).await {
                        Ok(seat) => {
                            // Three seats for a second and a half: two a second.
                            tokio::time::sleep(Duration::from_millis(1_500)).await;
                            drop(seat);
                            return (class, calls);
                        }
                        Err(problem) => {
                            assert!(problem.keeps_place());
                            tokio::time::sleep(Duration::from_secs(problem.wait().unwrap())).await;
                            calls += 1;
                        }
                    }
                }
            });
        }
        let calls = tokio::time::timeout(Duration::from_mins(10), customers.join_all()).await.unwrap();
        assert!(
            calls.iter().all(|(class, calls)| *calls <= if *class == Class::AtRisk { 1 } else { 6 }),
            "{calls:?}"
        );
        let at_once_or_second = calls.iter().filter(|(_, calls)| *calls <= 2).count();
        assert!(at_once_or_second * 10 >= calls.len() * 9, "{at_once_or_second}");
    }
}
