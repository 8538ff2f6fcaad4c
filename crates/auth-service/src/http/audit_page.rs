//! Pages of the audit log: the cursor, and the response.

use serde::Serialize;
use service_kit::problem::Problem;
use utoipa::ToSchema;

use super::ApiError;
use crate::{
    audit::{CLIENT_RETENTION, EntryBody},
    state::State,
    store::audit::{AuditRow, page::LogPosition},
};

/// Part of the audit log, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditPageBody {
    entries: Vec<EntryBody>,
    /// The cursor of the next page; `null` after the last page.
    next_cursor: Option<String>,
}

impl AuditPageBody {
    /// The page with these entries, each changed by `adapt`.
    pub(crate) fn new(
        state: &State,
        entries: &[AuditRow],
        next: Option<LogPosition>,
        list: &str,
        adapt: impl Fn(EntryBody) -> EntryBody,
    ) -> Self {
        let without_client = state.clock.now_micros() - CLIENT_RETENTION;
        let body = |row: &AuditRow| {
            let body = adapt(row.into());
            // The job may not have removed them from the row yet.
            if row.at < without_client { body.without_client() } else { body }
        };
        let next_cursor = next.and_then(|position| state.audit_cursor_key.sign(&position, list));
        Self { entries: entries.iter().map(body).collect(), next_cursor }
    }
}

/// Opens a cursor.
///
/// # Errors
/// 400 for a cursor that this service did not make, or that belongs to another list.
pub(crate) fn open_cursor(
    state: &State,
    cursor: Option<String>,
    list: &str,
) -> Result<Option<LogPosition>, ApiError> {
    let Some(cursor) = cursor else { return Ok(None) };
    let position = state.audit_cursor_key.verify(&cursor, list).ok_or_else(|| {
        Problem::invalid_request("The cursor cannot be used")
            .with_field("cursor", "is not one of this list's, or the filter is another")
    })?;
    Ok(Some(position))
}
