//! A hash in the database (a PHC string of Argon2, or a form of another system), and the cost of checking it.

use super::{
    HashParameters, HashingError,
    engine::Engine,
    foreign::{
        Bcrypt, ForeignHash, HashFunction, Pbkdf2, Scheme, Scrypt, ScryptCost, ShaCrypt, Wrapped,
    },
    phc_hash::{Argon2Cost, PhcHash},
};

/// Why a stored hash cannot be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum StoredHashError {
    #[error("it is of no known form")]
    Unreadable,
    #[error("its parameters are above what this service runs")]
    AboveCap,
}

/// The prefix of a PHC string of Argon2 that another system made.
pub(super) const FOREIGN_ARGON2: &str = "argon2";

/// A parsed hash: everything that is needed to check a password.
#[derive(Clone)]
pub(super) enum StoredHash {
    Argon2(PhcHash),
    Foreign(ForeignHash),
}

impl StoredHash {
    /// Reads a hash. Parsing neither allocates the memory of its parameters nor computes the hash.
    pub(super) fn parse(text: &str) -> Result<Self, StoredHashError> {
        // Django writes `argon2` before the PHC string, and so does our import of another system's hash.
        if let Some(phc) = text.strip_prefix(FOREIGN_ARGON2).filter(|rest| rest.starts_with('$')) {
            let scheme = Scheme::Argon2(PhcHash::parse(phc)?);
            return Ok(Self::Foreign(ForeignHash { prehash: None, scheme }));
        }
        match ForeignHash::parse(text) {
            Some(foreign) => foreign.map(Self::Foreign),
            None => PhcHash::parse(text).map(Self::Argon2),
        }
    }

    /// The cost of checking it.
    pub(super) fn cost(&self) -> HashCost {
        match self {
            Self::Argon2(hash) => HashCost::Argon2(hash.cost()),
            Self::Foreign(hash) => match &hash.scheme {
                Scheme::Pbkdf2(hash) => HashCost::Pbkdf2(hash.cost().0, hash.cost().1),
                Scheme::Bcrypt(hash) => HashCost::Bcrypt(hash.cost()),
                Scheme::ShaCrypt(hash) => HashCost::ShaCrypt(hash.cost().0, hash.cost().1),
                Scheme::Scrypt(hash) => HashCost::Scrypt(hash.cost()),
                Scheme::Firebase(hash) => HashCost::Scrypt(hash.cost()),
                Scheme::Wrapped(hash) => HashCost::Wrapped(hash.outer().cost(), hash.runs()),
                Scheme::Argon2(hash) => HashCost::Wrapped(hash.cost(), 1),
            },
        }
    }

    /// A dummy hash of this cost: no password matches it.
    pub(super) fn dummy(cost: HashCost) -> Option<Self> {
        let scheme = match cost {
            HashCost::Argon2(cost) => return Some(Self::Argon2(PhcHash::dummy(cost))),
            HashCost::Pbkdf2(function, rounds) => {
                Scheme::Pbkdf2(Pbkdf2::dummy(function, rounds).ok()?)
            }
            HashCost::Bcrypt(cost) => Scheme::Bcrypt(Bcrypt::dummy(cost).ok()?),
            HashCost::ShaCrypt(function, rounds) => {
                Scheme::ShaCrypt(ShaCrypt::dummy(function, rounds).ok()?)
            }
            HashCost::Scrypt(cost) => Scheme::Scrypt(Scrypt::dummy(cost)),
            HashCost::Wrapped(cost, runs) => {
                Scheme::Wrapped(Wrapped::dummy(PhcHash::dummy(cost), runs))
            }
        };
        Some(Self::Foreign(ForeignHash { prehash: None, scheme }))
    }

    /// Whether another system made it. Then it may be the hash of a password in the form that was sent.
    pub(super) fn is_foreign(&self) -> bool {
        matches!(self, Self::Foreign(_))
    }

    /// Whether this password gives the stored tag.
    pub(super) fn matches(
        &self,
        engine: &mut dyn Engine,
        password: &[u8],
    ) -> Result<bool, HashingError> {
        let tag_equal = match self {
            Self::Argon2(hash) => hash.matches(engine, password)?,
            Self::Foreign(hash) => hash.matches(engine, password)?,
        };
        // An empty password is not accepted. Nor is a zero byte: for C functions of other systems it ends the password.
        Ok(tag_equal && !password.is_empty() && !password.contains(&0))
    }

    /// Whether a hash made now would be stronger.
    pub(super) fn is_below(&self, current: HashParameters) -> bool {
        match self {
            Self::Argon2(hash) => hash.is_below(current),
            Self::Foreign(_) => true,
        }
    }
}

/// Whether this stored text means that the account has no password: it begins with `!` or `*`, as in Django and
/// `/etc/shadow`. No password signs in to such an account.
pub fn has_no_password(text: &str) -> bool {
    text.starts_with(['!', '*'])
}

/// The parameters that determine how long the check of a hash takes. Hashes of other systems come first in the order,
/// because their users move on to Argon2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HashCost {
    Pbkdf2(HashFunction, u32),
    Bcrypt(u32),
    ShaCrypt(HashFunction, u32),
    Scrypt(ScryptCost),
    /// Argon2's cost, and how often it runs.
    Wrapped(Argon2Cost, usize),
    Argon2(Argon2Cost),
}

impl HashCost {
    /// The same cost, or an error if it takes more memory than `cap_kib`.
    pub(super) fn within(self, cap_kib: u32) -> Result<Self, StoredHashError> {
        let memory = match self {
            Self::Argon2(cost) | Self::Wrapped(cost, _) => cost.memory_kib(),
            Self::Scrypt(cost) => cost.memory_kib(),
            Self::Pbkdf2(..) | Self::Bcrypt(_) | Self::ShaCrypt(..) => 0,
        };
        if memory <= cap_kib { Ok(self) } else { Err(StoredHashError::AboveCap) }
    }

    /// The text form for the database.
    pub(super) fn to_text(self) -> String {
        match self {
            Self::Pbkdf2(function, rounds) => format!("pbkdf2:{}:{rounds}", function.name()),
            Self::Bcrypt(cost) => format!("bcrypt:{cost}"),
            Self::ShaCrypt(function, rounds) => format!("sha-crypt:{}:{rounds}", function.name()),
            Self::Scrypt(cost) => {
                let (log_n, r, p) = cost.numbers();
                format!("scrypt:{log_n}:{r}:{p}")
            }
            Self::Wrapped(cost, runs) => format!("wrapped:{runs}:{}", cost.to_text()),
            Self::Argon2(cost) => cost.to_text(),
        }
    }

    /// Reads the text form; `None` if this service does not check such hashes.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let function = |name: &&str| HashFunction::from_name(name);
        let cost = match parts[..] {
            [phc] => Self::Argon2(Argon2Cost::from_text(phc)?),
            ["pbkdf2", name, rounds] => Self::Pbkdf2(function(&name)?, rounds.parse().ok()?),
            ["bcrypt", cost] => Self::Bcrypt(cost.parse().ok()?),
            ["sha-crypt", name, rounds] => Self::ShaCrypt(function(&name)?, rounds.parse().ok()?),
            ["scrypt", log_n, r, p] => {
                let (log_n, r, p) = (log_n.parse().ok()?, r.parse().ok()?, p.parse().ok()?);
                Self::Scrypt(ScryptCost::new(log_n, r, p).ok()?)
            }
            ["wrapped", runs, phc] => {
                let runs = runs.parse().ok().filter(|runs| (1..=2).contains(runs))?;
                Self::Wrapped(Argon2Cost::from_text(phc)?, runs)
            }
            _ => return None,
        };
        StoredHash::dummy(cost).map(|_| cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cost_reads_as_itself_and_one_above_the_caps_does_not() {
        for text in [
            "pbkdf2:sha256:260000",
            "bcrypt:12",
            "sha-crypt:sha512:5000",
            "scrypt:15:8:1",
            "wrapped:2:$argon2id$v=19$m=4096,t=1,p=1",
            "$argon2id$v=19$m=4096,t=1,p=1",
        ] {
            assert_eq!(HashCost::from_text(text).unwrap().to_text(), text);
        }
        for text in [
            "pbkdf2:sha256:2000001",
            "bcrypt:15",
            "sha-crypt:sha512:1000001",
            "scrypt:20:8:1",
            "wrapped:9:$argon2id$v=19$m=4096,t=1,p=1",
            "rubbish",
            "",
        ] {
            assert_eq!(HashCost::from_text(text), None, "{text}");
        }
    }

    #[test]
    fn the_hashes_of_other_systems_come_before_argon2_in_the_order() {
        let mut costs = ["$argon2id$v=19$m=8,t=1,p=1", "scrypt:16:8:1", "bcrypt:14"]
            .map(|text| HashCost::from_text(text).unwrap());
        costs.sort();
        assert_eq!(costs.last().unwrap().to_text(), "$argon2id$v=19$m=8,t=1,p=1");
    }
}
