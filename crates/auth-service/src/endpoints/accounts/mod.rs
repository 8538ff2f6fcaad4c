//! The caller's account: registration, profile, password, deletion.

pub(crate) mod delete_me;
pub(crate) mod get_me;
pub(crate) mod list_activity;
pub(crate) mod patch_me;
pub(crate) mod post_register;
pub(crate) mod put_password;
