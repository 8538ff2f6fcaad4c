//! The table `auth.users` of Supabase, as CSV or JSON. Its columns are those of supabase/auth's migrations.

use super::super::{
    row::{NamedValue, Row},
    source::{Fields, RowError},
};

pub(super) fn row(fields: Fields) -> Result<Row, RowError> {
    if fields.text("deleted_at")?.is_some() {
        return Err(fields.error("deleted_at", "says that the user was deleted"));
    }
    // The table keeps the end of a ban that is over. A permanent ban ends in a hundred years.
    let banned_until = fields.time("banned_until")?;
    let confirmed = ["email_confirmed_at", "confirmed_at"].iter().any(|name| fields.has(name));
    let is_confirmed = fields.first_text(&["email_confirmed_at", "confirmed_at"])?.is_some();
    let now = service_kit::clock::Clock::system().now_micros();
    Ok(Row {
        id: fields.text("id")?,
        email: NamedValue::first_of(&fields, &["email"])?,
        email_verified: confirmed.then_some(is_confirmed),
        password_hash: NamedValue::first_of(&fields, &["encrypted_password"])?,
        created_at: fields.time("created_at")?,
        disabled: fields.has("banned_until").then(|| banned_until.is_some_and(|until| until > now)),
        ..Row::empty(fields)
    })
}
