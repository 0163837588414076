//! Reports: the figures of a period as a page, a workbook and rows; made on time, sent once, kept for download. And mail:
//! this is the one place from which the desk sends any.
//!
//! ```text
//! Definition ─> Insight::report ─> compose (words) ─> Page ─> html · csv · xlsx · pdf
//!     │                                                         │
//! schedule ─> run (jobs "report", "mail") ────────────> kept ─> mail
//! ```

mod compose;
mod draw;
mod error;
mod html;
mod make;
mod page;
mod say;
mod table;

pub use error::Error;
pub use make::{Made, Reports};
pub use table::harmless;
