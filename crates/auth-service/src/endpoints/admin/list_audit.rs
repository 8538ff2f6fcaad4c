//! `GET /api/admin/audit`

use actix_web::{HttpResponse, web::Data};
use service_kit::{
    input::{Fields, FromFields, Query},
    openapi::{BadRequest, Forbidden, Unauthorized, Unavailable},
};

use crate::{
    audit::{EventFilter, Filter, Page, entries_before, parse_outcome, parse_party, parse_time},
    http::{
        ApiError, NO_STORE,
        admin_caller::AdminCall,
        audit_page::{AuditPageBody, open_cursor},
        page_query::{PageQuery, PageSize},
    },
    state::State,
};

/// Which entries are wanted.
#[derive(Debug)]
pub(crate) struct AuditQuery {
    filter: Filter,
    page: PageQuery,
}

impl FromFields for AuditQuery {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let mut parsed = |name: &str| fields.optional_string(name);
        let (actor, subject, event) = (parsed("actor"), parsed("subject"), parsed("event"));
        let (ending, from, to) = (parsed("outcome"), parsed("from"), parsed("to"));
        let filter = Filter {
            actor: fields.parse("actor", actor, parse_party),
            subject: fields.parse("subject", subject, parse_party),
            event: fields.parse("event", event, EventFilter::parse),
            outcome: fields.parse("outcome", ending, parse_outcome),
            from: fields.parse("from", from, parse_time),
            to: fields.parse("to", to, parse_time),
        };
        Some(Self { filter, page: PageQuery::take(fields)? })
    }
}

/// The audit log, newest first.
///
/// # Errors
/// 400 for a filter that can match nothing and a cursor that this service did not make; 401, also without a fresh
/// token; 403 `insufficient_scope`; 503.
#[utoipa::path(
    get,
    path = "/api/admin/audit",
    tag = "administration",
    params(
        ("actor" = Option<String>, Query, description = "Who did it: an id, or `operator`, `system`, `anonymous`"),
        ("subject" = Option<String>, Query, description = "What it was done to: an id"),
        ("event" = Option<String>, Query, description = "An event, or a group such as `user.*`"),
        ("outcome" = Option<String>, Query, description = "`success` or `refused`"),
        ("from" = Option<String>, Query, description = "RFC 3339: not before this time"),
        ("to" = Option<String>, Query, description = "RFC 3339: before this time"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page with the same filter"),
        ("per_page" = Option<PageSize>, Query, description = "Entries of a page"),
    ),
    responses((status = 200, body = AuditPageBody), BadRequest, Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn list_audit(
    call: AdminCall<Query<AuditQuery>>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let AuditQuery { mut filter, page: PageQuery { cursor, size } } = call.input.0;
    let list = format!("audit\n{}", filter.name());
    let position = open_cursor(&state, cursor, &list)?;
    // Entries older than the retention are not shown. The job may not have deleted them yet.
    let kept_from = state.clock.now_micros() - state.settings.audit_retention;
    filter.from = filter.from.max(Some(kept_from));
    let read = move |connection: &mut _| {
        entries_before(connection, &filter, position.as_ref(), size.get())
    };
    let Page { entries, next } = state.database.read(read).await?;
    let body = AuditPageBody::new(&state, &entries, next, &list, |entry| entry);
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(body))
}
