//! Updates the stored canonical forms and skeletons of names when a process starts. Older versions computed other
//! canonical forms, and no skeletons. (If an older replica renames a user later, the old skeleton stays.)

use std::collections::BTreeMap;

use database::{AnyConnection, Database, DatabaseError};
use service_kit::ids::UserId;

use super::{EmailAddress, NameSkeletons, Username};
use crate::store::DbResult;
use crate::store::{
    self,
    names::{self, NamesRow, UserSkeletons},
    users::UserRow,
};

/// Rows in one transaction. They are few, so that other transactions do not wait for long.
const BATCH: i64 = 500;

/// How often a batch is tried: another transaction may take a canonical form at the same moment.
const MAX_TRIES: usize = 5;

/// Maximum number of users with a previous canonical form that the list reports.
const MAX_SHARED: i64 = 10_000;

/// Result of the update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UpdatedNameKeys {
    /// Rows that this version has updated for the first time.
    pub rows: usize,
    /// Users that keep a previous canonical form, because another account has the current one.
    pub with_previous_canonical: i64,
}

/// Updates every row, oldest first, in batches. If several processes do this at once, each row is written once. After
/// an error, the next call continues.
///
/// # Errors
/// When the database is unavailable.
pub async fn update_name_keys(database: &Database) -> DbResult<UpdatedNameKeys> {
    let is_up_to_date = |connection: &mut AnyConnection| {
        let new = names::without_skeleton(connection, 1)?;
        Ok(new.is_empty() && names::count_with_previous_canonical(connection)? == 0)
    };
    if database.read(is_up_to_date).await? {
        return Ok(UpdatedNameKeys::default());
    }
    let mut rows = 0;
    loop {
        let done = write_with_retries(database, update_next_batch).await?;
        rows += done;
        if done == 0 {
            break;
        }
    }
    // Meanwhile another account may have given up a canonical form.
    write_with_retries(database, retry_previous_canonicals).await?;
    let with_previous_canonical = database.read(names::count_with_previous_canonical).await?;
    Ok(UpdatedNameKeys { rows, with_previous_canonical })
}

async fn write_with_retries(
    database: &Database,
    work: fn(&mut AnyConnection) -> DbResult<usize>,
) -> DbResult<usize> {
    let mut tries = 1;
    loop {
        match database.write(work).await {
            Err(DatabaseError::Conflict(_)) if tries < MAX_TRIES => tries += 1,
            done => return done,
        }
    }
}

fn update_next_batch(connection: &mut AnyConnection) -> DbResult<usize> {
    names::lock_keys(connection)?;
    let rows = names::without_skeleton(connection, BATCH)?;
    let mut skeletons = Vec::new();
    for row in &rows {
        update_keys(connection, row)?;
        skeletons
            .push(UserSkeletons { user_id: row.id.clone(), skeletons: skeletons_of(row).stored() });
    }
    names::set_skeletons(connection, &skeletons)?;
    Ok(rows.len())
}

fn retry_previous_canonicals(connection: &mut AnyConnection) -> DbResult<usize> {
    names::lock_keys(connection)?;
    let rows = names::with_previous_canonical(connection, BATCH)?;
    for row in &rows {
        update_keys(connection, row)?;
    }
    Ok(rows.len())
}

/// Writes the current canonical forms if they differ from the stored ones and no other account has them.
fn update_keys(connection: &mut AnyConnection, row: &NamesRow) -> DbResult<()> {
    let mut new = NamesRow { keeps_previous_canonical: false, ..row.clone() };
    if let Some(key) = current_username_key(row).filter(|key| *key != row.username_key) {
        if names::has_username_key(connection, &key, &row.id)? {
            new.keeps_previous_canonical = true;
        } else {
            new.username_key = key;
        }
    }
    if let Some(key) = current_email_key(row).filter(|key| *key != row.email_key) {
        if names::has_email_key(connection, &key, &row.id)? {
            new.keeps_previous_canonical = true;
        } else {
            new.email_key = key;
        }
    }
    let changed = new.username_key != row.username_key
        || new.email_key != row.email_key
        || new.keeps_previous_canonical != row.keeps_previous_canonical;
    if changed { names::set_keys(connection, &new) } else { Ok(()) }
}

/// The current canonical form of a stored user's name; `None` if the name is no longer valid.
fn current_username_key(row: &NamesRow) -> Option<String> {
    Username::parse(&row.username).ok().map(|name| name.canonical().to_owned())
}

/// The current canonical form of a stored user's address; `None` if the address is no longer valid.
fn current_email_key(row: &NamesRow) -> Option<String> {
    EmailAddress::parse(&row.email).ok().map(|address| address.canonical().to_owned())
}

fn skeletons_of(row: &NamesRow) -> NameSkeletons {
    NameSkeletons::of_forms(&row.username, &row.username_key)
}

/// Users that share a name or an address with another user, by stored canonical form.
#[derive(Clone, Debug, Default)]
pub struct SharedKeys {
    by_key: BTreeMap<String, Vec<UserId>>,
}

impl SharedKeys {
    /// Reads the users that have a previous canonical form, and for each the user that has the current one.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub fn read(connection: &mut AnyConnection) -> DbResult<Self> {
        let mut shared = Self::default();
        for row in names::with_previous_canonical(connection, MAX_SHARED)? {
            if let Some(current) = current_username_key(&row).filter(|key| *key != row.username_key)
            {
                let holder = store::users::by_username_key(connection, &current)?;
                shared.note(&row.id, &row.username_key, holder, current);
            }
            if let Some(current) = current_email_key(&row).filter(|key| *key != row.email_key) {
                let holder = store::users::by_email_key(connection, &current)?;
                shared.note(&row.id, &row.email_key, holder, current);
            }
        }
        Ok(shared)
    }

    /// Adds that the user `id`, stored under `previous`, shares the key `current` with its holder, if there is one.
    fn note(&mut self, id: &UserId, previous: &str, holder: Option<UserRow>, current: String) {
        if let Some(holder) = holder {
            self.by_key.entry(previous.to_owned()).or_default().push(holder.id);
            self.by_key.entry(current).or_default().push(id.clone());
        }
    }

    /// The other users that share the name or address with this stored canonical form; `None` if there are none.
    pub fn of_key(&self, key: &str) -> Option<&[UserId]> {
        self.by_key.get(key).map(Vec::as_slice)
    }
}
