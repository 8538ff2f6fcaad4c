//! Mails: proving an address, resetting a password, taking a former address back. Where mail is off, only the reset is
//! served, for the links of administrators.

pub(crate) mod post_forgot;
pub(crate) mod post_reset;
pub(crate) mod post_revert;
pub(crate) mod post_verification;
pub(crate) mod post_verify;
