//! Times in responses and in the output of commands: RFC 3339.

use std::fmt;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use crate::unix_time::{UnixMicros, UnixSeconds};

/// A time, written as RFC 3339 in UTC, always with six digits of a second, so that texts sort like times and clients
/// can parse them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp(UnixMicros);

impl From<UnixMicros> for Timestamp {
    fn from(time: UnixMicros) -> Self {
        Self(time)
    }
}

impl From<UnixSeconds> for Timestamp {
    fn from(time: UnixSeconds) -> Self {
        Self(time.into())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0.as_i64()) * 1_000;
        // A time beyond the year 9999 can only be in a damaged row; the rest of the row is still shown.
        let time =
            OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (date, (hour, minute, second, micros)) = (time.date(), time.to_hms_micro());
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_times_have_one_form() {
        let whole = Timestamp::from(UnixSeconds::new(1_700_000_000));
        assert_eq!(whole.to_string(), "2023-11-14T22:13:20.000000Z");
        let micros = Timestamp::from(UnixMicros::new(1_700_000_000_000_042));
        assert_eq!(micros.to_string(), "2023-11-14T22:13:20.000042Z");
    }

    #[test]
    fn times_before_the_epoch_and_beyond_all_bounds_do_not_panic() {
        let text = |micros| Timestamp::from(UnixMicros::new(micros)).to_string();
        assert_eq!(text(-1), "1969-12-31T23:59:59.999999Z");
        assert_eq!(text(i64::MAX), "1970-01-01T00:00:00.000000Z");
    }
}
