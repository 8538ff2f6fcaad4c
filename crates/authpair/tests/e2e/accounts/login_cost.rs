//! A log-in with an unknown name or of a disabled user takes as long as one of another account.

use std::time::{Duration, Instant};

use auth_service::{accounts::hashing::hash_costs, store};
use authpair_testkit::{Session, TestPair};
use serde_json::json;
use service_kit::ids::UserId;

use crate::on_both;

/// New passwords get this cost from now on.
async fn with_memory(mut pair: TestPair, kib: &str) -> TestPair {
    pair.set("AUTH_ARGON2_MEMORY_KIB", kib);
    pair.halt().await;
    pair.resume().await;
    pair
}

/// Counts the stored hashes, as the service does every ten minutes.
async fn count(pair: &TestPair) {
    pair.clock.advance(Duration::from_secs(601));
    let state = pair.pair().auth().state();
    hash_costs::refresh(&state.database, state.passwords.hasher(), state.now()).await.unwrap();
}

/// The counts as they are stored, without their time.
async fn counts(pair: &TestPair) -> Vec<String> {
    let database = &pair.pair().auth().state().database;
    let kept = database.read(|connection| store::shared_values::get(connection, hash_costs::NAME));
    let kept = kept.await.unwrap().unwrap();
    let mut lines: Vec<_> = kept.lines().skip(1).map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The shortest time of five log-ins with a wrong password, for each of these names. They take turns, so that a busy
/// machine slows all of them down alike.
async fn shortest<const N: usize>(pair: &TestPair, names: [&str; N]) -> [Duration; N] {
    let mut shortest = [Duration::MAX; N];
    for _ in 0..5 {
        for (name, shortest) in names.into_iter().zip(&mut shortest) {
            let began = Instant::now();
            let body = json!({ "username": name, "password": "a wrong password" });
            pair.post("/api/auth/login", &body).await.expect(401, "invalid_credentials");
            *shortest = began.elapsed().min(*shortest);
        }
    }
    shortest
}

#[on_both]
async fn unknown_names_and_disabled_users_cost_what_stored_hashes_cost_and_not_what_new_ones_do(
    pair: TestPair,
) {
    let pair = with_memory(pair, "65536").await;
    pair.register("ana").await;
    let off = pair.register("off").await;
    let database = &pair.pair().auth().state().database;
    let (id, now) = (UserId::parse(&off.id).unwrap(), pair.clock.now());
    let disabled =
        database.write(move |c| store::users::administration::disable(c, &id, now, None));
    disabled.await.unwrap();
    let pair = with_memory(pair, "32").await;
    count(&pair).await;
    let names = ["ana", "nobody", "somebody", "nobody@example.com", "no name at all", "off"];
    let times = shortest(&pair, names).await;
    // A hash of the new cost takes a thousandth of the work.
    for (name, time) in names.into_iter().zip(times) {
        assert!(time > times[0] / 5, "{name}: {time:?}, an account: {:?}", times[0]);
    }
}

#[on_both]
async fn stored_hashes_are_counted_by_cost_and_counted_again_after_ten_minutes(pair: TestPair) {
    for name in ["ana", "bea", "cleo"] {
        pair.register(name).await;
    }
    let pair = with_memory(pair, "64").await;
    pair.register("dora").await;
    count(&pair).await;
    let expected =
        ["1 $argon2id$v=19$m=64,t=1,p=1".to_owned(), "3 $argon2id$v=19$m=32,t=1,p=1".to_owned()];
    assert_eq!(counts(&pair).await, expected);
    // Not before ten minutes have passed, and then again.
    pair.register("eve").await;
    let state = pair.pair().auth().state();
    hash_costs::refresh(&state.database, state.passwords.hasher(), state.now()).await.unwrap();
    assert_eq!(counts(&pair).await, expected);
    count(&pair).await;
    assert_eq!(counts(&pair).await[0], "2 $argon2id$v=19$m=64,t=1,p=1");
}

#[on_both]
async fn a_login_that_strengthens_a_hash_changes_the_counts(pair: TestPair) {
    pair.register("ana").await;
    let pair = with_memory(pair, "64").await;
    count(&pair).await;
    assert_eq!(counts(&pair).await, ["1 $argon2id$v=19$m=32,t=1,p=1"]);
    let session: Session = pair.login("ana").await;
    pair.me(&session.access).await.ok(200);
    count(&pair).await;
    assert_eq!(counts(&pair).await, ["1 $argon2id$v=19$m=64,t=1,p=1"]);
}
