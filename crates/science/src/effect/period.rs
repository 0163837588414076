//! Two periods of one's choice, like for like.

use super::model::{self, Case, NoStep};
use super::{Day, Effect, LEAST_AFTER, Side, StudyError, Verdict, judge_cases, one_sided};

/// Compares `later` with `earlier`, periods of any length and distance. Like for like: a weekday counts only when both have
/// it, and then equally often; of the longer period those days count that are nearest to the other one. No history, so no placebo: whoever
/// chooses periods after looking at the counts finds differences.
pub fn compare_periods(earlier: &[Day], later: &[Day], worthwhile: f64) -> Result<Effect, StudyError> {
    let (one, other) = matched(earlier, later);
    compare(&one, &other, worthwhile)
}

/// Compares all open days of `later` with all open days of `earlier`, whatever their weekdays, for which the model has terms
/// where there are days enough. Otherwise as [`compare_periods`].
pub fn compare_days(earlier: &[Day], later: &[Day], worthwhile: f64) -> Result<Effect, StudyError> {
    compare(&open(earlier), &open(later), worthwhile)
}

/// How many times more than Poisson's the counts of days vary ([`Estimate::inflation`]), with a step between `earlier` and `later`:
/// what [`compare_days`] says of it, in a third of the time. `None` where it has no estimate.
///
/// [`Estimate::inflation`]: super::Estimate::inflation
pub fn inflation_of_days(earlier: &[Day], later: &[Day]) -> Result<Option<f64>, StudyError> {
    let (one, other) = (open(earlier), open(later));
    let cases = cases(&one, &other)?;
    if shortage(&one, &other) != (0, 0) {
        return Ok(None);
    }
    Ok(match model::fit_step(&cases) {
        Ok(step) => Some(model::inflated(step.dispersion, step.autocorrelation)),
        Err(NoStep::OneSided) => one_sided::judge(&cases).1.map(|estimate| estimate.inflation()),
        Err(_) => None,
    })
}

/// Days and their places among those given.
type Placed = Vec<(usize, Day)>;

fn compare(one: &Placed, other: &Placed, worthwhile: f64) -> Result<Effect, StudyError> {
    if !(worthwhile > 0.0 && worthwhile < 1.0) {
        return Err(StudyError::Worthwhile);
    }
    let cases = cases(one, other)?;
    let sides = (Side::of(one.iter().map(|(_, day)| day)), Side::of(other.iter().map(|(_, day)| day)));
    let (before, after) = shortage(one, other);
    if (before, after) != (0, 0) {
        let verdict = Verdict::TooShort { before, after };
        return Ok(Effect { verdict, estimate: None, before: sides.0, after: sides.1, placebo: None });
    }
    Ok(judge_cases(&cases, sides.0, sides.1, worthwhile))
}

fn cases(one: &Placed, other: &Placed) -> Result<Vec<Case>, StudyError> {
    let parts = [(one, 0.0, 0), (other, 1.0, 1)].into_iter();
    let cases = parts.flat_map(|(days, step, part)| {
        days.iter().filter_map(move |(index, day)| model::case(*index, day, &[], step, part).transpose())
    });
    cases.collect()
}

/// How many days are missing on either side.
fn shortage(one: &Placed, other: &Placed) -> (u32, u32) {
    let missing = |days: &Placed| LEAST_AFTER.saturating_sub(u32::try_from(days.len()).unwrap_or(u32::MAX));
    (missing(one), missing(other))
}

/// The indices of the days that [`compare_periods`] compares, of the earlier and of the later period.
pub fn like_for_like(earlier: &[Day], later: &[Day]) -> (Vec<usize>, Vec<usize>) {
    let places = |days: Placed| days.into_iter().map(|(index, _)| index).collect();
    let (one, other) = matched(earlier, later);
    (places(one), places(other))
}

fn open(days: &[Day]) -> Placed {
    days.iter().enumerate().filter(|(_, day)| day.count.is_some()).map(|(index, day)| (index, *day)).collect()
}

/// The open days of both that have a partner in the other, with their indices: of the earlier the last ones, of the later the
/// first.
fn matched(earlier: &[Day], later: &[Day]) -> (Placed, Placed) {
    let (earlier, later) = (open(earlier), open(later));
    let mut one = partners(earlier.iter().rev(), &later);
    one.reverse();
    (one, partners(later.iter(), &earlier))
}

/// As many days of each weekday as `others` has, the first ones.
fn partners<'a>(days: impl Iterator<Item = &'a (usize, Day)>, others: &Placed) -> Placed {
    let place = |day: &Day| usize::from(day.weekday.min(7));
    let mut left = [0_usize; 8];
    for (_, day) in others {
        if let Some(count) = left.get_mut(place(day)) {
            *count += 1;
        }
    }
    let is_partner = |(_, day): &&(usize, Day)| {
        let left = left.get_mut(place(day)).filter(|left| **left > 0);
        left.map(|left| *left -= 1).is_some()
    };
    days.filter(is_partner).copied().collect()
}
