//! An import that is stopped, and one that is run again.

use authpair_testkit::{TestPair, eventually};
use serde_json::json;

use super::support::{file, imported};
use crate::{
    on_both,
    support::{
        child::KilledOnDrop,
        command_line::{prepared, run},
    },
};

const ROWS: usize = 6_000;

/// Users without names, so that names are made: half of the addresses have the same part before the `@`.
fn many() -> String {
    let row = |number: usize| {
        let email = if number.is_multiple_of(2) {
            format!("user{number}@example.com")
        } else {
            format!("info@host{number}.example.com")
        };
        json!({ "id": number.to_string(), "email": email, "password_hash": "!" }).to_string()
    };
    (0..ROWS).map(row).collect::<Vec<_>>().join("\n")
}

/// All users but for their ids, which are random.
fn exported(pair: &TestPair) -> Vec<String> {
    let output = run(pair, &["users", "export"], "");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let without_id = |line: &str| {
        let mut row: serde_json::Value = serde_json::from_str(line).unwrap();
        let row = row.as_object_mut().unwrap();
        row.remove("id");
        row.remove("created_at");
        serde_json::to_string(row).unwrap()
    };
    let mut lines: Vec<_> = text.lines().map(without_id).collect();
    lines.sort();
    lines
}

#[on_both]
async fn an_import_that_was_killed_and_started_again_gives_the_same_as_one_run(pair: TestPair) {
    file(&pair, "users.jsonl", &many());
    let path = pair.folder.path().join("users.jsonl").display().to_string();
    let import = prepared(&pair, &["users", "import", &path, "--apply"]).spawn();
    let mut import = KilledOnDrop(import.unwrap());
    eventually("the import writes nothing", async || {
        import.0.try_wait().unwrap().is_some() || !exported(&pair).is_empty()
    })
    .await;
    drop(import);
    let before = exported(&pair).len();
    assert!(0 < before && before < ROWS, "killed too early or too late: {before} users");
    let text = imported(&pair, "users.jsonl", &["--apply"], 0);
    let expected = format!("{} new, 0 changed, {before} unchanged", ROWS - before);
    assert!(text.contains(&expected), "{expected}: {text}");
    let text = imported(&pair, "users.jsonl", &["--apply"], 0);
    assert!(text.contains(&format!("0 new, 0 changed, {ROWS} unchanged")), "{text}");

    let whole = TestPair::start(authpair_testkit::Backend::Sqlite).await.unwrap();
    file(&whole, "users.jsonl", &many());
    imported(&whole, "users.jsonl", &["--apply"], 0);
    assert!(exported(&pair) == exported(&whole), "the same users as of one run");
}

#[on_both]
async fn the_second_of_two_equal_rows_changes_nothing(pair: TestPair) {
    let row = json!({ "id": "1", "username": "ana", "email": "ana@example.com" }).to_string();
    file(&pair, "users.jsonl", &format!("{row}\n{row}\n"));
    let text = imported(&pair, "users.jsonl", &["--apply"], 0);
    assert!(text.contains("1 new, 0 changed, 1 unchanged"), "{text}");
}
