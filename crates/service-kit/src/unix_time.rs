//! Times with their unit in the type, so that seconds and microseconds cannot be mixed up.

use std::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

/// Whole seconds since the Unix epoch: the `NumericDate` of tokens (RFC 7519 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)
)]
#[cfg_attr(feature = "diesel", diesel(sql_type = crate::columns::Seconds))]
pub struct UnixSeconds(i64);

/// Microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)
)]
#[cfg_attr(feature = "diesel", diesel(sql_type = crate::columns::Micros))]
pub struct UnixMicros(i64);

impl UnixSeconds {
    /// The latest time there is.
    pub const MAX: Self = Self(i64::MAX);

    /// A number of seconds since the epoch, as a claim or a column holds it.
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The number, as a claim or a column holds it.
    pub const fn as_i64(self) -> i64 {
        self.0
    }

    /// Seconds from `earlier` to this time; negative if `earlier` is the later one.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time between the two, whichever comes first.
    pub const fn abs_diff(self, other: Self) -> Duration {
        Duration::from_secs(self.0.abs_diff(other.0))
    }
}

impl UnixMicros {
    /// The earliest time there is.
    pub const MIN: Self = Self(i64::MIN);

    /// A number of microseconds since the epoch, as a column holds it.
    pub const fn new(micros: i64) -> Self {
        Self(micros)
    }

    /// The number, as a column holds it.
    pub const fn as_i64(self) -> i64 {
        self.0
    }

    /// Without the fraction of a second.
    pub const fn seconds(self) -> UnixSeconds {
        UnixSeconds(self.0.div_euclid(1_000_000))
    }
}

impl From<UnixSeconds> for UnixMicros {
    fn from(time: UnixSeconds) -> Self {
        Self(time.0.saturating_mul(1_000_000))
    }
}

/// The whole seconds of a duration; a fraction is dropped.
fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

fn whole_micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Add<Duration> for UnixSeconds {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(whole_seconds(duration)))
    }
}

impl Sub<Duration> for UnixSeconds {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(whole_seconds(duration)))
    }
}

impl Add<Duration> for UnixMicros {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(whole_micros(duration)))
    }
}

impl Sub<Duration> for UnixMicros {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(whole_micros(duration)))
    }
}

/// For databases, which bind values by reference.
impl AsRef<i64> for UnixSeconds {
    fn as_ref(&self) -> &i64 {
        &self.0
    }
}

/// For databases, which bind values by reference.
impl AsRef<i64> for UnixMicros {
    fn as_ref(&self) -> &i64 {
        &self.0
    }
}

impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for UnixMicros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_moves_a_time_by_its_own_unit() {
        let (seconds, micros) = (UnixSeconds::new(1_000), UnixMicros::new(1_000_000_000));
        let minute = Duration::from_secs(60);
        assert_eq!((seconds + minute).as_i64(), 1_060);
        assert_eq!((seconds - minute).as_i64(), 940);
        assert_eq!((micros + minute).as_i64(), 1_060_000_000);
        assert_eq!((micros - Duration::from_micros(1)).as_i64(), 999_999_999);
        assert_eq!(micros, seconds.into());
        assert_eq!((micros + Duration::from_millis(999)).seconds(), seconds);
        assert_eq!(UnixMicros::new(-1).seconds(), UnixSeconds::new(-1));
    }

    #[test]
    fn differences_are_signed_or_absolute() {
        let (early, late) = (UnixSeconds::new(-5), UnixSeconds::new(10));
        assert_eq!((late.seconds_since(early), early.seconds_since(late)), (15, -15));
        assert_eq!(late.abs_diff(early), early.abs_diff(late));
        assert_eq!(late.abs_diff(early), Duration::from_secs(15));
    }

    #[test]
    fn times_beyond_all_bounds_do_not_overflow() {
        assert_eq!(UnixSeconds::MAX + Duration::MAX, UnixSeconds::MAX);
        assert_eq!(UnixMicros::MIN - Duration::MAX, UnixMicros::MIN);
        assert_eq!(UnixMicros::from(UnixSeconds::MAX).as_i64(), i64::MAX);
        assert_eq!(UnixSeconds::new(i64::MIN).seconds_since(UnixSeconds::MAX), i64::MIN);
    }
}
