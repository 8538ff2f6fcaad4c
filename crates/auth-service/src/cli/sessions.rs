//! `auth-service sessions list|end|end-all`

use std::io::{IsTerminal, Write};

use clap::Subcommand;
use database::Database;
use service_kit::{clock::Clock, ids::SessionId, timestamp::Timestamp, unix_time::UnixSeconds};

use super::{
    CommandError, open_database, print,
    users::{UserArguments, find},
};
use crate::{
    audit::{self, Entry, Event, RequestContext},
    sessions::{
        self,
        revoke::{revoke_all, revoke_batch_of_users, revoke_own},
    },
    settings::AuthSettings,
    store::users::UserRow,
};

/// The commands about sessions.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum SessionsCommand {
    /// List the live sessions of one user.
    List {
        #[command(flatten)]
        who: UserArguments,
    },
    /// End every session of one user, or one of them. The user may log in again.
    End {
        #[command(flatten)]
        who: UserArguments,
        /// Only the session with this id.
        #[arg(long, value_name = "ID")]
        session: Option<String>,
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
        SessionsCommand::List { who } => list(&database, settings, who, context.at.seconds()).await,
        SessionsCommand::End { who, session: Some(session) } => {
            let user = find(&database, who.selector()?).await?;
            end_one(&database, &user, session, context.at.seconds(), entry).await
        }
        SessionsCommand::End { who, session: None } => {
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

async fn list(
    database: &Database,
    settings: &AuthSettings,
    who: &UserArguments,
    now: UnixSeconds,
) -> Result<(), CommandError> {
    let user = find(database, who.selector()?).await?;
    for session in sessions::list(database, user.id, settings.sessions_per_user, now).await? {
        let times = [session.created_at, session.last_used_at].map(Timestamp::from);
        let [ip, agent] = [session.ip, session.user_agent].map(Option::unwrap_or_default);
        print(&format!("{}  {}  {}  {ip}  {agent}", session.id, times[0], times[1]))?;
    }
    Ok(())
}

async fn end_one(
    database: &Database,
    user: &UserRow,
    session: &str,
    now: UnixSeconds,
    entry: Entry,
) -> Result<(), CommandError> {
    let id = SessionId::parse(session).ok_or("the session's id is a UUID with hyphens")?;
    let (user_id, entry) = (user.id.clone(), entry.about_user(&user.id));
    let ended = audit::transaction(database, move |transaction| {
        revoke_own(transaction, &user_id, &id, now, &entry)
    });
    if !ended.await? {
        return Err("the user has no live session with this id".into());
    }
    print(&format!("{}  {}  1 session ended", user.id, user.username))
}

async fn end_all(
    database: &Database,
    now: UnixSeconds,
    entry: Entry,
) -> Result<usize, CommandError> {
    let (mut total, mut from) = (0, None);
    loop {
        let (first, entry) = (from.clone(), entry.clone());
        let revoked = audit::transaction(database, move |transaction| {
            revoke_batch_of_users(transaction, first.as_ref(), now, &entry)
        });
        let Some(revoked) = revoked.await? else { return Ok(total) };
        total += revoked.sessions;
        from = Some(revoked.last_user_id);
    }
}

/// Asks for confirmation on the terminal. Without a terminal `--yes` is needed.
#[expect(clippy::print_stderr, reason = "standard output is for the result of the command")]
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
