//! What requests and some answers look like, for the API's description alone: bodies are parsed field by field
//! ([`service_kit::input`]), and small answers are written where they are sent.

#![expect(dead_code, reason = "these types describe; nobody makes one")]

use utoipa::ToSchema;

use super::responses::UserBody;

/// Who wants to be a user.
#[derive(ToSchema)]
pub(crate) struct RegistrationBody {
    /// RFC 8265 user name; case does not tell two apart.
    #[schema(example = "ana", max_length = 64)]
    username: String,
    /// The e-mail address.
    #[schema(example = "ana@example.com")]
    email: String,
    /// 8 to 256 characters, and not one's own name.
    #[schema(example = "correct horse battery", min_length = 8, max_length = 256, format = Password)]
    password: String,
}

/// A user was made.
#[derive(ToSchema)]
pub(crate) struct Registered {
    #[schema(example = "User created")]
    message: String,
    user: UserBody,
}

/// Who signs in: by `username` (which may hold an address) or by `email`, not both.
#[derive(ToSchema)]
pub(crate) struct LoginBody {
    #[schema(example = "ana")]
    username: Option<String>,
    #[schema(example = "ana@example.com")]
    email: Option<String>,
    #[schema(example = "correct horse battery", format = Password)]
    password: String,
    /// Whether the refresh token goes into a cookie.
    #[schema(default = false)]
    cookie: Option<bool>,
}

/// The refresh token, where it is neither Bearer nor in the cookie.
#[derive(ToSchema)]
pub(crate) struct RefreshBody {
    refresh_token: Option<String>,
}

/// The password again.
#[derive(ToSchema)]
pub(crate) struct PasswordBody {
    #[schema(format = Password)]
    password: String,
}

/// A fresh access token.
#[derive(ToSchema)]
pub(crate) struct FreshTokenBody {
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: String,
    /// Seconds.
    #[schema(example = 900)]
    expires_in: i64,
    #[schema(example = "users:read users:email")]
    scope: String,
}

/// How many sessions were ended.
#[derive(ToSchema)]
pub(crate) struct RevokedBody {
    #[schema(example = 2)]
    revoked: u64,
}

/// What shall change.
#[derive(ToSchema)]
pub(crate) struct ChangesBody {
    username: Option<String>,
    /// Needs `current_password` beside it.
    email: Option<String>,
    #[schema(max_length = 256, format = Password)]
    current_password: Option<String>,
}

/// A new password, and the one it replaces.
#[derive(ToSchema)]
pub(crate) struct NewPasswordBody {
    #[schema(max_length = 256, format = Password)]
    current_password: String,
    #[schema(min_length = 8, max_length = 256, format = Password)]
    new_password: String,
}

/// The session's CSRF token.
#[derive(ToSchema)]
pub(crate) struct CsrfBody {
    csrf_token: String,
}

/// A JWK Set (RFC 7517).
#[derive(ToSchema)]
pub(crate) struct JwksBody {
    keys: Vec<JwkBody>,
}

/// A public RSA key.
#[derive(ToSchema)]
pub(crate) struct JwkBody {
    #[schema(example = "RSA")]
    kty: String,
    #[schema(example = "sig")]
    r#use: String,
    #[schema(example = "RS256")]
    alg: String,
    /// RFC 7638 thumbprint.
    kid: String,
    n: String,
    #[schema(example = "AQAB")]
    e: String,
}

/// The client credentials grant (RFC 6749 section 4.4); the credentials here or by HTTP Basic.
#[derive(ToSchema)]
pub(crate) struct TokenForm {
    #[schema(example = "client_credentials")]
    grant_type: String,
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// A token to revoke or to look at.
#[derive(ToSchema)]
pub(crate) struct PresentedForm {
    token: String,
    token_type_hint: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// A service account's access token.
#[derive(ToSchema)]
pub(crate) struct ServiceTokenBody {
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: String,
    /// Seconds.
    #[schema(example = 900)]
    expires_in: i64,
    scope: String,
}

/// What a token says (RFC 7662 section 2.2); `active` alone where it says nothing.
#[derive(ToSchema)]
pub(crate) struct IntrospectionBody {
    active: bool,
    scope: Option<String>,
    client_id: Option<String>,
    username: Option<String>,
    token_type: Option<String>,
    exp: Option<i64>,
    iat: Option<i64>,
    sub: Option<String>,
    iss: Option<String>,
    jti: Option<String>,
    sid: Option<String>,
}

/// A refusal (RFC 6749 section 5.2).
#[derive(ToSchema)]
pub(crate) struct OAuthErrorBody {
    #[schema(example = "invalid_client")]
    error: String,
    error_description: Option<String>,
}
