//! Applies the limits for sources to every route.

use actix_web::{HttpMessage, HttpRequest, web::Data};
use service_kit::{http::client_address, problem::Problem};

use super::{ApiError, request_context};
use crate::{
    audit::Actor,
    state::State,
    throttle::{LimitClass, Source, TooSoon},
};

/// Marks a log-in whose source is over its limit.
struct OverLimit(TooSoon);

/// The address that a call counts for.
pub(crate) fn source_of(request: &HttpRequest, state: &State) -> Source {
    Source::of(client_address(request, &state.settings.trusted_proxies))
}

/// Counts a call by its source, except a call of a service account: only its failures are counted, by
/// [`count_client_failure`].
///
/// A log-in over the limit is not refused here: its body may contain the token of a trusted device.
///
/// # Errors
/// 429 `rate_limited`.
pub(super) fn check(request: &HttpRequest, class: LimitClass) -> Result<(), ApiError> {
    if class == LimitClass::Unlimited {
        return Ok(());
    }
    let state = state(request)?;
    state.unlisted_proxies.count(request, &state.settings.trusted_proxies, state.now().as_i64());
    let (source, now) = (source_of(request, state), state.clock.micros());
    let limits = &state.source_limits;
    let counted = match class {
        LimitClass::Client => limits.would_allow(class, source, now),
        _ => limits.call(class, source, now),
    };
    match counted {
        Err(too_soon) if class == LimitClass::Login => {
            request.extensions_mut().insert(OverLimit(too_soon));
            Ok(())
        }
        counted => counted
            .map_err(|too_soon| audited_rate_limited_answer(request, state, too_soon, "source")),
    }
}

/// How long the source of a log-in must wait, if [`check`] found that it is over its limit.
pub(crate) fn over_limit(request: &HttpRequest) -> Option<TooSoon> {
    request.extensions().get::<OverLimit>().map(|over| over.0)
}

/// Counts a failed authentication of a service account.
///
/// # Errors
/// 429 `rate_limited`, if too many guesses that were sent at once have failed.
pub(crate) fn count_client_failure(request: &HttpRequest, state: &State) -> Result<(), ApiError> {
    let (source, now) = (source_of(request, state), state.clock.micros());
    let counted = state.source_limits.call(LimitClass::Client, source, now);
    counted.map_err(|too_soon| audited_rate_limited_answer(request, state, too_soon, "source"))
}

/// Makes the response to a refused call, counts it, and queues its audit entry. `by` is what the limit counts by.
pub(crate) fn audited_rate_limited_answer(
    request: &HttpRequest,
    state: &State,
    too_soon: TooSoon,
    by: &'static str,
) -> ApiError {
    state.refused_calls.limit_reached(&request_context(request, state, Actor::Anonymous), by, None);
    rate_limited_answer(request, state, too_soon, by)
}

/// Makes the response to a refused call and counts it. `by` is what the limit counts by: `source`, `account`,
/// `session`, `token`.
pub(crate) fn rate_limited_answer(
    request: &HttpRequest,
    state: &State,
    too_soon: TooSoon,
    by: &'static str,
) -> ApiError {
    let route = request.match_pattern().unwrap_or_default();
    state.metrics.rate_limited(&route, by);
    too_soon.into()
}

fn state(request: &HttpRequest) -> Result<&Data<State>, Problem> {
    request.app_data::<Data<State>>().ok_or_else(|| Problem::internal("no state"))
}
