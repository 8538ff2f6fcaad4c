//! Users at users-api: pages, filters, and ids in paths.

mod pages;
mod path_ids;
