//! The endpoints for administrators: people with the scope `users:admin` and a fresh token, and service accounts with
//! it.

pub(crate) mod delete_user;
pub(crate) mod delete_user_session;
pub(crate) mod delete_user_sessions;
pub(crate) mod get_user;
pub(crate) mod list_audit;
pub(crate) mod list_user_sessions;
pub(crate) mod list_users;
pub(crate) mod patch_user;
pub(crate) mod post_invite;
pub(crate) mod post_password_reset;
pub(crate) mod post_unblock;
pub(crate) mod post_user;
