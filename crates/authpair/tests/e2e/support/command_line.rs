//! The command line of auth-service on the database of a running pair, and that of authpair with settings of its own.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use authpair_testkit::{TestPair, authpair_command};

use crate::program;

/// Runs `auth-service …` with this on its standard input.
pub(crate) fn run(pair: &TestPair, arguments: &[&str], input: &str) -> Output {
    let mut child = prepared(pair, arguments).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// The command, its input and outputs piped.
pub(crate) fn prepared(pair: &TestPair, arguments: &[&str]) -> Command {
    let arguments: Vec<_> = ["auth-service"].iter().chain(arguments).copied().collect();
    let settings = pair.settings_of("AUTH_");
    let mut command = authpair_command(program(), &arguments, &settings, pair.folder.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What `auth-service users …` printed, if it succeeded.
#[track_caller]
pub(crate) fn done(pair: &TestPair, arguments: &[&str]) -> String {
    let output = run(pair, &[&["users"], arguments].concat(), "");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The error of `auth-service users …`, if it failed.
#[track_caller]
pub(crate) fn refused(pair: &TestPair, arguments: &[&str]) -> String {
    let output = run(pair, &[&["users"], arguments].concat(), "");
    assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

/// Runs authpair with these settings alone. Returns its result, and what it wrote.
pub(crate) fn run_authpair(arguments: &[&str], settings: &[(&str, &str)]) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    let settings: Vec<_> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut command = authpair_command(program(), arguments, &settings, folder.path());
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    (done, said)
}
