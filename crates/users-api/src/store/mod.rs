//! All SQL of the service: one file per table. It only ever selects.

mod scan_strategy;
mod schema;
#[cfg(test)]
mod tests;
pub mod users;

pub use scan_strategy::NameRange;
pub use users::{RowPosition, UserRow};
