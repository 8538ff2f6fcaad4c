//! Why a service does not start.

use std::error::Error;

/// Why the service did not start: the setting or the part that failed, and the cause.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {cause}")]
pub struct StartError {
    what: &'static str,
    cause: Box<dyn Error + Send + Sync>,
}

/// For `map_err`: an error about `what`, a setting's full name or a part of the service.
pub fn start_error<E: Into<Box<dyn Error + Send + Sync>>>(
    what: &'static str,
) -> impl FnOnce(E) -> StartError {
    move |cause| StartError { what, cause: cause.into() }
}
