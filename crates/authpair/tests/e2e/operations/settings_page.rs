//! The `config` commands print every setting, with the defaults that docs/settings.md lists.

use auth_service::settings::AuthSettings;
use authpair_testkit::authpair_command;
use service_kit::settings::{EffectiveSetting, Settings};
use users_api::settings::UsersSettings;

/// The settings with nothing set.
fn defaults(prefix: &'static str) -> Settings {
    Settings::from_pairs(prefix, <[(String, String); 0]>::default())
}

/// The settings of each service, by its name.
fn declared() -> [(&'static str, Vec<EffectiveSetting>); 2] {
    [
        ("auth-service", AuthSettings::take(defaults("AUTH")).unwrap().effective),
        ("users-api", UsersSettings::take(defaults("USERS")).unwrap().effective),
    ]
}

#[test]
fn the_config_commands_print_every_setting_with_its_default() {
    for (service, settings) in declared() {
        let folder = tempfile::tempdir().unwrap();
        let mut config =
            authpair_command(crate::program(), &[service, "config"], &[], folder.path());
        let output = config.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let printed: Vec<_> = printed.lines().collect();
        let listed = settings.iter().map(|one| format!("{}={}", one.name, one.value));
        assert_eq!(printed, listed.collect::<Vec<_>>(), "{service}");
    }
}
