use std::time::Duration;

use super::*;

fn take(pairs: &[(&'static str, &'static str)]) -> Result<AuthSettings, SettingsError> {
    AuthSettings::take(Settings::from_pairs("AUTH", pairs.iter().copied()))
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let settings = take(&[]).unwrap();
    assert_eq!(settings.http.listen.port(), 8080);
    assert_eq!(settings.issuer, "http://127.0.0.1:8080");
    assert_eq!(settings.audiences, ["auth-service", "users-api"]);
    assert_eq!(settings.lifetimes.access, Duration::from_secs(900));
    assert_eq!(settings.lifetimes.session, Duration::from_secs(30 * 86_400));
    assert_eq!(settings.default_scopes.to_string(), "users:read");
    assert!(!settings.secure_cookie());
}

#[test]
fn the_error_for_a_bad_setting_names_it() {
    for (name, value) in [
        ("AUTH_LISTEN", "8080"),
        ("AUTH_ISSUER", "auth.example.com"),
        ("AUTH_ISSUER", "https://auth.example.com/"),
        ("AUTH_AUDIENCES", "users-api"),
        ("AUTH_KEY_BITS", "1024"),
        ("AUTH_ACCESS_TTL", "0s"),
        ("AUTH_ACCESS_TTL", "15"),
        ("AUTH_REFRESH_GRACE", "2h"),
        ("AUTH_REFRESH_GRACE", "365d"),
        ("AUTH_KEEP_ALIVE", "0s"),
        ("AUTH_KEEP_ALIVE", "2h"),
        ("AUTH_VERIFIER_SECRET", "fifteen-letters"),
        ("AUTH_VERIFIER_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("AUTH_VERIFIER_SECRET", "sixteen letters with blanks"),
        ("AUTH_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("AUTH_TRUSTED_PROXIES", "10.0.0.1,::/0"),
        ("AUTH_DEFAULT_SCOPES", "users:read,users:email"),
        ("AUTH_AUDIENCES", "auth-service users-api"),
        ("AUTH_LOG", "warning"),
        ("AUTH_LOG", "auth_service:debug"),
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
        ("AUTH_REGISTRATION", "ajar"),
        // An invite is a mail, and AUTH_MAIL is off.
        ("AUTH_REGISTRATION", "invite"),
        ("AUTH_WORKERS", "0"),
        ("AUTH_HASH_THREADS", "0"),
        ("AUTH_HASH_QUEUE", "0"),
        ("AUTH_ARGON2_MEMORY_KIB", "1"),
        ("AUTH_ARGON2_ITERATIONS", "0"),
        ("AUTH_ARGON2_LANES", "99"),
        ("AUTH_ARGON2_ENGINE", "slow"),
        ("AUTH_DATABASE_POOL", "0"),
        ("AUTH_DRAIN_DELAY", "1h"),
        ("AUTH_NO_SUCH_THING", "1"),
        ("AUTH_DEFAULT_SCOPES", "users:read users:emial"),
        ("AUTH_DEFAULT_SCOPES", "tokens:introspect"),
        ("AUTH_SCOPES", "reports:read,reports:write"),
    ] {
        let error = take(&[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(name), "{name}={value}: {error}");
    }
}

#[test]
fn a_declared_scope_can_be_a_default_scope() {
    let settings = [
        ("AUTH_SCOPES", "reports:read reports:write"),
        ("AUTH_DEFAULT_SCOPES", "reports:read users:read"),
    ];
    assert_eq!(take(&settings).unwrap().default_scopes.to_string(), "reports:read users:read");
    assert!(take(&settings[1..]).unwrap_err().to_string().contains("AUTH_DEFAULT_SCOPES"));
    assert!(take(&[("AUTH_DEFAULT_SCOPES", "none")]).unwrap().default_scopes.is_empty());
}

#[test]
fn the_cookie_is_secure_unless_the_issuer_is_http_on_a_loopback_host() {
    for (issuer, secure) in [
        ("http://localhost:8080", false),
        ("http://[::1]:8080", false),
        ("https://127.0.0.1", true),
        ("http://auth.example.com", true),
    ] {
        let pairs = [("AUTH_ISSUER", issuer), ("AUTH_ALLOW_HTTP_ISSUER", "on")];
        assert_eq!(take(&pairs).unwrap().secure_cookie(), secure, "{issuer}");
    }
}

#[test]
fn an_http_issuer_off_loopback_takes_a_switch_of_its_own() {
    for issuer in [
        "http://auth.example.com",
        "http://10.0.0.1:8080",
        "http://localhost.example.com",
        "http://auth",
    ] {
        let error = take(&[("AUTH_ISSUER", issuer)]).unwrap_err().to_string();
        assert!(
            error.contains("AUTH_ISSUER") && error.contains("AUTH_ALLOW_HTTP_ISSUER"),
            "{error}"
        );
    }
    for issuer in [
        "http://localhost:1",
        "http://auth.localhost",
        "http://127.9.9.9",
        "https://auth.example.com",
    ] {
        take(&[("AUTH_ISSUER", issuer)]).unwrap();
    }
}

#[test]
fn hashing_below_owasps_minimum_takes_a_switch_of_its_own() {
    for (memory, passes, good) in [
        ("19456", "2", true),
        ("19455", "2", false),
        ("47104", "1", true),
        ("47103", "1", false),
        ("12288", "3", true),
        ("9216", "4", true),
        ("7168", "5", true),
        ("7167", "10", false),
        ("32", "1", false),
    ] {
        let weak = [("AUTH_ARGON2_MEMORY_KIB", memory), ("AUTH_ARGON2_ITERATIONS", passes)];
        assert_eq!(take(&weak).is_ok(), good, "m={memory}, t={passes}");
        let allowed = [&weak[..], &[("AUTH_ALLOW_WEAK_HASHING", "on")]].concat();
        assert_eq!(take(&allowed).unwrap().argon2.memory_kib.to_string(), memory);
    }
    let error = take(&[("AUTH_ARGON2_MEMORY_KIB", "4096")]).unwrap_err().to_string();
    assert!(error.contains("AUTH_ARGON2_MEMORY_KIB") && error.contains("AUTH_ALLOW_WEAK_HASHING"));
}

#[test]
fn scopes_are_one_each_however_they_are_written() {
    for (written, read) in [
        ("users:read users:email", "users:read users:email"),
        ("  users:read   users:email ", "users:read users:email"),
        ("none", ""),
    ] {
        assert_eq!(
            take(&[("AUTH_DEFAULT_SCOPES", written)]).unwrap().default_scopes.as_str(),
            read
        );
    }
}

#[test]
fn there_is_a_warning_if_mails_are_only_written_into_files() {
    let mail = ("AUTH_MAIL", "file:mail");
    assert_eq!(take(&[mail]).unwrap().mail_warning(), None);
    let issuer = ("AUTH_ISSUER", "https://auth.example.com");
    assert_eq!(take(&[issuer]).unwrap().mail_warning(), None);
    let warning = take(&[mail, issuer]).unwrap().mail_warning().unwrap();
    assert!(warning.contains("AUTH_MAIL"), "{warning}");
}

#[test]
fn registration_by_invite_needs_mail() {
    let invite = ("AUTH_REGISTRATION", "invite");
    let error = take(&[invite]).unwrap_err().to_string();
    assert!(error.contains("AUTH_MAIL"), "{error}");
    let settings = take(&[invite, ("AUTH_MAIL", "file:mail")]).unwrap();
    assert_eq!(settings.registration, RegistrationMode::Invite);
}

#[test]
fn the_error_for_an_empty_setting_names_it() {
    for name in AuthSettings::names() {
        for empty in ["", " ", "\t\n"] {
            let pairs = [(name.clone(), empty.to_owned())];
            let error =
                AuthSettings::take(Settings::from_pairs("AUTH", pairs)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("setting {name}: is empty")), "{name}: {error}");
        }
    }
}

#[test]
fn no_error_repeats_a_value() {
    const CANARY: &str = "canary-5cc1";
    for name in AuthSettings::names() {
        for value in [
            CANARY.to_owned(),
            format!("{CANARY} {CANARY}"),
            format!("\"{CANARY}\""),
            format!("{CANARY},{CANARY}=debug"),
            format!("https://user:{CANARY}@host/"),
            format!("http://{CANARY}@host"),
            format!("postgres://{CANARY}"),
            format!("{CANARY}\u{1b}[31m"),
        ] {
            let pairs = [(name.clone(), value.clone())];
            if let Err(error) = AuthSettings::take(Settings::from_pairs("AUTH", pairs)) {
                let (shown, debug) = (error.to_string(), format!("{error:?}"));
                assert!(shown.contains(&name), "{shown}");
                assert!(
                    !shown.contains("canary") && !debug.contains("canary"),
                    "{name}={value}: {debug}"
                );
            }
        }
    }
}

#[test]
fn the_error_for_credentials_in_an_address_names_the_setting() {
    for (name, value) in [
        ("AUTH_ISSUER", "https://user:secret@auth.example.com"),
        ("AUTH_OTLP_ENDPOINT", "https://user:secret@collector"),
    ] {
        let error = take(&[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("https://host/path"), "{error}");
    }
}
