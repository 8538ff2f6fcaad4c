//! Users: their names, addresses and passwords as parsed types, and what can be done with an account.
//!
//! A parsed type can only be made by its parser, so code that takes one cannot forget a check.
//!
//! Each verb has a file with its own error type, and knows no HTTP: endpoints and commands call the same functions. A
//! verb does its slow work first (hashing), then makes its change in one transaction. The function with the suffix
//! `_in` makes that change inside a transaction of its caller, so the caller can add further writes to it.

mod administrators;
pub mod all_users;
mod breached_passwords;
mod caller_rights;
mod change_password;
mod change_profile;
mod check_login;
mod check_password;
mod common_passwords;
mod create_user;
mod delete;
pub mod email;
mod end_links;
mod ext;
mod failure_keys;
mod field_error;
mod find;
mod former_address;
pub mod hashing;
mod invites;
mod issuer;
mod link_error;
mod list_users;
pub mod login_name;
pub mod name_assignment;
pub mod name_keys;
mod name_rules;
mod own_session;
pub mod password;
mod password_link;
mod password_service;
mod precis;
mod reauthenticate;
mod register;
mod remove_unproven;
mod reset_password;
mod revert_email;
mod revision;
mod rights_change;
mod scope_change;
mod search_text;
mod selector;
mod send_verification;
mod sign_in;
mod skeleton;
mod unblock;
mod update;
mod used_link;
mod user_changes;

pub mod username;
mod verify_email;

pub use administrators::LastAdministrator;
pub use breached_passwords::BreachedPasswords;
pub use caller_rights::{CallerRights, CallerRightsChanged};
pub use change_password::{
    ChangePasswordError, PasswordChange, change_password, parse_new_password,
};
pub use change_profile::{ChangeProfileError, ProfileChange, ProfileField, change_profile};
pub use check_login::{CheckedLogin, LoginChecker, LoginRequest};
pub use check_password::{CheckPasswordError, CheckedPassword, RenewedHash, check_password};
pub use create_user::{NewUser, NewUserError, create_user, has_password};
pub use delete::{DeleteError, DeleteRefusal, Deletion};
pub use email::EmailAddress;
pub use ext::{Ext, ExtFault};
pub use failure_keys::account_keys;
pub use field_error::FieldError;
pub use find::find;
pub use invites::{Invite, InviteRefusal, invite};
pub use link_error::LinkError;
pub use list_users::{UserPage, UserPlace, UserQuery};
pub use login_name::LoginName;
pub use name_assignment::TakenField;
pub use name_rules::NameRuleViolation;
pub use own_session::{OwnPasswordError, OwnSession, OwnSessionError, SessionPermit};
pub use password::{MIN_CHARS, Password, forbidden_passwords};
pub use password_link::{MadeLink, PasswordLink, PasswordLinkError, PasswordLinkRefusal};
pub use password_service::{NewPasswordError, PasswordService};
pub use reauthenticate::{ReauthenticateError, reauthenticate};
pub use register::{RegisterError, Registered, Registration, register};
pub use remove_unproven::remove_unproven;
pub use reset_password::{PasswordResetter, ResetPasswordError};
pub use revert_email::revert_email;
pub use revision::{ExpectedRevisions, revision};
pub use rights_change::RightsChange;
pub use scope_change::ScopeChange;
pub use search_text::{InvalidSearch, SearchText};
pub use selector::{SelectError, UserSelector};
pub use send_verification::{request_password_reset, send_verification};
pub use sign_in::{AfterLogin, SignInError, SignInNotice, SignedIn, sign_in};
pub use skeleton::NameSkeletons;
pub use unblock::unblock;
pub use update::{ChangeRules, UpdateError, UpdateRefusal, UserUpdate};
pub use user_changes::{StatusChange, UserChanges};
pub use username::Username;
pub use verify_email::verify_email;
