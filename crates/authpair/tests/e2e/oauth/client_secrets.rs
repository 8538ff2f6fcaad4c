//! Secrets of service accounts: creation, rotation with two valid secrets, and output that cannot be written.

use std::{fs::File, process::Stdio};

use authpair_testkit::TestPair;

use crate::{
    on_both,
    support::{
        command_line::prepared,
        oauth::{Account, clients, refused},
    },
};

/// The new secret that `clients rotate` printed.
#[track_caller]
fn rotated(pair: &TestPair, account: &Account) -> Account {
    let output = clients(pair, &["rotate", &account.id]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines[0], format!("client_id={}", account.id));
    account.guessing(lines[1].strip_prefix("client_secret=").unwrap())
}

#[on_both]
async fn a_secret_is_rotated_without_a_refused_call(pair: TestPair) {
    let first = Account::create(&pair, "users:read");
    let retire = |id: &str| clients(&pair, &["retire-secret", id]);
    assert_eq!(retire(&first.id).status.code(), Some(1), "it has one secret alone");
    let second = rotated(&pair, &first);
    assert_ne!(first.secret, second.secret);
    for account in [&first, &second] {
        account.token(&pair).await;
    }
    let list = String::from_utf8(clients(&pair, &["list"]).stdout).unwrap();
    assert!(list.contains("two secrets"), "{list}");
    assert_eq!(clients(&pair, &["rotate", &first.id]).status.code(), Some(1), "never three");
    for account in [&first, &second] {
        account.token(&pair).await;
    }
    assert!(retire(&first.id).status.success());
    refused(first.ask(&pair, "").await, 401, "invalid_client");
    second.token(&pair).await;
    // Again: the second is now the older one.
    let third = rotated(&pair, &second);
    assert!(retire(&first.id).status.success());
    refused(second.ask(&pair, "").await, 401, "invalid_client");
    third.token(&pair).await;
    rotated(&pair, &third);
    assert!(clients(&pair, &["disable", &first.id]).status.success());
    refused(third.ask(&pair, "").await, 401, "invalid_client");
    assert_eq!(clients(&pair, &["rotate", &first.id]).status.code(), Some(1));
}

#[on_both]
async fn an_id_of_a_service_account_may_be_in_capitals(pair: TestPair) {
    let account = Account::create(&pair, "users:read");
    let upper = Account { id: account.id.to_uppercase(), ..account.clone() };
    upper.token(&pair).await;
    let (plain, braced) = (account.id.replace('-', ""), format!("{{{}}}", account.id));
    for other in [&plain, &braced] {
        let other = Account { id: other.clone(), ..account.clone() };
        refused(other.ask(&pair, "").await, 401, "invalid_client");
        assert_eq!(clients(&pair, &["disable", &other.id]).status.code(), Some(1));
    }
    let disabled = clients(&pair, &["disable", &upper.id]);
    assert_eq!(
        String::from_utf8(disabled.stdout).unwrap(),
        format!("{}  Reports  disabled\n", account.id)
    );
    refused(account.ask(&pair, "").await, 401, "invalid_client");
}

/// Outputs that cannot be read by anyone.
#[derive(Clone, Copy)]
enum LostOutput {
    FullDisk,
    ClosedPipe,
    /// Also what a program gets that is started with `>&-`.
    Null,
}

/// Runs `auth-service …` with its output there.
fn run_with_output(
    pair: &TestPair,
    arguments: &[&str],
    output: LostOutput,
) -> (Option<i32>, String) {
    let mut command = prepared(pair, arguments);
    command.stdin(Stdio::null());
    match output {
        LostOutput::FullDisk => {
            command.stdout(File::options().write(true).open("/dev/full").unwrap());
        }
        LostOutput::ClosedPipe => {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            command.stdout(writer);
        }
        LostOutput::Null => {
            command.stdout(Stdio::null());
        }
    }
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[on_both]
async fn nothing_is_made_or_changed_where_the_secret_cannot_be_printed(pair: TestPair) {
    let account = Account::create(&pair, "users:read");
    let before = clients(&pair, &["list"]).stdout;
    for output in [LostOutput::FullDisk, LostOutput::ClosedPipe, LostOutput::Null] {
        let create = ["clients", "create", "--scope", "users:read"];
        let (code, said) = run_with_output(&pair, &create, output);
        assert!(code == Some(1) && said.contains("nothing was created"), "{code:?} {said}");
        let (code, said) = run_with_output(&pair, &["clients", "rotate", &account.id], output);
        assert!(code == Some(1) && said.contains("nothing was changed"), "{code:?} {said}");
    }
    assert_eq!(clients(&pair, &["list"]).stdout, before);
    account.token(&pair).await;
}

#[on_both]
async fn no_command_fails_because_its_output_pipe_is_closed(pair: TestPair) {
    let account = Account::create(&pair, "users:read");
    let ana = pair.register("ana").await;
    for arguments in [
        vec!["--help"],
        vec!["users", "--help"],
        vec!["config"],
        vec!["migrate"],
        vec!["--version"],
        vec!["keys", "list"],
        vec!["keys", "rotate"],
        vec!["sessions", "end", "ana"],
        vec!["sessions", "end-all", "--yes"],
        vec!["users", "list"],
        vec!["users", "list", "--irregular"],
        vec!["users", "disable", &ana.id],
        vec!["users", "enable", &ana.id],
        vec!["users", "scopes", &ana.id, "users:read"],
        vec!["users", "scopes", "--all", "--remove", "users:email"],
        vec!["clients", "list"],
        vec!["clients", "disable", &account.id],
    ] {
        let (code, said) = run_with_output(&pair, &arguments, LostOutput::ClosedPipe);
        assert_eq!((code, said.as_str()), (Some(0), ""), "{arguments:?}");
    }
    let (code, said) = run_with_output(&pair, &["users", "list"], LostOutput::FullDisk);
    assert!(code == Some(1) && said.contains("No space left"), "a full disk is reported: {said}");
}
