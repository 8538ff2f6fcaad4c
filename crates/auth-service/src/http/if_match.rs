//! The header `If-Match` (RFC 9110 §13.1.1): a change is made only if the account was not changed meanwhile.

use actix_web::{
    HttpRequest,
    http::header::{ETAG, HeaderName, HeaderValue, IF_MATCH},
};

use crate::{
    accounts::{ExpectedRevisions, revision},
    store::users::UserRow,
};

/// The revisions that the account may have; `None` if any will do: no header, or `*`.
pub(crate) fn expected_revisions(request: &HttpRequest) -> Option<ExpectedRevisions> {
    let mut lines = request.headers().get_all(IF_MATCH).peekable();
    lines.peek()?;
    let tags: Vec<&[u8]> = lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .collect();
    if tags == [b"*"] {
        return None;
    }
    Some(ExpectedRevisions(tags.into_iter().filter_map(strong_tag).collect()))
}

/// The text of a strong entity tag. A weak one (`W/"…"`) matches nothing here, as the RFC demands.
fn strong_tag(tag: &[u8]) -> Option<String> {
    let text = str::from_utf8(tag).ok()?;
    Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// The header `ETag` of an account.
pub(crate) fn etag(user: &UserRow) -> (HeaderName, HeaderValue) {
    // A revision is base64url, so it is always a valid header value.
    let value = HeaderValue::try_from(format!("\"{}\"", revision(user)));
    (ETAG, value.unwrap_or_else(|_| HeaderValue::from_static("\"\"")))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn expected(lines: &[&str]) -> Option<Vec<String>> {
        let request = lines
            .iter()
            .fold(TestRequest::get(), |request, line| request.append_header((IF_MATCH, *line)));
        expected_revisions(&request.to_http_request()).map(|expected| expected.0)
    }

    #[test]
    fn strong_tags_count_and_everything_else_matches_nothing() {
        assert_eq!((expected(&[]), expected(&["*"])), (None, None));
        assert_eq!(expected(&[r#""a""#]), Some(vec!["a".to_owned()]));
        let both = Some(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(expected(&[r#""a", "b""#]), both);
        assert_eq!(expected(&[r#""a""#, r#""b""#]), both);
        for other in [r#"W/"a""#, "a", "", r#"""#, "*, *"] {
            assert_eq!(expected(&[other]), Some(vec![]), "{other}");
        }
    }
}
