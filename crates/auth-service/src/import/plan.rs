//! Decides what happens with each row of a batch: a function of the rows and the accounts that they meet.

use service_kit::{ids::UserId, unix_time::UnixMicros};

use super::{
    accounts::Accounts,
    check::{CheckRules, CheckedRow},
    source::RowError,
    state::{ImportState, untouched},
};
use crate::{
    accounts::{NameSkeletons, Username},
    store::users::{
        AddressState, UserRow,
        import::{ImportAccount, ImportUpdate, ImportedCredentials, NewImport},
    },
};

/// What happens with a row whose user is there already, and differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OnConflict {
    /// Leave the account as it is.
    #[default]
    Skip,
    /// Change what the old system changed, and leave what was changed here.
    Update,
    /// Stop: the batch of this row is not written.
    Fail,
}

/// What happens with one row.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    /// A new user.
    Insert(Box<NewImport>),
    /// An account changes.
    Update(Box<Change>),
    /// The account is as the row says, or was when it was imported.
    Unchanged(UserId),
    /// The account is there and differs; it stays as it is.
    Skip(UserId),
    /// Another account has what this row needs.
    Refuse(RowError),
    /// The import stops.
    Fail(RowError),
}

/// The change of an account.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) update: ImportUpdate,
    pub(super) name: Option<Username>,
    pub(super) email: Option<crate::accounts::EmailAddress>,
    /// New scopes and further claims.
    pub(super) rights: Option<(String, Option<String>)>,
}

/// Decides about the rows of a batch, one after the other.
pub(super) struct Planner<'a> {
    pub(super) accounts: Accounts,
    pub(super) rules: &'a CheckRules,
    pub(super) on_conflict: OnConflict,
    /// Number of rows before, so that users are listed in the order of the file.
    pub(super) rows_before: u64,
}

impl Planner<'_> {
    /// Decides about one row. `hash` is what is stored; `names` are the names that it may get.
    pub(super) fn decide(&mut self, row: &CheckedRow, hash: &str, names: &[Username]) -> Decision {
        self.rows_before += 1;
        let account = match self.find(row) {
            Ok(account) => account.cloned(),
            Err(taken) => return Decision::Refuse(taken),
        };
        match account {
            None => self.insert(row, hash, names).unwrap_or_else(Decision::Refuse),
            Some(account) => self.meet(row, hash, account),
        }
    }

    /// The account that this row is about: by id, by external id, or by name and address together.
    fn find(&self, row: &CheckedRow) -> Result<Option<&ImportAccount>, RowError> {
        let by_id = row.id.as_ref().and_then(|id| self.accounts.by_id(id));
        let by_external_id =
            row.external_id.as_ref().and_then(|id| self.accounts.by_external_id(id));
        match (by_id, by_external_id) {
            (Some(one), Some(other)) if one.id != other.id => {
                return Err(self.taken(row, "external_id"));
            }
            (Some(account), _) | (None, Some(account)) => return Ok(Some(account)),
            (None, None) => {}
        }
        let by_email = self.accounts.by_email(&row.email);
        let by_name = row.username.as_ref().and_then(|name| self.accounts.by_name(name));
        let Some(account) = by_email else {
            return match by_name {
                Some(_) => Err(self.taken(row, row.name_field.name)),
                None => Ok(None),
            };
        };
        let other_name =
            row.username.is_some() && by_name.is_none_or(|other| other.id != account.id);
        let other_id =
            row.id.is_some() || (row.external_id.is_some() && account.external_id.is_some());
        // Whoever registered the address here has not proven that it is theirs, so the row is not about their account.
        if other_name || other_id || account.import_state.is_none() {
            return Err(self.taken(row, row.email_field.name));
        }
        Ok(Some(account))
    }

    fn taken(&self, row: &CheckedRow, field: &'static str) -> RowError {
        RowError {
            place: row.place,
            field: Some(field.to_owned()),
            reason: "belongs to another user".to_owned(),
        }
    }

    fn insert(
        &mut self,
        row: &CheckedRow,
        hash: &str,
        names: &[Username],
    ) -> Result<Decision, RowError> {
        let is_free = |name: &&Username| {
            self.accounts.by_name(name).is_none() && !self.accounts.has_alike(name, None)
        };
        let name = names.iter().find(is_free).cloned();
        let name = name.ok_or_else(|| RowError {
            reason: "belongs to another user, or looks like another user's".to_owned(),
            ..self.taken(row, row.name_field.name)
        })?;
        if self.accounts.is_reserved(&row.email) {
            return Err(self.taken(row, row.email_field.name));
        }
        let user = self.user(row, hash, &name);
        let mut account = account_of(&user, row.external_id.clone());
        let state = ImportState::of(&row.digest, &account, &self.rules.digests).to_string();
        account.import_state = Some(state.clone());
        self.accounts.add_new(account, &name);
        Ok(Decision::Insert(Box::new(NewImport {
            user,
            skeletons: NameSkeletons::of(&name).stored(),
            external_id: row.external_id.clone(),
            import_state: state,
        })))
    }

    fn user(&self, row: &CheckedRow, hash: &str, name: &Username) -> UserRow {
        let number = i64::try_from(self.rows_before).unwrap_or(i64::MAX);
        let now = UnixMicros::new(self.rules.now.as_i64().saturating_add(number));
        UserRow {
            id: row.id.clone().unwrap_or_else(UserId::random),
            username: name.display().to_owned(),
            username_key: name.canonical().to_owned(),
            email: row.email.display().to_owned(),
            email_key: row.email.canonical().to_owned(),
            password_hash: hash.to_owned(),
            scope: row.scope.clone().unwrap_or_else(|| self.rules.default_scopes.clone()),
            credential_version: 1,
            last_login_at: None,
            disabled_at: row.disabled_at,
            created_at: row.created_at.unwrap_or(now),
            device_epoch: 0,
            rights_version: 0,
            ext: row.ext.clone(),
            disabled_reason: None,
            address: AddressState {
                email_verified_at: row.email_verified_at,
                ..AddressState::default()
            },
        }
    }

    fn meet(&mut self, row: &CheckedRow, hash: &str, account: ImportAccount) -> Decision {
        let then = account.import_state.as_deref().and_then(ImportState::parse);
        if then.is_some_and(|then| then.row == row.digest) {
            return Decision::Unchanged(account.id);
        }
        match self.on_conflict {
            OnConflict::Skip => Decision::Skip(account.id),
            OnConflict::Fail => Decision::Fail(RowError::of_row(
                row.place,
                "the user is there already, and differs",
            )),
            OnConflict::Update => self.update(row, hash, account).unwrap_or_else(Decision::Refuse),
        }
    }

    fn update(
        &mut self,
        row: &CheckedRow,
        hash: &str,
        account: ImportAccount,
    ) -> Result<Decision, RowError> {
        let may = untouched(&account, &self.rules.digests);
        let (mut new, imported) = (account.clone(), account.import_state.is_some());
        if may.credentials {
            (new.password_hash, new.disabled_at) = (hash.to_owned(), row.disabled_at);
        }
        let name =
            row.username.clone().filter(|name| may.name && name.display() != account.username);
        if let Some(name) = &name {
            let other = self.accounts.by_name(name).is_some_and(|other| other.id != account.id);
            if other || self.accounts.has_alike(name, Some(&account.id)) {
                return Err(self.taken(row, row.name_field.name));
            }
            (new.username, new.username_key) =
                (name.display().to_owned(), name.canonical().to_owned());
        }
        let email = Some(&row.email).filter(|new| may.email && new.display() != account.email);
        if let Some(email) = email {
            let other = self.accounts.by_email(email).is_some_and(|other| other.id != account.id);
            if other || self.accounts.is_reserved(email) {
                return Err(self.taken(row, row.email_field.name));
            }
            (new.email, new.email_key) = (email.display().to_owned(), email.canonical().to_owned());
        }
        // Administrators are made and unmade by `users scopes`, which keeps the last one.
        let is_plain =
            |scope: &str| !scope.split(' ').any(|scope| scope == claims::scope::USERS_ADMIN);
        if may.rights && is_plain(&account.scope) {
            if let Some(scope) = row.scope.clone().filter(|scope| is_plain(scope)) {
                new.scope = scope;
            }
            if row.ext.is_some() {
                new.ext.clone_from(&row.ext);
            }
        }
        let has_rights = new.scope != account.scope || new.ext != account.ext;
        if imported && new.external_id.is_none() {
            new.external_id.clone_from(&row.external_id);
        }
        new.import_state =
            account.import_state.as_deref().and_then(ImportState::parse).map(|then| {
                let now = ImportState::of(&row.digest, &new, &self.rules.digests);
                let kept = |may, now, then| if may { now } else { then };
                let name = kept(may.name, now.name, then.name);
                let email = kept(may.email, now.email, then.email);
                let credentials = kept(may.credentials, now.credentials, then.credentials);
                let rights = kept(may.rights, now.rights, then.rights);
                ImportState { row: now.row, name, email, credentials, rights }.to_string()
            });
        let is_same = name.is_none()
            && email.is_none()
            && !has_rights
            && new.password_hash == account.password_hash
            && new.disabled_at.is_some() == account.disabled_at.is_some()
            && new.external_id == account.external_id;
        if is_same {
            return Ok(Decision::Unchanged(account.id));
        }
        let change = Change {
            update: ImportUpdate {
                id: new.id.clone(),
                credentials: may.credentials.then(|| ImportedCredentials {
                    old_hash: account.password_hash.clone(),
                    new_hash: new.password_hash.clone(),
                    disabled_at: new.disabled_at,
                }),
                external_id: new.external_id.clone(),
                import_state: new.import_state.clone(),
            },
            name,
            email: email.cloned(),
            rights: has_rights.then(|| (new.scope.clone(), new.ext.clone())),
        };
        self.accounts.update(new);
        Ok(Decision::Update(Box::new(change)))
    }
}

fn account_of(user: &UserRow, external_id: Option<String>) -> ImportAccount {
    ImportAccount {
        id: user.id.clone(),
        external_id,
        username: user.username.clone(),
        username_key: user.username_key.clone(),
        email: user.email.clone(),
        email_key: user.email_key.clone(),
        password_hash: user.password_hash.clone(),
        scope: user.scope.clone(),
        ext: user.ext.clone(),
        credential_version: user.credential_version,
        last_login_at: user.last_login_at,
        disabled_at: user.disabled_at,
        import_state: None,
    }
}
