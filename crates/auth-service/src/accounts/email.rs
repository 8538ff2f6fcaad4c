//! E-mail addresses: a canonical form to compare and a form to send mail to (RFC 5321, RFC 6531, RFC 5890).

use std::borrow::Cow;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use super::FieldError;
use super::precis;

/// Maximum length of a whole address in bytes (RFC 5321 section 4.5.3.1.3, less the two angle brackets).
pub const MAX_BYTES: usize = 254;
/// Maximum length of the part before the `@` in bytes (RFC 5321 section 4.5.3.1.1).
pub const MAX_LOCAL_BYTES: usize = 64;

/// An e-mail address in the form that is shown and the form that is compared. It is well formed; whether mail arrives
/// there is not checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    shown: String,
    canonical: String,
}

impl EmailAddress {
    /// Parses an address.
    ///
    /// The local part follows the user name profile of RFC 8265 and gets the canonical form of a user name. The domain
    /// becomes lower-case ASCII by IDNA (UTS 46). A mail server may treat `Ana@` and `ana@` as different; hardly any
    /// does, and two accounts for one mail box would be worse. Mail always goes to the shown form, because addresses
    /// with one canonical form may be different mail boxes.
    ///
    /// # Errors
    ///
    /// When the text is not `local@domain` with an unquoted local part and a host name of two labels or more (or
    /// `localhost`), has white space, controls or zero-width characters, or is longer than [`MAX_BYTES`].
    pub fn parse(raw: &str) -> Result<Self, FieldError> {
        // Limits the work. A mapping never makes a text shorter than a quarter, so a longer text cannot be valid.
        if raw.chars().count() > 4 * MAX_BYTES {
            return Err(too_long());
        }
        let (local, domain) = raw.rsplit_once('@').ok_or_else(not_an_address)?;
        let local_shown = precis::preserve_case(local).map_err(|_| invalid_local_part())?;
        let local_key = precis::canonical(&local_shown).map_err(|_| invalid_local_part())?;
        if !is_dot_atom(&local_key) || !is_dot_atom(&local_shown) {
            return Err(invalid_local_part());
        }
        if local_shown.len() > MAX_LOCAL_BYTES {
            return Err(FieldError::new(format!(
                "too long before the @: {MAX_LOCAL_BYTES} bytes at most"
            )));
        }
        let domain = ascii_domain(domain)?;

        let shown = format!("{local_shown}@{domain}");
        let canonical = format!("{local_key}@{domain}");
        if shown.len() > MAX_BYTES {
            return Err(too_long());
        }
        Ok(Self { shown, canonical })
    }

    /// The address to show and to send mail to: the letter case of the local part is kept.
    pub fn display(&self) -> &str {
        &self.shown
    }

    /// The canonical form, which is unique and which log-ins look up: all in lower case.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The previous canonical form (see `precis::previous_canonical`); `None` if it is the same as the current one.
    pub fn previous_canonical(&self) -> Option<String> {
        let (local, domain) = self.shown.rsplit_once('@')?;
        let previous = precis::previous_canonical(local, self.canonical_local_part())?;
        Some(format!("{previous}@{domain}"))
    }

    /// The part of the canonical form before the `@`.
    pub fn canonical_local_part(&self) -> &str {
        self.canonical.split_once('@').map_or("", |(local, _)| local)
    }
}

/// Whether it is a dot-atom (RFC 5322 section 3.2.3, with UTF-8 as in RFC 6531 section 3.3). The PRECIS profile has
/// already checked the characters outside ASCII.
fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom.chars().all(|c| {
                !c.is_ascii() || c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
            })
    })
}

fn ascii_domain(raw: &str) -> Result<String, FieldError> {
    // UTS 46 silently drops zero-width characters. An address with one is not the address that people see, so it is
    // refused here.
    if !precis::is_identifier_text(raw) {
        return Err(invalid_domain());
    }
    let domain = Uts46::new()
        .to_ascii(raw.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .map(Cow::into_owned)
        .map_err(|_| invalid_domain())?;
    if domain == "localhost" {
        return Ok(domain);
    }
    // A last label that begins with a digit is part of an IPv4 address, or a typing error: no top-level domain begins
    // with a digit (RFC 3696 section 2).
    match domain.rsplit_once('.') {
        Some((_, last)) if last.starts_with(|c: char| c.is_ascii_alphabetic()) => Ok(domain),
        _ => Err(invalid_domain()),
    }
}

fn not_an_address() -> FieldError {
    FieldError::new("not an e-mail address: needs a name, an @ and a domain")
}

fn invalid_local_part() -> FieldError {
    FieldError::new("not an e-mail address: the part before the @ is not supported")
}

fn invalid_domain() -> FieldError {
    FieldError::new("not an e-mail address: the part after the @ is not a domain name")
}

fn too_long() -> FieldError {
    FieldError::new(format!("too long: {MAX_BYTES} bytes at most"))
}

#[cfg(test)]
mod tests;
