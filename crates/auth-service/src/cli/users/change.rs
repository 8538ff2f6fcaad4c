//! `auth-service users disable|enable|rename|email|email-verified|locale|delete`, and the function that `scopes` and
//! `ext` share with them.

use database::Database;

use super::{
    UserArguments, find, print_changed, refused_command::audit_refused_command,
    user_arguments::UserAndValue,
};
use crate::{
    accounts::{
        ChangeRules, DeleteError, Deletion, EmailAddress, StatusChange, UserChanges, UserSelector,
        UserUpdate, Username,
    },
    audit::RequestContext,
    cli::CommandError,
    mail::Locale,
    settings::AuthSettings,
    store::users::UserRow,
};

/// Makes a change as an operator, who may give every scope. The last administrator stays.
pub(super) async fn apply(
    database: &Database,
    settings: &AuthSettings,
    who: UserSelector,
    changes: UserChanges,
    context: RequestContext,
) -> Result<UserRow, CommandError> {
    let id = find(database, who).await?.id;
    let known = settings.known_scopes.clone();
    let rules = ChangeRules::of_operator(known, settings.lifetimes.access, settings.mail.policy());
    let update = UserUpdate { id: id.clone(), changes, rules };
    let updated = update.apply(database, context.clone()).await;
    if let Err(error) = &updated {
        audit_refused_command(database, error.audited_as(), Some(&id), &context).await?;
    }
    Ok(updated?)
}

pub(super) async fn set_status(
    database: &Database,
    settings: &AuthSettings,
    who: &UserArguments,
    status: StatusChange,
    context: RequestContext,
) -> Result<(), CommandError> {
    let done = if status == StatusChange::Enable { "enabled" } else { "disabled" };
    let changes = UserChanges { status: Some(status), ..UserChanges::default() };
    let user = apply(database, settings, who.selector()?, changes, context).await?;
    print_changed(&user, done)
}

pub(super) async fn rename(
    database: &Database,
    settings: &AuthSettings,
    arguments: &UserAndValue,
    context: RequestContext,
) -> Result<(), CommandError> {
    let (who, name) = arguments.plan()?;
    let name = Username::parse_new(name).map_err(|error| format!("user name: {error}"))?;
    let changes = UserChanges { username: Some(name), ..UserChanges::default() };
    let user = apply(database, settings, who, changes, context).await?;
    print_changed(&user, "renamed")
}

pub(super) async fn set_email(
    database: &Database,
    settings: &AuthSettings,
    arguments: &UserAndValue,
    context: RequestContext,
) -> Result<(), CommandError> {
    let (who, email) = arguments.plan()?;
    let email = EmailAddress::parse(email).map_err(|error| format!("e-mail address: {error}"))?;
    let changes = UserChanges { email: Some(email), ..UserChanges::default() };
    let user = apply(database, settings, who, changes, context).await?;
    print_changed(&user, &user.email)
}

pub(super) async fn set_email_verified(
    database: &Database,
    settings: &AuthSettings,
    arguments: &UserAndValue,
    context: RequestContext,
) -> Result<(), CommandError> {
    let (who, value) = arguments.plan()?;
    let is_verified = value.parse().map_err(|_| "the new value is neither true nor false")?;
    let changes = UserChanges { email_verified: Some(is_verified), ..UserChanges::default() };
    let user = apply(database, settings, who, changes, context).await?;
    print_changed(&user, if is_verified { "address proven" } else { "address not proven" })
}

pub(super) async fn set_locale(
    database: &Database,
    settings: &AuthSettings,
    arguments: &UserAndValue,
    context: RequestContext,
) -> Result<(), CommandError> {
    let (who, tag) = arguments.plan()?;
    let locale = match tag {
        "none" => None,
        tag => Some(Locale::parse(tag).map_err(|error| format!("{tag:?} {error}"))?),
    };
    let changes = UserChanges { locale: Some(locale), ..UserChanges::default() };
    let user = apply(database, settings, who, changes, context).await?;
    print_changed(&user, user.address.locale.as_deref().unwrap_or("no language"))
}

pub(super) async fn delete(
    database: &Database,
    who: &UserArguments,
    context: RequestContext,
) -> Result<(), CommandError> {
    let user = find(database, who.selector()?).await?;
    let deletion =
        Deletion { user_id: user.id.clone(), own_session: None, by: None, expected: None };
    let deleted = deletion.apply(database, context.clone()).await;
    if let Err(DeleteError::Rejected(rejection)) = &deleted {
        audit_refused_command(database, rejection.audited_as(), Some(&user.id), &context).await?;
    }
    deleted?;
    print_changed(&user, "deleted")
}
