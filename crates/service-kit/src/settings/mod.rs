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
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn settings(pairs: &[(&'static str, &'static str)]) -> Settings {
        Settings::from_pairs("AUTH", pairs.iter().copied())
    }

    #[test]
    fn a_default_stands_until_the_setting_is_given() {
        let mut given = settings(&[("AUTH_LISTEN", "0.0.0.0:1")]);
        let listen: SocketAddr = given.take("LISTEN", "127.0.0.1:8080").unwrap();
        let metrics: SocketAddr = given.take("METRICS_LISTEN", "127.0.0.1:9080").unwrap();
        assert_eq!((listen.port(), metrics.port()), (1, 9080));
        assert_eq!(given.finish().unwrap().len(), 2);
    }

    #[test]
    fn a_bad_setting_is_refused_by_its_full_name() {
        let mut given = settings(&[("AUTH_LISTEN", "nowhere")]);
        let error = given.take::<SocketAddr>("LISTEN", "127.0.0.1:8080").unwrap_err();
        assert!(error.to_string().contains("AUTH_LISTEN"), "{error}");
    }

    #[test]
    fn an_unknown_setting_is_refused_by_its_full_name() {
        let error = settings(&[("AUTH_LISTNE", "x")]).finish().unwrap_err();
        assert_eq!(error.to_string(), "unknown setting AUTH_LISTNE");
    }

    #[test]
    fn names_of_other_programs_are_passed_over() {
        assert!(settings(&[("USERS_LISTEN", "x"), ("PATH", "y")]).finish().is_ok());
    }

    #[test]
    fn a_file_may_write_names_with_or_without_prefix_and_on_tables() {
        let folder = tempfile::tempdir().unwrap();
        for text in [
            "listen = '0.0.0.0:7'\nusers_listen = 'x'",
            "AUTH_LISTEN = '0.0.0.0:7'",
            "[auth]\nlisten = '0.0.0.0:7'\n[users]\nlisten = 'x'",
        ] {
            let file = folder.path().join("pair.toml");
            std::fs::write(&file, text).unwrap();
            let mut given = Settings::load("AUTH", &["USERS"], Some(&file)).unwrap();
            let listen: SocketAddr = given.take("LISTEN", "127.0.0.1:8080").unwrap();
            assert_eq!(listen.port(), 7, "{text}");
            given.finish().unwrap();
        }
    }

    #[test]
    fn a_file_that_is_missing_or_broken_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pair.toml");
        assert!(Settings::load("AUTH", &[], Some(&file)).is_err());
        std::fs::write(&file, "listen = ").unwrap();
        let error = Settings::load("AUTH", &[], Some(&file)).unwrap_err();
        assert!(error.to_string().contains("pair.toml"), "{error}");
    }

    #[test]
    fn a_secret_may_come_from_a_file_and_is_printed_masked() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\n").unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let mut given = Settings::from_pairs("AUTH", [("AUTH_VERIFIER_SECRET_FILE", path)]);
        let secret: Option<String> = given.take_secret("VERIFIER_SECRET", masked).unwrap();
        assert_eq!(secret.as_deref(), Some("s3cret"));
        assert!(!format!("{:?}", given.finish().unwrap()).contains("s3cret"));
    }

    #[test]
    fn a_secret_with_a_default_prints_the_default_and_masks_what_is_given() {
        for (pairs, printed) in [(vec![], "file.db"), (vec![("AUTH_URL", "s3cret")], "********")] {
            let mut given = settings(&pairs);
            let _: String = given.take_secret_or("URL", "file.db", masked).unwrap();
            let effective = given.finish().unwrap();
            assert_eq!((effective.len(), effective[0].value.as_str()), (1, printed));
        }
    }
}
