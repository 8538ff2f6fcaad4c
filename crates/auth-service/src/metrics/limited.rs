//! The pairs of a route and what its limits count by.

/// What is refused by limits, and by which: the route and what is counted by. The counters begin at 0.
pub(super) const LIMITED: [(&str, &str); 18] = [
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
