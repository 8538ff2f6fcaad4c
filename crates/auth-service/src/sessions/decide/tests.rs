use std::time::Duration;

use service_kit::ids::{SessionId, UserId};

use super::{Decision::*, *};
use crate::sessions::ClientInfo;

const START: UnixSeconds = UnixSeconds::new(1_000_000);
const LIFETIMES: Lifetimes = Lifetimes {
    access: Duration::from_secs(900),
    session: Duration::from_secs(30 * 86_400),
    idle: Duration::from_secs(7 * 86_400),
    fresh: Duration::from_secs(300),
    grace: Duration::from_secs(10),
    jwks_max_age: Duration::from_secs(600),
};

/// The time `after` seconds after the last rotation; a negative number is before it.
fn rotated(after: i64) -> UnixSeconds {
    UnixSeconds::new(START.as_i64() + 500 + after)
}

fn token(name: &str) -> TokenId {
    TokenId::from_trusted(name.to_owned())
}

fn client(address: &str, user_agent: &str) -> ClientFingerprint {
    ClientFingerprint::of(&ClientInfo::new(Some(user_agent), Some(address.parse().unwrap())))
}

/// How a token was issued to the owner, as text in the row.
fn issued(replaced_an_unused_token: bool) -> String {
    IssuedToken { client: owner(), in_cookie: false, replaced_an_unused_token }.to_string()
}

fn owner() -> ClientFingerprint {
    client("192.0.2.1", "tests/1.0")
}

/// "old" was replaced by "before", and "before" by "now".
fn row() -> SessionRow {
    SessionRow {
        id: SessionId::from_trusted("session".to_owned()),
        user_id: UserId::from_trusted("user".to_owned()),
        current_jti: token("now"),
        previous_jti: Some(token("before")),
        rotated_at: rotated(0),
        refresh_expires_at: rotated(0) + LIFETIMES.idle,
        access_expires_at: rotated(0) + LIFETIMES.access,
        auth_time: START,
        created_at: START,
        last_used_at: rotated(0),
        expires_at: START + LIFETIMES.session,
        revoked_at: None,
        user_agent: None,
        ip: None,
        issuance: Some(issued(false)),
        replays: 0,
    }
}

fn decided(row: &SessionRow, jti: &str, client: &ClientFingerprint, after: i64) -> Decision {
    decide(row, &token(jti), client, &LIFETIMES, rotated(after))
}

#[test]
fn each_token_at_each_time_from_each_client_has_one_decision() {
    let other_address = client("192.0.2.2", "tests/1.0");
    let other_agent = client("192.0.2.1", "tests/2.0");
    let stranger = client("192.0.2.2", "tests/2.0");
    for (jti, from, after, expected) in [
        ("now", owner(), 0, Rotate),
        ("now", owner(), 86_400, Rotate),
        ("now", stranger.clone(), 86_400, Rotate),
        ("before", owner(), 0, Replay),
        ("before", owner(), 10, Replay),
        ("before", other_address.clone(), 10, Replay),
        ("before", other_agent.clone(), 10, Replay),
        ("before", stranger.clone(), 0, ForeignReplay),
        ("before", stranger.clone(), 10, ForeignReplay),
        ("before", owner(), 11, ReplaceSuccessor),
        ("before", owner(), 5 * 86_400, ReplaceSuccessor),
        ("before", other_address.clone(), 11, ReuseDetected),
        ("before", other_agent.clone(), 11, ReuseDetected),
        ("before", stranger.clone(), 11, ReuseDetected),
        ("old", owner(), 0, ReuseDetected),
        ("old", owner(), 11, ReuseDetected),
        ("old", stranger.clone(), 11, ReuseDetected),
        ("never issued", owner(), 0, ReuseDetected),
    ] {
        assert_eq!(decided(&row(), jti, &from, after), expected, "{jti} from {from:?} at {after}");
    }
}

#[test]
fn no_token_of_an_ended_session_is_accepted() {
    let revoked = SessionRow { revoked_at: Some(rotated(0)), ..row() };
    let ended = SessionRow { expires_at: rotated(5), ..row() };
    for jti in ["now", "before", "old"] {
        assert_eq!(decided(&revoked, jti, &owner(), 0), Ended, "{jti}");
        assert_eq!(decided(&ended, jti, &owner(), 5), Ended, "{jti}");
        assert_ne!(decided(&ended, jti, &owner(), 4), Ended, "{jti}");
    }
}

#[test]
fn an_unused_successor_is_replaced_once_and_sending_the_replaced_one_is_reuse() {
    let replaced = SessionRow {
        current_jti: token("new"),
        rotated_at: rotated(60),
        issuance: Some(issued(true)),
        ..row()
    };
    for (jti, after, expected) in [
        ("new", 60, Rotate),
        ("new", 3_600, Rotate),
        // This answer may be lost as well.
        ("before", 70, Replay),
        ("before", 71, ReuseDetected),
        // The replaced one.
        ("now", 60, ReuseDetected),
        ("now", 3_600, ReuseDetected),
    ] {
        assert_eq!(decided(&replaced, jti, &owner(), after), expected, "{jti} at {after}");
    }
}

#[test]
fn once_the_successor_was_rotated_the_token_before_it_is_reuse() {
    let used = SessionRow {
        current_jti: token("next"),
        previous_jti: Some(token("now")),
        rotated_at: rotated(60),
        ..row()
    };
    for after in [60, 71, 86_400] {
        assert_eq!(decided(&used, "before", &owner(), after), ReuseDetected, "at {after}");
    }
}

#[test]
fn a_token_has_32_replays_and_more_are_rejected_with_a_time_to_retry() {
    let all = SessionRow { replays: MAX_REPLAYS - 1, ..row() };
    assert_eq!(decided(&all, "before", &owner(), 3), Replay);
    let all = SessionRow { replays: MAX_REPLAYS, ..row() };
    assert_eq!(decided(&all, "before", &owner(), 3), TooManyReplays { retry_after: 8 });
    assert_eq!(decided(&all, "before", &owner(), 10), TooManyReplays { retry_after: 1 });
    assert_eq!(decided(&all, "before", &owner(), 11), ReplaceSuccessor);
    let stranger = client("192.0.2.2", "tests/2.0");
    assert_eq!(decided(&all, "before", &stranger, 3), ForeignReplay);
    assert_eq!(decided(&all, "now", &owner(), 3), Rotate);
}

#[test]
fn a_clock_that_is_set_back_does_not_lengthen_the_grace() {
    for (after, expected) in [(-10, Replay), (-11, ReplaceSuccessor), (-3_600, ReplaceSuccessor)] {
        assert_eq!(decided(&row(), "before", &owner(), after), expected, "at {after}");
    }
    let stranger = client("192.0.2.2", "tests/2.0");
    assert_eq!(decided(&row(), "before", &stranger, -3_600), ReuseDetected);
}

#[test]
fn a_row_without_issuance_allows_replay_in_grace_only() {
    for unknown in [None, Some("rubbish".to_owned())] {
        let row = SessionRow { issuance: unknown, ..row() };
        assert_eq!(decided(&row, "before", &owner(), 10), Replay);
        assert_eq!(decided(&row, "before", &owner(), 11), ReuseDetected);
    }
}

#[test]
fn the_current_token_is_usable_and_the_previous_one_within_the_grace_period() {
    let usable = |jti, after| is_usable(&row(), &LIFETIMES, &token(jti), rotated(after));
    assert!(usable("now", 0) && usable("now", 86_400) && usable("before", 10));
    assert!(!usable("before", 11) && !usable("old", 0));
    let revoked = SessionRow { revoked_at: Some(rotated(0)), ..row() };
    assert!(!is_usable(&revoked, &LIFETIMES, &token("now"), rotated(0)));
}
