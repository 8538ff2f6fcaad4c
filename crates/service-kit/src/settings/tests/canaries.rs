//! A secret in a file that cannot be parsed must not appear in the error.

use std::path::Path;

use super::*;

/// Stands where a secret would.
const CANARY: &str = "canary";

/// Invalid files with a secret, each with the line that the error names.
const DOT_ENV: [(&str, usize); 14] = [
    ("AUTH_VERIFIER_SECRET=canary canary\n", 1),
    ("A=1\nAUTH_VERIFIER_SECRET=\"canary\n", 2),
    ("AUTH_VERIFIER_SECRET='canary\ncanary\n", 1),
    ("AUTH_VERIFIER_SECRET canary\n", 1),
    ("AUTH_VERIFIER_SECRETcanary\n", 1),
    ("AUTH_VERIFIER_SECRET: canary\n", 1),
    ("export AUTH_VERIFIER_SECRET canary\n", 1),
    ("\u{feff}AUTH_VERIFIER_SECRET=can'ary\n", 1),
    ("AUTH_VERIFIER_SECRET=\"canary\"canary\r\n", 1),
    ("AUTH_VERIFIER_SECRET=canary\\x\n", 1),
    ("AUTH_VERIFIER_SECRET=#canary\n", 1),
    ("AUTH_VERIFIER_SECRET=canary\n\nAUTH_VERIFIER_SECRET=canary\n", 3),
    ("auth_verifier_secret=canary\n", 1),
    ("A=1\nAuth_Verifier_Secret=canary\n", 2),
];

/// The same as TOML.
const TOML: [(&str, usize); 16] = [
    ("verifier_secret = canary", 1),
    ("verifier_secret = canary canary", 1),
    ("a = 1\nverifier_secret = \"canary", 2),
    ("verifier_secret = 'canary\nb = 2", 1),
    ("verifier_secret canary", 1),
    ("verifier_secret = 'canary' 'canary'", 1),
    ("verifier_secret = 'canary'\nverifier_secret = 'canary'", 2),
    ("AUTH_VERIFIER_SECRET=canary", 1),
    ("AUTH_VERIFIER_SECRET = \"can\\ary\"", 1),
    ("[auth]\nverifier_secret = canary", 2),
    ("[auth]\nverifier_secret = { canary", 2),
    ("\u{feff}verifier_secret = ['canary'", 1),
    ("verifier_secret = 2026-13-45canary", 1),
    ("verifier_secret = 12canary", 1),
    ("verifier_secret: canary", 1),
    ("verifier_secret = canary = canary", 1),
];

fn known() -> Vec<String> {
    vec!["AUTH_LISTEN".to_owned(), "AUTH_VERIFIER_SECRET".to_owned()]
}

fn assert_hides_canary(error: &SettingsError, written: &str, line: usize) {
    let (shown, debug) = (error.to_string(), format!("{error:?}"));
    assert!(!shown.contains(CANARY) && !debug.contains(CANARY), "{written}: {debug}");
    assert!(shown.contains(&format!("line {line} (AUTH_VERIFIER_SECRET)")), "{written}: {shown}");
}

#[test]
fn a_dot_env_line_that_cannot_be_parsed_is_reported_by_file_line_and_name_alone() {
    for (text, line) in DOT_ENV {
        let error = layers::dot_env_of("AUTH", text, &known).unwrap_err();
        assert!(error.to_string().contains(".env"));
        assert_hides_canary(&error, text, line);
    }
}

#[test]
fn a_toml_line_that_cannot_be_parsed_is_reported_by_file_line_and_name_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.toml");
    for (text, line) in TOML {
        std::fs::write(&file, text).unwrap();
        let error = Settings::load("AUTH", &["USERS"], Some(&file), &known).unwrap_err();
        assert!(error.to_string().contains("pair.toml"));
        assert_hides_canary(&error, text, line);
    }
}

#[test]
fn a_line_without_a_certain_name_is_reported_by_its_number_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.toml");
    for text in [
        "canary",
        "canary canary",
        "= canary",
        "'canary",
        "[canary",
        "verifier_canary = canary",
        "canary = ",
        "\"\"\"canary",
    ] {
        std::fs::write(&file, text).unwrap();
        let toml = Settings::load("AUTH", &[], Some(&file), &known).unwrap_err();
        for error in
            [Some(toml), layers::dot_env_of("AUTH", text, &known).err()].into_iter().flatten()
        {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(CANARY) && shown.contains("line 1: "), "{text}: {shown}");
        }
    }
}

#[test]
fn a_secret_in_the_place_of_a_path_is_not_repeated() {
    let mut given = settings(&[("AUTH_X_FILE", "canary")]);
    let error = given.take_strong_secret("X", "a test").unwrap_err().to_string();
    assert!(error.contains("AUTH_X_FILE") && !error.contains(CANARY), "{error}");
    assert!(Settings::load("AUTH", &[], Some(Path::new("/")), &known).is_err());
}

#[test]
fn settings_print_no_values() {
    let given = settings(&[("AUTH_X", "canary"), ("AUTH_CANARY postgres://u:canary@db", "x")]);
    assert!(!format!("{given:?}").contains("\"canary\""), "{given:?}");
    let error = given.finish().unwrap_err().to_string();
    assert_eq!(error, "unknown setting AUTH_CANARY…, AUTH_X");
}

#[test]
fn an_error_that_repeats_its_value_loses_it() {
    #[derive(Debug)]
    struct Chatty;
    impl FromSetting for Chatty {
        fn from_setting(text: &str) -> Result<Self, String> {
            Err(format!("{text:?} is bad, {text}!"))
        }
    }
    let mut given = settings(&[("AUTH_X", "canary"), ("AUTH_Y", "good,canary")]);
    let error = given.take::<Chatty>("X", "x", "a test").unwrap_err().to_string();
    assert_eq!(error, "setting AUTH_X: its value is bad, ***!");
    let error = given.take::<List<Chatty>>("Y", "x", "a test").unwrap_err().to_string();
    assert!(!error.contains(CANARY), "{error}");
    let error = given.invalid("X", format!("{:?} is not from 1 to 2", "canary"));
    assert_eq!(error.to_string(), "setting AUTH_X: its value is not from 1 to 2");
}
