//! Which part of the list a request asks for.

use service_kit::input::{Fields, FromFields};

use super::filter::NamePrefix;

/// The most users on one page.
const MAX_PER_PAGE: u8 = 100;

/// The largest offset of a page by number. Skipping rows costs time per row; a cursor does not.
const MAX_OFFSET: i64 = 100_000;

/// The query of a list of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// Where the page begins.
    pub selector: PageSelector,
    /// How many users it has.
    pub per_page: PerPage,
    /// Which users are in the list.
    pub filter: Option<NamePrefix>,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageSelector {
    /// The page of this number.
    ByNumber(PageNumber),
    /// After the page that returned this cursor; not verified yet.
    ByCursor(String),
}

/// How many users a page has: 1 to 100, default 20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerPage(u8);

/// The number of a page, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageNumber(u64);

/// The page begins after the users that page numbers reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "page numbers reach only the first {MAX_OFFSET} users; use the `next_cursor` of the previous page \
     as `cursor` instead of `page`"
)]
pub struct OffsetTooLarge;

impl PerPage {
    /// The number.
    pub fn get(self) -> i64 {
        i64::from(self.0)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|_| is_digits(text));
        match number.filter(|number| (1..=MAX_PER_PAGE).contains(number)) {
            Some(number) => Ok(Self(number)),
            None => Err(format!("must be a whole number from 1 to {MAX_PER_PAGE}")),
        }
    }
}

impl Default for PerPage {
    fn default() -> Self {
        Self(20)
    }
}

impl PageNumber {
    /// The first page.
    pub const FIRST: Self = Self(1);

    /// The page of that number; `None` for 0.
    pub fn new(number: u64) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// How many users come before the page.
    ///
    /// # Errors
    /// When they are more than `MAX_OFFSET`.
    pub fn offset(self, per_page: PerPage) -> Result<i64, OffsetTooLarge> {
        i64::try_from(self.0 - 1)
            .ok()
            .and_then(|before| before.checked_mul(per_page.get()))
            .filter(|offset| *offset <= MAX_OFFSET)
            .ok_or(OffsetTooLarge)
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        // A number that overflows u64 is a valid number; `offset` rejects it.
        let number = is_digits(text).then(|| text.parse().unwrap_or(u64::MAX));
        number.and_then(Self::new).ok_or("must be a whole number from 1")
    }
}

/// `str::parse` would also accept `+1`.
fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl FromFields for ListQuery {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let page = fields.optional_string("page");
        let has_page = page.is_some();
        let page = fields.parse("page", page, PageNumber::parse);
        let per_page = fields.optional_string("per_page");
        let per_page = fields.parse("per_page", per_page, PerPage::parse);
        let username = fields.optional_string("username");
        let filter = fields.parse("username", username, NamePrefix::parse).flatten();
        let selector = match fields.optional_string("cursor") {
            Some(_) if has_page => {
                return fields.add_error("cursor", "cannot be combined with page");
            }
            Some(cursor) => PageSelector::ByCursor(cursor),
            None => PageSelector::ByNumber(page.unwrap_or(PageNumber::FIRST)),
        };
        // The defaults are for values that were not sent. A wrong value has recorded an error, which rejects the request.
        Some(Self { selector, per_page: per_page.unwrap_or_default(), filter })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{FromRequest, test::TestRequest};
    use service_kit::{input::Query, problem::Problem};

    use super::*;

    async fn parse(query: &str) -> Result<ListQuery, Problem> {
        let request = TestRequest::with_uri(&format!("/api/users?{query}")).to_http_request();
        Query::extract(&request).await.map(|query| query.0)
    }

    async fn error_body(query: &str) -> String {
        let problem = parse(query).await.unwrap_err();
        let body = problem.to_response(None).into_body();
        let bytes = actix_web::body::to_bytes(body).await.unwrap_or_default();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[actix_web::test]
    async fn without_a_query_it_is_the_first_page_of_twenty() {
        let query = parse("").await.unwrap();
        assert_eq!(
            (query.selector, query.per_page.get()),
            (PageSelector::ByNumber(PageNumber::FIRST), 20)
        );
        assert_eq!(query.filter, None);
    }

    #[actix_web::test]
    async fn each_parameter_is_parsed() {
        let query = parse("page=7&per_page=100&username=An").await.unwrap();
        assert_eq!(
            (query.selector, query.per_page.get()),
            (PageSelector::ByNumber(PageNumber(7)), 100)
        );
        assert_eq!(query.filter.unwrap().as_str(), "an");
        assert_eq!(
            parse("cursor=x").await.unwrap().selector,
            PageSelector::ByCursor("x".to_owned())
        );
    }

    #[actix_web::test]
    async fn a_number_out_of_bounds_is_rejected_under_its_name() {
        for bad in ["0", "-1", "abc", "1e9", "1.5", "", "%2B1", "%201", "0x10"] {
            for name in ["page", "per_page"] {
                let body = error_body(&format!("{name}={bad}")).await;
                assert!(
                    body.contains(&format!("\"fields\":{{\"{name}\":[")),
                    "{name}={bad}: {body}"
                );
            }
        }
        for bad in ["101", "256", "1000000000", "99999999999999999999999"] {
            assert!(
                error_body(&format!("per_page={bad}")).await.contains("\"per_page\":["),
                "{bad}"
            );
        }
    }

    #[actix_web::test]
    async fn a_repeated_parameter_is_rejected_under_its_name() {
        for name in ["page", "per_page", "cursor", "username"] {
            let body = error_body(&format!("{name}=1&{name}=2")).await;
            assert!(body.contains(&format!("\"{name}\":[")), "{body}");
        }
    }

    #[actix_web::test]
    async fn a_cursor_and_a_page_do_not_go_together() {
        assert!(error_body("page=1&cursor=x").await.contains("\"cursor\":["));
        assert!(error_body("page=x&cursor=x").await.contains("\"page\":["));
    }

    #[test]
    fn pages_reach_a_hundred_thousand_users_deep() {
        let offset = |page, per_page| PageNumber(page).offset(PerPage(per_page));
        assert_eq!(offset(1, 20), Ok(0));
        assert_eq!(offset(5_001, 20), Ok(100_000));
        assert_eq!(offset(5_002, 20), Err(OffsetTooLarge));
        assert_eq!(offset(u64::MAX, 100), Err(OffsetTooLarge));
        assert!(OffsetTooLarge.to_string().contains("cursor"));
    }
}
