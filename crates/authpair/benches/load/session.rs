//! A client that is signed in and refreshes.

use serde::Deserialize;

use crate::{http::Connection, plan::Call};

/// The part of an answer that refreshing needs. A server that does not rotate sends a refresh token with the
/// login alone.
#[derive(Deserialize)]
struct Tokens {
    refresh_token: Option<String>,
}

/// The refresh that comes next.
pub(crate) struct Session {
    next: Call,
}

impl Session {
    /// Signs in.
    pub(crate) async fn begin(
        connection: &mut Connection,
        login: &[u8],
        path: &str,
    ) -> Result<Self, String> {
        let answer = connection.call(login).await?;
        let next =
            Call { method: "POST".to_owned(), path: path.to_owned(), token: None, body: None };
        let mut session = Self { next };
        session.take(answer)?;
        match session.next.token {
            Some(_) => Ok(session),
            None => Err("the login's answer has no refresh_token".to_owned()),
        }
    }

    pub(crate) fn next(&self) -> &Call {
        &self.next
    }

    /// Carries the newest refresh token forward.
    pub(crate) fn take(&mut self, answer: &[u8]) -> Result<(), String> {
        let tokens: Tokens = serde_json::from_slice(answer).map_err(|error| {
            format!("not a token response: {error}: {}", String::from_utf8_lossy(answer))
        })?;
        if tokens.refresh_token.is_some() {
            self.next.token = tokens.refresh_token;
        }
        Ok(())
    }
}
