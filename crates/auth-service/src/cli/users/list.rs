//! `auth-service users list`

use database::{AnyConnection, Database, DatabaseError};
use service_kit::{ids::UserId, timestamp::Timestamp};

use crate::{
    accounts::{NameSkeletons, Username, name_keys::SharedKeys},
    cli::{CommandError, print},
    store::{self, names, users::UserRow},
};

/// Number of users read at once.
const PAGE: i64 = 500;

/// Most other users that one reason lists.
const MAX_OTHERS: i64 = 3;

/// Prints every user. With `irregular`, prints only users whose name or address a new account could not have, with the
/// reasons.
pub(super) async fn run(database: &Database, irregular: bool) -> Result<(), CommandError> {
    let shared =
        if irregular { database.read(SharedKeys::read).await? } else { SharedKeys::default() };
    let mut last = None;
    loop {
        let (after, shared) = (last.clone(), shared.clone());
        let page = database.read(move |connection| {
            let users = store::users::registered_after(connection, after.as_ref(), PAGE)?;
            let listed = |user| {
                let reasons = reasons(connection, &shared, irregular, &user)?;
                Ok(ListedUser { user, reasons })
            };
            users.into_iter().map(listed).collect::<Result<Vec<_>, DatabaseError>>()
        });
        let page = page.await?;
        for ListedUser { user, reasons } in &page {
            if !irregular {
                print(&line(user))?;
            } else if !reasons.is_empty() {
                print(&format!("{}  ({})", line(user), reasons.join("; ")))?;
            }
        }
        let Some(listed) = page.into_iter().next_back() else { return Ok(()) };
        last = Some(listed.user);
    }
}

/// A user, with the reasons why the name or the address could not be chosen today.
struct ListedUser {
    user: UserRow,
    reasons: Vec<String>,
}

fn line(user: &UserRow) -> String {
    let state = if user.disabled_at.is_some() { "disabled" } else { "enabled" };
    format!(
        "{}  {}  {}  {state}  [{}]  {}",
        user.id,
        user.username,
        user.email,
        user.scope,
        Timestamp::from(user.created_at)
    )
}

/// Why a new account could not have the user's name or address. Empty if `asked` is false.
fn reasons(
    connection: &mut AnyConnection,
    shared: &SharedKeys,
    asked: bool,
    user: &UserRow,
) -> Result<Vec<String>, DatabaseError> {
    let mut reasons = Vec::new();
    if !asked {
        return Ok(reasons);
    }
    match Username::parse(&user.username) {
        Ok(name) => reasons.extend(name.rule_violation().map(|why| format!("the name {why}"))),
        Err(fault) => reasons.push(format!("the name {fault}")),
    }
    for (what, key) in [("name", &user.username_key), ("address", &user.email_key)] {
        if let Some(others) = shared.of_key(key) {
            reasons.push(format!("the {what} is also that of {}", joined(others)));
        }
    }
    // If an ASCII name and another name look alike, only the other name is reported.
    if !user.username.is_ascii() {
        let conflicting = NameSkeletons::of_forms(&user.username, &user.username_key).conflicting();
        let alike = names::ids_with_skeleton(connection, &conflicting, &user.id, MAX_OTHERS)?;
        if !alike.is_empty() {
            reasons.push(format!("the name looks like that of {}", joined(&alike)));
        }
    }
    Ok(reasons)
}

fn joined(ids: &[UserId]) -> String {
    ids.iter().map(UserId::as_str).collect::<Vec<_>>().join(", ")
}
