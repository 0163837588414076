//! Values on their way into a statement and out of a row, the same for both engines.

use std::borrow::Cow;
use std::fmt;

use standfast_domain::{
    AgentId, AlarmId, AttachmentId, CalendarId, CustomerId, DashboardId, Day, DriverId, IncidentUpdateId,
    JobId, MailId, MaintenanceId, ReportId, ReportRunId, RequestId, ReviewId, ScheduleId, ShiftId,
    SubscriptionId, SurgeChangeId, SurgeId, SwapId, TeamId, Time, TimeOffId, TokenId,
};

/// The types that mean the same on both engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whatever the statement makes of it.
    Any,
    /// BOOLEAN (SQLite keeps 0 and 1).
    Bool,
    /// BIGINT.
    Int,
    /// DOUBLE PRECISION.
    Float,
    /// TEXT.
    Text,
    /// BLOB or BYTEA.
    Bytes,
}

impl Kind {
    /// The name, for errors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "null",
            Self::Bool => "boolean",
            Self::Int => "bigint",
            Self::Float => "double",
            Self::Text => "text",
            Self::Bytes => "bytes",
        }
    }
}

/// One value of a statement or a row: exactly the types that mean the same on both engines.
#[derive(Clone, PartialEq)]
pub enum Value<'a> {
    /// SQL NULL.
    Null,
    /// NULL as a parameter, with the type that it would have: PostgreSQL wants to know in `$1 IS NULL`.
    Missing(Kind),
    /// BOOLEAN (SQLite keeps 0 and 1).
    Bool(bool),
    /// BIGINT.
    Int(i64),
    /// DOUBLE PRECISION.
    Float(f64),
    /// TEXT.
    Text(Cow<'a, str>),
    /// BLOB or BYTEA.
    Bytes(Cow<'a, [u8]>),
}

impl Value<'_> {
    /// The same value, owning its text or bytes.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Missing(kind) => Value::Missing(kind),
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Float(value) => Value::Float(value),
            Self::Text(value) => Value::Text(Cow::Owned(value.into_owned())),
            Self::Bytes(value) => Value::Bytes(Cow::Owned(value.into_owned())),
        }
    }

    /// The value's type.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Any,
            Self::Missing(kind) => *kind,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Float(_) => Kind::Float,
            Self::Text(_) => Kind::Text,
            Self::Bytes(_) => Kind::Bytes,
        }
    }
}

/// Says what a value is, never what it says: the PostgreSQL client prints parameters into its debug log.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "text of {} bytes", text.len()),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Missing(_) => f.write_str("null"),
            other => f.write_str(other.kind().name()),
        }
    }
}

/// The parameters of a statement: `params![id, text, now]` stands for `$1, $2, $3`.
#[macro_export]
macro_rules! params {
    () => { &[] as &[$crate::Value<'_>] };
    ($($value:expr),+ $(,)?) => { &[$($crate::ToValue::to_value(&$value)),+] as &[$crate::Value<'_>] };
}

/// What can be a parameter.
pub trait ToValue {
    /// The type that the value has, also when it is missing.
    const KIND: Kind;
    /// The value as SQL sees it.
    fn to_value(&self) -> Value<'_>;
}

/// What can be read from a column.
pub trait FromValue: Sized {
    /// What was expected, for errors.
    const EXPECTED: &'static str;
    /// The value, or nothing when the column holds another type (or NULL).
    fn from_value(value: Value<'_>) -> Option<Self>;
}

impl ToValue for Value<'_> {
    const KIND: Kind = Kind::Any;
    fn to_value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Bytes(bytes) => Value::Bytes(Cow::Borrowed(bytes)),
            Self::Null => Value::Null,
            Self::Missing(kind) => Value::Missing(*kind),
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Float(value) => Value::Float(*value),
        }
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    const KIND: Kind = T::KIND;
    fn to_value(&self) -> Value<'_> {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    const KIND: Kind = T::KIND;
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Missing(T::KIND), ToValue::to_value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    fn from_value(value: Value<'_>) -> Option<Self> {
        if value == Value::Null { Some(None) } else { T::from_value(value).map(Some) }
    }
}

impl ToValue for bool {
    const KIND: Kind = Kind::Bool;
    fn to_value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl FromValue for bool {
    const EXPECTED: &'static str = "boolean";
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(value),
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            _ => None,
        }
    }
}

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl ToValue for $type {
            const KIND: Kind = Kind::Int;
            fn to_value(&self) -> Value<'_> {
                Value::Int(i64::from(*self))
            }
        }

        impl FromValue for $type {
            const EXPECTED: &'static str = "bigint in range";
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value {
                    Value::Int(value) => value.try_into().ok(),
                    _ => None,
                }
            }
        }
    )+};
}
integers!(i64, i32, i16, u32, u16, u8);

impl ToValue for f64 {
    const KIND: Kind = Kind::Float;
    fn to_value(&self) -> Value<'_> {
        Value::Float(*self)
    }
}

impl FromValue for f64 {
    const EXPECTED: &'static str = "double";
    #[expect(
        clippy::cast_precision_loss,
        reason = "SQLite gives whole sums as integers; PostgreSQL rounds them the same way"
    )]
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Float(value) => Some(value),
            Value::Int(value) => Some(value as Self),
            _ => None,
        }
    }
}

impl ToValue for str {
    const KIND: Kind = Kind::Text;
    fn to_value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl ToValue for String {
    const KIND: Kind = Kind::Text;
    fn to_value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl ToValue for Cow<'_, str> {
    const KIND: Kind = Kind::Text;
    fn to_value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl FromValue for String {
    const EXPECTED: &'static str = "text";
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    }
}

impl ToValue for [u8] {
    const KIND: Kind = Kind::Bytes;
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(Cow::Borrowed(self))
    }
}

impl ToValue for Vec<u8> {
    const KIND: Kind = Kind::Bytes;
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(Cow::Borrowed(self))
    }
}

impl<const N: usize> ToValue for [u8; N] {
    const KIND: Kind = Kind::Bytes;
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(Cow::Borrowed(self))
    }
}

impl FromValue for Vec<u8> {
    const EXPECTED: &'static str = "bytes";
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes.into_owned()),
            _ => None,
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    const EXPECTED: &'static str = "bytes of a fixed length";
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => bytes.as_ref().try_into().ok(),
            _ => None,
        }
    }
}

macro_rules! wrapped_integers {
    ($($type:ident,)+) => {$(
        impl ToValue for $type {
            const KIND: Kind = Kind::Int;
            fn to_value(&self) -> Value<'_> {
                Value::Int(self.0)
            }
        }

        impl FromValue for $type {
            const EXPECTED: &'static str = "bigint";
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value {
                    Value::Int(value) => Some(Self(value)),
                    _ => None,
                }
            }
        }
    )+};
}
wrapped_integers!(
    Time,
    Day,
    CustomerId,
    RequestId,
    AgentId,
    TeamId,
    AttachmentId,
    JobId,
    ReviewId,
    ScheduleId,
    ShiftId,
    SwapId,
    TimeOffId,
    DriverId,
    TokenId,
    AlarmId,
    IncidentUpdateId,
    DashboardId,
    MailId,
    MaintenanceId,
    SubscriptionId,
    CalendarId,
    SurgeChangeId,
    SurgeId,
    ReportId,
    ReportRunId,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_contents() {
        let shown = format!("{:?}", params!["abandon abandon", b"key".to_vec(), 42_i64, Option::<i64>::None]);
        assert_eq!(shown, "[text of 15 bytes, 3 bytes, bigint, null]");
    }

    #[test]
    fn integers_out_of_range_are_refused() {
        assert_eq!(u8::from_value(Value::Int(256)), None);
        assert_eq!(Option::<i64>::from_value(Value::Null), Some(None));
        assert_eq!(Option::<i64>::from_value(Value::Text("1".into())), None);
        assert_eq!(bool::from_value(Value::Int(2)), None);
    }
}
