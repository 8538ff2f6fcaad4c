//! A writer of batches with a test database.

use std::{sync::Arc, time::Duration};

use database::{AnyConnection, DatabaseError};
use service_kit::{clock::Clock, unix_time::UnixMicros};

use crate::{
    audit::{self, RequestContext},
    import::{
        batch::{Batch, BatchWriter, NamedBatch, Outcome},
        plan::OnConflict,
        tests::{checked, rules},
    },
    store::{
        self, DbResult,
        test_database::{NOW, TestDatabase},
    },
};

/// A clock that stands still at the time of the tests.
fn clock() -> Clock {
    let clock = Clock::frozen();
    let ahead = NOW.as_i64() - clock.seconds();
    clock.advance(Duration::from_secs(ahead.unsigned_abs()));
    clock
}

pub(super) fn writer(database: &TestDatabase) -> BatchWriter {
    BatchWriter {
        database: database.database.clone(),
        rules: Arc::new(rules()),
        on_conflict: OnConflict::Update,
        context: RequestContext::operator(UnixMicros::from(NOW)),
        clock: clock(),
        access: Duration::from_secs(900),
    }
}

/// Rows in the format of our own exports, each with this hash.
pub(super) fn batch(text: &str, hash: &str) -> Batch {
    let mut rows = checked(text);
    rows.iter_mut().for_each(|row| row.has_hash = true);
    let hashes = vec![hash.to_owned(); rows.len()];
    Batch { rows, hashes, rows_before: 0 }
}

pub(super) async fn written(database: &TestDatabase, text: &str, hash: &str) -> Vec<Outcome> {
    writer(database).write(batch(text, hash)).await.unwrap()
}

/// Tries to make changes that were decided for the accounts as they are now, after `meanwhile` changed them.
pub(super) async fn applied_late(
    database: &TestDatabase,
    text: &str,
    meanwhile: impl Fn(&mut AnyConnection) -> DbResult<()> + Send + 'static,
) -> Result<(), DatabaseError> {
    let (writer, named_batch) = (writer(database), NamedBatch::new(batch(text, "new")));
    let plan = move |connection: &mut AnyConnection| {
        named_batch.plan(connection, &rules(), OnConflict::Update, false, UnixMicros::from(NOW))
    };
    let decisions = database.write(plan).await;
    database.write(meanwhile).await;
    let database = database.database.clone();
    audit::transaction(&database, move |transaction| writer.apply(transaction, &decisions)).await
}

pub(super) async fn user(database: &TestDatabase, name: &'static str) -> store::users::UserRow {
    database
        .write(move |connection| {
            store::users::by_username_key(connection, name).map(Option::unwrap)
        })
        .await
}

pub(super) const ANA: &str = r#"{"external_id":"1","username":"ana","email":"ana@example.com"}"#;
