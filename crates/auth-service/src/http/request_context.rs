//! Who calls, when and from where, for the audit log.

use actix_web::{HttpMessage, HttpRequest};
use service_kit::{http::RequestId, ids::UserId};

use super::client_info;
use crate::{
    audit::{Actor, RequestContext},
    state::State,
};

/// The context of this call by this actor, now.
pub(crate) fn request_context(
    request: &HttpRequest,
    state: &State,
    actor: Actor,
) -> RequestContext {
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    RequestContext {
        actor,
        at: state.clock.now_micros(),
        client: client_info(request, state),
        request_id,
    }
}

/// The context of this call by this user, now.
pub(crate) fn user_context(
    request: &HttpRequest,
    state: &State,
    user_id: &UserId,
) -> RequestContext {
    request_context(request, state, Actor::User(user_id.clone()))
}
