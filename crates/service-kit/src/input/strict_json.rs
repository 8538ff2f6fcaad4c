//! The body of every JSON request: one object without duplicate names.

use std::{collections::BTreeMap, fmt};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

/// An object whose names do not repeat. (`serde_json` keeps the last of two; other parsers
/// keep another one, so duplicates are rejected.)
pub(super) struct StrictObject(pub(super) BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for StrictObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = StrictObject;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StrictObject, A::Error> {
        let mut values = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if values.insert(name, value).is_some() {
                return Err(Error::custom("duplicate member name"));
            }
        }
        Ok(StrictObject(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_with_unrepeated_names_pass() {
        let read = serde_json::from_str::<StrictObject>;
        assert!(read(r#"{"a":1,"b":{"c":[]}}"#).is_ok());
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(500), "]".repeat(500));
        for bad in [
            r#"{"a":1,"a":2}"#,
            "[]",
            "1",
            "null",
            r#"{"a":"\ud800"}"#,
            r#"{"a":1e400}"#,
            &deep,
            "",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
