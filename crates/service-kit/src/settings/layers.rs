//! The places where settings are written: each is read into names without prefix and values without type.

use std::{collections::BTreeMap, ffi::OsString, io::ErrorKind, path::Path};

use super::{
    SettingLocation, SettingsError, dot_env,
    given::{Given, Raw},
    names, toml_file,
};

/// The settings of one layer, or of all: by name without prefix.
pub(super) type Layer = BTreeMap<String, Given>;

/// In the working folder.
const DOT_ENV_FILE: &str = ".env";

const LOWER_CASE: &str = "has a name in small letters: settings are written in capitals here";

/// Also what the TOML parser's "duplicate key" means.
pub(super) const DUPLICATE_NAME: &str = "sets a name that is set before";

/// The TOML file, without the settings of the other services. `known` are the names that may be shown.
pub(super) fn from_file(
    prefix: &str,
    others: &[&str],
    path: &Path,
    known: &dyn Fn() -> Vec<String>,
) -> Result<Layer, SettingsError> {
    let file = path.display().to_string();
    let text = read(path, &file)?;
    let entries = toml_file::parse(&text).map_err(|error| {
        let table = error.table.as_deref();
        let written = text.lines().nth(error.line - 1).unwrap_or_default();
        let name = names::on_line(written, &known(), table);
        SettingsError::Line { file: file.clone(), line: error.line, name, reason: error.reason }
    })?;
    let is_foreign = |name: &str| others.iter().any(|other| strip(other, name).is_some());
    let mut layer = Layer::new();
    for (name, value) in entries.into_iter().filter(|(name, _)| !is_foreign(name)) {
        let name = strip(prefix, &name).unwrap_or(name);
        let location = SettingLocation::File(file.clone());
        if layer.contains_key(&name) {
            let name = names::shown(&format!("{prefix}_{name}"));
            return Err(SettingsError::Invalid {
                name,
                location,
                reason: DUPLICATE_NAME.to_owned(),
            });
        }
        layer.insert(name, Given { value, location });
    }
    Ok(layer)
}

/// The `.env` file of the working folder, where there is one.
pub(super) fn dot_env(
    prefix: &str,
    known: &dyn Fn() -> Vec<String>,
) -> Result<Layer, SettingsError> {
    if matches!(std::fs::metadata(DOT_ENV_FILE), Err(error) if error.kind() == ErrorKind::NotFound)
    {
        return Ok(Layer::new());
    }
    dot_env_of(prefix, &read(Path::new(DOT_ENV_FILE), DOT_ENV_FILE)?, known)
}

/// The same from its text.
pub(super) fn dot_env_of(
    prefix: &str,
    text: &str,
    known: &dyn Fn() -> Vec<String>,
) -> Result<Layer, SettingsError> {
    let line_error = |line: usize, reason: &'static str| {
        let written = text.lines().nth(line - 1).unwrap_or_default();
        let name = names::on_line(written, &known(), None);
        SettingsError::Line { file: DOT_ENV_FILE.to_owned(), line, name, reason }
    };
    let mut layer = Layer::new();
    for entry in dot_env::parse(text).map_err(|error| line_error(error.line, error.reason))? {
        let Some(name) = strip(prefix, &entry.name) else {
            if strip(prefix, &entry.name.to_ascii_uppercase()).is_some() {
                return Err(line_error(entry.line, LOWER_CASE));
            }
            continue;
        };
        let location = SettingLocation::Line(DOT_ENV_FILE.to_owned(), entry.line);
        if layer.insert(name, Given::text(entry.value, location)).is_some() {
            return Err(line_error(entry.line, DUPLICATE_NAME));
        }
    }
    Ok(layer)
}

/// Entries of the environment that begin with the prefix. A value that is not UTF-8 is rejected when it is taken.
pub(super) fn environment(
    prefix: &str,
    entries: impl IntoIterator<Item = (OsString, OsString)>,
) -> Layer {
    let location = SettingLocation::Environment;
    let own = entries.into_iter().filter_map(|(name, value)| {
        let name = strip(prefix, name.to_str()?)?;
        let value = value.into_string().map_or(Raw::Unusable("is not UTF-8"), Raw::Text);
        Some((name, Given { value, location: location.clone() }))
    });
    own.collect()
}

/// The settings that a program passes: full names and values.
pub(super) fn program(prefix: &str, pairs: impl IntoIterator<Item = (String, String)>) -> Layer {
    let own = pairs.into_iter().filter_map(|(name, value)| {
        Some((strip(prefix, &name)?, Given::text(value, SettingLocation::Program)))
    });
    own.collect()
}

fn read(path: &Path, file: &str) -> Result<String, SettingsError> {
    let file_error = |reason: String| SettingsError::File { file: file.to_owned(), reason };
    let bytes = std::fs::read(path).map_err(|error| file_error(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| file_error("is not UTF-8".to_owned()))
}

fn strip(prefix: &str, name: &str) -> Option<String> {
    Some(name.strip_prefix(prefix)?.strip_prefix('_')?.to_owned())
}
