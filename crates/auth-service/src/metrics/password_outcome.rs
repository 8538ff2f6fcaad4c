//! The outcomes of requests that check a password.

use super::Label;
use crate::accounts::{
    ChangePasswordError, ChangeProfileError, CheckPasswordError, NewPasswordError,
    OwnPasswordError, ReauthenticateError, SignInError, hashing::HashingError,
};

/// The result of a request that checks a password: a log-in, a reauthentication, a change of password or profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasswordOutcome {
    /// The password was right, and the request succeeded.
    Success,
    /// The password was wrong, or there is no such user.
    InvalidCredentials,
    /// The password was right, but the user is disabled.
    Disabled,
    /// Too many other passwords waited for a hashing thread.
    Overloaded,
    /// The database or the signing key was unavailable.
    Unavailable,
    /// Refused for another reason than the password.
    Refused,
    /// There were too many failures or too many calls before.
    RateLimited,
    /// The password was right, but the address is not proven.
    EmailUnverified,
}

impl PasswordOutcome {
    pub(super) const LABELS: [&str; 8] = [
        "success",
        "invalid_credentials",
        "disabled",
        "overloaded",
        "unavailable",
        "refused",
        "rate_limited",
        "email_unverified",
    ];
}

impl From<&CheckPasswordError> for PasswordOutcome {
    fn from(error: &CheckPasswordError) -> Self {
        match error {
            CheckPasswordError::Wrong => Self::InvalidCredentials,
            CheckPasswordError::Disabled => Self::Disabled,
            CheckPasswordError::Hashing(error) => error.into(),
        }
    }
}

impl From<&SignInError> for PasswordOutcome {
    fn from(error: &SignInError) -> Self {
        match error {
            SignInError::Password { reason, .. } => reason.into(),
            SignInError::TooManyFailures { .. } | SignInError::SourceOverLimit(_) => {
                Self::RateLimited
            }
            SignInError::EmailUnverified { .. } => Self::EmailUnverified,
            SignInError::CredentialsChanged => Self::InvalidCredentials,
            SignInError::Database { .. } => Self::Unavailable,
        }
    }
}

impl From<&ReauthenticateError> for PasswordOutcome {
    fn from(error: &ReauthenticateError) -> Self {
        match error {
            ReauthenticateError::SessionEnded => Self::Refused,
            ReauthenticateError::Database(_) => Self::Unavailable,
        }
    }
}

impl From<&ChangePasswordError> for PasswordOutcome {
    fn from(error: &ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::SessionEnded => Self::Refused,
            ChangePasswordError::Database(_) => Self::Unavailable,
        }
    }
}

impl From<&NewPasswordError> for PasswordOutcome {
    fn from(error: &NewPasswordError) -> Self {
        match error {
            NewPasswordError::Breached => Self::Refused,
            NewPasswordError::ListUnreadable(_) => Self::Unavailable,
            NewPasswordError::Hashing(error) => error.into(),
        }
    }
}

impl From<&ChangeProfileError> for PasswordOutcome {
    fn from(error: &ChangeProfileError) -> Self {
        match error {
            ChangeProfileError::Password(error) => error.into(),
            ChangeProfileError::IsThePassword(_)
            | ChangeProfileError::PasswordNeeded
            | ChangeProfileError::Taken(_)
            | ChangeProfileError::SessionEnded => Self::Refused,
            ChangeProfileError::Hashing(error) => error.into(),
            ChangeProfileError::Database(_) => Self::Unavailable,
        }
    }
}

impl From<&HashingError> for PasswordOutcome {
    fn from(error: &HashingError) -> Self {
        match error {
            HashingError::Overloaded(_) => Self::Overloaded,
            _ => Self::Unavailable,
        }
    }
}

impl From<&OwnPasswordError> for PasswordOutcome {
    fn from(error: &OwnPasswordError) -> Self {
        match error {
            OwnPasswordError::Password { reason, .. } => reason.into(),
            OwnPasswordError::Database(_) => Self::Unavailable,
        }
    }
}

impl Label for PasswordOutcome {
    fn label(&self) -> &'static str {
        Self::LABELS[*self as usize]
    }
}
