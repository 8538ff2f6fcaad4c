//! The file of `firebase auth:export`: JSON with the member `users`, or 28 columns of CSV without a header. The order
//! of the columns is that of `accountExporter.ts` in firebase-tools.

use super::super::{
    row::{NamedValue, Row},
    source::{Fields, Header, RowError},
};
use crate::accounts::hashing::FirebaseParameters;

/// The columns, with the names of the JSON file. The values of other sign-in providers are not read.
const COLUMNS: [&str; 28] = [
    "localId",
    "email",
    "emailVerified",
    "passwordHash",
    "salt",
    "displayName",
    "photoUrl",
    "google_id",
    "google_email",
    "google_name",
    "google_photo",
    "facebook_id",
    "facebook_email",
    "facebook_name",
    "facebook_photo",
    "twitter_id",
    "twitter_email",
    "twitter_name",
    "twitter_photo",
    "github_id",
    "github_email",
    "github_name",
    "github_photo",
    "createdAt",
    "lastSignedInAt",
    "phoneNumber",
    "disabled",
    "customAttributes",
];

pub(super) fn header() -> Header {
    Header::flexible(&COLUMNS)
}

pub(super) fn row(
    fields: Fields,
    parameters: Option<&FirebaseParameters>,
) -> Result<Row, RowError> {
    Ok(Row {
        external_id: fields.text("localId")?,
        email: NamedValue::first_of(&fields, &["email"])?,
        email_verified: fields.flag("emailVerified")?,
        password_hash: NamedValue { name: "passwordHash", value: hash(&fields, parameters)? },
        ext: fields.object("customAttributes")?,
        created_at: fields.millis("createdAt")?,
        disabled: fields.flag("disabled")?,
        ..Row::empty(fields)
    })
}

/// Users who sign in with Google alone have no hash.
fn hash(
    fields: &Fields,
    parameters: Option<&FirebaseParameters>,
) -> Result<Option<String>, RowError> {
    let Some(hash) = fields.text("passwordHash")? else { return Ok(None) };
    let salt = fields.text("salt")?.unwrap_or_default();
    match parameters {
        Some(parameters) => Ok(Some(parameters.stored(&salt, &hash))),
        None => Err(fields.error("passwordHash", "needs --firebase-hash-config FILE")),
    }
}
