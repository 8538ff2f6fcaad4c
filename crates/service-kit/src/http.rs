//! What every route of both services goes through.

mod cors;
mod endpoint;
mod envelope;
mod panics;
mod peer;
mod request_id;
mod watchdog;

pub use cors::{Origin, cors, open_cors};
pub use endpoint::{Endpoint, not_found};
pub use envelope::envelope;
pub use panics::catch_panics;
pub use peer::{Network, TrustedProxies, client_address};
pub use request_id::RequestId;
pub use watchdog::{Connection, watch_connection};
