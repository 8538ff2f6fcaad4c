//! Settings: defaults < `--config FILE` (TOML) < `.env` < environment.
//!
//! Every setting has one name, such as `APP_LISTEN`. A file may leave the prefix out (`listen = …`),
//! write it in lower case, or put it in a table (`[app]`); names of other services are ignored, so one
//! file can serve several. A bad or an unknown setting stops the start with a message that names it and
//! never repeats its value: that may be a secret.

mod declared;
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
    ops::RangeInclusive,
    path::Path,
};

pub use self::{
    declared::{Bounded, DefaultValue, EffectiveSetting, described, table},
    error::{SettingLocation, SettingsError},
    secret::{MASK, StrongSecret, masked},
    urls::HttpUrl,
    values::{FromSetting, List, OrOff},
};
use self::{given::Given, values::without_value};

/// The settings as given, before a service takes those it knows. `Debug` shows no values.
#[derive(Debug)]
pub struct Settings {
    prefix: &'static str,
    given: BTreeMap<String, Given>,
    taken: BTreeSet<String>,
    effective: Vec<EffectiveSetting>,
}

impl Settings {
    /// Reads the file, `.env` in the working folder, and the environment.
    ///
    /// `prefix` is the service's own (`APP`), `others` are those of services that may share a file. `known`
    /// returns the service's settings by full name: other text on a line that cannot be parsed may be a secret.
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

    /// Settings only from these full names and values: for tests, and for programs that embed a service.
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

    /// Replaces the default of the setting `name` (without its prefix). A setting that is given overrides it.
    pub fn set_default(&mut self, name: &str, value: impl Into<String>) {
        if !self.given.contains_key(&format!("{name}_FILE")) {
            let fallback = || Given::text(value, SettingLocation::Program);
            self.given.entry(name.to_owned()).or_insert_with(fallback);
        }
    }

    /// Takes the setting `name` (without its prefix), or its default. `meaning` is what the documentation says of it.
    ///
    /// # Errors
    /// When the value is empty or not one of the setting's type.
    pub fn take<'d, T: FromSetting>(
        &mut self,
        name: &str,
        default: impl Into<DefaultValue<'d>>,
        meaning: &str,
    ) -> Result<T, SettingsError> {
        let default = default.into();
        let text = self.pick(name, T::SEPARATOR)?.unwrap_or_else(|| default.value.to_string());
        let value = self.parse(name, &text)?;
        self.note(name, T::shown(&text), default.shown(), meaning);
        Ok(value)
    }

    /// Takes a setting that has bounds. Its default is within them.
    ///
    /// # Errors
    /// As [`Settings::take`], and when the value is out of bounds.
    pub fn take_within<'d, T: Bounded>(
        &mut self,
        name: &str,
        default: impl Into<DefaultValue<'d>>,
        range: RangeInclusive<T>,
        meaning: &str,
    ) -> Result<T, SettingsError> {
        let bounds = declared::bounds(&range);
        let value = self.take(name, default, &format!("{meaning}; {bounds}"))?;
        if range.contains(&value) {
            Ok(value)
        } else {
            Err(self.invalid(name, format!("is not {bounds}")))
        }
    }

    /// An error about the setting `name` (without its prefix). If the reason repeats the value, the value is removed.
    pub fn invalid(&self, name: &str, reason: impl Into<String>) -> SettingsError {
        let given = self.given.get(name);
        let text = given.and_then(|given| given.as_text(Some(',')).ok()).unwrap_or_default();
        let location = given.map(|given| given.location.clone()).unwrap_or_default();
        let reason = without_value(&reason.into(), &text);
        SettingsError::Invalid { name: self.full_name(name), location, reason }
    }

    /// Finishes: every given setting must have been taken.
    ///
    /// # Errors
    /// When a setting was given that the service does not know.
    pub fn finish(self) -> Result<Vec<EffectiveSetting>, SettingsError> {
        let unknown = self.given.iter().filter(|(name, _)| !self.taken.contains(*name));
        let unknown: Vec<_> = unknown
            .map(|(name, given)| {
                format!("{}{}", names::shown(&self.full_name(name)), given.location)
            })
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
        text.map_err(|why| self.invalid(name, why))
    }

    fn parse<T: FromSetting>(&self, name: &str, text: &str) -> Result<T, SettingsError> {
        T::from_setting(text).map_err(|reason| self.invalid(name, without_value(&reason, text)))
    }

    fn note(&mut self, name: &str, value: String, default: String, meaning: &str) {
        let (name, meaning) = (self.full_name(name), meaning.to_owned());
        self.effective.push(EffectiveSetting { name, value, default, meaning });
    }

    /// A setting's name with its prefix.
    pub(crate) fn full_name(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix)
    }
}

#[cfg(test)]
mod tests;
