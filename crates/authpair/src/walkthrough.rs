//! The text that `cargo run` prints: addresses, and commands to paste.

use claims::{Scopes, scope};

use crate::both::Both;

/// Where the front end and the mails are, each in one line.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The front end.
    pub front_end: &'a str,
    /// The mails.
    pub mail: &'a str,
}

/// The walk-through of both services, with curl and sed only; the lines are run in order. It names the scopes of a new
/// user, because `cargo run` gives more scopes than auth-service alone does.
pub fn walkthrough(
    urls: &Both<String>,
    Places { front_end, mail }: Places<'_>,
    default_scopes: &Scopes,
    is_limited: bool,
) -> String {
    let Both { auth, users } = urls;
    let limits = if is_limited {
        "Log-ins and other calls are limited; AUTH_RATE_LIMITS=off lifts the limits."
    } else {
        "Log-ins and other calls are not limited (AUTH_RATE_LIMITS=off): never use this in production."
    };
    let addresses = if default_scopes.contains(scope::USERS_EMAIL) {
        "so each can read everybody's address"
    } else {
        "so users cannot read each other's addresses"
    };
    format!(
        r#"
authpair is ready.

  auth-service  {auth}   signs tokens; keys at {auth}/.well-known/jwks.json
  users-api     {users}   checks them; serves users
  front end     {front_end}
  mail          {mail}

  A new user gets the scopes "{default_scopes}", {addresses}.
  AUTH_DEFAULT_SCOPES sets them; auth-service by itself gives "users:read" alone.
  {limits}

Paste line by line into another terminal:

  AUTH={auth} USERS={users}
  curl -sw "\n" $AUTH/api/auth/register -H 'content-type: application/json' -d '{{"username":"ana","email":"ana@example.com","password":"correct horse battery"}}'
  LOGIN=$(curl -s $AUTH/api/auth/login -H 'content-type: application/json' -d '{{"username":"ana","password":"correct horse battery"}}')
  ACCESS=$(echo "$LOGIN" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')  REFRESH=$(echo "$LOGIN" | sed 's/.*"refresh_token":"\([^"]*\)".*/\1/')
  curl -sw "\n" "$USERS/api/users?page=1&per_page=5" -H "authorization: Bearer $ACCESS"
  curl -sw "\n" $AUTH/api/auth/me -H "authorization: Bearer $ACCESS"
  REFRESH=$(curl -s -X POST $AUTH/api/auth/refresh -H "authorization: Bearer $REFRESH" | sed 's/.*"refresh_token":"\([^"]*\)".*/\1/')
  curl -si -X POST $AUTH/api/auth/logout -H "authorization: Bearer $REFRESH"
  curl -sw "\n" -X POST $AUTH/api/auth/refresh -H "authorization: Bearer $REFRESH"
  curl -sw "\n" $USERS/api/users/me -H "authorization: Bearer $ACCESS"

The last two are rejected: the session is over, at both services. Ctrl-C stops the pair.
"#
    )
}

#[cfg(test)]
mod tests {
    use super::{Both, Places, walkthrough};

    fn urls() -> Both<String> {
        Both { auth: "a".to_owned(), users: "u".to_owned() }
    }

    const PLACES: Places<'_> = Places { front_end: "f", mail: "in data/mail" };

    #[test]
    fn it_says_which_scopes_a_new_user_gets_and_what_they_open() {
        let text = |scopes: &str| walkthrough(&urls(), PLACES, &scopes.parse().unwrap(), false);
        let wide = text("users:read users:email");
        assert!(wide.contains("\"users:read users:email\", so each can read everybody's address"));
        assert!(
            text("users:read")
                .contains("\"users:read\", so users cannot read each other's addresses")
        );
    }

    #[test]
    fn it_says_where_mails_are() {
        let text = walkthrough(&urls(), PLACES, &"users:read".parse().unwrap(), false);
        assert!(text.contains("  mail          in data/mail\n"), "{text}");
    }

    #[test]
    fn it_says_whether_calls_are_limited() {
        let text = |limited| walkthrough(&urls(), PLACES, &"users:read".parse().unwrap(), limited);
        assert!(text(false).contains("not limited (AUTH_RATE_LIMITS=off)"));
        assert!(text(true).contains("are limited; AUTH_RATE_LIMITS=off"));
    }
}
