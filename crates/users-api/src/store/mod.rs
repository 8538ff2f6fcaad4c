//! All SQL of the service: one file a table. It only ever selects.

mod scan_strategy;
mod schema;
#[cfg(test)]
mod tests;
pub mod users;

pub use scan_strategy::KeyRange;
pub use users::{PageKey, UserRow};
