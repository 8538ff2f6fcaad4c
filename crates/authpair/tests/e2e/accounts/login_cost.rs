//! Names without an account, and accounts that may not sign in: a try at them costs what it costs at the others.

use std::time::{Duration, Instant};

use auth_service::{accounts::hashing::census, store};
use authpair_testkit::{Session, TestPair};
use serde_json::json;

use crate::on_both;

/// With passwords of this cost from now on.
async fn with_memory(mut pair: TestPair, kib: &str) -> TestPair {
    pair.set("AUTH_ARGON2_MEMORY_KIB", kib);
    pair.halt().await;
    pair.resume().await;
    pair
}

/// Counts, as the service does each ten minutes.
async fn count(pair: &TestPair) {
    pair.clock.advance(Duration::from_secs(601));
    let state = pair.pair().auth().state();
    census::refresh(&state.database, &state.hasher, state.now()).await.unwrap();
}

/// The counts as they are kept, without the time.
async fn counts(pair: &TestPair) -> Vec<String> {
    let database = &pair.pair().auth().state().database;
    let kept = database.read(|connection| store::shared_values::get(connection, census::NAME));
    let kept = kept.await.unwrap().unwrap();
    let mut lines: Vec<_> = kept.lines().skip(1).map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The shortest of some tries with a wrong password.
async fn shortest(pair: &TestPair, name: &str) -> Duration {
    let mut shortest = Duration::MAX;
    for _ in 0..5 {
        let began = Instant::now();
        let body = json!({ "username": name, "password": "a wrong password" });
        pair.post("/api/auth/login", &body).await.expect(401, "invalid_credentials");
        shortest = shortest.min(began.elapsed());
    }
    shortest
}

#[on_both]
async fn where_stored_hashes_cost_more_than_new_ones_so_do_names_without_an_account(
    pair: TestPair,
) {
    let pair = with_memory(pair, "65536").await;
    pair.register("ana").await;
    let off = pair.register("off").await;
    let database = &pair.pair().auth().state().database;
    let disabled = database.write(move |c| store::users::set_disabled(c, &off.id, Some(1)));
    disabled.await.unwrap();
    let pair = with_memory(pair, "32").await;
    count(&pair).await;
    let known = shortest(&pair, "ana").await;
    // A hash of the present cost takes a hundredth of it.
    for name in ["nobody", "somebody", "nobody@example.com", "no name at all", "off"] {
        let time = shortest(&pair, name).await;
        assert!(time > known / 3, "{name}: {time:?}, an account: {known:?}");
    }
}

#[on_both]
async fn hashes_are_counted_by_what_they_cost_once_for_all_processes_and_again_when_the_counts_are_old(
    pair: TestPair,
) {
    for name in ["ana", "bea", "cleo"] {
        pair.register(name).await;
    }
    let pair = with_memory(pair, "64").await;
    pair.register("dora").await;
    count(&pair).await;
    let expected =
        ["1 $argon2id$v=19$m=64,t=1,p=1".to_owned(), "3 $argon2id$v=19$m=32,t=1,p=1".to_owned()];
    assert_eq!(counts(&pair).await, expected);
    // Not counted again before its time, and then again.
    pair.register("eve").await;
    let state = pair.pair().auth().state();
    census::refresh(&state.database, &state.hasher, state.now()).await.unwrap();
    assert_eq!(counts(&pair).await, expected);
    count(&pair).await;
    assert_eq!(counts(&pair).await[0], "2 $argon2id$v=19$m=64,t=1,p=1");
}

#[on_both]
async fn a_log_in_that_makes_a_hash_stronger_is_counted(pair: TestPair) {
    pair.register("ana").await;
    let pair = with_memory(pair, "64").await;
    count(&pair).await;
    assert_eq!(counts(&pair).await, ["1 $argon2id$v=19$m=32,t=1,p=1"]);
    let session: Session = pair.login("ana").await;
    pair.me(&session.access).await.ok(200);
    count(&pair).await;
    assert_eq!(counts(&pair).await, ["1 $argon2id$v=19$m=64,t=1,p=1"]);
}
