//! An export contains everything: importing it elsewhere gives the same rows.

use authpair_testkit::{PASSWORD, TestPair};
use serde_json::json;

use super::support::{file, imported};
use crate::{
    on_both,
    support::{
        command_line::{done, run},
        passwords::try_login,
    },
};

#[on_both]
async fn importing_an_export_gives_the_same_rows(pair: TestPair) {
    pair.new_user("ana").await;
    pair.register("bob").await;
    done(&pair, &["disable", "bob", "--reason", "left, \"for good\""]);
    done(&pair, &["locale", "ana", "es"]);
    done(&pair, &["scopes", "ana", "users:read users:email"]);
    done(&pair, &["scopes", "bob", ""]);
    let rows = [
        json!({ "id": "7", "username": "eve", "email": "eve@example.com", "password_hash": "plain$$a, \"quoted\" one" }),
        json!({ "username": "dora", "email": "dora@example.com" }),
    ];
    file(&pair, "more.jsonl", &rows.map(|row| row.to_string()).join("\n"));
    imported(&pair, "more.jsonl", &["--apply"], 0);
    for format in ["jsonl", "csv"] {
        let name = format!("users.{format}");
        let path = pair.folder.path().join(&name);
        let text = done(&pair, &["export", &path.display().to_string(), "--format", format]);
        assert!(text.contains("4 users exported"), "{text}");
        assert!(
            run(&pair, &["users", "export", &path.display().to_string()], "").status.code()
                == Some(1),
            "never over a file"
        );
        let exported = std::fs::read_to_string(&path).unwrap();
        assert!(exported.contains("for good") && exported.contains("es"), "{exported}");
        let other = TestPair::start(authpair_testkit::Backend::Sqlite).await.unwrap();
        file(&other, &name, &exported);
        let text = imported(&other, &name, &["--apply"], 0);
        assert!(text.contains(&format!("format: {format}")) && text.contains("4 new"), "{text}");
        let again = run(&other, &["users", "export", "--format", format], "");
        assert_eq!(String::from_utf8(again.stdout).unwrap(), exported);
        try_login(&other, "ana", PASSWORD).await.ok(200);
        try_login(&other, "eve", "a, \"quoted\" one").await.ok(200);
        try_login(&other, "bob", PASSWORD).await.expect(401, "invalid_credentials");
    }
}
