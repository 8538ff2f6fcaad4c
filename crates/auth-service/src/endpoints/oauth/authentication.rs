//! Which client calls: HTTP Basic or parameters (RFC 6749 §2.3.1), never both.

use actix_web::{
    HttpRequest,
    http::header::{AUTHORIZATION, HeaderMap},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use service_kit::problem::Problem;
use url::form_urlencoded;

use super::{OAuthError, Parameters};
use crate::{
    clients::{self, ClientSecret},
    state::State,
    store::clients::ClientRow,
};

/// The client, if it proves that it is one that lives.
///
/// # Errors
/// [`OAuthError::InvalidClient`], [`OAuthError::InvalidRequest`] with two sets of credentials, 503.
pub async fn authenticated_client(
    request: &HttpRequest,
    parameters: &mut Parameters,
    state: &State,
) -> Result<ClientRow, actix_web::Error> {
    let (id, secret) = credentials(request.headers(), parameters)?;
    let client = clients::authenticate(&state.database, &id, &secret).await;
    client.map_err(Problem::from)?.ok_or_else(|| {
        tracing::warn!("a client's authentication failed");
        OAuthError::InvalidClient.into()
    })
}

/// The one set of credentials of a call, not verified.
fn credentials(
    headers: &HeaderMap,
    parameters: &mut Parameters,
) -> Result<(String, ClientSecret), OAuthError> {
    let (id, secret) = (parameters.take("client_id"), parameters.take("client_secret"));
    let mut sent = headers.get_all(AUTHORIZATION);
    let pair = match (sent.next(), sent.next()) {
        (None, _) => id.zip(secret).ok_or(OAuthError::InvalidClient)?,
        (Some(header), None) => {
            let pair = header.to_str().ok().and_then(basic).ok_or(OAuthError::InvalidClient)?;
            // A client may tell its id in the form as well, if it is the same.
            if secret.is_some() || id.is_some_and(|id| id != pair.0) {
                return Err(OAuthError::InvalidRequest("Send the client's credentials once"));
            }
            pair
        }
        _ => return Err(OAuthError::InvalidRequest("There are several Authorization headers")),
    };
    Ok((pair.0, ClientSecret::presented(pair.1)))
}

/// Id and secret of `Basic …` (RFC 7617), each form-encoded before they were joined.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = String::from_utf8(STANDARD.decode(encoded.trim_matches(' ')).ok()?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    // One value: an ampersand that was left as it is must not end it.
    let form = format!("={}", text.replace('&', "%26"));
    let mut pairs = form_urlencoded::parse(form.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use service_kit::input::FormBody;

    use super::*;

    fn found(headers: &[&str], form: &[(&str, &str)]) -> Result<(String, String), OAuthError> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(AUTHORIZATION, HeaderValue::from_str(header).unwrap());
        }
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let form = FormBody(form.iter().map(owned).collect());
        let (id, secret) = credentials(&map, &mut Parameters::new(form).unwrap())?;
        Ok((id, secret.expose().to_owned()))
    }

    fn header(joined: &str) -> String {
        format!("Basic {}", STANDARD.encode(joined))
    }

    #[test]
    fn a_client_proves_itself_by_basic_or_by_parameters() {
        let expected = Ok(("a b".to_owned(), "c&d:%".to_owned()));
        assert_eq!(found(&[&header("a+b:c%26d%3A%25")], &[]), expected);
        assert_eq!(found(&[&header("a%20b:c&d:%25")], &[]), expected);
        assert_eq!(found(&[], &[("client_id", "a b"), ("client_secret", "c&d:%")]), expected);
        assert_eq!(found(&[&header("a+b:c&d:%25")], &[("client_id", "a b")]), expected);
    }

    #[test]
    fn two_sets_of_credentials_are_an_invalid_request() {
        let basic = header("a:b");
        for (headers, form) in [
            (vec![basic.as_str()], vec![("client_id", "a"), ("client_secret", "b")]),
            (vec![basic.as_str()], vec![("client_secret", "b")]),
            (vec![basic.as_str()], vec![("client_id", "other")]),
            (vec![basic.as_str(), basic.as_str()], vec![]),
        ] {
            let refused = found(&headers, &form);
            assert!(matches!(refused, Err(OAuthError::InvalidRequest(_))), "{refused:?}");
        }
    }

    #[test]
    fn credentials_that_are_missing_or_none_are_an_invalid_client() {
        let no_colon = header("ab");
        for (headers, form) in [
            (vec![], vec![]),
            (vec![], vec![("client_id", "a")]),
            (vec![], vec![("client_secret", "b")]),
            (vec!["Bearer a.b.c"], vec![]),
            (vec!["Basic"], vec![]),
            (vec!["Basic !"], vec![]),
            (vec![no_colon.as_str()], vec![]),
        ] {
            assert_eq!(found(&headers, &form), Err(OAuthError::InvalidClient), "{headers:?}");
        }
    }
}
