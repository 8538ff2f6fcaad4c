//! A user of a file in any format, not checked yet.

use serde_json::{Map, Value};
use service_kit::unix_time::UnixMicros;

use super::source::{Fields, RowError};

/// One user of a file.
pub(super) struct Row {
    /// The record, for errors about its values.
    pub(super) fields: Fields,
    /// Whether the file has our own format: then a PHC string of Argon2 counts as made by this service.
    pub(super) is_own_format: bool,
    /// The id in the old system.
    pub(super) id: Option<String>,
    /// The id in the old system's tokens, if it is a different one.
    pub(super) external_id: Option<String>,
    /// The name.
    pub(super) username: NamedValue,
    /// The address.
    pub(super) email: NamedValue,
    /// Whether the address is proven.
    pub(super) email_verified: Option<bool>,
    /// The hash of the password.
    pub(super) password_hash: NamedValue,
    /// Scopes, separated by spaces.
    pub(super) scope: Option<String>,
    /// Further claims.
    pub(super) ext: Option<Map<String, Value>>,
    /// When the user was created.
    pub(super) created_at: Option<UnixMicros>,
    /// Whether the user is disabled; `None` if the file does not say.
    pub(super) disabled: Option<bool>,
    /// Since when the user is disabled.
    pub(super) disabled_at: Option<UnixMicros>,
    /// Why the user is disabled.
    pub(super) disabled_reason: Option<String>,
    /// The language of mails to the user.
    pub(super) locale: Option<String>,
}

/// A value with its field name in the file.
#[derive(Clone, Default)]
pub(super) struct NamedValue {
    /// The name.
    pub(super) name: &'static str,
    /// The value.
    pub(super) value: Option<String>,
}

impl NamedValue {
    /// The value of the first of these names that is not empty.
    pub(super) fn first_of(fields: &Fields, names: &[&'static str]) -> Result<Self, RowError> {
        for name in names {
            if let Some(value) = fields.text(name)? {
                return Ok(Self { name, value: Some(value) });
            }
        }
        Ok(Self { name: names.first().copied().unwrap_or_default(), value: None })
    }
}

impl Row {
    /// A row for a record, still without values.
    pub(super) fn empty(fields: Fields) -> Self {
        Self {
            fields,
            is_own_format: false,
            id: None,
            external_id: None,
            username: NamedValue { name: "username", value: None },
            email: NamedValue { name: "email", value: None },
            email_verified: None,
            password_hash: NamedValue { name: "password_hash", value: None },
            scope: None,
            ext: None,
            created_at: None,
            disabled: None,
            disabled_at: None,
            disabled_reason: None,
            locale: None,
        }
    }
}
