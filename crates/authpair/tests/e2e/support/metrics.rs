//! What a service shows at `/metrics`.

use authpair_testkit::{Answer, TestPair};

/// The text at this URL.
pub(crate) async fn read(pair: &TestPair, url: &str) -> String {
    Answer::of(pair.http.get(url)).await.ok(200).text
}

/// The value of a series in that text.
#[track_caller]
pub(crate) fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {text}")).parse().unwrap()
}
