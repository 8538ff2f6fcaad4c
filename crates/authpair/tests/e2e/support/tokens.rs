//! What a token says.

use authpair_testkit::{KEY, TestPair};
use claims::{Policy, testing::key_set, verify_access};
use serde_json::Value;

/// The claims of an access token, which must be valid.
#[track_caller]
pub(crate) fn claims_of(pair: &TestPair, token: &str) -> Value {
    let policy = Policy::new(pair.auth.as_str(), "users-api");
    let token = verify_access(token, &key_set(&[KEY]), &policy, pair.clock.seconds()).unwrap();
    serde_json::to_value(token.claims()).unwrap()
}
