//! `GET /.well-known/revoked-sessions`

use service_kit::openapi::{BadRequest, Unavailable};
use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, http::header::HeaderMap, web::Data};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use claims::actix::bearer_token;
use secrecy::ExposeSecret;
use service_kit::{
    http::Connection,
    input::{Fields, FromFields, Query},
    problem::Problem,
};

use super::responses::NO_STORE;
use crate::{
    sessions::feed::{Answer, LONGEST_WAIT},
    state::State,
    store::{self, verifiers::VerifierRow},
};

/// The query: since when, and how long to wait for news.
pub struct Poll {
    after: Option<String>,
    wait: Duration,
}

impl FromFields for Poll {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let after = fields.optional_string("after");
        let text = fields.optional_string("wait").unwrap_or_else(|| "0".to_owned());
        let longest = LONGEST_WAIT.as_secs();
        let wait = fields.parse("wait", Some(text), |text| match text.parse::<u64>() {
            Ok(seconds) if seconds <= longest => Ok(Duration::from_secs(seconds)),
            _ => Err(format!("must be a whole number of seconds from 0 to {longest}")),
        });
        Some(Self { after, wait: wait? })
    }
}

/// What was revoked since the cursor. Open to all: a session's id alone opens nothing.
///
/// # Errors
/// 400 for a bad wait, 503.
#[utoipa::path(
    get,
    path = "/.well-known/revoked-sessions",
    tag = "discovery",
    params(("after" = Option<String>, Query, description = "The cursor of the last answer"), ("wait" = Option<u64>, Query, minimum = 0, maximum = 30, description = "Seconds to wait for news")),
    responses((status = 200, body = Answer), BadRequest, Unavailable),
)]
pub async fn get_revoked_sessions(
    request: HttpRequest,
    query: Query<Poll>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let Query(Poll { after, wait }) = query;
    if let Some(report) = report(request.headers(), &state) {
        // A verifier hears of revocations even if what it holds cannot be written down.
        let kept =
            state.database.write(move |connection| store::verifiers::put(connection, &report));
        if let Err(error) = kept.await {
            tracing::warn!(%error, "a verifier's report could not be kept");
        }
    }
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let enough = async {
        tokio::select! {
            () = state.drain.released() => {}
            () = hung_up(connection) => {}
        }
    };
    let answer = state.feed.poll(after.as_deref(), wait, enough).await?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(answer))
}

/// The place of a poll whose caller is gone is somebody else's.
async fn hung_up(connection: Option<Arc<Connection>>) {
    match connection {
        Some(connection) => connection.gone().await,
        None => std::future::pending().await,
    }
}

/// Which keys the caller holds, if it is a verifier that shares the secret.
fn report(headers: &HeaderMap, state: &State) -> Option<VerifierRow> {
    let secret = state.settings.verifier_secret.as_ref()?.expose_secret();
    let sent = bearer_token(headers).ok()??;
    if verify_slices_are_equal(sent.as_bytes(), secret.as_bytes()).is_err() {
        tracing::warn!("a verifier's report came with the wrong secret");
        return None;
    }
    let text = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        (value.len() <= 2_000).then(|| value.to_owned())
    };
    Some(VerifierRow {
        name: text("verifier-id")?,
        kids: text("verifier-kids")?,
        seen_at: state.now(),
    })
}
