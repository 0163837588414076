//! Low ratings and complaints, each of which reaches a person: somebody who may look at them, and whom they are not about.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standfast_domain::{AgentId, Event, Permission, RequestId, Resolution, ReviewId, Role, Time};
use standfast_store::resolution::{self, RatingRow};
use standfast_store::review::{self, ReviewRow, Viewer};
use standfast_store::{Lane, Rd, Tx, agent, entry, outbox, request};
use utoipa::ToSchema;

use super::RatingView;
use crate::draft::plain;
use crate::record::change;
use crate::screening::Findings;
use crate::view::RequestSummary;
use crate::{AgentCaller, Desk, Error};

/// Most reviews of one page, and most that are counted.
const MOST: i64 = 200;
/// Most words of one complaint that are shown, the last ones: all of them are in the request.
const MOST_WORDS: i64 = 20;
/// Longest note, in bytes.
const NOTE_BYTES: usize = 4_000;
/// Most episodes of a request that are shown.
const MOST_EPISODES: i64 = 20;

/// Why somebody is to look at a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It was rated 1 or 2.
    LowRating,
    /// The customer complained.
    Complaint,
}

impl Cause {
    const fn as_str(self) -> &'static str {
        match self {
            Self::LowRating => "low_rating",
            Self::Complaint => "complaint",
        }
    }
}

/// How far the look at it has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Nobody looks at it.
    #[default]
    Open,
    /// Somebody does.
    Taken,
    /// Somebody has.
    Done,
}

impl ReviewState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Done => "done",
        }
    }

    fn parse(text: &str) -> Result<Self, Error> {
        [Self::Open, Self::Taken, Self::Done]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(Error::Inconsistent("review"))
    }
}

/// A low rating or a complaint, for those who look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewView {
    /// Id.
    #[schema(value_type = String)]
    pub id: ReviewId,
    /// Why.
    pub cause: Cause,
    /// The request.
    pub request: RequestSummary,
    /// The rating as it is now; null for complaints.
    pub rating: Option<RatingView>,
    /// The words of a complaint, unless they were erased; what the customer said before anybody was done with it is in it too.
    pub text: Option<String>,
    /// Who answered last before it.
    #[schema(value_type = Option<String>)]
    pub agent_id: Option<AgentId>,
    /// How far it has come.
    pub state: ReviewState,
    /// Who looks at it.
    #[schema(value_type = Option<String>)]
    pub taken_by: Option<AgentId>,
    /// What they noted.
    pub note: Option<String>,
    /// When the customer said it.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When anything last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Time,
}

/// Reviews that the caller may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reviews {
    /// The reviews: open ones complaints first and oldest first, done ones newest first.
    pub items: Vec<ReviewView>,
    /// How many are still to be looked at, counted up to 200.
    pub open: i64,
    /// Where this page ended; null at the end of all.
    #[schema(value_type = Option<String>)]
    pub next: Option<ReviewId>,
}

/// What somebody does with a review; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ReviewChange {
    /// How far it has come.
    pub state: Option<ReviewState>,
    /// What there is to note.
    pub note: Option<String>,
}

/// One time that a request was called solved, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Episode {
    /// Which time: 1 first.
    pub episode: i64,
    /// What is known of it.
    pub state: Resolution,
    /// Who had answered last.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// When it was called solved.
    #[schema(value_type = String, format = DateTime)]
    pub claimed_at: Time,
    /// When the customer was asked once more.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub asked_at: Option<Time>,
    /// `customer`, `agent` or `system`.
    pub decided_by: Option<String>,
    /// When it was decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Time>,
    /// How the customer rated the help.
    pub rating: Option<RatingView>,
}

/// What the customer of a request said of the help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RequestFeedback {
    /// Each time that it was called solved, latest first.
    pub items: Vec<Episode>,
}

/// Puts a complaint where somebody will look at it. More words join a complaint that nobody is done with: whoever complains
/// often takes no more room than others. Who has answered since, or has taken it and answered, is whom it is about, too.
pub(super) fn open_complaint(
    tx: &mut Tx,
    desk: &Desk,
    request_id: RequestId,
    seq: i64,
    about: Option<AgentId>,
    now: Time,
) -> Result<(), Error> {
    let mut row = match review::find_open_complaint(tx, request_id)? {
        Some(known) => ReviewRow { seq, changed_at: now, ..known },
        None => fresh(desk, Cause::Complaint, request_id, seq, now),
    };
    row.agent_id = about;
    if let Some(taken_by) = row.taken_by
        && review::list_involved(tx, request_id, seq)?.contains(&taken_by)
    {
        (row.state, row.taken_by) = (ReviewState::Open.as_str().to_owned(), None);
    }
    review::put(tx, &row).map_err(Error::from)
}

fn fresh(desk: &Desk, cause: Cause, request_id: RequestId, seq: i64, now: Time) -> ReviewRow {
    ReviewRow {
        id: ReviewId(desk.id()),
        cause: cause.as_str().to_owned(),
        request_id,
        episode: None,
        seq,
        agent_id: None,
        state: ReviewState::Open.as_str().to_owned(),
        taken_by: None,
        note: None,
        created_at: now,
        changed_at: now,
    }
}

/// Puts a low rating where somebody will look at it; one that was corrected upwards before anybody did is taken away.
pub(super) fn follow_rating(tx: &mut Tx, desk: &Desk, rating: &RatingRow, now: Time) -> Result<(), Error> {
    let known = review::find_of_rating(tx, rating.request_id, rating.episode)?;
    match known {
        Some(known) if rating.score.is_low() => {
            review::put(tx, &ReviewRow { seq: rating.seq, changed_at: now, ..known })?;
        }
        Some(known) => review::delete_open(tx, known.id)?,
        None if rating.score.is_low() => {
            let row = fresh(desk, Cause::LowRating, rating.request_id, rating.seq, now);
            let (episode, agent_id) = (Some(rating.episode), Some(rating.agent_id));
            review::put(tx, &ReviewRow { episode, agent_id, ..row })?;
        }
        None => {}
    }
    Ok(())
}

/// Who may look at feedback.
fn reviewers(rd: &mut Rd) -> Result<Vec<AgentId>, Error> {
    let may = |role: Role| role.may(Permission::ReviewFeedback);
    let agents = agent::list(rd)?.into_iter();
    Ok(agents.filter(|agent| agent.disabled_at.is_none() && may(agent.role)).map(|agent| agent.id).collect())
}

/// Whether a caller may see what a customer said of the help in this entry: nobody judges about themselves, unless nobody
/// else could.
fn may_see(
    rd: &mut Rd,
    caller: &AgentCaller,
    reviewers: &[AgentId],
    request: RequestId,
    seq: i64,
) -> Result<bool, Error> {
    let involved = review::list_involved(rd, request, seq)?;
    Ok(!involved.contains(&caller.id) || reviewers.iter().all(|other| involved.contains(other)))
}

/// Whether a caller may see the complaint in this entry of a request.
pub(crate) fn may_review(
    rd: &mut Rd,
    caller: &AgentCaller,
    request: RequestId,
    seq: i64,
) -> Result<bool, Error> {
    if !caller.role.may(Permission::ReviewFeedback) {
        return Ok(false);
    }
    let reviewers = reviewers(rd)?;
    may_see(rd, caller, &reviewers, request, seq)
}

fn viewer(caller: &AgentCaller) -> Viewer {
    let may = Role::ALL.into_iter().filter(|role| role.may(Permission::ReviewFeedback));
    let roles: Vec<&str> = may.map(Role::as_str).collect();
    Viewer { agent: caller.id, roles: format!(",{},", roles.join(",")) }
}

/// The low ratings and complaints that are to be looked at, or with `done` those that were, a page at a time: `cursor` is where
/// the page before ended.
pub async fn reviews(
    desk: &Desk,
    caller: &AgentCaller,
    done: bool,
    cursor: Option<ReviewId>,
    limit: i64,
) -> Result<Reviews, Error> {
    caller.require(Permission::ReviewFeedback)?;
    let (viewer, limit) = (viewer(caller), limit.clamp(1, MOST));
    desk.store()
        .read(move |rd| {
            let rows = if done {
                review::list_done(rd, &viewer, cursor.unwrap_or(ReviewId(i64::MAX)), limit)?
            } else {
                let (cause, id) = match cursor {
                    // Only low ratings are taken away.
                    Some(id) => (
                        review::find(rd, id)?.map_or(Cause::LowRating.as_str().to_owned(), |row| row.cause),
                        id,
                    ),
                    None => (String::new(), ReviewId(0)),
                };
                review::list_open(rd, &viewer, (&cause, id), limit)?
            };
            let full = i64::try_from(rows.len()).is_ok_and(|found| found == limit);
            let next = rows.last().filter(|_| full).map(|last| last.id);
            let open = review::count_open(rd, &viewer, MOST)?;
            let items = rows.into_iter().map(|row| view(rd, row)).collect::<Result<_, _>>()?;
            Ok(Reviews { items, open, next })
        })
        .await
}

/// What a customer said in a complaint and has added to it since.
fn words(rd: &mut Rd, row: &ReviewRow) -> Result<Option<String>, Error> {
    let event = serde_json::to_string(&Event::Complained).map_err(|_| Error::Inconsistent("json"))?;
    let after = review::last_before(rd, row.request_id, row.seq)?;
    let words = entry::list_event_words(rd, row.request_id, &event, (after, row.seq), MOST_WORDS)?;
    let words: Vec<String> = words.into_iter().flatten().collect();
    Ok((!words.is_empty()).then(|| words.join("\n\n")))
}

fn view(rd: &mut Rd, row: ReviewRow) -> Result<ReviewView, Error> {
    let request = request::find(rd, row.request_id)?.ok_or(Error::Inconsistent("review"))?;
    let rating = match row.episode {
        Some(episode) => resolution::find_rating(rd, row.request_id, episode)?,
        None => None,
    };
    let rating = rating.map(|rating| RatingView::new(rd, row.request_id, rating)).transpose()?;
    let cause = if row.episode.is_some() { Cause::LowRating } else { Cause::Complaint };
    let text = match cause {
        Cause::Complaint => words(rd, &row)?,
        Cause::LowRating => None,
    };
    Ok(ReviewView {
        id: row.id,
        cause,
        request: RequestSummary::new(&request),
        rating,
        text,
        agent_id: row.agent_id,
        state: ReviewState::parse(&row.state)?,
        taken_by: row.taken_by,
        note: row.note,
        created_at: row.created_at,
        changed_at: row.changed_at,
    })
}

/// Takes a review, puts it back, notes something, or ends it.
pub async fn change_review(
    desk: &Desk,
    caller: &AgentCaller,
    id: ReviewId,
    wish: ReviewChange,
) -> Result<ReviewView, Error> {
    caller.require(Permission::ReviewFeedback)?;
    if wish.note.as_ref().is_some_and(|note| note.len() > NOTE_BYTES) {
        return Err(Error::invalid("note", "too_long"));
    }
    let note = wish.note.map(|note| Findings::default().text(plain(&note).trim()));
    let (caller, now) = (caller.clone(), desk.now());
    desk.store()
        .write(Lane::Ordinary, id.0, move |tx| {
            let mut row = review::lock(tx, id)?.ok_or(Error::NotFound)?;
            let reviewers = reviewers(tx)?;
            if !may_see(tx, &caller, &reviewers, row.request_id, row.seq)? {
                return Err(Error::NotFound);
            }
            if let Some(note) = &note {
                row.note = Some(note.clone()).filter(|note| !note.is_empty());
            }
            if let Some(state) = wish.state {
                state.as_str().clone_into(&mut row.state);
                row.taken_by = match state {
                    ReviewState::Open => None,
                    ReviewState::Taken => Some(caller.id),
                    ReviewState::Done => row.taken_by.or(Some(caller.id)),
                };
            }
            row.changed_at = now;
            review::put(tx, &row)?;
            // Whoever has the list open looks again.
            outbox::append(tx, row.request_id, row.seq, change::ROW, "", now)?;
            view(tx, row)
        })
        .await
}

/// What the customer of a request said of the help, for the desk; complaints are for reviewers alone.
pub async fn request_feedback(
    desk: &Desk,
    caller: &AgentCaller,
    id: RequestId,
) -> Result<RequestFeedback, Error> {
    caller.require(Permission::ReadRequests)?;
    desk.store()
        .read(move |rd| {
            request::find(rd, id)?.ok_or(Error::NotFound)?;
            let rows = resolution::list_of_request(rd, id, MOST_EPISODES)?;
            let mut ratings = BTreeMap::new();
            for row in &rows {
                if let Some(rating) = resolution::find_rating(rd, id, row.episode)? {
                    ratings.insert(row.episode, RatingView::new(rd, id, rating)?);
                }
            }
            let items = rows.into_iter().map(|row| Episode {
                episode: row.episode,
                state: row.state,
                agent_id: row.agent_id,
                claimed_at: row.claimed_at,
                asked_at: row.asked_at,
                decided_by: row.decided_by,
                decided_at: row.decided_at,
                rating: ratings.remove(&row.episode),
            });
            Ok(RequestFeedback { items: items.collect() })
        })
        .await
}
