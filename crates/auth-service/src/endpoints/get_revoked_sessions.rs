//! `GET /.well-known/revoked-sessions`

use std::time::Duration;

use actix_web::{HttpResponse, web::Data};
use service_kit::{
    input::{Fields, FromFields, Query},
    problem::Problem,
};

use super::responses::NO_STORE;
use crate::{sessions::feed::LONGEST_WAIT, state::State};

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
pub async fn get_revoked_sessions(
    query: Query<Poll>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let Query(Poll { after, wait }) = query;
    let answer = state.feed.poll(after.as_deref(), wait, &state.drain).await?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(answer))
}
