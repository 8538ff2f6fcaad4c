//! docs/settings.md lists every setting as the code declares it. `WRITE_SETTINGS_PAGE=1` writes the tables instead of
//! comparing them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use auth_service::settings::AuthSettings;
use service_kit::settings::{EffectiveSetting, Settings, table};
use users_api::settings::UsersSettings;

use crate::web::WebSettings;

const END: &str = "<!-- end of generated table -->";

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md")
}

/// The settings with nothing set.
fn defaults(prefix: &'static str) -> Settings {
    Settings::from_pairs(prefix, <[(String, String); 0]>::default())
}

/// The settings of each program, by its name.
fn declared() -> [(&'static str, Vec<EffectiveSetting>); 3] {
    [
        ("authpair", WebSettings::take(defaults("AUTHPAIR")).unwrap().effective),
        ("auth-service", AuthSettings::take(defaults("AUTH")).unwrap().effective),
        ("users-api", UsersSettings::take(defaults("USERS")).unwrap().effective),
    ]
}

/// The page with its tables made from the code.
fn generated(mut page: String) -> String {
    for (program, settings) in declared() {
        let begin = format!("<!-- generated table: {program} -->\n");
        let (before, rest) = page.split_once(&begin).expect("the mark before a table");
        let (_, after) = rest.split_once(END).expect("the mark behind a table");
        page = format!("{before}{begin}\n{}\n{END}{after}", table(&settings));
    }
    page
}

#[test]
fn the_settings_page_lists_every_setting_as_the_code_declares_it() {
    let written = fs::read_to_string(page()).unwrap();
    let generated = generated(written.clone());
    if std::env::var_os("WRITE_SETTINGS_PAGE").is_some() {
        fs::write(page(), generated).unwrap();
        return;
    }
    let differs = generated.lines().find(|line| !written.lines().any(|other| other == *line));
    assert_eq!(
        generated, written,
        "run this test with WRITE_SETTINGS_PAGE=1; the first new line: {differs:?}"
    );
}
