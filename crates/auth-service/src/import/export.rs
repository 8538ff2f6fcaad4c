//! Exports all users in our own format, with their hashes. Importing an export gives the same rows.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use database::{Database, DatabaseError};
use serde_json::{Map, Value, json};
use service_kit::timestamp::Timestamp;

use super::{formats::OWN_COLUMNS, id_map::csv_value};
use crate::store::{
    self,
    users::{UserRow, import::ExternalId},
};

/// Number of users read at once.
const PAGE: i64 = 500;

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    /// An object a line.
    #[default]
    Jsonl,
    /// With a header.
    Csv,
}

/// Why an export stops.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] io::Error),
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Writes all users, oldest first. Returns their number.
///
/// # Errors
/// See [`ExportError`].
pub async fn export(
    database: &Database,
    format: ExportFormat,
    output: &mut impl Write,
) -> Result<u64, ExportError> {
    if format == ExportFormat::Csv {
        writeln!(output, "{}", OWN_COLUMNS.join(","))?;
    }
    let (mut count, mut last) = (0, None);
    loop {
        let after = last.take();
        let page = database.read(move |connection| {
            let users = store::users::registered_after(connection, after.as_ref(), PAGE)?;
            let ids = store::users::import::external_ids(connection, &users)?;
            Ok::<_, DatabaseError>((users, ids))
        });
        let (users, ids) = page.await?;
        let mut ids: HashMap<_, _> =
            ids.into_iter().map(|ExternalId { id, external_id }| (id, external_id)).collect();
        for user in &users {
            let row = row(user, ids.remove(&user.id).flatten());
            writeln!(output, "{}", line(&row, format))?;
            count += 1;
        }
        match users.into_iter().next_back() {
            Some(user) => last = Some(user),
            None => break,
        }
    }
    output.flush()?;
    Ok(count)
}

/// The values of a user, without those that the user does not have.
fn row(user: &UserRow, external_id: Option<String>) -> Map<String, Value> {
    let mut row = Map::new();
    let mut add = |name: &str, value: Value| row.insert(name.to_owned(), value);
    add("id", json!(user.id.as_str()));
    add("username", json!(user.username));
    add("email", json!(user.email));
    if user.address.email_verified_at.is_some() {
        add("email_verified", json!(true));
    }
    add("password_hash", json!(user.password_hash.as_str()));
    add("scope", json!(user.scope));
    add("created_at", json!(Timestamp::from(user.created_at)));
    if let Some(ext) = user.ext.as_deref().and_then(|ext| serde_json::from_str(ext).ok()) {
        add("ext", ext);
    }
    add("disabled", json!(user.disabled_at.is_some()));
    if let Some(at) = user.disabled_at {
        add("disabled_at", json!(Timestamp::from(at)));
    }
    if let Some(reason) = &user.disabled_reason {
        add("disabled_reason", json!(reason));
    }
    if let Some(locale) = &user.address.locale {
        add("locale", json!(locale));
    }
    if let Some(external_id) = external_id {
        add("external_id", json!(external_id));
    }
    row
}

fn line(row: &Map<String, Value>, format: ExportFormat) -> String {
    if format == ExportFormat::Jsonl {
        return Value::Object(row.clone()).to_string();
    }
    let values = OWN_COLUMNS.iter().map(|name| match row.get(*name) {
        None => String::new(),
        Some(Value::String(text)) => csv_value(text),
        Some(value) => csv_value(&value.to_string()),
    });
    values.collect::<Vec<_>>().join(",")
}
