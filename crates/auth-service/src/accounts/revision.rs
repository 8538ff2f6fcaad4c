//! The revision of an account. It changes with every value that an administrator may change.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use service_kit::unix_time::UnixSeconds;

use crate::store::users::UserRow;

/// Bytes of the hash that are kept: 128 bits.
const BYTES: usize = 16;

/// The revision of an account. It stays the same as long as these do: name, address and its proof, language, scopes,
/// further claims, and whether, when and why the user was disabled. A log-in does not change it.
pub fn revision(user: &UserRow) -> String {
    let UserRow { username, email, address, scope, ext, disabled_at, disabled_reason, .. } = user;
    let (is_proven, locale) = (address.email_verified_at.is_some(), &address.locale);
    let disabled_at = disabled_at.map(UnixSeconds::as_i64);
    let text =
        json!([username, email, is_proven, locale, scope, ext, disabled_at, disabled_reason])
            .to_string();
    let hash = digest(&SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..BYTES).unwrap_or_default())
}

/// A change is made only if the account has one of these revisions (`If-Match`, RFC 9110 §13.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedRevisions(pub Vec<String>);

impl ExpectedRevisions {
    /// Whether the account has one of them.
    pub fn match_user(&self, user: &UserRow) -> bool {
        self.0.contains(&revision(user))
    }
}
