use std::net::SocketAddr;

use super::*;

fn settings(pairs: &[(&'static str, &'static str)]) -> Settings {
    Settings::from_pairs("AUTH", pairs.iter().copied())
}

#[test]
fn a_default_stands_until_the_setting_is_given() {
    let mut given = settings(&[("AUTH_LISTEN", "0.0.0.0:1")]);
    let listen: SocketAddr = given.take("LISTEN", "127.0.0.1:8080").unwrap();
    let metrics: SocketAddr = given.take("METRICS_LISTEN", "127.0.0.1:9080").unwrap();
    assert_eq!((listen.port(), metrics.port()), (1, 9080));
    assert_eq!(given.finish().unwrap().len(), 2);
}

#[test]
fn a_bad_setting_is_refused_by_its_full_name() {
    let mut given = settings(&[("AUTH_LISTEN", "nowhere")]);
    let error = given.take::<SocketAddr>("LISTEN", "127.0.0.1:8080").unwrap_err();
    assert!(error.to_string().contains("AUTH_LISTEN"), "{error}");
}

#[test]
fn an_unknown_setting_is_refused_by_its_full_name() {
    let error = settings(&[("AUTH_LISTNE", "x")]).finish().unwrap_err();
    assert_eq!(error.to_string(), "unknown setting AUTH_LISTNE");
}

#[test]
fn names_of_other_programs_are_passed_over() {
    assert!(settings(&[("USERS_LISTEN", "x"), ("PATH", "y")]).finish().is_ok());
}

#[test]
fn a_file_may_write_names_with_or_without_prefix_and_on_tables() {
    let folder = tempfile::tempdir().unwrap();
    for text in [
        "listen = '0.0.0.0:7'\nusers_listen = 'x'",
        "AUTH_LISTEN = '0.0.0.0:7'",
        "[auth]\nlisten = '0.0.0.0:7'\n[users]\nlisten = 'x'",
    ] {
        let file = folder.path().join("pair.toml");
        std::fs::write(&file, text).unwrap();
        let mut given = Settings::load("AUTH", &["USERS"], Some(&file)).unwrap();
        let listen: SocketAddr = given.take("LISTEN", "127.0.0.1:8080").unwrap();
        assert_eq!(listen.port(), 7, "{text}");
        given.finish().unwrap();
    }
}

#[test]
fn a_file_that_is_missing_or_broken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.toml");
    assert!(Settings::load("AUTH", &[], Some(&file)).is_err());
    std::fs::write(&file, "listen = ").unwrap();
    let error = Settings::load("AUTH", &[], Some(&file)).unwrap_err();
    assert!(error.to_string().contains("pair.toml"), "{error}");
}

#[test]
fn a_secret_may_come_from_a_file_and_is_printed_masked() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "s3cret\n").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let mut given = Settings::from_pairs("AUTH", [("AUTH_VERIFIER_SECRET_FILE", path)]);
    let secret: Option<String> = given.take_secret("VERIFIER_SECRET", masked).unwrap();
    assert_eq!(secret.as_deref(), Some("s3cret"));
    assert!(!format!("{:?}", given.finish().unwrap()).contains("s3cret"));
}

#[test]
fn a_secret_with_a_default_prints_the_default_and_masks_what_is_given() {
    for (pairs, printed) in [(vec![], "file.db"), (vec![("AUTH_URL", "s3cret")], "********")] {
        let mut given = settings(&pairs);
        let _: String = given.take_secret_or("URL", "file.db", masked).unwrap();
        let effective = given.finish().unwrap();
        assert_eq!((effective.len(), effective[0].value.as_str()), (1, printed));
    }
}
