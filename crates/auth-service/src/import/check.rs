//! Checks a row. A checked row can be stored.

use claims::Scopes;
use serde_json::Value;
use service_kit::{
    ids::UserId,
    unix_time::{UnixMicros, UnixSeconds},
};

use super::{
    digests::Digests,
    row::Row,
    source::{FilePosition, RowError},
};
use crate::{
    accounts::{
        DisableReason, EmailAddress, Ext, Username,
        hashing::imported_hash::{ImportRules, ImportedHash},
    },
    mail::{Locale, MailPolicy},
    scopes::{self, KnownScopes},
};

/// Maximum length of an external id in bytes.
const MAX_EXTERNAL_ID_LEN: usize = 255;

/// The rules by which every row is checked.
#[derive(Clone)]
pub struct CheckRules {
    /// How hashes are read.
    pub hashes: ImportRules,
    /// The scopes that users can have.
    pub known_scopes: KnownScopes,
    /// The scopes of a user whose row names none.
    pub default_scopes: String,
    /// Makes digests of rows and accounts.
    pub digests: Digests,
    /// The rules about mail: if an address is changed, its owner can take it back.
    pub mail: MailPolicy,
    /// The time of the import.
    pub now: UnixMicros,
}

/// A user that can be stored.
#[derive(Clone, Debug)]
pub(super) struct CheckedRow {
    pub(super) position: FilePosition,
    /// The fields of the file that hold the name and the address.
    pub(super) name_field: &'static str,
    pub(super) email_field: &'static str,
    /// The id in the old system.
    pub(super) old_id: Option<String>,
    pub(super) id: Option<UserId>,
    pub(super) external_id: Option<String>,
    /// `None` if the row has no name: then one is made from the address.
    pub(super) username: Option<Username>,
    pub(super) email: EmailAddress,
    /// Whether the address is proven.
    pub(super) is_proven: bool,
    /// Whether the row has a value for the hash, which may say that there is no password.
    pub(super) has_hash: bool,
    pub(super) hash: ImportedHash,
    pub(super) scope: Option<Scopes>,
    pub(super) ext: Option<Ext>,
    pub(super) created_at: Option<UnixMicros>,
    /// Whether the row has a value for the status, enabled or disabled.
    pub(super) has_status: bool,
    pub(super) disabled_at: Option<UnixSeconds>,
    pub(super) disabled_reason: Option<DisableReason>,
    pub(super) locale: Option<Locale>,
    /// A digest of the row, which shows whether the row changed since the last import.
    pub(super) digest: String,
}

/// Checks one row.
pub(super) fn check(row: Row, rules: &CheckRules) -> Result<CheckedRow, RowError> {
    let digest = digest_of_row(&row, &rules.digests);
    let fields = &row.fields;
    let (id, external_id) = ids(&row)?;
    let (username, email) = names(&row)?;
    let text = row.password_hash.value.as_deref().unwrap_or_default();
    let hash = ImportedHash::parse(text, &rules.hashes, row.is_own_format)
        .map_err(|error| fields.error(row.password_hash.name, error.to_string()))?;
    let scope = match &row.scope {
        None => None,
        Some(text) => {
            let scopes = scopes::parse(text).map_err(|why| fields.error("scope", why))?;
            let known = rules.known_scopes.check_for_user(scopes);
            Some(known.map_err(|_| fields.error("scope", "has an unknown scope"))?)
        }
    };
    if row.created_at.is_some_and(|at| at > rules.now) {
        return Err(fields.error("created_at", "is in the future"));
    }
    let (disabled_reason, locale) = (disabled_reason(&row)?, locale(&row)?);
    let is_disabled = row.disabled == Some(true);
    let disabled_at = is_disabled.then(|| row.disabled_at.unwrap_or(rules.now).seconds());
    Ok(CheckedRow {
        position: fields.position(),
        ext: ext(&row)?,
        old_id: row.id.or_else(|| row.external_id.clone()),
        id,
        external_id,
        username,
        email,
        is_proven: row.email_verified == Some(true),
        has_hash: row.password_hash.value.is_some(),
        hash,
        scope,
        created_at: row.created_at,
        has_status: row.disabled.is_some(),
        disabled_at,
        disabled_reason,
        locale,
        digest,
        name_field: row.username.name,
        email_field: row.email.name,
    })
}

/// An id that is a UUID is kept. Any other id becomes the external id, if the row has no external id.
fn ids(row: &Row) -> Result<(Option<UserId>, Option<String>), RowError> {
    let id = row.id.as_deref().and_then(UserId::parse);
    let external_id = match (&row.external_id, &row.id) {
        (Some(external_id), _) => Some(external_id.clone()),
        (None, Some(text)) if id.is_none() => Some(text.clone()),
        _ => None,
    };
    let is_invalid = |text: &String| {
        text.len() > MAX_EXTERNAL_ID_LEN || text.contains(char::is_control) || text.trim() != text
    };
    // The id is checked even if it is not stored, because it stays in memory until its batch is written.
    for (name, value) in [("id", &row.id), ("external_id", &row.external_id)] {
        if value.as_ref().is_some_and(is_invalid) {
            let why = "is too long, has control characters, or has blanks around it";
            return Err(row.fields.error(name, why));
        }
    }
    Ok((id, external_id))
}

/// In many applications the name is an address. Such a name is not kept: the user signs in with the address.
fn names(row: &Row) -> Result<(Option<Username>, EmailAddress), RowError> {
    let given = row.username.value.as_deref();
    let as_address = given.filter(|name| name.contains('@'));
    let Some(address) = row.email.value.as_deref().or(as_address) else {
        return Err(row.fields.error(row.email.name, "is missing: each user needs an address"));
    };
    let email = EmailAddress::parse(address.trim())
        .map_err(|why| row.fields.error(row.email.name, why.message().to_owned()))?;
    // Names that a new user could not choose are accepted, because their users exist. `users list --irregular` lists
    // them.
    let username = given.filter(|_| as_address.is_none()).map(|name| {
        Username::parse(name.trim())
            .map_err(|why| row.fields.error(row.username.name, why.message().to_owned()))
    });
    Ok((username.transpose()?, email))
}

fn ext(row: &Row) -> Result<Option<Ext>, RowError> {
    let Some(members) = &row.ext else { return Ok(None) };
    let text = Value::Object(members.clone()).to_string();
    Ext::parse(&text).map_err(|why| row.fields.error("ext", why.to_string()))
}

fn disabled_reason(row: &Row) -> Result<Option<DisableReason>, RowError> {
    let Some(text) = &row.disabled_reason else { return Ok(None) };
    if row.disabled != Some(true) {
        return Err(row.fields.error("disabled_reason", "belongs to a user who is not disabled"));
    }
    let reason = DisableReason::parse(text);
    reason.map(Some).map_err(|why| row.fields.error("disabled_reason", why.to_string()))
}

fn locale(row: &Row) -> Result<Option<Locale>, RowError> {
    let locale = row.locale.as_deref().map(Locale::parse).transpose();
    locale.map_err(|why| row.fields.error("locale", why))
}

fn digest_of_row(row: &Row, digests: &Digests) -> String {
    let flag = |flag: Option<bool>| flag.map(|flag| flag.to_string());
    let time = |time: Option<UnixMicros>| time.map(|time| time.as_i64().to_string());
    let ext = row.ext.clone().map(|ext| Value::Object(ext).to_string());
    let (is_proven, is_disabled) = (flag(row.email_verified), flag(row.disabled));
    let (created_at, disabled_at) = (time(row.created_at), time(row.disabled_at));
    let mut values = vec![
        row.id.as_deref(),
        row.external_id.as_deref(),
        row.username.value.as_deref(),
        row.email.value.as_deref(),
        is_proven.as_deref(),
        row.password_hash.value.as_deref(),
        row.scope.as_deref(),
        ext.as_deref(),
        created_at.as_deref(),
        is_disabled.as_deref(),
        disabled_at.as_deref(),
    ];
    // Only where they are, so that the digests of earlier versions stay the same.
    if row.disabled_reason.is_some() || row.locale.is_some() {
        values.extend([row.disabled_reason.as_deref(), row.locale.as_deref()]);
    }
    digests.of(&values)
}
