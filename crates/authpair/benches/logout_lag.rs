//! How long after logout's answer each users-api still accepts the access token.
//!
//! `cargo bench -p authpair --bench logout_lag` starts auth-service and two users-api as processes and prints
//! median and maximum over 100 logouts. `LOGOUT_LAG_BACKEND=postgres` takes a throw-away PostgreSQL.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a report"
)]

use std::{path::Path, time::Duration};

use authpair_testkit::{Backend, Process, TestPair, authpair_command, client, free_port};
use reqwest::Client;
use tokio::time::{Instant, sleep};

const LOGOUTS: usize = 100;

#[tokio::main]
async fn main() {
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
    let lags = measure(&pair, &urls).await;
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let index = ((lags.len() - 1) as f64 * share) as usize;
        lags[index].as_secs_f64() * 1_000.0
    };
    println!(
        "logout to first refusal at users-api, {backend:?}, {LOGOUTS} logouts, 2 users-api processes: \
         median {:.1} ms, p95 {:.1} ms, maximum {:.1} ms",
        at(0.5),
        at(0.95),
        at(1.0)
    );
}

async fn measure(pair: &TestPair, urls: &[String]) -> Vec<Duration> {
    pair.register("ana").await;
    let http = client();
    let mut lags = Vec::new();
    for _ in 0..LOGOUTS {
        let session = pair.login("ana").await;
        for url in urls {
            assert_eq!(status(&http, url, &session.access).await, 200, "a live session is refused");
        }
        pair.logout(&session.refresh).await.ok(204);
        let answered = Instant::now();
        let [first, second] =
            [&urls[0], &urls[1]].map(|url| first_refusal(&http, url, &session.access, answered));
        let (first, second) = tokio::join!(first, second);
        lags.extend([first, second]);
    }
    lags.sort_unstable();
    lags
}

/// It has a loop of its own because it measures the time, and `eventually` looks only every 10 ms.
async fn first_refusal(http: &Client, url: &str, access: &str, answered: Instant) -> Duration {
    loop {
        if status(http, url, access).await == 401 {
            return answered.elapsed();
        }
        assert!(answered.elapsed() < Duration::from_secs(10), "never refused");
        sleep(Duration::from_micros(500)).await;
    }
}

async fn status(http: &Client, url: &str, access: &str) -> u16 {
    let call = http.get(format!("{url}/api/users/me")).bearer_auth(access);
    call.send().await.unwrap().status().as_u16()
}
