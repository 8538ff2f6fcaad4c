//! Which address a call counts for.

use authpair_testkit::{Answer, TestPair, client_from, free_port};
use reqwest::header::HeaderValue;
use serde_json::json;

use super::{limited, login_from, retry_after};
use crate::on_both;

/// How many of these log-ins, each at another name, are not refused by a limit.
async fn allowed(pair: &TestPair, sources: impl IntoIterator<Item = String>) -> usize {
    let mut allowed = 0;
    for (number, source) in sources.into_iter().enumerate() {
        let answer = login_from(pair, &source, &format!("nobody{number}"), "wrong").await;
        if answer.status == 401 {
            allowed += 1;
        } else {
            retry_after(answer);
        }
    }
    allowed
}

fn times(number: usize, source: &str) -> Vec<String> {
    vec![source.to_owned(); number]
}

#[on_both]
async fn what_a_client_writes_into_the_header_before_its_proxy_does_changes_nothing(
    pair: TestPair,
) {
    let pair = limited(pair, &[]).await;
    let forged = (0..15).map(|number| format!("6.6.6.{number}, 198.51.100.7"));
    assert_eq!(allowed(&pair, forged).await, 10);
    let strange = ["198.51.100.7:51234", "[::ffff:198.51.100.7]:9", "x, \t198.51.100.7 ,, "];
    assert_eq!(allowed(&pair, strange.map(str::to_owned)).await, 0);
    assert_eq!(allowed(&pair, times(1, "198.51.100.8")).await, 1);
}

#[on_both]
async fn malformed_headers_and_several_of_them_count_for_what_the_proxy_wrote_or_for_the_proxy(
    pair: TestPair,
) {
    let pair = limited(pair, &[]).await;
    // Nothing that can be read: all of them are the proxy's own.
    let malformed = ["rubbish", "", "1.2.3", "198.51.100.7:x", "unknown", "[::1", "_hidden"];
    let malformed = (0..15).map(|number| malformed[number % malformed.len()].to_owned());
    assert_eq!(allowed(&pair, malformed).await, 10);
    for number in 0..12 {
        let call = pair.auth_call("POST", "/api/auth/login");
        let call = call.header("x-forwarded-for", format!("6.6.6.{number}"));
        let call = call.header("x-forwarded-for", HeaderValue::from_bytes(b"\xff").unwrap());
        let call = call.header("x-forwarded-for", "198.51.100.9");
        let body = json!({ "username": format!("other{number}"), "password": "wrong" });
        let expected = if number < 10 { 401 } else { 429 };
        assert_eq!(Answer::of(call.json(&body)).await.status, expected, "{number}");
    }
}

#[on_both]
async fn a_peer_that_is_no_listed_proxy_is_one_source_and_is_reported(pair: TestPair) {
    let metrics = format!("127.0.0.1:{}", free_port());
    let pair = limited(pair, &[("AUTH_METRICS_LISTEN", &metrics)]).await;
    let (http, url) = (client_from(9), format!("{}/api/auth/login", pair.auth));
    for number in 0..12 {
        let body = json!({ "username": format!("nobody{number}"), "password": "wrong" });
        let call = http.post(&url).header("x-forwarded-for", format!("203.0.113.{number}"));
        let expected = if number < 10 { 401 } else { 429 };
        assert_eq!(Answer::of(call.json(&body)).await.status, expected, "{number}");
    }
    let ready = Answer::of(pair.auth_call("GET", "/readyz")).await.ok(200);
    let facts = &ready.body["checks"]["rate_limits"]["facts"];
    assert_eq!(*facts, json!({ "on": true, "unlisted_proxy_calls": 12 }));
    assert!(!ready.text.contains("127.0.0.9"), "no address is told to strangers");
    let shown = Answer::of(pair.http.get(format!("http://{metrics}/metrics"))).await.text;
    for line in [
        "authpair_unlisted_proxy_calls_total 12",
        "authpair_rate_limited_total{route=\"/api/auth/login\",by=\"source\"} 2",
        "authpair_rate_limited_total{route=\"/api/auth/login\",by=\"account\"} 0",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
}

#[on_both]
async fn all_addresses_of_an_ipv6_64_are_one_source_and_a_48_is_sixteen(pair: TestPair) {
    let pair = limited(pair, &[]).await;
    let hops = (0..15).map(|number| format!("2001:db8:1:1::{number:x}"));
    assert_eq!(allowed(&pair, hops).await, 10);
    assert_eq!(allowed(&pair, times(1, "2001:db8:1:2::1")).await, 1, "another /64");
    // 11 calls of the /48 are counted by now.
    let subnets = (0..200).map(|number| format!("2001:db8:1:{number:x}00::1"));
    assert_eq!(allowed(&pair, subnets).await, 149);
    assert_eq!(allowed(&pair, times(1, "2001:db8:2:1::1")).await, 1, "another /48");
}
