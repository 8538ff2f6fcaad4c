//! Users with thousands of sessions, and calls that end many at once.

use authpair_testkit::{Answer, KEY, PASSWORD, Session, TestPair};
use claims::testing::TokenBuilder;
use serde_json::json;

use crate::{
    on_both,
    support::{
        command_line::run,
        sessions::{eventually_revoked, listed},
    },
};

/// The id of one of the added sessions or users.
fn added(group: u8, number: usize) -> String {
    format!("0000000{group}-0000-4000-8000-{number:012}")
}

/// A subquery in SQL that has [`added`] ids as `id`.
fn numbers(pair: &TestPair, group: u8, count: usize) -> String {
    let id = |number: &str| format!("'0000000{group}-0000-4000-8000-' || {number}");
    if pair.database_url.starts_with("postgres") {
        let id = id("lpad(n::text, 12, '0')");
        format!("(SELECT {id} AS id FROM generate_series(1, {count}) n) AS added")
    } else {
        let id = id("printf('%012d', n)");
        format!(
            "(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
             SELECT {id} AS id FROM numbers) AS added"
        )
    }
}

/// Adds sessions whose access tokens are still valid: to one user or, without a user, each to the user of the same
/// id.
async fn add_sessions(pair: &TestPair, group: u8, user_id: Option<&str>, count: usize) {
    let (now, added) = (pair.clock.seconds(), numbers(pair, group, count));
    let user = user_id.map_or_else(|| "id".to_owned(), |id| format!("'{id}'"));
    let (began, access, end) = (now - 1, now + 900, now + 86_400);
    let sql = format!(
        "INSERT INTO sessions (id, user_id, current_jti, rotated_at, refresh_expires_at, \
         access_expires_at, auth_time, created_at, last_used_at, expires_at) \
         SELECT id, {user}, 'jti', {now}, {end}, {access}, {now}, {began}, {began}, {end} FROM {added}"
    );
    run_sql(pair, sql).await;
}

async fn add_users(pair: &TestPair, group: u8, count: usize) {
    let added = numbers(pair, group, count);
    let sql = format!(
        "INSERT INTO users (id, username, username_key, email, email_key, password_hash, scope, \
         credential_version, created_at) SELECT id, id, id, id, id, 'none', '', 1, 1 FROM {added}"
    );
    run_sql(pair, sql).await;
}

async fn run_sql(pair: &TestPair, sql: String) {
    use diesel::RunQueryDsl;
    let database = &pair.pair().auth().state().database;
    let run = database.write(move |connection| Ok(diesel::sql_query(&sql).execute(connection)?));
    run.await.unwrap();
}

/// An access token of one of the added sessions.
fn token_of(pair: &TestPair, user_id: &str, sid: &str) -> String {
    let token = TokenBuilder::access(KEY, &pair.auth, "users-api", pair.clock.seconds());
    let token = token.claim("aud", json!(["auth-service", "users-api"]));
    token.claim("sub", user_id).claim("sid", sid).sign()
}

#[on_both]
async fn logout_all_of_20_000_sessions_puts_each_into_the_feed_and_their_tokens_are_refused(
    pair: TestPair,
) {
    let (ana, session) = pair.new_user("ana").await;
    let (_, other) = pair.new_user("bob").await;
    add_sessions(&pair, 1, Some(&ana.id), 20_000).await;
    assert_eq!(listed(&pair, &session.access).await.len(), 50);
    let tokens = [1, 7_777, 20_000].map(|number| token_of(&pair, &ana.id, &added(1, number)));
    for token in &tokens {
        pair.me(token).await.ok(200);
    }
    let answer = pair.send("POST", "/api/auth/logout-all", &session.access, &json!({})).await;
    assert_eq!(answer.ok(200).body["revoked"], 20_001);
    for token in tokens.iter().chain([&session.access]) {
        pair.me(token).await.expect(401, "token_revoked");
        eventually_revoked(&pair, token).await;
    }
    let feed = pair.pair().auth().state().feed.clone();
    assert_eq!(feed.len(), 20_001);
    pair.me_at_users(&other.access).await.ok(200);
    pair.refresh(&other.refresh).await.ok(200);
}

#[on_both]
async fn a_user_with_5_000_sessions_changes_the_password_and_is_deleted(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    add_sessions(&pair, 1, Some(&ana.id), 5_000).await;
    let body = json!({ "current_password": PASSWORD, "new_password": "a whole new horse" });
    let changed = pair.send("PUT", "/api/auth/password", &session.access, &body).await.ok(200);
    let changed = Session::of(&changed);
    assert_eq!(listed(&pair, &changed.access).await, std::slice::from_ref(&changed.id));
    eventually_revoked(&pair, &token_of(&pair, &ana.id, &added(1, 5_000))).await;
    pair.me_at_users(&changed.access).await.ok(200);
    add_sessions(&pair, 2, Some(&ana.id), 5_000).await;
    let deleted = pair.auth_call("DELETE", "/api/auth/me").bearer_auth(&changed.access);
    Answer::of(deleted).await.ok(204);
    for token in [changed.access, token_of(&pair, &ana.id, &added(2, 5_000))] {
        eventually_revoked(&pair, &token).await;
    }
    pair.register("ana").await;
}

#[on_both]
async fn sessions_beyond_the_cap_of_an_older_release_end_at_the_next_logins(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    add_sessions(&pair, 1, Some(&ana.id), 1_500).await;
    for _ in 0..2 {
        pair.login("ana").await;
    }
    assert_eq!(listed(&pair, &session.access).await.len(), 50);
    let answer = pair.send("POST", "/api/auth/logout-all", &session.access, &json!({})).await;
    assert_eq!(answer.ok(200).body["revoked"], 50);
}

/// Runs `auth-service sessions …`; the exit code and what it printed.
fn sessions(pair: &TestPair, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(pair, &[&["sessions"], arguments].concat(), "");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[on_both]
async fn one_command_ends_the_sessions_of_a_user_and_another_those_of_all_users(pair: TestPair) {
    let (_, ana) = pair.new_user("ana").await;
    let again = pair.login("ana").await;
    let (_, bob) = pair.new_user("bob").await;
    let (code, said) = sessions(&pair, &["end", "ana"]);
    assert!(code == Some(0) && said.ends_with("  ana  2 sessions ended\n"), "{said}");
    for session in [&ana, &again] {
        pair.refresh(&session.refresh).await.expect(401, "token_revoked");
        eventually_revoked(&pair, &session.access).await;
    }
    assert_eq!(sessions(&pair, &["end", "nobody"]).0, Some(1));
    pair.me_at_users(&bob.access).await.ok(200);
    let ana = pair.login("ana").await;
    // It cannot ask without a terminal.
    assert_eq!(sessions(&pair, &["end-all"]).0, Some(1));
    pair.me(&ana.access).await.ok(200);
    add_users(&pair, 3, 120).await;
    add_sessions(&pair, 3, None, 120).await;
    let all = sessions(&pair, &["end-all", "--yes"]);
    assert_eq!(all, (Some(0), "122 sessions ended\n".to_owned()));
    for session in [&ana, &bob] {
        pair.refresh(&session.refresh).await.expect(401, "token_revoked");
        eventually_revoked(&pair, &session.access).await;
    }
    assert_eq!(sessions(&pair, &["end-all", "--yes"]).1, "0 sessions ended\n");
    pair.login("ana").await;
}
