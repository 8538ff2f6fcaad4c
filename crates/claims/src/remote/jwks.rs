//! One request for an issuer's key set, and how its answer is read.

use std::time::Duration;

use reqwest::header::{ACCEPT, AGE, CACHE_CONTROL, ETAG, HeaderMap, IF_NONE_MATCH};
use reqwest::{Client, StatusCode, Url};

use super::http::{FetchError, check_json, read_body};
use super::trace::Call;
use crate::KeySet;

/// The largest key set that is read, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// A good answer.
#[derive(Debug)]
pub(super) enum Fetched {
    /// A key set, which may be empty, its entity tag, and the lifetime the issuer gives it.
    New { keys: KeySet, etag: Option<String>, max_age: Option<Duration> },
    /// The issuer still publishes the set that is held (304).
    Unchanged { max_age: Option<Duration> },
}

/// Requests the key set at `url`; with `etag`, only if it differs from the set with that entity tag. The request is
/// recorded as `call`.
pub(super) async fn fetch(
    client: &Client,
    url: &Url,
    etag: Option<&str>,
    timeout: Duration,
    call: &mut Call<'_>,
) -> Result<Fetched, FetchError> {
    let mut request = client
        .get(url.clone())
        .header(ACCEPT, "application/jwk-set+json, application/json")
        .timeout(timeout);
    if let Some(etag) = etag {
        request = request.header(IF_NONE_MATCH, etag);
    }
    let response = call.send(request).await?;
    let max_age = max_age(response.headers());
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_MODIFIED if etag.is_some() => return Ok(Fetched::Unchanged { max_age }),
        other => return Err(FetchError::Status(other.as_u16())),
    }
    check_json(&response)?;
    let header = response.headers().get(ETAG);
    let etag = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = read_body(response, MAX_BYTES).await?;
    let keys = KeySet::from_document(&body)?;
    // Logged only for a new set: an unchanged one is answered with 304.
    keys.log_unused();
    Ok(Fetched::New { keys, etag, max_age })
}

/// `max-age` of `Cache-Control`, less the time the answer already lay in a cache (RFC 9111 §4.2).
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(CACHE_CONTROL)?.to_str().ok()?.to_ascii_lowercase();
    let mut directives = text.split(',').map(str::trim);
    let seconds: u64 = directives.find_map(|d| d.strip_prefix("max-age="))?.parse().ok()?;
    let age = headers.get(AGE).and_then(|value| value.to_str().ok()?.parse().ok());
    Some(Duration::from_secs(seconds.saturating_sub(age.unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(pairs: &[(&'static str, &'static str)]) -> Option<u64> {
        let headers = pairs.iter().map(|(name, value)| {
            (reqwest::header::HeaderName::from_static(name), value.parse().unwrap())
        });
        max_age(&headers.collect()).map(|age| age.as_secs())
    }

    #[test]
    fn max_age_is_found_among_directives_and_lessened_by_age() {
        assert_eq!(parsed(&[("cache-control", "public, Max-Age=600")]), Some(600));
        assert_eq!(parsed(&[("cache-control", "max-age=600"), ("age", "100")]), Some(500));
        assert_eq!(parsed(&[("cache-control", "max-age=5"), ("age", "100")]), Some(0));
    }

    #[test]
    fn no_number_is_no_max_age() {
        assert_eq!(parsed(&[]), None);
        assert_eq!(parsed(&[("cache-control", "no-store")]), None);
        assert_eq!(parsed(&[("cache-control", "max-age=-1")]), None);
        assert_eq!(parsed(&[("cache-control", "max-age=99999999999999999999")]), None);
    }
}
