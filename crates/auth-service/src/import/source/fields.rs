//! The named values of a record.

use std::sync::Arc;

use serde_json::{Map, Value};
use service_kit::unix_time::UnixMicros;

use super::{FilePosition, Header, RowError, times::parse_time};
use service_kit::unique_json;

/// The values of one record, by name.
pub(in super::super) struct Fields {
    position: FilePosition,
    values: Values,
}

enum Values {
    Csv { header: Arc<Header>, values: Vec<String> },
    Json { members: Map<String, Value>, raw: Vec<u8> },
}

impl Fields {
    pub(super) fn of_csv(position: FilePosition, header: Arc<Header>, values: Vec<String>) -> Self {
        Self { position, values: Values::Csv { header, values } }
    }

    pub(super) fn of_json(
        position: FilePosition,
        members: Map<String, Value>,
        raw: Vec<u8>,
    ) -> Self {
        Self { position, values: Values::Json { members, raw } }
    }

    /// Where the record begins.
    pub(in super::super) fn position(&self) -> FilePosition {
        self.position
    }

    /// The names of all values.
    pub(in super::super) fn names(&self) -> Vec<&str> {
        match &self.values {
            Values::Csv { header, .. } => header.names().iter().map(String::as_str).collect(),
            Values::Json { members, .. } => members.keys().map(String::as_str).collect(),
        }
    }

    /// An error about a value whose name this format does not have. In CSV the name is not shown: if the file has no
    /// header, the name is a value of the first user.
    pub(in super::super) fn unknown_name(&self, name: &str) -> RowError {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
        let field = matches!(self.values, Values::Json { .. }).then_some(shown);
        RowError { field, ..self.error(name, "is not a name of this format") }
    }

    /// Whether there is a value of this name, empty or not.
    pub(in super::super) fn has(&self, name: &str) -> bool {
        match &self.values {
            Values::Csv { header, .. } => header.index(name).is_some(),
            Values::Json { members, .. } => members.contains_key(name),
        }
    }

    /// The members of a value that is an object, as another record. Some formats nest records.
    pub(in super::super) fn nested(&self, name: &str) -> Option<Self> {
        let Values::Json { members, raw } = &self.values else { return None };
        let members = members.get(name)?.as_object()?.clone();
        Some(Self { position: self.position, values: Values::Json { members, raw: raw.clone() } })
    }

    /// A text, or a number as text. `None` if it is missing, null or empty.
    ///
    /// # Errors
    /// If it is of another type.
    pub(in super::super) fn text(&self, name: &str) -> Result<Option<String>, RowError> {
        let text = match &self.values {
            Values::Csv { header, values } => {
                header.index(name).and_then(|index| values.get(index)).cloned()
            }
            Values::Json { members, .. } => match members.get(name) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                Some(_) => return Err(self.error(name, "is not a text")),
            },
        };
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// Like [`Self::text`], but an empty text is kept, because it differs from a missing one.
    ///
    /// # Errors
    /// If it is of another type.
    pub(in super::super) fn text_or_empty(&self, name: &str) -> Result<Option<String>, RowError> {
        let is_empty = match &self.values {
            Values::Csv { header, .. } => header.index(name).is_some(),
            Values::Json { members, .. } => members.get(name).is_some_and(|value| value == ""),
        };
        Ok(self.text(name)?.or_else(|| is_empty.then(String::new)))
    }

    /// The first of these values that is not empty.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub(in super::super) fn first_text(&self, names: &[&str]) -> Result<Option<String>, RowError> {
        for name in names {
            if let Some(text) = self.text(name)? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// True or false, in the ways in which databases and programs write it.
    ///
    /// # Errors
    /// If it is something else.
    pub(in super::super) fn flag(&self, name: &str) -> Result<Option<bool>, RowError> {
        if let Values::Json { members, .. } = &self.values
            && let Some(Value::Bool(flag)) = members.get(name)
        {
            return Ok(Some(*flag));
        }
        let Some(text) = self.text(name)? else { return Ok(None) };
        match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" | "yes" | "on" => Ok(Some(true)),
            "false" | "f" | "0" | "no" | "off" => Ok(Some(false)),
            _ => Err(self.error(name, "is neither true nor false")),
        }
    }

    /// A time: RFC 3339, or as PostgreSQL and Python print it.
    ///
    /// # Errors
    /// If it is something else.
    pub(in super::super) fn time(&self, name: &str) -> Result<Option<UnixMicros>, RowError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let time = parse_time(&text).ok_or_else(|| self.error(name, "is not a time (RFC 3339)"));
        time.map(Some)
    }

    /// A time in milliseconds since 1970.
    ///
    /// # Errors
    /// If it is something else.
    pub(in super::super) fn millis(&self, name: &str) -> Result<Option<UnixMicros>, RowError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let millis: Option<i64> = text.parse().ok();
        let micros = millis.and_then(|millis| millis.checked_mul(1_000));
        let time = micros.ok_or_else(|| self.error(name, "is not a number of milliseconds"));
        time.map(|micros| Some(UnixMicros::new(micros)))
    }

    /// An object in JSON; in CSV the text of one.
    ///
    /// # Errors
    /// If it is something else.
    pub(in super::super) fn object(
        &self,
        name: &str,
    ) -> Result<Option<Map<String, Value>>, RowError> {
        if let Values::Json { members, .. } = &self.values
            && let Some(Value::Object(object)) = members.get(name)
        {
            return Ok(Some(object.clone()));
        }
        let Some(text) = self.text(name)? else { return Ok(None) };
        let object = unique_json::object(text.as_bytes());
        object.map(Some).map_err(|error| {
            let is_repeated = unique_json::is_repeated(&error);
            let why = if is_repeated { "has a member twice" } else { "is not a JSON object" };
            self.error(name, why)
        })
    }

    /// An error about a value.
    pub(in super::super) fn error(&self, name: &str, reason: impl Into<String>) -> RowError {
        RowError {
            position: self.position_of(name),
            field: Some(name.to_owned()),
            reason: reason.into(),
        }
    }

    /// The position of a value: in CSV the number of its column, in JSON the position of its name in the record's text.
    fn position_of(&self, name: &str) -> FilePosition {
        match &self.values {
            Values::Csv { header, .. } => {
                let column =
                    header.index(name).map_or(self.position.column, |index| index as u64 + 1);
                FilePosition { column, ..self.position }
            }
            Values::Json { raw, .. } => {
                let quoted = format!("\"{name}\"");
                let found = raw.windows(quoted.len()).position(|part| part == quoted.as_bytes());
                let before = raw.get(..found.unwrap_or(0)).unwrap_or_default();
                let line_start = before.iter().rposition(|byte| *byte == b'\n');
                let lines = before.iter().filter(|byte| **byte == b'\n').count() as u64;
                let column = match line_start {
                    Some(start) => (before.len() - start) as u64,
                    None => self.position.column + before.len() as u64,
                };
                FilePosition { line: self.position.line + lines, column }
            }
        }
    }
}
