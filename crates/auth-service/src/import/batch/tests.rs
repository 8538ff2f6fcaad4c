use std::time::Duration;

use service_kit::unix_time::UnixMicros;

use super::*;
use crate::{
    import::tests::{checked, rules},
    store::test_database::{NOW, TestDatabase, session_row, user_id},
};

/// A clock that is stopped at the time of the tests.
fn clock() -> Clock {
    let clock = Clock::frozen();
    let ahead = NOW.as_i64() - clock.seconds();
    clock.advance(Duration::from_secs(ahead.unsigned_abs()));
    clock
}

fn writer(database: &TestDatabase) -> BatchWriter {
    BatchWriter {
        database: database.database.clone(),
        rules: Arc::new(rules()),
        on_conflict: OnConflict::Update,
        context: RequestContext::operator(UnixMicros::from(NOW)),
        clock: clock(),
        access: Duration::from_secs(900),
    }
}

/// Rows of the own form, each with this hash.
fn batch(text: &str, hash: &str) -> Batch {
    let mut rows = checked(text);
    rows.iter_mut().for_each(|row| row.has_hash = true);
    let hashes = vec![hash.to_owned(); rows.len()];
    Batch { rows, hashes, rows_before: 0 }
}

async fn written(database: &TestDatabase, text: &str, hash: &str) -> Vec<Outcome> {
    writer(database).write(batch(text, hash)).await.unwrap()
}

/// Tries to make changes that were decided for the accounts as they are now, after `meanwhile` changed them.
async fn applied_late(
    database: &TestDatabase,
    text: &str,
    meanwhile: impl Fn(&mut AnyConnection) -> DbResult<()> + Send + 'static,
) -> Result<(), DatabaseError> {
    let (writer, named_batch) = (writer(database), NamedBatch::new(batch(text, "new")));
    let plan = move |connection: &mut AnyConnection| {
        named_batch.plan(connection, &rules(), OnConflict::Update, false, UnixMicros::from(NOW))
    };
    let decisions = database.write(plan).await;
    database.write(meanwhile).await;
    let database = database.database.clone();
    audit::transaction(&database, move |transaction| writer.apply(transaction, &decisions)).await
}

async fn user(database: &TestDatabase, name: &'static str) -> store::users::UserRow {
    database
        .write(move |connection| {
            store::users::by_username_key(connection, name).map(Option::unwrap)
        })
        .await
}

const ANA: &str = r#"{"external_id":"1","username":"ana","email":"ana@example.com"}"#;

#[tokio::test]
async fn a_change_of_an_account_that_changed_meanwhile_is_a_conflict_and_nothing_is_written() {
    let row = r#"{"external_id":"1","username":"ana2","email":"ana@example.com","disabled":true}"#;
    let signs_in = |connection: &mut AnyConnection, id: &UserId| {
        store::users::record_login_if_unchanged(connection, id, 1, NOW).map(drop)
    };
    let sets_password = |connection: &mut AnyConnection, id: &UserId| {
        store::users::set_password_hash(connection, id, "own").map(drop)
    };
    let gets_a_scope = |connection: &mut AnyConnection, id: &UserId| {
        store::users::set_rights(connection, id, "users:admin", None).map(drop)
    };
    let changes: [fn(&mut AnyConnection, &UserId) -> DbResult<()>; 3] =
        [signs_in, sets_password, gets_a_scope];
    for change in changes {
        let database = TestDatabase::open();
        written(&database, ANA, "old").await;
        let id = user(&database, "ana").await.id;
        let late = applied_late(&database, row, move |connection| change(connection, &id)).await;
        assert!(matches!(late, Err(DatabaseError::Conflict(_))), "{late:?}");
        let ana = user(&database, "ana").await;
        assert!(ana.password_hash.as_str() != "new" && ana.disabled_at.is_none(), "{ana:?}");
        // A new decision leaves the changed values.
        written(&database, row, "new").await;
        let ana = user(&database, "ana2").await;
        let is_admin = ana.scope == "users:admin";
        assert_eq!(ana.password_hash.as_str() == "new", is_admin, "{ana:?}");
        assert!(ana.disabled_at.is_none(), "{ana:?}");
    }
    let database = TestDatabase::open();
    written(&database, ANA, "old").await;
    applied_late(&database, row, |_| Ok(())).await.unwrap();
    let ana = user(&database, "ana2").await;
    assert!(ana.password_hash.as_str() == "new" && ana.disabled_at.is_some(), "{ana:?}");
}

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
async fn with_mail_on_an_old_address_goes_back_only_to_its_owner() {
    let database = TestDatabase::open();
    let mail = crate::mail::MailPolicy {
        is_on: true,
        revert_ttl: Duration::from_secs(60),
        ..crate::mail::MailPolicy::OFF
    };
    let rules = Arc::new(CheckRules { mail, ..rules() });
    let writer = BatchWriter { rules, ..writer(&database) };
    let row = |id: &str, address: &str| {
        format!(r#"{{"external_id":"{id}","username":"user{id}","email":"{address}"}}"#)
    };
    writer.write(batch(&row("1", "ana@example.com"), "old")).await.unwrap();
    let rows = [row("1", "other@example.com"), row("2", "ana@example.com")].join("\n");
    let outcomes = writer.write(batch(&rows, "old")).await.unwrap();
    assert!(
        matches!(&outcomes[..], [Outcome::Updated(_), Outcome::Rejected(rejected)] if rejected.error.reason.contains("take it back"))
    );
    let outcomes = writer.write(batch(&row("1", "ana@example.com"), "old")).await.unwrap();
    assert!(matches!(outcomes[..], [Outcome::Updated(_)]), "{outcomes:?}");
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
    let batch = Batch {
        hashes: vec![crate::accounts::hashing::imported_hash::NO_PASSWORD.to_owned(); 2],
        rows,
        rows_before: 0,
    };
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
async fn a_row_is_not_about_an_account_whose_address_was_changed_here() {
    let database = TestDatabase::open();
    written(&database, r#"{"external_id":"1","email":"eve@example.com"}"#, "old").await;
    let eve = user(&database, "eve").await;
    let id = eve.id.clone();
    database
        .write(move |connection| {
            let forms = store::users::NameForms {
                shown: "billing@example.com",
                key: "billing@example.com",
            };
            store::users::set_email(connection, &id, forms, None).map(drop)
        })
        .await;
    let row = r#"{"email":"billing@example.com","email_verified":true,"scope":"users:email"}"#;
    let outcomes = written(&database, row, "new").await;
    assert!(matches!(outcomes[..], [Outcome::Rejected(_)]), "{outcomes:?}");
    let found = user(&database, "eve").await;
    assert_eq!((found.scope, found.address.email_verified_at), (eve.scope, None));
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

#[tokio::test]
async fn rows_that_meet_an_account_that_was_registered_here_are_counted_separately() {
    let database = TestDatabase::open();
    database.add_user("ana").await;
    written(&database, r#"{"external_id":"9","username":"eve","email":"eve@example.org"}"#, "old")
        .await;
    let rows = [
        r#"{"external_id":"1","username":"other","email":"ana@example.org"}"#,
        r#"{"external_id":"2","username":"ana","email":"other@example.org"}"#,
        r#"{"external_id":"3","username":"eve","email":"third@example.org"}"#,
        r#"{"external_id":"4","username":"dora","email":"dora@example.org"}"#,
    ];
    let outcomes = written(&database, &rows.join("\n"), "old").await;
    let mut report = crate::import::Report::default();
    let reasons: Vec<_> = outcomes
        .into_iter()
        .map(|outcome| report.count(outcome).map_err(|error| error.reason))
        .collect();
    let registered_here = Err("belongs to another user, who registered here".to_owned());
    assert_eq!(reasons[..2], [registered_here.clone(), registered_here]);
    assert_eq!(reasons[2], Err("belongs to another user".to_owned()));
    assert_eq!((report.inserted, report.refused, report.registered_here), (1, 3, 2));
    assert!(
        report.to_string().contains("2 of these rows meet an account that was registered here")
    );
}

#[tokio::test]
async fn an_address_that_was_reserved_meanwhile_is_not_taken() {
    let database = TestDatabase::open();
    database.add_user("eve").await;
    let row = r#"{"external_id":"1","username":"ana","email":"ana@example.com"}"#;
    let late = applied_late(&database, row, |connection| {
        let eve = user_id("eve");
        let until = NOW + Duration::from_secs(60);
        address_reservations::reserve(connection, "ana@example.com", &eve, until)
    });
    let late = late.await;
    assert!(matches!(late, Err(DatabaseError::Conflict(_))), "{late:?}");
    let outcomes = written(&database, row, "old").await;
    assert!(
        matches!(&outcomes[..], [Outcome::Rejected(rejected)] if rejected.error.reason.contains("take it back"))
    );
}
