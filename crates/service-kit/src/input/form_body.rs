//! The form in the body of a request, as OAuth sends it.

use std::{fmt, future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode};
use percent_encoding::percent_decode;
use url::form_urlencoded;

use super::body::{ContentTypeMatch, read_body};
use crate::problem::Problem;

/// The only media type that a form may have.
const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The parameters of a form, decoded, in the order of the form. Repeated ones are kept, because the protocol decides
/// about repetition. Errors: 400, 408, 413 or 415.
pub struct FormBody(pub Vec<(String, String)>);

/// Forms carry secrets, so only names are shown.
impl fmt::Debug for FormBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl FromRequest for FormBody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = ContentTypeMatch::of(request, MEDIA_TYPE);
        let body = read_body(request, payload);
        Box::pin(async move { parse(&body.await?, media_type).map(Self) })
    }
}

fn parse(body: &[u8], media_type: ContentTypeMatch) -> Result<Vec<(String, String)>, Problem> {
    // Without content the media type does not matter; the protocol decides what is missing.
    if body.is_empty() {
        return Ok(Vec::new());
    }
    if media_type != ContentTypeMatch::Expected {
        let detail = "The body must be application/x-www-form-urlencoded";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::new(status, "unsupported_media_type", detail));
    }
    // Invalid UTF-8 would be replaced and change the meaning. (RFC 6749 appendix B allows UTF-8 only.)
    if percent_decode(body).decode_utf8().is_err() {
        return Err(Problem::invalid_request("The form is not UTF-8"));
    }
    Ok(form_urlencoded::parse(body).into_owned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_keep_their_order_and_repetitions() {
        let form = parse(b"scope=a%20b+c&x=&scope=d", ContentTypeMatch::Expected).unwrap();
        let pairs = [("scope", "a b c"), ("x", ""), ("scope", "d")];
        assert_eq!(form, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_missing_or_other_media_type_is_rejected() {
        for media_type in [ContentTypeMatch::Other, ContentTypeMatch::Missing] {
            let problem = parse(b"a=b", media_type).unwrap_err();
            assert_eq!(problem.code(), "unsupported_media_type");
            assert!(parse(b"", media_type).unwrap().is_empty());
        }
    }

    #[test]
    fn a_form_that_is_not_utf_8_is_rejected() {
        for body in [
            &b"a=%ff"[..],
            b"a=\xff",
            b"%ff=a",
            b"a=1&b=%c3",
            b"a=%c0%80",
            b"a=%ed%a0%80",
            b"a=\xe9&b=1",
            // A character that is cut in two by the next parameter.
            b"a=%c3&%a9=1",
        ] {
            let problem = parse(body, ContentTypeMatch::Expected).unwrap_err();
            assert_eq!(problem.code(), "invalid_request", "{body:?}");
        }
        let form = parse("a=%c3%a9é%00".as_bytes(), ContentTypeMatch::Expected).unwrap();
        assert_eq!(form, [("a".to_owned(), "éé\0".to_owned())]);
    }

    #[test]
    fn a_form_does_not_print_its_values() {
        let form = FormBody(vec![("client_secret".to_owned(), "s3cret".to_owned())]);
        assert_eq!(format!("{form:?}"), r#"["client_secret"]"#);
    }
}
