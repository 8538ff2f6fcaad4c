//! The file of the signing key is missing: what still works, and that no session is lost.

use std::time::Duration;

use authpair_testkit::{Answer, KEY, PASSWORD, TestPair};
use serde_json::json;

use crate::on_both;

#[on_both(serializable)]
async fn while_the_file_of_the_signing_key_is_missing_calls_are_503_and_no_session_is_lost(
    mut pair: TestPair,
) {
    let (_, session) = pair.new_user("ana").await;
    let file = pair.folder.path().join("keys").join(format!("{}.pem", KEY.kid()));
    let aside = pair.folder.path().join("aside");
    std::fs::rename(&file, &aside).unwrap();
    pair.halt_auth().await;
    pair.resume_auth().await;
    Answer::of(pair.auth_call("GET", "/readyz")).await.expect_status(503);
    pair.refresh(&session.refresh).await.expect(503, "keys_unavailable");
    let login = json!({ "username": "ana", "password": PASSWORD });
    pair.post("/api/auth/login", &login).await.expect(503, "keys_unavailable");
    std::fs::rename(&aside, &file).unwrap();
    pair.clock.advance(Duration::from_secs(12));
    pair.pair().auth().state().keyring.reload().await.unwrap();
    pair.refresh(&session.refresh).await.ok(200);
    let sessions =
        Answer::of(pair.auth_call("GET", "/api/auth/sessions").bearer_auth(&session.access)).await;
    assert_eq!(sessions.ok(200).body["sessions"].as_array().unwrap().len(), 1);
}

#[on_both(serializable)]
async fn a_process_without_the_file_of_a_key_still_publishes_the_key_and_verifies_with_it(
    mut pair: TestPair,
) {
    let (_, session) = pair.new_user("ana").await;
    std::fs::remove_file(pair.folder.path().join("keys").join(format!("{}.pem", KEY.kid())))
        .unwrap();
    pair.halt_auth().await;
    pair.resume_auth().await;
    let keys = Answer::of(pair.auth_call("GET", "/.well-known/jwks.json")).await.ok(200);
    assert_eq!(keys.body["keys"][0]["kid"], KEY.kid());
    pair.me(&session.access).await.ok(200);
    pair.logout(&session.refresh).await.ok(204);
}
