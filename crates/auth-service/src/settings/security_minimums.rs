//! Settings with a security minimum. Only a separate setting for tests, with a clear name, allows a weaker value.

use service_kit::{
    http::PublicUrl,
    settings::{Settings, SettingsError},
};

use crate::accounts::hashing::HashParameters;

/// Minimum memory in KiB for each number of passes, from OWASP's Password Storage Cheat Sheet for Argon2id. More passes
/// need at least the memory of the last entry.
const OWASP_MINIMUMS: [(u32, u32); 5] =
    [(1, 47_104), (2, 19_456), (3, 12_288), (4, 9_216), (5, 7_168)];

/// Reads the cost of a password hash.
pub(super) fn take_argon2(given: &mut Settings) -> Result<HashParameters, SettingsError> {
    let (default, cap) = (HashParameters::default(), HashParameters::CAP);
    let lanes = given.take_within(
        "ARGON2_LANES",
        default.lanes.to_string(),
        1..=cap.lanes,
        "lanes of one password hash",
    )?;
    let name = "ARGON2_MEMORY_KIB";
    let memory_kib = given.take_within(
        name,
        default.memory_kib.to_string(),
        // Argon2 needs at least eight blocks of 1 KiB for each lane (RFC 9106 section 3.1).
        8 * lanes..=cap.memory_kib,
        "memory of one password hash; eight times the lanes at least",
    )?;
    let iterations = given.take_within(
        "ARGON2_ITERATIONS",
        default.iterations.to_string(),
        1..=cap.iterations,
        "passes over that memory",
    )?;
    let is_weak_allowed: bool = given.take(
        "ALLOW_WEAK_HASHING",
        "off",
        "allows Argon2 below OWASP's minimum; for tests",
    )?;
    let least = OWASP_MINIMUMS.iter().rev().find(|(passes, _)| *passes <= iterations);
    let least = least.map_or(u32::MAX, |(_, memory)| *memory);
    if memory_kib < least && !is_weak_allowed {
        return Err(given.invalid(
            name,
            format!(
                "is below OWASP's minimum of {least} for AUTH_ARGON2_ITERATIONS={iterations} \
                 (AUTH_ALLOW_WEAK_HASHING=on is for tests)"
            ),
        ));
    }
    Ok(HashParameters { memory_kib, iterations, lanes })
}

/// Reads the issuer: https, or http on a loopback host.
pub(super) fn take_issuer(given: &mut Settings) -> Result<PublicUrl, SettingsError> {
    // `PublicUrl` checks RFC 8414 §2, and that there is no slash at the end: with one, `iss` would differ from the URL
    // that people type.
    let url: PublicUrl = given.take(
        "ISSUER",
        "http://127.0.0.1:8080",
        "the public address: `iss` of every token, and where clients find the metadata. A path is allowed",
    )?;
    let is_http_allowed: bool = given.take(
        "ALLOW_HTTP_ISSUER",
        "off",
        "allows an `http` issuer that is not this machine",
    )?;
    if url.is_https() || url.is_local() || is_http_allowed {
        return Ok(url);
    }
    Err(given.invalid(
        "ISSUER",
        "is http on a host that is not loopback, so passwords and tokens could be read on the way: \
         use https (AUTH_ALLOW_HTTP_ISSUER=on is for closed networks without TLS)",
    ))
}
