//! The clock. Code that needs the time takes a [`Clock`], or a time from one, as an argument.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use crate::unix_time::{UnixMicros, UnixSeconds};

/// Wall-clock time since the Unix epoch. Cheap to clone; clones share one time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// The fixed start time in tests; `None` follows the machine's clock.
    frozen_at_micros: Option<i64>,
    advanced_micros: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still at the present, at a whole second; only [`Clock::advance`] moves it. So a test on a
    /// slow machine sees the same times as on a fast one.
    pub fn frozen() -> Self {
        Self { frozen_at_micros: Some(Self::system().seconds() * 1_000_000), ..Self::default() }
    }

    /// Now, in whole seconds.
    pub fn now(&self) -> UnixSeconds {
        self.now_micros().seconds()
    }

    /// Now, in microseconds.
    pub fn now_micros(&self) -> UnixMicros {
        UnixMicros::new(self.micros())
    }

    /// [`Clock::now`] as the number that a claim holds.
    pub fn seconds(&self) -> i64 {
        self.now().as_i64()
    }

    /// [`Clock::now_micros`] as a number.
    pub fn micros(&self) -> i64 {
        let base = self.frozen_at_micros.unwrap_or_else(machine_micros);
        base.saturating_add(self.advanced_micros.load(Ordering::Relaxed))
    }

    /// Moves this clock and all its clones ahead, so that tests let tokens expire without sleeping.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.advanced_micros.fetch_add(micros, Ordering::Relaxed);
    }
}

fn machine_micros() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    let now = SystemTime::now();
    // A clock before 1970 counts as the epoch, so that no token is accepted too early.
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advancing_one_clone_advances_them_all() {
        let clock = Clock::frozen();
        let other = clock.clone();
        let before = other.micros();
        clock.advance(Duration::from_secs(900));
        assert_eq!(other.micros() - before, 900_000_000);
    }
}
