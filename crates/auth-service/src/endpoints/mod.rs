//! HTTP in and out: one file a verb, with its request, its handler and its response.
//!
//! Handlers alone combine the rooms.

mod admission;
pub mod authentication;
pub mod client_info;
pub mod cookie;
mod cookie_header;
pub mod credential;
pub mod csrf;
pub mod current_password;
pub mod delete_me;
pub mod delete_session;
pub mod get_csrf;
pub mod get_jwks;
pub mod get_me;
pub mod get_metadata;
pub mod get_revoked_sessions;
pub mod list_sessions;
pub mod oauth;
mod own_password;
pub mod patch_me;
mod pieces;
pub mod post_login;
pub mod post_logout;
pub mod post_logout_all;
pub mod post_reauthenticate;
pub mod post_refresh;
pub mod post_register;
pub mod presented;
pub mod problems;
pub mod put_password;
pub mod responses;
pub(crate) mod schemas;
