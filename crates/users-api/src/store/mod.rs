//! All SQL of the service: one file a table. It only ever selects.

mod schema;
#[cfg(test)]
mod tests;
pub mod users;
mod way;

pub use users::{Place, UserRow};
pub use way::KeyRange;
