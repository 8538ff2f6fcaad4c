//! PRECIS (RFC 8264) as this service applies it: normalise first, then map until nothing changes.

use std::borrow::Cow;

use precis_profiles::precis_core::Error;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use precis_profiles::{OpaqueString, UsernameCaseMapped, UsernameCasePreserved};
use service_kit::text_key::text_key;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// How often a profile is applied before its output must be stable (three, by RFC 8264 section 7).
const MAX_PASSES: usize = 3;

/// Why a profile rejects a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PrecisError {
    /// It is empty, or contains a code point that the profile does not allow.
    Disallowed,
    /// It breaks the direction rule (RFC 5893 section 2).
    MixedDirections,
    /// It does not become stable when it is mapped, or its upper-case and lower-case spellings have different canonical
    /// forms.
    Unstable,
}

/// The form of a name that is shown: RFC 8265 section 3.4, UsernameCasePreserved.
pub(super) fn preserve_case(raw: &str) -> Result<String, PrecisError> {
    if is_plain(raw) { Ok(raw.to_owned()) } else { preserve_any_case(raw) }
}

fn preserve_any_case(raw: &str) -> Result<String, PrecisError> {
    reject_joiners(raw)?;
    until_stable(raw, |text| UsernameCasePreserved::enforce(text).map(Cow::into_owned))
}

/// The canonical form of a shown name: [`text_key`], if that is a valid name itself.
///
/// A name whose upper-case and lower-case spellings have different canonical forms is refused. Such names have one of a
/// few Greek capitals with an iota below (U+0345) and a further mark: lower case joins letter and iota, so the order of
/// the marks changes.
pub(super) fn canonical(shown: &str) -> Result<String, PrecisError> {
    if is_plain(shown) {
        return Ok(shown.to_ascii_lowercase());
    }
    let key = text_key(shown);
    let same_key = |other: String| text_key(&other) == key;
    let stable = same_key(shown.to_uppercase()) && same_key(shown.to_lowercase());
    if stable && preserve_case(&key)? == key { Ok(key) } else { Err(PrecisError::Unstable) }
}

/// The previous canonical form: RFC 8265 section 3.3, UsernameCaseMapped. Earlier versions compared it instead of
/// [`text_key`], and a stored row may still have it. `None` if it is the same as `key`.
pub(super) fn previous_canonical(shown: &str, key: &str) -> Option<String> {
    if is_plain(shown) {
        return None;
    }
    until_stable(shown, |text| UsernameCaseMapped::enforce(text).map(Cow::into_owned))
        .ok()
        .filter(|previous| previous != key)
}

/// Whether every code point is allowed in an identifier after the width mapping. Ignores the direction rule, because
/// each label of a host name has its own direction.
pub(super) fn is_identifier_text(raw: &str) -> bool {
    let composed: String = raw.nfc().collect();
    reject_joiners(&composed).is_ok() && UsernameCasePreserved::prepare(composed).is_ok()
}

/// The form of a password that is hashed: RFC 8265 section 4.2, OpaqueString.
///
/// Spaces of any script become U+0020; nothing else is lost. The copies made here are wiped. The copy that the profile
/// itself makes while it maps such a space cannot be wiped.
pub(super) fn opaque(raw: &str) -> Result<Zeroizing<String>, PrecisError> {
    if !raw.is_empty() && raw.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Ok(Zeroizing::new(raw.to_owned()));
    }
    any_opaque(raw)
}

fn any_opaque(raw: &str) -> Result<Zeroizing<String>, PrecisError> {
    let composed: Zeroizing<String> = Zeroizing::new(raw.nfc().collect());
    match OpaqueString::enforce(composed.as_str()) {
        Ok(text) => Ok(Zeroizing::new(text.into_owned())),
        Err(error) => Err(error.into()),
    }
}

/// Whether it is visible ASCII, as nearly every name is. A fast path: both name profiles change only the letter case of
/// such a text, so no Unicode tables are needed.
fn is_plain(raw: &str) -> bool {
    !raw.is_empty() && raw.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Composes first (NFC): a decomposed Korean name consists of conjoining jamo, which the identifier class does not
/// allow, but the composed name is allowed. Then maps until nothing changes, so that the result parses to itself.
fn until_stable(
    raw: &str,
    map: impl Fn(&str) -> Result<String, Error>,
) -> Result<String, PrecisError> {
    let mut current: String = raw.nfc().collect();
    for _ in 0..=MAX_PASSES {
        let next = map(&current)?;
        if next == current {
            return Ok(next);
        }
        current = next;
    }
    Err(PrecisError::Unstable)
}

/// RFC 5892 appendix A allows the zero-width joiners in some scripts. They are invisible, and two names that look the
/// same must not be two accounts, so this service rejects both joiners.
fn reject_joiners(text: &str) -> Result<(), PrecisError> {
    if text.contains(['\u{200c}', '\u{200d}']) { Err(PrecisError::Disallowed) } else { Ok(()) }
}

impl From<Error> for PrecisError {
    fn from(error: Error) -> Self {
        match error {
            Error::BadCodepoint(_) => Self::Disallowed,
            // `Invalid` means empty or the direction rule; an empty string is refused earlier.
            Error::Invalid => Self::MixedDirections,
            Error::Unexpected(_) => Self::Disallowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_path_for_ascii_gives_the_same_result_as_the_profiles() {
        let visible = || (b'!'..=b'~').map(char::from);
        for text in visible().flat_map(|one| visible().map(move |other| format!("{one}{other}"))) {
            assert_eq!(preserve_case(&text), preserve_any_case(&text), "{text}");
            assert_eq!(canonical(&text), Ok(text.to_ascii_lowercase()), "{text}");
            assert_eq!(previous_canonical(&text, &text.to_ascii_lowercase()), None, "{text}");
            assert_eq!(opaque(&text), any_opaque(&text), "{text}");
            let spaced = format!(" {text} ");
            assert_eq!(opaque(&spaced), any_opaque(&spaced), "{text}");
        }
        assert_eq!(preserve_case(""), preserve_any_case(""));
        assert_eq!(opaque(""), any_opaque(""));
    }
}
