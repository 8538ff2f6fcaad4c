//! Arbitrary documents where a JWK Set should be.

#![no_main]

use claims::KeySet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(set) = KeySet::from_json(data) else { return };
    assert!(!set.is_empty());
    for kid in set.kids() {
        let key = set.get(kid).expect("a listed key is there");
        assert_eq!(key.kid(), kid);
        assert!((2048..=4096).contains(&key.bits()));
    }
});
