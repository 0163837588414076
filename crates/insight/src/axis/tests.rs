use standfast_domain::{State, Time};

use super::*;
use crate::exposure::{Exposure, Users};
use crate::measure::Measure;
use crate::query::Grouping;
use crate::uses::tests::fact;
use crate::{Answer, Figure, Part, Selection, answer, behind};

const HOUR: i64 = 3_600;
/// Requests of versions that occur once, an hour apart, and as many of one version that is used.
const ONCE: i64 = 3_000;

fn facts() -> Facts {
    let mut facts = Facts::new(256);
    for number in 0..ONCE {
        let made_up = fact(number * HOUR, State::Open, &format!("8.{number}"), "swap");
        let used = fact(number * HOUR + 1, State::Open, "7.1.0", "send");
        for fact in [made_up, used] {
            let row = facts.row_of(&fact, 0);
            facts.put(&row);
        }
    }
    facts
}

fn query(measure: Measure, group: &[&str]) -> Query {
    let mut query = Query::new(measure, Time((1_763_000_000 + ONCE * HOUR) * 1_000_000));
    query.group = group.iter().map(|code| Grouping::parse(code).unwrap()).collect();
    query
}

fn sums(answer: &Answer, axis: usize) -> std::collections::BTreeMap<&str, u64> {
    let mut sums = std::collections::BTreeMap::new();
    for cell in &answer.cells {
        *sums.entry(answer.axes[axis].1[cell.at[axis]].code.as_str()).or_insert(0) += cell.figure.n();
    }
    sums
}

#[test]
fn many_values_fold_into_others_instead_of_being_refused() {
    let facts = facts();
    let query = query(Measure::Requests, &["hour", "app_version"]);
    let found = answer(&facts, &query, None, 2).unwrap();
    let rows = u64::try_from(2 * ONCE).unwrap();
    assert_eq!(found.total, Figure::Count { n: rows });
    let sums = sums(&found, 1);
    assert_eq!(sums.values().sum::<u64>(), rows, "every request is in one cell");
    assert_eq!(sums["7.1.0"], rows / 2, "what is used stands for itself");
    let other = found.axes[1].1.iter().find(|member| member.code == "other").unwrap();
    let kept = u64::try_from(found.axes[1].1.len() - 2).unwrap();
    assert_eq!(other.folded.map(|folded| folded as u64), Some(rows / 2 - kept));
    assert_eq!(sums["other"], rows / 2 - kept);
    assert!(found.axes[1].1.iter().all(|member| member.code == "other" || member.folded.is_none()));
    // The rows behind what is folded are found as others are.
    let (hours, place) = (&found.axes[0].1, found.axes[1].1.iter().position(|member| member.code == "other"));
    let cell = found.cells.iter().rfind(|cell| Some(cell.at[1]) == place).unwrap();
    let codes = vec![hours[cell.at[0]].code.clone(), "other".to_owned()];
    let selection = Selection { cell: codes, part: Part::All, after: None, limit: 10 };
    assert_eq!(behind(&facts, &query, None, &selection).unwrap().rows.len() as u64, cell.figure.n());
}

#[test]
fn what_fits_is_left_alone_and_a_filter_makes_room() {
    let facts = facts();
    let by_version = answer(&facts, &query(Measure::Requests, &["app_version"]), None, 1).unwrap();
    assert_eq!(by_version.axes[0].1.len() as u64, 1 + u64::try_from(ONCE).unwrap());
    let mut narrow = query(Measure::Requests, &["hour", "app_version"]);
    narrow.except = vec![(Dimension::Screen, vec!["swap".to_owned()])];
    let found = answer(&facts, &narrow, None, 1).unwrap();
    let codes: Vec<_> = found.axes[1].1.iter().map(|member| (member.code.as_str(), member.folded)).collect();
    assert_eq!(codes, [("7.1.0", None)]);
}

/// Ten people a day of every version.
struct Ten;

impl Exposure for Ten {
    fn user_days(&self, from: jiff::civil::Date, until: jiff::civil::Date, _: Users<'_>) -> Option<u64> {
        u64::try_from((until - from).get_days()).ok().map(|days| days * 10)
    }
}

#[test]
fn of_the_people_of_folded_versions_nothing_is_said() {
    let facts = facts();
    let mut plan = Plan::new(&facts, &query(Measure::ContactRate, &["app_version"])).unwrap();
    plan.fold(&facts, 0, 5);
    let query = query(Measure::ContactRate, &["app_version"]);
    let (cells, total, apart) = crate::rate::rate(&facts, &plan, &query, Some(&Ten), 1).unwrap();
    let groups = plan.axes[0].groups(&facts);
    let rate = |code: &str| cells[groups.iter().position(|(own, ..)| own == code).unwrap()];
    assert_eq!(rate("other").user_days, None);
    assert!(rate("7.1.0").n > 0 && rate("7.1.0").user_days.is_some());
    assert!(total.n > 2 * rate("7.1.0").n - 10, "the total has them: {total:?}");
    assert_eq!(total.n + apart.left_out, facts.len() as u64);
}
