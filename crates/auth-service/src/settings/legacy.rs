//! The settings of tokens of the old application, from which users came.

use std::path::PathBuf;

use secrecy::SecretString;
use service_kit::{
    settings::{FromSetting, MASK, Settings, SettingsError},
    unix_time::UnixSeconds,
};
use time::{
    Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description,
};

use crate::sessions::legacy::{LegacyKey, LegacyTokens};

/// A time, a date (its beginning in UTC), or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cutoff(Option<UnixSeconds>);

impl FromSetting for Cutoff {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        let time = OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| {
            let date = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
            Some(date.midnight().assume_utc())
        });
        let time = time.ok_or("is neither a date nor a time, such as 2026-12-01")?;
        Ok(Self(Some(UnixSeconds::new(time.unix_timestamp()))))
    }
}

/// A file, or `none`.
struct FileOrNone(Option<PathBuf>);

impl FromSetting for FileOrNone {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text == "none" {
            Ok(Self(None))
        } else {
            PathBuf::from_setting(text).map(|path| Self(Some(path)))
        }
    }
}

/// A text, or `none`.
struct TextOrNone(Option<String>);

impl FromSetting for TextOrNone {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("is empty".to_owned());
        }
        Ok(Self((text != "none").then(|| text.to_owned())))
    }
}

/// Reads the settings. `None` if no tokens of an old application are accepted.
pub(super) fn take(given: &mut Settings) -> Result<Option<LegacyTokens>, SettingsError> {
    let secret: Option<SecretString> = given.take_secret(
        "LEGACY_JWT_SECRET",
        |_| MASK.to_owned(),
        "the secret with which the application that users came from signed its tokens (HS256, 32 bytes at least); each \
         user may exchange one of its refresh tokens for a session",
    )?;
    let FileOrNone(jwks) = given.take(
        "LEGACY_JWT_JWKS",
        "none",
        "instead of the secret: file of the key set with which it signed (RS256)",
    )?;
    let Cutoff(cutoff) = given.take(
        "LEGACY_JWT_CUTOFF",
        "none",
        "date or time of the move: its tokens that were issued later are refused, and those without an end are refused \
         from then on",
    )?;
    let TextOrNone(issuer) = given.take(
        "LEGACY_JWT_ISSUER",
        "none",
        "the `iss` that its tokens must have, where it set `JWT_ENCODE_ISSUER`",
    )?;
    let TextOrNone(audience) = given.take(
        "LEGACY_JWT_AUDIENCE",
        "none",
        "the `aud` that its tokens must have, where it set `JWT_ENCODE_AUDIENCE`; without it, tokens that have one are \
         refused",
    )?;
    let key = match (secret, jwks) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(given.invalid("LEGACY_JWT_JWKS", "is set, and AUTH_LEGACY_JWT_SECRET too"));
        }
        (Some(secret), None) => {
            LegacyKey::from_secret(secret).map_err(|why| given.invalid("LEGACY_JWT_SECRET", why))?
        }
        (None, Some(path)) => {
            let json = std::fs::read(&path).map_err(|error| {
                given.invalid("LEGACY_JWT_JWKS", format!("cannot be read: {}", error.kind()))
            })?;
            LegacyKey::from_jwks(&json).map_err(|why| given.invalid("LEGACY_JWT_JWKS", why))?
        }
    };
    let cutoff = cutoff.ok_or_else(|| {
        given.invalid("LEGACY_JWT_CUTOFF", "is needed with tokens of an old application")
    })?;
    Ok(Some(LegacyTokens { key, cutoff, issuer, audience }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: (&str, &str) = ("AUTH_LEGACY_JWT_SECRET", "q8Zr3Wm5Tn1Yp6Xc4Vb2Nk7Lj9Hg0Fd3");

    fn taken(pairs: &[(&str, &str)]) -> Result<Option<LegacyTokens>, SettingsError> {
        take(&mut Settings::from_pairs("AUTH", pairs.iter().copied()))
    }

    #[test]
    fn tokens_of_an_old_application_need_a_key_and_a_cutoff() {
        assert!(taken(&[]).unwrap().is_none());
        for (text, seconds) in
            [("2026-12-01", 1_796_083_200), ("2026-12-01T01:00:00+01:00", 1_796_083_200)]
        {
            let found = taken(&[SECRET, ("AUTH_LEGACY_JWT_CUTOFF", text)]).unwrap().unwrap();
            assert_eq!(found.cutoff.as_i64(), seconds, "{text}");
            assert_eq!((found.issuer, found.audience), (None, None));
        }
        let cutoff = ("AUTH_LEGACY_JWT_CUTOFF", "2026-12-01");
        let named = [("AUTH_LEGACY_JWT_ISSUER", "old"), ("AUTH_LEGACY_JWT_AUDIENCE", "old-api")];
        let found = taken(&[SECRET, cutoff, named[0], named[1]]).unwrap().unwrap();
        assert_eq!(
            (found.issuer.as_deref(), found.audience.as_deref()),
            (Some("old"), Some("old-api"))
        );
        for (pairs, name) in [
            (vec![SECRET, cutoff, ("AUTH_LEGACY_JWT_ISSUER", "")], "AUTH_LEGACY_JWT_ISSUER"),
            (vec![SECRET], "AUTH_LEGACY_JWT_CUTOFF"),
            (vec![SECRET, ("AUTH_LEGACY_JWT_CUTOFF", "soon")], "AUTH_LEGACY_JWT_CUTOFF"),
            (vec![("AUTH_LEGACY_JWT_SECRET", "super-secret"), cutoff], "AUTH_LEGACY_JWT_SECRET"),
            (vec![("AUTH_LEGACY_JWT_JWKS", "/nowhere"), cutoff], "AUTH_LEGACY_JWT_JWKS"),
            (vec![SECRET, ("AUTH_LEGACY_JWT_JWKS", "/nowhere"), cutoff], "AUTH_LEGACY_JWT_JWKS"),
        ] {
            let error = taken(&pairs).unwrap_err().to_string();
            assert!(error.contains(name) && !error.contains("q8Zr"), "{error}");
        }
    }
}
