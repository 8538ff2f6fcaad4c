//! `auth-service users password-reset`

use database::Database;

use super::{UserArguments, find, print_changed, refused_command::audit_refused_command};
use crate::{
    accounts::{MadeLink, PasswordLink, PasswordLinkError},
    audit::RequestContext,
    cli::{CommandError, print},
    mail::LinkPurpose,
    settings::AuthSettings,
};

/// Writes the mail into the outbox; a running service sends it within a second. Where mail is off, prints the link.
pub(super) async fn run(
    database: &Database,
    settings: &AuthSettings,
    who: &UserArguments,
    context: RequestContext,
) -> Result<(), CommandError> {
    let user = find(database, who.selector()?).await?;
    let (mail, purpose) = (&settings.mail, LinkPurpose::HandedReset);
    let lifetime = mail.lifetimes.of(purpose);
    let link = PasswordLink { user_id: user.id.clone(), held: None, by: None, lifetime };
    let made = link.make(database, &mail.policy(), context.clone()).await;
    if let Err(PasswordLinkError::Rejected(rejection)) = &made {
        audit_refused_command(database, rejection.audited_as(), Some(&user.id), &context).await?;
    }
    match made? {
        MadeLink::Mailed => print_changed(&user, "a link is sent"),
        MadeLink::ToHandOver(token) => print(&token.link(mail.front_url.as_str(), purpose)),
    }
}
