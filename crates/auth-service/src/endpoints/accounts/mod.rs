//! The caller's account: registration, profile, password, deletion.

pub mod delete_me;
pub mod get_me;
pub mod patch_me;
pub mod post_register;
pub mod put_password;
