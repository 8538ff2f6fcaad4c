//! `auth-service users list`

use clap::Args;
use database::Database;
use service_kit::timestamp::Timestamp;

use crate::{
    accounts::{
        SearchText, UserPage, UserQuery,
        all_users::{ListedUser, next_users},
        name_keys::SharedKeys,
    },
    cli::{CommandError, print},
    store::users::{UserRow, administration::UserStatus},
};

/// Users that are read at once.
const PAGE: usize = 500;

/// Which users are listed.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ListArguments {
    /// Only users whose name or address begins with this text, or the user with this id.
    #[arg(long, short, value_name = "TEXT", allow_hyphen_values = true)]
    query: Option<String>,
    /// Only users who may log in (`enabled`), or who may not (`disabled`).
    #[arg(long, value_name = "STATUS", value_parser = UserStatus::parse)]
    status: Option<UserStatus>,
    /// Only users whose name or address a new account could not have, with the reason.
    #[arg(long, conflicts_with_all = ["query", "status"])]
    irregular: bool,
}

/// Prints users, a line for each: all of them in the order of their registration, or those that are looked for.
pub(super) async fn run(
    database: &Database,
    arguments: &ListArguments,
) -> Result<(), CommandError> {
    let ListArguments { query, status, irregular } = arguments;
    if query.is_none() && status.is_none() {
        return list_all(database, *irregular).await;
    }
    let text = query.as_deref().map(SearchText::parse).transpose();
    let text = text.map_err(|error| format!("the text {error}"))?.flatten();
    list_found(database, UserQuery { text, status: *status }).await
}

async fn list_found(database: &Database, query: UserQuery) -> Result<(), CommandError> {
    let mut position = None;
    loop {
        let (query, after) = (query.clone(), position.take());
        let read = move |connection: &mut _| query.page(connection, after.as_ref(), PAGE);
        let UserPage { users, next } = database.read(read).await?;
        users.iter().try_for_each(|user| print(&line(user)))?;
        let Some(next) = next else { return Ok(()) };
        position = Some(next);
    }
}

/// Prints every user. With `irregular`, prints only users whose name or address a new account could not have, with the
/// reasons.
async fn list_all(database: &Database, irregular: bool) -> Result<(), CommandError> {
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
