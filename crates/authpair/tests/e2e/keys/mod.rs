//! Signing keys: the first one, rotation, retirement, files that cannot be read.

mod commands;
mod first_key;
mod missing_files;
mod rotation;
mod unreadable_files;
