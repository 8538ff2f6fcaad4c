//! What administrators may do: people with the scope `users:admin` and a fresh token, and service accounts with it.

pub(crate) mod list_audit;
