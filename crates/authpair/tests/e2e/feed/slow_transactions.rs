//! A transaction that takes long to commit hides no entry from clients of the feed.
//!
//! With a plain sequence, a row with a higher number can be visible before one with a lower number. A reader that
//! remembers the higher number never sees the other row.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use auth_service::store::revocations::{self, Revoked};
use authpair_testkit::{Answer, Backend, LOGOUT_LIMIT, TestPair, within};
use database::{AnyConnection, DatabaseError};
use tokio::{task::JoinHandle, time::sleep};

use crate::support::databases::pair_without_advisory_locks;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_that_commits_late_is_missed_neither_by_a_poller_nor_by_users_api() {
    let Some(pair) = TestPair::start(Backend::Postgres).await else { return };
    late_commits_reach_every_follower(pair).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_that_commits_late_is_not_missed_without_advisory_locks() {
    let Some(pair) = pair_without_advisory_locks().await else { return };
    late_commits_reach_every_follower(pair).await;
}

async fn late_commits_reach_every_follower(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let mut seen = BTreeSet::new();
    let mut cursor = follow(&pair, "", &mut seen).await;
    for round in 0..3 {
        let quick = pair.login("ana").await;
        let slow = SlowTransaction::begin(&pair, &format!("slow-{round}")).await;
        let logout = pair.auth_call("POST", "/api/auth/logout").bearer_auth(&quick.access);
        let logout = tokio::spawn(Answer::of(logout));
        // The client polls while one transaction is open and the other one waits for it.
        for _ in 0..10 {
            cursor = follow(&pair, &cursor, &mut seen).await;
            sleep(Duration::from_millis(20)).await;
        }
        assert!(!seen.contains(&quick.id), "announced before one that began earlier");
        slow.commit().await;
        logout.await.unwrap().ok(204);
        pair.wait_until_revoked(&quick.access).await;
        pair.me(&quick.access).await.expect(401, "token_revoked");
        within(LOGOUT_LIMIT, "the logout is not in the feed", async || {
            cursor = follow(&pair, &cursor, &mut seen).await;
            seen.contains(&quick.id)
        })
        .await;
        assert!(seen.contains(&format!("slow-{round}")), "{seen:?}");
    }
    pair.me_at_users(&session.access).await.ok(200);
}

/// Polls once and returns the next cursor.
async fn follow(pair: &TestPair, cursor: &str, seen: &mut BTreeSet<String>) -> String {
    let path = format!("/.well-known/revoked-sessions?wait=0&after={cursor}");
    let page = Answer::of(pair.auth_call("GET", &path)).await.ok(200);
    let entries = page.body["revoked"].as_array().unwrap().iter();
    seen.extend(entries.map(|entry| entry["sid"].as_str().unwrap().to_owned()));
    page.string("cursor")
}

/// A transaction that has written its revocation and stays open.
struct SlowTransaction {
    end: Sender<()>,
    written: JoinHandle<Result<(), DatabaseError>>,
}

impl SlowTransaction {
    async fn begin(pair: &TestPair, sid: &str) -> Self {
        let ((end, may_end), (wrote, has_written)) = (channel(), channel());
        let until = pair.clock.now() + Duration::from_secs(900);
        let revoked = [Revoked { sid: sid.to_owned(), until }];
        let may_end = Mutex::new(may_end);
        let database = pair.pair().auth().state().database.clone();
        let work = move |connection: &mut AnyConnection| {
            revocations::insert(connection, &revoked)?;
            wrote.send(()).unwrap();
            may_end.lock().unwrap().recv().unwrap();
            Ok(())
        };
        let written = tokio::spawn(async move { database.write(work).await });
        wait_for(has_written).await;
        Self { end, written }
    }

    async fn commit(self) {
        self.end.send(()).unwrap();
        self.written.await.unwrap().unwrap();
    }
}

async fn wait_for(signal: Receiver<()>) {
    tokio::task::spawn_blocking(move || signal.recv().unwrap()).await.unwrap();
}
