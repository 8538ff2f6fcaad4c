//! Users as this service shows them, and the ways through their list.

pub mod cursor;
pub mod filter;
pub mod link;
pub mod page;
pub mod total;
pub mod user;
