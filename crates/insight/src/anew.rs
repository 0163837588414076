//! Making the facts anew when somebody asks for it: whoever asks is told what came of their own asking, and nobody waits for ever.

use standfast_store::Error as StoreError;
use tokio::sync::watch;

use crate::error::Error;

/// Whoever waits is told after so many attempts that failed one after the other. They go on nevertheless.
const ATTEMPTS: u32 = 5;

/// The facts as they were made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Requests in them.
    pub requests: usize,
    /// Whether they were written down for the next start; not asked for where no snapshot is kept.
    pub is_saved: bool,
}

/// What became of the rounds in which the facts were made.
#[derive(Clone, Debug)]
struct Course {
    /// The last round that was made, and what came of it.
    made: (u64, Rebuilt),
    /// Attempts that failed since a round was made, and why the last one did.
    failed: Option<(u32, Error)>,
    /// Whether those who kept the facts do so no more.
    is_over: bool,
}

/// How often the facts were to be made anew, and how often they were.
pub(crate) struct Rounds {
    wanted: watch::Sender<u64>,
    course: watch::Sender<Course>,
}

impl Rounds {
    pub(crate) fn new() -> Self {
        let made = (0, Rebuilt { requests: 0, is_saved: false });
        let course = Course { made, failed: None, is_over: false };
        Self { wanted: watch::Sender::new(0), course: watch::Sender::new(course) }
    }

    /// The round that is wanted last.
    pub(crate) fn wanted(&self) -> u64 {
        *self.wanted.borrow()
    }

    /// Hears of rounds that are wanted.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.wanted.subscribe()
    }

    /// Whether a round is still to be made.
    pub(crate) fn is_due(&self, round: u64) -> bool {
        self.course.borrow().made.0 < round
    }

    /// A round was made.
    pub(crate) fn made(&self, round: u64, rebuilt: Rebuilt) {
        self.course.send_modify(|course| (course.made, course.failed) = ((round, rebuilt), None));
    }

    /// It was not, and is tried again.
    pub(crate) fn failed(&self, error: Error) {
        self.course.send_modify(|course| {
            let before = course.failed.as_ref().map_or(0, |(count, _)| *count);
            course.failed = Some((before.saturating_add(1), error));
        });
    }

    /// Somebody keeps the facts from now on, or does so no more.
    pub(crate) fn set_over(&self, is_over: bool) {
        self.course.send_modify(|course| course.is_over = is_over);
    }

    /// Wants a round of one's own, and waits for it: for as long as it takes, unless it keeps failing or is given up.
    pub(crate) async fn ask(&self) -> Result<Rebuilt, Error> {
        let mut heard = self.course.subscribe();
        let failed = |course: &Course| course.failed.as_ref().map_or(0, |(count, _)| *count);
        let most = failed(&heard.borrow()).saturating_add(ATTEMPTS);
        let mut round = 0;
        self.wanted.send_modify(|wanted| {
            *wanted += 1;
            round = *wanted;
        });
        let is_told = |course: &Course| course.made.0 >= round || course.is_over || failed(course) >= most;
        let course = heard.wait_for(is_told).await.map_err(|_| StoreError::Closed)?;
        match &course.failed {
            _ if course.made.0 >= round => Ok(course.made.1),
            Some((_, error)) if !course.is_over => Err(error.clone()),
            _ => Err(StoreError::Closed.into()),
        }
    }
}
