//! Users: their names, addresses and passwords as parsed types, and what can be done with an account.
//!
//! A parsed type can only be made by its parser, so code that takes one cannot forget a check.
//!
//! Each verb has a file with its own error type, and knows no HTTP: endpoints and commands call the same functions. A
//! verb does its slow work first (hashing), then makes its change in one transaction. The function with the suffix
//! `_in` makes that change inside a transaction of its caller, so the caller can add further writes to it.

mod breached_passwords;
mod change_password;
mod change_profile;
mod check_login;
mod check_password;
mod common_passwords;
mod delete;
mod disable;
pub mod email;
mod enable;
mod ext;
mod field_error;
mod find;
pub mod hashing;
pub mod login_name;
pub mod name_assignment;
pub mod name_keys;
mod name_rules;
mod own_session;
pub mod password;
mod password_service;
mod precis;
mod reauthenticate;
mod register;
mod rights_change;
mod scope_change;
mod selector;
mod sign_in;
mod skeleton;
mod unblock;
pub mod username;

pub use breached_passwords::BreachedPasswords;
pub use change_password::{
    ChangePasswordError, PasswordChange, change_password, parse_new_password,
};
pub use change_profile::{ChangeProfileError, ProfileChange, ProfileField, change_profile};
pub use check_login::{CheckedLogin, LoginAttempt, LoginChecker, account_keys};
pub use check_password::{CheckPasswordError, check_password};
pub use delete::{DeleteError, delete};
pub use disable::{DisableError, disable};
pub use email::EmailAddress;
pub use enable::{EnableError, enable};
pub use ext::{Ext, ExtFault};
pub use field_error::FieldError;
pub use find::find;
pub use login_name::LoginName;
pub use name_assignment::TakenField;
pub use name_rules::NameRuleViolation;
pub use own_session::{OwnPasswordError, OwnSession, OwnSessionError, SessionPermit};
pub use password::{MIN_CHARS, Password, forbidden_passwords};
pub use password_service::{NewPasswordError, PasswordService};
pub use reauthenticate::{ReauthenticateError, reauthenticate};
pub use register::{RegisterError, Registration, register};
pub use rights_change::RightsChange;
pub use scope_change::ScopeChange;
pub use selector::{SelectError, UserSelector};
pub use sign_in::{SignInError, SignedIn, sign_in};
pub use skeleton::NameSkeletons;
pub use unblock::unblock;
pub use username::Username;
