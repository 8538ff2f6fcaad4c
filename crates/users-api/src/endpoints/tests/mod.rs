//! The endpoints over real HTTP, against a running service.

mod access;
mod cursors;
mod http;
mod outages;
mod pages;
mod single;
