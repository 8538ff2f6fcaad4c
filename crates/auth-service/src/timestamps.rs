//! Formats times as texts (RFC 3339).

use service_kit::timestamp::Timestamp;

/// Formats whole seconds since the epoch.
pub fn rfc3339(seconds: i64) -> String {
    Timestamp::from_seconds(seconds).to_string()
}

/// Formats microseconds since the epoch, in UTC and always with six digits.
pub fn rfc3339_micros(micros: i64) -> String {
    Timestamp(micros).to_string()
}
