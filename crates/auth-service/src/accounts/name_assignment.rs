//! Assigns names and addresses to users without conflicts. Everything here runs in a transaction of the caller.
//!
//! If a name or address is taken, the error is [`DatabaseError::Conflict`] on `username_key` or `email_key`, no matter
//! whether a unique index of the database or a rule of this module found it.

use database::{AnyConnection, DatabaseError, is_conflict_on};
use service_kit::{ids::UserId, unix_time::UnixSeconds};

use super::{EmailAddress, LoginName, NameSkeletons, Username};
use crate::store::DbResult;
use crate::store::{
    self,
    names::{self, StoredSkeletons},
    users::{NameForms, UserRow},
};

/// The value that another user already has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenField {
    /// The name, or a name that looks like it.
    Username,
    /// The address.
    Email,
}

/// Which field a conflict is about; `None` for any other error.
pub(super) fn taken_field(error: &DatabaseError) -> Option<TakenField> {
    if is_conflict_on(error, "username_key") {
        Some(TakenField::Username)
    } else if is_conflict_on(error, "email_key") {
        Some(TakenField::Email)
    } else {
        None
    }
}

/// Inserts a new user with this name and address.
///
/// # Errors
/// A conflict if one of them is taken, or if another user's name looks like this one; when the database is unavailable.
pub fn insert_user(
    connection: &mut AnyConnection,
    user: &UserRow,
    name: &Username,
    address: &EmailAddress,
) -> DbResult<()> {
    let skeletons = skeletons_if_free(connection, name, &user.id)?;
    reject_previous_canonical(connection, address, &user.id)?;
    store::users::insert(connection, user, &skeletons)?;
    reject_reserved_address(connection, address.canonical(), &user.id, user.created_at.seconds())
}

/// Changes a user's name. `false` if there is no such user.
///
/// # Errors
/// As [`insert_user`].
pub fn rename(connection: &mut AnyConnection, id: &UserId, name: &Username) -> DbResult<bool> {
    let skeletons = skeletons_if_free(connection, name, id)?;
    let forms = NameForms { shown: name.display(), key: name.canonical() };
    store::users::set_username(connection, id, forms, &skeletons)
}

/// Changes a user's address to one that is not proven. `false` if there is no such user.
///
/// # Errors
/// As [`insert_user`].
pub fn change_address(
    connection: &mut AnyConnection,
    id: &UserId,
    address: &EmailAddress,
    now: UnixSeconds,
) -> DbResult<bool> {
    reject_previous_canonical(connection, address, id)?;
    let forms = NameForms { shown: address.display(), key: address.canonical() };
    set_address(connection, id, forms, None, now)
}

/// Sets a user's address, and the time since which it is proven. `false` if there is no such user.
///
/// # Errors
/// As [`insert_user`].
pub fn set_address(
    connection: &mut AnyConnection,
    id: &UserId,
    address: NameForms<'_>,
    proven_at: Option<UnixSeconds>,
    now: UnixSeconds,
) -> DbResult<bool> {
    let changed = store::users::set_email(connection, id, address, proven_at)?;
    reject_reserved_address(connection, address.key, id, now)?;
    Ok(changed)
}

/// Rejects an address that another user has, or may take back.
///
/// # Errors
/// As [`insert_user`].
pub fn reject_taken_address(
    connection: &mut AnyConnection,
    address: &EmailAddress,
    id: &UserId,
    now: UnixSeconds,
) -> DbResult<()> {
    reject_previous_canonical(connection, address, id)?;
    reject_reserved_address(connection, address.canonical(), id, now)?;
    match store::users::by_email_key(connection, address.canonical())? {
        Some(other) if other.id != *id => Err(DatabaseError::Conflict("email_key".to_owned())),
        _ => Ok(()),
    }
}

/// Rejects a name that another user has, or that looks like it.
///
/// # Errors
/// As [`insert_user`].
pub fn reject_taken_name(
    connection: &mut AnyConnection,
    name: &Username,
    id: &UserId,
) -> DbResult<()> {
    skeletons_if_free(connection, name, id)?;
    match store::users::by_username_key(connection, name.canonical())? {
        Some(other) if other.id != *id => Err(DatabaseError::Conflict("username_key".to_owned())),
        _ => Ok(()),
    }
}

/// The user who has an address, or may take it back.
#[derive(Debug)]
pub struct AddressOwner {
    /// The user.
    pub user: UserRow,
    /// Whether it is the user's current address; if not, the user may take it back.
    pub is_current: bool,
}

/// The user who has the address, or may take it back.
///
/// # Errors
/// When the database is unavailable.
pub fn owner_of_address(
    connection: &mut AnyConnection,
    address: &EmailAddress,
    except: &UserId,
    now: UnixSeconds,
) -> DbResult<Option<AddressOwner>> {
    let users = LoginName::from(address.clone()).find_by_canonical_form(connection)?;
    if let Some(user) = users.into_iter().next() {
        return Ok(Some(AddressOwner { user, is_current: true }));
    }
    let owner = store::address_reservations::owner(connection, address.canonical(), except, now)?;
    let Some(id) = owner else { return Ok(None) };
    let user = store::users::by_id(connection, &id)?;
    Ok(user.map(|user| AddressOwner { user, is_current: false }))
}

/// Call this after the address was written. If its owner changes to another address at the same time, the write waits
/// at the unique index until that change is committed, so the owner's reservation is seen here.
fn reject_reserved_address(
    connection: &mut AnyConnection,
    key: &str,
    id: &UserId,
    now: UnixSeconds,
) -> DbResult<()> {
    match store::address_reservations::owner(connection, key, id, now)? {
        Some(_) => Err(DatabaseError::Conflict("email_key (reserved)".to_owned())),
        None => Ok(()),
    }
}

/// The skeletons of a name. A conflict if another user has a name that looks like it, or is stored under its previous
/// canonical form.
fn skeletons_if_free(
    connection: &mut AnyConnection,
    name: &Username,
    id: &UserId,
) -> DbResult<StoredSkeletons> {
    if let Some(previous) = name.previous_canonical()
        && names::has_username_key(connection, &previous, id)?
    {
        return Err(DatabaseError::Conflict("username_key (previous)".to_owned()));
    }
    let skeletons = NameSkeletons::of(name);
    let every: Vec<String> = skeletons.iter().map(str::to_owned).collect();
    names::lock_skeletons(connection, &every)?;
    // A name that differs only in case has the same canonical form and is refused by the unique index.
    if !names::ids_with_skeleton(connection, &skeletons.conflicting(), id, 1)?.is_empty() {
        return Err(DatabaseError::Conflict("username_key (alike)".to_owned()));
    }
    Ok(skeletons.stored())
}

/// Rejects an address if another user is stored under its previous canonical form.
fn reject_previous_canonical(
    connection: &mut AnyConnection,
    address: &EmailAddress,
    id: &UserId,
) -> DbResult<()> {
    if let Some(previous) = address.previous_canonical()
        && names::has_email_key(connection, &previous, id)?
    {
        return Err(DatabaseError::Conflict("email_key (previous)".to_owned()));
    }
    Ok(())
}
