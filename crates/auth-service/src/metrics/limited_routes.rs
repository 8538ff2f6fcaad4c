//! The labels of the counter of calls that limits refused.

/// The pairs of a route and what one of its limits counts by. A counter of each begins at 0.
pub(super) const LIMITED_ROUTES: [(&str, &str); 18] = [
    ("/api/auth/login", "source"),
    ("/api/auth/login", "account"),
    ("/api/auth/register", "source"),
    ("/api/auth/refresh", "source"),
    ("/api/auth/refresh", "token"),
    ("/api/auth/reauthenticate", "source"),
    ("/api/auth/password", "source"),
    ("/api/auth/password/forgot", "source"),
    ("/api/auth/password/reset", "source"),
    ("/api/auth/email/verification", "source"),
    ("/api/auth/email/verify", "source"),
    ("/api/auth/email/revert", "source"),
    ("/api/auth/me", "source"),
    ("/api/auth/me", "session"),
    ("/oauth2/token", "source"),
    ("/oauth2/revoke", "source"),
    ("/oauth2/introspect", "source"),
    ("/.well-known/revoked-sessions", "source"),
];
