//! The cost parameters of Argon2id.

use super::HashingError;

/// The cost of one Argon2id hash (RFC 9106 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HashParameters {
    /// Memory in KiB: `m`.
    pub memory_kib: u32,
    /// Passes over that memory: `t`.
    pub iterations: u32,
    /// Independent lanes: `p`. They are computed one after the other here.
    pub lanes: u32,
}

impl Default for HashParameters {
    /// m = 19 MiB, t = 2, p = 1: about 5 ms on a core of 2025, and OWASP's first choice.
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, lanes: 1 }
    }
}

impl HashParameters {
    /// Maximum for new hashes: 256 MiB, 10 passes, 4 lanes.
    pub const CAP: Self = Self { memory_kib: 256 * 1024, iterations: 10, lanes: 4 };

    /// Maximum number of lanes of a stored hash: Django and older versions of argon2-cffi make hashes with eight.
    const STORED_LANES: u32 = 16;

    /// Maximum work of a stored hash, memory in KiB times passes: 1 GiB.
    const STORED_WORK: u64 = 1024 * 1024;

    /// Rejects parameters that Argon2 does not allow or that are above [`Self::CAP`].
    pub(super) fn check(self) -> Result<(), HashingError> {
        if !self.is_within(Self::CAP) {
            let Self { memory_kib, iterations, lanes } = Self::CAP;
            return Err(HashingError::Parameters(format!(
                "above the cap of m={memory_kib},t={iterations},p={lanes}"
            )));
        }
        argon2::Params::new(self.memory_kib, self.iterations, self.lanes, None)
            .map(|_| ())
            .map_err(|error| HashingError::Parameters(error.to_string()))
    }

    /// Whether this service checks stored hashes with these parameters. It does if it could have made them, or if they
    /// need at most 256 MiB, 16 lanes and the work of one pass over 1 GiB. A hash that was imported or tampered with
    /// must not be able to stop the service.
    pub(super) fn is_runnable(self) -> bool {
        let work = u64::from(self.memory_kib) * u64::from(self.iterations);
        let is_bounded = self.memory_kib <= Self::CAP.memory_kib
            && self.lanes <= Self::STORED_LANES
            && work <= Self::STORED_WORK;
        is_bounded || self.is_within(Self::CAP)
    }

    /// Whether no part is above `cap`.
    pub(super) fn is_within(self, cap: Self) -> bool {
        self.memory_kib <= cap.memory_kib
            && self.iterations <= cap.iterations
            && self.lanes <= cap.lanes
    }

    /// Whether any part is below `current`.
    pub(super) fn is_below(self, current: Self) -> bool {
        !current.is_within(self)
    }
}

#[cfg(test)]
mod tests {
    use super::HashParameters;

    fn parameters(memory_kib: u32, iterations: u32, lanes: u32) -> HashParameters {
        HashParameters { memory_kib, iterations, lanes }
    }

    #[test]
    fn one_part_below_the_current_ones_is_enough_to_be_below() {
        let current = parameters(64, 2, 1);
        assert!(!current.is_below(current));
        assert!(!parameters(128, 3, 2).is_below(current));
        assert!(parameters(63, 9, 4).is_below(current));
        assert!(parameters(128, 1, 4).is_below(current));
    }

    #[test]
    fn stored_hashes_run_up_to_the_own_maximum_or_one_gibibyte_of_work() {
        for (m, t, p) in [(262_144, 10, 4), (102_400, 2, 8), (65_536, 3, 16), (64, 16_384, 1)] {
            assert!(parameters(m, t, p).is_runnable(), "{m} {t} {p}");
        }
        for (m, t, p) in [
            (262_145, 1, 1),
            (64, 1, 17),
            (102_400, 11, 1),
            (262_144, 10, 5),
            (64, 16_385, 1),
            (u32::MAX, u32::MAX, 1),
        ] {
            assert!(!parameters(m, t, p).is_runnable(), "{m} {t} {p}");
        }
    }

    #[test]
    fn parameters_that_cannot_run_are_refused() {
        assert!(HashParameters::default().check().is_ok());
        assert!(HashParameters::CAP.check().is_ok());
        for (m, t, p) in [
            (7, 1, 1),
            (31, 1, 4),
            (64, 0, 1),
            (64, 1, 0),
            (262_145, 1, 1),
            (64, 11, 1),
            (64, 1, 5),
        ] {
            assert!(parameters(m, t, p).check().is_err(), "{m} {t} {p}");
        }
    }
}
