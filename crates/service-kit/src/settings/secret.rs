//! Secrets: where they are read from, and how long they must be.

use std::{collections::BTreeSet, fs::File, io::Read};

use secrecy::SecretString;

use super::{FromSetting, Settings, SettingsError};

/// The fewest characters of a secret: 64 bits even if only hexadecimal digits are used.
const LEAST: usize = 16;

/// The fewest different characters of a secret: a random one of 16 hexadecimal digits has fewer once in two million.
const FEWEST_DIFFERENT: usize = 5;

/// The most bytes that are read of a secret's file.
const LARGEST_FILE: u64 = 64 * 1024;

/// A secret that is hard to guess: 16 visible ASCII characters at least.
#[derive(Clone, Debug)]
pub struct StrongSecret(pub SecretString);

impl FromSetting for StrongSecret {
    fn from_setting(text: &str) -> Result<Self, String> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.len() < LEAST || !is_visible {
            return Err(format!("is not {LEAST} visible ASCII characters at least"));
        }
        let different: BTreeSet<u8> = text.bytes().collect();
        if different.len() < FEWEST_DIFFERENT || text.to_ascii_lowercase().contains("changeme") {
            return Err("is too easy to guess; `openssl rand -hex 32` makes a good one".to_owned());
        }
        Ok(Self(text.into()))
    }
}

/// One such secret, or two with a comma between them: the old one and the new one, while they are exchanged.
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
    /// Takes a secret that must be hard to guess, or two of them with a comma between them; none if it is not set.
    ///
    /// # Errors
    /// As [`Settings::take_secret`].
    pub fn take_strong_secrets(&mut self, name: &str) -> Result<Vec<SecretString>, SettingsError> {
        let secrets = self.take_secret::<StrongSecrets>(name, masked)?;
        Ok(secrets.map(|secrets| secrets.0).unwrap_or_default())
    }

    /// Takes a secret that must be hard to guess, itself or from its file (`<NAME>_FILE`).
    ///
    /// # Errors
    /// As [`Settings::take_secret`].
    pub fn take_strong_secret(
        &mut self,
        name: &str,
    ) -> Result<Option<SecretString>, SettingsError> {
        Ok(self.take_secret::<StrongSecret>(name, masked)?.map(|secret| secret.0))
    }
}

/// Masks a whole value.
pub fn masked(_: &str) -> String {
    "********".to_owned()
}

/// Reads a secret's file. What editors and tools put around it is no part of it: a byte order mark, blanks, line ends.
pub(super) fn read(path: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("names a file that cannot be read: {}", error.kind()))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err("names a file that is too large for a secret".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "names a file that is not UTF-8".to_owned())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    match text.lines().count() {
        0 => Err("names an empty file".to_owned()),
        1 => Ok(text.to_owned()),
        _ => Err("names a file of more than one line".to_owned()),
    }
}
