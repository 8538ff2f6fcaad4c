//! Checks a URL before anything prints it or libpq reads it.

use super::{POOL_MODE, UrlParts};

const HOW_TO_WRITE: &str =
    "in a user name or password / is written %2F, @ is %40, % is %25, ? is %3F and a blank %20";

/// The parameters that libpq 18 takes in a URL, and our own.
const PARAMETERS: [&str; 53] = [
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_issuer",
    "oauth_scope",
    "options",
    "passfile",
    "password",
    POOL_MODE,
    "port",
    "replication",
    "require_auth",
    "requirepeer",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "ssl",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslkeylogfile",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// Rejects a URL that libpq would misread, or would reject with a message that repeats it. The reason never contains a
/// part of the URL, except for the name of a parameter that we know.
pub(crate) fn check(url: &str) -> Result<(), String> {
    let how = |what: &str| Err(format!("{what}; {HOW_TO_WRITE}"));
    if url.chars().any(|c| c.is_control() || c.is_whitespace() || c == char::REPLACEMENT_CHARACTER)
    {
        return how("holds a blank or a character that is not printable");
    }
    if !percent_escapes_are_valid(url) {
        return how("holds a % that does not begin an encoded byte, or an encoded NUL");
    }
    let parts = UrlParts::of(url);
    let at_signs = url.matches('@').count();
    if at_signs > 1 || (at_signs == 1 && parts.user.is_none()) {
        return how(
            "cannot be read: its one raw @ ends the user's part, and no raw / comes before that",
        );
    }
    if parts.user.is_some_and(|user| user.split(':').next().is_some_and(|name| name.contains('?')))
    {
        return how("holds a raw ? in its user name");
    }
    // libpq takes a # for a part of the name or value; other readers of URLs take it for the beginning of a fragment.
    if parts.place.contains('#') || parts.query.is_some_and(|query| query.contains('#')) {
        return Err("holds a raw # behind its user's part: as a part of a name it is written %23"
            .to_owned());
    }
    let (hosts, name) = parts.place.split_once('/').unwrap_or((parts.place, ""));
    if !hosts.split(',').all(is_host_and_port) {
        return how("holds a host whose port is no number");
    }
    if name.contains('/') {
        return how("holds a raw / in its database name");
    }
    check_query(&parts)
}

fn check_query(parts: &UrlParts<'_>) -> Result<(), String> {
    let Some(query) = parts.query else { return Ok(()) };
    if query.split('&').any(|pair| pair.matches('=').count() != 1) {
        return Err("holds a parameter that is not name=value".to_owned());
    }
    for (name, value) in parts.pairs() {
        if !PARAMETERS.contains(&name) {
            return Err(format!(
                "holds a parameter that is unknown; for a pooler it is {POOL_MODE}"
            ));
        }
        if name == POOL_MODE && !["session", "transaction"].contains(&value) {
            return Err(format!("{POOL_MODE} is session or transaction"));
        }
    }
    Ok(())
}

fn percent_escapes_are_valid(url: &str) -> bool {
    url.split('%').skip(1).all(|rest| {
        let code = rest.as_bytes().get(..2);
        code.is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit) && code != b"00")
    })
}

/// `name`, `name:5432`, `[::1]:5432`, or nothing: the default.
fn is_host_and_port(text: &str) -> bool {
    let rest = match text.strip_prefix('[').map(|address| address.split_once(']')) {
        Some(Some((_, rest))) => rest,
        Some(None) => return false,
        None => text.find(':').map_or("", |colon| &text[colon..]),
    };
    rest.strip_prefix(':').map_or(rest.is_empty(), |port| port.bytes().all(|b| b.is_ascii_digit()))
}
