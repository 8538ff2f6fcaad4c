//! `GET /api/admin/users`

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use service_kit::{
    input::{Fields, FromFields, Query},
    openapi::{BadRequest, Unauthorized, Unavailable},
    problem::Problem,
};
use utoipa::ToSchema;

use crate::{
    accounts::{SearchText, UserPage, UserPosition, UserQuery},
    http::{
        ApiError, NO_STORE,
        admin_caller::AdminCall,
        admin_user_body::AdminUserBody,
        error_responses::AdminForbidden,
        page_query::{PageQuery, PageSize},
    },
    state::State,
    store::users::administration::UserStatus,
};

/// Which users are wanted.
#[derive(Debug)]
pub(crate) struct UsersQuery {
    query: UserQuery,
    page: PageQuery,
}

impl FromFields for UsersQuery {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (text, status) = (fields.optional_string("q"), fields.optional_string("status"));
        let text = fields.parse("q", text, SearchText::parse).flatten();
        let status = fields.parse("status", status, UserStatus::parse);
        Some(Self { query: UserQuery { text, status }, page: PageQuery::take(fields)? })
    }
}

/// Part of a list of users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsersBody {
    users: Vec<AdminUserBody>,
    /// The cursor of the next page; `null` after the last page.
    next_cursor: Option<String>,
}

/// Lists users: newest first, or those whose name or address begins with `q`, by name, then by address.
///
/// # Errors
/// 400 for a cursor that this service did not make; 401, also without a fresh token; 403 `insufficient_scope`; 503.
#[utoipa::path(
    get,
    path = "/api/admin/users",
    tag = "administration",
    params(
        ("q" = Option<String>, Query, description = "The beginning of a name or an address, or an id"),
        ("status" = Option<String>, Query, description = "`enabled` (or `active`) or `disabled`"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before"),
        ("per_page" = Option<PageSize>, Query, description = "Users of a page"),
    ),
    responses((status = 200, body = UsersBody), BadRequest, Unauthorized, AdminForbidden, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn list_users(
    call: AdminCall<Query<UsersQuery>>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let UsersQuery { query, page: PageQuery { cursor, size } } = call.input.0;
    let list = query.name();
    let position = cursor.map(|cursor| open_cursor(&state, &cursor, &list)).transpose()?;
    let read = move |connection: &mut _| query.page(connection, position.as_ref(), size.get());
    let UserPage { users, next } = state.database.read(read).await?;
    let next_cursor =
        next.map(|position| state.user_cursor_key.sign_text(&position.to_text(), &list));
    let body = UsersBody { users: users.iter().map(AdminUserBody::from).collect(), next_cursor };
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(body))
}

fn open_cursor(state: &State, cursor: &str, list: &str) -> Result<UserPosition, Problem> {
    let text = state.user_cursor_key.verify_text(cursor, list);
    text.as_deref().and_then(UserPosition::parse).ok_or_else(|| {
        Problem::invalid_request("The cursor cannot be used")
            .with_field("cursor", "is not one of this list's, or the filter is another")
    })
}
