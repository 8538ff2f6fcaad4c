//! A time in a token (NumericDate, RFC 7519 §2): seconds since the Unix epoch, for some issuers with a fraction.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// The largest number that a fraction may have: up to it, `f64` tells all whole seconds apart.
const MAX: f64 = 9_007_199_254_740_992.0;

/// A time as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum NumericDate {
    Whole(i64),
    Fraction(f64),
}

impl NumericDate {
    /// Without the fraction: the verifier's clock has none either.
    #[expect(clippy::cast_possible_truncation, reason = "bounded when it was read")]
    pub(crate) fn whole_seconds(self) -> i64 {
        match self {
            Self::Whole(seconds) => seconds,
            Self::Fraction(seconds) => seconds.floor() as i64,
        }
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DateVisitor;
        impl Visitor<'_> for DateVisitor {
            type Value = NumericDate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seconds")
            }
            fn visit_i64<E>(self, seconds: i64) -> Result<NumericDate, E> {
                Ok(NumericDate::Whole(seconds))
            }
            fn visit_u64<E: Error>(self, seconds: u64) -> Result<NumericDate, E> {
                let too_large = |_| E::invalid_value(Unexpected::Unsigned(seconds), &self);
                i64::try_from(seconds).map(NumericDate::Whole).map_err(too_large)
            }
            fn visit_f64<E: Error>(self, seconds: f64) -> Result<NumericDate, E> {
                if seconds.abs() <= MAX {
                    Ok(NumericDate::Fraction(seconds))
                } else {
                    Err(E::invalid_value(Unexpected::Float(seconds), &self))
                }
            }
        }
        deserializer.deserialize_any(DateVisitor)
    }
}
