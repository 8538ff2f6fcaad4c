use std::path::PathBuf;

use service_kit::unix_time::UnixMicros;
use tempfile::TempDir;

use super::*;
use crate::store::test_database::{NOW, TestDatabase};

fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("revoked.txt");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

async fn read(database: &TestDatabase, bytes: &[u8], apply: bool) -> Result<u64, ImportError> {
    let (_folder, path) = file(bytes);
    let context = RequestContext::operator(UnixMicros::from(NOW));
    revoked_tokens(&database.database, &path, apply, &context, &Clock::frozen()).await
}

async fn are_revoked<const N: usize>(database: &TestDatabase, ids: [&'static str; N]) -> [bool; N] {
    let look_up = move |connection: &mut database::AnyConnection| {
        let found: Result<Vec<_>, _> =
            ids.iter().map(|id| store::legacy::is_revoked(connection, id)).collect();
        found
    };
    database.write(look_up).await.try_into().unwrap()
}

#[tokio::test]
async fn each_id_is_revoked_whatever_program_wrote_the_list() {
    for text in [
        "first\nsecond\n".as_bytes(),
        "jti\r\n\"first\"\r\n\"second\"\r\n".as_bytes(),
        "\u{feff}first\r\nsecond".as_bytes(),
        "\u{feff}jti\n\n second \nfirst\nfirst".as_bytes(),
    ] {
        let database = TestDatabase::open();
        assert_eq!(read(&database, text, true).await.unwrap(), 2, "{text:?}");
        assert_eq!(are_revoked(&database, ["first", "second", "jti"]).await, [true, true, false]);
    }
}

#[tokio::test]
async fn a_list_is_audited_once_and_only_where_it_is_stored() {
    let database = TestDatabase::open();
    assert_eq!(read(&database, b"first\nsecond\n", false).await.unwrap(), 2);
    assert_eq!(are_revoked(&database, ["first"]).await, [false]);
    assert!(database.audited().await.is_empty());
    for _ in 0..2 {
        read(&database, b"first\nsecond\n", true).await.unwrap();
    }
    let entries = database.audited().await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].event, "token.legacy_revoked");
    assert_eq!(entries[0].details.as_deref(), Some(r#"{"tokens":2}"#));
}

#[tokio::test]
async fn a_file_that_is_not_a_list_of_ids_is_refused_and_the_line_is_named() {
    let database = TestDatabase::open();
    let long = format!("first\n{}\n", "x".repeat(256));
    for text in ["first\nid,jti\n", "first\na b\n", "first\na\"b\n", "first\n\u{1}\n", &long] {
        let error = read(&database, text.as_bytes(), true).await.unwrap_err().to_string();
        assert_eq!(error, "line 2 is not a token id", "{text:?}");
    }
    assert_eq!(are_revoked(&database, ["first"]).await, [false]);
}
