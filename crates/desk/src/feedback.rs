//! Whether requests that were called solved really are, and how good their customers found the help.
//!
//! An agent's claim is asked about: the customer says yes or no, rates the help, and may complain about how it was
//! handled ([`answer`]); who says nothing is asked once more and then taken to be content ([`claim`]). Everything that
//! anybody says stands in the request's record; the tables beside it only say what holds now. Low ratings and complaints
//! wait for somebody to look at them ([`review`]); [`figures`] counts.

mod answer;
mod claim;
mod figures;
mod review;

pub use answer::{Complaint, FeedbackReceipt, Rate, Solved, answer_solved, complain, own_feedback, rate};
pub use figures::{AgentFigures, FeedbackFigures, FeedbackSummary, TypeFigures, feedback_summary};
pub use review::{
    Cause, Episode, RequestFeedback, ReviewChange, ReviewState, ReviewView, Reviews, change_review,
    request_feedback, reviews,
};

pub(crate) use claim::{Claim, Pursuit, claim, claimed, decided, pursue, withdraw};
pub(crate) use review::may_review;

use serde::Serialize;
use standfast_domain::{RequestId, Resolution, Score};
use standfast_store::resolution::RatingRow;
use standfast_store::{Rd, entry};
use utoipa::ToSchema;

use crate::Error;

/// A rating.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RatingView {
    /// From 1 (very bad) to 5 (very good).
    #[schema(value_type = i64, minimum = 1, maximum = 5)]
    pub score: Score,
    /// Code of the reason, if one was given.
    pub reason: Option<String>,
    /// The comment, if there is one and it was not erased.
    pub comment: Option<String>,
}

impl RatingView {
    /// From its row and the entry that holds its words.
    pub(crate) fn new(rd: &mut Rd, request: RequestId, row: RatingRow) -> Result<Self, Error> {
        let comment = entry::find(rd, request, row.seq)?.and_then(|entry| entry.text);
        Ok(Self { score: row.score, reason: row.reason, comment })
    }
}

/// What a customer is asked about a request, and has answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedbackView {
    /// Which time the request was called solved: 1 first; null while nobody has.
    pub episode: Option<i64>,
    /// What is known of it.
    pub state: Option<Resolution>,
    /// Whether the desk asked once more.
    pub asked_again: bool,
    /// Whether the question if it is solved can be answered now.
    pub may_answer: bool,
    /// Whether a rating can be given or corrected now.
    pub may_rate: bool,
    /// The rating given.
    pub rating: Option<RatingView>,
    /// Codes of the reasons offered with scores of 3 and less.
    pub reasons_low: Vec<String>,
    /// Codes of the reasons offered with scores of 4 and 5.
    pub reasons_high: Vec<String>,
}

#[cfg(test)]
mod tests;
