//! Pages of the audit log: the parameters of a query, and the response.

use serde::Serialize;
use service_kit::{input::Fields, problem::Problem};
use utoipa::ToSchema;

use super::ApiError;
use crate::{
    audit::{CLIENT_RETENTION, EntryBody},
    state::State,
    store::audit::{AuditRow, page::Place},
};

/// Entries of a page unless the caller asks for another number.
const DEFAULT_SIZE: usize = 50;

/// The most entries of a page.
const MAX_SIZE: usize = 100;

/// How many entries a page has.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(value_type = u32, minimum = 1, maximum = 100, default = 50)]
pub(crate) struct PageSize(usize);

impl PageSize {
    /// The number.
    pub(crate) fn get(self) -> usize {
        self.0
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let size = text.parse().ok().filter(|size| is_plain && (1..=MAX_SIZE).contains(size));
        size.map(Self).ok_or("is not from 1 to 100")
    }
}

/// Where a page begins and how long it is.
#[derive(Debug)]
pub(crate) struct PageStart {
    /// The cursor as it was sent.
    pub(crate) cursor: Option<String>,
    /// The number of entries.
    pub(crate) size: PageSize,
}

impl PageStart {
    /// Takes both from a query.
    pub(crate) fn take(fields: &mut Fields) -> Option<Self> {
        let (cursor, size) = (fields.optional_string("cursor"), fields.optional_string("per_page"));
        let is_given = size.is_some();
        let size = fields.parse("per_page", size, PageSize::parse);
        Some(Self { cursor, size: if is_given { size? } else { PageSize(DEFAULT_SIZE) } })
    }
}

/// Part of the audit log, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditPageBody {
    entries: Vec<EntryBody>,
    /// For the page after this one; `null` where there is none.
    next_cursor: Option<String>,
}

impl AuditPageBody {
    /// The page with these entries, each changed by `adapt`.
    pub(crate) fn new(
        state: &State,
        entries: &[AuditRow],
        next: Option<Place>,
        list: &str,
        adapt: impl Fn(EntryBody) -> EntryBody,
    ) -> Self {
        let without_client = state.clock.now_micros() - CLIENT_RETENTION;
        let body = |row: &AuditRow| {
            let body = adapt(row.into());
            // The job may not have removed them from the row yet.
            if row.at < without_client { body.without_client() } else { body }
        };
        let next_cursor = next.and_then(|place| state.audit_cursor_key.seal(&place, list));
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
) -> Result<Option<Place>, ApiError> {
    let Some(cursor) = cursor else { return Ok(None) };
    let place = state.audit_cursor_key.open(&cursor, list).ok_or_else(|| {
        Problem::invalid_request("The cursor cannot be used")
            .with_field("cursor", "is not one of this list's, or the filter is another")
    })?;
    Ok(Some(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_1_to_100_entries() {
        for good in ["1", "50", "100"] {
            assert_eq!(PageSize::parse(good).unwrap().get().to_string(), good);
        }
        for bad in ["", "0", "101", "-1", "+5", "1.0", "abc", " 5", "1e2", "99999999999999999999"] {
            assert!(PageSize::parse(bad).is_err(), "{bad}");
        }
    }
}
