//! How work becomes transactions on PostgreSQL, and what is run again.

use std::{
    thread,
    time::{Duration, Instant},
};

use diesel::{
    Connection,
    connection::{AnsiTransactionManager, TransactionManager},
};

use super::{AnyConnection, DatabaseError, postgres_url::PoolMode};

/// How often work is run again that the database undid because of what others did at the same time.
const MOST_RETRIES: u32 = 5;

/// The longest pause before the first retry; each further one may be twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// What the statements of one piece of work belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// They change nothing.
    Read,
    /// Each commits by itself, and may be run twice.
    Each,
    /// All of them or none.
    Whole,
}

/// Runs `work` in the transaction that its scope needs. Behind a pooler that hands out transactions everything is in
/// one, for that is how far a setting such as the time-out reaches.
pub(super) fn run_in<T>(
    connection: &mut AnyConnection,
    (mode, scope): (PoolMode, Scope),
    work: impl Fn(&mut AnyConnection) -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    let begin = match (mode, scope) {
        (PoolMode::Transaction, Scope::Read) => {
            "BEGIN READ ONLY; SET LOCAL statement_timeout = 2500"
        }
        (PoolMode::Transaction, _) => "BEGIN; SET LOCAL statement_timeout = 2500",
        (_, Scope::Whole) => "BEGIN",
        (_, Scope::Read | Scope::Each) => return work(connection),
    };
    let AnyConnection::Postgres(postgres) = &mut *connection else {
        return Err(DatabaseError::Fault("only PostgreSQL's transactions begin here".to_owned()));
    };
    // A connection found dead here is tried again elsewhere. One that is lost later is not if the work may be done
    // only once, for it is unknown whether the commit arrived.
    AnsiTransactionManager::begin_transaction_sql(postgres, begin)?;
    match run_begun(connection, work) {
        Err(DatabaseError::Lost(text)) if scope == Scope::Whole => {
            Err(DatabaseError::Unavailable(text))
        }
        result => result,
    }
}

type Transactions = <AnyConnection as Connection>::TransactionManager;

fn run_begun<T>(
    connection: &mut AnyConnection,
    work: impl Fn(&mut AnyConnection) -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    match work(connection) {
        Ok(value) => {
            Transactions::commit_transaction(connection)?;
            Ok(value)
        }
        Err(error) => match Transactions::rollback_transaction(connection) {
            Ok(()) => Err(error),
            // The connection is gone, or still in a transaction: nobody may use it again.
            Err(_) if error.spoils_connection() => Err(error),
            Err(undone) => Err(DatabaseError::Unavailable(format!("{error}; rollback: {undone}"))),
        },
    }
}

/// Runs `attempt` again for as long as the database says that it has to be, with pauses that differ from caller to
/// caller, and not after `until`. Calls `retried` before each retry.
pub(super) fn with_retries<T>(
    until: Instant,
    mut retried: impl FnMut(),
    mut attempt: impl FnMut() -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    for retry in 0..=MOST_RETRIES {
        let text = match attempt() {
            Err(DatabaseError::Retry(text)) => text,
            result => return result,
        };
        let pause = pause_before(retry);
        if retry == MOST_RETRIES || Instant::now() + pause >= until {
            return Err(DatabaseError::Unavailable(format!("undone {} times: {text}", retry + 1)));
        }
        retried();
        thread::sleep(pause);
    }
    Err(DatabaseError::Unavailable("undone too often".to_owned()))
}

fn pause_before(retry: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << retry).mul_f64(rand::random::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undone() -> Result<(), DatabaseError> {
        Err(DatabaseError::Retry("could not serialize access".to_owned()))
    }

    #[test]
    fn work_that_is_undone_is_run_again_five_times_at_most() {
        let far = Instant::now() + Duration::from_secs(60);
        for (undone_times, ends_well) in [(0, true), (1, true), (5, true), (6, false)] {
            let (mut attempts, mut retries) = (0, 0);
            let result = with_retries(
                far,
                || retries += 1,
                || {
                    attempts += 1;
                    if attempts <= undone_times { undone() } else { Ok(()) }
                },
            );
            assert_eq!(result.is_ok(), ends_well, "{undone_times}");
            assert_eq!((attempts, retries), (attempts, attempts - 1));
            assert!(!matches!(result, Err(DatabaseError::Retry(_))));
        }
    }

    #[test]
    fn work_is_not_run_again_when_its_caller_will_have_left() {
        let mut attempts = 0;
        let result = with_retries(
            Instant::now(),
            || (),
            || {
                attempts += 1;
                undone()
            },
        );
        assert!(matches!(result, Err(DatabaseError::Unavailable(_))), "{result:?}");
        assert_eq!(attempts, 1);
    }

    #[test]
    fn other_errors_are_not_run_again() {
        let mut attempts = 0;
        let result = with_retries(
            Instant::now() + Duration::from_secs(60),
            || (),
            || {
                attempts += 1;
                Err::<(), _>(DatabaseError::Unavailable("away".to_owned()))
            },
        );
        assert!(result.is_err() && attempts == 1);
    }
}
