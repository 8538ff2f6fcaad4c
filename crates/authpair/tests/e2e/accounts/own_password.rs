//! Calls that check the password of a user who is logged in.

use std::time::Duration;

use authpair_testkit::{Answer, PASSWORD, Session, TestPair};
use serde_json::{Value, json};

use crate::{on_both, support::sessions::eventually_revoked};

pub(crate) async fn reauthenticate(pair: &TestPair, access: &str, password: &str) -> Answer {
    pair.send("POST", "/api/auth/reauthenticate", access, &json!({ "password": password })).await
}

pub(crate) async fn patch(pair: &TestPair, access: &str, changes: Value) -> Answer {
    pair.send("PATCH", "/api/auth/me", access, &changes).await
}

pub(crate) async fn change_password(pair: &TestPair, access: &str, current: &str) -> Answer {
    let body = json!({ "current_password": current, "new_password": "a whole new horse" });
    pair.send("PUT", "/api/auth/password", access, &body).await
}

#[on_both]
async fn five_wrong_passwords_in_a_row_end_the_session_also_when_given_to_different_endpoints(
    pair: TestPair,
) {
    let (_, session) = pair.new_user("ana").await;
    let other = pair.login("ana").await;
    let access = &session.access;
    let wrong_address = json!({ "email": "x@example.com", "current_password": "wrong" });
    for _ in 0..2 {
        for _ in 0..2 {
            reauthenticate(&pair, access, "wrong").await.expect(401, "invalid_credentials");
            patch(&pair, access, wrong_address.clone()).await.expect(401, "invalid_credentials");
        }
        // A right password resets the count.
        reauthenticate(&pair, access, PASSWORD).await.ok(200);
    }
    reauthenticate(&pair, access, "wrong").await.expect(401, "invalid_credentials");
    let right = json!({ "email": "ana@example.org", "current_password": PASSWORD });
    patch(&pair, access, right).await.ok(200);
    for _ in 0..2 {
        change_password(&pair, access, "wrong").await.expect(401, "invalid_credentials");
        patch(&pair, access, wrong_address.clone()).await.expect(401, "invalid_credentials");
    }
    let fifth = change_password(&pair, access, "wrong").await;
    assert!(!fifth.expect(401, "invalid_credentials").header("www-authenticate").is_empty());
    reauthenticate(&pair, access, PASSWORD).await.expect(401, "token_revoked");
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    eventually_revoked(&pair, access).await;
    pair.me_at_users(&other.access).await.ok(200);
    pair.login("ana").await;
}

#[on_both]
async fn of_64_parallel_guesses_fewer_than_ten_are_checked_and_the_session_ends(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let calls = (0..64).map(|number| {
        // The right password is among the last.
        let password = if number == 60 { PASSWORD.to_owned() } else { format!("guess {number}") };
        let call = pair.auth_call("POST", "/api/auth/reauthenticate").bearer_auth(&session.access);
        tokio::spawn(Answer::of(call.json(&json!({ "password": password }))))
    });
    let mut wrong = 0;
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.unwrap();
        match answer.code() {
            "invalid_credentials" => wrong += 1,
            // The right password may have been checked early, which resets the count.
            "token_revoked" | "" => {}
            _ => panic!("{}", answer.text),
        }
    }
    assert!((5..=9).contains(&wrong), "{wrong} guesses were judged");
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
}

#[on_both]
async fn parallel_right_passwords_all_succeed(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let calls = (0..16).map(|_| {
        let call = pair.auth_call("POST", "/api/auth/reauthenticate").bearer_auth(&session.access);
        tokio::spawn(Answer::of(call.json(&json!({ "password": PASSWORD }))))
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().ok(200);
    }
}

#[on_both]
async fn a_new_address_needs_the_password_and_a_new_name_does_not(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let access = &session.access;
    for without in [
        json!({ "email": "ana@example.org" }),
        json!({ "email": "ana@example.org", "username": "anna" }),
        json!({ "email": "ana@example.org", "current_password": null }),
    ] {
        let answer = patch(&pair, access, without).await.expect(400, "invalid_request");
        assert!(answer.body["fields"]["current_password"].is_array(), "{}", answer.text);
    }
    let both = json!({ "email": "ana@example.org", "username": "anna", "current_password": "no" });
    patch(&pair, access, both).await.expect(401, "invalid_credentials");
    // A password that is sent is checked, whether it is needed or not.
    let wrong = json!({ "username": "anna", "current_password": "no" });
    patch(&pair, access, wrong).await.expect(401, "invalid_credentials");
    assert_eq!(pair.me(access).await.ok(200).body["username"], "ana");
    patch(&pair, access, json!({ "username": "anna" })).await.ok(200);
    let right = json!({ "email": "ana@example.org", "current_password": PASSWORD });
    assert_eq!(patch(&pair, access, right).await.ok(200).body["email"], "ana@example.org");
}

#[on_both]
async fn a_name_or_address_that_equals_the_password_is_refused(pair: TestPair) {
    let password = "Lima-1987";
    let body = json!({ "username": "ana", "email": "ana@example.com", "password": password });
    pair.post("/api/auth/register", &body).await.ok(201);
    let body = json!({ "username": "ana", "password": password });
    let session = Session::of(&pair.post("/api/auth/login", &body).await.ok(200));
    for (field, changes) in [
        ("username", json!({ "username": password })),
        ("username", json!({ "username": "lima-1987", "current_password": password })),
        ("email", json!({ "email": "LIMA-1987@example.com", "current_password": password })),
    ] {
        let answer = patch(&pair, &session.access, changes).await.expect(400, "invalid_request");
        assert!(answer.body["fields"][field].is_array(), "{}", answer.text);
    }
    assert_eq!(pair.me(&session.access).await.ok(200).body["username"], "ana");
    let other = json!({ "username": "lima-1988", "current_password": password });
    patch(&pair, &session.access, other).await.ok(200);
    // Nor in two steps: the name in lower case first, and then exactly as the password is written.
    patch(&pair, &session.access, json!({ "username": "lima-1987" })).await.ok(200);
    let answer = patch(&pair, &session.access, json!({ "username": password })).await;
    answer.expect(400, "invalid_request");
}

#[on_both]
async fn after_four_names_that_could_be_password_guesses_the_fifth_needs_the_password(
    pair: TestPair,
) {
    let (_, session) = pair.new_user("ana").await;
    for number in 0..4 {
        let name = json!({ "username": format!("guess-{number}-{number}") });
        patch(&pair, &session.access, name).await.ok(200);
    }
    let fifth = json!({ "username": "guess-5-5" });
    let answer = patch(&pair, &session.access, fifth.clone()).await.expect(400, "invalid_request");
    assert!(answer.body["fields"]["current_password"].is_array(), "{}", answer.text);
    // Too short for a password, so it cannot be a guess.
    patch(&pair, &session.access, json!({ "username": "ana" })).await.ok(200);
    reauthenticate(&pair, &session.access, PASSWORD).await.ok(200);
    patch(&pair, &session.access, fifth).await.ok(200);
}

#[on_both]
async fn a_session_past_its_end_is_not_made_fresh_by_the_password(mut pair: TestPair) {
    pair.set("AUTH_SESSION_TTL", "60s");
    pair.halt().await;
    pair.resume().await;
    let (_, session) = pair.new_user("ana").await;
    pair.clock.advance(Duration::from_secs(50));
    let answer = reauthenticate(&pair, &session.access, PASSWORD).await.ok(200);
    assert_eq!(answer.body["expires_in"], 10);
    // Within the leeway of the access token.
    pair.clock.advance(Duration::from_secs(20));
    reauthenticate(&pair, &session.access, PASSWORD).await.expect(401, "token_revoked");
    change_password(&pair, &session.access, PASSWORD).await.expect(401, "token_revoked");
    pair.login("ana").await;
}
