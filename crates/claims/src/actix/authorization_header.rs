//! Finding the one Bearer token of a request (RFC 6750 §2.1).

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use crate::Rejection;

/// The token in the `Authorization` header; `None` when there is no such header.
///
/// Tokens in the query or in a form are not looked for.
///
/// # Errors
/// [`Rejection::NotBearer`] when there are several such headers, when the scheme is not `Bearer`
/// (its case is ignored), or when no token follows it.
pub fn bearer_token(headers: &HeaderMap) -> Result<Option<&str>, Rejection> {
    let mut all = headers.get_all(AUTHORIZATION);
    let Some(header) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(Rejection::NotBearer);
    }
    let text = header.to_str().map_err(|_| Rejection::NotBearer)?;
    let (scheme, token) = text.split_once(' ').ok_or(Rejection::NotBearer)?;
    let token = token.trim_matches(' ');
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(Rejection::NotBearer);
    }
    Ok(Some(token))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for value in values {
            map.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        map
    }

    #[test]
    fn one_bearer_header_gives_its_token() {
        for text in ["Bearer a.b.c", "bearer a.b.c", "BEARER  a.b.c"] {
            assert_eq!(bearer_token(&headers(&[text])), Ok(Some("a.b.c")), "{text}");
        }
    }

    #[test]
    fn no_header_is_no_token() {
        assert_eq!(bearer_token(&headers(&[])), Ok(None));
    }

    #[test]
    fn anything_but_one_bearer_token_is_rejected() {
        let rejected: [&[&str]; 7] = [
            &[""],
            &["Bearer"],
            &["Bearer "],
            &["Basic YTpi"],
            &["a.b.c"],
            &["Bearer a.b.c", "Bearer a.b.c"],
            &["Bearer é"],
        ];
        for values in rejected {
            assert_eq!(bearer_token(&headers(values)), Err(Rejection::NotBearer), "{values:?}");
        }
    }
}
