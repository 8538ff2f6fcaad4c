//! Whether the time of an answer shows which addresses have an account.
//!
//! `cargo bench -p authpair --bench forgot_timing` asks for a new password for addresses with an account, without
//! one, and of disabled users, 200 times each in turn, while the mails are sent. It prints the medians
//! and how far they are apart: more than 5 % is too much.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a report")]

use authpair_testkit::{Backend, TestPair, median};
use serde_json::json;
use tokio::time::Instant;

const ROUNDS: usize = 200;

/// Tries before the measured ones.
const WARM_UP: usize = 20;

#[tokio::main]
async fn main() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let target = format!("file:{}", folder.path().display());
        let settings = [("AUTH_MAIL", target.as_str()), ("AUTH_EMAIL_VERIFICATION", "off")];
        match TestPair::start_with(backend, &settings).await {
            Some(pair) => measure(&pair, backend).await,
            None => println!("{backend:?}: there is no database"),
        }
    }
}

async fn measure(pair: &TestPair, backend: Backend) {
    for number in 0..WARM_UP + ROUNDS {
        pair.register(&format!("known{number}")).await;
        let disabled = pair.register(&format!("disabled{number}")).await;
        pair.disable(&disabled).await;
    }
    let kinds = ["known", "nobody", "disabled"];
    let mut times = [const { Vec::new() }; 3];
    for round in 0..WARM_UP + ROUNDS {
        // Each kind comes first as often as the others: what follows a known address may meet the sending of its mail.
        for position in 0..3 {
            let kind = (round + position) % 3;
            let time = timed(pair, &format!("{}{round}@example.com", kinds[kind])).await;
            if round >= WARM_UP {
                times[kind].push(time);
            }
        }
    }
    println!("{backend:?}: {ROUNDS} addresses of each kind, in turn");
    let medians = times.map(|times| median(&times));
    for (kind, median) in kinds.iter().zip(medians) {
        println!("  {kind}: median {median:.3} ms");
    }
    let least = medians.iter().copied().fold(f64::MAX, f64::min);
    let most = medians.iter().copied().fold(0.0, f64::max);
    println!("  within {:.1} % of each other", (most / least - 1.0) * 100.0);
}

/// Milliseconds of a request.
async fn timed(pair: &TestPair, address: &str) -> f64 {
    let body = json!({ "email": address });
    let began = Instant::now();
    pair.post("/api/auth/password/forgot", &body).await.ok(202);
    began.elapsed().as_secs_f64() * 1_000.0
}
