//! `auth-service users show`

use database::Database;
use service_kit::timestamp::Timestamp;

use super::{UserArguments, find};
use crate::{
    accounts::has_password,
    cli::{CommandError, print},
};

/// Prints what administrators see, a line for each value.
pub(super) async fn run(database: &Database, who: &UserArguments) -> Result<(), CommandError> {
    let user = find(database, who.selector()?).await?;
    let time = |time: Option<Timestamp>| time.map_or("never".to_owned(), |time| time.to_string());
    let text = |text: Option<&str>| text.unwrap_or("none").to_owned();
    let disabled = user.disabled_at.map(|at| {
        let reason = user.disabled_reason.as_deref().unwrap_or("no reason given");
        format!("since {} ({reason})", Timestamp::from(at))
    });
    for (name, value) in [
        ("id", user.id.to_string()),
        ("username", user.username.clone()),
        ("email", user.email.clone()),
        ("email verified", time(user.address.email_verified_at.map(Timestamp::from))),
        ("pending email", text(user.address.pending_email.as_deref())),
        ("locale", text(user.address.locale.as_deref())),
        ("scope", user.scope.clone()),
        ("ext", user.ext.clone().unwrap_or_else(|| "{}".to_owned())),
        ("disabled", disabled.unwrap_or_else(|| "no".to_owned())),
        ("password", if has_password(&user) { "set" } else { "none" }.to_owned()),
        ("registered", Timestamp::from(user.created_at).to_string()),
        ("last log-in", time(user.last_login_at.map(Timestamp::from))),
    ] {
        print(&format!("{name}: {value}"))?;
    }
    Ok(())
}
