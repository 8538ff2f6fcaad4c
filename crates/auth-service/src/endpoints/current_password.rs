//! The caller's password, asked for inside a session.

use actix_web::HttpRequest;
use claims::{Rejection, actix::UserCaller};
use service_kit::{http::log_account, problem::Problem};

use super::{admission::SessionPlace, client_info::client_info, post_login::proven, problems};
use crate::{
    accounts::{Password, hashing::Attempt},
    counts::{Ending, SignIn},
    sessions::{
        is_over,
        password_tries::{self, Turn},
    },
    state::State,
    store::{self, sessions::SessionRow, users::UserRow},
};

/// The caller's session and user, as they are while it is this request's turn to try a password in that session.
pub struct OwnSession {
    /// The session. It was not over when it was read.
    pub session: SessionRow,
    /// Its user.
    pub user: UserRow,
    /// The try at the user's password, with its place among those that are hashed.
    pub attempt: Attempt,
    _turn: Turn,
}

impl OwnSession {
    /// Waits for the turn and reads both.
    ///
    /// # Errors
    /// 401 `token_revoked`; 503 `overloaded` when the turn does not come.
    pub async fn in_turn(
        caller: &UserCaller,
        SessionPlace { place, account }: SessionPlace,
        state: &State,
    ) -> Result<Self, actix_web::Error> {
        let id = caller.session_id().to_owned();
        let turn = state.password_turns.take(&id).await.ok_or_else(|| Problem::overloaded(2))?;
        let attempt = state.hasher.attempt(place, account).await.map_err(|error| {
            state.counts.hash_refused(&error);
            problems::hashing(error)
        })?;
        let row =
            state.database.read(move |connection| store::sessions::with_user(connection, &id));
        let found = row.await.map_err(Problem::from)?;
        let lives = found.filter(|(session, _)| !is_over(session, state.now()));
        let (session, user) = lives
            .ok_or_else(|| problems::rejected(Rejection::Revoked, &state.settings.lifetimes))?;
        Ok(Self { session, user, attempt, _turn: turn })
    }

    /// Checks the password. A wrong one counts, and the fifth in a row ends the session.
    ///
    /// # Errors
    /// 401 `invalid_credentials`; 503.
    pub async fn prove(
        &self,
        request: &HttpRequest,
        state: &State,
        password: Password,
        count: &mut Ending<'_, SignIn>,
    ) -> Result<(), Problem> {
        log_account(request, Some(&self.user.id));
        let user = Some(self.user.clone());
        let Err(problem) = proven(state, &self.attempt, user, password, count).await else {
            return Ok(());
        };
        if problem.code() == "invalid_credentials" {
            self.note_wrong(request, state).await?;
        }
        Err(problem)
    }

    async fn note_wrong(&self, request: &HttpRequest, state: &State) -> Result<(), Problem> {
        let (user, session) = (&self.user.id, &self.session.id);
        let ended =
            password_tries::note_wrong(&state.database, session.clone(), state.now()).await?;
        let client_address = client_info(request, state).ip.map(tracing::field::display);
        if ended {
            state.feed.grew();
            tracing::warn!(%user, %session, client_address, "too many wrong passwords: session ended");
        } else {
            tracing::info!(%user, %session, client_address, "wrong password inside a session");
        }
        Ok(())
    }
}
