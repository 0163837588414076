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

/// The people of a group whom the filter of a question lets through.
pub(crate) struct People<'a> {
    exposure: &'a dyn Exposure,
    /// Whose number is added, and whose is taken off.
    parts: Vec<(Users<'a>, bool)>,
}

/// Values of a dimension, all where there is none, and whether they are added.
type Side<'a> = Vec<(Option<&'a str>, bool)>;

impl<'a> People<'a> {
    /// Of a group with these values; what it does not name is told by the filter.
    pub(crate) fn new(exposure: &'a dyn Exposure, filter: Filter<'a>, group: Users<'a>) -> Self {
        let versions = filter.side(Dimension::AppVersion, group.version);
        let regions = filter.side(Dimension::Region, group.region);
        let platforms = filter.side(Dimension::Platform, group.platform);
        let mut parts = Vec::with_capacity(versions.len() * regions.len() * platforms.len());
        for (version, first) in &versions {
            for (region, second) in &regions {
                for (platform, third) in &platforms {
                    let users = Users { version: *version, region: *region, platform: *platform };
                    // What is taken off twice is added again.
                    parts.push((users, first ^ second ^ third));
                }
            }
        }
        Self { exposure, parts }
    }

    /// How many of them used the app on a day.
    pub(crate) fn on(&self, date: Date) -> Option<u64> {
        let next = date.tomorrow().ok()?;
        let (mut more, mut less) = (0_u64, 0_u64);
        for (users, is_added) in &self.parts {
            let sum = if *is_added { &mut more } else { &mut less };
            *sum = sum.saturating_add(self.exposure.user_days(date, next, *users)?);
        }
        Some(more.saturating_sub(less))
    }
}

/// What a question lets through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter<'a> {
    /// Only these values.
    pub(crate) only: &'a [(Dimension, Vec<String>)],
    /// All but these.
    pub(crate) except: &'a [(Dimension, Vec<String>)],
}

impl<'a> Filter<'a> {
    /// The value of a group; or else those that are named, each once; or else all without those that are excepted.
    fn side(self, dimension: Dimension, own: Option<&'a str>) -> Side<'a> {
        let named = |list: &'a [(Dimension, Vec<String>)]| {
            let list = list.iter().find(|(known, _)| *known == dimension);
            list.map(|(_, codes)| codes.iter().map(String::as_str).collect::<BTreeSet<_>>())
        };
        let except = named(self.except).unwrap_or_default();
        match (own, named(self.only)) {
            (Some(own), _) => vec![(Some(own), true)],
            (None, Some(codes)) => codes.difference(&except).map(|code| (Some(*code), true)).collect(),
            (None, None) => {
                let except = except.into_iter().map(|code| (Some(code), false));
                [(None, true)].into_iter().chain(except).collect()
            }
        }
    }
}
