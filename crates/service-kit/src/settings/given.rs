//! A setting as it was given, before it has a type.

use std::fmt;

use super::SettingLocation;

/// A value and where it is written. `Debug` shows only the location.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) value: Raw,
    pub(super) location: SettingLocation,
}

/// The kinds of values that a file or the environment can hold.
#[derive(Clone)]
pub(super) enum Raw {
    Text(String),
    /// An array of a TOML file.
    List(Vec<String>),
    /// A value that no setting can have, and why.
    Unusable(&'static str),
}

impl Given {
    pub(super) fn text(value: impl Into<String>, location: SettingLocation) -> Self {
        Self { value: Raw::Text(value.into()), location }
    }

    /// The value as one text. `separator` is put between the items of a setting that is a list.
    ///
    /// # Errors
    /// When it is empty, or a list where one value is wanted.
    pub(super) fn as_text(&self, separator: Option<char>) -> Result<String, String> {
        match (&self.value, separator) {
            (Raw::Unusable(why), _) => Err((*why).to_owned()),
            (Raw::Text(text), _) => match text.trim() {
                "" => Err("is empty; leave the setting out for its default".to_owned()),
                text => Ok(text.to_owned()),
            },
            (Raw::List(_), None) => Err("is a list, and takes one value".to_owned()),
            // An empty list is written `none`.
            (Raw::List(items), Some(_)) if items.is_empty() => Ok("none".to_owned()),
            (Raw::List(items), Some(separator)) => joined(items, separator),
        }
    }
}

/// An item that holds a separator would become two.
fn joined(items: &[String], separator: char) -> Result<String, String> {
    let splits = |character: char| character.is_whitespace() || matches!(character, ',' | ';');
    for (index, item) in items.iter().enumerate() {
        if item.is_empty() || item.contains(splits) {
            let number = index + 1;
            return Err(format!(
                "item {number} of the list is empty, or holds a blank, a comma or a semicolon"
            ));
        }
    }
    Ok(items.join(&separator.to_string()))
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").field("location", &self.location).finish_non_exhaustive()
    }
}
