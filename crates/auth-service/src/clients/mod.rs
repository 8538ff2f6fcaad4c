//! Service accounts: programs that authenticate as themselves, with an id and a secret (RFC 6749 §4.4).

mod account;
mod secret;

pub use account::{
    NewAccount, authenticate, create, disable, find, is_disabled, list, may_issue, new_account,
    retire_secret, rotate_secret,
};
pub use secret::ClientSecret;

#[cfg(test)]
mod tests;
