//! The code that computes Argon2.

use std::sync::Arc;

use argon2::{Algorithm, Block, Version};
use service_kit::settings::FromSetting;
use zeroize::Zeroize;

use super::{
    HashParameters, HashingError, engine_check::verified_or_reference, phc_hash::TAG_BYTES,
};

/// More than an engine uses of its thread's stack while it computes a tag.
const STACK_BYTES: usize = 32 * 1024;

/// Which engine is used: `AUTH_ARGON2_ENGINE`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Argon2Engine {
    /// `argon2-rust`, if it agrees with the reference.
    #[default]
    Fast,
    /// `argon2` of RustCrypto: half as fast, but older, and reviewed by more people.
    Reference,
}

impl FromSetting for Argon2Engine {
    fn from_setting(text: &str) -> Result<Self, String> {
        match text {
            "fast" => Ok(Self::Fast),
            "reference" => Ok(Self::Reference),
            _ => Err(format!("{text:?} is neither fast nor reference")),
        }
    }
}

impl Argon2Engine {
    /// Returns the chosen engine; the fast one only if it agrees with the reference on this machine.
    pub(super) fn factory(self, current: HashParameters) -> Result<EngineFactory, HashingError> {
        match self {
            Self::Fast => verified_or_reference(fast(), current),
            Self::Reference => Ok(reference()),
        }
    }
}

/// Everything that determines a tag, except its length.
pub(super) struct Input<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) version: Version,
    pub(super) parameters: HashParameters,
    pub(super) password: &'a [u8],
    pub(super) salt: &'a [u8],
}

/// Computes tags for one thread, in memory that it keeps.
pub(super) trait Engine: Send {
    /// Computes `out.len()` bytes of tag. What it leaves in memory is good for guessing the password at the price of
    /// one BLAKE2b for each guess, so it must not stay there: see [`Engine::wipe`].
    fn tag(&mut self, input: &Input<'_>, out: &mut [u8]) -> Result<(), String>;
    /// Removes from memory what [`Engine::tag`] left there. Call it as soon as no further tag follows at once.
    fn wipe(&mut self);
    /// The name for the log.
    fn name(&self) -> &'static str;
}

/// Makes an engine whose memory is ready for hashes of these parameters.
pub(super) type EngineFactory =
    Arc<dyn Fn(HashParameters) -> Result<Box<dyn Engine>, HashingError> + Send + Sync>;

/// `argon2-rust`: vector code picked at run time, twice as fast as the reference. It is young and was not audited,
/// therefore [`verified_or_reference`] checks it.
pub(super) fn fast() -> EngineFactory {
    Arc::new(|current| {
        let mut fast = Fast::new(current).map_err(HashingError::Parameters)?;
        fast.hasher.reserve().map_err(out_of_memory)?;
        Ok(Box::new(fast))
    })
}

/// `argon2` of RustCrypto: the reference.
pub(super) fn reference() -> EngineFactory {
    Arc::new(|current| {
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(current.memory_kib as usize).map_err(out_of_memory)?;
        blocks.resize(current.memory_kib as usize, Block::new());
        Ok(Box::new(Reference { blocks }))
    })
}

struct Fast {
    hasher: argon2_rust::Hasher,
    /// For a hash with the current parameters.
    current: argon2_rust::Argon2,
}

impl Fast {
    /// An engine that has no memory yet.
    fn new(current: HashParameters) -> Result<Self, String> {
        let current = fast_settings(Algorithm::Argon2id, Version::V0x13, current, TAG_BYTES)?;
        Ok(Self { hasher: current.hasher(), current })
    }
}

impl Engine for Fast {
    fn tag(&mut self, input: &Input<'_>, out: &mut [u8]) -> Result<(), String> {
        let Input { algorithm, version, parameters, password, salt } = *input;
        self.hasher.set_argon2(fast_settings(algorithm, version, parameters, out.len())?);
        let result = self.hasher.hash_into(password, salt, out).map_err(|error| error.to_string());
        // A stored hash may need more memory than a new one. This thread does not keep that memory.
        if parameters.memory_kib > self.current.params().memory_kib() {
            self.hasher.clear();
        }
        result
    }

    /// Gives the memory back to the system, which clears it before anybody gets it again, and asks for new memory. The
    /// new one costs nothing until it is used.
    fn wipe(&mut self) {
        self.hasher.clear();
        self.hasher.set_argon2(self.current);
        // If the system has no memory now, the next hash asks for it again.
        let _ = self.hasher.reserve();
        wipe_stack();
    }

    fn name(&self) -> &'static str {
        "argon2-rust"
    }
}

fn fast_settings(
    algorithm: Algorithm,
    version: Version,
    parameters: HashParameters,
    tag_len: usize,
) -> Result<argon2_rust::Argon2, String> {
    let algorithm = match algorithm {
        Algorithm::Argon2d => argon2_rust::Algorithm::Argon2d,
        Algorithm::Argon2i => argon2_rust::Algorithm::Argon2i,
        Algorithm::Argon2id => argon2_rust::Algorithm::Argon2id,
    };
    let version = match version {
        Version::V0x10 => argon2_rust::Version::V0x10,
        Version::V0x13 => argon2_rust::Version::V0x13,
    };
    let params = argon2_rust::Params::builder()
        .memory(argon2_rust::params::Memory::kib(parameters.memory_kib.into()))
        .passes(parameters.iterations)
        .lanes(parameters.lanes)
        .threads(1)
        .tag_len(argon2_rust::params::TagLen::bytes(tag_len as u64))
        .build()
        .map_err(|error| error.to_string())?;
    Ok(argon2_rust::Argon2::new(algorithm, version, params))
}

struct Reference {
    blocks: Vec<Block>,
}

impl Engine for Reference {
    fn tag(&mut self, input: &Input<'_>, out: &mut [u8]) -> Result<(), String> {
        let Input { algorithm, version, parameters, password, salt } = *input;
        let HashParameters { memory_kib, iterations, lanes } = parameters;
        let params = argon2::Params::new(memory_kib, iterations, lanes, Some(out.len()))
            .map_err(|error| error.to_string())?;
        let needed = params.block_count();
        let argon2 = argon2::Argon2::new(algorithm, version, params);
        let result = if needed <= self.blocks.len() {
            argon2.hash_password_into_with_memory(password, salt, out, self.blocks.as_mut_slice())
        } else {
            argon2.hash_password_into(password, salt, out)
        };
        result.map_err(|error| error.to_string())
    }

    fn wipe(&mut self) {
        for block in &mut self.blocks {
            block.as_mut().zeroize();
        }
        wipe_stack();
    }

    fn name(&self) -> &'static str {
        "argon2"
    }
}

/// Overwrites the stack below its caller, where the engines keep what they derive from a password first.
#[inline(never)]
fn wipe_stack() {
    [0_u8; STACK_BYTES].zeroize();
}

fn out_of_memory(error: impl std::fmt::Display) -> HashingError {
    tracing::error!(%error, "no memory for a hashing thread");
    HashingError::Failed
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Version};

    use super::{Engine, Fast, HashParameters, Input};

    #[test]
    fn memory_is_kept_between_hashes_but_never_more_than_the_current_parameters_need() {
        let current = HashParameters { memory_kib: 64, iterations: 1, lanes: 1 };
        let mut fast = Fast::new(current).unwrap();
        for (memory_kib, kept) in [(64, 64), (8, 64), (1024, 0), (64, 64)] {
            let input = Input {
                algorithm: Algorithm::Argon2id,
                version: Version::V0x13,
                parameters: HashParameters { memory_kib, ..current },
                password: b"correct horse",
                salt: b"sixteen byte sal",
            };
            fast.tag(&input, &mut [0; 32]).unwrap();
            assert_eq!(fast.hasher.reserved_blocks(), kept, "after {memory_kib} KiB");
        }
        fast.wipe();
        assert_eq!(fast.hasher.reserved_blocks(), 64, "ready for the next hash");
    }
}
