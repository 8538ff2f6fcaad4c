//! Sessions: log-in, refresh, log-out, and the list of the caller's sessions.

pub(crate) mod delete_session;
pub(crate) mod get_csrf;
pub(crate) mod list_sessions;
pub(crate) mod post_login;
pub(crate) mod post_logout;
pub(crate) mod post_logout_all;
pub(crate) mod post_reauthenticate;
pub(crate) mod post_refresh;
