//! The load generator of `scripts/bench`: the same for every server, one thread, HTTP/1.1 on kept connections.
//!
//! ```text
//! load run                 carries out the plan (JSON, see `plan`) on standard input
//! load hashes SECONDS      Argon2id hashes a second on all cores: the limit of logins
//! load signatures SECONDS  RS256 signatures a second on all cores: the limit of refreshes
//! ```
//!
//! Each prints one line of JSON. A wrong answer ends the run with exit code 1.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a report")]

mod http;
mod latency;
mod limits;
mod plan;
mod session;
mod stream;

use std::{
    io,
    process::ExitCode,
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};

use crate::{plan::Plan, stream::Window};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["run"] => run(),
        ["hashes", seconds] => limits::hashes(seconds),
        ["signatures", seconds] => limits::signatures(seconds),
        _ => {
            println!(
                "a part of scripts/bench; `load run`, `load hashes SECONDS` or `load signatures SECONDS`"
            );
            return ExitCode::SUCCESS;
        }
    };
    match outcome {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<Value, String> {
    let plan: Plan =
        serde_json::from_reader(io::stdin()).map_err(|error| format!("the plan: {error}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(carry_out(plan))
}

/// Signs clients in where needed, then starts all streams at once.
async fn carry_out(plan: Plan) -> Result<Value, String> {
    let mut ready = Vec::new();
    for stream in plan.streams {
        let name = stream.name.clone();
        ready.push((name, stream::prepare(plan.address, stream).await?));
    }
    let from = Instant::now() + Duration::from_secs_f64(plan.warm_up);
    let window = Window { from, to: from + Duration::from_secs_f64(plan.seconds) };
    let started: Vec<_> =
        ready.into_iter().map(|(name, stream)| (name, stream.start(window))).collect();
    let mut summary = Map::new();
    for (name, running) in started {
        let latencies = running.end().await.map_err(|error| format!("{name}: {error}"))?;
        summary.insert(name, json!(latencies.summary(plan.seconds)));
    }
    Ok(Value::Object(summary))
}
