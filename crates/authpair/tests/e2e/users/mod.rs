//! Users at users-api: pages, filters, single users.

mod pages;
mod path_ids;
