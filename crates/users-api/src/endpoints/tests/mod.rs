//! The endpoints over real HTTP, against a running service.

mod access;
mod cursors;
mod http;
mod one_user;
mod outages;
mod pages;
