//! A table of Flask-SQLAlchemy, also with Flask-Security, whose columns have the names that its documentation gives
//! (`active`, `fs_uniquifier`, `confirmed_at`, `create_datetime`).

use super::super::{
    row::{NamedValue, Row},
    source::{Fields, RowError},
};

/// Names of the column with the hash, the usual one first.
pub(super) const HASH_NAMES: [&str; 5] =
    ["password", "password_hash", "pw_hash", "_password", "hashed_password"];

pub(super) fn row(fields: Fields) -> Result<Row, RowError> {
    let active = fields.flag("active")?.or(fields.flag("is_active")?);
    let confirmed = match fields.flag("email_verified")?.or(fields.flag("confirmed")?) {
        Some(flag) => Some(flag),
        None if fields.has("confirmed_at") => Some(fields.text("confirmed_at")?.is_some()),
        None => None,
    };
    let mut created_at = None;
    for name in ["created_at", "create_datetime", "date_created", "created_on", "registered_on"] {
        created_at = created_at.or(fields.time(name)?);
    }
    Ok(Row {
        id: fields.first_text(&["id", "user_id"])?,
        external_id: fields.text("external_id")?,
        username: NamedValue::first_of(&fields, &["username", "user_name"])?,
        // The tutorial's model spells it `emials`.
        email: NamedValue::first_of(&fields, &["email", "email_address", "emails", "emials"])?,
        email_verified: confirmed,
        password_hash: NamedValue::first_of(&fields, &HASH_NAMES)?,
        created_at,
        disabled: active.map(|active| !active),
        ..Row::empty(fields)
    })
}
