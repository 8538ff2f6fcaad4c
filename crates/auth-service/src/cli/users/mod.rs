//! `auth-service users …`: the commands about users.

mod change;
mod create;
mod export;
mod ext;
mod import;
mod invite;
mod list;
mod password_reset;
mod refused_command;
mod scopes;
mod show;
mod unblock;
mod user_arguments;

use clap::Subcommand;
use service_kit::clock::Clock;

use self::user_arguments::UserAndValue;
pub(super) use self::user_arguments::{UserArguments, find};
use self::{
    export::ExportArguments, ext::ExtArguments, import::ImportArguments, invite::InviteArguments,
    list::ListArguments, scopes::ScopesArguments,
};
use super::{CommandError, open_database, print};
use crate::{
    accounts::{DisableReason, StatusChange},
    audit::RequestContext,
    settings::AuthSettings,
    store::users::UserRow,
};

/// The commands about users. Each command that changes a user prints the user's id and name.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// List every user, or those that are looked for.
    List(ListArguments),
    /// Make a user and print its id. The password is read from standard input, never from the command line.
    Create {
        /// The user name.
        username: String,
        /// The e-mail address.
        email: String,
        /// Give the scope users:admin as well.
        #[arg(long)]
        admin: bool,
        /// Read no password: the user cannot log in with one until it is set by a link.
        #[arg(long)]
        no_password: bool,
    },
    /// Send a mail with a link to register.
    Invite(InviteArguments),
    /// Send a user a mail with a link to set a new password. Where mail is off, print the link.
    PasswordReset {
        #[command(flatten)]
        who: UserArguments,
    },
    /// Show a user.
    Show {
        #[command(flatten)]
        who: UserArguments,
    },
    /// Disable a user and end every session.
    Disable {
        #[command(flatten)]
        who: UserArguments,
        /// Why, for administrators: up to 200 characters.
        #[arg(long, value_parser = DisableReason::parse)]
        reason: Option<DisableReason>,
    },
    /// Let a disabled user log in again.
    Enable {
        #[command(flatten)]
        who: UserArguments,
    },
    /// Delete the failed log-ins of a user, so that the user can log in again at once.
    Unblock {
        #[command(flatten)]
        who: UserArguments,
    },
    /// Give a user another name.
    Rename(UserAndValue),
    /// Give a user another e-mail address.
    Email(UserAndValue),
    /// Say whether a user's address counts as proven: `true` or `false`. Older access tokens are refused, as with
    /// scopes.
    EmailVerified(UserAndValue),
    /// Set the language of the mails to a user: a language tag such as `es`, or `none`.
    Locale(UserAndValue),
    /// Delete a user with every session.
    Delete {
        #[command(flatten)]
        who: UserArguments,
    },
    /// Change the scopes of one user or of all users. Access tokens with the old scopes are refused within a second;
    /// their sessions go on, and a refresh brings the new scopes.
    Scopes(ScopesArguments),
    /// Set the further claims of a user's tokens (the claim `ext`). As with scopes, older tokens are refused.
    Ext(ExtArguments),
    /// Import users with their password hashes. Exit code 3 says that some rows could not be imported.
    Import(ImportArguments),
    /// Write all users with their password hashes, in the form that `import` reads.
    Export(ExportArguments),
}

pub(super) async fn run(
    command: &UsersCommand,
    settings: &AuthSettings,
) -> Result<(), CommandError> {
    let database = open_database(settings).await?;
    let context = RequestContext::operator(Clock::system().now_micros());
    match command {
        UsersCommand::List(arguments) => list::run(&database, arguments).await,
        UsersCommand::Create { username, email, admin, no_password } => {
            let arguments = create::NewUserArguments {
                username,
                email,
                admin: *admin,
                no_password: *no_password,
            };
            create::run(&database, settings, arguments, &context).await
        }
        UsersCommand::Invite(arguments) => {
            invite::run(arguments, &database, settings, &context).await
        }
        UsersCommand::PasswordReset { who } => {
            password_reset::run(&database, settings, who, context).await
        }
        UsersCommand::Show { who } => show::run(&database, who).await,
        UsersCommand::Disable { who, reason } => {
            let status = StatusChange::Disable { reason: reason.clone() };
            change::set_status(&database, settings, who, status, context).await
        }
        UsersCommand::Enable { who } => {
            change::set_status(&database, settings, who, StatusChange::Enable, context).await
        }
        UsersCommand::Unblock { who } => unblock::run(&database, settings, who, &context).await,
        UsersCommand::Rename(arguments) => {
            change::rename(&database, settings, arguments, context).await
        }
        UsersCommand::Email(arguments) => {
            change::set_email(&database, settings, arguments, context).await
        }
        UsersCommand::EmailVerified(arguments) => {
            change::set_email_verified(&database, settings, arguments, context).await
        }
        UsersCommand::Locale(arguments) => {
            change::set_locale(&database, settings, arguments, context).await
        }
        UsersCommand::Delete { who } => change::delete(&database, who, context).await,
        UsersCommand::Scopes(arguments) => {
            scopes::run(arguments, &database, settings, context).await
        }
        UsersCommand::Ext(arguments) => ext::run(arguments, &database, settings, context).await,
        UsersCommand::Import(arguments) => {
            import::run(arguments, &database, settings, context).await
        }
        UsersCommand::Export(arguments) => export::run(arguments, &database, context).await,
    }
}

fn print_changed(user: &UserRow, state: &str) -> Result<(), CommandError> {
    print(&format!("{}  {}  {state}", user.id, user.username))
}
