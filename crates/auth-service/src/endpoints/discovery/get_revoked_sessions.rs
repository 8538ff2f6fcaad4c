//! `GET /.well-known/revoked-sessions`

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ContentType, HeaderMap},
    web::Data,
};
use claims::{VERIFIER_ID_HEADER, VERIFIER_KIDS_HEADER, actix::bearer_token};
use service_kit::{
    http::{ConnectionState, client_address},
    input::{Fields, FromFields, Query},
    openapi::{BadRequest, TooManyRequests, Unauthorized, Unavailable},
};
use utoipa::ToSchema;

use crate::{
    audit::{Actor, Event},
    http::{
        ApiError, NO_STORE,
        chunked_body::ChunkedBody,
        request_context,
        source_limit::{audited_rate_limited_answer, count_client_failure},
    },
    sessions::feed::{MAX_WAIT, Poll, PollError, Poller},
    settings::FeedAccess,
    state::State,
    throttle::{Source, TooSoon},
    tokens::{self, VerifierReport},
};

/// The query: the cursor, and how long to wait for new entries.
pub(crate) struct FeedQuery {
    after: Option<String>,
    wait: Duration,
}

impl FromFields for FeedQuery {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let after = fields.optional_string("after");
        let text = fields.optional_string("wait").unwrap_or_else(|| "0".to_owned());
        let longest = MAX_WAIT.as_secs();
        let wait = fields.parse("wait", Some(text), |text| match text.parse::<u64>() {
            Ok(seconds) if seconds <= longest => Ok(Duration::from_secs(seconds)),
            _ => Err(format!("must be a whole number of seconds from 0 to {longest}")),
        });
        Some(Self { after, wait: wait? })
    }
}

/// A revoked session or service account; or, with `sub` and `min_ver`, a user whose rights changed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes; the feed keeps its entries as text")]
struct Revocation {
    /// The id of the session or of the service account. Empty in an entry about a user's rights.
    sid: String,
    /// The user's id.
    sub: Option<String>,
    /// The lowest `ver` of the user's tokens that is accepted.
    min_ver: Option<i64>,
    /// Seconds since the epoch; after this time the entry is obsolete.
    until: i64,
}

/// One page of the feed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes; answers are put together from kept text")]
struct RevokedSessions {
    /// The value of `after` for the next request.
    cursor: String,
    /// Whether this page begins the full set, which replaces all entries that the verifier has.
    reset: bool,
    /// Whether there are further entries already.
    more: bool,
    /// The entries.
    revoked: Vec<Revocation>,
}

/// Returns the revocations after the cursor. With `AUTH_FEED=verifiers`, only for verifiers that send the shared secret
/// as a Bearer token.
///
/// # Errors
/// 400 for a bad wait, 401, 429, 503.
#[utoipa::path(
    get,
    path = "/.well-known/revoked-sessions",
    tag = "discovery",
    params(("after" = Option<String>, Query, description = "The `cursor` of the last answer"), ("wait" = Option<u64>, Query, minimum = 0, maximum = 30, description = "Seconds to wait for new entries")),
    responses((status = 200, body = RevokedSessions), BadRequest, Unauthorized, TooManyRequests, Unavailable),
)]
pub(crate) async fn get_revoked_sessions(
    request: HttpRequest,
    query: Query<FeedQuery>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let Query(FeedQuery { after, wait }) = query;
    let poller = poller(&request, &state)?;
    if poller == Poller::Verifier {
        store_report(request.headers(), &state).await;
    }
    let connection = request.conn_data::<Arc<ConnectionState>>().cloned();
    let cancelled = async {
        tokio::select! {
            () = state.drain.released() => {}
            () = disconnected(connection) => {}
        }
    };
    let poll = Poll { after: after.as_deref(), wait, poller };
    let page = state
        .feed
        .poll(poll, cancelled)
        .await
        .map_err(|error| poll_error(&request, error, &state))?;
    state.metrics.feed_poll("answered");
    let mut response = HttpResponse::Ok();
    response.insert_header(NO_STORE).content_type(ContentType::json());
    Ok(response.body(ChunkedBody::new(page.body)))
}

/// Resolves when the client disconnects, so that its poll slot is freed.
async fn disconnected(connection: Option<Arc<ConnectionState>>) {
    match connection {
        Some(connection) => connection.client_closed().await,
        None => std::future::pending().await,
    }
}

/// Who polls, if it may read the feed.
fn poller(request: &HttpRequest, state: &State) -> Result<Poller, ApiError> {
    let settings = &state.settings;
    let sent = bearer_token(request.headers());
    let has_secret = matches!(sent, Ok(Some(sent)) if settings.feed.secrets.contains(sent));
    if has_secret {
        return Ok(Poller::Verifier);
    }
    let address = client_address(request, &settings.trusted_proxies);
    if !matches!(sent, Ok(None)) && !settings.feed.secrets.is_empty() {
        state.metrics.wrong_feed_secret(address);
        let context = request_context(request, state, Actor::Anonymous);
        let refused = context.refused(Event::ClientAuthenticationFailed, "wrong_feed_secret");
        state.refused_calls.add(refused);
        // Only wrong secrets are counted and refused: otherwise a client behind the same address as a verifier could
        // keep it from seeing logouts.
        count_client_failure(request, state)
            .inspect_err(|_| state.metrics.feed_poll("rate_limited"))?;
    }
    match settings.feed.access {
        FeedAccess::Open => Ok(Poller::Anonymous(Source::of(address))),
        FeedAccess::Verifiers => {
            state.metrics.feed_poll("unauthorized");
            Err(ApiError::feed_unauthorized(matches!(sent, Ok(Some(_)))))
        }
    }
}

fn poll_error(request: &HttpRequest, error: PollError, state: &State) -> ApiError {
    match error {
        PollError::Database(error) => {
            state.metrics.feed_poll("unavailable");
            error.into()
        }
        PollError::TooMany { retry_after } => {
            state.metrics.feed_poll("rate_limited");
            audited_rate_limited_answer(request, state, TooSoon(retry_after), "source")
        }
    }
}

/// Stores which keys the verifier has. If that fails, the verifier still gets its answer.
async fn store_report(headers: &HeaderMap, state: &State) {
    let Some(report) = report(headers) else { return };
    let stored = tokens::record_report(&state.database, report, state.now());
    if let Err(error) = stored.await {
        tracing::warn!(%error, "a verifier's report could not be stored");
    }
}

fn report(headers: &HeaderMap) -> Option<VerifierReport> {
    let text = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        (value.len() <= 2_000).then(|| value.to_owned())
    };
    Some(VerifierReport { name: text(VERIFIER_ID_HEADER)?, kids: text(VERIFIER_KIDS_HEADER)? })
}
