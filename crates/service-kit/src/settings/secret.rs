//! Secrets: where they are read from, and how long they must be.

use std::{collections::BTreeSet, fs::File, io::Read};

use secrecy::SecretString;

use super::{DefaultValue, FromSetting, Settings, SettingsError};

/// The minimum length of a secret: 64 bits even if only hexadecimal digits are used.
const MIN_LENGTH: usize = 16;

/// The fewest different characters of a secret. Of two million random secrets of 16 hexadecimal digits, one has fewer.
const MIN_DISTINCT: usize = 5;

/// The most bytes that are read of a secret's file.
const MAX_FILE_LEN: u64 = 64 * 1024;

/// A secret that is hard to guess: 16 visible ASCII characters at least.
#[derive(Clone, Debug)]
pub struct StrongSecret(pub SecretString);

impl FromSetting for StrongSecret {
    fn from_setting(text: &str) -> Result<Self, String> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.len() < MIN_LENGTH || !is_visible {
            return Err(format!("must have at least {MIN_LENGTH} visible ASCII characters"));
        }
        let distinct: BTreeSet<u8> = text.bytes().collect();
        if distinct.len() < MIN_DISTINCT || text.to_ascii_lowercase().contains("changeme") {
            return Err("is too easy to guess; `openssl rand -hex 32` makes a good one".to_owned());
        }
        Ok(Self(text.into()))
    }
}

/// One such secret, or two with a comma between them: the old one and the new one, while the old one is being replaced.
#[derive(Clone, Debug)]
struct StrongSecrets(Vec<SecretString>);

impl FromSetting for StrongSecrets {
    fn from_setting(text: &str) -> Result<Self, String> {
        let secrets = text.split(',').map(|text| StrongSecret::from_setting(text.trim()));
        let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
        if secrets.len() > 2 {
            return Err("has more than two secrets, with commas between them".to_owned());
        }
        Ok(Self(secrets.into_iter().map(|secret| secret.0).collect()))
    }
}

impl Settings {
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
        meaning: &str,
    ) -> Result<Option<T>, SettingsError> {
        let text = self.secret_text(name, T::SEPARATOR)?;
        let value = text.as_ref().map(|text| self.parse(name, text)).transpose()?;
        let shown = text.map(|text| mask(&text)).unwrap_or_default();
        self.note(name, shown, "not set".to_owned(), meaning);
        Ok(value)
    }

    /// Takes a secret that has a default. The default is printed as it is: anyone may know it.
    ///
    /// # Errors
    /// As [`Settings::take_secret`].
    pub fn take_secret_or<'d, T: FromSetting>(
        &mut self,
        name: &str,
        default: impl Into<DefaultValue<'d>>,
        mask: impl Fn(&str) -> String,
        meaning: &str,
    ) -> Result<T, SettingsError> {
        let default = default.into();
        let text = self.secret_text(name, T::SEPARATOR)?;
        let value = self.parse(name, text.as_deref().unwrap_or(&default.value))?;
        let shown = text.map_or_else(|| default.value.to_string(), |text| mask(&text));
        self.note(name, shown, default.shown(), meaning);
        Ok(value)
    }

    fn secret_text(
        &mut self,
        name: &str,
        separator: Option<char>,
    ) -> Result<Option<String>, SettingsError> {
        let file_name = format!("{name}_FILE");
        let direct = self.pick(name, separator)?;
        match (direct, self.pick(&file_name, None)?) {
            (Some(_), Some(_)) => {
                Err(self.invalid(&file_name, format!("{} is set too", self.full_name(name))))
            }
            // The path is not repeated: a secret that was put here by mistake is no path.
            (None, Some(path)) => {
                read(&path).map(Some).map_err(|why| self.invalid(&file_name, why))
            }
            (direct, None) => Ok(direct),
        }
    }

    /// Takes a secret that must be hard to guess, or two of them with a comma between them; none if it is not set.
    ///
    /// # Errors
    /// As [`Settings::take_secret`].
    pub fn take_strong_secrets(
        &mut self,
        name: &str,
        meaning: &str,
    ) -> Result<Vec<SecretString>, SettingsError> {
        let secrets = self.take_secret::<StrongSecrets>(name, masked, meaning)?;
        Ok(secrets.map(|secrets| secrets.0).unwrap_or_default())
    }

    /// Takes a secret that must be hard to guess, itself or from its file (`<NAME>_FILE`).
    ///
    /// # Errors
    /// As [`Settings::take_secret`].
    pub fn take_strong_secret(
        &mut self,
        name: &str,
        meaning: &str,
    ) -> Result<Option<SecretString>, SettingsError> {
        Ok(self.take_secret::<StrongSecret>(name, masked, meaning)?.map(|secret| secret.0))
    }
}

/// What is printed instead of a secret.
pub const MASK: &str = "********";

/// Masks a whole value.
pub fn masked(_: &str) -> String {
    MASK.to_owned()
}

/// Reads a secret's file. A byte order mark, blanks and line ends around it are removed, because editors and tools
/// add them.
fn read(path: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(MAX_FILE_LEN + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("names a file that cannot be read: {}", error.kind()))?;
    if bytes.len() as u64 > MAX_FILE_LEN {
        return Err("names a file that is too large for a secret".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "names a file that is not UTF-8".to_owned())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    match text.lines().count() {
        0 => Err("names an empty file".to_owned()),
        1 => Ok(text.to_owned()),
        _ => Err("names a file with more than one line".to_owned()),
    }
}
