use std::time::Duration;

use service_kit::{ids::TokenId, unix_time::UnixMicros};

use super::*;
use crate::{
    lifetimes::Lifetimes,
    mail::Verification,
    store::test_database::{NOW, TestDatabase, user_id},
};

const REQUIRED: MailPolicy =
    MailPolicy { is_on: true, verification: Verification::Required, ..MailPolicy::OFF };

async fn ana(database: &TestDatabase) -> UserRow {
    let ana = |connection: &mut database::AnyConnection| {
        store::users::by_id(connection, &user_id("ana")).map(Option::unwrap)
    };
    database.write(ana).await
}

fn token(jti: &str) -> LegacyToken {
    LegacyToken {
        jti: TokenId::from_trusted(jti.to_owned()),
        subject: "7".to_owned(),
        issued_at: NOW - Duration::from_secs(60),
    }
}

/// A database with one imported user.
async fn imported() -> TestDatabase {
    let database = TestDatabase::open();
    database.add_user("ana").await;
    let update = store::users::import::ImportUpdate {
        id: user_id("ana"),
        credentials: None,
        external_id: Some("7".to_owned()),
        import_state: Some("a.b.c.d.e".to_owned()),
    };
    database.write(move |connection| store::users::import::set_imported(connection, &update)).await;
    database
}

async fn exchanged(database: &TestDatabase, jti: &str, mail: MailPolicy) -> LegacyOutcome {
    let hour = Duration::from_secs(3_600);
    let lifetimes = Lifetimes {
        access: hour,
        session: hour,
        idle: hour,
        fresh: hour,
        grace: hour,
        jwks_max_age: hour,
    };
    let sessions = SessionRules { lifetimes, max_sessions: 50 };
    let context = RequestContext::without_request(Actor::Anonymous, UnixMicros::from(NOW));
    let rules = ExchangeRules { sessions, mail };
    exchange(&database.database, rules, &token(jti), &context).await.unwrap()
}

fn rejected(outcome: &LegacyOutcome) -> Option<&'static str> {
    match outcome {
        LegacyOutcome::Rejected(_, reason) => Some(reason),
        LegacyOutcome::Started(_) | LegacyOutcome::ExchangedBefore(_) => None,
    }
}

#[tokio::test]
async fn a_user_who_could_not_sign_in_exchanges_no_token() {
    let database = imported().await;
    let user = ana(&database).await;
    assert_eq!(rejection_reason(&user, &MailPolicy::OFF), None);
    assert_eq!(rejection_reason(&user, &REQUIRED), Some("email_unverified"));
    let mut proven = user.clone();
    proven.address.email_verified_at = Some(NOW);
    assert_eq!(rejection_reason(&proven, &REQUIRED), None);
    for (changed, expected) in [
        (UserRow { disabled_at: Some(NOW), ..user.clone() }, "disabled"),
        (UserRow { credential_version: 2, ..user.clone() }, "credentials_changed"),
        (UserRow { scope: "users:read users:admin".into(), ..user.clone() }, "administrator"),
    ] {
        assert_eq!(rejection_reason(&changed, &MailPolicy::OFF), Some(expected));
    }
}

#[tokio::test]
async fn a_rejected_token_leaves_no_trace_of_a_log_in() {
    let database = imported().await;
    assert_eq!(rejected(&exchanged(&database, "a", REQUIRED).await), Some("email_unverified"));
    assert_eq!(ana(&database).await.last_login_at, None);
    assert!(matches!(
        exchanged(&database, "a", MailPolicy::OFF).await,
        LegacyOutcome::Started(start) if start.ended == 0 && !start.has_notice
    ));
    assert_eq!(ana(&database).await.last_login_at, Some(NOW));
    database
        .write(|connection| {
            let rights = store::users::record_login_if_unchanged(
                connection,
                &user_id("ana"),
                1,
                NOW - Duration::from_secs(10),
            );
            rights.map(drop)
        })
        .await;
    assert_eq!(
        rejected(&exchanged(&database, "b", MailPolicy::OFF).await),
        Some("already_exchanged")
    );
    assert_eq!(ana(&database).await.last_login_at, Some(NOW - Duration::from_secs(10)));
}

#[tokio::test]
async fn a_subject_that_is_a_users_id_finds_that_user_only_without_an_external_id() {
    const ID: &str = "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11";
    let database = TestDatabase::open();
    database.add_user(ID).await;
    let mut update = store::users::import::ImportUpdate {
        id: user_id(ID),
        credentials: None,
        external_id: Some("ana".to_owned()),
        import_state: Some("a.b.c.d.e".to_owned()),
    };
    for (external_id, is_found) in [(Some("ana"), false), (None, true)] {
        update.external_id = external_id.map(str::to_owned);
        let update = update.clone();
        let found = database
            .database
            .write(move |connection| store::users::import::set_imported(connection, &update))
            .await;
        found.unwrap();
        let found =
            audit::transaction(&database.database, |transaction| find(transaction, ID)).await;
        assert_eq!(found.unwrap().is_some(), is_found);
    }
}

#[tokio::test]
async fn an_administrator_since_the_import_exchanges_no_token() {
    let database = imported().await;
    database
        .write(|connection| {
            let scope = "users:read users:admin";
            store::users::set_rights(connection, &user_id("ana"), scope, None).map(drop)
        })
        .await;
    let outcome = exchanged(&database, "a", MailPolicy::OFF).await;
    assert_eq!(rejected(&outcome), Some("administrator"));
}
