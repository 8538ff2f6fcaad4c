//! The body with the token of a mail's link, and the response to a link that is not accepted.

use actix_web::HttpRequest;
use service_kit::input::{Fields, FromFields};
use utoipa::ToSchema;

use super::{ApiError, request_context};
use crate::{
    accounts::LinkError,
    audit::{Actor, Event},
    mail::LinkToken,
    state::State,
};

/// The token of a link, from the fragment of its address.
#[derive(ToSchema)]
pub(crate) struct LinkBody {
    /// `None` if the text cannot be a token: the answer is that for an unknown one.
    #[schema(value_type = String, example = "Zr0c0Sd7mTt5iQb0a1W8kq0gN3o4aVYy1u9o8V0x2eE")]
    pub(crate) token: Option<LinkToken>,
}

impl FromFields for LinkBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let token = take_token(fields, "token")?;
        Some(Self { token })
    }
}

/// Takes a required token.
pub(crate) fn take_token(fields: &mut Fields, name: &str) -> Option<Option<LinkToken>> {
    let text = fields.string(name);
    let parse = |text: &str| Ok::<_, &'static str>(LinkToken::parse(text));
    fields.parse(name, text, parse)
}

/// The token, if the text can be one.
///
/// # Errors
/// 400 `link_invalid`.
pub(crate) fn require_token(
    request: &HttpRequest,
    state: &State,
    token: Option<LinkToken>,
) -> Result<LinkToken, ApiError> {
    token.ok_or_else(|| rejected_link(request, state, LinkError::Invalid))
}

/// The response to a link that is not accepted. A rejected link is audited; an error of the service is not.
pub(crate) fn rejected_link(request: &HttpRequest, state: &State, error: LinkError) -> ApiError {
    let reason = match &error {
        LinkError::Invalid => Some("link_invalid"),
        LinkError::Taken(_) => Some("address_taken"),
        LinkError::Hashing(_) | LinkError::Database(_) => None,
    };
    if let Some(reason) = reason {
        let context = request_context(request, state, Actor::Anonymous);
        state.refused_calls.add(context.refused(Event::EmailLinkRefused, reason));
    }
    error.into()
}
