//! Reports: what they say, of which time, for whom, and when. Pure: a zone and a time go in, a time comes out.

mod period;
mod schedule;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Language;

pub use period::{LastPeriod, Period, PeriodFault};
pub use schedule::{Every, Schedule};

/// What a report says, of which time, for whom and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its parts, in order.
    #[schema(min_items = 1, max_items = 20)]
    pub sections: Vec<Section>,
    /// Codes of the values that are let through, by code of the dimension.
    #[serde(default)]
    #[schema(example = json!({"channel": ["widget"]}))]
    pub filter: BTreeMap<String, Vec<String>>,
    /// The time that it is about, unless another is said when it is made.
    pub period: LastPeriod,
    /// Time zone in which days begin and the schedule is read, by its IANA name.
    #[schema(example = "Asia/Shanghai")]
    pub zone: String,
    /// The language that it is written in.
    pub language: Language,
    /// E-mail addresses to which it is sent when its schedule makes it.
    #[serde(default)]
    #[schema(max_items = 50, example = json!(["lead@wallet.example"]))]
    pub recipients: Vec<String>,
    /// Forms that are attached to the mail, besides what the mail itself says.
    #[serde(default)]
    pub attached: Vec<Format>,
    /// When it is made by itself; absent: only by hand.
    #[serde(default)]
    pub schedule: Option<Schedule>,
}

/// A part of a report. Measures are named by their codes; `service_level:600` and `repeat_contact:30` have a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Section {
    /// Figures beside each other, each with its change to the period before.
    Overview {
        /// Codes of measures.
        #[schema(min_items = 1, max_items = 18, example = json!(["requests", "first_response"]))]
        measures: Vec<String>,
    },
    /// A measure over the period, with the period before behind it.
    Course {
        /// Code of the measure.
        #[schema(example = "requests")]
        measure: String,
    },
    /// The values of a dimension with the most, each with its change.
    Ranking {
        /// Code of the measure.
        #[schema(example = "requests")]
        measure: String,
        /// Code of the dimension.
        #[schema(example = "type")]
        dimension: String,
        /// How many.
        #[schema(minimum = 1, maximum = 50)]
        most: u8,
    },
    /// Of which types, versions, chains, regions and cohorts the number of requests moved by more than their days do anyhow:
    /// those found first, corrected for having looked at many.
    Movements {
        /// How many.
        #[schema(minimum = 1, maximum = 50)]
        most: u8,
    },
    /// What the change of the number of requests is made of: more users, other users, or users who ask more often.
    Why {
        /// Code of the dimension that users and requests are told apart by.
        #[schema(example = "app_version")]
        dimension: String,
    },
    /// Before and after each of the latest events.
    Effects {
        /// How many.
        #[schema(minimum = 1, maximum = 10)]
        most: u8,
    },
    /// Requests by hour and day of the week.
    Week {},
    /// What is open, and what came and ended on each day.
    Backlog {},
    /// What customers said of what was called solved.
    Satisfaction {},
}

/// A form in which a report can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A page that needs nothing else.
    Html,
    /// A document for reading and printing.
    Pdf,
    /// A workbook.
    Xlsx,
    /// Rows of text.
    Csv,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Html, Self::Pdf, Self::Xlsx, Self::Csv];

    /// The word in SQL, JSON and file names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Pdf => "application/pdf",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}
