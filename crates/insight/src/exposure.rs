//! How many people could have asked: without it a count says nothing about each of them.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::dimension::Dimension;

/// Of which people the number is wanted: of all, or of those with these values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Users<'a> {
    /// Who used this version of the app.
    pub version: Option<&'a str>,
    /// Who was in this region.
    pub region: Option<&'a str>,
    /// Who was on this platform.
    pub platform: Option<&'a str>,
}

/// Knows how many people used the app. The facts do not know them; whoever does hands it in with the question.
pub trait Exposure: Send + Sync {
    /// The sum over the days from `from` up to, but without, `until` of the people who used the app on each. `None` when
    /// that is not known for every day.
    fn user_days(&self, from: Date, until: Date, users: Users<'_>) -> Option<u64>;
}

/// Whether people are known by the values of a dimension.
pub(crate) const fn has_users(dimension: Dimension) -> bool {
    matches!(dimension, Dimension::AppVersion | Dimension::Region | Dimension::Platform)
}

/// How many people used the app on a day, of those in a group whom a filter lets through.
pub(crate) fn user_days(
    exposure: &dyn Exposure,
    filter: &[(Dimension, Vec<String>)],
    date: Date,
    users: Users<'_>,
) -> Option<u64> {
    let next = date.tomorrow().ok()?;
    let regions = named(filter, Dimension::Region, users.region);
    let platforms = named(filter, Dimension::Platform, users.platform);
    let mut sum = 0;
    for version in named(filter, Dimension::AppVersion, users.version) {
        for region in &regions {
            for platform in &platforms {
                let users = Users { version, region: *region, platform: *platform };
                sum += exposure.user_days(date, next, users)?;
            }
        }
    }
    Some(sum)
}

/// The value of a group, or else those that the filter names, each once.
fn named<'a>(
    filter: &'a [(Dimension, Vec<String>)],
    dimension: Dimension,
    own: Option<&'a str>,
) -> Vec<Option<&'a str>> {
    let filtered = filter.iter().find(|(known, _)| *known == dimension);
    match (own, filtered) {
        (Some(own), _) => vec![Some(own)],
        (None, Some((_, codes))) => {
            let codes: BTreeSet<&str> = codes.iter().map(String::as_str).collect();
            codes.into_iter().map(Some).collect()
        }
        (None, None) => vec![None],
    }
}
