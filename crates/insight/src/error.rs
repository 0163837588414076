//! Why facts cannot be had.

/// Why facts cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A part of the question is not acceptable; `reason` as in problems of the API.
    #[error("{field} is not acceptable: {reason}")]
    Invalid {
        /// The part.
        field: &'static str,
        /// Why: `missing`, `unknown`, `malformed`, `too_many`, `too_short`, `out_of_range`, `in_future`, `before_start`,
        /// `overlaps` or `lengths_differ`.
        reason: &'static str,
    },
    /// A filter names a value that no request can have.
    #[error("there is no {dimension} called {value}")]
    UnknownValue {
        /// Code of the dimension.
        dimension: &'static str,
        /// What was named.
        value: String,
    },
    /// The facts are being loaded.
    #[error("the facts are being loaded: {percent} %")]
    Loading {
        /// How far it has come.
        percent: u8,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] standfast_store::Error),
    /// A snapshot does not fit, and why.
    #[error("the snapshot does not fit: {0}")]
    Snapshot(&'static str),
    /// A snapshot could not be read or written.
    #[error("the snapshot: {0}")]
    Io(std::io::ErrorKind),
}

impl Error {
    pub(crate) const fn invalid(field: &'static str, reason: &'static str) -> Self {
        Self::Invalid { field, reason }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.kind())
    }
}
