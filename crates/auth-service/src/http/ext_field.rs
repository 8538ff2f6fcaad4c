//! The field `ext` of a body.

use serde_json::Value;
use service_kit::input::Fields;

use crate::accounts::Ext;

/// The further claims; `None` if they are missing or invalid, `Some(None)` for `null` and for an empty object.
pub(crate) fn take_ext(fields: &mut Fields) -> Option<Option<Ext>> {
    match fields.value("ext")? {
        Value::Null => Some(None),
        value => Ext::from_value(&value)
            .map_or_else(|error| fields.fault("ext", error.to_string()), Some),
    }
}
