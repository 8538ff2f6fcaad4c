//! Assigns names and addresses to users without conflicts. Everything here runs in a transaction of the caller.
//!
//! A taken name or address is [`DatabaseError::Conflict`] on `username_key` or `email_key`, whether a unique index of
//! the database or a rule of this module finds it.

use database::{AnyConnection, DatabaseError, is_conflict_on};
use service_kit::ids::UserId;

use super::{EmailAddress, NameSkeletons, Username};
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

/// Inserts a new user of this name and address.
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
    refuse_former_address(connection, address, &user.id)?;
    store::users::insert(connection, user, &skeletons)
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

/// Changes a user's address. `false` if there is no such user.
///
/// # Errors
/// As [`insert_user`].
pub fn change_address(
    connection: &mut AnyConnection,
    id: &UserId,
    address: &EmailAddress,
) -> DbResult<bool> {
    refuse_former_address(connection, address, id)?;
    let forms = NameForms { shown: address.display(), key: address.canonical() };
    store::users::set_email(connection, id, forms)
}

/// The skeletons of a name, if no other user has a name that looks like it, or is stored under its former canonical
/// form.
fn skeletons_if_free(
    connection: &mut AnyConnection,
    name: &Username,
    id: &UserId,
) -> DbResult<StoredSkeletons> {
    if let Some(former) = name.former_key()
        && names::has_username_key(connection, &former, id)?
    {
        return Err(DatabaseError::Conflict("username_key (of before)".to_owned()));
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

fn refuse_former_address(
    connection: &mut AnyConnection,
    address: &EmailAddress,
    id: &UserId,
) -> DbResult<()> {
    if let Some(former) = address.former_key()
        && names::has_email_key(connection, &former, id)?
    {
        return Err(DatabaseError::Conflict("email_key (of before)".to_owned()));
    }
    Ok(())
}
