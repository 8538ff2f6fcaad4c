//! How many logins of other users are served while one source floods login with wrong passwords.
//!
//! `cargo bench -p authpair --bench login_flood` starts auth-service as a process with the default cost of
//! passwords, lets 300 connections of 127.0.0.2 try passwords without a pause, and at the same time signs users in from
//! addresses of their own, at a steady pace. It prints which share of them was served, and how fast, without the
//! flood and beside it, and fails below 90 %. `LOGIN_FLOOD_BACKEND=postgres` takes a throw-away PostgreSQL,
//! `LOGIN_FLOOD_NAMES=one` lets the flood guess at one account instead of a new one each time.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a report"
)]

use std::{
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use authpair_testkit::{
    Backend, PASSWORD, Process, TestPair, authpair_command, client_from, percentile,
};
use reqwest::Client;
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep},
};

/// Connections of the flood.
const FLOOD: usize = 300;
/// Other users, each from its own address: 127.0.0.10 and up.
const OTHERS: u8 = 20;
/// The interval between two logins of one of them.
const EVERY: Duration = Duration::from_millis(1_000);
/// How long they sign in.
const LASTS: Duration = Duration::from_secs(12);
/// The percentage of their logins that must be served beside the flood.
const GOAL: usize = 90;

#[tokio::main]
async fn main() -> ExitCode {
    let backend = match std::env::var("LOGIN_FLOOD_BACKEND").as_deref() {
        Ok("postgres") => Backend::Postgres,
        _ => Backend::Sqlite,
    };
    let one_name = std::env::var("LOGIN_FLOOD_NAMES").is_ok_and(|names| names == "one");
    let cores = std::thread::available_parallelism().unwrap().to_string();
    // The defaults of the service, except for settings of tests that only save time.
    let defaults = [
        ("AUTH_ARGON2_MEMORY_KIB", "19456"),
        ("AUTH_ARGON2_ITERATIONS", "2"),
        ("AUTH_HASH_THREADS", &cores),
        ("AUTH_WORKERS", &cores),
        ("AUTH_LOG", "warn"),
    ];
    let mut pair = TestPair::start_with(backend, &defaults).await.expect("a database");
    for number in 0..OTHERS {
        pair.register(&format!("user{number}")).await;
    }
    pair.halt().await;
    let program = Path::new(env!("CARGO_BIN_EXE_authpair"));
    let settings = pair.settings_of("AUTH_");
    let auth = authpair_command(program, &["auth-service"], &settings, pair.folder.path());
    let _auth = Process::start(auth, &pair.auth).await;
    let names = if one_name { "one name" } else { "ever new names" };
    println!(
        "{FLOOD} connections of one source guess at {names}; {OTHERS} others sign in once a second; {backend:?}"
    );
    others("without the flood", &pair).await;
    let flood = Flood::start(&pair, one_name);
    sleep(Duration::from_secs(1)).await;
    let share = others("beside the flood", &pair).await;
    flood.report();
    ExitCode::from(u8::from(share < GOAL))
}

struct Flood {
    _tasks: JoinSet<()>,
    tried: Arc<AtomicU64>,
    hashed: Arc<AtomicU64>,
    since: Instant,
}

impl Flood {
    fn start(pair: &TestPair, one_name: bool) -> Self {
        let (tried, hashed) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (mut tasks, http) = (JoinSet::new(), client_from(2));
        for _ in 0..FLOOD {
            let (tried, hashed, http) = (Arc::clone(&tried), Arc::clone(&hashed), http.clone());
            let url = format!("{}/api/auth/login", pair.auth);
            tasks.spawn(async move {
                loop {
                    let number = tried.fetch_add(1, Ordering::Relaxed);
                    let name =
                        if one_name { "user0".to_owned() } else { format!("nobody{number}") };
                    // Only a password that was hashed is found to be wrong.
                    if status(&http, &url, &name, "a wrong password").await == 401 {
                        hashed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        Self { _tasks: tasks, tried, hashed, since: Instant::now() }
    }

    fn report(&self) {
        let (tried, hashed) =
            (self.tried.load(Ordering::Relaxed), self.hashed.load(Ordering::Relaxed));
        let seconds = self.since.elapsed().as_secs().max(1);
        println!(
            "  the flood: {} tries a second, {} of them hashed",
            tried / seconds,
            hashed / seconds
        );
    }
}

/// Signs the other users in for a while. Returns the percentage that was served.
async fn others(when: &str, pair: &TestPair) -> usize {
    let mut people = JoinSet::new();
    for number in 0..OTHERS {
        let url = format!("{}/api/auth/login", pair.auth);
        people.spawn(async move {
            let http = client_from(10 + number);
            // They do not start at the same moment.
            sleep(EVERY * u32::from(number) / u32::from(OTHERS)).await;
            let (mut ticks, begun) = (interval(EVERY), Instant::now());
            let mut answers = Vec::new();
            while begun.elapsed() < LASTS {
                ticks.tick().await;
                let sent = Instant::now();
                let status = status(&http, &url, &format!("user{number}"), PASSWORD).await;
                answers.push((status, sent.elapsed()));
            }
            answers
        });
    }
    let answers: Vec<_> = people.join_all().await.into_iter().flatten().collect();
    let mut served: Vec<_> =
        answers.iter().filter(|(status, _)| *status == 200).map(|(_, time)| *time).collect();
    served.sort_unstable();
    let at = |percent| percentile(&served, percent).unwrap_or_default().as_millis();
    let share = served.len() * 100 / answers.len();
    println!(
        "  {when}: {} of {} log-ins served, {share} %; median {} ms, p99 {} ms",
        served.len(),
        answers.len(),
        at(50),
        at(99)
    );
    share
}

/// The status of a log-in; 0 without an answer.
async fn status(http: &Client, url: &str, name: &str, password: &str) -> u16 {
    let call = http.post(url).json(&json!({ "username": name, "password": password }));
    call.send().await.map_or(0, |answer| answer.status().as_u16())
}
