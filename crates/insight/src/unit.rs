//! What kinds of numbers there are.

/// What kind of number a measure gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Requests.
    Requests,
    /// Customers.
    Customers,
    /// Messages.
    Messages,
    /// Transfers.
    Transfers,
    /// Requests for each customer.
    RequestsPerCustomer,
    /// A share: numerator of denominator.
    Share,
    /// Seconds.
    Seconds,
    /// Seconds of opening hours.
    OpenSeconds,
    /// Requests for each thousand users and day.
    PerThousandUserDays,
}

impl Unit {
    /// The name in JSON and in `locales`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Customers => "customers",
            Self::Messages => "messages",
            Self::Transfers => "transfers",
            Self::RequestsPerCustomer => "requests_per_customer",
            Self::Share => "share",
            Self::Seconds => "seconds",
            Self::OpenSeconds => "open_seconds",
            Self::PerThousandUserDays => "per_thousand_user_days",
        }
    }

    /// Whether it is a length of time, in seconds.
    #[must_use]
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Seconds | Self::OpenSeconds)
    }
}
