//! What every route of both services goes through.

mod cors;
mod endpoint;
mod envelope;
mod host;
mod panics;
mod peer;
mod public_url;
mod request_id;
mod request_log;
mod security_headers;
mod watchdog;

pub use cors::{Origin, cors, open_cors};
pub use endpoint::{Endpoint, not_found};
pub use envelope::envelope;
pub use panics::catch_panics;
pub use peer::{Network, TrustedProxies, client_address};
pub use public_url::PublicUrl;
pub use request_id::RequestId;
pub use request_log::log_account;
pub use security_headers::StrictTransport;
pub use watchdog::Connection;
pub(crate) use watchdog::watch_connection;
