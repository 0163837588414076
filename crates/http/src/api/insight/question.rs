//! Questions as they are asked, and as the facts take them.

use std::collections::BTreeMap;

use serde::Deserialize;
use standfast_desk::timetable;
use standfast_domain::Time;
use standfast_insight::{Dimension, Grouping, Measure, Query, zone};
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::Problem;

/// Most values of one filter.
const MOST_CODES: usize = 500;

/// A question.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Code of the measure.
    #[schema(example = "service_level")]
    measure: String,
    /// Seconds, for `service_level`.
    #[schema(minimum = 1, example = 3600)]
    within: Option<u32>,
    /// Days, for `repeat_contact` and `reopened`: 1, 7 or 30.
    days: Option<u32>,
    /// Codes of the values that are let through, by code of the dimension. Requests that do not count (spam, merged,
    /// tests) are let through by `counting` alone.
    #[serde(default)]
    #[schema(example = json!({"channel": ["widget"]}))]
    filter: BTreeMap<String, Vec<String>>,
    /// Codes of the values that are not let through, by code of the dimension: also values that come up later.
    #[serde(default)]
    #[schema(example = json!({"type": ["other"]}))]
    except: BTreeMap<String, Vec<String>>,
    /// Only requests that came at this time or later, to the second.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// Only requests that came before this time.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
    /// Time zone in which days begin, by its IANA name; UTC unless said.
    #[schema(example = "Asia/Shanghai")]
    zone: Option<String>,
    /// Whose clock hours of the day, days of the week and hours of the week are told by: `zone`, or the clock of each request's
    /// own region, and that of the zone where the region is not known.
    #[serde(default)]
    clock: Clock,
    /// The time of the answer, now unless said. With `as_of` of an earlier answer the same is asked once more: what came
    /// since then is not counted, and nothing is older than it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Time>,
    /// A period to compare with: then every figure has what it was (`before`) and how far it moved (`change`), but for groups
    /// of time and for two groupings, where only the total has.
    #[serde(default)]
    against: Option<RangeWish>,
    /// Up to two dimensions or steps.
    #[serde(default)]
    #[schema(max_items = 2, example = json!(["day", "channel"]))]
    group: Vec<String>,
}

/// Whose clock steps that come again and again are told by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Clock {
    /// That of the zone.
    #[default]
    Zone,
    /// That of each request's region.
    Region,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RangeWish {
    /// Its beginning.
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    /// Its end, which is not part of it.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
}

/// A filter as the facts take it.
pub(super) fn filter(
    field: &'static str,
    wish: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<(Dimension, Vec<String>)>, Problem> {
    let read = |(code, values): (&String, &Vec<String>)| {
        if values.len() > MOST_CODES {
            return Err(Problem::invalid(field, "too_many"));
        }
        let dimension = Dimension::parse(code).ok_or(Problem::invalid(field, "unknown"))?;
        Ok((dimension, values.clone()))
    };
    wish.iter().map(read).collect()
}

/// What questions of every kind have in common: which requests, and where days begin.
pub(super) fn about(
    app: &App,
    measure: Measure,
    wish: &BTreeMap<String, Vec<String>>,
    except: &BTreeMap<String, Vec<String>>,
    in_zone: Option<&str>,
) -> Result<Query, Problem> {
    Ok(Query {
        filter: filter("filter", wish)?,
        except: filter("except", except)?,
        zone: zone(in_zone.unwrap_or("UTC"))?,
        hours: timetable(&app.desk),
        ..Query::new(measure, app.desk.now())
    })
}

impl Asked {
    /// With which period it is to be compared.
    pub(super) fn against(&self) -> Option<(Time, Time)> {
        self.against.map(|range| (range.from, range.until))
    }

    /// Refuses values that no request can have: a program that asks for one has made a mistake, and nought would hide it. The
    /// console says so above its page instead.
    pub(super) fn refuse_unknown(&self) -> Result<(), Problem> {
        for (name, values) in self.filter.iter().chain(&self.except) {
            let Some(dimension) = Dimension::parse(name) else { continue };
            if let Some(value) = values.iter().find(|value| !dimension.can_be(value)) {
                let (dimension, value) = (dimension.code(), value.clone());
                return Err(standfast_insight::Error::UnknownValue { dimension, value }.into());
            }
        }
        Ok(())
    }

    pub(super) fn query(&self, app: &App) -> Result<Query, Problem> {
        let measure = Measure::parse(&self.measure, self.within, self.days)?;
        let mut query = about(app, measure, &self.filter, &self.except, self.zone.as_deref())?;
        query.now = self.as_of.map_or(query.now, |as_of| as_of.min(query.now));
        let grouping = |code: &String| Grouping::parse(code).ok_or(Problem::invalid("group", "unknown"));
        query.group = self.group.iter().map(grouping).collect::<Result<_, _>>()?;
        (query.from, query.until) = (self.from, self.until);
        query.own_clocks = self.clock == Clock::Region;
        Ok(query)
    }
}
