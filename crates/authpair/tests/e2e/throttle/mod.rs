//! Limits of the number of tries, and which callers are served during a flood.

mod account_failures;
mod devices;
mod guesses;
mod login_floods;
mod profile_changes;
mod secrets_key;
mod silent_connections;
mod source_limits;
mod sources;

use authpair_testkit::{Answer, TestPair};
use reqwest::Client;
use serde_json::{Value, json};

/// The last number of the addresses `127.0.0.…` that clients of a test have.
const FLOOD: u8 = 2;
const OTHERS: u8 = 10;

/// Passwords cost about a millisecond, and 32 may be in progress at once: 8 for each source.
async fn with_few_slots(mut pair: TestPair) -> TestPair {
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

/// Restarts the pair with limits and these settings. Every caller from `127.0.0.1` is a trusted proxy.
async fn limited(mut pair: TestPair, settings: &[(&str, &str)]) -> TestPair {
    pair.set("AUTH_RATE_LIMITS", "on");
    pair.set("AUTH_TRUSTED_PROXIES", "127.0.0.1");
    for (name, value) in settings {
        pair.set(name, value);
    }
    pair.halt().await;
    pair.resume().await;
    pair
}

/// A call with JSON that a proxy forwards from this address.
async fn post_from(pair: &TestPair, source: &str, path: &str, body: &Value) -> Answer {
    let call = pair.auth_call("POST", path).header("x-forwarded-for", source);
    Answer::of(call.json(body)).await
}

/// The same for a log-in.
async fn login_from(pair: &TestPair, source: &str, name: &str, password: &str) -> Answer {
    let body = json!({ "username": name, "password": password });
    post_from(pair, source, "/api/auth/login", &body).await
}

/// The seconds of a 429, which its header and its body name.
#[track_caller]
fn retry_after(answer: Answer) -> u64 {
    let answer = answer.expect(429, "rate_limited");
    let seconds = answer.body["retry_after"].as_u64().unwrap();
    assert_eq!(answer.header("retry-after"), seconds.to_string());
    assert!(seconds >= 1);
    seconds
}

/// The address of client number so and so.
fn source(number: u32) -> String {
    std::net::Ipv4Addr::from(0xcb00_7100 + number).to_string()
}
