//! The audit entry of a refused command.

use database::Database;
use service_kit::ids::UserId;

use crate::{
    audit::{self, Event, RequestContext},
    cli::CommandError,
};

/// Adds an entry about a refused command to the audit log, if there is a reason that is audited. `id` is the user that
/// the command would have changed.
pub(super) async fn audit_refused_command(
    database: &Database,
    reason: Option<&'static str>,
    id: Option<&UserId>,
    context: &RequestContext,
) -> Result<(), CommandError> {
    let Some(reason) = reason else { return Ok(()) };
    let entry = context.refused(Event::AdminRefused, reason);
    let entry = entry.about_user_if_any(id);
    Ok(audit::transaction(database, move |transaction| transaction.audit(entry.clone())).await?)
}
