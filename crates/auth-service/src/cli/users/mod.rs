//! `auth-service users list|create|disable|enable|unblock|scopes|ext`

mod create;
mod ext;
mod list;
mod scopes;
mod unblock;
mod user_arguments;

use clap::Subcommand;
use database::Database;
use service_kit::clock::Clock;

pub(super) use self::user_arguments::{UserArguments, find};
use self::{ext::ExtArguments, scopes::ScopesArguments};
use super::{CommandError, open_database, print};
use crate::{accounts, audit::RequestContext, settings::AuthSettings, store::users::UserRow};

/// The commands about users. Each command that changes a user prints the user's id and name.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// List every user.
    List {
        /// Only users whose name or address a new account could not have, with the reason.
        #[arg(long)]
        irregular: bool,
    },
    /// Make a user and print its id. The password is read from standard input, never from the command line.
    Create {
        /// The user name.
        username: String,
        /// The e-mail address.
        email: String,
    },
    /// Disable a user and end every session.
    Disable {
        #[command(flatten)]
        who: UserArguments,
    },
    /// Let a disabled user sign in again.
    Enable {
        #[command(flatten)]
        who: UserArguments,
    },
    /// Forget the failed log-ins of a user, so that the password signs in again at once.
    Unblock {
        #[command(flatten)]
        who: UserArguments,
    },
    /// Change the scopes of one user or of all users. Access tokens with the old scopes are refused within a second;
    /// their sessions go on, and a refresh brings the new scopes.
    Scopes(ScopesArguments),
    /// Set the further claims of a user's tokens (the claim `ext`). As with scopes, older tokens are refused.
    Ext(ExtArguments),
}

pub(super) async fn run(
    command: &UsersCommand,
    settings: &AuthSettings,
) -> Result<(), CommandError> {
    let database = open_database(settings).await?;
    let context = RequestContext::operator(Clock::system().now_micros());
    match command {
        UsersCommand::List { irregular } => list::run(&database, *irregular).await,
        UsersCommand::Create { username, email } => {
            create::run(&database, settings, username, email, &context).await
        }
        UsersCommand::Disable { who } => disable(&database, who, &context).await,
        UsersCommand::Enable { who } => enable(&database, who, &context).await,
        UsersCommand::Unblock { who } => unblock::run(&database, settings, who, &context).await,
        UsersCommand::Scopes(arguments) => {
            scopes::run(arguments, &database, settings, context).await
        }
        UsersCommand::Ext(arguments) => ext::run(arguments, &database, settings, context).await,
    }
}

async fn disable(
    database: &Database,
    who: &UserArguments,
    context: &RequestContext,
) -> Result<(), CommandError> {
    let user = find(database, who.selector()?).await?;
    accounts::disable(database, user.id.clone(), context).await?;
    print_changed(&user, "disabled")
}

async fn enable(
    database: &Database,
    who: &UserArguments,
    context: &RequestContext,
) -> Result<(), CommandError> {
    let user = find(database, who.selector()?).await?;
    accounts::enable(database, user.id.clone(), context).await?;
    print_changed(&user, "enabled")
}

fn print_changed(user: &UserRow, state: &str) -> Result<(), CommandError> {
    print(&format!("{}  {}  {state}", user.id, user.username))
}
