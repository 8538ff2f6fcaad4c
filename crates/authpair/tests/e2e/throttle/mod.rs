//! What bounds the number of tries, and who is served beside a flood.

mod login_floods;
mod profile_changes;
mod silent_connections;

use authpair_testkit::{Answer, TestPair};
use reqwest::Client;
use serde_json::json;

/// The last number of the addresses `127.0.0.…` that clients of a test have.
const FLOOD: u8 = 2;
const OTHERS: u8 = 10;

/// Passwords cost about a millisecond, and 32 may be in progress at once: 8 for each source.
async fn with_few_places(mut pair: TestPair) -> TestPair {
    pair.set("AUTH_ARGON2_MEMORY_KIB", "2048");
    pair.set("AUTH_HASH_QUEUE", "32");
    pair.halt().await;
    pair.resume().await;
    pair
}

async fn login(http: &Client, pair: &TestPair, name: &str, password: &str) -> Answer {
    let call = http.post(format!("{}/api/auth/login", pair.auth));
    Answer::of(call.json(&json!({ "username": name, "password": password }))).await
}
