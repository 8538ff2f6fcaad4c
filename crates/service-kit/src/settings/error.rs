//! Why settings are rejected. No message contains a value, because any value may be a secret.

use std::fmt;

/// Why the settings were rejected; names the setting or the file, and never a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A setting whose value cannot be used.
    #[error("setting {name}{location}: {reason}")]
    Invalid {
        /// The setting's full name.
        name: String,
        /// Where it is written.
        location: SettingLocation,
        /// Why it is rejected.
        reason: String,
    },
    /// Unknown settings, each with the location.
    #[error("unknown setting {0}")]
    Unknown(String),
    /// A line of a file that cannot be parsed.
    #[error("settings file {file}, line {line}{}: {reason}", shown(name.as_deref()))]
    Line {
        /// The file's path.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The name on that line, where it is certainly a name.
        name: Option<String>,
        /// Why it is rejected.
        reason: &'static str,
    },
    /// The file cannot be read.
    #[error("settings file {file}: {reason}")]
    File {
        /// The file's path.
        file: String,
        /// Why it is rejected.
        reason: String,
    },
}

fn shown(name: Option<&str>) -> String {
    name.map(|name| format!(" ({name})")).unwrap_or_default()
}

/// Where a setting is written. Prints as ` (.env line 3)`, and as nothing where that is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SettingLocation {
    /// The program: a default, or a value from a program that embeds the service.
    #[default]
    Program,
    /// The environment.
    Environment,
    /// A file.
    File(String),
    /// A line of a file, counted from 1.
    Line(String, usize),
}

impl fmt::Display for SettingLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => Ok(()),
            Self::Environment => f.write_str(" (environment)"),
            Self::File(file) => write!(f, " ({file})"),
            Self::Line(file, line) => write!(f, " ({file} line {line})"),
        }
    }
}
