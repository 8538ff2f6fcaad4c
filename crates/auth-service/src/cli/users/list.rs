//! `auth-service users list`

use database::Database;
use service_kit::timestamp::Timestamp;

use crate::{
    accounts::{
        all_users::{ListedUser, next_users},
        name_keys::SharedKeys,
    },
    cli::{CommandError, print},
    store::users::UserRow,
};

/// Prints every user. With `irregular`, prints only users whose name or address a new account could not have, with the
/// reasons.
pub(super) async fn run(database: &Database, irregular: bool) -> Result<(), CommandError> {
    let shared = if irregular { Some(database.read(SharedKeys::read).await?) } else { None };
    let mut last = None;
    loop {
        let page = next_users(database, last.clone(), shared.clone()).await?;
        for ListedUser { user, irregularities } in &page {
            if !irregular {
                print(&line(user))?;
            } else if !irregularities.is_empty() {
                print(&format!("{}  ({})", line(user), irregularities.join("; ")))?;
            }
        }
        let Some(listed) = page.into_iter().next_back() else { return Ok(()) };
        last = Some(listed.user);
    }
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
