//! The `Link` header (RFC 8288): where the other pages of a list are.

use std::fmt::Write;

use form_urlencoded::Serializer;

use super::{
    filter::NamePrefix,
    page::{PageNumber, PerPage},
};

/// The path of the list, after the prefix that a proxy removes. Links are relative to the host, so they work under
/// every name of it.
const PATH: &str = "/api/users";

/// A list with its page size and its filter, which every link keeps.
#[derive(Clone, Copy, Debug)]
pub struct LinkBuilder<'a> {
    /// The path prefix that a proxy removes.
    pub path_prefix: &'a str,
    /// Users on each page.
    pub per_page: PerPage,
    /// Which users are in the list.
    pub filter: Option<&'a NamePrefix>,
}

/// The position of one page among the others.
#[derive(Clone, Copy, Debug)]
pub struct PagePosition<'a> {
    /// The page.
    pub page: PageNumber,
    /// The last page, 1 at least; `None` if the count stopped earlier.
    pub last: Option<u64>,
    /// The cursor for the users after the page; `None` at the end of the list.
    pub next_cursor: Option<&'a str>,
}

impl LinkBuilder<'_> {
    /// The links of a numbered page: first, prev, next, last. If the next page is beyond the largest offset, `next`
    /// uses the cursor; a `last` beyond it is omitted.
    pub fn for_numbered_page(self, position: PagePosition<'_>) -> String {
        let page = position.page.get();
        let mut header = String::new();
        self.add_page(&mut header, "first", 1);
        if page > 1 {
            // On a page past the end, `prev` points to the last page.
            let before = page - 1;
            self.add_page(
                &mut header,
                "prev",
                position.last.map_or(before, |last| last.min(before)),
            );
        }
        if let Some(cursor) = position.next_cursor
            && !self.add_page(&mut header, "next", page.saturating_add(1))
        {
            self.add(&mut header, "next", "cursor", cursor);
        }
        if let Some(last) = position.last {
            self.add_page(&mut header, "last", last);
        }
        header
    }

    /// The link of a page by cursor: next, if something follows.
    pub fn for_cursor_page(self, next_cursor: Option<&str>) -> Option<String> {
        let mut header = String::new();
        self.add(&mut header, "next", "cursor", next_cursor?);
        Some(header)
    }

    /// Adds a page unless its offset is too large; returns whether it did.
    fn add_page(self, header: &mut String, relation: &str, page: u64) -> bool {
        let reached = PageNumber::new(page).is_some_and(|page| page.offset(self.per_page).is_ok());
        if reached {
            self.add(header, relation, "page", &page.to_string());
        }
        reached
    }

    fn add(self, header: &mut String, relation: &str, name: &str, value: &str) {
        let mut query = Serializer::new(String::new());
        query.append_pair(name, value);
        query.append_pair("per_page", &self.per_page.get().to_string());
        if let Some(prefix) = self.filter {
            query.append_pair("username", prefix.as_str());
        }
        let comma = if header.is_empty() { "" } else { ", " };
        let (prefix, query) = (self.path_prefix, query.finish());
        // Writing to a string does not fail.
        let _ = write!(header, "{comma}<{prefix}{PATH}?{query}>; rel=\"{relation}\"");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(page: u64, last: Option<u64>, next_cursor: Option<&str>) -> String {
        let links = LinkBuilder { path_prefix: "", per_page: PerPage::default(), filter: None };
        let page = PageNumber::new(page).unwrap();
        links.for_numbered_page(PagePosition { page, last, next_cursor })
    }

    #[test]
    fn a_page_in_the_middle_links_to_all_four() {
        assert_eq!(
            links(2, Some(3), Some("c")),
            "</api/users?page=1&per_page=20>; rel=\"first\", \
             </api/users?page=1&per_page=20>; rel=\"prev\", \
             </api/users?page=3&per_page=20>; rel=\"next\", \
             </api/users?page=3&per_page=20>; rel=\"last\""
        );
    }

    #[test]
    fn the_only_page_links_to_itself_alone() {
        assert_eq!(
            links(1, Some(1), None),
            "</api/users?page=1&per_page=20>; rel=\"first\", \
             </api/users?page=1&per_page=20>; rel=\"last\""
        );
    }

    #[test]
    fn behind_the_end_prev_is_the_last_page() {
        let header = links(9, Some(3), None);
        assert!(header.contains("page=3&per_page=20>; rel=\"prev\""), "{header}");
        assert!(!header.contains("next"), "{header}");
    }

    #[test]
    fn a_page_that_numbers_do_not_reach_is_linked_by_cursor_or_not_at_all() {
        let header = links(5_001, Some(60_000), Some("c"));
        assert!(header.contains("</api/users?cursor=c&per_page=20>; rel=\"next\""), "{header}");
        assert!(!header.contains("last"), "{header}");
    }

    #[test]
    fn an_unknown_last_page_is_not_linked() {
        assert!(!links(1, None, Some("c")).contains("last"));
    }

    #[test]
    fn the_filter_stays_and_cannot_break_out_of_its_link() {
        let filter = NamePrefix::parse("a>;,\" &é%").unwrap();
        let per_page = PerPage::default();
        let links = LinkBuilder { path_prefix: "", per_page, filter: filter.as_ref() };
        assert_eq!(
            links.for_cursor_page(Some("c")).unwrap(),
            "</api/users?cursor=c&per_page=20&username=a%3E%3B%2C%22+%26%C3%A9%25>; rel=\"next\""
        );
        assert_eq!(links.for_cursor_page(None), None);
    }
    #[test]
    fn behind_a_prefix_every_link_has_it() {
        let links =
            LinkBuilder { path_prefix: "/users", per_page: PerPage::default(), filter: None };
        let page = PageNumber::new(2).unwrap();
        let header =
            links.for_numbered_page(PagePosition { page, last: Some(3), next_cursor: Some("c") });
        assert_eq!(header.matches("</users/api/users?page=").count(), 4, "{header}");
        let header = links.for_cursor_page(Some("c")).unwrap();
        assert!(header.starts_with("</users/api/users?cursor=c"), "{header}");
    }
}
