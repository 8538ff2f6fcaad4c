//! User names: one canonical form for all spellings of the same name (RFC 8265 section 3).

use unicode_normalization::char::is_combining_mark;

use super::FieldError;
use super::precis::{self, PrecisError};

/// Minimum number of characters (Unicode code points) of either form of a name.
pub const MIN_CHARS: usize = 2;
/// Maximum number of characters (Unicode code points) of a name, counted after mapping.
pub const MAX_CHARS: usize = 64;
/// Maximum length of a name in bytes of UTF-8, so that it fits into every database index.
pub const MAX_BYTES: usize = 255;

/// A user name in the form that is shown and the form that is compared.
///
/// Never contains `@`, so a name cannot be confused with an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username {
    shown: String,
    canonical: String,
}

impl Username {
    /// Parses a user name.
    ///
    /// The shown form is UsernameCasePreserved of RFC 8265 section 3.4. The canonical form is
    /// [`service_kit::text_key::text_key`]: spellings that differ only in case, width or composition are one name. Both
    /// forms parse to themselves. These are the rules for names that are looked up; [`Username::parse_new`] has further
    /// rules, for new names.
    ///
    /// # Errors
    ///
    /// When the name has white space, controls, zero-width characters, symbols outside ASCII, `@`, a combining mark at
    /// the front or mixed directions, or its length is outside [`MIN_CHARS`]..=[`MAX_CHARS`].
    pub fn parse(raw: &str) -> Result<Self, FieldError> {
        // Limits the work. A mapping never makes a name shorter than a quarter, so a longer text cannot be valid.
        if raw.chars().count() > 4 * MAX_CHARS {
            return Err(too_long());
        }
        if raw.is_empty() {
            return Err(too_short());
        }
        let shown = precis::preserve_case(raw).map_err(describe)?;
        let canonical = precis::canonical(&shown).map_err(describe)?;

        // Checked after mapping, because the full-width `＠` becomes `@`.
        if canonical.contains('@') {
            return Err(FieldError::new("must not contain @"));
        }
        if shown.starts_with(is_combining_mark) || canonical.starts_with(is_combining_mark) {
            return Err(FieldError::new("must not begin with a combining mark"));
        }
        let chars = shown.chars().count();
        if chars.min(canonical.chars().count()) < MIN_CHARS {
            return Err(too_short());
        }
        // The canonical form may be up to three times as long (`ß` becomes `ss`).
        if chars > MAX_CHARS || shown.len() > MAX_BYTES {
            return Err(too_long());
        }
        Ok(Self { shown, canonical })
    }

    /// The name as its owner wrote it: the form that is shown. It is stored in addition to the canonical form.
    pub fn display(&self) -> &str {
        &self.shown
    }

    /// The canonical form, which is unique and which log-ins look up.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The previous canonical form (see `precis::previous_canonical`); `None` if it is the same as the current one.
    pub fn previous_canonical(&self) -> Option<String> {
        precis::previous_canonical(&self.shown, &self.canonical)
    }
}

fn too_short() -> FieldError {
    FieldError::new(format!("too short: {MIN_CHARS} characters at least"))
}

pub(super) fn too_long() -> FieldError {
    FieldError::new(format!("too long: {MAX_CHARS} characters and {MAX_BYTES} bytes at most"))
}

fn describe(error: PrecisError) -> FieldError {
    FieldError::new(match error {
        PrecisError::Disallowed => {
            "has a character that user names cannot have: \
             letters, digits and ASCII punctuation only, no spaces"
        }
        PrecisError::MixedDirections => {
            "mixes left-to-right and right-to-left characters in a way that is not allowed"
        }
        PrecisError::Unstable => {
            "has a combination of characters that cannot be compared without regard to case"
        }
    })
}

#[cfg(test)]
mod tests;
