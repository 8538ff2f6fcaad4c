//! Invalid settings: the message names the setting and never shows its value.

use std::{path::Path, process::Output};

use authpair_testkit::authpair_command;

/// Stands in place of a secret.
const CANARY: &str = "canary-6f1d";

const SERVICES: [(&str, &str); 2] = [("auth-service", "AUTH"), ("users-api", "USERS")];

fn config(service: &str, arguments: &[&str], settings: &[(&str, &str)], folder: &Path) -> Output {
    let settings: Vec<_> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let arguments = [&[service], arguments, &["config"]].concat();
    authpair_command(crate::program(), &arguments, &settings, folder).output().unwrap()
}

/// What a program with invalid settings prints on both streams. It must not contain the canary.
fn refused(output: &Output, what: &str) -> String {
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(2), "{what}: {said}");
    assert!(!said.contains("canary"), "{what}: {said}");
    said
}

#[test]
fn a_malformed_settings_file_brings_no_secret_into_the_output() {
    for (service, prefix) in SERVICES {
        let name = format!("{prefix}_VERIFIER_SECRET");
        for value in [
            format!("={CANARY} {CANARY}"),
            format!("=\"{CANARY}"),
            format!("='{CANARY}\n{CANARY}"),
            format!(" {CANARY}"),
            format!("={CANARY}\n{name}={CANARY}"),
            format!("=\"{CANARY}\"{CANARY}"),
            format!("={CANARY}\\q"),
            format!("={CANARY}'{CANARY}'"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let text = format!("# comment\n{name}{value}\n");
            std::fs::write(folder.path().join(".env"), &text).unwrap();
            let said = refused(&config(service, &[], &[], folder.path()), &text);
            assert!(
                said.contains(".env") && said.contains(&name) && said.contains("line "),
                "{said}"
            );

            std::fs::remove_file(folder.path().join(".env")).unwrap();
            std::fs::write(folder.path().join("pair.toml"), &text).unwrap();
            let said =
                refused(&config(service, &["--config", "pair.toml"], &[], folder.path()), &text);
            assert!(said.contains("pair.toml") && said.contains("line "), "{said}");
        }
    }
}

#[test]
fn the_value_of_a_bad_setting_is_not_in_the_output() {
    let folder = tempfile::tempdir().unwrap();
    for (service, prefix) in SERVICES {
        for name in [
            "LISTEN",
            "METRICS_LISTEN",
            "ISSUER",
            "CORS_ORIGINS",
            "TRUSTED_PROXIES",
            "LOG",
            "LOG_FORMAT",
            "OTLP_ENDPOINT",
            "OTLP_SAMPLE_RATIO",
            "DRAIN_DELAY",
            "KEEP_ALIVE",
            "WORKERS",
            "DATABASE_POOL",
            "VERIFIER_SECRET",
            "VERIFIER_SECRET_FILE",
            "DATABASE_URL_FILE",
            "NO_SUCH_SETTING",
        ] {
            let name = format!("{prefix}_{name}");
            for value in [
                CANARY.to_owned(),
                format!("https://user:{CANARY}@host"),
                format!("{CANARY} {CANARY}"),
            ] {
                // This one is long enough to be a valid secret.
                if name.ends_with("VERIFIER_SECRET") && value.starts_with("https") {
                    continue;
                }
                let output = config(service, &[], &[(&name, &value)], folder.path());
                let said = refused(&output, &format!("{name}={value}"));
                assert!(said.contains(&name), "{said}");
            }
        }
    }
}

#[test]
fn a_password_among_the_arguments_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["auth-service", "users", "create", "eve", "eve@example.com", CANARY][..],
        &["auth-service", "keys", "rotate", CANARY],
        &["auth-service", "serve", CANARY],
    ] {
        let output = authpair_command(crate::program(), arguments, &[], folder.path()).output();
        let said = refused(&output.unwrap(), "a word too many");
        assert!(said.contains("unexpected argument"), "{said}");
    }
}

#[test]
fn an_empty_setting_and_a_misspelt_log_level_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for (service, prefix) in SERVICES {
        for (name, value) in [
            ("LOG", "warning"),
            ("LOG", "auth_service:debug"),
            ("LOG", ""),
            ("DATABASE_URL", ""),
            ("ISSUER", " "),
            ("VERIFIER_SECRET", ""),
            ("VERIFIER_SECRET_FILE", ""),
            ("CORS_ORIGINS", ""),
        ] {
            let name = format!("{prefix}_{name}");
            let output = config(service, &[], &[(&name, value)], folder.path());
            let said = refused(&output, &name);
            assert!(said.contains(&name), "{said}");
        }
    }
}

#[test]
fn lists_of_a_toml_file_become_lists() {
    let folder = tempfile::tempdir().unwrap();
    let file = "[auth]\ndefault_scopes = ['users:read', 'users:email']\naudiences = ['auth-service', 'a', 'b']\n\
                cors_origins = ['https://a.example', 'https://b.example']\ntrusted_proxies = ['10.0.0.1', '::1']\n\
                log = ['info', 'auth_service=debug']\n[users]\ncors_origins = ['https://a.example']\n\
                trusted_proxies = []\n";
    std::fs::write(folder.path().join("pair.toml"), file).unwrap();
    let printed = |service| {
        let output = config(service, &["--config", "pair.toml"], &[], folder.path());
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        printed
    };
    let auth = printed("auth-service");
    for line in [
        "AUTH_DEFAULT_SCOPES=users:read users:email",
        "AUTH_AUDIENCES=auth-service,a,b",
        "AUTH_CORS_ORIGINS=https://a.example,https://b.example",
        "AUTH_TRUSTED_PROXIES=10.0.0.1,::1",
        "AUTH_LOG=info,auth_service=debug",
    ] {
        assert!(auth.lines().any(|one| one == line), "{line} not in {auth}");
    }
    let users = printed("users-api");
    assert!(users.lines().any(|line| line == "USERS_TRUSTED_PROXIES=none"), "{users}");
}

#[test]
fn a_dollar_sign_and_a_byte_order_mark_in_a_dot_env_change_no_value() {
    let folder = tempfile::tempdir().unwrap();
    let text = "\u{feff}AUTH_KEYS_DIR=pa$$word$HOME${HOME}\nAUTH_AUDIENCES=\"auth-service,$x\"\n";
    std::fs::write(folder.path().join(".env"), text).unwrap();
    let output = config("auth-service", &[], &[("HOME", "/root")], folder.path());
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in ["AUTH_KEYS_DIR=pa$$word$HOME${HOME}", "AUTH_AUDIENCES=auth-service,$x"] {
        assert!(printed.lines().any(|one| one == line), "{line} not in {printed}");
    }
}
