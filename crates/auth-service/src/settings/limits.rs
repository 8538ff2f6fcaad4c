//! How often clients may call.

use service_kit::settings::{FromSetting, OrOff, Settings, SettingsError};

use crate::throttle::{AccountRule, ClassLimits, Limit, PROFILE_CHANGES};

/// `AUTH_RATE_LIMITS` and `AUTH_LIMIT_*`.
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// `AUTH_RATE_LIMITS`: whether anything but the hash queue is limited.
    pub is_on: bool,
    /// `AUTH_LIMIT_LOGIN`, `_REGISTER`, `_REFRESH`, `_FORGOT`, `_CLIENT`, `_SECRET`: by source. All are off if
    /// `AUTH_RATE_LIMITS` is off.
    pub of_sources: ClassLimits,
    /// `AUTH_LIMIT_ACCOUNT`: how failures delay further attempts at an account.
    pub of_accounts: Option<AccountRule>,
    /// `AUTH_LIMIT_MAIL`: the limits for mails to one address that anybody can cause. All of them apply.
    pub of_mails: Vec<Limit>,
}

impl LimitSettings {
    /// Takes all of them; `default` is that of `AUTH_RATE_LIMITS`.
    pub(super) fn take(given: &mut Settings, default: &str) -> Result<Self, SettingsError> {
        let is_on: bool = given.take(
            "RATE_LIMITS",
            default,
            "`off` lifts the limits by source, by account and of mails together, never those on parallel tries; \
             `cargo run` has `off` where the issuer is http on this machine",
        )?;
        let mut limit = |name: &str, default: &str, meaning: &str| {
            let OrOff(limit) = given.take::<OrOff<Limit>>(name, default, meaning)?;
            Ok(limit.filter(|_| is_on))
        };
        let of_sources = ClassLimits {
            login: limit(
                "LIMIT_LOGIN",
                "30/min burst 10",
                "log-ins of one source; see \"Limits\"",
            )?,
            register: limit("LIMIT_REGISTER", "10/h", "registrations of one source")?,
            refresh: limit("LIMIT_REFRESH", "300/5min", "refreshes of one source")?,
            forgot: limit(
                "LIMIT_FORGOT",
                "20/h",
                "requests of one source for a mail that resets a password",
            )?,
            client: limit(
                "LIMIT_CLIENT",
                "10/min",
                "failed authentications of service accounts from one source",
            )?,
            secret: limit(
                "LIMIT_SECRET",
                "30/min",
                "calls of one source that check a secret otherwise: `reauthenticate`, the password change, changes of \
                 name and address",
            )?,
            profile_change: is_on.then_some(PROFILE_CHANGES),
        };
        let of_accounts = limit(
            "LIMIT_ACCOUNT",
            "2/min burst 5",
            "failed log-ins at one account: five in a row are free, the next waits 30 s, each further one twice as \
             long, up to 1 h",
        )?;
        let of_accounts = of_accounts.map(AccountRule::from);
        let OrOff(mails) = given.take::<OrOff<MailLimits>>(
            "LIMIT_MAIL",
            "1/min,5/h,10/d",
            "mails of one kind to one address that anybody can cause; all of these limits together",
        )?;
        let of_mails = mails.filter(|_| is_on).map(|limits| limits.0).unwrap_or_default();
        Ok(Self { is_on, of_sources, of_accounts, of_mails })
    }
}

/// Several limits with commas between them.
#[derive(Debug, PartialEq)]
struct MailLimits(Vec<Limit>);

impl FromSetting for MailLimits {
    const SEPARATOR: Option<char> = Some(',');

    fn from_setting(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(|item| Limit::from_setting(item.trim()))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(pairs: &[(&'static str, &'static str)]) -> Result<LimitSettings, SettingsError> {
        LimitSettings::take(&mut Settings::from_pairs("AUTH", pairs.iter().copied()), "on")
    }

    #[test]
    fn the_defaults_are_those_of_the_documents_and_one_switch_turns_all_of_them_off() {
        let limits = take(&[]).unwrap();
        assert_eq!(limits.of_sources.login, Some(Limit { calls: 30, seconds: 60, burst: 10 }));
        assert_eq!(limits.of_sources.register, Some(Limit::new(10, 3_600)));
        assert_eq!(limits.of_sources.refresh, Some(Limit::new(300, 300)));
        assert_eq!(limits.of_accounts.unwrap().max_at_once(), 5);
        assert_eq!(
            limits.of_mails,
            [Limit::new(1, 60), Limit::new(5, 3_600), Limit::new(10, 86_400)]
        );
        let off = take(&[("AUTH_RATE_LIMITS", "off"), ("AUTH_LIMIT_LOGIN", "5/min")]).unwrap();
        assert_eq!(off.of_sources, ClassLimits::default());
        assert!(off.of_accounts.is_none() && off.of_mails.is_empty());
        let one = take(&[("AUTH_LIMIT_LOGIN", "off"), ("AUTH_LIMIT_ACCOUNT", "off")]).unwrap();
        assert!(one.of_sources.login.is_none() && one.of_accounts.is_none());
        assert!(one.of_sources.secret.is_some());
    }

    #[test]
    fn the_error_for_a_bad_limit_names_the_setting_and_shows_the_syntax() {
        for name in
            ["LOGIN", "REGISTER", "REFRESH", "FORGOT", "CLIENT", "SECRET", "ACCOUNT", "MAIL"]
        {
            let name = format!("AUTH_LIMIT_{name}");
            for value in ["30", "many", "0/min", "30/fortnight", "-1/min"] {
                let pairs = [(name.as_str(), value)];
                let mut given = Settings::from_pairs("AUTH", pairs);
                let error = LimitSettings::take(&mut given, "on").unwrap_err().to_string();
                assert!(error.contains(&name) && error.contains("30/min burst 10"), "{error}");
            }
        }
    }
}
