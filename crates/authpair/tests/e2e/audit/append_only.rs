//! Nothing changes or deletes an entry of the last 90 days.

use authpair_testkit::{Backend, TestPair};
use database::DatabaseError;
use diesel::connection::SimpleConnection;

use super::{administrator, entries};
use crate::on_both;

async fn attempt(pair: &TestPair, sql: &'static str) -> Result<(), DatabaseError> {
    let database = &pair.pair().auth().state().database;
    database.write(move |connection| Ok(connection.batch_execute(sql)?)).await
}

#[on_both]
async fn even_the_owner_of_the_table_changes_no_entry_by_mistake(pair: TestPair) {
    let admin = administrator(&pair).await;
    let before = entries(&pair, &admin, "").await;
    for sql in [
        "DELETE FROM audit_log",
        "UPDATE audit_log SET outcome = 'refused'",
        "UPDATE audit_log SET ip = NULL, user_agent = NULL",
    ] {
        let error = attempt(&pair, sql).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{sql}: {error}");
    }
    assert_eq!(entries(&pair, &admin, "").await, before);
    assert!(!before.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_does_not_truncate_the_log_and_its_retention_spares_the_last_90_days() {
    let Some(pair) = TestPair::start(Backend::Postgres).await else { return };
    let admin = administrator(&pair).await;
    let before = entries(&pair, &admin, "").await;
    assert!(attempt(&pair, "TRUNCATE audit_log").await.is_err());
    let all = "SELECT audit_log_delete(9223372036854775807, 1000), \
               audit_log_clear(0, 9223372036854775807, 1000)";
    attempt(&pair, all).await.unwrap();
    assert_eq!(entries(&pair, &admin, "").await, before);
    let old = "INSERT INTO audit_log (at, id, event, outcome, actor_type, actor_id, ip) VALUES \
               (1, '0', 'user.login', 'success', 'user', 'u', '192.0.2.1')";
    attempt(&pair, old).await.unwrap();
    assert!(
        attempt(&pair, "UPDATE audit_log SET reason = 'x', ip = NULL WHERE at = 1").await.is_err()
    );
    attempt(&pair, "UPDATE audit_log SET ip = NULL WHERE at = 1").await.unwrap();
    attempt(&pair, all).await.unwrap();
    let left = "DO $$ BEGIN ASSERT (SELECT count(*) = 0 FROM audit_log WHERE at = 1); END $$";
    attempt(&pair, left).await.unwrap();
}
