//! What `docker-compose.yml` does with the settings.

use std::{collections::BTreeSet, path::Path};

use auth_service::settings::AuthSettings;
use service_kit::settings::{EffectiveSetting, Settings};
use users_api::settings::UsersSettings;

/// Ports and folders of the container, which the rest of the file relies on.
const FIXED: [&str; 5] =
    ["AUTH_KEYS_DIR", "AUTH_LISTEN", "AUTH_METRICS_LISTEN", "USERS_LISTEN", "USERS_METRICS_LISTEN"];

#[test]
fn docker_compose_passes_every_setting_on() {
    let none = || std::iter::empty::<(&str, &str)>();
    let auth = AuthSettings::take(Settings::from_pairs("AUTH", none())).unwrap().effective;
    let users = UsersSettings::take(Settings::from_pairs("USERS", none())).unwrap().effective;
    let compose = compose();
    let passed: BTreeSet<_> =
        compose.lines().filter_map(|line| Some(line.split_once(':')?.0.trim())).collect();
    let is_passed =
        |name: &str| passed.contains(name) || passed.contains(format!("{name}_FILE").as_str());
    let missing: Vec<_> = auth
        .iter()
        .chain(&users)
        .map(|EffectiveSetting { name, .. }| name.as_str())
        .filter(|name| !FIXED.contains(name) && !is_passed(name))
        .collect();
    assert!(
        missing.is_empty(),
        "add to docker-compose.yml, so that .env reaches them: {missing:?}"
    );
}

fn compose() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join("docker-compose.yml")).unwrap()
}
