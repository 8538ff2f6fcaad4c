//! Service accounts: programs that sign in as themselves, with an id and a secret (RFC 6749 §4.4).

mod account;
mod secret;

pub use account::{authenticate, disable, may_issue, new_account};
pub use secret::ClientSecret;

#[cfg(test)]
mod tests;
