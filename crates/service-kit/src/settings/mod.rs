//! Settings: defaults < `--config FILE` (TOML) < `.env` < environment.
//!
//! Every setting has one name, such as `AUTH_LISTEN`. A file may leave the prefix out (`listen = …`),
//! write it small, or put it on a table (`[auth]`); names of the other service are passed over, so one
//! file can serve both. A bad or an unknown setting stops the start with a message that names it and
//! never repeats its value: that may be a secret.

mod dot_env;
mod error;
mod given;
mod layers;
mod names;
mod secret;
mod toml_file;
mod urls;
mod values;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

pub use self::{
    error::{Place, SettingsError},
    secret::{StrongSecret, masked},
    urls::HttpUrl,
    values::{FromSetting, List, OrOff},
};
use self::{given::Given, values::without_value};

/// One effective setting, as the `config` command prints it.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The full name.
    pub name: String,
    /// The value in use, secrets masked.
    pub value: String,
}

/// The settings as given, before a service takes those it knows. `Debug` shows no values.
#[derive(Debug)]
pub struct Settings {
    prefix: &'static str,
    given: BTreeMap<String, Given>,
    taken: BTreeSet<String>,
    effective: Vec<Effective>,
}

impl Settings {
    /// Reads the file, `.env` in the working folder, and the environment.
    ///
    /// `prefix` is the service's own (`AUTH`), `others` are those of services that may share a file. `known` tells
    /// the service's settings by full name: what else stands on a line that cannot be parsed may be a secret.
    ///
    /// # Errors
    /// When the file or `.env` cannot be read or parsed.
    pub fn load(
        prefix: &'static str,
        others: &[&str],
        file: Option<&Path>,
        known: &dyn Fn() -> Vec<String>,
    ) -> Result<Self, SettingsError> {
        let mut given = match file {
            Some(path) => layers::from_file(prefix, others, path, known)?,
            None => BTreeMap::new(),
        };
        given.extend(layers::dot_env(prefix, known)?);
        given.extend(layers::environment(prefix, std::env::vars_os()));
        Ok(Self::from_given(prefix, given))
    }

    /// Settings from full names and values alone: for tests and for programs that embed a service.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(
        prefix: &'static str,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self::from_given(prefix, layers::program(prefix, pairs))
    }

    fn from_given(prefix: &'static str, given: BTreeMap<String, Given>) -> Self {
        Self { prefix, given, taken: BTreeSet::new(), effective: Vec::new() }
    }

    /// Another default for the setting `name` (without its prefix), which everything given overrides.
    pub fn fall_back(&mut self, name: &str, value: impl Into<String>) {
        if !self.given.contains_key(&format!("{name}_FILE")) {
            let fallback = || Given::text(value, Place::Program);
            self.given.entry(name.to_owned()).or_insert_with(fallback);
        }
    }

    /// Takes the setting `name` (without its prefix), or its default.
    ///
    /// # Errors
    /// When the value is empty or not one of the setting's type.
    pub fn take<T: FromSetting>(&mut self, name: &str, default: &str) -> Result<T, SettingsError> {
        let text = self.pick(name, T::SEPARATOR)?.unwrap_or_else(|| default.to_owned());
        let value = self.parse(name, &text)?;
        self.note(name, T::shown(&text));
        Ok(value)
    }

    /// Takes a setting that holds a secret, or names a file that does (`<NAME>_FILE`).
    ///
    /// `mask` makes the printable form.
    ///
    /// # Errors
    /// When the value cannot be used, the file cannot be read, or both are set.
    pub fn take_secret<T: FromSetting>(
        &mut self,
        name: &str,
        mask: impl Fn(&str) -> String,
    ) -> Result<Option<T>, SettingsError> {
        let file_name = format!("{name}_FILE");
        let direct = self.pick(name, T::SEPARATOR)?;
        let text = match (direct, self.pick(&file_name, None)?) {
            (Some(_), Some(_)) => {
                return Err(self.bad(&file_name, format!("{} is set too", self.full_name(name))));
            }
            (Some(text), None) => text,
            // The path is not repeated: a secret that was put here by mistake is no path.
            (None, Some(path)) => secret::read(&path).map_err(|why| self.bad(&file_name, why))?,
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

    /// An error about the setting `name` (without its prefix). Where the reason repeats the value, that is taken out.
    pub fn bad(&self, name: &str, reason: impl Into<String>) -> SettingsError {
        let given = self.given.get(name);
        let text = given.and_then(|given| given.as_text(Some(',')).ok()).unwrap_or_default();
        let place = given.map(|given| given.place.clone()).unwrap_or_default();
        let reason = without_value(&reason.into(), &text);
        SettingsError::Bad { name: self.full_name(name), place, reason }
    }

    /// Ends the taking.
    ///
    /// # Errors
    /// When a setting was given that the service does not know.
    pub fn finish(self) -> Result<Vec<Effective>, SettingsError> {
        let unknown = self.given.iter().filter(|(name, _)| !self.taken.contains(*name));
        let unknown: Vec<_> = unknown
            .map(|(name, given)| format!("{}{}", names::shown(&self.full_name(name)), given.place))
            .collect();
        if unknown.is_empty() {
            Ok(self.effective)
        } else {
            Err(SettingsError::Unknown(unknown.join(", ")))
        }
    }

    fn pick(
        &mut self,
        name: &str,
        separator: Option<char>,
    ) -> Result<Option<String>, SettingsError> {
        self.taken.insert(name.to_owned());
        let text = self.given.get(name).map(|given| given.as_text(separator)).transpose();
        text.map_err(|why| self.bad(name, why))
    }

    fn parse<T: FromSetting>(&self, name: &str, text: &str) -> Result<T, SettingsError> {
        T::from_setting(text).map_err(|reason| self.bad(name, without_value(&reason, text)))
    }

    fn note(&mut self, name: &str, value: String) {
        self.effective.push(Effective { name: self.full_name(name), value });
    }

    fn full_name(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix)
    }
}

#[cfg(test)]
mod tests;
