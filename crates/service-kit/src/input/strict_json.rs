//! The body of every JSON request: one object without duplicate names, at any depth.

use std::{collections::BTreeMap, fmt};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

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
        while let Some((name, StrictValue(value))) = map.next_entry::<String, StrictValue>()? {
            if values.insert(name, value).is_some() {
                return Err(duplicate());
            }
        }
        Ok(StrictObject(values))
    }
}

fn duplicate<E: Error>() -> E {
    E::custom("duplicate member name")
}

/// A value whose objects have no duplicate names either.
struct StrictValue(Value);

impl<'de> Deserialize<'de> for StrictValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Self)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    // The text is moved, not copied: it may be a password, whose memory is wiped later.
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(StrictValue(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((name, StrictValue(value))) = members.next_entry::<String, StrictValue>()? {
            if all.insert(name, value).is_some() {
                return Err(duplicate());
            }
        }
        Ok(Value::Object(all))
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
            r#"{"ext":{"plan":"free","plan":"pro"}}"#,
            r#"{"ext":[1,{"a":{"b":1,"b":1}}]}"#,
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

    #[test]
    fn a_value_is_read_as_it_is_written() {
        let text = r#"{"a":[null,true,-1,18446744073709551615,0.5,"é\n",{"b":{}}]}"#;
        let StrictObject(read) = serde_json::from_str(text).unwrap();
        let plain: BTreeMap<String, Value> = serde_json::from_str(text).unwrap();
        assert_eq!(read, plain);
    }
}
