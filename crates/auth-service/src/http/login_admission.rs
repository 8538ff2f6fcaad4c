//! The extractor for the body of a log-in, which checks whether the log-in can get a permit for the hash queue.
//! (`accounts::LoginChecker` takes the permit.)
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
    source_limit::{audited_rate_limited_answer, over_limit, source_of},
};
use crate::{accounts::hashing::Requester, state::State, throttle::DeviceToken};

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
    over_limit(request).is_none() && state.passwords.check_permit(requester).is_ok()
}

/// The error of a log-in without a trusted device: 429 over the limit, 503 without a permit.
fn refuse_without_device(request: &HttpRequest, state: &State) -> Result<(), ApiError> {
    if let Some(wait) = over_limit(request) {
        return Err(audited_rate_limited_answer(request, state, wait, "source"));
    }
    Ok(state.passwords.check_permit(Requester::Source(source_of(request, state)))?)
}
