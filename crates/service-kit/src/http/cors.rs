//! Which pages of other origins may read our answers.

use actix_cors::Cors;
use actix_web::http::header;
use url::Url;

use crate::settings::FromSetting;

/// How long a browser may keep a preflight's answer, in seconds.
const PREFLIGHT_SECONDS: usize = 600;

const VERBS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// One exact origin (RFC 6454), such as `https://app.example.com`. Never `*`, never `null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin as a browser sends it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromSetting for Origin {
    fn from_setting(text: &str) -> Result<Self, String> {
        let refuse =
            || format!("{text:?} is not one exact origin, such as https://app.example.com");
        let url = Url::parse(text).map_err(|_| refuse())?;
        let origin = url.origin().ascii_serialization();
        let http = matches!(url.scheme(), "http" | "https");
        if http && origin == text.trim_end_matches('/') { Ok(Self(origin)) } else { Err(refuse()) }
    }
}

/// CORS for the API: listed origins only, with credentials, every verb.
pub fn cors(origins: &[Origin]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(VERBS)
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            header::HeaderName::from_static("x-csrf-token"),
            header::HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([
            header::LINK,
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
            header::HeaderName::from_static("x-request-id"),
        ])
        .supports_credentials()
        .max_age(PREFLIGHT_SECONDS);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin.as_str()))
}

/// CORS for what anyone may read: any origin, never with credentials.
pub fn open_cors() -> Cors {
    Cors::default()
        .allow_any_origin()
        .send_wildcard()
        .allowed_methods(["GET", "HEAD"])
        .allow_any_header()
        .max_age(PREFLIGHT_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_origins_can_be_listed() {
        for good in ["https://app.example.com", "http://localhost:5173", "http://127.0.0.1:3000"] {
            assert_eq!(Origin::from_setting(good).unwrap().as_str(), good);
        }
        for bad in [
            "*",
            "null",
            "",
            "app.example.com",
            "https://*.example.com/x",
            "https://a/b",
            "file:///x",
        ] {
            assert!(Origin::from_setting(bad).is_err(), "{bad}");
        }
    }
}
