//! Files with errors: how an import reports them, and which rows it leaves out.

use authpair_testkit::TestPair;

use super::support::{file, import, imported, stored};
use crate::{on_both, support::passwords::try_login};

/// Rows with each kind of error, with the line and column that the import names.
const WITH_ERRORS: &str = "\
{\"username\":\"ana\",\"email\":\"ana@example.com\"}
{\"username\":\"bob\",\"email\":\"no address\"}
{\"username\":\"bob\" \"email\":\"bob@example.com\"}
{\"username\":\"bob\",\"email\":\"bob@example.com\",\"password_hash\":\"my plain password\"}
{\"username\":\"bob\",\"email\":\"bob@example.com\",\"scope\":\"users:raed\"}
{\"username\":\"bob\",\"email\":\"bob@example.com\",\"pasword_hash\":\"x\"}
{\"username\":\"a b\",\"email\":\"bob@example.com\"}
{\"username\":\"ana\",\"email\":\"other@example.com\"}

{\"username\":\"eve\",\"email\":\"eve@example.com\"}
";

#[on_both]
async fn bad_rows_are_named_by_line_and_column_and_do_not_stop_good_ones(pair: TestPair) {
    file(&pair, "users.jsonl", WITH_ERRORS);
    for (options, wrote) in [(&[][..], false), (&["--apply"][..], true)] {
        let text = imported(&pair, "users.jsonl", options, 3);
        for expected in [
            "format: jsonl",
            "line 2, column 19 (email): not an e-mail address",
            "line 3, column 19: is not valid JSON",
            "line 4, column 45 (password_hash): is of no known form",
            "line 5, column 45 (scope): has an unknown scope",
            "line 6, column 45 (pasword_hash): is not a name of this format",
            "line 7, column 2 (username): ",
            "line 8, column 1 (username): belongs to another user",
            "9 rows: 2 new, 0 changed, 0 unchanged, 0 there already, 7 rejected",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        assert!(!text.contains("my plain password"), "{text}");
        assert_eq!(text.contains("nothing was written"), !wrote, "{text}");
        let found = import(&pair, "users.jsonl", &[]);
        let found = String::from_utf8_lossy(&found.stdout).into_owned();
        assert_eq!(found.contains("2 unchanged"), wrote, "{found}");
    }
}

#[on_both]
async fn a_table_of_a_flask_application_is_imported_with_its_ids(pair: TestPair) {
    let id = "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11";
    let text = format!(
        "id,username,emials,password,active\n{id},Ana,Ana@Example.com,!,1\n\
         7,,bob@example.com,!,true\n8,admin,\"eve@example.com\",!,0\n"
    );
    file(&pair, "users.csv", &text);
    let map = pair.folder.path().join("ids.csv").display().to_string();
    let printed = imported(&pair, "users.csv", &["--apply", "--map", &map], 0);
    assert!(printed.contains("format: flask") && printed.contains("3 new"), "{printed}");
    let (ana, bob, eve) =
        (stored(&pair, "ana").await, stored(&pair, "bob").await, stored(&pair, "admin").await);
    assert_eq!((ana.id.as_str(), ana.username.as_str()), (id, "Ana"));
    assert_eq!((ana.email.as_str(), ana.scope.as_str()), ("Ana@example.com", "users:read"));
    assert!(ana.disabled_at.is_none() && eve.disabled_at.is_some());
    assert!(ana.created_at < bob.created_at, "in the order of the file");
    let ids = std::fs::read_to_string(&map).unwrap();
    assert_eq!(ids, format!("old_id,new_id\n{id},{id}\n7,{}\n8,{}\n", bob.id, eve.id));
    // The map is a new file.
    imported(&pair, "users.csv", &["--apply", "--map", &map], 1);
    try_login(&pair, "bob", "!").await.expect(401, "invalid_credentials");
}

#[on_both]
async fn a_record_of_several_megabytes_is_one_bad_row(pair: TestPair) {
    let long = "x".repeat(4 * 1024 * 1024);
    let rows = format!(
        "{{\"username\":\"ana\",\"email\":\"ana@example.com\",\"ext\":\"{long}\"}}\n\
         {{\"username\":\"bob\",\"email\":\"bob@example.com\"}}\n"
    );
    file(&pair, "users.jsonl", &rows);
    let text = imported(&pair, "users.jsonl", &["--apply"], 3);
    assert!(text.contains("line 1, column 1: is longer than 1 MiB"), "{text}");
    assert!(text.contains("1 new"), "{text}");
    file(
        &pair,
        "users.csv",
        &format!("username,email,ext\nana,ana@example.com,\"{long}\"\neve,eve@example.com,\n"),
    );
    let text = imported(&pair, "users.csv", &["--apply"], 3);
    assert!(text.contains("line 2, column 1: is longer than 1 MiB"), "{text}");
    assert!(text.contains("1 new"), "{text}");
}
