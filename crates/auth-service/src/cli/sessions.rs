//! `auth-service sessions end|end-all`

use std::io::{IsTerminal, Write};

use clap::Subcommand;
use database::Database;
use service_kit::{clock::Clock, unix_time::UnixSeconds};

use super::{
    CommandError, open_database, print,
    users::{UserArguments, find},
};
use crate::{
    audit::{self, Entry, Event, RequestContext},
    sessions::revoke::{revoke_all, revoke_batch_of_users},
    settings::AuthSettings,
};

/// The commands about sessions.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum SessionsCommand {
    /// End every session of one user. The user may sign in again.
    End {
        #[command(flatten)]
        who: UserArguments,
    },
    /// End every session of every user, for example after a backup was restored: sessions that were ended after the
    /// backup are live in it again.
    EndAll {
        /// Do not ask for confirmation.
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(
    command: &SessionsCommand,
    settings: &AuthSettings,
) -> Result<(), CommandError> {
    if matches!(command, SessionsCommand::EndAll { yes: false }) && !confirmed()? {
        return Err("nothing was changed".into());
    }
    let database = open_database(settings).await?;
    let context = RequestContext::operator(Clock::system().now_micros());
    let entry = context.done(Event::SessionEnded).because("operator");
    match command {
        SessionsCommand::End { who } => {
            let user = find(&database, who.selector()?).await?;
            let ended = revoke_all(&database, user.id.clone(), context.at.seconds(), entry).await?;
            print(&format!("{}  {}  {ended} sessions ended", user.id, user.username))
        }
        SessionsCommand::EndAll { .. } => {
            let ended = end_all(&database, context.at.seconds(), entry).await?;
            print(&format!("{ended} sessions ended"))
        }
    }
}

async fn end_all(
    database: &Database,
    now: UnixSeconds,
    entry: Entry,
) -> Result<usize, CommandError> {
    let (mut total, mut from) = (0, None);
    loop {
        let (first, entry) = (from.clone(), entry.clone());
        let revoked = audit::write(database, move |transaction| {
            revoke_batch_of_users(transaction, first.as_ref(), now, &entry)
        });
        let Some(revoked) = revoked.await? else { return Ok(total) };
        total += revoked.sessions;
        from = Some(revoked.last_user_id);
    }
}

/// Asks for confirmation on the terminal. Without a terminal `--yes` is needed.
#[expect(clippy::print_stderr, reason = "a question is not what the command prints")]
fn confirmed() -> Result<bool, CommandError> {
    if !std::io::stdin().is_terminal() {
        return Err("this ends every session of every user, and standard input is not a terminal: use --yes to confirm".into());
    }
    eprint!("End every session of every user? Type yes: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
