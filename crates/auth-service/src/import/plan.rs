//! Decides about each row of a batch, from the rows and the existing accounts alone. `update` decides what the row of
//! an imported account changes.

mod update;

use service_kit::{
    ids::UserId,
    unix_time::{UnixMicros, UnixSeconds},
};

use super::{
    accounts::{Accounts, account_of},
    check::{CheckRules, CheckedRow},
    source::RowError,
    state::{ImportState, untouched},
};
use crate::{
    accounts::{NameSkeletons, UserChanges, Username},
    store::users::{
        AddressState, UserRow,
        import::{ImportAccount, ImportUpdate, NewImport},
    },
};

/// What happens with a row whose user exists already and differs.
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

/// The decision about one row.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    /// The row creates a new user.
    Insert(Box<NewImport>),
    /// The row changes an account.
    Update(Box<Change>),
    /// The account has the values of the row, or the row is the same as at the last import.
    Unchanged(UserId),
    /// The account exists and differs; it is not changed.
    Skip(UserId),
    /// The account of this id was registered here, not imported; it is not changed.
    SkipRegisteredHere(UserId),
    /// Another account has a value of this row that must be unique.
    Reject(RejectedRow),
    /// The import stops.
    Fail(RowError),
}

/// Why a row is not imported.
#[derive(Clone, Debug)]
pub(super) struct RejectedRow {
    pub(super) error: RowError,
    /// Whether the other account was registered here, not imported: an attacker may have taken the name or address in
    /// advance.
    pub(super) is_registered_here: bool,
}

/// The change of an account.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// The account as it was at the decision.
    pub(super) before: ImportAccount,
    /// Name, address and rights.
    pub(super) values: UserChanges,
    /// The other changes.
    pub(super) update: ImportUpdate,
}

impl Change {
    /// Whether the account gets another hash.
    pub(super) fn replaces_hash(&self) -> bool {
        let credentials = self.update.credentials.as_ref();
        credentials.is_some_and(|credentials| credentials.hash != self.before.password_hash)
    }
}

/// Decides about the rows of a batch, one after the other.
pub(super) struct Planner<'a> {
    pub(super) accounts: Accounts,
    pub(super) rules: &'a CheckRules,
    pub(super) on_conflict: OnConflict,
    /// Whether a user whose address changes can take the old one back.
    pub(super) reserves_addresses: bool,
    /// The time of this batch.
    pub(super) now: UnixMicros,
    /// Number of earlier rows of the file. With it, the new users are listed in the order of the file.
    pub(super) rows_before: u64,
}

impl Planner<'_> {
    /// Decides about one row. `hash` is the hash to store; `names` are the names that the user may get.
    pub(super) fn decide(&mut self, row: &CheckedRow, hash: &str, names: &[Username]) -> Decision {
        self.rows_before += 1;
        let decision = match self.find(row) {
            Err(rejected) => Err(rejected),
            Ok(None) => self.insert(row, hash, names),
            Ok(Some(account)) => {
                let account = account.clone();
                self.decide_existing(row, hash, account)
            }
        };
        decision.unwrap_or_else(Decision::Reject)
    }

    /// The account that this row is about: by id, by external id, or by name and address together.
    fn find(&self, row: &CheckedRow) -> Result<Option<&ImportAccount>, RejectedRow> {
        let by_id = row.id.as_ref().and_then(|id| self.accounts.by_id(id));
        let by_external_id =
            row.external_id.as_ref().and_then(|id| self.accounts.by_external_id(id));
        match (by_id, by_external_id) {
            (Some(one), Some(other)) if one.id != other.id => {
                return Err(taken(row, "external_id", other));
            }
            (Some(account), _) | (None, Some(account)) => return Ok(Some(account)),
            (None, None) => {}
        }
        let by_email = self.accounts.by_email(&row.email);
        let by_name = row.username.as_ref().and_then(|name| self.accounts.by_name(name));
        let Some(account) = by_email else {
            return match by_name {
                Some(other) => Err(taken(row, row.name_field, other)),
                None => Ok(None),
            };
        };
        let other_name =
            row.username.is_some() && by_name.is_none_or(|other| other.id != account.id);
        let other_id =
            row.id.is_some() || (row.external_id.is_some() && account.external_id.is_some());
        // A person who registered the address here, or changed to it here after the import, has not proven it. So the
        // row is not about that account.
        let is_imported = untouched(account, &self.rules.digests).email;
        if other_name || other_id || !is_imported {
            return Err(taken(row, row.email_field, account));
        }
        Ok(Some(account))
    }

    /// Decides about a row without an account: it creates one.
    fn insert(
        &mut self,
        row: &CheckedRow,
        hash: &str,
        names: &[Username],
    ) -> Result<Decision, RejectedRow> {
        let is_free = |name: &&Username| {
            self.accounts.by_name(name).is_none() && !self.accounts.has_alike(name, None)
        };
        let name = names.iter().find(is_free).cloned().ok_or_else(|| alike(row))?;
        if self.accounts.is_reserved(&row.email, None) {
            return Err(reserved(row));
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
        let scope = row.scope.as_ref().map(ToString::to_string);
        UserRow {
            id: row.id.clone().unwrap_or_else(UserId::random),
            username: name.display().to_owned(),
            username_key: name.canonical().to_owned(),
            email: row.email.display().to_owned(),
            email_key: row.email.canonical().to_owned(),
            password_hash: hash.into(),
            scope: scope.unwrap_or_else(|| self.rules.default_scopes.clone()),
            credential_version: 1,
            last_login_at: None,
            disabled_at: row.disabled_at,
            created_at: row.created_at.unwrap_or(now),
            device_epoch: 0,
            rights_version: 0,
            ext: row.ext.as_ref().map(|ext| ext.as_str().to_owned()),
            disabled_reason: row.disabled_reason.as_ref().map(|why| why.as_str().to_owned()),
            address: AddressState {
                locale: row.locale.as_ref().map(|locale| locale.as_str().to_owned()),
                email_verified_at: row.is_proven.then(|| self.proof_time()),
                ..AddressState::default()
            },
        }
    }

    /// Decides about a row whose account exists.
    fn decide_existing(
        &mut self,
        row: &CheckedRow,
        hash: &str,
        account: ImportAccount,
    ) -> Result<Decision, RejectedRow> {
        let at_import = account.import_state.as_deref().and_then(ImportState::parse);
        if at_import.as_ref().is_some_and(|at_import| at_import.row == row.digest) {
            return Ok(Decision::Unchanged(account.id));
        }
        match (self.on_conflict, at_import) {
            (OnConflict::Fail, _) => {
                let why = "the user is there already, and differs";
                Ok(Decision::Fail(RowError::of_row(row.position, why)))
            }
            (_, None) => Ok(Decision::SkipRegisteredHere(account.id)),
            (OnConflict::Skip, Some(_)) => Ok(Decision::Skip(account.id)),
            (OnConflict::Update, Some(at_import)) => self.update(row, hash, account, at_import),
        }
    }

    /// The time of proof for an address that the old system calls proven.
    fn proof_time(&self) -> UnixSeconds {
        self.now.seconds()
    }
}

/// Another account has this value.
fn taken(row: &CheckedRow, field: &'static str, other: &ImportAccount) -> RejectedRow {
    let is_registered_here = other.import_state.is_none();
    let whose = if is_registered_here { ", who registered here" } else { "" };
    let reason = format!("belongs to another user{whose}");
    RejectedRow { error: error(row, field, reason), is_registered_here }
}

/// Another account has a name that looks like the row's. (Whether that account was imported is not known here.)
fn alike(row: &CheckedRow) -> RejectedRow {
    let reason = "belongs to another user, or looks like another user's";
    RejectedRow { error: error(row, row.name_field, reason), is_registered_here: false }
}

/// Another user can take the address back.
fn reserved(row: &CheckedRow) -> RejectedRow {
    let reason = "belongs to another user, who can take it back";
    RejectedRow { error: error(row, row.email_field, reason), is_registered_here: false }
}

fn error(row: &CheckedRow, field: &'static str, reason: impl Into<String>) -> RowError {
    RowError { position: row.position, field: Some(field.to_owned()), reason: reason.into() }
}
