//! `auth-service users unblock`

use database::Database;

use super::{UserArguments, find, print_changed};
use crate::{
    accounts,
    audit::RequestContext,
    cli::CommandError,
    secrets_key::{Purpose, SecretsKey},
    settings::AuthSettings,
    throttle::AttemptKeys,
};

/// Needs the key of the service: the failures are stored under keys that are made with it.
pub(super) async fn run(
    database: &Database,
    settings: &AuthSettings,
    who: &UserArguments,
    context: &RequestContext,
) -> Result<(), CommandError> {
    let key = SecretsKey::open(&settings.secrets_key)?;
    key.check(database).await?;
    let keys = AttemptKeys::new(&key.derive(Purpose::AttemptKeys));
    let user = find(database, who.selector()?).await?;
    let forgotten = accounts::unblock(database, &keys, &user, context).await?;
    print_changed(&user, if forgotten { "unblocked" } else { "was not blocked" })
}
