//! Our own format: JSON Lines or CSV. Unknown names are rejected, because the value of a misspelt name would be lost
//! silently.

use super::super::{
    row::{NamedValue, Row},
    source::{Fields, RowError},
};

/// The names of all values, in the order in which an export writes them.
pub(in super::super) const OWN_COLUMNS: [&str; 14] = [
    "id",
    "username",
    "email",
    "email_verified",
    "password_hash",
    "scope",
    "ext",
    "created_at",
    "disabled",
    "disabled_at",
    "disabled_reason",
    "locale",
    "totp_secret",
    "external_id",
];

/// Whether our own format has this name.
pub(in super::super) fn is_own(name: &str) -> bool {
    OWN_COLUMNS.contains(&name)
}

pub(super) fn row(fields: Fields) -> Result<Row, RowError> {
    if let Some(unknown) = fields.names().into_iter().find(|name| !is_own(name)) {
        return Err(fields.unknown_name(unknown));
    }
    if fields.text("totp_secret")?.is_some() {
        // Without the second factor, the password alone would be enough to sign in.
        return Err(
            fields.error("totp_secret", "cannot be imported: this version has no second factors")
        );
    }
    let disabled_at = fields.time("disabled_at")?;
    Ok(Row {
        is_own_format: true,
        id: fields.text("id")?,
        external_id: fields.text("external_id")?,
        username: NamedValue::first_of(&fields, &["username"])?,
        email: NamedValue::first_of(&fields, &["email"])?,
        email_verified: fields.flag("email_verified")?,
        password_hash: NamedValue::first_of(&fields, &["password_hash"])?,
        // An empty text means no scopes: an export writes it for users without scopes.
        scope: fields.text_or_empty("scope")?,
        ext: fields.object("ext")?,
        created_at: fields.time("created_at")?,
        disabled: fields.flag("disabled")?.or(disabled_at.map(|_| true)),
        disabled_at,
        disabled_reason: fields.text("disabled_reason")?,
        locale: fields.text("locale")?,
        ..Row::empty(fields)
    })
}
