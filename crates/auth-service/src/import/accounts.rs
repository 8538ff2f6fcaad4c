//! The existing accounts that the rows of a batch may be about or conflict with, found by every value that identifies
//! an account.

use std::collections::HashMap;

use database::AnyConnection;
use service_kit::{ids::UserId, unix_time::UnixSeconds};

use super::check::CheckedRow;
use crate::{
    accounts::{EmailAddress, NameSkeletons, Username},
    store::{
        DbResult, address_reservations, names,
        users::{
            UserRow,
            import::{ImportAccount, Wanted, find, find_alike},
        },
    },
};

/// Accounts of the database, and accounts that earlier rows of the batch create.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    all: Vec<ImportAccount>,
    by_id: HashMap<UserId, usize>,
    by_external_id: HashMap<String, usize>,
    by_name: HashMap<String, usize>,
    by_email: HashMap<String, usize>,
    skeletons: HashMap<String, UserId>,
    /// Reserved addresses, each with the user who can take it back.
    reserved: Vec<(String, UserId)>,
}

impl Accounts {
    /// Reads the accounts for these rows. `names` are the names that each row may get. With `lock`, no similar name can
    /// be stored by others before the transaction ends.
    pub(super) fn read(
        connection: &mut AnyConnection,
        rows: &[CheckedRow],
        names: &[Vec<Username>],
        lock: bool,
        now: UnixSeconds,
    ) -> DbResult<Self> {
        let mut wanted = Wanted::default();
        let (mut own, mut conflicting) = (Vec::new(), Vec::new());
        for (row, names) in rows.iter().zip(names) {
            wanted.ids.extend(row.id.clone());
            wanted.external_ids.extend(row.external_id.clone());
            wanted.email_keys.extend(email_keys(&row.email));
            for name in names {
                wanted.username_keys.extend(name_keys(name));
                let skeletons = NameSkeletons::of(name);
                own.extend(skeletons.iter().map(str::to_owned));
                conflicting.extend(skeletons.conflicting());
            }
        }
        if lock {
            names::lock_skeletons(connection, &own)?;
        }
        let mut accounts = Self::default();
        for account in find(connection, &wanted)? {
            accounts.add(account);
        }
        for alike in find_alike(connection, &conflicting)? {
            accounts.skeletons.insert(alike.skeleton, alike.id);
        }
        let addresses: Vec<&str> = rows.iter().map(|row| row.email.canonical()).collect();
        let reserved = address_reservations::reserved_among(connection, &addresses, now)?;
        accounts.reserved.extend(reserved);
        Ok(accounts)
    }

    /// Adds an account that a row creates, with its name.
    pub(super) fn add_new(&mut self, account: ImportAccount, name: &Username) {
        self.add_skeletons(name, &account.id);
        self.add(account);
    }

    /// Replaces the known values of an account. `name` is its new name, if it is renamed. The skeletons of the old name
    /// stay until the next batch.
    pub(super) fn update(&mut self, account: ImportAccount, name: Option<&Username>) {
        if let Some(name) = name {
            self.add_skeletons(name, &account.id);
        }
        if let Some(index) = self.by_id.get(&account.id).copied() {
            self.index(&account, index);
            if let Some(known) = self.all.get_mut(index) {
                *known = account;
            }
        }
    }

    fn add_skeletons(&mut self, name: &Username, id: &UserId) {
        let stored = NameSkeletons::of(name).stored();
        for skeleton in [Some(stored.canonical), stored.shown].into_iter().flatten() {
            self.skeletons.insert(skeleton, id.clone());
        }
    }

    fn add(&mut self, account: ImportAccount) {
        self.index(&account, self.all.len());
        self.all.push(account);
    }

    fn index(&mut self, account: &ImportAccount, index: usize) {
        self.by_id.insert(account.id.clone(), index);
        self.by_name.insert(account.username_key.clone(), index);
        self.by_email.insert(account.email_key.clone(), index);
        if let Some(external_id) = &account.external_id {
            self.by_external_id.insert(external_id.clone(), index);
        }
    }

    fn get(&self, index: Option<&usize>) -> Option<&ImportAccount> {
        self.all.get(*index?)
    }

    pub(super) fn by_id(&self, id: &UserId) -> Option<&ImportAccount> {
        self.get(self.by_id.get(id))
    }

    pub(super) fn by_external_id(&self, id: &str) -> Option<&ImportAccount> {
        self.get(self.by_external_id.get(id))
    }

    /// The account with this name, also under its previous canonical form.
    pub(super) fn by_name(&self, name: &Username) -> Option<&ImportAccount> {
        // The index may be old: the name of an account that was changed in this batch is another one now.
        name_keys(name).find_map(|key| {
            self.get(self.by_name.get(&key)).filter(|account| account.username_key == key)
        })
    }

    /// The account with this address, also under its previous canonical form.
    pub(super) fn by_email(&self, email: &EmailAddress) -> Option<&ImportAccount> {
        email_keys(email).find_map(|key| {
            self.get(self.by_email.get(&key)).filter(|account| account.email_key == key)
        })
    }

    /// Whether another user than `except` can take the address back.
    pub(super) fn is_reserved(&self, email: &EmailAddress, except: Option<&UserId>) -> bool {
        let mut reserved = self.reserved.iter().filter(|(key, _)| key == email.canonical());
        reserved.any(|(_, owner)| Some(owner) != except)
    }

    /// Adds an address that a change of this batch reserves.
    pub(super) fn reserve(&mut self, address_key: &str, owner: &UserId) {
        self.reserved.push((address_key.to_owned(), owner.clone()));
    }

    /// Whether a name that looks like this one belongs to another account.
    pub(super) fn has_alike(&self, name: &Username, except: Option<&UserId>) -> bool {
        let conflicting = NameSkeletons::of(name).conflicting();
        let mut found = conflicting.iter().filter_map(|skeleton| self.skeletons.get(skeleton));
        found.any(|id| Some(id) != except)
    }
}

fn name_keys(name: &Username) -> impl Iterator<Item = String> {
    std::iter::once(name.canonical().to_owned()).chain(name.previous_canonical())
}

fn email_keys(email: &EmailAddress) -> impl Iterator<Item = String> {
    std::iter::once(email.canonical().to_owned()).chain(email.previous_canonical())
}

/// The account that a row creates, still without its import state.
pub(super) fn account_of(user: &UserRow, external_id: Option<String>) -> ImportAccount {
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
        email_verified_at: user.address.email_verified_at,
        import_state: None,
    }
}
