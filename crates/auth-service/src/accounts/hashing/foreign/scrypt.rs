//! scrypt (RFC 7914): Werkzeug and Django.

use super::{
    buffer,
    encoding::{from_base64, from_hex},
    is_same, number, salt, tag,
};
use crate::accounts::hashing::{HashingError, stored_hash::StoredHashError};

/// Maximum memory of the table: 128 · N · r bytes.
const MAX_MEMORY: u64 = 64 * 1024 * 1024;
/// Maximum further memory: 128 · r · p bytes.
const MAX_BLOCKS: u64 = 1024 * 1024;
/// Maximum work, N · r · p: eight times that of Werkzeug's default, less than a second on a core of 2025.
const MAX_WORK: u64 = 1 << 21;
/// Maximum of p: the blocks that are mixed one after the other.
const MAX_LANES: u32 = 16;

/// The cost parameters of scrypt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct ScryptCost {
    /// The binary logarithm of N.
    log_n: u8,
    r: u32,
    p: u32,
}

impl ScryptCost {
    /// Checks the parameters and the cap.
    pub(in super::super) fn new(log_n: u8, r: u32, p: u32) -> Result<Self, StoredHashError> {
        if r == 0 || p == 0 || log_n == 0 {
            return Err(StoredHashError::Unreadable);
        }
        let memory =
            1_u64.checked_shl(log_n.into()).and_then(|n| n.checked_mul(128 * u64::from(r)));
        if memory.is_none_or(|memory| memory > MAX_MEMORY) || log_n >= 32 || p > MAX_LANES {
            return Err(StoredHashError::AboveCap);
        }
        let lanes = u64::from(r) * u64::from(p);
        if 128 * lanes > MAX_BLOCKS || lanes << log_n > MAX_WORK {
            return Err(StoredHashError::AboveCap);
        }
        Ok(Self { log_n, r, p })
    }

    fn of_n(n: u32, r: u32, p: u32) -> Result<Self, StoredHashError> {
        if !n.is_power_of_two() {
            return Err(StoredHashError::Unreadable);
        }
        let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| StoredHashError::AboveCap)?;
        Self::new(log_n, r, p)
    }

    /// The memory of one hash in KiB.
    pub(in super::super) fn memory_kib(self) -> u32 {
        let blocks = (1_u64 << self.log_n) + u64::from(self.p) + 2;
        let bytes = blocks * 128 * u64::from(self.r);
        u32::try_from(bytes / 1024).unwrap_or(u32::MAX)
    }

    /// The three parameters: log2(N), r and p.
    pub(in super::super) fn numbers(self) -> (u8, u32, u32) {
        (self.log_n, self.r, self.p)
    }

    /// Derives a key.
    pub(super) fn derive(
        self,
        password: &[u8],
        salt: &[u8],
        key: &mut [u8],
    ) -> Result<(), HashingError> {
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "an imported password hash failed");
            HashingError::Failed
        };
        let parameters =
            scrypt::Params::new(self.log_n, self.r, self.p).map_err(|error| failed(&error))?;
        scrypt::scrypt(password, salt, &parameters, key).map_err(|error| failed(&error))
    }
}

/// A scrypt hash.
#[derive(Clone)]
pub(in super::super) struct Scrypt {
    cost: ScryptCost,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

impl Scrypt {
    /// Reads `scrypt:32768:8:1$salt$hex` (Werkzeug) or `scrypt$16384$salt$8$1$base64` (Django).
    pub(super) fn parse(text: &str) -> Result<Self, StoredHashError> {
        let parts: Vec<&str> = text.split('$').collect();
        match parts[..] {
            [method, salt, hex] => {
                Self::new(werkzeug_cost(method)?, salt.as_bytes(), from_hex(hex))
            }
            ["scrypt", n, salt, r, p, tag] => {
                let cost = ScryptCost::of_n(number(n)?, number(r)?, number(p)?)?;
                Self::new(cost, salt.as_bytes(), from_base64(tag))
            }
            _ => Err(StoredHashError::Unreadable),
        }
    }

    fn new(
        cost: ScryptCost,
        salt_bytes: &[u8],
        tag_bytes: Option<Vec<u8>>,
    ) -> Result<Self, StoredHashError> {
        Ok(Self { cost, salt: salt(salt_bytes.to_vec())?, tag: tag(tag_bytes)? })
    }

    /// A dummy hash of this cost: no password matches it.
    pub(in super::super) fn dummy(cost: ScryptCost) -> Self {
        Self { cost, salt: vec![0; 16], tag: vec![0; 64] }
    }

    /// Its cost.
    pub(in super::super) fn cost(&self) -> ScryptCost {
        self.cost
    }

    /// Whether this password gives the stored tag.
    pub(super) fn matches(&self, password: &[u8]) -> Result<bool, HashingError> {
        let mut key = buffer(self.tag.len());
        self.cost.derive(password, &self.salt, &mut key)?;
        Ok(is_same(&key, &self.tag))
    }
}

/// `scrypt` or `scrypt:32768:8:1`.
fn werkzeug_cost(method: &str) -> Result<ScryptCost, StoredHashError> {
    let parts: Vec<&str> = method.split(':').collect();
    match parts[..] {
        ["scrypt"] => ScryptCost::of_n(1 << 15, 8, 1),
        ["scrypt", n, r, p] => ScryptCost::of_n(number(n)?, number(r)?, number(p)?),
        _ => Err(StoredHashError::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> StoredHashError {
        Scrypt::parse(text).err().unwrap()
    }

    #[test]
    fn memory_and_lanes_above_the_cap_are_refused_before_any_work() {
        let tag = "00".repeat(64);
        for method in [
            "scrypt:131072:8:1",
            "scrypt:65536:9:1",
            "scrypt:2:4194304:1",
            "scrypt:2147483648:1:1",
            "scrypt:2:4294967295:1",
            "scrypt:1024:8:17",
            "scrypt:32768:8:16",
            "scrypt:2:262144:16",
            "scrypt:2:8192:2",
            "scrypt:99999999999:8:1",
        ] {
            assert_eq!(
                error(&format!("{method}$salt${tag}")),
                StoredHashError::AboveCap,
                "{method}"
            );
        }
        for method in ["scrypt:65536:8:1", "scrypt:32768:8:8", "scrypt:2:8192:1"] {
            assert!(Scrypt::parse(&format!("{method}$salt${tag}")).is_ok(), "{method}");
        }
    }

    #[test]
    fn a_text_that_is_not_such_a_hash_is_refused() {
        let tag = "00".repeat(64);
        for method in ["scrypt:1000:8:1", "scrypt:0:8:1", "scrypt:1:8:1", "scrypt:1024:0:1"] {
            let text = format!("{method}$salt${tag}");
            assert_eq!(error(&text), StoredHashError::Unreadable, "{method}");
        }
        assert_eq!(error("scrypt:1024:8:1$salt"), StoredHashError::Unreadable);
        assert_eq!(error("scrypt:1024:8:1$salt$00"), StoredHashError::Unreadable);
    }
}
