//! HTTP: malformed bodies and texts, headers, connections, proxies and the example front end.

mod bad_bodies;
mod bad_input;
mod bad_text;
mod body_forms;
mod connections;
mod front_end;
mod headers;
mod path_prefix;
mod preflights;
