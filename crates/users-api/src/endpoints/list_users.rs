//! `GET /api/users`: users in order of creation, or of name, page by page.

use actix_web::{HttpResponse, http::header::LINK, web::Data};
use claims::actix::{Caller, UsersRead, WithScope};
use database::DatabaseError;
use serde::Serialize;
use service_kit::{
    input::Query,
    openapi::{BadRequest, Forbidden, Unauthorized, Unavailable},
    problem::Problem,
};
use tokio::try_join;
use utoipa::ToSchema;

use super::{no_store_response, viewer_of};
use crate::{
    state::UsersState,
    store::{
        UserRow,
        users::{PageRows, PageStart, Total, count_up_to, list},
    },
    users::{
        filter::NamePrefix,
        link::{LinkBuilder, PagePosition},
        page::{ListQuery, OffsetTooLarge, PageNumber, PageSelector, PerPage},
        user::User,
    },
};

/// With a filter, counting stops here; this total means "more than 10,000".
const MAX_FILTERED_COUNT: i64 = 10_001;

/// A page of users. A page by cursor has no `page`, `total` and `pages`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only for OpenAPI; the two types below are serialized")]
pub(crate) struct UserPage {
    users: Vec<User<'static>>,
    page: Option<u64>,
    per_page: u64,
    total: Option<u64>,
    pages: Option<u64>,
    /// Where the next page begins; null at the end.
    next_cursor: Option<String>,
}

/// A page by number.
#[derive(Serialize)]
struct NumberedPage<'a> {
    users: Vec<User<'a>>,
    page: u64,
    per_page: i64,
    total: i64,
    pages: u64,
    next_cursor: Option<&'a str>,
}

/// A page by cursor.
#[derive(Serialize)]
struct CursorPage<'a> {
    users: Vec<User<'a>>,
    per_page: i64,
    next_cursor: Option<&'a str>,
}

/// Lists users, disabled ones too, in order of creation.
///
/// With a filter that 5,000 or more users match, in order of their names; a list by cursor that has begun in order of
/// creation keeps its order until 10,000 match.
///
/// By number (`page`), with totals; or by `cursor`, which costs the same at any depth. Needs `users:read`;
/// e-mail addresses of other users are shown only with `users:email`.
#[utoipa::path(
    get,
    path = "/api/users",
    tag = "users",
    params(
        ("page" = Option<u64>, Query, description = "The page, from 1, which is the default; not with `cursor`", minimum = 1, example = 1),
        ("per_page" = Option<u64>, Query, description = "Users a page; by default 20", minimum = 1, maximum = 100, example = 20),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before"),
        ("username" = Option<String>, Query, description = "Only names that begin like this", example = "an"),
    ),
    responses(
        (status = 200, body = UserPage, headers(("Link" = String, description = "first, prev, next, last (RFC 8288)"))),
        BadRequest, Unauthorized, Forbidden, Unavailable,
    ),
    security(("access_token" = ["users:read"])),
)]
pub(crate) async fn list_users(
    // `claims::remote::RemoteVerifier` verifies the token and reads no database. In this order: shape and header; the
    // key by `kid` (an unknown one may cost one request to the issuer, which callers share); signature; claims; the
    // revocations in memory (401 `token_revoked`; `token_stale` if the user's rights changed since). 401, or 503 while
    // keys or revocations are missing or too old; then 403 without the scope.
    caller: WithScope<UsersRead>,
    query: Query<ListQuery>,
    state: Data<UsersState>,
) -> Result<HttpResponse, Problem> {
    let Query(ListQuery { selector, per_page, filter }) = query;
    let filter = filter.as_ref();
    match selector {
        PageSelector::ByNumber(page) => {
            list_by_number(&caller, &state, page, per_page, filter).await
        }
        PageSelector::ByCursor(cursor) => {
            list_by_cursor(&caller, &state, &cursor, per_page, filter).await
        }
    }
}

async fn list_by_number(
    caller: &Caller,
    state: &UsersState,
    page: PageNumber,
    per_page: PerPage,
    filter: Option<&NamePrefix>,
) -> Result<HttpResponse, Problem> {
    // Page numbers reach only the first 100,000 users. Beyond that 400, which names the cursor instead.
    let start = PageStart::Offset(page.offset(per_page).map_err(offset_too_large)?);
    let names = filter.map(NamePrefix::range);
    let read = state.database.read(move |connection| {
        let page_rows = list(connection, names.as_ref(), &start, per_page.get())?;
        let count = |names| count_up_to(connection, names, MAX_FILTERED_COUNT);
        // `list` returns `None` only for a cursor.
        Ok((page_rows.unwrap_or_default(), names.as_ref().map(count).transpose()?))
    });
    // On PostgreSQL the page and the unfiltered total are read at the same time.
    let ((page_rows, filtered_total), everyone_total) =
        try_join!(read, unfiltered_total(state, filter))?;
    let PageRows { rows, next_position } = page_rows;
    let next_cursor = next_position.map(|position| state.cursors.sign(&position, filter));
    let next_cursor = next_cursor.as_deref();
    let (total, is_exact) = match filtered_total {
        Some(Total::AtLeast(total)) => (total, false),
        Some(Total::Exact(total)) => (total, true),
        None => (everyone_total.unwrap_or_default(), true),
    };
    let pages = page_count(total, per_page);
    let last = is_exact.then_some(pages.max(1));
    // first; prev; next, by cursor where its offset would be too large; last, unless its offset is too large or the
    // total is only a lower bound.
    let links = LinkBuilder { path_prefix: &state.path_prefix, per_page, filter };
    let links = links.for_numbered_page(PagePosition { page, last, next_cursor });
    let users = users_for(caller, &rows);
    let (page, per_page) = (page.get(), per_page.get());
    let body = NumberedPage { users, page, per_page, total, pages, next_cursor };
    Ok(no_store_response().insert_header((LINK, links)).json(body))
}

/// How many users there are: exact up to 12,000, else at most ten seconds old. `None` if there is a filter: then the
/// matches are counted instead.
async fn unfiltered_total(
    state: &UsersState,
    filter: Option<&NamePrefix>,
) -> Result<Option<i64>, DatabaseError> {
    if filter.is_some() { Ok(None) } else { state.user_count.get().await.map(Some) }
}

async fn list_by_cursor(
    caller: &Caller,
    state: &UsersState,
    cursor: &str,
    per_page: PerPage,
    filter: Option<&NamePrefix>,
) -> Result<HttpResponse, Problem> {
    let position = state.cursors.verify(cursor, filter).ok_or_else(invalid_cursor)?;
    let (names, start) = (filter.map(NamePrefix::range), PageStart::After(position));
    let read = state
        .database
        .read(move |connection| list(connection, names.as_ref(), &start, per_page.get()));
    let PageRows { rows, next_position } = read.await?.ok_or_else(outdated_cursor)?;
    let next_cursor = next_position.map(|position| state.cursors.sign(&position, filter));
    let next_cursor = next_cursor.as_deref();
    let mut response = no_store_response();
    let links = LinkBuilder { path_prefix: &state.path_prefix, per_page, filter };
    if let Some(link) = links.for_cursor_page(next_cursor) {
        response.insert_header((LINK, link));
    }
    let users = users_for(caller, &rows);
    Ok(response.json(CursorPage { users, per_page: per_page.get(), next_cursor }))
}

fn page_count(total: i64, per_page: PerPage) -> u64 {
    u64::try_from(total).unwrap_or(0).div_ceil(per_page.get().unsigned_abs())
}

fn users_for<'a>(caller: &Caller, rows: &'a [UserRow]) -> Vec<User<'a>> {
    let viewer = viewer_of(caller);
    rows.iter().map(|row| User::for_viewer(viewer, row)).collect()
}

fn offset_too_large(error: OffsetTooLarge) -> Problem {
    Problem::invalid_request(error.to_string()).with_field("page", "is too large")
}

fn invalid_cursor() -> Problem {
    let reason = "is invalid or belongs to another filter";
    Problem::invalid_request("The cursor cannot be used").with_field("cursor", reason)
}

fn outdated_cursor() -> Problem {
    let reason = "is outdated because the list has grown; start again from the first page";
    Problem::invalid_request("The cursor cannot be used").with_field("cursor", reason)
}
