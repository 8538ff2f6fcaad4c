//! Users: their names, addresses and passwords as parsed types, and the operations on accounts.
//!
//! A parsed type can only be made by its parser, so code that takes one cannot forget a check.
//!
//! Each operation has a file with its own error type, and knows no HTTP: endpoints and commands call the same
//! functions. An operation does its slow work first (hashing), then makes its change in one transaction. A function
//! with the suffix `_in` makes that change inside a transaction of its caller, so the caller can add further writes.

mod administrators;
pub mod all_users;
mod attempt_data;
mod breached_passwords;
mod caller_rights;
mod change_password;
mod change_profile;
mod check_login;
mod check_password;
mod common_passwords;
mod create_user;
mod delete;
mod disable_reason;
pub mod email;
mod end_links;
mod ext;
mod failure_keys;
mod field_error;
mod find_user;
mod granted_by;
pub mod hashing;
mod invites;
mod link_error;
mod list_users;
pub mod login_name;
pub mod name_assignment;
pub mod name_keys;
mod name_rules;
mod offer_revert;
mod own_session;
pub mod password;
mod password_link;
mod password_service;
mod precis;
mod reauthenticate;
mod register;
mod remove_unproven;
mod request_mails;
mod reset_password;
mod revert_email;
mod revision;
mod rights_change;
mod scope_change;
mod scope_grant;
mod search_text;
mod selector;
mod sign_in;
mod skeleton;
mod take_link;
mod unblock;
mod update;
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
pub use delete::{DeleteError, DeleteRejection, Deletion};
pub use disable_reason::{DisableReason, InvalidReason};
pub use email::EmailAddress;
pub(crate) use end_links::end_links;
pub use ext::{Ext, ExtError};
pub use failure_keys::failure_keys;
pub use field_error::FieldError;
pub use find_user::find_user;
pub use invites::{Invite, InviteRejection, invite};
pub use link_error::LinkError;
pub use list_users::{UserPage, UserPosition, UserQuery};
pub use login_name::LoginName;
pub use name_assignment::TakenField;
pub use name_rules::NameRuleViolation;
pub use own_session::{OwnPasswordError, OwnSession, OwnSessionError, SessionPermit};
pub use password::{MIN_CHARS, Password, forbidden_passwords};
pub use password_link::{MadeLink, PasswordLink, PasswordLinkError, PasswordLinkRejection};
pub use password_service::{NewPasswordError, PasswordService};
pub use reauthenticate::{ReauthenticateError, reauthenticate};
pub use register::{RegisterError, Registered, Registration, register};
pub use remove_unproven::remove_unproven;
pub use request_mails::{request_password_reset, send_verification};
pub use reset_password::{PasswordResetter, ResetPasswordError};
pub use revert_email::revert_email;
pub use revision::{ExpectedRevisions, revision};
pub use rights_change::RightsChange;
pub use scope_change::ScopeChange;
pub use scope_grant::check_grant;
pub use search_text::{InvalidSearch, SearchText};
pub use selector::{SelectError, UserSelector};
pub use sign_in::{LoginChanges, SignInError, SignInNotice, SignedIn, sign_in};
pub use skeleton::NameSkeletons;
pub use unblock::unblock;
pub use update::{ChangeRules, UpdateError, UpdateRejection, UserUpdate};
pub use user_changes::{StatusChange, UserChanges};
pub use username::Username;
pub use verify_email::verify_email;
