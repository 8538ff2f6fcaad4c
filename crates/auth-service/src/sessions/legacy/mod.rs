//! Refresh tokens of the old application: each user may exchange one of them, once, for a session.
//!
//! The old token's id becomes the previous token of the new session. So a repeat of it (a lost answer, two tabs)
//! follows the rules for a token that was just replaced.

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
    accounts::SignInNotice,
    audit::{self, Actor, Event, RequestContext},
    lifetimes::SessionRules,
    mail::MailPolicy,
    store::{
        self, DbResult, Transaction,
        legacy::Exchange,
        sessions::SessionWithUser,
        users::{UserRow, import::ImportAccount},
    },
};

/// How often an exchange is tried: another process may exchange a token of the same user at the same moment.
const MAX_ATTEMPTS: usize = 3;

/// The credential version of a new account. It stays until the password is changed, the user signs out everywhere, or
/// the account is disabled.
const FIRST_VERSION: i64 = 1;

/// Verifies the tokens of the old application.
#[derive(Clone, Debug)]
pub struct LegacyTokens {
    /// The key.
    pub key: LegacyKey,
    /// Tokens that were issued later are not accepted.
    pub cutoff: UnixSeconds,
    /// The `iss` that tokens must have.
    pub issuer: Option<String>,
    /// The `aud` that tokens must have. Without it, tokens that have one are not accepted.
    pub audience: Option<String>,
}

/// The outcome of an exchange.
#[derive(Clone, Debug)]
pub enum LegacyOutcome {
    /// A session began.
    Started(Box<LegacyStart>),
    /// The token was exchanged before: it counts as the previous token of that session.
    ExchangedBefore(Box<RefreshAttempt>),
    /// It was rejected: the reason as a fixed word, and the user, if there is one.
    Rejected(Option<UserId>, &'static str),
}

/// A session that began with a token of the old application.
#[derive(Clone, Debug)]
pub struct LegacyStart {
    /// The session, and its user.
    pub session: SessionWithUser,
    /// Number of older sessions that were ended because the user had too many.
    pub ended: usize,
    /// Whether a mail about it was written into the outbox.
    pub has_notice: bool,
}

/// The rules for an exchange.
#[derive(Clone, Copy, Debug)]
pub struct ExchangeRules {
    /// The rules for sessions.
    pub sessions: SessionRules,
    /// Whether log-ins need a proven address, and whether mails are sent.
    pub mail: MailPolicy,
}

/// Exchanges a token. `context` is the client that sent it.
///
/// # Errors
/// When the database is unavailable.
pub async fn exchange(
    database: &Database,
    rules: ExchangeRules,
    token: &LegacyToken,
    context: &RequestContext,
) -> DbResult<LegacyOutcome> {
    let mut attempts = 1;
    loop {
        let (token, context) = (token.clone(), context.clone());
        let work = move |transaction: &mut Transaction<'_>| {
            exchange_in(transaction, &rules, &token, &context)
        };
        match audit::transaction(database, work).await {
            Err(DatabaseError::Conflict(_)) if attempts < MAX_ATTEMPTS => attempts += 1,
            done => return done,
        }
    }
}

fn exchange_in(
    transaction: &mut Transaction<'_>,
    rules: &ExchangeRules,
    token: &LegacyToken,
    context: &RequestContext,
) -> DbResult<LegacyOutcome> {
    let Some(ImportAccount { id, .. }) = find(transaction, &token.subject)? else {
        return Ok(LegacyOutcome::Rejected(None, "unknown_user"));
    };
    if store::legacy::is_revoked(transaction, token.jti.as_str())? {
        return Ok(LegacyOutcome::Rejected(Some(id), "revoked"));
    }
    // Locked first. So of two exchanges at once the later one sees the earlier one, and a change of the user's rights
    // happens completely before or after this transaction.
    store::users::lock(transaction, &id)?;
    if let Some(earlier) = store::legacy::exchange_of(transaction, &id)? {
        return Ok(repeated(id, earlier, token, context));
    }
    let Some(user) = store::users::by_id(transaction, &id)? else {
        return Ok(LegacyOutcome::Rejected(None, "unknown_user"));
    };
    match rejection_reason(&user, &rules.mail) {
        Some(reason) => Ok(LegacyOutcome::Rejected(Some(id), reason)),
        None => start(transaction, rules, user, token, context),
    }
}

/// Why this user cannot exchange a token, as a fixed word; `None` if the user can.
fn rejection_reason(user: &UserRow, mail: &MailPolicy) -> Option<&'static str> {
    let mut scopes = user.scope.split_ascii_whitespace();
    if scopes.any(|scope| scope == claims::scope::USERS_ADMIN) {
        return Some("administrator");
    }
    if user.disabled_at.is_some() {
        return Some("disabled");
    }
    if user.credential_version != FIRST_VERSION {
        return Some("credentials_changed");
    }
    mail.refuses_login_of(user).then_some("email_unverified")
}

fn start(
    transaction: &mut Transaction<'_>,
    rules: &ExchangeRules,
    user: UserRow,
    token: &LegacyToken,
    context: &RequestContext,
) -> DbResult<LegacyOutcome> {
    let (id, now) = (user.id.clone(), context.at.seconds());
    let context = &context.by(Actor::User(id.clone()));
    let recorded = store::users::record_login_if_unchanged(transaction, &id, FIRST_VERSION, now)?;
    let Some(rights) = recorded else {
        return Ok(LegacyOutcome::Rejected(Some(id), "credentials_changed"));
    };
    let notice = SignInNotice::of(&rules.mail, &user, false);
    let user = user.with_rights(rights);
    let new = NewSession { user: &user, client: context.client.clone(), in_cookie: false };
    let mut session = new.into_row(&rules.sessions.lifetimes, now);
    session.previous_jti = Some(token.jti.clone());
    // The user entered the password in the old application.
    session.auth_time = token.issued_at.min(now);
    let exchange = Exchange {
        user_id: id.clone(),
        jti: token.jti.to_string(),
        session_id: session.id.clone(),
        exchanged_at: now,
    };
    store::legacy::insert(transaction, &exchange)?;
    let has_notice = notice.is_some();
    if let Some(notice) = notice {
        notice.store(transaction, &session.id, context)?;
    }
    let login = context.done(Event::UserLogin).because("legacy_token").about_user(&id);
    let ended =
        super::insert_and_enforce_cap(transaction, &session, &rules.sessions, context, login)?;
    let session = SessionWithUser { session, user };
    Ok(LegacyOutcome::Started(Box::new(LegacyStart { session, ended, has_notice })))
}

/// The outcome for a user who has exchanged a token before: any other token is rejected.
fn repeated(
    user_id: UserId,
    earlier: Exchange,
    token: &LegacyToken,
    context: &RequestContext,
) -> LegacyOutcome {
    if earlier.jti != token.jti.as_str() {
        return LegacyOutcome::Rejected(Some(user_id), "already_exchanged");
    }
    LegacyOutcome::ExchangedBefore(Box::new(RefreshAttempt {
        session_id: earlier.session_id,
        user_id,
        jti: token.jti.clone(),
        context: context.clone(),
        in_cookie: false,
    }))
}

/// Finds the user by the id in the old application. If that id was a UUID, the import kept it as the user's id here.
/// The id here counts only for users who were imported without an external id: tokens of all others have the external
/// id, and a user name of the old application may look like the UUID of another user.
fn find(transaction: &mut Transaction<'_>, subject: &str) -> DbResult<Option<ImportAccount>> {
    if let Some(account) = store::users::import::by_external_id(transaction, subject)? {
        return Ok(Some(account));
    }
    let Some(id) = UserId::parse(subject) else { return Ok(None) };
    let account = store::users::import::by_id(transaction, &id)?;
    Ok(account.filter(|account| account.import_state.is_some() && account.external_id.is_none()))
}

#[cfg(test)]
mod tests;
