//! The edges of time, to a second.

use claims::Rejection::{Expired, IssuedInFuture, NotYetValid};
use claims::testing::{TestKey, key_set};
use claims::{LEEWAY_SECONDS, Policy, Rejection, verify_access};

use crate::common::{AUDIENCE, ISSUER, NOW, access, check, check_refresh, refresh};

fn verdict(name: &str, value: i64) -> Result<(), Rejection> {
    check(&access().claim(name, value).sign()).map(|_| ())
}

#[test]
fn a_token_is_good_until_its_expiry_plus_leeway() {
    assert_eq!(verdict("exp", NOW - LEEWAY_SECONDS + 1), Ok(()));
    assert_eq!(verdict("exp", NOW - LEEWAY_SECONDS), Err(Expired));
    assert_eq!(verdict("exp", NOW - LEEWAY_SECONDS - 1), Err(Expired));
}

#[test]
fn a_token_is_good_from_nbf_less_leeway() {
    assert_eq!(verdict("nbf", NOW + LEEWAY_SECONDS), Ok(()));
    assert_eq!(verdict("nbf", NOW + LEEWAY_SECONDS + 1), Err(NotYetValid));
}

#[test]
fn a_token_is_good_from_iat_less_leeway() {
    assert_eq!(verdict("iat", NOW + LEEWAY_SECONDS), Ok(()));
    assert_eq!(verdict("iat", NOW + LEEWAY_SECONDS + 1), Err(IssuedInFuture));
}

#[test]
fn the_same_edges_hold_for_refresh_tokens() {
    let verdict =
        |name: &str, value: i64| check_refresh(&refresh().claim(name, value).sign()).map(|_| ());
    assert_eq!(verdict("exp", NOW - LEEWAY_SECONDS + 1), Ok(()));
    assert_eq!(verdict("exp", NOW - LEEWAY_SECONDS), Err(Expired));
    assert_eq!(verdict("nbf", NOW + LEEWAY_SECONDS + 1), Err(NotYetValid));
    assert_eq!(verdict("iat", NOW + LEEWAY_SECONDS + 1), Err(IssuedInFuture));
}

#[test]
fn times_at_the_ends_of_64_bits_do_no_harm() {
    assert_eq!(verdict("exp", i64::MAX), Ok(()));
    assert_eq!(verdict("exp", i64::MIN), Err(Expired));
    assert_eq!(verdict("exp", -1), Err(Expired));
    assert_eq!(verdict("exp", 0), Err(Expired));
    for name in ["iat", "nbf"] {
        assert_eq!(verdict(name, i64::MIN), Ok(()), "{name}");
        assert!(verdict(name, i64::MAX).is_err(), "{name}");
    }
    for now in [i64::MIN, -1, 0, i64::MAX] {
        let policy = Policy::new(ISSUER, AUDIENCE);
        let _ = verify_access(&access().sign(), &key_set(&[TestKey::FIRST]), &policy, now);
    }
}

#[test]
fn expired_means_that_all_else_is_good() {
    let expired = access().claim("exp", 1);
    assert_eq!(check(&expired.sign()).unwrap_err(), Expired);
    let elsewhere = expired.clone().claim("aud", "another").sign();
    assert_eq!(check(&elsewhere).unwrap_err(), Rejection::WrongAudience);
    let early = expired.claim("nbf", NOW + 1000).sign();
    assert_eq!(check(&early).unwrap_err(), NotYetValid);
}

#[test]
fn the_leeway_is_a_setting() {
    let token = access().claim("exp", NOW).sign();
    let with = |leeway: i64| {
        let policy = Policy::new(ISSUER, AUDIENCE).leeway(leeway);
        verify_access(&token, &key_set(&[TestKey::FIRST]), &policy, NOW).map(|_| ())
    };
    assert_eq!(with(1), Ok(()));
    assert_eq!(with(0), Err(Expired));
    assert_eq!(with(-100), Err(Expired), "below zero counts as zero");
}

#[test]
fn freshness_lasts_its_time_and_is_not_had_in_advance() {
    let age = |age: i64| {
        let token = access().claim("auth_time", NOW - age).sign();
        check(&token).unwrap().is_fresh(NOW, 300)
    };
    assert!(age(0));
    assert!(age(299));
    assert!(!age(300));
    assert!(age(-LEEWAY_SECONDS), "the clocks may differ by the leeway");
    assert!(!age(-LEEWAY_SECONDS - 1));
    assert!(!age(NOW - i64::MAX));
    let stale = access().claim("fresh", false).sign();
    assert!(!check(&stale).unwrap().is_fresh(NOW, 300));
    let unsaid = access().without("fresh").sign();
    assert!(!check(&unsaid).unwrap().is_fresh(NOW, 300));
    let never = access().without("auth_time").sign();
    assert!(!check(&never).unwrap().is_fresh(NOW, 300));
}
