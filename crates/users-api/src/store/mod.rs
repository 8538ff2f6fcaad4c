//! All SQL of the service: one file a table. It only ever selects.

mod schema;
#[cfg(test)]
mod tests;
pub mod users;

pub use users::{KeyRange, Place, UserRow};
