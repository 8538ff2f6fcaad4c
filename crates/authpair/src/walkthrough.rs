//! What `cargo run` prints for its user to paste.

/// The walk-through of both services, with curl and sed alone. Each line works by itself, in order.
pub fn walkthrough(auth: &str, users: &str) -> String {
    format!(
        r#"
authpair is ready.

  auth-service  {auth}   signs tokens; keys at {auth}/.well-known/jwks.json
  users-api     {users}   checks them; serves users

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

The last two are refused: the session is over, at both services. Ctrl-C stops the pair.
"#
    )
}
