//! The form of a request about a token: revocation (RFC 7009 §2.1) and introspection (RFC 7662 §2.1).

use utoipa::ToSchema;

use super::{
    authenticated_client::ClientForm, oauth_error::OAuthError, oauth_parameters::Parameters,
};

/// A token to revoke or to introspect. Credentials: form fields or HTTP Basic.
#[derive(ToSchema)]
pub(crate) struct TokenQueryForm {
    pub(crate) token: String,
    // Not needed: the token's own header says which kind it is.
    #[expect(dead_code, reason = "it is accepted and not used")]
    token_type_hint: Option<String>,
    #[expect(dead_code, reason = "the credentials are checked before the form is read")]
    client_id: Option<String>,
    #[expect(dead_code, reason = "the credentials are checked before the form is read")]
    client_secret: Option<String>,
}

impl ClientForm for TokenQueryForm {
    fn read(parameters: &mut Parameters) -> Result<Self, OAuthError> {
        let token = parameters.require("token", "token is missing")?;
        Ok(Self { token, token_type_hint: None, client_id: None, client_secret: None })
    }
}
