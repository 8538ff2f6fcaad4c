//! Claims that only this project's tokens have. In tokens of other issuers these names may mean other things.

use serde_json::{Map, Value};

use crate::{Policy, Rejection};

/// `ver`, where the policy is for this project's tokens.
pub(crate) fn rights_version(
    claim: Option<Value>,
    policy: &Policy,
) -> Result<Option<i64>, Rejection> {
    let own = claim.filter(|_| policy.own_claims);
    own.map(|version| version.as_i64().ok_or(Rejection::ClaimType("ver"))).transpose()
}

/// `fresh`. In a token of another issuer it counts only if it has the meaning it has here: some write a time.
pub(crate) fn freshness(claim: Option<&Value>, policy: &Policy) -> Result<Option<bool>, Rejection> {
    match claim {
        None => Ok(None),
        Some(Value::Bool(fresh)) => Ok(Some(*fresh)),
        Some(_) if policy.own_claims => Err(Rejection::ClaimType("fresh")),
        Some(_) => Ok(None),
    }
}

/// `ext`, where the policy is for this project's tokens.
pub(crate) fn further_claims(
    claim: Option<Value>,
    policy: &Policy,
) -> Result<Option<Map<String, Value>>, Rejection> {
    match claim.filter(|_| policy.own_claims) {
        None => Ok(None),
        Some(Value::Object(claims)) => Ok(Some(claims)),
        Some(_) => Err(Rejection::ClaimType("ext")),
    }
}
