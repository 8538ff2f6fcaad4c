//! Who a user is and how they prove it: parsed names, addresses and passwords, and hashing.
//!
//! Every type here can only be made by its parser, so the code behind it cannot forget a check.

pub mod breached_passwords;
mod common_passwords;
pub mod email;
mod field_problem;
pub mod hashing;
pub mod login_name;
pub mod naming;
pub mod password;
mod precis;
mod regular;
pub mod rekey;
mod scope_change;
mod selector;
mod skeleton;
pub mod username;

pub use email::EmailAddress;
pub use field_problem::FieldProblem;
pub use login_name::LoginName;
pub use password::{MIN_CHARS, Password};
pub use regular::Irregularity;
pub use scope_change::ScopeChange;
pub use selector::{SelectError, UserSelector};
pub use skeleton::Looks;
pub use username::Username;
