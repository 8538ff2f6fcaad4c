//! The README's walk-through does what the README says.

use std::process::Command;

use authpair_testkit::{Backend, TestPair, missing::optional_program};

const README: &str = include_str!("../../../../../README.md");

/// The first shell block below this heading.
fn shell_block(heading: &str) -> &'static str {
    let (_, section) = README.split_once(heading).unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    block.split_once("```").unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn the_walk_through_pasted_into_a_shell_ends_with_a_revoked_token() {
    if optional_program("curl").is_none() {
        return;
    }
    let pair = TestPair::start(Backend::Sqlite).await.unwrap();
    let script = shell_block("\n## A walk through\n")
        .replace("http://127.0.0.1:8080", &pair.auth)
        .replace("http://127.0.0.1:8081", &pair.users);
    assert!(script.contains(&pair.auth) && script.contains(&pair.users), "{script}");

    // The feed takes some milliseconds, and more on a busy machine: the last line is tried again until it is refused.
    let (before, last) = script.trim_end().rsplit_once('\n').unwrap();
    let script = format!(
        "{before}\nfor _ in $(seq 200); do {last} | grep token_revoked && exit; sleep 0.05; done"
    );
    let run = move || Command::new("bash").args(["-ec", &script]).output();
    let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();

    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].contains(r#""username":"ana""#), "{text}");
    assert!(lines[1].starts_with(r#"{"users":[{"#), "{text}");
    assert_eq!(lines[2], "204", "{text}");
    assert!(lines[3].contains(r#""error":"token_revoked""#), "{text}");
}
