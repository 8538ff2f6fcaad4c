//! Errors of account functions as responses.

use actix_web::http::{
    StatusCode,
    header::{HeaderValue, WWW_AUTHENTICATE},
};
use claims::Rejection;
use service_kit::problem::Problem;

use super::{ApiError, OVERLOADED_RETRY_AFTER};
use crate::accounts::{
    ChangePasswordError, ChangeProfileError, CheckPasswordError, InviteRejection, LinkError,
    NewPasswordError, OwnPasswordError, OwnSessionError, ProfileField, ReauthenticateError,
    RegisterError, SignInError, TakenField,
};

impl From<TakenField> for ApiError {
    fn from(field: TakenField) -> Self {
        let field = match field {
            TakenField::Username => "username",
            TakenField::Email => "email",
        };
        Problem::new(StatusCode::CONFLICT, "user_exists", "A user of that name or address exists")
            .with_field(field, "is taken")
            .into()
    }
}

impl ApiError {
    /// A new password that is not hashed; `field` is the member of the body that has it.
    pub(crate) fn rejected_new_password(error: NewPasswordError, field: &'static str) -> Self {
        match error {
            NewPasswordError::Breached => {
                Self::invalid_new_password(field, "known from a breach: attackers try it")
            }
            NewPasswordError::ListUnreadable(_) => {
                Problem::unavailable("The password cannot be checked now").with_cause(error).into()
            }
            NewPasswordError::Hashing(error) => error.into(),
        }
    }

    /// 400 for a new password that breaks a rule; `field` is the member of the body that has it.
    pub(crate) fn invalid_new_password(field: &'static str, rule: impl Into<String>) -> Self {
        Problem::invalid_request("The new password cannot be used").with_field(field, rule).into()
    }
}

impl From<RegisterError> for ApiError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Taken(field) => field.into(),
            RegisterError::Invite(rejection) => rejection.into(),
            RegisterError::Password(error) => Self::rejected_new_password(error, "password"),
            RegisterError::Database(error) => error.into(),
        }
    }
}

impl From<InviteRejection> for ApiError {
    fn from(rejection: InviteRejection) -> Self {
        match rejection {
            InviteRejection::Invalid => LinkError::Invalid.into(),
            InviteRejection::OtherAddress => Problem::invalid_request("The address cannot be used")
                .with_field("email", "is not the address that the invite was sent to")
                .into(),
        }
    }
}

/// The same response for every reason, so that an attacker learns nothing about the account.
fn invalid_credentials() -> ApiError {
    let detail = "Wrong user name, e-mail address or password";
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_credentials", detail)
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        .into()
}

fn email_unverified() -> ApiError {
    let detail = "The e-mail address is not confirmed yet; a mail with a link was sent";
    Problem::new(StatusCode::FORBIDDEN, "email_unverified", detail).into()
}

impl From<CheckPasswordError> for ApiError {
    fn from(error: CheckPasswordError) -> Self {
        match error {
            CheckPasswordError::Wrong | CheckPasswordError::Disabled => invalid_credentials(),
            CheckPasswordError::Hashing(error) => error.into(),
        }
    }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Password { reason, .. } => reason.into(),
            SignInError::TooManyFailures { wait, .. } | SignInError::SourceOverLimit(wait) => {
                wait.into()
            }
            SignInError::EmailUnverified { .. } => email_unverified(),
            SignInError::CredentialsChanged => invalid_credentials(),
            SignInError::Database { error, .. } => error.into(),
        }
    }
}

impl From<ReauthenticateError> for ApiError {
    fn from(error: ReauthenticateError) -> Self {
        match error {
            ReauthenticateError::SessionEnded => Rejection::Revoked.into(),
            ReauthenticateError::Database(error) => error.into(),
        }
    }
}

impl From<OwnSessionError> for ApiError {
    fn from(error: OwnSessionError) -> Self {
        match error {
            OwnSessionError::Busy => Problem::overloaded(OVERLOADED_RETRY_AFTER).into(),
            OwnSessionError::SessionEnded => Rejection::Revoked.into(),
            OwnSessionError::Hashing(error) => error.into(),
            OwnSessionError::Database(error) => error.into(),
        }
    }
}

impl From<OwnPasswordError> for ApiError {
    fn from(error: OwnPasswordError) -> Self {
        match error {
            OwnPasswordError::Password { reason, .. } => reason.into(),
            OwnPasswordError::Database(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for ApiError {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::SessionEnded => Rejection::Revoked.into(),
            ChangePasswordError::Database(error) => error.into(),
        }
    }
}

impl From<ChangeProfileError> for ApiError {
    fn from(error: ChangeProfileError) -> Self {
        match error {
            ChangeProfileError::Password(error) => error.into(),
            ChangeProfileError::IsThePassword(field) => {
                let field = match field {
                    ProfileField::Username => "username",
                    ProfileField::Email => "email",
                };
                Problem::invalid_request("The new value must not be your password")
                    .with_field(field, "must not be your own password")
                    .into()
            }
            ChangeProfileError::PasswordNeeded => {
                let detail = "is needed: the name was changed too often without it";
                Problem::invalid_request("The current password is needed")
                    .with_field("current_password", detail)
                    .into()
            }
            ChangeProfileError::Taken(field) => field.into(),
            ChangeProfileError::SessionEnded => Rejection::Revoked.into(),
            ChangeProfileError::Hashing(error) => error.into(),
            ChangeProfileError::Database(error) => error.into(),
        }
    }
}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Invalid => {
                let detail = "The link was used, has expired or is unknown";
                Problem::new(StatusCode::BAD_REQUEST, "link_invalid", detail).into()
            }
            LinkError::Taken(field) => field.into(),
            LinkError::Hashing(error) => error.into(),
            LinkError::Database(error) => error.into(),
        }
    }
}
