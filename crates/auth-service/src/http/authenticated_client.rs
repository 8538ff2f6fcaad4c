//! Authenticates the calling service account: by HTTP Basic or by parameters (RFC 6749 §2.3.1), never both.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{AUTHORIZATION, HeaderMap},
    web::Data,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use service_kit::{ids::ClientId, input::FormBody, problem::Problem};
use url::form_urlencoded;

use super::{
    ApiError, oauth_error::OAuthError, oauth_parameters::Parameters, request_context,
    source_limit::count_client_failure,
};
use crate::{
    audit::{Actor, Entry, Event},
    clients::{self, ClientSecret},
    state::State,
    store::clients::ClientRow,
};

/// The form of a request of a service account.
pub(crate) trait ClientForm: Sized {
    /// Checks what makes a form invalid for every client. Runs before the client is authenticated.
    ///
    /// # Errors
    /// See [`OAuthError`].
    fn check(_: &mut Parameters) -> Result<(), OAuthError> {
        Ok(())
    }

    /// Reads the form, after the client is authenticated.
    ///
    /// # Errors
    /// See [`OAuthError`].
    fn read(parameters: &mut Parameters) -> Result<Self, OAuthError>;
}

/// The service account that calls, authenticated, and its form.
///
/// Fails with [`OAuthError::InvalidClient`], with [`OAuthError::InvalidRequest`] for two sets of credentials, with the
/// errors of the form, and with 413, 415, 429 and 503.
pub(crate) struct AuthenticatedClient<F> {
    /// The account. It was enabled when it was read.
    pub(crate) client: ClientRow,
    /// The form.
    pub(crate) form: F,
}

impl<F: ClientForm> FromRequest for AuthenticatedClient<F> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = FormBody::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move { Ok(authenticated(&request, form.await?).await?) })
    }
}

async fn authenticated<F: ClientForm>(
    request: &HttpRequest,
    form: FormBody,
) -> Result<AuthenticatedClient<F>, ApiError> {
    let state = request.app_data::<Data<State>>().ok_or_else(|| Problem::internal("no state"))?;
    let mut parameters = Parameters::new(form)?;
    F::check(&mut parameters)?;
    let mut claimed = None;
    let client = match credentials(request.headers(), &mut parameters) {
        Ok(ClientCredentials { id, secret }) => {
            claimed = ClientId::parse(&id);
            clients::authenticate(&state.database, &id, &secret).await?
        }
        Err(OAuthError::InvalidClient) => None,
        Err(error) => return Err(error.into()),
    };
    let Some(client) = client else {
        tracing::warn!("a client's authentication failed");
        let context = request_context(request, state, Actor::Anonymous);
        let refused = context.refused(Event::ClientAuthenticationFailed, "invalid_client");
        state.refused_calls.add(claimed.iter().fold(refused, Entry::about_client));
        count_client_failure(request, state)?;
        return Err(OAuthError::InvalidClient.into());
    };
    Ok(AuthenticatedClient { client, form: F::read(&mut parameters)? })
}

/// The credentials of a request, not verified.
struct ClientCredentials {
    id: String,
    secret: ClientSecret,
}

impl ClientCredentials {
    fn new(id: String, secret: String) -> Self {
        Self { id, secret: ClientSecret::received(secret) }
    }
}

/// The credentials of a request. Exactly one set is allowed.
fn credentials(
    headers: &HeaderMap,
    parameters: &mut Parameters,
) -> Result<ClientCredentials, OAuthError> {
    let (id, secret) = (parameters.take("client_id"), parameters.take("client_secret"));
    let mut sent = headers.get_all(AUTHORIZATION);
    match (sent.next(), sent.next()) {
        (None, _) => match (id, secret) {
            (Some(id), Some(secret)) => Ok(ClientCredentials::new(id, secret)),
            _ => Err(OAuthError::InvalidClient),
        },
        (Some(header), None) => {
            let basic = header.to_str().ok().and_then(basic).ok_or(OAuthError::InvalidClient)?;
            // The form may also have the client's id, if it is the same.
            if secret.is_some() || id.is_some_and(|id| id != basic.id) {
                return Err(OAuthError::InvalidRequest("Send the client's credentials once"));
            }
            Ok(basic)
        }
        _ => Err(OAuthError::InvalidRequest("There are several Authorization headers")),
    }
}

/// Id and secret from `Basic …` (RFC 7617). Each was form-encoded before they were joined by a colon (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<ClientCredentials> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = String::from_utf8(STANDARD.decode(encoded.trim_matches(' ')).ok()?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    Some(ClientCredentials::new(form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    // It is one value: an ampersand that was not encoded must not end it.
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
        let found = credentials(&map, &mut Parameters::new(form).unwrap())?;
        Ok((found.id, found.secret.expose().to_owned()))
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
            let result = found(&headers, &form);
            assert!(matches!(result, Err(OAuthError::InvalidRequest(_))), "{result:?}");
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
