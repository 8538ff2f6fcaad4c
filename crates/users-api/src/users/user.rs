//! What a user looks like from outside, and to whom.

use std::fmt;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::store::UserRow;

/// Who is looking.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    /// The viewer's own id; `None` for a service account.
    pub own_id: Option<&'a str>,
    /// Whether the viewer may see other people's addresses.
    pub sees_emails: bool,
}

/// One user as JSON.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct User<'a> {
    id: &'a str,
    username: &'a str,
    /// Null where the caller may not see it.
    email: Option<&'a str>,
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T08:30:34.644457Z")]
    created_at: Timestamp,
}

impl<'a> User<'a> {
    /// The user as this viewer may see them: without the address, unless it is the viewer's own or the
    /// viewer may see everybody's.
    pub fn seen_by(viewer: Viewer<'_>, row: &'a UserRow) -> Self {
        let with_email = viewer.sees_emails || viewer.own_id == Some(row.id.as_str());
        Self {
            id: &row.id,
            username: &row.username,
            email: with_email.then_some(row.email.as_str()),
            created_at: Timestamp(row.created_at),
        }
    }
}

/// Microseconds since the epoch, written as RFC 3339 in UTC with all six digits: texts of one length
/// sort as times do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Timestamp(i64);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1_000;
        // A time beyond the year 9999 can only be a damaged row; the rest of it is still worth showing.
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

    fn row() -> UserRow {
        UserRow {
            id: "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11".to_owned(),
            username: "Ana".to_owned(),
            email: "ana@example.org".to_owned(),
            created_at: 1_700_000_000_000_042,
        }
    }

    fn seen(own_id: Option<&str>, sees_emails: bool) -> String {
        serde_json::to_string(&User::seen_by(Viewer { own_id, sees_emails }, &row())).unwrap()
    }

    #[test]
    fn a_user_is_shown_with_a_time_in_utc_to_the_microsecond() {
        assert_eq!(
            seen(None, true),
            r#"{"id":"0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11","username":"Ana","email":"ana@example.org","created_at":"2023-11-14T22:13:20.000042Z"}"#
        );
    }

    #[test]
    fn without_the_scope_only_ones_own_address_is_shown() {
        assert!(seen(None, false).contains(r#""email":null"#));
        assert!(seen(Some("somebody-else"), false).contains(r#""email":null"#));
        assert!(seen(Some(&row().id), false).contains("ana@example.org"));
    }

    #[test]
    fn times_before_the_epoch_and_beyond_all_bounds_do_not_panic() {
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp(i64::MAX).to_string(), "1970-01-01T00:00:00.000000Z");
    }
}
