use standfast_domain::{Channel, CustomerId, Language, RequestId, State, Time, Urgency};
use standfast_store::fact::FactRow;

use super::*;
use crate::facts::Builder;

/// A request that came in this second, from this version of the app and this screen.
pub(crate) fn fact(second: i64, state: State, version: &str, screen: &str) -> Fact {
    Fact::from(row(second, state, version, screen))
}

/// The same as the store knows it.
pub(crate) fn row(second: i64, state: State, version: &str, screen: &str) -> FactRow {
    let at = Time((1_763_000_000 + second) * 1_000_000);
    FactRow {
        id: RequestId(1 + second),
        customer_id: CustomerId(1),
        customer_first_seen_at: at,
        state,
        kind: "swap".to_owned(),
        urgency: Urgency(2),
        at_risk: false,
        channel: Channel::Widget,
        language: Language::English,
        chain: None,
        fields: "{}".to_owned(),
        context: format!("{{\"app_version\":\"{version}\",\"screen\":\"{screen}\"}}"),
        tags: "[]".to_owned(),
        team_id: None,
        assignee_id: None,
        created_at: at,
        updated_at: at,
        first_reply_at: None,
        solved_at: None,
        closed_at: None,
        reopen_count: 0,
        reopened_at: None,
        worked_s: None,
        unread: false,
        follow_up_count: 0,
        reply_count: 0,
        first_agent_id: None,
        first_solved_at: None,
        transfer_count: 0,
        escalation_count: 0,
        resolution: None,
        solved_by_id: None,
        score: None,
        reason: None,
        untold: None,
        bot_reply_at: None,
    }
}

/// A version that is used, then as many as somebody likes to make up, then a new version.
fn flood(state: State) -> impl Iterator<Item = Fact> {
    let made_up = i64::try_from(MOST).unwrap() + 2_000;
    let used = (0..3).map(|second| fact(second, State::Open, "7.1.0", "swap"));
    let flood =
        (0..made_up).map(move |n| fact(10 + n, state, &format!("8.{n}"), &format!("page{}", n % 9_000)));
    let new = (0..2).map(move |second| fact(10 + made_up + second, State::Open, "7.2.0", "send"));
    used.chain(flood).chain(new)
}

fn versions(facts: &Facts) -> std::collections::BTreeMap<String, usize> {
    let mut rows = std::collections::BTreeMap::new();
    for block in &facts.blocks {
        for place in 0..block.len() {
            let version = block.row(place).unwrap().version;
            *rows.entry(Dimension::AppVersion.value(&facts.names, version)).or_insert(0) += 1;
        }
    }
    rows
}

#[test]
fn made_up_versions_drive_out_none_that_is_used() {
    // Spam while facts follow, and what nobody has marked as spam while they are loaded.
    let mut followed = Facts::new(256);
    for fact in flood(State::Spam) {
        let row = followed.row_of(&fact, 0);
        followed.put(&row);
    }
    let mut builder = Builder::new(256);
    for fact in flood(State::Open) {
        let row = builder.row_of(&fact, 0);
        builder.add(row);
    }
    for facts in [followed, builder.finish(1)] {
        let rows = versions(&facts);
        assert_eq!((rows["7.1.0"], rows["7.2.0"]), (3, 2));
        assert!(rows["other"] + 2 >= MOST / 2, "what was rare is together: {}", rows["other"]);
        assert_eq!(rows.values().sum::<usize>(), facts.len());
        assert!(facts.names.versions.slots().len() <= MOST);
        let listed = facts.values(Dimension::AppVersion, 4);
        assert!(["7.1.0", "7.2.0"].iter().all(|one| listed.iter().any(|code| code == one)), "{listed:?}");
        assert_eq!(listed.len(), 4);
    }
}

#[test]
fn what_no_row_has_is_forgotten() {
    let mut facts = Facts::new(3);
    for second in 0..7 {
        let row =
            facts.row_of(&fact(second, State::Open, "7.1", if second == 4 { "abandon" } else { "swap" }), 0);
        facts.put(&row);
    }
    assert!(facts.unused().is_empty());
    let row = facts.row_of(&fact(4, State::Open, "7.1", "swap"), 0);
    facts.put(&row);
    let unused = facts.unused();
    assert!(!unused.is_empty());
    facts.forget(&unused);
    assert_eq!(facts.values(Dimension::Screen, 10), ["unknown", "other", "swap"]);
    assert_eq!(facts.names.screens.find(&"abandon".to_owned()), None);
    assert!(facts.unused().is_empty());
}
