use std::net::SocketAddr;

use secrecy::ExposeSecret;

use super::*;

mod canaries;

fn settings(pairs: &[(&'static str, &'static str)]) -> Settings {
    Settings::from_pairs("AUTH", pairs.iter().copied())
}

#[test]
fn a_default_stands_until_the_setting_is_given() {
    let mut given = settings(&[("AUTH_LISTEN", "0.0.0.0:1")]);
    let listen: SocketAddr = given.take("LISTEN", "127.0.0.1:8080", "a test").unwrap();
    let metrics: SocketAddr = given.take("METRICS_LISTEN", "127.0.0.1:9080", "a test").unwrap();
    assert_eq!((listen.port(), metrics.port()), (1, 9080));
    assert_eq!(given.finish().unwrap().len(), 2);
}

#[test]
fn a_bad_setting_is_rejected_by_its_full_name() {
    let mut given = settings(&[("AUTH_LISTEN", "nowhere")]);
    let error = given.take::<SocketAddr>("LISTEN", "127.0.0.1:8080", "a test").unwrap_err();
    assert!(error.to_string().contains("AUTH_LISTEN"), "{error}");
}

#[test]
fn an_unknown_setting_is_rejected_by_its_full_name() {
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
        let mut given = Settings::load("AUTH", &["USERS"], Some(&file), &Vec::new).unwrap();
        let listen: SocketAddr = given.take("LISTEN", "127.0.0.1:8080", "a test").unwrap();
        assert_eq!(listen.port(), 7, "{text}");
        given.finish().unwrap();
    }
}

#[test]
fn a_file_that_is_missing_or_broken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.toml");
    assert!(Settings::load("AUTH", &[], Some(&file), &Vec::new).is_err());
    std::fs::write(&file, "listen = ").unwrap();
    let error = Settings::load("AUTH", &[], Some(&file), &Vec::new).unwrap_err();
    assert!(error.to_string().contains("pair.toml"), "{error}");
}

#[test]
fn a_secret_may_come_from_a_file_and_is_printed_masked() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "s3cret\n").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let mut given = Settings::from_pairs("AUTH", [("AUTH_VERIFIER_SECRET_FILE", path)]);
    let secret: Option<String> = given.take_secret("VERIFIER_SECRET", masked, "a test").unwrap();
    assert_eq!(secret.as_deref(), Some("s3cret"));
    assert!(!format!("{:?}", given.finish().unwrap()).contains("s3cret"));
}

#[test]
fn what_an_editor_puts_around_a_secret_in_a_file_is_no_part_of_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let take = |content: &str| {
        std::fs::write(path, content).unwrap();
        let mut given = Settings::from_pairs("AUTH", [("AUTH_SECRET_FILE", path)]);
        given.take_strong_secret("SECRET", "a test").map_err(|error| error.to_string())
    };
    const SECRET: &str = "0123456789abcdef";
    for content in [
        "0123456789abcdef",
        "0123456789abcdef\n",
        "0123456789abcdef\r\n\n",
        " 0123456789abcdef \t\n",
        "\u{feff}0123456789abcdef\n",
        "\n0123456789abcdef",
    ] {
        assert_eq!(take(content).unwrap().unwrap().expose_secret(), SECRET, "{content:?}");
        // The same text as the setting itself is the same secret.
        let content = content.trim_start_matches('\u{feff}').to_owned();
        let direct = Settings::from_pairs("AUTH", [("AUTH_SECRET", content)])
            .take_strong_secret("SECRET", "a test");
        assert_eq!(direct.unwrap().unwrap().expose_secret(), SECRET);
    }
    for content in [
        "",
        "\n",
        " ",
        "\u{feff}",
        "short",
        "0123456789abcdef\n0123456789abcdef",
        "01234567 89abcdef",
    ] {
        let error = take(content).unwrap_err();
        assert!(error.contains("AUTH_SECRET"), "{content:?}: {error}");
    }
    std::fs::write(path, b"0123456789abcdef\xff").unwrap();
    let mut given = Settings::from_pairs("AUTH", [("AUTH_SECRET_FILE", path)]);
    assert!(
        given.take_strong_secret("SECRET", "a test").unwrap_err().to_string().contains("not UTF-8")
    );
}

#[test]
fn a_list_of_a_file_is_a_list_wherever_a_setting_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let load = |text: &str| {
        let file = folder.path().join("pair.toml");
        std::fs::write(&file, text).unwrap();
        Settings::load("AUTH", &[], Some(&file), &Vec::new).unwrap()
    };
    let list =
        |text: &str| load(text).take::<List<String>>("LIST", "none", "a test").map(|list| list.0);
    assert_eq!(list("list = ['a', 'b']").unwrap(), ["a", "b"]);
    assert_eq!(list("list = 'a, b'").unwrap(), ["a", "b"]);
    assert_eq!(list("list = [1, true]").unwrap(), ["1", "true"]);
    assert!(list("list = []").unwrap().is_empty());
    for bad in [
        "list = ['a', ['b']]",
        "list = ['']",
        "list = ['a,b']",
        "list = ['a b']",
        "[[list]]\na = 1",
        "list = [{ a = 1 }]",
        "list = ['a', '']",
    ] {
        let error = list(bad).unwrap_err().to_string();
        assert!(
            error.contains("setting AUTH_LIST") && error.contains("pair.toml"),
            "{bad}: {error}"
        );
    }
    let error =
        load("one = ['a', 'b']").take::<String>("ONE", "x", "a test").unwrap_err().to_string();
    assert!(error.contains("AUTH_ONE") && error.contains("takes one value"), "{error}");
}

#[test]
fn a_name_that_a_file_sets_twice_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.toml");
    for text in [
        "listen = 'a'\nAUTH_LISTEN = 'b'",
        "listen = 'a'\nLISTEN = 'b'",
        "auth_listen = 'a'\n[auth]\nlisten = 'b'",
    ] {
        std::fs::write(&file, text).unwrap();
        let error = Settings::load("AUTH", &[], Some(&file), &Vec::new).unwrap_err().to_string();
        assert!(error.contains("AUTH_LISTEN") && error.contains("before"), "{text}: {error}");
    }
}

#[test]
fn an_environment_entry_that_is_not_utf_8_is_rejected_by_name() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};
    let value = OsString::from_vec(b"canary\xff".to_vec());
    let layer = layers::environment("AUTH", [(OsString::from("AUTH_X"), value)]);
    let error = Settings::from_given("AUTH", layer)
        .take::<String>("X", "x", "a test")
        .unwrap_err()
        .to_string();
    assert_eq!(error, "setting AUTH_X (environment): is not UTF-8");
}

#[test]
fn a_secret_with_a_default_prints_the_default_and_masks_what_is_given() {
    for (pairs, printed) in [(vec![], "file.db"), (vec![("AUTH_URL", "s3cret")], "********")] {
        let mut given = settings(&pairs);
        let _: String = given.take_secret_or("URL", "file.db", masked, "a test").unwrap();
        let effective = given.finish().unwrap();
        assert_eq!((effective.len(), effective[0].value.as_str()), (1, printed));
    }
}
