//! What a batch writes: values, rights versions and audit entries.

use std::time::Duration;

use super::support::{ANA, batch, user, writer, written};
use crate::{
    accounts::hashing::imported_hash::NO_PASSWORD,
    import::{
        batch::{Batch, Outcome},
        tests::checked,
    },
    store::{
        self,
        test_database::{NOW, TestDatabase, session_row},
    },
};

#[tokio::test]
async fn new_rights_and_a_new_proof_raise_the_version_and_are_announced() {
    let database = TestDatabase::open();
    written(&database, ANA, "old").await;
    let ana = user(&database, "ana").await;
    let session = session_row(ana.id.as_str(), "session", Duration::ZERO);
    database.write(move |connection| store::sessions::insert(connection, &session)).await;
    let row =
        r#"{"external_id":"1","username":"ana","email":"ana@example.com","scope":"users:email"}"#;
    for (row, version, event) in [
        (row.to_owned(), 1, "admin.scopes_changed"),
        (row.replace("}", r#","ext":{"plan":"pro"}}"#), 2, "admin.ext_changed"),
        (row.replace("}", r#","ext":{"plan":"pro"},"email_verified":true}"#), 3, "email.verified"),
    ] {
        written(&database, &row, "old").await;
        let ana = user(&database, "ana").await;
        assert_eq!(ana.rights_version, version, "{event}");
        let entries = database.audited().await;
        assert!(entries.iter().any(|entry| entry.event == event), "{event}");
        let raised =
            database.write(|connection| store::revocations::after(connection, 0, 100)).await;
        assert_eq!(raised.last().and_then(|entry| entry.min_version), Some(version), "{event}");
    }
    let ana = user(&database, "ana").await;
    assert_eq!(
        (ana.scope.as_str(), ana.ext.as_deref()),
        ("users:email", Some(r#"{"plan":"pro"}"#))
    );
    assert_eq!(ana.address.email_verified_at, Some(NOW));
    // The same row again changes nothing.
    let row = row.replace("}", r#","ext":{"plan":"pro"},"email_verified":true}"#);
    assert!(matches!(written(&database, &row, "old").await[..], [Outcome::Unchanged(_)]));
}

#[tokio::test]
async fn another_address_is_proven_only_if_the_old_system_says_so() {
    let database = TestDatabase::open();
    let row = |address: &str, proven: bool| {
        format!(
            r#"{{"external_id":"1","username":"ana","email":"{address}","email_verified":{proven}}}"#
        )
    };
    for (address, proven) in
        [("ana@example.com", true), ("other@example.com", false), ("third@example.com", true)]
    {
        written(&database, &row(address, proven), "old").await;
        let ana = user(&database, "ana").await;
        assert_eq!(
            (ana.email.as_str(), ana.address.email_verified_at.is_some()),
            (address, proven)
        );
    }
    // Another spelling is the same address, and a proof stays.
    written(&database, &row("Third@example.com", false), "old").await;
    assert_eq!(user(&database, "ana").await.address.email_verified_at, Some(NOW));
}

#[tokio::test]
async fn an_update_neither_makes_nor_demotes_nor_disables_an_administrator() {
    let database = TestDatabase::open();
    let row = |name: &str, scope: &str, disabled: bool| {
        format!(
            r#"{{"external_id":"{name}","username":"{name}","email":"{name}@example.com","scope":"{scope}","disabled":{disabled}}}"#
        )
    };
    let rows = [row("ana", "users:admin", false), row("bob", "users:read", false)];
    written(&database, &rows.join("\n"), "old").await;
    let rows = [row("ana", "users:read", true), row("bob", "users:read users:admin", true)];
    written(&database, &rows.join("\n"), "old").await;
    let (ana, bob) = (user(&database, "ana").await, user(&database, "bob").await);
    assert_eq!((ana.scope.as_str(), ana.disabled_at), ("users:admin", None));
    assert_eq!((bob.scope.as_str(), bob.disabled_at), ("users:read", Some(NOW)));
}

#[tokio::test]
async fn values_that_a_file_does_not_have_stay_as_they_are() {
    let database = TestDatabase::open();
    let row = |name: &str, scope: &str, more: &str| {
        format!(
            r#"{{"external_id":"{name}","username":"{name}","email":"{name}@example.com","scope":"{scope}"{more}}}"#
        )
    };
    let rows =
        [row("ana", "users:read", r#","disabled":true"#), row("bob", "users:read users:admin", "")];
    written(&database, &rows.join("\n"), "old").await;
    // A file without hashes and flags.
    let rows = [row("ana", "users:email", ""), row("bob", "users:read", "")];
    let rows = checked(&rows.join("\n"));
    let batch = Batch { hashes: vec![NO_PASSWORD.to_owned(); 2], rows, rows_before: 0 };
    let outcomes = writer(&database).write(batch).await.unwrap();
    assert!(matches!(outcomes[..], [Outcome::Updated(_), Outcome::Unchanged(_)]), "{outcomes:?}");
    let (ana, bob) = (user(&database, "ana").await, user(&database, "bob").await);
    assert_eq!((ana.password_hash.as_str(), ana.scope.as_str()), ("old", "users:email"));
    assert_eq!((ana.disabled_at, bob.password_hash.as_str()), (Some(NOW), "old"));
    // A file that says that there is no password: it counts, except for an administrator.
    let rows =
        [row("ana", "", r#","disabled":false"#), row("bob", "users:read", r#","disabled":false"#)];
    written(&database, &rows.join("\n"), "!").await;
    let (ana, bob) = (user(&database, "ana").await, user(&database, "bob").await);
    assert_eq!((ana.password_hash.as_str(), ana.disabled_at, ana.scope.as_str()), ("!", None, ""));
    assert_eq!(bob.password_hash.as_str(), "old");
    let entries = database.audited().await;
    assert!(entries.iter().any(|entry| entry.event == "user.enabled"));
}

#[tokio::test]
async fn entries_have_the_time_of_their_batch() {
    let database = TestDatabase::open();
    let writer = writer(&database);
    writer.write(batch(ANA, "old")).await.unwrap();
    writer.clock.advance(Duration::from_secs(600));
    let row = r#"{"external_id":"1","username":"ana","email":"ana@example.com","scope":"users:email","email_verified":true}"#;
    let rows = format!("{row}\n{}", row.replace("users:email", "users:read"));
    writer.write(batch(&rows, "old")).await.unwrap();
    let ana = user(&database, "ana").await;
    let later = NOW + Duration::from_secs(600);
    assert_eq!((ana.scope.as_str(), ana.address.email_verified_at), ("users:read", Some(later)));
    let entries = database.audited().await;
    let times: Vec<_> = entries.iter().map(|entry| entry.at.seconds()).collect();
    assert_eq!(times.first(), Some(&NOW));
    assert!(times.len() > 3 && times[1..].iter().all(|at| *at == later), "{times:?}");
}

#[tokio::test]
async fn two_rows_of_one_batch_change_one_account_one_after_the_other() {
    let database = TestDatabase::open();
    let row = |name: &str, scope: &str| {
        format!(
            r#"{{"external_id":"1","username":"{name}","email":"{name}@example.com","scope":"{scope}","email_verified":true}}"#
        )
    };
    let rows = [row("ana", "users:read"), row("anna", "users:email"), row("annie", "users:read")];
    let outcomes = written(&database, &rows.join("\n"), "old").await;
    let [Outcome::Inserted(_), Outcome::Updated(_), Outcome::Updated(_)] = outcomes[..] else {
        panic!("{outcomes:?}");
    };
    let annie = user(&database, "annie").await;
    assert_eq!((annie.email.as_str(), annie.scope.as_str()), ("annie@example.com", "users:read"));
}
