//! Bodies and queries, taken apart into named fields.
//!
//! A request type implements [`FromFields`] and takes each field by name; what is missing, of the wrong
//! type, or unknown is reported under its field, all at once, as 400 `invalid_request`.

mod fields;
mod json_body;
mod query;
mod strict_json;

pub use fields::{Fields, FromFields};
pub use json_body::{BodyLimit, JsonBody};
pub use query::Query;
