//! Reads all users page by page, with the irregularities of their names.

use database::{AnyConnection, Database};
use service_kit::ids::UserId;

use super::{NameSkeletons, Username, name_keys::SharedKeys};
use crate::store::{self, DbResult, names, users::UserRow};

/// Number of users in a page.
const PAGE: i64 = 500;

/// Maximum number of other users that one irregularity lists.
const MAX_OTHERS: i64 = 3;

/// A user of the list.
#[derive(Debug)]
pub struct ListedUser {
    /// The user.
    pub user: UserRow,
    /// Why a new account could not have this name or address. Empty if it could, or if irregularities were not asked
    /// for.
    pub irregularities: Vec<String>,
}

/// The next users in the order of their registration. `shared` has the canonical forms that several users share.
/// Without it, no irregularities are reported.
///
/// # Errors
/// When the database is unavailable.
pub async fn next_users(
    database: &Database,
    after: Option<UserRow>,
    shared: Option<SharedKeys>,
) -> DbResult<Vec<ListedUser>> {
    let read = database.read(move |connection| {
        let users = store::users::registered_after(connection, after.as_ref(), PAGE)?;
        let listed = |user| {
            let irregularities = match &shared {
                Some(shared) => irregularities(connection, shared, &user)?,
                None => Vec::new(),
            };
            Ok(ListedUser { user, irregularities })
        };
        users.into_iter().map(listed).collect()
    });
    read.await
}

fn irregularities(
    connection: &mut AnyConnection,
    shared: &SharedKeys,
    user: &UserRow,
) -> DbResult<Vec<String>> {
    let mut found = Vec::new();
    match Username::parse(&user.username) {
        Ok(name) => found.extend(name.rule_violation().map(|why| format!("the name {why}"))),
        Err(error) => found.push(format!("the name {error}")),
    }
    for (what, key) in [("name", &user.username_key), ("address", &user.email_key)] {
        if let Some(others) = shared.of_key(key) {
            found.push(format!("the {what} is also that of {}", joined(others)));
        }
    }
    // If an ASCII name and another name look alike, only the other name is reported.
    if !user.username.is_ascii() {
        let conflicting = NameSkeletons::of_forms(&user.username, &user.username_key).conflicting();
        let alike = names::ids_with_skeleton(connection, &conflicting, &user.id, MAX_OTHERS)?;
        if !alike.is_empty() {
            found.push(format!("the name looks like that of {}", joined(&alike)));
        }
    }
    Ok(found)
}

fn joined(ids: &[UserId]) -> String {
    ids.iter().map(UserId::as_str).collect::<Vec<_>>().join(", ")
}
