//! Two key rotations while 200 requests a second are served: no valid token is refused.
//!
//! `cargo bench -p authpair --bench rotation_under_load` starts auth-service and users-api as processes, rotates twice
//! with the command line, and fails if any call with a valid token was not answered with success. It takes as
//! long as two activations: the time verifiers may keep the keys, and a minute's margin, each.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a report")]

use std::{
    collections::BTreeSet,
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use authpair_testkit::{Answer, Backend, Process, Session, TestPair, authpair_command};
use tokio::time::{Instant, interval, sleep};

const REQUESTS_A_SECOND: u64 = 200;
const ROTATIONS: usize = 2;

#[tokio::main]
async fn main() -> ExitCode {
    // Verifiers fetch keys at most once a minute, so a shorter time would change nothing.
    let settings = [("AUTH_JWKS_MAX_AGE", "10s")];
    let mut pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    pair.halt().await;
    let program = Path::new(env!("CARGO_BIN_EXE_authpair"));
    let folder = pair.folder.path();
    let command = |arguments: &[&str], prefix: &str| {
        authpair_command(program, arguments, &pair.settings_of(prefix), folder)
    };
    let _auth = Process::start(command(&["auth-service"], "AUTH_"), &pair.auth).await;
    let users = Process::start(command(&["users-api"], "USERS_"), &pair.users).await;
    users.wait_for("/readyz").await;
    pair.register("ana").await;
    let pair = Arc::new(pair);
    let counts = Arc::new(Counts::default());
    let load = tokio::spawn(load(Arc::clone(&pair), Arc::clone(&counts)));
    let mut headers = BTreeSet::from([header_of_a_new_token(&pair).await]);
    for rotation in 1..=ROTATIONS {
        let arguments = ["auth-service", "keys", "rotate"];
        let mut rotate =
            authpair_command(program, &arguments, &pair.settings_of("AUTH_"), pair.folder.path());
        let output = rotate.output().unwrap();
        print!("rotation {rotation}: {}", String::from_utf8_lossy(&output.stdout));
        let started = Instant::now();
        // A loop of its own: each look is a log-in, so the pause is longer than that of `eventually`.
        while headers.len() <= rotation {
            assert!(started.elapsed() < Duration::from_secs(120), "the new key does not sign");
            sleep(Duration::from_millis(500)).await;
            headers.insert(header_of_a_new_token(&pair).await);
        }
        println!("  signs after {} s", started.elapsed().as_secs());
    }
    // So that tokens of the last key are among the calls.
    sleep(Duration::from_secs(3)).await;
    load.abort();
    let (sent, refused) =
        (counts.sent.load(Ordering::Relaxed), counts.refused.load(Ordering::Relaxed));
    println!("{ROTATIONS} rotations, {sent} calls with valid tokens, {refused} refused");
    ExitCode::from(u8::from(refused > 0 || sent < 1_000))
}

#[derive(Default)]
struct Counts {
    sent: AtomicU64,
    refused: AtomicU64,
}

/// The header of a token that is signed now. It differs between two keys by the key's id alone.
async fn header_of_a_new_token(pair: &TestPair) -> String {
    let session = pair.login("ana").await;
    session.access.split('.').next().unwrap().to_owned()
}

/// Users-api with a token that may be new, auth-service with the same, and a refresh, in turn.
async fn load(pair: Arc<TestPair>, counts: Arc<Counts>) {
    let mut sessions = Vec::new();
    for _ in 0..8 {
        sessions.push(pair.login("ana").await);
    }
    let sessions: Vec<_> =
        sessions.into_iter().map(|session| Arc::new(tokio::sync::Mutex::new(session))).collect();
    let mut ticks = interval(Duration::from_micros(1_000_000 / REQUESTS_A_SECOND));
    for turn in 0_usize.. {
        ticks.tick().await;
        let session = Arc::clone(&sessions[turn % sessions.len()]);
        let (pair, counts) = (Arc::clone(&pair), Arc::clone(&counts));
        tokio::spawn(async move {
            let mut session = session.lock().await;
            let refused = match call(&pair, &mut session, turn).await {
                Ok(answer) if answer.status == 200 => None,
                Ok(answer) => Some(format!("{} {}", answer.status, answer.text)),
                Err(error) => Some(format!("no answer: {error}")),
            };
            counts.sent.fetch_add(1, Ordering::Relaxed);
            if let Some(reason) = refused {
                counts.refused.fetch_add(1, Ordering::Relaxed);
                println!("  refused: {reason}");
            }
        });
    }
}

async fn call(
    pair: &TestPair,
    session: &mut Session,
    turn: usize,
) -> Result<Answer, reqwest::Error> {
    // Some refreshes, so that the tokens in use have different ages.
    if turn.is_multiple_of(97) {
        let refresh = pair.auth_call("POST", "/api/auth/refresh").bearer_auth(&session.refresh);
        let answer = Answer::try_of(refresh).await?;
        if answer.status == 200 {
            *session = Session::of(&answer);
        }
        return Ok(answer);
    }
    let call = if turn.is_multiple_of(3) {
        pair.auth_call("GET", "/api/auth/me")
    } else {
        pair.users_call("GET", "/api/users/me")
    };
    Answer::try_of(call.bearer_auth(&session.access)).await
}
