//! The PHC strings in the database: `$argon2id$v=19$m=…,t=…,p=…$salt$tag`.

use std::fmt;

use argon2::password_hash::phc::{self, Output, ParamsString, Salt};
use argon2::{Algorithm, Params, Version};
use zeroize::Zeroizing;

use super::engine::{Engine, Input};
use super::stored_hash::StoredHashError;
use super::{HashParameters, HashingError};

/// Bytes of a new tag.
pub(super) const TAG_BYTES: usize = 32;
/// Bytes of a new salt.
const SALT_BYTES: usize = 16;
/// Minimum length of a stored tag in bytes: a shorter one could be equal by chance.
const SHORTEST_TAG: usize = 16;

/// A password hash to store: a PHC string of Argon2id. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The PHC string, to store.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

/// The cost of a hash: everything except salt and tag. Ordered by memory first, which is roughly the order of duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Argon2Cost {
    parameters: HashParameters,
    algorithm: Algorithm,
    version: Version,
}

impl Argon2Cost {
    /// The cost of a new hash with these parameters.
    pub(super) fn current(parameters: HashParameters) -> Self {
        Self { parameters, algorithm: Algorithm::Argon2id, version: Version::V0x13 }
    }

    /// The memory of one hash.
    pub(super) fn memory_kib(self) -> u32 {
        self.parameters.memory_kib
    }

    /// The beginning of a PHC string, up to the salt.
    pub(super) fn to_text(self) -> String {
        let Self { parameters: HashParameters { memory_kib, iterations, lanes }, .. } = self;
        let (algorithm, version) = (self.algorithm, u32::from(self.version));
        format!("${algorithm}$v={version}$m={memory_kib},t={iterations},p={lanes}")
    }

    /// Reads this text; `None` if this service does not check such hashes.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let (salt, tag) = ("A".repeat(22), "A".repeat(43));
        PhcHash::parse(&format!("{text}${salt}${tag}")).ok().map(|stored| stored.cost())
    }
}

/// A parsed hash: everything that is needed to compute it again.
#[derive(Debug, Clone)]
pub(super) struct PhcHash {
    algorithm: Algorithm,
    version: Version,
    parameters: HashParameters,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

impl PhcHash {
    /// A hash whose tag is not computed yet: it is zero until [`Self::fill_tag`].
    pub(super) fn new(parameters: HashParameters, salt: [u8; SALT_BYTES]) -> Self {
        Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            parameters,
            salt: salt.to_vec(),
            tag: vec![0; TAG_BYTES],
        }
    }

    /// Reads a PHC string. Parsing neither allocates the memory of its parameters nor runs Argon2.
    pub(super) fn parse(text: &str) -> Result<Self, StoredHashError> {
        let unreadable = StoredHashError::Unreadable;
        let hash = phc::PasswordHash::new(text).map_err(|_| unreadable)?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| unreadable)?;
        // No version means version 0x10, the first one.
        let version = match hash.version {
            None => Version::V0x10,
            Some(version) => Version::try_from(version).map_err(|_| unreadable)?,
        };
        let params = Params::try_from(&hash).map_err(|_| unreadable)?;
        let (Some(salt), Some(tag)) = (hash.salt, hash.hash) else { return Err(unreadable) };
        // Hashes with a key or associated data are not supported.
        if !params.keyid().is_empty() || !params.data().is_empty() || tag.len() < SHORTEST_TAG {
            return Err(unreadable);
        }
        let parameters = HashParameters {
            memory_kib: params.m_cost(),
            iterations: params.t_cost(),
            lanes: params.p_cost(),
        };
        if !parameters.is_runnable() {
            return Err(StoredHashError::AboveCap);
        }
        Ok(Self {
            algorithm,
            version,
            parameters,
            salt: salt.as_ref().to_vec(),
            tag: tag.as_bytes().to_vec(),
        })
    }

    /// Its cost.
    pub(super) fn cost(&self) -> Argon2Cost {
        let Self { algorithm, version, parameters, .. } = self;
        Argon2Cost { parameters: *parameters, algorithm: *algorithm, version: *version }
    }

    /// A dummy hash of this cost: its tag is zero, which no password gives.
    pub(super) fn dummy(cost: Argon2Cost) -> Self {
        let Argon2Cost { parameters, algorithm, version } = cost;
        Self { algorithm, version, ..Self::new(parameters, [0; SALT_BYTES]) }
    }

    /// Computes the tag of `password` and stores it in this hash.
    pub(super) fn fill_tag(
        &mut self,
        engine: &mut dyn Engine,
        password: &[u8],
    ) -> Result<(), HashingError> {
        let tag = self.compute(engine, password)?;
        self.tag.copy_from_slice(&tag);
        Ok(())
    }

    /// Whether `password` gives this tag. The comparison takes the same time for every tag.
    pub(super) fn matches(
        &self,
        engine: &mut dyn Engine,
        password: &[u8],
    ) -> Result<bool, HashingError> {
        let tag = self.compute(engine, password)?;
        Ok(aws_lc_rs::constant_time::verify_slices_are_equal(&tag, &self.tag).is_ok())
    }

    /// Whether the hash is an Argon2i or Argon2id hash. Argon2d is not for passwords (RFC 9106 section 1).
    pub(super) fn is_for_passwords(&self) -> bool {
        self.algorithm != Algorithm::Argon2d
    }

    /// The memory of one check in KiB.
    pub(super) fn memory_kib(&self) -> u32 {
        self.parameters.memory_kib
    }

    /// Whether a hash made now would be stronger: higher parameters, a newer version, a longer
    /// salt or tag.
    pub(super) fn is_below(&self, current: HashParameters) -> bool {
        self.algorithm != Algorithm::Argon2id
            || self.version != Version::V0x13
            || self.parameters.is_below(current)
            || self.salt.len() < SALT_BYTES
            || self.tag.len() < TAG_BYTES
    }

    /// The PHC string.
    pub(super) fn to_phc(&self) -> Result<PasswordHash, HashingError> {
        let HashParameters { memory_kib, iterations, lanes } = self.parameters;
        let params = Params::new(memory_kib, iterations, lanes, None)
            .ok()
            .and_then(|params| ParamsString::try_from(&params).ok());
        let (Some(params), Ok(salt), Ok(tag)) =
            (params, Salt::new(&self.salt), Output::new(&self.tag))
        else {
            return Err(HashingError::Failed);
        };
        let hash = phc::PasswordHash {
            algorithm: self.algorithm.ident(),
            version: Some(self.version.into()),
            params,
            salt: Some(salt),
            hash: Some(tag),
        };
        Ok(PasswordHash(hash.to_string()))
    }

    fn compute(
        &self,
        engine: &mut dyn Engine,
        password: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, HashingError> {
        let input = Input {
            algorithm: self.algorithm,
            version: self.version,
            parameters: self.parameters,
            password,
            salt: &self.salt,
        };
        let mut tag = Zeroizing::new(vec![0; self.tag.len()]);
        engine.tag(&input, &mut tag).map_err(|error| {
            tracing::error!(%error, engine = engine.name(), "a password hash failed");
            HashingError::Failed
        })?;
        Ok(tag)
    }
}
