//! The task that fetches an issuer's key set. There is only one, so it never sends two requests at a time, and a caller
//! that disconnects cancels nothing.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Url};
use tokio::time::sleep;
use tracing::Instrument;

use super::backoff::{backoff, between, is_worth_a_warning};
use super::http::{FetchError, without_query};
use super::jwks;
use super::key_cache::KeyCache;
use super::trace::Tracer;

/// Fetches at once, then before the set becomes stale, after failures, and when a caller requests it.
pub(super) async fn refresh_keys(cache: Arc<KeyCache>, client: Client, url: Url, tracer: Tracer) {
    let mut failures = 0;
    let shown_url = without_query(&url);
    loop {
        let etag = cache.fetch_started();
        let mut call = tracer.begin("GET", &shown_url);
        let span = call.span.clone();
        let timeout = cache.timing.keys_timeout;
        let answer = jwks::fetch(&client, &url, etag.as_deref(), timeout, &mut call);
        let answer = answer.instrument(span.clone()).await;
        drop(call);
        let outcome = cache.fetch_finished(answer);
        failures = span.in_scope(|| log_and_count_failures(&outcome, failures, &shown_url));
        let pause = pause(&cache, &outcome, failures);
        cache.schedule_next_fetch(pause);
        tokio::select! {
            () = sleep(pause) => {}
            () = cache.fetch_was_requested() => {}
        }
    }
}

/// Logs how a fetch went and returns the number of failures in a row.
fn log_and_count_failures(outcome: &Result<Duration, FetchError>, failures: u32, url: &Url) -> u32 {
    match outcome {
        Ok(_) => {
            if failures > 0 {
                tracing::info!(%url, failures, "the key set was refreshed after failed requests");
            } else {
                tracing::debug!(%url, "the key set is up to date");
            }
            0
        }
        Err(error) => {
            let failures = failures.saturating_add(1);
            if is_worth_a_warning(failures) {
                tracing::warn!(%url, %error, failures, "could not refresh the key set");
            }
            failures
        }
    }
}

/// After success: refresh at 4/5 of the lifetime. Not reachable: retry soon, since no request reached the issuer. Bad
/// answer: retry after the cooldown, or sooner while there are no keys.
fn pause(cache: &KeyCache, outcome: &Result<Duration, FetchError>, failures: u32) -> Duration {
    let timing = &cache.timing;
    match outcome {
        // 4/5 ± 5 %, so that replicas do not ask together. Never at once, whatever the settings.
        Ok(ttl) => ttl.mul_f64(between(0.76, 0.84)).max(timing.connect_retry),
        Err(FetchError::CannotConnect(_)) => {
            backoff(timing.connect_retry, timing.connect_retry_max, failures)
        }
        // Without keys every call fails, so do not wait for the full cooldown.
        // Callers cannot cause these requests, and their number is bounded: the pause doubles.
        Err(_) if cache.readiness().is_err() => {
            backoff(timing.first_keys_retry, timing.cooldown, failures)
        }
        Err(_) => timing.cooldown.mul_f64(between(1.0, 1.2)),
    }
}
