//! Why one field of a request was rejected.

use std::borrow::Cow;

/// The message that tells a user why a value is not accepted.
///
/// It does not contain the name of its field: the endpoint adds it. The message never repeats the value, because the
/// value may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FieldError(Cow<'static, str>);

impl FieldError {
    /// Makes an error with this message.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into())
    }

    /// The message, ready for the `fields` member of an error body.
    pub fn message(&self) -> &str {
        &self.0
    }
}
