//! The JOSE header (RFC 7515 §4): the rules that it must satisfy before the signature is checked.

use serde::de::MapAccess;

use crate::Rejection;
use crate::policy::{Policy, bare_type};
use crate::strict_json::{MemberKind, Members, StrictObject, Text, read_object};

/// Which kind of token is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenUse {
    /// An access token, `at+jwt` (RFC 9068 §2.1).
    Access,
    /// A refresh token, `refresh+jwt`: this project's own type.
    Refresh,
}

/// The three members that are used. All others are rejected or ignored.
#[derive(Default)]
struct Header<'a> {
    alg: Option<Text<'a>>,
    typ: Option<Text<'a>>,
    kid: Option<Text<'a>>,
}

impl<'de> StrictObject<'de> for Header<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut Members<'_, A>,
    ) -> Result<MemberKind, A::Error> {
        match name {
            "alg" => members.read(&mut self.alg, Rejection::Algorithm),
            "typ" => members.read(&mut self.typ, Rejection::HeaderType("typ")),
            "kid" => members.read(&mut self.kid, Rejection::HeaderType("kid")),
            _ => match forbidden_member(name) {
                Some(name) => Err(members.reject(Rejection::ForbiddenHeader(name))),
                None => members.skip(),
            },
        }
    }
}

/// Members that change how the token is to be read (RFC 7515 §4.1.11, RFC 7797), or that bring
/// their own key (RFC 7515 §4.1.2 to §4.1.6): a verifier that followed them could be made to trust any key.
fn forbidden_member(name: &str) -> Option<&'static str> {
    ["crit", "b64", "jwk", "jku", "x5u", "x5c"].into_iter().find(|member| *member == name)
}

/// Checks the header of a token for `token_use` and gives its `kid`.
///
/// `policy` names the accepted types of access tokens; without it only this project's own type is accepted.
pub(crate) fn read_kid(
    json: &[u8],
    token_use: TokenUse,
    policy: Option<&Policy>,
) -> Result<String, Rejection> {
    let header: Header = read_object(json)?;
    if header.alg.is_none_or(|alg| alg.0 != "RS256") {
        return Err(Rejection::Algorithm);
    }
    let typ = header.typ.as_ref().map(|typ| typ.0.as_ref());
    if !type_fits(typ, token_use, policy) {
        return Err(Rejection::TokenType);
    }
    match header.kid {
        Some(kid) if !kid.0.is_empty() => Ok(kid.0.into_owned()),
        _ => Err(Rejection::MissingKeyId),
    }
}

fn type_fits(typ: Option<&str>, token_use: TokenUse, policy: Option<&Policy>) -> bool {
    let is = |wanted: &str| typ.is_some_and(|typ| bare_type(typ).eq_ignore_ascii_case(wanted));
    match (token_use, policy) {
        (TokenUse::Refresh, _) => is("refresh+jwt"),
        (TokenUse::Access, None) => is("at+jwt"),
        (TokenUse::Access, Some(policy)) => match typ {
            None => policy.untyped,
            Some(_) => policy.access_types.iter().any(|wanted| is(wanted)),
        },
    }
}
