//! The scopes that users and service accounts can have.
//!
//! A misspelt scope allows nothing and is hard to notice, so only known scopes can be given. Scopes that are already
//! stored keep working, even unknown ones, because verifiers compare texts.

use claims::{Scopes, scope};
use service_kit::settings::{FromSetting, Settings, SettingsError};

/// For service accounts: introspection of other clients' tokens (`POST /oauth2/introspect`).
pub const TOKENS_INTROSPECT: &str = "tokens:introspect";

/// Scopes for both users and service accounts.
const COMMON_SCOPES: [&str; 3] = [scope::USERS_READ, scope::USERS_EMAIL, scope::USERS_ADMIN];

/// Reads a list of scopes, separated by spaces.
///
/// RFC 6749 allows a comma in a scope, but people who write a comma mean two scopes.
///
/// # Errors
/// A message for people, if it is not such a list, or contains a comma.
pub fn parse(text: &str) -> Result<Scopes, String> {
    if text.contains(',') {
        return Err("has a comma; separate scopes by spaces".to_owned());
    }
    text.parse().map_err(|_| "is not a list of scopes separated by spaces".to_owned())
}

/// Scopes in a setting: separated by spaces, or `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ScopeList(Scopes);

impl FromSetting for ScopeList {
    const SEPARATOR: Option<char> = Some(' ');

    fn from_setting(text: &str) -> Result<Self, String> {
        let words = if text == "none" { Vec::new() } else { text.split_whitespace().collect() };
        parse(&words.join(" ")).map(Self)
    }
}

/// The built-in scopes and those that the operator declared with `AUTH_SCOPES`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownScopes {
    declared: Scopes,
}

impl KnownScopes {
    /// The built-in scopes and these.
    pub fn with(declared: Scopes) -> Self {
        Self { declared }
    }

    /// The scopes that a user can have.
    pub fn for_users(&self) -> Vec<String> {
        COMMON_SCOPES.iter().copied().chain(self.declared.iter()).map(str::to_owned).collect()
    }

    /// Checks that a user can have these scopes.
    ///
    /// # Errors
    /// When one of them is not known.
    pub fn check_for_user(&self, scopes: Scopes) -> Result<Scopes, UnknownScope> {
        self.check(scopes, &[])
    }

    /// Checks that a service account can have these scopes.
    ///
    /// # Errors
    /// When one of them is not known.
    pub fn check_for_client(&self, scopes: Scopes) -> Result<Scopes, UnknownScope> {
        self.check(scopes, &[TOKENS_INTROSPECT])
    }

    fn check(&self, scopes: Scopes, further: &[&str]) -> Result<Scopes, UnknownScope> {
        let built_in = || COMMON_SCOPES.iter().chain(further).copied();
        let is_known =
            |scope: &str| built_in().any(|known| known == scope) || self.declared.contains(scope);
        let Some(unknown) = scopes.iter().find(|scope| !is_known(scope)) else {
            return Ok(scopes);
        };
        let known: Vec<_> = built_in().chain(self.declared.iter()).collect();
        Err(UnknownScope { scope: unknown.to_owned(), known: known.join(" ") })
    }
}

/// A scope that is neither built in nor declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{scope:?} is not a known scope ({known}); AUTH_SCOPES declares further ones")]
pub struct UnknownScope {
    scope: String,
    known: String,
}

/// The settings about scopes.
#[derive(Clone, Debug)]
pub struct ScopeSettings {
    /// `AUTH_DEFAULT_SCOPES`: the scopes of a new user.
    pub default: Scopes,
    /// `AUTH_SCOPES` and the built-in ones.
    pub known: KnownScopes,
}

/// Reads `AUTH_DEFAULT_SCOPES` (the scopes of a new user) and `AUTH_SCOPES` (further known scopes).
///
/// # Errors
/// The name of the setting that cannot be used, never its value.
pub fn take(given: &mut Settings) -> Result<ScopeSettings, SettingsError> {
    let ScopeList(declared) =
        given.take("SCOPES", "none", "scopes of your own, beside the built-in ones")?;
    let known = KnownScopes::with(declared);
    let ScopeList(scopes) =
        given.take("DEFAULT_SCOPES", scope::USERS_READ, "scopes of a new user")?;
    let scopes = known.check_for_user(scopes).map_err(|_| {
        let built_in = COMMON_SCOPES.join(" ");
        let why = format!(
            "contains a scope that is not one of {built_in} and is not declared in AUTH_SCOPES"
        );
        given.invalid("DEFAULT_SCOPES", why)
    })?;
    if scopes.contains(scope::USERS_ADMIN) {
        let why = "contains users:admin: every user who registers would be an administrator";
        return Err(given.invalid("DEFAULT_SCOPES", why));
    }
    Ok(ScopeSettings { default: scopes, known })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Scopes {
        parse(text).unwrap()
    }

    #[test]
    fn scopes_are_separated_by_spaces_and_a_comma_is_an_error() {
        assert_eq!(scopes("users:read users:email").iter().count(), 2);
        assert!(scopes("").is_empty());
        for text in ["users:read,users:email", "users:read, users:email", ",", "a,b"] {
            assert!(parse(text).unwrap_err().contains("by spaces"), "{text}");
        }
        for text in [" users:read", "users:read  users:email", "users\"read", "ü"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(ScopeList::from_setting("none"), Ok(ScopeList(Scopes::default())));
        assert_eq!(ScopeList::from_setting("a\n  b"), Ok(ScopeList(scopes("a b"))));
    }

    #[test]
    fn a_scope_is_known_if_it_is_built_in_or_declared() {
        let known = KnownScopes::with(scopes("reports:read reports:write"));
        for text in ["", "users:read users:email users:admin", "reports:write users:read"] {
            assert_eq!(known.check_for_user(scopes(text)), Ok(scopes(text)));
            assert_eq!(known.check_for_client(scopes(text)), Ok(scopes(text)));
        }
        for text in ["user:read", "users:read reports", "Users:read", "*", "reports:read:all"] {
            let error = known.check_for_user(scopes(text)).unwrap_err().to_string();
            assert!(error.contains("reports:read") && error.contains("AUTH_SCOPES"), "{error}");
            assert!(known.check_for_client(scopes(text)).is_err(), "{text}");
        }
        assert!(KnownScopes::default().check_for_user(scopes("reports:read")).is_err());
    }

    #[test]
    fn only_service_accounts_can_have_the_scope_for_introspection() {
        let known = KnownScopes::default();
        assert!(known.check_for_client(scopes(TOKENS_INTROSPECT)).is_ok());
        assert!(known.check_for_user(scopes(TOKENS_INTROSPECT)).is_err());
    }
}
