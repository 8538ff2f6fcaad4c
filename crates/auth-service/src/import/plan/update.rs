//! Decides what `--on-conflict update` changes of an imported account: the values that were changed in the old system
//! since the import, and not here.

use super::{Change, Decision, Planner, RejectedRow, alike, reserved, taken};
use crate::{
    accounts::{
        EmailAddress, RightsChange, ScopeChange, UserChanges, Username,
        hashing::imported_hash::NO_PASSWORD,
    },
    import::{
        check::CheckedRow,
        state::{ImportState, Untouched, untouched},
    },
    store::users::import::{ImportAccount, ImportUpdate, ImportedCredentials},
};

impl Planner<'_> {
    /// Decides about a row of an account that was imported. `at_import` is the state of the account at its import.
    pub(super) fn update(
        &mut self,
        row: &CheckedRow,
        hash: &str,
        account: ImportAccount,
        at_import: ImportState,
    ) -> Result<Decision, RejectedRow> {
        let untouched = untouched(&account, &self.rules.digests);
        let mut new = account.clone();
        let values = UserChanges {
            username: self.name(row, untouched, &mut new)?,
            email: self.address(row, untouched, &mut new)?,
            email_verified: self.proof(row, &mut new),
            rights: rights(row, untouched, &mut new),
            ..UserChanges::default()
        };
        if untouched.credentials {
            // An import neither disables an administrator nor removes the password: only `users disable` makes sure
            // that one administrator is left.
            let is_plain = is_plain(&account.scope);
            if row.has_hash && (is_plain || hash != NO_PASSWORD) {
                new.password_hash = hash.into();
            }
            if row.has_status && is_plain {
                new.disabled_at = row.disabled_at;
            }
        }
        if new.external_id.is_none() {
            new.external_id.clone_from(&row.external_id);
        }
        // If the user was disabled before, another time is not a change: it may be the time of this import.
        let is_same = new.disabled_at.is_some() == account.disabled_at.is_some()
            && ImportAccount { disabled_at: account.disabled_at, ..new.clone() } == account;
        if is_same {
            return Ok(Decision::Unchanged(account.id));
        }
        new.import_state = Some(self.state(row, untouched, &new, at_import).to_string());
        let update = ImportUpdate {
            id: new.id.clone(),
            credentials: untouched.credentials.then(|| ImportedCredentials {
                hash: new.password_hash.clone(),
                disabled_at: new.disabled_at,
            }),
            external_id: new.external_id.clone(),
            import_state: new.import_state.clone(),
        };
        self.accounts.update(new, values.username.as_ref());
        Ok(Decision::Update(Box::new(Change { before: account, values, update })))
    }

    fn name(
        &self,
        row: &CheckedRow,
        untouched: Untouched,
        new: &mut ImportAccount,
    ) -> Result<Option<Username>, RejectedRow> {
        let name =
            row.username.as_ref().filter(|name| untouched.name && name.display() != new.username);
        let Some(name) = name else { return Ok(None) };
        if let Some(other) = self.accounts.by_name(name).filter(|other| other.id != new.id) {
            return Err(taken(row, row.name_field, other));
        }
        if self.accounts.has_alike(name, Some(&new.id)) {
            return Err(alike(row));
        }
        (new.username, new.username_key) = (name.display().to_owned(), name.canonical().to_owned());
        Ok(Some(name.clone()))
    }

    fn address(
        &mut self,
        row: &CheckedRow,
        untouched: Untouched,
        new: &mut ImportAccount,
    ) -> Result<Option<EmailAddress>, RejectedRow> {
        // Another spelling of the same address is not a change: otherwise it would count as not proven.
        if !untouched.email || row.email.canonical() == new.email_key {
            return Ok(None);
        }
        if let Some(other) = self.accounts.by_email(&row.email).filter(|other| other.id != new.id) {
            return Err(taken(row, row.email_field, other));
        }
        if self.accounts.is_reserved(&row.email, Some(&new.id)) {
            return Err(reserved(row));
        }
        if self.reserves_addresses {
            self.accounts.reserve(&new.email_key, &new.id);
        }
        row.email.display().clone_into(&mut new.email);
        row.email.canonical().clone_into(&mut new.email_key);
        new.email_verified_at = None;
        Ok(Some(row.email.clone()))
    }

    /// A proof in the old system counts only for the address in the row. An address that was proven here stays proven.
    fn proof(&self, row: &CheckedRow, new: &mut ImportAccount) -> Option<bool> {
        let is_new_proof = row.is_proven
            && new.email_verified_at.is_none()
            && row.email.canonical() == new.email_key;
        if is_new_proof {
            new.email_verified_at = Some(self.proof_time());
        }
        is_new_proof.then_some(true)
    }

    /// The new import state. Values that were changed here keep the digest of their import, so that later imports still
    /// see the change.
    fn state(
        &self,
        row: &CheckedRow,
        untouched: Untouched,
        new: &ImportAccount,
        at_import: ImportState,
    ) -> ImportState {
        let now = ImportState::of(&row.digest, new, &self.rules.digests);
        let kept = |untouched, now, at_import| if untouched { now } else { at_import };
        ImportState {
            row: now.row,
            name: kept(untouched.name, now.name, at_import.name),
            email: kept(untouched.email, now.email, at_import.email),
            credentials: kept(untouched.credentials, now.credentials, at_import.credentials),
            rights: kept(untouched.rights, now.rights, at_import.rights),
        }
    }
}

/// Changes scopes and further claims. An administrator's rights are not changed, and no user becomes an administrator:
/// only `users scopes` does that, because it makes sure that one administrator is left.
fn rights(row: &CheckedRow, untouched: Untouched, new: &mut ImportAccount) -> RightsChange {
    let mut change = RightsChange::default();
    if !untouched.rights || !is_plain(&new.scope) {
        return change;
    }
    let scope = row.scope.as_ref().map(ToString::to_string);
    if let Some(text) = scope.filter(|text| *text != new.scope && is_plain(text)) {
        change.scope = row.scope.clone().map(ScopeChange::Set);
        new.scope = text;
    }
    let ext = row.ext.as_ref().map(|ext| ext.as_str().to_owned());
    if ext.is_some() && ext != new.ext {
        change.ext = Some(row.ext.clone());
        new.ext = ext;
    }
    change
}

/// Whether these are not the scopes of an administrator.
fn is_plain(scope: &str) -> bool {
    !scope.split(' ').any(|scope| scope == claims::scope::USERS_ADMIN)
}
