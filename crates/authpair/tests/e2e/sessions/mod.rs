//! Sessions from log-in to logout, and how many a user may have.

mod life_cycle;
mod logout;
mod many_sessions;
mod session_cap;
