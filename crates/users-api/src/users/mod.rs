//! Users as this service shows them, and the pages of their list.

pub mod cursor;
pub mod filter;
pub mod link;
pub mod page;
pub mod user;
pub mod user_count;
