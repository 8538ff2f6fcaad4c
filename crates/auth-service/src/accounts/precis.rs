//! PRECIS (RFC 8264) as this service applies it: normalise first, then map until nothing moves.

use std::borrow::Cow;

use precis_profiles::precis_core::Error;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use precis_profiles::{OpaqueString, UsernameCaseMapped, UsernameCasePreserved};
use service_kit::names::key_text;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// How often a profile is applied before its output must be stable (RFC 8264 section 7: three).
const ROUNDS: usize = 3;

/// Why a string does not pass a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It holds a code point that the profile refuses, or is empty.
    Refused,
    /// Its direction rule (RFC 5893 section 2) fails, or mapping it never settles.
    Incoherent,
}

/// The form of a name that is shown: RFC 8265 section 3.4, UsernameCasePreserved.
pub(super) fn preserve_case(raw: &str) -> Result<String, Unfit> {
    if is_plain(raw) { Ok(raw.to_owned()) } else { preserve_any_case(raw) }
}

fn preserve_any_case(raw: &str) -> Result<String, Unfit> {
    refuse_joiners(raw)?;
    until_stable(raw, |text| UsernameCasePreserved::enforce(text).map(Cow::into_owned))
}

/// The form of a name that is compared, of a form that is shown: [`key_text`], if that can be a name itself.
///
/// A name whose upper and lower case have different keys is refused. These are a few Greek capitals with an iota below
/// (U+0345) and a further mark: lower case joins letter and iota, and the mark is then behind both.
pub(super) fn key(shown: &str) -> Result<String, Unfit> {
    if is_plain(shown) {
        return Ok(shown.to_ascii_lowercase());
    }
    let key = key_text(shown);
    let has_it = |other: String| key_text(&other) == key;
    let stable = has_it(shown.to_uppercase()) && has_it(shown.to_lowercase());
    if stable && preserve_case(&key)? == key { Ok(key) } else { Err(Unfit::Incoherent) }
}

/// The form that was compared before [`key_text`]: RFC 8265 section 3.3, UsernameCaseMapped. `None` where it is the
/// same as `key`. A stored row may still have it.
pub(super) fn former_key(shown: &str, key: &str) -> Option<String> {
    if is_plain(shown) {
        return None;
    }
    until_stable(shown, |text| UsernameCaseMapped::enforce(text).map(Cow::into_owned))
        .ok()
        .filter(|former| former != key)
}

/// Whether every code point may stand in an identifier, after the width mapping, whatever the
/// direction rule says. For host names, whose labels have directions of their own.
pub(super) fn is_identifier_text(raw: &str) -> bool {
    let composed: String = raw.nfc().collect();
    refuse_joiners(&composed).is_ok() && UsernameCasePreserved::prepare(composed).is_ok()
}

/// The form of a password that is hashed: RFC 8265 section 4.2, OpaqueString.
///
/// Spaces of any script become U+0020 and nothing else is lost. The copies made here are wiped;
/// one that the profile itself makes while mapping a foreign space cannot be.
pub(super) fn opaque(raw: &str) -> Result<Zeroizing<String>, Unfit> {
    if !raw.is_empty() && raw.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Ok(Zeroizing::new(raw.to_owned()));
    }
    any_opaque(raw)
}

fn any_opaque(raw: &str) -> Result<Zeroizing<String>, Unfit> {
    let composed: Zeroizing<String> = Zeroizing::new(raw.nfc().collect());
    match OpaqueString::enforce(composed.as_str()) {
        Ok(text) => Ok(Zeroizing::new(text.into_owned())),
        Err(error) => Err(error.into()),
    }
}

/// Visible ASCII, of which nearly every name is: both profiles of names let it through as it is, but for the case,
/// and no table of Unicode has to be walked.
fn is_plain(raw: &str) -> bool {
    !raw.is_empty() && raw.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Composes first (NFC), because the identifier class refuses the conjoining jamo that a
/// decomposed Korean name is made of, though its composed form is fine. Then maps until stable, so
/// that a stored form is its own canonical form.
fn until_stable(raw: &str, map: impl Fn(&str) -> Result<String, Error>) -> Result<String, Unfit> {
    let mut current: String = raw.nfc().collect();
    for _ in 0..=ROUNDS {
        let next = map(&current)?;
        if next == current {
            return Ok(next);
        }
        current = next;
    }
    Err(Unfit::Incoherent)
}

/// RFC 5892 appendix A lets the zero-width joiners stand in some scripts. They are invisible, and
/// two names that look the same must not be two accounts, so this service takes neither.
fn refuse_joiners(text: &str) -> Result<(), Unfit> {
    if text.contains(['\u{200c}', '\u{200d}']) { Err(Unfit::Refused) } else { Ok(()) }
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Self {
        match error {
            Error::BadCodepoint(_) => Self::Refused,
            // `Invalid` is the empty string or the direction rule; emptiness is told apart before.
            Error::Invalid => Self::Incoherent,
            Error::Unexpected(_) => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_for_ascii_leads_where_the_long_one_does() {
        let visible = || (b'!'..=b'~').map(char::from);
        for text in visible().flat_map(|one| visible().map(move |other| format!("{one}{other}"))) {
            assert_eq!(preserve_case(&text), preserve_any_case(&text), "{text}");
            assert_eq!(key(&text), Ok(text.to_ascii_lowercase()), "{text}");
            assert_eq!(former_key(&text, &text.to_ascii_lowercase()), None, "{text}");
            assert_eq!(opaque(&text), any_opaque(&text), "{text}");
            let spaced = format!(" {text} ");
            assert_eq!(opaque(&spaced), any_opaque(&spaced), "{text}");
        }
        assert_eq!(preserve_case(""), preserve_any_case(""));
        assert_eq!(opaque(""), any_opaque(""));
    }
}
