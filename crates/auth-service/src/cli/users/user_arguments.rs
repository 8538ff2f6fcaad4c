//! The arguments that select the user of a command.

use clap::Args;
use database::{AnyConnection, Database, DatabaseError};

use crate::{
    accounts::{SelectError, UserSelector},
    cli::CommandError,
    store::users::UserRow,
};

/// One user: an argument that is a user name, an e-mail address or an id, or one of the options.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct UserArguments {
    /// The user: a UUID with hyphens is an id, a text with @ an e-mail address, anything else a user name.
    user: Option<String>,
    #[command(flatten)]
    by: UserOptions,
}

/// The options that name one user.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct UserOptions {
    /// The user with this id.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The user with this name, even if it looks like an id or an option (--name=--help).
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    name: Option<String>,
    /// The user with this e-mail address.
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    email: Option<String>,
}

/// One user, and a value that the user gets.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct UserAndValue {
    /// The user (unless an option names one) and then the new value.
    #[arg(value_names = ["USER", "NEW"], num_args = 0..=2)]
    words: Vec<String>,
    #[command(flatten)]
    by: UserOptions,
}

impl UserAndValue {
    /// The user and the value.
    pub(super) fn plan(&self) -> Result<(UserSelector, &str), String> {
        match (self.by.selector()?, self.words.as_slice()) {
            (Some(selector), [value]) => Ok((selector, value)),
            (None, [user, value]) => Ok((UserSelector::of_argument(user)?, value)),
            _ => Err("name one user and the new value".to_owned()),
        }
    }
}

impl UserArguments {
    pub(in crate::cli) fn selector(&self) -> Result<UserSelector, String> {
        match (&self.user, self.by.selector()?) {
            (Some(user), None) => UserSelector::of_argument(user),
            (None, Some(selector)) => Ok(selector),
            _ => Err("name one user".to_owned()),
        }
    }
}

impl UserOptions {
    /// `None` if no option was given.
    pub(super) fn selector(&self) -> Result<Option<UserSelector>, String> {
        match (&self.id, &self.name, &self.email) {
            (None, None, None) => Ok(None),
            (Some(id), None, None) => UserSelector::by_id(id).map(Some),
            (None, Some(name), None) => Ok(Some(UserSelector::by_name(name))),
            (None, None, Some(email)) => Ok(Some(UserSelector::by_email(email))),
            _ => Err("use one of --id, --name and --email".to_owned()),
        }
    }
}

/// Finds the user that the arguments mean.
pub(in crate::cli) async fn find(
    database: &Database,
    selector: UserSelector,
) -> Result<UserRow, CommandError> {
    // A selection error is not a database error: those would be tried again.
    let found =
        database.read(move |connection: &mut AnyConnection| match selector.find(connection) {
            Err(SelectError::Database(error)) => Err(error),
            found => Ok::<_, DatabaseError>(found),
        });
    Ok(found.await??)
}
