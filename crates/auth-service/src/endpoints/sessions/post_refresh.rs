//! `POST /api/auth/refresh`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::{Rejection, verify_refresh};
use service_kit::{
    ids::{SessionId, TokenId, UserId},
    input::JsonBody,
    openapi::{
        BadRequest, PayloadTooLarge, RequestTimeout, TooManyRequests, Unauthorized, Unavailable,
        UnsupportedMediaType,
    },
    unix_time::UnixSeconds,
};

use crate::{
    audit::{Actor, Event},
    http::{
        ApiError,
        credential::{Credential, RefreshBody},
        error_responses::CsrfFailed,
        local_authenticator::local_token_policy,
        request_context,
        source_limit::rate_limited_answer,
        token_response::{SessionTokens, TokenBody, TokenDelivery},
        user_context,
    },
    metrics::RefreshResult,
    sessions::{
        self, RefreshAttempt, RefreshOutcome,
        legacy::{self, ExchangeRules, LegacyOutcome, LegacyRejection, LegacyStart, LegacyToken},
    },
    state::State,
    store::sessions::SessionWithUser,
    throttle::TooSoon,
    tokens::ActiveKeySigner,
};

/// Replaces a refresh token by its successor and returns a new access token.
///
/// # Errors
/// 400 with several tokens; 401 `authorization_header`, `invalid_token`, `token_expired`, `token_revoked`; 403
/// `csrf_failed`; 429 for too many replays of one token; 503.
#[utoipa::path(
    post,
    path = "/api/auth/refresh",
    tag = "sessions",
    request_body(content = Option<RefreshBody>),
    responses((status = 200, body = TokenBody), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, CsrfFailed, TooManyRequests, Unavailable),
    security(("refresh_token" = []), ("refresh_cookie" = [], "csrf_token" = []), ()),
)]
pub(crate) async fn post_refresh(
    request: HttpRequest,
    body: JsonBody<RefreshBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    // Counted when it is dropped: as `Refused`, unless it was set to something else.
    let mut metric = state.metrics.refresh();
    let now = state.now();
    let found = find_token(&request, body.0, &state, now).await;
    let (credential, sent) = found.inspect_err(|error| {
        if error.status().is_server_error() {
            metric.set(RefreshResult::Unavailable);
        }
    })?;
    // From here on only the database or the signing key can fail.
    metric.set(RefreshResult::Unavailable);
    // Taken before the rotation: if the new token could not be signed afterwards, the client would lose its session.
    let signer = state.token_signer.with_active_key()?;
    let outcome = match sent {
        SentToken::Own(attempt) => refresh(&state, *attempt, now).await?,
        SentToken::Legacy(token) => exchange(&request, &state, &token, now).await?,
    };
    metric.set(&outcome);
    let refreshed = session_or_error(&request, &state, outcome)?;
    respond(&state, &signer, &credential, &refreshed)
}

/// The token that was sent, with a valid signature and valid claims.
enum SentToken {
    /// A refresh token of this service.
    Own(Box<RefreshAttempt>),
    /// A refresh token of the old application.
    Legacy(LegacyToken),
}

/// Finds the token of the request and verifies it. With a Bearer token, a token in the body is an error (400) and every
/// cookie is ignored. Else the token in the body is used; two refresh cookies beside it, or one with a valid token of a
/// live session, are an error (400). Else the cookie is used; two are an error (400). Without any token: 401
/// `authorization_header`. The database is read only to see whether such a cookie's session is live, and for a cookie
/// with its old name, `refresh_token_cookie`, which only old sessions may have.
async fn find_token(
    request: &HttpRequest,
    body: RefreshBody,
    state: &State,
    now: UnixSeconds,
) -> Result<(Credential, SentToken), ApiError> {
    let credential = Credential::find(request, body, state).await?;
    let sent = verified(request, &credential, state, now).await?;
    Ok((credential, sent))
}

async fn refresh(
    state: &State,
    attempt: RefreshAttempt,
    now: UnixSeconds,
) -> Result<RefreshOutcome, ApiError> {
    let sent = attempt.clone();
    let lifetimes = &state.settings.lifetimes;
    let outcome = sessions::refresh(&state.database, lifetimes, attempt, now).await?;
    audit_refused_refresh(state, &sent, &outcome);
    Ok(outcome)
}

/// Exchanges a token of the old application.
async fn exchange(
    request: &HttpRequest,
    state: &State,
    token: &LegacyToken,
    now: UnixSeconds,
) -> Result<RefreshOutcome, ApiError> {
    let context = request_context(request, state, Actor::Anonymous);
    let rules = ExchangeRules {
        sessions: state.settings.session_rules(),
        mail: state.mailer.settings().policy(),
    };
    match legacy::exchange(&state.database, rules, token, &context).await? {
        LegacyOutcome::Started(started) => {
            let LegacyStart { session, ended, has_notice } = *started;
            if ended > 0 {
                state.feed.notify_written();
            }
            if has_notice {
                state.mailer.wake();
            }
            tracing::info!(user = %session.user.id, session = %session.session.id, ended, "legacy token exchanged");
            Ok(RefreshOutcome::Rotated(Box::new(session)))
        }
        LegacyOutcome::ExchangedBefore(attempt) => refresh(state, *attempt, now).await,
        LegacyOutcome::Rejected(user_id, reason) => {
            state.refused_calls.login_failed(&context, reason, user_id.as_ref());
            Ok(RefreshOutcome::Ended)
        }
    }
}

/// The session whose tokens are sent, or the error.
fn session_or_error(
    request: &HttpRequest,
    state: &State,
    outcome: RefreshOutcome,
) -> Result<Box<SessionWithUser>, ApiError> {
    match outcome {
        RefreshOutcome::Rotated(refreshed)
        | RefreshOutcome::Replayed(refreshed)
        | RefreshOutcome::SuccessorReplaced(refreshed) => Ok(refreshed),
        RefreshOutcome::TooManyReplays { retry_after } => {
            Err(rate_limited_answer(request, state, TooSoon(retry_after), "token"))
        }
        // A foreign replay does not end the session. Its sender gets the same answer as for a revoked session, so that a
        // thief learns nothing.
        RefreshOutcome::Ended | RefreshOutcome::ForeignReplay => Err(Rejection::Revoked.into()),
        RefreshOutcome::ReuseDetected => {
            state.feed.notify_written();
            Err(Rejection::Revoked.into())
        }
    }
}

/// Adds an entry to the audit log if the token was rejected and its session stays. (The entry about a reuse is written
/// when it ends the session.)
fn audit_refused_refresh(state: &State, attempt: &RefreshAttempt, outcome: &RefreshOutcome) {
    let (event, reason) = match outcome {
        RefreshOutcome::ForeignReplay => (Event::TokenReuseDetected, "other_client"),
        RefreshOutcome::TooManyReplays { .. } => (Event::LimitReached, "refresh_replays"),
        _ => return,
    };
    let entry = attempt.context.refused(event, reason).about_user(&attempt.user_id);
    state.refused_calls.add(entry.in_session(&attempt.session_id));
}

/// Verifies the token. If it came in a cookie, then also, in this order: whether its session may have a cookie of that
/// name (401), the origin and the CSRF token (403). A cookie with a token that can never be accepted again is also
/// deleted; that of a revoked session is not, because another tab may just have got the cookie of a new session.
async fn verified(
    request: &HttpRequest,
    credential: &Credential,
    state: &State,
    now: UnixSeconds,
) -> Result<SentToken, ApiError> {
    let keys = state.keyring.keys();
    // Own issuer, own audience.
    let policy = local_token_policy(state);
    let token = &credential.unverified_token;
    let token = match verify_refresh(token, &keys.verifying, &policy, now.as_i64()) {
        Ok(token) => token.into_claims(),
        Err(rejection) => return verified_legacy(credential, state, rejection, now),
    };
    let session_id = SessionId::from_trusted(token.sid);
    let user_id = UserId::from_trusted(token.sub);
    credential.check_cookie_rules_if_cookie(request, state, &session_id).await?;
    Ok(SentToken::Own(Box::new(RefreshAttempt {
        session_id,
        context: user_context(request, state, &user_id),
        user_id,
        jti: TokenId::from_trusted(token.jti),
        in_cookie: credential.in_cookie,
    })))
}

/// Verifies a token of the old application. A token in a cookie is not accepted: its CSRF token cannot be checked.
fn verified_legacy(
    credential: &Credential,
    state: &State,
    rejection: Rejection,
    now: UnixSeconds,
) -> Result<SentToken, ApiError> {
    let legacy = state.settings.legacy_tokens.as_ref().filter(|_| !credential.in_cookie);
    let verified = legacy.map(|legacy| legacy.verify(&credential.unverified_token, now));
    match verified {
        Some(Ok(token)) => Ok(SentToken::Legacy(token)),
        Some(Err(LegacyRejection::Expired)) => Err(credential.rejected(Rejection::Expired, state)),
        Some(Err(LegacyRejection::Invalid)) | None => Err(credential.rejected(rejection, state)),
    }
}

fn respond(
    state: &State,
    signer: &ActiveKeySigner<'_>,
    credential: &Credential,
    SessionWithUser { session, user }: &SessionWithUser,
) -> Result<HttpResponse, ApiError> {
    let delivery = TokenDelivery::in_cookie_if(credential.in_cookie);
    // As the answer to a log-in, but not fresh. The refresh token is signed from the row, so a replay gets the same one.
    let tokens = SessionTokens { session, user, fresh: false };
    let mut response = tokens.response(state, signer, delivery, None)?;
    credential.clear_old_cookie(&mut response, state);
    Ok(response)
}
