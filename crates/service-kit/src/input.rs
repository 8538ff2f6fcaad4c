//! Bodies and queries as named fields.
//!
//! A request type implements [`FromFields`] and takes each field by name. Fields that are missing, unknown or of the
//! wrong type are reported together, each under its name, as 400 `invalid_request`. A form is returned as raw
//! parameters ([`FormBody`]), because OAuth defines its own errors.

mod body;
mod fields;
mod form_body;
mod json_body;
mod query;

pub use body::BodyLimit;
pub use fields::{Fields, FromFields};
pub use form_body::FormBody;
pub use json_body::JsonBody;
pub use query::Query;
