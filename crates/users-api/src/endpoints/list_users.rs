//! `GET /api/users`: users in the order in which they came, page by page.

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

use super::{private_answer, viewer};
use crate::{
    state::UsersState,
    store::{
        UserRow,
        users::{PageRows, PageStart, Total, count_up_to, list},
    },
    users::{
        filter::NamePrefix,
        link::{Links, PageContext},
        page::{ListQuery, PageNumber, PageSelector, PerPage, TooDeep},
        user::User,
    },
};

/// With a filter, users are counted up to here, which then stands for "more than 10,000".
const MOST_COUNTED: i64 = 10_001;

/// A page of users. A page by cursor has no `page`, `total` and `pages`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes; the two types below are what is sent")]
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

/// Lists users in the order in which they came; under a filter that 5,000 users or more match, in the order of names.
///
/// By number (`page`), with totals; or by `cursor`, which costs the same however deep. Needs `users:read`;
/// addresses of others are shown with `users:email` only.
#[utoipa::path(
    get,
    path = "/api/users",
    tag = "users",
    params(
        ("page" = Option<u64>, Query, description = "The page, from 1; not with `cursor`", minimum = 1, example = 1),
        ("per_page" = Option<u64>, Query, description = "Users a page", minimum = 1, maximum = 100, example = 20),
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
    caller: WithScope<UsersRead>,
    query: Query<ListQuery>,
    state: Data<UsersState>,
) -> Result<HttpResponse, Problem> {
    let Query(ListQuery { start, per_page, filter }) = query;
    let filter = filter.as_ref();
    match start {
        PageSelector::Page(page) => by_number(&caller, &state, page, per_page, filter).await,
        PageSelector::Cursor(cursor) => by_cursor(&caller, &state, &cursor, per_page, filter).await,
    }
}

async fn by_number(
    caller: &Caller,
    state: &UsersState,
    page: PageNumber,
    per_page: PerPage,
    filter: Option<&NamePrefix>,
) -> Result<HttpResponse, Problem> {
    let start = PageStart::Offset(page.offset(per_page).map_err(too_deep)?);
    let names = filter.map(NamePrefix::range);
    let read = state.database.read(move |connection| {
        let rows = list(connection, names.as_ref(), &start, per_page.get())?;
        let count = |names| count_up_to(connection, names, MOST_COUNTED);
        Ok((rows.unwrap_or_default(), names.as_ref().map(count).transpose()?))
    });
    // Both at once, so that a caller waits for one answer of the database and not for two.
    let ((rows, filtered), everyone) = try_join!(read, total_of_everyone(state, filter))?;
    let PageRows { rows, next } = rows;
    let next_cursor = next.map(|key| state.cursors.seal(&key, filter));
    let next_cursor = next_cursor.as_deref();
    let (total, is_exact) = match filtered {
        Some(Total::AtLeast(total)) => (total, false),
        Some(Total::Exact(total)) => (total, true),
        None => (everyone.unwrap_or_default(), true),
    };
    let pages = pages(total, per_page);
    let last = is_exact.then_some(pages.max(1));
    let links = Links { path_prefix: &state.path_prefix, per_page, filter };
    let links = links.of_page(PageContext { page, last, next_cursor });
    let users = seen_by(caller, &rows);
    let (page, per_page) = (page.get(), per_page.get());
    let body = NumberedPage { users, page, per_page, total, pages, next_cursor };
    Ok(private_answer().insert_header((LINK, links)).json(body))
}

/// `None` under a filter, where others are counted.
async fn total_of_everyone(
    state: &UsersState,
    filter: Option<&NamePrefix>,
) -> Result<Option<i64>, DatabaseError> {
    if filter.is_some() { Ok(None) } else { state.totals.get().await.map(Some) }
}

async fn by_cursor(
    caller: &Caller,
    state: &UsersState,
    cursor: &str,
    per_page: PerPage,
    filter: Option<&NamePrefix>,
) -> Result<HttpResponse, Problem> {
    let key = state.cursors.open(cursor, filter).ok_or_else(foreign_cursor)?;
    let (names, start) = (filter.map(NamePrefix::range), PageStart::After(key));
    let read = state
        .database
        .read(move |connection| list(connection, names.as_ref(), &start, per_page.get()));
    let PageRows { rows, next } = read.await?.ok_or_else(outdated_cursor)?;
    let next_cursor = next.map(|key| state.cursors.seal(&key, filter));
    let next_cursor = next_cursor.as_deref();
    let mut answer = private_answer();
    let links = Links { path_prefix: &state.path_prefix, per_page, filter };
    if let Some(link) = links.of_cursor(next_cursor) {
        answer.insert_header((LINK, link));
    }
    let users = seen_by(caller, &rows);
    Ok(answer.json(CursorPage { users, per_page: per_page.get(), next_cursor }))
}

fn pages(total: i64, per_page: PerPage) -> u64 {
    u64::try_from(total).unwrap_or(0).div_ceil(per_page.get().unsigned_abs())
}

fn seen_by<'a>(caller: &Caller, rows: &'a [UserRow]) -> Vec<User<'a>> {
    let viewer = viewer(caller);
    rows.iter().map(|row| User::seen_by(viewer, row)).collect()
}

fn too_deep(error: TooDeep) -> Problem {
    Problem::invalid_request(error.to_string()).with_field("page", "begins too deep")
}

fn foreign_cursor() -> Problem {
    let fault = "is not one that this list, with this filter, gave out";
    Problem::invalid_request("The cursor cannot be used").with_field("cursor", fault)
}

fn outdated_cursor() -> Problem {
    let fault = "the list has grown too much since; start again with its first page";
    Problem::invalid_request("The cursor cannot be used").with_field("cursor", fault)
}
