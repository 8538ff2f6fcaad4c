//! Mails: proving an address, resetting a password, taking a previous address back. If mail is off, only the reset
//! exists, for the links of administrators.

pub(crate) mod post_forgot;
pub(crate) mod post_reset;
pub(crate) mod post_revert;
pub(crate) mod post_verification;
pub(crate) mod post_verify;
