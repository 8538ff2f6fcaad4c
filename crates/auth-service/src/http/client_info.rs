//! The client of a request: its address and user agent.

use actix_web::{HttpRequest, http::header::USER_AGENT};
use service_kit::http::client_address;

use crate::{sessions::ClientInfo, state::State};

/// The client's address and user agent.
pub(crate) fn client_info(request: &HttpRequest, state: &State) -> ClientInfo {
    let user_agent = request.headers().get(USER_AGENT);
    let user_agent = user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let ip = client_address(request, &state.settings.trusted_proxies);
    ClientInfo::new(user_agent.as_deref(), ip)
}
