//! Rotation of signing keys while tokens of the old one are valid, and retirement of a key.

use std::time::Duration;

use auth_service::{
    service::rotation,
    store::verifiers::{self, VerifierRow},
};
use authpair_testkit::{Answer, KEY, Session, TestPair, eventually};
use service_kit::unix_time::UnixSeconds;

use crate::on_both;

/// The kids in the JWKS, and the kid that signs.
pub(crate) async fn kids(pair: &TestPair) -> (Vec<String>, String) {
    let state = pair.pair().auth().state();
    state.keyring.reload().await.unwrap();
    let answer = Answer::of(pair.auth_call("GET", "/.well-known/jwks.json")).await.ok(200);
    let kids = answer.body["keys"].as_array().unwrap().iter();
    let kids = kids.map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    (kids, state.keyring.active().unwrap().kid().to_owned())
}

pub(crate) async fn rotate(pair: &TestPair) -> String {
    let state = pair.pair().auth().state();
    let rotation = rotation(&state.settings, state.database.clone()).unwrap();
    rotation.rotate(pair.clock.now(), None).await.unwrap().unwrap().kid
}

#[on_both]
async fn a_new_key_is_published_first_signs_later_and_the_old_one_stays_for_its_tokens(
    mut pair: TestPair,
) {
    let (_, old) = pair.new_user("ana").await;
    let new = rotate(&pair).await;
    let (published, signs) = kids(&pair).await;
    assert_eq!((published.len(), signs), (2, KEY.kid()));
    // A verifier fetches the set again within its max-age; one that starts does at once.
    pair.halt().await;
    pair.resume().await;
    pair.clock.advance(Duration::from_secs(600 + 60));
    let (published, signs) = kids(&pair).await;
    assert_eq!((published.len(), &signs), (2, &new));
    let newer = Session::of(&pair.refresh(&old.refresh).await.ok(200));
    for token in [&old.access, &newer.access] {
        pair.me_at_users(token).await.ok(200);
        pair.me(token).await.ok(200);
    }
    pair.clock.advance(Duration::from_secs(900 + 60));
    let (published, _) = kids(&pair).await;
    assert_eq!(published, [new]);
    // Refresh tokens of the old key are still accepted.
    let third = pair.login("ana").await;
    pair.refresh(&third.refresh).await.ok(200);
    pair.refresh(&newer.refresh).await.ok(200);
}

#[on_both]
async fn a_lost_answer_is_repeated_across_a_key_rotation(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    rotate(&pair).await;
    pair.clock.advance(Duration::from_secs(655));
    kids(&pair).await;
    let first = pair.refresh(&session.refresh).await.ok(200);
    pair.clock.advance(Duration::from_secs(6));
    kids(&pair).await;
    let again = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    assert_ne!(first.string("refresh_token"), again.refresh, "another key signs now");
    let keys = &pair.pair().auth().state().keyring.keys().verifying;
    let own = claims::Policy::new(pair.auth.as_str(), "auth-service");
    let id_and_times = |token: &str| {
        let token = claims::verify_refresh(token, keys, &own, pair.clock.seconds()).unwrap();
        (token.jti.clone(), token.iat, token.exp)
    };
    assert_eq!(id_and_times(&first.string("refresh_token")), id_and_times(&again.refresh));
    pair.refresh(&again.refresh).await.ok(200);
}

#[on_both]
async fn a_retired_key_is_no_longer_published_and_its_tokens_are_refused(mut pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let state = pair.pair().auth().state();
    let work = rotation(&state.settings, state.database.clone()).unwrap();
    assert!(!work.retire("no-such-key", pair.clock.now()).await.unwrap());
    assert!(work.retire(&KEY.kid(), pair.clock.now()).await.unwrap());
    let (published, signs) = kids(&pair).await;
    assert_eq!(published, [signs]);
    assert!(!pair.folder.path().join("keys").join(format!("{}.pem", KEY.kid())).exists());
    pair.refresh(&session.refresh).await.expect(401, "invalid_token");
    pair.me(&session.access).await.expect(401, "invalid_token");
    let new = pair.login("ana").await;
    pair.halt().await;
    pair.resume().await;
    pair.me_at_users(&new.access).await.ok(200);
    pair.me_at_users(&session.access).await.expect(401, "invalid_token");
}

#[on_both]
async fn an_old_key_is_replaced_once_by_processes_that_look_at_the_same_time(pair: TestPair) {
    const AGE: Duration = Duration::from_secs(90 * 86_400);
    let state = pair.pair().auth().state();
    // Each process has its own.
    let works = [(); 3].map(|()| rotation(&state.settings, state.database.clone()).unwrap());
    let [one, two, three] = &works;
    one.maintain(Some(AGE), pair.clock.now()).await.unwrap();
    assert_eq!(kids(&pair).await.0.len(), 1, "too early");
    pair.clock.advance(Duration::from_secs(90 * 86_400 + 1));
    for _ in 0..2 {
        let now = pair.clock.now();
        let done = tokio::join!(
            one.maintain(Some(AGE), now),
            two.maintain(Some(AGE), now),
            three.maintain(Some(AGE), now),
        );
        assert!(done.0.is_ok() && done.1.is_ok() && done.2.is_ok());
    }
    let (published, signs) = kids(&pair).await;
    assert_eq!((published.len(), signs), (2, KEY.kid()));
}

#[on_both]
async fn a_verifier_with_the_secret_reports_which_keys_it_holds(mut pair: TestPair) {
    const SECRET: &str = "a secret of both services";
    for name in ["AUTH_VERIFIER_SECRET", "USERS_VERIFIER_SECRET"] {
        pair.set(name, &SECRET.replace(' ', "-"));
    }
    pair.set("USERS_VERIFIER_NAME", "users-7");
    pair.halt().await;
    pair.resume().await;
    let state = pair.pair().auth().state();
    pair.register("ana").await;
    eventually("the report is not stored", async || {
        // A report comes with each poll, and a revocation ends the poll that is held.
        let session = pair.login("ana").await;
        pair.logout(&session.refresh).await.ok(204);
        let reports =
            state.database.read(|connection| verifiers::since(connection, UnixSeconds::new(0)));
        let reports = reports.await.unwrap();
        let is_stored = |report: &VerifierRow| report.name == "users-7" && report.kids == KEY.kid();
        if reports.iter().any(is_stored) { Ok(()) } else { Err(format!("{reports:?}")) }
    })
    .await;
}

#[on_both]
async fn a_verifier_that_lacks_the_new_key_delays_it_for_a_limited_time(pair: TestPair) {
    let new = rotate(&pair).await;
    let state = pair.pair().auth().state();
    let work = rotation(&state.settings, state.database.clone()).unwrap();
    let report = |kids: String, seen_at: UnixSeconds| {
        let report = VerifierRow { name: "users-1".into(), kids, seen_at };
        state.database.write(move |connection| verifiers::put(connection, &report))
    };
    let started = pair.clock.now();
    pair.clock.advance(Duration::from_secs(655));
    while kids(&pair).await.1 != new {
        let now = pair.clock.now();
        assert!(now.seconds_since(started) <= 3 * 600 + 60 + 10, "stalled");
        report(KEY.kid(), now).await.unwrap();
        work.maintain(None, now).await.unwrap();
        pair.clock.advance(Duration::from_secs(8));
    }
    assert!(pair.clock.now().seconds_since(started) >= 3 * 600, "not delayed");
    // One that holds the key delays nothing.
    let third = rotate(&pair).await;
    pair.clock.advance(Duration::from_secs(655));
    kids(&pair).await;
    report(format!("{} {third}", KEY.kid()), pair.clock.now()).await.unwrap();
    work.maintain(None, pair.clock.now()).await.unwrap();
    pair.clock.advance(Duration::from_secs(6));
    assert_eq!(kids(&pair).await.1, third);
}
