//! Facts: one row for each request in columns in memory, derived from SQL and kept current from the outbox; measures, each
//! defined once; and the rows behind every figure.
//!
//! ```text
//! store: fact, outbox -> load, keep -> Facts (blocks of columns) <- scan <- Plan <- Query
//!                          snapshot file                             |
//!                                                    count, spread, distinct, stock -> Answer
//! ```
//!
//! What is lost here costs time, never data: everything is made again from SQL.

mod active;
mod anew;
mod answer;
mod arrival;
mod axis;
mod bins;
mod block;
mod calendar;
mod clock;
mod column;
mod comparison;
mod contact;
mod count;
mod customers;
mod daily;
mod decomposition;
mod demand;
mod difference;
mod dimension;
mod distinct;
mod drill;
mod effect;
mod error;
mod export;
mod exposure;
mod fact;
mod facts;
mod history;
mod keep;
mod level;
mod load;
mod measure;
mod movement;
mod names;
mod noted;
mod often;
mod open;
mod place;
mod query;
mod rate;
#[cfg(test)]
mod reference;
mod report;
mod scan;
mod snapshot;
mod spread;
mod stamp;
mod stock;
mod survival;
mod turnover;
mod unit;
mod uses;

pub use active::ActiveUsers;
pub use anew::Rebuilt;
pub use answer::{Answer, Cell, Figure, Member, Span, answer, survival};
pub use arrival::{ARRIVAL_DIMENSIONS, Arrival, Arrivals};
pub use calendar::Step;
pub use comparison::{Comparison, Mover, Movers, compare};
pub use daily::{day_in, day_start};
pub use decomposition::{Change, ChangeWish, Period, Segment, decompose};
pub use demand::{Came, Demand};
pub use difference::Difference;
pub use dimension::Dimension;
pub use distinct::Askers;
pub use drill::{After, Behind, MOST_BEHIND, Page, Part, Selection, behind};
pub use effect::{DayFigure, EffectWish, Finding, GroupFinding, HISTORY_DAYS, effect};
pub use error::Error;
pub use export::{COLUMNS, Datum, Firsts, Kind, data};
pub use exposure::{Exposure, Users};
pub use facts::Facts;
pub use keep::{Insight, Settings};
pub use level::Level;
pub use measure::{Duration, Lapse, Measure, TimeBase};
pub use movement::{MovementWish, Movements, movements};
pub use query::{Grouping, Query, zone};
pub use report::{
    Aged, MadeReport, MadeSection, OverviewFigure, SATISFACTION, check_definition, measure_named,
};
pub use spread::{PERCENTS, Spread};
pub use stock::Flow;
pub use survival::Survival;
pub use turnover::Turnover;
pub use unit::Unit;
