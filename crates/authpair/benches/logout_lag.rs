//! How long after a logout, and after a change of scopes, each users-api still accepts the access token.
//!
//! `cargo bench -p authpair --bench logout_lag` starts auth-service and two users-api as processes and prints median
//! and maximum over 100 logouts and 100 changes by an administrator. It fails if either takes a second or more, or
//! if a refresh after a change does not give a good token. `LOGOUT_LAG_BACKEND=postgres` takes a throw-away PostgreSQL.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a report")]

use std::{path::Path, process::ExitCode, time::Duration};

use authpair_testkit::{
    Answer, Backend, Process, Session, TestPair, authpair_command, client, free_port, output_of,
    percentile,
};
use reqwest::Client;
use serde_json::json;
use tokio::time::{Instant, sleep};

const ROUNDS: usize = 100;

/// The longest time that a logout or a change may take.
const LIMIT: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> ExitCode {
    let backend = match std::env::var("LOGOUT_LAG_BACKEND").as_deref() {
        Ok("postgres") => Backend::Postgres,
        _ => Backend::Sqlite,
    };
    let mut pair = TestPair::start(backend).await.expect("a database");
    pair.halt().await;
    let program = Path::new(env!("CARGO_BIN_EXE_authpair"));
    let folder = pair.folder.path();
    let auth = authpair_command(program, &["auth-service"], &pair.settings_of("AUTH_"), folder);
    let _auth = Process::start(auth, &pair.auth).await;
    let mut users = Vec::new();
    for _ in 0..2 {
        let port = free_port();
        let mut settings = pair.settings_of("USERS_");
        settings.retain(|(name, _)| name != "USERS_LISTEN");
        settings.push(("USERS_LISTEN".to_owned(), format!("127.0.0.1:{port}")));
        let url = format!("http://127.0.0.1:{port}");
        let process =
            Process::start(authpair_command(program, &["users-api"], &settings, folder), &url)
                .await;
        process.wait_for("/readyz").await;
        users.push((process, url));
    }
    let urls: Vec<_> = users.iter().map(|(_, url)| url.clone()).collect();
    pair.register("ana").await;
    pair.register("chief").await;
    let chief = ["auth-service", "users", "scopes", "chief", "users:read users:email users:admin"];
    let granted = output_of(authpair_command(program, &chief, &pair.settings_of("AUTH_"), folder));
    assert!(granted.status.success(), "{}", String::from_utf8_lossy(&granted.stderr));
    let logout = report("logout", "token_revoked", backend, logouts(&pair, &urls).await);
    let change = report("change of scopes", "token_stale", backend, changes(&pair, &urls).await);
    ExitCode::from(u8::from(logout.max(change) >= LIMIT))
}

/// Prints the times and returns the longest.
fn report(what: &str, code: &str, backend: Backend, mut lags: Vec<Duration>) -> Duration {
    lags.sort_unstable();
    let at = |percent| percentile(&lags, percent).map_or(0.0, |lag| lag.as_secs_f64() * 1_000.0);
    println!(
        "{what} to first `{code}` at users-api, {backend:?}, {ROUNDS} rounds, 2 users-api processes: \
         median {:.1} ms, p95 {:.1} ms, maximum {:.1} ms",
        at(50),
        at(95),
        at(100)
    );
    lags.last().copied().unwrap_or_default()
}

async fn logouts(pair: &TestPair, urls: &[String]) -> Vec<Duration> {
    let (http, mut lags) = (client(), Vec::new());
    for _ in 0..ROUNDS {
        let session = pair.login("ana").await;
        accepted(&http, urls, &session.access).await;
        pair.logout(&session.refresh).await.ok(204);
        lags.extend(first_rejections(&http, urls, &session.access, "token_revoked").await);
    }
    lags
}

/// One session that is never signed out: each change is followed by one refresh.
async fn changes(pair: &TestPair, urls: &[String]) -> Vec<Duration> {
    let (http, mut lags) = (client(), Vec::new());
    let (mut session, admin) = (pair.login("ana").await, pair.login("chief").await);
    let path = format!("/api/admin/users/{}", pair.me(&session.access).await.ok(200).string("id"));
    for round in 0..ROUNDS {
        accepted(&http, urls, &session.access).await;
        let scope = if round % 2 == 0 { "users:read users:email" } else { "users:read" };
        pair.send("PATCH", &path, &admin.access, &json!({ "scope": scope })).await.ok(200);
        lags.extend(first_rejections(&http, urls, &session.access, "token_stale").await);
        let refreshed = pair.refresh(&session.refresh).await.ok(200);
        assert_eq!(refreshed.string("scope"), scope);
        session = Session::of(&refreshed);
    }
    accepted(&http, urls, &session.access).await;
    lags
}

async fn accepted(http: &Client, urls: &[String], access: &str) {
    for url in urls {
        call(http, url, access).await.ok(200);
    }
}

async fn first_rejections(
    http: &Client,
    urls: &[String],
    access: &str,
    code: &str,
) -> [Duration; 2] {
    let answered = Instant::now();
    let [first, second] =
        [&urls[0], &urls[1]].map(|url| first_rejection(http, url, access, code, answered));
    tokio::join!(first, second).into()
}

/// It has a loop of its own because it measures the time, and `eventually` looks only every 10 ms.
async fn first_rejection(
    http: &Client,
    url: &str,
    access: &str,
    code: &str,
    answered: Instant,
) -> Duration {
    loop {
        let answer = call(http, url, access).await;
        if answer.status == 401 {
            assert_eq!(answer.code(), code);
            return answered.elapsed();
        }
        assert!(answered.elapsed() < Duration::from_secs(10), "never refused");
        sleep(Duration::from_micros(500)).await;
    }
}

async fn call(http: &Client, url: &str, access: &str) -> Answer {
    Answer::of(http.get(format!("{url}/api/users/me")).bearer_auth(access)).await
}
