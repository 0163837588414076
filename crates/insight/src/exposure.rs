//! How many people could have asked: without it a count says nothing about each of them.

use jiff::civil::Date;

/// Knows how many people used the app. The facts do not know them; whoever does hands it in with the question.
pub trait Exposure: Send + Sync {
    /// The sum over the days from `from` up to, but without, `until` of the people who used the app on each, of this
    /// version and this region where they are named. `None` when that is not known for every day.
    fn user_days(&self, from: Date, until: Date, version: Option<&str>, region: Option<&str>) -> Option<u64>;

    /// The first day of which nothing is known any more: today, when days are told after they are over.
    fn known_until(&self) -> Option<Date>;
}
