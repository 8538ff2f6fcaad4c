//! The upper limit for this machine: only the hashes or signatures of auth-service, with its libraries and parameters.

use std::{
    thread,
    time::{Duration, Instant},
};

use argon2_rust::params::{Memory, TagLen};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::RSA_PKCS1_SHA256,
};
use serde_json::{Value, json};

/// About the length of what is signed of an access token.
const SIGNED_BYTES: usize = 600;

/// Argon2id with auth-service's default parameters: m = 19 MiB, t = 2, p = 1.
pub(crate) fn hashes(seconds: &str) -> Result<Value, String> {
    let params = argon2_rust::Params::builder()
        .memory(Memory::kib(19_456))
        .passes(2)
        .lanes(1)
        .threads(1)
        .tag_len(TagLen::bytes(32))
        .build()
        .map_err(|error| error.to_string())?;
    let argon2 = argon2_rust::Argon2::new(
        argon2_rust::Algorithm::Argon2id,
        argon2_rust::Version::V0x13,
        params,
    );
    on_all_cores(seconds, || {
        let mut hasher = argon2.hasher();
        move || {
            let mut tag = [0; 32];
            hasher
                .hash_into(b"correct horse battery", b"sixteen byte sal", &mut tag)
                .map_err(|error| error.to_string())
        }
    })
}

/// RS256 with a key of 2048 bits that is kept.
pub(crate) fn signatures(seconds: &str) -> Result<Value, String> {
    let key = KeyPair::generate(KeySize::Rsa2048).map_err(|error| error.to_string())?;
    on_all_cores(seconds, || {
        let (key, random) = (&key, SystemRandom::new());
        let (message, mut signature) = ([b'a'; SIGNED_BYTES], vec![0; key.public_modulus_len()]);
        move || {
            key.sign(&RSA_PKCS1_SHA256, &random, &message, &mut signature)
                .map_err(|error| error.to_string())
        }
    })
}

/// Repeats the work on as many threads as there are cores. Each thread makes what it needs.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn on_all_cores<F>(seconds: &str, make: impl Fn() -> F + Sync) -> Result<Value, String>
where
    F: FnMut() -> Result<(), String>,
{
    let seconds: f64 = seconds.parse().map_err(|_| format!("{seconds:?} is no number"))?;
    let cores = thread::available_parallelism().map_err(|error| error.to_string())?.get();
    let rates = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    let mut once = make();
                    // Once before the measurement, so that the memory is allocated.
                    once()?;
                    let (begun, mut done) = (Instant::now(), 0_u64);
                    while begun.elapsed() < Duration::from_secs_f64(seconds) {
                        once()?;
                        done += 1;
                    }
                    Ok(done as f64 / begun.elapsed().as_secs_f64())
                })
            })
            .collect();
        let ended = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err("a thread has panicked".to_owned()))
        });
        ended.collect::<Result<Vec<f64>, String>>()
    })?;
    Ok(json!({ "per_second": rates.iter().sum::<f64>(), "threads": cores }))
}
