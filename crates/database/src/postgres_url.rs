//! libpq's connection URIs: checked, masked, and completed with time-outs.
//!
//! Every URL is checked before anything prints it or libpq reads it: libpq repeats what it cannot parse, and a
//! password with a raw `/` or `@` would be taken for a host or a port.

mod check;
#[cfg(test)]
mod tests;

use percent_encoding::percent_decode_str;
use service_kit::settings::MASK;

pub(crate) use self::check::check;
use super::{Access, transaction::STATEMENT_TIMEOUT_MILLIS};

/// Our own parameter: how a connection pooler such as PgBouncer hands out the server's connections.
const POOL_MODE: &str = "pool_mode";

/// libpq's parameter for settings of the session.
const OPTIONS: &str = "options";

/// Whether a connection pooler is in front of the server, and when it takes a server connection away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PoolMode {
    /// No pooler: a connection is a session of the server.
    None,
    /// The pooler keeps the server's session for as long as our connection lasts.
    Session,
    /// Each transaction may run in another session of the server: nothing may be bound to a session.
    Transaction,
}

/// The parts of a libpq URI: what is before the user, the user's part, the rest up to `?`, the query.
/// The user's part is found first, as libpq does it: a password may hold a `?`.
struct UrlParts<'a> {
    scheme: &'a str,
    user: Option<&'a str>,
    place: &'a str,
    query: Option<&'a str>,
}

impl<'a> UrlParts<'a> {
    fn of(url: &'a str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let hosts = rest.find('/').unwrap_or(rest.len());
        let (user, rest) = match rest[..hosts].rfind('@') {
            Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
            None => (None, rest),
        };
        let (place, query) =
            rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
        Self { scheme, user, place, query }
    }

    fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let pairs = self.query.into_iter().flat_map(|query| query.split('&'));
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    fn password(&self) -> Option<&'a str> {
        self.user?.split_once(':').map(|(_, password)| password)
    }
}

/// Masks the password in `postgres://user:password@host/…` and every secret among the parameters.
pub(crate) fn mask(url: &str) -> String {
    let parts = UrlParts::of(url);
    let mut masked = format!("{}://", parts.scheme);
    if let Some(user) = parts.user {
        masked.push_str(user.split_once(':').map_or(user, |(name, _)| name));
        masked.push_str(&if user.contains(':') { format!(":{MASK}@") } else { "@".to_owned() });
    }
    masked.push_str(parts.place);
    for (index, (name, value)) in parts.pairs().enumerate() {
        masked.push(if index == 0 { '?' } else { '&' });
        let value = if is_secret(name) { MASK } else { value };
        masked.push_str(&format!("{name}={value}"));
    }
    masked
}

/// Takes every secret of the URL out of a text that the driver or the server wrote.
pub(crate) fn redact(url: &str, text: &str) -> String {
    let parts = UrlParts::of(url);
    let of_query = parts.pairs().filter(|(name, _)| is_secret(name)).map(|(_, value)| value);
    let written = of_query.chain(parts.password()).map(str::to_owned);
    let mut secrets: Vec<String> = written
        .flat_map(|secret| {
            let plain = percent_decode_str(&secret).decode_utf8_lossy().into_owned();
            [secret, plain]
        })
        .filter(|secret| !secret.is_empty())
        .collect();
    secrets.push(url.to_owned());
    // A longer one may hold a shorter one.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
}

fn is_secret(name: &str) -> bool {
    let plain = percent_decode_str(name).decode_utf8_lossy().to_lowercase();
    ["password", "secret", "scram_"].iter().any(|sign| plain.contains(sign))
}

/// Which pooler the URL says is in front of the server.
pub(crate) fn pool_mode(url: &str) -> PoolMode {
    let set =
        UrlParts::of(url).pairs().find(|(name, _)| *name == POOL_MODE).map(|(_, value)| value);
    match set {
        Some("session") => PoolMode::Session,
        Some("transaction") => PoolMode::Transaction,
        _ => PoolMode::None,
    }
}

/// The URL for libpq: without our own parameter, and with the time-outs that the URL does not set itself. Its own
/// `options` stand behind ours: of two values for one setting, the server takes the later. Poolers
/// reject the start-up parameter `options`; behind them, statements set the same values (see `connection.rs`).
pub(crate) fn connect_url(url: &str, access: Access) -> String {
    let url = &with_network_timeouts(url);
    let mut options = format!("-c%20statement_timeout%3D{STATEMENT_TIMEOUT_MILLIS}");
    // A second line of defence only: the role's rights are what counts.
    if access == Access::ReadOnly {
        options.push_str("%20-c%20default_transaction_read_only%3Don");
    }
    let parts = UrlParts::of(url);
    let Some(query) = parts.query.filter(|_| has_parameter(url, OPTIONS)) else {
        return with_parameters(url, &[(OPTIONS, &options)]);
    };
    let pairs = parts.pairs().map(|(name, value)| match name {
        OPTIONS => format!("{name}={options}%20{value}"),
        _ => format!("{name}={value}"),
    });
    let before = &url[..url.len() - query.len()];
    format!("{before}{}", pairs.collect::<Vec<_>>().join("&"))
}

/// Whether the URL's own options set this one. The server takes `statement-timeout` for the same name.
pub(crate) fn sets_option(url: &str, option: &str) -> bool {
    let parts = UrlParts::of(url);
    let mut options = parts.pairs().filter(|(name, _)| *name == OPTIONS);
    options.any(|(_, value)| {
        let plain = percent_decode_str(value).decode_utf8_lossy().to_lowercase();
        plain.replace('-', "_").contains(option)
    })
}

/// The same without `options`: for poolers, and for migrations, whose statements have no time-out.
pub(crate) fn with_network_timeouts(url: &str) -> String {
    const BOUNDS: [(&str, &str); 5] = [
        ("connect_timeout", "2"),
        ("tcp_user_timeout", "3000"),
        ("keepalives_idle", "5"),
        ("keepalives_interval", "2"),
        ("keepalives_count", "2"),
    ];
    with_parameters(&without_pool_mode(url), &BOUNDS)
}

/// Whether the URL has a parameter of that name.
pub(crate) fn has_parameter(url: &str, name: &str) -> bool {
    UrlParts::of(url).pairs().any(|(set, _)| set == name)
}

fn without_pool_mode(url: &str) -> String {
    let Some((before, query)) =
        UrlParts::of(url).query.map(|query| (&url[..url.len() - query.len() - 1], query))
    else {
        return url.to_owned();
    };
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| pair.split_once('=').is_none_or(|(name, _)| name != POOL_MODE))
        .collect();
    if kept.is_empty() { before.to_owned() } else { format!("{before}?{}", kept.join("&")) }
}

fn with_parameters(url: &str, parameters: &[(&str, &str)]) -> String {
    let mut url = url.to_owned();
    for (name, value) in parameters {
        if !has_parameter(&url, name) {
            let join = if UrlParts::of(&url).query.is_some() { '&' } else { '?' };
            url.push_str(&format!("{join}{name}={value}"));
        }
    }
    url
}
