//! Why a report cannot be had.

/// Why a report cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A use case refused, or the store failed.
    #[error(transparent)]
    Desk(#[from] standfast_desk::Error),
    /// The figures cannot be had.
    #[error(transparent)]
    Insight(#[from] standfast_insight::Error),
    /// A report of this name is there already.
    #[error("a report of this name is there already")]
    NameTaken,
    /// This build makes no such files.
    #[error("this build makes no {0} files")]
    NoSuchFormat(&'static str),
    /// A file could not be made.
    #[error("the file could not be made: {0}")]
    File(String),
}

impl From<standfast_store::Error> for Error {
    fn from(error: standfast_store::Error) -> Self {
        Self::Desk(error.into())
    }
}

impl From<rust_xlsxwriter::XlsxError> for Error {
    fn from(error: rust_xlsxwriter::XlsxError) -> Self {
        Self::File(error.to_string())
    }
}

impl Error {
    /// The stable machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Desk(error) => error.code(),
            Self::Insight(standfast_insight::Error::Invalid { .. }) => "invalid",
            Self::Insight(standfast_insight::Error::UnknownValue { .. }) => "unknown_value",
            Self::Insight(standfast_insight::Error::Loading { .. }) => "facts_loading",
            Self::NameTaken => "report_name_taken",
            Self::NoSuchFormat(_) => "report_format",
            Self::Insight(_) | Self::File(_) => "internal",
        }
    }

    pub(crate) const fn invalid(field: &'static str, reason: &'static str) -> Self {
        Self::Desk(standfast_desk::Error::invalid(field, reason))
    }
}
