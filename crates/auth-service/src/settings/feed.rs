//! Settings of the revocation feed: who may read it.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret, SecretString};
use service_kit::settings::{FromSetting, Settings, SettingsError, described};

/// The settings of the feed.
#[derive(Clone, Debug)]
pub struct FeedSettings {
    /// `AUTH_FEED`: `open` or `verifiers`. The default is `verifiers` if there is a secret, otherwise `open`.
    pub access: FeedAccess,
    /// `AUTH_VERIFIER_SECRET`: the secret that verifiers share with this service; two, separated by a comma, while the
    /// secret is being changed.
    pub secrets: VerifierSecrets,
}

/// Who may read the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedAccess {
    /// Every client; the size of answers is limited by source.
    Open,
    /// Only verifiers that send the secret.
    Verifiers,
}

/// The secrets that verifiers may send.
#[derive(Clone, Debug, Default)]
pub struct VerifierSecrets(Vec<SecretString>);

impl FeedSettings {
    pub(super) fn take(given: &mut Settings) -> Result<Self, SettingsError> {
        let secrets = VerifierSecrets(given.take_strong_secrets(
            "VERIFIER_SECRET",
            "the secret that verifiers show; two with a comma between them while it is exchanged",
        )?);
        let default = if secrets.is_empty() { "open" } else { "verifiers" };
        let access = given.take(
            "FEED",
            described(default, "`verifiers` with a secret, else `open`"),
            "who may read the revocation feed",
        )?;
        if access == FeedAccess::Verifiers && secrets.is_empty() {
            return Err(given.invalid("FEED", "cannot be verifiers without AUTH_VERIFIER_SECRET"));
        }
        Ok(Self { access, secrets })
    }
}

impl VerifierSecrets {
    /// Whether there is no secret.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is one of the secrets. The time depends only on the length of the text.
    pub fn contains(&self, sent: &str) -> bool {
        let is_same = |secret: &SecretString| {
            verify_slices_are_equal(sent.as_bytes(), secret.expose_secret().as_bytes()).is_ok()
        };
        self.0.iter().fold(false, |found, secret| found | is_same(secret))
    }
}

impl FromSetting for FeedAccess {
    fn from_setting(text: &str) -> Result<Self, String> {
        match text {
            "open" => Ok(Self::Open),
            "verifiers" => Ok(Self::Verifiers),
            other => Err(format!("{other:?} is neither open nor verifiers")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0123456789abcdef";
    const TWO: &str = "fedcba9876543210";

    fn take(pairs: &[(&str, &str)]) -> Result<FeedSettings, SettingsError> {
        FeedSettings::take(&mut Settings::from_pairs("AUTH", pairs.iter().copied()))
    }

    #[test]
    fn the_feed_is_for_verifiers_where_there_is_a_secret_unless_it_is_opened() {
        assert_eq!(take(&[]).unwrap().access, FeedAccess::Open);
        let secret = ("AUTH_VERIFIER_SECRET", ONE);
        assert_eq!(take(&[secret]).unwrap().access, FeedAccess::Verifiers);
        assert_eq!(take(&[secret, ("AUTH_FEED", "open")]).unwrap().access, FeedAccess::Open);
        let error = take(&[("AUTH_FEED", "verifiers")]).unwrap_err().to_string();
        assert!(error.contains("AUTH_FEED") && error.contains("AUTH_VERIFIER_SECRET"), "{error}");
        assert!(take(&[("AUTH_FEED", "closed")]).is_err());
    }

    #[test]
    fn either_of_two_secrets_counts_and_no_other() {
        for text in [format!("{ONE},{TWO}"), format!("{ONE}, {TWO}")] {
            let secrets = take(&[("AUTH_VERIFIER_SECRET", &text)]).unwrap().secrets;
            assert!(secrets.contains(ONE) && secrets.contains(TWO));
            for wrong in ["", &ONE[1..], &text, "0123456789abcdeF"] {
                assert!(!secrets.contains(wrong), "{wrong}");
            }
        }
    }

    #[test]
    fn secrets_that_are_short_strange_or_too_many_are_errors_that_do_not_show_them() {
        let three = format!("{ONE},{TWO},{ONE}");
        let (short, strange) = ("0123456789abcde", "0123456789abcdé!");
        for bad in [short, strange, ",", &three, &format!("{ONE},{short}")] {
            let error = take(&[("AUTH_VERIFIER_SECRET", bad)]).unwrap_err().to_string();
            assert!(error.contains("AUTH_VERIFIER_SECRET"), "{error}");
            assert!(!error.contains("0123"), "{error}");
        }
    }
}
