use super::*;

fn take(pairs: &[(&'static str, &'static str)]) -> Result<AuthSettings, SettingsError> {
    AuthSettings::take(Settings::from_pairs("AUTH", pairs.iter().copied()))
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let settings = take(&[]).unwrap();
    assert_eq!(settings.listen.port(), 8080);
    assert_eq!(settings.issuer, "http://127.0.0.1:8080");
    assert_eq!(settings.audiences, ["auth-service", "users-api"]);
    assert_eq!(settings.lifetimes.access, 900);
    assert_eq!(settings.lifetimes.session, 30 * 86_400);
    assert_eq!(settings.default_scopes.to_string(), "users:read users:email");
    assert!(!settings.secure_cookie());
}

#[test]
fn settings_that_cannot_be_used_are_refused_by_name() {
    for (name, value) in [
        ("AUTH_LISTEN", "8080"),
        ("AUTH_ISSUER", "auth.example.com"),
        ("AUTH_ISSUER", "https://auth.example.com/"),
        ("AUTH_AUDIENCES", "users-api"),
        ("AUTH_KEY_BITS", "1024"),
        ("AUTH_ACCESS_TTL", "0s"),
        ("AUTH_ACCESS_TTL", "15"),
        ("AUTH_CORS_ORIGINS", "*"),
        ("AUTH_DATABASE_URL", "mysql://x"),
        ("AUTH_DATABASE_URL", ""),
        ("AUTH_DATABASE_URL", " "),
        ("AUTH_DATABASE_URL", "sqlite://data/x.db?mode=ro"),
        ("AUTH_DATABASE_URL", "postgres://ana:p/w@db/app"),
        ("AUTH_MIGRATION_DATABASE_URL", "sqlite://data/x.db"),
        ("AUTH_MIGRATION_DATABASE_URL", "postgres://db/app"),
        ("AUTH_TRUSTED_PROXIES", "everyone"),
        ("AUTH_RATE_LIMITS", "maybe"),
        ("AUTH_WORKERS", "0"),
        ("AUTH_HASH_THREADS", "0"),
        ("AUTH_HASH_QUEUE", "0"),
        ("AUTH_ARGON2_MEMORY_KIB", "1"),
        ("AUTH_ARGON2_ITERATIONS", "0"),
        ("AUTH_ARGON2_LANES", "99"),
        ("AUTH_DATABASE_POOL", "0"),
        ("AUTH_DRAIN_DELAY", "1h"),
        ("AUTH_NO_SUCH_THING", "1"),
    ] {
        let error = take(&[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(name), "{name}={value}: {error}");
    }
}

#[test]
fn the_cookie_is_secure_unless_the_issuer_is_http_on_a_loopback_host() {
    for (issuer, secure) in [
        ("http://localhost:8080", false),
        ("http://[::1]:8080", false),
        ("https://127.0.0.1", true),
        ("http://auth.example.com", true),
    ] {
        assert_eq!(take(&[("AUTH_ISSUER", issuer)]).unwrap().secure_cookie(), secure, "{issuer}");
    }
}
