//! A refresh that was sent to a database that did not answer.

use std::time::Duration;

use authpair_testkit::{Cluster, TestPair, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_that_a_frozen_database_did_not_answer_is_not_a_reuse_afterwards() {
    let Some(cluster) = Cluster::start_new(&[]) else { return };
    let pair = TestPair::start_on(cluster.url("postgres")).await;
    let (_, session) = pair.new_user("ana").await;
    cluster.freeze();
    pair.refresh(&session.refresh).await.expect(503, "unavailable");
    // As if it had been frozen for longer than the grace period.
    pair.clock.advance(Duration::from_secs(13));
    cluster.thaw();
    let answer = eventually("auth-service does not work again", async || {
        let answer = pair.refresh(&session.refresh).await;
        if answer.status == 503 { Err(answer.text) } else { Ok(answer) }
    });
    answer.await.ok(200);
}
