//! `auth-service users invite`

use clap::Args;
use database::Database;

use super::refused_command::audit_refused_command;
use crate::{
    accounts::{self, EmailAddress, Ext, Invite, check_grant},
    audit::RequestContext,
    cli::{CommandError, print},
    mail::Locale,
    scopes,
    settings::{AuthSettings, RegistrationMode},
};

/// The person to invite, and what the new user gets.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct InviteArguments {
    /// The e-mail address.
    address: String,
    /// The scopes of the new user, separated by spaces; by default those of AUTH_DEFAULT_SCOPES.
    #[arg(long)]
    scope: Option<String>,
    /// Further claims of the new user's tokens: a JSON object of at most 1024 bytes.
    #[arg(long, value_name = "JSON")]
    ext: Option<String>,
    /// The language of the mail.
    #[arg(long, value_name = "LANGUAGE")]
    locale: Option<String>,
}

impl InviteArguments {
    fn plan(&self, settings: &AuthSettings) -> Result<Invite, String> {
        let email = EmailAddress::parse(&self.address).map_err(|why| format!("address: {why}"))?;
        let scopes = self.scope.as_deref().map(|text| {
            let scopes = scopes::parse(text)?;
            let checked = check_grant(scopes, None, &settings.known_scopes);
            checked.map_err(|rejection| rejection.to_string())
        });
        let scopes = scopes.transpose().map_err(|why| format!("scope: {why}"))?;
        let ext = self.ext.as_deref().map(Ext::parse).transpose();
        let ext = ext.map_err(|why| format!("the JSON {why}"))?.flatten();
        let locale = self.locale.as_deref().map(Locale::parse).transpose();
        let locale = locale.map_err(|why| format!("locale: {why}"))?;
        Ok(Invite { email, scopes, ext, locale })
    }
}

/// Writes the mail into the outbox. A running service sends it within a second.
pub(super) async fn run(
    arguments: &InviteArguments,
    database: &Database,
    settings: &AuthSettings,
    context: &RequestContext,
) -> Result<(), CommandError> {
    if !settings.mail.is_on() {
        return Err("AUTH_MAIL is off: an invite is a mail".into());
    }
    if settings.registration == RegistrationMode::Closed {
        return Err("AUTH_REGISTRATION is closed: make the user instead (users create)".into());
    }
    let invite = arguments.plan(settings)?;
    let address = invite.email.display().to_owned();
    let invited = accounts::invite(database, &settings.mail.policy(), invite, None, context).await;
    if let Err(error) = &invited {
        audit_refused_command(database, error.audited_as(), None, context).await?;
    }
    invited?;
    print(&format!("{address}  invited"))
}
