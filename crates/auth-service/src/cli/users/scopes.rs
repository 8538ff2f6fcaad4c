//! `auth-service users scopes`

use claims::Scopes;
use clap::Args;
use database::Database;

use super::{change::apply, user_arguments::UserOptions};
use crate::{
    accounts::{RightsChange, ScopeChange, UserChanges, UserSelector, check_grant},
    audit::RequestContext,
    cli::{CommandError, print},
    scopes::{self, KnownScopes},
    settings::AuthSettings,
};

/// The users whose scopes are changed, and the change.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ScopesArguments {
    /// The user (unless an option names one) and then, unless --add or --remove is used, the new scopes, separated by
    /// spaces; leave them out to remove all scopes.
    #[arg(value_names = ["USER", "SCOPES"], num_args = 0..=2)]
    words: Vec<String>,
    #[command(flatten)]
    by: UserOptions,
    /// Every user; only with --add or --remove.
    #[arg(long)]
    all: bool,
    /// Scopes to add, separated by spaces.
    #[arg(long, value_name = "SCOPES")]
    add: Option<String>,
    /// Scopes to remove, separated by spaces; others stay.
    #[arg(long, value_name = "SCOPES")]
    remove: Option<String>,
}

/// The users to change.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    All,
    One(UserSelector),
}

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    target: Target,
    change: ScopeChange,
}

impl ScopesArguments {
    fn plan(&self, known: &KnownScopes) -> Result<Plan, String> {
        let mut words = self.words.iter();
        let target = match (self.all, self.by.selector()?) {
            (true, None) => Target::All,
            (false, Some(selector)) => Target::One(selector),
            (true, Some(_)) => return Err("--all and one user exclude each other".to_owned()),
            (false, None) => {
                let user = words.next().ok_or("name a user, or use --all")?;
                Target::One(UserSelector::of_argument(user)?)
            }
        };
        let (set, extra) = (words.next(), words.next());
        if extra.is_some() {
            return Err("name the user once, and write the scopes as one argument".to_owned());
        }
        let edits = self.add.is_some() || self.remove.is_some();
        match (set, edits, &target) {
            (Some(_), true, _) => Err("give either the scopes or --add and --remove".to_owned()),
            (None, true, _) => Ok(Plan { change: self.edit(known)?, target }),
            (_, false, Target::All) => Err("--all needs --add or --remove".to_owned()),
            (set, false, Target::One(_)) => {
                let scopes = of_argument(set.map_or("", String::as_str))?;
                let scopes = check_grant(scopes, None, known).map_err(|why| why.to_string())?;
                Ok(Plan { target, change: ScopeChange::Set(scopes) })
            }
        }
    }

    fn edit(&self, known: &KnownScopes) -> Result<ScopeChange, String> {
        let parsed =
            |text: &Option<String>| text.as_deref().map_or(Ok(Scopes::default()), of_argument);
        // A scope to remove may be unknown: an old value may be stored.
        let (add, remove) = (
            check_grant(parsed(&self.add)?, None, known).map_err(|why| why.to_string())?,
            parsed(&self.remove)?,
        );
        if add.is_empty() && remove.is_empty() {
            return Err("--add and --remove name no scope".to_owned());
        }
        if let Some(both) = add.iter().find(|scope| remove.contains(scope)) {
            return Err(format!("{both:?} is to be added and to be removed"));
        }
        Ok(ScopeChange::Edit { add, remove })
    }
}

fn of_argument(text: &str) -> Result<Scopes, String> {
    scopes::parse(text).map_err(|why| format!("{text:?} {why}"))
}

pub(super) async fn run(
    arguments: &ScopesArguments,
    database: &Database,
    settings: &AuthSettings,
    context: RequestContext,
) -> Result<(), CommandError> {
    let Plan { target, change } = arguments.plan(&settings.known_scopes)?;
    let access = settings.lifetimes.access;
    match target {
        Target::All => {
            let changed = change.apply_to_all(database, access, &context).await?;
            print(&format!("{changed} users changed"))
        }
        Target::One(selector) => {
            let rights = RightsChange::of_scope(change);
            let changes = UserChanges { rights, ..UserChanges::default() };
            let user = apply(database, settings, selector, changes, context).await?;
            print(&format!("{}  {}  [{}]", user.id, user.username, user.scope))
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: ScopesArguments,
    }

    fn plan(line: &[&str]) -> Result<Plan, String> {
        let words = ["scopes"].iter().chain(line);
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        line.arguments.plan(&KnownScopes::default())
    }

    fn set(text: &str) -> ScopeChange {
        ScopeChange::Set(text.parse().unwrap())
    }

    fn edit(add: &str, remove: &str) -> ScopeChange {
        ScopeChange::Edit { add: add.parse().unwrap(), remove: remove.parse().unwrap() }
    }

    #[test]
    fn a_user_and_scopes_or_changes_are_told_apart() {
        let ana = || Target::One(UserSelector::by_name("ana"));
        for (line, expected) in [
            (vec!["ana", "users:read"], (ana(), set("users:read"))),
            (vec!["ana", ""], (ana(), set(""))),
            (vec!["ana"], (ana(), set(""))),
            (vec!["--name", "ana", "users:read"], (ana(), set("users:read"))),
            (vec!["--name=ana"], (ana(), set(""))),
            (vec!["ana", "--add", "users:email"], (ana(), edit("users:email", ""))),
            (vec!["--all", "--remove", "users:email"], (Target::All, edit("", "users:email"))),
            (
                vec!["--all", "--remove", "old other", "--add", "users:read"],
                (Target::All, edit("users:read", "old other")),
            ),
        ] {
            let (target, change) = expected;
            assert_eq!(plan(&line), Ok(Plan { target, change }), "{line:?}");
        }
    }

    #[test]
    fn ambiguous_arguments_and_unknown_scopes_are_errors() {
        for line in [
            vec![],
            vec!["--all"],
            vec!["--all", "users:read"],
            vec!["--all", "ana", "--add", "users:read"],
            vec!["--all", "--name", "ana", "--add", "users:read"],
            vec!["ana", "users:read", "--add", "users:email"],
            vec!["--name", "ana", "bob", "users:read"],
            vec!["--name", "ana", "--email", "ana@example.org", "users:read"],
            vec!["ana", "users:raed"],
            vec!["ana", "--add", "users:read,users:email"],
            vec!["--all", "--remove", "users:read,users:email"],
            vec!["--all", "--add", "users:raed"],
            vec!["--all", "--add", ""],
            vec!["ana", "--add", "users:read", "--remove", "users:read"],
        ] {
            assert!(plan(&line).is_err(), "{line:?}");
        }
    }
}
