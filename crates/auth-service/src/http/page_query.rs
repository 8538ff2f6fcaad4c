//! The parameters of a request for one page of a list.

use service_kit::input::Fields;
use utoipa::ToSchema;

/// Entries of a page if the caller asks for no other number.
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

/// The parameters `cursor` and `per_page`.
#[derive(Debug)]
pub(crate) struct PageQuery {
    /// The cursor as it was sent.
    pub(crate) cursor: Option<String>,
    /// The number of entries.
    pub(crate) size: PageSize,
}

impl PageQuery {
    /// Takes them from the fields of a query.
    pub(crate) fn take(fields: &mut Fields) -> Option<Self> {
        let (cursor, size) = (fields.optional_string("cursor"), fields.optional_string("per_page"));
        let is_given = size.is_some();
        let size = fields.parse("per_page", size, PageSize::parse);
        Some(Self { cursor, size: if is_given { size? } else { PageSize(DEFAULT_SIZE) } })
    }
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
