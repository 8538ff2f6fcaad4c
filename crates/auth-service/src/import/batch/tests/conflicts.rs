//! Rows that conflict with an account, or with a change made at the same time.

use std::{sync::Arc, time::Duration};

use database::{AnyConnection, DatabaseError};
use service_kit::ids::UserId;

use super::support::{ANA, applied_late, batch, user, writer, written};
use crate::{
    import::{
        batch::{BatchWriter, Outcome},
        check::CheckRules,
        tests::rules,
    },
    mail::MailPolicy,
    store::{
        self, DbResult, address_reservations,
        test_database::{NOW, TestDatabase, user_id},
    },
};

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
async fn a_name_that_looks_like_one_that_another_row_of_the_batch_renames_to_is_rejected() {
    let database = TestDatabase::open();
    written(&database, ANA, "old").await;
    let rows = concat!(
        r#"{"external_id":"1","username":"paypal","email":"ana@example.com"}"#,
        "\n",
        // The first `a` is Cyrillic.
        r#"{"external_id":"2","username":"p\u0430ypal","email":"eve@example.com"}"#,
    );
    let outcomes = written(&database, rows, "old").await;
    assert!(matches!(outcomes[..], [Outcome::Updated(_), Outcome::Rejected(_)]), "{outcomes:?}");
    assert_eq!(user(&database, "paypal").await.email, "ana@example.com");
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

#[tokio::test]
async fn with_mail_on_an_old_address_goes_back_only_to_its_owner() {
    let database = TestDatabase::open();
    let mail = MailPolicy { is_on: true, revert_ttl: Duration::from_secs(60), ..MailPolicy::OFF };
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
    assert_eq!((report.inserted, report.rejected, report.registered_here), (1, 3, 2));
    assert!(
        report.to_string().contains("2 of these rows meet an account that was registered here")
    );
}
