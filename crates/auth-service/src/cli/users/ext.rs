//! `auth-service users ext`

use clap::Args;
use database::Database;

use super::{change::apply, user_arguments::UserOptions};
use crate::{
    accounts::{Ext, RightsChange, UserChanges, UserSelector},
    audit::RequestContext,
    cli::{CommandError, print},
    settings::AuthSettings,
};

/// The user, and the further claims of its tokens.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ExtArguments {
    /// The user (unless an option names one) and then, unless --clear is used, a JSON object of at most 1024 bytes,
    /// such as '{"plan":"pro"}'.
    #[arg(value_names = ["USER", "JSON"], num_args = 0..=2)]
    words: Vec<String>,
    #[command(flatten)]
    by: UserOptions,
    /// Remove the further claims.
    #[arg(long)]
    clear: bool,
}

impl ExtArguments {
    fn plan(&self) -> Result<(UserSelector, Option<Ext>), String> {
        let mut words = self.words.iter();
        let who = match self.by.selector()? {
            Some(selector) => selector,
            None => UserSelector::of_argument(words.next().ok_or("name a user")?)?,
        };
        let ext = match (words.next(), self.clear) {
            (None, true) => None,
            (Some(text), false) => Ext::parse(text).map_err(|why| format!("the JSON {why}"))?,
            _ => return Err("give either a JSON object or --clear".to_owned()),
        };
        if words.next().is_some() {
            return Err("name the user once, and write the JSON as one argument".to_owned());
        }
        Ok((who, ext))
    }
}

pub(super) async fn run(
    arguments: &ExtArguments,
    database: &Database,
    settings: &AuthSettings,
    context: RequestContext,
) -> Result<(), CommandError> {
    let (who, ext) = arguments.plan()?;
    let changes = UserChanges { rights: RightsChange::of_ext(ext), ..UserChanges::default() };
    let user = apply(database, settings, who, changes, context).await?;
    print(&format!("{}  {}  {}", user.id, user.username, user.ext.as_deref().unwrap_or("{}")))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: ExtArguments,
    }

    fn plan(line: &[&str]) -> Result<(UserSelector, Option<Ext>), String> {
        let words = ["ext"].iter().chain(line);
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        line.arguments.plan()
    }

    #[test]
    fn a_user_and_an_object_or_clear_are_told_apart() {
        let ana = UserSelector::by_name("ana");
        let ext = Ext::parse(r#"{"a":1}"#).unwrap();
        for line in [&["ana", r#"{"a":1}"#], &["--name=ana", r#"{"a":1}"#]] {
            assert_eq!(plan(line), Ok((ana.clone(), ext.clone())), "{line:?}");
        }
        for line in [&["ana", "--clear"][..], &["--name", "ana", "--clear"], &["ana", "{}"]] {
            assert_eq!(plan(line), Ok((ana.clone(), None)), "{line:?}");
        }
    }

    #[test]
    fn ambiguous_arguments_and_other_json_than_an_object_are_errors() {
        for line in [
            &[][..],
            &["ana"],
            &["--clear"],
            &["ana", "[]"],
            &["ana", "plan=pro"],
            &["ana", "{}", "--clear"],
            &["--name", "ana", "bob", "{}"],
        ] {
            assert!(plan(line).is_err(), "{line:?}");
        }
    }
}
