//! The JSON form of a user, and which fields a caller may see.

use serde::Serialize;
use service_kit::{timestamp::Timestamp, unix_time::UnixMicros};
use utoipa::ToSchema;

use crate::store::UserRow;

/// The caller to whom a user is shown.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    /// The viewer's own id; `None` for a service account.
    pub own_id: Option<&'a str>,
    /// Whether the viewer may see the e-mail addresses of other users.
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
    /// The user as this viewer may see it: without the e-mail address, unless it is the viewer's own or the
    /// viewer may see all addresses.
    pub fn for_viewer(viewer: Viewer<'_>, row: &'a UserRow) -> Self {
        let with_email = viewer.sees_emails || viewer.own_id == Some(row.id.as_str());
        Self {
            id: &row.id,
            username: &row.username,
            email: with_email.then_some(row.email.as_str()),
            created_at: UnixMicros::new(row.created_at).into(),
        }
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
        serde_json::to_string(&User::for_viewer(Viewer { own_id, sees_emails }, &row())).unwrap()
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
}
