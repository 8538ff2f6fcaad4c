//! `GET /api/auth/activity`

use actix_web::{HttpResponse, web::Data};
use service_kit::{
    input::{Fields, FromFields, Query},
    openapi::{BadRequest, Forbidden, Unauthorized, Unavailable},
};

use crate::{
    audit::{CLIENT_RETENTION, EntryBody, Filter, Page, entries_before},
    http::{
        ApiError, NO_STORE,
        audit_page::{AuditPageBody, open_cursor},
        caller::SignedInUser,
        page_query::{PageQuery, PageSize},
    },
    state::State,
};

/// Which part of the caller's activity is wanted.
#[derive(Debug)]
pub(crate) struct ActivityQuery {
    page: PageQuery,
}

impl FromFields for ActivityQuery {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { page: PageQuery::take(fields)? })
    }
}

/// What happened to the caller's own account in the last 90 days, newest first: log-ins, refused ones too, and every
/// change.
///
/// # Errors
/// 400 for a cursor that this service did not make, 401, 503.
#[utoipa::path(
    get,
    path = "/api/auth/activity",
    tag = "accounts",
    params(
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before"),
        ("per_page" = Option<PageSize>, Query, description = "Entries of a page"),
    ),
    responses((status = 200, body = AuditPageBody), BadRequest, Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn list_activity(
    caller: SignedInUser,
    query: Query<ActivityQuery>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let PageQuery { cursor, size } = query.0.page;
    let user_id = caller.user_id.to_string();
    let list = format!("activity\n{user_id}");
    let position = open_cursor(&state, cursor, &list)?;
    let from = Some(state.clock.now_micros() - CLIENT_RETENTION);
    let filter = Filter { subject: Some(user_id), from, ..Filter::default() };
    let read = move |connection: &mut _| {
        entries_before(connection, &filter, position.as_ref(), size.get())
    };
    let Page { entries, next } = state.database.read(read).await?;
    let body = AuditPageBody::new(&state, &entries, next, &list, EntryBody::for_subject);
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(body))
}
