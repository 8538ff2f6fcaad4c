//! docs/settings.md lists every setting, with the default that the services use.

use std::{collections::BTreeMap, path::Path};

use authpair_testkit::authpair_command;

const PAGE: &str = include_str!("../../../../../docs/settings.md");

/// What the page says of each setting: its default in backticks, or `None` where the page describes it in words.
fn described(prefix: &str) -> BTreeMap<String, Option<String>> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.filter(|row| row.starts_with(prefix) && row.matches(" | ").count() == 2);
    rows.map(|row| {
        let (name, rest) = row.split_once("` | ").unwrap();
        let (default, _) = rest.split_once(" | ").unwrap();
        let value = default.strip_prefix('`').and_then(|value| value.strip_suffix('`'));
        (name.to_owned(), value.map(str::to_owned))
    })
    .collect()
}

/// What the service prints with nothing set.
fn printed(service: &str) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let folder: &Path = folder.path();
    let mut config = authpair_command(crate::program(), &[service, "config"], &[], folder);
    let output = config.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().map(|line| line.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn the_settings_page_has_each_setting_of_both_services_with_its_default() {
    for (service, prefix) in [("auth-service", "AUTH_"), ("users-api", "USERS_")] {
        let (described, printed) = (described(prefix), printed(service));
        assert_eq!(
            described.keys().collect::<Vec<_>>(),
            printed.keys().collect::<Vec<_>>(),
            "names on the page, and names that {service} prints"
        );
        for (name, default) in described {
            let Some(default) = default else { continue };
            let default = default.replace("{issuer}", "http://127.0.0.1:8080");
            assert_eq!(default, printed[&name], "{name}");
        }
    }
}
