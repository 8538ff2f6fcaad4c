//! The extractor for the body of a log-in, which checks whether the log-in can get a permit for the hash queue, and the
//! functions that take the permit: one of its source, or one of a trusted device.
//!
//! Other calls over a limit are refused before their body is read. A log-in is not, because the token of a trusted
//! device may be in its body: the extractor waits up to one second for the body, and then answers 429 or 503 unless the
//! body has a valid token.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use service_kit::{
    input::{FromFields, JsonBody},
    problem::Problem,
};
use tokio::time::timeout;

use super::{
    ApiError,
    source_limit::{check_over_limit, is_over_limit, source_of},
};
use crate::{
    accounts::hashing::{QueuePermit, Requester},
    state::State,
    throttle::DeviceToken,
};

/// How long the extractor waits for the body if the source is over its limit.
const BODY_TIMEOUT_OVER_LIMIT: Duration = Duration::from_secs(1);

/// A body that may contain the token of a device.
pub(crate) trait DeviceBody: FromFields {
    /// The token, not verified.
    fn device_token(&self) -> Option<&str>;
}

/// The body of a log-in.
///
/// 429 for a source that is over its limit and 503 without a permit, unless the request has a valid token of a device.
pub(crate) struct AdmittedLogin<T> {
    /// The body.
    pub(crate) body: T,
    /// The token of the device. Whether the user of this log-in trusts the device is not known yet.
    pub(crate) device: Option<DeviceToken>,
}

impl<T: DeviceBody + 'static> FromRequest for AdmittedLogin<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = JsonBody::<T>::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move { Ok(admit(&request, body).await?) })
    }
}

async fn admit<T: DeviceBody>(
    request: &HttpRequest,
    body: impl Future<Output = Result<JsonBody<T>, Problem>>,
) -> Result<AdmittedLogin<T>, ApiError> {
    let state = request.app_data::<Data<State>>().ok_or_else(|| Problem::internal("no state"))?;
    let verified = |text: &str| state.device_tokens.verify(text, state.now());
    let sent = state.device_cookie.sent(request.headers());
    let by_cookie = sent.iter().find_map(|text| verified(text));
    if by_cookie.is_some() || is_allowed_without_device(request, state) {
        let JsonBody(body) = body.await?;
        let device = body.device_token().and_then(verified).or(by_cookie);
        return Ok(AdmittedLogin { body, device });
    }
    let body =
        timeout(BODY_TIMEOUT_OVER_LIMIT, body).await.ok().and_then(Result::ok).map(|body| body.0);
    let device = body.as_ref().and_then(DeviceBody::device_token).and_then(verified);
    match (body, device) {
        (Some(body), device @ Some(_)) => Ok(AdmittedLogin { body, device }),
        _ => {
            refuse_without_device(request, state)?;
            // A permit has become free meanwhile, so the client can try again.
            Err(Problem::overloaded(1).into())
        }
    }
}

/// Whether a log-in without a trusted device is allowed now. The check of the route, `source_limit::check`, has counted
/// the call; over the limit it only stored a mark in the request.
fn is_allowed_without_device(request: &HttpRequest, state: &State) -> bool {
    let requester = Requester::Source(source_of(request, state));
    !is_over_limit(request) && state.passwords.check_permit(requester).is_ok()
}

/// The error of a log-in without a trusted device: 429 over the limit, 503 without a permit.
fn refuse_without_device(request: &HttpRequest, state: &State) -> Result<(), ApiError> {
    check_over_limit(request, state)?;
    Ok(state.passwords.check_permit(Requester::Source(source_of(request, state)))?)
}

/// Takes a permit of the source of an anonymous log-in.
///
/// # Errors
/// 429 `rate_limited`, 503 `overloaded`.
pub(crate) fn take_source_permit(
    request: &HttpRequest,
    state: &State,
) -> Result<QueuePermit, ApiError> {
    check_over_limit(request, state)?;
    Ok(state.passwords.take_permit(Requester::Source(source_of(request, state)))?)
}

/// Takes a permit of a trusted device. `None` if the user's devices log in too often: then the address is used
/// instead.
pub(crate) fn take_device_permit(
    state: &State,
    device: &DeviceToken,
) -> Result<Option<QueuePermit>, ApiError> {
    let keys = &state.attempt_keys;
    let user = keys.of_user(device.user_id.as_str());
    if state.user_limits.device_login(user, state.clock.micros()).is_err() {
        return Ok(None);
    }
    let requester = Requester::TrustedDevice { user, device: keys.of_device(&device.id) };
    Ok(Some(state.passwords.take_permit(requester)?))
}
