//! Bodies that are not Unicode, at every route that takes one: 400 and never a server error.

use authpair_testkit::{Answer, PASSWORD, Session, TestPair};
use reqwest::RequestBuilder;
use serde_json::json;

use crate::{
    administration::administrator,
    mail::Mailing,
    on_both,
    support::oauth::{Account, post_form},
};

/// Whose access token a call has.
#[derive(Clone, Copy, Debug)]
enum Caller {
    Anonymous,
    User,
    Administrator,
}

/// Each route that takes JSON, with a field of it. `{id}` stands for a user's id.
const JSON: [(&str, &str, &str, Caller); 14] = [
    ("POST", "/api/auth/register", "username", Caller::Anonymous),
    ("POST", "/api/auth/login", "username", Caller::Anonymous),
    ("POST", "/api/auth/refresh", "refresh_token", Caller::Anonymous),
    ("POST", "/api/auth/logout", "refresh_token", Caller::Anonymous),
    ("POST", "/api/auth/password/forgot", "email", Caller::Anonymous),
    ("POST", "/api/auth/password/reset", "token", Caller::Anonymous),
    ("POST", "/api/auth/email/verify", "token", Caller::Anonymous),
    ("POST", "/api/auth/email/revert", "token", Caller::Anonymous),
    ("POST", "/api/auth/reauthenticate", "password", Caller::User),
    ("PATCH", "/api/auth/me", "username", Caller::User),
    ("PUT", "/api/auth/password", "new_password", Caller::User),
    ("POST", "/api/admin/users", "username", Caller::Administrator),
    ("PATCH", "/api/admin/users/{id}", "username", Caller::Administrator),
    ("POST", "/api/admin/invites", "email", Caller::Administrator),
];

const FORMS: [&str; 3] = ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"];

/// What clients may say about the encoding. The services read only UTF-8.
const CHARSETS: [&str; 6] = [
    "",
    "; charset=utf-8",
    "; charset=UTF-16",
    "; charset=iso-8859-1",
    "; charset=nonsense",
    ";;=",
];

/// Not UTF-8: a byte that never occurs, a truncated character (which is é in Latin-1), an overlong NUL, a surrogate,
/// and a number past the end of Unicode.
const NO_TEXT: [&[u8]; 5] = [b"\xff", b"\xe9", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"];

/// The sessions that the JSON routes are called by, and the user whose id stands in a path.
struct Callers {
    user_id: String,
    user: Session,
    administrator: Session,
}

impl Callers {
    async fn new(pair: &TestPair) -> Self {
        let (ana, user) = pair.new_user("ana").await;
        Self { user_id: ana.id, user, administrator: administrator(pair).await }
    }

    /// A call to one of the JSON routes, with an access token where the route needs one.
    fn call(
        &self,
        pair: &TestPair,
        (method, path, _, caller): (&str, &str, &str, Caller),
    ) -> RequestBuilder {
        let call = pair.auth_call(method, &path.replace("{id}", &self.user_id));
        match caller {
            Caller::Anonymous => call,
            Caller::User => call.bearer_auth(&self.user.access),
            Caller::Administrator => call.bearer_auth(&self.administrator.access),
        }
    }
}

#[on_both]
async fn json_that_is_not_unicode_is_an_invalid_request_at_every_route(
    Mailing(pair, _server): Mailing,
) {
    let callers = Callers::new(&pair).await;
    for (number, route) in JSON.into_iter().enumerate() {
        let field = route.2;
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        for no_text in NO_TEXT {
            bodies.push([format!("{{\"{field}\":\"a").as_bytes(), no_text, b"\"}"].concat());
            bodies.push([&b"{\""[..], no_text, b"\":1}"].concat());
            bodies.push([format!("{{\"{field}\":\"a\"}}").as_bytes(), no_text].concat());
        }
        // Unpaired surrogates as escapes, in a value and in a name.
        for half in [r"\ud800", r"\udc00", r"\udc00\ud800", r"\ud83dx", r"\u", r"\ud8"] {
            bodies.push(format!("{{\"{field}\":\"{half}\"}}").into_bytes());
            bodies.push(format!("{{\"{half}\":\"a\"}}").into_bytes());
        }
        // UTF-16 and UTF-32, with and without a byte order mark; a mark before UTF-8; raw NUL before, after and inside.
        let text = format!("{{\"{field}\":\"a\"}}");
        let wide: Vec<u8> = text.bytes().flat_map(|byte| [byte, 0]).collect();
        bodies.push(wide.clone());
        bodies.push([&b"\xff\xfe"[..], &wide].concat());
        bodies.push(text.bytes().flat_map(|byte| [0, 0, 0, byte]).collect());
        bodies.push([&b"\xef\xbb\xbf"[..], text.as_bytes()].concat());
        bodies.push([&b"\0"[..], text.as_bytes()].concat());
        bodies.push([text.as_bytes(), b"\0"].concat());
        bodies.push(format!("{{\"{field}\":\"a\0\"}}").into_bytes());
        for (other, body) in bodies.into_iter().enumerate() {
            let media_type =
                format!("application/json{}", CHARSETS[(number + other) % CHARSETS.len()]);
            let case = format!("{route:?} {media_type} {}", body.escape_ascii());
            let call = callers.call(&pair, route).header("content-type", media_type);
            let answer = Answer::of(call.body(body)).await;
            let code = answer.code();
            assert_eq!((answer.status, code), (400, "invalid_request"), "{case}: {}", answer.text);
        }
    }
    for session in [callers.user, callers.administrator] {
        pair.me(&session.access).await.ok(200);
        pair.refresh(&session.refresh).await.ok(200);
    }
}

#[on_both]
async fn a_form_that_is_not_unicode_is_an_invalid_request_at_every_route(pair: TestPair) {
    let account = Account::create(&pair, "users:read");
    let credentials = format!("client_id={}&client_secret={}", account.id, account.secret);
    let whole = format!("grant_type=client_credentials&token=a.b.c&{credentials}");
    for (number, path) in FORMS.into_iter().enumerate() {
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        for no_text in NO_TEXT {
            let encoded: String = no_text.iter().map(|byte| format!("%{byte:02x}")).collect();
            for no_text in [no_text, encoded.as_bytes()] {
                for begin in ["scope=", "token_type_hint=", "x=a", ""] {
                    bodies.push([format!("{whole}&{begin}").as_bytes(), no_text].concat());
                }
                bodies.push([&b"grant_type="[..], no_text].concat());
                bodies.push([&b"token="[..], no_text, b"&", credentials.as_bytes()].concat());
                bodies.push([&b"client_id="[..], no_text, b"&client_secret=", no_text].concat());
            }
        }
        for (other, body) in bodies.into_iter().enumerate() {
            let charset = CHARSETS[(number + other) % CHARSETS.len()];
            let media_type = format!("application/x-www-form-urlencoded{charset}");
            let case = format!("{path} {media_type} {}", body.escape_ascii());
            let call = pair.auth_call("POST", path).header("content-type", media_type);
            let answer = Answer::of(call.body(body)).await;
            let code = answer.code();
            assert_eq!((answer.status, code), (400, "invalid_request"), "{case}: {}", answer.text);
        }
    }
    account.token(&pair).await;
}

#[on_both]
async fn nul_in_a_form_or_in_json_is_never_a_server_error(Mailing(pair, _server): Mailing) {
    let account = Account::create(&pair, "users:read");
    let mut callers = Callers::new(&pair).await;
    for route in JSON {
        // Each route has its own session, because wrong passwords are counted in it.
        callers.user = pair.login("ana").await;
        for value in ["\0", "a\0b", "\u{fffd}", "\u{ffff}", "\u{10ffff}"] {
            let body = match route.1 {
                "/api/auth/password" => {
                    json!({ "current_password": PASSWORD, "new_password": format!("{value}1234567\0") })
                }
                "/api/auth/register" => {
                    json!({ "username": value, "email": value, "password": value })
                }
                "/api/auth/login" => json!({ "username": value, "password": value }),
                "/api/auth/password/reset" => json!({ "token": value, "new_password": value }),
                "/api/admin/users" => json!({ "username": value, "email": value }),
                _ => json!({ route.2: value }),
            };
            let answer = Answer::of(callers.call(&pair, route).json(&body)).await;
            let refused = (400..500).contains(&answer.status);
            assert!(refused || answer.status == 204, "{route:?} {value:?}: {}", answer.text);
        }
    }
    for path in FORMS {
        for name in ["grant_type", "client_id", "client_secret", "token", "scope", "\0"] {
            let mut form = vec![
                ("grant_type", "client_credentials"),
                ("client_id", &account.id),
                ("client_secret", &account.secret),
                ("token", "a.b.c"),
            ];
            form.retain(|(other, _)| *other != name);
            form.push((name, "a\0b"));
            let answer = post_form(&pair, path, &form);
            let answer = Answer::of(answer).await;
            assert!(answer.status < 500, "{path} {name:?}: {}", answer.text);
        }
    }
    account.token(&pair).await;
}
