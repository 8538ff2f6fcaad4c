//! Registration, names, passwords, and calls that need a fresh session.

mod breached_passwords;
mod freshness;
mod login_cost;
mod name_keys;
mod new_password;
mod own_password;
mod races;
mod registration;
