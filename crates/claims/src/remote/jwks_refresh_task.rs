//! The task that fetches an issuer's key set. There is only one, so it never sends two requests at a time, and a caller
//! that disconnects cancels nothing.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Url};
use tokio::time::sleep;
use tracing::Instrument;

use super::backoff::{backoff, between, is_worth_a_warning};
use super::http::FetchError;
use super::jwks;
use super::key_cache::KeyCache;
use super::trace::Tracer;

/// Fetches at once, then before the set gets old, after failures, and when a caller asks.
pub(super) async fn refresh_keys(cache: Arc<KeyCache>, client: Client, url: Url, tracer: Tracer) {
    let mut failures = 0;
    let mut background = true;
    loop {
        let etag = cache.begin();
        let mut call = tracer.begin("GET", &url);
        let span = call.span.clone();
        let timeout = cache.timing.keys_timeout;
        let answer = jwks::fetch(&client, &url, etag.as_deref(), timeout, &mut call);
        let answer = answer.instrument(span.clone()).await;
        drop(call);
        let outcome = cache.finish(answer);
        failures = span.in_scope(|| note(&outcome, failures, &url));
        if background && outcome.is_ok() {
            cache.forget_absent();
        }
        let pause = pause(&cache, &outcome, failures);
        cache.plan(pause);
        background = tokio::select! {
            () = sleep(pause) => true,
            () = cache.request_wanted() => false,
        };
    }
}

/// Logs how a request went and gives the number of failures in a row.
fn note(outcome: &Result<Duration, FetchError>, failures: u32, url: &Url) -> u32 {
    match outcome {
        Ok(_) => {
            if failures > 0 {
                tracing::info!(%url, failures, "the key set is being refreshed again");
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

/// A good set is renewed at four fifths of its lifetime. An issuer that could not be connected to
/// is tried again soon, for that costs it nothing; one that answered badly only after the
/// cooldown, unless there are no keys to verify with.
fn pause(cache: &KeyCache, outcome: &Result<Duration, FetchError>, failures: u32) -> Duration {
    let timing = &cache.timing;
    match outcome {
        Ok(ttl) => ttl.mul_f64(between(0.76, 0.84)),
        Err(FetchError::CannotConnect) => {
            backoff(timing.connect_retry, timing.connect_retry_max, failures)
        }
        // Without keys no caller can be let in, so a first answer that was cut off must not cost the whole cooldown.
        // Callers cannot cause these requests, and their number is bounded: the pause doubles.
        Err(_) if cache.readiness().is_err() => {
            backoff(timing.first_keys_retry, timing.cooldown, failures)
        }
        Err(_) => timing.cooldown.mul_f64(between(1.0, 1.2)),
    }
}
