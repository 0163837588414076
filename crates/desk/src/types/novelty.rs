//! Something new: groups of alike among the requests that no model could name.

use std::sync::Arc;
use std::time::Duration;

use standfast_domain::{Permission, RequestId, State, Time};
use standfast_science::classify::{Grouping, Recent, group};
use standfast_store::{label, prediction, request};

use super::beginning;
use super::view::{NovelExample, NovelGroup, NovelView};
use crate::{AgentCaller, Desk, Error};

/// How far back is looked.
const SINCE: Duration = Duration::from_hours(24 * 14);
/// Most requests that are grouped; the latest ones.
const MOST: i64 = 1_000;
/// Other requests, which tell what is ordinary here.
const BACKGROUND: i64 = 500;
/// Most groups.
const MOST_GROUPS: usize = 30;
/// Requests of a group that are shown.
const EXAMPLES: usize = 3;
/// Most requests that are named of a group.
const MOST_NAMED: usize = 50;
/// What was found is shown for this long.
const FRESH: Duration = Duration::from_mins(1);

/// Groups of recent requests that no model could name, the largest first, each with its typical words.
pub async fn novel_requests(desk: &Desk, caller: &AgentCaller) -> Result<Arc<NovelView>, Error> {
    caller.require(Permission::ReadInsight)?;
    let now = desk.now();
    // One at a time: who waits gets what the one before has found.
    let mut known = desk.shared.types.groups.lock().await;
    if let Some((at, found)) = known.as_ref()
        && now.since(*at) < FRESH
    {
        return Ok(found.clone());
    }
    let found = Arc::new(find(desk, now).await?);
    *known = Some((now, found.clone()));
    Ok(found)
}

async fn find(desk: &Desk, now: Time) -> Result<NovelView, Error> {
    let since = now.minus(SINCE);
    let (unsure, others) = desk
        .store()
        .read(move |rd| {
            let unsure = prediction::list_unsure(rd, since, MOST)?;
            Ok::<_, Error>((unsure, label::list_lessons(rd, RequestId(i64::MAX), BACKGROUND + MOST)?))
        })
        .await?;
    let grouping = tokio::task::spawn_blocking(move || {
        let recent: Vec<Recent<'_>> = unsure
            .iter()
            .map(|one| Recent { request: one.request_id.0, at: one.created_at.0, text: beginning(&one.text) })
            .collect();
        let ids: std::collections::BTreeSet<RequestId> = unsure.iter().map(|one| one.request_id).collect();
        let background: Vec<&str> = others
            .iter()
            .filter(|other| other.state != State::Spam && !ids.contains(&other.request_id))
            .filter_map(|other| other.text.as_deref().map(beginning))
            .take(usize::try_from(BACKGROUND).unwrap_or_default())
            .collect();
        let groups = group(&recent, &background, &Grouping::default());
        (groups, unsure.len())
    });
    let (groups, unsure) = grouping.await.map_err(|_| Error::Inconsistent("grouping ended early"))?;
    let mut items: Vec<NovelGroup> = groups
        .into_iter()
        .map(|group| NovelGroup {
            size: u32::try_from(group.requests.len()).unwrap_or(u32::MAX),
            first_at: Time(group.first),
            last_at: Time(group.last),
            words: group.words,
            // The latest first: those are the ones to look at.
            requests: group.requests.into_iter().rev().take(MOST_NAMED).map(RequestId).collect(),
            examples: Vec::new(),
        })
        .take(MOST_GROUPS)
        .collect();
    let items = desk.store().read(move |rd| {
        for group in &mut items {
            for id in group.requests.iter().take(EXAMPLES) {
                let row = request::find(rd, *id)?;
                group.examples.extend(row.map(|row| NovelExample {
                    id: row.id,
                    number: row.number,
                    subject: row.subject,
                }));
            }
        }
        Ok::<_, Error>(items)
    });
    Ok(NovelView { since, unsure: u32::try_from(unsure).unwrap_or(u32::MAX), items: items.await? })
}
