//! Starts the hashing of passwords.

use service_kit::start::{StartError, start_error};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::{
    accounts::{
        BreachedPasswords, PasswordService,
        hashing::{PasswordHasher, memory},
    },
    settings::AuthSettings,
};

/// Runs on its own thread: checks the hashing engine, starts the hashing threads, and opens the file of breached
/// passwords, if there is one. Fails with the name of the setting that is wrong.
pub(super) fn open_passwords(
    settings: &AuthSettings,
) -> JoinHandle<Result<PasswordService, StartError>> {
    let settings = settings.clone();
    spawn_blocking(move || open(&settings))
}

fn open(settings: &AuthSettings) -> Result<PasswordService, StartError> {
    let &AuthSettings { argon2_engine, argon2, hash_threads, hash_queue, .. } = settings;
    memory::check(argon2, hash_threads)
        .map_err(start_error("AUTH_HASH_THREADS, AUTH_ARGON2_MEMORY_KIB"))?;
    let hasher = PasswordHasher::start(argon2_engine, argon2, hash_threads, hash_queue)
        .map_err(start_error("password hashing"))?;
    let breached = BreachedPasswords::open_if_set(settings.breached_passwords.as_deref())
        .map_err(start_error("AUTH_BREACHED_PASSWORDS"))?;
    Ok(PasswordService::new(hasher, breached))
}
