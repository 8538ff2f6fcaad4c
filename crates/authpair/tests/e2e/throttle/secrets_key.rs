//! The key that all processes on one database share.

use std::fs;

use authpair_testkit::{PASSWORD, TestPair};
use serde_json::json;

use super::{limited, login_from};
use crate::{on_both, support::command_line};

#[on_both]
async fn a_process_with_another_secrets_key_does_not_start_and_says_why(mut pair: TestPair) {
    pair.register("ana").await;
    // Frees its address for the process that this test starts.
    pair.halt().await;
    let path = pair.folder.path().join("keys/secrets.key");
    let own = fs::read_to_string(&path).unwrap();
    assert_eq!(own.trim().len(), 64);
    fs::write(&path, "ab".repeat(32)).unwrap();
    let output = command_line::run(&pair, &["serve"], "");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("AUTH_SECRETS_KEY") && stderr.contains("another key"), "{stderr}");
    assert!(!stderr.contains("abab"), "{stderr}");
    let unblocked = command_line::refused(&pair, &["unblock", "ana"]);
    assert!(unblocked.contains("another key"), "{unblocked}");
    fs::write(&path, own).unwrap();
    command_line::done(&pair, &["unblock", "ana"]);
}

#[on_both]
async fn a_device_is_known_to_a_restarted_service(pair: TestPair) {
    pair.register("ana").await;
    let mut pair = limited(pair, &[]).await;
    let body = json!({ "username": "ana", "password": PASSWORD, "remember_device": true });
    let token = pair.post("/api/auth/login", &body).await.ok(200).string("device_token");
    pair.halt().await;
    pair.resume().await;
    for _ in 0..5 {
        login_from(&pair, "203.0.113.1", "ana", "wrong").await.expect_status(401);
    }
    login_from(&pair, "203.0.113.2", "ana", PASSWORD).await.expect_status(429);
    let body = json!({ "username": "ana", "password": PASSWORD, "device_token": token });
    pair.post("/api/auth/login", &body).await.ok(200);
}
