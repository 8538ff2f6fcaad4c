//! Times as texts (RFC 3339).

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

const MICROS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// Formats whole seconds since the epoch.
pub fn rfc3339(seconds: i64) -> String {
    rfc3339_micros(seconds.saturating_mul(1_000_000))
}

/// Formats microseconds since the epoch, in UTC and always with six digits: texts of one length sort as times do, and
/// a client that reads one time reads every time.
pub fn rfc3339_micros(micros: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .ok()
        .and_then(|time| time.format(MICROS).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_times_have_one_form() {
        assert_eq!(rfc3339(1_700_000_000), "2023-11-14T22:13:20.000000Z");
        assert_eq!(rfc3339_micros(1_700_000_000_000_042), "2023-11-14T22:13:20.000042Z");
    }
}
