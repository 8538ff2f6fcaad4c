//! The kinds of mails.

use super::LinkPurpose;

/// The kinds of mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// A request of a new password for this address. It is never sent: when it is due, it is replaced by a `Reset` to
    /// each user with the address.
    Forgot,
    /// A link to set a new password.
    Reset,
    /// A link to set a new password, by order of an administrator.
    PasswordLink,
    /// A link to prove the address.
    Verify,
    /// A link to prove a new address, sent to the new address.
    Change,
    /// The address was changed: a link to take it back, sent to the previous address.
    Revert,
    /// The old address was taken back: a link to set a new password.
    Reverted,
    /// A link to register.
    Invite,
    /// Notice: a client tried to register with the address of this user.
    AddressTaken,
    /// Notice: the password was changed.
    PasswordChanged,
    /// Notice: a log-in from a new device.
    NewDevice,
    /// A message that an operator sends to try the settings.
    Test,
}

impl MailKind {
    /// All kinds that are sent.
    pub const SENT: [Self; 11] = [
        Self::Reset,
        Self::PasswordLink,
        Self::Verify,
        Self::Change,
        Self::Revert,
        Self::Reverted,
        Self::Invite,
        Self::AddressTaken,
        Self::PasswordChanged,
        Self::NewDevice,
        Self::Test,
    ];

    /// The name in the database, in file names and in the message ids of the templates.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forgot => "forgot",
            Self::Reset => "reset",
            Self::PasswordLink => "password-link",
            Self::Verify => "verify",
            Self::Change => "change",
            Self::Revert => "revert",
            Self::Reverted => "reverted",
            Self::Invite => "invite",
            Self::AddressTaken => "address-taken",
            Self::PasswordChanged => "password-changed",
            Self::NewDevice => "new-device",
            Self::Test => "test",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.as_str() == name)
    }

    /// The names of all kinds. The outbox may have others, made by a newer version of this service.
    pub fn names() -> Vec<&'static str> {
        Self::all().map(Self::as_str).collect()
    }

    fn all() -> impl Iterator<Item = Self> {
        Self::SENT.into_iter().chain([Self::Forgot])
    }

    /// The purpose of its link; `None` for a mail without a link.
    pub fn link(self) -> Option<LinkPurpose> {
        match self {
            Self::Reset | Self::PasswordLink | Self::Reverted => Some(LinkPurpose::Reset),
            Self::Verify => Some(LinkPurpose::Verify),
            Self::Change => Some(LinkPurpose::Change),
            Self::Revert => Some(LinkPurpose::Revert),
            Self::Invite => Some(LinkPurpose::Invite),
            Self::Forgot
            | Self::AddressTaken
            | Self::PasswordChanged
            | Self::NewDevice
            | Self::Test => None,
        }
    }

    /// Whether every client can cause such a mail. Then `AUTH_LIMIT_MAIL` limits how many of them one address gets.
    pub fn is_limited(self) -> bool {
        matches!(self, Self::Reset | Self::Verify | Self::Change | Self::AddressTaken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read_from_its_own_name() {
        for kind in MailKind::SENT.into_iter().chain([MailKind::Forgot]) {
            assert_eq!(MailKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(MailKind::parse("Reset"), None);
    }

    #[test]
    fn notices_reverts_and_invites_are_never_dropped() {
        let limited = MailKind::SENT.into_iter().filter(|kind| kind.is_limited());
        assert_eq!(
            limited.map(MailKind::as_str).collect::<Vec<_>>(),
            ["reset", "verify", "change", "address-taken"]
        );
    }
}
