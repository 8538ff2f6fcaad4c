//! Where settings are written down, each read into names without prefix and plain text.

use std::{collections::BTreeMap, ffi::OsString, path::Path};

use config::{Config, File, FileFormat, Value, ValueKind};

use super::SettingsError;

/// The TOML file, its tables flattened with `_` and the service's prefix taken off.
pub(super) fn from_file(
    prefix: &str,
    others: &[&str],
    path: &Path,
) -> Result<BTreeMap<String, String>, SettingsError> {
    let refuse = |error: &dyn ToString| SettingsError::File {
        file: path.display().to_string(),
        reason: error.to_string(),
    };
    let text = std::fs::read_to_string(path).map_err(|error| refuse(&error))?;
    let file = Config::builder()
        .add_source(File::from_str(&text, FileFormat::Toml))
        .build()
        .and_then(Config::try_deserialize::<BTreeMap<String, Value>>)
        .map_err(|error| refuse(&error))?;
    let mut flat = BTreeMap::new();
    for (name, value) in file {
        flatten(name.to_uppercase(), value, &mut flat);
    }
    let foreign = |name: &str| others.iter().any(|other| strip(other, name).is_some());
    Ok(flat
        .into_iter()
        .filter(|(name, _)| !foreign(name))
        .map(|(name, value)| (strip(prefix, &name).unwrap_or(name), value))
        .collect())
}

/// The `.env` file of the working folder, where there is one.
pub(super) fn dot_env() -> Result<Vec<(String, String)>, SettingsError> {
    let refuse = |error: dotenvy::Error| SettingsError::File {
        file: ".env".to_owned(),
        reason: error.to_string(),
    };
    match dotenvy::from_filename_iter(Path::new("./.env")) {
        Ok(lines) => lines.collect::<Result<_, _>>().map_err(refuse),
        Err(error) if error.not_found() => Ok(Vec::new()),
        Err(error) => Err(refuse(error)),
    }
}

/// Those names that begin with the prefix, without it.
pub(super) fn own(
    prefix: &str,
    pairs: impl IntoIterator<Item = (String, String)>,
) -> impl Iterator<Item = (String, String)> {
    pairs.into_iter().filter_map(move |(name, value)| Some((strip(prefix, &name)?, value)))
}

/// An environment entry as text. What is no text cannot be a name of ours; a value that is none
/// is passed on with its bad bytes replaced, and refused where it is parsed.
pub(super) fn as_text((name, value): (OsString, OsString)) -> Option<(String, String)> {
    Some((name.to_str()?.to_owned(), value.to_string_lossy().into_owned()))
}

fn strip(prefix: &str, name: &str) -> Option<String> {
    Some(name.strip_prefix(prefix)?.strip_prefix('_')?.to_owned())
}

fn flatten(name: String, value: Value, into: &mut BTreeMap<String, String>) {
    match value.kind {
        ValueKind::Table(table) => {
            for (inner, value) in table {
                flatten(format!("{name}_{}", inner.to_uppercase()), value, into);
            }
        }
        ValueKind::Array(items) => {
            let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
            into.insert(name, items.join(","));
        }
        kind => {
            into.insert(name, kind.to_string());
        }
    }
}
