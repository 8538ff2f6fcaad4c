//! Settings: defaults < `--config FILE` (TOML) < `.env` < environment.
//!
//! Every setting has one name, such as `AUTH_LISTEN`. A file may leave the prefix out (`listen = …`),
//! write it small, or put it on a table (`[auth]`); names of the other service are passed over, so one
//! file can serve both. A bad or an unknown setting stops the start with a message that names it.

mod layers;
mod values;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

pub use values::{Age, Choice, FromSetting, List};

/// Why the settings were refused; always names the setting or the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A setting whose value cannot be used.
    #[error("setting {name}: {reason}")]
    Bad {
        /// The setting's full name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Settings nobody knows.
    #[error("unknown setting {0}")]
    Unknown(String),
    /// The file cannot be read or is no TOML.
    #[error("settings file {file}: {reason}")]
    File {
        /// The file's path.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// One effective setting, as the `config` command prints it.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The full name.
    pub name: String,
    /// The value in use, secrets masked.
    pub value: String,
}

/// The settings as given, before a service takes those it knows.
#[derive(Debug)]
pub struct Settings {
    prefix: &'static str,
    given: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    effective: Vec<Effective>,
}

impl Settings {
    /// Reads the file, `.env` in the working folder, and the environment.
    ///
    /// `prefix` is the service's own (`AUTH`), `others` are those of services that may share a file.
    ///
    /// # Errors
    /// When the file or `.env` cannot be read.
    pub fn load(
        prefix: &'static str,
        others: &[&str],
        file: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        let mut given = match file {
            Some(path) => layers::from_file(prefix, others, path)?,
            None => BTreeMap::new(),
        };
        given.extend(layers::own(prefix, layers::dot_env()?));
        given.extend(layers::own(prefix, std::env::vars_os().filter_map(layers::as_text)));
        Ok(Self::from_given(prefix, given))
    }

    /// Settings from full names and values alone: for tests and for programs that embed a service.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(
        prefix: &'static str,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self::from_given(prefix, layers::own(prefix, pairs).collect())
    }

    fn from_given(prefix: &'static str, given: BTreeMap<String, String>) -> Self {
        Self { prefix, given, taken: BTreeSet::new(), effective: Vec::new() }
    }

    /// Another default for the setting `name` (without its prefix), which everything given overrides.
    pub fn fall_back(&mut self, name: &str, value: impl Into<String>) {
        if !self.given.contains_key(&format!("{name}_FILE")) {
            self.given.entry(name.to_owned()).or_insert_with(|| value.into());
        }
    }

    /// Takes the setting `name` (without its prefix), or its default.
    ///
    /// # Errors
    /// When the value is not one of the setting's type.
    pub fn take<T: FromSetting>(&mut self, name: &str, default: &str) -> Result<T, SettingsError> {
        let text = self.pick(name).unwrap_or_else(|| default.to_owned());
        let value = self.parse(name, &text)?;
        self.note(name, text);
        Ok(value)
    }

    /// Takes a setting that holds a secret, or names a file that does (`<NAME>_FILE`).
    ///
    /// `mask` makes the printable form. An empty value counts as not set.
    ///
    /// # Errors
    /// When the value cannot be used, the file cannot be read, or both are set.
    pub fn take_secret<T: FromSetting>(
        &mut self,
        name: &str,
        mask: impl Fn(&str) -> String,
    ) -> Result<Option<T>, SettingsError> {
        let file_name = format!("{name}_FILE");
        let direct = self.pick(name).filter(|text| !text.is_empty());
        let text = match (direct, self.pick(&file_name).filter(|text| !text.is_empty())) {
            (Some(_), Some(_)) => {
                return Err(self.bad(&file_name, format!("{}_{name} is set too", self.prefix)));
            }
            (Some(text), None) => text,
            (None, Some(path)) => std::fs::read_to_string(&path)
                .map_err(|error| self.bad(&file_name, format!("{path}: {error}")))?
                .trim_end_matches(['\n', '\r'])
                .to_owned(),
            (None, None) => {
                self.note(name, String::new());
                return Ok(None);
            }
        };
        let value = self.parse(name, &text)?;
        self.note(name, mask(&text));
        Ok(Some(value))
    }

    /// Takes a secret that has a default. The default is printed as it is: anyone may know it.
    ///
    /// # Errors
    /// As [`Settings::take_secret`].
    pub fn take_secret_or<T: FromSetting>(
        &mut self,
        name: &str,
        default: &str,
        mask: impl Fn(&str) -> String,
    ) -> Result<T, SettingsError> {
        if let Some(value) = self.take_secret(name, mask)? {
            return Ok(value);
        }
        self.effective.pop();
        let value = self.parse(name, default)?;
        self.note(name, default.to_owned());
        Ok(value)
    }

    /// Refuses a setting that is there and empty: a program that put nothing into it meant to put something.
    ///
    /// # Errors
    /// With the setting's name.
    pub fn refuse_empty(&self, name: &str) -> Result<(), SettingsError> {
        match self.given.get(name) {
            Some(text) if text.trim().is_empty() => Err(self.bad(name, "is empty")),
            _ => Ok(()),
        }
    }

    /// An error about the setting `name` (without its prefix).
    pub fn bad(&self, name: &str, reason: impl Into<String>) -> SettingsError {
        SettingsError::Bad { name: self.full_name(name), reason: reason.into() }
    }

    /// Ends the taking.
    ///
    /// # Errors
    /// When something was given that nobody took.
    pub fn finish(self) -> Result<Vec<Effective>, SettingsError> {
        let unknown: Vec<_> = self
            .given
            .keys()
            .filter(|name| !self.taken.contains(*name))
            .map(|name| self.full_name(name))
            .collect();
        if unknown.is_empty() {
            Ok(self.effective)
        } else {
            Err(SettingsError::Unknown(unknown.join(", ")))
        }
    }

    fn pick(&mut self, name: &str) -> Option<String> {
        self.taken.insert(name.to_owned());
        self.given.get(name).map(|text| text.trim().to_owned())
    }

    fn parse<T: FromSetting>(&self, name: &str, text: &str) -> Result<T, SettingsError> {
        T::from_setting(text).map_err(|reason| self.bad(name, reason))
    }

    fn note(&mut self, name: &str, value: String) {
        self.effective.push(Effective { name: self.full_name(name), value });
    }

    fn full_name(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix)
    }
}

/// Masks a whole value.
pub fn masked(_: &str) -> String {
    "********".to_owned()
}

#[cfg(test)]
mod tests;
