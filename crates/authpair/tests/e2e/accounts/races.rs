//! Two changes of one account at the same time, and a session that ends while it changes something.

use std::time::Duration;

use auth_service::{
    accounts::{
        self, ChangePasswordError, DeleteError, DeleteRejection, Deletion, PasswordChange,
        hashing::Requester,
    },
    audit::RequestContext,
    mail::MailPolicy,
    throttle::Source,
};
use authpair_testkit::{PASSWORD, TestPair};
use serde_json::json;
use service_kit::ids::{SessionId, UserId};

use crate::on_both;

#[on_both(serializable)]
async fn a_session_that_has_ended_neither_changes_the_password_nor_deletes_the_user(
    pair: TestPair,
) {
    let (_, thief) = pair.new_user("ana").await;
    let state = pair.pair().auth().state();
    let owner = pair.login("ana").await;
    // The handler has checked the token and hashed the password. Its transaction has not begun yet.
    let password = accounts::Password::parse_new("stolen password", &[]).unwrap();
    let place = state.passwords.hasher().take_permit(Requester::Source(Source::Unknown)).unwrap();
    let hash = state.passwords.hasher().hash(&place, password).await.unwrap();
    pair.send("POST", "/api/auth/logout-all", &owner.access, &json!({})).await.ok(200);
    let user = pair.login("ana").await;
    let id = UserId::parse(&pair.me(&user.access).await.ok(200).string("id")).unwrap();
    let thief = SessionId::parse(&thief.id).unwrap();
    let change = PasswordChange {
        user_id: id.clone(),
        session_id: thief.clone(),
        hash,
        failure_keys: Vec::new(),
    };
    let context = RequestContext::system(pair.clock.now_micros());
    let lifetimes = &state.settings.lifetimes;
    let (database, policy) = (&state.database, MailPolicy::OFF);
    let set = accounts::change_password(database, lifetimes, &policy, change, &context).await;
    let refused = matches!(set, Err(ChangePasswordError::SessionEnded));
    assert!(refused, "a session that was over set a password");
    let deletion = Deletion { user_id: id, own_session: Some(thief), by: None, expected: None };
    let deleted = deletion.apply(&state.database, context).await;
    let refused = matches!(deleted, Err(DeleteError::Rejected(DeleteRejection::SessionEnded)));
    assert!(refused, "a session that was over deleted its user");
    pair.post("/api/auth/login", &json!({ "username": "ana", "password": PASSWORD })).await.ok(200);
}

#[on_both(serializable)]
async fn two_changes_of_one_user_at_once_are_both_kept(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    for round in 0..20 {
        let (name, email) = (format!("ana{round}"), format!("ana{round}@example.org"));
        let name_change = json!({ "username": name });
        let email_change = json!({ "email": email, "current_password": PASSWORD });
        let (first, second) = tokio::join!(
            pair.send("PATCH", "/api/auth/me", &session.access, &name_change),
            pair.send("PATCH", "/api/auth/me", &session.access, &email_change),
        );
        first.ok(200);
        second.ok(200);
        let me = pair.me(&session.access).await.ok(200);
        assert_eq!((me.string("username"), me.string("email")), (name, email));
        // Past the limit of name changes.
        pair.clock.advance(Duration::from_secs(12));
    }
}

#[on_both(serializable)]
async fn the_database_refuses_a_session_of_an_unknown_user_each_time(pair: TestPair) {
    use auth_service::store::sessions;
    let (_, session) = pair.new_user("ana").await;
    let database = pair.pair().auth().state().database.clone();
    let id = SessionId::parse(&session.id).unwrap();
    let row = database.read(move |connection| sessions::with_user(connection, &id)).await;
    let row = row.unwrap().expect("a session").session;
    for number in 0..3 {
        let (id, user_id) = (SessionId::random(), UserId::random());
        let row = sessions::SessionRow { id, user_id, ..row.clone() };
        let refused = database.write(move |connection| sessions::insert(connection, &row)).await;
        assert!(refused.is_err(), "the {number}. time");
    }
    pair.refresh(&session.refresh).await.ok(200);
}
