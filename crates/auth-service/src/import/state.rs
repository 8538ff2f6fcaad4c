//! The state of an account when it was imported. It is stored with the account, so that a later import can see what was
//! changed since: in the old system, and here.

use std::fmt;

use super::digests::Digests;
use crate::store::users::import::ImportAccount;

/// The state at the import: five short digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ImportState {
    /// Of the row in the file.
    pub(super) row: String,
    /// Of the stored name.
    pub(super) name: String,
    /// Of the stored address.
    pub(super) email: String,
    /// Of the stored hash, and of whether the account was disabled.
    pub(super) credentials: String,
    /// Of the scopes and further claims.
    pub(super) rights: String,
}

impl ImportState {
    /// The state of an account that was just imported from this row.
    pub(super) fn of(row: &str, account: &ImportAccount, digests: &Digests) -> Self {
        let disabled = account.disabled_at.map(|at| at.to_string());
        Self {
            row: row.to_owned(),
            name: digests.of(&[Some(&account.username_key)]),
            email: digests.of(&[Some(&account.email_key)]),
            credentials: digests.of(&[Some(account.password_hash.as_str()), disabled.as_deref()]),
            rights: digests.of(&[Some(&account.scope), account.ext.as_deref()]),
        }
    }

    /// Reads the stored text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        let [row, name, email, credentials, rights] = parts[..] else { return None };
        let own = str::to_owned;
        let [row, name, email] = [row, name, email].map(own);
        Some(Self { row, name, email, credentials: own(credentials), rights: own(rights) })
    }
}

/// The stored form.
impl fmt::Display for ImportState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, name, email, credentials, rights } = self;
        write!(f, "{row}.{name}.{email}.{credentials}.{rights}")
    }
}

/// Which parts of an account still have their imported values. Only these may be changed by a later import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Untouched {
    /// The name is the imported one.
    pub(super) name: bool,
    /// The address is the imported one.
    pub(super) email: bool,
    /// The user never signed in, and password and `disabled` are the imported ones.
    pub(super) credentials: bool,
    /// Scopes and further claims are the imported ones.
    pub(super) rights: bool,
}

/// Finds the parts that were not changed here since the import. If the account was never imported, no part counts as
/// untouched.
pub(super) fn untouched(account: &ImportAccount, digests: &Digests) -> Untouched {
    let Some(then) = account.import_state.as_deref().and_then(ImportState::parse) else {
        return Untouched { name: false, email: false, credentials: false, rights: false };
    };
    let now = ImportState::of(&then.row, account, digests);
    Untouched {
        name: now.name == then.name,
        email: now.email == then.email,
        credentials: now.credentials == then.credentials
            && account.last_login_at.is_none()
            && account.credential_version == 1,
        rights: now.rights == then.rights,
    }
}

#[cfg(test)]
mod tests {
    use service_kit::{ids::UserId, unix_time::UnixSeconds};

    use super::*;

    fn digests() -> Digests {
        Digests::new(b"key")
    }

    fn account() -> ImportAccount {
        let mut account = ImportAccount {
            id: UserId::random(),
            external_id: None,
            username: "Ana".into(),
            username_key: "ana".into(),
            email: "ana@example.com".into(),
            email_key: "ana@example.com".into(),
            password_hash: "!".into(),
            scope: String::new(),
            ext: None,
            credential_version: 1,
            last_login_at: None,
            disabled_at: None,
            email_verified_at: None,
            import_state: None,
        };
        account.import_state = Some(ImportState::of("row", &account, &digests()).to_string());
        account
    }

    #[test]
    fn changes_that_were_made_here_since_the_import_are_known_part_by_part() {
        let all = Untouched { name: true, email: true, credentials: true, rights: true };
        assert_eq!(untouched(&account(), &digests()), all);
        let renamed = ImportAccount { username_key: "bob".into(), ..account() };
        assert_eq!(untouched(&renamed, &digests()), Untouched { name: false, ..all });
        let moved = ImportAccount { email_key: "bob@example.com".into(), ..account() };
        assert_eq!(untouched(&moved, &digests()), Untouched { email: false, ..all });
        for changed in [
            ImportAccount { password_hash: "other".into(), ..account() },
            ImportAccount { disabled_at: Some(UnixSeconds::new(1)), ..account() },
            ImportAccount { last_login_at: Some(UnixSeconds::new(1)), ..account() },
            ImportAccount { credential_version: 2, ..account() },
        ] {
            assert_eq!(untouched(&changed, &digests()), Untouched { credentials: false, ..all });
        }
        let scoped = ImportAccount { scope: "users:email".into(), ..account() };
        assert_eq!(untouched(&scoped, &digests()), Untouched { rights: false, ..all });
    }

    #[test]
    fn without_the_key_a_digest_tells_nothing_of_a_guessed_value() {
        let values = [Some("5f4dcc3b5aa765d61d8327deb882cf99")];
        assert_ne!(digests().of(&values), Digests::new(b"other key").of(&values));
        assert_ne!(digests().of(&[None]), digests().of(&[Some("")]));
    }

    #[test]
    fn no_part_of_an_account_that_was_never_imported_counts_as_untouched() {
        let own = ImportAccount { import_state: None, ..account() };
        let none = Untouched { name: false, email: false, credentials: false, rights: false };
        assert_eq!(untouched(&own, &digests()), none);
        assert_eq!(ImportState::parse("rubbish"), None);
    }
}
