//! A log-in's body, and whether it may take a place: that of its address, or that of a device that its user trusts.
//!
//! What its address may not send is refused before the body is read, with one exception: a device's token may stand in
//! the body. So a body that is on its way is awaited for a moment, and only a log-in without a token is refused.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use service_kit::{
    input::{FromFields, JsonBody},
    problem::Problem,
};
use tokio::time::timeout;

use super::{
    ApiError,
    source_limit::{is_over_limit, refuse_over_limit, source_of},
};
use crate::{
    accounts::hashing::{Party, Place},
    state::State,
    throttle::DeviceToken,
};

/// How long a body is awaited whose address has sent too much.
const PATIENCE: Duration = Duration::from_secs(1);

/// A body that may hold a device's token.
pub trait DeviceBody: FromFields {
    /// The token, not verified.
    fn device_token(&self) -> Option<&str>;
}

/// The body of a log-in.
///
/// 429 and 503 for an address that sent too much, unless it comes with a device's token that we made.
pub struct AdmittedLogin<T> {
    /// The body.
    pub body: T,
    /// The device's token. Whether this log-in's user trusts it is not known yet.
    pub device: Option<DeviceToken>,
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
    if by_cookie.is_some() || may_be_stranger(request, state) {
        let JsonBody(body) = body.await?;
        let device = body.device_token().and_then(verified).or(by_cookie);
        return Ok(AdmittedLogin { body, device });
    }
    let body = timeout(PATIENCE, body).await.ok().and_then(Result::ok).map(|body| body.0);
    let device = body.as_ref().and_then(DeviceBody::device_token).and_then(verified);
    match (body, device) {
        (Some(body), device @ Some(_)) => Ok(AdmittedLogin { body, device }),
        _ => {
            check_stranger(request, state)?;
            // A place became free meanwhile: the client tries again.
            Err(Problem::overloaded(1).into())
        }
    }
}

fn may_be_stranger(request: &HttpRequest, state: &State) -> bool {
    let party = Party::Source(source_of(request, state));
    !is_over_limit(request) && state.passwords.may_admit(party).is_ok()
}

fn check_stranger(request: &HttpRequest, state: &State) -> Result<(), ApiError> {
    refuse_over_limit(request, state)?;
    Ok(state.passwords.may_admit(Party::Source(source_of(request, state)))?)
}

/// Takes a place of the address that a log-in comes from.
///
/// # Errors
/// 429 `rate_limited`, 503 `overloaded`.
pub fn admit_stranger(request: &HttpRequest, state: &State) -> Result<Place, ApiError> {
    refuse_over_limit(request, state)?;
    Ok(state.passwords.admit(Party::Source(source_of(request, state)))?)
}

/// Takes a place of a trusted device. `None` if its user's devices sign in too often: then the address counts.
pub fn admit_device(state: &State, device: &DeviceToken) -> Result<Option<Place>, ApiError> {
    let keys = &state.account_keys;
    let user = keys.of_user(device.user_id.as_str());
    if state.limits.device_login(user, state.clock.micros()).is_err() {
        return Ok(None);
    }
    let party = Party::Device { user, device: keys.of_device(&device.id) };
    Ok(Some(state.passwords.admit(party)?))
}
