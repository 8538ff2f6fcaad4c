//! The TOML file: its tables flattened with `_`, in capitals.

use toml::{Table, Value};

use super::{given::Raw, layers::DUPLICATE_NAME};

/// A name with its value, in the order of the names.
pub(super) type Entry = (String, Raw);

/// A line that cannot be parsed, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ParseError {
    /// Counted from 1.
    pub(super) line: usize,
    /// The table of that line, in capitals.
    pub(super) table: Option<String>,
    /// Why.
    pub(super) reason: &'static str,
}

/// Messages of the parser that are recognised, and the text for each. The parser's own message contains the line, with
/// secrets.
const REASONS: [(&str, &str); 6] = [
    ("duplicate key", DUPLICATE_NAME),
    ("cannot extend", DUPLICATE_NAME),
    ("string values must be quoted", "has a text without quotes"),
    ("key with no value", "has no = after a name"),
    ("missing value", "has no value after ="),
    ("unclosed", "opens a list or a table that is not closed"),
];

/// Parses a whole file.
///
/// # Errors
/// The first line that cannot be parsed.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table: Table = text.parse().map_err(|error| parse_error(text, &error))?;
    let mut entries = Vec::new();
    for (name, value) in table {
        flatten(name.to_uppercase(), value, &mut entries);
    }
    Ok(entries)
}

fn parse_error(text: &str, error: &toml::de::Error) -> ParseError {
    let at = error.span().map_or(0, |span| span.start);
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let table = text.lines().take(line).filter_map(header).last().map(str::to_uppercase);
    let reason = REASONS.iter().find(|(message, _)| error.message().starts_with(message));
    let reason = reason.map_or("is not valid TOML", |(_, text)| text);
    ParseError { line, table, reason }
}

fn header(line: &str) -> Option<&str> {
    let name = line.trim().strip_prefix('[')?.split(']').next()?;
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_plain.then_some(name)
}

fn flatten(name: String, value: Value, into: &mut Vec<Entry>) {
    match value {
        Value::Table(table) => {
            for (inner, value) in table {
                flatten(format!("{name}_{}", inner.to_uppercase()), value, into);
            }
        }
        Value::Array(items) => {
            let items: Option<_> = items.into_iter().map(text).collect();
            into.push((
                name,
                items.map_or(Raw::Unusable("is a list that holds no texts"), Raw::List),
            ));
        }
        value => into.extend(text(value).map(|text| (name, Raw::Text(text)))),
    }
}

/// A value that is no list and no table.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        Value::Datetime(time) => Some(time.to_string()),
        Value::Array(_) | Value::Table(_) => None,
    }
}
