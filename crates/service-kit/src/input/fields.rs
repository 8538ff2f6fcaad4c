//! The named fields of a request, and the errors found in them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use zeroize::{Zeroize, Zeroizing};

use crate::problem::Problem;

/// A request's own type, made from its fields.
pub trait FromFields: Sized {
    /// Whether a missing body means one without fields.
    const MAY_BE_ABSENT: bool = false;

    /// Takes the fields. Errors are recorded in `fields`; `None` if there are any.
    fn from_fields(fields: &mut Fields) -> Option<Self>;
}

/// The fields of one request, and the errors found so far. An error is one validation message, shown under the field's
/// name.
#[derive(Debug, Default)]
pub struct Fields {
    values: Map<String, Value>,
    errors: BTreeMap<String, Vec<String>>,
}

impl Fields {
    /// Fields from names and values; each name once.
    pub fn new(values: Map<String, Value>) -> Self {
        Self { values, errors: BTreeMap::new() }
    }

    /// A string that must be there.
    pub fn string(&mut self, name: &str) -> Option<String> {
        match self.values.remove(name) {
            Some(Value::String(text)) => Some(text),
            Some(_) => self.add_error(name, "must be one string"),
            None => self.add_error(name, "is missing"),
        }
    }

    /// A string that may be left out (`null` counts as left out).
    pub fn optional_string(&mut self, name: &str) -> Option<String> {
        match self.values.remove(name) {
            Some(Value::String(text)) => Some(text),
            Some(Value::Null) | None => None,
            Some(_) => self.add_error(name, "must be one string"),
        }
    }

    /// A value of any type, `null` included; `None` if it was left out.
    pub fn value(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name)
    }

    /// A boolean that is `false` when left out (`null` counts as left out).
    pub fn flag(&mut self, name: &str) -> bool {
        match self.values.remove(name) {
            Some(Value::Bool(flag)) => flag,
            Some(Value::Null) | None => false,
            Some(_) => {
                self.add_error::<()>(name, "must be true or false");
                false
            }
        }
    }

    /// Parses a string that was taken; its error is recorded under `name`. The string is wiped: it may be a password.
    pub fn parse<T, E: ToString>(
        &mut self,
        name: &str,
        text: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(&Zeroizing::new(text?)) {
            Ok(value) => Some(value),
            Err(error) => self.add_error(name, error.to_string()),
        }
    }

    /// Records an error. Returns `None`, so that it can end a match arm.
    pub fn add_error<T>(&mut self, name: &str, error: impl Into<String>) -> Option<T> {
        self.errors.entry(name.to_owned()).or_default().push(error.into());
        None
    }

    /// Marks a field that is repeated or not UTF-8. That is an error only if the request type takes this field.
    pub(super) fn mark_unusable(&mut self, name: &str) {
        self.values.insert(name.to_owned(), Value::Array(Vec::new()));
    }

    /// Makes `T`. A field that was not taken is unknown, which is an error.
    pub(super) fn finish_strict<T: FromFields>(mut self) -> Result<T, Problem> {
        let made = T::from_fields(&mut self);
        for name in self.values.keys() {
            self.errors.entry(name.clone()).or_default().push("is unknown".to_owned());
        }
        self.finished(made)
    }

    /// Makes `T`. Fields that were not taken are ignored.
    pub(super) fn finish_ignoring_unknown<T: FromFields>(mut self) -> Result<T, Problem> {
        let made = T::from_fields(&mut self);
        self.finished(made)
    }

    fn finished<T>(&mut self, made: Option<T>) -> Result<T, Problem> {
        match made {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(Problem::invalid_fields(std::mem::take(&mut self.errors))),
        }
    }
}

/// An unknown field may hold a password under a misspelt name.
impl Drop for Fields {
    fn drop(&mut self) {
        for value in self.values.values_mut() {
            if let Value::String(text) = value {
                text.zeroize();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_that_is_null_was_left_out() {
        for (value, expected) in
            [(Value::Null, Some(false)), (true.into(), Some(true)), (1.into(), None)]
        {
            let mut fields = Fields::new(Map::from_iter([("cookie".to_owned(), value)]));
            let flag = fields.flag("cookie");
            assert_eq!(fields.errors.is_empty().then_some(flag), expected);
        }
        assert!(!Fields::default().flag("cookie"));
    }
}
