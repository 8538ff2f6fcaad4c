//! Further claims of a user's tokens, which an administrator sets.

use serde_json::{Map, Value};

/// Maximum length of the JSON text in bytes: it is in every token of the user.
const MAX_BYTES: usize = 1024;

/// Maximum number of nested levels. Verifiers reject tokens that are nested much deeper.
const MAX_DEPTH: usize = 16;

/// Further claims: a JSON object with at least one member. They are inside the claim `ext`, so they shadow no other
/// claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ext(String);

/// Why a value cannot be the further claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtError {
    /// It is not a JSON object.
    #[error("must be a JSON object")]
    NotAnObject,
    /// It is too long.
    #[error("is too long: at most 1024 bytes as JSON")]
    TooLong,
    /// Its values are nested too deeply.
    #[error("is nested too deeply: at most 16 levels")]
    TooDeep,
}

impl Ext {
    /// Reads JSON text. `None` for an object without members: it means no further claims.
    ///
    /// # Errors
    /// See [`ExtError`].
    pub fn parse(text: &str) -> Result<Option<Self>, ExtError> {
        let object: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| ExtError::NotAnObject)?;
        Self::from_object(&object)
    }

    /// Reads a value of a request's body. `None` for an object without members.
    ///
    /// # Errors
    /// See [`ExtError`].
    pub fn from_value(value: &Value) -> Result<Option<Self>, ExtError> {
        Self::from_object(value.as_object().ok_or(ExtError::NotAnObject)?)
    }

    fn from_object(object: &Map<String, Value>) -> Result<Option<Self>, ExtError> {
        if object.is_empty() {
            return Ok(None);
        }
        if object.values().any(|value| is_deeper_than(value, MAX_DEPTH)) {
            return Err(ExtError::TooDeep);
        }
        let text = serde_json::to_string(object).map_err(|_| ExtError::NotAnObject)?;
        if text.len() > MAX_BYTES { Err(ExtError::TooLong) } else { Ok(Some(Self(text))) }
    }

    /// As it is stored: JSON without white space.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_deeper_than(value: &Value, levels: usize) -> bool {
    let Some(left) = levels.checked_sub(1) else { return true };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper_than(item, left)),
        Value::Object(members) => members.values().any(|member| is_deeper_than(member, left)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_is_taken_and_stored_without_white_space() {
        let stored = |text| Ext::parse(text).unwrap().unwrap().0;
        assert_eq!(stored(r#" { "plan" : "pro", "n": [1, {}] } "#), r#"{"n":[1,{}],"plan":"pro"}"#);
        assert_eq!(Ext::parse("{}"), Ok(None));
        for other in ["", "[]", "1", "null", "\"x\"", "{", "{\"a\":1e400}", "{}x"] {
            assert_eq!(Ext::parse(other), Err(ExtError::NotAnObject), "{other}");
        }
    }

    #[test]
    fn the_json_text_has_at_most_1024_bytes() {
        let of = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
        assert_eq!(of(1024).len(), 1024);
        assert!(Ext::parse(&of(1024)).unwrap().is_some());
        assert_eq!(Ext::parse(&of(1025)), Err(ExtError::TooLong));
        assert_eq!(
            Ext::parse(&format!(r#"{{"a":"{}"}}"#, "é".repeat(600))),
            Err(ExtError::TooLong)
        );
    }

    #[test]
    fn values_are_nested_sixteen_levels_deep_at_most() {
        let of = |levels: usize| {
            format!(r#"{{"a":{}1{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1))
        };
        assert!(Ext::parse(&of(16)).unwrap().is_some());
        assert_eq!(Ext::parse(&of(17)), Err(ExtError::TooDeep));
        assert_eq!(Ext::parse(&of(120)), Err(ExtError::TooDeep));
    }

    #[test]
    fn two_texts_of_one_object_are_one_value() {
        assert_eq!(Ext::parse(r#"{"a":1,"b":2}"#), Ext::parse(r#"{ "b":2, "a":1 }"#));
    }
}
