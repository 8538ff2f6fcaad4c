//! What a hash leaves in memory, looked for in this process's own memory.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
    sync::mpsc,
    thread,
};

use argon2::{Algorithm, Version};

use crate::accounts::hashing::HashParameters;
use crate::accounts::hashing::engine::{Engine, Input, fast, reference};

/// The begin of H0 for [`PASSWORD`] (RFC 9106 section 3.2, step 1). With it passwords can be tried without Argon2. Its
/// bits are inverted, so that this copy is not found.
const INVERTED_H0: [u8; 32] = [
    0xb4, 0xbd, 0xb9, 0x85, 0xe9, 0x16, 0xb4, 0x79, 0xf3, 0xe5, 0x8e, 0xa2, 0xbf, 0x41, 0x76, 0x81,
    0x48, 0x85, 0x99, 0x9e, 0xc7, 0x5e, 0xb8, 0x15, 0xc8, 0xcb, 0x18, 0x37, 0xcd, 0x49, 0x99, 0x3f,
];
/// The begin of the first block of memory, which is a BLAKE2b of H0. Its bits are inverted too.
const INVERTED_FIRST_BLOCK: [u8; 32] = [
    0xc6, 0x6a, 0xb6, 0x4c, 0xe5, 0x85, 0x90, 0x28, 0x0f, 0x5d, 0xef, 0x9f, 0x70, 0xf8, 0xf5, 0xef,
    0x08, 0x50, 0xf3, 0x0f, 0xf2, 0xbb, 0xb4, 0x13, 0x1d, 0xdf, 0x6b, 0xf1, 0x6e, 0x72, 0xc2, 0x21,
];

const PASSWORD: &[u8] = b"a password to look for";
/// With one pass the first block is still there at the end.
const PARAMETERS: HashParameters = HashParameters { memory_kib: 1024, iterations: 1, lanes: 1 };
/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;

#[test]
fn a_wipe_leaves_nothing_in_memory_with_which_passwords_can_be_tried_cheaply() {
    for factory in [fast(), reference()] {
        let ((proceed, proceeds), (report, reports)) = (mpsc::channel(), mpsc::channel());
        // A thread of its own, as in the service, which waits while memory is searched.
        let hashing = thread::spawn(move || {
            let mut engine = factory(PARAMETERS).unwrap();
            hash(engine.as_mut());
            report.send(engine.name()).unwrap();
            proceeds.recv().unwrap();
            engine.wipe();
            report.send(engine.name()).unwrap();
            proceeds.recv().unwrap();
        });
        let name = reports.recv().unwrap();
        assert!(in_memory(&INVERTED_FIRST_BLOCK), "{name}: the search finds the first block");
        proceed.send(()).unwrap();
        reports.recv().unwrap();
        assert!(!in_memory(&INVERTED_FIRST_BLOCK), "{name}: the first block is still there");
        assert!(!in_memory(&INVERTED_H0), "{name}: H0 is still there");
        proceed.send(()).unwrap();
        hashing.join().unwrap();
    }
}

fn hash(engine: &mut dyn Engine) {
    let input = Input {
        algorithm: Algorithm::Argon2id,
        version: Version::V0x13,
        parameters: PARAMETERS,
        password: PASSWORD,
        salt: b"sixteen byte sal",
    };
    engine.tag(&input, &mut [0; 32]).unwrap();
}

/// Whether the writable memory of this process holds these bytes at a multiple of 4.
fn in_memory(inverted: &[u8; 32]) -> bool {
    let memory = File::open("/proc/self/mem").unwrap();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    // Copied to one place again and again, so that no copy of an earlier search is found.
    let mut chunk = vec![0; CHUNK + inverted.len()];
    let found = maps.lines().filter_map(writable_range).any(|(begin, end)| {
        (begin..end).step_by(CHUNK).any(|at| {
            // Less at the end of a range; nothing if the range was given back meanwhile.
            let len = memory.read_at(&mut chunk, at).unwrap_or(0);
            chunk[..len].windows(inverted.len()).step_by(4).any(|bytes| is_inverse(bytes, inverted))
        })
    });
    chunk.fill(0);
    std::hint::black_box(&chunk);
    found
}

fn is_inverse(bytes: &[u8], inverted: &[u8]) -> bool {
    bytes[0] == !inverted[0] && bytes.iter().zip(inverted).all(|(byte, inverse)| *byte == !*inverse)
}

/// The first address and the one after the last, of a line of `/proc/self/maps`.
fn writable_range(line: &str) -> Option<(u64, u64)> {
    let (range, rest) = line.split_once(' ')?;
    let (begin, end) = range.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    rest.starts_with("rw").then_some((address(begin)?, address(end)?))
}
