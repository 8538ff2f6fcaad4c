//! A user name or an address that is the owner's own password is refused: it would show the password to everybody.

use service_kit::problem::Problem;

use super::{current_password::OwnSession, post_register::owner_names, problems};
use crate::{
    accounts::{EmailAddress, MIN_CHARS, Password, Username},
    sessions::password_tries,
    state::State,
};

/// Refuses names that the password, which is at hand, would give away.
///
/// # Errors
/// 400 with the field.
pub(super) fn refuse_as_known(
    password: &Password,
    name: Option<&Username>,
    email: Option<&EmailAddress>,
) -> Result<(), Problem> {
    for (field, known) in [
        ("username", owner_names(name, None).collect::<Vec<_>>()),
        ("email", owner_names(None, email).collect()),
    ] {
        if password.is_one_of(&known) {
            return Err(is_the_password(field));
        }
    }
    Ok(())
}

/// Refuses a name that is the password, where only the password's hash is at hand.
///
/// The answer tells a thief of a fresh token whether a guess is right. So such a name counts as a wrong password of the
/// session, and before the last one of those the password itself is asked for.
///
/// # Errors
/// 400 with the field; 503.
pub(super) async fn refuse_as_name(
    state: &State,
    own: &OwnSession,
    name: &Username,
) -> Result<(), Problem> {
    let mut forms = vec![name.display(), name.canonical()];
    forms.dedup();
    // A shorter one cannot be a password.
    forms.retain(|form| form.chars().count() >= MIN_CHARS);
    if forms.is_empty() || name.canonical() == own.user.username_key {
        return Ok(());
    }
    if !password_tries::note_possible_guess(&state.database, own.session.id.clone()).await? {
        let fault = "is needed: the name was changed too often without it";
        return Err(Problem::invalid_request("The current password is needed")
            .with_field("current_password", fault));
    }
    for form in forms {
        let Ok(password) = Password::presented(form) else { continue };
        let stored = Some(own.user.password_hash.as_str());
        let verify = state.hasher.verify(&own.attempt, password, stored);
        if state.counts.hash(verify).await.map_err(problems::hashing)?.matches {
            return Err(is_the_password("username"));
        }
    }
    Ok(())
}

fn is_the_password(field: &str) -> Problem {
    Problem::invalid_request("Your password would be known to everybody")
        .with_field(field, "must not be your own password")
}
