//! Auth0: the file of its import API (an array), and the file with password hashes that its support exports (an object
//! a line). Field names: auth0.com/docs, "Bulk User Import Database Schema and Examples".

use super::super::{
    row::{NamedValue, Row},
    source::{Fields, RowError},
};

pub(super) fn row(fields: Fields) -> Result<Row, RowError> {
    let own_id = fields.text("user_id")?.map(|id| match id.split_once('|') {
        Some(_) => id,
        None => format!("auth0|{id}"),
    });
    // MongoDB's id, in the file from the support.
    let from_support = match fields.nested("_id") {
        Some(id) => id.text("$oid")?,
        None => fields.text("_id")?,
    };
    let password_hash = match fields.nested("custom_password_hash") {
        Some(custom) => custom_hash(&fields, &custom)?,
        None => NamedValue::first_of(&fields, &["passwordHash", "password_hash"])?,
    };
    Ok(Row {
        external_id: own_id.or(from_support.map(|id| format!("auth0|{id}"))),
        username: NamedValue::first_of(&fields, &["username"])?,
        email: NamedValue::first_of(&fields, &["email"])?,
        email_verified: fields.flag("email_verified")?,
        password_hash,
        created_at: match fields.nested("created_at") {
            Some(time) => time.time("$date")?,
            None => fields.time("created_at")?,
        },
        disabled: fields.flag("blocked")?,
        ..Row::empty(fields)
    })
}

/// A hash that Auth0 itself imported. Only forms with all parameters in one text are accepted.
fn custom_hash(fields: &Fields, custom: &Fields) -> Result<NamedValue, RowError> {
    let name = "custom_password_hash";
    let hash = custom.nested("hash").ok_or_else(|| fields.error(name, "has no hash"))?;
    let value = hash.text("value")?;
    let algorithm = custom.text("algorithm")?.unwrap_or_default();
    let plain_salt = custom.nested("salt").map(|salt| salt.text("value")).transpose()?.flatten();
    let value = match algorithm.as_str() {
        "argon2" | "bcrypt" | "pbkdf2" => value,
        // These are accepted only without a salt: with one, there are several ways to compute them.
        "md5" | "sha1" | "sha256" | "sha512" if plain_salt.is_none() => value,
        _ => return Err(fields.error(name, "has an algorithm that is not supported")),
    };
    // Auth0 writes PBKDF2 as a PHC string: `$pbkdf2-sha256$i=…,l=…$salt$tag`.
    let value = value.map(|value| match value.strip_prefix("$pbkdf2-") {
        Some(rest) => as_passlib(rest).unwrap_or(value),
        None => value,
    });
    Ok(NamedValue { name: "custom_password_hash", value })
}

/// passlib's form of a PHC string of PBKDF2.
fn as_passlib(rest: &str) -> Option<String> {
    let parts: Vec<&str> = rest.split('$').collect();
    let [function, parameters, salt, tag] = parts[..] else { return None };
    let rounds = parameters.split(',').find_map(|parameter| parameter.strip_prefix("i="))?;
    Some(format!("$pbkdf2-{function}${rounds}${salt}${tag}"))
}
