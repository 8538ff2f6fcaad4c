use super::UsersSettings;

fn error_for(name: &str, value: &str) -> String {
    UsersSettings::from_pairs([(name, value)]).unwrap_err().to_string()
}

fn effective(pairs: &[(&str, &str)]) -> Vec<String> {
    let settings = UsersSettings::from_pairs(pairs.iter().copied()).unwrap();
    settings.effective.iter().map(|one| format!("{}={}", one.name, one.value)).collect()
}

#[test]
fn the_defaults_are_those_of_one_machine() {
    let settings = UsersSettings::from_pairs::<&str, &str>([]).unwrap();
    assert_eq!(settings.http.listen.to_string(), "127.0.0.1:8081");
    assert_eq!(settings.http.metrics_listen.unwrap().to_string(), "127.0.0.1:9081");
    assert_eq!(settings.database.url.masked(), "sqlite://data/authpair.db");
    let urls = effective(&[]);
    for line in [
        "USERS_JWKS_URL=http://127.0.0.1:8080/.well-known/jwks.json",
        "USERS_REVOCATIONS_URL=http://127.0.0.1:8080/.well-known/revoked-sessions",
        "USERS_DATABASE_URL=sqlite://data/authpair.db",
        "USERS_REVOCATION_MAX_STALENESS=off",
    ] {
        assert!(urls.iter().any(|one| one == line), "{line} not in {urls:#?}");
    }
}

#[test]
fn the_addresses_follow_the_issuer_unless_set() {
    let lines = effective(&[
        ("USERS_ISSUER", "https://id.example.com/"),
        ("USERS_JWKS_URL", "http://auth:8080/keys"),
    ]);
    assert!(lines.contains(&"USERS_JWKS_URL=http://auth:8080/keys".to_owned()));
    let feed = "USERS_REVOCATIONS_URL=https://id.example.com/.well-known/revoked-sessions";
    assert!(lines.contains(&feed.to_owned()), "{lines:#?}");
}

#[test]
fn an_issuer_with_a_path_keeps_it_in_the_addresses() {
    let lines = effective(&[
        ("USERS_ISSUER", "https://example.com/auth"),
        ("USERS_PUBLIC_URL", "https://example.com/users"),
    ]);
    for line in [
        "USERS_JWKS_URL=https://example.com/auth/.well-known/jwks.json",
        "USERS_REVOCATIONS_URL=https://example.com/auth/.well-known/revoked-sessions",
        "USERS_PUBLIC_URL=https://example.com/users",
    ] {
        assert!(lines.iter().any(|one| one == line), "{line} not in {lines:#?}");
    }
}

#[test]
fn what_can_be_off_can_be_off() {
    let names = ["METRICS_LISTEN", "REVOCATIONS_URL", "REVOCATION_MAX_STALENESS"];
    let settings =
        UsersSettings::from_pairs(names.map(|name| (format!("USERS_{name}"), "off"))).unwrap();
    assert_eq!(settings.http.metrics_listen, None);
    assert_eq!(settings.trust.revocations_url, None);
    assert_eq!(settings.trust.revocation_max_staleness, None);
}

#[test]
fn a_bad_or_unknown_setting_is_rejected_by_name() {
    for (name, value) in [
        ("USERS_LISTEN", "nowhere"),
        ("USERS_WORKERS", "0"),
        ("USERS_DATABASE_POOL", "0"),
        ("USERS_DATABASE_URL", "mysql://x"),
        ("USERS_DATABASE_URL", ""),
        ("USERS_DATABASE_URL", "sqlite://~/x.db"),
        ("USERS_DATABASE_URL", "postgres://ana:p@w@db/app"),
        ("USERS_DRAIN_DELAY", "1m"),
        ("USERS_CORS_ORIGINS", "*"),
        ("USERS_ISSUER", "auth"),
        ("USERS_ISSUER", "https://a/?b"),
        ("USERS_JWKS_URL", "file:///keys"),
        ("USERS_PUBLIC_URL", "example.com/users"),
        ("USERS_PUBLIC_URL", "https://example.com/users/"),
        ("USERS_REVOCATIONS_URL", "never"),
        ("USERS_VERIFIER_NAME", "two words"),
        ("USERS_VERIFIER_SECRET", "short"),
        ("USERS_CURSOR_SECRET", "short"),
        ("USERS_CURSOR_SECRET", "one two three four five"),
        ("USERS_VERIFIER_SECRET", "bbbbbbbbbbbbbbbbbbbbbbbb"),
        ("USERS_TRUSTED_PROXIES", "::/0"),
        ("USERS_JWKS_URL", "https://user:secret@auth/keys"),
        ("USERS_REVOCATIONS_URL", "https://user@auth/list"),
        ("USERS_ISSUER", "https://user:secret@auth"),
        ("USERS_KEEP_ALIVE", "1ms"),
        ("USERS_LOG", "warning"),
        ("USERS_LOG_FORMAT", "xml"),
        ("USERS_LISTNE", "127.0.0.1:1"),
    ] {
        let message = error_for(name, value);
        assert!(message.contains(name), "{name}={value}: {message}");
    }
}

#[test]
fn no_secret_is_ever_printed() {
    let secret = "0123456789abcdef0123456789abcdef";
    let url = format!("postgres://users:{secret}@db/app");
    let pairs = [
        ("USERS_DATABASE_URL", url.as_str()),
        ("USERS_CURSOR_SECRET", secret),
        ("USERS_VERIFIER_SECRET", secret),
    ];
    let settings = UsersSettings::from_pairs(pairs).unwrap();
    let shown = format!("{settings:?} {:?}", effective(&pairs));
    assert!(!shown.contains(secret), "{shown}");
    assert!(shown.contains("postgres://users:********@db/app"), "{shown}");
}

#[test]
fn every_setting_is_rejected_by_name_when_it_is_empty() {
    for name in UsersSettings::names() {
        let message = error_for(&name, " ");
        assert!(message.starts_with(&format!("setting {name}: is empty")), "{message}");
    }
}

#[test]
fn no_error_repeats_a_value() {
    for name in UsersSettings::names() {
        for value in [
            "canary",
            "canary canary",
            "\"canary\"",
            "https://u:canary@host?a=b",
            "canary=debug,x",
            "postgres://canary",
        ] {
            if let Err(error) = UsersSettings::from_pairs([(name.as_str(), value)]) {
                let (shown, debug) = (error.to_string(), format!("{error:?}"));
                assert!(shown.contains(&name), "{shown}");
                assert!(!debug.contains("canary"), "{name}={value}: {debug}");
            }
        }
    }
}

#[test]
fn the_values_of_an_addresss_query_are_printed_masked() {
    let lines = effective(&[("USERS_JWKS_URL", "https://id.example.com/keys?code=canary")]);
    let masked = "USERS_JWKS_URL=https://id.example.com/keys?code=********".to_owned();
    assert!(lines.contains(&masked), "{lines:#?}");
}

#[test]
fn replicas_on_one_host_have_different_names() {
    let name = |listen: &str| {
        UsersSettings::from_pairs([("USERS_LISTEN", listen)]).unwrap().trust.verifier_name
    };
    assert_ne!(name("127.0.0.1:1"), name("127.0.0.1:2"));
    assert_ne!(name("127.0.0.1:0"), name("127.0.0.1:0"));
}

#[test]
fn a_staleness_that_would_cause_requests_all_the_time_stops_the_start() {
    for (name, value) in [
        ("USERS_KEYS_MAX_STALENESS", "0s"),
        ("USERS_KEYS_MAX_STALENESS", "59s"),
        ("USERS_REVOCATION_MAX_STALENESS", "0s"),
        ("USERS_REVOCATION_MAX_STALENESS", "999ms"),
    ] {
        let error = error_for(name, value);
        assert!(error.contains(name), "{value}: {error}");
    }
    let least = [("USERS_KEYS_MAX_STALENESS", "1m"), ("USERS_REVOCATION_MAX_STALENESS", "1s")];
    assert!(UsersSettings::from_pairs(least).is_ok());
}
