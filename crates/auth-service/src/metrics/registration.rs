//! The outcomes of registrations.

use super::Label;
use crate::accounts::{NewPasswordError, RegisterError, Registered};

/// The result of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegistrationOutcome {
    /// There is a new user.
    Registered,
    /// There is a new user, who was invited.
    Invited,
    /// The address was taken. The response does not say so.
    AddressTaken,
    /// Refused: a taken name or address, a password known from a breach, an invalid invite.
    Refused,
    /// The database was unavailable, or too many passwords waited for a hashing thread.
    Unavailable,
}

impl RegistrationOutcome {
    pub(super) const LABELS: [&str; 5] =
        ["registered", "invited", "address_taken", "refused", "unavailable"];

    /// The result of a registration with an invite or without.
    pub(crate) fn of(result: &Result<Registered, RegisterError>, is_invited: bool) -> Self {
        match result {
            Ok(Registered::User(_)) if is_invited => Self::Invited,
            Ok(Registered::User(_)) => Self::Registered,
            Ok(Registered::OnlyMail) => Self::AddressTaken,
            Err(
                RegisterError::Taken(_)
                | RegisterError::Invite(_)
                | RegisterError::Password(NewPasswordError::Breached),
            ) => Self::Refused,
            Err(RegisterError::Database(_) | RegisterError::Password(_)) => Self::Unavailable,
        }
    }
}

impl Label for RegistrationOutcome {
    fn label(&self) -> &'static str {
        Self::LABELS[*self as usize]
    }
}
