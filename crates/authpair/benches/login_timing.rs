//! Whether the time of a log-in shows which accounts exist, when stored hashes have different parameters.
//!
//! `cargo bench -p authpair --bench login_timing` registers people under three costs of passwords, then tries wrong
//! passwords at their names and at names without an account, in turn. It prints how long both took, and into which
//! of the three costs the names fall. If a name without an account always cost the same, the other two costs would
//! show that an account exists.
//!
//! Then, where all hashes cost the same, it tries names without an account, wrong passwords, the right password of
//! disabled users, and blocked accounts, 200 times each in turn, with the throttle of accounts on. It prints the
//! medians, and how far those of the first three are apart: more than 5 % is too much.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a report")]

use std::time::Duration;

use auth_service::accounts::hashing::hash_costs;
use authpair_testkit::{Backend, PASSWORD, TestPair, median};
use serde_json::json;
use tokio::time::Instant;

/// Memory in KiB, passes, and how many people have a hash of that cost.
const COSTS: [(&str, &str, usize); 3] = [("4096", "1", 24), ("19456", "2", 24), ("65536", "3", 12)];

/// Tries at each name.
const TRIES: usize = 7;

/// Tries of each kind, and how many of them go to one account: as many as are free.
const ROUNDS: usize = 200;
const FREE: usize = 5;

#[tokio::main]
async fn main() {
    by_cost().await;
    by_kind().await;
}

async fn by_cost() {
    let mut pair = TestPair::start(Backend::Sqlite).await.expect("a database");
    let mut known = Vec::new();
    for (memory, passes, people) in COSTS {
        cost(&mut pair, memory, passes).await;
        for _ in 0..people {
            let name = format!("user{}", known.len());
            pair.register(&name).await;
            known.push(name);
        }
    }
    cost(&mut pair, COSTS[1].0, COSTS[1].1).await;
    pair.clock.advance(Duration::from_secs(601));
    let state = pair.pair().auth().state();
    hash_costs::refresh(&state.database, state.passwords.hasher(), state.now()).await.unwrap();
    let unknown: Vec<_> = (0..known.len()).map(|number| format!("nobody{number}")).collect();
    let (mut of_known, mut of_unknown) =
        (vec![Vec::new(); known.len()], vec![Vec::new(); known.len()]);
    for _ in 0..TRIES {
        for number in 0..known.len() {
            of_known[number].push(time(&pair, &known[number]).await);
            of_unknown[number].push(time(&pair, &unknown[number]).await);
        }
    }
    let (of_known, of_unknown) = (medians(&of_known), medians(&of_unknown));
    // The median of the names of each cost. A name counts to the cost whose median is nearest, by their ratio.
    let mut first = 0;
    let costs = COSTS.map(|(_, _, people)| {
        let median = median(&of_known[first..first + people]);
        first += people;
        median
    });
    println!(
        "{} names with an account and as many without, {TRIES} wrong passwords each, in turn",
        known.len()
    );
    for (what, times) in [("with an account", &of_known), ("without", &of_unknown)] {
        let shares = costs.map(|cost| {
            let nearest = |time: &f64| {
                let apart = |other: &f64| (time.ln() - other.ln()).abs();
                costs
                    .iter()
                    .min_by(|a, b| apart(a).total_cmp(&apart(b)))
                    .is_some_and(|own| *own == cost)
            };
            times.iter().copied().filter(nearest).collect::<Vec<_>>()
        });
        let groups: Vec<_> = shares
            .iter()
            .map(|times| format!("{} names at {:.1} ms", times.len(), median(times)))
            .collect();
        println!("  {what}: median {:.1} ms; {}", median(times), groups.join(", "));
    }
}

async fn by_kind() {
    let settings = [
        ("AUTH_ARGON2_MEMORY_KIB", COSTS[1].0),
        ("AUTH_ARGON2_ITERATIONS", COSTS[1].1),
        ("AUTH_RATE_LIMITS", "on"),
        ("AUTH_LIMIT_LOGIN", "off"),
        ("AUTH_LIMIT_REGISTER", "off"),
    ];
    let pair = TestPair::start_with(Backend::Sqlite, &settings).await.expect("a database");
    for number in 0..ROUNDS / FREE {
        pair.register(&format!("known{number}")).await;
        let disabled = pair.register(&format!("disabled{number}")).await;
        pair.disable(&disabled).await;
    }
    pair.register("blocked").await;
    for _ in 0..FREE {
        timed(&pair, "blocked", "a wrong password", 401).await;
    }
    let mut times = [const { Vec::new() }; 4];
    for round in 0..ROUNDS {
        let number = round / FREE;
        times[0].push(timed(&pair, &format!("nobody{number}"), "a wrong password", 401).await);
        times[1].push(timed(&pair, &format!("known{number}"), "a wrong password", 401).await);
        times[2].push(timed(&pair, &format!("disabled{number}"), PASSWORD, 401).await);
        times[3].push(timed(&pair, "blocked", PASSWORD, 429).await);
    }
    println!("{ROUNDS} tries each, in turn, where all hashes cost the same");
    let medians = times.map(|times| median(&times));
    let kinds = ["unknown user", "wrong password", "disabled user", "blocked account"];
    for (kind, median) in kinds.iter().zip(medians) {
        println!("  {kind}: median {median:.2} ms");
    }
    let (least, most) = (
        medians[..3].iter().copied().fold(f64::MAX, f64::min),
        medians[..3].iter().copied().fold(0.0, f64::max),
    );
    println!("  the first three are within {:.1} % of each other", (most / least - 1.0) * 100.0);
}

async fn cost(pair: &mut TestPair, memory: &str, passes: &str) {
    pair.halt().await;
    pair.set("AUTH_ARGON2_MEMORY_KIB", memory);
    pair.set("AUTH_ARGON2_ITERATIONS", passes);
    pair.resume().await;
}

/// Milliseconds of a try with a wrong password.
async fn time(pair: &TestPair, name: &str) -> f64 {
    timed(pair, name, "a wrong password", 401).await
}

/// Milliseconds of a try that is answered with this status.
async fn timed(pair: &TestPair, name: &str, password: &str, status: u16) -> f64 {
    let body = json!({ "username": name, "password": password });
    let began = Instant::now();
    pair.post("/api/auth/login", &body).await.expect_status(status);
    began.elapsed().as_secs_f64() * 1_000.0
}

fn medians(times: &[Vec<f64>]) -> Vec<f64> {
    times.iter().map(|times| median(times)).collect()
}
