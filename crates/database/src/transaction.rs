//! Transactions on PostgreSQL, and retries of work that the database rolled back.

use std::{
    borrow::Cow,
    thread,
    time::{Duration, Instant},
};

use diesel::{
    Connection,
    connection::{AnsiTransactionManager, TransactionManager},
};

use service_kit::call_budget::CALL_TIMEOUT;

use super::{AnyConnection, DatabaseError, postgres_url::PoolMode};

/// How often work is run again after a conflict with another transaction. Under heavy contention a few retries are not
/// enough, and the time of the request is the bound that matters.
const MAX_RETRIES: u32 = 8;

/// The longest pause before the first retry; it doubles each time, up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Longer pauses would waste the request's time.
const MAX_PAUSE: Duration = Duration::from_millis(200);

/// `statement_timeout`: a statement ends when its caller stops waiting.
pub(crate) const STATEMENT_TIMEOUT_MILLIS: u128 = CALL_TIMEOUT.as_millis();

/// How the statements of one piece of work become transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionMode {
    /// They change nothing.
    Read,
    /// Each statement commits by itself, and the work may be run twice.
    Autocommit,
    /// One transaction: all statements or none.
    Transaction,
}

/// Runs `work` in the transaction that its mode needs. Behind a pooler in transaction mode all work runs in a
/// transaction, because a setting such as the time-out lasts only that long.
pub(crate) fn run_in_mode<T>(
    connection: &mut AnyConnection,
    pool_mode: PoolMode,
    mode: TransactionMode,
    work: impl Fn(&mut AnyConnection) -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    let bounded = |begin| {
        Cow::Owned(format!("{begin}; SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MILLIS}"))
    };
    let begin = match (pool_mode, mode) {
        (PoolMode::Transaction, TransactionMode::Read) => bounded("BEGIN READ ONLY"),
        (PoolMode::Transaction, _) => bounded("BEGIN"),
        (_, TransactionMode::Transaction) => Cow::Borrowed("BEGIN"),
        (_, TransactionMode::Read | TransactionMode::Autocommit) => return work(connection),
    };
    let AnyConnection::Postgres(postgres) = &mut *connection else {
        return Err(DatabaseError::Internal(
            "only PostgreSQL's transactions begin here".to_owned(),
        ));
    };
    // If the connection is found dead here, the work runs again on another one. If it is lost later, work that may run
    // only once is not repeated: it is unknown whether the commit arrived.
    AnsiTransactionManager::begin_transaction_sql(postgres, &begin)?;
    match commit_or_rollback(connection, work) {
        Err(DatabaseError::Lost(text)) if mode == TransactionMode::Transaction => {
            Err(DatabaseError::Unavailable(text))
        }
        result => result,
    }
}

type Transactions = <AnyConnection as Connection>::TransactionManager;

fn commit_or_rollback<T>(
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
            // The connection is gone, or still in a transaction: it must not be used again.
            Err(_) if error.breaks_connection() => Err(error),
            Err(failure) => {
                Err(DatabaseError::Unavailable(format!("{error}; rollback: {failure}")))
            }
        },
    }
}

/// Runs `attempt` again while the database asks for it ([`DatabaseError::Retry`]), with random pauses and not after
/// `until`. Calls `on_retry` before each retry.
pub(crate) fn with_retries<T>(
    until: Instant,
    mut on_retry: impl FnMut(),
    mut attempt: impl FnMut() -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    for retry in 0..=MAX_RETRIES {
        let text = match attempt() {
            Err(DatabaseError::Retry(text)) => text,
            result => return result,
        };
        let pause = pause_before(retry);
        if retry == MAX_RETRIES || Instant::now() + pause >= until {
            return Err(DatabaseError::Unavailable(format!(
                "rolled back {} times: {text}",
                retry + 1
            )));
        }
        on_retry();
        thread::sleep(pause);
    }
    Err(DatabaseError::Unavailable("too many retries".to_owned()))
}

fn pause_before(retry: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << retry).min(MAX_PAUSE).mul_f64(rand::random::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rolled_back() -> Result<(), DatabaseError> {
        Err(DatabaseError::Retry("could not serialize access".to_owned()))
    }

    #[test]
    fn work_that_was_rolled_back_is_run_again_eight_times_at_most() {
        let far = Instant::now() + Duration::from_secs(60);
        for (rollbacks, ends_well) in [(0, true), (1, true), (8, true), (9, false)] {
            let (mut attempts, mut retries) = (0, 0);
            let result = with_retries(
                far,
                || retries += 1,
                || {
                    attempts += 1;
                    if attempts <= rollbacks { rolled_back() } else { Ok(()) }
                },
            );
            assert_eq!(result.is_ok(), ends_well, "{rollbacks}");
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
                rolled_back()
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
                Err::<(), _>(DatabaseError::Unavailable("no answer".to_owned()))
            },
        );
        assert!(result.is_err() && attempts == 1);
    }
}
