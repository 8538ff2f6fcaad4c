//! Why one field of a request was refused.

use std::borrow::Cow;

/// One reason, in words for people, why a value cannot be taken.
///
/// It does not know the name of its field: the endpoint puts it under that. The message never
/// repeats the value, for the value may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FieldProblem(Cow<'static, str>);

impl FieldProblem {
    /// A problem with the given message.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into())
    }

    /// The message, ready for the `fields` member of an error body.
    pub fn message(&self) -> &str {
        &self.0
    }
}
