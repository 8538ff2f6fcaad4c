//! Checks the fast engine at the start: it is used only if it computes the same tags as the reference.

use argon2::{Algorithm, Version};

use super::{
    HashParameters, HashingError,
    engine::{Engine, EngineFactory, Input, reference},
};

/// Parameters of one check, the version, and the lengths of tag, salt and password in bytes.
type Case = (HashParameters, Version, usize, usize, usize);

/// The tag of [`case_of`] for the default parameters. argon2-cffi made it, which is built on the C reference. With this
/// constant the usual start needs no slow hash of the reference engine.
const DEFAULT_TAG: [u8; 32] = [
    0xca, 0x41, 0x46, 0xbe, 0x5c, 0xcf, 0xa4, 0x8d, 0x4d, 0x28, 0xe5, 0x20, 0xa3, 0xe0, 0x61, 0x4b,
    0xe1, 0x86, 0x4d, 0x73, 0xf3, 0x67, 0x0f, 0x39, 0x18, 0xc1, 0xf6, 0x6d, 0xf2, 0x26, 0x58, 0x85,
];

/// `candidate` if it agrees with the reference in all checks, the reference otherwise.
pub(super) fn verified_or_reference(
    candidate: EngineFactory,
    current: HashParameters,
) -> Result<EngineFactory, HashingError> {
    let mut tested = candidate(current)?;
    match first_difference(tested.as_mut(), current)? {
        None => Ok(candidate),
        Some(difference) => {
            tracing::warn!(
                engine = tested.name(), %difference,
                "the fast Argon2 engine gives wrong results on this machine: using the slower reference engine"
            );
            Ok(reference())
        }
    }
}

/// Compares the tags of both engines: with small parameters that reach every branch (lanes, passes, versions, lengths
/// around the block sizes of BLAKE2b), and then once with the current parameters, in memory that was used before. (The
/// hash with the current parameters takes most of the time of a start, so it is made only once.)
fn first_difference(
    tested: &mut dyn Engine,
    current: HashParameters,
) -> Result<Option<String>, HashingError> {
    let small = |memory_kib, iterations, lanes| HashParameters { memory_kib, iterations, lanes };
    let largest = small(1024, 2, 3);
    let cases = [
        (small(8, 1, 1), Version::V0x13, 32, 8, 0),
        (small(37, 2, 1), Version::V0x13, 16, 48, 1),
        (small(64, 3, 1), Version::V0x10, 64, 16, 127),
        (small(70, 2, 2), Version::V0x13, 33, 17, 128),
        (small(128, 1, 4), Version::V0x10, 32, 16, 129),
        (largest, Version::V0x13, 64, 32, 1024),
    ];
    let mut reference_engine = reference()(largest)?;
    for algorithm in [Algorithm::Argon2id, Algorithm::Argon2i, Algorithm::Argon2d] {
        for case in cases {
            let expected = tag(reference_engine.as_mut(), algorithm, case);
            let computed = tag(tested, algorithm, case);
            if expected.is_err() || computed != expected {
                return Ok(Some(format!("{algorithm} {case:?}: {:?}", computed.err())));
            }
        }
    }
    let expected = if current == HashParameters::default() {
        Ok(DEFAULT_TAG.to_vec())
    } else {
        tag(reference_engine.as_mut(), Algorithm::Argon2id, case_of(current))
    };
    let computed = tag(tested, Algorithm::Argon2id, case_of(current));
    if expected.is_err() || computed != expected {
        return Ok(Some(format!("{current:?}: {:?}", computed.err())));
    }
    Ok(None)
}

/// The check with the current parameters.
fn case_of(current: HashParameters) -> Case {
    (current, Version::V0x13, 32, 16, 255)
}

/// The tag of a fixed password and salt.
fn tag(engine: &mut dyn Engine, algorithm: Algorithm, case: Case) -> Result<Vec<u8>, String> {
    let (parameters, version, tag_len, salt_len, password_len) = case;
    let bytes: Vec<u8> = (0..=255).cycle().take(1024).collect();
    let input = Input {
        algorithm,
        version,
        parameters,
        password: &bytes[..password_len],
        salt: &bytes[bytes.len() - salt_len..],
    };
    let mut tag = vec![0; tag_len];
    engine.tag(&input, &mut tag)?;
    Ok(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_tag_of_the_default_parameters_is_what_the_reference_computes() {
        let default = HashParameters::default();
        let mut engine = reference()(default).unwrap();
        let computed = tag(engine.as_mut(), Algorithm::Argon2id, case_of(default)).unwrap();
        assert_eq!(computed, DEFAULT_TAG);
    }
}
