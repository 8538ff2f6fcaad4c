//! Refresh tokens of an application that users came from: each user may exchange one of them, once, for a session.
//!
//! The old token's id becomes the previous token of the new session. So a repeat of it (a lost answer, two tabs) follows
//! the rules for a token that was just replaced.

mod key;
mod token;

use database::{Database, DatabaseError};
use service_kit::{ids::UserId, unix_time::UnixSeconds};

pub use self::{
    key::LegacyKey,
    token::{LegacyRejection, LegacyToken},
};
use super::{NewSession, RefreshAttempt};
use crate::{
    audit::{self, Actor, Event, RequestContext},
    lifetimes::SessionRules,
    store::{
        self, DbResult, Transaction, legacy::Exchange, sessions::SessionWithUser,
        users::import::ImportAccount,
    },
};

/// How often an exchange is tried: another process may exchange a token of the same user at the same moment.
const MAX_ATTEMPTS: usize = 3;

/// Verifies the tokens of the old application.
#[derive(Clone, Debug)]
pub struct LegacyTokens {
    /// The key.
    pub key: LegacyKey,
    /// Tokens that were issued later are not accepted.
    pub cutoff: UnixSeconds,
}

/// What became of a token.
#[derive(Clone, Debug)]
pub enum LegacyOutcome {
    /// A session began.
    Started(Box<SessionWithUser>),
    /// The token was exchanged before: it counts as the previous token of that session.
    Again(Box<RefreshAttempt>),
    /// Refused, and why: a fixed word. With the user, if there is one.
    Refused(Option<UserId>, &'static str),
}

/// Exchanges a token. `context` is the client that sent it.
///
/// # Errors
/// When the database is unavailable.
pub async fn exchange(
    database: &Database,
    rules: SessionRules,
    token: &LegacyToken,
    context: &RequestContext,
) -> DbResult<LegacyOutcome> {
    let mut attempts = 1;
    loop {
        let (token, context) = (token.clone(), context.clone());
        let work = move |transaction: &mut Transaction<'_>| {
            exchange_in(transaction, &rules, &token, &context)
        };
        match audit::write(database, work).await {
            Err(DatabaseError::Conflict(_)) if attempts < MAX_ATTEMPTS => attempts += 1,
            done => return done,
        }
    }
}

fn exchange_in(
    transaction: &mut Transaction<'_>,
    rules: &SessionRules,
    token: &LegacyToken,
    context: &RequestContext,
) -> DbResult<LegacyOutcome> {
    let Some(account) = find(transaction, &token.subject)? else {
        return Ok(LegacyOutcome::Refused(None, "unknown_user"));
    };
    let id = account.id;
    if store::legacy::is_revoked(transaction, token.jti.as_str())? {
        return Ok(LegacyOutcome::Refused(Some(id), "revoked"));
    }
    if let Some(before) = store::legacy::exchange_of(transaction, &id)? {
        return Ok(repeated(id, before, token, context));
    }
    if is_administrator(&account.scope) {
        return Ok(LegacyOutcome::Refused(Some(id), "administrator"));
    }
    // A new password, a sign-out everywhere and disabling all raise the version. The update locks the row, so that of
    // two exchanges at once the later one sees the earlier one.
    let now = context.at.seconds();
    let Some(rights) = store::users::record_login_if_unchanged(transaction, &id, 1, now)? else {
        return Ok(LegacyOutcome::Refused(Some(id), "credentials_changed"));
    };
    // The first look was at the row before it was locked.
    if is_administrator(&rights.scope) {
        return Ok(LegacyOutcome::Refused(Some(id), "administrator"));
    }
    if let Some(before) = store::legacy::exchange_of(transaction, &id)? {
        return Ok(repeated(id, before, token, context));
    }
    start(transaction, rules, id, token, context)
}

fn start(
    transaction: &mut Transaction<'_>,
    rules: &SessionRules,
    id: UserId,
    token: &LegacyToken,
    context: &RequestContext,
) -> DbResult<LegacyOutcome> {
    let Some(user) = store::users::by_id(transaction, &id)? else {
        return Ok(LegacyOutcome::Refused(None, "unknown_user"));
    };
    let (now, context) = (context.at.seconds(), &context.by(Actor::User(id.clone())));
    let new = NewSession { user: &user, client: context.client.clone(), in_cookie: false };
    let mut session = new.into_row(&rules.lifetimes, now);
    session.previous_jti = Some(token.jti.clone());
    // The password was given in the old application.
    session.auth_time = token.issued_at.min(now);
    let exchange = Exchange {
        user_id: id.clone(),
        jti: token.jti.to_string(),
        session_id: session.id.clone(),
        exchanged_at: now,
    };
    store::legacy::insert(transaction, &exchange)?;
    let login = context.done(Event::UserLogin).because("legacy_token").about_user(&id);
    super::start::start_with(transaction, &session, rules, context, login)?;
    Ok(LegacyOutcome::Started(Box::new(SessionWithUser { session, user })))
}

/// Another token of a user who exchanged one already is refused.
fn repeated(
    user_id: UserId,
    before: Exchange,
    token: &LegacyToken,
    context: &RequestContext,
) -> LegacyOutcome {
    if before.jti != token.jti.as_str() {
        return LegacyOutcome::Refused(Some(user_id), "already_exchanged");
    }
    LegacyOutcome::Again(Box::new(RefreshAttempt {
        session_id: before.session_id,
        user_id,
        jti: token.jti.clone(),
        context: context.clone(),
        in_cookie: false,
    }))
}

/// The user with this id in the old application. An id that was a UUID there is the id here; then only users that were
/// imported count.
fn find(transaction: &mut Transaction<'_>, subject: &str) -> DbResult<Option<ImportAccount>> {
    if let Some(account) = store::users::import::by_external_id(transaction, subject)? {
        return Ok(Some(account));
    }
    let Some(id) = UserId::parse(subject) else { return Ok(None) };
    let account = store::users::import::by_id(transaction, &id)?;
    Ok(account.filter(|account| account.import_state.is_some()))
}

fn is_administrator(scope: &str) -> bool {
    scope.split_ascii_whitespace().any(|scope| scope == claims::scope::USERS_ADMIN)
}
