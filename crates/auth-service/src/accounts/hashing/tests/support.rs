//! An engine that tests can stop, observe and break.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::accounts::Password;
use crate::accounts::hashing::engine::{Engine, EngineFactory, Input, reference};
use crate::accounts::hashing::{
    AccountSlot, Argon2Engine, HashParameters, HashingError, MAX_ATTEMPTS_AT_ONCE, PasswordHash,
    PasswordHasher, QueuePermit, Requester, SlotError, Verdict,
};
use crate::throttle::{AttemptKey, AttemptKeys, Source};

pub(super) const CHEAP: HashParameters = HashParameters { memory_kib: 8, iterations: 1, lanes: 1 };

pub(super) fn password(text: &str) -> Password {
    Password::parse_entered(text).unwrap()
}

pub(super) fn hasher() -> PasswordHasher {
    PasswordHasher::start(Argon2Engine::Fast, CHEAP, 1, 16).unwrap()
}

pub(super) fn account(name: &str) -> AttemptKey {
    AttemptKeys::new(b"secret").of_user(name)
}

/// A permit of a new requester.
pub(super) fn permit(hasher: &PasswordHasher) -> QueuePermit {
    static SOURCES: AtomicU32 = AtomicU32::new(0);
    let source = Source::V4(SOURCES.fetch_add(1, Ordering::Relaxed));
    hasher.take_permit(Requester::Source(source)).unwrap()
}

/// Begins an attempt at an account that nothing blocks.
pub(super) async fn begin(
    hasher: &PasswordHasher,
    permit: QueuePermit,
    account: AttemptKey,
) -> Result<AccountSlot, HashingError> {
    hasher.take_slot(permit, account, MAX_ATTEMPTS_AT_ONCE).await.map_err(|error| match error {
        SlotError::Hashing(error) => error,
        SlotError::TooSoon(_) => unreachable!("no account is blocked here"),
    })
}

/// An attempt by a new requester at a new account.
pub(super) async fn verify(
    hasher: &PasswordHasher,
    text: &str,
    stored: Option<&str>,
) -> Result<Verdict, HashingError> {
    static ACCOUNTS: AtomicU32 = AtomicU32::new(0);
    let account = account(&ACCOUNTS.fetch_add(1, Ordering::Relaxed).to_string());
    let slot = begin(hasher, permit(hasher), account).await?;
    hasher.verify(&slot, password(text), stored).await
}

/// A new hash for a new requester.
pub(super) async fn hash(
    hasher: &PasswordHasher,
    text: &str,
) -> Result<PasswordHash, HashingError> {
    hasher.hash(&permit(hasher), password(text)).await
}

/// Records the runs of the engines.
#[derive(Default)]
pub(super) struct Watched {
    pub(super) runs: Vec<HashParameters>,
    pub(super) running: usize,
    pub(super) max_running: usize,
}

pub(super) struct Gated {
    pub(super) hasher: PasswordHasher,
    pub(super) watched: Arc<Mutex<Watched>>,
    /// Each message lets one run end; dropping the sender lets all end.
    pub(super) gate: Sender<()>,
}

/// A hasher whose runs wait at a gate.
pub(super) fn gated(threads: usize, queue_len: usize) -> Gated {
    let (gate, exits) = unbounded();
    let watched = Arc::new(Mutex::new(Watched::default()));
    let factory = {
        let watched = Arc::clone(&watched);
        let make: EngineFactory = Arc::new(move |current| {
            let real = reference()(current)?;
            Ok(Box::new(Watching { real, watched: Arc::clone(&watched), exits: exits.clone() }))
        });
        make
    };
    let hasher = PasswordHasher::start_on(&factory, CHEAP, threads, queue_len).unwrap();
    *watched.lock().unwrap() = Watched::default();
    Gated { hasher, watched, gate }
}

struct Watching {
    real: Box<dyn Engine>,
    watched: Arc<Mutex<Watched>>,
    exits: Receiver<()>,
}

impl Engine for Watching {
    fn tag(&mut self, input: &Input<'_>, out: &mut [u8]) -> Result<(), String> {
        {
            let mut watched = self.watched.lock().unwrap();
            watched.runs.push(input.parameters);
            watched.running += 1;
            watched.max_running = watched.max_running.max(watched.running);
        }
        // An error means that the gate is open for good.
        let _ = self.exits.recv();
        self.watched.lock().unwrap().running -= 1;
        self.real.tag(input, out)
    }

    fn wipe(&mut self) {
        self.real.wipe();
    }

    fn name(&self) -> &'static str {
        "watching"
    }
}

/// An engine that computes each tag and then changes it by `break_tag`.
pub(super) fn broken(break_tag: fn(&Input<'_>, &mut [u8]) -> Result<(), String>) -> EngineFactory {
    struct Broken(Box<dyn Engine>, fn(&Input<'_>, &mut [u8]) -> Result<(), String>);
    impl Engine for Broken {
        fn tag(&mut self, input: &Input<'_>, out: &mut [u8]) -> Result<(), String> {
            self.0.tag(input, out)?;
            (self.1)(input, out)
        }
        fn wipe(&mut self) {
            self.0.wipe();
        }
        fn name(&self) -> &'static str {
            "broken"
        }
    }
    Arc::new(move |current| -> Result<Box<dyn Engine>, HashingError> {
        Ok(Box::new(Broken(reference()(current)?, break_tag)))
    })
}

/// Yields to other tasks and threads until `condition` is true. The limit uses the real clock, because some tests stop
/// tokio's.
pub(super) async fn until(condition: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !condition() {
        assert!(began.elapsed().as_secs() < 30, "the condition was not true within 30 seconds");
        std::thread::yield_now();
        tokio::task::yield_now().await;
    }
}
