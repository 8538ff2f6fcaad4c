//! The parameters of an OAuth request (RFC 6749 §3.2).

use std::{collections::BTreeMap, fmt};

use service_kit::input::FormBody;

use super::oauth_error::OAuthError;

/// Parameters that may be repeated; they are ignored. RFC 8707 §2: a client may name several resources.
const REPEATABLE: [&str; 1] = ["resource"];

/// Parameters by name. Each was sent once.
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads a form. A parameter without a value counts as omitted, and unknown parameters are ignored (RFC 6749 §3.2).
    ///
    /// # Errors
    /// [`OAuthError::InvalidRequest`] when a parameter is repeated: it is unclear which value another reader, such as a
    /// proxy, would use.
    pub(crate) fn new(form: FormBody) -> Result<Self, OAuthError> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form.0 {
            let may_repeat = REPEATABLE.contains(&name.as_str());
            if parameters.insert(name, value).is_some() && !may_repeat {
                return Err(OAuthError::InvalidRequest("A parameter is repeated"));
            }
        }
        parameters.retain(|_, value| !value.is_empty());
        Ok(Self(parameters))
    }

    /// An optional parameter.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// A required parameter.
    ///
    /// # Errors
    /// [`OAuthError::InvalidRequest`] with the message `missing`.
    pub(crate) fn require(
        &mut self,
        name: &str,
        missing: &'static str,
    ) -> Result<String, OAuthError> {
        self.take(name).ok_or(OAuthError::InvalidRequest(missing))
    }
}

/// Shows no values, because some are secrets.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Result<Parameters, OAuthError> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Parameters::new(FormBody(pairs.iter().map(owned).collect()))
    }

    #[test]
    fn a_parameter_without_a_value_counts_as_omitted() {
        let mut parameters = parameters(&[("scope", ""), ("token", "t")]).unwrap();
        assert_eq!(parameters.take("scope"), None);
        assert_eq!(parameters.require("token", "").unwrap(), "t");
        let missing = parameters.require("grant_type", "no grant").unwrap_err();
        assert_eq!(missing, OAuthError::InvalidRequest("no grant"));
    }

    #[test]
    fn a_repeated_parameter_is_an_error_even_without_values() {
        for pairs in [[("scope", "a"), ("scope", "a")], [("scope", ""), ("scope", "a")]] {
            assert!(matches!(parameters(&pairs), Err(OAuthError::InvalidRequest(_))));
        }
    }

    #[test]
    fn resources_may_be_several() {
        let pairs = [("resource", "https://a"), ("token", "t"), ("resource", "https://b")];
        assert_eq!(parameters(&pairs).unwrap().take("token").as_deref(), Some("t"));
    }
}
