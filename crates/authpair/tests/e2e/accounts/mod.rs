//! Registration, names, passwords and what a password just given allows.

mod freshness;
mod login_cost;
mod name_keys;
mod new_password;
mod own_password;
mod registration;
