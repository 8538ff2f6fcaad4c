//! The query of a request.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::fields::{Fields, FromFields};
use crate::problem::Problem;

/// The query, parsed into `T`. A repeated parameter is 400. Unknown ones are ignored, because
/// links collect them (and a token in a query must change nothing).
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: FromFields> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

fn parse<T: FromFields>(query: &str) -> Result<T, Problem> {
    let mut values = Map::new();
    let mut unusable = Vec::new();
    for pair in query.split('&') {
        // Invalid UTF-8 would be replaced and change the meaning.
        let is_text = percent_decode_str(pair).decode_utf8().is_ok();
        for (name, value) in form_urlencoded::parse(pair.as_bytes()) {
            let value = Value::String(value.into_owned());
            if values.insert(name.clone().into_owned(), value).is_some() || !is_text {
                unusable.push(name.into_owned());
            }
        }
    }
    let mut fields = Fields::new(values);
    for name in unusable {
        fields.mark_unusable(&name);
    }
    fields.finish_ignoring_unknown()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Page(Option<String>);

    impl FromFields for Page {
        fn from_fields(fields: &mut Fields) -> Option<Self> {
            Some(Self(fields.optional_string("page")))
        }
    }

    #[test]
    fn a_repeated_parameter_is_rejected_if_the_request_type_takes_it() {
        assert!(parse::<Page>("page=1&page=2").is_err());
        assert_eq!(parse::<Page>("utm=1&utm=2&page=3").unwrap().0.as_deref(), Some("3"));
    }

    #[test]
    fn a_parameter_that_is_not_utf_8_is_rejected_if_the_request_type_takes_it() {
        for query in ["page=%ff", "page=%c0%80", "page=a%ed%a0%80", "x=1&page=%e9"] {
            assert!(parse::<Page>(query).is_err(), "{query}");
        }
        assert_eq!(parse::<Page>("utm=%e9&page=3").unwrap().0.as_deref(), Some("3"));
        assert_eq!(parse::<Page>("page=%c3%a9+1").unwrap().0.as_deref(), Some("é 1"));
    }
}
