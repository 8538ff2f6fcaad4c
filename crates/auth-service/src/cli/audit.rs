//! `auth-service audit list`

use std::{collections::BTreeSet, time::Duration};

use clap::{Args, Subcommand};
use database::Database;
use service_kit::{clock::Clock, unix_time::UnixMicros};
use tokio::time::sleep;

use super::{CommandError, open_database, print};
use crate::{
    audit::{
        EntryBody, EventFilter, Filter, Page, entries_after, parse_outcome, parse_party, parse_time,
    },
    settings::AuthSettings,
    store::audit::page::{LogPosition, Outcome},
};

/// Entries read at once.
const PAGE_SIZE: usize = 500;

/// The pause between two reads of new entries.
const FOLLOW_INTERVAL: Duration = Duration::from_secs(1);

/// How far back each read begins. Transactions do not commit in the order of their times, and refused calls are written
/// in batches.
const READ_OVERLAP: Duration = Duration::from_secs(30);

/// The commands about the audit log.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Print entries, oldest first, each as a line of JSON.
    List(ListArguments),
}

/// Which entries are printed.
#[derive(Args, Clone, Debug)]
pub(super) struct ListArguments {
    /// Who did it: an id, or operator, system or anonymous.
    #[arg(long, value_name = "ID", value_parser = parse_party)]
    actor: Option<String>,
    /// What it was done to: the id of a user, a service account or a key.
    #[arg(long, value_name = "ID", value_parser = parse_party)]
    subject: Option<String>,
    /// An event, or a group such as "user.*".
    #[arg(long, value_parser = EventFilter::parse)]
    event: Option<EventFilter>,
    /// success or refused.
    #[arg(long, value_parser = parse_outcome)]
    outcome: Option<Outcome>,
    /// Not before this time (RFC 3339, such as 2026-11-26T14:00:00Z).
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<UnixMicros>,
    /// Before this time.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Option<UnixMicros>,
    /// Go on with new entries as they come, until the command is interrupted.
    #[arg(long, conflicts_with = "to")]
    follow: bool,
}

impl ListArguments {
    fn filter(&self) -> Filter {
        let Self { actor, subject, event, outcome, from, to, .. } = self.clone();
        Filter { actor, subject, event, outcome, from, to }
    }
}

pub(super) async fn run(
    command: &AuditCommand,
    settings: &AuthSettings,
) -> Result<(), CommandError> {
    let AuditCommand::List(arguments) = command;
    let database = open_database(settings).await?;
    let mut filter = arguments.filter();
    // Entries older than the retention are not shown. The service may not have deleted them yet.
    let clock = Clock::system();
    filter.from = filter.from.max(Some(clock.now_micros() - settings.audit_retention));
    let mut printed = Printed::default();
    loop {
        // The next read begins before this one, so that entries that are committed meanwhile are not missed.
        let recent = clock.now_micros() - READ_OVERLAP;
        printed.remember_from(recent);
        print_new(&database, &filter, &mut printed).await?;
        if !arguments.follow {
            return Ok(());
        }
        printed.forget_older();
        filter.from = filter.from.max(Some(recent));
        sleep(FOLLOW_INTERVAL).await;
    }
}

/// Prints the entries that the filter finds and that were not printed before.
async fn print_new(
    database: &Database,
    filter: &Filter,
    printed: &mut Printed,
) -> Result<(), CommandError> {
    let mut position = None;
    loop {
        let (wanted, start) = (filter.clone(), position.take());
        let read =
            move |connection: &mut _| entries_after(connection, &wanted, start.as_ref(), PAGE_SIZE);
        let Page { entries, next } = database.read(read).await?;
        for entry in &entries {
            if printed.is_new(entry.position()) {
                print(&serde_json::to_string(&EntryBody::from(entry))?)?;
            }
        }
        match next {
            Some(next) => position = Some(next),
            None => return Ok(()),
        }
    }
}

/// The printed entries that the next read may find again.
#[derive(Debug, Default)]
struct Printed {
    /// Where the next read begins. Older entries need not be remembered.
    next_from: Option<UnixMicros>,
    positions: BTreeSet<LogPosition>,
}

impl Printed {
    /// Whether the entry was not printed before.
    fn is_new(&mut self, position: LogPosition) -> bool {
        if self.positions.contains(&position) {
            return false;
        }
        if self.next_from.is_none_or(|from| position.at >= from) {
            self.positions.insert(position);
        }
        true
    }

    /// Before a read: the read after it begins at this time.
    fn remember_from(&mut self, next_from: UnixMicros) {
        self.next_from = Some(next_from);
    }

    /// After a read: drops the entries that the next read does not find again.
    fn forget_older(&mut self) {
        if let Some(at) = self.next_from {
            self.positions = self.positions.split_off(&LogPosition { at, id: String::new() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a read that begins at `from` prints of entries at these times. The next read begins at `next_from`.
    fn read(printed: &mut Printed, log: &[i64], from: i64, next_from: i64) -> Vec<i64> {
        printed.remember_from(UnixMicros::new(next_from));
        let found = log.iter().copied().filter(|at| *at >= from);
        let position = |at| LogPosition { at: UnixMicros::new(at), id: at.to_string() };
        let new = found.filter(|at| printed.is_new(position(*at))).collect();
        printed.forget_older();
        new
    }

    #[test]
    fn an_entry_is_printed_once_while_the_reads_move_on() {
        let mut printed = Printed::default();
        assert_eq!(read(&mut printed, &[1, 5, 9], 0, 5), [1, 5, 9]);
        // Entry 6 was committed after a later one. Entries 5 and 9 leave the overlap one after the other.
        assert_eq!(read(&mut printed, &[1, 5, 6, 9], 5, 7), [6]);
        assert_eq!(read(&mut printed, &[1, 5, 6, 9, 10], 7, 9), [10]);
        assert_eq!(read(&mut printed, &[1, 5, 6, 9, 10], 9, 20), [] as [i64; 0]);
        assert!(printed.positions.is_empty(), "what no later read finds is forgotten");
    }
}
