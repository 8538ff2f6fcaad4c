//! The refresh token's cookie, for browsers.

use actix_web::cookie::{Cookie, SameSite, time::Duration};

use crate::settings::AuthSettings;

/// The cookie's name, as flask-jwt-extended has it.
pub const NAME: &str = "refresh_token_cookie";

/// Only these routes are sent the cookie.
const PATH: &str = "/api/auth";

/// The cookie that holds a refresh token for `max_age` seconds.
pub fn holding(settings: &AuthSettings, token: String, max_age: i64) -> Cookie<'static> {
    let mut cookie = empty(settings);
    cookie.set_value(token);
    cookie.set_max_age(Duration::seconds(max_age));
    cookie
}

/// The cookie that makes a browser forget.
pub fn cleared(settings: &AuthSettings) -> Cookie<'static> {
    let mut cookie = empty(settings);
    cookie.make_removal();
    cookie
}

fn empty(settings: &AuthSettings) -> Cookie<'static> {
    Cookie::build(NAME, "")
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(settings.secure_cookie())
        .finish()
}
