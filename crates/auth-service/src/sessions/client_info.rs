//! Where a call came from.

use std::net::IpAddr;

/// How many characters of a `User-Agent` are kept.
const USER_AGENT_CHARACTERS: usize = 256;

/// Where a call came from, for the owner of a session to recognise it.
#[derive(Clone, Debug, Default)]
pub struct ClientInfo {
    /// The `User-Agent` header, cut to a sane length.
    pub user_agent: Option<String>,
    /// The client's address.
    pub ip: Option<IpAddr>,
}

impl ClientInfo {
    /// Keeps the first characters of the header.
    pub fn new(user_agent: Option<&str>, ip: Option<IpAddr>) -> Self {
        let cut = |text: &str| text.chars().take(USER_AGENT_CHARACTERS).collect();
        Self { user_agent: user_agent.map(cut), ip }
    }
}
