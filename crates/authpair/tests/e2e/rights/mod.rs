//! Rights that change while tokens are in use: the change takes effect within a second, and no user is logged out.

mod changes;
mod feed;
mod races;
