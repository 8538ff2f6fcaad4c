//! The cost of a token check: accepting, rejecting, and looking a session up among a million revoked ones.
//!
//! `cargo bench -p claims`. The first line is the lower limit: only the RSA operation.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;
use std::sync::Arc;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claims::remote::{RemoteVerifier, RevokedSet, RightsVersions};
use claims::testing::{FakeIssuer, TestKey, TokenBuilder, key_set};
use claims::{Policy, verify_access};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

const ISSUER: &str = "https://auth.example";
const AUDIENCE: &str = "users-api";
const NOW: i64 = 1_800_000_000;

fn good() -> TokenBuilder {
    TokenBuilder::access(TestKey::FIRST, ISSUER, AUDIENCE, NOW)
        .claim("jti", "0199a7a2-7a65-7d0c-9f0b-5d5e4f3a2b1c")
        .claim("sid", "0199a7a2-7a65-7d0c-9f0b-5d5e4f3a2b1d")
}

/// Only the signature check, with a parsed key and decoded bytes.
fn bare_rsa(c: &mut Criterion) {
    let token = good().sign();
    let (content, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let der = TestKey::FIRST.public_der();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).parse().unwrap();
    c.bench_function("bare RSA check", |b| {
        b.iter(|| key.verify_sig(black_box(content.as_bytes()), black_box(&signature)));
    });
}

fn split(token: &str) -> (String, String) {
    let (content, signature) = token.rsplit_once('.').unwrap();
    (content.to_owned(), signature.to_owned())
}

fn tokens(c: &mut Criterion) {
    let keys = key_set(&[TestKey::FIRST, TestKey::SECOND]);
    let policy = Policy::new(ISSUER, AUDIENCE);
    let (content, _) = split(&good().sign());
    let (_, other) = split(&good().claim("jti", "x").sign());
    let cases = [
        ("accept, seen before", good().sign()),
        ("reject, bad signature", format!("{content}.{other}")),
        ("reject, signature of another length", format!("{content}.AAAA")),
        ("reject, expired", good().claim("exp", 1).sign()),
        ("reject, unknown kid", good().header("kid", "stranger").sign()),
        ("reject, alg none", good().header("alg", "none").unsigned()),
        ("reject, not a token", "x".repeat(600)),
        ("reject, too large", "x".repeat(9000)),
    ];
    for (name, token) in cases {
        c.bench_function(name, |b| {
            b.iter(|| verify_access(black_box(&token), &keys, &policy, NOW));
        });
    }
}

/// A key caches tokens whose signature it verified, so each round needs a new key.
fn first_time(c: &mut Criterion) {
    let policy = Policy::new(ISSUER, AUDIENCE);
    let token = good().sign();
    c.bench_function("accept, first time", |b| {
        b.iter_batched_ref(
            || key_set(&[TestKey::FIRST, TestKey::SECOND]),
            |keys| verify_access(black_box(&token), keys, &policy, NOW),
            BatchSize::SmallInput,
        );
    });
}

/// The whole cost for a request with feature `remote`: key cache, revocations and verification.
fn remote(c: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let issuer = runtime.block_on(FakeIssuer::start());
    let verifier = RemoteVerifier::builder(&issuer.issuer(), AUDIENCE).now(Arc::new(|| NOW));
    let verifier = verifier.start().unwrap();
    while verifier.readiness().is_err() {
        std::thread::yield_now();
    }
    let token = good().claim("iss", issuer.issuer());
    let stranger = token.clone().header("kid", "stranger").sign();
    let token = token.sign();
    assert!(verifier.try_verify(&token).is_some_and(|answer| answer.is_ok()));
    c.bench_function("remote verifier, accept", |b| {
        b.iter(|| verifier.try_verify(black_box(&token)));
    });
    c.bench_function("remote verifier, unknown kid in cooldown", |b| {
        b.iter(|| verifier.try_verify(black_box(&stranger)));
    });
}

fn revoked(c: &mut Criterion) {
    let set = RevokedSet::new();
    for n in 0..1_000_000 {
        set.insert(&format!("0199a7a2-7a65-7d0c-9f0b-{n:012x}"), NOW + 900);
    }
    let absent = "1199a7a2-7a65-7d0c-9f0b-000000000001";
    let present = "0199a7a2-7a65-7d0c-9f0b-000000012345";
    c.bench_function("a million revoked, absent", |b| {
        b.iter(|| set.contains(black_box(absent), NOW));
    });
    c.bench_function("a million revoked, present", |b| {
        b.iter(|| set.contains(black_box(present), NOW));
    });
    c.bench_function("a million revoked, prune", |b| b.iter(|| set.prune(black_box(NOW))));
}

fn rights(c: &mut Criterion) {
    let versions = RightsVersions::new();
    let user = "1199a7a2-7a65-7d0c-9f0b-000000000001";
    c.bench_function("no changed rights", |b| {
        b.iter(|| versions.is_stale(black_box(user), 1, NOW));
    });
    for n in 0..1_000_000 {
        versions.raise(&format!("0199a7a2-7a65-7d0c-9f0b-{n:012x}"), 1, NOW + 900);
    }
    c.bench_function("a million changed rights, absent", |b| {
        b.iter(|| versions.is_stale(black_box(user), 1, NOW));
    });
}

criterion_group!(benches, bare_rsa, first_time, tokens, remote, revoked, rights);
criterion_main!(benches);
