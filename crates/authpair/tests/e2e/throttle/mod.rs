//! What bounds the number of tries, and who is served beside a flood.

mod login_floods;
mod profile_changes;
