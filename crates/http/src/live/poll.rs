//! Long polling, where sockets do not pass: the same frames by ordinary calls. What is committed is read from SQL by
//! the caller's cursors each time; only signs of life come from the hub.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::Utf8Bytes;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use standfast_domain::RequestId;
use tokio::time::{Instant, sleep, timeout_at};

use super::hub::Membership;
use super::mailbox::Out;
use super::party::{MOST_FOLLOWED, Party};
use crate::app::App;
use crate::body::{Query, within};
use crate::credential::Caller;
use crate::network::Peer;
use crate::problem::{Problem, Tongue};

/// Longest wait, in seconds.
const LONGEST_WAIT: u64 = 25;
/// What belongs together is told together.
const GATHER: Duration = Duration::from_millis(20);

/// What a poll asks for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Seconds to wait for something to happen, at most 25.
    #[serde(default)]
    #[param(maximum = 25)]
    wait: u64,
    /// What the caller has: `<request id>:<seq>`, separated by commas.
    #[serde(default)]
    #[param(example = "61093405593337856:4", pattern = "^([1-9][0-9]{0,17}:[0-9]{1,18}(,|$))*$")]
    cursors: String,
    /// Place in the inbox feed, for agents.
    #[serde(default)]
    feed: Option<String>,
}

/// Frames since the caller's cursors.
#[derive(utoipa::ToSchema)]
#[expect(
    dead_code,
    reason = "the answer is put together from frames that are text already; this describes it"
)]
pub(crate) struct Polled {
    /// Frames of the live protocol, in order.
    frames: Vec<serde_json::Value>,
    /// Place in the inbox feed after these frames, for agents who gave one.
    feed: Option<String>,
}

/// Reads `<request id>:<seq>,…`.
fn cursors(text: &str) -> Option<Vec<(RequestId, i64)>> {
    let items = text.split(',').filter(|item| !item.is_empty());
    let read = items.map(|item| {
        let (request, seq) = item.split_once(':')?;
        Some((request.parse().ok()?, seq.parse::<i64>().ok().filter(|seq| *seq >= 0)?))
    });
    read.collect::<Option<Vec<_>>>().filter(|cursors| cursors.len() <= MOST_FOLLOWED)
}

/// Waits for something to happen to the given requests, and for agents to the inbox.
#[utoipa::path(
    get, path = "/api/v1/live/poll", tag = "live", operation_id = "live_poll", params(Asked),
    responses((status = 200, description = "Frames, none when nothing happened in time", body = Polled))
)]
pub(crate) async fn poll(
    State(app): State<App>,
    caller: Caller,
    peer: Peer,
    Tongue(language): Tongue,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    within("wait", asked.wait, 0..=LONGEST_WAIT)?;
    let asked_for = cursors(&asked.cursors).ok_or_else(|| Problem::invalid("cursors", "malformed"))?;
    let mut party = Party::new(app.clone(), caller, language, peer.network);
    let own = party.own().await?;
    let membership = app.hub.join(party.who(&own), false);
    let mut cursors = Vec::with_capacity(asked_for.len());
    for (request, after) in asked_for {
        // Requests that are not the caller's are passed over in silence.
        match party.may_follow(request).await {
            Ok(()) => {
                membership.follow(request);
                cursors.push((request, after));
            }
            Err(error) if error.code() == "not_found" => {}
            Err(error) => return Err(error.into()),
        }
    }
    let deadline = Instant::now() + Duration::from_secs(asked.wait);
    let mut feed = asked.feed;
    let mut frames = Vec::new();
    loop {
        gather(&mut party, &cursors, &mut feed, &mut frames).await?;
        let ended = signs(&membership, &mut frames);
        if !frames.is_empty() || ended || timeout_at(deadline, membership.mailbox.changed()).await.is_err() {
            return Ok(answer(&frames, feed.as_deref()));
        }
        sleep(GATHER).await;
    }
}

/// Reads what is new behind the cursors. Requests that are no longer the caller's are passed over in silence.
async fn gather(
    party: &mut Party,
    cursors: &[(RequestId, i64)],
    feed: &mut Option<String>,
    frames: &mut Vec<Utf8Bytes>,
) -> Result<(), Problem> {
    for (request, after) in cursors {
        match party.missed(*request, *after).await {
            Ok(missed) => frames.extend(missed.frames),
            Err(error) if error.code() == "not_found" => {}
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(place) = feed
        && let Some((frame, next, news)) = party.inbox(place).await?
    {
        *place = next;
        if news {
            frames.push(frame);
        }
    }
    Ok(())
}

/// Takes signs of life out of the mailbox. What was committed has been read from SQL already, or will be by the next
/// poll. Returns whether the server asks to go.
fn signs(membership: &Membership<'_>, frames: &mut Vec<Utf8Bytes>) -> bool {
    loop {
        match membership.mailbox.take() {
            // The inbox comes with the feed that belongs to it, from SQL.
            Ok(Some(Out::Frame(frame))) if !frame.starts_with(r#"{"t":"inbox""#) => frames.push(frame),
            Ok(Some(_)) => {}
            Ok(None) => return false,
            Err(_) => return true,
        }
    }
}

fn answer(frames: &[Utf8Bytes], feed: Option<&str>) -> Response {
    let frames = frames.iter().map(Utf8Bytes::as_str).collect::<Vec<_>>().join(",");
    let feed = feed.map(|feed| format!(",\"feed\":{}", serde_json::Value::from(feed))).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], format!("{{\"frames\":[{frames}]{feed}}}")).into_response()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cursors_are_read() {
        assert_eq!(cursors(""), Some(vec![]));
        assert_eq!(cursors("7:0,8:12"), Some(vec![(RequestId(7), 0), (RequestId(8), 12)]));
        for wrong in ["7", "7:", ":1", "7:-1", "0:1", "x:1", "7:1;8:1", "7:99999999999999999999"] {
            assert_eq!(cursors(wrong), None, "{wrong}");
        }
        assert_eq!(cursors(&"7:1,".repeat(201)), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = cursors(&text);
        }

        #[test]
        fn what_is_written_is_read(pairs in prop::collection::vec((1..i64::MAX, 0..i64::MAX), 0..200)) {
            let text = pairs.iter().map(|(id, seq)| format!("{id}:{seq}")).collect::<Vec<_>>().join(",");
            let read = cursors(&text).unwrap().into_iter().map(|(id, seq)| (id.0, seq)).collect::<Vec<_>>();
            prop_assert_eq!(read, pairs);
        }
    }
}
