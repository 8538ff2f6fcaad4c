//! What can happen.

/// An event of the audit log. docs/security.md says when each occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A user was made.
    UserRegistered,
    /// An import made or changed a user.
    UserImported,
    /// A session began.
    UserLogin,
    /// A password was not accepted.
    UserLoginFailed,
    /// A user ended a session with its own token, or all of them.
    UserLogout,
    /// A user has another name.
    UserRenamed,
    /// A user may not log in any more.
    UserDisabled,
    /// A user may log in again.
    UserEnabled,
    /// Failed log-ins of a user were deleted.
    UserUnblocked,
    /// A user was deleted.
    UserDeleted,
    /// Sessions ended other than by a log-out.
    SessionEnded,
    /// The password was given again in a session.
    SessionReauthenticated,
    /// A user has another password.
    PasswordChanged,
    /// A mail with a link to set a new password was asked for.
    PasswordResetRequested,
    /// A user has set another password by a link.
    PasswordReset,
    /// The mail that proves an address was asked for again.
    EmailVerificationRequested,
    /// A user has proven the address.
    EmailVerified,
    /// A user wants another address, which is not proven yet.
    EmailChangeRequested,
    /// A user has another address.
    EmailChanged,
    /// A user has the previous address back.
    EmailReverted,
    /// A link of a mail was not accepted.
    EmailLinkRefused,
    /// A refresh token that was replaced was used again.
    TokenReuseDetected,
    /// Tokens that the old application had revoked were revoked here, too.
    LegacyTokensRevoked,
    /// Access tokens of a user were made invalid, without any other change.
    TokensMadeStale,
    /// A service account was made.
    ClientCreated,
    /// A service account has a further secret.
    ClientSecretRotated,
    /// The older secret of a service account is no longer accepted.
    ClientSecretRetired,
    /// A service account was disabled.
    ClientDisabled,
    /// The authentication of a service account failed.
    ClientAuthenticationFailed,
    /// A signing key was made.
    KeyCreated,
    /// A signing key was retired.
    KeyRetired,
    /// A signing key that is no longer needed was deleted.
    KeyDeleted,
    /// A user has other scopes.
    AdminScopesChanged,
    /// A user has other further claims.
    AdminExtChanged,
    /// An operator exported all users, with their hashes.
    AdminUsersExported,
    /// A user gets mails in another language.
    AdminLocaleChanged,
    /// A person was invited to register.
    AdminInvited,
    /// A call of an administrator's route was refused.
    AdminRefused,
    /// A call of a signed-in user, of a cookie or of a service account was refused.
    CallRefused,
    /// A limit refused a call.
    LimitReached,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 40] = [
        Self::UserRegistered,
        Self::UserImported,
        Self::UserLogin,
        Self::UserLoginFailed,
        Self::UserLogout,
        Self::UserRenamed,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::UserUnblocked,
        Self::UserDeleted,
        Self::SessionEnded,
        Self::SessionReauthenticated,
        Self::PasswordChanged,
        Self::PasswordResetRequested,
        Self::PasswordReset,
        Self::EmailVerificationRequested,
        Self::EmailVerified,
        Self::EmailChangeRequested,
        Self::EmailChanged,
        Self::EmailReverted,
        Self::EmailLinkRefused,
        Self::TokenReuseDetected,
        Self::LegacyTokensRevoked,
        Self::TokensMadeStale,
        Self::ClientCreated,
        Self::ClientSecretRotated,
        Self::ClientSecretRetired,
        Self::ClientDisabled,
        Self::ClientAuthenticationFailed,
        Self::KeyCreated,
        Self::KeyRetired,
        Self::KeyDeleted,
        Self::AdminScopesChanged,
        Self::AdminExtChanged,
        Self::AdminUsersExported,
        Self::AdminLocaleChanged,
        Self::AdminInvited,
        Self::AdminRefused,
        Self::CallRefused,
        Self::LimitReached,
    ];

    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserRegistered => "user.registered",
            Self::UserImported => "user.imported",
            Self::UserLogin => "user.login",
            Self::UserLoginFailed => "user.login_failed",
            Self::UserLogout => "user.logout",
            Self::UserRenamed => "user.renamed",
            Self::UserDisabled => "user.disabled",
            Self::UserEnabled => "user.enabled",
            Self::UserUnblocked => "user.unblocked",
            Self::UserDeleted => "user.deleted",
            Self::SessionEnded => "session.ended",
            Self::SessionReauthenticated => "session.reauthenticated",
            Self::PasswordChanged => "password.changed",
            Self::PasswordResetRequested => "password.reset_requested",
            Self::PasswordReset => "password.reset",
            Self::EmailVerificationRequested => "email.verification_requested",
            Self::EmailVerified => "email.verified",
            Self::EmailChangeRequested => "email.change_requested",
            Self::EmailChanged => "email.changed",
            Self::EmailReverted => "email.reverted",
            Self::EmailLinkRefused => "email.link_refused",
            Self::TokenReuseDetected => "token.reuse_detected",
            Self::LegacyTokensRevoked => "token.legacy_revoked",
            Self::TokensMadeStale => "token.made_stale",
            Self::ClientCreated => "client.created",
            Self::ClientSecretRotated => "client.secret_rotated",
            Self::ClientSecretRetired => "client.secret_retired",
            Self::ClientDisabled => "client.disabled",
            Self::ClientAuthenticationFailed => "client.authentication_failed",
            Self::KeyCreated => "key.created",
            Self::KeyRetired => "key.retired",
            Self::KeyDeleted => "key.deleted",
            Self::AdminScopesChanged => "admin.scopes_changed",
            Self::AdminExtChanged => "admin.ext_changed",
            Self::AdminUsersExported => "admin.users_exported",
            Self::AdminLocaleChanged => "admin.locale_changed",
            Self::AdminInvited => "admin.invited",
            Self::AdminRefused => "admin.refused",
            Self::CallRefused => "call.refused",
            Self::LimitReached => "limit.reached",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Event;

    const PAGE: &str = include_str!("../../../../docs/security.md");

    #[test]
    fn docs_security_md_has_a_row_for_exactly_the_known_events() {
        let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
        let described: HashSet<&str> =
            rows.map(|(event, _)| event).filter(|event| event.contains('.')).collect();
        let known: HashSet<&str> = Event::ALL.into_iter().map(Event::as_str).collect();
        assert_eq!(described, known);
        assert_eq!(known.len(), Event::ALL.len(), "all names differ");
    }
}
