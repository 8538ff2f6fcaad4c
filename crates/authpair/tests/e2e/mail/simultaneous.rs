//! Uses of one link at the same moment.

use authpair_testkit::{Answer, client};
use serde_json::Value;

/// Posts to several services at once, sixteen times in all; `body` makes the body of each call. Returns how many were
/// answered with `success`; the others are `link_invalid`.
pub(super) async fn sixteen_at_once(
    urls: &[&str],
    path: &str,
    success: u16,
    body: impl Fn(usize) -> Value,
) -> usize {
    let calls = (0..16).map(|number| {
        let url = format!("{}{path}", urls[number % urls.len()]);
        let (http, body) = (client(), body(number));
        tokio::spawn(async move { Answer::of(http.post(url).json(&body)).await })
    });
    let mut successes = 0;
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.unwrap();
        if answer.status == success {
            successes += 1;
        } else {
            answer.expect(400, "link_invalid");
        }
    }
    successes
}
