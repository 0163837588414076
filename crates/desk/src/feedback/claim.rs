//! The life of a claim that a request is solved: made by an agent, asked about, and decided by the customer, by silence, or
//! by an agent who takes it back.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_domain::{AgentId, Author, Event, JobId, RequestId, Resolution, State, Time, Verdict};
use standfast_store::job::{self, NewJob};
use standfast_store::request::RequestRow;
use standfast_store::resolution::{self, ResolutionRow};
use standfast_store::{Tx, entry};

use crate::record::Record;
use crate::{Desk, Error};

/// While asking pauses, whoever is due is looked at again after this.
const PAUSED: Duration = Duration::from_mins(30);

/// How a request came to be called solved.
pub(crate) struct Claim {
    /// The state before.
    pub(crate) from: State,
    /// Who calls it so.
    pub(crate) by: Author,
    /// Whether with an answer to the customer.
    pub(crate) replied: bool,
    /// When.
    pub(crate) now: Time,
}

/// Notes that an agent calls a request solved, and puts on the list that its customer is asked once more.
pub(crate) fn claim(tx: &mut Tx, desk: &Desk, row: &RequestRow, claim: &Claim) -> Result<(), Error> {
    let Author::Agent(by) = claim.by else { return Err(Error::Inconsistent("who claims")) };
    let agent_id = if claim.replied { by } else { entry::find_last_replier(tx, row.id)?.unwrap_or(by) };
    let last = resolution::find_last(tx, row.id)?;
    let Some(fresh) = claimed(row.id, last.as_ref(), claim.from, agent_id, claim.now) else { return Ok(()) };
    resolution::put(tx, &fresh)?;
    let episode = fresh.episode;
    let due = claim.now.plus(desk.settings().feedback.ask_again);
    schedule(tx, desk, Pursuit { request: row.id, episode }, due, claim.now)
}

/// The claim that is made by calling a request solved which was in the state `from`; none where nothing changes.
pub(crate) fn claimed(
    request_id: RequestId,
    last: Option<&ResolutionRow>,
    from: State,
    agent_id: AgentId,
    now: Time,
) -> Option<ResolutionRow> {
    let episode = match last {
        // A further answer to what is called solved already: what the customer said of it stands, else it is asked anew.
        Some(last) if from == State::Solved && last.state != Resolution::Repudiated => {
            if last.state == Resolution::Confirmed {
                return None;
            }
            last.episode
        }
        Some(last) => last.episode + 1,
        None => 1,
    };
    Some(ResolutionRow {
        request_id,
        episode,
        state: Resolution::Claimed,
        agent_id,
        claimed_at: now,
        asked_at: None,
        decided_by: None,
        decided_at: None,
    })
}

/// Notes that an agent took up again what was called solved. What the customer said of it stands.
pub(crate) fn withdraw(tx: &mut Tx, id: RequestId, now: Time) -> Result<(), Error> {
    decide(tx, id, Verdict::Withdrawn, "agent", now).map(drop)
}

/// Gives the latest claim a verdict; returns it if that changes anything. The caller holds the request.
pub(super) fn decide(
    tx: &mut Tx,
    id: RequestId,
    verdict: Verdict,
    by: &str,
    now: Time,
) -> Result<Option<ResolutionRow>, Error> {
    let decided = resolution::find_last(tx, id)?.and_then(|last| decided(&last, verdict, by, now));
    if let Some(decided) = &decided {
        resolution::put(tx, decided)?;
    }
    Ok(decided)
}

/// What a verdict makes of a claim; nothing where it changes nothing.
pub(crate) fn decided(last: &ResolutionRow, verdict: Verdict, by: &str, now: Time) -> Option<ResolutionRow> {
    let state = last.state.after(verdict).filter(|next| *next != last.state)?;
    Some(ResolutionRow { state, decided_by: Some(by.to_owned()), decided_at: Some(now), ..last.clone() })
}

/// A claim that is to be looked at again when its time has come.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Pursuit {
    pub(crate) request: RequestId,
    episode: i64,
}

fn schedule(tx: &mut Tx, desk: &Desk, pursuit: Pursuit, run_at: Time, now: Time) -> Result<(), Error> {
    let payload = serde_json::to_string(&pursuit).map_err(|_| Error::Inconsistent("job payload"))?;
    let dedupe = format!("resolution:{}:{}", pursuit.request, pursuit.episode);
    let job = NewJob {
        id: JobId(desk.id()),
        kind: "resolution",
        payload: &payload,
        run_at,
        dedupe: Some(&dedupe),
        now,
    };
    job::enqueue(tx, &job).map_err(Error::from)
}

/// Asks a silent customer once more, or takes the silence for consent, whichever is due; puts itself on the list again for
/// what is to come.
pub(crate) fn pursue(tx: &mut Tx, desk: &Desk, pursuit: Pursuit, now: Time) -> Result<(), Error> {
    let mut record = Record::lock(tx, pursuit.request)?;
    let claimed = resolution::find_last(tx, pursuit.request)?
        .filter(|last| last.episode == pursuit.episode && last.state == Resolution::Claimed);
    // What went on in another request, or was none, is asked nothing.
    let (Some(mut claimed), State::Solved | State::Closed) = (claimed, record.row.state) else {
        return Ok(());
    };
    let times = desk.settings().feedback;
    let due = match claimed.asked_at {
        None => claimed.claimed_at.plus(times.ask_again),
        Some(asked) => asked.plus(times.assume),
    };
    if now < due {
        return schedule(tx, desk, pursuit, due, now);
    }
    if claimed.asked_at.is_none() && desk.surge().pauses_asking() {
        return schedule(tx, desk, pursuit, now.plus(PAUSED), now);
    }
    // What the clock does is no news to whoever looks through what is done, and makes no old matter a recent one.
    let updated_at = record.row.updated_at;
    let episode = pursuit.episode;
    if claimed.asked_at.is_none() {
        claimed.asked_at = Some(now);
        resolution::put(tx, &claimed)?;
        record.tell(desk.entropy(), now, Author::System, Event::AskedAgain { episode })?;
        schedule(tx, desk, pursuit, now.plus(times.assume), now)?;
    } else if let Some(decided) = decide(tx, pursuit.request, Verdict::Silence, "system", now)? {
        let event = Event::Resolution { episode, state: decided.state };
        record.tell(desk.entropy(), now, Author::System, event)?;
    }
    record.row.updated_at = updated_at;
    record.save(tx, desk.keys(), now)?;
    Ok(())
}
