//! Address and user agent of a client.

use std::net::IpAddr;

/// How many characters of a `User-Agent` are kept.
const USER_AGENT_CHARACTERS: usize = 256;

/// Address and user agent of a client, so that the owner of a session can recognise it.
#[derive(Clone, Debug, Default)]
pub struct ClientInfo {
    /// The beginning of the `User-Agent` header.
    pub user_agent: Option<String>,
    /// The client's address.
    pub ip: Option<IpAddr>,
}

impl ClientInfo {
    /// Keeps the first characters of the header.
    pub fn new(user_agent: Option<&str>, ip: Option<IpAddr>) -> Self {
        let truncate = |text: &str| text.chars().take(USER_AGENT_CHARACTERS).collect();
        Self { user_agent: user_agent.map(truncate), ip }
    }
}
