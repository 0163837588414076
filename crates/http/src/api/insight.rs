//! Figures: what can be asked, the answers, the requests behind them, and what comparisons of days say.

pub(crate) mod catalogue;
pub(crate) mod dashboard;
pub(crate) mod decomposition;
pub(crate) mod effect;
pub(crate) mod export;
mod figure;
mod finding;
pub(crate) mod machine;
pub(crate) mod movement;
pub(crate) mod query;
mod question;
pub(crate) mod rows;
pub(crate) mod survival;
