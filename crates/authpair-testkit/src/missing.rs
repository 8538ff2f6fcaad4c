//! Programs and rights that some tests need, and what the output says where this machine lacks them.

use std::{
    collections::BTreeSet,
    io::Write,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// A program that `.ci/run` installs. `None` where it is missing, see [`skip_or_fail`].
pub fn program_of_the_check(name: &str) -> Option<PathBuf> {
    let found = find_program(name);
    if found.is_none() {
        skip_or_fail(name);
    }
    found
}

/// A program that a machine need not have, not even in the check. `None` where it is missing, see [`skip`].
pub fn optional_program(name: &str) -> Option<PathBuf> {
    let found = find_program(name);
    if found.is_none() {
        skip(name);
    }
    found
}

/// For what `.ci/run` installs: says that tests are skipped without it.
///
/// # Panics
/// Where `TEST_POSTGRES_REQUIRED` is set, as in `.ci/run`. In the check no test may be skipped because of a program.
pub fn skip_or_fail(missing: &str) {
    let must_be_here = std::env::var_os("TEST_POSTGRES_REQUIRED").is_some();
    assert!(!must_be_here, "no {missing} here, and TEST_POSTGRES_REQUIRED is set");
    skip(missing);
}

/// Says that tests are skipped because this machine lacks something: once, however many tests that are.
pub fn skip(missing: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(missing.to_owned()) {
        // `eprintln!` would be kept back: the output of a test that passes is not shown.
        let _ = writeln!(std::io::stderr(), "SKIPPED some tests: this machine has no {missing}");
    }
}

/// Debian has servers in a folder that is not on the path of ordinary users.
fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}
