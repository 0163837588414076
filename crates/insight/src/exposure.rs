//! How many people could have asked: without it a count says nothing about each of them.

use jiff::civil::Date;

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
