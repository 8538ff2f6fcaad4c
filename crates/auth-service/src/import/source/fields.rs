//! The named values of a record.

use std::sync::Arc;

use serde_json::{Map, Value};
use service_kit::unix_time::UnixMicros;
use time::{
    OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem,
    format_description::well_known::Rfc3339, macros::format_description,
};

use super::{Header, Place, RowError};

/// Times as PostgreSQL and Python print them, without an offset: in UTC.
const DATE_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second][optional [.[subsecond]]]");

/// The values of one record, by name.
pub(in super::super) struct Fields {
    place: Place,
    values: Values,
}

enum Values {
    Csv { header: Arc<Header>, values: Vec<String> },
    Json { members: Map<String, Value>, raw: Vec<u8> },
}

impl Fields {
    pub(super) fn of_csv(place: Place, header: Arc<Header>, values: Vec<String>) -> Self {
        Self { place, values: Values::Csv { header, values } }
    }

    pub(super) fn of_json(place: Place, members: Map<String, Value>, raw: Vec<u8>) -> Self {
        Self { place, values: Values::Json { members, raw } }
    }

    /// Where the record begins.
    pub(in super::super) fn place(&self) -> Place {
        self.place
    }

    /// The names of all values.
    pub(in super::super) fn names(&self) -> Vec<&str> {
        match &self.values {
            Values::Csv { header, .. } => header.names().iter().map(String::as_str).collect(),
            Values::Json { members, .. } => members.keys().map(String::as_str).collect(),
        }
    }

    /// Whether there is a value of this name, empty or not.
    pub(in super::super) fn has(&self, name: &str) -> bool {
        match &self.values {
            Values::Csv { header, .. } => header.index(name).is_some(),
            Values::Json { members, .. } => members.contains_key(name),
        }
    }

    /// The members of a value that is an object: as another record, for the formats that nest them.
    pub(in super::super) fn nested(&self, name: &str) -> Option<Self> {
        let Values::Json { members, raw } = &self.values else { return None };
        let members = members.get(name)?.as_object()?.clone();
        Some(Self { place: self.place, values: Values::Json { members, raw: raw.clone() } })
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

    /// The first of these that is not empty.
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
        let object = serde_json::from_str(&text);
        object.map(Some).map_err(|_| self.error(name, "is not a JSON object"))
    }

    /// An error about a value.
    pub(in super::super) fn error(&self, name: &str, reason: impl Into<String>) -> RowError {
        RowError { place: self.place_of(name), field: Some(name.to_owned()), reason: reason.into() }
    }

    /// Where a value stands: the number of its column, or where its name stands in the text of the record.
    fn place_of(&self, name: &str) -> Place {
        match &self.values {
            Values::Csv { header, .. } => {
                let column = header.index(name).map_or(self.place.column, |index| index as u64 + 1);
                Place { column, ..self.place }
            }
            Values::Json { raw, .. } => {
                let quoted = format!("\"{name}\"");
                let found = raw.windows(quoted.len()).position(|part| part == quoted.as_bytes());
                let before = raw.get(..found.unwrap_or(0)).unwrap_or_default();
                let line_start = before.iter().rposition(|byte| *byte == b'\n');
                let lines = before.iter().filter(|byte| **byte == b'\n').count() as u64;
                let column = match line_start {
                    Some(start) => (before.len() - start) as u64,
                    None => self.place.column + before.len() as u64,
                };
                Place { line: self.place.line + lines, column }
            }
        }
    }
}

/// Most bytes of a time.
const LONGEST_TIME: usize = 64;

fn parse_time(text: &str) -> Option<UnixMicros> {
    let micros = |time: OffsetDateTime| {
        i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000)).ok().map(UnixMicros::new)
    };
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return micros(time);
    }
    if !text.is_ascii() || !(19..=LONGEST_TIME).contains(&text.len()) {
        return None;
    }
    let text = text.trim_end_matches(" UTC").replacen('T', " ", 1);
    // PostgreSQL writes `+00` for UTC. The date has hyphens too, so the offset is looked for behind the time.
    let (date_time, rest) = text.split_at_checked(19)?;
    if let Some(place) = rest.find(['+', '-']) {
        let (fraction, offset) = rest.split_at_checked(place)?;
        let (sign, offset) = offset.split_at_checked(1)?;
        let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "0"));
        let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
        if hours > 23 || minutes > 59 {
            return None;
        }
        let local = PrimitiveDateTime::parse(&format!("{date_time}{fraction}"), DATE_TIME).ok()?;
        let shift = time::Duration::minutes(60 * i64::from(hours) + i64::from(minutes));
        let shift = if sign == "+" { shift } else { -shift };
        return micros(local.assume_utc().checked_sub(shift)?);
    }
    let local = PrimitiveDateTime::parse(&text, DATE_TIME).ok()?;
    micros(local.assume_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_databases_and_programs_print_them() {
        let expected = Some(UnixMicros::new(1_700_000_000_000_000));
        for text in [
            "2023-11-14T22:13:20Z",
            "2023-11-14T22:13:20.000Z",
            "2023-11-14 22:13:20",
            "2023-11-14 22:13:20.000000",
            "2023-11-14 22:13:20+00",
            "2023-11-14 22:13:20.000000+00:00",
            "2023-11-14 23:13:20+01",
            "2023-11-14 17:13:20-05:00",
            "2023-11-14T22:13:20",
            "2023-11-14 22:13:20 UTC",
        ] {
            assert_eq!(parse_time(text), expected, "{text}");
        }
        let many = format!("2023-11-14 22:13:20{}", "+00".repeat(350_000));
        for text in [&many, "2023-11-14 22:13:20+99999999999999", "2023-11-14 22:13:20+24"] {
            assert_eq!(parse_time(text), None);
        }
        for text in ["", "yesterday", "1700000000", "2023-11-14", "2023-13-14 22:13:20", "é"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
