//! The task that reads an issuer's revocation feed by long polls.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use tokio::time::{Instant, sleep};
use tracing::Instrument;

use super::Timing;
use super::backoff::{backoff, between, is_worth_a_warning};
use super::http::{FetchError, check_json, read_body, without_query};
use super::key_cache::KeyCache;
use super::revocations::Revocations;
use super::trace::{Call, Tracer};
use super::verifier::NowFn;
use crate::{RevocationPage, VERIFIER_ID_HEADER, VERIFIER_KIDS_HEADER};

/// The largest page that is read, in bytes: 10,000 entries with room to spare.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The name and the secret of this verifier, for an issuer that waits for its verifiers before it signs with a new key.
pub(super) struct IdentityHeaders {
    pub(super) name: HeaderValue,
    pub(super) authorization: HeaderValue,
}

pub(super) struct RevocationPoller {
    pub(super) client: Client,
    pub(super) url: Url,
    pub(super) timing: Timing,
    pub(super) now: NowFn,
    pub(super) revocations: Arc<Revocations>,
    pub(super) keys: Arc<KeyCache>,
    pub(super) identity: Option<IdentityHeaders>,
    pub(super) tracer: Tracer,
}

impl RevocationPoller {
    /// Polls until the task is aborted.
    pub(super) async fn run(self) {
        let mut cursor: Option<String> = None;
        // The first poll, and those that continue a list, are not held.
        let mut wait = Duration::ZERO;
        let mut failures: u32 = 0;
        let shown_url = without_query(&self.url);
        loop {
            let began = Instant::now();
            let mut call = self.tracer.begin("GET", &shown_url);
            let span = call.span.clone();
            let outcome = self.poll_once(cursor.as_deref(), wait, &mut call);
            let outcome = outcome.instrument(span.clone()).await;
            drop(call);
            self.revocations.polled(&outcome);
            failures = span.in_scope(|| {
                log_reset(&outcome, cursor.is_some(), &shown_url);
                log_and_count_failures(&outcome, failures, &shown_url)
            });
            match outcome {
                Ok(page) => {
                    let asked = std::mem::replace(
                        &mut wait,
                        if page.more { Duration::ZERO } else { self.timing.feed_wait },
                    );
                    cursor = Some(page.cursor);
                    // A feed that is never asked to hold a poll must not be asked all the time.
                    let was_held = !asked.is_zero() || self.timing.feed_wait.is_zero();
                    if page.revoked.is_empty() && was_held {
                        sleep(self.rest_of_pause(began)).await;
                    }
                }
                Err(_) => {
                    wait = Duration::ZERO;
                    let (first, longest) = (self.timing.feed_retry, self.timing.feed_retry_max);
                    sleep(backoff(first, longest, failures)).await;
                }
            }
        }
    }

    async fn poll_once(
        &self,
        cursor: Option<&str>,
        wait: Duration,
        call: &mut Call<'_>,
    ) -> Result<RevocationPage, FetchError> {
        let page = self.fetch(cursor, wait, call).await?;
        if page.more && cursor == Some(page.cursor.as_str()) {
            return Err(FetchError::Content("the feed does not advance".to_owned()));
        }
        self.revocations.accept(&page, (self.now)())?;
        Ok(page)
    }

    async fn fetch(
        &self,
        cursor: Option<&str>,
        wait: Duration,
        call: &mut Call<'_>,
    ) -> Result<RevocationPage, FetchError> {
        let mut url = self.url.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(cursor) = cursor {
                query.append_pair("after", cursor);
            }
            query.append_pair("wait", &wait.as_secs().to_string());
        }
        let request = self.client.get(url).header(ACCEPT, "application/json");
        let request = self.with_identity(request).timeout(wait + self.timing.feed_grace);
        let response = call.send(request).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => return Err(FetchError::Unauthorized),
            other => return Err(FetchError::Status(other.as_u16())),
        }
        check_json(&response)?;
        let body = read_body(response, MAX_BYTES).await?;
        serde_json::from_slice(&body)
            .map_err(|_| FetchError::Content("not a page of revocations".to_owned()))
    }

    fn with_identity(&self, request: RequestBuilder) -> RequestBuilder {
        let Some(identity) = &self.identity else { return request };
        let mut kids = self.keys.status().kids;
        // In the header a space ends an id, and other characters are not allowed: such ids are not reported.
        kids.retain(|kid| kid.bytes().all(|byte| byte.is_ascii_graphic()));
        request
            .header(AUTHORIZATION, identity.authorization.clone())
            .header(VERIFIER_ID_HEADER, identity.name.clone())
            .header(VERIFIER_KIDS_HEADER, kids.join(" "))
    }

    /// The pause if the issuer answered an empty poll at once (too many held polls, for example), to avoid a busy loop.
    fn rest_of_pause(&self, began: Instant) -> Duration {
        let pause = self.timing.feed_pause.mul_f64(between(0.75, 1.0));
        pause.saturating_sub(began.elapsed())
    }
}

/// Logs how a poll went and returns the number of failures in a row.
fn log_and_count_failures(
    outcome: &Result<RevocationPage, FetchError>,
    failures: u32,
    url: &Url,
) -> u32 {
    match outcome {
        Ok(page) => {
            if failures > 0 {
                tracing::info!(%url, failures, "the revocation feed was read after failed polls");
            } else {
                tracing::debug!(%url, revoked = page.revoked.len(), "revocations polled");
            }
            0
        }
        Err(error) => {
            let failures = failures.saturating_add(1);
            if is_worth_a_warning(failures) {
                tracing::warn!(%url, %error, failures, "could not poll revocations");
            }
            failures
        }
    }
}

/// Logs that the issuer does not know the cursor that it gave. If every process of the issuer was stopped while its
/// database was restored, only its verifiers can notice the restore.
fn log_reset(outcome: &Result<RevocationPage, FetchError>, had_cursor: bool, url: &Url) {
    if had_cursor && outcome.as_ref().is_ok_and(|page| page.reset) {
        tracing::warn!(
            %url,
            "the issuer began its revocation feed again: its database went back in time or was exchanged; \
             revocations known here stay in force"
        );
    }
}
