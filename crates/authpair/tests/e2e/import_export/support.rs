//! Files of users, and the command that imports them.

use std::{path::PathBuf, process::Output};

use auth_service::store;
use authpair_testkit::TestPair;

use crate::support::command_line::run;

/// Writes a file into the pair's folder.
pub(super) fn file(pair: &TestPair, name: &str, text: &str) -> PathBuf {
    let path = pair.folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Runs `users import FILE …`.
pub(super) fn import(pair: &TestPair, name: &str, options: &[&str]) -> Output {
    let path = pair.folder.path().join(name).display().to_string();
    run(pair, &[&["users", "import", &path], options].concat(), "")
}

/// Runs the import and returns what it printed. Its exit code must be `code`.
#[track_caller]
pub(super) fn imported(pair: &TestPair, name: &str, options: &[&str], code: i32) -> String {
    let output = import(pair, name, options);
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

/// A user's stored row.
pub(super) async fn stored(pair: &TestPair, key: &str) -> store::users::UserRow {
    let (database, key) = (&pair.pair().auth().state().database, key.to_owned());
    let read = database.read(move |connection| store::users::by_username_key(connection, &key));
    read.await.unwrap().unwrap()
}
