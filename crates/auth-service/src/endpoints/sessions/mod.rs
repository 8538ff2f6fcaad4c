//! Sessions: login, refresh, logout, and the list of one's own.

mod checked_login;
pub mod delete_session;
pub mod get_csrf;
pub mod list_sessions;
pub mod post_login;
pub mod post_logout;
pub mod post_logout_all;
pub mod post_reauthenticate;
pub mod post_refresh;
