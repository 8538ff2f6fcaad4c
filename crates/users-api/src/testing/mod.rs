//! What the tests of this crate share: a database of users, and a running service over it.

mod api;
mod database;

pub(crate) use api::{Answer, TestApi};
pub(crate) use database::{TestDatabase, user_id};
