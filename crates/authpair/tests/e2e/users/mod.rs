//! What users-api tells of users: pages, filters, single users.

mod pages;
mod path_ids;
