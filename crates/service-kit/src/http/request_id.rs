//! The id that ties a response to its log lines.

use actix_web::{HttpMessage, dev::ServiceRequest, http::header::HeaderName};
use uuid::Builder;

/// The header that carries it.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A request's id: the caller's, if it sent exactly one valid id, or a new one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl RequestId {
    /// Reads or makes the id and keeps it with the request.
    pub(super) fn assign(request: &ServiceRequest) -> Self {
        let mut sent = request.headers().get_all(HEADER);
        let id = match (sent.next().and_then(|value| value.to_str().ok()), sent.next()) {
            (Some(id), None) if is_valid(id) => id.to_owned(),
            // From the thread's own generator: `new_v4` asks the system each time.
            _ => Builder::from_random_bytes(rand::random()).into_uuid().to_string(),
        };
        request.extensions_mut().insert(Self(id.clone()));
        Self(id)
    }
}

/// Short, and safe in logs and headers.
fn is_valid(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_break_a_log_line_is_not_valid() {
        assert!(is_valid("6f9619ff-8b86-d011-b42d-00c04fc964ff"));
        for bad in ["", "a b", "a\u{1b}[0m", "a\"b", &"x".repeat(129)] {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
