//! Who may register.

use service_kit::settings::{FromSetting, Settings, SettingsError};

/// Who may register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationMode {
    /// Anyone.
    Open,
    /// People whom an administrator invited.
    Invite,
    /// No one; only administrators and operators make users.
    Closed,
}

impl RegistrationMode {
    pub(super) fn take(given: &mut Settings) -> Result<Self, SettingsError> {
        given.take(
            "REGISTRATION",
            "open",
            "`open`, `invite` (only people whom an administrator invited by mail) or `closed`: whether people may register \
             themselves",
        )
    }
}

impl FromSetting for RegistrationMode {
    fn from_setting(text: &str) -> Result<Self, String> {
        match text {
            "open" => Ok(Self::Open),
            "invite" => Ok(Self::Invite),
            "closed" => Ok(Self::Closed),
            _ => Err("is neither open, invite nor closed".to_owned()),
        }
    }
}
