//! Which scopes a user may be given, and by whom.

use claims::Scopes;

use super::UpdateRejection;
use crate::scopes::KnownScopes;

/// Returns these scopes if a user may be given them: by an administrator who has the scopes `held`, or by an operator
/// (`None`), who may give every known scope.
///
/// # Errors
/// [`UpdateRejection::ScopeNotHeld`], [`UpdateRejection::UnknownScope`].
pub fn check_grant(
    scopes: Scopes,
    held: Option<&Scopes>,
    known: &KnownScopes,
) -> Result<Scopes, UpdateRejection> {
    if let Some(missing) = held.and_then(|held| not_held(scopes.iter(), held)) {
        return Err(UpdateRejection::ScopeNotHeld(missing));
    }
    known.check_for_user(scopes).map_err(UpdateRejection::UnknownScope)
}

/// The first of the scopes that is not in `held`.
pub(super) fn not_held<'a>(
    mut scopes: impl Iterator<Item = &'a str>,
    held: &Scopes,
) -> Option<String> {
    scopes.find(|scope| !held.contains(scope)).map(str::to_owned)
}

/// The scopes that are in `after` and not in `before`; `None` if there are none.
pub(super) fn granted(before: &str, after: &str) -> Option<Scopes> {
    let held: Vec<_> = before.split_ascii_whitespace().collect();
    let new: Vec<_> =
        after.split_ascii_whitespace().filter(|scope| !held.contains(scope)).collect();
    let granted: Scopes = new.join(" ").parse().ok()?;
    Some(granted).filter(|granted| !granted.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scopes_that_were_not_held_are_granted() {
        for (before, after, expected) in [
            ("", "", None),
            ("a b", "b", None),
            ("a", "a a", None),
            ("a", "b a", Some("b")),
            ("", "users:read users:admin", Some("users:read users:admin")),
        ] {
            let granted = granted(before, after).map(|scopes| scopes.to_string());
            assert_eq!(granted.as_deref(), expected, "{before:?} {after:?}");
        }
    }
}
