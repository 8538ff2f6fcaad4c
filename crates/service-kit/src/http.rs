//! HTTP parts that all routes share.

mod client_address;
mod cors;
mod endpoint;
mod host;
mod panics;
mod public_url;
mod request_id;
mod request_log;
mod request_middleware;
mod security_headers;
mod watchdog;

pub use client_address::{IpRange, TrustedProxies, client_address};
pub use cors::{Origin, cors, open_cors};
pub use endpoint::{Endpoint, not_found};
pub use panics::catch_panics;
pub use public_url::PublicUrl;
pub use request_id::RequestId;
pub use request_log::log_account;
pub use request_middleware::request_middleware;
pub use security_headers::StrictTransport;
pub use watchdog::ConnectionState;
pub(crate) use watchdog::watch_connection;
